"""Campaign decisions refuse what makes no sense, and answer at the edges."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign, campaign_profit
from retainkit.decisions.campaigns.incentive import best_incentive
from retainkit.decisions.campaigns.maximum_profit import expected_maximum_profit, maximum_profit
from retainkit.decisions.campaigns.profit_curve import profit_curve, whom_to_contact
from retainkit.decisions.spending.response_curves import ExponentialResponse, HillResponse
from retainkit.draws import Draws
from retainkit.errors import InputError

OFFER = Campaign(200, 0.3, 10, 1)
RESPONSE = ExponentialResponse(1, 0.05)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": -1}, "value must be 0 or more"),
        ({"acceptance": 1.2}, "acceptance must be a share between 0 and 1"),
        ({"incentive": np.nan}, "incentive must be 0 or more"),
        ({"stayers_accepting": 90}, r"stayers_accepting must be a share.*Write 30% as 0.3"),
        ({"cost_per_contact": "1"}, "cost_per_contact must be a number"),
    ],
)
def test_a_campaign_names_the_argument_that_is_wrong(changed: dict[str, Any], message: str) -> None:
    given = {"value": 200, "acceptance": 0.3, "incentive": 10, "cost_per_contact": 1, **changed}
    with pytest.raises(InputError, match=message):
        Campaign(**given)


def test_a_beta_distribution_needs_positive_parameters() -> None:
    with pytest.raises(InputError, match="alpha must be positive"):
        BetaAcceptance(0, 14)


@pytest.mark.parametrize(("share", "base", "lift"), [(0.1, 0.3, 4), (0.5, 0.1, 2.5)])
def test_a_lift_that_finds_more_churners_than_there_are_is_refused(
    share: float, base: float, lift: float
) -> None:
    with pytest.raises(InputError, match="must not find more churners than there are"):
        campaign_profit(OFFER, customers=100, contacted_share=share, churn=base, lift=lift)


def test_an_offer_that_no_precision_pays_for_says_so() -> None:
    hopeless = Campaign(10, 0.3, 20, 1)
    assert hopeless.break_even_precision == np.inf
    told = str(campaign_profit(hopeless, customers=100, contacted_share=0.1, churn=0.1, lift=1))
    assert "no precision would do" in told
    assert whom_to_contact([0.1, 0.9], hopeless).contact.tolist() == [False, False]
    curve = profit_curve([0.1, 0.9], [0, 1], hopeless)
    assert not curve.worth_it and "Contact nobody" in str(curve)
    assert maximum_profit([0.1, 0.9], [0, 1], hopeless).per_customer == 0.0


def test_a_fixed_cost_above_all_profit_means_contacting_nobody() -> None:
    dear = Campaign(200, 0.3, 10, 1, cost=1000)
    plan = whom_to_contact([0.3, 0.4], dear)
    assert plan.contact.tolist() == [False, False] and plan.gain == 0.0 and not plan.worth_it


@pytest.mark.parametrize("measure", [profit_curve, maximum_profit])
@pytest.mark.parametrize(
    ("score", "churned", "message"),
    [
        ([0.1, 0.2], [0, 1, 1], "churned must have the same length as score"),
        ([0.1, np.nan], [0, 1], "score must be a finite number"),
        ([0.1, 0.2], [0, 0.5], "churned must be 0 or 1 for every customer"),
        ([0.1, 0.2], ["no", "yes"], "churned must be a number"),
        ([], [], "with at least one customer"),
    ],
)
def test_scores_and_outcomes_are_checked(measure: Any, score: Any, churned: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure(score, churned, OFFER)


def test_values_of_other_customers_are_refused() -> None:
    with pytest.raises(InputError, match=r"must have one entry, or one per customer \(2\)"):
        maximum_profit([0.1, 0.2], [0, 1], Campaign([1.0, 2.0, 3.0], 0.3, 10, 1))
    with pytest.raises(InputError, match="must have single numbers"):
        maximum_profit([0.1, 0.2], [0, 1], Campaign(200, np.full((4, 1), 0.3), 10, 1))


def test_the_expected_measure_needs_a_distribution() -> None:
    with pytest.raises(InputError, match=r"must be a BetaAcceptance.*take maximum_profit"):
        expected_maximum_profit([0.1, 0.2], [0, 1], OFFER)


@pytest.mark.parametrize("churned", [[0, 0, 0], [1, 1, 1], [True, False, True]])
def test_one_kind_of_customers_alone_is_no_problem(churned: list[Any]) -> None:
    unsure = Campaign(200, BetaAcceptance(6, 14), 10, 1)
    found = expected_maximum_profit([0.5, 0.5, 0.5], churned, unsure)
    left = sum(churned)
    assert maximum_profit([0.5] * 3, churned, OFFER).per_customer == pytest.approx(
        max(0.0, left * 56 - (3 - left) * 11) / 3
    )
    assert found.per_customer >= 0.0 and (left > 0 or found.per_customer == 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"response": ExponentialResponse(2, 0.05)}, "response.ceiling must be a share"),
        ({"churn_probability": 1.2}, "churn_probability must be a share"),
        ({"value": -5}, "value must be 0 or more"),
        ({"response": HillResponse(0.5, Draws([5.0, 6.0]), 3.0)}, "must have diminishing returns"),
        ({"response": HillResponse(0.5, [5.0, 6.0], 3.0)}, "response must be one curve"),
    ],
)
def test_an_incentive_is_refused_nonsense(arguments: dict[str, Any], message: str) -> None:
    given = {"churn_probability": 0.3, "value": 200, "response": RESPONSE, "cost_per_contact": 1, **arguments}
    with pytest.raises(InputError, match=message):
        best_incentive(given.pop("churn_probability"), **given)


def test_nobody_leaves_or_nobody_is_worth_anything_means_no_incentive() -> None:
    for p, value in ((0.0, 200), (0.5, 0)):
        found = best_incentive(p, value=value, response=RESPONSE, cost_per_contact=1)
        assert (found.incentive, found.contact) == (0.0, False)


def test_columns_of_other_customers_are_refused_by_name() -> None:
    offer = Campaign(value=[10.0, 20.0], acceptance=0.3, incentive=1.0, cost_per_contact=0.1)
    for ask in (partial(whom_to_contact, campaign=offer), offer.expected_profit):
        with pytest.raises(InputError, match="value must have the same length as the other columns"):
            ask([0.1, 0.2, 0.3])
