"""Find equal rows among float columns, fast, and evaluate functions once per distinct value.

Times counted in days are a grid (n, n/7, n/30.4375 …), so a column usually maps to small integers
without sorting; rows then become one integer key each, counted by ``bincount`` or one sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.typing import Array, Values

Codes: TypeAlias = NDArray[np.intp]

_GRIDS = (1.0, 7.0, 30.4375, 91.3125, 365.25)
_LARGEST_GRID = 1 << 22
_PROBE = 64
_LARGEST_KEY = 2.0**62


@dataclass(frozen=True, slots=True)
class Levels:
    """The distinct values of a column (a superset of them on a grid) and each entry's place there."""

    values: Array
    codes: Codes

    def map(self, function: Callable[[Array], Array]) -> Array:
        """`function` of every entry, evaluated once per level; leading axes are kept."""
        return self.expand(function(self.values))

    def expand(self, per_level: Array) -> Array:
        """One value per level (on the last axis) handed to every entry of that level."""
        return per_level.take(self.codes, axis=-1)

    def part(self, entries: slice | Codes) -> Levels:
        """Some of the entries, on the same levels; on their own where the levels are more than they."""
        codes = self.codes[entries]
        if self.values.size <= codes.size:
            return Levels(self.values, codes)
        return Levels(self.values[codes], np.arange(codes.size))

    def column(self) -> Array:
        """The entries themselves."""
        return self.values[self.codes]


@dataclass(frozen=True, slots=True)
class TableLevels(Levels):
    """Levels of the entries of a table (k, n), each row of which has parameters of its own, (k, 1)."""

    def expand(self, per_level: Array) -> Array:
        """Of levels (…, k, l) or (l,) those of the entries, (…, k, n)."""
        if per_level.ndim < 2:
            return per_level.take(self.codes)
        *lead, k, size = per_level.shape
        # one flat index for all rows: a third of the time of take_along_axis
        places = self.codes + size * np.arange(k, dtype=np.intp)[:, None]
        flat: Array = per_level.reshape((*lead, k * size))
        return np.take(flat, places, axis=-1)

    def rows(self, which: Codes) -> Levels:
        """Some of the rows."""
        return TableLevels(self.values, self.codes[which])


@dataclass(frozen=True, slots=True)
class OwnLevels(Levels):
    """A table (k, n) in which hardly two entries are equal: each is its own level."""

    def expand(self, per_level: Array) -> Array:
        """One value for each entry is there already."""
        return per_level

    def rows(self, which: Codes) -> Levels:
        """Some of the rows."""
        return OwnLevels(self.values[which], self.codes)

    def column(self) -> Array:
        """The entries themselves."""
        return self.values


def weighted(values: Array, weight: Array) -> Array:
    """Σ values · weight over the last axis; a product of matrices would call threads that cost more."""
    return np.asarray(np.vecdot(values, weight), np.float64)


def table_levels(columns: Sequence[Array]) -> TableLevels | OwnLevels:
    """Columns of unequal length as a table, the shorter ones filled up with their first entry."""
    table = np.empty((len(columns), max(column.size for column in columns)))
    for row, column in zip(table, columns, strict=True):
        row[: column.size], row[column.size :] = column, column[0]
    found = levels(table.ravel())
    if found.values.size > table.shape[1]:
        return OwnLevels(table, np.arange(0))
    return TableLevels(found.values, found.codes.reshape(table.shape))


def levels(column: Array) -> Levels:
    """The levels of a column, by grid where it lies on one and by sorting where not."""
    found = grid_levels(column)
    if found is not None:
        return found
    return Levels(*_numbered(column))


def grid_levels(column: Array) -> Levels | None:
    """The levels of a column of whole multiples of a day, week, month … if it is one, without sorting."""
    if column.size == 0 or not 0.0 <= column.min() <= column.max():
        return None
    top = float(column.max())
    for steps in _GRIDS:
        # a grid far longer than the column would cost more than sorting the column
        if top * steps > min(_LARGEST_GRID, 64 + 2 * column.size):
            return None
        if not _on_grid(column[:_PROBE], steps):
            continue
        if steps == 1.0:  # by far the commonest grid, and half the work
            codes = column.astype(np.intp)
            if np.array_equal(codes, column):
                return Levels(np.arange(int(top) + 1.0), codes)
        elif _on_grid(column, steps):
            codes = np.rint(column * steps).astype(np.intp)
            return Levels(np.arange(int(codes.max()) + 1) / steps, codes)
    return None


def _on_grid(column: Array, steps: float) -> bool:
    return bool(np.all(np.rint(column * steps) / steps == column))


def blocks(rows: Codes, lengths: Array, cells: int) -> Iterator[tuple[Codes, int]]:
    """Rows of similar length together, few enough to stay near the processor."""
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < order.size:
        stop = start + 1
        while stop < order.size and lengths[order[stop]] * (stop + 1 - start) <= cells:
            stop = min(order.size, stop + max(1, (stop - start) // 4))
        yield rows[order[start:stop]], int(np.ceil(lengths[order[stop - 1]]))
        start = stop


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """The distinct rows of a table, in ascending order of its columns, each column as levels."""

    levels: tuple[Levels, ...]
    weight: Array
    inverse: Codes | None
    """For every original row the place of its equal among the distinct rows, if asked for."""


def distinct_rows(columns: Sequence[Array], weight: Array | None, *, inverse: bool) -> DistinctRows:
    """Group equal rows and add up their weights (1 each if `weight` is None)."""
    parts = [levels(column) for column in columns]
    keys = np.zeros(columns[0].size, np.intp)
    space, shortened = 1.0, dict[int, Codes]()
    for place, part in enumerate(parts):
        if space * part.values.size >= _LARGEST_KEY:  # number the combinations so far anew, from 0
            shortened[place], _ = _counted(keys)
            keys = np.searchsorted(shortened[place], keys)
            space = float(shortened[place].size)
        space *= part.values.size
        keys = keys * part.values.size + part.codes
    present, sums, back = _count(keys, weight, space, inverse)
    found: list[Levels] = []
    rest = present
    for place, part in reversed(list(enumerate(parts))):
        rest, codes = np.divmod(rest, part.values.size)
        found.append(Levels(part.values, codes))
        rest = shortened[place][rest] if place in shortened else rest
    return DistinctRows(tuple(reversed(found)), sums, back)


def _count(
    keys: Codes, weight: Array | None, space: float, inverse: bool
) -> tuple[Codes, Array, Codes | None]:
    if space <= 8 * keys.size:  # a table of all possible keys is cheaper than sorting
        table: Values = np.bincount(keys, minlength=int(space))
        present = np.flatnonzero(table)
        if weight is not None:
            table = np.bincount(keys, weights=weight, minlength=int(space))
        sums = table[present].astype(np.float64)
        if not inverse:
            return present, sums, None
        place = np.zeros(int(space), np.intp)
        place[present] = np.arange(present.size)
        return present, sums, place[keys]
    if weight is None and not inverse:
        present, counts = _counted(keys)
        return present, counts.astype(np.float64), None
    present, back = _numbered(keys)
    return present, np.bincount(back, weights=weight).astype(np.float64), back


def _counted(values: Values) -> tuple[Values, Codes]:
    """Distinct values in order and how often each comes; sorting beats numpy's hashing by far here."""
    ordered = np.sort(values)
    starts = np.flatnonzero(_first_of_equals(ordered))
    return ordered[starts], np.diff(starts, append=ordered.size)


def _numbered(values: Values) -> tuple[Values, Codes]:
    """Distinct values in order, and the place of each value among them."""
    order = np.argsort(values)
    ordered = values[order]
    first = _first_of_equals(ordered)
    codes = np.empty(values.size, np.intp)
    codes[order] = np.cumsum(first) - 1
    return ordered[first], codes


def _first_of_equals(ordered: Values) -> NDArray[np.bool_]:
    first = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first
