"""What referral and reputation decisions take, refuse, print and store."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import pytest

from retainkit.decisions.referral.multiplier import (
    referral_multiplier,
    referrals_per_customer,
    value_with_referrals,
)
from retainkit.decisions.referral.premium import referred_customer_premium
from retainkit.decisions.referral.reviews import customers_from_reviews, review_effect
from retainkit.decisions.referral.reward import best_referral_reward
from retainkit.decisions.referral.value import customer_referral_value, value_of_referral
from retainkit.draws import Draws
from retainkit.errors import InputError

RATES: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "timing": "end"}
REVIEWS: dict[str, Any] = {
    "conversion": 0.02,
    "share_reading": 0.8,
    "effect_per_star": 0.1,
    "stars": 0.5,
    "value_per_customer": 300,
    "revenue_per_customer": 60,
    "cost": 5000,
    "cost_per_period": 1500,
    "horizon": 12,
    "discount_rate": 0.01,
    "timing": "end",
}


@pytest.mark.parametrize("k", [1, 1.0, 1.5, [0.2, 1.0], math.inf])
def test_a_base_that_grows_without_end_is_refused(k: Any) -> None:
    with pytest.raises(InputError, match="the base grows without end") as caught:
        referral_multiplier(k)
    assert caught.value.argument == "referrals_per_customer"
    assert "No market has room" in str(caught.value)


def test_a_discount_rate_does_not_excuse_growth_without_end() -> None:
    with pytest.raises(InputError, match="the base grows without end"):
        referral_multiplier(1.05, periods_until_referral=12, discount_rate=0.1)
    with pytest.raises(InputError, match="referrals_per_period / churn"):
        value_with_referrals(50, referrals_per_period=0.05, cost_per_referral=0, **RATES)
    with pytest.raises(InputError, match="referrals_per_period / churn"):
        value_with_referrals(
            50, referrals_per_period=0.01, cost_per_referral=0, churn=0, discount_rate=0.1, timing="end"
        )


def test_a_negative_discount_rate_may_bring_it_there_too() -> None:
    with pytest.raises(InputError, match="in money of now"):
        referral_multiplier(0.9, periods_until_referral=12, discount_rate=-0.1)


def test_columns_stay_columns() -> None:
    found = referral_multiplier(pd.Series([0.2, 0.5], index=["a", "b"]))
    assert found.to_dict() == {"a": 1.25, "b": 2.0}
    assert referrals_per_customer(0.01, churn=[0.05, 0.1]).shape == (2,)
    growth = value_with_referrals([50, 60], referrals_per_period=0.01, cost_per_referral=0, **RATES)
    assert growth.value.shape == (2,)
    assert len(json.loads(growth.model_dump_json())["value"]) == 2
    assert value_of_referral([100, 200], saved_cost=10, share_because_of_it=0.5).tolist() == [60.0, 110.0]


def test_referral_values_refuse_what_cannot_be() -> None:
    stated: dict[str, Any] = {"value": 300, "saved_cost": 40, "discount_rate": 0.03, "timing": "end"}
    with pytest.raises(InputError, match="because_of_it must be 0 or more"):
        customer_referral_value([-1], [0], **stated)
    with pytest.raises(InputError, match="same length"):
        customer_referral_value([1, 2], [1, 2, 3], **stated)
    with pytest.raises(InputError, match="timing"):
        customer_referral_value([1], [1], **{**stated, "timing": "end-if-retained"})
    with pytest.raises(InputError, match="discount_rate must be a single number"):
        customer_referral_value([1, 1], [0, 0], **{**stated, "discount_rate": [0.1, 0.2]})
    with pytest.raises(InputError, match="share_because_of_it"):
        value_of_referral(300, saved_cost=40, share_because_of_it=50)


def test_referral_values_are_told_and_stored() -> None:
    found = customer_referral_value(
        [1, 0], [0, 1], value=285, saved_cost=60, discount_rate=0.075, timing="end"
    )
    assert str(found).startswith("Referrals worth 372.85: 320.93 from customers who came because of them")
    stored = json.loads(found.model_dump_json())
    assert stored["total"] == pytest.approx(stored["because_of_it"] + stored["anyway"])


def test_growth_is_told_in_a_sentence() -> None:
    growth = value_with_referrals(50, referrals_per_period=0.01, cost_per_referral=0, **RATES)
    assert str(growth).startswith("Every customer brings 0.2 others and is worth 1,000.00 with them")
    with pytest.raises(InputError, match="margin_per_period"):
        value_with_referrals(0, referrals_per_period=0.01, cost_per_referral=0, **RATES)
    with pytest.raises(InputError, match="no multiple"):
        value_with_referrals(
            50, referrals_per_period=0, cost_per_referral=0, churn=0, discount_rate=0, timing="end"
        )


def test_customers_who_all_leave_at_once_refer_once() -> None:
    for timing in ("end-if-retained", "continuous"):
        growth = value_with_referrals(
            50,
            referrals_per_period=0.01,
            cost_per_referral=0,
            churn=1.0,
            discount_rate=0.01,
            timing=timing,  # type: ignore[arg-type]
        )
        assert growth.value == growth.value_alone == 0.0
        assert growth.elasticity == growth.elasticity_alone == -math.inf


def test_a_response_is_checked_where_it_is_asked() -> None:
    with pytest.raises(InputError, match="response\\(0\\) must be 0 or more"):
        best_referral_reward(100, response=lambda reward: reward - 1, most=50)
    with pytest.raises(InputError, match="most must be positive"):
        best_referral_reward(100, response=lambda reward: 0.1, most=0)


def test_a_response_of_nobody_pays_nobody() -> None:
    best = best_referral_reward(100, response=lambda reward: 0.0, most=50)
    assert best.share_paid_anyway == 0.0
    assert best.gain == 0.0


def test_the_largest_reward_may_still_pay() -> None:
    best = best_referral_reward(100, response=lambda reward: 0.01 * reward, most=30)
    assert best.reward == pytest.approx(30, abs=1e-6)
    assert best.break_even_reward is None
    assert json.loads(best.model_dump_json())["break_even_reward"] is None


def test_a_premium_needs_an_end() -> None:
    with pytest.raises(InputError, match="cannot be compared"):
        referred_customer_premium(
            50,
            margin_referred=54,
            churn=0,
            churn_referred=0.1,
            acquisition_cost=0,
            acquisition_cost_referred=0,
            discount_rate=0,
            timing="end",
        )


def test_reviews_refuse_what_cannot_be() -> None:
    with pytest.raises(InputError, match="conversion·"):
        customers_from_reviews(1000, conversion=0.5, share_reading=0.8, effect_per_star=1, stars=2)
    with pytest.raises(InputError, match="conversion·"):
        customers_from_reviews(1000, conversion=0.5, share_reading=0.8, effect_per_star=0.5, stars=-3)
    with pytest.raises(InputError, match="timing"):
        review_effect(1000, **{**REVIEWS, "timing": "end-if-retained"})
    with pytest.raises(InputError, match="horizon"):
        review_effect(1000, **{**REVIEWS, "horizon": math.inf})


@pytest.mark.parametrize("name", ["effect_per_star", "share_reading", "value_per_customer"])
def test_no_coefficient_has_a_default(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        review_effect(1000, **{k: v for k, v in REVIEWS.items() if k != name})


def test_a_damaged_reputation_costs() -> None:
    effect = review_effect(10_000, **{**REVIEWS, "stars": -0.5, "cost": 0, "cost_per_period": 0})
    assert not effect.worth_it
    assert effect.gain < 0.0
    drawn = review_effect(10_000, **{**REVIEWS, "effect_per_star": Draws([0.05, 0.2])})
    assert "probability of a gain" in str(drawn)
    assert json.loads(drawn.model_dump_json())["probability_of_gain"] == 0.5
