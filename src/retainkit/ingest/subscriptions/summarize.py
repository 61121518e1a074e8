"""`summarize_subscriptions`: one table of any kind → how long its customers stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date as Date

import numpy as np

from retainkit.ingest.subscriptions.plan import (
    Earlier,
    Later,
    Plan,
    Reactivation,
    Tenure,
    ZeroLength,
    check_choices,
    reasons_of,
    window_of,
)
from retainkit.ingest.subscriptions.read import numbered_reasons, read
from retainkit.ingest.subscriptions.records import SubscriptionSummary, SubscriptionTreatment
from retainkit.ingest.subscriptions.spells import Spells, spells_of
from retainkit.ingest.subscriptions.tenure import tenures
from retainkit.summaries import Renewals
from retainkit.tables import Codes, DateRule, Source, take, to_date
from retainkit.tables.lines import FarDates, MissingIds, check_lines
from retainkit.typing import ColumnLike, Unit
from retainkit.units import check_unit


def summarize_subscriptions(
    source: Source,
    *,
    customer_id: str,
    start: str,
    end: str,
    observation_end: str | Date,
    observation_start: str | Date | None = None,
    unit: Unit = "month",
    reason: str | None = None,
    segment: str | None = None,
    tenure: Tenure = "exact",
    reactivation: Reactivation = "error",
    zero_length: ZeroLength = "error",
    reasons: Sequence[str] | None = None,
    earlier: Earlier = "error",
    later: Later = "error",
    missing_ids: MissingIds = "error",
    far_dates: FarDates = "error",
    date_format: str | None = None,
) -> SubscriptionSummary:
    """Turn a table of subscriptions into durations, one entry per spell.

    What `SubscriptionBase.tenures` gives of a base; `read_subscriptions` reads lines that overlap, pauses,
    plans that change, and tables of other shapes.

    A spell runs from its start to its end, the first day on which the customer is no longer subscribed; a
    missing end (null, NaT, NaN, empty text) means that the customer was still there on `observation_end`.
    Raises `InputError` for a missing column, missing or unreadable dates, ends before their start,
    overlapping lines of a customer, reasons that do not fit, an empty table; it says how many lines or
    customers, and names the first. Raises `MissingDependencyError` for a path or a relation without DuckDB
    and pyarrow. The summary has `.renewals`, `.by_segment`, `.customers`, `.treatment`, `.to_frame()`.

    Parameters
    ----------
    source : table
        One line per subscription: a pandas, polars (eager or lazy) or pyarrow table, a DuckDB relation, the
        path or glob of CSV or Parquet files, or a dict of numpy columns.
    customer_id, start, end : str
        Names of columns. Dates: dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, or
        numbers YYYYMMDD. A timestamp counts on the day that its own clock shows.
    observation_end : date or text
        The last day that the table knows of: customers without an end were seen there on that day.
    observation_start : date or text, optional
        The first day from which on every end is in the table, where those who left before are not. Customers
        who started earlier are watched from then on: their entry is their tenure on that day.
    unit : {"day", "week", "month", "quarter", "year"}
        What durations count in.
    reason : str, optional
        A column that says why customers left: texts or whole numbers; missing (or 0) for those still there.
    segment : str, optional
        A column of texts or whole numbers, the same on all lines of a customer: adds `.by_segment`.
    tenure : {"exact", "whole-periods", "renewals"}
        ``"exact"``: days divided by the length of the unit (7, 30.4375, 91.3125, 365.25). The others count
        periods of the calendar: a month is over on the start's day of the next month, or on that month's last
        day if it has no such day. ``"whole-periods"``: customers may leave on any day, and the duration of
        those who left is the number of the period in or at the end of which they did; a period counts only
        for customers watched through all of it. ``"renewals"``: customers leave only when a period is over,
        so every end must be such a day, and late customers are watched at their next renewal already.
    reactivation : {"error", "new-spell", "same-customer"}
        Several lines of one customer: refused; a new spell after each gap, which begins at duration 0; or one
        spell from the first start to the last end, gaps counted as tenure. The latter two join lines that
        follow each other without a gap.
    zero_length : {"error", "count-as-a-day"}
        Ends on the day of the start.
    reasons : names, optional
        The reasons in the order they are to have; others are an error. Whole numbers in the column are places
        in this list, from 1. By default the distinct reasons of those who left, sorted.
    earlier : {"error", "leave-out"}
        Spells that were over on `observation_start` or before.
    later : {"error", "censor", "drop"}
        Starts and ends after `observation_end`: refused; the table as it stood on that day, where the ends
        have not come and the starts are left out; or the starts left out and the ends refused.
    missing_ids, far_dates
        As in `summarize_transactions`; of the dates early starts are looked at.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`: ``"%d/%m/%Y"``.

    Notes
    -----
    Late entry is left truncation, as in Klein & Moeschberger (2003), *Survival Analysis*, 2nd ed., section
    3.4.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> from retainkit.ingest.subscriptions import summarize_subscriptions
    >>> table = {"id": np.array(["a", "b", "c"]),
    ...          "start": np.array(["2023-11-15", "2024-01-31", "2024-02-10"]),
    ...          "end": np.array(["2024-03-01", "2024-02-29", ""])}
    >>> subs = summarize_subscriptions(table, customer_id="id", start="start", end="end", unit="month",
    ...     observation_start="2024-01-01", observation_end="2024-06-30", tenure="whole-periods")
    >>> subs.renewals.duration.tolist(), subs.renewals.event.tolist(), subs.renewals.entry.tolist()
    ([4.0, 1.0, 4.0], [1.0, 1.0, 0.0], [2.0, 0.0, 0.0])
    """
    check_choices(
        tenure=tenure, reactivation=reactivation, zero_length=zero_length, earlier=earlier, later=later
    )
    check_lines(missing_ids, far_dates)
    since, until = window_of(observation_start, observation_end)
    columns = {"customer_id": customer_id, "start": start, "end": end, "reason": reason, "segment": segment}
    plan = Plan(
        columns={name: column for name, column in columns.items() if column is not None},
        since=since,
        until=until,
        unit=check_unit("unit", unit),
        tenure=tenure,
        reactivation=reactivation,
        zero_length=zero_length,
        earlier=earlier,
        later=later,
        reasons=reasons_of(reasons, column=reason is not None),
        dates=DateRule(date_format=date_format),
        missing_ids=missing_ids,
        far_dates=far_dates,
    )
    lines = read(source, plan)
    names, codes = numbered_reasons(lines, plan)
    found = spells_of(lines, codes, plan)
    segments = () if lines.segment is None else lines.segment.names
    made = summary_of(found, names, segments, lines.customers, plan)
    return replace(made, treatment=replace(made.treatment, told=lines.table.told))


def summary_of(
    found: Spells, names: tuple[str, ...], segments: tuple[str, ...], customers: ColumnLike, plan: Plan
) -> SubscriptionSummary:
    """Spells as a summary; `names` are those of the reasons, `segments` those of the kinds of customers."""
    clock = tenures(found, plan)
    event = clock.event.astype(np.int64)
    if found.reason is not None:
        event = np.where(clock.event, found.reason + 1, 0)
        if plan.reasons is None:  # a name without an event would stand for nobody
            seen = np.union1d([0], event)
            places: list[int] = seen.tolist()[1:]
            names = tuple(names[k - 1] for k in places)
            event = np.searchsorted(seen, event)
    segments, segment = _segments(found, segments)
    found.counts.update(
        spells=event.size,
        customers=int(np.count_nonzero(np.diff(found.code)) + 1),
        left=int(clock.event.sum()),
        still_there=int((~found.left).sum()),
        late_entries=int((found.watched > found.start).sum()),
        without_exposure=int((clock.duration == clock.entry).sum()),
    )
    return SubscriptionSummary(
        renewals=Renewals(
            duration=clock.duration,
            event=event,
            entry=clock.entry,
            whole_periods=plan.tenure != "exact",
            reasons=names,
            unit=plan.unit,
        ),
        customers=take(customers, found.code.astype(np.intp)),
        start=found.start.astype("datetime64[D]"),
        segments=segments,
        segment=segment,
        still_there=~found.left,
        treatment=SubscriptionTreatment.of(found.counts),
        unit=plan.unit,
        tenure=plan.tenure,
        observation_start=None if plan.since is None else to_date(plan.since),
        observation_end=to_date(plan.until),
        id_name=plan.columns["customer_id"],
    )


def _segments(found: Spells, names: tuple[str, ...]) -> tuple[tuple[str, ...], Codes | None]:
    """The names of the segments that have spells, and each spell's place among them."""
    if found.segment is None:
        return (), None
    present = np.unique(found.segment)
    places: list[int] = present.tolist()
    place = np.searchsorted(present, found.segment).astype(np.int64)
    return tuple(names[k] for k in places), place
