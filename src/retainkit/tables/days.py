"""The one rule for dates: what is a day, as a whole number counted from 1 January 1970.

A timestamp stands for the calendar day that its own clock shows: nothing is shifted between time zones.
Lengths of time are differences of whole numbers, so no engine can round them. A month, where a caller
asks for months, stands for its first day. No dataframe library is needed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from numbers import Integral
from string import punctuation
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.tables.amounts import NUMBER
from retainkit.tables.problems import Fault
from retainkit.typing import Unit, Values
from retainkit.units import MONTHS_PER

_MONDAY = 3  # 1 January 1970 was a Thursday

Days: TypeAlias = NDArray[np.int64]
"""Days since 1970-01-01."""

Mask: TypeAlias = NDArray[np.bool_]

_EPOCH = date(1970, 1, 1).toordinal()
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?"
_ZONE = "(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?"
COMPACT = "[0-9]{8}"
DASHED = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_CLOCK}{_ZONE})?"
MONTH = "[0-9]{4}-?[0-9]{2}"
"""Regular expressions for the ways of writing a date, in the dialect that all engines share."""

CONVERT = "Convert the column to dates first, or say how it is written: date_format='%d/%m/%Y', for one."
# What Python and DuckDB read alike, once the text has this shape: both are lenient, each in its own way.
_DIRECTIVES = {
    **dict.fromkeys("aAbBp", "[^0-9 ]+"),
    **dict.fromkeys("dHImMS", "[0-9]{1,2}"),
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "f": "[0-9]{1,6}",
    "%": "%",
}


SERIAL = {
    "excel": ("days as Excel counts them (45322 for 2024-01-31)", 1.0, -25_569, 61),
    "epoch-s": ("seconds since 1970", 86_400.0, 0, -(1 << 36)),
    "epoch-ms": ("milliseconds since 1970", 86_400_000.0, 0, -(1 << 46)),
}
"""Numbers that count from some moment: in words, how many make a day, where day 0 is, the first that is one.

Excel counts a 29 February 1900 that never was, so its numbers mean days from the next one on.
"""
FIRST_DAY, LAST_DAY = -719_162, 2_932_896  # of the calendar: 0001-01-01 and 9999-12-31


@dataclass(frozen=True, slots=True)
class DateRule:
    """What a reader takes for a date.

    Parameters
    ----------
    months : bool
        Whether a month will do: text YYYY-MM or YYYYMM, numbers YYYYMM, monthly periods.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`, or "excel", "epoch-s", "epoch-ms" for
        numbers that count days, seconds or milliseconds; nothing else is read then.
    """

    months: bool = False
    date_format: str | None = None

    def __post_init__(self) -> None:
        if self.date_format is not None and not self.counts:
            _check_format(self.date_format, self.months)

    @property
    def counts(self) -> bool:
        """Whether numbers count from some moment."""
        return isinstance(self.date_format, str) and self.date_format in SERIAL

    @property
    def sentence(self) -> str:
        """The rule in words, for messages."""
        if self.counts:
            return f"must be dates, timestamps, or {SERIAL[str(self.date_format)][0]}"
        if self.date_format is not None:
            return f"must be dates, timestamps, or text and numbers of the form {self.date_format!r}"
        if self.months:
            return (
                "must be dates, timestamps, text YYYY-MM-DD (a time may follow), YYYYMMDD or YYYY-MM, "
                "or numbers YYYYMMDD or YYYYMM"
            )
        return (
            "must be dates, timestamps, text YYYY-MM-DD (a time may follow) or YYYYMMDD, or numbers YYYYMMDD"
        )

    def fault(self, unless: str | None = None) -> Fault:
        """What is wrong with a line that holds no date; `unless` says when there need be none."""
        rule = f"{self.sentence}, and days of the calendar" + (f", {unless}" if unless else "")
        return Fault("unreadable-date", rule, CONVERT)

    @property
    def text(self) -> str:
        """The regular expression of a date in text, in the dialect that all engines share."""
        if self.counts:
            return NUMBER
        if self.date_format is not None:
            return _shape_of(self.date_format)
        ways = [COMPACT, DASHED, *([MONTH] if self.months else [])]
        return f"^(?:{'|'.join(ways)})$"


DAY = DateRule()
"""The rule where a day is asked for, in the ways that need no format."""

MONTH_OR_DAY = DateRule(months=True)


def to_date(number: int) -> date:
    """The calendar day of a number."""
    return date.fromordinal(int(number) + _EPOCH)


def from_year_and_ordinal(year: Values, ordinal: Values) -> Days:
    """Days from the year and the day of the year, in whole numbers."""
    before = year.astype(np.int64) - 1
    leap_days = before // 4 - before // 100 + before // 400
    return before * 365 + leap_days + ordinal.astype(np.int64) - _EPOCH


def from_digits(number: Days) -> tuple[Days, Mask]:
    """Days from numbers like 19970325, and which of them are no day of the calendar."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    in_range = (number >= 1_00_00) & (number <= 9999_99_99) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(in_range, (year - 1970) * 12 + month - 1, 0)
    start = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days = start + day - 1
    return days, ~in_range | (days >= after)


def from_numbers(number: Days, rule: DateRule = DAY) -> tuple[Days, Mask]:
    """Days from eight digits, or months from six where they are asked for; nothing shorter is guessed at."""
    short = (number >= 1000_01) & (number <= 9999_99) & rule.months
    full = np.where(short, number * 100 + 1, number)
    days, bad = from_digits(full)
    return days, bad | (full < 1000_01_01)


def from_counts(number: Values, rule: DateRule) -> tuple[Days, Mask]:
    """Days from numbers that count from some moment; the time of day falls away."""
    _, per_day, start, least = SERIAL[str(rule.date_format)]
    day = np.floor(number.astype(np.float64) / per_day) + start
    bad = ~(np.isfinite(day) & (number >= least) & (day >= FIRST_DAY) & (day <= LAST_DAY))
    return np.where(bad, 0.0, day).astype(np.int64), bad


def from_text(text: str, rule: DateRule = DAY) -> int | None:
    """The day that a text writes; None for a text that writes none."""
    if not re.fullmatch(rule.text, text):
        return None
    if rule.counts:
        counted, bad = from_counts(np.array([float(text)]), rule)
        return None if bad[0] else int(counted[0])
    if rule.date_format is not None:
        try:
            return datetime.strptime(text, rule.date_format).toordinal() - _EPOCH  # noqa: DTZ007  # own clock
        except ValueError:
            return None
    digits = text[:10].replace("-", "")
    day, impossible = from_digits(np.array([int(digits if len(digits) == 8 else f"{digits}01")]))
    return None if impossible[0] else int(day[0])


def from_object(value: object, rule: DateRule = DAY) -> int | None:
    """The day of a Python date, timestamp, pandas Period, text or number; None for anything else."""
    if isinstance(value, np.datetime64):
        fits = _whole_days(np.dtype(value.dtype), rule)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        value = value.astype("datetime64[us]").item() if fits else None
    if isinstance(value, date):
        missing = type(value).__name__ == "NaTType"  # pandas' missing date calls itself a date
        return None if missing else value.toordinal() - _EPOCH  # the day that its own clock shows
    if type(value).__name__ == "Period":  # a period is what it is written as: a month, a day, an hour
        value, rule = str(value), DateRule(rule.months)
    elif isinstance(value, float) and value.is_integer():  # what a gap makes of whole numbers
        value = str(int(value))
    elif isinstance(value, float) and rule.counts:
        value = repr(value)
    elif isinstance(value, Integral):
        value = str(value)  # "True", for one, is no date
    return from_text(value, rule) if isinstance(value, str) else None


def from_objects(values: Values, rule: DateRule = DAY) -> tuple[Days, Mask]:
    """Days from Python objects, and which of them are no dates."""
    if set(map(type, values)) == {date}:  # a column of plain dates, as pandas holds them
        return values.astype("datetime64[D]").astype(np.int64), np.zeros(values.size, np.bool_)
    texts: dict[str, int | None] = {}  # most tables write few different days

    def day_of(value: Any) -> int | None:
        if not isinstance(value, str):
            return from_object(value, rule)
        if value not in texts:
            texts[value] = from_text(value, rule)
        return texts[value]

    found = [day_of(value) for value in values]
    bad = np.array([day is None for day in found], np.bool_)
    return np.array([day or 0 for day in found], np.int64), bad


def from_array(values: Values, rule: DateRule = DAY) -> tuple[Days, Mask] | None:
    """Days of a numpy column without missing values; None for a type that cannot hold dates."""
    kind = values.dtype.kind
    if kind == "M":
        days = values.astype("datetime64[D]").astype(np.int64)
        return days, np.full(values.size, not _whole_days(values.dtype, rule), np.bool_)
    if kind in "iuf" and rule.counts:
        return from_counts(values, rule)
    if kind == "f" and bool(np.isfinite(values).all()) and bool((values == np.floor(values)).all()):
        values, kind = np.clip(values, -1, 1 << 40).astype(np.int64), "i"
    if kind in "iu" and rule.date_format is None:
        return from_numbers(values.astype(np.int64), rule)
    if kind in "iuOUT":
        return from_objects(values.astype(object), rule)
    return None


def _whole_days(kind: np.dtype[Any], rule: DateRule) -> bool:
    unit, _ = np.datetime_data(kind)
    return unit != "Y" and (rule.months or unit != "M")  # a month is a day only where months are asked for


def month_of(day: Days) -> Days:
    """Months since January 1970."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_day(month: Days) -> Days:
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def period_of(day: Days, every: Unit) -> Days:
    """The number of the day, week (from Monday), month, quarter or year in which each day lies."""
    if every == "day":
        return day
    return (day + _MONDAY) // 7 if every == "week" else month_of(day) // MONTHS_PER[every]


def begin_of(period: Days, every: Unit) -> Days:
    """The first day of each period."""
    if every == "day":
        return period
    return period * 7 - _MONDAY if every == "week" else _first_day(period * MONTHS_PER[every])


def after_months(start: Days, months: Days) -> Days:
    """The same day of the month so many months later, or the last day of a month that has no such day."""
    own = month_of(start)
    target = own + months
    return np.minimum(_first_day(target) + start - _first_day(own), _first_day(target + 1) - 1)


def one_day(argument: str, value: object, rule: DateRule = DAY, *, begin: bool = False) -> int:
    """The day that a caller wrote as an argument, by the same rule; of a month, the last day or the first."""
    day = from_object(value, DateRule(rule.months))
    if day is None:
        side = "begin" if begin else "end"
        month = f" or '1997-10' (the {side} of that month)" if rule.months else ""
        sentence = f"must be a date: a datetime.date, a timestamp or text such as '1997-10-01'{month}"
        raise InputError("unreadable-date", argument, value, sentence, "Write the day as YYYY-MM-DD.")
    if rule.months and not begin and from_object(value, DAY) is None:
        month = np.datetime64(day, "D").astype("datetime64[M]")
        return int((month + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)) - 1
    return day


@cache
def _shape_of(pattern: str) -> str:
    """The regular expression of a format: numbers that touch have all their digits."""
    parts = re.findall("%.|[^%]", pattern)
    shape = ""
    for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part[0] != "%":
            shape += f"\\{part}" if part in punctuation else part
        elif _DIRECTIVES[part[1]] == "[0-9]{1,2}" and (_is_number(before) or _is_number(after)):
            shape += "[0-9]{2}"
        else:
            shape += _DIRECTIVES[part[1]]
    return f"^{shape}$"


def _is_number(part: str) -> bool:
    return part.isdigit() or (part[:1] == "%" and _DIRECTIVES[part[1]].startswith("[0-9]"))


def _check_format(pattern: Any, months: bool) -> None:
    tried = date(2001, 2, 1 if months else 3)
    try:
        written = set(re.findall("%(.)", pattern))
        # a day without its year is no day
        known = written <= set(_DIRECTIVES) and not written.isdisjoint("yY")
        good = known and datetime.strptime(tried.strftime(pattern), pattern).date() == tried  # noqa: DTZ007
    except (ValueError, TypeError):
        good = False
    if not good:
        rule = f"must write a {'month' if months else 'day'} as datetime.strptime does, without a zone"
        way_out = (
            "For example '%d/%m/%Y' for 31/12/2024; numbers that count: 'excel', 'epoch-s' or 'epoch-ms'."
        )
        raise InputError("wrong-type", "date_format", pattern, rule, way_out)
