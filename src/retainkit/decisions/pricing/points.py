"""Loyalty points: what a promise costs that some never claim and the others claim later.

A point is a rebate that is paid on redemption. Of what is promised, breakage (points never redeemed) and
delay take something off; the rest is a rebate on all spending like any other (`rebate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import mean
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.pricing.rebate import PointsInputs, Rebate
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, PROBABILITY
from retainkit.economics.formulas.survival import is_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import as_loss, as_read, in_period
from retainkit.records import Record
from retainkit.typing import NumberLike, NumberOf, Plain, RateLike, RateOf, Same, Unit


def effective_rebate(
    points_per_unit: NumberOf[Same],
    *,
    cost_per_point: NumberOf[Same],
    redemption_probability: NumberOf[Same],
    periods_to_redemption: NumberOf[Same],
    discount_rate: RateOf[Same],
    period: Unit | None = None,
) -> Same:
    """What points really give back of the spending, after breakage and delay: e·k·(1 − b)·(1+d)^(−τ).

    Raises `InputError` for values outside their domain, or a `Rate` without `period`.

    Parameters
    ----------
    points_per_unit : number or column, 0 or more
        e, points earned for one unit of money spent.
    cost_per_point : number or column, money, 0 or more
        k, what a redeemed point costs the company: its own cost of the reward, not its price.
    redemption_probability : number or column in [0, 1]
        1 − b, the share of points that is ever redeemed; the rest is breakage.
    periods_to_redemption : number or column, 0 or more
        τ, from earning to redemption.
    discount_rate : number or column > -1, or Rate, per period
    period : unit, optional
        What τ counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        A share of the spending, for `break_even_lift`.

    Examples
    --------
    One point per dollar, a cent each, a fifth never redeemed, a year's delay at 1% a month:

    >>> promise = dict(cost_per_point=0.01, redemption_probability=0.8, periods_to_redemption=12)
    >>> round(effective_rebate(1, **promise, discount_rate=0.01), 6)
    0.0071
    """
    (rate,) = in_period(period, discount_rate=discount_rate)
    (e, k, p, tau, d), back = columns(
        points_per_unit=(points_per_unit, NOT_NEGATIVE),
        cost_per_point=(cost_per_point, NOT_NEGATIVE),
        redemption_probability=(redemption_probability, PROBABILITY),
        periods_to_redemption=(periods_to_redemption, NOT_NEGATIVE),
        discount_rate=(rate, GROWTH),
    )
    # a point promised is a cost at redemption, if ever: breakage and delay make it cheaper than it looks
    return back(e * k * p * np.exp(-tau * np.log1p(d)))


@one_a_row()
def points_programme(
    spend_per_period: NumberLike,
    *,
    points_per_unit: NumberLike,
    cost_per_point: NumberLike,
    redemption_probability: NumberLike,
    periods_to_redemption: NumberLike,
    discount_rate: RateLike,
    margin_share: NumberLike,
    lift: NumberLike,
    cost_per_period: NumberLike = 0.0,
    period: Unit | None = None,
    meant: bool = False,
) -> Rebate:
    """Whether a points programme is worth it: a rebate after breakage and delay against the lift it buys.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    spend_per_period, margin_share, lift, cost_per_period, meant
        As `rebate_programme`.
    points_per_unit, cost_per_point, redemption_probability, periods_to_redemption, discount_rate, period
        As `effective_rebate`; numbers or draws.

    Examples
    --------
    >>> decision = points_programme(
    ...     100,
    ...     points_per_unit=1,
    ...     cost_per_point=0.01,
    ...     redemption_probability=0.8,
    ...     periods_to_redemption=12,
    ...     discount_rate=0.01,
    ...     margin_share=0.1,
    ...     lift=0.08,
    ... )
    >>> decision.worth_it, round(decision.break_even_lift, 4)
    (True, 0.0764)
    """
    return PointsInputs.read(locals()).decided()


@dataclass(frozen=True, eq=False)
class PointsRedemption(Record):
    """How many points are ever redeemed, and what that is now; made by `points_redemption`.

    Attributes
    ----------
    probability : float, ndarray or Series
        Share of points ever redeemed; 1 less breakage.
    discounted_probability : float, ndarray or Series
        The same in money of the day they are earned: give it to `effective_rebate` with a delay of 0.
    """

    probability: SameKind
    discounted_probability: SameKind

    def __str__(self) -> str:
        probability, now = mean(self.probability), mean(self.discounted_probability)
        return (
            f"{probability:.2%} of points are redeemed ({1.0 - probability:.2%} breakage), "
            f"{now:.2%} in money of the day they are earned."
        )


def points_redemption(
    redemption_rate: NumberLike,
    *,
    churn: RateLike,
    discount_rate: RateLike,
    expires_after: NumberLike = inf,
    period: Unit | None = None,
) -> PointsRedemption:
    """How many points are ever redeemed, from the pace of redemption, of churn and of expiry.

    At the end of each period a share 1 − c of customers is still there, of whose points a share h is
    redeemed; after L periods the rest expires, and who leaves forfeits everything:
    Σ_{k=1..L} h(1−c)·((1−h)(1−c))^(k−1)·(1+d)^(−k). Who keeps customers redeems more: retention
    lowers breakage.

    Raises `InputError` for values outside their domain, or a `Rate` without `period`.

    Parameters
    ----------
    redemption_rate : number or column in [0, 1]
        h, share of the outstanding points of a customer who is there redeemed in a period.
    churn : number or column in [0, 1], or Rate, per period
        Or what gives a survival curve, as in `lifetime_value`.
    discount_rate : number or column > -1, or Rate, per period
    expires_after : number or column, 0 or more
        L, periods; ``inf`` for points that never expire.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> print(points_redemption(0.1, churn=0.02, discount_rate=0.01, expires_after=24))
    78.97% of points are redeemed (21.03% breakage), 73.60% in money of the day they are earned.
    """
    if is_curve(churn):
        h = PROBABILITY.uncertain("redemption_rate", redemption_rate)
        # redemption shrinks what is outstanding as if by negative growth, which has to stay above -1
        waiting: Plain = {"growth": np.maximum(np.negative(h), 2.0**-53 - 1.0), "horizon": expires_after}
        whole: Plain = {"churn": churn, "timing": "end-if-retained", "period": period}
        both = (
            lifetime_value(redemption_rate, discount_rate=d, **waiting, **whole) for d in (0.0, discount_rate)
        )
        return PointsRedemption(*both)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (h, c, d, last), back = columns(
        redemption_rate=(redemption_rate, PROBABILITY),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        expires_after=(expires_after, ENDLESS),
    )

    def redeemed(rate: NumberLike) -> NumberLike:
        # who redeems is no longer at risk of leaving with points: both end the wait, as two hazards
        first = (1.0 - c) * h
        return lifetime_value(first, churn=c + first, discount_rate=as_read(rate), timing="end", horizon=last)

    return PointsRedemption(back(redeemed(0.0)), back(redeemed(d)))
