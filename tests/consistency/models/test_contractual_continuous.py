"""Continuous contractual models agree with their special cases, with each other and with themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.models.contractual.weibull_gamma import WeibullGamma

T = np.array([0.1, 1.0, 3.0, 12.0, 50.0, 400.0])
MODELS: dict[str, Any] = {
    "exponential": Exponential(scale=20.0),
    "weibull": Weibull(scale=20.0, shape=0.7),
    "steep weibull": Weibull(scale=20.0, shape=6.0),
    "log-normal": LogNormal(scale=12.0, sigma=1.3),
    "log-logistic": LogLogistic(scale=15.0, shape=1.6),
    "weibull-gamma": WeibullGamma(r=2.5, scale=15.0, c=0.9),
}
each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def answers(model: Any, given: Any = 2.0) -> dict[str, Any]:
    """What a model says of tenures T, all questions at once."""
    return {
        "survival": model.survival(T),
        "survival, given": model.survival(T, given=given),
        "hazard": model.hazard(T),
        "density": model.density(T),
        "cumulative hazard": model.cumulative_hazard(T),
        "retention": model.retention(T + 1.0),
        "churn": model.churn(T + 1.0),
        "quantile": model.quantile(np.array([0.0, 0.1, 0.5, 0.9, 0.99, 0.2]), given=given),
        "lifetime": model.expected_lifetime(horizon=T, given=given),
        "value": model.discounted_expected_residual_lifetime(T, 0.01, instant="before-renewal"),
    }


def assert_same(one: dict[str, Any], other: dict[str, Any], rtol: float = 1e-12) -> None:
    for question, value in one.items():
        np.testing.assert_allclose(value, other[question], rtol=rtol, err_msg=question)


def test_special_cases() -> None:
    assert_same(answers(Weibull(scale=20.0, shape=1.0)), answers(Exponential(scale=20.0)))
    assert_same(answers(WeibullGamma(r=1.0, scale=15.0, c=1.6)), answers(LogLogistic(scale=15.0, shape=1.6)))
    assert_same(
        answers(WeibullGamma(r=1e13, scale=20.0, c=0.7)), answers(Weibull(scale=20.0, shape=0.7)), rtol=1e-9
    )


def test_weibull_gamma_with_c_of_1_is_pareto() -> None:
    """S = (alpha/(alpha + t))^r with alpha = r·scale; mean residual lifetime (alpha + t)/(r − 1)."""
    r, alpha = 2.5, 2.5 * 15.0
    model = WeibullGamma(r=r, scale=15.0, c=1.0)
    np.testing.assert_allclose(model.survival(T), (alpha / (alpha + T)) ** r, rtol=1e-13)
    np.testing.assert_allclose(model.expected_lifetime(given=T), (alpha + T) / (r - 1.0), rtol=1e-12)


def test_published_form_of_weibull_gamma() -> None:
    r, alpha, c = 0.8, 30.0, 1.4
    model = WeibullGamma(r=r, scale=(alpha / r) ** (1.0 / c), c=c)
    np.testing.assert_allclose(model.survival(T), (alpha / (alpha + T**c)) ** r, rtol=1e-12)


@each
def test_hazard_is_the_slope_of_the_cumulative_hazard(model: Any) -> None:
    h = 1e-4 * T
    rise = model.cumulative_hazard(T + h) - model.cumulative_hazard(T - h)
    np.testing.assert_allclose(model.hazard(T), rise / (2.0 * h), rtol=1e-6)
    np.testing.assert_allclose(model.density(T), model.hazard(T) * model.survival(T), rtol=1e-12)


@each
def test_quantiles_invert_survival(model: Any) -> None:
    share = np.array([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999])
    for given in (0.0, 7.0):
        tenure = model.quantile(share, given=given)
        np.testing.assert_allclose(1.0 - model.survival(tenure, given=given), share, rtol=1e-9)
    assert model.quantile(0.0, given=3.0) == 3.0
    assert model.quantile(1.0) == np.inf
    assert model.survival(model.median()) == pytest.approx(0.5, rel=1e-13)


@each
def test_lifetimes_add_up(model: Any) -> None:
    """What is stayed in the first stretch and, by those who are still there, in the next."""
    first, second, given = 5.0, 30.0, 2.0
    still = model.survival(given + first, given=given)
    parts = model.expected_lifetime(horizon=first, given=given) + still * model.expected_lifetime(
        horizon=second, given=given + first
    )
    assert model.expected_lifetime(horizon=first + second, given=given) == pytest.approx(parts, rel=1e-12)
    assert model.expected_lifetime(horizon=0.0) == 0.0


@each
def test_periods_partition_all_that_can_happen(model: Any) -> None:
    periods = np.arange(1.0, 61.0)
    gone = rk.Renewals(duration=periods, event=np.ones(60), whole_periods=True)
    left = np.exp(model.log_likelihood(gone)).sum()
    assert left + model.survival(60.0) == pytest.approx(1.0, abs=1e-13)


@each
def test_late_entry_divides_by_survival_until_then(model: Any) -> None:
    late = rk.Renewals(duration=[9.0, 9.0], event=[0, 1], entry=[4.0, 4.0])
    early = rk.Renewals(duration=[9.0, 9.0], event=[0, 1])
    gap = model.log_likelihood(early) - model.log_likelihood(late)
    np.testing.assert_allclose(gap, np.log(model.survival(4.0)), rtol=1e-12)
    assert np.exp(model.log_likelihood(late)[0]) == pytest.approx(model.survival(9.0, given=4.0), rel=1e-12)


@pytest.mark.slow
@each
def test_draws_and_parameters_per_customer_agree_with_one_at_a_time(model: Any) -> None:
    names = type(model).names()
    factors = np.array([0.8, 1.0, 1.1, 1.3, 0.9, 2.0])
    single = [replace(model, **{n: f * getattr(model, n) for n in names}) for f in factors]
    wide = type(model).of([factors[:, None] * getattr(model, n) for n in names])  # (draws, 1)
    for question, value in answers(wide).items():
        assert value.shape == (6, 6), question
        for i, one in enumerate(single):
            np.testing.assert_allclose(value[i], answers(one)[question], rtol=1e-11, err_msg=question)
    whole = rk.Renewals(duration=[3, 5, 0, 7, 2, 9], event=[1, 0, 0, 1, 1, 0], entry=[0, 2, 0, 0, 1, 0])
    flat = type(model).of([factors * getattr(model, n) for n in names])  # (n,)
    for periods in (False, True):
        columns: dict[str, Any] = whole.columns
        data = rk.Renewals(**columns, whole_periods=periods)
        value, score = flat.log_likelihood_and_score(data.entrywise())
        for i, one in enumerate(single):
            one_value, one_score = one.log_likelihood_and_score(data)
            assert value[i] == pytest.approx(one_value[i], rel=1e-12)
            np.testing.assert_allclose(score[:, i], one_score[:, i], rtol=1e-11)


@each
def test_nobody_has_left_at_tenure_0(model: Any) -> None:
    assert model.survival(0.0) == 1.0
    assert model.survival(np.inf) == 0.0
    value, score = model.log_likelihood_and_score(rk.Renewals(duration=[0.0, 1.0], event=[0, 1]))
    assert value[0] == 0.0
    assert np.all(score[:, 0] == 0.0)
    assert np.all(np.isfinite(score))


@each
@pytest.mark.parametrize("whole", [False, True], ids=["exact times", "whole periods"])
def test_score_is_the_gradient(model: Any, whole: bool) -> None:
    sample = model.sample(np.full(200, 40.0), entry=np.repeat([0.0, 3.0], 100), seed=1)
    end = np.ceil(sample.duration) if whole else sample.duration
    data = rk.Renewals(duration=end, event=sample.event, entry=sample.entry, whole_periods=whole)
    _, score = model.log_likelihood_and_score(data)
    for i, name in enumerate(type(model).names()):
        at = getattr(model, name)
        up, down, up2, down2 = (
            replace(model, **{name: at * (1.0 + h)}).log_likelihood(data) for h in (1e-3, -1e-3, 2e-3, -2e-3)
        )
        slope = (8.0 * (up - down) - (up2 - down2)) / (12e-3 * at)
        np.testing.assert_allclose(score[i], slope, rtol=1e-7, atol=1e-7)


@each
def test_simulated_customers_follow_the_curve_also_from_a_later_entry(model: Any) -> None:
    """The largest gap between the two curves is below 1.95/√n, or one of 1,000 such tests fails."""
    n = 20_000
    for entry in (0.0, 10.0):
        tenure = np.sort(model.sample(np.full(n, 1e300), entry=entry, seed=3).duration)
        share = 1.0 - model.survival(tenure, given=entry)
        gap = max(np.abs(share - np.arange(n) / n).max(), np.abs(share - np.arange(1, n + 1) / n).max())
        assert gap < 1.95 / np.sqrt(n)
        assert tenure.min() > entry


@each
def test_reasons_count_as_leaving(model: Any) -> None:
    told = rk.Renewals(duration=[3.0, 4.0], event=[1, 2], reasons=("price", "moved"))
    plain = rk.Renewals(duration=[3.0, 4.0], event=[1, 1])
    np.testing.assert_array_equal(model.log_likelihood(told), model.log_likelihood(plain))


def test_time_may_be_counted_in_any_unit() -> None:
    months = WeibullGamma(r=2.5, scale=12.0, c=0.9, unit="month")
    years = WeibullGamma(r=2.5, scale=1.0, c=0.9, unit="year")
    three = rk.Duration(3, "year")
    assert months.survival(three) == pytest.approx(years.survival(three), rel=1e-13)
    assert months.expected_lifetime(given=three) == pytest.approx(
        12.0 * years.expected_lifetime(given=three), rel=1e-12
    )
    assert months.hazard(three) == pytest.approx(years.hazard(three) / 12.0, rel=1e-12)


def test_means_that_do_not_exist_are_infinite_unless_restricted() -> None:
    for model in (LogLogistic(scale=10.0, shape=1.0), WeibullGamma(r=0.5, scale=10.0, c=2.0)):
        assert model.expected_lifetime() == np.inf
        assert model.expected_lifetime(given=5.0) == np.inf
        assert np.isfinite(model.expected_lifetime(horizon=1e6))
    near = LogLogistic(scale=10.0, shape=1.0 + 1e-6)  # its mean is scale·(π/b)/sin(π/b)
    assert near.expected_lifetime() == pytest.approx(10.0 * 1e6, rel=1e-5)
