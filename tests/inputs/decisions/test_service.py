"""Bad input to service decisions is refused, under the name that the caller wrote, with a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.company.brand_switching import improved_switching, return_on_switching
from retainkit.decisions.crisis.complaints import ComplaintHandling, market_damage
from retainkit.decisions.crisis.crisis import (
    crisis_survivor_factor,
    survival_through_crisis,
    value_through_crisis,
)
from retainkit.decisions.crisis.crisis_cost import crisis_cost, faster_recovery
from retainkit.decisions.crisis.recovery import recovery_gain
from retainkit.decisions.service.profit_chain import Link, chain_effects, service_profit_chain
from retainkit.decisions.service.response_time import (
    ResponseTimeCurve,
    faster_response,
    hazard_ratio_of_response_time,
)
from retainkit.decisions.service.return_on_quality import return_on_quality, roi_of_customer_equity
from retainkit.decisions.service.service_change import (
    service_change,
    service_change_on_curve,
    service_value_ratio,
    survival_with_hazard_ratio,
)
from retainkit.decisions.service.staffing import ServedCustomers, leaver_cost, staff_retention
from retainkit.economics import Rate
from retainkit.errors import InputError

CHANGE: dict[str, Any] = {"hazard_ratio": 0.8, "churn": 0.05, "discount_rate": 0.01, "timing": "end"}
FASTER: dict[str, Any] = {
    "response_time": 8,
    "response_time_after": 2,
    "churn": 0.05,
    "discount_rate": 0.01,
    "timing": "end",
}
RECOVERY: dict[str, Any] = {
    "stay_without_failure": 0.9,
    "stay_unrecovered": 0.5,
    "restored": 0.7,
    "cost_per_recovery": 10,
}
CRISIS: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01, "hazard_jump": 4, "half_life": 2}
HANDLING: dict[str, Any] = {
    "share_complaining": 0.3,
    "satisfied": 0.4,
    "appeased": 0.3,
    "stay_satisfied": 0.9,
    "stay_appeased": 0.7,
    "stay_dissatisfied": 0.3,
    "stay_silent": 0.6,
    "cost_per_complaint": 15,
}
CHAIN: dict[str, Any] = {
    "margin_per_period": 50,
    "churn": 0.05,
    "discount_rate": 0.01,
    "timing": "end",
    "customers": 10,
    "cost": 1,
}
STAFF: dict[str, Any] = {
    "employees": 8,
    "turnover": 0.03,
    "turnover_after": 0.02,
    "cost_per_leaver": 9,
    "cost_per_period": 1,
    "horizon": 3,
    "discount_rate": 0.01,
}
QUALITY: dict[str, Any] = {
    "cost": 100,
    "cost_per_period": 0,
    "churn": 0.05,
    "hazard_ratio": 0.9,
    "customers": 10,
    "acquired_per_period": 1,
    "acquisition_lift": 0,
    "savings_per_period": 0,
    "discount_rate": 0.01,
    "horizon": 12,
}
A = [[0.7, 0.3], [0.5, 0.5]]
SWITCHING: dict[str, Any] = {
    "brand": 0,
    "last_bought": [1, 1],
    "contribution_per_purchase": 20,
    "utility_change": 0.1,
    "cost": 1,
    "discount_rate": 0.1,
    "first": "now",
}
TWO = ResponseTimeCurve([1, 4], [1.0, 1.2])


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: service_value_ratio(0, churn=0.05, discount_rate=0, timing="end"), "hazard_ratio"),
        (lambda: service_value_ratio(0.8, churn=0, discount_rate=0, timing="end"), "discount_rate"),
        (lambda: service_change(50, **{**CHANGE, "churn": 1.2}), "churn"),
        (lambda: service_change(50, **{**CHANGE, "timing": "ends"}), "timing"),
        (lambda: service_change(50, **{**CHANGE, "churn": Rate(0.05, per="month")}), "churn"),
        (lambda: service_change(50, **CHANGE, cost=-1), "cost"),
        (lambda: service_change(np.ones((2, 2)), **CHANGE), "margin_per_period"),
        (lambda: service_change([1, 2], **{**CHANGE, "hazard_ratio": [0.8, 0.9, 1]}), "hazard_ratio"),
        (lambda: survival_with_hazard_ratio([1, 0.9], -1), "hazard_ratio"),
        (
            lambda: service_change_on_curve(50, [1, 0.9], hazard_ratio=0.8, discount_rate=0.01, timing="end"),
            "survival",
        ),
        (
            lambda: service_change_on_curve(
                50, [1, 1.9], hazard_ratio=0.8, discount_rate=0.01, timing="end", after_end="stop"
            ),
            "survival",
        ),
        (lambda: faster_response(50, **FASTER), "elasticity / curve"),
        (lambda: faster_response(50, **FASTER, elasticity=0.1, curve=TWO), "elasticity / curve"),
        (lambda: faster_response(50, **FASTER, curve=TWO), "before"),
        (lambda: TWO.hazard_ratio(0.5, before=2), "after"),
        (lambda: ResponseTimeCurve([4, 1], [1, 1]), "times"),
        (lambda: ResponseTimeCurve([1], [1]), "times, relative_hazard"),
        (lambda: ResponseTimeCurve([1, 2], [1, 0]), "relative_hazard"),
        (lambda: hazard_ratio_of_response_time(0, before=2, elasticity=0.1), "after"),
        (lambda: recovery_gain(100, **{**RECOVERY, "stay_unrecovered": 0.95}), "stay_unrecovered"),
        (lambda: recovery_gain(100, **RECOVERY, recovery_paradox=0.4), "recovery_paradox"),
        (lambda: recovery_gain(100, **{**RECOVERY, "restored": 75}), "restored"),
        (lambda: ComplaintHandling(**{**HANDLING, "satisfied": 0.8}), "satisfied + appeased"),
        (lambda: ComplaintHandling(**{**HANDLING, "stay_silent": 60}), "stay_silent"),
        (
            lambda: market_damage(
                10,
                1,
                share_with_problem=20,
                stay_without_problem=1,
                handling=ComplaintHandling(**HANDLING),
            ),
            "share_with_problem",
        ),
        (
            lambda: leaver_cost(
                separation=1,
                hiring=1,
                training=1,
                contribution_per_period=1,
                pay_per_period=1,
                vacancy_periods=1,
                ramp_up_periods=1,
                ramp_up_productivity=50,
            ),
            "ramp_up_productivity",
        ),
        (lambda: staff_retention(**{**STAFF, "turnover": 0}), "turnover"),
        (
            lambda: staff_retention(
                **STAFF,
                served=ServedCustomers(
                    customers=1, margin_per_period=1, churn=2, timing="end", elasticity=0.1
                ),
            ),
            "churn",
        ),
        (lambda: chain_effects(0.1, []), "links"),
        (lambda: chain_effects(0.1, [Link("a", "b", 1), Link("c", "d", 1)]), "links"),
        (lambda: chain_effects(0.1, [Link("a", "b", 1), Link("b", "a", 1)]), "links"),
        (lambda: chain_effects(-1, [Link("a", "b", 1)]), "change"),
        (lambda: Link("a", "b", "much"), "elasticity"),
        (lambda: service_profit_chain(0.1, [Link("a", "profit", 1)], **CHAIN), "effect of the last link"),
        (
            lambda: service_profit_chain(0.5, [Link("a", "retention", 1)], **CHAIN),
            "retention at the end of the chain",
        ),
        (lambda: crisis_survivor_factor(churn=1, hazard_jump=4, half_life=2), "churn"),
        (lambda: value_through_crisis(50, **{**CRISIS, "half_life": 0}), "half_life"),
        (lambda: value_through_crisis(50, **{**CRISIS, "churn": 0, "discount_rate": 0}), "discount_rate"),
        (lambda: survival_through_crisis([1, 0.9], hazard_jump=-1, half_life=1), "hazard_jump"),
        (lambda: survival_through_crisis(lambda t: 0.9**t, hazard_jump=1, half_life=1)(np.array([0.5])), "t"),
        (lambda: crisis_cost(50, **CRISIS, customers=1, acquisition_drop=40), "acquisition_drop"),
        (lambda: faster_recovery(50, **CRISIS, customers=1, half_life_after=0, cost=0), "half_life_after"),
        (lambda: roi_of_customer_equity(1, cost=0), "cost"),
        (lambda: return_on_quality(50, **{**QUALITY, "horizon": 1.5}), "horizon"),
        (lambda: return_on_quality(50, **{**QUALITY, "acquisition_lift": -1}), "acquisition_lift"),
        (lambda: return_on_quality(50, **{**QUALITY, "starts_after": 1.5}), "starts_after"),
        (lambda: improved_switching(A, brand=2, utility_change=0.1), "brand"),
        (lambda: improved_switching([[0.7, 0.7], [0.5, 0.5]], brand=0, utility_change=0.1), "transitions"),
        (lambda: return_on_switching(A, **{**SWITCHING, "last_bought": [1, 1, 1]}), "last_bought"),
        (lambda: return_on_switching(A, **{**SWITCHING, "first": "later"}), "first"),
    ],
)
def test_bad_input_is_refused_by_name(call: Callable[[], object], argument: str) -> None:
    with pytest.raises(InputError) as refusal:
        call()
    assert refusal.value.argument == argument
    assert refusal.value.way_out or refusal.value.code == "unknown-choice"


@pytest.mark.parametrize("name", ["elasticity", "churn", "timing"])
def test_links_between_service_and_customers_have_no_default(name: str) -> None:
    given: dict[str, Any] = {
        "customers": 1,
        "margin_per_period": 1,
        "churn": 0.1,
        "timing": "end",
        "elasticity": 0.1,
    }
    with pytest.raises(TypeError, match=name):
        ServedCustomers(**{k: v for k, v in given.items() if k != name})


@pytest.mark.parametrize("elasticity", [0.01, 0.02, 0.03, 0.04, -3.0, 500.0])
def test_a_faster_response_that_does_not_pay_is_a_no_and_no_overflow(elasticity: float) -> None:
    answer = faster_response(50, **FASTER, elasticity=elasticity, cost_per_period=49)
    assert not answer.worth_it or elasticity > 1.0
    assert str(answer).startswith(("Not worth it", "Worth it"))
    assert {a.name for a in answer.turning_points()} >= {"elasticity", "response_time_after"}
