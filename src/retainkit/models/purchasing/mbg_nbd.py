"""MBG/NBD: BG/NBD whose customers may leave right after their first purchase, too.

Customers buy at their own steady rate; after every purchase, the one that acquired them included, a
customer leaves for good with a probability of his own. So one-time buyers are not all alive, and the
longer their silence the less: what BG/NBD rules out.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 201-209,
doi:10.1016/j.ijresmar.2006.12.005. Hoppe & Wagner (2007), Customer base analysis: the case for a central
variant of the Betageometric/NBD model, Marketing - Journal of Research and Management 3(2), 75-90, find
the same model on their own.
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
class MBGNBD(AbstractPurchaseModel):
    """The modified beta-geometric / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    a, b : float or array, > 0
        Beta distribution of the probability to leave after a purchase, the first one included; its
        mean is a / (a + b).
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    Some customers leave at once: a share of a / (a + b) buys never again. Predictions for new customers
    are for all who are acquired, that share included.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614, unit="week")
    >>> one_timers = rk.Purchases(frequency=[0, 0], recency=[0, 0], T=[2, 38], unit="week")
    >>> print(model.probability_alive(one_timers).round(2))
    [0.61 0.39]
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
        n = by_x.values
        events = r + data.frequency
        log_T = by_T.map(lambda T: np.log(alpha + T))
        idle = log_T - by_t.map(lambda t_x: np.log(alpha + t_x))
        d = by_x.map(self._log_weight_left) + events * idle  # ln of the odds to have left
        e = np.exp(-np.abs(d))  # as in BG/NBD: no overflow on either side of d = 0
        left = np.where(d > 0.0, 1.0, e) / (1.0 + e)  # 1 - P(alive)

        counts = gammaln(r + n) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n + 1.0) - betaln(a, b)
        value = by_x.expand(counts) - events * log_T + np.maximum(d, 0.0) + np.log1p(e)

        score = np.empty((4, *value.shape))
        d_a = digamma(a + b) - digamma(a + b + n + 1.0)
        d_r = digamma(r + n) - digamma(r) + np.log(alpha)
        d_b = digamma(b + n + 1.0) - digamma(b) + d_a
        rate_t = by_t.map(lambda t_x: 1.0 / (alpha + t_x))
        rate_T = by_T.map(lambda T: 1.0 / (alpha + T))
        score[0] = by_x.expand(d_r) - log_T + left * idle
        score[1] = r / alpha - events * (rate_T + left * (rate_t - rate_T))
        score[2] = by_x.expand(d_a) + left / a
        score[3] = by_x.expand(d_b) - left * by_x.map(lambda x: 1.0 / (b + x))
        return value, score

    def _log_weight_left(self, x: Array) -> Array:
        """ln a/(b+x): left after the last purchase, against stayed after it."""
        return np.log(self.a) - np.log(self.b + x)

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        idle = np.log1p((T - t_x) / (self.alpha + t_x))
        return purchases.levels("frequency").map(self._log_weight_left) + (self.r + x) * idle

    # a customer alive at T has stayed after x + 1 purchases: a BG/NBD customer with r+x, alpha+T, b+x+1

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        return stopped_survival(self.r + x, horizon / (self.alpha + T), self.a, self.b + x + 1.0)

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        r, alpha, b = self.r + x, self.alpha + T, self.b + x + 1.0
        if force == 0.0:
            return expected_count(r, horizon / alpha, self.a, b)
        return discounted_count(r, horizon / alpha, force * alpha, self.a, b)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        return count_pmf(n, self.r + x, horizon / (self.alpha + T), self.a, self.b + x + 1.0)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        a, b = self.a, self.b
        at_once = a / (a + b)  # left right after the purchase that won them: no purchase in any horizon
        later = b / (a + b) * count_pmf(n, self.r, horizon / self.alpha, a, b + 1.0)
        return later + np.where(n == 0.0, at_once, 0.0)

    # -- simulator ----------------------------------------------------------------------------------

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        leaves_after = rng.geometric(np.maximum(rng.beta(self.a, self.b, T.shape), 1e-300))
        wanted = rng.poisson(rate * T)  # repeat purchases if nobody ever left
        x = np.minimum(wanted, leaves_after - 1)  # the purchase left after may be the first
        # given their number, Poisson times are uniform: the x-th of `wanted` is beta-distributed
        last = T * rng.beta(np.maximum(x, 1), wanted - x + 1)
        return x.astype(np.float64), np.where(x > 0, last, 0.0)
