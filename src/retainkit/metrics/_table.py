"""Columns of any table as numpy arrays: pandas, polars (eager or lazy), pyarrow, DuckDB, dict of arrays.

Customers get their numbers by a join on the distinct ids, never by a window: windows over tables of
several chunks have given wrong rows without an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import as_numbers
from retainkit.errors import InputError, first_offender, missing_column
from retainkit.metrics import _calendar as calendar
from retainkit.typing import Array


def read(table: Any, **named: object) -> dict[str, Any]:
    """The columns that the caller named, by argument: numpy arrays or narwhals Series."""
    wanted = {argument: _text(argument, name) for argument, name in named.items() if name is not None}
    if _is_dict(table):
        _check_names(wanted, list(table))
        columns = {argument: np.asarray(table[name]) for argument, name in wanted.items()}
        if len({column.shape for column in columns.values()}) > 1 or columns["customer_id"].ndim != 1:
            raise _not_a_table({name: columns[argument].shape for argument, name in wanted.items()})
        return _not_empty(columns)
    import narwhals as nw

    try:
        frame: Any = nw.from_native(table)
    except TypeError as error:
        raise _not_a_table(type(table).__name__) from error
    _check_names(wanted, frame.collect_schema().names())
    chosen = frame.select(nw.col(name).alias(argument) for argument, name in wanted.items())
    eager = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    return _not_empty({argument: eager.get_column(argument) for argument in wanted})


def numbers(argument: str, column: Any) -> Array:
    """A column of money as finite float64."""
    if not _is_array(column):
        _refuse_missing(argument, column)
        column = column.cast(_nw().Float64).to_numpy() if column.dtype.is_numeric() else column.to_numpy()
    values = as_numbers(argument, column)
    refuse(
        argument,
        values,
        ~np.isfinite(values),
        "not-finite",
        "must be finite",
        "Correct or leave out those rows.",
    )
    return values


def flags(argument: str, column: Any) -> NDArray[np.bool_]:
    """A column of yes and no."""
    if not _is_array(column):
        _refuse_missing(argument, column)
        column = column.to_numpy()
    if column.dtype == np.bool_ or (column.dtype == object and {type(v) for v in column} == {bool}):
        return column.astype(np.bool_)
    rule = "must be a column of True and False"
    way_out = "Compare it first, for example table['reason'] == 'payment failed'."
    raise InputError("wrong-type", argument, f"a column of type {column.dtype}", rule, way_out)


def dates(argument: str, column: Any, *, missing: bool = False) -> calendar.Days:
    """A column of dates as days; `missing` ones are NaT, or refused."""
    days, bad = _days_of_array(column) if _is_array(column) else _days_of_series(column)
    way_out = "Convert the column to dates first, stating its format."
    refuse(argument, column, bad, "unreadable-date", calendar.DATE_RULE, way_out)
    if not missing:
        gone = np.isnat(days)
        refuse(
            argument,
            column,
            gone,
            "missing-value",
            "must not be missing",
            "Date those rows, or leave them out.",
        )
    return days


def numbered(column: Any) -> tuple[Any, NDArray[np.int64]]:
    """The distinct ids in order, in the caller's kind of column, and each row's place among them."""
    _refuse_missing("customer_id", column)
    try:
        if _is_array(column):
            if column.dtype == object and all(isinstance(v, str) for v in column):
                column = column.astype(np.str_)  # sorts ten times as fast
            ids, code = np.unique(column, return_inverse=True)
            return ids, code.astype(np.int64)
        return _numbered_series(column)
    except TypeError as error:
        rule = "must hold ids of one type"
        way_out = "Convert the ids to text: '1' and 1 differ."
        raise InputError("wrong-type", "customer_id", "ids of mixed types", rule, way_out) from error


def frame_like(column: Any, columns: Mapping[str, NDArray[Any]]) -> Any:
    """A table of the kind that `column` came from; a dict of arrays for a dict."""
    if _is_array(column):
        return dict(columns)
    nw = _nw()
    kind = nw.from_native(column, series_only=True).implementation
    return nw.from_dict(dict(columns), backend=kind).to_native()


def refuse(argument: str, values: Any, bad: NDArray[np.bool_], code: str, rule: str, way_out: str) -> None:
    """Raise for the first row where `bad` holds, with its place and how many there are."""
    if bad.any():
        shown = values if _is_array(values) else np.array(values.to_list(), dtype=object)
        raise InputError(code, argument, first_offender(shown, bad), rule, way_out)


def _days_of_array(column: NDArray[Any]) -> tuple[calendar.Days, NDArray[np.bool_]]:
    kind = column.dtype.kind
    if kind == "M":
        return column.astype("datetime64[D]"), np.zeros(column.size, np.bool_)
    if kind == "U":
        return calendar.from_text(column)
    if kind in "iu":
        return calendar.from_numbers(column.astype(np.int64))
    if kind == "O":
        return calendar.from_objects(column)
    return np.zeros(column.size, "datetime64[D]"), np.ones(column.size, np.bool_)


def _days_of_series(column: Any) -> tuple[calendar.Days, NDArray[np.bool_]]:
    nw = _nw()
    kind, gone = column.dtype, column.is_null().to_numpy().astype(np.bool_)
    if kind == nw.Unknown and hasattr(column.to_native(), "astype"):  # pandas' own months, Period
        column, kind = nw.from_native(column.to_native().astype(str), series_only=True), nw.String()
    if kind in (nw.Categorical, nw.Enum):
        column, kind = column.cast(nw.String), nw.String()
    if kind == nw.Datetime:
        column = column.dt.replace_time_zone(None)  # the day on its own clock; older engines shift it
    if kind == nw.Date or kind == nw.Datetime:
        parts = (column.dt.year(), column.dt.month(), column.dt.day())
        days, bad = calendar.from_parts(*(p.fill_null(1).to_numpy().astype(np.int64) for p in parts))
    elif kind == nw.String:
        days, bad = calendar.from_text(column.fill_null("1970-01-01").to_numpy().astype(np.str_))
    elif kind.is_integer():
        days, bad = calendar.from_numbers(column.fill_null(19700101).to_numpy().astype(np.int64))
    else:
        days, bad = _days_of_array(column.to_numpy())
    days[gone] = np.datetime64("NaT", "D")
    return days, bad & ~gone


def _numbered_series(ids: Any) -> tuple[Any, NDArray[np.int64]]:
    nw = _nw()
    if ids.dtype in (nw.Categorical, nw.Enum):  # categories would sort by an order of their own
        ids = ids.cast(nw.String)
    rows = ids.to_frame().with_row_index("row")
    customers = rows.select("customer_id").unique().sort("customer_id").with_row_index("code")
    joined = rows.join(customers, on="customer_id", how="inner")
    code = np.empty(len(rows), np.int64)
    code[joined.get_column("row").to_numpy()] = joined.get_column("code").to_numpy()
    return nw.maybe_reset_index(customers).get_column("customer_id").to_native(), code


def _refuse_missing(argument: str, column: Any) -> None:
    if _is_array(column):
        gone = np.array([v is None or v != v for v in column.tolist()]) if column.dtype.kind in "Of" else None
    else:
        gone = column.is_null().to_numpy().astype(np.bool_)
        if column.dtype.is_float():
            gone = gone | np.isnan(column.to_numpy())
    if gone is not None:
        refuse(
            argument, column, gone, "missing-value", "must not be missing", "Fill or leave out those rows."
        )


def _check_names(wanted: Mapping[str, str], present: list[str]) -> None:
    for argument, name in wanted.items():
        if name not in present:
            raise missing_column(argument, name, present)


def _not_empty(columns: dict[str, Any]) -> dict[str, Any]:
    if len(columns["customer_id"]) == 0:
        way_out = "Check the filter that made the table."
        raise InputError("empty", "table", "no rows", "must have at least one row", way_out)
    return columns


def _text(argument: str, name: object) -> str:
    if isinstance(name, str):
        return name
    raise InputError("wrong-type", argument, name, "must be the name of a column, as text")


def _not_a_table(found: object) -> InputError:
    rule = "must be a dataframe of any kind, or a dict of columns of one length"
    return InputError("not-a-table", "table", found, rule, "Pass the table itself, not one column of it.")


def _is_array(value: Any) -> TypeGuard[NDArray[Any]]:
    return isinstance(value, np.ndarray)


def _is_dict(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _nw() -> Any:
    import narwhals as nw

    return nw
