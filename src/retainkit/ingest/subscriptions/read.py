"""A table of any kind → its lines as arrays: customers by number, days, reasons and segments."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from retainkit.ingest.collapse import Codes
from retainkit.ingest.days import Days, Mask
from retainkit.ingest.frames import Shown, days_of_array, days_of_series, missing_in, numbered
from retainkit.ingest.problems import Said, check_lines, mixed_ids
from retainkit.ingest.subscriptions.labels import Labels, labels
from retainkit.ingest.subscriptions.plan import Plan
from retainkit.ingest.subscriptions.problems import PROBLEMS, empty_table, not_a_table

NEVER = 1 << 40
"""The day on which a spell ends that has not ended: after every day of the calendar."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table in its own order, and the distinct customers."""

    customers: Any
    """Ids in order, in the caller's kind of column."""
    code: Codes
    """Each line's place among `customers`."""
    start: Days
    end: Days
    """`NEVER` where it is missing."""
    reason: Labels | None
    segment: Labels | None
    shown: Mapping[str, Any]
    """The columns as they stand, for messages: by argument."""

    @property
    def ended(self) -> Mask:
        """Where an end is given."""
        return self.end < NEVER


def read(source: Any, plan: Plan) -> Lines:
    """The lines of a table, all dates readable and no id missing."""
    if isinstance(source, str | os.PathLike):
        from retainkit.ingest.subscriptions.relation import table_of_path

        return _frame(table_of_path(os.fspath(cast("str | os.PathLike[str]", source)), plan), plan)
    duckdb = sys.modules.get("duckdb")  # a relation cannot exist before its library is loaded
    if duckdb is not None and isinstance(source, duckdb.DuckDBPyRelation):
        from retainkit.ingest.subscriptions.relation import table_of_relation

        return _frame(table_of_relation(source, plan), plan)
    if isinstance(source, Mapping):
        return _arrays(cast("Mapping[str, Any]", source), plan)
    return _frame(_chosen(source, plan), plan)


def _arrays(source: Mapping[str, Any], plan: Plan) -> Lines:
    plan.check_columns(list(source))
    table = {argument: np.asarray(source[name]) for argument, name in plan.columns.items()}
    lengths = {column.shape for column in table.values()}
    if len(lengths) > 1 or any(len(shape) != 1 for shape in lengths):
        raise not_a_table(Said(f"columns of shapes {', '.join(map(str, sorted(lengths)))}"))
    if next(iter(lengths)) == (0,):
        raise empty_table()
    missing = {argument: _no_value(column) for argument, column in table.items()}
    start, end = _dates(table, missing, plan, days_of_array, lambda column, keep: column[keep])
    ids = table["customer_id"]
    check_lines(plan.columns["customer_id"], ids, [("missing-id", missing["customer_id"])], PROBLEMS)
    if ids.dtype.kind == "O" and all(isinstance(value, str) for value in ids):
        ids = ids.astype(np.str_)  # sorts ten times as fast
    try:
        customers, code = np.unique(ids, return_inverse=True)
    except TypeError as error:
        raise mixed_ids(plan.columns["customer_id"]) from error
    if table["customer_id"].dtype.kind == "O":
        customers = customers.astype(object)
    lists: dict[str, list[Any]] = {a: c.tolist() for a, c in table.items() if a in ("reason", "segment")}
    reason, segment = (_labels(a, lists, missing, plan) for a in ("reason", "segment"))
    return Lines(customers, code.astype(np.int64), start, end, reason, segment, table)


def _frame(table: nw.DataFrame[Any], plan: Plan) -> Lines:
    if len(table) == 0:
        raise empty_table()
    columns = {argument: table.get_column(argument) for argument in plan.columns}
    ids = columns["customer_id"]
    if ids.dtype == nw.Categorical or ids.dtype == nw.Enum:  # categories sort by an order of their own
        ids = ids.cast(nw.String)
    missing = {argument: _null(column) for argument, column in columns.items()}
    shown = {argument: Shown(column) for argument, column in columns.items()}
    start, end = _dates(columns, missing, plan, days_of_series, _filter, shown)
    missing_id = [("missing-id", missing["customer_id"])]
    check_lines(plan.columns["customer_id"], shown["customer_id"], missing_id, PROBLEMS)
    try:
        customers, code = numbered(ids.alias("customer_id"))
    except TypeError as error:
        raise mixed_ids(plan.columns["customer_id"]) from error
    lists: dict[str, list[Any]] = {a: c.to_list() for a, c in columns.items() if a in ("reason", "segment")}
    reason, segment = (_labels(a, lists, missing, plan) for a in ("reason", "segment"))
    return Lines(customers, code, start, end, reason, segment, shown)


def _chosen(source: Any, plan: Plan) -> nw.DataFrame[Any]:
    try:
        table = nw.from_native(source)
        plan.check_columns(table.collect_schema().names())
    except TypeError as error:
        raise not_a_table(Said(f"a {type(source).__name__}")) from error
    except DuplicateError as error:
        raise not_a_table(Said("two columns of one name")) from error
    chosen = table.select(nw.col(name).alias(argument) for argument, name in plan.columns.items())
    return chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen


def _dates(
    columns: Mapping[str, Any],
    missing: Mapping[str, Mask],
    plan: Plan,
    days_of: Callable[[str, str, Any], tuple[Days, Mask]],
    keep: Callable[[Any, Mask], Any],
    shown: Mapping[str, Any] | None = None,
) -> tuple[Days, Days]:
    """The columns of starts and ends as days; an end that is missing is `NEVER`."""
    found: list[Days] = []
    for argument in ("start", "end"):
        column, name, gone = columns[argument], plan.columns[argument], missing[argument]
        display = columns[argument] if shown is None else shown[argument]
        if argument == "start":
            check_lines(name, display, [("missing-start", gone)], PROBLEMS)
        days, bad = np.full(gone.size, NEVER, np.int64), np.zeros(gone.size, np.bool_)
        some = gone.any()
        if not gone.all():
            present = _whole(keep(column, ~gone) if some else column)
            days[~gone], bad[~gone] = days_of(argument, name, present)
        check_lines(name, display, [(f"unreadable-{argument}", bad)], PROBLEMS)
        found.append(days)
    return found[0], found[1]


def _whole(dates: Any) -> Any:
    """Numbers YYYYMMDD that a gap in their column has made floats, as whole numbers again."""
    if isinstance(dates, np.ndarray):
        numbers = cast("NDArray[Any]", dates)
        floats = numbers.dtype.kind == "f" and bool((numbers == np.floor(numbers)).all())
        return numbers.astype(np.int64) if floats and bool(np.isfinite(numbers).all()) else numbers
    if not dates.dtype.is_float():
        return dates
    values = dates.to_numpy()
    whole = bool(np.isfinite(values).all()) and bool((values == np.floor(values)).all())
    return dates.cast(nw.Int64) if whole else dates


def _labels(
    argument: str, lists: Mapping[str, list[Any]], missing: Mapping[str, Mask], plan: Plan
) -> Labels | None:
    if argument not in lists:
        return None
    return labels(argument, plan.columns[argument], lists[argument], missing[argument])


def _no_value(column: NDArray[Any]) -> Mask:
    """Where an array has None, NaN, NaT or the empty text."""
    if column.dtype.kind == "U":
        return column == ""
    gone = missing_in(column)
    if column.dtype.kind == "O":
        gone |= np.array([value == "" or type(value).__name__ in ("NaTType", "NAType") for value in column])
    return gone


def _null(column: nw.Series[Any]) -> Mask:
    gone = np.array(column.is_null().to_numpy(), np.bool_)
    if column.dtype.is_float():
        gone |= np.isnan(column.to_numpy())
    elif column.dtype == nw.String:
        gone |= (column == "").fill_null(value=True).to_numpy().astype(np.bool_)
    elif column.dtype == nw.Object:
        gone |= np.array([isinstance(value, str) and value == "" for value in column.to_list()], np.bool_)
    return gone


def _filter(column: nw.Series[Any], keep: Mask) -> nw.Series[Any]:
    return column.filter(nw.new_series("keep", keep, backend=column.implementation))
