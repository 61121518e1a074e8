"""Targeting meets the reference numbers, and lists, policies and curves done by brute force."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retainkit.decisions.pricing.paid_anyway import share_paid_anyway
from retainkit.decisions.targeting.policy_value import policy_value
from retainkit.decisions.targeting.targeting import (
    break_even_uplift,
    treatment_gain,
    treatment_outlay,
)
from retainkit.decisions.targeting.treatment_list import treatment_list
from retainkit.decisions.targeting.uplift_curves import uplift_curve
from retainkit.decisions.targeting.whom_to_treat import whom_to_treat
from retainkit.draws import Draws

REFERENCE = tomllib.loads(
    (Path(__file__).parents[2] / "reference" / "decisions_targeting.toml").read_text(encoding="utf-8")
)


# -- the rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [break_even_uplift, share_paid_anyway], ids=lambda f: f.__name__)
def test_the_rule_meets_the_reference_numbers(function: Any) -> None:
    case = REFERENCE[function.__name__]
    assert abs(function(**case["inputs"]) - case["expected"]) <= case["tolerance"]


def test_the_cost_of_an_incremental_save_is_the_reference_number() -> None:
    case = REFERENCE["cost_per_incremental_save"]
    assert abs(treatment_outlay(**case["inputs"]) / case["uplift"] - case["expected"]) <= case["tolerance"]


def test_the_gain_is_the_difference_of_what_both_branches_bring() -> None:
    rng = np.random.default_rng(1)
    p0, p1, V, f, d = rng.uniform(size=(5, 200)) * np.array([[1], [1], [300], [5], [30]])
    treated = p1 * (-f) + (1 - p1) * (V - d - f)  # leaves after the contact, or stays with the incentive
    untreated = (1 - p0) * V
    gain = treatment_gain(p0, churn_treated=p1, value=V, cost_per_contact=f, incentive=d)
    np.testing.assert_allclose(gain, treated - untreated, rtol=1e-12, atol=1e-10)


def test_at_the_break_even_uplift_the_gain_is_0() -> None:
    p0 = np.linspace(0.2, 1.0, 50)
    offer: dict[str, Any] = {"value": 250.0, "cost_per_contact": 2.0, "incentive": 20.0}
    uplift = break_even_uplift(p0, **offer)
    np.testing.assert_allclose(treatment_gain(p0, churn_treated=p0 - uplift, **offer), 0.0, atol=1e-12)
    assert break_even_uplift(0.3, value=10, cost_per_contact=1, incentive=10) == np.inf
    assert share_paid_anyway(0.8, 0.5) == 1.0


# -- the list ------------------------------------------------------------------------------------------


def best_list(gain: Any, cost: Any, budget: float) -> float:
    """The greatest gain of any of the 2^n lists within the budget."""
    return max(
        sum(gain[i] for i in members)
        for size in range(len(gain) + 1)
        for members in itertools.combinations(range(len(gain)), size)
        if sum(cost[i] for i in members) <= budget
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_list_keeps_the_budget_and_its_distance_from_the_best_of_all_lists(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gain, cost = rng.normal(3, 5, 10), rng.gamma(1.0, 4.0, 10)
    budget = rng.uniform(1, 25)
    chosen = treatment_list(gain, cost_per_customer=cost, budget=budget)
    best = best_list(gain.tolist(), cost.tolist(), budget)
    assert chosen.spent == pytest.approx(cost[chosen.treated].sum())
    assert chosen.gain == pytest.approx(gain[chosen.treated].sum())
    assert chosen.spent <= budget * (1 + 1e-9)
    assert chosen.gain <= best * (1 + 1e-12) <= chosen.gain_bound * (1 + 1e-9)
    assert chosen.gain >= best / 2
    assert best - chosen.gain <= max(gain.max(), 0)
    assert np.all(gain[chosen.treated] > 0)


def test_with_equal_costs_the_list_is_the_best_of_all() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        gain = rng.normal(0, 1, 30)
        chosen = treatment_list(gain, cost_per_customer=1, budget=7)
        assert chosen.gain == pytest.approx(np.sort(np.maximum(gain, 0))[-7:].sum())
        assert chosen.customers <= 7


def test_the_budget_is_met_to_the_cent_and_the_dear_single_customer_is_not_forgotten() -> None:
    assert treatment_list([1, 1, 1], cost_per_customer=[0.1, 0.1, 0.1], budget=0.3).customers == 3
    lone = treatment_list(
        [2.0, 90.0], cost_per_customer=[1.0, 100.0], budget=100.0
    )  # the small one has the better rate
    assert lone.treated.tolist() == [False, True]
    assert lone.gain_per_unit == 2.0


def test_free_treatments_come_first_and_without_a_limit_everyone_worth_it_is_treated() -> None:
    chosen = treatment_list([1, 5, -1, 0], cost_per_customer=[0, 2, 0, 0], budget=0)
    assert chosen.treated.tolist() == [True, False, False, False]
    everyone = treatment_list([1, 5, -1, 0], cost_per_customer=[0, 2, 0, 0])
    assert everyone.treated.tolist() == [True, True, False, False]
    assert everyone.gain_per_unit == 0.0
    assert everyone.gain_bound == everyone.gain == 6.0
    nobody = treatment_list([-1.0, 0.0], cost_per_customer=1)
    assert nobody.customers == 0
    assert not nobody.worth_it


def test_draws_rank_by_their_mean_and_give_the_gain_its_spread() -> None:
    rng = np.random.default_rng(4)
    gain = rng.normal([3.0, -1.0, 2.0, 0.5], 2.0, (2000, 4))
    chosen = treatment_list(Draws(gain), cost_per_customer=[1, 1, 1, 1], budget=2)
    assert chosen.treated.tolist() == [True, False, True, False]
    assert np.ndim(chosen.gain) == 1
    np.testing.assert_allclose(chosen.gain, gain[:, 0] + gain[:, 2])
    assert chosen.probability_of_gain == np.mean(gain[:, 0] + gain[:, 2] > 0)


# -- from chances to a list ----------------------------------------------------------------------------


def test_whom_to_treat_is_the_list_of_the_gains_and_turns_where_it_says() -> None:
    rng = np.random.default_rng(5)
    p0 = rng.beta(2, 6, 400)
    p1 = np.clip(p0 - rng.normal(0.04, 0.06, 400), 0, 1)
    offer: dict[str, Any] = {"value": rng.gamma(4, 50, 400), "cost_per_contact": 1.0, "incentive": 10.0}
    decision = whom_to_treat(p0, churn_treated=p1, budget=500, **offer)
    gain = treatment_gain(p0, churn_treated=p1, **offer)
    treated = decision.list.treated
    assert decision.gain == pytest.approx(gain[treated].sum())
    assert decision.gain_everyone == pytest.approx(gain.sum())
    riskiest = np.argsort(-p0, kind="stable")[: treated.sum()]
    assert decision.gain_same_number_by_risk == pytest.approx(gain[riskiest].sum())
    assert decision.gain > decision.gain_same_number_by_risk
    stays = (1 - p1)[treated].sum()
    anyway = (1 - np.maximum(p0, p1))[treated].sum()
    assert decision.incentives_to_stayers == pytest.approx(anyway / stays)

    def moved(
        uplift: float = 1, value: float = 1, cost_per_contact: float = 1, incentive: float = 1
    ) -> float:
        at = treatment_gain(
            p0[treated],
            churn_treated=np.clip(p0 - uplift * (p0 - p1), 0, 1)[treated],
            value=value * offer["value"][treated],
            cost_per_contact=cost_per_contact * offer["cost_per_contact"],
            incentive=incentive * offer["incentive"],
        )
        return float(at.sum())

    for assumed in decision.assumptions:
        assert assumed.turning_point is not None
        scale = assumed.turning_point / assumed.value
        assert moved(**{assumed.name: scale}) == pytest.approx(0, abs=1e-6 * float(decision.gain))


# -- policies ------------------------------------------------------------------------------------------


def experiment(seed: int, n: int = 300) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    propensity = rng.uniform(0.2, 0.8, n)
    treated = rng.random(n) < propensity
    return {"treated": treated, "outcome": rng.normal(10 + 5 * treated, 3), "propensity": propensity}


def test_policy_values_are_the_weighted_means_of_who_was_treated_as_the_rule_would() -> None:
    data = experiment(1)
    rule = np.random.default_rng(2).random(300) < 0.4
    m0, m1 = np.linspace(8, 12, 300), np.linspace(14, 16, 300)
    total, weights, corrected = 0.0, 0.0, 0.0
    for i in range(300):
        chance = data["propensity"][i] if data["treated"][i] else 1 - data["propensity"][i]
        w = (1.0 if data["treated"][i] == rule[i] else 0.0) / chance
        total += w * data["outcome"][i]
        weights += w
        guess = m1[i] if data["treated"][i] else m0[i]
        corrected += (m1[i] if rule[i] else m0[i]) + w * (data["outcome"][i] - guess)
    for method, truth in (
        ("inverse-propensity", total / 300),
        ("normalized", total / weights),
        ("doubly-robust", corrected / 300),
    ):
        value = policy_value(rule, method=method, predicted_untreated=m0, predicted_treated=m1, **data)  # type: ignore[arg-type]
        assert value.value.value == pytest.approx(truth, rel=1e-12)
    assert value.share_treated == rule.mean()


def test_in_an_even_split_the_normalized_value_is_a_plain_mean() -> None:
    data: dict[str, Any] = experiment(3) | {"propensity": 0.5}
    everyone = policy_value(np.ones(300), **data)
    assert everyone.value.value == pytest.approx(data["outcome"][data["treated"]].mean())
    assert everyone.over_everybody.value == pytest.approx(0, abs=1e-12)
    gap = data["outcome"][data["treated"]].mean() - data["outcome"][~data["treated"]].mean()
    assert everyone.over_nobody.value == pytest.approx(gap)


# -- curves --------------------------------------------------------------------------------------------


def test_the_curve_is_the_comparison_of_the_arms_among_the_first_customers() -> None:
    data = experiment(4, 120)
    score = np.round(np.random.default_rng(5).normal(size=120), 1)  # with ties
    e, D, y = data["propensity"], data["treated"].astype(float), data["outcome"]
    for method in ("normalized", "inverse-propensity"):
        curve = uplift_curve(score, cost_per_customer=2.0, method=method, **data)  # type: ignore[arg-type]
        assert len(curve.share) == len(np.unique(score)) + 1
        for share, gain in zip(curve.share[1:], curve.gain[1:], strict=True):
            first = score >= np.sort(score)[::-1][round(share * 120) - 1]
            assert first.mean() == pytest.approx(share)
            up, down = (first * D / e), (first * (1 - D) / (1 - e))
            if method == "normalized":
                if not (up.any() and down.any()):
                    continue
                lift = share * ((up @ y) / up.sum() - (down @ y) / down.sum())
            else:
                lift = ((up - down) @ y) / 120
            assert gain == pytest.approx(lift - 2.0 * share, abs=1e-12)
        area = sum(np.diff(curve.share) * (curve.gain[1:] + curve.gain[:-1]) / 2)
        assert curve.auuc == pytest.approx(area)
        assert curve.qini.value == pytest.approx(area - curve.gain[-1] / 2)


def test_radcliffes_curve_is_the_normalized_one_counted_per_treated_customer() -> None:
    data: dict[str, Any] = experiment(6, 200) | {"propensity": 0.5}
    score = np.random.default_rng(7).normal(size=200)
    curve = uplift_curve(score, **data)
    order = np.argsort(-score)
    D, y = data["treated"][order].astype(float), data["outcome"][order]
    nt, nc = np.cumsum(D), np.cumsum(1 - D)
    known = (nt > 0) & (nc > 0)
    radcliffe = (np.cumsum(D * y) - np.cumsum((1 - D) * y) * nt / np.maximum(nc, 1))[known]
    n = np.arange(1, 201)[known]
    np.testing.assert_allclose(radcliffe, 200 * curve.gain[1:][known] * nt[known] / n, rtol=1e-10, atol=1e-9)


# -- what would turn a verdict -------------------------------------------------------------------------


def test_a_list_turns_at_the_cost_that_eats_its_gain_and_with_draws_at_that_of_the_mean() -> None:
    rng = np.random.default_rng(9)
    gain = Draws(rng.normal(2, 6, (400, 30)))
    chosen = treatment_list(gain, cost_per_customer=1, budget=10)
    (further,) = chosen.assumptions
    assert further.turning_point == pytest.approx(np.mean(chosen.gain) / chosen.customers)
    assert chosen.interval(0.8) == pytest.approx(np.quantile(chosen.gain, [0.1, 0.9]))
    assert type(chosen).from_json(chosen.model_dump_json()) == chosen


def test_the_decision_with_draws_turns_on_the_mean_gain_of_the_list() -> None:
    rng = np.random.default_rng(10)
    p0, p1, value = rng.uniform(0.2, 0.4, (50, 6)), rng.uniform(0.1, 0.3, (50, 6)), rng.gamma(4, 50, (50, 6))
    decision = whom_to_treat(
        Draws(p0), churn_treated=Draws(p1), value=Draws(value), cost_per_contact=1, incentive=10, budget=30
    )
    on = np.asarray(decision.list.treated)
    factor = {a.name: a.turning_point / a.value for a in decision.assumptions if a.turning_point is not None}
    assert set(factor) == {"uplift", "value", "cost_per_contact", "incentive"}
    for k, scale in enumerate(factor.values()):
        u, v, c, d = (scale if k == n else 1.0 for n in range(4))
        after = p0 - u * (p0 - p1)
        gain = (p0 - after) * value * v - c * 1 - d * 10 * (1 - after)
        assert gain[:, on].sum(axis=1).mean() == pytest.approx(0, abs=1e-6)
    assert decision.gain_with(value=float(value[:, on].mean())) == pytest.approx(np.mean(decision.gain))


def test_a_rule_turns_where_the_better_of_nobody_and_everybody_does_as_well() -> None:
    data: dict[str, Any] = experiment(11) | {"propensity": 0.5}
    rule = np.random.default_rng(12).random(300) < 0.5
    treated, outcome = np.asarray(data["treated"]), np.asarray(data["outcome"], np.float64)
    arms: dict[str, Any] = {"treated": treated, "propensity": 0.5, "method": "inverse-propensity"}
    found = policy_value(rule, outcome=outcome, **arms)
    assert found.gain == min(found.over_nobody.value, found.over_everybody.value)
    cost = next(a.turning_point for a in found.assumptions if a.name == "further_cost")
    assert cost is not None
    assert found.gain_with(further_cost=cost) == pytest.approx(0, abs=1e-9)
    assert type(found).from_json(found.model_dump_json()) == found


def test_the_list_of_the_decision_has_the_labels_of_the_customers() -> None:
    table = pd.DataFrame({"p0": [0.3, 0.2, 0.5], "p1": [0.2, 0.19, 0.3]}, index=["ann", "bob", "cy"])
    found = whom_to_treat(table["p0"], churn_treated=table["p1"], value=200, cost_per_contact=1, incentive=10)
    assert list(found.list.treated.index) == ["ann", "bob", "cy"]
    assert list(found.to_frame("pandas")["customer"]) == ["ann", "bob", "cy"]


@pytest.mark.parametrize("method", ["normalized", "inverse-propensity", "doubly-robust"])
def test_the_gain_of_a_rule_from_sums_is_that_of_the_customers_one_by_one(method: Any) -> None:
    data: dict[str, Any] = experiment(13) | {"propensity": 0.5}
    rule = np.random.default_rng(14).random(300) < 0.5
    data |= {"method": method, "predicted_untreated": 9.0, "predicted_treated": 14.0}
    found = policy_value(rule, **data)
    for changed in ({}, {"propensity": 0.4}, {"further_cost": 1.5}):
        one_by_one = found.inputs.replace(**changed).gain()
        assert found.inputs.gain_at(**changed) == pytest.approx(one_by_one, rel=1e-12)
    data["propensity"] = [0.5] * 300
    each = policy_value(rule, **data)
    assert each.gain == pytest.approx(found.gain)
    turns = [{a.name: a.turning_point for a in r.assumptions}["further_cost"] for r in (found, each)]
    assert turns[0] == pytest.approx(turns[1])
