"""Which payments are meant, and how the days between their dates become years."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import known
from retainkit.domains import POSITIVE
from retainkit.errors import InputError, check_choice, missing_argument
from retainkit.typing import Array, ColumnLike, Number, NumberLike

DayCount: TypeAlias = Literal["act/365", "act/360", "act/act", "30/360", "30E/360", "30U/360"]
"""How days become years (2006 ISDA Definitions, section 4.16; 30U/360 adds the end of February)."""


def paid(function: str, amounts: Any, dates: Any) -> tuple[NumberLike, ColumnLike]:
    """Amounts and their dates, also of pairs, a dict by date, or a Series with an index of dates."""
    if dates is None and isinstance(amounts, Mapping):
        by_date = cast("Mapping[Any, Any]", amounts)
        return list(by_date.values()), list(by_date)
    if dates is None and hasattr(amounts, "index") and not callable(amounts.index):
        return amounts, amounts.index
    if dates is None and _are_pairs(amounts):
        way_out = "Write each pair as (date, amount)."
        dates, amounts = ([pair[k] for pair in amounts] for k in (0, 1))
    else:
        way_out = f"The two are swapped: write {function}(amounts, dates)."
    if _are_dates(amounts):
        raise InputError("wrong-type", "amounts", amounts, "must be money, not dates", way_out)
    if dates is None:
        way_out = "Give dates=…, pairs (date, amount), a dict by date, or a Series with an index of dates."
        raise missing_argument("dates", "are needed: one for each amount", way_out)
    return amounts, dates


def _are_pairs(values: Any) -> bool:
    entries = cast("list[Any]", values) if isinstance(values, list | tuple) else [values]
    return all(isinstance(entry, list | tuple) and len(cast("list[Any]", entry)) == 2 for entry in entries)


def _are_dates(values: Any) -> bool:
    """Whether the first entry is a date, or text: no amount is."""
    while isinstance(values, list | tuple) and values:
        values = cast("list[Any]", values)[0]
    if isinstance(values, date | str | np.datetime64):
        return True
    first: NDArray[Any] = np.ravel(np.asarray(cast("Any", values)))[:1]
    return first.dtype.kind in "MU" or any(isinstance(entry, date | str) for entry in first)


def years_between(start: Array, days: Array, day_count: DayCount, days_per_year: Number | None) -> Array:
    """Years from `start` to `days`, both counted in days since 1970; negative for days before it."""
    check_choice("day_count", day_count, get_args(DayCount))
    if days_per_year is not None:
        if day_count != "act/365":
            rule = f"has no meaning with day_count={day_count!r}, which says what a year is"
            raise InputError("needless", "days_per_year", days_per_year, rule, "Give one of the two.")
        (year,) = known(days_per_year=(days_per_year, POSITIVE))
        return (days - start) / year
    if day_count in ("act/365", "act/360"):
        return (days - start) / float(day_count[4:])
    if day_count == "act/act":
        (year, share), (first, share_first) = _year_and_share(days), _year_and_share(start)
        return (year - first) + (share - share_first)
    earlier, later = np.minimum(start, days), np.maximum(start, days)
    return np.where(days < start, -1.0, 1.0) * _months_of_30(earlier, later, day_count)


def _year_and_share(days: Array) -> tuple[Array, Array]:
    """The calendar year, and how much of it is over."""
    year = np.floor(days).astype("M8[D]").astype("M8[Y]")
    first, after = (y.astype("M8[D]").astype(np.float64) for y in (year, year + np.timedelta64(1, "Y")))
    return year.astype(np.float64), (days - first) / (after - first)


def _months_of_30(earlier: Array, later: Array, day_count: DayCount) -> Array:
    (month, day, last), (other, other_day, other_last) = _month_and_day(earlier), _month_and_day(later)
    if day_count == "30U/360":  # the last day of February is a 30th, too
        february, other_february = last & (month % 12 == 1), other_last & (other % 12 == 1)
        other_day = np.where(february & other_february, 30, other_day)
        day = np.where(february, 30, day)
    day = np.minimum(day, 30)
    late = np.minimum(other_day, 30)
    # elsewhere than in Europe the 31st is kept after an earlier day than the 30th
    other_day = late if day_count == "30E/360" else np.where(day == 30, late, other_day)
    parts = np.mod(later, 1.0) - np.mod(earlier, 1.0)
    return (30.0 * (other - month) + (other_day - day) + parts) / 360.0


def _month_and_day(days: Array) -> tuple[Array, Array, Array]:
    """Months since 1970, the day of the month, and whether it is the last."""
    whole = np.floor(days)
    month = whole.astype("M8[D]").astype("M8[M]")
    first, after = (m.astype("M8[D]").astype(np.float64) for m in (month, month + np.timedelta64(1, "M")))
    return month.astype(np.float64), whole - first + 1.0, whole + 1.0 == after
