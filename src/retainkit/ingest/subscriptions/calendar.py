"""Tenure in periods of the calendar, from whole days.

A month of tenure ends on the start's day of the month, or on the month's last day where it has no such
day: from 31 January the months end on 28 or 29 February, 31 March, 30 April. Every anniversary counts
from the start itself, so a short month never shortens those after it. Quarters and years are three and
twelve such months; weeks and days are 7 days and one.
"""

from __future__ import annotations

import numpy as np

from retainkit.tables import Days
from retainkit.typing import Array, Unit
from retainkit.units import DAYS_PER

_MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: dict[Unit, int] = {"day": 1, "week": 7}


def exact(start: Days, day: Days, unit: Unit) -> Array:
    """Days from `start` to `day`, in `unit`."""
    return (day - start) / DAYS_PER[unit]


def completed(start: Days, day: Days, unit: Unit) -> Days:
    """Periods that have ended on `day` or before."""
    if unit in _DAYS:
        return (day - start) // _DAYS[unit]
    since = _month(day) - _month(start)
    return (since - (day < _after_months(start, since))) // _MONTHS[unit]


def begun(start: Days, day: Days, unit: Unit) -> Days:
    """Periods that had begun before `day`: those completed, and the one under way."""
    whole = completed(start, day, unit)
    return whole + (anniversary(start, whole, unit) < day)


def anniversary(start: Days, periods: Days, unit: Unit) -> Days:
    """The day on which the given number of periods is over."""
    if unit in _DAYS:
        return start + periods * _DAYS[unit]
    return _after_months(start, periods * _MONTHS[unit])


def _month(day: Days) -> Days:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_day(month: Days) -> Days:
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _after_months(start: Days, months: Days) -> Days:
    own = _month(start)
    place = start - _first_day(own)  # 0 on the first of the month
    target = own + months
    return np.minimum(_first_day(target) + place, _first_day(target + 1) - 1)
