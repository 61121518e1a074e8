"""Cohort tables pool counts, stop at the right edge and weigh every customer alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retainkit.metrics import CohortTable, Subscriptions, cohort_table

MONTHS = np.arange("2024-01", "2025-07", dtype="datetime64[M]")
NONE = np.nan


def cohorts(rows: list[tuple[Any, int, float]], opening: Any = "new", **choices: Any) -> CohortTable:
    ids, months, mrr = zip(*rows, strict=True)
    table = {"customer_id": np.array(ids), "month": MONTHS[list(months)], "mrr": np.array(mrr, np.float64)}
    return cohort_table(Subscriptions.from_months(table, opening=opening), **choices)


# 2024-01: a stays and grows, b leaves and comes back smaller, c leaves; 2024-02: d shrinks; 2024-03: e
ROWS = [
    ("a", 0, 10.0), ("a", 1, 10.0), ("a", 2, 14.0),
    ("b", 0, 20.0), ("b", 2, 12.0),
    ("c", 0, 30.0),
    ("d", 1, 40.0), ("d", 2, 24.0),
    ("e", 2, 50.0),
]  # fmt: skip


def test_triangles_by_hand() -> None:
    table = cohorts(ROWS)
    assert table.cohort.astype(str).tolist() == ["2024-01", "2024-02", "2024-03"]
    assert table.observed.tolist() == [[3, 3, 3], [1, 1, 0], [1, 0, 0]]
    np.testing.assert_array_equal(table.customers, [[3, 1, 2], [1, 1, NONE], [1, NONE, NONE]])
    np.testing.assert_array_equal(table.net_revenue, [[60, 10, 26], [40, 24, NONE], [50, NONE, NONE]])
    np.testing.assert_array_equal(table.gross_revenue, [[60, 10, 22], [40, 24, NONE], [50, NONE, NONE]])


def test_the_right_edge_is_empty_and_not_zero() -> None:
    shares = cohorts(ROWS).retention()
    assert np.isnan(shares[1, 2]) and np.isnan(shares[2, 1:]).all()
    left = cohorts([("a", 0, 1.0), ("b", 0, 1.0), ("b", 1, 1.0), ("b", 2, 1.0)]).retention()
    np.testing.assert_array_equal(left, [[1.0, 0.5, 0.5]])  # gone is 0 of what it was, and observed


def test_averages_pool_counts_over_the_cohorts_observed() -> None:
    table = cohorts(ROWS)
    np.testing.assert_allclose(table.average_retention(), [1, 2 / 4, 2 / 3], rtol=1e-15)
    np.testing.assert_allclose(table.average_retention("net_revenue"), [1, 34 / 100, 26 / 60], rtol=1e-15)
    # the mean of the percentages, 66.7%, would weigh one customer like three
    assert table.average_retention()[1] != np.nanmean(table.retention()[:, 1])


def test_pooled_churn_compares_the_same_customers_at_two_ages() -> None:
    table = cohorts(ROWS, reactivation="excluded")
    np.testing.assert_array_equal(table.customers, [[3, 1, 1], [1, 1, NONE], [1, NONE, NONE]])
    np.testing.assert_allclose(table.pooled_churn(), [1 - 2 / 4, 1 - 1 / 1], atol=1e-15)
    # the life table's product is the survival of the oldest cohort where it alone is observed
    survival = np.cumprod(1 - cohorts(ROWS[:6], reactivation="excluded").pooled_churn())
    np.testing.assert_allclose(survival, [1 / 3, 1 / 3], rtol=1e-15)


def test_a_customer_of_the_opening_balance_has_no_known_age() -> None:
    table = cohorts(ROWS, opening="existing")
    assert table.left_out == 3
    assert table.cohort.astype(str).tolist() == ["2024-02", "2024-03"]
    assert table.observed.tolist() == [[1, 1], [1, 0]]


def test_quarterly_cohorts_follow_only_customers_observed_for_so_long() -> None:
    table = cohorts([*ROWS, ("f", 3, 5.0)], months_per_cohort=3)
    assert table.cohort.astype(str).tolist() == ["2024-01", "2024-04"]
    assert table.observed.tolist() == [[5, 5, 4, 3], [1, 0, 0, 0]]
    np.testing.assert_array_equal(table.customers[0], [5, 2, 2, 0])
    assert table.retention()[0, 2] == 2 / 4
    years = cohorts([("a", 11, 1.0), ("b", 12, 1.0), ("b", 13, 1.0)], months_per_cohort=12)
    assert years.cohort.astype(str).tolist() == ["2024-01", "2025-01"]


cells = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 8)), st.integers(1, 20_000), min_size=1, max_size=40
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(cells, st.sampled_from(["included", "excluded"]))
def test_triangles_equal_a_count_by_hand(cells: dict[tuple[int, int], int], reactivation: Any) -> None:
    table = cohorts([(c, m, cents / 100) for (c, m), cents in cells.items()], reactivation=reactivation)
    last = max(m for _, m in cells)
    by_hand: dict[tuple[int, int], list[int]] = {}
    for customer in {c for c, _ in cells}:
        paid = {m: cents for (c, m), cents in cells.items() if c == customer}
        begin = min(paid)
        for month in range(begin, last + 1):
            there = paid.get(month, 0)
            if reactivation == "excluded" and any(m not in paid for m in range(begin, month)):
                there = 0
            cell = by_hand.setdefault((begin, month - begin), [0, 0, 0, 0, 0])
            for place, value in enumerate((1, int(there > 0), paid[begin], there, min(there, paid[begin]))):
                cell[place] += value
    frame = table.to_frame()
    found = {
        (int((np.datetime64(cohort, "M") - MONTHS[0]).astype(int)), int(age)): place
        for place, (cohort, age) in enumerate(zip(frame["cohort"], frame["age"], strict=True))
    }
    assert found.keys() == by_hand.keys()
    for cell, place in found.items():
        observed, customers, initial, net, gross = by_hand[cell]
        assert frame["observed"][place] == observed
        assert frame["customers"][place] == customers
        assert frame["initial_revenue"][place] == initial / 100
        assert frame["net_revenue"][place] == net / 100
        assert frame["gross_revenue"][place] == gross / 100


def test_a_base_with_known_monthly_churn_gives_it_back() -> None:
    """Forty cohorts with 10% churn a month exactly, in customers of equal weight."""
    rows = [
        (f"{start}-{i}", month, 1.0)
        for start in range(4)
        for i in range(1000)
        for month in range(start, 18)
        if i < round(1000 * 0.9 ** (month - start), 9)
    ]
    table = cohorts(rows)
    assert table.pooled_churn()[:3] == pytest.approx([0.1, 0.1, 0.1], abs=1e-12)
    assert table.average_retention()[3] == pytest.approx(0.729, abs=1e-12)
