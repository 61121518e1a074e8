"""Payback in cash: what customers of a month paid, added up line by line; what is due as a model expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import retainkit as rk

NAMES: dict[str, Any] = {"customer_id": "id", "date": "day", "amount": "eur", "unit": "week", "monthly": True}
CHANNELS = ("paid", "search")


def shop(seed: int, refunds: float = 0.1) -> Any:
    """Half a year and ten days of orders, some of them refunds."""
    rng = np.random.default_rng(seed)
    lines = 400
    day = np.datetime64("2024-01-01") + np.sort(rng.integers(0, 192, lines)).astype("timedelta64[D]")
    cents = rng.integers(100, 9000, lines) * np.where(rng.random(lines) < refunds, -1, 1)
    return pd.DataFrame({"id": rng.integers(0, 60, lines), "day": day, "eur": cents / 100.0})


def by_hand(table: Any, spend: dict[tuple[str, str], float], share: float) -> dict[Any, Any]:
    """Margin of each cohort to the end of June, and the month from which on it covers the spend."""
    day_sums = table.groupby(["id", "day"])["eur"].sum().reset_index()
    bought = day_sums[day_sums["eur"] > -1e-9]
    first = bought.groupby("id")["day"].min()
    found: dict[Any, Any] = {}
    for (month, channel), money in spend.items():
        mine = [who for who, day in first.items() if str(day)[:7] == month and CHANNELS[who % 2] == channel]
        own = day_sums[day_sums["id"].isin(mine)]
        sums = [share * own[own["day"] < f"2024-0{k + 1}-01"]["eur"].sum() for k in range(1, 7)]
        covered = [k for k in range(6) if all(s >= money - 1e-9 for s in sums[k:])]
        paid_back = np.nan if not covered else max(covered[0] - int(month[5:]) + 2.0, 1.0)
        found[month, channel] = len(mine), sums[-1], paid_back
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("refunds", ["net", "ignore"])
def test_cash_of_a_cohort_is_the_sum_of_its_lines(seed: int, refunds: Any, tmp_path: Path) -> None:
    table = shop(seed)
    counted = table[table["eur"] >= 0.0] if refunds == "ignore" else table
    spend = {(f"2024-0{m}", channel): 60.0 * m for m in (1, 2, 3) for channel in CHANNELS}
    expected = by_hand(counted, spend, 0.4)
    costs = pd.DataFrame([(m, c, v) for (m, c), v in spend.items()], columns=["month", "channel", "amount"])
    people = pd.DataFrame({"id": np.arange(60), "channel": [CHANNELS[k % 2] for k in range(60)]})
    file = tmp_path / "orders.csv"
    table.to_csv(file, index=False)
    for source in (table, file):
        tx = rk.summarize_transactions(source, refunds=refunds, **NAMES)
        found = rk.cohort_payback(tx, costs, margin_share=0.4, by=("month", "channel"), customers=people)
        for k, key in enumerate(zip(found.cohort, found.group[:, 0], strict=True)):
            people_won, margin, months = expected[tuple(map(str, key))]
            assert found.customers[k] == people_won
            assert found.margin[k] == pytest.approx(margin)
            assert found.months[k] == pytest.approx(months, nan_ok=True), key
        assert found.last_month == "2024-06"


def test_a_refund_that_takes_the_margin_below_the_spend_again_delays_the_payback() -> None:
    orders = {"id": [1, 1, 1], "day": ["2024-01-05", "2024-02-05", "2024-03-05"], "eur": [100.0, -60.0, 70.0]}
    tx = rk.summarize_transactions(orders, observation_end="2024-03-31", **NAMES)
    found = rk.cohort_payback(tx, {"month": ["2024-01"], "amount": [50.0]}, margin_share=1.0)
    assert found.months.tolist() == [3.0] and found.margin.tolist() == [110.0]


@pytest.mark.parametrize("drawn", [False, True])
def test_what_is_due_is_what_purchases_to_come_are_expected_to_bring(drawn: bool) -> None:
    rng = np.random.default_rng(5)
    ids = np.repeat(np.arange(40), 4)
    begin = np.datetime64("2024-01-01") + (ids % 60).astype("timedelta64[D]")
    orders: dict[str, Any] = {
        "id": ids,
        "day": begin + rng.integers(0, 100, ids.size).astype("timedelta64[D]"),
    }
    orders["eur"] = np.full(ids.size, 30.0)
    tx = rk.summarize_transactions(orders, observation_end="2024-07-10", **NAMES)
    r: Any = np.array([[0.3], [0.9], [2.5]]) if drawn else 0.9  # of draws the mean counts
    model = rk.BGNBD(r=r, alpha=6.0, a=0.6, b=3.0, unit="week")
    each = [model.of_draw(i) for i in range(3)] if drawn else [model]
    spend = {"month": ["2024-01", "2024-02"], "amount": [1700.0, 1e6]}
    ask: dict[str, Any] = {"margin_share": 0.5, "fit": model, "spend_per_purchase": 30.0}
    found = rk.cohort_payback(tx, spend, **ask)
    begun = np.datetime64("2024-07-10") - np.rint(tx.purchases.T * 7.0).astype("timedelta64[D]")
    january = begun.astype("datetime64[M]") == np.datetime64("2024-01")
    brought = 0.5 * 30.0 * np.isin(ids, np.asarray(tx.customers)[january]).sum()
    for k in range(1, 241):
        ahead = [one.expected_purchases(tx.purchases, k * 30.4375 / 7.0) for one in each]
        coming = np.mean(ahead, axis=0)[january].sum()
        if brought + 0.5 * 30.0 * coming >= 1700.0:
            break
    due = np.datetime64("2024-07-10") + np.timedelta64(round(k * 30.4375), "D")
    assert found.due.tolist() == [str(due)[:7], "never"]
    assert found.margin[0] == pytest.approx(brought)
    # what the month that is not over yet has brought is no payback, and due at its end
    soon = rk.cohort_payback(tx, {"month": ["2024-01"], "amount": [brought]}, **ask)
    assert np.isfinite(soon.months).all() and soon.due.tolist() == [""]
    late = {"id": [1, 1], "day": ["2024-01-05", "2024-07-04"], "eur": [30.0, 30.0]}
    tx = rk.summarize_transactions(late, observation_end="2024-07-10", **NAMES)
    soon = rk.cohort_payback(tx, {"month": ["2024-01"], "amount": [30.0]}, **ask)
    assert np.isnan(soon.months).all() and soon.due.tolist() == ["2024-07"]


def test_money_by_month_is_that_of_the_days_in_any_order_and_kept_when_asked_for() -> None:
    table = shop(3, refunds=0.0)
    tx = rk.summarize_transactions(table, **NAMES)
    money = tx.monthly
    month = table["day"].to_numpy().astype("datetime64[M]").astype(int)
    expected = table["eur"].groupby([table["id"], month]).sum()
    assert money.amount.tolist() == pytest.approx(expected.tolist())
    assert money.month.tolist() == expected.index.get_level_values(1).tolist()
    with pytest.raises(rk.InputError, match="monthly must be True") as caught:
        rk.cohort_payback(
            rk.summarize_transactions(table, customer_id="id", date="day", amount="eur", unit="week"),
            {"month": [], "amount": []},
            margin_share=1,
        )
    assert "monthly=True" in caught.value.way_out


@pytest.mark.parametrize(
    ("more", "argument"),
    [
        ({"by": ("month", "channel")}, "customers"),
        ({"fit": rk.NBD(r=1.0, alpha=1.0, unit="week")}, "spend_per_purchase"),
        ({"spend_per_purchase": 10.0}, "spend_per_purchase"),
        ({"fit": rk.NBD(r=1.0, alpha=1.0, unit="week"), "spend_per_purchase": -1.0}, "spend_per_purchase"),
        ({"fit": rk.Geometric(0.1, unit="month"), "spend_per_purchase": 1.0}, "fit"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_refused_by_name(more: dict[str, Any], argument: str) -> None:
    tx = rk.summarize_transactions(shop(1), **NAMES)
    spend = {"month": ["2024-01"], "channel": ["paid"], "amount": [1e9]}
    with pytest.raises(rk.InputError) as caught:
        rk.cohort_payback(tx, spend, margin_share=0.5, **more)
    assert caught.value.argument == argument


def test_amounts_are_needed_and_a_base_takes_none_of_it() -> None:
    with pytest.raises(rk.InputError, match="amount must be given for what is paid by month"):
        rk.summarize_transactions(shop(1), customer_id="id", date="day", unit="week", monthly=True)
    table = {"id": [1], "from": ["2024-01-01"], "to": [""], "eur": [3.0]}
    base = rk.read_subscriptions(
        table, customer_id="id", start="from", end="to", amount="eur", observation_end="2024-03-31"
    )
    with pytest.raises(rk.InputError, match="customers is for transactions"):
        rk.cohort_payback(base, {"month": ["2024-01"], "amount": [1.0]}, margin_share=0.5, customers=table)
