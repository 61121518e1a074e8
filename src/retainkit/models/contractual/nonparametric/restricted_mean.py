"""Restricted mean lifetimes: the area under a survival curve up to a horizon, and differences of two.

Unlike the mean it is known from censored data, and unlike the median it is about money: times a margin per
unit of time it is the undiscounted value of a customer up to the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
from scipy.special import ndtr

from retainkit.errors import InputError
from retainkit.models.contractual.nonparametric.estimate import normal_quantile
from retainkit.models.contractual.nonparametric.risk_table import RiskTable
from retainkit.records import Record
from retainkit.typing import Array, Number, Unit


class _Curve(Protocol):
    @property
    def risk(self) -> RiskTable: ...
    @property
    def shares(self) -> Array: ...


@final
@dataclass(frozen=True, slots=True, eq=False)
class RestrictedMean(Record):
    """Expected time as a customer up to `horizon`, in `unit`."""

    mean: float
    standard_error: float
    horizon: float
    unit: Unit | None

    def interval(self, level: Number = 0.95) -> tuple[float, float]:
        """Lower and upper bound, taking the estimate as normal."""
        reach = normal_quantile(level) * self.standard_error
        return self.mean - reach, self.mean + reach

    def minus(self, other: RestrictedMean) -> RestrictedMeanDifference:
        """By how much customers of this group stay longer than those of another, up to one horizon."""
        if (self.horizon, self.unit) != (other.horizon, other.unit):
            shown = f"horizon {other.horizon:g} {other.unit or ''}".rstrip()
            rule = f"must have the same horizon and unit ({self.horizon:g} {self.unit or ''})".replace(
                " )", ")"
            )
            way_out = "Ask both curves for the restricted mean up to the same horizon."
            raise InputError("unit-mismatch", "other", shown, rule, way_out)
        error = float(np.hypot(self.standard_error, other.standard_error))
        return RestrictedMeanDifference(self.mean - other.mean, error, self.horizon, self.unit)

    def __str__(self) -> str:
        unit = f" {self.unit}s" if self.unit else ""
        return f"{self.mean:.6g} ± {self.standard_error:.2g} of the first {self.horizon:g}{unit}"


@final
@dataclass(frozen=True, slots=True, eq=False)
class RestrictedMeanDifference(Record):
    """Difference of two restricted means of independent groups."""

    difference: float
    standard_error: float
    horizon: float
    unit: Unit | None

    def interval(self, level: Number = 0.95) -> tuple[float, float]:
        """Lower and upper bound, taking the estimate as normal."""
        reach = normal_quantile(level) * self.standard_error
        return self.difference - reach, self.difference + reach

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no difference; 1 where neither group shows any variation nor difference."""
        if self.difference == 0.0:
            return 1.0
        if self.standard_error == 0.0:
            return 0.0
        return float(2.0 * ndtr(-abs(self.difference) / self.standard_error))

    def __str__(self) -> str:
        unit = f" {self.unit}s" if self.unit else ""
        return (
            f"{self.difference:+.6g} ± {self.standard_error:.2g} of the first {self.horizon:g}{unit}, "
            f"p = {self.p_value:.3g}"
        )


def area_and_error(curve: _Curve, start: float, end: float) -> tuple[float, float]:
    """∫ S(t) dt over (start, end], and its standard error times the same scale.

    Var = Σ A²·d/(n(n − d)) over the tenures in between, A the area from that tenure to the end; where all
    leave A is 0. The share at the start counts as known.
    """
    risk = curve.risk
    inside = (risk.time > start) & (risk.time < end)
    edges = np.concatenate([[start], risk.time[inside], [max(start, end)]])
    share = curve.shares[np.searchsorted(risk.time, edges[:-1], side="right")]
    lasting = share > 0.0  # keeps an infinite horizon after the last customer left away
    pieces = np.where(lasting, share * np.where(lasting, np.diff(edges), 0.0), 0.0)
    ahead = np.cumsum(pieces[::-1])[::-1]
    left, n = risk.left_in_all[inside], risk.at_risk[inside]
    stay = np.where(left < n, n - left, 1.0)
    return float(ahead[0]), float(np.sqrt(np.sum(ahead[1:] ** 2 * left / (n * stay))))
