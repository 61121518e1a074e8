"""What every summary is: columns of equal length, a weight for each entry, and equal entries counted once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar, cast

import numpy as np

from retainkit._numerics.gamma_functions import Rises
from retainkit._numerics.grouping import (
    Codes,
    Levels,
    OwnLevels,
    TableLevels,
    distinct_rows,
    grid_levels,
    levels,
    table_levels,
)
from retainkit.columns import Labels, labels_of
from retainkit.documents import Document, kept_fields
from retainkit.domains import NOT_NEGATIVE, POSITIVE
from retainkit.draws import Draws
from retainkit.errors import InputError, first_offender
from retainkit.records import same
from retainkit.typing import Array, Frame, NumberLike, Plain

Found = TypeVar("Found")

NOBODY_CAME_BACK = (
    "no customer has bought a second time.",
    "Observe for longer, or include customers who came back.",
)
_PROBED = 4096
_FEW_REPEATS = 0.9


@dataclass(frozen=True, eq=False, init=False)
class AbstractSummary(Document, ABC):
    """Columns of equal length and the number of customers that each entry stands for."""

    weight: Array
    _levels: dict[str, Levels] = field(repr=False)
    _kept: Plain = field(repr=False)

    @property
    @abstractmethod
    def columns(self) -> dict[str, Array]:
        """The columns that make two customers equal, by name, in sorting order."""

    @property
    def _beside(self) -> dict[str, Array]:
        """Columns in which equal customers may differ: counted as one, they have the mean of theirs."""
        return {}

    @property
    @abstractmethod
    def scales(self) -> dict[str, float]:
        """A typical length of time or amount of money in these data, to start a fit from."""

    @abstractmethod
    def missing_evidence(self) -> tuple[str, str] | None:
        """Why these data cannot determine any model, and the way out; None if they may."""

    @property
    def informative_customers(self) -> float:
        """Customers that tell something of the parameters."""
        return self.customers

    def fingerprint(self, beside: Mapping[str, Array] | None = None) -> dict[str, float]:
        """A number that hardly any other data share, however entries are ordered or counted, under "".

        With columns beside these data, one under each name too. Likelihoods of fits whose data differ here
        do not compare.
        """
        # of every entry the fraction of a sum whose factors have no common measure
        phase: Any = 0.3 * getattr(self, "whole_periods", False)
        for j, column in enumerate(self.columns.values(), 2):
            phase = phase + np.sqrt(j + 0.1) * column
        # weights times values, so that equal customers counted once change nothing but the rounding
        told = {"": phase, **{name: phase + np.sqrt(1.1) * z for name, z in (beside or {}).items()}}
        return {k: float(np.einsum("n,n->", self.weight, (t - np.floor(t)) ** 2)) for k, t in told.items()}

    def __len__(self) -> int:
        return self.weight.size

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        names = kept_fields(type(self))
        return self is other or all(same(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.weight.shape))

    def model_dump(self) -> Plain:
        """The columns, as plain values; row labels of the caller's table are not kept.

        Raises `InputError` for summaries side by side.
        """
        if self.weight.ndim > 1:
            rule, way_out = "must be one summary to be written, not several side by side", "Write each."
            raise InputError("not-supported", type(self).__name__, self.weight, rule, way_out)
        return super().model_dump()

    @property
    def customers(self) -> float:
        """How many customers the entries stand for: the sum of the weights."""
        return float(self.weight.sum())

    def levels(self, column: str) -> Levels:
        """The distinct values of a column and each entry's place among them, found once."""
        if column not in self._levels:
            self._levels[column] = levels(self.columns[column])
        return self._levels[column]

    def total(self, column: str, of: str | None = None) -> Array:
        """How many customers each level of a column has, or how much of another column they have together."""

        def found() -> Array:
            by = self.levels(column)
            told = self.weight if of is None else self.weight * self.columns[of]
            return np.asarray(np.bincount(by.codes, told, by.values.size), np.float64)

        return self._once(f"total of {of} by {column}", found)

    def rises(self, column: str, times: int = 1, plus: int = 0) -> Rises:
        """Ratios of gamma functions `times` each whole level of a column and `plus` some more steps apart."""
        key = f"rises of {column}, {times}, {plus}"
        return self._once(key, lambda: Rises.of(times * self.levels(column).values + plus))

    def compress(self) -> Self:
        """Equal customers counted into one weighted entry: same likelihood, fewer rows."""
        return self._once("compressed", lambda: self._distinct(inverse=False)[0])

    def distinct(self) -> tuple[Self, Codes]:
        """`compress()`, and for every entry the place of its equal, to join answers back."""
        compressed, inverse = self._once("distinct", lambda: self._distinct(inverse=True))
        assert inverse is not None
        return compressed, inverse

    @property
    def has_repeats(self) -> bool:
        """Whether many entries seem to be equal, judged by some of them."""
        columns = list(self.columns.values())
        if len(self) == 1 or any(column.ndim > 1 for column in columns):
            return False  # one has no other that it equals; times on several clocks at once are not compared
        some = slice(0, None, max(1, len(self) // _PROBED))
        probe = distinct_rows([column[some] for column in columns], None, inverse=False)
        return bool(probe.weight.size < _FEW_REPEATS * probe.weight.sum())

    def _once(self, name: str, found: Callable[[], Found]) -> Found:
        """What depends on the entries alone, kept: they never change."""
        if name not in self._kept:
            self._kept[name] = found()
        return self._kept[name]

    def _blank(self) -> Self:
        """A copy whose entries may be replaced, without what was kept of the old ones."""
        return copy(self)._put(_levels={}, _kept={})

    def _put(self, **values: Any) -> Self:
        """Values of fields of a summary that is being made."""
        for name, value in values.items():
            object.__setattr__(self, name, value)
        return self

    def entrywise(self) -> Self:
        """The same entries, each a level of its own: for parameters that differ from entry to entry."""
        own = np.arange(len(self))
        every = self.columns | self._beside
        return self._of({name: Levels(column, own) for name, column in every.items()}, self.weight)

    def split(self, size: int) -> list[Self]:
        """The entries in pieces of at most `size`, so that a computation stays in the processor's cache."""
        if len(self) <= size:
            return [self]
        return self._parts([slice(i, i + size) for i in range(0, len(self), size)])

    def stacked(self, others: Sequence[Self]) -> Self:
        """These entries and those of others as the rows of a table, filled up with entries of weight 0.

        For models with parameters of shape (summaries, 1): one of its own for each.
        """
        parts = [self, *others]
        own = [part.columns | part._beside for part in parts]
        weight = np.zeros((len(parts), max(map(len, parts))))
        for row, part in zip(weight, parts, strict=True):
            row[: len(part)] = part.weight
        return self._of({name: table_levels([one[name] for one in own]) for name in own[0]}, weight)

    def rows(self, which: Codes) -> Self:
        """Of `stacked` summaries some."""
        tables = cast("dict[str, TableLevels | OwnLevels]", self._levels)
        return self._of({name: table.rows(which) for name, table in tables.items()}, self.weight[which])

    def _alike(self) -> Plain:
        """What entries mean something by, and so is one for all that are put together."""
        return {name: getattr(self, name, None) for name in ("unit", "whole_periods")}

    def joined(self, others: Sequence[Self]) -> Self:
        """These entries and those of others of the same kind, in order."""
        parts, own = [self, *others], [self.columns | self._beside]
        for part in others:
            for name, mine in self._alike().items():
                if not same(mine, other := part._alike()[name]):
                    rule = "must be the same for all summaries, and the first has another"
                    raise InputError("inconsistent", name, other, rule, "Make them all alike.")
            own.append(part.columns | part._beside)
            if own[-1].keys() != own[0].keys():
                rule = f"must be known of all summaries, and the first has {', '.join(own[0])}"
                way_out = "Make them all alike."
                raise InputError("inconsistent", "columns", ", ".join(own[-1]), rule, way_out)
        weight = np.concatenate([part.weight for part in parts])
        place = np.arange(weight.size)
        joined = {name: Levels(np.concatenate([one[name] for one in own]), place) for name in own[0]}
        return self._of(joined, weight)

    def thinned(self, size: int) -> Self:
        """Every so manyth entry, `size` of them or somewhat more; all where there are hardly more."""
        every = len(self) // size
        return self if every < 2 else self._parts([slice(None, None, every)])[0]

    def reweighted(self, weight: Array) -> Self:
        """The same entries, each counted as often as told; those that are not counted are left out."""
        return self._parts([np.flatnonzero(weight)], weight)[0]

    def entries(self, places: Codes) -> Self:
        """Some of the entries, in the order given; one may come several times."""
        return self._parts([places])[0]

    def _parts(self, parts: Sequence[slice | Codes], weight: Array | None = None) -> list[Self]:
        found = {name: self._levels_at_hand(name) for name in self.columns}
        found |= {name: Levels(column, np.arange(len(self))) for name, column in self._beside.items()}
        counted = self.weight if weight is None else weight
        return [self._of({k: v.part(some) for k, v in found.items()}, counted[some]) for some in parts]

    def _levels_at_hand(self, column: str) -> Levels:
        """The levels of a column if they are known or found without sorting; else each entry its own."""
        if column in self._levels:
            return self._levels[column]
        values = self.columns[column]
        return grid_levels(values) or Levels(values, np.arange(values.size))

    def _distinct(self, *, inverse: bool) -> tuple[Self, Codes | None]:
        if len(self) == 0:
            return self, np.zeros(0, np.intp)
        weight = None if np.all(self.weight == 1.0) else self.weight
        beside = self._beside
        rows = distinct_rows(list(self.columns.values()), weight, inverse=inverse or bool(beside))
        found, own = dict(zip(self.columns, rows.levels, strict=True)), np.arange(rows.weight.size)
        for name, column in beside.items():
            assert rows.inverse is not None
            total = np.bincount(rows.inverse, weights=self.weight * column, minlength=own.size)
            found[name] = Levels(total / rows.weight, own)
        return self._of(found, rows.weight), rows.inverse if inverse else None

    def _of(self, entries: dict[str, Levels], weight: Array) -> Self:
        """The same kind of summary with other entries, already known to be right."""
        columns = {**{k: part.column() for k, part in entries.items()}, "weight": weight}
        for column in columns.values():
            column.setflags(write=False)
        return self._blank()._put(_levels=entries, **columns)

    @property
    def labels(self) -> Labels | None:
        """The row labels of the columns that it was made from, where those were Series."""
        return self._kept.get("labels")

    def _labelled(self, **given: Any) -> Self:
        """Keep the labels of a table that was read, or of a column given beside the others."""
        self._kept["labels"] = labels_of(self.labels, **given)
        return self

    def _store(
        self,
        columns: dict[str, NumberLike],
        *,
        may_be_one: tuple[str, ...] = ("weight",),
        flags: tuple[str, ...] = (),
    ) -> None:
        """Keep the columns as read-only float64 arrays of one length.

        Some may be one number for all. Flags may be booleans, which many tables hold there: the one
        exception to numbers only.
        """
        labels = labels_of(**columns)
        given = {k: _numbered(v) if k in flags else v for k, v in columns.items()}
        arrays = {k: np.atleast_1d(NOT_NEGATIVE.check(k, v)) for k, v in given.items()}
        POSITIVE.check("weight", arrays["weight"])
        length = max(a.size for k, a in arrays.items() if k not in may_be_one)
        for name, array in arrays.items():
            if array.ndim != 1 or (array.size != length and not (name in may_be_one and array.size == 1)):
                rule = f"must be one column of the same length as the others ({length:,})"
                way_out = "Give every column one value per customer."
                raise InputError("length-mismatch", name, array, rule, way_out)
            # a copy, so that the caller may go on using the array; one number for all stays one number
            kept = array.copy() if array.size == length else np.broadcast_to(array, (length,))
            kept.setflags(write=False)
            self._put(**{name: kept})
        self._put(_levels={}, _kept={"labels": labels})

    def _require(self, holds: NumberLike, argument: str, rule: str, way_out: str = "") -> None:
        """An `InputError` about the first entry of the column of that name where a rule does not hold."""
        require(holds, argument, getattr(self, argument), rule, way_out)

    def _require_whole(self, *columns: str, rule: str = "must be whole numbers") -> None:
        for name in columns:
            column = getattr(self, name)
            require(np.rint(column) == column, name, column, rule)


def _numbered(flags: NumberLike) -> Any:
    if isinstance(flags, Draws):
        return flags  # refused with all that is no column
    array = np.asarray(flags)
    return array.astype(np.float64) if array.dtype == np.bool_ else array


def require(holds: Any, argument: str, values: Array, rule: str, way_out: str = "") -> None:
    """An `InputError` about the first entry where a rule does not hold."""
    if not np.all(holds):
        shown = first_offender(values, ~holds)
        raise InputError(
            "inconsistent", argument, shown, rule, way_out or "Check how the column was computed."
        )


def read_columns(
    frame: Frame, names: tuple[str, ...], *, optional: tuple[str, ...] = ("weight",)
) -> dict[str, NumberLike]:
    """Columns of any table by name, those that are optional only if they are there."""
    from retainkit.tables import read_table

    said = dict.fromkeys(names, "frame")
    table = read_table(frame, {n: n for n in names}, more=optional, argument="frame", arguments=said)
    return {name: table[name].to_numpy() for name in table}
