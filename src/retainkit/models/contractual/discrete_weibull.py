"""Discrete Weibull: everybody's churn changes with tenure in the same way.

Nakagawa, T. and Osaki, S. (1975), "The Discrete Weibull Distribution", IEEE Transactions on Reliability
R-24(5), 300-301, whose q is 1 − theta. It is the Weibull of continuous time seen
at whole periods, and so its likelihood is that of a Weibull whose times are known to the period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.log_sums import log_fallen
from retainkit._numerics.powers import Clock, elapsed
from retainkit.models.contractual._discrete import AbstractDiscreteModel, whole_lifetimes
from retainkit.parameters import positive, probability
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DiscreteWeibull(AbstractDiscreteModel):
    """Churn that changes with tenure: S(t) = (1 − theta)^(t^c) after t renewals.

    Parameters
    ----------
    theta : float or array, in [0, 1]
        Share that leaves at the first renewal. A covariate moves it on the logit scale.
    c : float or array, > 0
        Below 1 customers become more loyal with tenure, above 1 less; 1 is the geometric model.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The period between renewals.

    Examples
    --------
    >>> from retainkit.models.contractual.discrete_weibull import DiscreteWeibull
    >>> model = DiscreteWeibull(theta=0.3, c=0.7)
    >>> print(model.churn([1, 2, 12]).round(3))
    [0.3   0.2   0.113]
    >>> round(model.expected_lifetime(), 3)
    6.071
    """

    contained_in: ClassVar[tuple[str, ...]] = ("BetaDiscreteWeibull",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("theta", 1)}

    theta: Real = probability(start=0.2, typical=(0.05, 0.4), doc="share that leaves at the first renewal")
    c: Real = positive(start=1.0, typical=(0.5, 1.5), doc="below 1 churn falls with tenure, above 1 it rises")

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        now = Clock.at(t, self.c)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value = -self._force() * now.time
            score = np.empty((2, *value.shape))
            score[0] = np.where(t > 0.0, -now.time / (1.0 - np.asarray(self.theta)), 0.0)
            score[1] = -self._force() * now.slope
        return np.where(t > 0.0, value, 0.0), score

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        before = t - 1.0
        stayed, score = self._log_survival_and_score(before)
        step, force = elapsed(before, np.ones_like(t), self.c), self._force()
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            per_fall = 1.0 / np.expm1(force * step)
            score[0] += per_fall * step / (1.0 - np.asarray(self.theta))
            score[1] += per_fall * force * (Clock.at(t, self.c).slope - Clock.at(before, self.c).slope)
            return stayed + log_fallen(force * step), score

    def _force(self) -> Array:
        with np.errstate(divide="ignore"):
            return -np.log1p(-np.asarray(self.theta))

    # -- predictions --------------------------------------------------------------------------------

    def _log_share(self, start: Array, more: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.where(more > 0.0, -self._force() * elapsed(start, more, self.c), 0.0)

    def _tail(self) -> Real:
        return np.where(self._force() > 0.0, np.inf, 0.0)

    # -- simulator ----------------------------------------------------------------------------------

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        return whole_lifetimes(rng, self._force(), self.c, entry)
