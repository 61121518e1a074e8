"""Referred customers refer others: what one customer is worth with all that follow, and why retention counts.

A customer makes ρ referrals that join, at the end of every period that he began; so ρ/c in a lifetime.
K of them make 1 + K + K² + … = 1/(1 − K) customers of every one won, and less in money of now, since they
come later. A customer who stays longer refers more: retention is worth more where customers refer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import mean
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, SHARE_BELOW_1
from retainkit.economics.formulas.perpetuity import CurveTerms, refuse_infinite, terms_on
from retainkit.economics.formulas.survival import is_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.plurals import counted
from retainkit.rates import as_loss, as_read, in_period
from retainkit.records import Record
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, NumberOf, RateLike, RateOf, Same, Unit

_K = replace(
    SHARE_BELOW_1,
    rule="must be 0 or more and below 1: where every customer brings another one, the base grows without end",
    way_out="No market has room for that: check the rate and the lifetime it is multiplied by.",
)


def referral_multiplier(
    referrals_per_customer: NumberOf[Same],
    *,
    periods_until_referral: NumberOf[Same] = 0.0,
    discount_rate: RateOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """How many customers, in money of now, come of one customer won: 1/(1 − K·e^(−δτ)), δ = ln(1+d).

    Raises `InputError` for K of 1 or more, where the sum has no end, and for values outside their domain.

    Parameters
    ----------
    referrals_per_customer : number or column, 0 or more, below 1
        K, customers who join because of one customer in a lifetime: `referrals_per_customer`.
    periods_until_referral : number or column, 0 or more
        τ, from one customer's joining to that of those referred.
    discount_rate : number or column > -1, or Rate, per period
        0 counts customers; a rate counts what they are worth now.
    period : unit, optional
        What τ counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        1.25 where every customer brings a quarter of a customer in the end.

    Examples
    --------
    >>> referral_multiplier(0.2)
    1.25
    >>> round(referral_multiplier(0.2, periods_until_referral=6, discount_rate=0.01), 4)
    1.2321
    """
    (rate,) = in_period(period, discount_rate=discount_rate)
    (k, tau, d), back = columns(
        referrals_per_customer=(referrals_per_customer, _K),
        periods_until_referral=(periods_until_referral, NOT_NEGATIVE),
        discount_rate=(rate, GROWTH),
    )
    # a generation later by tau each: all that follow are again a geometric sum
    now = _K.check("referrals_per_customer in money of now", k * np.exp(-tau * np.log1p(d)))
    return back(1.0 / (1.0 - now))


def referrals_per_customer(
    referrals_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same],
    discount_rate: RateOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """How many others a customer brings in a lifetime: K = ρ/c; in money of now ρ/(c+d).

    Raises `InputError` for values outside their domain, or a `Rate` without `period`.

    Parameters
    ----------
    referrals_per_period : number or column, 0 or more
        ρ, customers who join, at the end of a period, because of one who began it.
    churn : number or column in [0, 1], or Rate
        c, per period; or what gives a survival curve, as in `lifetime_value`. Without a discount rate its
        sum has to end: the customers of a curve that falls ever more slowly have to be discounted.
    discount_rate : number or column > -1, or Rate, per period
        0 counts customers.
    period : unit, optional
        What ρ counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        ``inf`` where customers stay and refer for ever.

    Examples
    --------
    One in a hundred a month, at a churn of 5% and at one of 4%:

    >>> referrals_per_customer(0.01, churn=[0.05, 0.04]).round(6).tolist()
    [0.2, 0.25]
    """
    if is_curve(churn):
        rho = NOT_NEGATIVE.uncertain("referrals_per_period", referrals_per_period)
        return lifetime_value(rho, churn=churn, discount_rate=discount_rate, timing="end", period=period)
    churn, rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (rho, c, d), back = columns(
        referrals_per_period=(referrals_per_period, NOT_NEGATIVE),
        churn=(churn, PROBABILITY),
        discount_rate=(rate, GROWTH),
    )
    # a referral at the end of every period begun is a margin of one customer: the same closed form
    return back(lifetime_value(rho, churn=c, discount_rate=as_read(d), timing="end"))


@dataclass(frozen=True, eq=False)
class ReferralGrowth(Record):
    """A customer's value with all who follow, and how it hangs on retention; made by `value_with_referrals`.

    Attributes
    ----------
    referrals_per_customer : float, ndarray or Series
        K = ρ/c.
    multiplier : float, ndarray or Series
        Customers, in money of now, of one customer won.
    value_alone, value : float, ndarray or Series, money of now
        Of a customer won, without and with all who follow, before the cost of winning the first.
    elasticity_alone, elasticity : float, ndarray or Series
        Percent of that value, per percent of churn: −0.83 for 0.83% less where churn is 1% higher, 5.05%
        instead of 5%.
    """

    referrals_per_customer: SameKind
    multiplier: SameKind
    value_alone: SameKind
    value: SameKind
    elasticity_alone: SameKind
    elasticity: SameKind

    def __str__(self) -> str:
        k, m, alone, value, e_alone, e = (mean(getattr(self, name)) for name in self._figures())
        return (
            f"Every customer brings {counted(k, 'other', spec='.4g')} and is worth {value:,.2f} with them, "
            f"{m:.4f} customers in "
            f"money of now, instead of {alone:,.2f} alone. 1% less churn adds {-e:.3g}% instead of "
            f"{-e_alone:.3g}%."
        )


def value_with_referrals(
    margin_per_period: NumberLike,
    *,
    referrals_per_period: NumberLike,
    cost_per_referral: NumberLike,
    churn: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
) -> ReferralGrowth:
    """What a customer is worth with those referred, those referred by them and so on, and how churn counts.

    W = V + κ(W − C), so (V − κC)/(1 − κ), with κ = ρ/(c+d). With margins paid at the end and no cost it is
    m/(c + d − ρ): referrals work like churn taken away.

    Raises `InputError` for ρ/c of 1 or more, values without end, and values outside their domain.

    Parameters
    ----------
    margin_per_period : number or column, money per period, above 0
    referrals_per_period : number or column, 0 or more
        ρ, customers who join, at the end of a period, because of one who began it; only those who would not
        have joined otherwise.
    cost_per_referral : number or column, money, 0 or more
        C, reward and onboarding of one who joins.
    churn, discount_rate, timing, period
        Of the margins: as `lifetime_value`.

    Examples
    --------
    >>> growth = value_with_referrals(
    ...     50, referrals_per_period=0.01, cost_per_referral=0, churn=0.05, discount_rate=0.01, timing="end"
    ... )
    >>> round(growth.value_alone, 2), round(growth.value, 2)
    (833.33, 1000.0)
    >>> round(growth.elasticity_alone, 4), round(growth.elasticity, 4)
    (-0.8333, -1.0)
    """
    check_flow(timing)
    customer, (m, rho, cost), back = terms_on(
        churn,
        None,
        discount_rate,
        0.0,
        inf,
        period,
        margin_per_period=(margin_per_period, POSITIVE),
        referrals_per_period=(referrals_per_period, NOT_NEGATIVE),
        cost_per_referral=(cost_per_referral, NOT_NEGATIVE),
    )
    c, d = customer.c, customer.d
    worth, begun = customer.factor(timing), customer.factor("end")  # begun: periods, in money of now
    refuse_infinite(worth, way_out="Discount: a value without end has no multiple.")
    # undiscounted: whether the base grows without end is a matter of heads, not of money
    heads = referrals_per_customer(referrals_per_period, churn=churn, period=period)
    k = np.asarray(_K.uncertain("referrals_per_period / churn", heads))
    multiplier = np.asarray(referral_multiplier(rho * begun))
    alone, follow = m * worth, 1.0 - 1.0 / multiplier  # follow: κ
    # 1% more churn in every period: percents of each, as parts of one unit
    slope, fewer = _slope(c, d, timing), -c / (c + d)
    if isinstance(customer, CurveTerms):
        slope, fewer = customer.elastic(timing), customer.elastic("end") / begun
    # each referral that follows costs its reward once
    value = (alone - follow * cost) * multiplier
    # two ways in which less churn pays: longer margins, and more referrals of everyone in the chain
    change = m * slope * multiplier + follow * fewer * (alone - cost) * multiplier**2
    with np.errstate(divide="ignore"):
        # a percent of nothing is infinitely many percents
        elasticities = slope / worth, np.where(value == 0.0, -inf, change / value)
    figures = (k, multiplier, alone, value, *elasticities)
    return ReferralGrowth(*(back(figure) for figure in figures))


def _slope(c: NumberLike, d: NumberLike, timing: FlowTiming) -> NumberLike:
    """c·da/dc, with a the value of one unit of margin while the customer is there."""
    if timing == "continuous":
        # a = 1/(ln(1+d) − ln(1−c)): where all leave at once, every stay more is infinitely many more
        left = 1.0 - c
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = -c / (left * (np.log1p(d) - np.log1p(-c)) ** 2)
        return np.where(left > 0.0, fall, -inf)
    # a = weight/(c+d); paid by those who stay, (1−c)/(c+d), whose slope is that of (1+d)/(c+d)
    weight = {"begin": 1.0 + d, "mid": np.sqrt(1.0 + d), "end": 1.0, "end-if-retained": 1.0 + d}[timing]
    return -c * weight / (c + d) ** 2
