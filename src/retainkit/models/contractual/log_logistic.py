"""Log-logistic: the rate of leaving rises to a peak and then falls, and the longest tenures are very long.

Bennett, S. (1983), "Log-Logistic Regression Models for Survival Data", Journal of the Royal Statistical
Society C 32(2), 165-171, doi:10.2307/2347295.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit

from retainkit._numerics.log_sums import log_sum
from retainkit._numerics.powers import (
    log_power_and_score,
    log_power_share,
    log_ratio,
    log_wait,
    rows_of,
    zero_times,
)
from retainkit.models.contractual._continuous import AbstractContinuousModel
from retainkit.parameters import positive
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogLogistic(AbstractContinuousModel):
    """The log-logistic model of tenure, S(t) = 1/(1 + (t/scale)^shape).

    Parameters
    ----------
    scale : float or array, > 0
        Median tenure, in units of time.
    shape : float or array, > 0
        Above 1 the hazard rises to a peak before it falls; up to 1 it falls from the start, and the
        mean lifetime is infinite.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    lifelines calls them ``alpha_`` and ``beta_``. The odds of having left are (t/scale)^shape. It is the
    `WeibullGamma` model with r = 1.

    Examples
    --------
    >>> from retainkit.models.contractual.log_logistic import LogLogistic
    >>> model = LogLogistic(scale=12.0, shape=1.5, unit="month")
    >>> model.survival(12)
    0.5
    >>> print(f"{model.survival(24, given=12):.3f} {model.expected_lifetime():.2f}")
    0.522 29.02
    """

    scale: Real = positive(start=1.0, typical=(0.3, 3.0), unit="time", doc="median tenure")
    shape: Real = positive(start=1.0, typical=(0.7, 3.0), doc="above 1 the hazard peaks, then falls")

    contained_in: ClassVar[tuple[str, ...]] = ("WeibullGamma",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("scale", -1)}

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        scale, shape = self.scale, self.shape
        u = log_ratio(t, scale)
        gone = expit(shape * u)  # 1 − S
        score = rows_of(gone.shape, gone * (shape / scale), -zero_times(gone, u))
        return -log_sum(shape * u, 0.0), score

    def _log_survival(self, t: Array) -> Array:
        return -log_sum(self.shape * log_ratio(t, self.scale), 0.0)

    def _log_hazard(self, t: Array) -> Array:
        return self._hazard_at(log_ratio(t, self.scale))

    def _hazard_at(self, u: Array) -> Array:
        shape = self.shape
        return np.log(shape) - np.log(self.scale) + (shape - 1.0) * u - log_sum(shape * u, 0.0)

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        scale, shape = self.scale, self.shape
        u = log_ratio(t, scale)
        there = expit(-shape * u)
        value = self._hazard_at(u)
        return value, rows_of(value.shape, -there * (shape / scale), 1.0 / shape + u * there)

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        return log_power_and_score(t, self.scale, self.shape)

    # -- predictions --------------------------------------------------------------------------------

    def _log_share(self, start: Array, more: Array) -> Array:
        return log_power_share(self.scale, self.shape, 1.0, start, more)

    def _log_wait(self, start: Array, fall: Array) -> Array:
        return log_wait(self.scale, self.shape, start, fall, np.log(-np.expm1(-fall)))

    def _tail(self) -> Real:
        return self.shape
