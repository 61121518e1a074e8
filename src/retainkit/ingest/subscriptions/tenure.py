"""Spells → durations, events and entries: lengths of time that keep the likelihood right.

In whole periods a period counts for a customer only if it lies inside the observation from its first day
to its last. A period cut off by the end of the observation shows some who left in it but nobody who stayed
through it, and one cut off by the beginning only those who left late in it: counting either would make
churn look larger or smaller than it is.

Periods are those of the calendar, from whole days. A month of tenure ends on the start's day of the month,
or on the month's last day where it has no such day: from 31 January the months end on 28 or 29 February,
31 March, 30 April. Every anniversary counts from the start itself, so a short month never shortens those
after it. Quarters and years are three and twelve such months; weeks and days are 7 days and one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.plan import Plan
from retainkit.ingest.subscriptions.spells import Spells
from retainkit.tables import Days, Mask, Said, to_date
from retainkit.tables.days import after_months, month_of
from retainkit.typing import Array, Unit
from retainkit.units import DAYS_PER, MONTHS_PER

_DAYS: dict[Unit, int] = {"day": 1, "week": 7}


def exact(start: Days, day: Days, unit: Unit) -> Array:
    """Days from `start` to `day`, in `unit`."""
    return (day - start) / DAYS_PER[unit]


def completed(start: Days, day: Days, unit: Unit) -> Days:
    """Periods that have ended on `day` or before."""
    if unit in _DAYS:
        return (day - start) // _DAYS[unit]
    since = month_of(day) - month_of(start)
    return (since - (day < after_months(start, since))) // MONTHS_PER[unit]


def begun(start: Days, day: Days, unit: Unit) -> Days:
    """Periods that had begun before `day`: those completed, and the one under way."""
    whole = completed(start, day, unit)
    return whole + (anniversary(start, whole, unit) < day)


def anniversary(start: Days, periods: Days, unit: Unit) -> Days:
    """The day on which the given number of periods is over."""
    if unit in _DAYS:
        return start + periods * _DAYS[unit]
    return after_months(start, periods * MONTHS_PER[unit])


@dataclass(frozen=True, slots=True)
class Tenures:
    """The columns of `Renewals`, one entry per spell."""

    duration: Array
    event: Mask
    entry: Array


def tenures(found: Spells, plan: Plan) -> Tenures:
    """How long each spell lasted, whether its end counts, and from which tenure on it was watched."""
    if plan.tenure == "exact":
        last = np.where(found.left, found.end, _until(found, plan))
        duration = exact(found.start, last, plan.unit)
        return Tenures(duration, found.left, exact(found.start, found.watched, plan.unit))
    if plan.tenure == "renewals":
        _check_anniversaries(found, plan)
    return _periods(found, plan)


def _until(found: Spells, plan: Plan) -> Days:
    return np.full_like(found.start, plan.until) if found.seen is None else found.seen


def _periods(found: Spells, plan: Plan) -> Tenures:
    left, start, unit = found.left, found.start, plan.unit
    through = completed(start, _until(found, plan), unit)
    first = (completed if plan.tenure == "renewals" else begun)(start, found.watched, unit)
    period = begun(start, np.where(left, found.end, start), unit)  # of leaving
    cut_late, cut_early = left & (period > through), left & (period <= first)
    event = left & ~cut_late & ~cut_early
    duration = np.where(left, period - ~event, through)
    found.counts["left_in_last_period"] = int(cut_late.sum())
    found.counts["left_in_first_period"] = int((cut_early & ~cut_late).sum())
    return Tenures(duration.astype(np.float64), event, np.minimum(first, duration).astype(np.float64))


def _check_anniversaries(found: Spells, plan: Plan) -> None:
    start, end = found.start[found.left], found.end[found.left]
    off = anniversary(start, completed(start, end, plan.unit), plan.unit) != end
    if off.any():
        one = int(np.argmax(off))
        raise InputError(
            "dates-conflict",
            "end",
            Said(f"{to_date(int(start[one]))} to {to_date(int(end[one]))}"),
            f"must be the day on which a {plan.unit} of tenure is over under tenure='renewals' "
            f"({int(off.sum()):,} of {end.size:,} ends are not)",
            "Use tenure='whole-periods' or 'exact' where customers may leave on any day; if ends are "
            "the last days with the subscription, add a day.",
        )
