"""Movements balance to the cent, and the ways to count them agree where they must."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retainkit.metrics import (
    MRRMovements,
    Subscriptions,
    average_revenue_per_account,
    burn_multiple,
    churn_rate,
    cohort_table,
    gross_revenue_retention,
    magic_number,
    mrr_movements,
    net_revenue_retention,
    quick_ratio,
    rule_of_40,
)
from retainkit.metrics.movements import Counting, WindowKind


def random_table(seed: int, customers: int = 400, months: int = 30) -> dict[str, NDArray[Any]]:
    """Customers who begin, leave, come back and change what they pay, in cents."""
    rng = np.random.default_rng(seed)
    code, month = np.meshgrid(np.arange(customers), np.arange(months), indexing="ij")
    spells = rng.integers(0, months, (customers, 4))
    spells.sort(axis=1)
    a, b, c, d = (spells[:, [i]] for i in range(4))
    there = ((month >= a) & (month < b)) | ((month >= c) & (month < d))
    cents = rng.integers(1, 100_000, (customers, months))
    keep = rng.random((customers, months)) < 0.7
    for m in range(1, months):
        cents[:, m] = np.where(keep[:, m], cents[:, m - 1], cents[:, m])
    order = rng.permutation(int(there.sum()))
    return {
        "customer_id": code[there][order],
        "month": (np.datetime64("2022-01", "M") + month[there].astype("m8[M]"))[order],
        "mrr": (cents[there] / 100)[order],
    }


def cents(values: NDArray[Any]) -> NDArray[np.int64]:
    return np.rint(np.asarray(values) * 100).astype(np.int64)


def balance(found: MRRMovements) -> None:
    left = cents(found.start) + cents(found.new) + cents(found.expansion) + cents(found.reactivation)
    np.testing.assert_array_equal(cents(found.end), left - cents(found.contraction) - cents(found.churn))
    people = (
        found.start_customers + found.new_customers + found.reactivated_customers - found.churned_customers
    )
    np.testing.assert_array_equal(found.end_customers, people)


CHOICES: list[dict[str, Any]] = [
    {},
    {"months": 3},
    {"months": 12, "window": "rolling"},
    {"months": 7, "window": "rolling", "counting": "months"},
    {"months": 3, "counting": "months", "reactivation_months": 2},
    {"months": 12, "year_begins": 4, "reactivation_months": 0},
]


@pytest.mark.parametrize("choices", CHOICES, ids=str)
@pytest.mark.parametrize("opening", ["existing", "new"])
def test_the_end_is_the_start_and_what_moved_to_the_cent(choices: dict[str, Any], opening: Any) -> None:
    found = mrr_movements(Subscriptions.from_months(random_table(1), opening=opening), **choices)
    for name in ("start", "new", "expansion", "reactivation", "contraction", "churn", "end"):
        total = getattr(found, name)
        np.testing.assert_array_equal(total, cents(total) / 100)  # the float nearest to whole cents
    balance(found)
    assert found.churn.sum() > 0 and found.expansion.sum() > 0 and found.new.sum() > 0


def test_amounts_without_an_exact_decimal_balance_too() -> None:
    table = random_table(2)
    table["mrr"] = table["mrr"] / 12  # a twelfth of a yearly price
    found = mrr_movements(Subscriptions.from_months(table))
    billionths = {
        name: np.rint(getattr(found, name) * 1e9).astype(np.int64)
        for name in ("start", "new", "expansion", "reactivation", "contraction", "churn", "end")
    }
    gained = billionths["new"] + billionths["expansion"] + billionths["reactivation"]
    lost = billionths["contraction"] + billionths["churn"]
    np.testing.assert_array_equal(billionths["end"], billionths["start"] + gained - lost)
    np.testing.assert_allclose(
        found.end[-1], table["mrr"][table["month"] == found.closing[-1]].sum(), rtol=1e-9
    )


def test_every_end_is_the_next_start() -> None:
    read = Subscriptions.from_months(random_table(3))
    ways: list[dict[str, Any]] = [{}, {"months": 3}, {"months": 3, "counting": "months"}]
    for choices in ways:
        found = mrr_movements(read, **choices)
        np.testing.assert_array_equal(found.end[:-1], found.start[1:])
        np.testing.assert_array_equal(found.end_customers[:-1], found.start_customers[1:])


def test_windows_of_one_month_do_not_depend_on_how_they_are_counted_or_aligned() -> None:
    read = Subscriptions.from_months(random_table(4))
    plain = mrr_movements(read).as_dict()
    windows: tuple[WindowKind, ...] = ("calendar", "rolling")
    countings: tuple[Counting, ...] = ("ends", "months")
    for window in windows:
        for counting in countings:
            other = mrr_movements(read, window=window, counting=counting).as_dict()
            assert {k: v for k, v in other.items() if k not in ("window", "counting")} == {
                k: v for k, v in plain.items() if k not in ("window", "counting")
            }


def test_added_months_are_the_sums_of_the_months() -> None:
    read = Subscriptions.from_months(random_table(5))
    month, quarter = mrr_movements(read), mrr_movements(read, months=3, counting="months")
    for place in range(len(quarter)):
        inside = (month.closing > quarter.opening[place]) & (month.closing <= quarter.closing[place])
        assert inside.sum() == 3
        for name in ("new", "expansion", "reactivation", "contraction", "churn"):
            assert cents(getattr(quarter, name)[place]) == cents(getattr(month, name)[inside]).sum()


def test_gross_retention_is_at_most_1_and_net_adds_expansion() -> None:
    found = mrr_movements(Subscriptions.from_months(random_table(6)), months=12, window="rolling")
    gross = found.gross_revenue_retention()
    assert (gross <= 1).all() and (gross >= 0).all()
    net = found.net_revenue_retention(reactivation="excluded")
    np.testing.assert_allclose(net - gross, found.expansion / found.start, rtol=1e-12)
    with_returns = found.net_revenue_retention(reactivation="included")
    np.testing.assert_allclose(with_returns - net, found.reactivation / found.start, atol=1e-15)


def test_the_order_of_rows_changes_nothing() -> None:
    table = random_table(7)
    order = np.random.default_rng(8).permutation(table["mrr"].size)
    one = mrr_movements(Subscriptions.from_months(table)).as_dict()
    assert mrr_movements(Subscriptions.from_months({k: v[order] for k, v in table.items()})).as_dict() == one


def test_intervals_and_their_months_say_the_same() -> None:
    """The same base told by subscriptions and by one row per month gives the same movements."""
    rng = np.random.default_rng(9)
    n = 500
    start = np.datetime64("2022-01-01") + rng.integers(0, 500, n).astype("m8[D]")
    end = start + rng.integers(0, 500, n).astype("m8[D]")
    open_end = rng.random(n) < 0.3
    table = {
        "customer_id": rng.integers(0, 200, n),
        "start": start,
        "end": np.where(open_end, np.datetime64("NaT", "D"), end),
        "mrr": rng.integers(1, 9999, n) / 100,
    }
    months = np.arange("2022-01", "2024-07", dtype="datetime64[M]")
    last_days: Any = (months + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    which, when = np.nonzero((start[:, None] <= last_days) & (open_end | (end > last_days[:, None])).T)
    rows = {"customer_id": table["customer_id"][which], "month": months[when], "mrr": table["mrr"][which]}
    by_span = mrr_movements(Subscriptions.from_intervals(table, observation_end="2024-06-30"))
    by_month = mrr_movements(
        Subscriptions.from_months(rows, repeated="sum", opening="new", observation_end="2024-06")
    )
    assert by_span.as_dict() == by_month.as_dict()
    assert by_span.reactivated_customers.sum() > 0


def test_cohorts_and_movements_count_the_same_base() -> None:
    read = Subscriptions.from_months(random_table(10), opening="new")
    cohorts, months = cohort_table(read), mrr_movements(read)
    cells = cohorts.to_frame()
    at = np.array(cells["cohort"], "datetime64[M]") + np.asarray(cells["age"])
    for place, month in enumerate(months.closing):
        assert cents(cells["net_revenue"][at == month]).sum() == cents(months.end[place])
        assert cells["customers"][at == month].sum() == months.end_customers[place]
        began = (at == month) & (cells["age"] == 0)
        assert cents(cells["net_revenue"][began]).sum() == cents(months.new[place])


def test_gross_cohort_revenue_is_no_more_than_net_or_the_beginning() -> None:
    table = cohort_table(Subscriptions.from_months(random_table(11), opening="new"))
    seen = table.observed > 0
    assert (table.gross_revenue[seen] <= table.net_revenue[seen] + 1e-9).all()
    assert (table.gross_revenue[seen] <= table.initial_revenue[seen] + 1e-9).all()
    np.testing.assert_array_equal(table.retention("gross_revenue")[:, 0], 1.0)


RATIOS: dict[str, Any] = {
    "gross": lambda a, b, c, d, e: gross_revenue_retention(a + b + c, churn=b, contraction=c),
    "net": lambda a, b, c, d, e: net_revenue_retention(
        a + b + c, churn=b, contraction=c, expansion=d, reactivation=e
    ),
    "churn": lambda a, b, c, d, e: churn_rate(b, start=a),
    "churn of more": lambda a, b, c, d, e: churn_rate(b, start=a, new=c, denominator="start-plus-new"),
    "quick": lambda a, b, c, d, e: quick_ratio(new=a, expansion=b, contraction=c, churn=d, reactivation=e),
    "arpa": lambda a, b, c, d, e: average_revenue_per_account(a, customers=b),
    "magic": lambda a, b, c, d, e: magic_number(
        a, previous_quarterly_revenue=b, previous_sales_and_marketing=c
    ),
    "burn": lambda a, b, c, d, e: burn_multiple(a, net_new_arr=b - c),
    "rule": lambda a, b, c, d, e: rule_of_40(a - b, profit_margin=c),
}


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_of_numbers_is_the_ratio_of_columns(name: str) -> None:
    """Plain numbers take a way of their own; zeros and whole numbers take it too, or leave it."""
    rng = np.random.default_rng(12)
    for values in rng.choice([0, 1, 2, 0.5, 3.25, 1e-300, 1e12], (200, 5)).tolist():
        columns = RATIOS[name](*(np.array([v]) for v in values))
        alone = RATIOS[name](*values)
        assert type(alone) is float
        np.testing.assert_array_equal([alone], columns)
