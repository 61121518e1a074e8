"""Service decisions meet the reference numbers, and sums and integrals done without the library."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.crisis.complaints import (
    ComplaintHandling,
    WordOfMouth,
    better_complaint_handling,
    market_damage,
)
from retainkit.decisions.crisis.crisis import crisis_survivor_factor, value_through_crisis
from retainkit.decisions.crisis.crisis_cost import crisis_cost
from retainkit.decisions.crisis.recovery import recovery_gain, service_recovery
from retainkit.decisions.service.profit_chain import Link, chain_effects, service_profit_chain
from retainkit.decisions.service.response_time import (
    ResponseTimeCurve,
    faster_response,
    hazard_ratio_of_response_time,
)
from retainkit.decisions.service.service_change import (
    service_change,
    service_change_on_curve,
    service_value_ratio,
)
from retainkit.decisions.service.staffing import ServedCustomers, leaver_cost, staff_retention
from retainkit.economics import Rate, annuity_value

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "decisions_service.toml").read_text())


def per_month(value: float) -> Rate:
    """A hazard or a force of discount."""
    return Rate(value, per="month", kind="continuous")


# -- a change of service ------------------------------------------------------------------------------


def test_a_hazard_ratio_is_worth_the_reference_number() -> None:
    case = REFERENCE["hazard_ratio"]
    ratio = service_value_ratio(
        case["ratio"],
        churn=per_month(case["hazard"]),
        discount_rate=per_month(case["force"]),
        timing="continuous",
        period="month",
    )
    assert abs(ratio - case["expected"]) <= case["tolerance"]
    assert ratio == pytest.approx(0.06 / 0.05, rel=1e-14)


@pytest.mark.parametrize("timing", ["begin", "mid", "end", "end-if-retained"])
def test_a_change_of_service_is_its_sum(timing: Any) -> None:
    k = np.arange(20_000)
    when = k + {"begin": 0.0, "mid": 0.5, "end": 1.0, "end-if-retained": 1.0}[timing]

    def worth(margin: float, retention: float) -> float:
        who = retention ** (k + 1 if timing == "end-if-retained" else k)
        return math.fsum(margin * who * 1.01**-when)

    change = service_change(
        50,
        hazard_ratio=0.7,
        churn=0.06,
        discount_rate=0.01,
        timing=timing,
        cost_per_period=4,
        cost=900,
        customers=120,
    )
    before, after = worth(50, 0.94), worth(46, 0.94**0.7)
    assert change.value_before == pytest.approx(before, rel=1e-11)
    assert change.value_after == pytest.approx(after, rel=1e-11)
    assert change.gain == pytest.approx(120 * (after - before) - 900, rel=1e-10)


def test_the_break_even_cost_of_service_leaves_nothing() -> None:
    what: dict[str, Any] = {
        "hazard_ratio": 0.8,
        "churn": 0.05,
        "discount_rate": 0.01,
        "timing": "end",
        "cost": 20_000,
        "customers": 1000,
    }
    most = service_change(50, **what).break_even_cost_per_period
    assert service_change(50, **what, cost_per_period=most).gain == pytest.approx(0.0, abs=1e-6)


def test_every_break_even_of_a_change_leaves_nothing() -> None:
    given: dict[str, Any] = {
        "margin_per_period": 50,
        "hazard_ratio": 0.8,
        "churn": 0.05,
        "discount_rate": 0.01,
        "cost_per_period": 3,
        "cost": 20_000,
        "customers": 1000,
    }
    change = service_change(**given, timing="end")
    assert {a.name for a in change.assumptions} == set(given)
    for assumption in change.assumptions:
        turned = service_change(**{**given, assumption.name: assumption.turning_point}, timing="end")
        assert abs(turned.gain) <= 1e-6 * abs(change.gain)


def test_a_change_on_a_measured_curve_is_its_sum() -> None:
    curve = np.array([1.0, 0.8, 0.7, 0.65])
    last = 0.65 / 0.7
    long = np.append(curve, 0.65 * last ** np.arange(1, 5000))
    change = service_change_on_curve(
        50,
        curve,
        hazard_ratio=0.9,
        discount_rate=0.01,
        timing="begin",
        after_end="same-churn",
        cost_per_period=2,
    )
    v = 1.01 ** -np.arange(long.size)
    assert change.value_before == pytest.approx(math.fsum(50 * long * v), rel=1e-10)
    assert change.value_after == pytest.approx(math.fsum(48 * long**0.9 * v), rel=1e-10)


# -- response time ------------------------------------------------------------------------------------


def test_half_the_time_at_an_elasticity_of_a_tenth_is_two_to_the_minus_tenth() -> None:
    assert hazard_ratio_of_response_time(4, before=8, elasticity=0.1) == pytest.approx(2**-0.1, rel=1e-15)


def test_a_curve_is_log_linear_between_its_points() -> None:
    curve = ResponseTimeCurve([0, 4, 24], [0.8, 1.0, 1.6])
    assert curve.hazard_ratio(2, before=4) == pytest.approx(math.sqrt(0.8), rel=1e-14)
    assert curve.hazard_ratio(4, before=24) == pytest.approx(1 / 1.6, rel=1e-14)


def test_a_faster_response_is_worth_the_closed_form() -> None:
    answer = faster_response(
        50,
        response_time=8,
        response_time_after=2,
        elasticity=0.1,
        churn=0.05,
        discount_rate=0.01,
        timing="end",
        customers=1000,
        cost_per_period=2,
        cost=10_000,
    )
    after = 48 / (1.01 - 0.95 ** (0.25**0.1))
    assert answer.gain == pytest.approx(1000 * (after - 50 / 0.06) - 10_000, rel=1e-10)
    worth = 1000 * 50 * (1 / (1.01 - 0.95 ** (0.25**0.1)) - 1 / 0.06) / 6
    assert answer.worth_per_unit_of_time == pytest.approx(worth, rel=1e-10)


# -- failures, recovery, complaints -------------------------------------------------------------------


def test_losing_a_customer_costs_the_published_number() -> None:
    case = REFERENCE["recovery"]
    value = annuity_value(
        case["payment"], periods=case["years"], discount_rate=case["discount_rate"], timing="end"
    )
    lost = service_recovery(
        value, stay_without_failure=1, stay_unrecovered=0, restored=1, cost_per_recovery=0
    )
    assert abs(lost.failure_cost - case["expected"]) <= case["tolerance"]
    assert abs(lost.gain - case["expected"]) <= case["tolerance"]


def test_recovery_is_worth_the_chance_it_brings_back() -> None:
    chances: dict[str, Any] = {"stay_without_failure": 0.9, "stay_unrecovered": 0.5, "restored": 0.75}
    assert recovery_gain(1000, **chances, cost_per_recovery=40) == pytest.approx(0.3 * 1000 - 40, rel=1e-14)
    assert recovery_gain(1000, **chances, cost_per_recovery=40, recovery_paradox=0.05) == pytest.approx(
        310, rel=1e-14
    )
    decided = service_recovery(1000, **chances, cost_per_recovery=40, failures=200, cost=1000)
    assert decided.gain == pytest.approx(200 * 260 - 1000, rel=1e-14)
    assert decided.left_after_recovery == pytest.approx(0.1 * 1000 + 40, rel=1e-12)


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


def test_market_damage_is_counted_group_by_group() -> None:
    talk = WordOfMouth(
        told_by_dissatisfied=8, told_by_silent=3, lost_sales_per_person_told=0.02, value_per_sale=200
    )
    damage = market_damage(
        10_000,
        300,
        share_with_problem=0.2,
        stay_without_problem=0.95,
        handling=ComplaintHandling(**HANDLING),
        word_of_mouth=talk,
    )
    # 2,000 have a problem; 600 complain: 240 satisfied, 180 appeased, 180 dissatisfied; 1,400 say nothing
    by_hand = {
        "satisfied": 240 * 0.05 * 300,
        "appeased": 180 * 0.25 * 300,
        "dissatisfied": 180 * 0.65 * 300 + 180 * 8 * 0.02 * 200,
        "silent": 1400 * 0.35 * 300 + 1400 * 3 * 0.02 * 200,
    }
    assert damage.by_group == pytest.approx(by_hand, rel=1e-12)
    assert damage.damage == pytest.approx(sum(by_hand.values()), rel=1e-12)
    assert damage.customers_lost == pytest.approx(12 + 45 + 117 + 490, rel=1e-12)
    assert damage.sales_lost == pytest.approx(28.8 + 84, rel=1e-12)
    assert damage.handling_cost == pytest.approx(9000, rel=1e-14)


def test_better_handling_is_the_difference_of_two_damages() -> None:
    planned = {**HANDLING, "share_complaining": 0.5, "satisfied": 0.6, "cost_per_complaint": 20}
    decision = better_complaint_handling(
        10_000,
        300,
        share_with_problem=0.2,
        stay_without_problem=0.95,
        now=ComplaintHandling(**HANDLING),
        planned=ComplaintHandling(**planned),
        cost=20_000,
    )
    now = 240 * 0.05 + 180 * 0.25 + 180 * 0.65 + 1400 * 0.35
    then = 600 * 0.05 + 300 * 0.25 + 100 * 0.65 + 1000 * 0.35
    assert decision.gain == pytest.approx((now - then) * 300 + 9000 - 20_000 - 20_000, rel=1e-11)


# -- staff and the chain ------------------------------------------------------------------------------


def test_a_leaver_costs_the_sum_of_the_parts() -> None:
    cost = leaver_cost(
        separation=500,
        hiring=3000,
        training=1500,
        contribution_per_period=6000,
        pay_per_period=4000,
        vacancy_periods=1.5,
        ramp_up_periods=3,
        ramp_up_productivity=0.5,
    )
    assert cost.total == 500 + 3000 + 1500 + 1.5 * 2000 + 3 * 0.5 * 6000


def test_keeping_staff_is_worth_the_leavers_saved_and_the_customers_kept() -> None:
    served = ServedCustomers(customers=5000, margin_per_period=20, churn=0.04, timing="end", elasticity=0.05)
    decision = staff_retention(
        employees=80,
        turnover=0.03,
        turnover_after=0.02,
        cost_per_leaver=17_000,
        cost_per_period=12_000,
        cost=5_000,
        horizon=36,
        discount_rate=0.01,
        served=served,
    )
    annuity = math.fsum(1.01**-k for k in range(1, 37))
    stays = 0.96 ** ((2 / 3) ** 0.05)
    better = math.fsum(20 * (stays**k - 0.96**k) * 1.01 ** -(k + 1) for k in range(36))
    saved = 80 * 0.01 * 17_000 * annuity
    assert decision.saved_on_leavers == pytest.approx(saved, rel=1e-12)
    assert decision.gained_on_customers == pytest.approx(5000 * better, rel=1e-10)
    assert decision.gain == pytest.approx(saved + 5000 * better - 12_000 * annuity - 5000, rel=1e-10)


LINKS = [
    Link("employees", "service", 0.5),
    Link("service", "satisfaction", 0.6),
    Link("satisfaction", "retention", 0.2),
]


def test_elasticities_of_a_chain_multiply() -> None:
    effects = chain_effects(0.1, LINKS)
    assert effects["retention"] == pytest.approx(1.1**0.06 - 1, rel=1e-13)


@pytest.mark.parametrize(
    ("end", "elasticity", "after"),
    [
        ("retention", 0.2, 50 / (1.01 - 0.95 * 1.1**0.06)),
        ("hazard", -0.2, 50 / (1.01 - 0.95 ** (1.1**-0.06))),
        ("margin", 0.2, 50 * 1.1**0.06 / 0.06),
    ],
)
def test_a_chain_ends_in_money(end: str, elasticity: float, after: float) -> None:
    chain = service_profit_chain(
        0.1,
        [*LINKS[:2], Link("satisfaction", end, elasticity)],
        margin_per_period=50,
        churn=0.05,
        discount_rate=0.01,
        timing="end",
        customers=1000,
        cost=50_000,
    )
    assert chain.value_after == pytest.approx(after, rel=1e-11)
    assert chain.gain == pytest.approx(1000 * (after - 50 / 0.06) - 50_000, rel=1e-9)


# -- crisis -------------------------------------------------------------------------------------------


def test_a_crisis_leaves_the_reference_share_and_value() -> None:
    case = REFERENCE["crisis"]
    usual: dict[str, Any] = {
        "churn": per_month(case["hazard"]),
        "hazard_jump": case["jump"],
        "period": "month",
    }
    factor = crisis_survivor_factor(**usual, half_life=2)
    assert abs(factor - case["factor"]) <= case["factor_tolerance"]
    for row in case["values"]:
        value = value_through_crisis(
            case["margin"], **usual, discount_rate=per_month(case["force"]), half_life=row["half_life"]
        )
        assert abs(value - row["expected"]) <= case["tolerance"]


@pytest.mark.parametrize("case", REFERENCE["value"], ids=lambda c: f"hazard {c['hazard']}")
def test_the_value_through_a_crisis_is_its_integral(case: dict[str, Any]) -> None:
    what: dict[str, Any] = {
        "churn": per_month(case["hazard"]),
        "discount_rate": per_month(case["force"]),
        "hazard_jump": case["jump"],
        "half_life": case["half_life"],
        "period": "month",
    }
    assert value_through_crisis(case["margin"], **what) == pytest.approx(case["expected"], rel=1e-12)
    later = value_through_crisis(case["margin"], **what, since=5)
    assert later == pytest.approx(case["after_five"], rel=1e-12)


@pytest.mark.parametrize("case", REFERENCE["cost"], ids=lambda c: f"hazard {c['hazard']}")
def test_what_a_crisis_costs_is_its_three_integrals(case: dict[str, Any]) -> None:
    cost = crisis_cost(
        case["margin"],
        churn=per_month(case["hazard"]),
        discount_rate=per_month(case["force"]),
        hazard_jump=case["jump"],
        half_life=case["half_life"],
        customers=case["customers"],
        acquired_per_period=case["acquired"],
        acquisition_cost=case["acquisition_cost"],
        acquisition_drop=case["drop"],
        acquisition_half_life=case["acquisition_half_life"],
        period="month",
    )
    parts = (cost.loss_of_customers, cost.loss_of_new_customers, cost.loss_on_new_customers)
    assert parts == pytest.approx(tuple(case["expected"]), rel=1e-11)
    assert cost.loss == pytest.approx(sum(case["expected"]), rel=1e-11)
