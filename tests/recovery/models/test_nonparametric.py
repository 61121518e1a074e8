"""What was simulated is found again, and intervals of 95% hold the truth as often as they say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.log_rank import log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.summaries import Renewals
from retainkit.typing import Array

RUNS = 200
MEAN = 24.0  # months, exponential: S(12) = exp(-1/2) = .6065
RATES = (0.05, 0.02)


def base(seed: int, n: int) -> Renewals:
    """Customers who joined over six years, of whom those there at the last two years' start are watched."""
    rng = np.random.default_rng(seed)
    joined, lifetime = rng.uniform(-48.0, 24.0, n), rng.exponential(MEAN, n)
    watched = joined + lifetime > 0.0
    entry = np.maximum(-joined, 0.0)[watched]
    end = (24.0 - joined)[watched]
    lifetime = lifetime[watched]
    return Renewals(duration=np.minimum(lifetime, end), event=lifetime <= end, entry=entry, unit="month")


def leavers(seed: int, n: int) -> Renewals:
    """Two reasons at constant rates, censored at random, whole days: with many ties."""
    rng = np.random.default_rng(seed)
    first, second, end = (rng.exponential(1.0 / rate, n) for rate in (*RATES, 0.03))
    time = np.minimum.reduce([first, second, end])
    event = np.select([time == end, time == first], [0, 1], 2)
    days = np.ceil(time * 30.0)
    return Renewals(duration=days, event=event, reasons=("voluntary", "involuntary"), unit="day")


def incidence(t: float) -> float:
    total = sum(RATES)
    return RATES[0] / total * -np.expm1(-total * t)


def share_of_runs(holds: Callable[[int], bool]) -> None:
    """200 intervals of 95% hold the truth in a number of runs that a binomial makes once in 500 by chance."""
    low, high = binom.interval(0.998, RUNS, 0.95)
    assert low <= sum(holds(seed) for seed in range(RUNS)) <= high


def within(bounds: tuple[float | Array, float | Array], truth: float) -> bool:
    return bool(bounds[0] <= truth <= bounds[1])


def test_late_entry_finds_the_truth_that_the_naive_curve_misses() -> None:
    data = base(1, 20_000)
    truth = np.exp(-12.0 / MEAN)
    naive = KaplanMeier.estimate(Renewals(duration=data.duration, event=data.event))
    curve = KaplanMeier.estimate(data)
    assert within(curve.interval(12.0), truth)
    assert curve.standard_error(12.0) < 0.01
    assert naive.survival(12.0) > truth + 0.1


def test_intervals_of_survival_hold_the_truth_with_late_entry() -> None:
    share_of_runs(
        lambda seed: within(KaplanMeier.estimate(base(seed, 400)).interval(12.0), np.exp(-12.0 / MEAN))
    )


def test_intervals_of_survival_given_a_tenure_hold_the_truth() -> None:
    share_of_runs(
        lambda seed: within(
            KaplanMeier.estimate(base(seed, 400)).interval(30.0, given=12.0), np.exp(-18.0 / MEAN)
        )
    )


def test_intervals_of_the_median_hold_the_truth() -> None:
    share_of_runs(
        lambda seed: within(KaplanMeier.estimate(base(seed, 400)).quantile_interval(), MEAN * np.log(2.0))
    )


def test_intervals_of_the_restricted_mean_hold_the_truth() -> None:
    truth = -MEAN * np.expm1(-24.0 / MEAN)
    share_of_runs(
        lambda seed: within(KaplanMeier.estimate(base(seed, 400)).restricted_mean(24.0).interval(), truth)
    )


def test_intervals_of_the_cumulative_hazard_hold_the_truth() -> None:
    share_of_runs(
        lambda seed: within(
            NelsonAalen.estimate(base(seed, 400)).cumulative_hazard_interval(12.0), 12.0 / MEAN
        )
    )


@pytest.mark.parametrize("month", [3.0, 12.0])
def test_intervals_of_a_reasons_incidence_hold_the_truth(month: float) -> None:
    share_of_runs(
        lambda seed: within(
            AalenJohansen.estimate(leavers(seed, 400)).interval("voluntary", month * 30.0), incidence(month)
        )
    )


def test_a_reasons_incidence_is_found_where_censoring_the_other_reason_counts_too_many() -> None:
    data = leavers(1, 50_000)
    estimate = AalenJohansen.estimate(data)
    found = estimate.cumulative_incidence("voluntary", 720.0)
    assert found == pytest.approx(
        incidence(24.0), abs=4.0 * float(estimate.standard_error("voluntary", 720.0))
    )
    others_censored = Renewals(duration=data.duration, event=data.event == 1, unit="day")
    assert 1.0 - KaplanMeier.estimate(others_censored).survival(720.0) > incidence(24.0) + 0.05


def test_the_log_rank_test_rejects_equal_groups_as_often_as_it_says() -> None:
    share_of_runs(lambda seed: log_rank([base(seed, 300), base(seed + 10_000, 300)]).p_value > 0.05)
