"""Continuous contractual models find again what was simulated: grouped tenures and late entry included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma

TRUTHS: dict[str, Any] = {
    "exponential": Exponential(scale=20.0),
    "weibull": Weibull(scale=20.0, shape=0.76),
    "log-normal": LogNormal(scale=15.0, sigma=1.2),
    "log-logistic": LogLogistic(scale=15.0, shape=1.4),
    "weibull-gamma": WeibullGamma(r=1.5, scale=10.0, c=1.2),
}
each = pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS)


def in_whole_periods(data: rk.Renewals) -> rk.Renewals:
    """The same customers as a billing system counts them: the period of leaving, or periods completed."""
    left = data.event > 0
    end = np.where(left, np.ceil(data.duration), np.floor(data.duration))
    return rk.Renewals(duration=end, event=data.event, whole_periods=True)


@pytest.mark.slow
@each
@pytest.mark.parametrize("kind", ["exact", "whole periods", "late entry"])
def test_intervals_cover_the_truth(truth: Any, kind: str) -> None:
    """90% intervals of 60 fits: 46 to 60 of them cover each parameter, or something is wrong (p < .001)."""
    rng = np.random.default_rng(5)
    covered = dict.fromkeys(truth.names(), 0)
    for _ in range(60):
        observed = rng.integers(12, 49, 4000).astype(float)
        entry = rng.uniform(0.0, 10.0, 4000) if kind == "late entry" else 0.0
        data = truth.sample(observed, entry=entry, seed=rng)
        fitted = rk.fit(type(truth), in_whole_periods(data) if kind == "whole periods" else data)
        for name, error in fitted.standard_errors.items():
            estimate, value = getattr(fitted.model, name), getattr(truth, name)
            covered[name] += abs(np.log(estimate / value)) < 1.6449 * error / estimate
    assert min(covered.values()) >= 46, covered


def test_whole_months_taken_for_exact_times_bias_the_shape_and_intervals_do_not() -> None:
    truth = Weibull(scale=20.0, shape=0.761)
    data = truth.sample(np.full(20_000, 24.0), seed=1)
    months = in_whole_periods(data)
    right = rk.fit(Weibull, months)
    wrong = rk.fit(Weibull, rk.Renewals(duration=months.duration, event=months.event, whole_periods=False))
    error = right.standard_errors["shape"]
    assert abs(right.model.shape - truth.shape) < 3.0 * error
    assert abs(right.model.scale - truth.scale) < 3.0 * right.standard_errors["scale"]
    assert wrong.model.shape > truth.shape + 6.0 * error


def test_customers_who_were_there_before_the_records_begin() -> None:
    """True S(12) = e^-.5; a year is observed of a base that has been growing for three."""
    truth = Exponential(scale=24.0)
    rng = np.random.default_rng(2)
    age = rng.uniform(0.0, 36.0, 100_000)  # at the start of the year
    there = rng.uniform(size=age.size) < truth.survival(age)
    entry = age[there]
    data = truth.sample(entry + 12.0, entry=entry, seed=3)
    for kind in (Exponential, Weibull):
        fitted: Any = rk.fit(kind, data)
        assert abs(fitted.model.scale - 24.0) < 3.0 * fitted.standard_errors["scale"]
        assert fitted.model.survival(12.0) == pytest.approx(np.exp(-0.5), abs=0.02)
        naive: Any = rk.fit(kind, rk.Renewals(duration=data.duration, event=data.event))
        assert naive.model.scale > 1.5 * truth.scale
        assert naive.model.survival(12.0) > 0.75


@pytest.mark.slow
@each
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_fits_do_not_depend_on_the_unit_nor_on_where_they_start(truth: Any, scale: float) -> None:
    data = truth.sample(np.full(4000, 30.0), seed=7)
    fitted = rk.fit(type(truth), data)
    other = rk.Renewals(duration=data.duration * scale, event=data.event)
    again = rk.fit(type(truth), other)
    for name, value in fitted.model.parameters.items():
        factor = scale if name == "scale" else 1.0
        assert getattr(again.model, name) == pytest.approx(factor * value, rel=1e-7)
    for factor in (0.2, 5.0):
        start = {name: factor * value for name, value in fitted.model.parameters.items()}
        far = rk.fit(type(truth), data, start=start)
        assert far.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@each
def test_fits_of_any_typical_model_converge_at_least_as_high_as_the_truth(truth: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = type(truth).typical(rng, scale=20.0)
    data = model.sample(rng.uniform(0.2, 2.0, 20_000) * 20.0, seed=rng)
    fitted = rk.fit(type(truth), data)
    gain = 2.0 * (fitted.log_likelihood - float(model.log_likelihood(data).sum()))
    # chi-square with at most 3 degrees of freedom: above 30 once in 700,000 runs
    assert 0.0 <= gain < 30.0


def test_equal_customers_are_told_apart_from_settling_in() -> None:
    """No heterogeneity in the data: the fit says that r has no bound, and never returns a made-up one."""
    data = Weibull(scale=20.0, shape=0.8).sample(np.full(5000, 30.0), seed=4)
    fitted = rk.fit(WeibullGamma, data, on_failure="return")
    if fitted.diagnostics.converged:  # by chance some difference is always seen in half of such samples
        assert fitted.standard_errors["r"] > 0.2 * fitted.model.r
    else:
        assert fitted.diagnostics.code in {"boundary", "flat"}
        assert "r (shape of the gamma distribution of rates)" in fitted.diagnostics.message
