"""A hazard that is so many times as large: what a customer with it is worth, and whether it pays.

`CustomersKept` is the engine of every decision that changes a hazard, a churn or a margin for a cost.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.economics.formulas.perpetuity import refuse_infinite
from retainkit.economics.formulas.survival import Curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_read
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, RateLike, Real


def changed_churn(churn: NumberLike, hazard_ratio: NumberLike) -> Real:
    """1 − (1−c)^HR: the churn that belongs to HR times the hazard."""
    with np.errstate(divide="ignore"):
        # (1 − c)^HR: hazards are proportional, shares lost are not
        return -np.expm1(hazard_ratio * np.log1p(-np.asarray(churn)))


def value_with(
    margin: Real,
    churn: Real | Curve,
    discount_rate: Real,
    timing: FlowTiming,
    hazard_ratio: Real = 1.0,
    horizon: Real = np.inf,
) -> Real:
    """The lifetime value of a customer whose hazard is so many times that of `churn`."""
    # a ratio of 1 is left alone: the way there and back through logarithms would cost digits
    left = churn
    if np.any(np.asarray(hazard_ratio) != 1.0):
        curved = isinstance(churn, Curve)
        left = churn.with_hazard(hazard_ratio) if curved else changed_churn(churn, hazard_ratio)
    d = as_read(discount_rate)
    return lifetime_value(margin, churn=left, discount_rate=d, timing=timing, horizon=horizon)


def refuse_endless(*values: NumberLike) -> None:
    """An error that says why, where a value to compare has no end."""
    # inf − inf is no gain: said once here, in words that fit a comparison
    for value in values:
        refuse_infinite(np.asarray(value), way_out="Discount: a value without end cannot gain.")


def hazard_of(churn: RateLike) -> Real:
    """−ln(1−c), of a churn per period."""
    c = np.asarray(PROBABILITY.check("churn", churn))
    with np.errstate(divide="ignore"):
        return -np.log1p(-c)  # from the share lost, whose digits 1 − c would round away


@dataclass(frozen=True, eq=False, kw_only=True)
class CustomersKept(Inputs):
    """Customers who are worth more after a change than before it: customers·(after − before) − cost."""

    margin_per_period: Real = assumed(REAL, "before the cost of the change")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    customers: Real = assumed(NOT_NEGATIVE, "who get the service")
    cost: Real = assumed(NOT_NEGATIVE, "once, in all")

    @abstractmethod
    def values(self) -> tuple[Real, Real]:
        """What a customer is worth before the change and after it."""

    def gained_on_customers(self) -> Real:
        """What all of them together are worth more."""
        before, after = self.values()
        return self.customers * (after - before)

    def gain(self) -> Real:
        return self.gained_on_customers() - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class AnnuityChange(CustomersKept):
    """A change that costs something in each period and moves what one unit of margin per period is worth."""

    cost_per_period: Real = assumed(NOT_NEGATIVE, "per customer, while there")

    @abstractmethod
    def annuities(self) -> tuple[Real, Real]:
        """What one unit of margin per period is worth before and after."""

    def values(self) -> tuple[Real, Real]:
        before, after = self.annuities()
        # the cost per period is paid while the customer is there, so that it is one with the margin
        return self.margin_per_period * before, (self.margin_per_period - self.cost_per_period) * after


@dataclass(frozen=True, eq=False, kw_only=True)
class HazardChange(AnnuityChange):
    """A churn, the same in every period or along a curve, and a change that multiplies its hazard."""

    churn: Real | Curve = assumed(PROBABILITY, "share lost per period before", rate="loss", curve=True)
    timing: FlowTiming = setting(check_flow)

    @abstractmethod
    def ratio(self) -> Real:
        """How many times as large the hazard becomes."""

    def annuities(self) -> tuple[Real, Real]:
        now, then = (
            value_with(1.0, self.churn, self.discount_rate, self.timing, hr) for hr in (1.0, self.ratio())
        )
        return now, then
