"""What reviews do to acquisition and revenue: how many see them, and what a better rating changes for these.

That better ratings go with more sales does not say that they make them: products that sell have good
reviews for other reasons too. So the effect per star is the user's own, from a test or a change that nobody
chose, and nothing has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.economics.cashflows.present_value import annuity_value
from retainkit.rates import as_read
from retainkit.timing import Timing, check_unconditional
from retainkit.typing import NumberLike, NumberOf, RateLike, Real, Same, Unit


def customers_from_reviews(
    visitors_per_period: NumberOf[Same],
    *,
    conversion: NumberOf[Same],
    share_reading: NumberOf[Same],
    effect_per_star: NumberOf[Same],
    stars: NumberOf[Same],
) -> Same:
    """How many customers more, or fewer, a change of the rating brings: n·q·e·β·Δ.

    Raises `InputError` for values outside their domain, and where the conversion of readers would leave [0,
    1].

    Parameters
    ----------
    visitors_per_period : number or column, 0 or more
        n, people who consider to buy.
    conversion : number or column in [0, 1]
        q, the share of them who become customers now.
    share_reading : number or column in [0, 1]
        e, the share of them who see the rating.
    effect_per_star : number or column
        β, relative change of the conversion of those who see it, per star: 0.1 for 10% more.
    stars : number or column
        Δ, change of the rating, negative for a damaged reputation.

    Returns
    -------
    float, ndarray or Series
        Customers per period.

    Examples
    --------
    >>> rating = dict(conversion=0.02, share_reading=0.8, effect_per_star=0.1)
    >>> customers_from_reviews(10_000, **rating, stars=[0.5, -1]).round(6).tolist()
    [8.0, -16.0]
    """
    (n, q, e, effect, stars_), back = columns(
        visitors_per_period=(visitors_per_period, NOT_NEGATIVE),
        conversion=(conversion, PROBABILITY),
        share_reading=(share_reading, PROBABILITY),
        effect_per_star=(effect_per_star, REAL),
        stars=(stars, REAL),
    )
    # a linear effect has an end: nobody buys twice, or less than not at all
    PROBABILITY.check(
        "conversion·(1 + effect_per_star·stars)",
        q * (1.0 + effect * stars_),
        "An effect per star holds for small changes: take fewer stars, or the effect measured for so many.",
    )
    # only who reads reviews can be moved by them
    return back(n * q * e * effect * stars_)


@dataclass(frozen=True, eq=False, kw_only=True)
class ReviewInputs(Inputs):
    """What work on reviews rests on."""

    visitors_per_period: Real = assumed(NOT_NEGATIVE, "who consider to buy")
    conversion: Real = assumed(PROBABILITY, "share of them who buy now")
    share_reading: Real = assumed(PROBABILITY, "share of them who see the rating")
    effect_per_star: Real = assumed(REAL, "relative change of their conversion, per star")
    stars: Real = assumed(REAL, "change of the rating")
    value_per_customer: Real = assumed(REAL, "lifetime value of a customer won")
    revenue_per_customer: Real = assumed(REAL, "first purchase")
    cost: Real = assumed(NOT_NEGATIVE, "once")
    cost_per_period: Real = assumed(NOT_NEGATIVE, "of answering, asking and repairing")
    horizon: Real = assumed(NOT_NEGATIVE, "how long the rating holds")
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    timing: Timing = setting(check_unconditional)

    def stated(self) -> Mapping[str, Stated]:
        """All but the revenue."""
        # told beside the gain, it is no part of it: no value of it could turn the decision
        return {name: s for name, s in super().stated().items() if name != "revenue_per_customer"}

    def customers(self) -> NumberLike:
        """Customers won more, per period."""
        names = ("visitors_per_period", "conversion", "share_reading", "effect_per_star", "stars")
        return customers_from_reviews(**{name: getattr(self, name) for name in names})

    def gain(self) -> NumberLike:
        """annuity(periods)·(n·q·e·β·Δ·V − cost per period) − cost."""
        per_period = self.customers() * self.value_per_customer - self.cost_per_period
        # the effect lasts for the horizon only: ratings fade and are overtaken
        d, timing = as_read(self.discount_rate), self.timing
        return (
            per_period * annuity_value(1.0, periods=self.horizon, discount_rate=d, timing=timing) - self.cost
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ReviewEffect(Decision):
    """What a change of the rating brings; made by `review_effect`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Value of the customers more, less all costs, over the periods that the rating holds.
    extra_customers : float or Draws, per period
    acquisition_change : float or Draws
        Relative: 0.04 for 4% more customers won.
    extra_revenue_per_period : float or Draws, money
        First purchases of the customers more; revenue, not gain.
    value_per_period : float or Draws, money
    """

    inputs: ReviewInputs
    extra_customers: Real
    acquisition_change: Real
    extra_revenue_per_period: Real
    value_per_period: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"{shown(self.gain)} in all. {mean(self.extra_customers):+,.2f} customers per period "
            f"({mean(self.acquisition_change):+.2%}), revenue {mean(self.extra_revenue_per_period):+,.2f}, "
            f"value {mean(self.value_per_period):+,.2f}."
        )


@one_a_row()
def review_effect(
    visitors_per_period: NumberLike,
    *,
    conversion: NumberLike,
    share_reading: NumberLike,
    effect_per_star: NumberLike,
    stars: NumberLike,
    value_per_customer: NumberLike,
    revenue_per_customer: NumberLike,
    cost: NumberLike,
    cost_per_period: NumberLike,
    horizon: NumberLike,
    discount_rate: RateLike,
    timing: Timing,
    period: Unit | None = None,
) -> ReviewEffect:
    """Whether work on reviews and reputation is worth it, or what damage to them costs (stars below 0).

    Gain = annuity(periods)·(n·q·e·β·Δ·V − cost per period) − cost.

    Raises `InputError` for values outside their domain, and where the conversion of readers would leave [0,
    1].

    Parameters
    ----------
    visitors_per_period, conversion, share_reading, effect_per_star, stars
        As `customers_from_reviews`; numbers or draws. All coefficients are the user's own.
    value_per_customer : number or Draws, money
        V, lifetime value of a customer won. The visitors are there already, so their cost is not taken off.
    revenue_per_customer : number or Draws, money
        First purchase of one, for the effect on revenue.
    cost : number or Draws, money, once
    cost_per_period : number or Draws, money per period
        Of answering, asking and repairing.
    horizon : number or Draws, 0 or more
        How long the rating holds.
    discount_rate : number or Draws > -1, or Rate, per period
    timing : {"begin", "mid", "end"}
        When in a period its customers are won and its costs paid.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Examples
    --------
    >>> rating = dict(conversion=0.02, share_reading=0.8, effect_per_star=0.1, stars=0.5)
    >>> effect = review_effect(10_000, **rating, value_per_customer=300, revenue_per_customer=60, cost=5_000,
    ...     cost_per_period=1_500, horizon=12, discount_rate=0.01, timing="end")
    >>> round(effect.extra_customers, 6), round(effect.acquisition_change, 6), round(effect.gain, 2)
    (8.0, 0.04, 5129.57)
    """
    x = ReviewInputs.read(locals())
    more = x.customers()  # the same in every period: ratings move the flow of customers, not a stock
    return ReviewEffect(
        gain=x.gain(),
        inputs=x,
        extra_customers=more,
        acquisition_change=x.share_reading * x.effect_per_star * x.stars,
        extra_revenue_per_period=more * x.revenue_per_customer,
        value_per_period=more * x.value_per_customer,
    )
