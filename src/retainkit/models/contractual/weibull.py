"""Weibull: the rate of leaving rises or falls with tenure as a power of it.

Weibull, W. (1951), "A Statistical Distribution Function of Wide Applicability", Journal of Applied
Mechanics 18(3), 293-297, doi:10.1115/1.4010337.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.powers import (
    growth_of_power,
    log_power_and_score,
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
class Weibull(AbstractContinuousModel):
    """The Weibull model of tenure, S(t) = exp(−(t/scale)^shape).

    Parameters
    ----------
    scale : float or array, > 0
        Time by which 63.2% have left (1 − 1/e), in units of time.
    shape : float or array, > 0
        Below 1 the hazard falls with tenure, above 1 it rises, at 1 it is constant.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    lifelines calls them ``lambda_`` and ``rho_``; R's ``survreg`` gives ln scale as the intercept and
    1/shape as its "scale". A falling hazard may also mean that customers differ, each with a constant
    rate: `WeibullGamma` tells the two apart.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.models.contractual.weibull import Weibull
    >>> model = Weibull(scale=24.0, shape=0.8, unit="month")
    >>> print(f"{model.survival(12):.3f} {model.survival(24, given=12):.3f} {model.median():.2f}")
    0.563 0.653 15.18
    >>> fitted = rk.fit(Weibull, model.sample([36.0] * 2000, seed=1))
    >>> abs(fitted.model.shape - 0.8) < 3 * fitted.standard_errors["shape"]
    True
    """

    scale: Real = positive(start=1.0, typical=(0.3, 3.0), unit="time", doc="time by which 63.2% have left")
    shape: Real = positive(start=1.0, typical=(0.5, 2.5), doc="below 1 the hazard falls with tenure")

    contained_in: ClassVar[tuple[str, ...]] = ("WeibullGamma",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("scale", -1)}

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        scale, shape = self.scale, self.shape
        u = log_ratio(t, scale)
        x = np.exp(shape * u)  # (t/scale)^shape
        return -x, rows_of(x.shape, x * (shape / scale), -zero_times(x, u))

    def _log_hazard(self, t: Array) -> Array:
        return np.log(self.shape) - np.log(self.scale) + (self.shape - 1.0) * log_ratio(t, self.scale)

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        scale, shape = self.scale, self.shape
        value, u = self._log_hazard(t), log_ratio(t, scale)
        return value, rows_of(value.shape, -shape / scale, 1.0 / shape + u)

    def _log_ending(self, t: Array, left: NDArray[np.bool_]) -> Array:
        u = np.log(t / self.scale)
        return self._ended(left, u, np.exp(self.shape * u))

    def _ended(self, left: NDArray[np.bool_], u: Array, x: Array) -> Array:
        return left * (np.log(self.shape / self.scale) + (self.shape - 1.0) * u) - x

    def _log_ending_and_score(self, t: Array, left: NDArray[np.bool_]) -> tuple[Array, Array]:
        # both of the above with one logarithm: most of the time of a fit to a million customers goes here
        scale, shape = self.scale, self.shape
        u = np.log(t / scale)
        x = np.exp(shape * u)
        value, surprise = self._ended(left, u, x), left - x  # the martingale residual
        return value, rows_of(value.shape, (-shape / scale) * surprise, left / shape + u * surprise)

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        return log_power_and_score(t, self.scale, self.shape)

    # -- predictions --------------------------------------------------------------------------------

    def _log_survival(self, t: Array) -> Array:
        with np.errstate(over="ignore"):
            return -np.exp(self.shape * log_ratio(t, self.scale))

    def _log_share(self, start: Array, more: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return self._log_survival(start + more) * growth_of_power(start, more, self.shape)

    def _log_wait(self, start: Array, fall: Array) -> Array:
        return log_wait(self.scale, self.shape, start, 0.0, np.log(fall))

    def _tail(self) -> Real:
        return np.inf
