"""Whatever is said to be best earns at least what the best point of a fine grid does.

``OPTIMA=40,1000000`` in the environment tries so many cases of each kind against a grid of so many points.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from retainkit.decisions import (
    AdbudgResponse,
    BlattbergDeighton,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
    best_incentive,
    best_referral_reward,
    best_spending,
    best_spending_within,
)
from retainkit.draws import Draws

CASES, POINTS = (int(part) for part in os.environ.get("OPTIMA", "3,4001").split(","))
LOSS = 1e-9  # of the size of the best: what rounding may cost


def a_curve(rng: np.random.Generator, typical: float, most: float = 1.0) -> ResponseCurve:
    """S-shaped or not, with a floor or without, from flat to as steep as a step."""
    ceiling = most * rng.uniform(0.02, 1.0)
    floor = ceiling * rng.choice([0.0, rng.uniform(0.0, 0.9)])
    half = typical * np.exp(rng.normal(0.0, 1.5))
    kind = rng.integers(3)
    if kind == 0:
        return ExponentialResponse(ceiling, np.log(2.0) / half, floor)
    shape = float(np.exp(rng.normal(0.7, 0.8)))
    if kind == 1:
        return HillResponse(ceiling, half, shape, floor)
    shape = min(shape, 4.0)
    return AdbudgResponse(ceiling, shape, half**shape, floor)


def holds(found: Any, best: float) -> bool:
    return found >= best - LOSS * max(abs(found), abs(best))


def cases(name: str) -> Any:
    return pytest.mark.parametrize("seed", range(CASES), ids=lambda seed: f"{name}{seed}")


@cases("offer")
def test_no_offer_on_a_grid_earns_more_per_contact(seed: int) -> None:
    rng = np.random.default_rng([1, seed])
    value, p = float(np.exp(rng.normal(5.0, 1.0))), float(rng.beta(1.0, 3.0))
    curve = a_curve(rng, 0.2 * value)
    takers, provoked = float(rng.choice([1.0, rng.uniform()])), float(rng.choice([0.0, 0.02 * rng.uniform()]))
    cost = value * 0.01 * float(rng.uniform())
    plan = best_incentive(
        p,
        value=value,
        response=curve,
        cost_per_contact=cost,
        stayers_accepting=takers,
        provoked_churn=provoked,
    )
    offers = np.linspace(0.0, value, POINTS)
    wasted = (1.0 - p) * ((1.0 - provoked) * takers * offers + provoked * value)
    earned = p * np.asarray(curve.rate(offers)) * (value - offers) - wasted - cost
    assert holds(plan.profit_per_contact, float(earned.max()))


@cases("offer for all")
def test_no_one_offer_on_a_grid_earns_more_with_all(seed: int) -> None:
    rng = np.random.default_rng([2, seed])
    n = int(rng.integers(2, 6))
    values, p = np.exp(rng.normal(5.0, 1.0, n)), rng.beta(1.0, 2.0, n)
    curve = a_curve(rng, 0.2 * float(values.mean()))
    plan = best_incentive(p, value=values, response=curve, cost_per_contact=0.5, one_for_all=True)
    offers = np.linspace(0.0, float(values.max()), POINTS)
    rate = np.asarray(curve.rate(offers))
    earned = sum(
        np.maximum(0.0, q * rate * (v - offers) - (1.0 - q) * offers - 0.5)
        for q, v in zip(p.tolist(), values.tolist(), strict=True)
    )
    assert holds(plan.gain, float(np.max(earned)))


@cases("reward")
def test_no_reward_on_a_grid_gains_more(seed: int) -> None:
    rng = np.random.default_rng([3, seed])
    value, most = float(np.exp(rng.normal(4.0, 0.7))), float(np.exp(rng.normal(4.0, 1.0)))
    one, other = a_curve(rng, 0.2 * most, 0.2), a_curve(rng, 0.5 * most, 0.2)
    handling = float(rng.choice([0.0, 0.05 * value]))
    if rng.random() < 0.5:  # two groups who answer to rewards of different size: two peaks

        def response(reward: float) -> float:
            return float(one.rate(reward)) + float(other.rate(reward))

        curve: Any = response
        at: Any = lambda r: np.asarray(one.rate(r)) + np.asarray(other.rate(r))  # noqa: E731
    else:
        curve, at = one, lambda r: np.asarray(one.rate(r))
    best = best_referral_reward(value, response=curve, most=most, cost_per_referral=handling)
    rewards = np.linspace(0.0, most, POINTS)
    gain = at(rewards) * (value - rewards - handling * (rewards > 0.0)) - float(at(0.0)) * value
    assert holds(best.gain, float(np.max(gain)))


@cases("spending")
def test_no_spending_on_a_grid_is_worth_more(seed: int) -> None:
    rng = np.random.default_rng([4, seed])
    margin, rate = float(np.exp(rng.normal(4.0, 0.5))), float(rng.uniform(0.02, 0.3))
    model = BlattbergDeighton(margin, rate, a_curve(rng, 0.5 * margin), a_curve(rng, 0.2 * margin, 0.98))
    plan = best_spending(model)
    keeping = np.linspace(0.0, margin * (1.0 + rate), POINTS)
    values = np.asarray(model.lifetime_value(keeping))
    assert holds(plan.lifetime_value, float(values.max()))
    winning = np.linspace(0.0, plan.lifetime_value, POINTS)
    equity = np.asarray(model.customer_equity(winning, plan.retention_spend))
    assert holds(plan.customer_equity, float(equity.max()))


@cases("budget")
def test_no_sharing_of_a_budget_on_a_grid_is_worth_more(seed: int) -> None:
    rng = np.random.default_rng([5, seed])
    margin = float(np.exp(rng.normal(4.0, 0.5)))
    model = BlattbergDeighton(margin, 0.1, a_curve(rng, 0.5 * margin), a_curve(rng, 0.2 * margin, 0.98))
    prospects, customers = (float(np.exp(rng.normal(6.0, 1.0))) for _ in range(2))
    budget = float(rng.uniform(0.05, 1.5)) * margin * (prospects + customers)
    plan = best_spending_within(model, budget=budget, prospects=prospects, customers=customers)
    side = round(np.sqrt(POINTS))
    R = np.linspace(0.0, min(budget / customers, margin * 1.1), side)
    A = np.linspace(0.0, 1.0, side)[:, None] * np.maximum(0.0, budget - customers * R) / prospects
    value = np.asarray(model.lifetime_value(R))
    equity = np.asarray(model.customer_equity(A, np.broadcast_to(R, A.shape)))
    assert holds(plan.value, float(np.max(prospects * equity + customers * (value - margin))))


@cases("drawn reward")
def test_no_reward_on_a_grid_gains_more_on_the_mean_of_draws(seed: int) -> None:
    rng = np.random.default_rng([6, seed])
    value, most = Draws(np.exp(rng.normal(4.0, 0.7, 5))), float(np.exp(rng.normal(4.0, 1.0)))
    curve = ExponentialResponse(
        Draws(rng.uniform(0.1, 0.3, 5)), Draws(rng.uniform(1.0, 20.0, 5) / most), 0.05
    )
    best = best_referral_reward(value, response=curve, most=most)
    rewards = np.linspace(0.0, most, POINTS)
    rate = np.asarray(curve.rate(rewards))  # (draws, rewards)
    gain = (rate * (value.values[:, None] - rewards) - 0.05 * value.values[:, None]).mean(axis=0)
    assert holds(float(np.mean(best.gain)), float(gain.max()))
