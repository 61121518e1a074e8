"""What BG/CNBD-k and MBG/CNBD-k share: all of it, but for when the first chance to leave comes.

A Poisson process of stages with a gamma-distributed rate runs for each customer, and every k-th stage is
a purchase: the times between purchases are Erlang-k. Customers stay or leave after a purchase. Of a
customer in the middle of a gap, the stages passed since the last purchase are not seen; their posterior
is known, so that every prediction is exact, not the scaled BG/NBD formula of the literature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import index
from typing import ClassVar, SupportsIndex

import numpy as np
from scipy.special import betaln, digamma, gammaln

from retainkit._numerics.processes.erlang_discount import discounted_count
from retainkit._numerics.processes.erlang_stops import (
    count_pmf,
    expected_count,
    log_unfinished,
    stage_weights,
    stopped_survival,
    unfinished,
)
from retainkit.errors import InputError
from retainkit.models.purchasing.base import AbstractPurchaseModel, Formula
from retainkit.parameters import positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real

MOST_STAGES = 50  # gaps of one day in seven already; sums over stages cost as many terms


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractErlangModel(AbstractPurchaseModel):
    """Purchases at Erlang-k intervals, and a chance to leave after each.

    The formulas of what is to come count stages: their `x` is k times the purchases, plus the stages
    passed since.
    """

    fixed_fields: ClassVar[tuple[str, ...]] = ("k",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"purchasing": ("alpha", -1), "attrition": ("a", 1)}
    _past: ClassVar[tuple[str, ...]] = ("frequency", "T", "recency")
    _chances_at_once: ClassVar[int]
    """1 where a customer may leave after the purchase that acquires him, 0 where not."""

    r: Real = positive(start=0.5, typical=(0.2, 4.0), doc="shape of the stage-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 2.0), unit="time", doc="rate of the stage-rate gamma, in time units"
    )
    a: Real = positive(start=0.7, typical=(0.3, 4.0), doc="dropout beta, weight on leaving")
    b: Real = positive(start=2.0, typical=(0.5, 6.0), doc="dropout beta, weight on staying")
    k: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        AbstractPurchaseModel.__post_init__(self)
        object.__setattr__(self, "k", _stages(f"{type(self).__name__} k", self.k))

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        by_x, by_t, by_T = (data.levels(name) for name in ("frequency", "recency", "T"))
        n = by_x.values
        chances = n + self._chances_at_once
        events = r + k * data.frequency
        log_T = by_T.map(lambda T: np.log(alpha + T))
        idle = log_T - by_t.map(lambda t_x: np.log(alpha + t_x))
        rate_t = by_t.map(lambda t_x: 1.0 / (alpha + t_x))
        rate_T = by_T.map(lambda T: 1.0 / (alpha + T))
        # a customer at hand is somewhere between two purchases: the stages passed are summed out
        running, per_r, passed = unfinished(events, (data.T - data.recency) * rate_T, k)
        d = by_x.map(self._log_weight_left) + events * idle - running  # ln of the odds to have left
        e = np.exp(-np.abs(d))
        left = np.where(d > 0.0, 1.0, e) / (1.0 + e)  # 1 - P(alive)
        alive = np.where(d > 0.0, e, 1.0) / (1.0 + e)

        counts = gammaln(r + k * n) - gammaln(r) + r * np.log(alpha) - n * gammaln(float(k))
        counts = counts + betaln(a, b + chances) - betaln(a, b)
        value = by_x.expand(counts) - events * log_T + running + np.maximum(d, 0.0) + np.log1p(e)
        if data.log_gaps is not None:
            # the only part in which the gaps themselves count; without them models of unlike k do not compare
            value = value + (k - 1) * data.log_gaps

        score = np.empty((4, *value.shape))
        d_r = digamma(r + k * n) - digamma(r) + np.log(alpha)
        d_a = digamma(a + b) - digamma(a + b + chances)
        d_b = digamma(b + chances) - digamma(b) + d_a
        score[0] = by_x.expand(d_r) - log_T + alive * per_r + left * idle
        score[1] = r / alpha - events * (rate_T + left * (rate_t - rate_T)) - alive * passed * rate_T
        score[2] = by_x.expand(d_a) + left / a
        score[3] = by_x.expand(d_b) - left * by_x.expand(1.0 / (b + np.maximum(chances, 1.0) - 1.0))
        return value, score

    def _log_weight_left(self, x: Array) -> Array:
        """ln a/(b + chances − 1); nobody leaves before a first chance."""
        chances = x + self._chances_at_once
        last = np.maximum(chances, 1.0)
        return np.where(chances > 0.0, np.log(self.a) - np.log(self.b + last - 1.0), -np.inf)

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        events = self.r + self.k * x
        idle = np.log1p((T - t_x) / (self.alpha + t_x))
        running = log_unfinished(events, (T - t_x) / (self.alpha + T), self.k)
        return purchases.levels("frequency").map(self._log_weight_left) + events * idle - running

    def _from_now(self, formula: Formula, past: tuple[Array, ...], settings: tuple[Array, ...]) -> Array:
        """The mean over the stages that may have passed since the last purchase."""
        x, T, t_x = past
        weights = stage_weights(self.r + self.k * x, (T - t_x) / (self.alpha + T), self.k)
        return sum(
            # settings and T are the same for all stages, so that a stage costs one evaluation where it has
            # weight
            w * formula(self.k * x + j, T, *settings)
            for j, w in enumerate(weights)
            if np.any(w > 0.0)
        )  # type: ignore[return-value]

    def _state(self, x: Array, T: Array) -> tuple[Real, Real, Real, Array]:
        """Posterior r, alpha and b of a customer alive at T after `x` stages; the stages still missing."""
        # x counts stages here: whole purchases among them had a chance to leave, the rest did not
        made = np.floor(x / self.k)
        return self.r + x, self.alpha + T, self.b + made + self._chances_at_once, self.k * (made + 1.0) - x

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b, missing = self._state(x, T)
        return stopped_survival(r, horizon / alpha, self.a, b, missing, self.k)

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        r, alpha, b, missing = self._state(x, T)
        if force == 0.0:
            return expected_count(r, horizon / alpha, self.a, b, missing, self.k)
        return discounted_count(r, horizon / alpha, force * alpha, self.a, b, missing, self.k)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b, missing = self._state(x, T)
        return count_pmf(n, r, horizon / alpha, self.a, b, missing, self.k)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        zero = np.zeros(1) if np.ndim(n) or np.ndim(horizon) else np.zeros(())
        later = self._pmf_from(n, zero, zero, horizon)
        if not self._chances_at_once:
            return later
        at_once = self.a / (self.a + self.b)
        return (1.0 - at_once) * later + np.where(n == 0.0, at_once, 0.0)

    # -- simulator ----------------------------------------------------------------------------------

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        k = self.k
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        leaves_after = rng.geometric(np.maximum(rng.beta(self.a, self.b, T.shape), 1e-300))
        stages = rng.poisson(rate * T)
        x = np.minimum(stages // k, leaves_after - self._chances_at_once)
        # given their number, stages fall uniformly: the last purchase is the (k·x)-th of them
        last = T * rng.beta(np.maximum(k * x, 1), stages - k * x + 1)
        return x.astype(np.float64), np.where(x > 0, last, 0.0)

    def _sample_gaps(self, rng: np.random.Generator, frequency: Array, recency: Array) -> Array:
        """Sums of the logarithms of gaps: each a gamma(k) share of recency."""
        counts = frequency.astype(np.intp)
        owner = np.repeat(np.arange(counts.size), counts)
        # gamma variables over their sum: gaps that are known to add up to the recency
        parts = np.maximum(rng.gamma(self.k, size=owner.size), 1e-300)
        total = np.bincount(owner, weights=parts, minlength=counts.size)
        gaps = parts / total[owner] * recency[owner]
        return np.bincount(owner, weights=np.log(gaps), minlength=counts.size).astype(np.float64, copy=False)


def _stages(argument: str, k: object) -> int:
    if type(k) is bool or not isinstance(k, SupportsIndex) or not 1 <= index(k) <= MOST_STAGES:
        rule = f"must be a whole number from 1 to {MOST_STAGES}"
        way_out = "1 is a Poisson process; choose_k finds the k that suits the data best."
        raise InputError("not-whole", f"{argument} (stages from one purchase to the next)", k, rule, way_out)
    return index(k)
