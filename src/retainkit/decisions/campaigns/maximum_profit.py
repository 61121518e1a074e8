"""How good a churn score is, in money: the profit per customer of the best campaign that it allows.

The maximum profit measure (MPC) takes the acceptance as known. The expected one (EMPC) takes it as Beta(α,
β): for every acceptance γ the best share is contacted, and the profits are averaged. Each share is a
straight line in γ, the best of them the upper envelope of the lines, and its mean over the beta distribution
a sum of incomplete beta functions: exact, without integrating numerically and without a mean of the
customers' values.

Verbeke, W. et al. (2012), "New insights into churn prediction in the telecommunication sector", European
Journal of Operational Research 218(1), 211-229, doi:10.1016/j.ejor.2011.09.031; Verbraken, T., Verbeke, W.
and Baesens, B. (2013), "A Novel Profit Maximizing Metric for Measuring Classification Performance of
Customer Churn Prediction Models", IEEE Transactions on Knowledge and Data Engineering 25(5), 961-973,
doi:10.1109/TKDE.2012.50.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit._numerics.upper_envelope import upper_envelope
from retainkit.columns import keeps_labels
from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign
from retainkit.decisions.campaigns.ranking import Ranking
from retainkit.errors import InputError
from retainkit.records import Record, must_be
from retainkit.typing import Array, NumberLike


@dataclass(frozen=True, eq=False, kw_only=True)
class MaximumProfit(Record):
    """The profit that a score allows; made by `maximum_profit` and `expected_maximum_profit`.

    Attributes
    ----------
    per_customer : float, money
        Over all customers, contacted or not, before the fixed cost.
    share : float
        Of the customers to contact; on average over the acceptance for the expected measure.
    threshold : float
        The lowest score to contact, at the acceptance's mean; inf for nobody.
    customers : int
    """

    per_customer: float
    share: float
    threshold: float
    customers: int

    def __str__(self) -> str:
        return (
            f"{self.per_customer:,.6g} per customer, contacting {self.share:.1%} of {self.customers:,} "
            f"(a score of {self.threshold:.6g} or more)."
        )


@keeps_labels
def maximum_profit(score: NumberLike, churned: NumberLike, campaign: Campaign) -> MaximumProfit:
    """The maximum profit measure for churn (MPC): the profit per customer at the best share contacted.

    max over thresholds t of Σ_{score ≥ t} (profit of a contact)/N, with the values, incentives and costs of
    the customers themselves.

    Raises `InputError` as `profit_curve`; draws are refused.

    Parameters
    ----------
    score : column
        The highest are contacted first.
    churned : column of 0 and 1, or booleans
    campaign : Campaign
        Its parameters may have one entry per customer; the fixed cost does not count.

    Examples
    --------
    >>> score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> churned = [0, 1, 0, 1, 0, 1, 0, 1]
    >>> maximum_profit(score, churned, Campaign(200, 0.3, 10, 1)).per_customer
    23.875
    """
    must_be(Campaign, campaign=campaign)
    ranked = Ranking.of(score, churned).with_churners()
    offer = campaign.of_each()
    churner, stayer = _single(ranked, offer.per_churner, offer.per_stayer)
    return _best(ranked, *ranked.cumulated_payoffs((churner, stayer)))


def _best(ranked: Ranking, profit: Array) -> MaximumProfit:
    n, i = ranked.order.size, int(np.argmax(profit)) if profit.size else 0
    # contacting nobody earns 0, and is the best share where every other one loses
    if not profit.size or profit[i] <= 0.0:
        return MaximumProfit(per_customer=0.0, share=0.0, threshold=inf, customers=n)
    return MaximumProfit(
        per_customer=float(profit[i]) / n,
        share=float(ranked.counts[i]) / n,
        threshold=float(ranked.thresholds[i]),
        customers=n,
    )


@keeps_labels
def expected_maximum_profit(score: NumberLike, churned: NumberLike, campaign: Campaign) -> MaximumProfit:
    """The expected maximum profit measure for churn (EMPC), for an acceptance that is not known exactly.

    E[max over thresholds t of the profit per customer], γ ~ Beta(α, β). Time is that of sorting the scores.

    Raises `InputError` as `maximum_profit`, and for an acceptance that is no `BetaAcceptance`.

    Parameters
    ----------
    score, churned
        As `maximum_profit`.
    campaign : Campaign
        With ``acceptance=BetaAcceptance(alpha, beta)``; the other parameters may have one entry per customer.

    Examples
    --------
    >>> score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> churned = [0, 1, 0, 1, 0, 1, 0, 1]
    >>> offer = Campaign(value=200, acceptance=BetaAcceptance(6, 14), incentive=10, cost_per_contact=1)
    >>> round(expected_maximum_profit(score, churned, offer).per_customer, 6)
    23.875593
    """
    must_be(Campaign, campaign=campaign)
    from scipy.special import betainc

    accepted = campaign.acceptance
    if not isinstance(accepted, BetaAcceptance):
        rule = "must be a BetaAcceptance(alpha, beta)"
        way_out = "Where the acceptance is known, take maximum_profit."
        raise InputError("wrong-type", "campaign.acceptance", accepted, rule, way_out)
    ranked = Ranking.of(score, churned).with_churners()
    offer = campaign.of_each()
    saved, cost = offer.value - offer.incentive, -np.asarray(offer.cost_per_contact)
    kept, cost, stayer = _single(ranked, saved, cost, offer.per_stayer)
    # profit of a share is linear in the acceptance: a slope for the churners in it, a level for all costs
    slopes, levels = ranked.cumulated_payoffs((kept, np.zeros(())), (cost, stayer))
    n = ranked.order.size
    # the line of contacting nobody is one of them
    slope, level, count = (np.concatenate([[0.0], c]) for c in (slopes, levels, ranked.counts))
    lines, breaks = upper_envelope(slope, level)
    edges = np.concatenate([[0.0], breaks, [1.0]])
    a, b = accepted.alpha, accepted.beta
    # the chance that the acceptance lies where a line is the best
    weight = np.diff(betainc(a, b, edges))
    # x times a beta density is its mean times that of Beta(a + 1, b): the partial means come for free
    share_of_mean = accepted.mean * np.diff(betainc(a + 1.0, b, edges))
    mean_line = _best(ranked, slopes * accepted.mean + levels)
    return MaximumProfit(
        per_customer=float(level[lines] @ weight + slope[lines] @ share_of_mean) / n,
        share=float(count[lines] @ weight) / n,
        threshold=mean_line.threshold,
        customers=n,
    )


def _single(ranked: Ranking, *payoffs: NumberLike) -> tuple[Array, ...]:
    checked = ranked.of_payoff(*payoffs)
    if any(payoff.ndim > 1 for payoff in checked):
        rule = "must have single numbers or one entry per customer here"
        raise InputError("wrong-shape", "campaign", "draws", rule, "profit_curve takes draws.")
    return checked
