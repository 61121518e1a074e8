"""Parts of R² add up to it, and detours to them agree."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retainkit._numerics.samples.relative_weights import relative_weights
from retainkit._numerics.samples.shapley_regression import sampled_shapley_r_squared, shapley_r_squared
from retainkit.decisions.feedback.importance_performance import importance_performance
from retainkit.decisions.feedback.key_drivers import KeyDrivers, key_drivers, key_drivers_of_correlations

FRAMES = ["dict", "pandas", "polars", "polars-lazy", "pyarrow"]


def correlations(p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(p + 1, 3 * p + 10)) + rng.normal() * rng.normal(size=3 * p + 10)
    table: Any = np.corrcoef(rows)
    return table[:p, :p], table[:p, p]


def survey(n: int = 300, p: int = 4, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    table = {f"x{j}": np.round(3 + mood + rng.normal(size=n)) for j in range(p)}
    return table | {"y": np.round(table["x0"] + 0.5 * table["x1"] + rng.normal(size=n))}


def as_kind(kind: str, table: dict[str, Any]) -> Any:
    if kind == "dict":
        return table
    if kind == "pyarrow":
        return pytest.importorskip("pyarrow").table(table)
    frame = pytest.importorskip(kind.partition("-")[0]).DataFrame(table)
    return frame.lazy() if kind == "polars-lazy" else frame


@pytest.mark.slow
@given(p=st.integers(1, 9), seed=st.integers(0, 10_000))
@settings(max_examples=60)
def test_parts_add_up_to_r_squared_and_none_is_negative(p: int, seed: int) -> None:
    R, r = correlations(p, seed)
    whole = float(r @ np.linalg.solve(R, r))
    for parts in (shapley_r_squared(R, r), relative_weights(R, r)):
        assert parts.sum() == pytest.approx(whole, rel=1e-10)
        assert parts.min() > -1e-14


@pytest.mark.slow
@given(p=st.integers(2, 6), seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_the_average_over_orders_is_that_of_regressions_in_every_order(p: int, seed: int) -> None:
    R, r = correlations(p, seed)

    def explained(subset: tuple[int, ...]) -> float:
        i = list(subset)
        return float(r[i] @ np.linalg.solve(R[np.ix_(i, i)], r[i])) if i else 0.0

    gains = np.zeros(p)
    for order in itertools.permutations(range(p)):
        for place, j in enumerate(order):
            gains[j] += explained(order[: place + 1]) - explained(order[:place])
    assert shapley_r_squared(R, r) == pytest.approx(gains / math.factorial(p), rel=1e-9, abs=1e-13)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_the_order_of_the_drivers_does_not_matter(seed: int) -> None:
    R, r = correlations(7, seed)
    order = np.random.default_rng(seed).permutation(7)
    for divide in (shapley_r_squared, relative_weights):
        assert divide(R[np.ix_(order, order)], r[order]) == pytest.approx(divide(R, r)[order], abs=1e-13)


def test_uncorrelated_drivers_get_their_squared_correlations() -> None:
    r = np.array([0.5, -0.4, 0.3, 0.0])
    assert shapley_r_squared(np.eye(4), r) == pytest.approx(r**2, abs=1e-15)
    assert relative_weights(np.eye(4), r) == pytest.approx(r**2, abs=1e-15)


def test_draws_of_correlations_are_divided_one_by_one() -> None:
    pairs = [correlations(5, seed) for seed in range(50)]
    R, r = np.stack([a for a, _ in pairs]), np.stack([b for _, b in pairs])
    for divide in (shapley_r_squared, relative_weights):
        assert divide(R, r) == pytest.approx(np.stack([divide(a, b) for a, b in pairs]), abs=1e-15)


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_table_gives_the_same_drivers(kind: str) -> None:
    table = survey()
    table["x3"] = table["x3"] > 3
    plain = key_drivers(table, outcome="y", drivers=["x0", "x1", "x2", "x3"], seed=4, replicates=50)
    found = key_drivers(
        as_kind(kind, table), outcome="y", drivers=["x0", "x1", "x2", "x3"], seed=4, replicates=50
    )
    assert found.as_dict() == plain.as_dict()


def test_a_table_and_its_correlations_are_divided_alike() -> None:
    table = survey()
    names = ["x0", "x1", "x2", "x3"]
    together = np.corrcoef([table[name] for name in [*names, "y"]])
    for method in ("shapley", "relative-weights"):
        rows = key_drivers(table, outcome="y", drivers=names, method=method, replicates=0)
        alone = key_drivers_of_correlations(together[:4, :4], together[:4, 4], drivers=names, method=method)
        assert rows.importance == pytest.approx(alone.importance, abs=1e-13)
        assert rows.correlation == pytest.approx(together[:4, 4], abs=1e-13)
        assert rows.mean == pytest.approx([table[name].mean() for name in names])


def test_a_weight_is_as_many_rows() -> None:
    table = survey(60)
    times = np.random.default_rng(1).integers(1, 5, 60)
    longer = {name: np.repeat(column, times) for name, column in table.items()}
    weighted = key_drivers(
        table | {"w": times}, outcome="y", drivers=["x0", "x1", "x2"], weight="w", replicates=0
    )
    repeated = key_drivers(longer, outcome="y", drivers=["x0", "x1", "x2"], replicates=0)
    assert weighted.importance == pytest.approx(repeated.importance, rel=1e-12)
    assert weighted.mean == pytest.approx(repeated.mean, rel=1e-12)


def test_scale_and_place_of_the_answers_do_not_matter() -> None:
    table = survey()
    moved = {name: 1e9 + 1e-3 * column for name, column in table.items()}
    a, b = (key_drivers(t, outcome="y", drivers=["x0", "x1"], replicates=0) for t in (table, moved))
    assert a.importance == pytest.approx(b.importance, rel=1e-4)  # 1e9 leaves thirteen bits for the answers


@pytest.mark.parametrize("method", ["shapley", "relative-weights"])
def test_the_replicates_vary_as_theory_says_where_there_is_one_driver(method: Any) -> None:
    rng = np.random.default_rng(0)
    n, rho = 2000, 0.5
    x = rng.normal(size=n)
    y = rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)
    found = key_drivers({"x": x, "y": y}, outcome="y", drivers=["x"], method=method, replicates=4000)
    assert found.low is not None and found.high is not None
    r = math.sqrt(found.r_squared)
    deviation = 2 * r * (1 - r**2) / math.sqrt(n)  # delta method, normal x and y
    assert float(found.high[0] - found.low[0]) == pytest.approx(2 * 1.6449 * deviation, rel=0.08)


def test_a_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    runs = [
        key_drivers(survey(), outcome="y", drivers=["x0", "x1"], seed=seed, replicates=100).low
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])  # type: ignore[arg-type]


@pytest.mark.slow
def test_intervals_from_some_orders_are_nearly_those_from_all() -> None:
    table = survey(400, p=16, seed=3)
    names = [f"x{j}" for j in range(16)]
    some = key_drivers(table, outcome="y", drivers=names, replicates=400)
    all_of_them = key_drivers(table, outcome="y", drivers=names[:15], replicates=400)
    width = [found.high - found.low for found in (some, all_of_them)]  # type: ignore[operator]
    assert width[0][:2] == pytest.approx(width[1][:2], rel=0.2)
    assert np.all((some.low <= some.importance) & (some.importance <= some.high))  # type: ignore[operator]


def test_more_than_twenty_drivers_are_averaged_over_some_orders_with_their_error() -> None:
    table = survey(300, p=22, seed=2)
    names = [f"x{j}" for j in range(22)]
    found = key_drivers(table, outcome="y", drivers=names, replicates=0, orders=400, seed=8)
    assert found.sampling_error is not None and found.sampling_error.max() < 0.02
    assert "± sampling" in str(found)
    R = np.corrcoef([table[name] for name in [*names, "y"]])
    again = sampled_shapley_r_squared(R[:22, :22], R[:22, 22], orders=400, seed=8)
    assert found.importance == pytest.approx(again.parts, rel=1e-9)


def test_records_can_be_stored_and_printed() -> None:
    found = key_drivers(survey(), outcome="y", drivers=["x0", "x1"], replicates=20)
    table = importance_performance(found)
    assert set(table.attributes) == {"x0", "x1"}
    for record in (found, table):
        assert record.caveat in str(record)
        assert record.model_dump_json().startswith("{")


def test_what_goes_against_the_outcome_is_marked() -> None:
    data = survey()
    data["waiting"] = -data["x0"] + np.random.default_rng(0).normal(size=300)
    table = importance_performance(key_drivers(data, outcome="y", drivers=["x1", "waiting"], replicates=0))
    assert table.against == ("waiting",)
    assert "waiting (-)" in str(table)


def test_a_field_of_the_record_cannot_be_changed() -> None:
    found: KeyDrivers = key_drivers(survey(), outcome="y", drivers=["x0"], replicates=0)
    with pytest.raises(ValueError, match="read-only"):
        found.importance[0] = 0.0
