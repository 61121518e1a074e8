"""What it costs to keep customers: on average, and for one customer more."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY
from retainkit.economics.formulas.perpetuity import one_of
from retainkit.rates import as_loss, in_period
from retainkit.records import AbstractRecord
from retainkit.typing import NumberLike, RateLike, Unit


def retention_cost_per_customer(
    retention_spend: NumberLike,
    *,
    customers_at_start: NumberLike,
    churn: NumberLike = None,
    retention: NumberLike = None,
) -> SameKind:
    """What is spent on retention for each customer who stayed: spend/(customers at the start · retention).

    An average over all who stayed, most of whom would have stayed anyway; what an additional one costs is
    `cost_per_incremental_save`.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    retention_spend : number or column, money, 0 or more
        In a period.
    customers_at_start : number or column, above 0
        Of the same period.
    churn, retention : number or column in [0, 1]
        In the same period; exactly one of the two.

    Returns
    -------
    float, ndarray or Series
        Money per retained customer; ``inf`` where none was.

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
class IncrementalSave(AbstractRecord):
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
            return f"Costs per incremental save for {np.size(self.cost):,} campaigns."
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
