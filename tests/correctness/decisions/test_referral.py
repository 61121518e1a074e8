"""Referral and reputation decisions meet the listed numbers, and families of referrals counted out."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
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
from retainkit.decisions.spending.response_curves import ExponentialResponse, HillResponse
from retainkit.draws import Draws

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "decisions_referral.toml").read_text(encoding="utf-8")
)


def test_the_referral_value_of_the_listed_customer() -> None:
    case = REFERENCE["referral_value"]
    found = customer_referral_value(
        case["joined_because"],
        case["joined_anyway"],
        value=case["value"],
        saved_cost=case["saved_cost"],
        discount_rate=case["discount_rate"],
        timing="end",
    )
    assert found.total == pytest.approx(case["total"], abs=case["digit"] / 2)


@pytest.mark.parametrize("case", REFERENCE["multiplier"], ids=lambda c: str(c["multiplier"]))
def test_the_listed_multipliers(case: dict[str, Any]) -> None:
    names = ("referrals_per_customer", "periods_until_referral", "discount_rate")
    k, tau, rate = (case[name] for name in names)
    found = referral_multiplier(k, periods_until_referral=tau, discount_rate=rate)
    assert found == pytest.approx(case["multiplier"], abs=case["digit"] / 2)


def test_referral_value_is_every_referral_at_its_date() -> None:
    because, anyway, reward = [2, 0, 1, 3], [1, 4, 0, 2], 15
    for timing, delay in {"begin": 0.0, "mid": 0.5, "end": 1.0}.items():
        wanted = sum(
            (n1 * (300 + 40 - reward) + n2 * (40 - reward)) / 1.03 ** (t + delay)
            for t, (n1, n2) in enumerate(zip(because, anyway, strict=True))
        )
        found = customer_referral_value(
            because,
            anyway,
            value=300,
            saved_cost=40,
            reward=reward,
            discount_rate=0.03,
            timing=timing,  # type: ignore[arg-type]
        )
        assert found.total == pytest.approx(wanted, rel=1e-13)


def test_draws_of_referrals_give_draws_of_their_value() -> None:
    because = Draws([[1, 0], [0, 2], [3, 1]])
    draws = customer_referral_value(
        because, 0, value=Draws([100, 200, 300]), saved_cost=10, discount_rate=0.1, timing="begin"
    )
    wanted = [110.0, 2 * 210 / 1.1, 3 * 310 + 310 / 1.1]
    assert draws.total == pytest.approx(wanted, rel=1e-13)


# -- generations counted out ----------------------------------------------------------------------------


def test_the_multiplier_is_the_sum_over_generations() -> None:
    with mp.workdps(40):
        each = mp.mpf("0.35") / mp.mpf("1.02") ** mp.mpf("4.5")
        wanted = mp.nsum(lambda g: each**g, [0, mp.inf])
    found = referral_multiplier(0.35, periods_until_referral=4.5, discount_rate=0.02)
    assert found == pytest.approx(float(wanted), rel=1e-14)


def test_a_base_that_refers_is_worth_what_its_members_counted_period_by_period_bring() -> None:
    """One customer; in every period members pay 50, each brings .02 others at its end, and 6% leave."""
    members, worth = 1.0, 0.0
    for period in range(3000):
        worth += members * 50 / 1.01**period
        joining = 0.02 * members
        worth -= joining * 30 / 1.01 ** (period + 1)
        members = members * 0.94 + joining
    found = value_with_referrals(
        50, referrals_per_period=0.02, cost_per_referral=30, churn=0.06, discount_rate=0.01, timing="begin"
    )
    assert found.value == pytest.approx(worth, rel=1e-11)
    assert found.referrals_per_customer == pytest.approx(1 / 3, rel=1e-14)


@pytest.mark.parametrize("timing", ["begin", "mid", "end", "end-if-retained", "continuous"])
def test_the_elasticities_are_the_derivatives(timing: Any) -> None:
    def alone(c: Any) -> Any:
        r, d = 1 - c, mp.mpf("0.01")
        return {
            "begin": 50 * (1 + d) / (c + d),
            "mid": 50 * mp.sqrt(1 + d) / (c + d),
            "end": 50 / (c + d),
            "end-if-retained": 50 * r / (c + d),
            "continuous": 50 / (mp.log1p(d) - mp.log(r)),
        }[timing]

    def whole(c: Any) -> Any:
        k = mp.mpf("0.015") / (c + mp.mpf("0.01"))
        return (alone(c) - 30 * k) / (1 - k)

    found = value_with_referrals(
        50, referrals_per_period=0.015, cost_per_referral=30, churn=0.05, discount_rate=0.01, timing=timing
    )
    with mp.workdps(40):
        c = mp.mpf("0.05")
        wanted = [c * mp.diff(f, c) / f(c) for f in (alone, whole)]
        assert found.value == pytest.approx(float(whole(c)), rel=1e-13)
    assert [found.elasticity_alone, found.elasticity] == pytest.approx([float(w) for w in wanted], rel=1e-12)


def test_less_churn_makes_more_referrals() -> None:
    assert referrals_per_customer(0.01, churn=0.05) == pytest.approx(0.2, rel=1e-15)
    assert referrals_per_customer(0.01, churn=0.04) == pytest.approx(0.25, rel=1e-15)
    assert referrals_per_customer(0.01, churn=0.0) == math.inf
    assert referrals_per_customer(0.0, churn=0.0) == 0.0


# -- premium, reward, reviews ---------------------------------------------------------------------------


def test_the_premium_of_a_referred_customer_and_its_parts() -> None:
    found = referred_customer_premium(
        50,
        margin_referred=54,
        churn=0.05,
        churn_referred=0.044,
        acquisition_cost=200,
        acquisition_cost_referred=80,
        discount_rate=0.01,
        timing="end",
    )
    assert found.value_other == pytest.approx(50 / 0.06, rel=1e-14)
    assert found.value_referred == pytest.approx(54 / 0.054, rel=1e-14)
    parts = found.from_margin + found.from_retention + found.from_acquisition_cost
    assert found.gain == pytest.approx(1000 - 50 / 0.06 + 120, rel=1e-13)
    assert parts == pytest.approx(found.gain, rel=1e-13)
    assert found.from_retention == pytest.approx(((50 + 54) / 2) * (1 / 0.054 - 1 / 0.06), rel=1e-12)


def test_the_best_reward_is_where_the_slope_is_zero() -> None:
    curve = ExponentialResponse(ceiling=0.12, k=0.05, floor=0.03)
    best = best_referral_reward(120, response=curve, most=120, cost_per_referral=4)
    with mp.workdps(40):

        def p(reward: Any) -> Any:
            return mp.mpf("0.12") - mp.mpf("0.09") * mp.exp(-mp.mpf("0.05") * reward)

        def slope(reward: Any) -> Any:
            return mp.mpf("0.0045") * mp.exp(-mp.mpf("0.05") * reward) * (116 - reward) - p(reward)

        reward = mp.findroot(slope, 27)
        gain = p(reward) * (116 - reward) - mp.mpf("0.03") * 120
        even = mp.findroot(lambda r: p(r) * (116 - r) - mp.mpf("0.03") * 120, 85)
    assert best.reward == pytest.approx(float(reward), rel=1e-6)  # a flat top: the gain is what is exact
    assert best.gain == pytest.approx(float(gain), rel=1e-13)
    assert best.break_even_reward == pytest.approx(float(even), rel=1e-10)


def test_the_best_reward_beats_a_grid_where_there_are_two_peaks() -> None:
    def steps(reward: float) -> float:
        return 0.02 + 0.03 / (1 + math.exp(-(reward - 10))) + 0.05 / (1 + math.exp(-(reward - 60) / 2))

    best = best_referral_reward(150, response=steps, most=150)
    grid = np.linspace(0, 150, 150_001)
    gains = [steps(r) * (150 - r) - steps(0) * 150 for r in grid.tolist()]
    assert best.gain >= max(gains)
    assert best.reward == pytest.approx(grid[int(np.argmax(gains))], abs=1e-3)


def test_no_reward_is_best_where_it_moves_nobody() -> None:
    best = best_referral_reward(100, response=lambda reward: 0.05, most=50)
    assert best.reward == 0.0
    assert best.gain == 0.0
    assert not best.worth_it


def test_an_average_referral_is_worth_its_share_of_the_two_kinds() -> None:
    kinds = customer_referral_value([3], [7], value=300, saved_cost=60, discount_rate=0.5, timing="begin")
    average = value_of_referral(300, saved_cost=60, share_because_of_it=0.3)
    assert average == pytest.approx(kinds.total / 10, rel=1e-14)


def test_a_rating_brings_the_readers_that_it_moves() -> None:
    """10,000 visitors: 8,000 read and 2% of them buy, then 2.1%."""
    found = customers_from_reviews(10_000, conversion=0.02, share_reading=0.8, effect_per_star=0.1, stars=0.5)
    assert found == pytest.approx(8000 * 0.021 - 8000 * 0.02, rel=1e-12)


@pytest.mark.parametrize(("timing", "delay"), [("begin", 0.0), ("mid", 0.5), ("end", 1.0)])
def test_a_review_programme_gains_what_its_periods_bring(timing: Any, delay: float) -> None:
    found = review_effect(
        10_000,
        conversion=0.02,
        share_reading=0.8,
        effect_per_star=0.1,
        stars=0.5,
        value_per_customer=300,
        revenue_per_customer=60,
        cost=5000,
        cost_per_period=1500,
        horizon=12,
        discount_rate=0.01,
        timing=timing,
    )
    wanted = sum((8 * 300 - 1500) / 1.01 ** (t + delay) for t in range(12)) - 5000
    assert found.gain == pytest.approx(wanted, rel=1e-12)
    assert found.acquisition_change == pytest.approx(8 / 200, rel=1e-13)
    assert found.extra_revenue_per_period == pytest.approx(480.0, rel=1e-13)


def test_no_reward_is_the_answer_where_none_earns_what_it_costs_to_handle() -> None:
    response = HillResponse(0.45, 45, 5, 0.03)
    best = best_referral_reward(30, response=response, most=30, cost_per_referral=3)
    assert (best.reward, best.gain, best.break_even_reward) == (0.0, 0.0, 0.0)
    assert best.worth_it is False
    assert str(best).startswith("Not worth it: no reward gains anything")
    assert best.turning_points() == ()
    grid = np.linspace(0.0, 30.0, 10_001)
    assert np.all(response.at(grid) * (30 - grid - 3) - 0.03 * 30 < 0.0)


@pytest.mark.parametrize("cost_per_referral", [0.0, 2.5])
@pytest.mark.parametrize(
    ("value", "response"),
    [
        (120, HillResponse(0.45, 45, 5, 0.03)),
        (60, HillResponse(0.2, 12, 30, 0.05)),
        (60, HillResponse(0.3, 20, 0.6, 0.02)),
        (90, ExponentialResponse(ceiling=0.3, k=0.2, floor=0.1)),
    ],
    ids=["S-shaped", "a step", "concave", "exponential"],
)
def test_no_reward_of_a_fine_grid_gains_more(value: float, response: Any, cost_per_referral: float) -> None:
    best = best_referral_reward(value, response=response, most=value, cost_per_referral=cost_per_referral)
    grid = np.linspace(0.0, value, 200_001)
    gains = response.at(grid) * (value - grid - cost_per_referral) - response.at(0.0) * value
    assert best.gain >= max(0.0, gains.max()) - 1e-12
    assert best.reward == pytest.approx(grid[gains.argmax()] if gains.max() > 0.0 else 0.0, abs=2e-3)
