"""Instalment plans and savings: the rate, the interest and principal in each payment, and what it grows to.

A plan of n payments P that repays `value` now and leaves a `balloon` B, due with the end of its last period,
has value = P·w·(1 − vⁿ)/(1 − v) + B·vⁿ with v = 1/(1 + rate) and w = 1, √v or v for a first payment now,
half-way or at the end of the first period. Every number is positive for money that changes hands in the way
that its name says, where numpy-financial and spreadsheets want opposite signs on either side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from retainkit._numerics.exponential_sums import HIGH, LOW
from retainkit._numerics.search import roots_between
from retainkit.columns import SameKind, columns
from retainkit.domains import ENDLESS_FROM_1, GROWTH, NOT_NEGATIVE, REAL
from retainkit.economics.cashflows.irr import Undefined, refuse_undefined
from retainkit.economics.cashflows.present_value import annuity_value
from retainkit.errors import refuse_where
from retainkit.rates import as_read, in_period
from retainkit.timing import DELAY, Timing, check_unconditional
from retainkit.typing import Array, NumberLike, NumberOf, RateLike, RateOf, Same, Unit


def _one_to_last(v: NumberLike) -> NumberLike:
    return (v >= 1.0) & (v < np.inf)


_FROM_1 = replace(ENDLESS_FROM_1, rule="must be 1 or more, and finite", contains=_one_to_last)


def annuity_rate(
    value: NumberOf[Same],
    payment: NumberOf[Same],
    *,
    periods: NumberOf[Same],
    timing: Timing,
    balloon: NumberOf[Same] = 0.0,
    undefined: Undefined = "error",
) -> Same:
    """The rate per period of an instalment plan: at it the payments are worth what they are for.

    Raises `InputError` where no rate, or more than one, makes the two equal, and for values outside their
    domain.

    Parameters
    ----------
    value : number or column, money
        What the payments are for, now: the price or the loan; 0 for a savings plan.
    payment : number or column, money
        Paid in each period.
    periods : number or column, 1 or more
        How many payments there are.
    timing : {"begin", "mid", "end"}
        When in a period its payment falls; loans mostly have ``"end"``, and so do spreadsheets.
    balloon : number or column, money
        Paid on top at the end of the last period; negative for what is paid out then.
    undefined : {"error", "nan"}
        As in `irr`.

    Returns
    -------
    float, ndarray or Series
        Effective, per period of the payments.

    Examples
    --------
    >>> round(annuity_rate(1000, 90, periods=12, timing="end"), 6)
    0.012043

    Savings: 100 a month make 1,300.

    >>> round(annuity_rate(0, 100, periods=12, timing="end", balloon=-1300), 6)
    0.014434
    """
    delay = DELAY[check_unconditional(timing)]
    given, back = columns(
        value=(value, REAL), payment=(payment, REAL), periods=(periods, _FROM_1), balloon=(balloon, REAL)
    )
    v, p, n, b = (np.atleast_1d(a) for a in np.broadcast_arrays(*given))
    signs = np.stack([np.sign(v), -np.sign(p), -np.sign(b)])
    # a payment of 0 takes the sign before it: what counts is how often money changes its direction
    signs[1] = np.where(signs[1] == 0.0, signs[0], signs[1])
    changes = (signs[:-1] * signs[1:] < 0.0).sum(axis=0) + ((signs[1] == 0.0) & (signs[0] * signs[2] < 0.0))

    def surplus(x: Array) -> Array:
        return _surplus(np.sinh(x), v, p, n, b, delay)

    # sinh: a search of the whole range of forces that is as fine as a float around 0
    low, high = (np.full(v.shape, np.arcsinh(end)) for end in (LOW, HIGH))
    crosses = surplus(low) * surplus(high) < 0.0
    force = np.where((changes == 1) & crosses, np.sinh(roots_between(surplus, low, high)), np.nan)
    force[(changes == 1) & (v == n * p + b)] = 0.0  # no interest at all: to the digit
    rate = np.expm1(force)
    refuse_undefined("value", rate, changes, undefined, back)
    return back(rate.reshape(back.shape))


def _surplus(u: Array, v: Array, p: Array, n: Array, b: Array, delay: float) -> Array:
    """value less the worth of what is paid, at forces u = ln(1 + rate), as a share of their sum of sizes."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # of money now where the rate is positive, of the end where it is not: nothing overflows but to 0
        size = np.abs(u)
        shares = np.where(u == 0.0, n, np.expm1(-n * size) / np.expm1(-size))
        late = np.exp(-n * size)
        down = u < 0.0
        worth = p * shares * np.exp(np.where(down, delay - 1.0, -delay) * size)
        now, then = np.where(down, v * late, v), np.where(down, b, b * late)
        total = np.abs(now) + np.abs(worth) + np.abs(then)
        return np.where(total > 0.0, (now - worth - then) / total, 0.0)


def interest_part(
    value: NumberOf[Same],
    *,
    number: NumberOf[Same],
    periods: NumberOf[Same],
    discount_rate: RateOf[Same],
    timing: Timing,
    balloon: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """The interest in one payment of an instalment plan: what has accrued since the payment before it.

    Raises `InputError` for payments that the plan does not have, values outside their domain, or a `Rate`
    without `period`.

    Parameters
    ----------
    value : number or column, money
        What is repaid: the loan.
    number : whole number or column, 1 to `periods`
        Which payment; ``np.arange(1, 13)`` gives the plan of a year.
    periods, discount_rate, timing, balloon, period
        As in `annuity_payment` and `annuity_rate`. A first payment now bears no interest.

    Examples
    --------
    >>> interest_part(1000, number=[1, 2, 12], periods=12, discount_rate=0.01, timing="end").round(4)
    array([10.    ,  9.2115,  0.8797])
    """
    return _parts(value, number, periods, discount_rate, timing, balloon, period)[0]


def principal_part(
    value: NumberOf[Same],
    *,
    number: NumberOf[Same],
    periods: NumberOf[Same],
    discount_rate: RateOf[Same],
    timing: Timing,
    balloon: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """What one payment of an instalment plan repays, arguments as `interest_part`; both make the payment.

    >>> principal_part(1000, number=[1, 2, 12], periods=12, discount_rate=0.01, timing="end").round(4)
    array([78.8488, 79.6373, 87.9691])
    """
    return _parts(value, number, periods, discount_rate, timing, balloon, period)[1]


def _parts(
    value: NumberLike,
    number: NumberLike,
    periods: NumberLike,
    discount_rate: RateLike,
    timing: Timing,
    balloon: NumberLike,
    period: Unit | None,
) -> tuple[SameKind, SameKind]:
    delay = DELAY[check_unconditional(timing)]
    (discount_rate,) = in_period(period, discount_rate=discount_rate)
    (v, k, n, d, b), back = columns(
        value=(value, REAL),
        number=(number, _FROM_1),
        periods=(periods, _FROM_1),
        discount_rate=(discount_rate, GROWTH),
        balloon=(balloon, REAL),
    )
    bad = (k > n) | (k != np.floor(k))
    rule, way_out = "must be a whole number from 1 to periods", "The first payment is number 1."
    refuse_where(bad, "out-of-range", "number", k, rule, way_out)
    force, left = np.log1p(d), n - k + 1.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        whole = -np.expm1(-n * force)
        # of 1 to repay: what is owed before the payment, and what it repays; straight lines without interest
        owed = np.where(d == 0.0, left / n, -np.expm1(-left * force) / whole)
        repaid = np.where(d == 0.0, 1.0 / n, d * np.exp(-left * force) / whole)
    interest, principal = d * ((v - b) * owed + b), (v - b) * repaid
    # a plan whose payments come earlier is one at the end of periods that began so much before
    earlier = np.exp((delay - 1.0) * force)
    first = k == 1.0
    begun = v * np.expm1(delay * force)
    principal = np.where(first, earlier * (interest + principal) - begun, earlier * principal)
    return back(np.where(first, begun, earlier * interest)), back(principal)


def future_value(
    amount: NumberOf[Same],
    *,
    periods: NumberOf[Same],
    discount_rate: RateOf[Same],
    payment: NumberOf[Same] = 0.0,
    growth: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> Same:
    """What an amount of now, and a payment in every period, have become after a number of periods.

    (amount + annuity_value(payment, …)) · (1 + discount_rate)^periods: money of then. `xnfv` takes dates.

    Raises `InputError` for values outside their domain, or a `Rate` without `period`.

    Parameters
    ----------
    amount, payment : number or column, money
    periods : number or column, 0 or more
    discount_rate, growth, timing, period
        As in `annuity_value`; `growth` is that of the payment.

    Examples
    --------
    >>> round(future_value(1000, periods=12, discount_rate=0.01), 4)
    1126.825
    >>> round(future_value(0, payment=100, periods=12, discount_rate=0.01, timing="end"), 4)
    1268.2503
    """
    discount_rate, growth = in_period(period, discount_rate=discount_rate, growth=growth)
    read = {"discount_rate": as_read(discount_rate), "growth": as_read(growth)}
    worth = annuity_value(payment, periods=periods, **read, timing=timing)
    (a, n, d, w), back = columns(
        amount=(amount, REAL),
        periods=(periods, NOT_NEGATIVE),
        discount_rate=(discount_rate, GROWTH),
        payment=(worth, REAL),
    )
    with np.errstate(over="ignore"):
        return back((a + w) * np.exp(n * np.log1p(d)))
