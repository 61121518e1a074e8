"""What winning a customer earns per month, also where only a number of payments counts."""

from __future__ import annotations

from math import inf

import numpy as np

from retainkit._numerics.search import roots_between
from retainkit.economics.lifetime.acquisition import customer_irr
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_read
from retainkit.typing import Array
from retainkit.valuation.scenarios._inputs import Terms

_LEAST = -30.0  # ln of what a month leaves of a unit: 1e-13


def rate_of_return(t: Terms) -> Array:
    """Effective, per month; ``inf`` where nothing is risked, NaN where nothing comes in."""
    cost, margin, churn, months = np.broadcast_arrays(t.cost, t.margin, t.churn, t.months)
    # elsewhere there is no rate: with nothing risked every rate will do, with nothing earned none
    usual = (cost > 0.0) & (margin > 0.0)
    rate = np.where((cost == 0.0) & (margin > 0.0), inf, np.full(cost.shape, np.nan))
    if usual.any():
        rate[usual] = _usual(t, *(a[usual] for a in (cost, margin, churn, months)))
    return rate


def _usual(t: Terms, cost: Array, margin: Array, churn: Array, months: Array) -> Array:
    # closed form without a horizon; with one the rate is lower, so that this is the upper end of a bracket
    endless = np.asarray(customer_irr(cost, margin, churn=churn, timing=t.timing))
    # −100% stays −100% with fewer payments, and an infinite rate comes of the first payment alone
    limited = (months < inf) & (endless > -1.0) & (endless < inf)
    if limited.any():
        chosen = (a[limited] for a in (cost, margin, churn, months, endless))
        endless[limited] = _limited(t, *chosen)
    return endless


def _limited(t: Terms, cost: Array, margin: Array, churn: Array, months: Array, endless: Array) -> Array:
    """The rate at which the payments of some months are worth the cost: no more than that of all."""

    def surplus(log_growth: Array) -> Array:
        rate = np.expm1(log_growth)
        value = lifetime_value(
            margin, churn=churn, discount_rate=as_read(rate), timing=t.timing, horizon=months
        )
        # near −100% a value may overflow; a bracket needs a sign, not a size
        return np.minimum(value, 1e300) - cost

    low, high = np.full(cost.shape, _LEAST), np.log1p(endless)
    found = np.expm1(roots_between(surplus, low, high))
    never = surplus(low) <= 0.0  # a single payment, now, of less than the cost
    return np.where(never, -1.0, np.where(surplus(high) >= 0.0, endless, found))
