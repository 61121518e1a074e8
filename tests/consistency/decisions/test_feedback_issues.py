"""Effects of issues are what regressions by hand give, and no budget is spent better than as advised."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retainkit.decisions.experiments.rate_contrast import rate_contrast
from retainkit.decisions.feedback.effect_check import effect_check, effect_check_of_table
from retainkit.decisions.feedback.issue_effects import issue_effects
from retainkit.decisions.feedback.issues_at_stake import issues_at_stake
from retainkit.decisions.feedback.stakes import value_at_stake
from retainkit.decisions.feedback.tickets import tickets_by_customer

FRAMES = ["dict", "pandas", "polars", "polars-lazy", "pyarrow"]


def as_kind(kind: str, table: dict[str, Any]) -> Any:
    if kind == "dict":
        return table
    if kind == "pyarrow":
        return pytest.importorskip("pyarrow").table(table)
    frame = pytest.importorskip(kind.partition("-")[0]).DataFrame(table)
    return frame.lazy() if kind == "polars-lazy" else frame


def base(n: int = 4000, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = rng.random(n) < 0.3
    b = rng.random(n) < np.where(a, 0.5, 0.1)
    tenure = rng.integers(0, 3, n)
    return {"a": a, "b": b, "tenure": tenure, "left": rng.random(n) < 0.05 + 0.1 * a + 0.02 * tenure}


def test_one_issue_alone_is_a_difference_of_two_means_with_its_error() -> None:
    table = base()
    found = issue_effects(table, churned="left", issues=["a"])
    left, met = table["left"].astype(float), table["a"]
    ones, others = left[met], left[~met]
    error = math.sqrt(ones.var(ddof=1) / ones.size + others.var(ddof=1) / others.size)
    assert found.effect[0].value == pytest.approx(ones.mean() - others.mean(), rel=1e-12)
    assert found.effect[0].standard_error == pytest.approx(error, rel=1e-12)
    assert found.unadjusted[0] == pytest.approx(found.effect[0].value)


def test_adjusted_effects_are_coefficients_of_least_squares() -> None:
    table = base()
    found = issue_effects(table, churned="left", issues=["a", "b"], controls=["tenure"])
    x = np.column_stack([table["a"], table["b"], table["tenure"], np.ones(4000)]).astype(float)
    y = table["left"].astype(float)
    slope = np.linalg.lstsq(x, y, rcond=None)[0]
    assert [e.value for e in found.effect] == pytest.approx(slope[:2], rel=1e-10)
    inverse = np.linalg.inv(x.T @ x)
    spare = 1 - np.array([row @ inverse @ row for row in x])
    meat = sum(np.outer(row, row) * e**2 / s for row, e, s in zip(x, y - x @ slope, spare, strict=True))
    assert found.covariance == pytest.approx((inverse @ meat @ inverse)[:2, :2], rel=1e-9)
    assert found.attributed == pytest.approx((slope[:2] @ x[:, :2].mean(axis=0)) / y.mean(), rel=1e-10)


def test_strata_are_compared_one_by_one() -> None:
    table = base()
    found = issue_effects(table, churned="left", issues=["a", "b"], controls=["tenure"], method="stratified")
    top = bottom = 0.0
    for b in (False, True):
        for tenure in range(3):
            rows = (table["b"] == b) & (table["tenure"] == tenure)
            with_it, without = rows & table["a"], rows & ~table["a"]
            weight = with_it.sum() * without.sum() / rows.sum()
            top += weight * (table["left"][with_it].mean() - table["left"][without].mean())
            bottom += weight
    assert found.effect[0].value == pytest.approx(top / bottom, rel=1e-12)
    assert found.compared.tolist() == [1.0, 1.0]


def test_who_cannot_be_compared_is_counted() -> None:
    table = base() | {"place": np.r_[np.zeros(3990), np.ones(10)]}
    table["a"] = table["a"] | (table["place"] == 1)
    found = issue_effects(table, churned="left", issues=["a"], controls=["place"], method="stratified")
    assert found.compared[0] == pytest.approx(1 - 10 / table["a"].sum())
    assert "could be compared" in str(found)


def test_without_other_issues_all_ways_to_compare_agree() -> None:
    table = base()
    ways = [
        issue_effects(table, churned="left", issues=["a"], method=m)
        for m in ("adjusted", "stratified", "unadjusted")
    ]
    assert {round(w.effect[0].value, 12) for w in ways} == {round(ways[0].effect[0].value, 12)}
    errors = [w.effect[0].standard_error for w in ways]
    assert errors[1] == pytest.approx(errors[0], rel=0.02)


@pytest.mark.parametrize("kind", FRAMES)
def test_tickets_become_columns_whatever_kind_the_tables_are(kind: str) -> None:
    tickets = {"id": ["u", "u", "w", "u"], "about": ["bill", "bill", "app", "app"]}
    customers = {"id": ["u", "v", "w"], "left": [True, False, False]}
    found = tickets_by_customer(
        as_kind(kind, tickets), customers=as_kind(kind, customers), customer_id="id", issue="about"
    )
    assert [found["bill"].tolist(), found["app"].tolist()] == [[1, 0, 0], [1, 0, 1]]
    twice = tickets_by_customer(
        as_kind(kind, tickets),
        customers=as_kind(kind, customers),
        customer_id="id",
        issue="about",
        at_least=2,
    )
    assert [twice["bill"].tolist(), twice["app"].tolist()] == [[1, 0, 0], [0, 0, 0]]


@given(seed=st.integers(0, 10_000), n=st.integers(1, 7))
@settings(max_examples=60)
def test_no_other_choice_of_issues_gains_more_within_the_budget(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"i{j}" for j in range(n)]
    effect = dict(zip(names, rng.uniform(-0.01, 0.05, n).tolist(), strict=True))
    share = dict(zip(names, rng.uniform(0.01, 0.3, n).tolist(), strict=True))
    cost = dict(zip(names, rng.uniform(0, 40_000, n).tolist(), strict=True))
    budget = float(rng.uniform(0, 80_000))
    given: dict[str, Any] = {"incidence": share, "cost": cost, "customers": 10_000, "value": 500}
    found = issues_at_stake(effect, **given, resolved=1.0, budget=budget)
    net = {
        i: value_at_stake(10_000, incidence=share[i], churn_effect=effect[i], value=500) - cost[i]
        for i in names
    }
    best = max(
        (sum(net[i] for i in some), some)
        for size in range(n + 1)
        for some in itertools.combinations(names, size)
        if sum(cost[i] for i in some) <= budget
    )
    assert float(np.mean(found.gain)) == pytest.approx(best[0], abs=1e-6)
    assert found.gain_bound == pytest.approx(best[0], abs=1e-6)
    assert found.spent <= budget * (1 + 1e-9)
    ratios = [each.gain_per_cost for each in found.issues]
    assert ratios == sorted(ratios, reverse=True)


def test_with_many_issues_the_list_by_gain_per_cost_comes_close_to_its_bound() -> None:
    rng = np.random.default_rng(0)
    names = [f"i{j}" for j in range(60)]
    found = issues_at_stake(
        dict(zip(names, rng.uniform(0.0, 0.05, 60), strict=True)),
        incidence=dict(zip(names, rng.uniform(0.01, 0.3, 60), strict=True)),
        cost=dict(zip(names, rng.uniform(1, 20_000, 60), strict=True)),
        customers=10_000,
        value=500,
        resolved=1.0,
        budget=150_000,
    )
    assert 0.95 * found.gain_bound < float(np.mean(found.gain)) <= found.gain_bound
    assert found.spent <= 150_000


def _late(own: dict[str, Any]) -> dict[str, Any]:
    return {name: {"late": value} for name, value in own.items()}


def test_each_assumption_turns_the_issue_where_it_says() -> None:
    figures: dict[str, Any] = {"customers": 10_000, "value": 500.0}
    own: dict[str, Any] = {"effects": 0.02, "incidence": 0.1, "cost": 6000.0, "resolved": 0.8}
    each = issues_at_stake(**figures, **_late(own))["late"]
    assert each.gain == pytest.approx(10_000 * 0.1 * 0.02 * 0.8 * 500 - 6000)
    keys = {"churn_effect": "effects", "incidence": "incidence", "cost": "cost", "resolved": "resolved"}
    for assumption in each.assumptions:
        assert assumption.turning_point is not None
        if assumption.name in keys:
            moved = own | {keys[assumption.name]: assumption.turning_point}
            at = issues_at_stake(**figures, **_late(moved))["late"]
        else:
            there = figures | {assumption.name: assumption.turning_point}
            at = issues_at_stake(**there, **_late(own))["late"]
        assert at.gain == pytest.approx(0.0, abs=1e-6)


def test_no_effect_turns_an_issue_whose_fix_costs_more_than_all_who_meet_it() -> None:
    each = issues_at_stake(
        {"rare": 0.1},
        incidence={"rare": 0.001},
        cost={"rare": 1e6},
        resolved=1.0,
        customers=1000,
        value=100,
    )["rare"]
    assert {a.name: a.turning_point for a in each.assumptions}["churn_effect"] is None


@pytest.mark.slow
def test_estimates_carry_their_errors_into_money() -> None:
    effects = issue_effects(base(), churned="left", issues=["a", "b"])
    found = issues_at_stake(
        effects,
        customers=10_000,
        value=500,
        cost={"a": 20_000, "b": 20_000},
        resolved=1.0,
        draws=20_000,
    )
    a = found["a"]
    scale = 10_000 * effects.incidence[0] * 500
    assert np.std(a.gain) == pytest.approx(scale * effects.effect[0].standard_error, rel=0.03)
    assert np.mean(a.gain) == pytest.approx(scale * effects.effect[0].value - 20_000, rel=0.02)
    assert effects.caveat == found.caveat
    assert found.model_dump_json().startswith("{")
    drawn: Any = np.corrcoef(list(effects.draws(20_000).values()))
    assert drawn[0, 1] == pytest.approx(
        effects.covariance[0, 1] / np.sqrt(np.prod(np.diag(effects.covariance))), abs=0.03
    )


@given(
    counts=st.lists(st.tuples(st.integers(0, 50), st.integers(50, 90)), min_size=2, max_size=4),
    level=st.floats(0.5, 0.99),
)
def test_intervals_turn_round_with_the_signs_and_grow_with_the_level(counts: Any, level: float) -> None:
    signs = (1, -1, -1, 1)[: len(counts)]
    found = rate_contrast(*counts, signs=signs, level=level)
    turned = rate_contrast(*counts, signs=tuple(-s for s in signs), level=level)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-15)
    assert found.low <= found.value <= found.high
    wider = rate_contrast(*counts, signs=signs, level=0.995)
    assert wider.low <= found.low and found.high <= wider.high


def test_the_interval_of_one_rate_is_wilsons() -> None:
    # ends p at which |x/n − p| = z·√(p(1−p)/n)
    z = 1.6448536269514722
    found = rate_contrast((7, 40), signs=(1,), level=0.9)
    for end in (found.low, found.high):
        assert abs(7 / 40 - end) == pytest.approx(z * math.sqrt(end * (1 - end) / 40), rel=1e-12)
    assert rate_contrast((0, 40), signs=(1,)).low == 0.0
    assert rate_contrast((40, 40), signs=(1,)).high == 1.0


def test_large_groups_have_the_normal_interval() -> None:
    counts = [(40_000, 1_000_000), (50_000, 1_000_000), (45_000, 1_000_000), (47_000, 1_000_000)]
    found = rate_contrast(*counts, signs=(1, -1, -1, 1), level=0.9)
    reach = 1.6448536 * math.sqrt(sum(x / n * (1 - x / n) / n for x, n in counts))
    assert (found.high - found.low) / 2 == pytest.approx(reach, rel=1e-4)


@pytest.mark.parametrize("kind", FRAMES)
def test_the_check_counts_the_table(kind: str) -> None:
    rng = np.random.default_rng(0)
    table = {name: rng.random(500) < share for name, share in (("left", 0.2), ("fixed", 0.5), ("late", 0.5))}
    money: dict[str, Any] = {"customers": 1000, "value": 100, "cost": 50}
    found = effect_check_of_table(as_kind(kind, table), churned="left", fixed="fixed", after="late", **money)

    def count(fixed: bool, late: bool) -> tuple[float, float]:
        rows = (table["fixed"] == fixed) & (table["late"] == late)
        return float(table["left"][rows].sum()), float(rows.sum())

    counted = effect_check(
        fixed_before=count(True, False),
        fixed_after=count(True, True),
        control_before=count(False, False),
        control_after=count(False, True),
        **money,
    )
    assert found == counted


def test_a_fix_that_did_nothing_costs_what_it_costs() -> None:
    same: dict[str, Any] = dict.fromkeys(
        ("fixed_before", "fixed_after", "control_before", "control_after"), (50, 500)
    )
    check = effect_check(**same, customers=1000, value=100, cost=700)
    assert check.effect.value == 0.0 and check.gain == -700.0
    assert not check.worth_it and not check.sure
    assert "but the data allow the opposite" in str(check)


def test_the_chance_of_a_gain_is_that_of_the_interval_which_ends_at_nothing() -> None:
    counts: dict[str, Any] = {"fixed_before": (400, 5000), "fixed_after": (275, 5000)}
    counts |= {"control_before": (410, 5000), "control_after": (360, 5000), "customers": 20_000, "value": 600}
    for cost, side in ((60_000, 0), (250_000, 1)):
        check = effect_check(**counts, cost=cost)
        wide = 2 * abs(check.probability_of_gain - 0.5)
        assert check.interval(wide)[side] == pytest.approx(0, abs=1e-3)
        assert check.worth_it == (check.probability_of_gain > 0.5)
    low, high = check.interval()
    ends = [-e * 20_000 * 600 - 250_000 for e in (check.effect.high, check.effect.low)]
    assert (low, high) == pytest.approx(ends)
    assert type(check).from_json(check.model_dump_json()) == check


def test_the_choice_of_issues_turns_where_it_says_also_with_draws() -> None:
    effects = issue_effects(base(), churned="left", issues=["a", "b"])
    money: dict[str, Any] = {"customers": 10_000, "cost": {"a": 20_000, "b": 20_000}, "resolved": 1.0}
    found = issues_at_stake(effects, value=500, draws=500, **money)
    turns = {a.name: a.turning_point for a in found.assumptions}
    assert set(turns) == {
        "customers",
        "value",
        *(f"{name} of {issue}" for issue in found.fix for name in ("churn_effect", "cost")),
    }
    assert turns["value"] is not None
    there = [found.inputs.issues[i].gain_at(value=turns["value"]) for i in found.fix]
    assert float(np.mean(sum(there))) == pytest.approx(0, abs=1e-6)
    assert turns[f"cost of {found.fix[0]}"] == pytest.approx(20_000 + float(np.mean(found.gain)))
    again = type(found).from_json(found.model_dump_json())
    assert again == found and again.issues == found.issues
    rows = found.to_frame("dict")
    assert rows["gain"].tolist() == [float(np.mean(each.gain)) for each in found.issues]
