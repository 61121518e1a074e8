"""The customers of a plan month by month, for many sets of initiatives and draws of effects at once.

Customers differ by segment and by what reaches them; those who are alike are a cell. In month t a cell's
N_t customers earn the margin, N_t·exp(−h_t·Σ_r s_r·Π_i HR_i) of them are there in the next month, and new
ones join. The product goes over the set's initiatives that run, that reach the cell and that act on churn
reason r, which has the share s_r of all churn: what one of them saves the next cannot save again. Margins
add, as do lifts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions._base.inputs import Stated
from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.domains import GROWTH, NOT_NEGATIVE, REAL, SHARE_BELOW_1
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.timing import Timing
from retainkit.typing import Array, Real

_MOST_BY_CHANCE = 8  # initiatives that reach a part: 256 kinds of customer in each segment
_BATCH = 15_000  # numbers in an array: few enough to stay in a cache, from month to month


@dataclass(frozen=True, eq=False, kw_only=True)
class Base(Record):
    """The customers without any initiative, by segment; one without a name where there are no segments.

    Attributes
    ----------
    shares, margin : (segments,)
    churn : (segments,) or None
        Share lost per month; None where there is a curve.
    survival : (months + 1,) or None
    """

    customers: float
    segments: tuple[str, ...]
    shares: Array
    margin: Array
    churn: Array | None
    survival: Array | None
    months: int
    annual_discount_rate: float
    timing: Timing
    arrivals: float
    acquisition_cost: float
    reasons: dict[str, float]
    independent: bool

    @property
    def hazard(self) -> Array:
        """(segments, months)."""
        if self.churn is not None:
            return np.repeat(-np.log1p(-self.churn)[:, None], self.months, axis=1)
        # a curve as hazards month by month, which ratios can multiply
        assert self.survival is not None
        return -np.diff(np.log(self.survival[: self.months + 1]))[None]

    @property
    def discount_factor(self) -> float:
        """Of a month: months compound to the effective rate of the year."""
        return (1.0 + self.annual_discount_rate) ** (-1.0 / 12.0)

    def present(self) -> Array:
        """What money at the start of each month is worth now."""
        return np.power(self.discount_factor, np.arange(self.months, dtype=np.float64))

    def stated(self) -> dict[str, Stated]:
        """What of the customers could turn a decision."""
        found = {"customers": Stated(self.customers, NOT_NEGATIVE, "now")}
        for s, prefix in enumerate(self._prefixes()):
            margin = Stated(self.margin.item(s), REAL, "money per customer and month")
            found[f"{prefix}monthly_margin"] = margin
            if self.churn is not None:
                churn = Stated(self.churn.item(s), SHARE_BELOW_1, "share lost per month")
                found[f"{prefix}monthly_churn"] = churn
        rate = Stated(self.annual_discount_rate, GROWTH, "effective, per year")
        return {**found, "annual_discount_rate": rate}

    def with_values(self, values: Mapping[str, Real]) -> Base:
        """The same customers with other numbers, by the names of `stated`."""
        given = {name: float(value) for name, value in values.items()}

        def column(what: str, now: Array) -> Array:
            pairs = zip(self._prefixes(), now.tolist(), strict=True)
            return np.array([given.get(f"{prefix}{what}", value) for prefix, value in pairs])

        return replace(
            self,
            customers=given.get("customers", self.customers),
            margin=column("monthly_margin", self.margin),
            churn=None if self.churn is None else column("monthly_churn", self.churn),
            annual_discount_rate=given.get("annual_discount_rate", self.annual_discount_rate),
        )

    def _prefixes(self) -> list[str]:
        return [f"segments.{name}." if name else "" for name in self.segments]

    def __str__(self) -> str:
        parts = "".join(f", {name}" for name in self.segments if name)
        return (
            f"{counted(self.customers, 'customer', spec=',.6g')} over {counted(self.months, 'month')}{parts}"
        )


@dataclass(frozen=True, slots=True)
class Moved:
    """What each initiative does, draw by draw."""

    log_ratio: Array  # (segments, initiatives, draws)
    money: Array  # (initiatives, draws), after its cost per customer
    lift: Array  # (initiatives, draws)


@dataclass(frozen=True, slots=True)
class Flow:
    """How cells live: all (sets, cells, pieces, draws) or broadcasting to it."""

    stay: Array
    margin: Array
    arrive: Array


@dataclass(frozen=True, slots=True)
class Population:
    """Cells over pieces of time within which nothing changes; made by `populate`."""

    base: Base
    weight: Array  # (cells,)
    segment: NDArray[np.intp]  # (cells,)
    hazard: Array  # (cells, pieces)
    piece: NDArray[np.intp]  # (months,)
    acts: Array  # (cells, pieces, initiatives): 1 where it runs and reaches
    on_reason: Array  # (reasons, initiatives)
    reason_share: Array  # (reasons,)
    fixed_cost: Array  # (initiatives,), money of now

    def worth(self, sets: NDArray[np.bool_], moved: Moved) -> Array:
        """Money of now that the customers bring with each set of initiatives, after all its costs."""
        per_set = self.weight.size * self.hazard.shape[1] * self.reason_share.size * moved.money.shape[1]
        # few sets at a time: one month is computed after the other, and the arrays are read in each
        step = max(1, _BATCH // per_set)
        parts = [self._batch(sets[i : i + step], moved) for i in range(0, len(sets), step)]
        return np.concatenate(parts)  # (sets, draws)

    def _batch(self, sets: NDArray[np.bool_], moved: Moved) -> Array:
        does = sets[:, None, None, :] * self.acts  # (sets, cells, pieces, initiatives)
        multiplier = self.multiplier(does, moved.log_ratio)
        flow = self.flow(multiplier, does @ moved.money, does @ moved.lift)
        return self.total(flow) - (sets @ self.fixed_cost)[:, None]

    def flow(self, multiplier: Array, money: Array, lift: Array) -> Flow:
        """How the cells live with so many times the hazard, so much more margin and more new customers."""
        margin = self.base.margin[self.segment][:, None, None] + money
        return Flow(np.exp(-self.hazard[:, :, None] * multiplier), margin, self.joining(1.0 + lift))

    def multiplier(self, does: Array, log_ratio: Array) -> Array:
        """Σ_r s_r·Π_i HR_i: what the set makes of the hazard."""
        logs = log_ratio[self.segment]  # (cells, initiatives, draws)
        found = 0.0
        for share, on in zip(self.reason_share, self.on_reason, strict=True):
            # within a reason ratios multiply, over reasons hazards add: what is saved once is not saved twice
            found = found + share * np.exp((does * on) @ logs)
        return np.asarray(found)

    def joining(self, lifted: Array) -> Array:
        """New customers per cell and month."""
        return self.base.arrivals * self.weight[:, None, None] * lifted

    def total(self, flow: Flow, *, start: bool = True) -> Array:
        """Money of now over the horizon, of the customers of now (if `start`) and of those who join."""
        b, v = self.base, self.base.discount_factor
        late = {"begin": 0.0, "mid": 0.5, "end": 1.0, "end-if-retained": 1.0}[b.timing]
        there = np.zeros(np.broadcast_shapes(flow.stay.shape, flow.margin.shape, flow.arrive.shape)[:2])
        there = (there + (b.customers * self.weight if start else 0.0))[:, :, None]
        worth = 0.0
        for t, p in enumerate(self.piece):
            stayed = there * flow.stay[:, :, p]
            # who stays through the month pays at its end; otherwise everyone who began it does
            paying = stayed if b.timing == "end-if-retained" else there
            earned = (flow.margin[:, :, p] * paying).sum(axis=1)
            worth = worth + v ** (t + late) * earned
            there = stayed
            # who joins after the last month pays nothing within the horizon, and would only cost
            if b.arrivals and t + 1 < b.months:
                joining = flow.arrive[:, :, self.piece[t + 1]]
                there = there + joining
                spent = v ** (t + 1) * b.acquisition_cost
                worth = worth - spent * joining.sum(axis=1)
        return np.asarray(worth)  # (sets, draws)


def populate(base: Base, initiatives: Sequence[AbstractInitiative]) -> Population:
    """The cells and the pieces of time that the initiatives make."""
    segment, weight, reached = _cells(base, initiatives)
    hazard = base.hazard
    runs = np.array([_running(i, base.months) for i in initiatives])  # (initiatives, months)
    steps = np.concatenate([hazard, runs])
    # months in which nothing changes share one survival: most plans have a handful of pieces, not 36
    _, first, piece = np.unique(steps, axis=1, return_index=True, return_inverse=True)
    acts = reached[:, None, :] * runs.T[None, first, :]
    shares = base.reasons or {"": 1.0}
    on = [[i.churn_reason in (None, reason) for i in initiatives] for reason in shares]
    now = base.present()
    return Population(
        base=base,
        weight=weight,
        segment=segment,
        hazard=hazard[segment][:, first],
        piece=piece.ravel(),
        acts=acts,
        on_reason=np.array(on, np.float64),
        reason_share=np.array(list(shares.values())),
        fixed_cost=np.array([_fixed_cost(i, now, r) for i, r in zip(initiatives, runs, strict=True)]),
    )


def _running(initiative: AbstractInitiative, months: int) -> Array:
    month = np.arange(months) - initiative.start_month
    return ((month >= 0) & (month < initiative.duration_months)).astype(np.float64)


def _fixed_cost(initiative: AbstractInitiative, now: Array, runs: Array) -> float:
    return float(initiative.cost * now[initiative.start_month] + initiative.total_monthly_cost * (now @ runs))


def _cells(base: Base, initiatives: Sequence[AbstractInitiative]) -> tuple[NDArray[np.intp], Array, Array]:
    """Segment and weight of each cell, and whom each initiative reaches (cells, initiatives)."""
    segment: list[int] = []
    weight: list[float] = []
    reached: list[list[bool]] = []
    split = _by_chance if base.independent else _nested
    for s, (name, share) in enumerate(zip(base.segments, base.shares, strict=True)):
        reach = [i.reach if i.segment in (None, name) else 0.0 for i in initiatives]
        for part, has in split(reach):
            segment.append(s)
            weight.append(part * share)
            reached.append(has)
    return np.array(segment, np.intp), np.array(weight), np.array(reached, np.float64)


def _nested(reach: list[float]) -> list[tuple[float, list[bool]]]:
    """Customers from the easiest to reach to the hardest: a greater reach has all that a smaller one has."""
    # one cell between each two bounds: as many kinds of customer as there are reaches, not 2ⁿ
    bounds = sorted({0.0, 1.0, *reach})
    return [(high - low, [r >= high for r in reach]) for low, high in pairwise(bounds)]


def _by_chance(reach: list[float]) -> list[tuple[float, list[bool]]]:
    """All combinations of being reached or not."""
    partly = [i for i, r in enumerate(reach) if 0.0 < r < 1.0]
    if len(partly) > _MOST_BY_CHANCE:
        rule = f"must be 'same' where more than {_MOST_BY_CHANCE} initiatives reach a part of a segment"
        way_out = "Leave it out, or evaluate fewer initiatives at a time."
        raise InputError("out-of-range", "reached_customers", "independent", rule, way_out)
    found: list[tuple[float, list[bool]]] = []
    for draw in product((True, False), repeat=len(partly)):
        has = [r == 1.0 for r in reach]
        part = 1.0
        for i, hit in zip(partly, draw, strict=True):
            has[i] = hit
            part *= reach[i] if hit else 1.0 - reach[i]
        found.append((part, has))
    return found
