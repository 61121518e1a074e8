"""Gamma-Gompertz/NBD: customers buy at their own steady rate, and the risk of leaving changes with age.

Purchases are Poisson with gamma-distributed rates; lifetimes are Gompertz with gamma-distributed rates. Their
hazard may rise as well as fall with age, where that of Pareto/NBD can only fall. With b → 0 and beta = b·β it
is the Pareto/NBD model; on data that do not ask for more a fit goes there and is refused.

Bemmaor & Glady (2012), Modeling Purchasing Behavior with Sudden "Death": A Flexible Customer Lifetime Model,
Management Science 58(5), 1012-1021, doi:10.1287/mnsc.1110.1461.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.processes.arrivals import Process, StoppedByGompertz
from retainkit._numerics.processes.gompertz_decay import (
    bent,
    discounted_time,
    gompertz_decay_pairs,
    log_odds_stopped,
    log_quiet,
    log_shrink,
    quiet_with_moments,
)
from retainkit._numerics.processes.mixed_counts import stopped_by_gompertz_pmf
from retainkit.models.purchasing._by_levels import ByLevels
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.purchasing.pareto_nbd import at_once_or_never
from retainkit.models.sampled import Pick
from retainkit.parameters import Limit, Twin, positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real


def _at_one_risk(values: Mapping[str, float]) -> dict[str, float]:
    kept = {name: values[name] for name in ("r", "alpha", "s")}
    return kept | {"beta": values["beta"] / values["b"]}


def _far_out(values: Mapping[str, float]) -> dict[str, float]:
    b = 1e-14
    return {**values, "b": b, "beta": b * values["beta"]}


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GammaGompertzNBD(AbstractPurchaseModel):
    """The gamma-Gompertz / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    b : float or array, > 0, per unit of time
        How fast each customer's risk of leaving grows with age.
    s, beta : float or array, > 0
        P(still a customer at t) is (beta / (beta − 1 + e^(b t)))^s. Over customers the hazard begins at
        s·b/beta and goes to s·b: it rises for beta above 1 and falls for beta below 1.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.GammaGompertzNBD(r=0.55, alpha=10.6, b=0.02, s=0.9, beta=0.5, unit="week")
    >>> customers = rk.Purchases(frequency=[2, 0], recency=[30.43, 0], T=[38.86, 38.86], unit="week")
    >>> print(model.probability_alive(customers).round(3))
    [0.776 0.245]
    """

    limits: ClassVar[tuple[Limit, ...]] = (
        # b and beta run to 0 together: their ratio is the rate that Pareto/NBD knows
        Limit(
            "the risk of leaving does not change with age",
            falling=("b", "beta"),
            model="ParetoNBD",
            twin=Twin(_at_one_risk, _far_out),
        ),
        Limit("nobody ever leaves", falling=("s",), idle=("b", "beta"), model="NBD"),
        at_once_or_never(idle=("b",)),
        Limit("the risk of leaving grows alike for all", rising=("beta", "s")),
        Limit("all customers buy at one rate", rising=("r", "alpha")),
    )

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {
        "purchasing": ("alpha", -1),
        "attrition": ("beta", -1),
    }

    r: Real = positive(start=0.5, typical=(0.5, 4.0), unit="shape", doc="shape of the purchase-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 0.5), unit="gap", doc="rate of the purchase-rate gamma, in time units"
    )
    b: Real = positive(
        start=0.5, typical=(4.0, 10.0), unit="rate", doc="growth of the risk of leaving, per time unit"
    )
    s: Real = positive(start=0.6, typical=(0.3, 0.8), doc="shape of the gamma of risks of leaving")
    beta: Real = positive(start=0.5, typical=(5.0, 30.0), doc="rate of the gamma of risks of leaving")

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha, b, s, beta = self.r, self.alpha, self.b, self.s, self.beta
        by_x, by_t, made = data.levels("frequency"), data.levels("recency"), data.rises("frequency")
        log_gamma, digamma = made.gamma(r)
        x, t_x, idle = data.frequency, data.recency, data.T - data.recency
        events, at_last = r + x, alpha + t_x
        kappa = by_t.map(self._kappa)
        # nothing since the last purchase, as the customer left (1 − P(alive)) or did not
        quiet, left, alive, log_u, share_u, worn_u, gone_u = quiet_with_moments(
            events, s, at_last, kappa, b, idle
        )
        bought = by_t.map(lambda t_x: np.log1p(t_x / alpha))
        there = by_t.map(lambda t_x: bent(b * t_x, 1.0 / beta))  # −ln P(lifetime > t_x) / s
        value = by_x.expand(log_gamma + made.n * np.log(r / alpha)) - events * bought - s * there + quiet

        # integrated by parts, so that for b, s and beta little that is nearly equal is subtracted
        score = np.empty((5, *value.shape))
        score[0] = by_x.expand(digamma) - bought - left * log_u - alive * np.log1p(idle / at_last)
        share = left * share_u + alive * idle / (alpha + data.T)
        score[1] = (r * t_x / alpha - x + events * share) / at_last
        shift = np.exp(-b * t_x) / kappa  # d ln(kappa) / d beta
        score[2] = left * events * (share_u / b + t_x * (beta - 1.0) * shift * gone_u) - s * t_x / kappa
        score[3] = left * events / s * worn_u - there
        score[4] = -s / beta * np.expm1(-there) - left * events * gone_u * shift
        return value, score

    def _by_levels(self, rows: Purchases) -> ByLevels:
        r, alpha, b, s = self.r, self.alpha, self.b, self.s
        made, by_t = rows.rises("frequency"), rows.levels("recency")
        counts, t_x = made.log_gamma(r) + made.n * np.log(r / alpha), by_t.values
        kappa, idle = by_t.expand(self._kappa(t_x)), rows.T - rows.recency
        quiet = log_quiet(r + rows.frequency, s, alpha + rows.recency, kappa, b, idle)
        worn = s * bent(b * t_x, 1.0 / self.beta)
        return ByLevels(rows, r, counts, "recency", np.log1p(t_x / alpha), worn, quiet)

    # -- predictions --------------------------------------------------------------------------------

    def _kappa(self, t: Array) -> Array:
        """The beta of customers alive at t, who are like new ones with it."""
        return np.exp(log_shrink(self.b * t, self.beta))

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        return log_odds_stopped(self.r + x, self.s, self.alpha + t_x, self._kappa(t_x), self.b, T - t_x)

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        alive = np.exp(-self.s * bent(self.b * horizon, 1.0 / self._kappa(T)))
        return alive + 0.0 * x  # whoever is alive has no memory of purchases

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        time = discounted_time(self.s, self._kappa(T), self.b * horizon, force / self.b) / self.b
        return (self.r + x) / (self.alpha + T) * time

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r, rate = self.r + x, 1.0 / (self.b * (self.alpha + T))
        time = gompertz_decay_pairs(self.s, self._kappa(T), self.b * horizon)
        return 2.0 * r * (r + 1.0) * rate**2 * time

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        rate = (self.r + x, self.alpha + T)
        return stopped_by_gompertz_pmf(n, horizon, *rate, self.s, self._kappa(T), self.b)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        return stopped_by_gompertz_pmf(n, horizon, self.r, self.alpha, self.s, self.beta, self.b)

    # -- simulator ----------------------------------------------------------------------------------

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        T, b = pick(purchases.T), pick(self.b)
        rate = rng.standard_gamma(pick(self.r) + pick(purchases.frequency)) / (pick(self.alpha) + T)
        # the risk that a customer's own has grown to by T
        leaving = rng.standard_gamma(pick(self.s)) / np.exp(log_shrink(b * T, pick(self.beta)))
        return StoppedByGompertz(rate, leaving, b)

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        # the lifetime is exponential on the scale q, whatever its shape in time
        q = rng.standard_exponential(T.shape) / self.s  # −ln of a uniform P(lifetime > t), over s
        active = np.minimum(bent(q, self.beta) / self.b, T)
        x = rng.poisson(rate * active)
        last = active * rng.beta(np.maximum(x, 1), 1.0)  # the latest of x uniform times
        return x.astype(np.float64), np.where(x > 0, last, 0.0)
