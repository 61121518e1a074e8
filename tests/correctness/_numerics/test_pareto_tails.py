"""Smoothing of importance weights: shapes of simulated tails found again, means against exact ones."""

from __future__ import annotations

import numpy as np
import pytest

from retainkit._numerics.samples import pareto_tails
from retainkit._numerics.samples.pareto_tails import fit_tail, smooth
from retainkit.typing import Array

N = 4_000


def pareto(k: float, shape: tuple[int, ...], seed: int = 1) -> Array:
    """Draws of a generalized Pareto distribution of scale 1 by its inverse distribution function."""
    e = np.random.default_rng(seed).standard_exponential(shape)
    return np.expm1(k * e) / k if k else e


@pytest.mark.slow
@pytest.mark.parametrize("k", [-0.5, 0.0, 0.2, 0.5, 0.7, 1.0, 2.0])
def test_the_shape_and_scale_of_simulated_tails_are_found(k: float) -> None:
    """Within 3.5 standard errors of the simulation plus a bias of order 1/m; as narrow as theory says."""
    rows, m = 400, 1_000
    shape, scale = fit_tail(np.sort(pareto(k, (rows, m)), axis=-1))
    error = max((1.0 + k), 0.6) / np.sqrt(m)  # (1 + k)/√m of maximum likelihood
    assert abs(shape.mean() - k) < 3.5 * error / np.sqrt(rows) + 5.0 / m
    assert abs(scale.mean() - 1.0) < 3.5 * np.sqrt(2.0 * (1.0 + k) / m / rows) + 10.0 / m
    assert shape.std() == pytest.approx(error, rel=0.25)


@pytest.mark.parametrize("k", [0.0, 0.3, 0.7, 1.5])
def test_weights_with_a_pareto_tail_have_its_shape(k: float) -> None:
    """A constant plus a generalized Pareto variable has the same tail, whatever the unit of the weights."""
    rows, tail = 300, 190
    _, found = smooth(np.log(1.0 + pareto(k, (rows, N), seed=2)) + 700.0)
    drawn_to_a_half = (tail * k + 5.0) / (tail + 10.0)
    assert abs(found.mean() - drawn_to_a_half) < 3.5 * (1.0 + k) / np.sqrt(tail * rows) + 5.0 / tail


@pytest.mark.slow
@pytest.mark.parametrize("theta", [0.4, 0.5, 0.6, 0.7])
def test_means_under_smoothed_weights_are_nearer_to_exact_ones(theta: float) -> None:
    """Exponential draws of mean θ stand for one of mean 1: the ratio has a tail of k = 1 − θ exactly.

    What is cut off above the largest weight biases the mean, by less than the spread that it saves.
    """
    rows = 1_000
    x = theta * np.random.default_rng(3).standard_exponential((rows, N))
    raw = x / theta - x
    smoothed, k = smooth(raw)
    assert k.mean() == pytest.approx(1.0 - theta, abs=0.03)
    plain = np.exp(raw) / np.exp(raw).sum(axis=-1, keepdims=True)
    mean, unsmoothed = (np.exp(smoothed) * x).sum(axis=-1), (plain * x).sum(axis=-1)
    assert np.square(mean - 1.0).mean() < 0.9 * np.square(unsmoothed - 1.0).mean()
    assert abs(mean.mean() - 1.0) < (0.1 if theta < 0.6 else 0.01)


def test_means_under_good_weights_are_exact_within_their_error() -> None:
    """A normal of variance 1 by draws of variance 2: E[x²] = 1, k below 0 in the limit."""
    x = np.sqrt(2.0) * np.random.default_rng(4).standard_normal((200, N))
    smoothed, k = smooth(-0.25 * x * x)
    assert np.all(k < 0.5)
    second = (np.exp(smoothed) * x * x).sum(axis=-1)
    assert second.mean() == pytest.approx(1.0, abs=4.0 * second.std() / np.sqrt(200))


def test_smoothing_keeps_the_order_the_bulk_and_the_largest_weight() -> None:
    raw = np.log(pareto(0.8, (5, N), seed=5))
    smoothed, _ = smooth(raw)
    assert np.exp(smoothed).sum(axis=-1) == pytest.approx(np.ones(5), rel=1e-12)
    for before, after in zip(raw, smoothed, strict=True):
        order = before.argsort()
        assert np.all(np.diff(after[order]) >= 0.0)
        shift = after[order] - before[order]
        bulk = shift[: N - 190]
        assert np.ptp(bulk) < 1e-12
        assert np.ptp(shift) > 1e-3
        assert after.max() <= before.max() + bulk[0] + 1e-12


def test_axes_and_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = np.log(pareto(0.4, (2, 3, 500), seed=6))
    together, k = smooth(raw)
    assert together.shape == raw.shape and k.shape == (2, 3)
    monkeypatch.setattr(pareto_tails, "_AT_ONCE", 1_000)
    again, same_k = smooth(raw)
    assert np.array_equal(together, again) and np.array_equal(k, same_k)
    one, one_k = smooth(raw[1, 2])
    assert np.array_equal(one, together[1, 2]) and one_k == k[1, 2] and one_k.shape == ()


def test_equal_weights_have_no_tail() -> None:
    smoothed, k = smooth(np.full((2, 1_000), -1e4))
    assert np.all(k == -np.inf)
    assert smoothed == pytest.approx(np.full((2, 1_000), -np.log(1_000.0)), rel=1e-14)


def test_weights_that_meet_their_bound_often_are_left_as_they_are() -> None:
    raw = np.minimum(np.random.default_rng(7).standard_normal(1_000), 0.5)
    smoothed, k = smooth(raw)
    assert k == -np.inf
    assert np.exp(smoothed - smoothed.max()) == pytest.approx(np.exp(raw - 0.5), rel=1e-12)


@pytest.mark.parametrize("n", [1, 5, 20])
def test_of_too_few_weights_nothing_is_told(n: int) -> None:
    raw = np.log(pareto(0.5, (n,), seed=8))
    smoothed, k = smooth(raw)
    assert k == np.inf
    assert np.exp(smoothed) == pytest.approx(np.exp(raw) / np.exp(raw).sum(), rel=1e-12)
    assert np.isfinite(smooth(np.log(pareto(0.5, (21,), seed=8)))[1])


def test_where_one_weight_dwarfs_all_others_nothing_is_told() -> None:
    raw = np.random.default_rng(9).standard_normal(1_000)
    raw[17] = 900.0
    smoothed, k = smooth(raw)
    assert k == np.inf and smoothed[17] == 0.0 and smoothed.argmax() == 17


def test_weights_of_zero_stay_so() -> None:
    """They count among the n draws; a row of nothing else stays as it is."""
    raw = np.log(pareto(0.3, (3, 1_000), seed=10))
    raw[0, ::2] = -np.inf
    raw[1] = -np.inf
    raw[2, 4:] = -np.inf
    smoothed, k = smooth(raw)
    assert np.array_equal(np.isneginf(smoothed), np.isneginf(raw))
    assert np.isfinite(k[0]) and k[1] == np.inf and k[2] == np.inf
    assert np.exp(smoothed).sum(axis=-1) == pytest.approx([1.0, 0.0, 1.0], rel=1e-12)


def test_ties_at_the_cutoff_are_no_obstacle() -> None:
    """A chain repeats its draws: half of the tail may equal the weight below it."""
    raw = np.zeros(1_000)
    raw[:40] = np.linspace(0.1, 2.0, 40)
    smoothed, k = smooth(raw)
    assert np.isfinite(k) and np.all(np.isfinite(smoothed))
