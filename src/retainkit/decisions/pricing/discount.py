"""A permanent discount for loyal customers: everyone pays less for ever, so that some stay longer.

With margin m, churn c and discount rate d a customer is worth m/(c+d), up to a factor for the timing that a
discount does not change. A discount Δ pays if churn falls to (c+d)(1−Δ/m) − d or below: a cut of the
margin by a tenth has to be earned by a cut of churn and discount rate *together* by a tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Stated, assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.pricing.margin_against_churn import MarginAgainstChurn, even_churn
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY
from retainkit.economics.formulas.survival import Curve, curve_of, is_curve
from retainkit.errors import not_one_of
from retainkit.rates import as_loss, in_period
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, NumberOf, RateLike, RateOf, Real, Same, Unit


def break_even_churn_with_discount(
    margin_per_period: NumberOf[Same],
    *,
    discount_amount: NumberOf[Same] | None = None,
    discount_share: NumberOf[Same] | None = None,
    churn: RateOf[Same],
    discount_rate: RateOf[Same],
    timing: FlowTiming,
    period: Unit | None = None,
) -> Same:
    """The churn to which a permanent discount has to bring customers, so that it costs nothing.

    c' = (c+d)(1−Δ/m) − d, where everyone who starts a period pays (begin, mid or end). Where only those who
    stay pay, it is the c' with (m−Δ)(1−c')/(c'+d) = m(1−c)/(c+d).

    Raises `InputError` for values outside their domain, none or both of the discounts, and a `Rate` without
    `period`.

    Parameters
    ----------
    margin_per_period : number or column, money, above 0
        Before the discount. A discount of 5 on the price takes 5 from the margin.
    discount_amount, discount_share : number or column, 0 or more
        One of the two: Δ, money given in every period to every customer, or Δ/m in [0, 1], the same as a
        share of the margin. 10% off a price that is twice the margin is a share of 0.2.
    churn : number or column in [0, 1], or Rate
        Without the discount; or what gives a survival curve, as in `lifetime_value`. What is answered is a
        constant churn.
    discount_rate : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Below 0 where the discount cannot pay, even if nobody ever left again.

    Examples
    --------
    5 off a margin of 50, churn 5% and 1% discount a month: churn has to fall to 4.4%.

    >>> rates = dict(churn=0.05, discount_rate=0.01, timing="end")
    >>> round(break_even_churn_with_discount(50, discount_amount=5, **rates), 6)
    0.044
    """
    _check_one(discount_amount, discount_share)
    (discount_rate,) = in_period(period, discount_rate=discount_rate)
    curve = curve_of("churn", churn, discount_rate, period=period) if is_curve(churn) else None
    churn = churn if curve is None else curve.churn
    (churn,) = in_period(period, churn=as_loss(churn))
    (m, off, share, c, d), back = columns(
        margin_per_period=(margin_per_period, POSITIVE),
        discount_amount=(0.0 if discount_amount is None else discount_amount, NOT_NEGATIVE),
        discount_share=(0.0 if discount_share is None else discount_share, PROBABILITY),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
    )
    return back(even_churn(1.0 - share - off / m, c if curve is None else curve.beside(c), d, timing))


def _check_one(amount: NumberLike, share: NumberLike) -> None:
    """A tenth off and ten cents off are written alike: the name says which is meant."""
    if (amount is None) == (share is None):
        way_out = (
            "Give discount_amount=5 for 5 of money per period, or discount_share=0.1 for 10% of the margin."
        )
        raise not_one_of("discount_amount / discount_share", "none" if amount is None else "both", way_out)


@dataclass(frozen=True, eq=False, kw_only=True)
class LoyaltyDiscountInputs(MarginAgainstChurn):
    """What a permanent discount rests on."""

    margin_per_period: Real = assumed(POSITIVE, "margin before the discount")
    discount_amount: Real = assumed(NOT_NEGATIVE, "off the price, in every period")
    discount_share: Real = assumed(PROBABILITY, "of the margin, given in every period")
    churn: Real | Curve = assumed(PROBABILITY, "share lost per period without it", rate="loss", curve=True)
    churn_with_discount: Real | Curve = assumed(
        PROBABILITY, "share lost per period with it", rate="loss", curve=True
    )
    discount_rate: Real = assumed(GROWTH, "per period", rate="growth")
    cost_per_customer: Real = assumed(NOT_NEGATIVE, "of introducing it, per customer")
    timing: FlowTiming = setting(check_flow)
    by_share: bool = setting()

    def stated(self) -> Mapping[str, Stated]:
        """Without the discount that was not given."""
        unused = "discount_amount" if self.by_share else "discount_share"
        return {name: stated for name, stated in super().stated().items() if name != unused}

    def before(self) -> tuple[NumberLike, NumberLike]:
        """Margin per period and churn without the discount."""
        return self.margin_per_period, self.churn

    def after(self) -> tuple[NumberLike, NumberLike]:
        """Margin per period and churn with the discount."""
        margin = self.margin_per_period * (1.0 - np.asarray(self.discount_share)) - self.discount_amount
        return margin, self.churn_with_discount

    def gain(self) -> NumberLike:
        """What a customer is worth more with the discount, less the cost of introducing it."""
        without, with_ = self.values()
        return with_ - without - self.cost_per_customer

    def share_paid_anyway(self) -> NumberLike:
        """Of all discounts, in money of now, the part for times when the customer would be there anyway."""
        return np.minimum(1.0, self._worth(1.0, self.churn) / self._worth(1.0, self.churn_with_discount))


@dataclass(frozen=True, eq=False, kw_only=True)
class LoyaltyDiscount(Decision):
    """Whether a permanent discount pays; made by `loyalty_discount`.

    Attributes
    ----------
    gain : float or Draws, money of now per customer
    value_without, value_with : float or Draws, money of now per customer
    break_even_churn : float or Draws
        Churn with the discount at which it neither gains nor loses, its cost included; below 0 where it
        cannot pay.
    share_paid_anyway : float or Draws
        The share of all discounts, in money of now, that goes to customers while they would have been there
        without it; 1 where it keeps nobody.
    """

    inputs: LoyaltyDiscountInputs
    value_without: Real
    value_with: Real
    break_even_churn: Real
    share_paid_anyway: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        even = mean(self.break_even_churn)
        needed = "nothing makes up for it" if even < 0.0 else f"it pays below a churn of {even:.4%}"
        return (
            f"{shown(self.gain)} per customer, {shown(self.value_with)} instead of "
            f"{shown(self.value_without)}; {needed}. {mean(self.share_paid_anyway):.1%} of the "
            "discounts go to customers who would have been there anyway."
        )


@one_a_row()
def loyalty_discount(
    margin_per_period: NumberLike,
    *,
    discount_amount: NumberLike = None,
    discount_share: NumberLike = None,
    churn: RateLike,
    churn_with_discount: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    cost_per_customer: NumberLike = 0.0,
    period: Unit | None = None,
) -> LoyaltyDiscount:
    """Whether a permanent discount is worth it: the margin given away against the customers kept.

    Gain = value(m − Δ, c') − value(m, c) − cost, per customer.

    Raises `InputError` for values outside their domain, none or both of the discounts, and where a value has
    no end.

    Parameters
    ----------
    margin_per_period : number or Draws, money, above 0
        Before the discount.
    discount_amount, discount_share : number or Draws
        One of the two, as `break_even_churn_with_discount`.
    churn, churn_with_discount : number or Draws in [0, 1], or Rate
        Or what gives a survival curve, as in `lifetime_value`; a curve is not searched for a turning point.
        What customers do with the discount is known from a test with a control group, or assumed.
    discount_rate : number or Draws > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        As `lifetime_value`.
    cost_per_customer : number or Draws, money per customer, once
        Of introducing it.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> decision = loyalty_discount(
    ...     50, discount_amount=5, churn=0.05, churn_with_discount=0.045, discount_rate=0.01, timing="end"
    ... )
    >>> decision.worth_it, round(decision.gain, 2), round(decision.break_even_churn, 6)
    (False, -15.15, 0.044)
    """
    _check_one(discount_amount, discount_share)
    x = LoyaltyDiscountInputs.read(
        locals(),
        # 0 where it is not the one that was given: the table of assumptions leaves it out
        discount_amount=0.0 if discount_amount is None else discount_amount,
        discount_share=0.0 if discount_share is None else discount_share,
        by_share=discount_amount is None,
    )
    without, with_ = x.finite_values()
    return LoyaltyDiscount(
        gain=with_ - without - x.cost_per_customer,
        inputs=x,
        value_without=without,
        value_with=with_,
        break_even_churn=x.even_churn(x.cost_per_customer),
        share_paid_anyway=x.share_paid_anyway(),
    )
