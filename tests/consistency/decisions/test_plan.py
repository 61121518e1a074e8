"""A plan agrees with a simulation month by month, with all of its sets tried one by one, and with itself."""

from __future__ import annotations

from itertools import chain, combinations, pairwise
from typing import Any

import numpy as np
import pytest

from retainkit.decisions.experiments.information import evpi
from retainkit.decisions.plan import FrontierPoint, Initiative, RetentionPlan, ServicePlan
from retainkit.decisions.plan.effects import draw, moved
from retainkit.decisions.plan.frontier import most_each_can_add, most_of_all
from retainkit.decisions.plan.gains import Gains, every_set
from retainkit.decisions.plan.population import populate
from retainkit.decisions.service.service_change import service_change
from retainkit.rates import Rate

BASE: dict[str, Any] = {
    "customers": 10_000,
    "monthly_margin": 30,
    "monthly_churn": 0.03,
    "annual_discount_rate": 0.1,
    "horizon_months": 24,
    "timing": "begin",
}
V = 1.1 ** (-1 / 12)


def plan_of(initiatives: Any, **changes: Any) -> RetentionPlan:
    lasting: Any = [i if isinstance(i, Initiative) else {"duration_months": 1200, **i} for i in initiatives]
    return RetentionPlan(**{**BASE, **changes}, initiatives=lasting)


def gain(initiatives: list[dict[str, Any]], **changes: Any) -> float:
    """What all of the initiatives together gain, by a plan in which each is needed for the sum."""
    plan = plan_of(initiatives, **changes)
    names = tuple(i["name"] for i in initiatives)
    if len(names) == 1:
        return plan.evaluate().initiatives[0].net_value
    pairs = plan.evaluate().overlapping_pairs
    return next(p.together for p in pairs if set(p.initiatives) == set(names))


def simulate(initiatives: list[dict[str, Any]], reached: list[tuple[float, list[int]]]) -> float:
    """The plan with a loop over months and groups of customers, (share, initiatives that reach it)."""
    total = 0.0
    for share, members in reached:
        there = new = BASE["customers"] * share
        for month in range(BASE["horizon_months"]):
            doing = [initiatives[i] for i in members if running(initiatives[i], month)]
            hazard = -np.log(1 - BASE["monthly_churn"])
            margin = float(BASE["monthly_margin"])
            total -= V**month * there * margin
            there *= np.exp(-hazard)
            for i in doing:
                hazard *= i.get("hazard_ratio", 1.0)
                margin += i.get("monthly_margin_change", 0.0) - i.get("monthly_cost_per_customer", 0.0)
            total += V**month * new * margin
            new *= np.exp(-hazard)
    for i in initiatives:
        total -= i.get("cost", 0.0) * V ** i.get("start_month", 0)
        total -= sum(i.get("monthly_cost", 0.0) * V**m for m in range(24) if running(i, m))
    return total


def running(initiative: dict[str, Any], month: int) -> bool:
    start = initiative.get("start_month", 0)
    return bool(start <= month < start + initiative.get("duration_months", 99))


CALL = {"name": "call", "hazard_ratio": 0.8, "cost": 20_000, "reach": 0.5}
APP = {
    "name": "app",
    "hazard_ratio": 0.9,
    "monthly_margin_change": 1.5,
    "monthly_cost_per_customer": 0.5,
    "monthly_cost": 700,
    "reach": 0.3,
    "start_month": 3,
    "duration_months": 10,
}


def test_one_initiative_is_worth_what_the_simulation_says() -> None:
    assert gain([APP]) == pytest.approx(simulate([APP], [(0.3, [0]), (0.7, [])]), rel=1e-11)


def test_two_with_the_same_customers_in_reach_are_worth_what_the_simulation_says() -> None:
    nested = [(0.3, [0, 1]), (0.2, [0]), (0.5, [])]
    assert gain([CALL, APP]) == pytest.approx(simulate([CALL, APP], nested), rel=1e-11)


def test_two_that_meet_by_chance_are_worth_what_the_simulation_says() -> None:
    by_chance = [(0.15, [0, 1]), (0.35, [0]), (0.15, [1]), (0.35, [])]
    together = gain([CALL, APP], reached_customers="independent")
    assert together == pytest.approx(simulate([CALL, APP], by_chance), rel=1e-11)


def test_new_customers_by_a_loop_over_cohorts() -> None:
    lifted = {"name": "ads", "acquisition_lift": 0.2, "start_month": 2, "cost": 100}
    found = gain([lifted], monthly_new_customers=50, acquisition_cost=40)
    expected = -100 * V**2
    for joined in range(2, 24):  # those of the first month are the customers of now
        extra = 10 * sum(V**m * 30 * 0.97 ** (m - joined) for m in range(joined, 24))
        expected += extra - V**joined * 10 * 40
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("timing", "paid"),
    [
        ("begin", lambda m: V**m),
        ("mid", lambda m: V ** (m + 0.5)),
        ("end", lambda m: V ** (m + 1)),
    ],
)
def test_when_the_margin_falls(timing: str, paid: Any) -> None:
    plain = gain([{"name": "more", "monthly_margin_change": 2}], timing=timing)
    assert plain == pytest.approx(sum(20_000 * paid(m) * 0.97**m for m in range(24)), rel=1e-11)


def test_those_who_stay_pay() -> None:
    found = gain([{"name": "more", "monthly_margin_change": 2}], timing="end-if-retained")
    assert found == pytest.approx(sum(20_000 * V ** (m + 1) * 0.97 ** (m + 1) for m in range(24)), rel=1e-11)


def test_a_long_plan_agrees_with_a_service_change() -> None:
    """Another module, with the sum to infinity in closed form."""
    better = service_change(
        30,
        hazard_ratio=0.8,
        churn=0.1,
        discount_rate=1 / V - 1,
        timing="end",
        cost_per_period=1,
        customers=500,
    )
    plan = {"customers": 500, "monthly_churn": 0.1, "horizon_months": 300, "timing": "end"}
    found = gain([{"name": "x", "hazard_ratio": 0.8, "monthly_cost_per_customer": 1}], **plan)
    assert found == pytest.approx(better.gain, rel=1e-9)


def test_points_of_churn_are_points_of_churn() -> None:
    found = gain([{"name": "x", "churn_points": 0.01}])
    assert found == pytest.approx(sum(3e5 * V**m * (0.98**m - 0.97**m) for m in range(24)), rel=1e-10)
    reasons = {"churn_reasons": {"price": 0.5, "service": 0.5}}
    one = gain([{"name": "x", "churn_points": 0.01, "churn_reason": "price"}], **reasons)
    assert one == pytest.approx(found, rel=1e-10)


def test_a_survival_curve_and_segments_that_say_what_churn_says() -> None:
    call = [{"name": "x", "hazard_ratio": 0.8, "reach": 0.4}]
    expected = gain(call)
    curve = [0.97**t for t in range(25)]
    assert gain(call, monthly_churn=None, survival=curve) == pytest.approx(expected, rel=1e-10)
    part = {"monthly_margin": 30, "monthly_churn": 0.03}
    parts = {"a": {"share_of_customers": 0.4, **part}, "b": {"share_of_customers": 0.6, **part}}
    whole = {"monthly_churn": None, "monthly_margin": None, "segments": parts}
    assert gain(call, **whole) == pytest.approx(expected, rel=1e-10)
    assert gain([{"name": "x", "hazard_ratio": 0.8, "segment": "a"}], **whole) == pytest.approx(
        expected, rel=1e-10
    )


# ---- overlaps ---------------------------------------------------------------------------------------


def pair(first: dict[str, Any], second: dict[str, Any], **changes: Any) -> Any:
    return plan_of([first, second], **changes).evaluate().overlapping_pairs[0]


A = {"name": "a", "hazard_ratio": 0.7}
B = {"name": "b", "hazard_ratio": 0.6}


def test_no_customer_is_saved_twice_within_a_month() -> None:
    """Over two months only those who stayed through the first count: 1 − Σ saves cannot add."""
    overlap = pair(A, B, horizon_months=2)
    assert overlap.together < overlap.sum_alone
    assert overlap.same_customers < 0.0
    mu = -np.log(0.97)
    separate = 3e5 * V * (np.exp(-mu * (0.7 + 0.6 - 1)) - np.exp(-mu))
    assert overlap.together == pytest.approx(3e5 * V * (np.exp(-mu * 0.42) - np.exp(-mu)), rel=1e-10)
    assert overlap.same_customers == pytest.approx(overlap.together - separate, rel=1e-9)


def test_different_reasons_of_churn_have_no_customer_in_common() -> None:
    reasons = {"churn_reasons": {"price": 0.3, "service": 0.5, "other": 0.2}}
    overlap = pair({**A, "churn_reason": "price"}, {**B, "churn_reason": "service"}, **reasons)
    assert overlap.same_customers == pytest.approx(0.0, abs=1e-6)
    assert overlap.lasting_longer > 0.0  # those whom one keeps are there to be kept by the other
    mu = -np.log(0.97)
    left = mu * (0.3 * 0.7 + 0.5 * 0.6 + 0.2)
    expected = sum(3e5 * V**m * (np.exp(-left * m) - 0.97**m) for m in range(24))
    assert overlap.together == pytest.approx(expected, rel=1e-10)


def test_different_segments_add() -> None:
    part = {"monthly_margin": 30, "monthly_churn": 0.03}
    parts = {"x": {"share_of_customers": 0.4, **part}, "y": {"share_of_customers": 0.6, **part}}
    whole = {"monthly_churn": None, "monthly_margin": None, "segments": parts}
    overlap = pair({**A, "segment": "x"}, {**B, "segment": "y"}, **whole)
    assert overlap.together == pytest.approx(overlap.sum_alone, rel=1e-11)


# ---- frontier ---------------------------------------------------------------------------------------


def many(count: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(5)
    return [
        {
            "name": f"i{j}",
            "cost": float(rng.uniform(5_000, 80_000)),
            "monthly_cost_per_customer": float(rng.uniform(0, 0.2)),
            "hazard_ratio": {"low": float(rng.uniform(0.85, 0.95)), "high": 1.01},
            "reach": float(rng.choice([1.0, 0.5])),
        }
        for j in range(count)
    ]


def test_the_frontier_is_what_trying_every_set_finds() -> None:
    initiatives = many(4)
    spend = {i.name: i.cost for i in plan_of(initiatives).evaluate().initiatives}
    tried: list[tuple[float, float, frozenset[str]]] = [(0.0, 0.0, frozenset())]
    for subset in chain.from_iterable(combinations(range(4), n) for n in (1, 2, 3, 4)):
        still = [
            {**i, "hazard_ratio": 1.0, "cost": 0.0, "monthly_cost_per_customer": 0.0} for i in initiatives
        ]
        doing = [initiatives[j] if j in subset else still[j] for j in range(4)]
        result = plan_of(doing).evaluate(draws=200, seed=3)
        free = [i.net_value_after_better for i in result.initiatives]  # adds up to the whole set
        names = frozenset(initiatives[j]["name"] for j in subset)
        tried.append((sum(spend[n] for n in names), sum(free), names))
    efficient = [s for s in tried if not any(o[0] <= s[0] and o[1] > s[1] for o in tried)]
    found = plan_of(initiatives).evaluate(draws=200, seed=3).frontier
    assert {frozenset(p.initiatives) for p in found} == {s[2] for s in efficient}
    assert sorted(p.net_value for p in found) == pytest.approx(sorted(s[1] for s in efficient), rel=2e-2)


def test_a_budget_is_kept_and_used_as_the_frontier_says() -> None:
    whole = plan_of(many(6)).evaluate(draws=200)
    for point in whole.frontier:
        limited = plan_of(many(6), budget=point.spend + 1e-6).evaluate(draws=200)
        assert (
            set(limited.chosen) == set(point.initiatives) == set(whole.best_within(point.spend).initiatives)
        )
        assert limited.cost <= point.spend + 1e-6


def test_the_greedy_path_stays_between_nothing_and_the_bound() -> None:
    """Nine useless ones make sixteen, which are too many to try all sets."""
    initiatives = many(7)
    exact = plan_of(initiatives).evaluate()
    idle = [{"name": f"idle{j}", "hazard_ratio": 1.0, "cost": 1e6} for j in range(9)]
    greedy = plan_of([*initiatives, *idle]).evaluate()
    best, grown = exact.frontier[-1].net_value, greedy.frontier[-1].net_value
    assert (exact.exact, greedy.exact) == (True, False)
    assert grown <= best * 1.02  # other draws
    assert greedy.bound >= best * 0.98
    assert grown >= 0.9 * best
    assert all(p.bound >= p.net_value for p in greedy.frontier)


def test_the_frontier_rises() -> None:
    points: tuple[FrontierPoint, ...] = plan_of(many(6)).evaluate(draws=200).frontier
    assert points[0].initiatives == ()
    for before, after in pairwise(points):
        assert before.spend < after.spend
        assert before.net_value < after.net_value


# ---- what to learn first ----------------------------------------------------------------------------


def test_the_value_of_knowing_one_normal_effect() -> None:
    """A margin is linear in its effect, so that the gain is normal and the loss function known."""
    months = sum(V**m * 0.97**m for m in range(24))
    more = {"name": "more", "monthly_margin_change": {"mean": 1.0, "sd": 0.8}, "cost": 190_000}
    result = plan_of([more]).evaluate(draws=4000)
    expected = evpi(10_000 * months - 190_000, sd=8_000 * months)
    assert result.learn_first[0].value_of_knowing == pytest.approx(expected, rel=5e-3)
    assert result.value_of_knowing_all == pytest.approx(expected, rel=5e-3)


def test_two_that_do_not_interact_are_learnt_one_by_one() -> None:
    months = sum(V**m * 0.97**m for m in range(24))
    first = {"name": "a", "monthly_margin_change": {"mean": 1.0, "sd": 0.8}, "cost": 190_000}
    second = {"name": "b", "monthly_margin_change": {"mean": 0.5, "sd": 0.3}, "cost": 60_000}
    result = plan_of([first, second]).evaluate(draws=4000)
    found = {row.initiative: row.value_of_knowing for row in result.learn_first}
    assert found["a"] == pytest.approx(evpi(10_000 * months - 190_000, sd=8_000 * months), rel=2e-2)
    assert found["b"] == pytest.approx(evpi(5_000 * months - 60_000, sd=3_000 * months), rel=2e-2)
    assert result.value_of_knowing_all == pytest.approx(sum(found.values()), rel=2e-2)


def test_nothing_is_to_learn_where_all_is_known() -> None:
    result = plan_of([CALL, APP]).evaluate()
    assert result.value_of_knowing_all == 0.0
    assert {row.value_of_knowing for row in result.learn_first} == {0.0}


# ---- where it turns ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_at_the_values_where_it_turns_the_gain_is_nothing() -> None:
    plan = plan_of([{**CALL, "cost": 60_000}])
    result = plan.evaluate()
    assert result.worth_it
    turning = {a.name: a.turning_point for a in result.assumptions}
    for name in ("customers", "monthly_margin", "monthly_churn", "annual_discount_rate"):
        if (turn := turning[name]) is not None:
            at_turn = Rate(turn, per="year", meant=True) if name == "annual_discount_rate" else turn
            there = plan.replace(**{name: at_turn}).evaluate().initiatives[0].net_value
            assert there == pytest.approx(0.0, abs=1e-6 * 60_000)
    (effect,) = result.initiatives[0].effects
    at = {**CALL, "cost": 60_000, "hazard_ratio": effect.turning_point}
    assert gain([at]) == pytest.approx(0.0, abs=1e-3)


def test_the_service_initiatives_are_the_ratios_that_they_stand_for() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (
            {"response_time": {"before": 24, "after": 6, "elasticity": 0.1}},
            {"hazard_ratio": 0.25**0.1},
        ),
        (
            {"quality": {"satisfaction_points": 2, "hazard_ratio_per_point": 0.9}},
            {"hazard_ratio": 0.81},
        ),
        (
            {
                "recovery": {
                    "monthly_incidence": 0.05,
                    "stay_without_failure": 0.98,
                    "stay_unrecovered": 0.78,
                    "restored": 0.5,
                    "cost_per_recovery": 10,
                }
            },
            {"churn_points": 0.005, "monthly_cost_per_customer": 0.5},
        ),
        (
            {
                "hazard_ratio": 0.9,
                "staff": {
                    "people": 2,
                    "monthly_cost_per_person": 3000,
                    "annual_turnover": 0.4,
                    "cost_per_replacement": 6000,
                },
            },
            {"hazard_ratio": 0.9, "monthly_cost": 6400},
        ),
    ]
    for service, plain in cases:
        lasting = {"name": "x", "duration_months": 36, **service}
        one = ServicePlan(**{**BASE, "initiatives": [lasting]}).evaluate().initiatives[0]
        assert one.net_value == pytest.approx(gain([{"name": "x", **plain}]), rel=1e-10)


# ---- the bound --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_no_set_exceeds_what_its_members_can_add_at_most(seed: int) -> None:
    """All sets of initiatives of every kind, some of which harm, tried one by one."""
    rng = np.random.default_rng(seed)
    initiatives = [
        Initiative(
            name=f"i{j}",
            cost=float(rng.uniform(0, 50_000)),
            monthly_cost_per_customer=float(rng.uniform(0, 0.3)),
            hazard_ratio={"low": 0.7, "high": float(rng.uniform(0.9, 1.4))},  # pyright: ignore[reportArgumentType]
            monthly_margin_change={"low": -0.5, "high": 1.0} if j % 2 else None,  # pyright: ignore[reportArgumentType]
            acquisition_lift={"low": -0.2, "high": 0.4} if j % 3 == 0 else None,  # pyright: ignore[reportArgumentType]
            reach=float(rng.choice([0.4, 1.0])),
            churn_reason=(None, "price", "service")[j % 3],
            start_month=int(rng.integers(0, 6)),
            duration_months=36,
        )
        for j in range(6)
    ]
    reasons = {"churn_reasons": {"price": 0.6, "service": 0.4}}
    plan = plan_of(initiatives, **reasons, monthly_new_customers=200, acquisition_cost=150)
    base = plan.base()
    drawn = draw(initiatives, draws=100, seed=seed)
    effects = moved(initiatives, base, drawn.value)
    gains = Gains(populate(base, initiatives), effects)
    sets = every_set(6)
    found = gains.means(sets)
    assert np.all(found <= sets @ most_each_can_add(gains) + 1e-6)
    assert np.all(found <= most_of_all(gains) + 1e-6)
    assert most_of_all(gains) < 4 * found.max()  # it says something
