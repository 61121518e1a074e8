"""Tables in memory → lines as arrays: pandas, polars (eager or lazy), pyarrow, or a dict of columns.

Customers get their numbers by a join on the distinct ids, never by a window: windows over tables of
several chunks have given wrong rows without an error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from retainkit.domains import as_numbers
from retainkit.errors import InputError
from retainkit.ingest import days as calendar
from retainkit.ingest.collapse import Codes
from retainkit.ingest.days import Days
from retainkit.ingest.plan import Plan
from retainkit.ingest.problems import (
    Said,
    amount_checks,
    check_lines,
    date_checks,
    empty_table,
    mixed_ids,
    not_a_table,
    wrong_type,
)
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table, unsorted, and the distinct customers in order."""

    customers: Any
    """Ids in the caller's kind of column."""
    code: Codes
    """Each line's place among `customers`."""
    day: Days
    amount: Array | None


def read_arrays(source: Mapping[str, Any], plan: Plan) -> Lines:
    """Lines of a dict of numpy columns; the ids stay a numpy array."""
    plan.check_columns(list(source))
    table = {argument: np.asarray(source[name]) for argument, name in plan.columns.items()}
    lengths = {column.shape for column in table.values()}
    if len(lengths) > 1 or any(len(shape) != 1 for shape in lengths):
        raise not_a_table(Said(f"columns of shapes {', '.join(map(str, sorted(lengths)))}"))
    ids, dates = table["customer_id"], table["date"]
    if ids.size == 0:
        raise empty_table()
    check_lines(plan.customer_id, ids, [("missing-id", missing_in(ids))])
    try:
        customers, code = np.unique(ids, return_inverse=True)
    except TypeError as error:
        raise mixed_ids(plan.customer_id) from error
    check_lines(plan.date, dates, [("missing-date", missing_in(dates))])
    day = _within(*days_of_array("date", plan.date, dates), dates, plan)
    amount = None if plan.amount is None else _finite(as_numbers("amount", table["amount"]), plan)
    return Lines(customers, code.astype(np.int64), day, amount)


def missing_in(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Where an array has None, NaN or NaT."""
    if values.dtype.kind in "fmM":
        return np.isnan(values)
    if values.dtype.kind != "O":
        return np.zeros(values.size, np.bool_)
    return np.array([v is None or (isinstance(v, float) and math.isnan(v)) for v in values], np.bool_)


def days_of_array(argument: str, column: str, dates: NDArray[Any]) -> tuple[Days, NDArray[np.bool_]]:
    """Days of a numpy column without missing values, and which of its values are no dates."""
    kind = dates.dtype.kind
    if kind == "M":
        return dates.astype("datetime64[D]").astype(np.int64), np.zeros(dates.size, np.bool_)
    if kind in "iu":
        return calendar.from_yyyymmdd(dates.astype(np.int64))
    if kind in "OUT":
        return calendar.from_objects(dates)
    raise wrong_type(argument, column, dates.dtype, calendar.DATE_RULE)


def _within(days: Days, bad: NDArray[np.bool_], shown: Any, plan: Plan) -> Days:
    check_lines(plan.date, shown, [("unreadable-date", bad), *date_checks(days, plan.end)])
    return days


def _finite(amounts: Array, plan: Plan) -> Array:
    assert plan.amount is not None
    check_lines(plan.amount, amounts, amount_checks(amounts, plan.refunds))
    return amounts


def read_frame(source: Any, plan: Plan) -> Lines:
    """Lines of a dataframe of any kind that narwhals knows."""
    table = _collect(source, plan)
    ids = table.get_column("customer_id")
    missing = ids.is_null().to_numpy()
    if ids.dtype.is_float():
        missing = missing | np.isnan(ids.to_numpy())
    check_lines(plan.customer_id, Shown(ids), [("missing-id", missing)])
    dates = table.get_column("date")
    check_lines(plan.date, Shown(dates), [("missing-date", dates.is_null().to_numpy())])
    day = _within(*days_of_series("date", plan.date, dates), Shown(dates), plan)
    amount = None if plan.amount is None else _amounts(table.get_column("amount"), plan)
    try:
        customers, code = numbered(ids)
    except TypeError as error:
        raise mixed_ids(plan.customer_id) from error
    return Lines(customers, code, day, amount)


def _collect(source: Any, plan: Plan) -> nw.DataFrame[Any]:
    try:
        table = nw.from_native(source)
        plan.check_columns(table.collect_schema().names())
    except TypeError as error:
        raise not_a_table(Said(f"a {type(source).__name__}")) from error
    except DuplicateError as error:
        raise not_a_table(Said("two columns of one name")) from error
    chosen = table.select(nw.col(name).alias(argument) for argument, name in plan.columns.items())
    eager = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    if len(eager) == 0:
        raise empty_table()
    kind = eager.schema["customer_id"]
    if kind == nw.Categorical or kind == nw.Enum:  # categories would sort by an order of their own
        eager = eager.with_columns(nw.col("customer_id").cast(nw.String))
    return eager


def numbered(ids: nw.Series[Any]) -> tuple[Any, Codes]:
    """The distinct ids in order, and each line's place among them."""
    lines = ids.to_frame().with_row_index("line")
    customers = lines.select("customer_id").unique().sort("customer_id").with_row_index("code")
    joined = lines.join(customers, on="customer_id", how="inner")
    if len(joined) != len(lines):
        shown = Said(f"{len(joined):,} matches for {len(lines):,} lines")
        rule = "must equal itself: the engine could not match the ids with their own distinct values"
        raise InputError("unmatched", "customer_id", shown, rule, "Convert the ids to text or whole numbers.")
    code = np.empty(len(lines), np.int64)
    code[joined.get_column("line").to_numpy()] = joined.get_column("code").to_numpy()
    column = nw.maybe_reset_index(customers).get_column("customer_id")
    return column.to_native(), code


def days_of_series(argument: str, column: str, dates: nw.Series[Any]) -> tuple[Days, NDArray[np.bool_]]:
    """Days of a column without missing values, and which of its values are no dates."""
    kind = dates.dtype
    if kind == nw.Categorical or kind == nw.Enum:
        dates, kind = dates.cast(nw.String), nw.String()
    if kind == nw.Datetime:
        dates = dates.dt.replace_time_zone(None)  # the day on its own clock; older engines shift it
    if kind == nw.Date or kind == nw.Datetime:
        days = calendar.from_year_and_ordinal(dates.dt.year().to_numpy(), dates.dt.ordinal_day().to_numpy())
        return days, np.zeros(len(dates), np.bool_)
    if kind == nw.String:
        return _days_of_text(dates)
    if kind.is_integer():
        return calendar.from_yyyymmdd(dates.to_numpy().astype(np.int64))
    if kind == nw.Object:
        return calendar.from_objects(dates.to_numpy())
    raise wrong_type(argument, column, kind, calendar.DATE_RULE)


def _days_of_text(dates: nw.Series[Any]) -> tuple[Days, NDArray[np.bool_]]:
    well_formed = dates.str.contains(f"^(?:{calendar.COMPACT}|{calendar.DASHED})$")
    digits = dates.str.slice(0, 10).str.replace_all("-", "", literal=True)
    readable = well_formed.to_numpy().astype(np.bool_)
    numbers = np.zeros(len(dates), np.int64)
    numbers[readable] = digits.filter(well_formed).cast(nw.Int64).to_numpy()
    days, impossible = calendar.from_yyyymmdd(numbers)
    return days, impossible


def _amounts(amounts: nw.Series[Any], plan: Plan) -> Array:
    assert plan.amount is not None
    check_lines(plan.amount, Shown(amounts), [("missing-amount", amounts.is_null().to_numpy())])
    kind = amounts.dtype
    if kind.is_numeric():
        return _finite(amounts.cast(nw.Float64).to_numpy(), plan)
    if kind == nw.Object:
        return _finite(as_numbers("amount", amounts.to_numpy()), plan)
    raise wrong_type("amount", plan.amount, kind, "must be numbers", "Convert the column to numbers first.")


class Shown:
    """A column that hands out single values as Python objects, for messages."""

    def __init__(self, column: nw.Series[Any]) -> None:
        self._column = column

    def __getitem__(self, row: int) -> object:
        return self._column.item(row)
