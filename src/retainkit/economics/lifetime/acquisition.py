"""What a customer brings against what a customer costs to win: LTV:CAC and the rate of return.

The cost of winning a customer itself is counted in `cac_ladder`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from retainkit.domains import POSITIVE, REAL
from retainkit.economics.formulas.perpetuity import Terms, terms, terms_on, times
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import Array, NumberOf, RateOf, Same, Unit

_COST = replace(POSITIVE, way_out="A customer who cost nothing has no ratio and no rate of return.")


def ltv_to_cac(
    *,
    acquisition_cost: NumberOf[Same],
    margin_per_period: NumberOf[Same],
    churn: RateOf[Same] | None = None,
    retention: RateOf[Same] | None = None,
    discount_rate: RateOf[Same],
    timing: FlowTiming,
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    period: Unit | None = None,
) -> Same:
    """How many times over a customer's value pays for winning the customer: lifetime value/acquisition cost.

    The ratio stands on a basis, which has to be said: margin (on revenue it is 1/margin share times too
    high), discount rate (0 says undiscounted) and timing. It says nothing of when the money is back
    (`break_even`) or what the next customer costs (`five_times`); 1 is the break-even, and "3" is custom.
    Every argument has its name: cost before margin is the reverse of what the ratio is called.

    Gives ``inf`` where the value has no end. Raises `InputError` as `lifetime_value`, and for an acquisition
    cost of 0.

    Parameters
    ----------
    acquisition_cost : number or column, money, above 0
    margin_per_period, churn, retention, discount_rate, timing, growth, horizon, period
        As `lifetime_value`.

    Examples
    --------
    >>> basis = {"churn": 0.05, "discount_rate": 0.01, "timing": "end"}
    >>> round(ltv_to_cac(acquisition_cost=500, margin_per_period=50, **basis), 4)
    1.6667
    """
    check_flow(timing)
    customer, (cost, margin), back = terms_on(
        churn,
        retention,
        discount_rate,
        growth,
        horizon,
        period,
        acquisition_cost=(acquisition_cost, _COST),
        margin_per_period=(margin_per_period, REAL),
    )
    return back(times(margin, customer.factor(timing)) / cost)


def customer_irr(
    acquisition_cost: NumberOf[Same],
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same] | None = None,
    retention: RateOf[Same] | None = None,
    timing: FlowTiming,
    growth: RateOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """The rate per period that winning a customer earns: the discount rate at which the value is the cost.

    With k = m/C and R = r(1+g): at the end k + R − 1, which is m/C − c without growth; at the end if
    retained k·r + R − 1; at the begin R/(1 − k) − 1; in the middle x² − 1 with x = (k + √(k² + 4R))/2;
    continuous R·e^k − 1. There is just one, since the cost is paid first and all margins later.

    Raises `InputError` for values outside their domain: a customer without margin has no rate of return.

    Parameters
    ----------
    acquisition_cost, margin_per_period : number or column, money, above 0
    churn, retention : number or column in [0, 1], or Rate, per period
        Exactly one of the two.
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
    growth : number or column > -1, or Rate, per period
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Effective, per period; negative where the cost never comes back, −1 where nothing does, ``inf``
        where the first payment, now, is as much as the cost. For a number of payments, or a cost in
        instalments, take `irr` of the stream.

    Examples
    --------
    >>> round(customer_irr(500, 50, churn=0.05, timing="end"), 6)
    0.05
    """
    check_flow(timing)
    customer, (cost, margin), back = terms(
        churn,
        retention,
        0.0,
        growth,
        inf,
        period,
        acquisition_cost=(acquisition_cost, _COST),
        margin_per_period=(margin_per_period, POSITIVE),
    )
    with np.errstate(divide="ignore", over="ignore"):
        return back(_irr(cost, margin, customer, timing))


def _irr(cost: Array, margin: Array, customer: Terms, timing: FlowTiming) -> Array:
    # every timing solves value(d) = cost for d in closed form, with k the margin per unit of cost
    k, lost = margin / cost, -customer.x()  # lost: R − 1
    kept = customer.r * (1.0 + customer.g)
    if timing == "begin":
        # a first payment that covers the cost at once earns at any rate
        return np.where(margin < cost, (k + lost) / np.where(margin < cost, 1.0 - k, 1.0), inf)
    if timing == "mid":
        # x² − 1 with x = (k + √(k² + 4R))/2, without the difference from 1
        root = np.sqrt(k * k + 4.0 * kept)
        return 0.5 * k * (k + root) + lost
    if timing == "continuous":
        # where e^k is beyond floats nearly nobody may stay, or nobody, from whom no margin comes
        grown = np.where(k < 700.0, kept * np.exp(np.minimum(k, 700.0)), np.exp(k + np.log(kept)))
        # near R = 1 through expm1, where the rate is small; −½ only keeps the other branch in range
        return np.where(kept < 0.5, grown - 1.0, np.expm1(k + np.log1p(np.maximum(lost, -0.5))))
    return k * (customer.r if timing == "end-if-retained" else 1.0) + lost
