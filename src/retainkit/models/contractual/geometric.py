"""Geometric: every customer leaves at every renewal with the same probability.

The model behind every "average churn" and every closed-form lifetime value. Retention does not depend on
tenure; where observed retention rises with tenure, customers differ and this model is too pessimistic about
those who are still there (Fader & Hardie 2010, doi:10.1287/mksc.1080.0482).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import xlog1py

from retainkit.models.contractual._discrete import AbstractDiscreteModel, whole_lifetimes
from retainkit.parameters import probability
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Geometric(AbstractDiscreteModel):
    """Constant churn: S(t) = (1 − theta)^t after t renewals.

    Parameters
    ----------
    theta : float or array, in [0, 1]
        Share that leaves at each renewal. A covariate moves it on the logit scale.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The period between renewals.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.models.contractual.geometric import Geometric
    >>> model = Geometric(theta=0.2, unit="year")
    >>> round(model.survival(3), 3), round(model.expected_lifetime(), 6)
    (0.512, 5.0)
    >>> round(model.discounted_expected_lifetime(rk.Rate(0.12, per="year")), 6)
    3.5
    """

    contained_in: ClassVar[tuple[str, ...]] = (
        "ShiftedBetaGeometric",
        "DiscreteWeibull",
        "BetaDiscreteWeibull",
    )
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("theta", 1)}

    theta: Real = probability(start=0.2, typical=(0.05, 0.4), doc="share that leaves at each renewal")

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        value = self._log_survival(t)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(t > 0.0, -t / (1.0 - np.asarray(self.theta)), 0.0)
        return value, slope[None]

    def _log_survival(self, t: Array) -> Array:
        return np.asarray(xlog1py(t, -np.asarray(self.theta)), np.float64)

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        stayed, score = self._log_survival_and_score(t - 1.0)
        with np.errstate(divide="ignore"):
            return stayed + np.log(self.theta), score + 1.0 / np.asarray(self.theta)

    def _log_mass(self, t: Array) -> Array:
        with np.errstate(divide="ignore"):
            return self._log_survival(t - 1.0) + np.log(self.theta)

    # -- predictions --------------------------------------------------------------------------------

    def _hazard(self, t: Array) -> Array:
        return np.asarray(self.theta) + 0.0 * t

    def _log_share(self, start: Array, more: Array) -> Array:
        return xlog1py(more, -np.asarray(self.theta)) + 0.0 * start

    def _tail(self) -> Real:
        return np.where(np.asarray(self.theta) > 0.0, np.inf, 0.0)

    def _discounted(self, start: Array, force: Array, count: float, *, from_next: bool) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):  # where nobody leaves and nothing is discounted
            log_share = np.log1p(-np.asarray(self.theta)) - force
            total = np.expm1(count * log_share) / np.expm1(log_share)
        total = np.where(log_share < 0.0, total, count) + 0.0 * start
        return total * (1.0 - np.asarray(self.theta)) if from_next else total

    # -- simulator ----------------------------------------------------------------------------------

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        with np.errstate(divide="ignore"):
            return whole_lifetimes(rng, -np.log1p(-np.asarray(self.theta)), 1.0, entry)
