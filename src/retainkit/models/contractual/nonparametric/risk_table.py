"""Who was at risk and who left, at each tenure: all that a non-parametric estimate looks at.

A customer is at risk in (entry, duration]. At equal tenures those who leave go first, then those last
seen there go, then late entrants come; nothing is jittered, so that the same data always give the same
numbers. Weights count customers: an entry of weight 3 is three equal entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from retainkit._numerics.grouping import Levels
from retainkit.errors import InputError
from retainkit.models.contractual.nonparametric.estimate import one_number
from retainkit.models.contractual.questions import times
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.records import Impossible
from retainkit.summaries import Renewals
from retainkit.typing import Array, NumberLike, Plain, Unit
from retainkit.units import Duration


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


def at_known_times(given: DataOf[Renewals], argument: str, model: str) -> Renewals:
    """Data of which it is known when, or in which period, each customer left."""
    renewals = data_of(given, Renewals, argument, model)
    if renewals.lower is not None and np.any(renewals.lower < renewals.duration):
        rule = f"must say when each customer left, for {model}: of some only two bounds are known"
        raise InputError("inconsistent", argument, renewals.treatment, rule, "Take Turnbull for such data.")
    return renewals


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


_PIECE = 65_536  # entries at a time: what is computed of them stays in the processor's cache


@final
@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """Counts at each tenure at which a customer left or was last seen."""

    time: Array  # (k,) ascending, all after `start`
    at_risk: Array  # (k,)
    left: Array  # (reasons, k)
    censored: Array  # (k,)
    start: float
    customers: float
    reasons: tuple[str, ...]
    whole_periods: bool
    unit: Unit | None
    after: Array | None = None
    """(k,) where each stretch begins in which customers left; None where they left at the tenures."""

    def impossible(self) -> Iterator[Impossible]:
        """What no data could have given, of a table that was read."""
        time, places = self.time, self.time.shape
        if not (places and time.size and time[0] > self.start and np.all(np.diff(time) > 0.0)):
            yield "risk", time, f"must have tenures that rise, the first after {self.start!s}"
        for name, counts in (("at_risk", self.at_risk), ("left", self.left), ("censored", self.censored)):
            if counts.shape[-1:] != places or np.any(counts < -1e-9 * self.customers):
                yield "risk", counts, f"must have {name} of 0 or more at each tenure"
        if self.left.ndim != 2 or np.any(self.left_in_all > self.at_risk * (1.0 + 1e-9)):
            yield "risk", self.left, "must not have more customers leave than there were"

    @property
    def end(self) -> float:
        """The largest tenure that was observed."""
        return float(self.time[-1])

    @property
    def facts(self) -> Plain:
        """What the table is of, as plain values."""
        return {
            "unit": self.unit,
            "customers": self.customers,
            "left": float(self.left.sum()),
            "from_tenure": self.start,
            "end": self.end,
        }

    @property
    def columns(self) -> dict[str, Array]:
        """The table as columns, whatever the reasons."""
        return {
            **({} if self.after is None else {"after": self.after}),
            "time": self.time,
            "at_risk": self.at_risk,
            "left": self.left_in_all,
            "censored": self.censored,
        }

    @property
    def left_in_all(self) -> Array:
        """Customers who left at each tenure, for whatever reason; shape (k,)."""
        return self.left.sum(axis=0)


def risk_table(given: DataOf[Renewals], *, from_tenure: Duration | NumberLike, model: str) -> RiskTable:
    """Count a summary, from one tenure on; those who left before it do not count.

    With late entry tenures at which nobody was watched, and an early one at which all who were left, are
    refused.
    """
    renewals = at_known_times(given, "renewals", model)
    start = one_number("from_tenure", times("from_tenure", from_tenure, renewals.unit))
    weight, ends, late = weights_of(renewals), renewals.levels("duration"), enters_late(renewals)
    counts = _counts(renewals, weight, late=late)
    kept = (counts.sum(axis=0) > 0.0) & (ends.values > start)
    time, counts = ends.values[kept], counts[:, kept]
    if time.size == 0:
        raise nobody(renewals, start)
    left = counts[1:].sum(axis=0)
    if late:
        heads = Watch.of(renewals, None)
        refuse_gaps(heads, start, float(time[-1]), model)
        at_risk = heads.at_risk(time) if weight is None else _weighed(renewals, heads, time, left, weight)
        refuse_collapse(time, at_risk, left, model)
    else:
        at_risk = Tally.of_counts(time, counts.sum(axis=0)).from_the_end[:-1]
    return RiskTable(
        time=time,
        at_risk=at_risk,
        left=counts[1:],
        censored=counts[0],
        start=start,
        customers=float(counts.sum()),
        reasons=renewals.reasons,
        whole_periods=renewals.whole_periods,
        unit=renewals.unit,
    )


def _counts(renewals: Renewals, weight: Array | None, *, late: bool) -> Array:
    """Customers by event (still there, and each reason) and by level of duration, of those ever at risk."""
    ends, kinds = renewals.levels("duration"), max(1, len(renewals.reasons)) + 1
    counts = np.zeros(ends.values.size * kinds)
    step = max(_PIECE, counts.size)
    for start in range(0, len(renewals), step):
        piece = slice(start, start + step)
        keys = ends.codes[piece] * kinds
        keys += renewals.event[piece].astype(np.intp)
        mass = None if weight is None else weight[piece]
        if late:
            watched = renewals.duration[piece] > renewals.entry[piece]
            if not watched.all():
                keys, mass = keys[watched], None if mass is None else mass[watched]
        counts += np.bincount(keys, mass, counts.size)
    return counts.reshape(-1, kinds).T  # (kinds, levels)


def _weighed(renewals: Renewals, heads: Watch, time: Array, left: Array, weight: Array) -> Array:
    """Weights at risk; exact where all who are at risk leave, which a difference of sums is not."""
    ends = renewals.levels("duration")
    gone = Tally.of(ends, (renewals.event > 0.0).astype(np.float64)).at(time)
    at_risk = Watch.of(renewals, weight).at_risk(time)
    return np.where(heads.at_risk(time) == gone, left, np.maximum(at_risk, left))


def nobody(renewals: Renewals, from_tenure: float) -> InputError:
    """What is wrong with data in which nobody was observed."""
    rule = f"must have at least one customer observed past tenure {from_tenure!s} (duration above entry)"
    way_out = "Check the filter that made the data" + (
        ", or take an earlier from_tenure." if from_tenure else "."
    )
    return InputError("nobody-at-risk", "renewals", counted(len(renewals), "entry", "entries"), rule, way_out)
