"""Discrete contractual models contain each other, agree with plain sums, and fit alike by either search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit._numerics.newton import newton
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.discrete_weibull import DiscreteWeibull
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.shares import WithShares, with_shares
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.models.contractual.weibull import Weibull
from retainkit.summaries import Renewals

MODELS: list[Any] = [
    Geometric(0.2),
    ShiftedBetaGeometric(0.7, 1.2),
    ShiftedBetaGeometric(50.0, 900.0),
    DiscreteWeibull(0.3, 0.6),
    BetaDiscreteWeibull(0.5, 0.9, 1.2),
    WithShares(ShiftedBetaGeometric(0.7, 1.2), one_and_done=0.2, cured=0.1),
    WithShares(DiscreteWeibull(0.3, 1.3), one_and_done=0.2),
    WithShares(Geometric(0.3), cured=0.25),
]
each_model = pytest.mark.parametrize("model", MODELS, ids=repr)
TENURES = np.arange(1.0, 41.0)


def renewals(model: Any, seed: int = 1, n: int = 400) -> Renewals:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 4, n).astype(float)
    return model.sample(entry + rng.integers(1, 30, n), entry=entry, seed=rng)


def same(one: Any, other: Any) -> None:
    """Two models that are one: survival, churn, values and likelihood."""
    np.testing.assert_allclose(one.survival(TENURES), other.survival(TENURES), rtol=1e-12)
    np.testing.assert_allclose(one.churn(TENURES), other.churn(TENURES), rtol=1e-11)
    for tenure in (0, 7):
        worth = [
            m.discounted_expected_residual_lifetime(tenure, 0.05, instant="before-renewal")
            for m in (one, other)
        ]
        assert worth[0] == pytest.approx(worth[1], rel=1e-11)
    data = renewals(one)
    np.testing.assert_allclose(one.log_likelihood(data), other.log_likelihood(data), rtol=1e-11)


def test_special_cases_are_the_simpler_models() -> None:
    same(DiscreteWeibull(0.2, 1.0), Geometric(0.2))
    same(BetaDiscreteWeibull(0.7, 1.2, 1.0), ShiftedBetaGeometric(0.7, 1.2))
    same(WithShares(Geometric(0.2), one_and_done=0.0, cured=0.0), Geometric(0.2))


def test_a_discrete_weibull_is_a_weibull_seen_at_whole_periods() -> None:
    theta, c = 0.3, 0.8
    continuous = Weibull(scale=float((-np.log1p(-theta)) ** (-1.0 / c)), shape=c)
    discrete = DiscreteWeibull(theta, c)
    np.testing.assert_allclose(discrete.survival(TENURES), continuous.survival(TENURES), rtol=1e-13)
    data = renewals(discrete)
    np.testing.assert_allclose(discrete.log_likelihood(data), continuous.log_likelihood(data), rtol=1e-11)


@each_model
def test_values_are_sums_over_the_survival_curve(model: Any) -> None:
    k = np.arange(4000.0)
    for tenure in (0.0, 1.0, 9.0):
        kept = np.asarray(model.survival(tenure + k)) / model.survival(tenure)
        paid = float(np.sum(kept * 1.1**-k))
        residual = float(np.sum(kept[1:] * 1.1 ** -k[:-1]))
        ask = model.discounted_expected_residual_lifetime
        assert ask(tenure, 0.1, instant="before-renewal") == pytest.approx(residual, rel=1e-12)
        assert ask(tenure, 0.1, instant="after-payment") == pytest.approx(residual / 1.1, rel=1e-12)
        assert 1.0 + ask(tenure, 0.1, instant="after-payment") == pytest.approx(paid, rel=1e-12)
        few = ask(tenure, 0.1, instant="before-renewal", horizon=7)
        assert few == pytest.approx(float(np.sum(kept[1:8] * 1.1 ** -k[:7])), rel=1e-12)
        steps = float(np.sum(k[1:] * kept[1:] * 1.1 ** -k[1:])) / float(np.sum(kept[1:] * 1.1 ** -k[1:]))
        assert model.retention_elasticity(0.1, tenure=tenure) == pytest.approx(steps, rel=1e-12)
    assert model.discounted_expected_lifetime(0.1) == pytest.approx(
        float(np.sum(np.asarray(model.survival(k)) * 1.1**-k)), rel=1e-12
    )
    within = model.expected_lifetime(horizon=30)
    assert within == pytest.approx(float(np.sum(model.survival(k[:30]))), rel=1e-12)


@each_model
def test_everybody_leaves_once_or_stays(model: Any) -> None:
    ends = np.append(TENURES, TENURES[-1])
    data = Renewals(duration=ends, event=np.arange(ends.size) < TENURES.size, whole_periods=True)
    assert np.exp(model.log_likelihood(data)).sum() == pytest.approx(1.0, rel=1e-13)
    later = Renewals(duration=ends[5:], event=data.event[5:], entry=5.0, whole_periods=True)
    assert np.exp(model.log_likelihood(later)).sum() == pytest.approx(1.0, rel=1e-13)
    churn = np.asarray(model.churn(TENURES))
    np.testing.assert_allclose(churn, 1.0 - np.asarray(model.retention(TENURES)), rtol=1e-10)
    np.testing.assert_allclose(np.cumprod(model.retention(TENURES)), model.survival(TENURES), rtol=1e-12)


@each_model
def test_score_is_the_gradient_of_the_likelihood(model: Any) -> None:
    data, family = renewals(model), model.family
    values = family.values_of(model)
    score = family.score_rows(model.log_likelihood_and_score(data)[1])
    for i, value in enumerate(values):

        def at(share: float, i: int = i, value: float = value) -> Any:
            moved = [*values[:i], value * (1.0 + share), *values[i + 1 :]]
            return family.of(moved).log_likelihood(data)

        slope = (8.0 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / (12e-3 * value)
        np.testing.assert_allclose(score[i], slope, rtol=1e-7, atol=1e-8)


@each_model
def test_draws_and_entries_broadcast(model: Any) -> None:
    data, family = renewals(model, n=20), model.family
    values = family.values_of(model)
    value, score = model.log_likelihood_and_score(data)
    many = family.of([np.full((5, 1), v) for v in values])
    draws, draws_score = many.log_likelihood_and_score(data)
    assert (draws.shape, draws_score.shape) == ((5, 20), (len(values), 5, 20))
    np.testing.assert_allclose(draws[3], value, rtol=1e-12)
    np.testing.assert_allclose(draws_score[:, 3], score, rtol=1e-11, atol=1e-13)
    each, each_score = family.of([np.full(20, v) for v in values]).log_likelihood_and_score(data.entrywise())
    np.testing.assert_allclose(each, value, rtol=1e-12)
    np.testing.assert_allclose(each_score, score, rtol=1e-11, atol=1e-13)
    times = np.array([0.0, 1.0, 2.0, 12.0])
    assert np.shape(many.survival(times)) == (5, 4)
    np.testing.assert_allclose(np.asarray(many.churn(times[1:]))[2], model.churn(times[1:]), rtol=1e-12)
    residual = many.discounted_expected_residual_lifetime(times, 0.1, instant="before-renewal")
    alone = model.discounted_expected_residual_lifetime(times, 0.1, instant="before-renewal")
    np.testing.assert_allclose(residual[4], alone, rtol=1e-12)


def test_lifetimes_without_discount_are_infinite_where_some_hardly_ever_leave() -> None:
    assert ShiftedBetaGeometric(1.0, 3.0).expected_lifetime() == np.inf
    assert ShiftedBetaGeometric(2.0, 3.0).expected_lifetime() == pytest.approx(4.0, rel=1e-14)
    assert BetaDiscreteWeibull(0.5, 0.9, 1.2).expected_lifetime() == np.inf
    assert BetaDiscreteWeibull(2.0, 3.0, 1.0).expected_lifetime() == pytest.approx(4.0, rel=1e-11)
    assert WithShares(Geometric(0.2), cured=0.01).expected_lifetime() == np.inf
    assert WithShares(Geometric(0.2), one_and_done=0.5).expected_lifetime() == pytest.approx(3.0, rel=1e-12)
    assert Geometric(0.0).expected_lifetime() == np.inf
    assert Geometric(1.0).expected_lifetime() == 1.0
    assert DiscreteWeibull(1.0, 0.5).expected_lifetime() == 1.0


def test_residual_values_of_many_tenures_are_those_of_each() -> None:
    model, tenures = ShiftedBetaGeometric(0.7, 1.2), np.arange(200.0)
    together = model.discounted_expected_residual_lifetime(tenures, 0.01, instant="after-payment")
    for tenure in (0, 3, 199):
        alone = model.discounted_expected_residual_lifetime(tenure, 0.01, instant="after-payment")
        assert np.asarray(together)[tenure] == pytest.approx(alone, rel=1e-14)


# -- two searches, one answer -----------------------------------------------------------------------------


def cohorts(seed: int) -> Renewals:
    """Cohorts of different ages, some of them there before the records begin."""
    rng = np.random.default_rng(seed)
    table, ages = [], []
    for _ in range(6):
        age = int(rng.integers(0, 4))
        lifetime = rng.geometric(rng.beta(0.9, 4.0, 3000))
        table.append([int(np.sum(lifetime > age + j)) for j in range(int(rng.integers(2, 12)))])
        ages.append(age)
    return Renewals.from_cohort_table(table, first_age=ages)


@pytest.mark.parametrize("seed", range(5))
def test_newton_on_counts_and_the_general_search_find_the_same(seed: int) -> None:
    data = cohorts(seed)
    summed = ShiftedBetaGeometric.summed(data)
    assert summed is not None
    found = newton(summed, np.log([1.0, 3.0]))
    fitted: Any = rk.fit(ShiftedBetaGeometric, data)
    theta = np.exp(found.point)
    errors = np.array(list(fitted.standard_errors.values()))
    np.testing.assert_allclose(theta, [fitted.model.alpha, fitted.model.beta], atol=1e-5 * errors.min())
    assert found.value == pytest.approx(fitted.log_likelihood, abs=1e-7)
    slopes = np.outer(theta, theta)
    inverse = np.linalg.inv(found.curvature)
    np.testing.assert_allclose(inverse * slopes, fitted.covariance, rtol=2e-3)
    robust = inverse @ found.outer @ inverse * slopes
    np.testing.assert_allclose(robust, fitted.robust_covariance, rtol=2e-3)
    assert found.decrement < 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_sums_from_counts_are_sums_over_rows(seed: int) -> None:
    data = cohorts(seed)
    summed = ShiftedBetaGeometric.summed(data)
    assert summed is not None
    theta = [0.6, 2.9]
    value, gradient, second = summed(theta)
    each, score = ShiftedBetaGeometric(*theta).log_likelihood_and_score(data)
    assert value == pytest.approx(float(each @ data.weight), rel=1e-13)
    np.testing.assert_allclose(gradient, score @ data.weight, rtol=1e-11)
    np.testing.assert_allclose(summed.outer(theta), (score * data.weight) @ score.T, rtol=1e-11)
    for i in range(2):
        moved = [[t * (1.0 + h * (i == j)) for j, t in enumerate(theta)] for h in (1e-5, -1e-5)]
        up, down = (np.array(summed(place)[1]) for place in moved)
        np.testing.assert_allclose(second[i], (up - down) / (2e-5 * theta[i]), rtol=1e-6)


def test_newton_says_so_where_there_is_no_maximum() -> None:
    summed = ShiftedBetaGeometric.summed(Renewals.from_survivors([1000, 800, 640, 512]))  # all alike
    assert summed is not None
    found = newton(summed, np.log([1.0, 3.0]))
    assert np.abs(found.point).max() > 5.0  # off to infinity together, where the diagnosis finds it


def test_tenures_long_and_few_are_left_to_the_general_search() -> None:
    data = Renewals(duration=[1e6, 2e6, 5.0], event=[1, 0, 1], whole_periods=True)
    assert ShiftedBetaGeometric.summed(data) is None


def test_records_with_shares_are_values() -> None:
    model = WithShares(ShiftedBetaGeometric(0.7, 1.2, unit="month"), one_and_done=0.2, cured=0.1)
    assert model.unit == "month"
    assert model.parameters == {"alpha": 0.7, "beta": 1.2, "one_and_done": 0.2, "cured": 0.1}
    again = WithShares.of_record(model.model_dump(), model.base)
    assert again == model
    assert hash(again) == hash(model)
    assert model.family == with_shares(ShiftedBetaGeometric, one_and_done=True, cured=True)
    assert model != WithShares(model.base, one_and_done=0.2, unit="month")
