"""What the referrals of a customer are worth: two kinds of referral, and only one of them brings a customer.

A type-one referral brings somebody who would not have come: the company has that customer's value and saves
what winning one costs. A type-two referral brings somebody who would have come anyway: only the cost of
winning is saved. Kumar, V., Petersen, J. A. and Leone, R. P. (2007), "How Valuable Is Word of Mouth?",
Harvard Business Review 85(10), 139-146, and (2010), "Driving Profitability by Encouraging Customer
Referrals: Who, When, and How", Journal of Marketing 74(5), 1-17, doi:10.1509/jmkg.74.5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.draws import drawn, mean, number, shown
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.draws import Draws
from retainkit.errors import wrong_shape
from retainkit.rates import in_period
from retainkit.records import Record
from retainkit.timing import DELAY, Timing, check_unconditional
from retainkit.typing import NumberLike, NumberOf, RateLike, Real, Same, Unit


@dataclass(frozen=True, eq=False)
class ReferralValue(Record):
    """What the referrals of one customer are worth now; made by `customer_referral_value`.

    Attributes
    ----------
    because_of_it : float or Draws, money of now
        From those who joined because of the referral: their value and the saved cost, less the rewards.
    anyway : float or Draws, money of now
        From those who would have joined anyway: the saved cost, less the rewards.
    total : float or Draws, money of now
    if_all_were_because_of_it : float or Draws, money of now
        The figure that is usually given, which credits every referral with a customer.
    """

    _derived = ("total",)

    because_of_it: Real
    anyway: Real
    if_all_were_because_of_it: Real

    @property
    def total(self) -> Real:
        """What all referrals are worth now."""
        return self.because_of_it + self.anyway

    def __str__(self) -> str:
        return (
            f"Referrals worth {shown(self.total)}: {mean(self.because_of_it):,.2f} from customers who came "
            f"because of them, {mean(self.anyway):,.2f} saved on those who would have come anyway. "
            f"Crediting every referral with a customer would say {mean(self.if_all_were_because_of_it):,.2f}."
        )


def customer_referral_value(
    because_of_it: NumberLike,
    anyway: NumberLike,
    *,
    value: NumberLike,
    saved_cost: NumberLike,
    discount_rate: RateLike,
    timing: Timing,
    reward: NumberLike = 0.0,
    period: Unit | None = None,
) -> ReferralValue:
    """What a customer's referrals are worth now: Σₜ [n₁ₜ(V + C − R) + n₂ₜ(C − R)]/(1+d)ᵗ.

    It is a figure about the customer who refers. The value V of those who came belongs to them as well, so
    that the referral values and the lifetime values of a base must not be added up.

    Raises `InputError` for values outside their domain, and columns of unequal length.

    Parameters
    ----------
    because_of_it : (periods,) or Draws (draws, periods), referrals, 0 or more
        n₁, customers who joined in each period because of the referral (type one).
    anyway : the same
        n₂, customers who were referred and would have joined anyway (type two).
    value : number, (periods,) or Draws, money at joining
        V, of a customer who joins, before the cost of winning: margin, not revenue.
    saved_cost : number, (periods,) or Draws, money, 0 or more
        C, of winning a customer in another way.
    discount_rate : number or Draws > -1, or Rate, per period
    timing : {"begin", "mid", "end"}
        When in a period its customers join.
    reward : number, (periods,) or Draws, money per referral, 0 or more
        R, paid for every one who joins: nobody can see which kind it is. 0 where none is paid.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    One customer worth 285 joins in the first half-year because of a referral, another in the second who
    would have come anyway; winning a customer costs 60, and half a year 7.5%:

    >>> half_years = dict(value=285, saved_cost=60, discount_rate=0.075, timing="end")
    >>> round(customer_referral_value([1, 0], [0, 1], **half_years).total, 2)
    372.85
    """
    check_unconditional(timing)
    (rate,) = in_period(period, discount_rate=discount_rate)
    # a single number of referrals joins in the first period; draws have an axis before that of the periods
    schedule = (given if np.ndim(given) else np.atleast_1d(given) for given in (because_of_it, anyway))
    one, other = (_with_periods(given) for given in schedule)
    (first, second, v, c, r, d), back = columns(
        because_of_it=(one, NOT_NEGATIVE),
        anyway=(other, NOT_NEGATIVE),
        value=(value, REAL),
        saved_cost=(saved_cost, NOT_NEGATIVE),
        reward=(reward, NOT_NEGATIVE),
        discount_rate=(rate, GROWTH),
    )
    if np.ndim(rate) and not isinstance(rate, Draws):
        way_out = "Value the referrals once for each rate."
        raise wrong_shape("discount_rate", d, "must be a single number here", way_out)
    first, second = np.broadcast_arrays(first, second)
    # (…, periods): draws come first, so that each is discounted along its own periods
    when = np.arange(float(first.shape[-1])) + DELAY[timing]
    weight = np.exp(-when * np.log1p(d))
    # what winning a customer by other means would have cost, less the reward
    saved = c - r
    figure = drawn if back.drawn else number
    return ReferralValue(
        because_of_it=figure((first * (v + saved) * weight).sum(axis=-1)),
        anyway=figure((second * saved * weight).sum(axis=-1)),
        # what programmes report: every referral as if it had brought a customer
        if_all_were_because_of_it=figure(((first + second) * (v + saved) * weight).sum(axis=-1)),
    )


def _with_periods(given: NumberLike) -> NumberLike:
    """Draws of one number of referrals are those of the first period."""
    return Draws(given.values[:, None]) if isinstance(given, Draws) and given.ndim == 1 else given


def value_of_referral(
    value: NumberOf[Same], *, saved_cost: NumberOf[Same], share_because_of_it: NumberOf[Same]
) -> Same:
    """What one more referral is worth on average, before its reward: share·V + C.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    value : number or column, money
        V, of a customer who joins.
    saved_cost : number or column, money, 0 or more
        C, of winning one in another way.
    share_because_of_it : number or column in [0, 1]
        The share of those referred who would not have joined otherwise (type one). No default.

    Returns
    -------
    float, ndarray or Series
        Money, for `best_referral_reward`.

    Examples
    --------
    >>> value_of_referral(300, saved_cost=60, share_because_of_it=0.5)
    210.0
    """
    (v, c, share), back = columns(
        value=(value, REAL),
        saved_cost=(saved_cost, NOT_NEGATIVE),
        share_because_of_it=(share_because_of_it, PROBABILITY),
    )
    # the cost of winning is saved on both kinds
    return back(share * v + c)
