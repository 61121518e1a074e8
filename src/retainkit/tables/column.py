"""One column of a table: what stands in it, and the ways to read it, each with its refusals.

A column is a numpy array or a narwhals Series, whatever the table was. Every reader asks it for dates,
numbers, flags, ids or labels, so all of them take and refuse the same, and one rule says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import as_numbers
from retainkit.tables import series
from retainkit.tables.amounts import PLAIN, AmountRule, unreadable
from retainkit.tables.days import CONVERT, DAY, DateRule, Days, Mask, from_array
from retainkit.tables.gaps import missing_in, says_missing
from retainkit.tables.labels import Labels, labels_of
from retainkit.tables.problems import (
    INFINITE,
    NO_DATE,
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

Use: TypeAlias = Literal["number", "day"]
"""As what an expression reads the cells of a column of text."""


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
    rows, of : optional
        Where its lines stood, and among how many, if some of the table were left out; errors tell these.
    amounts : AmountRule
        How text writes its numbers.
    parts : columns of text and what they were read as
        Those that an expression made it from; their cells must be readable.
    place : function, optional
        Where a row stands in the file that the table comes from.
    """

    argument: str
    name: str | None
    values: Values | nw.Series[Any]
    written: bool = False
    in_arrays: bool = False
    rows: Codes | None = None
    of: int = 0
    amounts: AmountRule = PLAIN
    parts: tuple[tuple[Column, Use], ...] = ()
    place: Callable[[int], str] | None = None

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
            line, count = int(np.argmax(bad)), int(bad.sum())
            row, lines = (line, bad.size) if self.rows is None else (int(self.rows[line]), self.of)
            place = self.stands(row)
            if ", sheet " in place and fault.code == "missing-value":
                place += ": empty, or a formula whose value is not in the file until a spreadsheet saves it"
            said: Any = {"value": self[line], "row": row, "count": count, "lines": lines, "place": place}
            raise fault.refusal(self.argument, self.name, **said)

    def stands(self, row: int) -> str:
        """Where a row of the whole table stands in its file; empty where there is none."""
        return "" if self.place is None else self.place(row)

    def keep(self, which: Mask) -> Column:
        """The lines that `which` marks."""
        rows = np.flatnonzero(which) if self.rows is None else self.rows[which]
        parts = tuple((part.keep(which), use) for part, use in self.parts)
        values = series.keep(self.values, which)
        return replace(self, values=values, rows=rows, of=self.of or len(self), parts=parts)

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
        self.refuse_unreadable()
        self.refuse_missing(missing)
        if flags and self.is_flags:
            return np.array(self.to_list(), np.float64)
        if self._is_read:
            values, bad = self.read_numbers()
            self._refuse_text(bad)
        else:
            values = self._numbers()
        self.refuse(np.isinf(values), INFINITE)
        return values

    @property
    def _is_read(self) -> bool:
        """Whether its text, if it has any, is read as numbers."""
        kinds = ("String", "object", "Object", "Categorical", "Enum")
        text = str(self.values.dtype).startswith(kinds) or _is_text(self.values)
        return text and (self.written or self.amounts.example is not None)

    def read_numbers(self) -> tuple[Array, Mask]:
        """Numbers, NaN where there is none, and which cells are neither numbers nor missing."""
        if self._is_read:
            if isinstance(self.values, np.ndarray) or _is_object(self.values):
                values, bad = self.amounts.of_texts(self.to_list())
            else:
                values, bad = series.written_numbers(self.values, self.amounts)
            return np.where(bad, np.nan, values), bad & ~self.missing
        if isinstance(self.values, np.ndarray) and self.values.dtype.kind in "iufb":
            return self.values.astype(np.float64), np.zeros(len(self), np.bool_)
        listed = [None if isinstance(value, str) else value for value in self.to_list()]
        values, bad = PLAIN.of_texts(listed)
        return np.where(bad, np.nan, values), bad & ~self.missing

    def read_days(self) -> tuple[Days, Mask]:
        """Days, and which cells are neither days nor missing."""
        days, bad = np.zeros(len(self), np.int64), np.zeros(len(self), np.bool_)
        there = ~self.missing
        values = series.keep(self.values, there)
        found = from_array(values) if isinstance(values, np.ndarray) else series.days(values, DAY)
        if found is None:
            raise wrong_type(self.argument, self.name, self.values.dtype, DAY.sentence, CONVERT)
        days[there], bad[there] = found
        return days, bad

    def refuse_unreadable(self) -> None:
        """Raise where an expression could not read what it was made from."""
        for part, use in self.parts:
            if use == "day":
                part.refuse(part.read_days()[1], DAY.fault())
            elif part._is_read:
                part._refuse_text(part.read_numbers()[1])
            else:
                part.keep(~part.missing)._numbers()

    def _refuse_text(self, bad: Mask) -> None:
        if bad.any():
            self.refuse(bad, unreadable(self[int(np.argmax(bad))], self.amounts))

    def _numbers(self) -> Array:
        values = self.values if isinstance(self.values, np.ndarray) else series.numbers(self.values)
        if values is None or values.dtype.kind in "USTbMm" or not _all_numbers(values):
            listed = self.to_list()
            bad = np.array([not _is_number(value) for value in listed], np.bool_)
            if not bad.all() or self.place is not None:
                self._refuse_text(bad)
            hint = unreadable(listed[0], self.amounts).way_out if isinstance(listed[0], str) else ""
            convert = "Convert the column to numbers first; categories become numbers by encode_categories."
            way_out = f"{convert} {hint}" if hint.startswith("amount_format=") else convert
            raise wrong_type(self.argument, self.name, self.values.dtype, "must be numbers", way_out)
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

    @property
    def without_id(self) -> Mask:
        """Where there is no id: no value, or a text that says so."""
        return self.missing | says_missing(self.values)

    def ids(self, nobody: Fault = NO_ID) -> tuple[Any, Codes]:
        """The distinct ids in order, in the caller's kind of column, and each line's place among them."""
        if not self.missing.any():
            ids, code = self._numbered()
            if not says_missing(ids).any():  # there are fewer of them than lines
                return ids, code
        self.refuse(self.without_id, nobody)
        raise AssertionError  # one of them is missing

    def _numbered(self) -> tuple[Any, Codes]:
        try:
            if isinstance(self.values, np.ndarray):
                return _numbered(self.values)
            ids, code = series.numbered(self.values, written=self.written)
        except TypeError as error:
            listed = self.to_list()
            texts = np.array([isinstance(value, str) for value in listed], np.bool_)
            rule, way_out = "must hold ids of one type", "Convert the ids to text: '1' and 1 differ."
            fewer = texts if 2 * texts.sum() <= texts.size else ~texts
            if fewer.any():
                self.refuse(
                    fewer,
                    Fault(
                        "wrong-type",
                        rule,
                        f"{way_out} A line of totals goes by where=\"{{column}} != 'Total'\".",
                    ),
                )
            raise wrong_type(self.argument, self.name, "mixed", rule, way_out) from error
        return (np.asarray(ids) if self.in_arrays else ids), code

    def places_of(self, ids: list[Any], twice: Fault) -> NDArray[np.intp]:
        """The line of each of some ids, -1 where it has none; `twice` is said of an id with two lines."""
        self.refuse(self.without_id, NO_ID)
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
            numbers, bad = series.written_numbers(self.values, self.amounts)
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


def _is_text(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "UT"  # pyright: ignore[reportUnknownMemberType]


def _is_object(values: Any) -> bool:
    return str(values.dtype) == "Object"


def _is_number(value: object) -> bool:
    return type(value) is not bool and isinstance(value, Real | Decimal)


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
