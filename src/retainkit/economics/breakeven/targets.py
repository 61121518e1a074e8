"""Break-even solved for any one of its numbers: churn, margin, price or acquisition cost.

All four ask for the value at which the expected margin of a customer just equals what it cost to win one,
either ever (``horizon=inf``, the default) or by a number of payments. Timing as in `break_even_periods`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from retainkit._numerics.search import roots_between
from retainkit.columns import columns, plain_first
from retainkit.domains import (
    ENDLESS,
    ENDLESS_FROM_1,
    GROWTH,
    NOT_NEGATIVE,
    PROBABILITY,
    RATE,
    REAL,
    SHARE_BELOW_1,
)
from retainkit.economics.formulas import payback
from retainkit.economics.formulas.survival import is_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_loss, in_period
from retainkit.timing import TIMINGS, Timing, check_timing
from retainkit.typing import Array, NumberOf, Plain, RateOf, Same, Unit

_PAYMENTS = replace(
    ENDLESS_FROM_1, rule="must be 1 payment or more (inf: ever)", way_out="Payments come whole."
)


def _worth(margin: float, c: float, d: float, timing: Timing, g: float, n: float) -> float:
    # no margin collects nothing, also where one unit of it would grow without end
    return margin * payback.worth_of_one(c, d, timing, g, n) if margin else 0.0


def _margin(cost: float, c: float, d: float, timing: Timing, g: float, n: float) -> float:
    one = payback.worth_of_one(c, d, timing, g, n)
    return 0.0 if cost == 0.0 else cost / one if one else inf  # nothing is ever paid: no margin is enough


def _price(
    cost: float, fixed: float, share: float, c: float, d: float, timing: Timing, g: float, n: float
) -> float:
    return (_margin(cost, c, d, timing, g, n) + fixed) / (1.0 - share)


def _churn(cost: float, margin: float, d: float, timing: Timing, g: float, n: float) -> float | None:
    return payback.critical_churn(cost, margin, d, g, timing) if n == inf else None


_PLAIN = payback.PLAIN_RULES | {"horizon": _PAYMENTS}


@plain_first(_worth, margin_per_period=REAL, **_PLAIN)
def break_even_acquisition_cost(
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same] = 0.0,
    discount_rate: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    period: Unit | None = None,
) -> Same:
    """The most that may be spent to win a customer: what its margin is worth.

    margin · w·(1 − qⁿ)/(c(1+g) + d − g), with n = `horizon` payments, and w and q as in `break_even_periods`.

    Gives ``inf`` where customers stay for ever and nothing is discounted. Raises `InputError` for values
    outside their domain, an unknown timing, or a `Rate` without `period`.

    Parameters
    ----------
    margin_per_period : number or column, money
    churn : number or column in [0, 1], or Rate
        Or what gives a survival curve, as in `lifetime_value`.
    discount_rate : number or column > -1, or Rate
    timing : {"begin", "mid", "end", "end-if-retained"}
    growth : number or column > -1, or Rate
        Of the margin, from each payment to the next.
    horizon : number or column, 1 payment or more; ``inf``: ever
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> break_even_acquisition_cost(50, churn=0.1)
    500.0
    >>> round(break_even_acquisition_cost(50, churn=0.05, horizon=14), 4)
    512.325
    """
    check_timing(timing)
    if is_curve(churn):
        return lifetime_value(
            margin_per_period,
            churn=churn,
            discount_rate=discount_rate,
            timing=timing,
            growth=growth,
            horizon=ENDLESS_FROM_1.uncertain("horizon", horizon),
            period=period,
        )
    churn, discount_rate, growth = in_period(
        period, churn=as_loss(churn), discount_rate=discount_rate, growth=growth
    )
    (m, c, d, g, n), back = columns(
        margin_per_period=(margin_per_period, REAL),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    with np.errstate(invalid="ignore"):  # 0·inf: no margin collects nothing, even for ever
        return back(np.where(m == 0.0, 0.0, m * payback.worth_of_one_of(c, d, timing, g, n)))


@plain_first(_margin, acquisition_cost=NOT_NEGATIVE, **_PLAIN)
def break_even_margin(
    acquisition_cost: NumberOf[Same],
    *,
    churn: RateOf[Same] = 0.0,
    discount_rate: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    period: Unit | None = None,
) -> Same:
    """The margin per period that just pays the acquisition cost back, ever or within some payments.

    Gives money per period; 0 where any margin is enough in the end, ``inf`` where none is. Raises
    `InputError` as `break_even_acquisition_cost`.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
    churn, discount_rate, timing, growth, horizon, period
        As `break_even_acquisition_cost`.

    Examples
    --------
    >>> break_even_margin(500, churn=0.1)
    50.0
    >>> round(break_even_margin(500, churn=0.05, horizon=12), 4)
    54.3904
    """
    check_timing(timing)
    if is_curve(churn):
        each: Plain = {"churn": churn, "discount_rate": discount_rate, "timing": timing, "growth": growth}
        worth = break_even_acquisition_cost(1.0, **each, horizon=horizon, period=period)
        (cost, w), back = columns(acquisition_cost=(acquisition_cost, NOT_NEGATIVE), churn=(worth, ENDLESS))
        with np.errstate(divide="ignore", invalid="ignore"):
            return back(np.where(cost == 0.0, 0.0, cost / w))
    churn, discount_rate, growth = in_period(
        period, churn=as_loss(churn), discount_rate=discount_rate, growth=growth
    )
    (cost, c, d, g, n), back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = cost / payback.worth_of_one_of(c, d, timing, g, n)
    return back(np.where(cost == 0.0, 0.0, margin))


@plain_first(
    _price, acquisition_cost=NOT_NEGATIVE, cost_per_period=NOT_NEGATIVE, cost_share=SHARE_BELOW_1, **_PLAIN
)
def break_even_price(
    acquisition_cost: NumberOf[Same],
    *,
    cost_per_period: NumberOf[Same],
    cost_share: NumberOf[Same] = 0.0,
    churn: RateOf[Same] = 0.0,
    discount_rate: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    period: Unit | None = None,
) -> Same:
    """The price per period that just pays the acquisition cost back.

    (break-even margin + cost_per_period)/(1 − cost_share)

    Gives money per period. Raises `InputError` as `break_even_acquisition_cost`, and for a cost share of 1.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
    cost_per_period : number or column, money, 0 or more
        What serving a customer costs per period, whatever the price; without default.
    cost_share : number or column in [0, 1)
        What goes with the price: payment fees, commissions, as a share of it.
    churn, discount_rate, timing, growth, horizon, period
        As `break_even_acquisition_cost`. Churn is taken to stay as it is at another price.

    Examples
    --------
    >>> round(break_even_price(500, cost_per_period=20, cost_share=0.03, churn=0.1), 4)
    72.1649
    """
    margin = break_even_margin(
        acquisition_cost,
        churn=churn,
        discount_rate=discount_rate,
        timing=timing,
        growth=growth,
        horizon=horizon,
        period=period,
    )
    (m, cost, share), back = columns(
        acquisition_cost=(margin, ENDLESS),
        cost_per_period=(cost_per_period, NOT_NEGATIVE),
        cost_share=(cost_share, SHARE_BELOW_1),
    )
    # a share of the price goes to its own costs, so that the price is margin and fixed cost over the rest
    return back((m + cost) / (1.0 - share))


@plain_first(
    _churn,
    acquisition_cost=NOT_NEGATIVE,
    margin_per_period=REAL,
    discount_rate=RATE,
    timing=TIMINGS,
    growth=RATE,
    horizon=_PAYMENTS,
)
def break_even_churn(
    acquisition_cost: NumberOf[Same],
    margin_per_period: NumberOf[Same],
    *,
    discount_rate: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    period: Unit | None = None,
) -> Same:
    """The critical churn: from it on the acquisition cost is never paid back, or not in time.

    Ever, without growth: m/C − d·(1 − m/C) at the begin, m/C − d at the end, (m − C·d)/(m + C) at the end if
    retained. With `horizon`, the highest churn at which that many payments are still enough.

    Gives a share per period, rounded outward: at it, too, the cost is never paid back. 0 where it is not even
    without churn, ``inf`` where the first payment alone is enough and no churn is too high. Raises
    `InputError` as `break_even_acquisition_cost`.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
    margin_per_period : number or column, money
    discount_rate, timing, growth, horizon, period
        As `break_even_acquisition_cost`.

    Examples
    --------
    >>> break_even_churn(500, 50)
    0.1
    >>> round(break_even_churn(500, 50, timing="end-if-retained"), 6)
    0.090909
    >>> round(break_even_churn(500, 50, horizon=14), 6)
    0.054093
    """
    check_timing(timing)
    rate, growth = in_period(period, discount_rate=discount_rate, growth=growth)
    given, back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        margin_per_period=(margin_per_period, REAL),
        discount_rate=(rate, GROWTH),
        growth=(growth, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    cost, margin, d, g, n = (np.broadcast_to(a, back.shape) for a in given)
    ever = payback.critical_churn_of(cost, margin, d, timing, g)
    in_time = n < inf
    return back(np.where(in_time, _in_time(cost, margin, d, timing, g, n), ever) if in_time.any() else ever)


def _in_time(cost: Array, margin: Array, d: Array, timing: Timing, g: Array, n: Array) -> Array:
    n = np.where(n == inf, 1.0, n)  # not asked for here

    def surplus(c: Array) -> Array:
        return margin * payback.worth_of_one_of(c, d, timing, g, n) - cost

    zero, one = np.zeros(cost.shape), np.ones(cost.shape)  # all churns there are
    # what n payments bring falls steadily with churn, so that one sign change is all there is to find
    churn = roots_between(surplus, zero, one)
    return np.where(surplus(one) >= 0.0, inf, np.where(surplus(zero) <= 0.0, 0.0, churn))
