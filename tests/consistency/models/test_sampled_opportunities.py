"""What is drawn of opportunities to come has the distribution of the formulas, and of whole lives."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import retainkit as rk
from retainkit._numerics.processes.arrivals import TakenOrPassed, binomial
from retainkit.typing import Array

DONORS = rk.BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.8, unit="year")
MODELS = {"donors": DONORS, "few leave": rk.BGBB(alpha=0.4, beta=1.1, gamma=1.0, delta=9.0, unit="year")}
each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
HISTORIES = [(0, 0, 6), (2, 4, 6), (4, 5, 6), (6, 6, 6)]
TIMES = 20_000
RATE = rk.Rate(0.3, per="year")


def once() -> rk.Opportunities:
    x, t_x, n = zip(*HISTORIES, strict=True)
    return rk.Opportunities(frequency=x, recency=t_x, periods=n)


def repeated() -> rk.Opportunities:
    x, t_x, n = (np.repeat([h[i] for h in HISTORIES], TIMES) for i in range(3))
    return rk.Opportunities(frequency=x, recency=t_x, periods=n)


def z_of(values: Array, mean: Array | float) -> Array:
    """Standard errors between the means of rows and what they should be."""
    rows = values.reshape(len(HISTORIES), -1)
    return (rows.mean(axis=1) - mean) / np.maximum(rows.std(axis=1) / math.sqrt(rows.shape[1]), 1e-300)


@each
def test_the_number_of_purchases_has_the_distribution_of_the_formula(model: rk.BGBB) -> None:
    made = model.sample_given(repeated(), 5, seed=1).purchases.reshape(len(HISTORIES), TIMES)
    for i, (x, t_x, n) in enumerate(HISTORIES):
        entry = rk.Opportunities(frequency=[x] * 6, recency=[t_x] * 6, periods=[n] * 6)
        expected = TIMES * model.purchase_pmf_given(entry, np.arange(6.0), 5)
        seen = np.bincount(made[i].astype(int), minlength=6)
        few = expected < 10.0  # put together
        seen, expected = (np.append(v[~few], v[few].sum()) for v in (seen, expected))
        seen, expected = seen[expected > 0.0], expected[expected > 0.0]
        assert chi2.sf(((seen - expected) ** 2 / expected).sum(), seen.size - 1) > 1e-4


@pytest.mark.slow
@each
@pytest.mark.parametrize("horizon", [1, 10, math.inf])
def test_means_are_those_of_the_formulas(model: rk.BGBB, horizon: float) -> None:
    drawn = model.sample_given(repeated(), horizon, seed=3, discount_rate=RATE)
    worth = model.discounted_expected_purchases(once(), RATE, horizon)
    assert np.abs(z_of(drawn.discounted, worth)).max() < 4.0
    assert np.abs(z_of(drawn.expected, worth)).max() < 4.0
    rest = drawn.discounted - drawn.expected
    for weight in (np.sqrt(drawn.expected), drawn.expected):
        assert np.abs(z_of(rest * weight, 0.0)).max() < 4.0
    if math.isfinite(horizon):
        plain = model.sample_given(repeated(), horizon, seed=4)
        mean = model.expected_purchases(once(), horizon)
        for values in (drawn.purchases, plain.purchases, plain.expected):
            assert np.abs(z_of(values, mean)).max() < 4.0


def test_histories_with_their_futures_are_those_of_whole_lives() -> None:
    rng = np.random.default_rng(5)
    n, past, ahead = 60_000, 4, 3
    buys = rng.random((n, past + ahead)) < rng.beta(DONORS.alpha, DONORS.beta, n)[:, None]
    goes = rng.random((n, past + ahead)) < rng.beta(DONORS.gamma, DONORS.delta, n)[:, None]
    bought = buys & ~np.maximum.accumulate(goes, axis=1)
    x, future = bought[:, :past].sum(axis=1), bought[:, past:].sum(axis=1)
    t_x = (bought[:, :past] * np.arange(1, past + 1)).max(axis=1)
    rows = rk.Opportunities(frequency=x, recency=t_x, periods=np.full(n, past))
    drawn = DONORS.sample_given(rows, ahead, seed=6).purchases.astype(int)
    kinds = np.unique(x * 10 + t_x)
    assert kinds.size == 11  # every history that there can be
    for kind in kinds:
        mine = x * 10 + t_x == kind
        a, b = (np.bincount(v[mine], minlength=ahead + 1) for v in (future, drawn))
        a, b = a[a + b > 0], b[a + b > 0]
        assert chi2.sf(((a - b) ** 2 / (a + b)).sum(), a.size - 1) > 1e-4


@pytest.mark.slow
def test_draws_and_customers_with_chances_of_their_own() -> None:
    many = replace(DONORS, delta=np.linspace(1.0, 6.0, 3000)[:, None])
    drawn = many.sample_given(once(), 8, seed=7)
    assert drawn.purchases.shape == (3000, 4)
    assert np.abs(z_of((drawn.expected - many.expected_purchases(once(), 8)).T, 0.0)).max() < 4.0
    own = replace(DONORS, alpha=np.repeat([0.5, 1.0, 2.0, 4.0], TIMES))
    mean = own.expected_purchases(repeated(), 8)[::TIMES]
    assert np.abs(z_of(own.sample_given(repeated(), 8, seed=8).purchases, mean)).max() < 4.0
    horizons = np.repeat([1.0, 2.0, 4.0, 8.0], TIMES)
    mean = DONORS.expected_purchases(repeated(), horizons)[::TIMES]
    assert np.abs(z_of(DONORS.sample_given(repeated(), horizons, seed=9).purchases, mean)).max() < 4.0


def test_chances_of_nothing_and_of_certainty() -> None:
    rng = np.random.default_rng(10)
    taken, leaving = np.array([0.0, 1.0, 0.5, 0.5, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    sure = TakenOrPassed(taken, leaving)
    share = np.array([0.0, 1.0, 0.0, 0.5, 1.0])
    for span in (7.0, math.inf):
        made, worth, _ = sure.draw(rng, np.full(5, span), 0.1)
        np.testing.assert_array_equal(made[[0, 1, 2, 4]], [0.0, span, 0.0, span])
        whole = np.exp(-0.1 * np.arange(1.0, min(span, 400.0) + 1.0)).sum()
        np.testing.assert_allclose(worth[[0, 1, 2, 4]], [0.0, whole, 0.0, whole], rtol=1e-13)
        np.testing.assert_allclose(sure.mean(np.full(5, span), 0.1), whole * share, rtol=1e-13)
    np.testing.assert_array_equal(sure.mean(np.full(5, 7.0), 0.0), 7.0 * share)
    drawn = binomial(rng, np.array([1e16, np.inf, np.inf, 1e16]), np.array([0.25, 0.5, 0.0, 1.0]))
    assert abs(drawn[0] - 2.5e15) < 5 * 4.4e7
    np.testing.assert_array_equal(drawn[1:], [np.inf, 0.0, 1e16])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0}, "horizon must be a whole number of opportunities, 1 or more"),
        ({"horizon": 1.5}, "horizon must be a whole number of opportunities"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"discount_rate": 0.1}, "discount_rate needs its period"),
        ({"opportunities": 3}, "opportunities must be Opportunities"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"opportunities": once(), "horizon": 3, "seed": 1, **change}
    with pytest.raises(rk.InputError, match=message):
        DONORS.sample_given(**asked)
