"""Pareto/NBD, gamma-Gompertz/NBD and NBD agree with each other, with limits, sums and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retainkit as rk
from retainkit.models.purchasing.gamma_gompertz_nbd import GammaGompertzNBD
from retainkit.models.purchasing.nbd import NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.parameters import parameters_of

PARETO = ParetoNBD(r=0.5533, alpha=10.5777, s=0.6062, beta=11.6687, unit="week")
GOMPERTZ = GammaGompertzNBD(r=0.55, alpha=10.6, b=0.05, s=0.7, beta=6.0, unit="week")
MODELS = [PARETO, GOMPERTZ, NBD(r=0.385, alpha=12.07, unit="week")]
CUSTOMERS = rk.Purchases(
    frequency=[0, 0, 1, 2, 7, 26, 0],
    recency=[0.0, 0.0, 3.0, 30.43, 20.0, 30.86, 0.0],
    T=[38.86, 1.0, 39.0, 38.86, 27.0, 31.0, 0.0],
    unit="week",
)
RATE = rk.Rate(0.3, per="year")
each = pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
each_mortal = pytest.mark.parametrize("model", MODELS[:2], ids=lambda m: type(m).__name__)


@st.composite
def models(draw: st.DrawFn) -> Any:
    """Models of the three classes from their declared ranges."""
    kind = draw(st.sampled_from([ParetoNBD, GammaGompertzNBD, NBD]))
    scales = {"time": 20.0}
    drawn = {
        p.name: draw(st.floats(*p.typical)) * (p.scale(scales) if p.unit else 1.0)
        for p in parameters_of(kind)
    }
    return kind(**drawn, unit="week")


@pytest.mark.slow
@settings(max_examples=30)
@given(models(), st.floats(0.5, 60.0))
def test_pmf_sums_to_one_and_its_mean_is_the_expectation(model: Any, horizon: float) -> None:
    n = np.arange(3000)
    pmf = np.asarray(model.purchase_pmf(n, horizon))
    assert pmf.min() >= 0.0
    assert pmf.sum() == pytest.approx(1.0, rel=1e-11)
    assert pmf @ n == pytest.approx(model.expected_purchases_new(horizon), rel=1e-10)


@pytest.mark.slow
@each
def test_pmf_of_known_customers_sums_to_one_and_its_mean_is_the_expectation(model: Any) -> None:
    pmf = np.array([model.purchase_pmf_given(CUSTOMERS, n, 52.0) for n in range(800)])
    np.testing.assert_allclose(pmf.sum(axis=0), 1.0, rtol=1e-11)
    np.testing.assert_allclose(np.arange(800) @ pmf, model.expected_purchases(CUSTOMERS, 52.0), rtol=1e-10)


@settings(max_examples=20)
@given(models(), st.integers(0, 40), st.floats(0.1, 100.0))
def test_no_purchase_is_the_likelihood_of_none(model: Any, n: int, T: float) -> None:
    """P(0 purchases in T) by the mean over lifetimes is e^(log-likelihood) of a customer without one."""
    idle = rk.Purchases(frequency=0, recency=0.0, T=T, unit="week")
    assert model.purchase_pmf(0, T) == pytest.approx(math.exp(model.log_likelihood(idle)[0]), rel=1e-12)
    alive = model.probability_alive(idle)[0]
    # Bayes: alive at T and idle until T, over idle until T
    there = model.probability_alive(rk.Purchases(frequency=0, recency=0.0, T=0.0, unit="week"), T)[0]
    unbought = (model.alpha / (model.alpha + T)) ** model.r
    assert alive == pytest.approx(there * unbought / model.purchase_pmf(0, T), rel=1e-11)
    assert 0.0 <= model.purchase_pmf(n, T) <= 1.0


@settings(max_examples=20)
@given(models())
def test_a_customer_just_acquired_is_a_new_customer(model: Any) -> None:
    just = rk.Purchases(frequency=0, recency=0.0, T=0.0, unit="week")
    assert model.probability_alive(just)[0] == 1.0
    assert model.log_likelihood(just)[0] == 0.0
    year = rk.Duration(1, "year")
    assert model.expected_purchases(just, year)[0] == pytest.approx(
        model.expected_purchases_new(year), rel=1e-13
    )
    new = model.discounted_expected_purchases_new(RATE)
    assert model.discounted_expected_purchases(just, RATE)[0] == pytest.approx(new, rel=1e-13)


@each
def test_no_time_and_all_time(model: Any) -> None:
    np.testing.assert_array_equal(model.purchase_pmf([0, 1, 2], 0.0), [1.0, 0.0, 0.0])
    np.testing.assert_allclose(model.purchase_pmf_given(CUSTOMERS, 0, 0.0), 1.0, rtol=1e-15)
    ever = model.purchase_pmf([0, 1, 2], math.inf)
    np.testing.assert_allclose(ever, model.purchase_pmf([0, 1, 2], 1e290), rtol=1e-11, atol=1e-100)
    assert ever[0] == pytest.approx(model.purchase_pmf(0, 1e14), rel=1e-6, abs=1e-3)


@each
def test_no_discount_is_the_limit_of_a_small_one_and_for_ever_that_of_a_long_horizon(model: Any) -> None:
    plain = model.expected_purchases(CUSTOMERS, 52.0)
    nothing = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(0.0, per="year"), 52.0)
    np.testing.assert_array_equal(nothing, plain)
    tiny = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(1e-13, per="year"), 52.0)
    np.testing.assert_allclose(tiny, plain, rtol=1e-12)
    long = model.discounted_expected_purchases(CUSTOMERS, RATE, rk.Duration(150.0, "year"))
    np.testing.assert_allclose(model.discounted_expected_purchases(CUSTOMERS, RATE), long, rtol=1e-12)


@each
def test_discounted_purchases_are_the_sum_of_discounted_weeks(model: Any) -> None:
    """The expectation's own increments, each discounted at its middle: an error of second order."""
    edges = np.linspace(0.0, 104.0, 20_001)
    weeks = np.diff(np.asarray(model.expected_purchases_new(edges)))
    brute = weeks @ np.exp(-RATE.continuous("week") * 0.5 * (edges[1:] + edges[:-1]))
    assert model.discounted_expected_purchases_new(RATE, 104.0) == pytest.approx(brute, rel=1e-8)


@pytest.mark.slow
@each_mortal
def test_expectations_are_the_integral_of_survival_times_the_mean_rate(model: Any) -> None:
    """Simpson's rule over P(alive in the future), which the model answers by itself."""
    t = np.linspace(0.0, 52.0, 1001)
    alive = np.array([model.probability_alive(CUSTOMERS, float(v)) for v in t])
    weights = np.where(np.arange(1001) % 2 == 0, 2.0, 4.0)
    weights[[0, -1]] = 1.0
    time = (weights @ alive) * 0.052 / 3.0
    rate = (model.r + CUSTOMERS.frequency) / (model.alpha + CUSTOMERS.T)
    np.testing.assert_allclose(model.expected_purchases(CUSTOMERS, 52.0), rate * time, rtol=1e-10)


def test_gamma_gompertz_with_a_small_b_is_pareto() -> None:
    """b → 0 with beta = b·β: what is left is of the order of b."""
    for b, tolerance in ((1e-6, 1e-3), (1e-9, 1e-6), (1e-12, 1e-9)):
        near = GammaGompertzNBD(
            r=PARETO.r, alpha=PARETO.alpha, b=b, s=PARETO.s, beta=b * PARETO.beta, unit="week"
        )
        for answer in (
            lambda m: m.log_likelihood(CUSTOMERS),
            lambda m: m.probability_alive(CUSTOMERS),
            lambda m: m.probability_alive(CUSTOMERS, 52.0),
            lambda m: m.expected_purchases(CUSTOMERS, 52.0),
            lambda m: m.discounted_expected_purchases(CUSTOMERS, rk.Rate(0.1, per="year")),
            lambda m: m.purchase_pmf(np.arange(30), 52.0),
            lambda m: m.purchase_pmf_given(CUSTOMERS, 3, 52.0),
        ):
            np.testing.assert_allclose(answer(near), answer(PARETO), rtol=tolerance)
        _, score = near.log_likelihood_and_score(CUSTOMERS)
        np.testing.assert_allclose(
            score[[0, 1, 3]],
            PARETO.log_likelihood_and_score(CUSTOMERS)[1][:3],
            rtol=tolerance,
            atol=tolerance,
        )


def test_gamma_gompertz_with_beta_1_has_exponential_survival_given_its_rate() -> None:
    """β = 1: S(t) = e^(−s b t), the same hazard for all; NBD purchases stopped at a constant rate."""
    model = GammaGompertzNBD(r=0.8, alpha=5.0, b=0.1, s=0.5, beta=1.0)
    t = np.array([0.5, 5.0, 50.0])
    rate = 0.05
    np.testing.assert_allclose(
        model.expected_purchases_new(t), 0.16 * -np.expm1(-rate * t) / rate, rtol=1e-13
    )


@each_mortal
def test_where_leaving_is_rare_it_is_nbd(model: Any) -> None:
    small = {"s": 1e-13}
    rare = type(model)(**{**model.parameters, **small}, unit="week")
    never = NBD(r=model.r, alpha=model.alpha, unit="week")
    for answer in (
        lambda m: m.log_likelihood(CUSTOMERS),
        lambda m: m.expected_purchases(CUSTOMERS, 52.0),
        lambda m: m.purchase_pmf(np.arange(30), 52.0),
    ):
        np.testing.assert_allclose(answer(rare), answer(never), rtol=1e-9)


@each
def test_every_answer_of_draws_is_the_answer_of_each_draw(model: Any) -> None:
    factors = np.array([[0.5], [1.0], [2.0]])
    draws = type(model)(**{name: value * factors for name, value in model.parameters.items()}, unit="week")
    asked = {
        "likelihood": lambda m: m.log_likelihood(CUSTOMERS),
        "alive": lambda m: m.probability_alive(CUSTOMERS, 5.0),
        "expected": lambda m: m.expected_purchases(CUSTOMERS, 52.0),
        "discounted": lambda m: m.discounted_expected_purchases(CUSTOMERS, RATE),
        "new": lambda m: m.expected_purchases_new(np.array([1.0, 52.0, 300.0])),
        "discounted new": lambda m: m.discounted_expected_purchases_new(RATE, np.array([1.0, 52.0])),
        "pmf": lambda m: m.purchase_pmf(np.arange(4), 52.0),
        "pmf given": lambda m: m.purchase_pmf_given(CUSTOMERS, 2, 52.0),
        "one new": lambda m: m.expected_purchases_new(52.0),
    }
    for name, answer in asked.items():
        together = np.asarray(answer(draws))
        for k in range(3):
            one = type(model)(
                **{n: float(np.asarray(v)[k, 0]) for n, v in draws.parameters.items()}, unit="week"
            )
            np.testing.assert_allclose(together[k], answer(one), rtol=1e-11, atol=1e-14, err_msg=name)


@each
def test_parameters_of_each_customer_are_that_customers(model: Any) -> None:
    factors = np.linspace(0.5, 2.0, len(CUSTOMERS))
    own = type(model)(**{name: value * factors for name, value in model.parameters.items()}, unit="week")
    value, score = own.log_likelihood_and_score(CUSTOMERS.entrywise())
    for i, factor in enumerate(factors):
        one = type(model)(**{name: v * factor for name, v in model.parameters.items()}, unit="week")
        customer = rk.Purchases(
            **{name: column[i] for name, column in CUSTOMERS.columns.items()}, unit="week"
        )
        alone, slope = one.log_likelihood_and_score(customer)
        assert value[i] == pytest.approx(alone[0], rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(score[:, i], slope[:, 0], rtol=1e-11, atol=1e-13)
        for answer in (
            lambda m, c: m.probability_alive(c, 7.0),
            lambda m, c: m.expected_purchases(c, 52.0),
            lambda m, c: m.discounted_expected_purchases(c, RATE),
            lambda m, c: m.purchase_pmf_given(c, 1, 20.0),
        ):
            assert answer(own, CUSTOMERS)[i] == pytest.approx(answer(one, customer)[0], rel=1e-11)


@each
def test_simulated_customers_behave_as_predicted(model: Any) -> None:
    n = 100_000
    seen = model.sample(np.full(n, 30.0), seed=4)
    expected = model.expected_purchases_new(30.0)
    assert abs(seen.frequency.mean() - expected) < 4.0 * seen.frequency.std() / math.sqrt(n)
    for k in range(4):
        p = model.purchase_pmf(k, 30.0)
        assert abs((seen.frequency == k).mean() - p) < 4.0 * math.sqrt(p * (1.0 - p) / n)
