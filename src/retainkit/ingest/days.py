"""Calendar days as whole numbers, counted from 1 January 1970, and the one rule for dates in text.

A timestamp stands for the calendar day that its own clock shows: nothing is shifted between time
zones. Lengths of time are differences of these whole numbers, so no engine can round them.
"""

from __future__ import annotations

import re
from datetime import date
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError

Days: TypeAlias = NDArray[np.int64]
"""Days since 1970-01-01."""

Mask: TypeAlias = NDArray[np.bool_]

_EPOCH = date(1970, 1, 1).toordinal()
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?"
_ZONE = "(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?"
COMPACT = "[0-9]{8}"
DASHED = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK}{_ZONE})?"
"""Regular expressions for the two ways of writing a date, in the dialect that all engines share."""

DATE_RULE = "must be dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, or numbers YYYYMMDD"


def from_date(day: date) -> int:
    """The number of a calendar day; of a timestamp, the day that its own clock shows."""
    return day.toordinal() - _EPOCH


def to_date(number: int) -> date:
    """The calendar day of a number."""
    return date.fromordinal(int(number) + _EPOCH)


def from_year_and_ordinal(year: NDArray[Any], ordinal: NDArray[Any]) -> Days:
    """Days from the year and the day of the year, in whole numbers."""
    before = year.astype(np.int64) - 1
    leap_days = before // 4 - before // 100 + before // 400
    return before * 365 + leap_days + ordinal.astype(np.int64) - _EPOCH


def from_yyyymmdd(number: NDArray[np.int64]) -> tuple[Days, Mask]:
    """Days from numbers like 19970325, and which of them are no day of the calendar."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    in_range = (number >= 1_00_00) & (number <= 9999_99_99) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(in_range, (year - 1970) * 12 + month - 1, 0)
    start = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = start + day - 1
    return days, ~in_range | (days >= after)


def from_text(text: str) -> int | None:
    """The day that a text writes as YYYY-MM-DD (a time may follow) or YYYYMMDD; None for any other."""
    if not re.fullmatch(f"{COMPACT}|{DASHED}", text):
        return None
    day, impossible = from_yyyymmdd(np.array([int(text[:10].replace("-", ""))]))
    return None if impossible[0] else int(day[0])


def from_object(value: object) -> int | None:
    """The day of a Python date, timestamp, text or number YYYYMMDD; None for anything else."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, date):
        missing = type(value).__name__ == "NaTType"  # pandas' missing date calls itself a date
        return None if missing else from_date(value)
    if isinstance(value, Integral):
        value = str(value)  # "True", for one, is no date
    return from_text(value) if isinstance(value, str) else None


def from_objects(values: NDArray[Any]) -> tuple[Days, Mask]:
    """Days from Python dates, timestamps and texts, and which of the values are none of these."""
    if set(map(type, values)) == {date}:  # a column of plain dates, as pandas holds them
        return values.astype("datetime64[D]").astype(np.int64), np.zeros(values.size, np.bool_)
    found = [from_object(value) for value in values]
    bad = np.array([day is None for day in found], np.bool_)
    return np.array([day or 0 for day in found], np.int64), bad


def from_argument(argument: str, value: object) -> int:
    """The day that a caller wrote as an argument, by the same rule."""
    day = from_object(value)
    if day is None:
        rule = "must be a date: a datetime.date, a timestamp or text such as '1997-10-01'"
        raise InputError("unreadable-date", argument, value, rule, "Write the day as YYYY-MM-DD.")
    return day
