"""The cells that expressions combine: columns of a dataframe or relation in its engine, or plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np

from retainkit.tables.amounts import AmountRule
from retainkit.tables.column import Column
from retainkit.tables.days import DAY, Mask, to_date
from retainkit.tables.expressions import Kind
from retainkit.typing import Array, Values

if TYPE_CHECKING:
    import narwhals as nw


class EngineCells:
    """Columns as narwhals expressions, which the engine of the table computes, by the names it has."""

    def __init__(
        self, schema: Mapping[str, Any], rules: Callable[[str], AmountRule], called: Callable[[str], str]
    ) -> None:
        self.schema, self.rules, self.called = schema, rules, called

    def _column(self, name: str) -> nw.Expr:
        import narwhals as nw

        return nw.col(self.called(name))

    def kind(self, name: str) -> Kind:
        import narwhals as nw

        dtype = self.schema[name]
        if dtype.is_numeric():
            return "number"
        if dtype in (nw.String, nw.Categorical, nw.Enum):
            return "text"
        if dtype == nw.Boolean:
            return "flag"
        return "date" if dtype == nw.Date or dtype == nw.Datetime else "other"

    def plain(self, name: str) -> nw.Expr:
        import narwhals as nw

        column = self._column(name)
        return column.cast(nw.String) if self.schema[name] in (nw.Categorical, nw.Enum) else column

    def number(self, name: str) -> nw.Expr:
        import narwhals as nw

        return (
            self.rules(name).in_engine(self.plain(name))
            if self.kind(name) == "text"
            else self._column(name).cast(nw.Float64)  # small integers would overflow
        )

    def missing(self, name: str) -> nw.Expr:
        import narwhals as nw

        column = self.plain(name)
        gone = column.is_null()
        if self.kind(name) == "text":
            return gone | (column == nw.lit("")).fill_null(value=False)
        return gone | column.is_nan() if self.schema[name].is_float() else gone

    def gap(self, number: nw.Expr) -> nw.Expr:
        return number.is_null() | number.is_nan()

    def compare_days(self, name: str, compare: Callable[[Any, Any], Any], day: int) -> nw.Expr:
        import narwhals as nw

        start, after = to_date(day), to_date(day + 1)
        if self.kind(name) == "text":
            text = nw.when(self.plain(name).str.contains(DAY.text)).then(self.plain(name))
            digits = text.str.slice(0, 10).str.replace_all("-", "", literal=True)
            return compare(digits, nw.lit(f"{start:%Y%m%d}"))
        moment = self._moment(name)
        if self.schema[name] == nw.Datetime:  # a day is all its hours
            start, after = (datetime.combine(d, time()) for d in (start, after))
        return _sides(compare.__name__, moment, start, after)

    def compare_dates(self, one: str, compare: Callable[[Any, Any], Any], other: str) -> nw.Expr:
        return compare(self._moment(one), self._moment(other))

    def _moment(self, name: str) -> nw.Expr:
        zone = getattr(self.schema[name], "time_zone", None)
        moment = self._column(name)
        return moment.dt.replace_time_zone(None) if zone else moment

    def among(self, value: nw.Expr, choices: list[Any]) -> nw.Expr:
        return value.is_in(choices)  # numbers as floats: an engine may not compare kinds


def _sides(compare: str, moment: nw.Expr, start: date, after: date) -> nw.Expr:
    within = (moment >= start) & (moment < after)
    sides = {
        "lt": moment < start,
        "ge": moment >= start,
        "le": moment < after,
        "gt": moment >= after,
        "eq": within,
        "ne": ~within,
    }
    return sides[compare]


class ArrayCells:
    """Columns as arrays, where the table is a dict of them or a sheet."""

    def __init__(self, column: Callable[[str], Column]) -> None:
        self.column = column

    def kind(self, name: str) -> Kind:
        column = self.column(name)
        kind = getattr(column.values, "dtype").kind if isinstance(column.values, np.ndarray) else ""  # noqa: B009
        if kind in ("i", "u", "f", "b"):
            return "flag" if kind == "b" else "number"
        found = [value for value, gone in zip(column.to_list(), column.missing, strict=True) if not gone]
        if all(isinstance(value, date | np.datetime64) for value in found):
            return "date" if found else "other"
        if any(isinstance(value, str) for value in found):
            return "text"
        return "flag" if all(isinstance(value, bool | np.bool_) for value in found) else "number"

    def plain(self, name: str) -> Values:
        if self.kind(name) == "flag":
            return np.array([bool(value) for value in self.column(name).to_list()], np.bool_)
        return np.array([*self.column(name).to_list(), None], object)[:-1]

    def number(self, name: str) -> Array:
        return self.column(name).read_numbers()[0]

    def missing(self, name: str) -> Mask:
        return self.column(name).missing

    def gap(self, number: Array) -> Mask:
        return np.isnan(number)

    def compare_days(self, name: str, compare: Callable[[Any, Any], Any], day: int) -> Mask:
        days, bad = self.column(name).read_days()
        return compare(days, day) & ~bad

    def compare_dates(self, one: str, compare: Callable[[Any, Any], Any], other: str) -> Mask:
        return compare(self.column(one).read_days()[0], self.column(other).read_days()[0])

    def among(self, value: Values, choices: list[Any]) -> Mask:
        return np.isin(value.astype(object), choices)
