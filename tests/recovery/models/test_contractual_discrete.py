"""Simulated renewals give their parameters back, late entry and cohorts of all ages included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.discrete_weibull import DiscreteWeibull
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.shares import WithShares
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.summaries import Renewals

TRUTHS: list[Any] = [
    Geometric(0.15),
    ShiftedBetaGeometric(0.8, 3.0),
    DiscreteWeibull(0.2, 0.7),
    BetaDiscreteWeibull(0.8, 2.0, 1.3),
    WithShares(ShiftedBetaGeometric(3.0, 20.0), one_and_done=0.3),
    WithShares(Geometric(0.15), cured=0.3),
    WithShares(DiscreteWeibull(0.1, 1.4), one_and_done=0.25, cured=0.2),
]
each_truth = pytest.mark.parametrize("truth", TRUTHS, ids=repr)
N = 30_000


def recovered(truth: Any, data: Renewals) -> None:
    fitted = rk.fit(truth.family, data)
    gain = 2.0 * (fitted.log_likelihood - float(truth.log_likelihood(data) @ data.weight))
    assert 0.0 <= gain < 30.0  # chi-square with at most four degrees of freedom
    for name, error in fitted.standard_errors.items():
        assert abs(fitted.model.parameters[name] - truth.parameters[name]) < 4.5 * error, name


@each_truth
def test_customers_seen_from_their_start(truth: Any) -> None:
    rng = np.random.default_rng(1)
    recovered(truth, truth.sample(rng.integers(1, 40, N), seed=rng))


@each_truth
def test_customers_who_were_there_before_the_records(truth: Any) -> None:
    rng = np.random.default_rng(2)
    entry = rng.integers(0, 10, N).astype(float)
    recovered(truth, truth.sample(entry + rng.integers(1, 30, N), entry=entry, seed=rng))


def test_late_entry_ignored_makes_churn_look_small() -> None:
    truth = Geometric(0.15)
    rng = np.random.default_rng(3)
    entry = rng.integers(2, 10, N).astype(float)
    data = truth.sample(entry + rng.integers(1, 30, N), entry=entry, seed=rng)
    told: Any = rk.fit(Geometric, data)
    naive: Any = rk.fit(Geometric, Renewals(duration=data.duration, event=data.event, whole_periods=True))
    assert abs(told.model.theta - 0.15) < 4.5 * told.standard_errors["theta"]
    assert naive.model.theta < 0.15 - 40.0 * told.standard_errors["theta"]


@each_truth
def test_the_simulator_follows_the_survival_curve(truth: Any) -> None:
    for entry in (0.0, 6.0):
        data = truth.sample(np.full(N, entry + 12.0), entry=entry, seed=4)
        for t in (1.0, 2.0, 5.0, 12.0):
            share = np.mean((data.event == 0) | (data.duration > entry + t))
            expected = truth.survival(entry + t, given=entry)
            assert abs(share - expected) < 4.5 * np.sqrt(expected * (1.0 - expected) / N)


def test_cohorts_of_all_ages_in_one_likelihood() -> None:
    truth = ShiftedBetaGeometric(1.2, 9.0)
    rng = np.random.default_rng(5)
    table, first = [], []
    for months in range(36, 0, -1):
        age = int(rng.integers(0, 6))
        lifetime = rng.geometric(rng.beta(truth.alpha, truth.beta, 4000))
        table.append([int(np.sum(lifetime > age + j)) for j in range(months + 1)])
        first.append(age)
    recovered(truth, Renewals.from_cohort_table(table, first_age=first, unit="month"))
