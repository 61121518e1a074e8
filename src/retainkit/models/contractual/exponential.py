"""Exponential: customers leave at a constant rate, whatever their tenure.

The baseline of every other model: after any time the future is as long as at the start. Where customers
differ, those who stay are the loyal ones, and a constant rate misjudges both them and new customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.powers import log_ratio
from retainkit.models.contractual._continuous import AbstractContinuousModel
from retainkit.parameters import positive
from retainkit.typing import Array, Real


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exponential(AbstractContinuousModel):
    """The exponential model of tenure, S(t) = e^(−t/scale): a constant hazard.

    Parameters
    ----------
    scale : float or array, > 0
        Mean lifetime in units of time; the hazard is 1/scale.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    lifelines calls the scale ``lambda_``. The churn per period is 1 − e^(−1/scale).

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.models.contractual.exponential import Exponential
    >>> model = Exponential(scale=20.0, unit="month")
    >>> print(f"{model.churn(1):.4f} {model.survival(12):.4f}")
    0.0488 0.5488
    >>> model.expected_lifetime(given=rk.Duration(3, "year"))
    20.0
    """

    scale: Real = positive(start=1.0, typical=(0.3, 3.0), unit="time", doc="mean lifetime")

    contained_in: ClassVar[tuple[str, ...]] = ("Weibull", "WeibullGamma")
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {"churn": ("scale", -1)}

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        x = t / self.scale
        return -x, (x / self.scale)[None]

    def _log_survival(self, t: Array) -> Array:
        return -t / self.scale

    def _log_hazard(self, t: Array) -> Array:
        return -np.log(self.scale) + 0.0 * t

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        value = self._log_hazard(t)
        return value, np.broadcast_to(-1.0 / np.asarray(self.scale), value.shape)[None]

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        value = log_ratio(t, self.scale)
        return value, np.broadcast_to(-1.0 / np.asarray(self.scale), value.shape)[None]

    # -- predictions --------------------------------------------------------------------------------

    def _log_share(self, start: Array, more: Array) -> Array:
        return -more / self.scale + 0.0 * start

    def _log_wait(self, start: Array, fall: Array) -> Array:
        return np.log(self.scale) + np.log(fall) + 0.0 * start

    def _mean_within(self, start: Array, span: Array, tail: Array, *parameters: Array) -> Array:
        del start, tail  # whoever is there has as long to go as a new customer
        (scale,) = parameters
        return -scale * np.expm1(-span / scale)

    def _tail(self) -> Real:
        return np.inf
