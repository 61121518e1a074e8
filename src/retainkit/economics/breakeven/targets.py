"""Break-even solved for any one of its numbers: churn, margin, price or acquisition cost.

All four ask for the value at which the expected margin of a customer just equals what it cost to win one,
either ever (``horizon=inf``, the default) or by a number of payments. Timing as in `break_even_periods`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from retainkit._numerics.search import roots_between
from retainkit.columns import SameKind, columns, plain_first
from retainkit.domains import ENDLESS, ENDLESS_FROM_1, GROWTH, NOT_NEGATIVE, PROBABILITY, REAL, SHARE_BELOW_1
from retainkit.economics.formulas import payback
from retainkit.rates import as_loss, in_period
from retainkit.timing import TIMINGS, Timing, check_timing
from retainkit.typing import Array, NumberLike, RateLike, Unit

_PAYMENTS = replace(
    ENDLESS_FROM_1, rule="must be 1 payment or more (inf: ever)", way_out="Payments come whole."
)


def _worth(margin: float, c: float, d: float, timing: Timing, n: float) -> float:
    # no margin collects nothing, also where one unit of it would grow without end
    return margin * payback.worth_of_one(c, d, timing, n) if margin else 0.0


def _margin(cost: float, c: float, d: float, timing: Timing, n: float) -> float:
    one = payback.worth_of_one(c, d, timing, n)
    return 0.0 if cost == 0.0 else cost / one if one else inf  # nothing is ever paid: no margin is enough


def _price(cost: float, fixed: float, share: float, c: float, d: float, timing: Timing, n: float) -> float:
    return (_margin(cost, c, d, timing, n) + fixed) / (1.0 - share)


def _churn(cost: float, margin: float, d: float, timing: Timing, n: float) -> float | None:
    return payback.critical_churn(cost, margin, d, timing) if n == inf else None


_PLAIN = payback.PLAIN_RULES | {"horizon": _PAYMENTS}


@plain_first(_worth, margin_per_period=REAL, **_PLAIN)
def break_even_acquisition_cost(
    margin_per_period: NumberLike,
    *,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    horizon: NumberLike = inf,
    period: Unit | None = None,
) -> SameKind:
    """The most that may be spent to win a customer: what its margin is worth.

    margin · w·(1 − qⁿ)/(c + d), with n = `horizon` payments and w as in `break_even_periods`.

    Gives ``inf`` where customers stay for ever and nothing is discounted. Raises `InputError` for values
    outside their domain, an unknown timing, or a `Rate` without `period`.

    Parameters
    ----------
    margin_per_period : number or column, money
    churn : number or column in [0, 1], or Rate
    discount_rate : number or column > -1, or Rate
    timing : {"begin", "mid", "end", "end-if-retained"}
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
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (m, c, d, n), back = columns(
        margin_per_period=(margin_per_period, REAL),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    with np.errstate(invalid="ignore"):  # 0·inf: no margin collects nothing, even for ever
        return back(np.where(m == 0.0, 0.0, m * payback.worth_of_one_of(c, d, timing, n)))


@plain_first(_margin, acquisition_cost=NOT_NEGATIVE, **_PLAIN)
def break_even_margin(
    acquisition_cost: NumberLike,
    *,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    horizon: NumberLike = inf,
    period: Unit | None = None,
) -> SameKind:
    """The margin per period that just pays the acquisition cost back, ever or within some payments.

    Gives money per period; 0 where any margin is enough in the end, ``inf`` where none is. Raises
    `InputError` as `break_even_acquisition_cost`.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
    churn, discount_rate, timing, horizon, period
        As `break_even_acquisition_cost`.

    Examples
    --------
    >>> break_even_margin(500, churn=0.1)
    50.0
    >>> round(break_even_margin(500, churn=0.05, horizon=12), 4)
    54.3904
    """
    check_timing(timing)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (cost, c, d, n), back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = cost / payback.worth_of_one_of(c, d, timing, n)
    return back(np.where(cost == 0.0, 0.0, margin))


@plain_first(
    _price, acquisition_cost=NOT_NEGATIVE, cost_per_period=NOT_NEGATIVE, cost_share=SHARE_BELOW_1, **_PLAIN
)
def break_even_price(
    acquisition_cost: NumberLike,
    *,
    cost_per_period: NumberLike,
    cost_share: NumberLike = 0.0,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    horizon: NumberLike = inf,
    period: Unit | None = None,
) -> SameKind:
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
    churn, discount_rate, timing, horizon, period
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
    discount_rate=GROWTH,
    timing=TIMINGS,
    horizon=_PAYMENTS,
)
def break_even_churn(
    acquisition_cost: NumberLike,
    margin_per_period: NumberLike,
    *,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    horizon: NumberLike = inf,
    period: Unit | None = None,
) -> SameKind:
    """The critical churn: from it on the acquisition cost is never paid back, or not in time.

    Ever: m/C − d·(1 − m/C) at the begin, m/C − d at the end, (m − C·d)/(m + C) at the end if retained. With
    `horizon`, the highest churn at which that many payments are still enough.

    Gives a share per period; 0 where the cost is not paid back even without churn, ``inf`` where the first
    payment alone is enough and no churn is too high. Raises `InputError` as `break_even_acquisition_cost`.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
    margin_per_period : number or column, money
    discount_rate, timing, horizon, period
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
    (rate,) = in_period(period, discount_rate=discount_rate)
    given, back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        margin_per_period=(margin_per_period, REAL),
        discount_rate=(rate, GROWTH),
        horizon=(horizon, _PAYMENTS),
    )
    cost, margin, d, n = (np.broadcast_to(a, back.shape) for a in given)
    return back(np.where(n == inf, _ever(cost, margin, d, timing), _in_time(cost, margin, d, timing, n)))


def _ever(cost: Array, margin: Array, d: Array, timing: Timing) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if timing == "end-if-retained":
            churn = (margin - cost * d) / (margin + cost)
        else:
            churn = margin * payback.weight(timing, 0.0, d) / cost - d
    # nobody can lose more than all customers: a critical churn of 100% or more is none
    churn = np.where((cost == 0.0) | (churn >= 1.0), inf, np.maximum(churn, 0.0))
    return np.where((margin <= 0.0) & (cost > 0.0), 0.0, churn)


def _in_time(cost: Array, margin: Array, d: Array, timing: Timing, n: Array) -> Array:
    n = np.where(n == inf, 1.0, n)  # answered by _ever

    def surplus(c: Array) -> Array:
        return margin * payback.worth_of_one_of(c, d, timing, n) - cost

    zero, one = np.zeros(cost.shape), np.ones(cost.shape)  # all churns there are
    # what n payments bring falls steadily with churn, so that one sign change is all there is to find
    churn = roots_between(surplus, zero, one)
    return np.where(surplus(one) >= 0.0, inf, np.where(surplus(zero) <= 0.0, 0.0, churn))
