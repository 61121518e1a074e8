"""Answers of the purchase models agree with each other, with limits, with simulation and with lifetimes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retainkit as rk
from retainkit.parameters import parameters_of

MODEL = rk.BGNBD(r=0.2426, alpha=4.4136, a=0.7929, b=2.4259, unit="week")
CUSTOMERS = rk.Purchases(
    frequency=[0, 0, 1, 2, 7, 26],
    recency=[0.0, 0.0, 3.0, 30.43, 20.0, 30.86],
    T=[38.86, 1.0, 39.0, 38.86, 27.0, 31.0],
    unit="week",
)


@st.composite
def models(draw: st.DrawFn) -> rk.BGNBD:
    """Models from the declared ranges."""
    drawn = {p.name: draw(st.floats(*p.typical)) for p in parameters_of(rk.BGNBD)}
    return rk.BGNBD(**{**drawn, "alpha": 20.0 * drawn["alpha"]}, unit="week")


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=30)
@given(models(), st.floats(0.5, 60.0))
def test_pmf_sums_to_one_and_its_mean_is_the_expectation(model: rk.BGNBD, horizon: float) -> None:
    n = np.arange(20_000)
    pmf = np.asarray(model.purchase_pmf(n, horizon))
    assert pmf.min() >= 0.0
    assert pmf.sum() == pytest.approx(1.0, rel=1e-10)
    assert pmf @ n == pytest.approx(model.expected_purchases_new(horizon), rel=1e-9)


def test_pmf_at_no_time_and_at_all_time() -> None:
    np.testing.assert_array_equal(MODEL.purchase_pmf([0, 1, 2], 0.0), [1.0, 0.0, 0.0])
    ever = np.asarray(MODEL.purchase_pmf(np.arange(5), math.inf))
    # in the end everybody has left: after n purchases with the probability of a beta-geometric
    assert ever[0] == 0.0
    np.testing.assert_allclose(ever, MODEL.purchase_pmf(np.arange(5), 1e300), rtol=1e-12, atol=1e-70)
    assert ever[1] == pytest.approx(0.7929 / (0.7929 + 2.4259))


@settings(derandomize=True, deadline=None, max_examples=30)
@given(models())
def test_a_customer_just_acquired_is_a_new_customer(model: rk.BGNBD) -> None:
    just = rk.Purchases(frequency=0, recency=0.0, T=0.0, unit="week")
    horizon = rk.Duration(1, "year")
    new = model.expected_purchases_new(horizon)
    assert model.expected_purchases(just, horizon)[0] == pytest.approx(new, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(models(), st.floats(1.0, 100.0), st.floats(1.0, 100.0))
def test_expectations_grow_and_survival_falls_with_the_horizon(
    model: rk.BGNBD, short: float, more: float
) -> None:
    assert np.all(
        model.expected_purchases(CUSTOMERS, short) < model.expected_purchases(CUSTOMERS, short + more)
    )
    now, soon, later = (model.probability_alive(CUSTOMERS, h) for h in (0.0, short, short + more))
    assert np.all(later < soon)
    assert np.all(soon < now)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(models())
def test_no_discount_is_the_limit_of_a_small_discount(model: rk.BGNBD) -> None:
    plain = model.expected_purchases(CUSTOMERS, 52.0)
    nothing = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(0.0, per="year"), 52.0)
    np.testing.assert_array_equal(nothing, plain)
    tiny = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(1e-12, per="year"), 52.0)
    np.testing.assert_allclose(tiny, plain, rtol=1e-10)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(models(), st.floats(0.02, 2.0))
def test_for_ever_is_the_limit_of_a_long_horizon(model: rk.BGNBD, rate: float) -> None:
    yearly = rk.Rate(rate, per="year", meant=True)
    long = model.discounted_expected_purchases(CUSTOMERS, yearly, rk.Duration(60.0 / rate, "year"))
    ever = model.discounted_expected_purchases(CUSTOMERS, yearly)
    np.testing.assert_allclose(long, ever, rtol=1e-9)


def test_discounted_purchases_are_the_sum_of_discounted_weeks() -> None:
    """Trapezoids over the expectation's own increments, each discounted at its middle."""
    rate = rk.Rate(0.3, per="year")
    edges = np.linspace(0.0, 104.0, 20_001)
    weeks = np.diff(np.asarray(MODEL.expected_purchases_new(edges)))
    middles = 0.5 * (edges[1:] + edges[:-1])
    brute = weeks @ np.exp(-rate.continuous("week") * middles)
    assert MODEL.discounted_expected_purchases_new(rate, 104.0) == pytest.approx(brute, rel=1e-9)


def test_without_discount_the_lifetime_is_finite_only_if_a_is_above_one() -> None:
    assert MODEL.expected_purchases_new(math.inf) == math.inf
    mortal = rk.BGNBD(r=0.5, alpha=5.0, a=3.0, b=6.0)
    assert mortal.expected_purchases_new(math.inf) == pytest.approx((3.0 + 6.0 - 1.0) / (3.0 - 1.0))
    assert mortal.expected_purchases_new(1e14) == pytest.approx(4.0, rel=1e-5)


def test_predictions_per_customer_are_those_of_the_distinct_customers() -> None:
    order = np.random.default_rng(0).integers(0, len(CUSTOMERS), 1000)
    many = rk.Purchases(
        **{name: column[order] for name, column in CUSTOMERS.columns.items()}, unit=CUSTOMERS.unit
    )
    for answer in (
        lambda p: MODEL.expected_purchases(p, 52.0),
        lambda p: MODEL.probability_alive(p, 10.0),
        lambda p: MODEL.discounted_expected_purchases(p, rk.Rate(0.1, per="year")),
    ):
        np.testing.assert_allclose(answer(many), answer(CUSTOMERS)[order], rtol=1e-12)


def test_a_horizon_per_customer_is_that_customers_horizon() -> None:
    horizons = np.array([1.0, 5.0, 10.0, 20.0, 39.0, 52.0])
    found = MODEL.expected_purchases(CUSTOMERS, horizons)
    for i, horizon in enumerate(horizons):
        assert found[i] == pytest.approx(MODEL.expected_purchases(CUSTOMERS, float(horizon))[i], rel=1e-12)


def test_a_duration_counts_in_the_models_unit() -> None:
    weeks = MODEL.expected_purchases(CUSTOMERS, 52.0)
    days = MODEL.expected_purchases(CUSTOMERS, rk.Duration(364, "day"))
    np.testing.assert_allclose(days, weeks, rtol=1e-14)


def test_the_same_base_in_days_and_weeks_is_worth_the_same() -> None:
    in_days = rk.Purchases(
        frequency=CUSTOMERS.frequency, recency=CUSTOMERS.recency * 7, T=CUSTOMERS.T * 7, unit="day"
    )
    daily = rk.BGNBD(r=MODEL.r, alpha=MODEL.alpha * 7, a=MODEL.a, b=MODEL.b, unit="day")
    rate = rk.Rate(0.1, per="year")
    np.testing.assert_allclose(
        daily.discounted_expected_purchases(in_days, rate, rk.Duration(3, "year")),
        MODEL.discounted_expected_purchases(CUSTOMERS, rate, rk.Duration(3, "year")),
        rtol=1e-12,
    )


def test_simulated_customers_behave_as_predicted() -> None:
    model = rk.BGNBD(r=0.8, alpha=6.0, a=0.9, b=3.0, unit="week")
    rng = np.random.default_rng(4)
    n = 200_000
    first = model.sample(np.full(n, 30.0), seed=rng)
    mean, expected = first.frequency.mean(), model.expected_purchases_new(30.0)
    assert abs(mean - expected) < 4.0 * first.frequency.std() / math.sqrt(n)
    share = (first.frequency == 2).mean()
    assert abs(share - model.purchase_pmf(2, 30.0)) < 4.0 * math.sqrt(0.25 / n)


@pytest.mark.parametrize("name", ["expected", "alive"])
def test_agrees_with_lifetimes_where_lifetimes_is_right(name: str) -> None:
    lifetimes = pytest.importorskip("lifetimes")
    import pandas as pd

    peer = lifetimes.BetaGeoFitter()
    peer.params_ = pd.Series(MODEL.parameters)
    x, t_x, T = CUSTOMERS.frequency, CUSTOMERS.recency, CUSTOMERS.T
    if name == "alive":
        ours, theirs = MODEL.probability_alive(CUSTOMERS), peer.conditional_probability_alive(x, t_x, T)
    else:
        theirs = peer.conditional_expected_number_of_purchases_up_to_time(39.0, x, t_x, T)
        ours = MODEL.expected_purchases(CUSTOMERS, 39.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_every_answer_of_draws_is_the_answer_of_each_draw() -> None:
    draws = rk.BGNBD(
        r=np.array([[0.2], [0.5], [3.0]]),
        alpha=np.array([[4.0], [9.0], [20.0]]),
        a=np.array([[0.7], [1.0], [0.4]]),
        b=np.array([[2.4], [3.0], [0.6]]),
        unit="week",
    )
    rate, horizons, counts = rk.Rate(0.1, per="year"), np.array([1.0, 52.0, 300.0]), np.arange(4)
    asked = {
        "alive": lambda m: m.probability_alive(CUSTOMERS, 5.0),
        "expected": lambda m: m.expected_purchases(CUSTOMERS, 52.0),
        "discounted": lambda m: m.discounted_expected_purchases(CUSTOMERS, rate),
        "new": lambda m: m.expected_purchases_new(horizons),
        "discounted new": lambda m: m.discounted_expected_purchases_new(rate, horizons),
        "pmf": lambda m: m.purchase_pmf(counts, 52.0),
        "one new": lambda m: m.expected_purchases_new(52.0),
    }
    for name, answer in asked.items():
        together = np.asarray(answer(draws))
        for k in range(3):
            one = rk.BGNBD(
                **{n: float(np.asarray(v)[k, 0]) for n, v in draws.parameters.items()}, unit="week"
            )
            np.testing.assert_allclose(together[k], answer(one), rtol=1e-11, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rk.BGNBD, rk.MBGNBD, rk.ParetoNBD, rk.NBD])
def test_equal_customers_scored_once_get_what_each_gets_alone(kind: Any) -> None:
    model = kind.typical(np.random.default_rng(1), scale=20.0)
    some = model.sample(np.repeat([10.0, 25.0, 40.0], 20), seed=2)
    order = np.random.default_rng(3).permutation(600)
    tiled: dict[str, Any] = {name: np.tile(column, 10)[order] for name, column in some.columns.items()}
    many = rk.Purchases(**tiled)
    assert many.has_repeats
    alone = [rk.Purchases(**{name: c[i] for name, c in some.columns.items()}) for i in range(60)]
    rate = rk.Rate(0.1, per="year")
    model = replace(model, unit="week")
    for answer in (
        model.probability_alive,
        lambda data: model.probability_alive(data, 5.0),
        lambda data: model.expected_purchases(data, 30.0),
        lambda data: model.discounted_expected_purchases(data, rate, 30.0),
        lambda data: model.purchase_pmf_given(data, 2, 30.0),
    ):
        each = np.concatenate([answer(one) for one in alone])
        np.testing.assert_allclose(answer(many), np.tile(each, 10)[order], rtol=1e-12)
    # a horizon for each entry is answered entry by entry, with the same figures
    own = model.expected_purchases(many, np.full(600, 30.0))
    np.testing.assert_allclose(own, model.expected_purchases(many, 30.0), rtol=1e-12)
