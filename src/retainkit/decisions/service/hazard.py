"""A hazard that is so many times as large, and what a customer with it is worth."""

from __future__ import annotations

import numpy as np

from retainkit.domains import PROBABILITY
from retainkit.economics.formulas.perpetuity import refuse_infinite
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.timing import FlowTiming
from retainkit.typing import NumberLike, RateLike

PER_PERIOD = "per period"
NO_GAIN_FROM_NO_END = "Discount: a value without end cannot gain."


def changed_churn(churn: NumberLike, hazard_ratio: NumberLike) -> NumberLike:
    """1 − (1−c)^HR: the churn that belongs to HR times the hazard."""
    with np.errstate(divide="ignore"):
        return -np.expm1(hazard_ratio * np.log1p(-np.asarray(churn)))


def value_with(
    margin: NumberLike,
    churn: NumberLike,
    discount_rate: NumberLike,
    timing: FlowTiming,
    hazard_ratio: NumberLike = 1.0,
    **how_long: NumberLike,
) -> NumberLike:
    """The lifetime value of a customer whose hazard is so many times that of `churn`."""
    left = changed_churn(churn, hazard_ratio) if np.any(np.asarray(hazard_ratio) != 1.0) else churn
    return lifetime_value(margin, churn=left, discount_rate=discount_rate, timing=timing, **how_long)


def refuse_endless(*values: NumberLike) -> None:
    """An error that says why, where a value to compare has no end."""
    for value in values:
        refuse_infinite(np.asarray(value), way_out=NO_GAIN_FROM_NO_END)


def hazard_of(churn: RateLike) -> NumberLike:
    """−ln(1−c), of a churn per period."""
    c = np.asarray(PROBABILITY.check("churn", churn))
    with np.errstate(divide="ignore"):
        return -np.log1p(-c)
