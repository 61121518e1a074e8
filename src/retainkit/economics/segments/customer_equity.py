"""What all customers together are worth: those of now, those to come, and those who switch brands."""

from __future__ import annotations

from math import expm1, inf, log1p
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import SameKind, columns, numbers
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, POSITIVE, REAL, whole_number
from retainkit.each_draw import draw_by_draw
from retainkit.economics.formulas.perpetuity import Infinite, check_infinite, refuse_infinite, times
from retainkit.economics.segments.markov_value import markov_value
from retainkit.errors import unknown_choice
from retainkit.rates import as_read, in_period
from retainkit.timing import DELAY, Timing, check_unconditional
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit

First: TypeAlias = Literal["now", "next-purchase"]
"""Whether the purchase made now counts, or the first one counted is the next."""


def customer_equity(
    customers: NumberLike,
    value_per_customer: NumberLike,
    *,
    acquired_per_period: NumberLike,
    acquisition_cost: NumberLike,
    discount_rate: RateLike,
    value_per_new_customer: NumberLike = None,
    timing: Timing = "end",
    if_infinite: Infinite = "inf",
    period: Unit | None = None,
) -> SameKind:
    """The value of the customers of now, and of all those still to be won: N·V + A·(V' − C)/d.

    Future customers are won in equal numbers, for ever, the first of them at the end of the first
    period; ``timing="mid"`` and ``"begin"`` multiply their part by √(1+d) and 1 + d.

    Gives money of now. Marketing that wins customers for more than they are worth makes it smaller. Raises
    `InputError` for values outside their domain.

    Parameters
    ----------
    customers : number or column, 0 or more
        N, those of now.
    value_per_customer : number or column, money
        V, what one of them is still worth: see `residual_lifetime_value`.
    acquired_per_period : number or column, 0 or more
        A.
    acquisition_cost : number or column, money per new customer
        C.
    discount_rate : number or column > -1, or Rate, per period
    value_per_new_customer : number or column, money, optional
        V', what one of those to come is worth when won, before the cost of winning: see `lifetime_value`.
        By default V.
    timing : {"begin", "mid", "end"}
        When in a period its new customers are won.
    if_infinite : {"inf", "raise"}
        What to answer where new customers come for ever and are not discounted.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> customer_equity(1000, 250, acquired_per_period=100, acquisition_cost=150, discount_rate=0.1)
    350000.0
    """
    check_unconditional(timing)
    check_infinite(if_infinite)
    (rate,) = in_period(period, discount_rate=discount_rate)
    new = value_per_customer if value_per_new_customer is None else value_per_new_customer
    (n, v, a, c, d, v_new), back = columns(
        customers=(customers, NOT_NEGATIVE),
        value_per_customer=(value_per_customer, REAL),
        acquired_per_period=(acquired_per_period, NOT_NEGATIVE),
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        discount_rate=(rate, GROWTH),
        value_per_new_customer=(new, REAL),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # as many are won in every period to come: without discount that has no end
        perpetuity = np.where(d > 0.0, (1.0 + d) ** (1.0 - DELAY[timing]) / d, inf)
    equity = n * v + times(np.asarray(a * (v_new - c)), perpetuity)
    if if_infinite == "raise":
        refuse_infinite(np.asarray(equity), way_out="Discount, or value the customers of now alone.")
    return back(equity)


@draw_by_draw("contribution_per_purchase", "discount_rate", "purchases_per_period")
def brand_switching_value(
    transitions: NumberLike,
    *,
    brand: int,
    contribution_per_purchase: Number,
    discount_rate: RateLike,
    first: First,
    purchases_per_period: Number = 1.0,
    horizon: Number = inf,
    period: Unit | None = None,
) -> Array:
    """What a buyer of the category is worth to one brand, by the brand that was bought last.

    Σ_t A^t[last, brand]·contribution/(1+d)^(t/f), t = 0 or 1, …: a customer who buys another brand
    is not lost, and one of another brand is worth something ("always a share").
    Rust, R. T., Lemon, K. N. and Zeithaml, V. A. (2004), "Return on Marketing: Using Customer Equity to
    Focus Marketing Strategy", Journal of Marketing 68(1), 109-127, doi:10.1509/jmkg.68.1.109.24030.

    Raises `InputError` as `markov_value`.

    Parameters
    ----------
    transitions : (brands, brands), shares
        A: row i says which brand buyers of brand i buy next. Rows sum to 1, or less where some leave
        the category.
    brand : int
        Whose value is meant, counted from 0.
    contribution_per_purchase : number, money
        Volume times margin of one purchase of that brand.
    discount_rate : number > -1, or Rate, per period
    first : {"now", "next-purchase"}
        ``"now"`` counts the purchase being made now; ``"next-purchase"`` begins with the next one.
    purchases_per_period : number above 0
        f, of the category.
    horizon : number, 0 or more
        The horizon, a whole number of purchases; all by default.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Returns
    -------
    (brands,) float64 array
        Money of now. Average it over the buyers of each brand, times their number, for customer equity.

    Examples
    --------
    >>> A = [[0.7, 0.3], [0.5, 0.5]]
    >>> us = dict(brand=0, contribution_per_purchase=20, discount_rate=0.1)
    >>> brand_switching_value(A, **us, first="next-purchase").round(3)
    array([126.667, 122.222])
    """
    if first not in ("now", "next-purchase"):
        raise unknown_choice("first", first, get_args(First))
    (rate,) = in_period(period, discount_rate=discount_rate)
    worth, d, f, n = numbers(
        contribution_per_purchase=(contribution_per_purchase, REAL),
        discount_rate=(rate, GROWTH),
        purchases_per_period=(purchases_per_period, POSITIVE),
        horizon=(horizon, ENDLESS),
    )
    rewards = _rewards(brand, np.shape(transitions)[-1:], worth)
    # a step of the chain is a purchase, f of them a period: the rate of one compounds to that of f
    value = markov_value(transitions, rewards, discount_rate=as_read(expm1(log1p(d) / f)), horizon=n * f)
    # the chain pays on entering the state of now; the next purchase is all but that
    return value if first == "now" else value - rewards


def _rewards(brand: int, shape: tuple[int, ...], worth: float) -> Array:
    """The contribution for the one brand, nothing for the others."""
    brands = shape[0] if shape else 0
    way_out = "It is the number of a row of transitions, from 0."
    brand = whole_number("brand", brand, 0, brands - 1, way_out=way_out)
    return np.where(np.arange(brands) == brand, worth, 0.0)
