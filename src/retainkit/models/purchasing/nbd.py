"""NBD: customers buy at their own steady rate and never leave.

The reference against which attrition has to earn its parameters: its P(alive) is 1, and what it expects of
customers grows with the horizon for ever.

Ehrenberg (1959), The Pattern of Consumer Purchases, Applied Statistics 8(1), 26-41, doi:10.2307/2985810.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.processes.arrivals import Process, StoppedAtRate
from retainkit._numerics.processes.mixed_counts import negative_binomial_pmf
from retainkit.models.purchasing._by_levels import ByLevels
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.sampled import Pick
from retainkit.parameters import Limit, positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NBD(AbstractPurchaseModel):
    """The negative binomial model of repeat purchases: no attrition.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    P(alive) is 1 for every customer by construction. An infinite horizon without discount means
    infinitely many purchases, and the answer is ``inf``.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.NBD(r=0.385, alpha=12.07, unit="week")
    >>> customer = rk.Purchases(frequency=2, recency=30.43, T=38.86, unit="week")
    >>> print(model.expected_purchases(customer, horizon=39).round(3))
    [1.826]
    """

    contained_in: ClassVar[tuple[str, ...]] = ("BGNBD", "MBGNBD", "ParetoNBD", "GammaGompertzNBD")
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"purchasing": ("alpha", -1)}

    limits: ClassVar[tuple[Limit, ...]] = (Limit("all customers buy at one rate", rising=("r", "alpha")),)

    r: Real = positive(start=0.5, typical=(0.2, 4.0), unit="shape", doc="shape of the purchase-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 2.0), unit="gap", doc="rate of the purchase-rate gamma, in time units"
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha = self.r, self.alpha
        by_x, by_T, made = data.levels("frequency"), data.levels("T"), data.rises("frequency")
        log_gamma, digamma = made.gamma(r)
        aged = by_T.map(lambda T: np.log1p(T / alpha))
        value = by_x.expand(log_gamma + made.n * np.log(r / alpha)) - (r + data.frequency) * aged
        score = np.empty((2, *value.shape))
        score[0] = by_x.expand(digamma) - aged
        score[1] = by_T.map(lambda T: T / (alpha + T)) * (r / alpha) - data.frequency / (alpha + data.T)
        return value, score

    def _by_levels(self, rows: Purchases) -> ByLevels:
        r, alpha, made = self.r, self.alpha, rows.rises("frequency")
        counts = made.log_gamma(r) + made.n * np.log(r / alpha)
        return ByLevels(rows, r, counts, "T", np.log1p(rows.levels("T").values / alpha))

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        return -np.inf + purchases.frequency * np.ones(np.shape(self.r))  # nobody leaves

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(self.r), x.shape, T.shape, horizon.shape))

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        time = -np.expm1(-force * horizon) / force if force else horizon
        return (self.r + x) / (self.alpha + T) * time

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r = self.r + x
        return r * (r + 1.0) * (horizon / (self.alpha + T)) ** 2

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        return negative_binomial_pmf(n, self.r + x, self.alpha + T, horizon)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        return negative_binomial_pmf(n, self.r, self.alpha, horizon)

    # -- simulator ----------------------------------------------------------------------------------

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        shape = pick(self.r) + pick(purchases.frequency)
        rate = rng.standard_gamma(shape) / (pick(self.alpha) + pick(purchases.T))
        return StoppedAtRate(rate, np.zeros(rate.shape))

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        x = rng.poisson(rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape) * T)
        last = T * rng.beta(np.maximum(x, 1), 1.0)  # the latest of x uniform times
        return x.astype(np.float64), np.where(x > 0, last, 0.0)
