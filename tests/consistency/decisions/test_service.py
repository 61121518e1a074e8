"""Special cases and detours of the service decisions agree."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.crisis.complaints import ComplaintHandling, better_complaint_handling, market_damage
from retainkit.decisions.crisis.crisis import (
    crisis_survivor_factor,
    survival_through_crisis,
    value_through_crisis,
)
from retainkit.decisions.crisis.crisis_cost import crisis_cost, faster_recovery
from retainkit.decisions.crisis.recovery import service_recovery
from retainkit.decisions.service.profit_chain import Link, service_profit_chain
from retainkit.decisions.service.response_time import ResponseTimeCurve, faster_response
from retainkit.decisions.service.return_on_quality import return_on_quality
from retainkit.decisions.service.service_change import (
    service_change,
    service_change_on_curve,
    service_value_ratio,
    survival_with_hazard_ratio,
)
from retainkit.decisions.service.staffing import staff_retention
from retainkit.draws import Draws
from retainkit.economics import lifetime_value, lifetime_value_on_curve
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric

RATES: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01}
TIMINGS = ["begin", "mid", "end", "end-if-retained"]
DRAWS = Draws(np.random.default_rng(7).lognormal(np.log(0.85), 0.1, 64))


@pytest.mark.parametrize("timing", [*TIMINGS, "continuous"])
def test_service_that_changes_nothing_gains_nothing(timing: Any) -> None:
    assert service_value_ratio(1.0, **RATES, timing=timing) == 1.0
    assert service_change(50, hazard_ratio=1.0, **RATES, timing=timing, cost=10).gain == -10


@pytest.mark.slow
@pytest.mark.parametrize("timing", TIMINGS)
def test_a_curve_of_constant_churn_is_constant_churn(timing: Any) -> None:
    what: dict[str, Any] = {
        "hazard_ratio": 0.8,
        "discount_rate": 0.01,
        "timing": timing,
        "cost_per_period": 2,
    }
    even = service_change(50, churn=0.05, **what)
    curve = service_change_on_curve(50, lambda t: 0.95**t, **what)
    table = service_change_on_curve(50, [1, 0.95], **what, after_end=0.05)
    for other in (curve, table):
        assert other.gain == pytest.approx(even.gain, rel=1e-10)
        turns = [{a.name: a.turning_point for a in d.assumptions} for d in (even, other)]
        assert turns[1]["hazard_ratio"] == pytest.approx(turns[0]["hazard_ratio"], rel=1e-9)


def test_a_fitted_model_is_its_survival_function() -> None:
    model = ShiftedBetaGeometric(alpha=0.764, beta=1.296)
    what: dict[str, Any] = {"hazard_ratio": 0.9, "discount_rate": 0.1, "timing": "begin", "horizon": 30}
    assert (
        service_change_on_curve(100, model, **what).gain
        == service_change_on_curve(100, model.survival(np.arange(31)), **what).gain
    )
    half = survival_with_hazard_ratio(model, 0.5)
    assert half(np.array([4.0])) == pytest.approx(np.sqrt(model.survival([4.0])), rel=1e-14)


def test_draws_are_one_decision_each() -> None:
    together = service_change(50, hazard_ratio=DRAWS, **RATES, timing="end", cost=100)
    one_by_one = [service_change(50, hazard_ratio=h, **RATES, timing="end", cost=100).gain for h in DRAWS]
    assert together.gain == pytest.approx(one_by_one, rel=1e-13)
    assert together.probability_of_gain == np.mean(np.array(one_by_one) > 0)
    curve = service_change_on_curve(
        50, lambda t: 0.95**t, hazard_ratio=DRAWS, discount_rate=0.01, timing="end", cost=100
    )
    assert curve.gain == pytest.approx(one_by_one, rel=1e-9)


def test_columns_of_ratios_are_one_ratio_each() -> None:
    together = service_value_ratio(list(DRAWS), **RATES, timing="mid")
    assert together == pytest.approx(
        [service_value_ratio(h, **RATES, timing="mid") for h in DRAWS], rel=1e-14
    )


def test_a_response_curve_that_is_a_power_law_is_an_elasticity() -> None:
    times = np.geomspace(1, 16, 400)
    curve = ResponseTimeCurve(times, times**0.2)
    what: dict[str, Any] = {"response_time": 8, "response_time_after": 2, **RATES, "timing": "end", "cost": 5}
    by_curve = faster_response(50, **what, curve=curve)
    assert by_curve.gain == pytest.approx(faster_response(50, **what, elasticity=0.2).gain, rel=1e-4)


@pytest.mark.parametrize("half_life", [1e-9, 1.0, 1e9])
def test_a_crisis_without_a_jump_is_no_crisis(half_life: float) -> None:
    value = value_through_crisis(50, **RATES, hazard_jump=0, half_life=half_life)
    assert value == pytest.approx(lifetime_value(50, **RATES, timing="continuous"), rel=1e-14)


def test_a_crisis_that_hardly_lasts_and_one_that_hardly_ends() -> None:
    usual = lifetime_value(50, **RATES, timing="continuous")
    assert value_through_crisis(50, **RATES, hazard_jump=4, half_life=1e-9) == pytest.approx(usual, rel=1e-8)
    worse = lifetime_value(50, churn=1 - 0.95**5, discount_rate=0.01, timing="continuous")
    assert value_through_crisis(50, **RATES, hazard_jump=4, half_life=1e7) == pytest.approx(worse, rel=1e-5)


def test_a_crisis_on_a_fine_curve_is_the_integral() -> None:
    steps = 200  # a period cut into 200
    curve = survival_through_crisis(lambda t: 0.95 ** (t / steps), hazard_jump=4, half_life=2 * steps)
    starting, staying = (
        lifetime_value_on_curve(
            50 / steps, curve, discount_rate=1.01 ** (1 / steps) - 1, timing=timing, horizon=400 * steps
        )
        for timing in ("begin", "end-if-retained")
    )
    exact = value_through_crisis(50, **RATES, hazard_jump=4, half_life=2)
    assert 0.5 * (starting + staying) == pytest.approx(exact, rel=1e-6)  # the trapezoidal rule
    assert curve(np.array([250.0 * steps]))[0] / 0.95**250 == pytest.approx(
        crisis_survivor_factor(churn=0.05, hazard_jump=4, half_life=2), rel=1e-9
    )


def test_a_crisis_costs_what_the_stock_of_customers_loses() -> None:
    m, c, d, jump, half, n, a, cost, drop = 50.0, 0.03, 0.01, 3.0, 4.0, 1000.0, 40.0, 120.0, 0.5
    mu, delta, decay = -np.log1p(-c), np.log1p(d), np.log(2) / half
    step = 0.002
    t = (np.arange(int(1500 / step)) + 0.5) * step
    excess = np.exp(-decay * t)
    coming, hazard = a * (1 - drop * excess), mu * (1 + jump * excess)
    # stock N' = coming − hazard·N, by its integrating factor
    gone = np.cumsum(hazard) * step
    total = np.exp(-gone) * (n + np.cumsum(coming * np.exp(np.minimum(gone, 700))) * step)
    usual = a / mu + (n - a / mu) * np.exp(-mu * t)
    lost = np.sum(np.exp(-delta * t) * (m * (usual - total) - cost * (a - coming))) * step
    found = crisis_cost(
        m,
        churn=c,
        discount_rate=d,
        hazard_jump=jump,
        half_life=half,
        customers=n,
        acquired_per_period=a,
        acquisition_cost=cost,
        acquisition_drop=drop,
    )
    assert found.loss == pytest.approx(lost, rel=2e-3)


def test_a_recovery_as_fast_as_before_gains_nothing_and_a_faster_one_something() -> None:
    crisis: dict[str, Any] = {**RATES, "hazard_jump": 4, "half_life": 2, "customers": 1000}
    assert faster_recovery(50, **crisis, half_life_after=2, cost=7).gain == pytest.approx(-7, abs=1e-7)
    new: dict[str, Any] = {"acquired_per_period": 20, "acquisition_cost": 100, "acquisition_drop": 0.4}
    gain = faster_recovery(50, **crisis, **new, half_life_after=1, cost=7).gain
    before = crisis_cost(50, **crisis, **new).loss
    after = crisis_cost(50, **{**crisis, "half_life": 1}, **new).loss
    assert gain == pytest.approx(before - after - 7, rel=1e-12)


def test_a_chain_with_one_link_to_hazard_is_a_change_of_service() -> None:
    chain = service_profit_chain(
        0.1,
        [Link("training", "hazard", -0.5)],
        margin_per_period=50,
        **RATES,
        timing="end",
        customers=10,
        cost=100,
    )
    change = service_change(50, hazard_ratio=1.1**-0.5, **RATES, timing="end", customers=10, cost=100)
    assert chain.gain == pytest.approx(change.gain, rel=1e-12)


def test_the_recovery_paradox_is_nothing_unless_it_is_said() -> None:
    chances: dict[str, Any] = {"stay_without_failure": 0.9, "stay_unrecovered": 0.5, "cost_per_recovery": 10}
    whole = service_recovery(1000, **chances, restored=1)
    assert whole.left_after_recovery == pytest.approx(
        10, rel=1e-10
    )  # as good as no failure, but for the cost
    assert whole.gain == service_recovery(1000, **chances, restored=1, recovery_paradox=0).gain


def test_without_complaints_the_silent_bear_everything() -> None:
    nobody = ComplaintHandling(
        share_complaining=0,
        satisfied=0.5,
        appeased=0.2,
        stay_satisfied=0.9,
        stay_appeased=0.8,
        stay_dissatisfied=0.2,
        stay_silent=0.5,
        cost_per_complaint=10,
    )
    damage = market_damage(100, 10, share_with_problem=0.5, stay_without_problem=0.9, handling=nobody)
    assert damage.share_of_silent == 1.0
    assert damage.total == pytest.approx(50 * 0.4 * 10, rel=1e-13)
    same = better_complaint_handling(
        100, 10, share_with_problem=0.5, stay_without_problem=0.9, now=nobody, planned=nobody, cost=3
    )
    assert same.gain == pytest.approx(-3, abs=1e-12)


def test_quality_that_only_keeps_customers_is_a_change_of_service_in_the_long_run() -> None:
    roq = return_on_quality(
        50,
        cost=100,
        cost_per_period=0,
        churn=0.05,
        hazard_ratio=0.8,
        customers=10,
        acquired_per_period=0,
        acquisition_lift=0,
        savings_per_period=0,
        discount_rate=0.01,
        horizon=3000,
    )
    change = service_change(50, hazard_ratio=0.8, **RATES, timing="end", customers=10, cost=100)
    assert roq.gain == pytest.approx(change.gain, rel=1e-9)


@pytest.mark.slow
def test_decisions_dump_to_json() -> None:
    decisions = [
        service_change(50, hazard_ratio=DRAWS, **RATES, timing="end"),
        faster_recovery(
            50, **RATES, hazard_jump=DRAWS, half_life=2, half_life_after=1, cost=7, customers=1000
        ),
        staff_retention(
            employees=8,
            turnover=0.03,
            turnover_after=0.02,
            cost_per_leaver=9,
            cost_per_period=1,
            horizon=3,
            discount_rate=0.01,
        ),
        service_profit_chain(
            0.1,
            [Link("training", "margin", DRAWS)],
            margin_per_period=50,
            **RATES,
            timing="end",
            customers=10,
            cost=100,
        ),
    ]
    for decision in decisions:
        told = json.loads(decision.model_dump_json())
        assert np.mean(
            told["gain"]["values"] if isinstance(told["gain"], dict) else told["gain"]
        ) == pytest.approx(np.mean(decision.gain))
        assert {a["name"] for a in told["assumptions"]} == {a.name for a in decision.assumptions}
        assert str(decision).splitlines()[0].startswith(("Worth it", "Not worth it"))
