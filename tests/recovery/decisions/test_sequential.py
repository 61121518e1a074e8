"""Sequential tests keep their error under continuous peeking, and ordinary ones do not."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from retainkit.decisions.experiments.sequential import sequential_test
from retainkit.decisions.experiments.sequential_arms import sequential_retention_test, sequential_revenue_test

RUNS = 600
FOUND_WRONGLY = run_path(str(Path(__file__).parents[3] / "benchmarks" / "sequential.py"))["found_wrongly"]
MOST = 0.05 + 2.33 * np.sqrt(
    0.05 * 0.95 / RUNS
)  # what a test with an error of 5% exceeds once in a hundred times


@pytest.mark.slow
@pytest.mark.parametrize("planned", [200, 2000])
def test_with_known_errors_a_look_after_every_customer_keeps_the_level(planned: int) -> None:
    n = np.arange(1, 5001)
    rng = np.random.default_rng(planned)
    wrong = 0
    for _ in range(RUNS):
        mean = rng.normal(size=5000).cumsum() / n
        result = sequential_test(
            mean, standard_error=1 / np.sqrt(n), planned_standard_error=1 / np.sqrt(planned)
        )
        wrong += result.stopped_at is not None
    assert 0 < wrong / RUNS <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("churn", [0.3, 0.05, 0.005])
def test_shares_compared_after_every_customer_keep_the_level_and_the_ordinary_test_does_not(
    churn: float,
) -> None:
    n = np.arange(1, 5001)
    rng = np.random.default_rng(round(1000 * churn))
    wrong, ordinary = 0, 0
    for _ in range(RUNS):
        left = np.cumsum(rng.random((2, 5000)) < churn, axis=1)
        result = sequential_retention_test(
            left[0], control=n, churned_treated=left[1], treated=n, planned_per_arm=2000
        )
        wrong += result.stopped_at is not None
        share = left.mean(axis=0)[499:] / n[499:]
        z = (left[0] - left[1])[499:] / np.sqrt(2 * share * (1 - share) * n[499:] + 1e-300)
        ordinary += bool(np.any(np.abs(z) > 1.96))
    assert wrong / RUNS <= MOST
    assert ordinary / RUNS > 0.15


def test_the_level_is_kept_against_a_threshold_in_money_and_with_arms_of_unequal_size() -> None:
    n0, n1 = np.arange(3, 9001, 3), np.arange(1, 3001)
    rng = np.random.default_rng(9)
    wrong = 0
    for _ in range(RUNS):
        left0 = np.cumsum(rng.random(9000) < 0.08)[n0 - 1]
        left1 = np.cumsum(rng.random(3000) < 0.06)
        result = sequential_retention_test(
            left0, control=n0, churned_treated=left1, treated=n1, planned_per_arm=3000, threshold=0.02
        )
        wrong += result.stopped_at is not None
    assert wrong / RUNS <= MOST


@pytest.mark.slow
@pytest.mark.parametrize(("churn", "share"), [(0.3, 0.1), (0.5, 0.1), (0.3, 0.05)])
def test_a_small_arm_looked_at_from_its_first_customer_on_keeps_the_level(churn: float, share: float) -> None:
    """A tenth of the customers treated and a look after each: the first treated often leave alike."""
    rng = np.random.default_rng(round(1000 * churn + 100 * share))
    assert FOUND_WRONGLY(rng, share, churn, planned=100, customers=600, tests=2 * RUNS) <= 0.05


@pytest.mark.slow
def test_skewed_spending_looked_at_from_the_200th_customer_on_keeps_the_level() -> None:
    looks = np.arange(200, 4001, 5)
    rng = np.random.default_rng(10)
    wrong = 0
    for _ in range(RUNS):
        spent = rng.gamma(0.3, 40, (2, 4000))
        result = sequential_revenue_test(spent[0], treated=spent[1], looks=looks, planned_per_arm=4000)
        wrong += result.stopped_at is not None
    assert wrong / RUNS <= MOST


def test_an_effect_worth_finding_is_found_early_and_the_band_holds_it() -> None:
    n = np.arange(1, 20_001)
    rng = np.random.default_rng(11)
    stops, held = [], 0
    for _ in range(200):
        left0, left1 = np.cumsum(rng.random(20_000) < 0.10), np.cumsum(rng.random(20_000) < 0.07)
        result = sequential_retention_test(
            left0, control=n, churned_treated=left1, treated=n, planned_per_arm=5000
        )
        assert result.above
        stops.append(result.stopped_at)
        held += bool(np.all((result.lower <= 0.03) & (result.upper >= 0.03)))
    assert np.median(stops) < 6000  # a test of fixed size with a power of 90% needs 1,816 per arm
    assert held >= 180
