"""Churn from counts: draws of the beta distribution, dependent on each other only where they should be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom, kstest

import retainkit as rk


@pytest.mark.parametrize(
    ("churned", "customers", "prior"),
    [(100, 2_000, (0.5, 0.5)), (0, 12, (1.0, 1.0)), (7, 7, (0.5, 0.5)), (3, 10**9, (2.0, 38.0))],
)
def test_of_every_stretch_of_the_distribution_there_is_one_draw(
    churned: int, customers: int, prior: tuple[float, float]
) -> None:
    draws = rk.churn_posterior(churned, customers, prior=prior, draws=1_000, seed=1)
    exact = beta(prior[0] + churned, prior[1] + customers - churned)
    stretch = np.floor(exact.cdf(draws.values) * 1_000)
    assert sorted(stretch) == list(range(1_000))
    assert np.any(np.diff(stretch) < 0)
    for q in (0.05, 0.5, 0.95):
        assert exact.ppf(q - 0.001) <= draws.quantile(q) <= exact.ppf(q + 0.001)


def test_means_are_far_nearer_than_those_of_plain_draws() -> None:
    exact = beta(100.5, 1_900.5)
    means = np.array([rk.churn_posterior(100, 2_000, draws=400, seed=s).mean() for s in range(40)])
    assert means.std() < 0.1 * exact.std() / 20.0
    assert means.mean() == pytest.approx(exact.mean(), rel=1e-3)


def test_a_column_gives_each_segment_its_own_draws() -> None:
    drawn = rk.churn_posterior([5, 5, 200], [100, 100, 1_000], draws=2_000, seed=3)
    assert drawn.shape == (2_000, 3)
    assert np.abs(np.corrcoef(drawn.values.T) - np.eye(3)).max() < 0.1
    assert np.asarray(drawn.mean()) == pytest.approx([5.5 / 101, 5.5 / 101, 200.5 / 1_001], rel=1e-3)
    assert rk.churn_posterior(5, [100, 50], draws=10, seed=1).shape == (10, 2)


def test_the_same_question_has_the_same_draws_and_another_one_others() -> None:
    first = rk.churn_posterior(100, 2_000, seed=1)
    assert first == rk.churn_posterior(100.0, 2_000.0, seed=1)
    assert first != rk.churn_posterior(100, 2_000, seed=2)
    for other in (rk.churn_posterior(80, 2_000, seed=1), rk.churn_posterior(100, 2_001, seed=1)):
        assert abs(np.corrcoef(first.values, other.values)[0, 1]) < 0.06
    rng = np.random.default_rng(1)
    assert rk.churn_posterior(1, 9, seed=rng) != rk.churn_posterior(1, 9, seed=rng)


def test_differences_of_two_churns_are_those_of_independent_ones() -> None:
    """The same seed at both calls, as everybody writes it."""
    gap = rk.churn_posterior(120, 1_000, seed=1) - rk.churn_posterior(100, 1_000, seed=1)
    exact = np.hypot(beta(120.5, 880.5).std(), beta(100.5, 900.5).std())
    assert gap.std() == pytest.approx(exact, rel=0.05)


@pytest.mark.slow
def test_intervals_of_the_default_prior_hold_the_truth_as_often_as_they_say() -> None:
    """Exactly, over all counts that may be seen, and on average over churns from 1% to 20%."""
    n = 200
    churns = np.linspace(0.01, 0.2, 77)
    k = np.arange(n + 1)
    drawn = rk.churn_posterior(k, n, draws=4_000, seed=1)
    low, high = (np.asarray(end) for end in drawn.interval(0.9))
    covered = [binom(n, p).pmf(k) @ ((low <= p) & (p <= high)) for p in churns]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)


def test_ranks_of_the_truth_are_uniform_where_it_comes_from_the_prior() -> None:
    rng = np.random.default_rng(8)
    truth = rng.beta(2.0, 38.0, 800)
    drawn = rk.churn_posterior(rng.binomial(60, truth), 60, prior=(2, 38), draws=500, seed=rng)
    assert kstest((drawn.values < truth).mean(axis=0), "uniform").pvalue > 0.001
