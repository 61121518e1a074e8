"""What it costs to keep customers, on average and for one more, and what may be spent on it at the most."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.economics.formulas.perpetuity import one_of, refuse_infinite, times
from retainkit.economics.formulas.survival import is_curve
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.plurals import counted
from retainkit.rates import as_loss, in_period
from retainkit.records import Record
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import Array, NumberLike, NumberOf, Plain, RateLike, Same, Unit


def retention_cost_per_customer(
    retention_spend: NumberOf[Same],
    *,
    customers_at_start: NumberOf[Same],
    churn: NumberOf[Same] | None = None,
    retention: NumberOf[Same] | None = None,
) -> Same:
    """What is spent on retention for each customer who stayed: spend/(customers at the start · retention).

    An average over all who stayed, most of whom would have stayed anyway; what an additional one costs is
    `cost_per_incremental_save`.

    Gives money per retained customer; ``inf`` where none was. Raises `InputError` for values outside their
    domain.

    Parameters
    ----------
    retention_spend : number or column, money, 0 or more
        In a period.
    customers_at_start : number or column, above 0
        Of the same period.
    churn, retention : number or column in [0, 1]
        In the same period; exactly one of the two.

    Examples
    --------
    >>> retention_cost_per_customer(20_000, customers_at_start=1000, retention=0.8)
    25.0
    """
    by_retention = one_of(churn, retention)
    name, share = ("retention", retention) if by_retention else ("churn", churn)
    (spend, n, share), back = columns(
        retention_spend=(retention_spend, NOT_NEGATIVE),
        customers_at_start=(customers_at_start, POSITIVE),
        **{name: (share, PROBABILITY)},
    )
    # those who stayed, not those at the start: who left was not kept, whatever was spent
    stayed = n * (share if by_retention else 1.0 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        return back(np.where(stayed > 0.0, spend / stayed, np.where(spend > 0.0, inf, 0.0)))


@dataclass(frozen=True, eq=False)
class IncrementalSave(Record):
    """What it costs to keep one customer more; made by `cost_per_incremental_save`.

    Attributes
    ----------
    cost : float, ndarray or Series, money
        Per customer who stayed because of the campaign; ``inf`` where it keeps none.
    naive_cost : float, ndarray or Series, money
        The usual figure, which takes every churner contacted for saved and no incentive for wasted.
    outlay_per_contact : float, ndarray or Series, money
        Contact, and incentive for those who stay.
    saves_per_contact : float, ndarray or Series
        Churn without less churn with the campaign.
    wasted_share : float, ndarray or Series
        Share of the incentives that goes to customers who would have stayed anyway.
    """

    cost: SameKind
    naive_cost: SameKind
    outlay_per_contact: SameKind
    saves_per_contact: SameKind
    wasted_share: SameKind

    def __str__(self) -> str:
        if not isinstance(self.cost, float):
            return f"Costs per incremental save for {counted(np.size(self.cost), 'campaign')}."
        if self.cost == inf:
            return f"The campaign saves nobody, at {self.outlay_per_contact:,.2f} per contact."
        return (
            f"{self.cost:,.2f} per customer saved, not {self.naive_cost:,.2f}: {self.wasted_share:.1%} of "
            "the incentives go to customers who would have stayed."
        )


def cost_per_incremental_save(
    *,
    churn_untreated: RateLike,
    churn_treated: RateLike,
    cost_per_contact: NumberLike,
    incentive: NumberLike,
    period: Unit | None = None,
) -> IncrementalSave:
    """What a retention campaign costs per customer who would have left, and stays because of it.

    (contact + incentive·(1 − p₁))/(p₀ − p₁): all who stay take the incentive, most of whom would have
    stayed without it. The naive figure is contact/p₀ + incentive.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churn_untreated, churn_treated : number or column in [0, 1], or Rate
        p₀ and p₁, of comparable customers without and with the campaign: best from an experiment.
    cost_per_contact : number or column, money per customer contacted, 0 or more
    incentive : number or column, money, 0 or more
        Given to each contacted customer who stays.
    period : unit, optional
        Over which churn is counted; needed to convert a `Rate`.

    Returns
    -------
    IncrementalSave
        Compare its ``cost`` with what a saved customer is still worth, `residual_lifetime_value`.

    Examples
    --------
    >>> churn = dict(churn_untreated=0.30, churn_treated=0.24)
    >>> print(cost_per_incremental_save(**churn, cost_per_contact=1, incentive=10))
    143.33 per customer saved, not 13.33: 92.1% of the incentives go to customers who would have stayed.
    """
    untreated, treated = in_period(
        period, churn_untreated=as_loss(churn_untreated), churn_treated=as_loss(churn_treated)
    )
    (p0, p1, contact, gift), back = columns(
        churn_untreated=(untreated, PROBABILITY),
        churn_treated=(treated, PROBABILITY),
        cost_per_contact=(cost_per_contact, NOT_NEGATIVE),
        incentive=(incentive, NOT_NEGATIVE),
    )
    # the incentive goes to all who stay with it, and most of them would have stayed
    spent, saved = np.asarray(contact + gift * (1.0 - p1)), np.asarray(p0 - p1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return IncrementalSave(
            cost=back(np.where(saved > 0.0, spent / saved, inf)),
            naive_cost=back(np.where(p0 > 0.0, contact / p0 + gift, inf)),
            outlay_per_contact=back(spent),
            saves_per_contact=back(saved),
            # (1 − p₀)/(1 − p₁): who would have stayed anyway, among those who stay and get the incentive
            wasted_share=back(np.where(p1 < 1.0, np.minimum(1.0, (1.0 - p0) / (1.0 - p1)), 0.0)),
        )


@dataclass(frozen=True, eq=False)
class RetentionSpend(Record):
    """The most that lower churn is worth spending, per customer; made by `worthwhile_retention_spend`.

    Attributes
    ----------
    once : float, ndarray or Series, money of now
        One payment now for each customer of now: what the lower churn adds to the customer's value.
    per_period : float, ndarray or Series, money per period
        A payment with every margin: what the lower churn may cost for as long as the customer stays.
    """

    once: SameKind
    per_period: SameKind

    def __str__(self) -> str:
        if not isinstance(self.once, float):
            return f"Worthwhile retention spending for {counted(np.size(self.once), 'case')}."
        return (
            f"Worth at most {self.once:,.2f} once, or {self.per_period:,.2f} in every period, per customer."
        )


def worthwhile_retention_spend(
    margin_per_period: NumberLike,
    *,
    churn_before: RateLike,
    churn_after: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
) -> RetentionSpend:
    """What it is worth spending, per customer, to bring churn from one number to another.

    Once: V(after) − V(before). Per period: the s for which a margin m − s at the lower churn is worth as
    much as m at the higher one, m·(1 − V(before)/V(after)); at the end of a period m·(c − c')/(c + d).

    Raises `InputError` for values outside their domain, and where the value before has no end.

    Parameters
    ----------
    margin_per_period : number or column, money per period
        Margin of a customer who is there, before that spending.
    churn_before, churn_after : number or column in [0, 1], or Rate, per period
        Or what gives a survival curve, as in `lifetime_value`.
    discount_rate : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        When margins fall, and by whom they are paid; the spending per period falls with them.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    RetentionSpend
        Negative where churn rises: what that costs. ``once`` is ``inf`` where the value after has no end.

    Examples
    --------
    >>> better = dict(churn_before=0.05, churn_after=0.04, discount_rate=0.01)
    >>> print(worthwhile_retention_spend(50, **better, timing="end"))
    Worth at most 166.67 once, or 8.33 in every period, per customer.
    """
    check_flow(timing)
    if is_curve(churn_before) or is_curve(churn_after):
        terms: Plain = {"discount_rate": discount_rate, "timing": timing, "period": period}
        a, b = (lifetime_value(1.0, churn=c, **terms) for c in (churn_before, churn_after))
        (m, a, b), back = columns(
            margin_per_period=(margin_per_period, REAL), churn_before=(a, ENDLESS), churn_after=(b, ENDLESS)
        )
        return RetentionSpend(once=back(m * (b - a)), per_period=back(m * (1.0 - a / b)))
    before, after, rate = in_period(
        period,
        churn_before=as_loss(churn_before),
        churn_after=as_loss(churn_after),
        discount_rate=discount_rate,
    )
    (m, c, c_after, d), back = columns(
        margin_per_period=(margin_per_period, REAL),
        churn_before=(before, PROBABILITY),
        churn_after=(after, PROBABILITY),
        discount_rate=(rate, GROWTH),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        share, worth = (
            _continuous(c, c_after, d) if timing == "continuous" else _shares(c, c_after, d, timing)
        )
    return RetentionSpend(once=back(times(m, worth)), per_period=back(m * share))


def _shares(c: Array, c_after: Array, d: Array, timing: FlowTiming) -> tuple[Array, Array]:
    """The part of a margin that may be spent per period, and how many margins may be spent once."""
    spared, leaving, left = c - c_after, np.asarray(c + d), np.asarray(c_after + d)
    _check_value_before(leaving)
    by_who_stays = (1.0 + d) / (1.0 - c_after) if timing == "end-if-retained" else 1.0
    weight = {"mid": np.sqrt(1.0 + d), "end": 1.0}.get(timing, 1.0 + d)
    # no churn spared is worth nothing, also where nothing leaves and 0/0 would come out
    share = np.where(spared == 0.0, 0.0, spared / leaving * by_who_stays)
    # V(after) − V(before) with the common denominators multiplied out: no difference of two values
    worth = np.where(left > 0.0, weight * spared / (leaving * left), np.inf)
    # the value after has no end: up to the whole margin may be spent, period by period
    return np.where(left > 0.0, share, 1.0), worth


def _continuous(c: Array, c_after: Array, d: Array) -> tuple[Array, Array]:
    """The same for margins that flow: forces of loss in place of shares."""
    force, force_after = (np.asarray(np.log1p(d) - np.log1p(-x)) for x in (c, c_after))
    _check_value_before(force)
    share = np.where(c == c_after, 0.0, 1.0 - force_after / force)
    worth = np.where(np.isposinf(force_after), -1.0 / force, share / force_after)
    ends = force_after > 0.0
    return np.where(ends, share, 1.0), np.where(ends, np.where(c == c_after, 0.0, worth), np.inf)


def _check_value_before(outrun: Array) -> None:
    """A value without end before anything is spent cannot gain."""
    refuse_infinite(
        np.where(outrun > 0.0, 0.0, np.inf), way_out="Discount more: a value without end cannot gain."
    )
