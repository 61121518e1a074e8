"""Parts of R², intervals of rates and values at stake are the numbers that others print or compute."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retainkit._numerics.samples.relative_weights import relative_weights
from retainkit._numerics.samples.shapley_regression import sampled_shapley_r_squared, shapley_r_squared
from retainkit._numerics.samples.subset_r_squared import mean_gains, r_squared_by_subset
from retainkit.decisions.experiments.rate_contrast import rate_contrast
from retainkit.decisions.feedback.effect_check import effect_check
from retainkit.decisions.feedback.importance_performance import importance_performance
from retainkit.decisions.feedback.key_drivers import key_drivers, key_drivers_of_correlations
from retainkit.decisions.feedback.stakes import value_at_stake

REFERENCE = tomllib.loads((Path(__file__).parents[2] / "reference" / "decisions_feedback.toml").read_text())
DESIGN, ATTITUDE, CARS = REFERENCE["design"], REFERENCE["attitude"], REFERENCE["mtcars"]


@pytest.mark.parametrize("case", ["shapley", "shapley_longer"])
def test_the_average_over_orders_is_the_design_number(case: str) -> None:
    found = shapley_r_squared(DESIGN["correlation"], DESIGN["with_outcome"])
    assert found == pytest.approx(DESIGN[case]["expected"], abs=DESIGN[case]["digit"])


@pytest.mark.parametrize("case", ["relative_weights", "relative_weights_longer"])
def test_the_relative_weights_are_the_design_number(case: str) -> None:
    found = relative_weights(DESIGN["correlation"], DESIGN["with_outcome"])
    assert found == pytest.approx(DESIGN[case]["expected"], abs=DESIGN[case]["digit"])


def attitude() -> Any:
    names = list(ATTITUDE["average_contribution"])
    table = {name: ATTITUDE[name] for name in names} | {"rating": ATTITUDE["outcome"]}
    return table, names


def test_average_contributions_to_the_attitude_data_are_those_printed() -> None:
    table, names = attitude()
    found = key_drivers(table, outcome="rating", drivers=names, replicates=0)
    for name, part in zip(names, found.importance, strict=True):
        assert abs(part - ATTITUDE["average_contribution"][name]) <= ATTITUDE["digit"] / 2
    assert abs(found.r_squared - ATTITUDE["r_squared"][-1]) <= ATTITUDE["digit"] / 2
    assert found.ranking == ("complaints", "learning", "raises", "privileges", "advance", "critical")


def test_r_squared_of_every_subset_of_the_attitude_data_is_the_one_printed() -> None:
    table, names = attitude()
    answers = np.array([table[name] for name in [*names, "rating"]], float)
    together = np.corrcoef(answers)
    found = r_squared_by_subset(together[:-1, :-1], together[:-1, -1])
    subsets = [s for size in range(1, 7) for s in itertools.combinations(range(6), size)]
    places = [sum(1 << j for j in subset) for subset in subsets]
    assert found[0] == 0.0
    assert found[places] == pytest.approx(ATTITUDE["r_squared"], abs=ATTITUDE["digit"] / 2)


@pytest.mark.parametrize("case", ["with_gear", "with_weight"])
def test_relative_weights_of_the_cars_are_those_printed(case: str) -> None:
    expected = CARS[case]
    found = key_drivers(
        CARS, outcome="mpg", drivers=expected["drivers"], method="relative-weights", replicates=0
    )
    assert found.importance == pytest.approx(expected["weights"], abs=CARS["digit"] / 2)
    assert 100 * found.share == pytest.approx(expected["percent"], abs=CARS["digit_percent"] / 2)
    if "r_squared" in expected:
        assert found.r_squared == pytest.approx(expected["r_squared"], abs=CARS["digit"] / 2)


def test_parts_keep_their_digits_where_drivers_nearly_coincide() -> None:
    mpmath = pytest.importorskip("mpmath")
    rho = [[1, 0.9999, 0.5, 0.3], [0.9999, 1, 0.5, 0.3], [0.5, 0.5, 1, 0.2], [0.3, 0.3, 0.2, 1]]
    r = [0.6, 0.599, 0.4, 1e-6]
    with mpmath.workdps(40):

        def explained(subset: tuple[int, ...]) -> Any:
            if not subset:
                return mpmath.mpf(0)
            table = mpmath.matrix([[mpmath.mpf(rho[i][j]) for j in subset] for i in subset])
            with_outcome = mpmath.matrix([mpmath.mpf(r[i]) for i in subset])
            return (with_outcome.T * mpmath.lu_solve(table, with_outcome))[0]

        orders = list(itertools.permutations(range(4)))
        for j in range(4):
            total = mpmath.mpf(0)
            for order in orders:
                before = order[: order.index(j)]
                total += explained((*before, j)) - explained(before)
            found = shapley_r_squared(rho, r)[j]
            assert found == pytest.approx(float(total / len(orders)), rel=1e-9)


def test_the_part_of_the_only_driver_is_its_squared_correlation() -> None:
    assert shapley_r_squared([[1.0]], [0.3]) == pytest.approx([0.09])
    assert relative_weights([[1.0]], [0.3]) == pytest.approx([0.09])


def test_drivers_that_are_all_alike_share_evenly_however_many_they_are() -> None:
    # R² of p drivers with correlation c, r each with the outcome: p·r²/(1 + (p−1)·c)
    for p in (2, 7, 20):
        table = np.full((p, p), 0.4) + 0.6 * np.eye(p)
        share = 0.5**2 / (1 + (p - 1) * 0.4)
        assert shapley_r_squared(table, np.full(p, 0.5)) == pytest.approx(np.full(p, share), rel=1e-12)
        assert relative_weights(table, np.full(p, 0.5)) == pytest.approx(np.full(p, share), rel=1e-12)


def test_sampled_orders_come_within_their_error_of_all_orders() -> None:
    rng = np.random.default_rng(5)
    together: Any = np.corrcoef(rng.normal(size=(9, 40)) + rng.normal(size=40))
    exact = shapley_r_squared(together[:8, :8], together[:8, 8])
    deviations: list[float] = []
    for seed in range(40):
        found = sampled_shapley_r_squared(together[:8, :8], together[:8, 8], orders=200, seed=seed)
        assert found.parts.sum() == pytest.approx(exact.sum(), rel=1e-12)
        deviations += ((found.parts - exact) / found.standard_error).tolist()
    assert 0.85 < np.std(deviations) < 1.15
    assert abs(np.mean(deviations)) < 0.15


def test_the_weights_of_subsets_are_those_of_shapley() -> None:
    # a game in which only the last of three adds anything, by size of what was there before: 1, 2, 5
    worth = np.zeros(8)
    for subset in range(8):
        if subset & 4:
            worth[subset] = [1.0, 2.0, 5.0][(subset & 3).bit_count()]
    parts = mean_gains(worth)
    orders = list(itertools.permutations(range(3)))
    for j in range(3):
        gains = [
            worth[_held(order, j, with_it=True)] - worth[_held(order, j, with_it=False)] for order in orders
        ]
        assert parts[j] == pytest.approx(np.mean(gains), abs=1e-15)


def _held(order: tuple[int, ...], j: int, *, with_it: bool) -> int:
    return sum(1 << i for i in order[: order.index(j) + with_it])


@pytest.mark.parametrize("row", REFERENCE["newcombe"]["rows"], ids=lambda row: str(row["counts"]))
def test_intervals_of_differences_are_those_of_newcombe(row: dict[str, Any]) -> None:
    found = rate_contrast(*row["counts"], signs=(1, -1), level=0.95)
    half = REFERENCE["newcombe"]["digit"] / 2
    assert found.low == pytest.approx(row["low"], abs=half)
    assert found.high == pytest.approx(row["high"], abs=half)


def test_the_effect_of_a_fix_is_what_is_left_of_the_change_after_the_change_of_the_others() -> None:
    check = effect_check(
        fixed_before=(100, 1000),
        fixed_after=(60, 1000),
        control_before=(90, 1000),
        control_after=(80, 1000),
        customers=5000,
        value=200,
        cost=10_000,
    )
    assert check.change_fixed == pytest.approx(-0.04)
    assert check.change_control == pytest.approx(-0.01)
    assert check.effect.value == pytest.approx(-0.03)
    assert check.gain == pytest.approx(0.03 * 5000 * 200 - 10_000)
    turns = {a.name: a.turning_point for a in check.assumptions}
    assert turns["effect"] == pytest.approx(-10_000 / (5000 * 200))
    assert turns["value"] == pytest.approx(10_000 / (5000 * 0.03))
    assert turns["cost"] == pytest.approx(30_000)


def test_value_at_stake_is_customers_times_incidence_times_churn_times_value() -> None:
    assert value_at_stake(20_000, incidence=0.08, churn_effect=0.05, value=600) == pytest.approx(48_000)
    table = value_at_stake([100, 200], incidence=[0.5, 0.25], churn_effect=0.1, value=[10, -10])
    assert table.tolist() == pytest.approx([50.0, -50.0])


def test_the_quadrants_have_the_names_of_martilla_and_james() -> None:
    names = {"a": (0.4, 2.0), "b": (0.3, 5.0), "c": (0.05, 2.5), "d": (0.05, 4.5)}
    found = importance_performance(
        {name: x for name, (x, _) in names.items()}, performance={name: y for name, (_, y) in names.items()}
    )
    assert found.quadrant == (
        "concentrate here",
        "keep up the good work",
        "low priority",
        "possible overkill",
    )
    assert (found.importance_cut, found.performance_cut) == (pytest.approx(0.2), pytest.approx(3.5))
    by_median = importance_performance(
        {name: x for name, (x, _) in names.items()},
        performance={name: y for name, (_, y) in names.items()},
        cut="median",
    )
    assert (by_median.importance_cut, by_median.performance_cut) == (pytest.approx(0.175), pytest.approx(3.5))


def test_from_a_table_of_correlations_names_and_numbers_stay_together() -> None:
    found = key_drivers_of_correlations(
        DESIGN["correlation"], DESIGN["with_outcome"], drivers=["speed", "price", "staff"]
    )
    assert found.ranking == ("speed", "price", "staff")
    assert found.importance == pytest.approx(DESIGN["shapley_longer"]["expected"], abs=1e-8)
    assert found.low is None and found.rows is None
