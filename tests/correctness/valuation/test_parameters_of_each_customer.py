"""Customers with parameters of their own, by covariates, have intervals of their values as others do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk

MANY, DRAWS = 200, 8
CUSTOMERS = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week").sample(T=[52.0] * MANY, seed=1)
TERMS: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(1, "year")}
ALPHA = np.linspace(3.0, 9.0, MANY)
SHIFT = np.linspace(0.8, 1.2, DRAWS)[:, None]
EACH = rk.BGNBD(r=0.5, alpha=ALPHA, a=0.8, b=2.5, unit="week")
DRAWN = rk.BGNBD(r=0.5 * SHIFT, alpha=ALPHA / SHIFT, a=0.8, b=2.5, unit="week")


@pytest.mark.slow
def test_with_draws_totals_and_columns_are_those_of_each_draw() -> None:
    margin = rk.Draws(np.linspace(0.2, 0.4, DRAWS))
    value = rk.value_customers(CUSTOMERS, DRAWN, 30.0, margin_share=margin, **TERMS)
    exact = DRAWN.discounted_expected_purchases(CUSTOMERS, TERMS["discount_rate"], TERMS["horizon"])
    worth = 30.0 * margin.values[:, None] * exact
    assert value.value == pytest.approx(worth.mean(axis=0), rel=1e-9)
    assert value.spread is not None
    assert value.spread.total(("parameters",)) == pytest.approx(worth.sum(axis=1), rel=1e-9)
    assert value.probability_alive == pytest.approx(DRAWN.probability_alive(CUSTOMERS).mean(axis=0), rel=1e-9)
    assert "(90%: " in str(value)
    parts = value.draws_by(np.arange(MANY) % 2, include=("parameters",))
    assert parts[0].values + parts[1].values == pytest.approx(worth.sum(axis=1), rel=1e-9)
    with pytest.raises(rk.InputError, match=r"margin_share must have as many draws as purchasing \(8\)"):
        rk.value_customers(CUSTOMERS, DRAWN, 30.0, margin_share=rk.Draws([0.1, 0.2]), **TERMS)


@pytest.mark.slow
def test_without_draws_customers_and_chance_make_the_interval() -> None:
    terms = {**TERMS, "discount_rate": rk.Rate(0.0, per="year")}
    value = rk.value_customers(CUSTOMERS, EACH, 30.0, margin_share=1.0, **terms)
    assert value.spread is not None
    variance = 30.0**2 * float(EACH.variance_of_purchases(CUSTOMERS, terms["horizon"]).sum())
    found = value.spread.total(rk.inference.SOURCES)
    assert found.std() == pytest.approx(math.sqrt(variance), rel=4.0 / math.sqrt(800))
    assert found.mean() == pytest.approx(value.total, abs=5.0 * math.sqrt(variance / 400))
    assert value.spread.total(("parameters",)) == pytest.approx(np.full(400, value.total), rel=1e-9)
    low, high = value.interval(by="customer")
    assert low.shape == (MANY,) and np.all(low <= high)
    ahead = rk.inference.predict(EACH, CUSTOMERS, horizon=rk.Duration(1, "year"))
    assert ahead.mean == pytest.approx(EACH.expected_purchases(CUSTOMERS, rk.Duration(1, "year")), rel=1e-9)


@pytest.mark.slow
def test_a_posterior_with_covariates_values_the_customers_that_it_is_given() -> None:
    card = np.arange(MANY) % 2
    described = rk.Described(CUSTOMERS, {"card": card})
    family = rk.with_covariates(rk.BGNBD, purchasing=["card"])
    known = rk.posterior(family, described, seed=1, draws=200).model.given(described)
    value = rk.value_customers(CUSTOMERS, known, 30.0, margin_share=0.3, **TERMS)
    low, high = value.interval(0.9)
    assert low < value.total < high
    narrow = value.interval(0.9, include=("parameters",))
    assert narrow[1] - narrow[0] < high - low
