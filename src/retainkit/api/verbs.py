"""The questions by name, and the door through which a program asks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from retainkit.api.customers import CustomerValues, PurchaseScores, ScorePurchases, ValueCustomers
from retainkit.api.leaving import Forecast, ForecastCustomers, Survival, SurvivalShares
from retainkit.api.records import Answer, Models, Refusal, Request
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
from retainkit.errors import RetainkitError, check_choice


class Verb(NamedTuple):
    """A question and what it is answered with."""

    request: type[Request]
    answer: type[Answer]


_PAIRS: tuple[tuple[type[Request], type[Answer]], ...] = (
    (AskBreakEven, BreakEvenAnswer),
    (AskLifetimeValue, LifetimeValueAnswer),
    (AskUnitEconomics, Figures),
    (ScorePurchases, PurchaseScores),
    (ValueCustomers, CustomerValues),
    (Survival, SurvivalShares),
    (ForecastCustomers, Forecast),
    (AskCampaign, CampaignAnswer),
    (AskPlan, Figures),
)

VERBS: dict[str, Verb] = {request.verb: Verb(request, answer) for request, answer in _PAIRS}
"""Every question by its name in an address, and what it is answered with."""


def ask(verb: str, question: Mapping[str, Any], models: Models | None = None) -> Answer:
    """The answer to a question by its name and fields, or a `Refusal` that says what is wrong with it.

    Parameters
    ----------
    verb : one of `VERBS`, such as ``"break-even"``
    question : mapping of the fields of its request to values, as JSON has them
    models : mapping of names to models, fits and posteriors, optional
        Those that a question may name, such as `retainkit.load` reads them.

    Examples
    --------
    >>> import retainkit as rk
    >>> asked = {"acquisition_cost": 500, "monthly_margin": 50, "monthly_churn": 0.05}
    >>> rk.api.ask("break-even", asked).payments
    14
    >>> refused = rk.api.ask("break-even", {"acquisition_cost": 500, "monthly_margin": "50"})
    >>> refused.problems[0].argument, refused.problems[0].rule
    ('monthly_margin', 'input should be a valid number')
    """
    try:
        check_choice("verb", verb, [*VERBS])
        return VERBS[verb].request.model_validate({**question}).answer(models or {})
    except (RetainkitError, ValidationError) as error:
        return Refusal.of_error(error)
