"""What is drawn of spend to come is distributed as the formulas, and as simulated purchases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import retainkit as rk
from retainkit.typing import Array

MODEL = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
HISTORIES = [(0, 0.0), (1, 80.0), (6, 22.35)]
TIMES = 20_000


def repeated() -> rk.Spend:
    x, z = (np.repeat([h[i] for h in HISTORIES], TIMES) for i in range(2))
    return rk.Spend(frequency=x, monetary_value=z)


def one(history: tuple[int, float], times: int) -> rk.Spend:
    return rk.Spend(frequency=np.full(times, history[0]), monetary_value=np.full(times, history[1]))


def p_of_uniform(levels: Array) -> float:
    """χ² of twenty classes that should be equally full."""
    seen = np.histogram(levels, np.linspace(0.0, 1.0, 21))[0]
    return float(chi2.sf(((seen - levels.size / 20) ** 2).sum() * 20 / levels.size, 19))


@pytest.mark.slow
@pytest.mark.parametrize("place", range(len(HISTORIES)))
def test_means_and_single_purchases_have_the_distributions_of_the_formulas(place: int) -> None:
    drawn = MODEL.sample_given(repeated(), 1, seed=1)
    mine = slice(place * TIMES, (place + 1) * TIMES)
    rows = one(HISTORIES[place], TIMES)
    assert p_of_uniform(np.asarray(MODEL.spend_cdf(rows, drawn.expected[mine], of="mean"))) > 1e-4
    assert p_of_uniform(np.asarray(MODEL.spend_cdf(rows, drawn.total[mine]))) > 1e-4


def test_totals_have_the_mean_and_the_spread_around_the_customer_s_own_mean() -> None:
    counts = np.tile([0.0, 1.0, 2.0, 5.0], len(HISTORIES) * TIMES // 4)
    drawn = MODEL.sample_given(repeated(), counts, seed=2)
    assert np.all((drawn.total == 0.0) == (counts == 0.0))
    rest = drawn.total - counts * drawn.expected
    for n in (1.0, 2.0, 5.0):
        here = (counts == n)[-TIMES:]
        z, mean = rest[-TIMES:][here], drawn.expected[-TIMES:][here]
        error = z.std() / np.sqrt(z.size)
        assert abs(z.mean()) < 4.0 * error
        # a customer's purchases vary by his own mean over the root of p
        assert np.mean(z**2) == pytest.approx(np.mean(n * mean**2 / 6.25), rel=0.08)


def test_pasts_with_their_futures_are_those_of_simulated_purchases() -> None:
    rng = np.random.default_rng(3)
    n = 60_000
    rate = rng.gamma(3.74, 1.0 / 15.44, n)
    past, future = (rng.gamma(6.25, size=(n, 3)) / rate[:, None] for _ in range(2))
    rows = rk.Spend(frequency=np.full(n, 3.0), monetary_value=past.mean(axis=1))
    drawn = MODEL.sample_given(rows, 3, seed=rng)
    for low, high in ((0.0, 20.0), (20.0, 30.0), (30.0, np.inf)):
        mine = (rows.monetary_value >= low) & (rows.monetary_value < high)
        real, ours = future.sum(axis=1)[mine], drawn.total[mine]
        edges = np.quantile(real, np.linspace(0.0, 1.0, 16)[1:-1])
        a, b = (np.bincount(np.digitize(v, edges), minlength=15) for v in (real, ours))
        assert chi2.sf(((a - b) ** 2 / (a + b)).sum(), 14) > 1e-4


@pytest.mark.slow
def test_draws_of_parameters_and_of_purchases() -> None:
    many = rk.GammaGamma(p=6.25, q=np.linspace(3.0, 5.0, 2000)[:, None], v=15.44)
    counts = np.random.default_rng(4).poisson(2.0, (2000, 3)).astype(float)
    rows = rk.Spend(frequency=[0, 1, 6], monetary_value=[0.0, 80.0, 22.35])
    drawn = many.sample_given(rows, counts, seed=5)
    gap = drawn.expected - many.expected_spend(rows)
    assert np.all(np.abs(gap.mean(axis=0)) < 4.0 * gap.std(axis=0) / np.sqrt(2000))
    assert MODEL.sample_given(rows, counts, seed=5).expected.shape == (2000, 3)
    assert many.sample_given(rows, 1, seed=5).total.shape == (2000, 3)
    again = many.sample_given(rows, counts, seed=5)
    assert again == drawn
    assert type(drawn).from_json(drawn.model_dump_json()) == drawn
    assert str(drawn).startswith("3 entries, 2,000 draws")


def test_a_mean_that_has_no_end_is_drawn_all_the_same() -> None:
    heavy = rk.GammaGamma(p=0.5, q=1e-3, v=10.0)
    drawn = heavy.sample_given(one((0, 0.0), 5000), 2, seed=6)
    assert np.all(np.isfinite(drawn.expected))
    assert np.all(np.isfinite(drawn.total))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"purchases": 1.5}, "purchases must be whole numbers"),
        ({"purchases": -1}, "purchases must be 0 or more"),
        ({"purchases": np.inf}, "purchases must be 0 or more, and finite"),
        ({"purchases": [1, 2]}, "purchases must be one number, or have 3 entries on the last axis"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"spend": 3.0}, "spend must be Spend"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    rows = rk.Spend(frequency=[0, 1, 6], monetary_value=[0.0, 80.0, 22.35])
    asked: dict[str, Any] = {"spend": rows, "purchases": 1, "seed": 1, **change}
    with pytest.raises(rk.InputError, match=message):
        MODEL.sample_given(**asked)
