"""What does a program ask, and what is it answered? One record for every question, one for every answer.

Questions are checked strictly: no unknown field, no text for a number, no infinity. Answers are columns and
numbers that are JSON in every case; a mistake is answered with its code, argument, row, value, rule and way
out. In reading order:

- `records`   what questions, answers and refusals have in common; columns of numbers.
- `single`    one customer or business: break-even, lifetime value, unit economics, campaigns, plans.
- `customers` customers by columns: who is still there, what they will buy and are worth.
- `leaving`   how long customers stay, and how many will be left.
- `verbs`     the questions by name, and the door through which a program asks them.
"""

from retainkit.api.customers import CustomerValues, PurchaseScores, ScorePurchases, ValueCustomers
from retainkit.api.leaving import Forecast, ForecastCustomers, Survival, SurvivalShares
from retainkit.api.records import Answer, Problem, Refusal, Request
from retainkit.api.single import (
    AskBreakEven,
    AskCampaign,
    AskLifetimeValue,
    AskPlan,
    AskUnitEconomics,
    BreakEvenAnswer,
    CampaignAnswer,
    Figures,
    LifetimeValueAnswer,
)
from retainkit.api.verbs import VERBS, Verb, ask

__all__ = [
    "VERBS",
    "Answer",
    "AskBreakEven",
    "AskCampaign",
    "AskLifetimeValue",
    "AskPlan",
    "AskUnitEconomics",
    "BreakEvenAnswer",
    "CampaignAnswer",
    "CustomerValues",
    "Figures",
    "Forecast",
    "ForecastCustomers",
    "LifetimeValueAnswer",
    "Problem",
    "PurchaseScores",
    "Refusal",
    "Request",
    "ScorePurchases",
    "Survival",
    "SurvivalShares",
    "ValueCustomers",
    "Verb",
    "ask",
]
