"""Better service on any survival curve: S(t)^HR of a measured curve, a fitted model or a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from retainkit.decisions._base.old_decision import given
from retainkit.decisions.service.hazard import PER_PERIOD, changed_churn
from retainkit.decisions.service.service_change import ServiceChange, decided
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.economics.formulas.survival import Survival, survival_function
from retainkit.economics.lifetime.curve_value import AfterEnd, lifetime_value_on_curve
from retainkit.rates import in_period
from retainkit.timing import Timing, check_timing
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit


def survival_with_hazard_ratio(survival: Survival, hazard_ratio: Number) -> NumberLike:
    """The survival curve of customers whose hazard is `hazard_ratio` times as large at every tenure: S(t)^HR.

    Parameters
    ----------
    survival : column S(0) = 1, S(1), …, or callable, or object with a method ``survival``
        Measured shares, a lambda, or a model of this library.
    hazard_ratio : number above 0

    Returns
    -------
    ndarray or callable
        A column for a column; else what gives S(t)^HR at an array of times.

    Raises
    ------
    InputError
        For a ratio of 0 or less, and shares outside [0, 1].

    Examples
    --------
    >>> survival_with_hazard_ratio([1, 0.81, 0.64], 0.5)
    array([1. , 0.9, 0.8])
    >>> better = survival_with_hazard_ratio(lambda t: 0.95**t, 0.8)
    >>> round(float(better(10.0)), 4)
    0.6634
    """
    ratio = float(POSITIVE.check("hazard_ratio", hazard_ratio))
    function = survival_function(survival)
    if function is not None:
        return _Powered(function, ratio)
    return np.asarray(PROBABILITY.check("survival", survival)) ** ratio


@dataclass(frozen=True, slots=True)
class _Powered:
    """S(t)^HR of a function S."""

    function: Callable[[Array], NumberLike]
    ratio: float

    def __call__(self, t: NumberLike) -> Array:
        return np.asarray(PROBABILITY.check("survival", self.function(t))) ** self.ratio


def service_change_on_curve(
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    hazard_ratio: NumberLike,
    discount_rate: RateLike,
    timing: Timing,
    after_end: AfterEnd | None = None,
    horizon: int | None = None,
    cost_per_period: NumberLike = 0.0,
    cost: NumberLike = 0.0,
    customers: NumberLike = 1.0,
    period: Unit | None = None,
) -> ServiceChange:
    """`service_change` for customers on any survival curve: a measured one, or a fitted contractual model's.

    Parameters
    ----------
    survival : column S(0) = 1, S(1), …, or callable, or object with a method ``survival``
        Before the change; S(t)/S(now) for those at hand: ``lambda t: model.survival(now + t, given=now)``.
    timing, after_end, horizon
        As `lifetime_value_on_curve`. A churn after the end is the one before the change.
    margin_per_period, hazard_ratio, discount_rate, cost_per_period, cost, customers, period
        As `service_change`; numbers or draws.

    Returns
    -------
    ServiceChange

    Raises
    ------
    InputError
        As `lifetime_value_on_curve`, and for values outside their domain.

    Examples
    --------
    >>> measured = dict(survival=[1, 0.8, 0.7, 0.65], after_end="same-churn")
    >>> better = service_change_on_curve(
    ...     50, **measured, hazard_ratio=0.9, discount_rate=0.01, timing="begin", cost_per_period=2
    ... )
    >>> round(better.value_before, 2), round(better.value_after, 2), better.worth_it
    (515.17, 549.5, True)
    """
    check_timing(timing)
    (rate,) = in_period(period, discount_rate=discount_rate)
    inputs = given(
        margin_per_period=(margin_per_period, REAL, "before the cost of the change"),
        hazard_ratio=(hazard_ratio, POSITIVE, "new hazard over old"),
        discount_rate=(rate, GROWTH, PER_PERIOD),
        cost_per_period=(cost_per_period, NOT_NEGATIVE, "per customer, while there"),
        cost=(cost, NOT_NEGATIVE, "once, in all"),
        customers=(customers, NOT_NEGATIVE, "who get the service"),
    )

    def annuity(ratio: float, d: NumberLike) -> NumberLike:
        end = (
            after_end if after_end is None or isinstance(after_end, str) else changed_churn(after_end, ratio)
        )
        return lifetime_value_on_curve(
            1.0,
            survival_with_hazard_ratio(survival, ratio),
            discount_rate=d,
            timing=timing,
            after_end=cast("Any", end),
            horizon=horizon,
        )

    def worth(x: Mapping[str, NumberLike]) -> tuple[NumberLike, NumberLike]:
        d, ratio = x["discount_rate"], x["hazard_ratio"]
        if np.ndim(ratio) == 0:
            return annuity(1.0, d), annuity(float(ratio), d)
        rates = np.broadcast_to(d, np.shape(ratio))
        after = [annuity(float(r), float(v)) for r, v in zip(ratio, rates, strict=True)]
        return annuity(1.0, d), np.array(after)

    return decided(inputs, worth)
