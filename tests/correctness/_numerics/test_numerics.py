"""The numerical tools: quadrature against mpmath, grouping against numpy, the climb against known tops."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retainkit._numerics.gauss_legendre import _legendre  # pyright: ignore[reportPrivateUsage]
from retainkit._numerics.grouping import distinct_rows, levels
from retainkit._numerics.maximize import maximize
from retainkit._numerics.processes.gompertz_decay import bent
from retainkit._numerics.processes.stopped_poisson import discounted_count, expected_count
from retainkit._numerics.trapezoid_means import mean_over_beta

EXTREMES = [0.01, 0.3, 1.0, 7.0, 120.0, 1000.0, 6000.0]


@pytest.mark.parametrize("k", [1e-300, 1e-12, 0.5, 1e100, 1e300])
def test_growth_bent_by_any_factor_keeps_its_digits(k: float) -> None:
    v = np.array([0.0, 1e-9, 1.0, 40.0, 499.0, 650.0, 1e4])
    with mp.workdps(700):  # e^499 beside 1e-300 is hundreds of digits apart
        exact = [float(mp.log1p(k * mp.expm1(mp.mpf(z)))) for z in v.tolist()]
    np.testing.assert_allclose(bent(v, k), exact, rtol=1e-12)
    # one by one none of the others asks for the form that serves all sizes
    np.testing.assert_allclose([bent(v[i : i + 1], k)[0] for i in range(v.size)], exact, rtol=1e-12)


@pytest.mark.parametrize("a", EXTREMES)
@pytest.mark.parametrize("b", EXTREMES)
def test_means_over_beta_of_powers_are_ratios_of_gamma_functions(a: float, b: float) -> None:
    """E[(1 - p)^k] and, for a > 1, E[1/p] have closed forms."""
    k = 3.0
    column = np.array([a]), np.array([b])
    found = mean_over_beta(lambda p, _: (1 - p) ** k, *column, bend=np.array([k]), rise=np.array([1e17]))[0]
    exact = mp.beta(a, mp.mpf(b) + k) / mp.beta(a, b)
    assert found == pytest.approx(float(exact), rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_expected_count_agrees_with_the_sum_over_events(seed: int) -> None:
    """Σ P(at least j events come) · P(not stopped before the j-th): every term positive."""
    rng = np.random.default_rng(seed)
    with mp.workdps(40):
        for _ in range(15):
            r, z, a, b = (float(v) for v in np.exp(rng.uniform(-3.0, 3.0, 4)))
            R, w = mp.mpf(r), mp.mpf(z) / (1 + mp.mpf(z))
            total, j, weight, below = mp.mpf(0), 0, (1 - w) ** R, mp.mpf(0)
            while True:
                below += weight  # P(events <= j)
                term = (1 - below) * mp.beta(a, mp.mpf(b) + j) / mp.beta(a, b)
                total += term
                if term < mp.mpf(10) ** -18 * total:
                    break
                weight *= (R + j) / (j + 1) * w
                j += 1
            assert expected_count(r, z, a, b) == pytest.approx(float(total), rel=1e-11)


def test_nothing_is_expected_in_no_time() -> None:
    assert expected_count(2.0, 0.0, 0.5, 3.0) == 0.0
    assert discounted_count(2.0, 0.0, 0.1, 0.5, 3.0) == 0.0


def test_discounted_count_without_a_stop_is_an_annuity() -> None:
    """p → 0 (a tiny against b): r ∫ e^(-k v) dv."""
    found = discounted_count(2.0, 5.0, 0.3, 1e-3, 1e9)
    assert found == pytest.approx(2.0 * -math.expm1(-1.5) / 0.3, rel=1e-6)


def test_heavy_discount_leaves_the_first_instant() -> None:
    assert discounted_count(3.0, math.inf, 1e8, 0.8, 2.0) == pytest.approx(3.0 / 1e8, rel=1e-6)


COLUMN = st.lists(st.sampled_from([0.0, 1.0, 2.0, 1 / 7, 3 / 7, 0.1, 30.43, 1e9, 1e-9, 270 / 7]), min_size=1)


@settings(derandomize=True, deadline=None)
@given(COLUMN, st.integers(0, 5))
def test_distinct_rows_are_numpys_and_join_back(column: list[float], seed: int) -> None:
    first = np.array(column)
    rng = np.random.default_rng(seed)
    second = rng.choice([0.0, 1.0, 2.5], first.size)
    weight = rng.integers(1, 4, first.size).astype(float)
    rows = distinct_rows([first, second], weight, inverse=True)
    found = np.column_stack([part.column() for part in rows.levels])
    table = np.column_stack([first, second])
    expected = np.unique(table, axis=0)
    np.testing.assert_array_equal(found, expected)
    assert rows.inverse is not None
    np.testing.assert_array_equal(found[rows.inverse], table)
    np.testing.assert_allclose(rows.weight, [weight[(table == row).all(axis=1)].sum() for row in expected])
    np.testing.assert_array_equal(distinct_rows([first, second], weight, inverse=False).weight, rows.weight)


@pytest.mark.parametrize("steps", [1.0, 7.0, 30.4375, 365.25])
def test_columns_of_days_are_found_on_their_grid_exactly(steps: float) -> None:
    column = np.random.default_rng(1).integers(0, 900, 5000) / steps
    found = levels(column)
    np.testing.assert_array_equal(found.column(), column)
    np.testing.assert_array_equal(found.map(np.sqrt), np.sqrt(column))


def test_a_value_off_the_grid_is_not_moved_onto_it() -> None:
    column = np.r_[np.arange(500) / 7, 3 / 7 + 1e-15]
    np.testing.assert_array_equal(levels(column).column(), column)


def sum_of_terms(centre: np.ndarray, bend: np.ndarray):
    """Terms -log cosh of whitened distances: their sum has one top, at `centre`."""

    def evaluate(points: np.ndarray, /, bent: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        u = (points - centre) @ bend  # (k, terms)
        slopes = -np.tanh(u)[:, None, :] * bend[None, :, :]  # (k, p, terms)
        outer = slopes @ slopes.transpose(0, 2, 1)
        return -np.log(np.cosh(u)).sum(axis=1), slopes.sum(axis=2), outer

    return evaluate


def test_the_climb_ends_at_the_top_with_the_measured_curvature() -> None:
    rng = np.random.default_rng(5)
    centre, bend = rng.normal(size=3), rng.normal(size=(3, 40))
    found = maximize(sum_of_terms(centre, bend), np.array([2.0, -3.0, 1.0]))
    np.testing.assert_allclose(found.point, centre, atol=1e-9)
    np.testing.assert_allclose(found.curvature, bend @ bend.T, rtol=1e-6)
    assert abs(found.decrement) < 1e-7


def test_a_top_at_infinity_is_not_called_a_top() -> None:
    def evaluate(points: np.ndarray, /, bent: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rising = np.exp(-points[:, 0])  # value -e^-z: rises for ever
        return -rising, rising[:, None], rising[:, None, None] ** 2

    found = maximize(evaluate, np.zeros(1))
    assert found.point[0] > 15.0
    assert found.curvature[0, 0] < 1e-6


def node_beside(y: Any, size: int) -> tuple[Any, Any]:
    """A node as 1 − x and its weight on (0, 1), in forty digits."""
    weight = mp.mpf(0)
    for _ in range(3):
        x = 1 - y
        before, p = mp.mpf(1), x
        for j in range(2, size + 1):
            before, p = p, ((2 * j - 1) * x * p - (j - 1) * before) / j
        weight = (1 - x * x) / (size * before) ** 2
        y += p * (1 - x * x) / (size * (before - x * p))
    return y, weight


@pytest.mark.parametrize("size", [6, 14, 112, 320])
def test_nodes_and_weights_of_gauss_and_legendre_keep_their_digits_beside_the_ends(size: int) -> None:
    nodes, weights = _legendre(size)
    with mp.workdps(40):
        for k in (0, 1, size // 2 - 1):
            y, weight = node_beside(2 * mp.mpf(nodes.item(k)), size)
            assert nodes[k] == pytest.approx(float(y / 2), rel=1e-14)
            assert 1.0 - nodes[-1 - k] == pytest.approx(float(y / 2), abs=2e-16)
            assert weights[k] == weights[-1 - k] == pytest.approx(float(weight), rel=2e-12)
    assert math.fsum(weights) == pytest.approx(1.0, rel=1e-14)
    assert math.fsum(weights * nodes ** (2 * size - 1)) == pytest.approx(0.5 / size, rel=1e-12)
