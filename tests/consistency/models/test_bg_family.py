"""The BG family agrees with itself, with brute-force simulation, and over engines that count its gaps."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.inference.choice import choose_k

RATE = rk.Rate(0.1, per="year")
CUSTOMERS = rk.Purchases(
    frequency=[0, 0, 1, 2, 7, 26],
    recency=[0.0, 0.0, 3.0, 30.43, 20.0, 30.86],
    T=[38.86, 1.0, 39.0, 38.86, 27.0, 31.0],
    unit="week",
)
FAMILY: dict[str, Any] = {
    "BG": rk.BGNBD(r=0.8, alpha=6.0, a=0.9, b=3.0, unit="week"),
    "MBG": rk.MBGNBD(r=0.8, alpha=6.0, a=0.9, b=3.0, unit="week"),
    "BG, k 3": rk.BGCNBDk(r=0.8, alpha=2.0, a=0.9, b=3.0, k=3, unit="week"),
    "MBG, k 2": rk.MBGCNBDk(r=0.8, alpha=3.0, a=0.9, b=3.0, k=2, unit="week"),
    "MBG, k 5": rk.MBGCNBDk(r=2.0, alpha=3.0, a=1.0, b=3.0, k=5, unit="week"),
}
each = pytest.mark.parametrize("model", FAMILY.values(), ids=FAMILY)
ASKED: dict[str, Callable[[Any, rk.Purchases], Any]] = {
    "alive": lambda m, p: m.probability_alive(p),
    "alive later": lambda m, p: m.probability_alive(p, 5.0),
    "expected": lambda m, p: m.expected_purchases(p, 52.0),
    "discounted": lambda m, p: m.discounted_expected_purchases(p, RATE),
    "discounted, a year": lambda m, p: m.discounted_expected_purchases(p, RATE, 52.0),
    "pmf": lambda m, p: m.purchase_pmf_given(p, 2, 30.0),
    "none": lambda m, p: m.probability_no_purchase(p, 30.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [(rk.BGNBD, rk.BGCNBDk), (rk.MBGNBD, rk.MBGCNBDk)])
def test_erlang_models_with_k_of_1_are_the_plain_ones(kinds: tuple[Any, Any]) -> None:
    data = FAMILY["BG"].sample(np.random.default_rng(0).uniform(1.0, 90.0, 200), seed=1)
    rng = np.random.default_rng(2)
    for _ in range(5):
        parameters = dict(
            zip(("r", "alpha", "a", "b"), np.exp(rng.normal(0.5, 1.0, 4)).tolist(), strict=True)
        )
        plain, erlang = kinds[0](**parameters, unit="week"), kinds[1](**parameters, k=1, unit="week")
        for ours, theirs in zip(
            erlang.log_likelihood_and_score(data), plain.log_likelihood_and_score(data), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
        for name, answer in ASKED.items():
            np.testing.assert_allclose(
                answer(erlang, data), answer(plain, data), rtol=1e-12, atol=1e-300, err_msg=name
            )
        horizons = np.array([0.0, 1.0, 100.0, math.inf])
        for t in horizons:
            for n in (0, 1, 5):
                assert erlang.purchase_pmf(n, t) == pytest.approx(plain.purchase_pmf(n, t), rel=1e-12)
            assert erlang.expected_purchases_new(float(t)) == pytest.approx(
                plain.expected_purchases_new(float(t)), rel=1e-12
            )


@pytest.mark.slow
@each
def test_pmf_sums_to_one_and_its_mean_is_the_expectation(model: Any) -> None:
    n = np.arange(3000)
    for horizon in (0.3, 10.0, 80.0):
        pmf = np.asarray(model.purchase_pmf(n, horizon))
        assert pmf.min() >= 0.0
        assert pmf.sum() == pytest.approx(1.0, rel=1e-10)
        assert pmf @ n == pytest.approx(model.expected_purchases_new(horizon), rel=1e-9)
        assert model.probability_no_purchase_new(horizon) == pytest.approx(pmf[0], rel=1e-14)
    given = np.array([model.purchase_pmf_given(CUSTOMERS, k, 20.0) for k in range(400)])
    np.testing.assert_allclose(given.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(np.arange(400) @ given, model.expected_purchases(CUSTOMERS, 20.0), rtol=1e-9)
    np.testing.assert_allclose(model.probability_no_purchase(CUSTOMERS, 20.0), given[0], rtol=1e-14)


@each
def test_each_customer_may_have_a_count_and_a_horizon_of_its_own(model: Any) -> None:
    counts, horizons = np.arange(6.0), np.linspace(3.0, 60.0, 6)
    found = model.purchase_pmf_given(CUSTOMERS, counts, horizons)
    for i, (n, t) in enumerate(zip(counts, horizons, strict=True)):
        assert found[i] == pytest.approx(model.purchase_pmf_given(CUSTOMERS, n, float(t))[i], rel=1e-12)


@each
def test_a_customer_just_acquired_is_a_new_customer(model: Any) -> None:
    just = rk.Purchases(frequency=0, recency=0.0, T=0.0, unit="week")
    for t in (1.0, 52.0, 1000.0):
        new = model.expected_purchases_new(t)
        assert model.expected_purchases(just, t)[0] == pytest.approx(new, rel=1e-12)
        assert model.expected_purchases_new(t, count_first=True) == pytest.approx(1.0 + new, rel=1e-15)
        assert model.purchase_pmf_given(just, 1, t)[0] == pytest.approx(model.purchase_pmf(1, t), rel=1e-12)
    new = model.discounted_expected_purchases_new(RATE)
    assert model.discounted_expected_purchases(just, RATE)[0] == pytest.approx(new, rel=1e-12)
    with_first = model.discounted_expected_purchases_new(RATE, count_first=True)
    assert with_first == pytest.approx(1.0 + new, rel=1e-15)


@pytest.mark.slow
@each
def test_discounts_have_their_limits(model: Any) -> None:
    plain = model.expected_purchases(CUSTOMERS, 52.0)
    nothing = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(0.0, per="year"), 52.0)
    np.testing.assert_array_equal(nothing, plain)
    tiny = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(1e-11, per="year"), 52.0)
    np.testing.assert_allclose(tiny, plain, rtol=1e-10)
    ever = model.discounted_expected_purchases(CUSTOMERS, rk.Rate(2.0, per="year", meant=True))
    long = model.discounted_expected_purchases(
        CUSTOMERS, rk.Rate(2.0, per="year", meant=True), rk.Duration(30.0, "year")
    )
    np.testing.assert_allclose(long, ever, rtol=1e-9)
    lasting = np.asarray(model.expected_purchases(CUSTOMERS, math.inf))
    assert np.all(np.isinf(lasting)) == (model.a <= 1.0)


@pytest.mark.slow
@each
def test_answers_of_draws_and_of_entries_are_those_of_each(model: Any) -> None:
    rng = np.random.default_rng(0)
    factors = {name: np.exp(rng.normal(0.0, 0.3, 6)) for name in model.names()}
    values = {name: getattr(model, name) * factor for name, factor in factors.items()}
    settings = {"unit": "week"} | model.settings
    kind = type(model)
    draws = kind(**{name: v[:4, None] for name, v in values.items()}, **settings)
    entries = kind(**values, **settings)
    ones = [kind(**{name: float(v[i]) for name, v in values.items()}, **settings) for i in range(6)]
    for name, answer in ASKED.items():
        together = np.asarray(answer(draws, CUSTOMERS))
        assert together.shape == (4, 6)
        for i in range(4):
            np.testing.assert_allclose(together[i], answer(ones[i], CUSTOMERS), rtol=1e-11, err_msg=name)
        own = np.asarray(answer(entries, CUSTOMERS))
        for i in range(6):
            assert own[i] == pytest.approx(answer(ones[i], CUSTOMERS)[i], rel=1e-11), name
    for t in (0.0, 10.0):
        new = [one.expected_purchases_new(t) for one in ones]
        np.testing.assert_allclose(entries.expected_purchases_new(t), new, rtol=1e-11)
        none = [one.probability_no_purchase_new(t) for one in ones]
        np.testing.assert_allclose(entries.probability_no_purchase_new(t), none, rtol=1e-11)


def histories(model: Any, n: int, T: float, horizon: float) -> tuple[np.ndarray[Any, Any], ...]:
    """Event by event: gamma-distributed gaps one after the other until the customer leaves."""
    rng = np.random.default_rng(11)
    k = model.settings.get("k", 1)
    rate = rng.gamma(model.r, 1.0 / model.alpha, n)
    leaving = rng.beta(model.a, model.b, n)
    modified = type(model) in (rk.MBGNBD, rk.MBGCNBDk)
    alive_at_T = (rng.uniform(size=n) >= leaving) | (not modified)
    runs = alive_at_T.copy()
    now, x, last, later = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    while runs.any():
        now = now + rng.gamma(k, 1.0 / rate)
        bought = runs & (now <= T + horizon)
        early = bought & (now <= T)
        x, last = x + early, np.where(early, now, last)
        later += bought & ~early
        leaves = bought & (rng.uniform(size=n) < leaving)
        alive_at_T &= ~(leaves & early)
        runs = bought & ~leaves
    return x, last, alive_at_T, later


@pytest.mark.slow
@each
def test_histories_simulated_event_by_event_go_on_as_predicted(model: Any) -> None:
    """Sums over everybody and over those whose last purchase is recent, or long ago, within 4 errors."""
    n, T, horizon = 60_000, 25.0, 15.0
    x, last, alive, later = histories(model, n, T, horizon)
    # on a fine grid of recency there are few distinct customers to predict
    seen = rk.Purchases(frequency=x, recency=np.round(last * 4.0) / 4.0, T=np.full(n, T), unit="week")
    distinct, place = seen.distinct()
    predicted = {
        "alive": model.probability_alive(distinct)[place] - alive,
        "later": model.expected_purchases(distinct, horizon)[place] - later,
        "none": model.probability_no_purchase(distinct, horizon)[place] - (later == 0),
        "two": model.purchase_pmf_given(distinct, 2, horizon)[place] - (later == 2),
    }
    groups = {
        "all": np.ones(n, np.bool_),
        "just bought": (x > 0) & (last > T - 2.0),
        "one gap ago": (x > 1)
        & (T - last > 0.7 * last / np.maximum(x, 1.0))
        & (T - last < 1.5 * last / x.clip(1)),
        "long ago": (x > 2) & (last < 0.7 * T),
        "never": x == 0,
    }
    for name, error in predicted.items():
        for group, member in groups.items():
            some = error[member]
            assert some.size > 500
            assert abs(some.mean()) < 4.0 * some.std() / math.sqrt(some.size) + 2e-4, (name, group)


@pytest.mark.parametrize("name", ["BG, k 3", "MBG, k 2"])
def test_the_models_own_simulator_draws_from_its_likelihood(name: str) -> None:
    """The mean score at the truth is 0, and frequencies have the model's PMF."""
    model = FAMILY[name]
    n = 60_000
    data = model.sample(np.random.default_rng(1).uniform(5.0, 60.0, n), seed=2)
    _, score = model.log_likelihood_and_score(data)
    for row in score:
        assert abs(row.mean()) < 4.0 * row.std() / math.sqrt(n)
    fixed = model.sample(np.full(n, 30.0), seed=3)
    for count in range(4):
        truth = model.purchase_pmf(count, 30.0)
        share = float((fixed.frequency == count).mean())
        assert abs(share - truth) < 4.0 * math.sqrt(truth * (1.0 - truth) / n)
    x, last, _, _ = histories(model, n, 30.0, 1.0)
    for some, other in ((fixed.frequency, x), (fixed.recency, last)):
        spread = math.hypot(some.std(), other.std()) / math.sqrt(n)
        assert abs(some.mean() - other.mean()) < 4.0 * spread


# -- the gaps ----------------------------------------------------------------------------------------------


def gaps_of(purchases: rk.Purchases) -> np.ndarray[Any, Any]:
    assert purchases.log_gaps is not None
    return purchases.log_gaps


def test_gaps_survive_compression_pieces_and_entries() -> None:
    data = FAMILY["BG, k 3"].sample(np.full(500, 30.0), seed=5)
    assert data.log_gaps is not None
    columns: dict[str, Any] = {name: np.tile(column, 2) for name, column in data.columns.items()}
    doubled = rk.Purchases(
        **columns,
        log_gaps=np.concatenate([data.log_gaps, data.log_gaps - data.frequency]),
    )
    rows, place = doubled.distinct()
    assert rows.log_gaps is not None
    assert rows.weight @ rows.log_gaps == pytest.approx(float(gaps_of(doubled).sum()), rel=1e-13)
    assert rows.compress().log_gaps == pytest.approx(rows.log_gaps)
    np.testing.assert_allclose(
        rows.log_gaps[place[:500]], data.log_gaps - 0.5 * data.frequency, rtol=1e-12, atol=1e-12
    )
    pieces = doubled.split(300)
    assert [len(p) for p in pieces] == [300, 300, 300, 100]
    np.testing.assert_array_equal(np.concatenate([gaps_of(p) for p in pieces]), gaps_of(doubled))
    np.testing.assert_array_equal(gaps_of(doubled.entrywise()), gaps_of(doubled))
    model = rk.BGCNBDk(r=1.0, alpha=3.0, a=0.9, b=3.0, k=4)
    whole = float(model.log_likelihood(doubled).sum())
    assert float(model.log_likelihood(rows) @ rows.weight) == pytest.approx(whole, rel=1e-12)
    assert float(model.log_likelihood(doubled.entrywise()).sum()) == pytest.approx(whole, rel=1e-12)


def test_every_engine_counts_the_same_gaps(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    ids, offset = rng.integers(0, 40, 600), rng.integers(0, 300, 600)
    price = np.where(rng.uniform(size=600) < 0.1, -1.0, 1.0) * rng.integers(1, 50, 600)
    days = [date(2023, 1, 1) + timedelta(int(d)) for d in offset]
    columns = {"id": ids, "date": np.array(days, "M8[D]"), "price": price.astype(float)}
    arrow = pa.table({"id": ids, "date": days, "price": price.astype(float)})
    path = tmp_path / "lines.csv"
    pl.DataFrame(arrow.to_pydict()).write_csv(path)
    connection = duckdb.connect()
    sources = {
        "dict": columns,
        "pandas": pd.DataFrame(columns),
        "polars": pl.DataFrame(arrow.to_pydict()),
        "pyarrow": arrow,
        "duckdb": connection.from_arrow(arrow),
        "file": str(path),
    }
    for name, source in sources.items():
        tx = rk.summarize_transactions(
            source, customer_id="id", date="date", amount="price", unit="week", holdout_from="2023-08-01",
            in_memory=True,
        )  # fmt: skip
        assert tx.calibration is not None
        for summary, before in ((tx, date(2024, 12, 1)), (tx.calibration, date(2023, 8, 1))):
            expected = [brute_gaps(who, ids, days, price, before) for who in np.asarray(summary.customers)]
            np.testing.assert_allclose(
                gaps_of(summary.purchases), expected, rtol=1e-12, atol=1e-12, err_msg=name
            )  # type: ignore[arg-type]
    connection.close()


def brute_gaps(who: Any, ids: Any, days: list[date], price: Any, before: date) -> float:
    """Days whose amounts add up to 0 or more, one after the other."""
    sums: dict[date, float] = {}
    for own, day, amount in zip(ids, days, price, strict=True):
        if own == who and day < before:
            sums[day] = sums.get(day, 0.0) + amount
    bought = sorted(day for day, amount in sums.items() if amount >= 0.0)
    return sum(math.log((b - a).days / 7.0) for a, b in pairwise(bought))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [rk.BGCNBDk, rk.MBGCNBDk])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_k_that_was_simulated_is_found(kind: Any, k: int) -> None:
    truth = kind(r=1.5, alpha=6.0 / k, a=0.8, b=2.5, k=k, unit="week")
    chosen = choose_k(kind, truth.sample(np.full(4000, 52.0), seed=k), ks=range(1, 7))
    assert chosen.k == k
    assert list(chosen.log_likelihoods) == [1, 2, 3, 4, 5, 6]
    assert max(chosen.log_likelihoods.values()) == chosen.fit.log_likelihood
    assert f"k = {k} fits best" in str(chosen)


@pytest.mark.parametrize("kind", [rk.BGCNBDk, rk.MBGCNBDk])
def test_regular_customers_are_recovered(kind: Any) -> None:
    truth = kind(r=1.2, alpha=4.0, a=0.8, b=2.5, k=3, unit="week")
    data = truth.sample(np.random.default_rng(0).uniform(10.0, 90.0, 20_000), seed=1)
    fitted = rk.fit(kind, data, fixed={"k": 3})
    gain = fitted.log_likelihood - float(truth.log_likelihood(data).sum())
    assert 0.0 <= 2.0 * gain < 30.0
    for name, error in fitted.standard_errors.items():
        assert abs(getattr(fitted.model, name) - getattr(truth, name)) < 4.0 * error


def test_likelihoods_with_different_k_compare_in_any_unit() -> None:
    """The density of gaps changes by the same factor for every k."""
    weeks = FAMILY["MBG, k 2"].sample(np.full(3000, 50.0), seed=9)
    assert weeks.log_gaps is not None
    days = rk.Purchases(
        frequency=weeks.frequency,
        recency=7.0 * weeks.recency,
        T=7.0 * weeks.T,
        log_gaps=weeks.log_gaps + math.log(7.0) * weeks.frequency,
        unit="day",
    )
    one, other = choose_k(rk.MBGCNBDk, weeks, ks=(1, 2, 3)), choose_k(rk.MBGCNBDk, days, ks=(1, 2, 3))
    shift = math.log(7.0) * float(weeks.frequency.sum())
    for k, value in one.log_likelihoods.items():
        assert other.log_likelihoods[k] == pytest.approx(value - shift, rel=1e-9)
