"""What BG/CNBD-k and MBG/CNBD-k share: predictions for customers in the middle of a gap.

Every k-th stage of a Poisson process is a purchase: the times between purchases are Erlang-k. Of a customer
in the middle of a gap, the stages passed since the last purchase are not seen; their posterior
is known, so that every prediction is exact, not the scaled BG/NBD formula of the literature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import index
from typing import Any, ClassVar, SupportsIndex

import numpy as np

from retainkit._numerics.processes.arrivals import Process, StagedStoppedByChance
from retainkit._numerics.processes.erlang_discount import discounted_count
from retainkit._numerics.processes.erlang_stops import (
    count_pmf,
    expected_count,
    stage_weights,
    stopped_pairs,
    stopped_survival,
)
from retainkit.errors import InputError, missing_argument
from retainkit.models.purchasing.base import Formula
from retainkit.models.purchasing.beta_geometric import AbstractBetaGeometricModel
from retainkit.models.sampled import Pick
from retainkit.parameters import positive
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real

MOST_STAGES = 50  # gaps of one day in seven already; sums over stages cost as many terms

_UNSAID: Any = None  # so that a k that was forgotten is told with its way out


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractErlangModel(AbstractBetaGeometricModel):
    """Purchases at Erlang-k intervals, and a chance to leave after each.

    The formulas of what is to come count stages: their `x` is k times the purchases, plus the stages
    passed since.
    """

    fixed_fields: ClassVar[Mapping[str, Any]] = {"k": 2}
    _past: ClassVar[tuple[str, ...]] = ("frequency", "T", "recency")

    r: Real = positive(start=0.5, typical=(0.2, 4.0), unit="shape", doc="shape of the stage-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.05, 1.0), unit="gap", doc="rate of the stage-rate gamma, in time units"
    )
    k: int = field(default=_UNSAID, kw_only=True)

    def __post_init__(self) -> None:
        AbstractBetaGeometricModel.__post_init__(self)
        object.__setattr__(self, "k", _whole_stages(type(self).__name__, self.k))

    @property
    def _stages(self) -> int:
        return self.k

    # -- predictions --------------------------------------------------------------------------------

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

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b, missing = self._state(x, T)
        return stopped_pairs(r, horizon / alpha, self.a, b, missing, self.k)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        r, alpha, b, missing = self._state(x, T)
        return count_pmf(n, r, horizon / alpha, self.a, b, missing, self.k)

    # -- simulator ----------------------------------------------------------------------------------

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        x, t_x, T = pick(purchases.frequency), pick(purchases.recency), pick(purchases.T)
        r, alpha = pick(self.r) + self.k * x, pick(self.alpha) + T
        # the stages passed since the last purchase, unseen; the more there were, the higher is the rate
        level, passed = rng.random(x.shape), np.zeros(x.shape)
        for share in np.cumsum(stage_weights(r, (T - t_x) / alpha, self.k), axis=0)[:-1]:
            passed += level > share
        rate = rng.standard_gamma(r + passed) / alpha
        chance = rng.beta(pick(self.a), pick(self.b) + (x + self._chances_at_once))
        return StagedStoppedByChance(rate, chance, self.k - passed, self.k)

    def _sample_gaps(self, rng: np.random.Generator, frequency: Array, recency: Array) -> Array:
        """Sums of the logarithms of gaps: each a gamma(k) share of recency."""
        counts = frequency.astype(np.intp)
        owner = np.repeat(np.arange(counts.size), counts)
        # gamma variables over their sum: gaps that are known to add up to the recency
        parts = np.maximum(rng.gamma(self.k, size=owner.size), 1e-300)
        total = np.bincount(owner, weights=parts, minlength=counts.size)
        gaps = parts / total[owner] * recency[owner]
        return np.bincount(owner, weights=np.log(gaps), minlength=counts.size).astype(np.float64, copy=False)


def _whole_stages(model: str, k: object) -> int:
    argument = f"{model} k (stages from one purchase to the next)"
    rule = f"must be a whole number from 1 to {MOST_STAGES}"
    if k is None:
        way_out = (
            f"Hold it, models.hold({model}, k=2) or fit({model}, …, fixed={{'k': 2}}), or let choose_k find "
            "the k that suits the data best; 1 is a Poisson process."
        )
        raise missing_argument(argument, f"is needed, and {rule}", way_out)
    if type(k) is bool or not isinstance(k, SupportsIndex) or not 1 <= index(k) <= MOST_STAGES:
        way_out = "1 is a Poisson process; choose_k finds the k that suits the data best."
        raise InputError("not-whole", argument, k, rule, way_out)
    return index(k)
