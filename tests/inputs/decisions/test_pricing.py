"""What pricing and loyalty decisions take, refuse, print and store."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retainkit.decisions.pricing.discount import break_even_churn_with_discount, loyalty_discount
from retainkit.decisions.pricing.loyalty_tiers import tier_programme
from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.pricing.points import effective_rebate, points_redemption
from retainkit.decisions.pricing.points_liability import points_liability
from retainkit.decisions.pricing.price_change import break_even_volume, price_change
from retainkit.decisions.pricing.rebate import break_even_lift, rebate_programme
from retainkit.decisions.pricing.take_rate import break_even_take_rate, offer_to_customers
from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.rates import Rate

RATES: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "timing": "end"}
TIERS: dict[str, Any] = {
    "reward_costs": [0, 6],
    "transitions": [[0.75, 0.15], [0.15, 0.80]],
    "margins_without": [20, 60],
    "transitions_without": [[0.76, 0.12], [0.20, 0.72]],
    "start": [0.8, 0.2],
    "discount_rate": 0.02,
}
FLOWS: dict[str, Any] = {
    "earned": [500, 600],
    "redeemed": [300, 450],
    "expired": [50, 80],
    "cost_per_point": 0.01,
    "redemption_probability": 0.8,
}


def test_what_cannot_pay_says_so() -> None:
    assert (
        break_even_churn_with_discount(50, discount_amount=20, churn=0.02, discount_rate=0.1, timing="end")
        < 0
    )
    assert break_even_lift([0.1, 0.2], margin_share=0.1).tolist() == [math.inf, math.inf]
    assert break_even_volume([-0.4, -0.5], margin_share=0.4).tolist() == [math.inf, math.inf]
    hopeless = {"take_rate_without": 0.1, "cannibalised_share": 0.9, "displaced_margin": 100}
    assert break_even_take_rate(80, cost_per_offer=1, **hopeless) == math.inf
    decision = loyalty_discount(
        50, discount_amount=20, churn=0.02, churn_with_discount=0.01, discount_rate=0.1, timing="end"
    )
    assert "nothing makes up for it" in str(decision)
    assert "no lift is enough" in str(rebate_programme(100, rebate=0.2, margin_share=0.1, lift=0.5))
    offer = offer_to_customers(80, take_rate=0.2, cost_per_offer=1, **hopeless)
    assert "no take rate is enough" in str(offer)


def test_columns_stay_columns() -> None:
    rebates = pd.Series([0.01, 0.02], index=["a", "b"], name="rebate")
    found = break_even_lift(rebates, margin_share=0.1)
    assert isinstance(found, pd.Series)
    assert found.round(6).to_dict() == {"a": 0.111111, "b": 0.25}
    assert break_even_churn_with_discount([50, 100], discount_amount=5, **RATES).shape == (2,)
    assert points_redemption([0.1, 0.2], churn=0.02, discount_rate=0.01).probability.shape == (2,)


def test_values_outside_their_domain_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="margin_per_period must be positive"):
        break_even_churn_with_discount(0, discount_amount=5, **RATES)
    for both in ({}, {"discount_amount": 5, "discount_share": 0.1}):
        with pytest.raises(InputError, match=r"must be given once.*discount_share=0.1 for 10% of the margin"):
            break_even_churn_with_discount(50, **both, **RATES)
    with pytest.raises(InputError, match="discount_share must be a share between 0 and 1"):
        break_even_churn_with_discount(50, discount_share=10, **RATES)
    with pytest.raises(InputError, match="discount_amount must be 0 or more"):
        break_even_churn_with_discount(50, discount_amount=-5, **RATES)
    with pytest.raises(InputError, match="margin_share must be a share above 0"):
        break_even_lift(0.02, margin_share=0)
    with pytest.raises(InputError, match="price_change must be more than -1"):
        break_even_volume(-1, margin_share=0.4)
    with pytest.raises(InputError, match="probability_with must be a share above 0"):
        share_paid_anyway(0.0, 0.0)
    with pytest.raises(InputError, match="redemption_probability"):
        effective_rebate(
            1, cost_per_point=0.01, redemption_probability=80, periods_to_redemption=0, discount_rate=0
        )
    with pytest.raises(InputError, match="churn_after"):
        price_change(100, change=0.05, margin_share=0.4, volume_change=0, churn_after=5, **RATES)


def test_a_reward_that_moves_nobody_is_all_paid_to_those_who_would_have_stayed() -> None:
    assert share_paid_anyway([0.5, 0.6], 0.5).tolist() == [1.0, 1.0]


def test_a_timing_is_named() -> None:
    with pytest.raises(InputError, match="timing must be one of"):
        break_even_churn_with_discount(50, discount_amount=5, churn=0.05, discount_rate=0.01, timing="start")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="timing must be one of"):
        loyalty_discount(
            50,
            discount_amount=5,
            churn=0.05,
            churn_with_discount=0.04,
            discount_rate=0.01,
            timing="ends",  # type: ignore[arg-type]
        )


def test_a_rate_needs_a_period() -> None:
    with pytest.raises(InputError, match="period"):
        break_even_churn_with_discount(
            50, discount_amount=5, churn=Rate(0.5, per="year"), discount_rate=0.01, timing="end"
        )


def test_a_value_without_end_cannot_gain() -> None:
    cases: list[dict[str, Any]] = [
        {"churn": 0.0, "churn_with_discount": 0.1},
        {"churn": 0.1, "churn_with_discount": 0.0},
    ]
    for churns in cases:
        with pytest.raises(InputError, match="without end cannot gain"):
            loyalty_discount(50, discount_amount=5, discount_rate=0, timing="end", **churns)
    with pytest.raises(InputError, match="without end cannot gain"):
        price_change(
            100,
            change=0.05,
            margin_share=0.4,
            volume_change=0,
            churn=0,
            churn_after=0,
            discount_rate=0,
            timing="end",
        )


def test_a_table_is_neither_a_column_nor_draws() -> None:
    with pytest.raises(InputError, match="or draws of one"):
        rebate_programme([[100, 200]], rebate=0.02, margin_share=0.1, lift=0.1)


def test_a_decision_is_told_and_stored_with_its_assumptions() -> None:
    decision = loyalty_discount(50, discount_amount=5, churn_with_discount=Draws([0.043, 0.046]), **RATES)
    told = str(decision)
    assert "probability of a gain 50%" in told
    assert "churn_with_discount" in told
    stored = json.loads(decision.model_dump_json())
    assert stored["gain"]["values"] == pytest.approx(list(decision.gain))  # type: ignore[arg-type]
    assert stored["worth_it"] is decision.worth_it
    assert {a["name"] for a in stored["assumptions"]} == {
        "margin_per_period",
        "discount_amount",
        "churn",
        "churn_with_discount",
        "discount_rate",
        "cost_per_customer",
    }
    assert "<table>" in decision._repr_html_()
    with pytest.raises(AttributeError):
        decision.gain = 1.0  # type: ignore[misc]
    with pytest.raises(InputError, match="level"):
        decision.interval(90)


def test_an_infinite_break_even_is_null_in_json() -> None:
    stored = json.loads(rebate_programme(100, rebate=0.2, margin_share=0.1, lift=0.5).model_dump_json())
    assert stored["break_even_lift"] is None


# -- points ---------------------------------------------------------------------------------------------


def test_no_more_points_are_taken_than_there_are() -> None:
    with pytest.raises(InputError, match="must not take more points") as caught:
        points_liability(100, **{**FLOWS, "earned": [10, 10]})
    assert caught.value.code == "inconsistent"
    fractions = points_liability(0.3, **{**FLOWS, "earned": 0, "redeemed": [0.1] * 3, "expired": 0})
    assert fractions.outstanding[-1] == 0.0


def test_flows_are_columns_of_one_length() -> None:
    with pytest.raises(InputError, match="same length"):
        points_liability(1000, **{**FLOWS, "expired": [1, 2, 3]})
    with pytest.raises(InputError, match="one column"):
        points_liability(1000, **{**FLOWS, "earned": np.ones((2, 2))})
    with pytest.raises(InputError, match="redeemed must be 0 or more"):
        points_liability(1000, **{**FLOWS, "redeemed": [-1, 2]})


def test_a_liability_is_told_and_stored() -> None:
    found = points_liability(1000, **FLOWS)
    assert str(found).splitlines()[0] == "Points, from 1,000 worth 8.00"
    assert json.loads(found.model_dump_json())["outstanding"] == [1150.0, 1220.0]
    nothing = points_liability(1000, **{**FLOWS, "redeemed": 0, "expired": 0})
    assert nothing.breakage_so_far is None
    assert json.loads(nothing.model_dump_json())["breakage_so_far"] is None
    drawn = points_liability(1000, **{**FLOWS, "redemption_probability": Draws([0.7, 0.9])})
    assert "8.00" in str(drawn)


def test_redemption_is_told_and_stored() -> None:
    found = points_redemption([0.1, 0.2], churn=0.02, discount_rate=0.01)
    assert "breakage" in str(found)
    assert len(json.loads(found.model_dump_json())["probability"]) == 2


# -- tiers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"start": [0, 0]}, "start must have members"),
        ({"start": [[1, 2]]}, "start must have one amount per tier"),
        ({"reward_costs": [1, 2, 3]}, "reward_costs must have one amount per tier \\(2\\)"),
        ({"reward_costs": [0, -1]}, "reward_costs must be 0 or more"),
        ({"transitions": [0.5, 0.5]}, "transitions must be a square table"),
        ({"transitions_without": [[0.9, 0.2], [0.1, 0.8]]}, "sum to 1"),
        ({"tiers": ["a", "a"]}, "tiers must name each once, got 'a'"),
        ({"tiers": ["a"]}, "one name per tier"),
    ],
)
def test_tiers_that_do_not_fit_are_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        tier_programme([20, 60], **{**TIERS, **change})


def test_tiers_of_another_number_than_the_chain_are_refused() -> None:
    with pytest.raises(InputError, match="one column per tier \\(2\\)"):
        tier_programme([20, 60], **{**TIERS, "transitions": np.eye(3) * 0.5})


def test_tiers_are_told_by_name_and_stored() -> None:
    decision = tier_programme([20, 60], **TIERS, tiers=["basic", "gold"])
    assert "reward_cost[gold]" in str(decision)
    assert json.loads(decision.model_dump_json())["tiers"] == ["basic", "gold"]
