"""Scores, segments and groups of customers are what their rules say, and tables made elsewhere come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from shops import shop_that_nobody_leaves

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.ingest.transactions.rfm import SEGMENTS, score

CALL: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "amount", "unit": "week"}
SHOP = shop_that_nobody_leaves(seed=3)


def summary(table: Any = None, **more: Any) -> rk.ingest.TransactionSummary:
    return rk.summarize_transactions(SHOP if table is None else table, **CALL | more)


def test_the_figures_are_those_of_the_lines() -> None:
    found, frame = summary(pl.DataFrame(SHOP)).rfm().to_frame(), pl.DataFrame(SHOP)
    days = frame.group_by("id", "date").agg(pl.col("amount").sum())
    end = np.datetime64(str(frame["date"].max()), "D")
    known = days.group_by("id").agg(
        pl.len().alias("purchases"), pl.col("date").min().alias("first"), pl.col("date").max().alias("last"),
        pl.col("amount").sum().alias("total"),
    ).sort("id")  # fmt: skip
    assert found["id"].to_list() == known["id"].to_list()
    assert found["purchases"].to_list() == known["purchases"].to_list()
    for name, day in (("since_last", "last"), ("tenure", "first")):
        passed = (end - known[day].to_numpy().astype("M8[D]")).astype(int)
        assert np.allclose(found[name].to_numpy() * 7, passed)
    assert np.allclose(found["total_value"].to_numpy(), known["total"].to_numpy())
    assert np.allclose((found["mean_value"] * found["purchases"]).to_numpy(), known["total"].to_numpy())


def test_scores_are_fifths_and_equal_customers_are_equal() -> None:
    rng = np.random.default_rng(4)
    values = rng.permutation(100).astype(float)
    assert np.bincount(score(values))[1:].tolist() == [20] * 5
    ties = rng.integers(0, 3, 1000).astype(float)
    by_hand = [1 + int(5 * (ties < value).sum() / ties.size) for value in ties]
    assert score(ties).tolist() == by_hand
    assert score(np.full(7, 2.0)).tolist() == [1] * 7


def test_customers_whose_last_day_is_one_have_one_score_of_recency() -> None:
    """Whatever their first day: a difference of quotients of days differs in its last bit."""
    days = [(1 + k // 30, 1 + k % 28) if first else (4, 1 + k % 3) for k in range(90) for first in (1, 0)]
    table = {"id": np.repeat(np.arange(90), 2), "date": [f"2024-0{m}-{d:02}" for m, d in days]}
    found = summary(table, amount=None).rfm()
    assert np.unique(found.since_last).size == 3
    assert np.unique(np.column_stack([found.since_last, found.recency_score]), axis=0).shape[0] == 3


def test_every_pair_of_scores_is_in_one_segment_and_each_customer_in_that_of_the_rules() -> None:
    pairs = [(r, f) for recency, frequency in SEGMENTS.values() for r in recency for f in frequency]
    assert sorted(set(pairs)) == [(str(r), str(f)) for r in range(1, 6) for f in range(1, 6)]
    assert len(pairs) == len(set(pairs))
    found = summary().rfm()
    for name, r, f in zip(found.segment, found.recency_score, found.frequency_score, strict=True):
        recency, frequency = SEGMENTS[str(name)]
        assert str(r) in recency and str(f) in frequency
    late = found.since_last[found.recency_score == 1].min()
    assert late >= found.since_last[found.recency_score == 5].max()
    printed = str(found)
    assert printed.startswith("RFM of 700 customers\nsegment")
    assert set(found.rules) == set(SEGMENTS)


def test_without_amounts_nothing_is_said_of_money() -> None:
    found = summary(amount=None).rfm()
    assert found.total_value is None and found.monetary_score is None
    assert "total_value" not in found.to_frame() and "money" not in str(found)


def test_of_purchases_worth_nothing_no_shares_of_money_are_shown() -> None:
    found = summary({"id": [1, 2], "date": ["2024-01-01", "2024-01-05"], "amount": [0.0, 0.0]}).rfm()
    assert "share of money" not in str(found) and found.to_frame()["total_value"].tolist() == [0.0, 0.0]


def test_refunds_reduce_the_total_that_they_follow() -> None:
    table = {"id": [1, 1, 1, 2, 2], "amount": [10.0, -4.0, 5.0, -3.0, 8.0],
             "date": ["2024-01-01", "2024-01-03", "2024-01-09", "2024-01-01", "2024-01-05"]}  # fmt: skip
    found = summary(table).rfm()
    assert np.asarray(found.total_value).tolist() == [
        11.0,
        8.0,
    ]  # what came before any purchase changed nothing


def test_groups_are_the_customers_of_each_value_and_add_up() -> None:
    tx = summary(pl.DataFrame(SHOP))
    kinds = ["even" if who % 2 == 0 else "odd" for who in tx.customers]
    for column in (kinds, np.array(kinds), pl.Series(kinds), pd.Series(kinds)):
        groups = tx.by(column)
        assert {name: len(group) for name, group in groups.items()} == {"even": 350, "odd": 350}
        assert groups["odd"].customers.to_list() == [who for who in tx.customers if who % 2]
    lines = pl.DataFrame(SHOP).with_columns(kind=pl.Series([int(who) % 3 for who in SHOP["id"]]))
    groups = tx.by("kind", lines)
    assert list(groups) == [0, 1, 2]
    assert (
        sum(float(group.purchases.frequency.sum()) for group in groups.values())
        == tx.purchases.frequency.sum()
    )
    months = tx.by("month")
    assert sum(map(len, months.values())) == len(tx) and next(iter(months)) == "2024-01"
    first = pl.DataFrame(SHOP).group_by("id").agg(pl.col("date").min())["date"]
    assert {k: len(v) for k, v in months.items()} == dict(
        sorted((str(day)[:7], count) for day, count in first.dt.truncate("1mo").value_counts().iter_rows())
    )
    assert list(tx.by("quarter")) == ["2024-Q1", "2024-Q2"] and list(tx.by("year")) == ["2024"]


def test_a_group_is_fitted_as_a_summary_of_its_own() -> None:
    tx = rk.summarize_transactions(
        load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week"
    )
    groups = tx.by("month")
    each = rk.fit_each(rk.BGNBD, groups)
    assert set(each) == set(groups) == {"1997-01", "1997-02", "1997-03"}
    one = groups["1997-01"]
    assert rk.fit(rk.BGNBD, one).model == rk.fit(rk.BGNBD, one.purchases).model
    assert rk.fit(rk.GammaGamma, one).model.p > 0


WRONG: dict[str, tuple[Any, str]] = {
    "a word": (lambda tx: tx.by("week"), "column must be 'month', 'quarter', 'year' of the first purchase"),
    "too few": (
        lambda tx: tx.by([1, 2]),
        "must have one value for each of the 700 customers, in their order",
    ),
    "a gap": (lambda tx: tx.by([None, *["a"] * 699]), "column must not be missing (1 of 700"),
    "several": (lambda tx: tx.by("date", SHOP), "column must"),
    "no column": (lambda tx: tx.by("land", SHOP), "column must name a column of the table, got 'land'"),
    "others": (
        lambda tx: tx.by("k", {"id": [0, 1], "k": ["x", "y"]}),
        "table must have every customer; 698 of 700",
    ),
    "changing": (
        lambda tx: tx.by("k", {"id": [*range(700), 5], "k": ["x"] * 700 + ["y"]}),
        "must be the same on all lines of a customer (1 of 701 lines in column 'k' break this), got 'y'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_tells_no_groups_apart_is_refused(case: str) -> None:
    call, said = WRONG[case]
    with pytest.raises(rk.InputError) as caught:
        call(summary())
    assert said in str(caught.value)


# -- tables of RFM made elsewhere ------------------------------------------------------------------------


def test_a_ready_made_table_is_the_summary_that_it_came_from() -> None:
    tx = summary()
    found = tx.rfm()
    days = {"days_since_last": found.since_last * 7, "days_since_first": found.tenure * 7}
    back = rk.Purchases.from_rfm(orders=found.purchases, **days, unit="week")
    for name in ("frequency", "recency", "T"):
        assert getattr(back, name) == pytest.approx(getattr(tx.purchases, name))
    frame = pd.DataFrame({"n": [2, 1], "last": [3, 9], "first": [7, 9]}, index=["x", "y"])
    made = rk.Purchases.from_rfm(
        orders=frame.n, days_since_last=frame["last"], days_since_first=frame["first"], unit="day"
    )
    assert made.labels is not None
    same = rk.Purchases.from_rfm(orders=[2, 3], days_since_last=1, days_since_first=9, unit="day")
    assert same.T.tolist() == [9.0, 9.0]


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "no order": ({"orders": [0, 1]}, "orders must be whole numbers from 1 on, got 0.0"),
    "half an order": ({"orders": [1.5, 1]}, "orders must be whole numbers from 1 on, got 1.5"),
    "last before first": (
        {"days_since_last": [50, 9]},
        "days_since_last must not exceed days_since_first, got 50.0",
    ),
    "one order on two days": (
        {"orders": [1, 1]},
        "orders must be 1 exactly where the first and the last day are one",
    ),
    "several on one day": (
        {"orders": [2, 3]},
        "orders must be 1 exactly where the first and the last day are one",
    ),
    "a gap": ({"orders": [np.nan, 1]}, "orders must be 0 or more"),
    "a negative": ({"days_since_last": [-1, 9]}, "days_since_last must be 0 or more"),
    "unequal lengths": (
        {"days_since_first": [7, 9, 9]},
        "days_since_first must have the same length as the other columns (orders (2,), days_since_last (2,))",
    ),
    "no unit": ({"unit": "fortnight"}, "unit must be one of"),
    "more orders than days": (
        {"orders": [9, 1], "unit": "day"},
        "frequency must not exceed the days of recency",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_impossible_table_is_refused(case: str) -> None:
    change, said = IMPOSSIBLE[case]
    table: dict[str, Any] = {
        "orders": [2, 1],
        "days_since_last": [3, 9],
        "days_since_first": [7, 9],
        "unit": "week",
    }
    with pytest.raises(rk.InputError) as caught:
        rk.Purchases.from_rfm(**table | change)
    assert said in str(caught.value)
