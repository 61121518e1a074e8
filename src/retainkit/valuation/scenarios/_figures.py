"""All figures of one scenario or of a million: one call of each economic function, on columns."""

from __future__ import annotations

import numpy as np

from retainkit.economics.breakeven.break_even import break_even_periods
from retainkit.economics.breakeven.targets import break_even_churn, break_even_margin
from retainkit.economics.lifetime.attrition import expected_lifetime_from
from retainkit.economics.lifetime.elasticity import Elasticities, elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.typing import Plain, Real
from retainkit.valuation.scenarios._inputs import Terms
from retainkit.valuation.scenarios._returns import rate_of_return


def compute(t: Terms) -> Plain:
    """Every figure by name, as numbers or as columns that broadcast; NaN for what does not exist."""
    # a million scenarios hold some without answer (no margin, no cost): theirs is NaN or inf, not a warning
    with np.errstate(all="ignore"):
        return _compute(t)


def _compute(t: Terms) -> Plain:
    common: Plain = {"churn": t.churn, "discount_rate": t.discount_rate}
    counted: Plain = {**common, "horizon": t.months}
    monthly = rate_of_return(t)
    # NaN where value is exactly the cost: a percent of nothing has no elasticity, and a row must not stop the
    # table
    change = elasticities(t.margin, **counted, timing=t.timing, acquisition_cost=t.cost, undefined="nan")
    value = lifetime_value(t.margin, **counted, timing=t.timing)
    return {
        "simple_payback_months": break_even_periods(t.cost, t.margin),
        "payback_months": _in_time(break_even_periods(t.cost, t.margin, **common, timing=t.timing), t.months),
        "lifetime_value": value,
        "net_value": value - t.cost,
        "value_to_cost": _ratio(value, t.cost),
        "monthly_rate_of_return": monthly,
        # compounded through the logarithm: small monthly rates keep their digits
        "annual_rate_of_return": np.expm1(12.0 * np.log1p(monthly)),
        # of the customer, not of the contract: the horizon cuts what is counted, not how long they stay
        "expected_lifetime_months": expected_lifetime_from(churn=t.churn),
        "residual_value_after_payment": residual_lifetime_value(t.margin, **counted, instant="after-payment"),
        "residual_value_before_renewal": residual_lifetime_value(
            t.margin, **counted, instant="before-renewal"
        ),
        "critical_monthly_churn": break_even_churn(
            t.cost, t.margin, discount_rate=t.discount_rate, timing=t.timing, horizon=t.months
        ),
        "critical_monthly_margin": t.keeping
        # the margin before retention cost, as callers give it: what keeping costs comes on top
        + break_even_margin(t.cost, **common, timing=t.timing, horizon=t.months),
        # onboarding is paid in any case, so that it leaves less for winning the customer
        "critical_acquisition_cost": value - t.onboarding_cost,
        "elasticity_to_retention": change.retention,
        "elasticity_to_margin": change.margin,
        "elasticity_to_discount_rate": _to_annual_rate(t, change),
        "elasticity_to_acquisition_cost": _part(_share(t.acquisition_cost, t.cost), change.acquisition_cost),
    }


def _in_time(payback: Real, months: Real) -> Real:
    """A payback after the horizon is none."""
    # no copy where nothing is too late: most tables have no horizon
    return np.where(payback <= months, payback, np.inf) if np.any(payback > months) else payback


def _ratio(value: Real, cost: Real) -> Real:
    return np.divide(value, cost)


def _to_annual_rate(t: Terms, change: Elasticities) -> Real:
    """Payments that come D months from now lose D/12·a/(1+a) percent per percent of the yearly rate a."""
    rate = t.annual_discount_rate
    return _part(-rate / (1.0 + rate), change.duration / 12.0 * change.margin)


def _share(part: Real, whole: Real) -> Real:
    # of nothing the part is nothing: 0/1 in place of 0/0
    return np.divide(part, np.where(whole == 0.0, 1.0, whole))


def _part(share: Real, elasticity: Real) -> Real:
    """share · elasticity, 0 where the share is 0 even if the elasticity is infinite."""
    return np.where(share == 0.0, 0.0, share * elasticity)
