"""Shifted beta-geometric: every customer has a churn probability of their own, beta-distributed.

Nobody's churn changes; those who churn easily leave first, so that the retention of a cohort rises with
tenure, and the residual value of those who are left with it. Valuing everyone by one aggregate retention
rate understates them.

Fader, P. S. and Hardie, B. G. S. (2007), "How to Project Customer Retention", Journal of Interactive
Marketing 21(1), 76-90, doi:10.1002/dir.20074; values of customers: (2010), "Customer-Base Valuation in a
Contractual Setting: The Perils of Ignoring Heterogeneity", Marketing Science 29(1), 85-93,
doi:10.1287/mksc.1080.0482 (the papers' γ, δ are alpha, beta here).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self, final

import numpy as np

from retainkit._numerics.decaying_sums import weibull_sum
from retainkit._numerics.gamma_functions import Rises, digamma_bend, digamma_rise, log_beta_ratio
from retainkit._numerics.grouping import Codes
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.models.contractual._discrete import AbstractDiscreteModel, whole_lifetimes
from retainkit.models.contractual.questions import whole_periods
from retainkit.models.sampled import Own
from retainkit.parameters import Limit, positive
from retainkit.summaries import Renewals
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShiftedBetaGeometric(AbstractDiscreteModel):
    """Churn that differs between customers: S(t) = B(alpha, beta + t)/B(alpha, beta) after t renewals.

    Parameters
    ----------
    alpha, beta : float or array, > 0
        Beta distribution of the probability to leave at a renewal; its mean, the churn of a new cohort, is
        alpha/(alpha + beta). The share that leaves at renewal t is alpha/(alpha + beta + t − 1).
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The period between renewals.

    Notes
    -----
    With alpha ≤ 1, as in most published fits, some customers hardly ever leave: the expected lifetime is
    infinite, and only a discount or a horizon makes a value of it.

    Examples
    --------
    >>> from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
    >>> model = ShiftedBetaGeometric(alpha=0.764, beta=1.296)
    >>> print(model.retention([1, 2, 5]).round(3))
    [0.629 0.75  0.874]
    >>> value = 100 * model.discounted_expected_residual_lifetime([0, 1, 4], 0.1, instant="before-renewal")
    >>> print(value.round())
    [288. 394. 568.]
    >>> model.expected_lifetime()
    inf
    """

    contained_in: ClassVar[tuple[str, ...]] = ("BetaDiscreteWeibull",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("alpha", 1)}

    alpha: Real = positive(start=1.0, typical=(0.3, 4.0), doc="churn beta, weight on leaving")
    beta: Real = positive(start=3.0, typical=(0.5, 10.0), doc="churn beta, weight on staying")

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("one churn, alpha/(alpha + beta), holds for all", rising=("beta", "alpha"), model="Geometric"),
        Limit("customers leave at their first renewal or never", falling=("beta", "alpha")),
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        value = self._log_survival(t)
        score = np.empty((2, *value.shape))
        score[0] = -digamma_rise(np.asarray(self.alpha) + self.beta, t)
        score[1] = digamma_bend(self.beta, self.alpha, t)
        return value, score

    def _log_survival(self, t: Array) -> Array:
        return Rises.of(t).log_beta(self.alpha, self.beta)  # eq. (7)

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        stayed, score = self._log_survival_and_score(t - 1.0)
        all_of = np.asarray(self.alpha) + self.beta + (t - 1.0)
        score[0] += (self.beta + (t - 1.0)) / all_of / self.alpha
        score[1] -= 1.0 / all_of
        return stayed + self._log_hazard(t), score

    def _log_mass(self, t: Array) -> Array:
        return self._log_survival(t - 1.0) + self._log_hazard(t)

    def _log_hazard(self, t: Array) -> Array:
        staying = self.beta + (t - 1.0)
        share = staying / (staying + self.alpha)
        # where nearly all leave, by those who stay
        return np.where(share < 0.5, np.log1p(-np.minimum(share, 0.5)), np.log(self._hazard(t)))

    @classmethod
    def summed(cls, rows: Renewals) -> SBGCounts | None:
        """The log-likelihood of all rows at once, from counts at each renewal; None where that is no help."""
        return SBGCounts.of(rows, cls.__name__)

    # -- predictions --------------------------------------------------------------------------------

    def _hazard(self, t: Array) -> Array:
        return self.alpha / (np.asarray(self.alpha) + self.beta + (t - 1.0))

    def _log_share(self, start: Array, more: Array) -> Array:
        return log_beta_ratio(self.alpha, self.beta + start, more)

    def _tail(self) -> Real:
        return self.alpha

    def _discounted(self, start: Array, force: Array, count: float, *, from_next: bool) -> Array:
        # those still there have beta + start; given their p the payments are a geometric series in
        # q = (1 − p)v, and its mean over p is smooth where ₂F₁(1, beta; alpha + beta; v) has no digits
        alpha, beta, force = np.broadcast_arrays(self.alpha, self.beta + start, force)
        ahead = np.where(from_next, beta / (alpha + beta), 1.0)
        return ahead * geometric_mean_sum(alpha, beta + float(from_next), force, count)

    # -- simulator ----------------------------------------------------------------------------------

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        return self._own_lifetimes(rng, entry)[0]

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own]:
        with np.errstate(divide="ignore"):
            # those who are still there leave the less easily, the longer they have been
            hazard = -np.log1p(-rng.beta(self.alpha, self.beta + entry))
        return whole_lifetimes(rng, hazard, 1.0, entry), partial(weibull_sum, hazard, 1.0)


def geometric_mean_sum(alpha: Array, beta: Array, force: Array, count: float) -> Array:
    """E Σ_{j<count} ((1 − p) e^(−force))^j for p ~ Beta(alpha, beta); inf where it diverges."""
    shape = alpha.shape
    a, b, f = (np.ravel(v) for v in (alpha, beta, force))

    def series(p: Array, rows: Codes) -> Array:
        log_share = np.log1p(-p) - f[rows]
        return np.expm1(count * log_share) / np.expm1(log_share)

    endless = (f == 0.0) & np.isinf(count)
    steepest = np.maximum(-np.expm1(-f), 1.0 / count)  # below this p the series is as long as it gets
    safe = np.where(endless, 1.0, steepest)
    with np.errstate(all="ignore"):
        mean = mean_over_beta(series, a, b, bend=1.0 / safe, rise=np.ones_like(a))
        exact = np.where(a > 1.0, (a + b - 1.0) / (a - 1.0), np.inf)  # E 1/p
    return np.where(endless, exact, mean).reshape(shape)


# renewals counted whether or not anyone has so many; beyond, a column of counts would be nearly empty
_SPARSE = 4096
_FEW = 16  # renewals up to which a loop over plain numbers is over before numpy has made its arrays


@dataclass(frozen=True, slots=True, eq=False)
class SBGCounts:
    """How many were there at each renewal, stayed and left, whatever the cohort they came from.

    At renewal j + 1 a customer leaves with probability alpha/(alpha + beta + j), so that
    ln L = D ln alpha + Σ k_j ln(beta + j) − Σ n_j ln(alpha + beta + j) for n_j there and k_j staying.
    """

    rows: Renewals
    begin: Codes
    end: Codes
    left: float
    stayed: Array
    there: Array
    tenure: Array
    few: tuple[tuple[float, float, float], ...]
    """(tenure, staying, there) of short histories, which plain numbers handle faster than arrays."""

    @classmethod
    def of(cls, rows: Renewals, model: str) -> Self | None:
        """The counts of data in whole periods; None for bounds, or few and long tenures."""
        longest = int(rows.duration.max(initial=0.0))
        if longest > _SPARSE + 4 * len(rows) or rows.lower is not None:
            return None
        if not rows.whole_periods:  # those that say so were checked
            whole_periods("duration", rows.duration, model)
            whole_periods("entry", rows.entry, model)
        end, begin, size = rows.duration.astype(np.intp), rows.entry.astype(np.intp), longest + 1
        gone = np.asarray(np.bincount(end, rows.weight * (rows.event > 0.0), size), np.float64)
        came = np.asarray(np.bincount(begin, rows.weight, size), np.float64)
        # late entry included: they count from the renewal after which they were watched
        there = np.cumsum(came - np.bincount(end, rows.weight, size))[:-1]
        stayed, tenure = there - gone[1:], np.arange(float(longest))
        few = zip(tenure.tolist(), stayed.tolist(), there.tolist(), strict=True) if longest <= _FEW else ()
        return cls(rows, begin, end, float(gone.sum()), stayed, there, tenure, tuple(few))

    def __call__(self, theta: list[float]) -> tuple[float, list[float], list[list[float]]]:
        alpha, beta = theta
        value, d_beta, d_all, bend_beta, bend_all = (self._by_hand if self.few else self._at_once)(
            alpha, beta
        )
        return (
            value + self.left * math.log(alpha),
            [self.left / alpha - d_all, d_beta - d_all],
            [[bend_all - self.left / alpha**2, bend_all], [bend_all, bend_all - bend_beta]],
        )

    def _at_once(self, alpha: float, beta: float) -> tuple[float, float, float, float, float]:
        """ln L but for D ln alpha; Σ k/(beta + j) and Σ n/(alpha + beta + j), and both over the squares."""
        staying = beta + self.tenure
        everyone = alpha + staying
        k, n = self.stayed / staying, self.there / everyone
        value = self.stayed @ np.log(staying) - self.there @ np.log(everyone)
        sums = (value, k.sum(), n.sum(), (k / staying).sum(), (n / everyone).sum())
        return tuple(map(float, sums))  # pyright: ignore[reportReturnType]

    def _by_hand(self, alpha: float, beta: float) -> tuple[float, float, float, float, float]:
        value = d_beta = d_all = bend_beta = bend_all = 0.0
        for j, stayed, there in self.few:
            staying = beta + j
            everyone = alpha + staying
            k, n = stayed / staying, there / everyone
            value += stayed * math.log(staying) - there * math.log(everyone)
            d_beta += k
            d_all += n
            bend_beta += k / staying
            bend_all += n / everyone
        return value, d_beta, d_all, bend_beta, bend_all

    def outer(self, theta: list[float]) -> Array:
        """Σ of the outer products of the customers' scores."""
        alpha, beta = theta
        staying = beta + self.tenure
        passed, asked = np.zeros(staying.size + 1), np.zeros(staying.size + 1)
        np.cumsum(1.0 / staying, out=passed[1:])
        np.cumsum(1.0 / (alpha + staying), out=asked[1:])
        gone = self.rows.event > 0.0
        met = asked[self.end] - asked[self.begin]
        score = np.stack([gone / alpha - met, passed[self.end - gone] - passed[self.begin] - met])
        return (score * self.rows.weight) @ score.T
