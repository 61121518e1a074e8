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
from numpy.typing import NDArray

from retainkit.columns import keeps_labels
from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign
from retainkit.decisions.campaigns.ranking import Ranking
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import Array, NumberLike, Plain


@dataclass(frozen=True)
class MaximumProfit(AbstractRecord):
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

    def as_dict(self) -> Plain:
        """The figures by name."""
        return {name: getattr(self, name) for name in ("per_customer", "share", "threshold", "customers")}

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

    Parameters
    ----------
    score : column
        The highest are contacted first.
    churned : column of 0 and 1, or booleans
    campaign : Campaign
        Its parameters may have one entry per customer; the fixed cost does not count.

    Returns
    -------
    MaximumProfit

    Raises
    ------
    InputError
        As `profit_curve`; draws are refused.

    Examples
    --------
    >>> score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> churned = [0, 1, 0, 1, 0, 1, 0, 1]
    >>> maximum_profit(score, churned, Campaign(200, 0.3, 10, 1)).per_customer
    23.875
    """
    ranked = Ranking.of(score, churned).with_churners()
    churner, stayer = _single(ranked, campaign.per_churner, campaign.per_stayer)
    return _best(ranked, *ranked.cumulated_payoffs((churner, stayer)))


def _best(ranked: Ranking, profit: Array) -> MaximumProfit:
    n, i = ranked.order.size, int(np.argmax(profit)) if profit.size else 0
    # contacting nobody earns 0, and is the best share where every other one loses
    if not profit.size or profit[i] <= 0.0:
        return MaximumProfit(0.0, 0.0, inf, n)
    return MaximumProfit(float(profit[i]) / n, float(ranked.counts[i]) / n, float(ranked.thresholds[i]), n)


@keeps_labels
def expected_maximum_profit(score: NumberLike, churned: NumberLike, campaign: Campaign) -> MaximumProfit:
    """The expected maximum profit measure for churn (EMPC), for an acceptance that is not known exactly.

    E[max over thresholds t of the profit per customer], γ ~ Beta(α, β). Time is that of sorting the scores.

    Parameters
    ----------
    score : column
    churned : column of 0 and 1, or booleans
    campaign : Campaign
        With ``acceptance=BetaAcceptance(alpha, beta)``; the other parameters may have one entry per customer.

    Returns
    -------
    MaximumProfit

    Raises
    ------
    InputError
        As `maximum_profit`, and for an acceptance that is no `BetaAcceptance`.

    Examples
    --------
    >>> score = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]
    >>> churned = [0, 1, 0, 1, 0, 1, 0, 1]
    >>> offer = Campaign(value=200, acceptance=BetaAcceptance(6, 14), incentive=10, cost_per_contact=1)
    >>> round(expected_maximum_profit(score, churned, offer).per_customer, 6)
    23.875593
    """
    from scipy.special import betainc

    accepted = campaign.acceptance
    if not isinstance(accepted, BetaAcceptance):
        rule = "must be a BetaAcceptance(alpha, beta)"
        way_out = "Where the acceptance is known, take maximum_profit."
        raise InputError("wrong-type", "campaign.acceptance", accepted, rule, way_out)
    ranked = Ranking.of(score, churned).with_churners()
    kept, cost, stayer = _single(
        ranked,
        campaign.value - campaign.incentive,
        -np.asarray(campaign.cost_per_contact),
        campaign.per_stayer,
    )
    # profit of a share is linear in the acceptance: a slope for the churners in it, a level for all costs
    slopes, levels = ranked.cumulated_payoffs((kept, np.zeros(())), (cost, stayer))
    n = ranked.order.size
    # the line of contacting nobody is one of them
    slope, level, count = (np.concatenate([[0.0], c]) for c in (slopes, levels, ranked.counts))
    lines, breaks = upper_envelope(slope, level)
    edges = np.concatenate([[0.0], breaks, [1.0]])
    a, b = float(accepted.alpha), float(accepted.beta)
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


def upper_envelope(slope: Array, level: Array) -> tuple[NDArray[np.intp], Array]:
    """Which of the lines level + slope·γ are highest somewhere in [0, 1], and where they meet.

    Between two lines of the envelope only lines with slopes between theirs can come, so a search at the
    point where the two meet goes through a shrinking part of the lines sorted by slope.
    """
    order = np.argsort(slope, kind="stable") if np.any(slope[1:] < slope[:-1]) else np.arange(slope.size)
    s, c = slope[order], level[order]
    # three lines through one point: rounding must not make a corner of it
    tolerance = 1e-14 * (float(np.abs(c).max()) + float(np.abs(s).max()))
    first, last = _top(s, c, 0.0, 0, s.size), _top(s, c, 1.0, 0, s.size)
    found, waiting = [first], [(first, last)]
    while waiting:
        i, j = waiting.pop()
        if s[j] <= s[i]:
            continue
        meet = float((c[i] - c[j]) / (s[j] - s[i]))
        k = _top(s, c, meet, i, j + 1)
        if c[k] + s[k] * meet > c[i] + s[i] * meet + tolerance and i < k < j:
            waiting += [(k, j), (i, k)]
        else:
            found.append(j)
    lines = np.array(found)
    meets = (c[lines[:-1]] - c[lines[1:]]) / (s[lines[1:]] - s[lines[:-1]])
    # corners in order, which rounding of two close ones may swap
    return order[lines], np.maximum.accumulate(np.clip(meets, 0.0, 1.0))


def _top(s: Array, c: Array, at: float, start: int, end: int) -> int:
    """The line from `start` to `end` that is highest at a point."""
    return start + int(np.argmax(c[start:end] + s[start:end] * at))
