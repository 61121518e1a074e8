"""Intervals hold the truth that was simulated as often as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retainkit._numerics.samples.shapley_regression import shapley_r_squared
from retainkit.decisions.feedback.effect_check import effect_check
from retainkit.decisions.feedback.issue_effects import issue_effects
from retainkit.decisions.feedback.key_drivers import key_drivers

RUNS = 2000  # a coverage of 90% then has a standard error of 0.7%


@pytest.mark.slow
@pytest.mark.parametrize(("method", "customers", "groups"), [("adjusted", 1500, 3), ("stratified", 400, 40)])
def test_nine_intervals_of_ten_hold_the_effect_of_an_issue(method: Any, customers: int, groups: int) -> None:
    rng = np.random.default_rng(11)
    effect, held = np.array([0.10, 0.03]), np.zeros(2)
    means: list[list[float]] = []
    for _ in range(RUNS):
        group = rng.integers(0, groups, customers)
        late = rng.random(customers) < 0.2 + 0.3 * group / groups
        bill = rng.random(customers) < np.where(late, 0.5, 0.2)
        left = rng.random(customers) < 0.05 + 0.3 * group / groups + effect[0] * late + effect[1] * bill
        table = {"late": late, "bill": bill, "left": left, "group": group}
        found = issue_effects(
            table, churned="left", issues=["late", "bill"], controls=["group"], method=method
        )
        held += [
            e.interval[0] <= truth <= e.interval[1] for e, truth in zip(found.effect, effect, strict=True)
        ]
        means.append([e.value for e in found.effect])
    assert np.all((held / RUNS > 0.87) & (held / RUNS < 0.93))
    error = np.std(means, axis=0) / np.sqrt(RUNS)
    assert np.all(np.abs(np.mean(means, axis=0) - effect) < 4 * error)


def test_the_plain_difference_takes_the_effect_of_other_issues_for_its_own() -> None:
    rng = np.random.default_rng(2)
    late = rng.random(50_000) < 0.3
    bill = rng.random(50_000) < np.where(late, 0.6, 0.1)
    table = {"late": late, "bill": bill, "left": rng.random(50_000) < 0.05 + 0.2 * late}
    plain, adjusted = (
        issue_effects(table, churned="left", issues=["late", "bill"], method=m)
        for m in ("unadjusted", "adjusted")
    )
    assert plain.effect[1].interval[0] > 0.05
    assert abs(adjusted.effect[1].value) < 4 * adjusted.effect[1].standard_error


@pytest.mark.slow
@pytest.mark.parametrize(("size", "low", "high"), [(2000, 0.87, 0.93), (60, 0.87, 0.97)])
def test_nine_intervals_of_ten_hold_the_effect_of_a_fix(size: int, low: float, high: float) -> None:
    rng = np.random.default_rng(3)
    rates = {"fixed_before": 0.09, "fixed_after": 0.05, "control_before": 0.08, "control_after": 0.07}
    effect, held = -0.03, 0
    for _ in range(RUNS):
        counts: dict[str, Any] = {name: (int(rng.binomial(size, p)), size) for name, p in rates.items()}
        found = effect_check(**counts, customers=1, value=1, cost=0)
        held += found.effect.low <= effect <= found.effect.high
    assert low < held / RUNS < high


@pytest.mark.slow
def test_most_intervals_of_importance_hold_the_truth() -> None:
    rng = np.random.default_rng(4)
    root = np.array([[1, 0, 0], [0.6, 0.8, 0], [0.5, 0.3, np.sqrt(0.66)]])
    slope, table = np.array([0.5, 0.3, 0.1]), root @ root.T
    truth = shapley_r_squared(table, table @ slope / np.sqrt(slope @ table @ slope + 1))
    held, runs = np.zeros(3), 300
    for run in range(runs):
        x = root @ rng.normal(size=(3, 300))
        rows = {"a": x[0], "b": x[1], "c": x[2], "y": slope @ x + rng.normal(size=300)}
        found = key_drivers(rows, outcome="y", drivers=["a", "b", "c"], replicates=300, seed=run)
        held += (found.low <= truth) & (truth <= found.high)  # type: ignore[operator]
    assert np.all((held / runs > 0.84) & (held / runs < 0.95))
