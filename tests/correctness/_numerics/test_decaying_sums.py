"""Endless sums agree with their closed forms in 50 digits, from fast decay to none."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from retainkit._numerics.decaying_sums import decaying_moment, decaying_sum
from retainkit._numerics.gamma_functions import log_beta_ratio


def log_share(alpha: float, beta: float) -> Any:
    """ln S(t) of a shifted beta-geometric, whose sums have closed forms and whose tail is t^−alpha."""
    return lambda t: log_beta_ratio(alpha, beta, t)


def exact_lifetime(a: Any, b: Any, d: Any) -> Any:
    """Σ S(k)/(1 + d)^k by Pfaff's form of ₂F₁(1, b; a + b; 1/(1 + d))."""
    return (1 + d) / d * mp.hyp2f1(1, a, a + b, -1 / d)


def drawn(seed: int, n: int, highest_discount: float) -> list[tuple[float, float, float]]:
    rng = np.random.default_rng(seed)
    lows, highs = np.log([0.01, 0.01, 1e-9]), np.log([1000.0, 1000.0, highest_discount])
    return [tuple(float(v) for v in np.exp(rng.uniform(lows, highs))) for _ in range(n)]  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_discounted_sums_agree_with_fifty_digits(seed: int) -> None:
    with mp.workdps(50):
        for alpha, beta, discount in drawn(seed, 50, 1.0):
            truth = exact_lifetime(*map(mp.mpf, (alpha, beta, discount)))
            found = decaying_sum(log_share(alpha, beta), np.log1p(discount), alpha)
            assert found == pytest.approx(float(truth), rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("terms", [1, 2, 255, 256, 257, 2047, 2048, 2049, 5000, 100_000, 10**9])
def test_sums_of_so_many_terms_agree_with_fifty_digits(terms: int) -> None:
    with mp.workdps(50):
        for alpha, beta, _ in drawn(terms, 12, 0.01):
            a, b = mp.mpf(alpha), mp.mpf(beta)
            # E (1 − (1 − p)^n)/p for p ~ Beta(a, b), continued below a = 1
            gone = mp.gammaprod([b + terms, a + b - 1], [a + b + terms - 1, b])
            truth = (a + b - 1) / (a - 1) * (1 - gone)
            found = decaying_sum(log_share(alpha, beta), 0.0, alpha, float(terms))
            assert found == pytest.approx(float(truth), rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [1.001, 1.01, 1.5, 2.0, 3.0, 40.0])
def test_undiscounted_sums_with_a_power_for_a_tail(alpha: float) -> None:
    for beta in (0.01, 1.0, 1000.0):
        truth = (alpha + beta - 1.0) / (alpha - 1.0)
        assert decaying_sum(log_share(alpha, beta), 0.0, alpha) == pytest.approx(truth, rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [2.01, 2.5, 3.0, 10.0])
def test_moments_with_a_power_for_a_tail(alpha: float) -> None:
    beta = 4.0  # given p the moment is (1 − p)/p², and its mean over a beta has this form
    a, b = mp.mpf(alpha), mp.mpf(beta)
    truth = mp.beta(a - 2, b + 1) / mp.beta(a, b)
    assert decaying_moment(log_share(alpha, beta), 0.0, alpha) == pytest.approx(float(truth), rel=1e-10)


@pytest.mark.parametrize("alpha", [0.2, 0.99, 1.0])
def test_sums_that_diverge_are_infinite(alpha: float) -> None:
    assert decaying_sum(log_share(alpha, 2.0), 0.0, alpha) == np.inf
    assert decaying_moment(log_share(alpha + 1.0, 2.0), 0.0, alpha + 1.0) == np.inf


def test_what_stays_for_ever_is_a_perpetuity() -> None:
    def stays(t: np.ndarray) -> np.ndarray:
        return np.zeros_like(t)

    assert decaying_sum(stays, np.log1p(1e-9), 0.0) == pytest.approx(1e9 + 1.0, rel=1e-12)
    assert decaying_sum(stays, 0.0, 0.0) == np.inf
    assert decaying_sum(stays, 0.0, 0.0, 1e12) == pytest.approx(1e12, rel=1e-14)
    assert decaying_moment(stays, 0.0, 0.0, 1e6) == pytest.approx(1e6 * (1e6 - 1.0) / 2.0, rel=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize(("force", "c"), [(0.01, 0.5), (0.5, 0.25), (2.0, 0.2), (0.3, 0.7), (1e-7, 2.0)])
def test_stretched_exponentials_without_discount(force: float, c: float) -> None:
    with mp.workdps(40):
        m, power = mp.mpf(force), mp.mpf(c)
        half = mp.mpf(5000)
        first = mp.fsum(mp.e ** (-m * mp.mpf(j) ** power) for j in range(5000))
        x = m * half**power  # ∫ from 5000 on, with four corrections of Euler and Maclaurin
        rest = mp.gammainc(1 / power, x) / (power * m ** (1 / power))

        def slope(order: int) -> Any:
            return mp.diff(lambda t: mp.e ** (-m * t**power), half, order)

        rest += mp.e**-x / 2 - slope(1) / 12 + slope(3) / 720 - slope(5) / 30240
        truth = float(first + rest)
    found = decaying_sum(lambda t: -force * t**c, 0.0, np.inf)
    assert found == pytest.approx(truth, rel=1e-11)


@pytest.mark.slow
def test_columns_of_parameters_are_summed_side_by_side() -> None:
    alpha = np.array([[0.5], [1.5], [30.0]])
    beta = np.array([2.0, 700.0])
    force = np.array([0.0, 1e-3])

    def both(t: np.ndarray) -> np.ndarray:
        return log_beta_ratio(alpha, beta, t.reshape(-1, 1, 1))

    found = decaying_sum(both, force, alpha)
    assert found.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            one = decaying_sum(
                log_share(float(alpha[i, 0]), float(beta[j])), float(force[j]), float(alpha[i, 0])
            )
            assert found[i, j] == pytest.approx(float(one), rel=1e-13)
