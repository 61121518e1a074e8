"""Log-normal: tenures whose logarithms are normally distributed.

The rate of leaving rises from 0 to a peak and then falls slowly: many leave after a first stretch, and
those who are past it stay long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp

from retainkit._numerics.powers import log_ratio, rows_of, zero_times
from retainkit._numerics.samples.normal_tail import (
    fall_of_tail,
    log_tail,
    log_tail_hazard,
    step_to_fall,
    tail_hazard,
)
from retainkit.models.contractual._continuous import AbstractContinuousModel
from retainkit.parameters import positive
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogNormal(AbstractContinuousModel):
    """The log-normal model of tenure, S(t) = Φ(−ln(t/scale)/sigma).

    Parameters
    ----------
    scale : float or array, > 0
        Median tenure, in units of time.
    sigma : float or array, > 0
        Standard deviation of ln(tenure).
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    lifelines has ``mu_`` = ln(scale), which depends on the unit of time, and ``sigma_``. The mean
    lifetime is scale·e^(sigma²/2).

    Examples
    --------
    >>> from retainkit.models.contractual.log_normal import LogNormal
    >>> model = LogNormal(scale=12.0, sigma=1.2, unit="month")
    >>> print(f"{model.survival(24):.3f} {model.survival(24, given=12):.3f} {model.expected_lifetime():.2f}")
    0.282 0.564 24.65
    """

    scale: Real = positive(start=1.0, typical=(0.3, 3.0), unit="time", doc="median tenure")
    sigma: Real = positive(start=1.0, typical=(0.4, 2.0), doc="standard deviation of ln(tenure)")

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("scale", -1)}

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        y = self._standard(t)
        hazard = tail_hazard(y)
        score = rows_of(y.shape, hazard / (self.scale * self.sigma), zero_times(hazard, y) / self.sigma)
        return log_tail(y), score

    def _log_survival(self, t: Array) -> Array:
        return log_tail(self._standard(t))

    def _log_ending(self, t: Array, left: NDArray[np.bool_]) -> Array:
        y = self._standard(t)
        # the density has no tail in it, which is all that takes time here
        dense = -0.5 * y * y - 0.5 * np.log(2.0 * np.pi) - np.log(self.sigma) - np.log(t)
        there = np.broadcast_to(~left, dense.shape)
        dense[there] = log_tail(y[there])
        return dense

    def _log_hazard(self, t: Array) -> Array:
        return self._hazard_at(self._standard(t), t)

    def _hazard_at(self, y: Array, t: Array) -> Array:
        return log_tail_hazard(y) - np.log(self.sigma) - np.log(t)

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        y = self._standard(t)
        value = self._hazard_at(y, t)
        slope = y - tail_hazard(y)
        return value, rows_of(y.shape, slope / (self.scale * self.sigma), (slope * y - 1.0) / self.sigma)

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        y = self._standard(t)
        slope = tail_hazard(-y)
        score = rows_of(y.shape, -slope / (self.scale * self.sigma), -slope * y / self.sigma)
        return log_tail(-y), score

    # -- predictions --------------------------------------------------------------------------------

    def _standard(self, t: Array) -> Array:
        return log_ratio(t, self.scale) / self.sigma

    def _log_share(self, start: Array, more: Array) -> Array:
        begun = start > 0.0
        since = np.where(begun, start, 1.0)
        later = -fall_of_tail(self._standard(since), np.log1p(more / since) / self.sigma)
        return np.where(begun, later, log_tail(self._standard(more)))

    def _log_wait(self, start: Array, fall: Array) -> Array:
        begun = start > 0.0
        since = np.where(begun, start, 1.0)
        growth = self.sigma * step_to_fall(self._standard(since), fall)
        with np.errstate(divide="ignore"):
            later = np.log(since) + growth + np.log(-np.expm1(-growth))
        return np.where(begun, later, np.log(self.scale) - self.sigma * ndtri_exp(-fall))

    def _tail(self) -> Real:
        return np.inf
