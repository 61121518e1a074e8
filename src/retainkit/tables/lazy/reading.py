"""Ids, days and amounts as expressions that an engine computes, by the rules that all readers share.

Days are whole numbers from the year and the day of the year, or from eight digits: engines differ in what a
difference of two dates is, and in what they do to a text that is no date.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import narwhals as nw

from retainkit.errors import InputError
from retainkit.tables.amounts import AmountRule
from retainkit.tables.days import CONVERT, DAY, FIRST_DAY, LAST_DAY, SERIAL, DateRule
from retainkit.tables.gaps import BLANKS, MISSING_IDS
from retainkit.tables.problems import wrong_type

_CIVIL = 719_468  # days from 1 March of the year 0 to 1 January 1970


class Part(NamedTuple):
    """A column by its name, its type, and what its engine calls that type."""

    name: str
    kind: Any
    native: str = ""

    @property
    def raw(self) -> nw.Expr:
        """What stands in it; categories as texts."""
        column = nw.col(self.name)
        return column.cast(nw.String) if self.kind in (nw.Categorical, nw.Enum) else column

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return self.kind in (nw.String, nw.Categorical, nw.Enum)

    @property
    def is_empty(self) -> bool:
        """Whether it is a column without any value, which has no other type."""
        return self.native in ("Null", "void")

    def id(self) -> nw.Expr:
        """The id of each line, null where it has none."""
        if self.is_text:
            return nw.when(~self.raw.str.strip_chars(BLANKS).is_in(MISSING_IDS)).then(self.raw)
        if self.kind.is_float():
            return nw.when(~self.raw.is_nan()).then(self.raw)
        return self.raw.cast(nw.String) if self.kind.is_decimal() else self.raw

    def number(self, rule: AmountRule) -> nw.Expr:
        """The number of each line, null where there is none."""
        if self.is_text and rule.example is not None:
            return rule.in_engine(self.raw)
        if not self.kind.is_numeric() and not self.is_empty:
            way_out = (
                "Convert the column to numbers first, or say how it is written: amount_format='1,234.56'."
            )
            raise wrong_type("amount", self.name, self.kind, "must be numbers", way_out)
        return self.raw.cast(nw.Float64)

    def day(self, rule: DateRule) -> nw.Expr:
        """Days since 1970-01-01 as whole numbers, null where there is none."""
        if self.native == "timestamp":
            rule_ = "must have a zone of its own: Spark's TIMESTAMP is read on the clock of whoever asks"
            way_out = (
                "Say on which clock a day begins: cast it to a date or to timestamp_ntz, for example "
                "F.to_date(F.from_utc_timestamp('time', 'Europe/Berlin')) where the session is in UTC."
            )
            raise InputError("unit-unknown", "date", self.name, rule_, way_out)
        if self.is_empty:
            return self.raw.cast(nw.Int64)
        if self.kind == nw.Datetime:
            return _from_calendar(self.raw.dt.replace_time_zone(None) if self._has_zone else self.raw)
        if self.kind == nw.Date:
            return _from_calendar(self.raw)
        if rule.counts and self.kind.is_numeric():
            return _from_counts(self.raw.cast(nw.Float64), str(rule.date_format))
        if rule.date_format is not None:
            if self.is_text or self.kind.is_numeric():
                rule_ = "cannot be read where an engine holds the table"
                way_out = "Convert the column to dates first, or say in_memory=True."
                raise InputError("not-supported", "date_format", rule.date_format, rule_, way_out)
        elif self.is_text:
            good = self.raw.str.contains(rule.text)
            digits = nw.when(good).then(self.raw.str.slice(0, 10).str.replace_all("-", "", literal=True))
            return _from_digits(digits.cast(nw.Int64), 1_00_00)
        elif self.kind.is_integer() or self.kind.is_float():
            within = (self.raw >= 1000_01_01) & (self.raw <= 9999_12_31)  # NaN is above all on some engines
            whole = nw.when(within).then(self.raw).cast(nw.Int64)
            number = nw.when(whole == self.raw).then(whole) if self.kind.is_float() else whole
            return _from_digits(number, 1000_01_01)
        raise wrong_type("date", self.name, self.kind, rule.sentence, CONVERT)

    def unread_day(self) -> nw.Expr:
        """Where a text of an expression is neither empty nor a day."""
        return (self.raw != "") & self.day(DAY).is_null()

    @property
    def _has_zone(self) -> bool:
        return getattr(self.kind, "time_zone", None) is not None


def _from_calendar(moment: nw.Expr) -> nw.Expr:
    before = moment.dt.year().cast(nw.Int64) - 1
    leap_days = before // 4 - before // 100 + before // 400
    return before * 365 + leap_days + moment.dt.ordinal_day().cast(nw.Int64) + (FIRST_DAY - 1)


def _from_counts(number: nw.Expr, form: str) -> nw.Expr:
    _, per_day, start, least = SERIAL[form]
    good = (number >= least) & (number / per_day + start <= LAST_DAY + 1)
    day = (nw.when(good).then(number) / per_day).floor().cast(nw.Int64) + start
    return nw.when((day >= FIRST_DAY) & (day <= LAST_DAY)).then(day)


def _from_digits(number: nw.Expr, least: int) -> nw.Expr:
    """Days from numbers like 19970325, null for what is no day of the calendar."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    found = _civil(year, month, day)
    after = _civil(year + month // 12, month % 12 + 1, nw.lit(1))
    good = (number >= least) & (month >= 1) & (month <= 12) & (day >= 1) & (found < after)
    return nw.when(good).then(found)


def _civil(year: nw.Expr, month: nw.Expr, day: nw.Expr) -> nw.Expr:
    """Days of the Gregorian calendar, of years that begin in March: then the leap day is the last."""
    early = (month <= 2).cast(nw.Int64)
    since = year - early
    leap_days = since // 4 - since // 100 + since // 400
    in_year = (153 * (month - 3 + 12 * early) + 2) // 5 + day - 1
    return since * 365 + leap_days + in_year - _CIVIL
