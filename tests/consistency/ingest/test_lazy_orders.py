"""Orders and currencies of customers who stay in their engine: the summary of memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from shops import shop_with_orders

import retainkit as rk

CONNECTION = duckdb.connect()
CALL: dict[str, Any] = {"customer_id": "who", "date": "day", "amount": "pieces * price", "unit": "week"}
CALL |= {"missing_ids": "drop", "holdout_from": "2024-08-01"}
KINDS: dict[str, Any] = {
    "polars": lambda frame: frame.lazy(),
    "duckdb": lambda frame: CONNECTION.from_arrow(frame.to_arrow()),
}
RATES = {
    "date": ["2023-01-01", "2023-01-01", "2024-03-01", "2024-09-01"],
    "currency": ["USD", "EUR", "EUR", "EUR"],
    "rate": [1.0, 1.25, 1.5, 1.125],
}

LATE = ["2024-02-01", "2024-02-01", "2024-03-01", "2025-01-01"]


def shop() -> dict[str, Any]:
    """Lines of many orders in two currencies, which are of the order."""
    table = shop_with_orders(250, seed=5)
    return table | {"in": [("EUR", "USD")[len(order) % 2] for order in table["order"]]}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "given",
    [
        {"order_id": "order"},
        {"order_id": "order", "amount": None},
        {"currency": "in", "exchange_rates": RATES},
        {"order_id": "order", "currency": "in", "exchange_rates": RATES, "refunds": "ignore"},
        {"refunds": "cancel", "order_id": "order"},
        {"refunds": "cancel", "refund_window": 30, "monthly": True},
        {"refunds": "cancel", "refund_window": 9, "order_id": "order", "holdout_from": None},
    ],
)
def test_orders_and_currencies_are_read_as_in_memory(given: dict[str, Any], kind: str) -> None:
    table = shop()
    one = rk.summarize_transactions(table, **CALL | given)
    two = rk.summarize_transactions(KINDS[kind](pl.DataFrame(table)), **CALL | given)
    for a, b in ((one, two), (one.calibration, two.calibration)):
        if a is None or b is None:
            assert a is b is given["holdout_from"]
            continue
        assert a.treatment == b.treatment
        assert a.observation_end == b.observation_end
        found: Any = b.to_frame()
        rows = (found.collect() if kind == "polars" else found.pl()).sort("who")
        assert rows["who"].to_list() == np.asarray(a.customers).tolist()
        for name in ("frequency", "recency", "T"):
            assert np.array_equal(rows[name], getattr(a.purchases, name)), name
        if a.monetary_value is not None:
            np.testing.assert_allclose(rows["monetary_value"], a.monetary_value, rtol=1e-12, atol=1e-12)
    if one.holdout is not None and two.holdout is not None:
        made = two.holdout.frequency * np.asarray(two.holdout.weight)
        assert one.holdout.frequency.sum() == float(made.sum())
    assert two.treatment.duplicate_lines or "order_id" not in given
    assert two.treatment.cancelled_orders or given.get("refunds") != "cancel"


@pytest.mark.parametrize("window", [0, 3, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_refunds_take_the_orders_that_they_take_in_memory(kind: str, window: int) -> None:
    """Many orders and refunds of few amounts, on few days: brackets in brackets, too late and too many."""
    rng, n = np.random.default_rng(window), 900
    table: dict[str, Any] = {"who": rng.integers(0, 40, n), "order": np.arange(n)}
    table["day"] = np.datetime64("2024-01-01") + rng.integers(0, 40, n).astype("m8[D]")
    table["price"] = rng.choice([5.0, 0.1 + 0.2, -5.0, -0.3], n)
    given: dict[str, Any] = {"customer_id": "who", "date": "day", "amount": "price", "unit": "day"}
    given |= {"refunds": "cancel", "refund_window": window, "order_id": "order", "monthly": True}
    source = pl.DataFrame(table).with_columns(pl.col("day").cast(pl.Date))
    for split in (None, "2024-01-21"):
        one = rk.summarize_transactions(table, **given, holdout_from=split)
        two = rk.summarize_transactions(KINDS[kind](source), **given, holdout_from=split)
        assert one.treatment == two.treatment and one.treatment.cancelled_orders > 50
        if one.calibration is not None and two.calibration is not None:
            assert one.calibration.treatment == two.calibration.treatment
        found: Any = two.to_frame("polars")
        expected: Any = one.to_frame("polars")
        rows = [frame.sort("who").rows() for frame in (expected, found)]
        np.testing.assert_allclose(rows[1], rows[0], rtol=1e-12, atol=1e-12)
        assert isinstance(two, rk.ingest.LazyTransactionSummary) and two.months is not None
        paid = one.monthly
        assert two.months.amount.sum() == pytest.approx(paid.amount.sum())
        assert two.months.customers.sum() == np.count_nonzero(paid.amount > 0.0)
        with pytest.raises(rk.InputError, match=r"by cohort it is tx\.months"):
            _ = two.monthly


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "several currencies": ({}, {"currency": "in"}, "amounts of several currencies cannot be added up ("),
    "no rate yet": (
        {},
        {"currency": "in", "exchange_rates": RATES | {"date": LATE}},
        "currency must have a rate on the day of each line (",
    ),
    "no rate": (
        {"in": "GBP"},
        {"currency": "in", "exchange_rates": RATES},
        "currency must have a rate on the day of each line (",
    ),
    "no currency": ({"in": None}, {"currency": "in"}, "currency must not be missing ("),
    "no order": ({"order": None}, {"order_id": "order"}, "order_id must not be missing ("),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", WRONG)
def test_orders_and_currencies_that_cannot_be_read_are_refused_as_in_memory(case: str, kind: str) -> None:
    other, given, said = WRONG[case]
    table = shop()
    first = next(k for k, who in enumerate(table["who"]) if who is not None)
    for name, value in other.items():
        table[name][first] = value
    caught: list[rk.InputError] = []
    for source in (table, KINDS[kind](pl.DataFrame(table))):
        with pytest.raises(rk.InputError) as error:
            rk.summarize_transactions(source, **CALL | given)
        assert said in str(error.value)
        caught.append(error.value)
    assert caught[0].code == caught[1].code and caught[0].argument == caught[1].argument


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_customers_are_grouped_by_a_column_of_another_table_of_their_engine(kind: str) -> None:
    table = shop()
    labels = pl.DataFrame({"who": table["who"]}).with_columns(
        color=pl.col("who").str.slice(-1).replace_strict({"1": "red", "2": "blue"}, default="green"),
        number=pl.col("who").str.slice(1).cast(pl.Int32) % 3,
    )
    one = rk.summarize_transactions(table, **CALL)
    two = rk.summarize_transactions(KINDS[kind](pl.DataFrame(table)), **CALL)
    kept = labels.filter(pl.col("who").is_not_null())
    for column in ("color", "number"):
        here, there = one.by(column, kept), two.by(column, KINDS[kind](labels))
        assert list(here) == list(there)
        for name, group in here.items():
            other = there[name]
            assert other.spend is not None
            assert len(group) == other.purchases.customers == other.spend.customers
            for each in ("frequency", "recency", "T"):
                expected = getattr(group.purchases, each).sum()
                assert other.purchases.weight @ getattr(other.purchases, each) == pytest.approx(expected)
            found: Any = other.customers
            rows = (found.collect() if kind == "polars" else found.pl())["who"]
            assert rows.sort().to_list() == sorted(group.customers)
    assert set(rk.fit_each(rk.NBD, there)) == {"0", "1", "2"}
    there_by_color = two.by("color", KINDS[kind](labels))
    wrong = {
        "every customer": kept.filter(pl.col("who") != kept["who"][0]),
        "the same on all lines": pl.concat([kept, kept[:1].with_columns(color=pl.lit("pink"))]),
        "not be missing": pl.concat([kept, kept[:1].with_columns(color=pl.lit(None, pl.String))]),
        "ids of one type": kept.with_columns(who=pl.col("who").str.slice(1).cast(pl.Int64)),
        "name a column": kept.drop("color"),
    }
    for said, other in wrong.items():
        with pytest.raises(rk.InputError, match=said):
            two.by("color", KINDS[kind](other))
    # a table in memory is sent there
    assert {k: len(v) for k, v in two.by("color", kept).items()} == {
        k: len(v) for k, v in there_by_color.items()
    }
    assert list(two.by("number", kept.to_dict(as_series=False))) == list(there)
    with pytest.raises(rk.InputError, match="a lazy table of the engine"):
        two.by("color", "file.csv")


def test_an_order_may_go_on_in_later_lines_so_that_no_state_is_made_of_orders(tmp_path: Path) -> None:
    given = CALL | {"holdout_from": None, "order_id": "order", "next_state": str(tmp_path / "state")}
    with pytest.raises(rk.InputError, match="order_id must be left out beside a state"):
        rk.summarize_transactions(pl.DataFrame(shop()).lazy(), **given)


def test_orders_of_other_case_are_others_whatever_the_database_says() -> None:
    connection = duckdb.connect()
    connection.sql("CREATE TABLE t (who INTEGER, day DATE, o VARCHAR COLLATE NOCASE)")
    connection.sql("INSERT INTO t VALUES (1, '2024-01-01', 'a'), (1, '2024-01-02', 'A')")
    tx = rk.summarize_transactions(
        connection.table("t"), customer_id="who", date="day", order_id="o", unit="day"
    )
    assert tx.purchases.frequency.tolist() == [1.0]
