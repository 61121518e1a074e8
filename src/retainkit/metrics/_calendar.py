"""Dates of any kind as calendar days, and days as months counted from January 1970."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError

Days: TypeAlias = NDArray[np.datetime64]
"""datetime64[D]; NaT where a date is missing."""

ONE_DAY, ONE_MONTH = np.timedelta64(1, "D"), np.timedelta64(1, "M")
"""Steps of time with their unit: numpy no longer takes a bare number for one."""

Months: TypeAlias = NDArray[np.int64]
"""Months since January 1970."""

DATE_RULE = "must be dates, timestamps, text YYYY-MM-DD or YYYY-MM, or numbers YYYYMMDD or YYYYMM"
_DIGITS, _DASHES = (0, 1, 2, 3, 5, 6, 8, 9), (4, 7)


def month_of(days: Days) -> Months:
    """The month that each day lies in."""
    return days.astype("datetime64[M]").astype(np.int64)


def month_names(months: Months) -> NDArray[np.datetime64]:
    """Months as datetime64[M], which print as 2024-01."""
    return months.astype("datetime64[M]")


def month_name(month: int | np.int64) -> np.datetime64:
    """One month as datetime64[M]."""
    return np.datetime64(int(month), "M")


def one_day(argument: str, value: object) -> np.datetime64:
    """A day that the caller wrote as an argument; a month stands for its last day."""
    days, bad = from_objects(np.array([value], dtype=object))
    if bad[0] or np.isnat(days[0]):
        rule = "must be a date, or text such as '2024-12-31' or '2024-12' (the end of that month)"
        raise InputError("unreadable-date", argument, value, rule, "Write the day as YYYY-MM-DD.")
    whole_month = isinstance(value, str) and len(value) == 7
    if not whole_month:
        return days[0]
    return (days[0].astype("datetime64[M]") + ONE_MONTH).astype("datetime64[D]") - ONE_DAY


def from_parts(year: NDArray[Any], month: NDArray[Any], day: NDArray[Any]) -> tuple[Days, NDArray[np.bool_]]:
    """Days from their numbers, and which of them no calendar has."""
    possible = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    first = np.where(possible, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = first.astype("datetime64[D]") + np.where(possible, day - 1, 0).astype("timedelta64[D]")
    return days, ~possible | (days.astype("datetime64[M]") != first)


def from_numbers(numbers: NDArray[np.int64]) -> tuple[Days, NDArray[np.bool_]]:
    """Days written as 20240131, or months written as 202401 (their first day)."""
    full = np.where(numbers < 1_000_000, numbers * 100 + 1, numbers)
    return from_parts(full // 10_000, full // 100 % 100, full % 100)


def from_text(text: NDArray[np.str_]) -> tuple[Days, NDArray[np.bool_]]:
    """Days written as YYYY-MM-DD, or months written as YYYY-MM (their first day)."""
    length = np.char.str_len(text)
    signs = np.ascontiguousarray(text.astype("U10")).view(np.uint32).reshape(text.size, 10).astype(np.int64)
    signs[length == 7, 7:] = [ord("-"), ord("0"), ord("1")]
    digits = signs - ord("0")
    bad = (length != 7) & (length != 10)
    for place in _DIGITS:
        bad |= (digits[:, place] < 0) | (digits[:, place] > 9)
    for place in _DASHES:
        bad |= signs[:, place] != ord("-")
    digits[bad] = 1
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    days, impossible = from_parts(year, digits[:, 5] * 10 + digits[:, 6], digits[:, 8] * 10 + digits[:, 9])
    return days, bad | impossible


def from_objects(values: NDArray[Any]) -> tuple[Days, NDArray[np.bool_]]:
    """Days from Python dates, timestamps and texts, missing ones as NaT, and which are none of these."""
    days = np.full(values.size, "NaT", "datetime64[D]")
    text = np.array([isinstance(value, str) for value in values], np.bool_)
    bad = np.zeros(values.size, np.bool_)
    if text.any():
        days[text], bad[text] = from_text(values[text].astype(np.str_))
    for place in np.flatnonzero(~text).tolist():
        value = values[place]
        if isinstance(value, date) and value == value:  # pandas' NaT calls itself a date
            days[place] = np.datetime64(date(value.year, value.month, value.day), "D")
        elif isinstance(value, np.datetime64):
            days[place] = value.astype("datetime64[D]")
        else:
            bad[place] = value is not None and value == value
    return days, bad
