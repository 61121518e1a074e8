"""All figures of one scenario or of a million: one call of each economic function, on columns."""

from __future__ import annotations

import numpy as np

from retainkit._numerics.search import roots_between
from retainkit.economics.breakeven.break_even import break_even_periods
from retainkit.economics.breakeven.targets import break_even_churn, break_even_margin
from retainkit.economics.lifetime.attrition import expected_lifetime_from
from retainkit.economics.lifetime.elasticity import Elasticities, elasticities
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.rates import as_read
from retainkit.timing import Instant
from retainkit.typing import Array, Plain, Real
from retainkit.valuation.scenarios._inputs import Terms
from retainkit.valuation.scenarios._returns import rate_of_return


def compute(t: Terms) -> Plain:
    """Every figure by name, as numbers or as columns that broadcast; NaN for what does not exist."""
    # a million scenarios hold some without answer (no margin, no cost): theirs is NaN or inf, not a warning
    with np.errstate(all="ignore"):
        return _compute(t)


def _compute(t: Terms) -> Plain:
    common: Plain = {"churn": t.churn, "discount_rate": as_read(t.discount_rate)}
    counted: Plain = {**common, "horizon": t.months}
    monthly = rate_of_return(t)
    # NaN where value has no end, and so no elasticity: a row must not stop the table; infinite where value is
    # just the cost, since any change is then infinitely many percent of nothing
    change = elasticities(t.margin, **counted, timing=t.timing, acquisition_cost=t.cost, undefined="nan")
    value = lifetime_value(t.margin, **counted, timing=t.timing)
    return {
        "simple_payback_months": break_even_periods(t.cost, t.margin),
        "payback_months": _in_time(_payback(t), t.months),
        "lifetime_value": value,
        "net_value": value - t.cost,
        "value_to_cost": _ratio(value, t.cost),
        "monthly_rate_of_return": monthly,
        # compounded through the logarithm: small monthly rates keep their digits
        "annual_rate_of_return": np.expm1(12.0 * np.log1p(monthly)),
        # of the customer, not of the contract: the horizon cuts what is counted, not how long they stay
        "expected_lifetime_months": expected_lifetime_from(churn=t.churn),
        "residual_value_after_payment": _residual(t, counted, "after-payment"),
        "residual_value_before_renewal": _residual(t, counted, "before-renewal"),
        "critical_monthly_churn": _critical_churn(t),
        # the margin before retention cost, as callers give it: what keeping costs comes on top
        "critical_monthly_margin": t.keeping + _critical_margin(t),
        # onboarding is paid in any case, so that it leaves less for winning the customer
        "critical_acquisition_cost": value - t.onboarding_cost,
        "elasticity_to_retention": change.retention,
        # of the margin as callers give it, as the critical margin is; keeping customers costs the same
        "elasticity_to_margin": _ratio(
            lifetime_value(t.gross, **counted, timing=t.timing) * ~np.isnan(change.margin), value - t.cost
        ),
        "elasticity_to_discount_rate": _to_annual_rate(t, change),
        "elasticity_to_acquisition_cost": _part(_share(t.acquisition_cost, t.cost), change.acquisition_cost),
    }


def _payback(t: Terms) -> Real:
    if t.timing != "continuous":
        return break_even_periods(
            t.cost, t.margin, churn=t.churn, discount_rate=as_read(t.discount_rate), timing=t.timing
        )
    # m·(1 − e^(−f·n))/f = C, with f the force of churn and discount together
    force = np.log1p(t.discount_rate) - np.log1p(-np.asarray(t.churn))
    months = np.divide(t.cost, t.margin)
    share = months * force
    found = np.where(share < 1.0, np.where(share == 0.0, months, -np.log1p(-share) / force), np.inf)
    return np.where(np.asarray(t.cost) == 0.0, 0.0, np.where(np.asarray(t.margin) > 0.0, found, np.inf))


def _critical_margin(t: Terms) -> Real:
    if t.timing != "continuous":
        return break_even_margin(
            t.cost, churn=t.churn, discount_rate=as_read(t.discount_rate), timing=t.timing, horizon=t.months
        )
    one = lifetime_value(
        1.0, churn=t.churn, discount_rate=as_read(t.discount_rate), horizon=t.months, timing=t.timing
    )
    return np.where(np.asarray(t.cost) == 0.0, 0.0, np.divide(t.cost, one))


def _critical_churn(t: Terms) -> Real:
    if t.timing != "continuous":
        return break_even_churn(
            t.cost, t.margin, discount_rate=as_read(t.discount_rate), timing=t.timing, horizon=t.months
        )
    cost, margin, d, months = np.broadcast_arrays(t.cost, t.margin, t.discount_rate, t.months)

    def surplus(churn: Array) -> Array:
        return (
            lifetime_value(margin, churn=churn, discount_rate=as_read(d), horizon=months, timing="continuous")
            - cost
        )

    # ever: f = m/C, rounded outward; within some months the payments are fewer, and churn has to be lower
    ever = np.nextafter(-np.expm1(np.log1p(d) - margin / cost) * (1.0 + 8 * 2.0**-52), 1.0)
    churn = np.where(months < np.inf, roots_between(surplus, np.zeros(cost.shape), np.ones(cost.shape)), ever)
    churn = np.where(surplus(np.zeros(cost.shape)) <= 0.0, 0.0, np.maximum(churn, 0.0))
    return np.where(cost == 0.0, np.inf, churn)


def _residual(t: Terms, counted: Plain, instant: Instant) -> Real:
    """NaN where margin flows all the time: there is no payment, and no renewal, to be just after."""
    if t.timing == "continuous":
        return np.full(np.shape(t.margin), np.nan)
    return residual_lifetime_value(t.margin, **counted, instant=instant)


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
