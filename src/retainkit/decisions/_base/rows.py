"""A column is customers, or segments, or cases, everywhere: a decision function gives one decision a row.

`one_a_row` stands above every function that decides about numbers. Draws of one number are one decision
under uncertainty; where they meet a column, the decision of every row has all of them, and draws of shape
(draws, customers) are split as the columns are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from types import CodeType
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

from retainkit.columns import Labels, labels_of
from retainkit.decisions._base.draws import mean
from retainkit.draws import Draws
from retainkit.errors import Entry, InputError
from retainkit.plurals import counted
from retainkit.records import FrameKind, Record, TableRecord, frame_beside, framed, shown_value
from retainkit.typing import Array, ColumnLike, NumberLike, Plain, Values

P = ParamSpec("P")
R = TypeVar("R")

_NUMBERS = ("NumberLike", "RateLike")  # how a parameter is annotated that may be a column
_SHOWN = 20  # rows of the text


class ByRow:
    """A record of numbers that may be columns: its row is the record of one customer or case."""


@dataclass(frozen=True, eq=False, repr=False)
class Decisions(TableRecord, Sequence[Any]):
    """One decision a row, as every decision function gives them for columns.

    A sequence: ``decisions[3]`` is the decision of the fourth row, with its assumptions and turning points.
    Figures are columns beside the rows that came in: a Series, with its labels, where a Series came in.
    Where there are draws, they are the means over them. To a type checker a function gives what it gives for
    numbers: ``cast(Decisions, ...)`` says that columns were given.

    Attributes
    ----------
    decisions : tuple
        One for each row, in order.

    Examples
    --------
    >>> from retainkit.decisions import rebate_programme
    >>> two = rebate_programme(100, rebate=0.02, margin_share=0.1, lift=[0.1, 0.4])
    >>> two.gain.round(2).tolist(), two.worth_it.tolist(), two[1].worth_it
    ([-1.2, 1.2], [False, True], True)
    >>> round(two.total_of_worth_it, 2)
    1.2
    """

    _read_back = False  # each of them can be sent by itself
    _left = 2

    decisions: tuple[Any, ...]
    labels: Labels | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.decisions)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.decisions)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            labels = None if self.labels is None else Labels.of("", self.labels.series(self._places())[place])
            return Decisions(self.decisions[place], labels)
        return self.decisions[place]

    @property
    def gain(self) -> ColumnLike:
        """The gain of every row, or its mean over the draws."""
        return self.column("gain")

    @property
    def worth_it(self) -> ColumnLike:
        """Whether each row is worth it."""
        return self.column("worth_it")

    @property
    def probability_of_gain(self) -> ColumnLike:
        """The share of draws with a gain above 0; 0 or 1 where every input is a number."""
        return self.column("probability_of_gain")

    @property
    def total(self) -> float:
        """The gains of all rows together."""
        return float(np.sum(np.asarray(self.gain)))

    @property
    def total_of_worth_it(self) -> float:
        """The gains of the rows that are worth it: what deciding row by row brings."""
        return float(np.sum(np.maximum(np.asarray(self.gain), 0.0)))

    def column(self, name: str) -> ColumnLike:
        """A figure of every row: an array, or a Series where a Series came in."""
        values = [getattr(one, name) for one in self.decisions]
        array = np.array([mean(v) if isinstance(v, Draws) else v for v in values])
        return array if self.labels is None else self.labels.series(array)

    def as_dict(self) -> Plain:
        """The decisions as plain values, in order."""
        return {"decisions": [one.as_dict() for one in self.decisions]}

    def to_frame(self, kind: FrameKind | None = None) -> ColumnLike:
        """A table with one row for each decision, of the caller's dataframe kind, labels kept."""
        found = self._row_columns()
        if kind or self.labels is None:
            return framed({n: np.asarray(c) for n, c in found.items()}, kind or "dict")
        return frame_beside(next(iter(found.values()), self.labels.series(self._places())), found)

    def _row_columns(self) -> Mapping[str, ColumnLike]:
        if not self.decisions:
            return {}
        first = self.decisions[0]
        names = [n for n in ("gain", "worth_it", "probability_of_gain") if hasattr(first, n)]
        plain = (float, int, bool, str, Draws)
        names += [n for n in first._figures() if isinstance(getattr(first, n), plain)]
        return {name: self.column(name) for name in dict.fromkeys(names)}

    def _places(self) -> Values:
        return np.arange(len(self))

    def _decided(self) -> bool:
        return bool(self.decisions) and hasattr(self.decisions[0], "worth_it")

    def _caption(self) -> str:
        if not self._decided():
            return counted(len(self), "row") + (f" of {type(self[0]).__name__}" if self.decisions else "")
        return (
            f"{np.sum(np.asarray(self.worth_it)):,} of {len(self):,} worth it: gain {self.total:,.2f} in "
            f"all, {self.total_of_worth_it:,.2f} of those."
        )

    def _cells(self) -> list[list[str]]:
        index = None if self.labels is None else self.labels.index
        names = range(len(self)) if index is None else index
        rows = [
            [str(label), *self._told(one)] for label, one in zip(names, self.decisions[:_SHOWN], strict=False)
        ]
        more = [[f"… and {len(self) - _SHOWN:,} more", "", ""]] if len(self) > _SHOWN else []
        heads = ["row", "verdict", "gain"] if self._decided() else ["row", "", ""]
        return [heads, *rows, *more]

    def _told(self, one: Any) -> list[str]:
        if not self._decided():
            return [str(one).partition("\n")[0], ""]
        return [one.verdict(), shown_value(mean(one.gain))]


def one_a_row(*, besides: Sequence[str] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function of numbers that answers columns among them with `Decisions`, one a row.

    `besides` names arguments that are columns by what they mean: a schedule, the rows of a table. Errors say
    in which row.
    """

    def by_row(function: Callable[P, R]) -> Callable[P, R]:
        code: CodeType = getattr(function, "__code__")  # noqa: B009
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        hints: dict[str, Any] = function.__annotations__
        numbers = {n for n in names if hints.get(n) in _NUMBERS} - {*besides}

        @wraps(function)
        def decided(*args: P.args, **kwargs: P.kwargs) -> R:
            given: Plain = {**dict(zip(names, args, strict=False)), **kwargs}
            found: dict[str, NumberLike] = {}
            for name, value in given.items():
                if type(value) not in (float, int, str):
                    _columns_in(name, value, name in numbers, found)
            if not found or not _fits(function, args, kwargs):  # what does not fit is told as for numbers
                return function(*args, **kwargs)
            return cast("R", _row_by_row(function, given, numbers, found))

        return decided

    return by_row


def _fits(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Plain) -> bool:
    try:
        signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _row_by_row(
    function: Callable[..., Any], given: Plain, numbers: set[str], found: Mapping[str, NumberLike]
) -> Decisions:
    labels = labels_of(**{name: value for name, value in found.items() if not isinstance(value, Draws)})
    sizes = {name: np.shape(value)[-1] for name, value in found.items()}
    first, count = next(iter(sizes.items()))
    for name, size in sizes.items():
        if size != count:
            rule = f"must have the same length as {first} ({count:,})"
            way_out = "Give every column one value per row, or a single number for all."
            raise InputError("length-mismatch", name, counted(size, "value"), rule, way_out)
    known = {id(value): np.asarray(value) for value in found.values()}
    decisions: list[Any] = []
    for i in range(count):
        row = {n: _row(v, i, known) if n in numbers or _holds_rows(v) else v for n, v in given.items()}
        try:
            decisions.append(function(**row))
        except InputError as error:
            if i == 0 and error.argument in given and error.argument not in found:
                raise  # the value of all rows, which no row is to blame for
            where = Entry(error.value, i, 1) if count > 1 else error.value
            raise InputError(error.code, error.argument, where, error.rule, error.way_out) from None
    return Decisions(tuple(decisions), labels)


def _holds_rows(value: NumberLike) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(one, ByRow) for one in cast("list[Any]", value))
    return isinstance(value, ByRow)


def _columns_in(name: str, value: NumberLike, number: bool, found: dict[str, NumberLike]) -> None:
    """Keep what is a column: the value, or fields of a record of numbers, or of several in a sequence."""
    if isinstance(value, ByRow):
        for f in dataclasses.fields(cast("Any", value)):
            _columns_in(f"{name}.{f.name}", getattr(value, f.name), True, found)
    elif _holds_rows(value):
        for k, one in enumerate(value):
            _columns_in(f"{name}[{k}]", one, False, found)
    elif number and _is_column(value):
        found[name] = value


def _is_column(value: NumberLike) -> bool:
    if isinstance(value, Draws):
        return value.ndim == 2
    if isinstance(value, list | tuple | range):
        return np.ndim(np.asarray(value, dtype=object)) == 1
    return not isinstance(value, Record) and hasattr(value, "__array__") and np.ndim(value) == 1


def _row(value: NumberLike, i: int, known: Mapping[int, Array]) -> Any:
    if (column := known.get(id(value))) is not None:
        if isinstance(value, Draws):
            return Draws.of(column[:, i])
        return column[i].item() if isinstance(column[i], np.generic) else column[i]
    if isinstance(value, ByRow):
        held = {f.name: getattr(value, f.name) for f in dataclasses.fields(cast("Any", value)) if f.init}
        changed = {n: one for n, v in held.items() if (one := _row(v, i, known)) is not v}
        return dataclasses.replace(cast("Any", value), **changed) if changed else value
    return type(value)(_row(v, i, known) for v in value) if _holds_rows(value) else value
