"""BG/BB agrees with itself, with its limits, with simulation and with lifetimes."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retainkit as rk
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.parameters import parameters_of

MODEL = BGBB(1.203522, 0.749716, 0.656718, 2.783443, unit="year")
DONORS = rk.Opportunities(
    frequency=[0, 0, 1, 2, 4, 6, 0], recency=[0, 0, 1, 4, 5, 6, 0], periods=[6, 1, 3, 6, 6, 6, 0], unit="year"
)
RATE = rk.Rate(0.1, per="year")


@st.composite
def models(draw: st.DrawFn) -> BGBB:
    """Models from the declared ranges."""
    return BGBB(**{p.name: draw(st.floats(*p.typical)) for p in parameters_of(BGBB)}, unit="year")


@settings(derandomize=True, deadline=None, max_examples=30)
@given(models(), st.integers(0, 60))
def test_pmf_sums_to_one_and_its_mean_is_the_expectation(model: BGBB, horizon: int) -> None:
    n = np.arange(horizon + 1)
    pmf = np.asarray(model.purchase_pmf(n, horizon))
    assert pmf.sum() == pytest.approx(1.0, rel=1e-12)
    assert pmf @ n == pytest.approx(model.expected_purchases_new(horizon), rel=1e-12, abs=1e-300)
    assert model.purchase_pmf(horizon + 1, horizon) == 0.0


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=30)
@given(models(), st.integers(1, 30))
def test_pmf_given_the_past_sums_to_one_and_its_mean_is_the_expectation(model: BGBB, horizon: int) -> None:
    pmf = np.array([model.purchase_pmf_given(DONORS, n, horizon) for n in range(horizon + 1)])
    np.testing.assert_allclose(pmf.sum(axis=0), 1.0, rtol=1e-12)
    expected = model.expected_purchases(DONORS, horizon)
    np.testing.assert_allclose(np.arange(horizon + 1) @ pmf, expected, rtol=1e-11)
    np.testing.assert_array_equal(model.probability_no_purchase(DONORS, horizon), pmf[0])


@settings(derandomize=True, deadline=None, max_examples=30)
@given(models(), st.integers(1, 6))
def test_likelihoods_of_all_histories_sum_to_one(model: BGBB, n: int) -> None:
    """Each (x, last) stands for C(last − 1, x − 1) histories of passes and purchases."""
    x, last = np.array([(x, t) for t in range(n + 1) for x in range(t + 1) if (x > 0) == (t > 0)]).T
    histories = [math.comb(t - 1, i - 1) if i else 1 for i, t in zip(x, last, strict=True)]
    value = model.log_likelihood(rk.Opportunities(frequency=x, recency=last, periods=n))
    assert np.exp(value) @ np.array(histories) == pytest.approx(1.0, rel=1e-13)
    by_count = [float(np.exp(value[x == i]) @ np.array(histories)[x == i]) for i in range(n + 1)]
    np.testing.assert_allclose(by_count, model.purchase_pmf(np.arange(n + 1), n), rtol=1e-12)


def test_a_forecast_is_the_ratio_of_likelihoods() -> None:
    """P(no purchase at the next 3 opportunities): the same history, 3 passes longer."""
    longer = rk.Opportunities(
        frequency=DONORS.frequency, recency=DONORS.recency, periods=DONORS.periods + 3.0
    )
    ratio = np.exp(MODEL.log_likelihood(longer) - MODEL.log_likelihood(DONORS))
    np.testing.assert_allclose(MODEL.probability_no_purchase(DONORS, 3), ratio, rtol=1e-13)


def test_a_customer_without_history_is_a_new_customer() -> None:
    new = rk.Opportunities(frequency=0, recency=0, periods=0, unit="year")
    assert MODEL.log_likelihood(new)[0] == 0.0
    assert MODEL.probability_alive(new)[0] == 1.0
    assert MODEL.expected_purchases(new, 7)[0] == pytest.approx(MODEL.expected_purchases_new(7), rel=1e-14)
    found = MODEL.discounted_expected_purchases(new, RATE)[0]
    assert found == pytest.approx(MODEL.discounted_expected_purchases_new(RATE), rel=1e-14)
    assert MODEL.purchase_pmf_given(new, 2, 7)[0] == pytest.approx(MODEL.purchase_pmf(2, 7), rel=1e-13)
    assert MODEL.probability_no_purchase_new(7) == MODEL.purchase_pmf(0, 7)


def test_the_first_purchase_counts_where_asked_for() -> None:
    assert MODEL.expected_purchases_new(7, count_first=True) == MODEL.expected_purchases_new(7) + 1.0
    plain = MODEL.discounted_expected_purchases_new(RATE)
    assert MODEL.discounted_expected_purchases_new(RATE, count_first=True) == plain + 1.0
    assert MODEL.expected_purchases_new(0) == 0.0


def test_discounted_purchases_are_the_discounted_steps_of_the_expectation() -> None:
    horizons = np.arange(1, 31)
    steps = np.diff([MODEL.expected_purchases(DONORS, int(h)) for h in horizons], axis=0, prepend=0.0)
    expected = (steps * 1.1 ** -horizons[:, None].astype(float)).sum(axis=0)
    found = MODEL.discounted_expected_purchases(DONORS, RATE, horizon=30)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    undiscounted = MODEL.discounted_expected_purchases(DONORS, rk.Rate(0.0, per="year"), 30)
    np.testing.assert_allclose(undiscounted, MODEL.expected_purchases(DONORS, 30), rtol=1e-14)


def test_certain_customers_are_binomial() -> None:
    """Nobody goes (delta huge) and all buy with the same chance (alpha, beta huge)."""
    model = BGBB(3e10, 7e10, 1.0, 1e12)
    expected = [math.comb(10, k) * 0.3**k * 0.7 ** (10 - k) for k in range(11)]
    np.testing.assert_allclose(model.purchase_pmf(np.arange(11), 10), expected, rtol=1e-7)


def test_everything_takes_draws_durations_and_columns_of_horizons() -> None:
    draws = BGBB(*(np.full((3, 1), v) for v in MODEL.parameters.values()), unit="year")
    horizon = np.arange(1.0, 8.0)
    for ask in (
        lambda m: m.probability_alive(DONORS),
        lambda m: m.probability_alive(DONORS, horizon),
        lambda m: m.expected_purchases(DONORS, horizon),
        lambda m: m.expected_purchases(DONORS, 5),
        lambda m: m.discounted_expected_purchases(DONORS, RATE),
        lambda m: m.purchase_pmf_given(DONORS, 2, horizon),
        lambda m: m.purchase_pmf(np.arange(4), 5),
        lambda m: np.atleast_1d(m.expected_purchases_new(horizon)),
    ):
        one, three = ask(MODEL), ask(draws)
        assert three.shape == (3, *one.shape)
        np.testing.assert_allclose(three, np.broadcast_to(one, three.shape), rtol=1e-13)
    by_years = MODEL.expected_purchases(DONORS, rk.Duration(5, "year"))
    np.testing.assert_array_equal(by_years, MODEL.expected_purchases(DONORS, 5))
    assert np.asarray(draws.expected_purchases_new(5)).shape == (3,)


def test_parameters_for_each_entry_are_each_entrys() -> None:
    alpha = np.linspace(0.5, 2.0, len(DONORS))
    each = BGBB(alpha, 0.75, 0.66, 2.78, unit="year")
    value, score = each.log_likelihood_and_score(DONORS.entrywise())
    for i in range(len(DONORS)):
        own = BGBB(float(alpha[i]), 0.75, 0.66, 2.78, unit="year")
        one = rk.Opportunities(
            frequency=DONORS.frequency[i], recency=DONORS.recency[i], periods=DONORS.periods[i]
        )
        own_value, own_score = own.log_likelihood_and_score(one)
        assert value[i] == pytest.approx(own_value[0], rel=1e-13, abs=1e-15)
        np.testing.assert_allclose(score[:, i], own_score[:, 0], rtol=1e-12, atol=1e-14)
        for ask in (
            lambda m, d: m.expected_purchases(d, 5),
            lambda m, d: m.purchase_pmf_given(d, 1, 5),
            lambda m, d: m.discounted_expected_purchases(d, RATE),
        ):
            assert ask(each, DONORS)[i] == pytest.approx(ask(own, one)[0], rel=1e-12)
        assert np.asarray(each.purchase_pmf(1, 5))[i] == pytest.approx(own.purchase_pmf(1, 5), rel=1e-12)


def test_simulated_customers_have_the_models_distribution() -> None:
    data = MODEL.sample(np.full(200_000, 6), seed=1)
    assert data.unit == "year"
    table = data.compress()
    expected = np.exp(MODEL.log_likelihood(table)) * [
        math.comb(int(t) - 1, int(x) - 1) if x else 1
        for x, t in zip(table.frequency, table.recency, strict=True)
    ]
    assert len(table) == 22
    chi_square = float(np.sum((table.weight - 200_000 * expected) ** 2 / (200_000 * expected)))
    assert chi_square < 60.0  # 21 degrees of freedom: exceeded once in 80,000 runs


def test_a_fit_finds_what_was_simulated_with_numbers_of_opportunities_of_their_own() -> None:
    rng = np.random.default_rng(4)
    truth = BGBB(0.8, 1.6, 0.9, 5.0)
    fitted = rk.fit(BGBB, truth.sample(rng.integers(0, 15, 30_000), seed=rng))
    for name, value in truth.parameters.items():
        assert abs(fitted.model.parameters[name] - value) < 4.0 * fitted.standard_errors[name], name


def test_long_histories_with_thousands_of_opportunities() -> None:
    data = rk.Opportunities(frequency=[1, 3000, 0], recency=[5000, 4990, 0], periods=5000)
    value, score = MODEL.log_likelihood_and_score(data)
    assert np.all(np.isfinite(value)) and np.all(np.isfinite(score))
    alive = MODEL.probability_alive(data)
    assert alive[0] == 1.0  # bought at the very last one
    assert np.all((alive > 0.0) & (alive <= 1.0))


def lifetimes_fit() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoBetaBinomFitter
        from lifetimes.datasets import load_donations

        table = load_donations()
        columns = (table["frequency"], table["recency"], table["periods"], table["weights"])
        return BetaGeoBetaBinomFitter().fit(*columns), table


def test_predictions_are_those_of_lifetimes_at_its_own_optimum() -> None:
    peer, table = lifetimes_fit()
    model = BGBB(*(float(peer.params_[name]) for name in BGBB.names()))
    columns = {name: table[name].to_numpy() for name in ("frequency", "recency", "periods")}
    data = rk.Opportunities(**columns)
    # lifetimes' 1e-15 in its sum limits what can be compared
    expected = peer.conditional_expected_number_of_purchases_up_to_time(5, *columns.values())
    np.testing.assert_allclose(model.expected_purchases(data, 5), np.asarray(expected), rtol=1e-9)
    alive = peer.conditional_probability_alive(0, *columns.values())
    np.testing.assert_allclose(model.probability_alive(data), np.asarray(alive), rtol=1e-9)
    alive = peer.conditional_probability_alive(2, *columns.values())
    np.testing.assert_allclose(model.probability_alive(data, 2), np.asarray(alive), rtol=1e-9)
