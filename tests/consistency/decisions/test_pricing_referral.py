"""Pricing, loyalty and referral decisions agree with each other, and turn where they say they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.pricing.discount import break_even_churn_with_discount, loyalty_discount
from retainkit.decisions.pricing.loyalty_tiers import tier_programme
from retainkit.decisions.pricing.points import points_programme
from retainkit.decisions.pricing.points_liability import points_liability
from retainkit.decisions.pricing.price_change import break_even_volume, price_change
from retainkit.decisions.pricing.rebate import break_even_lift, rebate_programme
from retainkit.decisions.pricing.take_rate import offer_to_customers
from retainkit.decisions.referral.multiplier import value_with_referrals
from retainkit.decisions.referral.premium import referred_customer_premium
from retainkit.decisions.referral.reviews import review_effect
from retainkit.decisions.referral.reward import best_referral_reward
from retainkit.draws import Draws
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.rates import Rate

DISCOUNT: dict[str, Any] = {
    "margin_per_period": 50,
    "discount_amount": 5,
    "churn": 0.05,
    "churn_with_discount": 0.043,
    "discount_rate": 0.01,
    "cost_per_customer": 2,
}
REBATE: dict[str, Any] = {
    "spend_per_period": 100,
    "rebate": 0.02,
    "margin_share": 0.1,
    "lift": 0.3,
    "cost_per_period": 0.2,
}
POINTS: dict[str, Any] = {
    "spend_per_period": 100,
    "points_per_unit": 1,
    "cost_per_point": 0.01,
    "redemption_probability": 0.8,
    "periods_to_redemption": 12,
    "discount_rate": 0.01,
    "margin_share": 0.1,
    "lift": 0.08,
    "cost_per_period": 0.01,
}
PRICE: dict[str, Any] = {
    "price_per_period": 100,
    "change": 0.05,
    "margin_share": 0.4,
    "volume_change": -0.02,
    "churn": 0.05,
    "churn_after": 0.054,
    "discount_rate": 0.01,
}
OFFER: dict[str, Any] = {
    "margin_per_taker": 80,
    "take_rate": 0.05,
    "take_rate_without": 0.02,
    "cost_per_offer": 1,
    "cannibalised_share": 0.25,
    "displaced_margin": 120,
}
PREMIUM: dict[str, Any] = {
    "margin_per_period": 50,
    "margin_referred": 48,
    "churn": 0.05,
    "churn_referred": 0.046,
    "acquisition_cost": 200,
    "acquisition_cost_referred": 180,
    "discount_rate": 0.01,
}
REVIEWS: dict[str, Any] = {
    "visitors_per_period": 10_000,
    "conversion": 0.02,
    "share_reading": 0.8,
    "effect_per_star": 0.1,
    "stars": 0.5,
    "value_per_customer": 300,
    "cost": 5000,
    "cost_per_period": 1500,
    "horizon": 12,
    "discount_rate": 0.01,
}


def discount(**x: Any) -> Any:
    return loyalty_discount(x.pop("margin_per_period"), timing="end", **x)


def rebate(**x: Any) -> Any:
    return rebate_programme(x.pop("spend_per_period"), **x)


def points(**x: Any) -> Any:
    return points_programme(x.pop("spend_per_period"), **x)


def price(**x: Any) -> Any:
    return price_change(x.pop("price_per_period"), timing="begin", **x)


def offer(**x: Any) -> Any:
    return offer_to_customers(x.pop("margin_per_taker"), **x)


def premium(**x: Any) -> Any:
    return referred_customer_premium(x.pop("margin_per_period"), timing="mid", **x)


def reviews(**x: Any) -> Any:
    return review_effect(x.pop("visitors_per_period"), revenue_per_customer=60, timing="end", **x)


DECISIONS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (discount, DISCOUNT),
    (rebate, REBATE),
    (points, POINTS),
    (price, PRICE),
    (offer, OFFER),
    (premium, PREMIUM),
    (reviews, REVIEWS),
]


@pytest.mark.parametrize(("decide", "inputs"), DECISIONS, ids=lambda x: getattr(x, "__name__", ""))
def test_every_input_is_an_assumption_and_turns_the_decision_where_it_says(
    decide: Callable[..., Any], inputs: dict[str, Any]
) -> None:
    decision = decide(**inputs)
    assert {a.name for a in decision.assumptions} == set(inputs)
    turned = 0
    for a in decision.assumptions:
        assert a.value == inputs[a.name]
        if a.turning_point is not None:
            gain = decide(**{**inputs, a.name: a.turning_point}).gain
            assert gain == pytest.approx(0.0, abs=1e-9 * max(1.0, abs(decision.gain) * 1e3))
            turned += 1
    assert turned >= 4


@pytest.mark.parametrize(("decide", "inputs"), DECISIONS, ids=lambda x: getattr(x, "__name__", ""))
def test_draws_are_decided_one_by_one(decide: Callable[..., Any], inputs: dict[str, Any]) -> None:
    rng = np.random.default_rng(5)
    names = list(inputs)[1:4]
    drawn = {name: inputs[name] * rng.uniform(0.9, 1.1, 40) for name in names}
    together = decide(**{**inputs, **{name: Draws(values) for name, values in drawn.items()}})
    alone = [decide(**{**inputs, **{n: float(drawn[n][i]) for n in names}}).gain for i in range(40)]
    assert together.gain == pytest.approx(alone, rel=1e-12, abs=1e-12)
    assert together.probability_of_gain == np.mean(np.array(alone) > 0)
    assert together.worth_it == (np.mean(alone) > 0)
    low, high = together.interval(0.9)
    assert low == pytest.approx(np.quantile(alone, 0.05), rel=1e-12)
    assert high == pytest.approx(np.quantile(alone, 0.95), rel=1e-12)


def test_referrals_work_like_churn_taken_away() -> None:
    found = value_with_referrals(
        50, referrals_per_period=0.02, cost_per_referral=0, churn=0.06, discount_rate=0.01, timing="end"
    )
    assert found.value == pytest.approx(
        lifetime_value(50, churn=0.04, discount_rate=0.01, timing="end"), rel=1e-13
    )


def test_without_referrals_a_customer_is_worth_himself() -> None:
    found = value_with_referrals(
        50, referrals_per_period=0, cost_per_referral=9, churn=0.06, discount_rate=0.01, timing="begin"
    )
    assert found.multiplier == 1.0
    assert found.value == found.value_alone
    assert found.elasticity == pytest.approx(found.elasticity_alone, rel=1e-14)


def test_a_discount_is_a_price_cut_on_a_price_that_is_all_margin() -> None:
    cut = price_change(
        50,
        change=-0.1,
        margin_share=1.0,
        volume_change=0.0,
        churn=0.05,
        churn_after=0.043,
        discount_rate=0.01,
        timing="end",
    )
    given = discount(**{**DISCOUNT, "cost_per_customer": 0})
    assert cut.gain == pytest.approx(given.gain, rel=1e-12)
    assert cut.break_even_churn == pytest.approx(given.break_even_churn, rel=1e-12)


def test_a_rebate_is_a_price_cut_without_churn() -> None:
    assert break_even_lift(0.02, margin_share=0.1) == pytest.approx(
        break_even_volume(-0.02, margin_share=0.1), rel=1e-14
    )


def test_a_discount_of_nothing_needs_no_less_churn() -> None:
    for timing in ("begin", "mid", "end", "end-if-retained", "continuous"):
        found = break_even_churn_with_discount(
            50, discount_amount=0, churn=0.07, discount_rate=0.02, timing=timing
        )
        assert found == pytest.approx(0.07, rel=1e-13)


def test_a_rate_per_year_is_converted() -> None:
    yearly = {"churn": Rate(0.46, per="year"), "discount_rate": Rate(0.12, per="year"), "timing": "end"}
    monthly = {"churn": 1 - 0.54 ** (1 / 12), "discount_rate": 1.12 ** (1 / 12) - 1, "timing": "end"}
    found = break_even_churn_with_discount(50, discount_amount=5, period="month", **yearly)  # type: ignore[arg-type]
    wanted = break_even_churn_with_discount(50, discount_amount=5, **monthly)  # type: ignore[arg-type]
    assert found == pytest.approx(wanted, rel=1e-12)


def test_the_same_tiers_with_and_without_a_programme_gain_nothing() -> None:
    chain = [[0.75, 0.15], [0.15, 0.80]]
    decision = tier_programme(
        [20, 60],
        reward_costs=[0, 0],
        transitions=chain,
        margins_without=[20, 60],
        transitions_without=chain,
        start=[8, 2],
        discount_rate=0.02,
    )
    assert decision.gain == 0.0
    assert not decision.worth_it
    assert decision.tiers == ("tier 1", "tier 2")


def test_draws_of_moves_between_tiers_are_valued_one_by_one() -> None:
    rng = np.random.default_rng(3)
    chains = np.array([[rng.dirichlet([75, 15, 10])[:2], rng.dirichlet([15, 80, 5])[:2]] for _ in range(6)])
    fixed: dict[str, Any] = {
        "reward_costs": [0, 6],
        "margins_without": [20, 60],
        "transitions_without": [[0.76, 0.12], [0.20, 0.72]],
        "start": [0.8, 0.2],
        "discount_rate": 0.02,
    }
    together = tier_programme([20, 60], transitions=chains, **fixed)
    alone = [tier_programme([20, 60], transitions=c, **fixed) for c in chains]
    assert together.gain == pytest.approx([a.gain for a in alone], rel=1e-12)
    assert together.value == pytest.approx(np.array([a.value for a in alone]), rel=1e-12)


def test_draws_of_breakage_give_draws_of_the_liability() -> None:
    flows: dict[str, Any] = {
        "earned": [500, 600],
        "redeemed": [300, 450],
        "expired": [50, 80],
        "cost_per_point": 0.01,
    }
    together = points_liability(1000, **flows, redemption_probability=Draws([0.7, 0.9]))
    alone = [points_liability(1000, **flows, redemption_probability=p) for p in (0.7, 0.9)]
    assert together.liability == pytest.approx(np.array([a.liability for a in alone]), rel=1e-14)
    assert together.expense == pytest.approx(np.array([a.expense for a in alone]), rel=1e-13)
    assert together.opening_liability == pytest.approx([7.0, 9.0], rel=1e-14)


def test_a_reward_is_chosen_for_the_mean_of_the_draws() -> None:
    def response(reward: float) -> float:
        return 0.03 + 0.09 * (1 - 2.0 ** (-reward / 14))

    values = np.random.default_rng(7).normal(120, 30, 200)
    drawn = best_referral_reward(Draws(values), response=response, most=120)
    certain = best_referral_reward(float(values.mean()), response=response, most=120)
    assert drawn.reward == pytest.approx(certain.reward, rel=1e-6)
    assert np.mean(drawn.gain) == pytest.approx(certain.gain, rel=1e-10)
    assert np.shape(drawn.gain) == (200,)


@pytest.mark.slow
def test_draws_of_the_response_are_averaged_too() -> None:
    steepness = Draws([10.0, 14.0, 25.0])

    def response(reward: float) -> Any:
        return 0.03 + 0.09 * (1 - 2.0 ** (-reward / steepness))

    best = best_referral_reward(120, response=response, most=120)
    grid = np.linspace(0, 120, 24_001)
    means = np.array([np.mean(response(r) * (120 - r) - 0.03 * 120) for r in grid.tolist()])
    assert np.mean(best.gain) >= means.max()
    assert best.reward == pytest.approx(grid[means.argmax()], abs=0.01)
