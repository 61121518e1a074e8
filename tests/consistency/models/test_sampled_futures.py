"""What is drawn of the future of customers is distributed as formulas, and whole lives, say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

import retainkit as rk
from retainkit._numerics.processes.arrivals import arrivals, poisson
from retainkit.typing import Array

BASES: dict[str, Any] = {
    "BGNBD": rk.BGNBD(r=0.6, alpha=5.0, a=0.8, b=2.0, unit="week"),
    "BGNBD at a + b = 1": rk.BGNBD(r=1.5, alpha=4.0, a=0.4, b=0.6, unit="week"),
    "MBGNBD": rk.MBGNBD(r=0.9, alpha=6.0, a=1.0, b=2.0, unit="week"),
    "ParetoNBD": rk.ParetoNBD(r=0.7, alpha=7.0, s=0.8, beta=12.0, unit="week"),
    "NBD": rk.NBD(r=0.5, alpha=8.0, unit="week"),
    "GammaGompertzNBD": rk.GammaGompertzNBD(r=0.7, alpha=6.0, b=0.04, s=0.6, beta=1.5, unit="week"),
    "BGCNBDk": rk.BGCNBDk(r=1.2, alpha=4.0, a=0.7, b=2.0, k=2, unit="week"),
    "MBGCNBDk": rk.MBGCNBDk(r=2.0, alpha=3.0, a=0.6, b=3.0, k=3, unit="week"),
}
each = pytest.mark.parametrize("model", BASES.values(), ids=BASES)
HISTORIES = [(0, 0.0, 12.0), (1, 3.0, 20.0), (4, 18.0, 20.0), (9, 26.0, 30.0)]
TIMES = 20_000
HORIZON = 15.0
RATE = rk.Rate(0.9, per="year")
LEAST = 1e-4  # of p-values: seeds are fixed, and some hundred are looked at


def repeated(times: int = TIMES) -> rk.Purchases:
    x, t_x, T = (np.repeat([h[i] for h in HISTORIES], times) for i in range(3))
    return rk.Purchases(frequency=x, recency=t_x, T=T, unit="week")


def once() -> rk.Purchases:
    x, t_x, T = zip(*HISTORIES, strict=True)
    return rk.Purchases(frequency=x, recency=t_x, T=T, unit="week")


def z_of(values: Array, mean: Array | float) -> Array:
    """Standard errors between the means of rows and what they should be."""
    error = values.std(axis=-1) / math.sqrt(values.shape[-1])
    return (values.mean(axis=-1) - mean) / np.maximum(error, 1e-300)


def p_of_counts(counts: Array, probabilities: Array) -> float:
    """χ² of observed counts; classes of fewer than 10 expected are put together, what is beyond too."""
    total = counts.sum()
    expected = total * np.append(probabilities, max(0.0, 1.0 - probabilities.sum()))
    enough = expected >= 10.0
    seen = np.append(counts, 0.0)
    assert seen.size == expected.size
    a = np.append(seen[enough], seen[~enough].sum())
    b = np.append(expected[enough], expected[~enough].sum())
    a, b = (v[b > 0.0] for v in (a, b))
    return float(chi2.sf(((a - b) ** 2 / b).sum(), a.size - 1))


# -- against the formulas -----------------------------------------------------------------------------


@each
def test_the_number_of_purchases_has_the_distribution_of_the_formula(model: Any) -> None:
    made = model.sample_given(repeated(), HORIZON, seed=1).purchases.reshape(len(HISTORIES), TIMES)
    top = 40
    for i in range(len(HISTORIES)):
        x, t_x, T = (np.full(top, v) for v in HISTORIES[i])
        entry = rk.Purchases(frequency=x, recency=t_x, T=T, unit="week")
        pmf = model.purchase_pmf_given(entry, np.arange(float(top)), HORIZON)
        seen = np.bincount(made[i].astype(int), minlength=top)
        beyond = seen[top:].sum()
        assert p_of_counts(seen[:top].astype(float), pmf) > LEAST
        assert beyond <= 10 + TIMES * 2 * (1.0 - pmf.sum())
    none = model.probability_no_purchase(once(), HORIZON)
    assert np.abs(z_of((made == 0.0).astype(float), none)).max() < 4.0


@pytest.mark.slow
@each
def test_means_are_those_of_the_formulas_with_a_discount_and_without(model: Any) -> None:
    plain = model.sample_given(repeated(), HORIZON, seed=2)
    valued = model.sample_given(repeated(), rk.Duration(HORIZON, "week"), seed=3, discount_rate=RATE)
    np.testing.assert_array_equal(plain.purchases, plain.discounted)
    assert np.all(valued.discounted <= valued.purchases)
    assert np.all((valued.discounted > 0.0) == (valued.purchases > 0.0))
    expected = model.expected_purchases(once(), HORIZON)
    worth = model.discounted_expected_purchases(once(), RATE, HORIZON)
    for drawn, mean in (
        (plain.purchases, expected),
        (plain.expected, expected),
        (valued.purchases, expected),
        (valued.discounted, worth),
        (valued.expected, worth),
    ):
        assert np.abs(z_of(drawn.reshape(len(HISTORIES), TIMES), mean)).max() < 4.0


@pytest.mark.slow
@each
def test_what_is_drawn_lies_around_what_is_expected_of_the_customer_drawn(model: Any) -> None:
    """`expected` is a conditional mean: what is left is uncorrelated with any function of it."""
    for rate in (None, RATE):
        drawn = model.sample_given(repeated(), HORIZON, seed=4, discount_rate=rate)
        rest = (drawn.discounted - drawn.expected).reshape(len(HISTORIES), TIMES)
        customer = drawn.expected.reshape(len(HISTORIES), TIMES)
        for weight in (np.ones_like(customer), np.sqrt(customer), customer, customer == 0.0):
            assert np.abs(z_of(rest * weight, np.zeros(len(HISTORIES)))).max() < 4.0
        # customers differ, and so does what they do
        assert np.all(customer.var(axis=1) > 0.0)
        assert np.all(rest.var(axis=1) > 0.0)


@pytest.mark.slow
@each
def test_without_end_a_discount_makes_it_finite(model: Any) -> None:
    rows = repeated(4000)
    drawn = model.sample_given(rows, math.inf, seed=5, discount_rate=RATE)
    worth = model.discounted_expected_purchases(once(), RATE)
    for values in (drawn.discounted, drawn.expected):
        assert np.abs(z_of(values.reshape(len(HISTORIES), -1), worth)).max() < 4.0
    assert np.all(np.isfinite(drawn.discounted))
    never_leaves = isinstance(model, rk.NBD)
    assert np.isinf(drawn.purchases).any() == never_leaves
    plain = model.sample_given(rows, math.inf, seed=5)
    assert np.all((plain.purchases == 0.0) <= (plain.expected < np.inf))


# -- against whole lives, simulated event by event ------------------------------------------------------


def whole_lives(model: Any, n: int, until: float, rng: np.random.Generator) -> Array:
    """Moments of all purchases that customers make until then, (n, events); inf where there are none more."""
    k, events = getattr(model, "k", 1), 400
    rate = rng.gamma(model.r, 1.0 / model.alpha, n)
    times = np.cumsum(rng.gamma(k, size=(n, events)), axis=1) / rate[:, None]
    assert times[:, -1].min() > until
    if isinstance(model, rk.NBD):
        lasting = np.full(n, np.inf)
    elif isinstance(model, rk.ParetoNBD):
        lasting = rng.exponential(size=n) / rng.gamma(model.s, 1.0 / model.beta, n)
    elif isinstance(model, rk.GammaGompertzNBD):
        own = rng.gamma(model.s, 1.0 / model.beta, n)
        lasting = np.log1p(rng.exponential(size=n) / own) / model.b
    else:
        leaves = rng.random((n, events)) < rng.beta(model.a, model.b, n)[:, None]
        at_once = isinstance(model, rk.MBGNBD | rk.MBGCNBDk)
        ever = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, events)
        last = times[np.arange(n), np.maximum(ever - 1 - at_once, 0)]
        lasting = np.where(at_once & (ever == 1), 0.0, last)
    return np.where((times <= lasting[:, None]) & (times <= until), times, np.inf)


@pytest.mark.slow
@each
def test_histories_with_their_futures_are_those_of_whole_lives(model: Any) -> None:
    rng = np.random.default_rng(6)
    n, T, force = 25_000, 16.0, RATE.continuous("week")
    times = whole_lives(model, n, T + HORIZON, rng)
    before, after = times <= T, (times > T) & np.isfinite(times)
    x, future = before.sum(axis=1).astype(float), after.sum(axis=1).astype(float)
    t_x = np.where(before, times, 0.0).max(axis=1)
    past = rk.Purchases(frequency=x, recency=t_x, T=np.full(n, T), unit="week")
    drawn = model.sample_given(past, HORIZON, seed=7, discount_rate=RATE)
    # kinds of histories: by purchases, and by how long ago the last one was
    kind = np.minimum(x, 3.0) * 3.0 + np.digitize(T - t_x, [4.0, 10.0])
    for k in np.unique(kind):
        mine = kind == k
        if mine.sum() < 300:
            continue
        real, ours = (
            np.bincount(np.minimum(v[mine], 12.0).astype(int), minlength=13)
            for v in (future, drawn.purchases)
        )
        both = real + ours
        some = both >= 12
        a, b = (np.append(v[some], v[~some].sum()).astype(float) for v in (real, ours))
        a, b = a[a + b > 0.0], b[a + b > 0.0]
        assert chi2.sf(((a - b) ** 2 / (a + b)).sum(), max(a.size - 1, 1)) > LEAST
        worth = np.where(after[mine], np.exp(-force * (times[mine] - T)), 0.0).sum(axis=1)
        spread = math.sqrt((worth.var() + drawn.discounted[mine].var()) / mine.sum())
        assert abs(worth.mean() - drawn.discounted[mine].mean()) < 4.0 * spread + 1e-12


# -- draws, wrappers, entries ---------------------------------------------------------------------------


@pytest.mark.slow
@each
def test_draws_of_the_parameters_give_a_draw_with_each_of_them(model: Any) -> None:
    """Total variance: parameters, customers and chance add up."""
    draws = np.random.default_rng(8).uniform(0.5, 1.5, (1500, 1))
    name = model.names()[0]
    many = replace(model, **{name: getattr(model, name) * draws})
    drawn = many.sample_given(once(), HORIZON, seed=9, discount_rate=RATE)
    assert drawn.discounted.shape == (1500, len(HISTORIES))
    mean = many.discounted_expected_purchases(once(), RATE, HORIZON)
    assert np.abs(z_of((drawn.expected - mean).T, np.zeros(len(HISTORIES)))).max() < 4.0
    assert np.abs(z_of((drawn.discounted - drawn.expected).T, np.zeros(len(HISTORIES)))).max() < 4.0


def test_a_draw_does_not_depend_on_how_many_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from retainkit.models import sampled

    model = BASES["ParetoNBD"]
    many = replace(model, s=np.linspace(0.5, 1.5, 40)[:, None])
    monkeypatch.setattr(sampled, "_BLOCK", 8)
    monkeypatch.setattr(sampled, "_PIECE", 3)
    few = many.sample_given(once(), HORIZON, seed=1)
    assert few.purchases.shape == (40, len(HISTORIES))
    mean = many.expected_purchases(once(), HORIZON)
    assert np.abs(z_of((few.purchases - mean).T, np.zeros(len(HISTORIES)))).max() < 4.0


@pytest.mark.slow
def test_customers_with_parameters_of_their_own() -> None:
    base = BASES["BGNBD"]
    model = rk.models.WithCovariates(base, (rk.models.Effect("card", ("purchasing",)),), (0.7,))
    rows = rk.Purchases(
        frequency=np.full(2 * TIMES, 2.0), recency=np.full(2 * TIMES, 9.0), T=np.full(2 * TIMES, 11.0)
    )
    each_own = model.given({"card": np.repeat([0.0, 1.0], TIMES)})
    drawn = each_own.sample_given(rows, 6.0, seed=1)
    mean = each_own.expected_purchases(rows, 6.0)[[0, -1]]
    assert mean[1] > 1.1 * mean[0]
    assert np.abs(z_of(drawn.purchases.reshape(2, TIMES), mean)).max() < 4.0
    horizons = np.repeat([2.0, 30.0], TIMES)
    drawn = each_own.sample_given(rows, horizons, seed=1)
    mean = each_own.expected_purchases(rows, horizons)[[0, -1]]
    assert np.abs(z_of(drawn.purchases.reshape(2, TIMES), mean)).max() < 4.0


def test_the_same_seed_draws_the_same() -> None:
    model, rows = BASES["MBGNBD"], repeated(50)
    one, two = (model.sample_given(rows, HORIZON, seed=s, discount_rate=RATE) for s in (1, 1))
    assert one == two
    assert one != model.sample_given(rows, HORIZON, seed=2, discount_rate=RATE)
    assert type(one).from_json(one.model_dump_json()) == one
    assert set(one.to_frame("dict")) == {"purchases", "discounted", "expected", "squared"}
    with pytest.raises(ValueError, match="read-only"):
        one.purchases[0] = 1.0


def test_nobody_to_ask_about() -> None:
    none = rk.Purchases(frequency=[], recency=[], T=[], unit="week")
    assert BASES["BGNBD"].sample_given(none, HORIZON, seed=1).purchases.shape == (0,)
    many = replace(BASES["BGNBD"], a=np.ones((3, 1)))
    assert many.sample_given(none, HORIZON, seed=1).expected.shape == (3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0.0}, "horizon must be more than 0"),
        ({"horizon": [1.0, 2.0]}, "horizon must be one number, or one for each of the 4 entries"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"discount_rate": 0.1}, "discount_rate needs its period"),
        ({"discount_rate": rk.Rate(-0.1, per="year")}, "discount_rate must be 0 or more"),
        ({"purchases": None}, "purchases must be Purchases"),
        ({"purchases": rk.Purchases(frequency=0, recency=0, T=1, unit="day")}, "must count time in weeks"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"purchases": once(), "horizon": HORIZON, "seed": 1, **change}
    with pytest.raises(rk.InputError, match=message):
        BASES["BGNBD"].sample_given(**asked)


# -- the process itself at its edges ----------------------------------------------------------------------


def test_counts_too_large_to_be_drawn_one_by_one() -> None:
    rng = np.random.default_rng(1)
    mean = np.array([0.0, 3.0, 1e16, 1e300, np.inf])
    drawn = poisson(rng, mean)
    assert drawn[0] == 0.0
    assert drawn[4] == np.inf
    assert abs(drawn[2] - 1e16) < 6e8
    assert drawn[3] == pytest.approx(1e300)


def test_events_that_are_discounted_to_nothing_still_count() -> None:
    rng = np.random.default_rng(2)
    rate, end = np.full(2000, 2.0), np.full(2000, 500.0)
    # from 37 on nothing is worth a float's rounding
    made, worth, squared = arrivals(rng, rate, end, np.inf, 1.0)
    assert np.abs(z_of(squared, 1.0)) < 4.0  # 2 ∫ e^−2t dt
    assert np.abs(z_of(made, 1000.0)) < 4.0
    assert np.abs(z_of(worth, 2.0)) < 4.0
    assert made.var() == pytest.approx(1000.0, rel=0.15)
    made, worth, _ = arrivals(rng, rate, end, 30.0, 1.0, k=3, missing=np.full(2000, 2.0))
    assert np.all(made == 30.0)
    assert np.abs(z_of(worth, sum((2.0 / 3.0) ** (2 + 3 * i) for i in range(30)))) < 4.0
    made, _, _ = arrivals(rng, rate, end, 250.0, 1.0, k=3)
    assert np.all(made == 250.0)
