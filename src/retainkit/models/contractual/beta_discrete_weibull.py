"""Beta-discrete-Weibull: customers differ, and everybody's churn changes with tenure besides.

The shifted beta-geometric says that all rising retention is selection. Here each customer's churn may rise or
fall too: retention that first falls and then rises, or a cohort sharper at its first renewals, fits.

Fader, P. S., Hardie, B. G. S., Liu, Y., Davin, J. and Steenburgh, T. (2018), ""How to Project Customer
Retention" Revisited: The Role of Duration Dependence", Journal of Interactive Marketing 43, 1-16
(the paper's γ, δ are alpha, beta here).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.decaying_sums import weibull_sum
from retainkit._numerics.gamma_functions import digamma_bend, digamma_rise, log_beta_ratio
from retainkit._numerics.log_sums import log_fallen
from retainkit._numerics.powers import LONGEST, Clock, elapsed
from retainkit.models.contractual._discrete import AbstractDiscreteModel, whole_lifetimes
from retainkit.models.sampled import Own
from retainkit.parameters import Limit, positive
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BetaDiscreteWeibull(AbstractDiscreteModel):
    """Churn that differs between customers and changes with tenure.

    S(t) = B(alpha, beta + t^c)/B(alpha, beta) after t renewals.

    Parameters
    ----------
    alpha, beta : float or array, > 0
        Beta distribution of the probability to leave at the first renewal.
    c : float or array, > 0
        Above 1 each customer's churn rises with tenure, below 1 it falls; 1 is the shifted beta-geometric.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The period between renewals.

    Notes
    -----
    For long t survival falls as t^(−alpha·c): with alpha·c ≤ 1 the expected lifetime is infinite, and only
    a discount or a horizon makes a value of it.

    Examples
    --------
    >>> from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
    >>> model = BetaDiscreteWeibull(alpha=0.2496, beta=1.6542, c=1.5968)
    >>> print(model.survival([1, 2, 7, 12]).round(3))
    [0.869 0.742 0.486 0.395]
    >>> round(model.discounted_expected_lifetime(0.1), 3)
    6.035
    """

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("alpha", 1)}

    alpha: Real = positive(start=1.0, typical=(0.3, 3.0), doc="churn beta, weight on leaving")
    beta: Real = positive(start=2.0, typical=(0.5, 6.0), doc="churn beta, weight on staying")
    c: Real = positive(start=1.0, typical=(0.6, 1.6), doc="below 1 churn falls with tenure, above 1 it rises")

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("customers are alike at each tenure", rising=("beta", "alpha"), model="DiscreteWeibull"),
        Limit("customers leave at their first renewal or never", falling=("beta", "alpha")),
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        now, both = self._clock(t), np.asarray(self.alpha) + self.beta
        # B(α, β + t^c)/B(α, β); past the clock's bound it falls as a pure power, which `beyond` continues
        value = log_beta_ratio(self.alpha, self.beta, now.time) - self.alpha * now.beyond
        score = np.empty((3, *value.shape))
        score[0] = -digamma_rise(both, now.time) - now.beyond
        score[1] = digamma_bend(self.beta, self.alpha, now.time)
        score[2] = -digamma_rise(self.beta + now.time, self.alpha) * now.slope
        return value, score

    def _clock(self, t: Array) -> Clock:
        return Clock.at(t, self.c, LONGEST)

    def _log_survival(self, t: Array) -> Array:
        now = self._clock(t)
        return log_beta_ratio(self.alpha, self.beta, now.time) - self.alpha * now.beyond

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        before, one = t - 1.0, np.ones_like(t)
        stayed, score = self._log_survival_and_score(before)
        fall = -self._log_share(before, one)
        end, begin = self._clock(t), self._clock(before)
        step, there = elapsed(before, one, self.c, LONGEST), self.beta + begin.time
        with np.errstate(over="ignore"):
            # d ln(1 − e^−fall): where hardly anybody leaves the mass is as small as its slope
            per_fall = 1.0 / np.expm1(fall)
        score[0] += per_fall * (digamma_rise(there + self.alpha, step) + end.beyond - begin.beyond)
        score[1] -= per_fall * digamma_bend(there, self.alpha, step)
        later = digamma_rise(self.beta + end.time, self.alpha) * end.slope
        score[2] += per_fall * (later - digamma_rise(there, self.alpha) * begin.slope)
        return stayed + log_fallen(fall), score

    # -- predictions --------------------------------------------------------------------------------

    def _log_share(self, start: Array, more: Array) -> Array:
        # those still there at `start` are beta(alpha, beta + start^c)
        begin, step = self._clock(start), elapsed(start, more, self.c, LONGEST)
        beyond = self._clock(start + more).beyond - begin.beyond
        return log_beta_ratio(self.alpha, self.beta + begin.time, step) - self.alpha * beyond

    def _tail(self) -> Real:
        return np.asarray(self.alpha) * self.c

    # -- simulator ----------------------------------------------------------------------------------

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        return self._own_lifetimes(rng, entry)[0]

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own]:
        with np.errstate(divide="ignore"):
            hazard = -np.log1p(-rng.beta(self.alpha, self.beta + entry**self.c))
        return whole_lifetimes(rng, hazard, self.c, entry), partial(weibull_sum, hazard, self.c)
