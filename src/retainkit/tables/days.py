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
from retainkit.tables.problems import Fault
from retainkit.typing import Values

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


@dataclass(frozen=True, slots=True)
class DateRule:
    """What a reader takes for a date.

    Parameters
    ----------
    months : bool
        Whether a month will do: text YYYY-MM or YYYYMM, numbers YYYYMM, monthly periods.
    date_format : str, optional
        How text and numbers write a date, as for `datetime.strptime`; nothing else is read then.
    """

    months: bool = False
    date_format: str | None = None

    def __post_init__(self) -> None:
        if self.date_format is not None:
            _check_format(self.date_format, self.months)

    @property
    def sentence(self) -> str:
        """The rule in words, for messages."""
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


def from_text(text: str, rule: DateRule = DAY) -> int | None:
    """The day that a text writes; None for a text that writes none."""
    if not re.fullmatch(rule.text, text):
        return None
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


def one_day(argument: str, value: object, rule: DateRule = DAY) -> int:
    """The day that a caller wrote as an argument, by the same rule; of a month, the last day."""
    day = from_object(value, DateRule(rule.months))
    if day is None:
        month = " or '1997-10' (the end of that month)" if rule.months else ""
        sentence = f"must be a date: a datetime.date, a timestamp or text such as '1997-10-01'{month}"
        raise InputError("unreadable-date", argument, value, sentence, "Write the day as YYYY-MM-DD.")
    if rule.months and from_object(value, DAY) is None:
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
        known = set(re.findall("%(.)", pattern)) <= set(_DIRECTIVES)
        good = known and datetime.strptime(tried.strftime(pattern), pattern).date() == tried  # noqa: DTZ007
    except (ValueError, TypeError):
        good = False
    if not good:
        rule = f"must write a {'month' if months else 'day'} as datetime.strptime does, without a zone"
        way_out = "For example '%d/%m/%Y' for 31/12/2024."
        raise InputError("wrong-type", "date_format", pattern, rule, way_out)
