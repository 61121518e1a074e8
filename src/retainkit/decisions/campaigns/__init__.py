"""Whom to contact by risk: which customers who may leave are worth an offer, and which offer.

In reading order:

- `campaign`       the profit of a retention campaign: contact those likely to leave, and offer them a
                    reason to stay.
- `contacts`       what a list of contacts rests on, where customers differ: means over those contacted.
- `ranking`        customers in the order of a score, those with the same score together.
- `profit_curve`   what a campaign would have earned at every share contacted, and whom it is worth to
                    contact next time.
- `maximum_profit` how good a churn score is, in money: the profit per customer of the best campaign that it
                    allows.
- `incentive`      how large an incentive should be: more of it keeps more churners, and is wasted on more
                    who would stay.
"""

from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign, CampaignProfit, campaign_profit
from retainkit.decisions.campaigns.incentive import IncentivePlan, best_incentive
from retainkit.decisions.campaigns.maximum_profit import (
    MaximumProfit,
    expected_maximum_profit,
    maximum_profit,
)
from retainkit.decisions.campaigns.profit_curve import ContactPlan, ProfitCurve, profit_curve, whom_to_contact

__all__ = [
    "BetaAcceptance",
    "Campaign",
    "CampaignProfit",
    "ContactPlan",
    "IncentivePlan",
    "MaximumProfit",
    "ProfitCurve",
    "best_incentive",
    "campaign_profit",
    "expected_maximum_profit",
    "maximum_profit",
    "profit_curve",
    "whom_to_contact",
]
