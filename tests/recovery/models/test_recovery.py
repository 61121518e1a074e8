"""Simulate, fit, compare: the stated uncertainty is the real one."""

from __future__ import annotations

import numpy as np
import pytest

import retainkit as rk


@pytest.mark.slow
@pytest.mark.parametrize(
    "truth",
    [
        rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week"),
        rk.BGNBD(r=1.5, alpha=10.0, a=1.0, b=4.0, unit="week"),
        rk.BGNBD(r=3.0, alpha=60.0, a=0.4, b=0.6, unit="day"),
    ],
    ids=["cdnow-like", "a = 1", "a + b = 1"],
)
def test_intervals_of_bg_nbd_cover_the_truth(truth: rk.BGNBD) -> None:
    """90% intervals of 60 fits: 46 to 60 of them cover each parameter, or something is wrong (p < .001)."""
    rng = np.random.default_rng(11)
    covered = dict.fromkeys(truth.names(), 0)
    for _ in range(60):
        T = rng.integers(100, 546, 6000) / (7 if truth.unit == "week" else 1)
        fitted = rk.fit(rk.BGNBD, truth.sample(T, seed=rng))
        for name, error in fitted.standard_errors.items():
            estimate, value = getattr(fitted.model, name), getattr(truth, name)
            # intervals on the log scale, where the estimate is closest to normal
            covered[name] += abs(np.log(estimate / value)) < 1.6449 * error / estimate
    assert min(covered.values()) >= 46, covered


def test_intervals_of_gamma_gamma_cover_the_truth() -> None:
    truth = rk.GammaGamma(p=6.0, q=3.7, v=15.0)
    rng = np.random.default_rng(12)
    covered = dict.fromkeys(truth.names(), 0)
    for _ in range(60):
        fitted = rk.fit(rk.GammaGamma, truth.sample(rng.poisson(2.0, 4000), seed=rng))
        for name, error in fitted.standard_errors.items():
            estimate, value = getattr(fitted.model, name), getattr(truth, name)
            covered[name] += abs(np.log(estimate / value)) < 1.6449 * error / estimate
    assert min(covered.values()) >= 46, covered


def test_robust_errors_agree_with_ordinary_ones_when_the_model_is_true() -> None:
    truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    fitted = rk.fit(rk.BGNBD, truth.sample(np.full(200_000, 52.0), seed=3))
    for name, error in fitted.standard_errors.items():
        assert fitted.robust_standard_errors[name] == pytest.approx(error, rel=0.05)


def test_predictions_for_the_next_year_come_true() -> None:
    """Simulate two years, summarise the first, predict the second, compare with what was simulated."""
    truth = rk.BGNBD(r=0.8, alpha=6.0, a=0.9, b=3.0, unit="week")
    rng = np.random.default_rng(21)
    n = 100_000
    first = truth.sample(np.full(n, 52.0), seed=21)
    fitted = rk.fit(rk.BGNBD, first).model
    expected = fitted.expected_purchases(first, 52.0).mean()
    # an independent simulation of two years: what happens in the second is the difference of means
    both, one = (truth.sample(np.full(n, t), seed=rng).frequency for t in (104.0, 52.0))
    happened = both.mean() - one.mean()
    error = np.sqrt((both.var() + one.var()) / n)
    assert abs(expected - happened) < 4.0 * error


@pytest.mark.slow
def test_the_standard_error_of_a_figure_is_its_spread_over_repeated_samples() -> None:
    truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    rng = np.random.default_rng(31)
    fits = [rk.fit(rk.BGNBD, truth.sample(np.full(4000, 52.0), seed=rng)) for _ in range(150)]

    def figure(model: rk.BGNBD) -> float:
        return float(model.expected_purchases_new(52.0))

    spread = np.std([figure(f.model) for f in fits])
    stated = np.mean([float(rk.inference.standard_error(figure, f)) for f in fits])
    # a standard deviation from 150 samples is itself known to about 6%
    assert stated == pytest.approx(spread, rel=0.2)


def test_the_standard_error_of_a_parameter_is_the_fits_own() -> None:
    truth = rk.GammaGamma(p=6.0, q=3.7, v=15.0)
    fitted = rk.fit(rk.GammaGamma, truth.sample(np.full(4000, 3), seed=1))
    error = rk.inference.standard_error(lambda model: np.array([model.p, model.q, model.v]), fitted)
    np.testing.assert_allclose(error, list(fitted.standard_errors.values()), rtol=1e-3)
