"""BG/NBD: customers buy at their own steady rate and may leave for good right after any purchase.

Purchases are Poisson with gamma-distributed rates; after each repeat purchase a customer leaves with
a probability that is beta-distributed over customers. Nobody leaves before a first repeat purchase,
so P(alive) of one-time buyers is 1 by construction: a property of the model, not a finding.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2), 275-284,
doi:10.1287/mksc.1040.0098; open copy: http://brucehardie.com/papers/018/ (equation numbers below).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import betaln, digamma, gammaln

from retainkit._numerics.processes.stopped_poisson import (
    count_pmf,
    discounted_count,
    expected_count,
    stopped_survival,
)
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.parameters import positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BGNBD(AbstractPurchaseModel):
    """The beta-geometric / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a purchase; its mean is a / (a + b).
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    One-time buyers have P(alive) = 1: the model lets nobody leave before a first repeat purchase.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> customer = rk.Purchases(frequency=2, recency=30.43, T=38.86, unit="week")
    >>> print(model.expected_purchases(customer, horizon=39).round(3))
    [1.226]
    """

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"purchasing": ("alpha", -1), "attrition": ("a", 1)}

    r: Real = positive(start=0.5, typical=(0.2, 4.0), doc="shape of the purchase-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 2.0), unit="time", doc="rate of the purchase-rate gamma, in time units"
    )
    a: Real = positive(start=0.7, typical=(0.3, 4.0), doc="dropout beta, weight on leaving")
    b: Real = positive(start=2.0, typical=(0.5, 6.0), doc="dropout beta, weight on staying")

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        by_x, by_t, by_T = (data.levels(name) for name in ("frequency", "recency", "T"))
        n = by_x.values  # the distinct frequencies: special functions are evaluated on these alone
        events = data.frequency + r
        log_t = by_t.map(lambda t_x: np.log(alpha + t_x))
        log_T = by_T.map(lambda T: np.log(alpha + T))
        idle = log_T - log_t
        d = by_x.map(self._log_weight_left) + events * idle  # ln of the two terms' ratio in eq. (6)
        e = np.exp(-np.abs(d))  # twice as fast as scipy's expit and log_expit, and as exact
        left = np.where(d > 0.0, 1.0, e) / (1.0 + e)  # 1 - P(alive)

        counts = gammaln(r + n) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n) - betaln(a, b)
        value = by_x.expand(counts) - events * log_T + np.maximum(d, 0.0) + np.log1p(e)

        score = np.empty((4, *value.shape))
        d_a = digamma(a + b) - digamma(a + b + n)
        d_r = digamma(r + n) - digamma(r) + np.log(alpha)
        d_b = digamma(b + n) - digamma(b) + d_a
        rate_t = by_t.map(lambda t_x: 1.0 / (alpha + t_x))
        rate_T = by_T.map(lambda T: 1.0 / (alpha + T))
        score[0] = by_x.expand(d_r) - log_T + left * idle
        # 1 − P(alive) weighs the two terms of eq. (6) in every derivative: one exponential serves all four
        score[1] = r / alpha - events * (rate_T + left * (rate_t - rate_T))
        score[2] = by_x.expand(d_a) + left / a
        score[3] = by_x.expand(d_b) - left * by_x.expand(1.0 / (b + np.maximum(n, 1.0) - 1.0))
        return value, score

    def _log_weight_left(self, x: Array) -> Array:
        """ln a/(b+x-1); nobody leaves before a first repeat purchase."""
        last = np.maximum(x, 1.0)
        return np.where(x > 0.0, np.log(self.a) - np.log(self.b + last - 1.0), -np.inf)

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        idle = np.log1p((T - t_x) / (self.alpha + t_x))
        return purchases.levels("frequency").map(self._log_weight_left) + (self.r + x) * idle

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        # a purchase comes at rate λ and is the last with probability p: E exp(-λ p horizon)
        return stopped_survival(self.r + x, horizon / (self.alpha + T), self.a, self.b + x)

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        # eqs (9), (10): given alive at T the customer is new with r+x, alpha+T, b+x
        r, alpha, b = self.r + x, self.alpha + T, self.b + x
        if force == 0.0:
            return expected_count(r, horizon / alpha, self.a, b)
        return discounted_count(r, horizon / alpha, force * alpha, self.a, b)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        return count_pmf(n, self.r + x, horizon / (self.alpha + T), self.a, self.b + x)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        return count_pmf(n, self.r, horizon / self.alpha, self.a, self.b)  # eq. (8)

    # -- simulator ----------------------------------------------------------------------------------

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        # a chance that rounds to 0 is kept above it
        leaves_after = rng.geometric(np.maximum(rng.beta(self.a, self.b, T.shape), 1e-300))
        wanted = rng.poisson(rate * T)  # purchases if nobody ever left
        x = np.minimum(wanted, leaves_after)
        # given their number, Poisson times are uniform: the x-th of `wanted` is beta-distributed
        last = T * rng.beta(np.maximum(x, 1), wanted - x + 1)
        return x.astype(np.float64), np.where(x > 0, last, 0.0)
