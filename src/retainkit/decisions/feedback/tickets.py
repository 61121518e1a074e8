"""Answers and tickets in a table of any kind: pandas, polars (eager, lazy), pyarrow, dict of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import REAL, as_numbers
from retainkit.errors import Entry, InputError, missing_column
from retainkit.typing import Array

Raw = NDArray[Any]


def tickets_by_customer(
    tickets: Any,
    *,
    customers: Any,
    customer_id: str,
    issue: str,
    at_least: int = 1,
) -> dict[str, Raw]:
    """One row per customer, with a column of 0 and 1 for each issue: whether the customer met it.

    Count tickets of a time before the one in which leaving is observed: who is about to cancel writes in,
    and that ticket is not the reason.

    Parameters
    ----------
    tickets : dataframe or dict of columns
        One row per ticket, with the columns `customer_id` and `issue`.
    customers : dataframe or dict of columns
        One row per customer, also those without a ticket, with the column `customer_id` and whatever else
        is known of them, such as whether they left.
    customer_id, issue : names of columns
    at_least : int, 1 or more
        How many tickets make a customer one who met the issue.

    Returns
    -------
    dict of columns
        Those of `customers`, then one per issue, in alphabetical order.

    Raises
    ------
    InputError
        For tickets of unknown customers, customers who occur twice, gaps, and an issue that is named like
        a column of `customers`.

    Examples
    --------
    >>> tickets = {"id": [7, 7, 9], "about": ["billing", "delay", "delay"]}
    >>> customers = {"id": [7, 8, 9], "left": [1, 0, 0]}
    >>> table = tickets_by_customer(tickets, customers=customers, customer_id="id", issue="about")
    >>> {name: column.tolist() for name, column in table.items()}
    {'id': [7, 8, 9], 'left': [1, 0, 0], 'billing': [1, 0, 0], 'delay': [1, 0, 1]}
    """
    if at_least < 1:
        raise InputError("out-of-range", "at_least", at_least, "must be 1 or more", "Try 1.")
    known = read_columns(customers, None, "customers")
    _check_present("customer_id", customer_id, list(known))
    lines = read_columns(tickets, {customer_id: "customer_id", issue: "issue"}, "tickets")
    place = _places(known[customer_id], customer_id)
    row = _rows(lines[customer_id], place)
    told = [str(_present(issue, at, value)) for at, value in enumerate(lines[issue].tolist())]
    names, code = np.unique(np.array(told, dtype=np.str_), return_inverse=True)
    clash = [name for name in names.tolist() if name in known]
    if clash:
        rule = "must not be named like a column of customers"
        raise InputError("duplicate", "issue", clash[0], rule, "Rename the column or the issue.")
    count = np.bincount(row * names.size + code, minlength=len(place) * names.size)
    met = (count.reshape(len(place), names.size) >= at_least).astype(np.int64)
    return {**known, **{name: met[:, j] for j, name in enumerate(names.tolist())}}


def _places(ids: Raw, name: str) -> dict[Any, int]:
    place: dict[Any, int] = {}
    for at, customer in enumerate(ids.tolist()):
        if _present(name, at, customer) in place:
            rule = "must have each customer in one row"
            way_out = "Keep one row per customer."
            raise InputError("duplicate", "customers", Entry(customer, at, 1), rule, way_out)
        place[customer] = at
    return place


def _rows(ids: Raw, place: Mapping[Any, int]) -> NDArray[np.intp]:
    rows = [place.get(customer, -1) for customer in ids.tolist()]
    strange = [at for at, row in enumerate(rows) if row < 0]
    if strange:
        shown = Entry(ids[strange[0]], strange[0], len(strange))
        way_out = "Add their rows to customers, or leave their tickets out; check the type of the ids."
        raise InputError("unmatched", "tickets", shown, "must be of customers that are in customers", way_out)
    return np.array(rows, np.intp)


def _present(name: str, at: int, value: Any) -> Any:
    if value is None or value != value:
        raise _gaps(name, at, 1)
    return value


def read_columns(table: Any, wanted: Mapping[str, str] | None, argument: str = "table") -> dict[str, Raw]:
    """The columns that are the keys of `wanted`, or all; its values are the arguments that errors name."""
    if isinstance(table, Mapping):
        given: dict[str, Any] = {str(k): table[k] for k in table}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        names = _names(wanted, list(given))
        columns = {name: np.asarray(given[name]) for name in names}
    else:
        columns = _of_frame(table, wanted, argument)
    shapes = {column.shape for column in columns.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or next(iter(shapes)) == (0,):
        shown = f"columns of shapes {', '.join(map(str, sorted(shapes)))}" if shapes else "no columns"
        rule = "must have columns of one length, with at least one row"
        raise InputError("not-a-table", argument, shown, rule, "Check the filter that made the table.")
    return columns


def _of_frame(table: Any, wanted: Mapping[str, str] | None, argument: str) -> dict[str, Raw]:
    import narwhals as nw

    try:
        frame: Any = nw.from_native(table)
    except TypeError as error:
        rule = "must be a dataframe of any kind, or a dict of columns of one length"
        way_out = "Pass the table itself, not one column of it."
        raise InputError("not-a-table", argument, type(table).__name__, rule, way_out) from error
    chosen = frame.select(_names(wanted, frame.collect_schema().names()))
    eager = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    return {name: _array(eager.get_column(name)) for name in eager.columns}


def _array(column: Any) -> Raw:
    """A narwhals column as an array, gaps as None or NaN."""
    import narwhals as nw

    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        if not column.is_null().any():
            return column.to_numpy()
        return column.cast(nw.Float64).to_numpy()
    return np.array(column.to_list(), dtype=object)


def _names(wanted: Mapping[str, str] | None, present: list[str]) -> list[str]:
    if wanted is None:
        return present
    for name, argument in wanted.items():
        _check_present(argument, name, present)
    return list(wanted)


def _check_present(argument: str, name: str, present: Sequence[str]) -> None:
    if name not in present:
        raise missing_column(argument, name, present)


def read_numbers(table: Any, wanted: Mapping[str, str]) -> dict[str, Array]:
    """The columns named by the keys of `wanted` as finite numbers; True and False count as 1 and 0."""
    return {name: _numbers(name, column) for name, column in read_columns(table, wanted).items()}


def _numbers(name: str, column: Raw) -> Array:
    values = column.tolist()
    if column.dtype.kind in "Of":
        gaps = [at for at, v in enumerate(values) if v is None or v != v]
        if gaps:
            raise _gaps(name, gaps[0], len(gaps))
    if column.dtype == np.bool_ or (column.dtype == object and {type(v) for v in values} == {bool}):
        return column.astype(np.float64)
    return np.asarray(REAL.check(name, as_numbers(name, column)), np.float64)


def _gaps(name: str, first: int, count: int) -> InputError:
    rule = "must have an answer in every row"
    way_out = "Leave those rows out or fill the gaps, and say so: who is silent is not like the rest."
    return InputError("missing-value", name, Entry(None, first, count), rule, way_out)


def indicator(name: str, column: Array) -> Array:
    """The column itself if it is of 0 and 1 (or of True and False)."""
    bad = (column != 0.0) & (column != 1.0)
    if bad.any():
        at = int(np.argmax(bad))
        rule = "must be 1 or 0, or true or false"
        way_out = "Compare it first, for example table['tickets'] > 0."
        raise InputError("out-of-range", name, Entry(float(column[at]), at, int(bad.sum())), rule, way_out)
    return column


def named_once(argument: str, names: Sequence[str], others: Mapping[str, str]) -> tuple[str, ...]:
    """Names of columns, at least one, each once and none of them used for something else."""
    given = (names,) if isinstance(names, str) else tuple(names)
    for at, name in enumerate(given):
        if name in given[:at] or name in others:
            rule = (
                f"must not name the column of {others[name]} too" if name in others else "must name each once"
            )
            raise InputError("duplicate", argument, name, rule, "Leave it out.")
    if not given:
        way_out = f"For example {argument}=['price', 'speed']."
        raise InputError("empty", argument, names, "must name at least one column", way_out)
    return given
