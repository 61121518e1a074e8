"""Weibull-gamma: each customer's own Weibull, with rates of leaving that differ from customer to customer.

A falling hazard has two causes that look alike in one curve: customers settle in (c below 1), or the
unsettled leave first and those who stay were loyal from the start (r finite). The model holds both apart,
as the Burr XII distribution. Hardie, B. G. S. and Fader, P. S. use it for the time to trial of new products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit

from retainkit._numerics.decaying_sums import weibull_sum
from retainkit._numerics.log_sums import log_sum
from retainkit._numerics.powers import (
    log_power_and_score,
    log_power_share,
    log_ratio,
    log_wait,
    logistic_excess,
    rows_of,
    zero_times,
)
from retainkit.models.contractual._continuous import AbstractContinuousModel
from retainkit.models.sampled import Own
from retainkit.parameters import Limit, positive
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WeibullGamma(AbstractContinuousModel):
    """The Weibull-gamma model of tenure, S(t) = (1 + (t/scale)^c / r)^−r.

    Given a customer's rate λ the tenure is Weibull, S(t | λ) = exp(−λ t^c), and the rates are
    gamma-distributed with shape r and mean scale^−c.

    Parameters
    ----------
    r : float or array, > 0
        How alike customers are: the variance of the rates is 1/r of their squared mean. Small r, great
        differences; r to infinity, one Weibull for all.
    scale : float or array, > 0
        Weibull scale of a customer with the mean rate, in units of time.
    c : float or array, > 0
        Weibull shape of each customer: below 1 the own hazard falls with tenure, at 1 it is constant.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    Papers write S(t) = (alpha/(alpha + t^c))^r with the rate alpha of the gamma distribution, which counts
    in units of time to the power c: alpha = r·scale^c. With `scale` a fit does not depend on the unit of
    time, and for r to infinity the model becomes ``Weibull(scale, shape=c)``. With c = 1 it is the Pareto
    (Lomax) distribution, with r = 1 `LogLogistic`. The mean lifetime is infinite unless r·c > 1.

    Examples
    --------
    >>> from retainkit.models.contractual.weibull_gamma import WeibullGamma
    >>> model = WeibullGamma(r=0.8, scale=10.0, c=1.0, unit="month")
    >>> print(f"{model.survival(12):.3f} {model.survival(24, given=12):.3f}")
    0.480 0.687
    >>> model.expected_lifetime()
    inf
    """

    r: Real = positive(start=2.0, typical=(0.5, 2.5), doc="shape of the gamma distribution of rates")
    scale: Real = positive(start=1.0, typical=(0.3, 2.0), unit="time", doc="Weibull scale at the mean rate")
    c: Real = positive(start=1.0, typical=(0.8, 2.0), doc="Weibull shape of each customer")

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("scale", -1)}

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("customers are alike at each tenure", rising=("r",), model="Weibull"),
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        r, scale, c = self.r, self.scale, self.c
        u = log_ratio(t, scale)
        k = c * u - np.log(r)  # ln of (t/scale)^c / r
        q = expit(k)
        score = rows_of(q.shape, logistic_excess(k), r * q * (c / scale), -r * zero_times(q, u))
        return -r * log_sum(k, 0.0), score

    def _log_survival(self, t: Array) -> Array:
        return -self.r * log_sum(self.c * log_ratio(t, self.scale) - np.log(self.r), 0.0)

    def _log_hazard(self, t: Array) -> Array:
        u = log_ratio(t, self.scale)
        return self._hazard_at(u, self.c * u - np.log(self.r))

    def _hazard_at(self, u: Array, k: Array) -> Array:
        return np.log(self.c) - np.log(self.scale) + (self.c - 1.0) * u - log_sum(k, 0.0)

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        r, scale, c = self.r, self.scale, self.c
        u = log_ratio(t, scale)
        k = c * u - np.log(r)
        there = expit(-k)
        value = self._hazard_at(u, k)
        return value, rows_of(value.shape, expit(k) / r, -there * (c / scale), 1.0 / c + u * there)

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        value, score = log_power_and_score(t, self.scale, self.c)
        return value, np.concatenate([np.zeros_like(score[:1]), score])

    # -- predictions --------------------------------------------------------------------------------

    def _log_share(self, start: Array, more: Array) -> Array:
        return self.r * log_power_share(self.scale, self.c, self.r, start, more)

    def _log_wait(self, start: Array, fall: Array) -> Array:
        per_shape = fall / self.r
        return log_wait(self.scale, self.c, start, per_shape, np.log(self.r) + np.log(-np.expm1(-per_shape)))

    def _tail(self) -> Real:
        return self.r * self.c

    # -- simulator ----------------------------------------------------------------------------------

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own]:
        lifetime = self._lifetimes(rng, entry)

        def expected(start: Array, force: Array, count: float) -> Array:
            # whoever left at t had a rate of gamma(r + 1, alpha + t^c), whenever he was first there
            with np.errstate(divide="ignore"):
                log_known = np.logaddexp(
                    np.log(self.r) + self.c * np.log(self.scale), self.c * np.log(lifetime)
                )
            hazard = rng.gamma(self.r + 1.0, size=lifetime.shape) * np.exp(-log_known)
            return weibull_sum(hazard, self.c, start, force, count)

        return lifetime, expected
