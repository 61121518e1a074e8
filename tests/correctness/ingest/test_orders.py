"""Orders, refunds and currencies: the summary is what reading row by row says, for every kind of table."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from shops import shop_with_orders

import retainkit as rk

CONNECTION = duckdb.connect()
SPLIT = "2024-08-01"
CALL: dict[str, Any] = {
    "in_memory": True,
    "customer_id": "who",
    "date": "day",
    "amount": "pieces * price",
    "unit": "day",
}


def tables(table: dict[str, list[Any]], folder: Path) -> dict[str, Any]:
    frame = pl.DataFrame(table)
    frame.write_csv(folder / "t.csv")
    frame.write_parquet(folder / "t.parquet")
    return {
        "dict": table,
        "pandas": pd.DataFrame(table),
        "polars": frame,
        "duckdb": CONNECTION.from_arrow(frame.to_arrow()),
        "csv": folder / "t.csv",
        "parquet": folder / "t.parquet",
    }


def by_hand(
    table: dict[str, list[Any]], *, by_order: bool, cancel: bool, window: int | None, whole: bool = True
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Row by row: who → frequency, recency, mean value of the repeat purchases; and the counts."""
    orders: dict[Any, list[tuple[int, float]]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    for row in rows:
        day = int(np.datetime64(row["day"]).astype(int))
        late = row["day"] >= SPLIT
        if late and not whole:
            continue
        if row["who"] is None:
            counts["missing_id_lines"] += 1
            continue
        orders[row["who"], late, row["order"] if by_order else day].append(
            (day, row["pieces"] * row["price"])
        )
    if by_order:
        counts["duplicate_lines"] = sum(len(lines) - len(set(lines)) for lines in orders.values())
    net = {
        key: (min(d for d, _ in lines), round(sum(m for _, m in lines), 6)) for key, lines in orders.items()
    }
    gone = cancelled(orders, net, window) if cancel else set[Any]()
    if cancel:
        counts["cancelled_orders"] = sum(max(m for _, m in orders[key]) > 0 for key in gone)
        counts["cancelled_lines"] = sum(len(orders[key]) for key in gone)
    days: dict[tuple[str, int], float] = defaultdict(float)
    for key in net.keys() - gone:
        days[key[0], net[key][0]] += net[key][1]
    return histories(days), dict(counts)


def cancelled(orders: dict[Any, Any], net: dict[Any, tuple[int, float]], window: int | None) -> set[Any]:
    gone = {key for key, (_, total) in net.items() if total == 0 and min(m for _, m in orders[key]) < 0}
    refunds = [key for key in net if net[key][1] < 0] if window is not None else []
    for key in sorted(refunds, key=lambda k: net[k][0]):
        day, total = net[key]
        fits = [
            (net[k][0], k)
            for k in net
            if k[:2] == key[:2]
            and k not in gone
            and net[k][1] == -total
            and 0 <= day - net[k][0] <= (window or 0)
        ]
        if fits:
            gone |= {key, max(fits, key=lambda fit: fit[0])[1]}
    return gone


def histories(days: dict[tuple[str, int], float]) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {}
    for who in sorted({who for who, _ in days}):
        mine = sorted((day, round(money, 6)) for (w, day), money in days.items() if w == who)
        bought = [(day, money) for day, money in mine if money >= 0]
        if not bought:
            continue
        first, repeats = bought[0][0], len(bought) - 1
        second = bought[1][0] if repeats else None
        money = sum(m for day, m in mine if second is not None and day >= second)
        told[who] = [repeats, bought[-1][0] - first, money / repeats if repeats else 0.0]
    return told


def told(tx: rk.ingest.TransactionSummary) -> dict[str, list[float]]:
    columns = (tx.purchases.frequency, tx.purchases.recency, tx.monetary_value)
    rows = np.column_stack([np.asarray(column) for column in columns]).tolist()
    return dict(zip(rk.tables.to_list(tx.customers), rows, strict=True))


POLICIES: dict[str, dict[str, Any]] = {
    "orders": {"order_id": "order"},
    "cancelled by order": {"order_id": "order", "refunds": "cancel"},
    "cancelled by order or amount": {"order_id": "order", "refunds": "cancel", "refund_window": 30},
    "cancelled by amount": {"refunds": "cancel", "refund_window": 45},
    "on the same day": {"refunds": "cancel", "refund_window": 0},
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("policy", POLICIES)
def test_orders_are_settled_as_row_by_row(policy: str, seed: int, tmp_path: Path) -> None:
    shop, given = shop_with_orders(seed=seed), POLICIES[policy]
    rules: dict[str, Any] = {
        "by_order": "order_id" in given,
        "cancel": "refunds" in given,
        "window": given.get("refund_window"),
    }
    expected, counts = by_hand(shop, **rules)
    before, _ = by_hand(shop, **rules, whole=False)
    assert rules["window"] in (None, 0) or counts["cancelled_orders"] > 5
    for kind, table in tables(shop, tmp_path).items():
        tx = rk.summarize_transactions(table, **CALL, missing_ids="drop", holdout_from=SPLIT, **given)
        found, treatment = told(tx), tx.treatment.as_dict()
        assert list(found) == list(expected), kind
        for who, row in expected.items():
            assert found[who] == pytest.approx(row, rel=1e-9, abs=1e-6), (kind, who)
        assert {k: treatment[k] for k in counts} == counts
        assert treatment["lines"] == len(shop["who"])
        assert tx.calibration is not None
        early = told(tx.calibration)
        assert {who: row[:2] for who, row in early.items()} == {who: row[:2] for who, row in before.items()}
        tracked = [who for who in early if who in found]
        assert list(early) == tracked and tx.holdout is not None and len(tx.holdout) == len(early)


def test_the_counts_are_told_in_sentences() -> None:
    shop = shop_with_orders(seed=1)
    tx = rk.summarize_transactions(
        shop, **CALL, missing_ids="drop", order_id="order", refunds="cancel", refund_window=30
    )
    said, t = str(tx.treatment), tx.treatment
    assert f"{t.cancelled_lines} lines left out: of {t.cancelled_orders} orders refunded in full" in said
    assert f"{t.duplicate_lines} lines like another of the same order" in said


MONEY: dict[str, list[Any]] = {
    "who": ["a", "a", "a", "b", "b"],
    "day": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-02-10", "2024-03-05"],
    "eur": [10.0, 20.0, 30.0, 40.0, 50.0],
    "in": ["EUR", "USD", "USD", "EUR", "GBP"],
}
RATES = {
    "currency": ["EUR", "USD", "USD", "GBP"],
    "date": ["2024-01-01", "2024-01-15", "2024-03-01", "2024-03-05"],
    "rate": [1.0, 0.9, 0.95, 1.2],
}
PAID: dict[str, Any] = {"customer_id": "who", "date": "day", "amount": "eur", "unit": "day", "currency": "in"}
PAID["in_memory"] = True  # orders and currencies go by lines, which an engine has in no order


@pytest.mark.slow
def test_currencies_are_converted_at_the_rate_of_their_day_and_several_are_refused(tmp_path: Path) -> None:
    for table in tables(MONEY, tmp_path).values():
        tx = rk.summarize_transactions(table, **PAID, exchange_rates=RATES)
        assert told(tx)["a"] == pytest.approx([2, 60, (20 * 0.9 + 30 * 0.95) / 2])
        assert told(tx)["b"] == pytest.approx([1, 24, 60.0])
        with pytest.raises(rk.InputError, match="cannot be added up") as caught:
            rk.summarize_transactions(table, **PAID)
        assert "currency must be one and the same" in str(caught.value) and "'USD' at position 1" in str(
            caught.value
        )
        one = rk.summarize_transactions(table, **PAID, where="`in` == 'USD'")
        assert one.purchases.frequency.tolist() == [1.0]
        late = {**RATES, "date": ["2024-01-01", "2024-02-02", "2024-03-01", "2024-03-05"]}
        unknown = {name: column[:3] for name, column in RATES.items()}
        for rates, row in ((late, "'USD' at position 1"), (unknown, "'GBP' at position 4")):
            with pytest.raises(
                rk.InputError, match="currency must have a rate on the day of each line"
            ) as caught:
                rk.summarize_transactions(table, **PAID, exchange_rates=rates)
            assert "(1 of 5 lines in column 'in' break this)" in str(caught.value) and row in str(
                caught.value
            )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no window": ({"refunds": "cancel"}, "refund_window must be given where nothing but the amount tells"),
    "no amounts": (
        {"refunds": "cancel", "amount": None, "currency": None},
        "amount must be given where refunded",
    ),
    "a window of nothing": ({"refund_window": 9}, "refund_window has no meaning unless refunded orders"),
    "a broken window": ({"refunds": "cancel", "refund_window": 1.5}, "must be a whole number of days"),
    "a negative window": ({"refunds": "cancel", "refund_window": -1}, "must be a whole number of days"),
    "rates of nothing": ({"currency": None, "exchange_rates": RATES}, "currency must name the column"),
    "money of nothing": ({"amount": None}, "amount must be given beside the currency"),
    "a rate of 0": ({"exchange_rates": {**RATES, "rate": [1, 0, 1, 1]}}, "rate must be above 0"),
    "a rate twice": (
        {"exchange_rates": {**RATES, "date": ["2024-01-01"] * 4}},
        "one rate for each currency and day",
    ),
    "no rates": ({"exchange_rates": {"currency": ["EUR"], "rate": [1]}}, "exchange_rates must name a column"),
    "no order": ({"order_id": "no"}, "order_id must name a column of the table, got 'no'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_refused(case: str) -> None:
    given, said = WRONG[case]
    with pytest.raises(rk.InputError) as caught:
        rk.summarize_transactions(MONEY, **PAID | given)
    assert said in str(caught.value)


def test_a_line_without_an_order_or_a_currency_is_refused_everywhere(tmp_path: Path) -> None:
    asked: dict[str, dict[str, Any]] = {"order": {"order_id": "order"}, "in": {"currency": "in"}}
    for column, call in asked.items():
        gap = {**MONEY, "order": ["1"] * 5} | {column: ["EUR", "EUR", None, "EUR", "EUR"]}
        for table in tables(gap, tmp_path).values():
            given: Any = PAID | {"currency": None} | call
            with pytest.raises(rk.InputError, match=rf"not be missing \(1 of 5 lines in column '{column}'"):
                rk.summarize_transactions(table, **given)
