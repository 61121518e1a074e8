"""Purchases of unlike values at unlike times: what chance brings is that of a simulation of each purchase."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import retainkit as rk
from retainkit.inference.spread import with_draws
from retainkit.valuation.customers import ValueSampler

RUNS = 100_000
ROWS = rk.Purchases(frequency=[6.0], recency=[50.0], T=[52.0], unit="week")
SPENT = rk.Spend(frequency=[6.0], monetary_value=[30.0])
RATE, YEARS = rk.Rate(2.0, per="year", meant=True), 2.0  # the last purchases count a ninth of the first
SPEND = rk.GammaGamma(p=0.6, q=4.0, v=20.0)


def sampled(buying: Any) -> tuple[Any, Any]:
    of_money: Any = with_draws(SPEND, 2, RUNS)
    sampler = ValueSampler(
        with_draws(buying, 1, RUNS), of_money, ROWS, SPENT, 1.0, RATE, rk.Duration(YEARS, "year")
    )
    return sampler.drawn(np.arange(1), np.random.default_rng(1))


@pytest.mark.slow
def test_the_value_of_one_who_never_leaves_is_that_of_each_purchase() -> None:
    known, done = sampled(rk.NBD(r=0.9, alpha=10.0, unit="week"))
    rng = np.random.default_rng(2)
    weeks, force = YEARS * 365.25 / 7.0, RATE.continuous("week")
    rate = rng.gamma(0.9 + 6.0, 1.0 / (10.0 + 52.0), RUNS)
    scale = rng.gamma(0.6 * 6.0 + 4.0, 1.0 / (20.0 + 6.0 * 30.0), RUNS)
    count = rng.poisson(rate * weeks)
    owner = np.repeat(np.arange(RUNS), count)
    worth = rng.gamma(0.6, 1.0 / scale[owner]) * np.exp(-force * rng.uniform(0.0, weeks, owner.size))
    exact = np.bincount(owner, worth, RUNS)
    expected = 0.6 / scale * rate * (1.0 - np.exp(-force * weeks)) / force
    assert done.mean() == pytest.approx(exact.mean(), rel=0.015)
    assert known.std() == pytest.approx(expected.std(), rel=0.03)
    # with every purchase at the mean discount it would be 8% less
    assert (done - known).std() == pytest.approx((exact - expected).std(), rel=0.03)
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        ours, brute = (float(np.quantile(found, share)) for found in (done, exact))
        assert ours == pytest.approx(brute, rel=0.03)


def test_without_a_discount_it_is_the_sum_that_is_spent() -> None:
    buying = with_draws(rk.BGNBD(r=0.9, alpha=10.0, a=0.8, b=2.5, unit="week"), 1, RUNS)
    of_money: Any = with_draws(SPEND, 2, RUNS)
    none = rk.Rate(0.0, per="year")
    sampler = ValueSampler(buying, of_money, ROWS, SPENT, 1.0, none, rk.Duration(YEARS, "year"))
    _, done = sampler.drawn(np.arange(1), np.random.default_rng(1))
    rng = np.random.default_rng(1)
    future: Any = buying
    made = future.sample_given(ROWS, rk.Duration(YEARS, "year"), seed=rng, discount_rate=none).purchases
    spent = of_money.sample_given(SPENT, made, seed=rng).total
    np.testing.assert_allclose(done, spent, rtol=1e-12)
