"""How many customers are under observation at any tenure, and where nobody is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from retainkit._numerics.grouping import Levels
from retainkit.errors import InputError
from retainkit.summaries import Renewals
from retainkit.typing import Array


@final
@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """How many entries of a column are at or above any value."""

    values: Array
    from_the_end: Array

    @classmethod
    def of(cls, column: Levels, weight: Array | None) -> Self:
        """Count a column, or add up its weights."""
        counts = np.bincount(column.codes, weight, column.values.size)
        return cls.of_counts(column.values, counts.astype(np.float64))

    @classmethod
    def of_counts(cls, values: Array, counts: Array) -> Self:
        """Distinct values in ascending order and the count of each."""
        return cls(values, np.append(np.cumsum(counts[::-1])[::-1], 0.0))

    def at_least(self, value: Array) -> Array:
        """Entries ≥ value."""
        return self.from_the_end[np.searchsorted(self.values, value, side="left")]

    def above(self, value: Array) -> Array:
        """Entries > value."""
        return self.from_the_end[np.searchsorted(self.values, value, side="right")]

    def at(self, value: Array) -> Array:
        """Entries equal to value."""
        return self.at_least(value) - self.above(value)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """Who is under observation at any tenure: those who have entered and are not gone."""

    ends: Tally
    entries: Tally | None
    """None where all are watched from the start."""

    @classmethod
    def of(cls, renewals: Renewals, weight: Array | None) -> Self:
        """Count entries, or add up their weights."""
        ends = Tally.of(renewals.levels("duration"), weight)
        return cls(ends, Tally.of(renewals.levels("entry"), weight) if enters_late(renewals) else None)

    def at_risk(self, tenure: Array) -> Array:
        """Customers with entry < tenure ≤ duration."""
        there = self.ends.at_least(tenure)
        return there if self.entries is None else there - self.entries.at_least(tenure)

    def after(self, tenure: Array) -> Array:
        """Customers under observation just after a tenure."""
        there = self.ends.above(tenure)
        return there if self.entries is None else there - self.entries.above(tenure)


def weights_of(renewals: Renewals) -> Array | None:
    """The weights, or None where each entry is one customer: counting is faster than adding."""
    weight = _repeated_once(renewals.weight)
    return None if np.all(weight == 1.0) else renewals.weight


def enters_late(renewals: Renewals) -> bool:
    """Whether some customers were there already when their observation began."""
    return bool(_repeated_once(renewals.entry).any())


def _repeated_once(column: Array) -> Array:
    """One number that stands for all entries of a column, if it is one."""
    return column[:1] if column.strides == (0,) else column


def refuse_gaps(heads: Watch, start: float, end: float, model: str) -> None:
    """Refuse a curve across tenures at which nobody was watched: it would be silently flat there."""
    assert heads.entries is not None
    moments = np.unique(np.concatenate([[start], heads.ends.values, heads.entries.values]))
    moments = moments[(moments >= start) & (moments <= end)]
    empty = heads.after(moments)[:-1] == 0.0
    if not empty.any():
        return
    first, last = np.flatnonzero(empty)[[0, -1]]
    again = first + int(np.argmin(empty[first:]))  # somebody is there before the end of the curve
    shown = f"nobody between tenure {moments[first]!s} and {moments[again]!s}"
    rule = f"must have somebody under observation at every tenure from {start!s} on"
    way_out = (
        "Past a gap only those who got past it are known: "
        f"{model}.estimate(renewals, from_tenure={moments[last + 1]!s})."
    )
    raise InputError("nobody-at-risk", "renewals", shown, rule, way_out)


def refuse_collapse(time: Array, at_risk: Array, left: Array, model: str) -> None:
    """Refuse a curve past a tenure at which all who were watched left: it would be silently 0 there."""
    all_left = (left == at_risk)[:-1] & (at_risk[1:] > 0.0)
    if all_left.any():
        at = time[:-1][all_left]
        raise InputError(
            "nobody-at-risk",
            "renewals",
            f"{at_risk[:-1][all_left][0]:,.6g} at risk at tenure {at[0]!s}, of whom all left",
            "must not have everyone under observation leave while later tenures are still observed: "
            "survival would be 0 from there on",
            f"Few were watched so early. Condition on a later tenure: "
            f"{model}.estimate(renewals, from_tenure={at[-1]!s}).",
        )
