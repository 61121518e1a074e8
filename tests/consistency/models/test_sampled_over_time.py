"""What customers on an uneven clock may do is drawn as their expectations, and a simulation by hand, say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import retainkit as rk

RUNS = 40_000
SEASON = rk.CovariatePeriods((np.arange(200) % 52 >= 40)[:, None] * 1.0, names=["season"])
RATE, YEAR = rk.Rate(1.5, per="year", meant=True), 52.0


def over(base: Any) -> Any:
    return rk.models.OverTime(base, ("season",), (1.2,))


BG = over(rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week"))
NEVER = over(rk.NBD(r=0.5, alpha=5.0, unit="week"))


def one_of(model: Any, many: int = RUNS) -> Any:
    """One customer with some purchases, many times."""
    some = model.sample(np.full(200, 70.0), periods=SEASON, seed=2)
    at = int(np.argmin(np.abs(some.purchases.frequency - 3.0)))
    return some.entries(np.full(many, at))


@pytest.mark.slow
@pytest.mark.parametrize("model", [BG, over(rk.MBGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")), NEVER])
def test_means_and_variance_are_those_of_formulas(model: Any) -> None:
    rows = one_of(model)
    drawn = model.sample_given(rows, YEAR, seed=1, discount_rate=RATE)
    one = rows.entries(np.arange(1))
    mean = float(model.expected_purchases(one, YEAR)[0])
    worth = float(model.discounted_expected_purchases(one, RATE, YEAR)[0])
    operational, ahead = model._operational(one), model._ahead(one, YEAR)
    variance = float(model.base.variance_of_purchases(operational, ahead)[0])
    for found, exact in ((drawn.purchases, mean), (drawn.discounted, worth), (drawn.expected, worth)):
        assert found.mean() == pytest.approx(exact, abs=4.5 * found.std() / math.sqrt(RUNS))
    assert drawn.purchases.var() == pytest.approx(variance, rel=0.05)
    assert np.all(drawn.squared <= drawn.discounted) and np.all(drawn.discounted <= drawn.purchases)
    plain = model.sample_given(rows, YEAR, seed=1)
    assert plain.discounted is plain.purchases or np.array_equal(plain.discounted, plain.purchases)
    assert plain.purchases.mean() == pytest.approx(mean, abs=4.5 * plain.purchases.std() / math.sqrt(RUNS))


@pytest.mark.slow
def test_discounts_are_those_of_a_season_simulated_by_hand() -> None:
    rows = one_of(NEVER)
    drawn = NEVER.sample_given(rows, YEAR, seed=1, discount_rate=RATE)
    seen, force = NEVER._operational(rows.entries(np.arange(1))), RATE.continuous("week")
    rng = np.random.default_rng(3)
    rate = rng.gamma(0.5 + seen.frequency[0], 1.0 / (5.0 + seen.T[0]), RUNS)
    start = float(rows.birth[0] + rows.purchases.T[0])
    worth, squared, expected = np.zeros((3, RUNS))
    for week in range(int(YEAR)):
        pace = math.exp(1.2) if int(start + week) % 52 >= 40 else 1.0
        made = rng.poisson(rate * pace)
        owner = np.repeat(np.arange(RUNS), made)
        discount = np.exp(-force * (week + rng.uniform(size=owner.size)))
        np.add.at(worth, owner, discount)
        np.add.at(squared, owner, discount**2)
        expected += rate * pace * (math.exp(-force * week) - math.exp(-force * (week + 1))) / force
    for name, exact in (("discounted", worth), ("squared", squared), ("expected", expected)):
        found = getattr(drawn, name)
        assert found.mean() == pytest.approx(exact.mean(), rel=0.03), name
        assert found.std() == pytest.approx(exact.std(), rel=0.04), name
    assert (drawn.discounted - drawn.expected).std() == pytest.approx((worth - expected).std(), rel=0.04)


@pytest.mark.slow
def test_their_value_has_an_interval_from_three_sources() -> None:
    data = BG.sample(np.full(100, 70.0), periods=SEASON, seed=4)
    draws = np.linspace(1.0, 1.4, 5)[:, None]
    known: Any = rk.models.OverTime(
        rk.BGNBD(r=np.linspace(0.45, 0.55, 5)[:, None], alpha=5.0, a=0.8, b=2.5, unit="week"),
        ("season",), (draws,), unit="week",
    )  # fmt: skip
    ahead_of = rk.Duration(8.0, "week")
    value = rk.value_customers(data, known, 30.0, margin_share=0.3, discount_rate=RATE, horizon=ahead_of)
    exact = 9.0 * known.discounted_expected_purchases(data, RATE, ahead_of).sum(axis=1)
    assert value.spread is not None
    assert value.spread.total(("parameters",)) == pytest.approx(exact, rel=1e-9)
    assert "(90%: " in str(value)
    parts = [value.spread.total((one,)).var() for one in rk.inference.SOURCES]
    assert all(part > 0.0 for part in parts)
    there, later = (known.probability_alive(data, h) for h in (0.0, 52.0))
    assert np.all(later <= there) and later.mean() < there.mean()
    ahead = rk.inference.predict(known, data, horizon=52.0)
    assert "(90%: " in str(ahead)
    assert ahead.total == pytest.approx(known.expected_purchases(data, 52.0).mean(axis=0).sum(), rel=1e-9)
