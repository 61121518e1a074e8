"""One column of a table: what stands in it, and the ways to read it, each with its refusals.

A column is a numpy array or a narwhals Series, whatever the table was. Every reader asks it for dates,
numbers, flags, ids or labels, so all of them take and refuse the same, and one rule says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import as_numbers
from retainkit.errors import InputError
from retainkit.tables import series
from retainkit.tables.days import CONVERT, DAY, DateRule, Mask, from_array
from retainkit.tables.problems import (
    INFINITE,
    NO_DATE,
    NO_DECIMAL,
    NO_FLAG,
    NO_ID,
    NO_VALUE,
    Fault,
    wrong_type,
)
from retainkit.typing import Array, Values

if TYPE_CHECKING:
    import narwhals as nw

Codes: TypeAlias = NDArray[np.int64]
"""For each line the place of its value among the distinct ones."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column as the caller's table has it.

    Attributes
    ----------
    argument : str
        What the caller calls it in the function's signature; errors begin with it.
    name : str, optional
        What the table calls it.
    values : array or narwhals Series
    written : bool
        Whether it comes from a text file, where everything is text.
    in_arrays : bool
        Whether the table was a dict of columns: its ids are given back as an array.
    """

    argument: str
    name: str | None
    values: Values | nw.Series[Any]
    written: bool = False
    in_arrays: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, line: int) -> object:
        """What stands in a line, as a Python object."""
        if isinstance(self.values, np.ndarray):
            return _python(self.values[line : line + 1]).tolist()[0]
        return self.values.item(line)

    def to_list(self) -> list[Any]:
        """All values as Python objects."""
        return _python(self.values).tolist() if isinstance(self.values, np.ndarray) else self.values.to_list()

    @cached_property
    def missing(self) -> Mask:
        """Where there is no value: None, NaN, NaT, NA or the empty text."""
        return missing_in(self.values)

    def refuse(self, bad: Mask, fault: Fault) -> None:
        """Raise for the first line that has a fault, with its place and how many there are."""
        if bad.any():
            row = int(np.argmax(bad))
            count, lines = int(bad.sum()), bad.size
            raise fault.refusal(self.argument, self.name, value=self[row], row=row, count=count, lines=lines)

    def refuse_missing(self, fault: Fault = NO_VALUE) -> None:
        """Raise where there is no value."""
        self.refuse(self.missing, fault)

    def dates(self, rule: DateRule = DAY, *, unless: str | None = None) -> NDArray[np.datetime64]:
        """Days as datetime64[D]. Missing ones are refused, or NaT where `unless` says when they may be."""
        if unless is None:
            self.refuse_missing(NO_DATE)
        days = np.full(len(self), "NaT", "datetime64[D]")
        bad = np.zeros(len(self), np.bool_)
        there = ~self.missing
        if there.any():
            values = self.values if there.all() else series.keep(self.values, there)
            found = from_array(values, rule) if isinstance(values, np.ndarray) else series.days(values, rule)
            if found is None:
                raise wrong_type(self.argument, self.name, self.values.dtype, rule.sentence, CONVERT)
            days[there], bad[there] = found[0].astype("datetime64[D]"), found[1]
        self.refuse(bad, rule.fault(unless))
        return days

    def numbers(self, missing: Fault = NO_VALUE, *, flags: bool = False) -> Array:
        """Finite numbers; with `flags`, True and False count as 1 and 0."""
        self.refuse_missing(missing)
        if flags and self.is_flags:
            return np.array(self.to_list(), np.float64)
        if self.written and not isinstance(self.values, np.ndarray):
            values, bad = series.written_numbers(self.values)
            self.refuse(bad, NO_DECIMAL)
        else:
            values = self._numbers()
        self.refuse(np.isinf(values), INFINITE)
        return values

    def _numbers(self) -> Array:
        values = self.values if isinstance(self.values, np.ndarray) else series.numbers(self.values)
        if values is None or values.dtype.kind in "USTbMm" or not _all_numbers(values):
            convert = "Convert the column to numbers first; categories become numbers by encode_categories."
            raise wrong_type(self.argument, self.name, self.values.dtype, "must be numbers", convert)
        return as_numbers(self.argument, values)

    @property
    def is_flags(self) -> bool:
        """Whether it holds True and False alone."""
        kind = str(self.values.dtype)
        if kind in ("object", "Object"):
            return {type(value) for value in self.to_list()} <= {bool, np.bool_}
        return kind in ("bool", "Boolean")

    def flags(self, missing: Fault = NO_VALUE) -> Mask:
        """Yes and no: True and False, 1 and 0, or those words in a text file."""
        self.refuse_missing(missing)
        if self.is_flags:
            return np.array(self.to_list(), np.bool_)
        if self.written:
            words = np.array([text.lower() for text in self.to_list()])
            self.refuse(~np.isin(words, ["true", "false", "1", "0"]), NO_FLAG)
            return np.isin(words, ["true", "1"])
        values = self.numbers()
        self.refuse((values != 0.0) & (values != 1.0), NO_FLAG)
        return values == 1.0

    def ids(self) -> tuple[Any, Codes]:
        """The distinct ids in order, in the caller's kind of column, and each line's place among them."""
        self.refuse_missing(NO_ID)
        try:
            if isinstance(self.values, np.ndarray):
                return _numbered(self.values)
            ids, code = series.numbered(self.values, written=self.written)
        except TypeError as error:
            raise wrong_type(
                self.argument,
                self.name,
                "mixed",
                "must hold ids of one type",
                "Convert the ids to text: '1' and 1 differ.",
            ) from error
        return (np.asarray(ids) if self.in_arrays else ids), code

    def places_of(self, ids: list[Any], twice: Fault) -> NDArray[np.intp]:
        """The line of each of some ids, -1 where it has none; `twice` is said of an id with two lines."""
        self.refuse_missing(NO_ID)
        mine = self.to_list()
        place = {value: line for line, value in reversed(list(enumerate(mine)))}
        first = np.array([place[value] for value in mine], np.intp)
        self.refuse(first != np.arange(first.size), twice)
        return np.array([place.get(value, -1) for value in ids], np.intp)

    def to_numpy(self) -> Values:
        """The column as an array: numbers and flags in their own type, all else as Python objects."""
        if isinstance(self.values, np.ndarray):
            return self.values
        if self.written:
            numbers, bad = series.written_numbers(self.values)
            if not (bad & ~self.missing).any():
                return np.where(bad, np.nan, numbers)
        return series.array(self.values)

    def labels(self) -> Labels:
        """Texts or whole numbers as places among the distinct ones; -1 where missing."""
        if self.written and not isinstance(self.values, np.ndarray):
            listed = series.whole_or_text(self.values)
        else:
            listed = self.to_list()
        return labels_of(self.argument, self.name, listed, self.missing)


def _python(values: Values) -> Values:
    """The array in a type that Python has: to numpy, a nanosecond is a whole number."""
    return values.astype("datetime64[us]") if values.dtype == np.dtype("datetime64[ns]") else values


def _all_numbers(values: Values) -> bool:
    if values.dtype != np.object_:
        return True
    kinds = set(map(type, values.tolist()))
    return bool not in kinds and all(issubclass(kind, Real | Decimal) for kind in kinds)


def _numbered(ids: Values) -> tuple[Values, Codes]:
    texts = ids.dtype == np.object_ and all(isinstance(value, str) for value in ids)
    sortable = ids.astype(np.str_) if texts else ids  # sorts ten times as fast
    found, code = np.unique(sortable, return_inverse=True)
    return (found.astype(object) if texts else found), code.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Labels:
    """The distinct labels of a column in order, and each line's place among them; -1 where missing."""

    values: tuple[str | int, ...]
    place: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels as texts."""
        return tuple(str(value) for value in self.values)


def labels_of(argument: str, column: str | None, values: list[Any], missing: Mask) -> Labels:
    """Texts or whole numbers, and '' is missing; a whole float is the number that a gap made of it."""
    try:
        found = {value: k for k, value in enumerate(dict.fromkeys(values))}
        first = np.fromiter(map(found.__getitem__, values), np.int64, len(values))
    except TypeError as error:  # lists, for one
        raise _unreadable(argument, column, values[:1]) from error
    first[missing] = -1
    raw = list(found)
    read: dict[int, Any] = {k: _label(raw[k]) for k in np.unique(first[first >= 0]).tolist()}
    named = {k: label for k, label in read.items() if label != ""}
    if None in read.values() or len({isinstance(label, str) for label in named.values()}) > 1:
        raise _unreadable(argument, column, [raw[k] for k in read])
    order = sorted(named, key=named.__getitem__)
    place = np.full(len(raw) + 1, -1, np.int64)  # the last place stands for -1
    place[order] = np.arange(len(order))
    return Labels(tuple(named[k] for k in order), place[first])


def _label(value: Any) -> Any:
    """The text or whole number that a value is; None for anything else."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    number = float(value)
    return int(number) if number.is_integer() else None


def _unreadable(argument: str, column: str | None, values: list[Any]) -> InputError:
    kinds = sorted({type(value).__name__ for value in values})
    rule = "must hold texts only, or whole numbers only"
    return wrong_type(argument, column, " and ".join(kinds), rule, "Convert the column to text.")


def is_missing(value: object) -> bool:
    """Whether an object stands for no value: None, NaN, NaT, NA or the empty text."""
    if isinstance(value, str):
        return value == ""
    if isinstance(value, float | Decimal | np.datetime64 | np.timedelta64):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NaTType", "NAType")


def missing_in(values: Values | nw.Series[Any]) -> Mask:
    """Where a column has no value."""
    if not isinstance(values, np.ndarray):
        return _missing_in_series(values)
    kind = values.dtype.kind
    if kind in "fmM":
        return np.isnan(values)
    if kind in "UT":
        return values == ""
    if kind == "O":
        return np.array([is_missing(value) for value in values.tolist()], np.bool_)
    return np.zeros(values.shape, np.bool_)


def _missing_in_series(values: nw.Series[Any]) -> Mask:
    import narwhals as nw

    gone, kind = np.array(values.is_null().to_numpy(), np.bool_), values.dtype
    if kind.is_float():
        gone |= np.isnan(values.to_numpy())
    elif kind == nw.String:
        gone |= (values == "").fill_null(value=True).to_numpy().astype(np.bool_)
    elif kind == nw.Object:
        gone |= np.array([is_missing(value) for value in values.to_list()], np.bool_)
    return gone


def unmasked(values: Values) -> Values:
    """An array whose masked entries, if it has any, are None."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    mask = np.ma.getmaskarray(values)
    if not mask.any():
        return np.asarray(values)
    objects = np.asarray(values).astype(object)
    objects[mask] = None
    return objects
