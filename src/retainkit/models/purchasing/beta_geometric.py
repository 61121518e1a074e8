"""What all models share in which customers leave right after a purchase: BG/NBD, MBG/NBD, (M)BG/CNBD-k.

A Poisson process with a gamma-distributed rate runs for each customer, and every k-th stage of it is a
purchase; k is 1 where purchases come at random. After a purchase a customer leaves with a probability that is
beta-distributed over customers. One likelihood serves them all, written in ratios of gamma functions and
logarithms of 1 + T/alpha, so that it keeps its digits where parameters go to infinity together: customers
alike, or none leaving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln

from retainkit._numerics.processes.arrivals import Process, StoppedByChance
from retainkit._numerics.processes.erlang_stops import log_unfinished, unfinished
from retainkit._numerics.processes.pairs import stopped_pairs
from retainkit._numerics.processes.stopped_poisson import (
    count_pmf,
    discounted_count,
    expected_count,
    stopped_survival,
)
from retainkit.models.purchasing._by_levels import ByLevels
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.sampled import Pick
from retainkit.parameters import Limit, positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real

_PIECE = 1 << 13  # customers at a time, whose columns stay near the processor


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractBetaGeometricModel(AbstractPurchaseModel):
    """Purchases at gamma-distributed rates, and a beta-distributed chance to leave after each."""

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"purchasing": ("alpha", -1), "attrition": ("a", 1)}
    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("nobody ever leaves", falling=("a",), idle=("b",), model="NBD"),
        Limit("one probability to leave, a/(a + b), holds for all", rising=("b", "a")),
        Limit("customers leave at their first chance or never", falling=("b", "a")),
        Limit("all customers buy at one rate", rising=("r", "alpha")),
    )
    _chances_at_once: ClassVar[int]
    """1 where a customer may leave after the purchase that acquires him, 0 where not."""

    r: Real = positive(start=0.5, typical=(0.2, 4.0), unit="shape", doc="shape of the purchase-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 2.0), unit="gap", doc="rate of the purchase-rate gamma, in time units"
    )
    a: Real = positive(start=0.7, typical=(0.3, 4.0), doc="dropout beta, weight on leaving")
    b: Real = positive(start=2.0, typical=(0.5, 6.0), unit="count", doc="dropout beta, weight on staying")

    @property
    def _stages(self) -> int:
        """Stages from one purchase to the next."""
        return 1

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self._stages
        by_x, by_t, by_T = (data.levels(name) for name in ("frequency", "recency", "T"))
        # ratios at the distinct frequencies alone; those of frequency·k stages and of the chances to leave
        made, chances = data.rises("frequency", k), data.rises("frequency", plus=self._chances_at_once)
        log_gamma, per_stage = made.gamma(r)
        log_beta, per_chance, per_stay = chances.beta(a, b)
        counts, staying = self._counts(made.n, log_gamma, log_beta), self._staying(chances.n)
        # all that a customer's level tells, handed out in one go for each column
        per_x = (np.log(a) - np.log(staying), counts, per_stage, per_chance, per_stay, 1.0 / staying)
        log_odds, counts, per_stage, per_chance, per_stay, stay = by_x.expand(_table(per_x, counts.shape))
        there, aged = (by.expand(np.log1p(by.values / alpha)) for by in (by_t, by_T))
        stages, wait = data.frequency if k == 1 else k * data.frequency, data.T - data.recency
        events, idle, old = r + stages, aged - there, alpha + data.T
        d = log_odds + events * idle  # ln of the two terms' ratio, BG/NBD's eq. (6)
        per_r = passed = 0.0
        if k > 1:
            # a customer at hand is somewhere between two purchases: the stages passed are summed out
            running, per_r, passed = unfinished(events, wait / old, k)
            d -= running
            counts += running
        e = _smaller(d)
        both, likely = 1.0 + e, d > 0.0
        left = np.where(likely, 1.0, e) / both  # 1 - P(alive)

        score = np.empty((4, *d.shape))
        # 1 − P(alive) weighs the two terms of eq. (6) in every derivative: one exponential serves all four
        np.add(per_stage - aged, left * idle, out=score[0])
        # r/alpha less r/(alpha + T) in one, or nothing is left of it where alpha is large
        owed = left * events * (wait / (alpha + data.recency))
        np.divide(r / alpha * data.T - stages - owed, old, out=score[1])
        np.subtract(left / a, per_chance, out=score[2])
        np.subtract(per_stay, left * stay, out=score[3])
        if k > 1:
            alive = np.where(likely, e, 1.0) / both
            score[0] += alive * per_r
            score[1] -= alive * passed / old
            counts += self._between(data)
        return counts - events * aged + _log_both(d, both), score

    def _by_levels(self, rows: Purchases) -> ByLevels:
        r, alpha, k = self.r, self.alpha, self._stages
        by_x, by_t, by_T = (rows.levels(name) for name in ("frequency", "recency", "T"))
        made, chances = rows.rises("frequency", k), rows.rises("frequency", plus=self._chances_at_once)
        counts = self._counts(made.n, made.log_gamma(r), chances.log_beta(self.a, self.b))
        aged, events = np.log1p(by_T.values / alpha), r + k * rows.frequency
        idle = by_T.expand(aged)
        idle -= by_t.expand(np.log1p(by_t.values / alpha))
        # the odds to have left, and then both ways together
        d = np.empty(np.broadcast_shapes((*counts.shape[:-1], 1), idle.shape))
        np.multiply(events, idle, out=d)
        d += by_x.expand(np.log(self.a) - np.log(self._staying(chances.n)))
        if k == 1:
            return ByLevels(rows, r, counts, "T", aged, later=_log_both(d, 1.0 + _smaller(d)))
        running = log_unfinished(events, (rows.T - rows.recency) / (alpha + rows.T), k)
        d -= running
        later = _log_both(d, 1.0 + _smaller(d))
        later += running
        later += self._between(rows)
        return ByLevels(rows, r, counts, "T", aged, later=later, stages=k)

    def _counts(self, stages: Array, log_gamma: Array, log_beta: Array) -> Array:
        """What the number of purchases alone adds to ln L."""
        return log_gamma + stages * np.log(self.r / self.alpha) + log_beta

    def _between(self, data: Purchases) -> Array:
        """What regular gaps add, whatever the parameters."""
        gaps = -data.frequency * gammaln(self._stages)
        # the only part in which the gaps themselves count; without them unlike k do not compare
        return gaps if data.log_gaps is None else gaps + (self._stages - 1) * data.log_gaps

    def _staying(self, chances: Array) -> Array:
        """b + chances − 1: the weight, against a, on staying at the last chance; inf before a first."""
        return np.where(chances > 0.0, self.b + (chances - 1.0), np.inf)

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T, k = purchases.frequency, purchases.recency, purchases.T, self._stages
        events = self.r + k * x
        odds = events * np.log1p((T - t_x) / (self.alpha + t_x)) + self._log_odds_of_leaving(x)
        return odds - log_unfinished(events, (T - t_x) / (self.alpha + T), k) if k > 1 else odds

    def _log_odds_of_leaving(self, x: Array) -> Array:
        """At the last chance, after x purchases."""
        return np.log(self.a) - np.log(self._staying(x + self._chances_at_once))

    @property
    def _alive_is_quick(self) -> bool:
        return self._stages == 1 and all(type(v) is float for v in self.parameters.values())

    def _alive(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        most = float(x.max(initial=0.0))
        if not self._alive_is_quick or most > x.size:
            return AbstractPurchaseModel._alive(self, purchases)
        # frequencies are whole numbers, and few of them: a table of what they alone decide
        every: Array = np.arange(most + 1.0)
        leaving, alive = self._log_odds_of_leaving(every), np.empty(x.size)
        for start in range(0, x.size, _PIECE):
            some = slice(start, start + _PIECE)
            odds = (self.r + x[some]) * np.log1p((T[some] - t_x[some]) / (self.alpha + t_x[some]))
            odds += leaving.take(x[some].astype(np.intp))
            with np.errstate(over="ignore"):  # surely gone
                np.exp(odds, out=odds)
            odds += 1.0
            np.divide(1.0, odds, out=alive[some])
        return alive

    def _alive_at(self, x: Array, T: Array) -> tuple[Real, Real, Real]:
        """r, alpha and b of the customer without a past that one alive at T is like."""
        return self.r + x, self.alpha + T, self.b + x + self._chances_at_once

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        # a purchase comes at rate λ and is the last with probability p: E exp(-λ p horizon)
        r, alpha, b = self._alive_at(x, T)
        return stopped_survival(r, horizon / alpha, self.a, b)

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        r, alpha, b = self._alive_at(x, T)  # BG/NBD's eqs (9), (10)
        if force == 0.0:
            return expected_count(r, horizon / alpha, self.a, b)
        return discounted_count(r, horizon / alpha, force * alpha, self.a, b)

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b = self._alive_at(x, T)
        return stopped_pairs(r, horizon / alpha, self.a, b)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b = self._alive_at(x, T)
        return count_pmf(n, r, horizon / alpha, self.a, b)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        zero = np.zeros(1) if np.ndim(n) or np.ndim(horizon) else np.zeros(())
        later = self._pmf_from(n, zero, zero, horizon)  # BG/NBD's eq. (8)
        if not self._chances_at_once:
            return later
        both = np.asarray(self.a) + self.b
        # left right after the purchase that won them: no purchase in any horizon
        return self.b / both * later + np.where(n == 0.0, self.a / both, 0.0)

    # -- simulator ----------------------------------------------------------------------------------

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        # of a customer who is alive the rate and the chance to leave are independent
        x, T = pick(purchases.frequency), pick(purchases.T)
        rate = rng.standard_gamma(pick(self.r) + x) / (pick(self.alpha) + T)
        chance = rng.beta(pick(self.a), pick(self.b) + (x + self._chances_at_once))
        return StoppedByChance(rate, chance)

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        k = self._stages
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        # a chance that rounds to 0 is kept above it
        leaves_after = rng.geometric(np.maximum(rng.beta(self.a, self.b, T.shape), 1e-300))
        stages = rng.poisson(rate * T)  # if nobody ever left
        x = np.minimum(stages // k, leaves_after - self._chances_at_once)
        # given their number, Poisson times are uniform: the (k·x)-th of them is beta-distributed
        last = T * rng.beta(np.maximum(k * x, 1), stages - k * x + 1)
        return x.astype(np.float64), np.where(x > 0, last, 0.0)


def _smaller(d: Array) -> Array:
    """e^−|d|: of two ways whose odds are e^d the rarer one over the other."""
    e = np.abs(d)
    # twice as fast as scipy's expit and log_expit, and as exact
    return np.exp(np.negative(e, out=e), out=e)


def _log_both(d: Array, both: Array) -> Array:
    """ln(1 + e^d), given 1 + e^−|d|; both are used up."""
    # log, four times as fast as log1p: what is below the rounding of 1 is below that of the sum
    value = np.log(both, out=both)
    value += np.maximum(d, 0.0, out=d)
    return value


def _table(rows: tuple[Array, ...], shape: tuple[int, ...]) -> Array:
    """Rows of one shape or of fewer axes, together."""
    table = np.empty((len(rows), *shape))
    for i, row in enumerate(rows):
        table[i] = row
    return table
