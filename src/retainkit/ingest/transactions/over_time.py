"""`summarize_over_time`: transactions and a calendar of covariates → purchases with what went on at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from typing import Any, Unpack

import numpy as np

from retainkit.errors import InputError, missing_argument
from retainkit.ingest.transactions.plan import Lines, Plan, make_plan, read_lines
from retainkit.summaries import CovariatePeriods, Purchases, PurchasesOverTime
from retainkit.summaries.over_time import too_short
from retainkit.tables import Source, TableSource, one_day, to_list
from retainkit.tables.days import after_months
from retainkit.tables.lines import FarDates, LaterLines, MissingIds
from retainkit.typing import Array, ColumnLike, Reading, Unit, Values
from retainkit.units import DAYS_PER, MONTHS_PER


@dataclass(frozen=True, slots=True, eq=False)
class OverTimeSummary:
    """Purchases over time, one entry per customer; made by `summarize_over_time`.

    Attributes
    ----------
    data : PurchasesOverTime
        What `fit` takes.
    customers : column of the caller's dataframe kind
        The ids, in the order of the entries: ascending.
    later_lines, missing_id_lines, filtered_lines : int
        Lines after the observation, without a customer, or outside of `where`, that were left out.
    told : tuple of str
        What was found of files and not given: their encoding, their separator.
    """

    data: PurchasesOverTime
    customers: ColumnLike
    later_lines: int = 0
    missing_id_lines: int = 0
    filtered_lines: int = 0
    told: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    def __retention_data__(self, kind: type[object]) -> object:
        """Its data, where a function takes them."""
        return self.data if kind is PurchasesOverTime else None


def summarize_over_time(
    source: Source,
    *,
    customer_id: str,
    date: str,
    unit: Unit,
    periods: CovariatePeriods,
    periods_start: str | Date,
    observation_end: str | Date | None = None,
    groups: Mapping[Any, int] | None = None,
    later: LaterLines = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    date_format: str | None = None,
    **reading: Unpack[Reading],
) -> OverTimeSummary:
    """Turn transactions and covariates by period into the data of `with_covariates_over_time`.

    Frequency, recency and T are those of `summarize_transactions`: days with a purchase after the first, in
    exact fractions of `unit`. Raises `InputError` as `summarize_transactions`; for purchases before
    `periods_start`, periods that end too early, customers without a group.

    Parameters
    ----------
    source, customer_id, date, observation_end, later, missing_ids, far_dates, date_format, reading
        As in `summarize_transactions`; the table is held in memory.
    unit : {"day", "week", "month", "quarter", "year"}
        What recency and T count in, and the width of the periods. Periods of whole months, quarters or years
        are those of the calendar, from the day of `periods_start` on, each with its own length: a purchase of
        1 March belongs to March. ``data.periods`` holds them; predictions use these.
    periods : CovariatePeriods
        From before the first purchase to after the last day, and as far ahead as predictions shall reach.
    periods_start : date or text
        First day of the first period.
    groups : mapping of every customer id to the number of its group, optional
        For periods with several groups.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> days = np.array(["2024-01-01", "2024-01-08", "2024-01-08"], "M8[D]")
    >>> table = {"id": np.array([1, 1, 2]), "date": days}
    >>> sale = rk.CovariatePeriods([[0.0], [1.0], [0.0]], names=["sale"])
    >>> tx = rk.summarize_over_time(table, customer_id="id", date="date", unit="week", periods=sale,
    ...     periods_start="2024-01-01")
    >>> tx.data.at_purchases.tolist(), tx.data.birth.tolist()
    ([[1.0], [0.0]], [0.0, 1.0])
    """
    policies: Any = {"later": later, "missing_ids": missing_ids, "far_dates": far_dates}
    plan = make_plan(customer_id, date, None, unit, observation_end, None, "net", date_format, **policies)
    lines = read_lines(TableSource.of(source, reading), plan)
    origin = one_day("periods_start", periods_start)
    if int(lines.day.min()) < origin:
        rule = f"must not lie after the first purchase ({np.datetime64(int(lines.day.min()), 'D')})"
        raise InputError("too-few", "periods_start", periods_start, rule, "Add the earlier periods.")
    group = _groups(groups, lines.customers, periods)
    data = _summary(lines, plan, origin, periods, group)
    return OverTimeSummary(data, lines.customers, told=lines.told, **lines.left_out)


def _summary(
    lines: Lines, plan: Plan, origin: int, periods: CovariatePeriods, group: Values
) -> PurchasesOverTime:
    per, edges = DAYS_PER[plan.unit], _edges(periods, plan.unit, origin)
    end = int(lines.day.max()) if plan.end is None else plan.end
    span = int(lines.day.max()) - origin + 1
    # one number for each customer and day, so that lines of one day are one purchase
    code, day = np.divmod(np.unique(lines.code * span + lines.day - origin), span)
    first = np.ones(code.size, np.bool_)
    first[1:] = code[1:] != code[:-1]
    starts = np.flatnonzero(first)
    birth, last = day[starts], day[np.append(starts[1:], code.size) - 1]
    repeats = ~first
    lasting = CovariatePeriods(periods.values, names=periods.names, edges=edges / per)
    if (day[repeats] >= edges[-1]).any():  # the day after the last period is in none
        raise too_short((day[repeats] + 1) / per, lasting)
    place = np.searchsorted(edges, day[repeats], side="right") - 1
    sums = np.zeros((starts.size, len(periods.names)))
    np.add.at(sums, code[repeats], periods.values[group[code[repeats]], place])
    purchases = Purchases(
        frequency=np.bincount(code) - 1.0,
        recency=(last - birth) / per,
        T=(end - origin - birth) / per,
        unit=plan.unit,
    )
    return PurchasesOverTime(
        purchases, birth=birth / per, at_purchases=sums, periods=lasting, group=group.astype(np.float64)
    )


def _edges(periods: CovariatePeriods, unit: Unit, origin: int) -> Array:
    """Days from the start of the first period to that of each, and to the end of the last."""
    width, months = periods.width, MONTHS_PER.get(unit)
    if width is None or months is None or not (round(width * months, 9)).is_integer():
        return periods.edges * DAYS_PER[unit]
    after = np.arange(periods.edges.size) * round(width * months)
    return (after_months(np.full_like(after, origin), after) - origin).astype(np.float64)


def _groups(
    groups: Mapping[Any, int] | None, customers: ColumnLike, periods: CovariatePeriods
) -> np.ndarray[Any, np.dtype[np.intp]]:
    ids = to_list(customers)
    if groups is None:
        if periods.values.shape[0] > 1:
            rule = f"must say to which of the {periods.values.shape[0]} groups each customer belongs"
            raise missing_argument("groups", rule, "Pass groups={customer: number}, with numbers from 0.")
        return np.zeros(len(ids), np.intp)
    missing = [i for i in ids if i not in groups]
    if missing:
        rule = f"must have a group for every customer; {len(missing):,} of {len(ids):,} have none"
        way_out = "Add them, or give those customers a group of their own."
        raise InputError("unmatched", "groups", missing[0], rule, way_out)
    return np.array([groups[i] for i in ids], np.intp)
