"""Subscription metrics meet the definitions that vendors publish, and a count done customer by customer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retainkit.metrics import (
    MRRMovements,
    Subscriptions,
    average_revenue_per_account,
    burn_multiple,
    churn_rate,
    gross_revenue_retention,
    magic_number,
    mrr_movements,
    net_revenue_retention,
    quick_ratio,
    rule_of_40,
)

MONTHS = np.arange("2024-01", "2025-07", dtype="datetime64[M]")
Row = tuple[str, int, float]


def months_table(rows: list[Row]) -> dict[str, Any]:
    """Rows (customer, month from 0 = 2024-01, mrr) as a dict of arrays."""
    ids, months, mrr = zip(*rows, strict=True)
    return {
        "customer_id": np.array(ids),
        "month": MONTHS[list(months)],
        "mrr": np.array(mrr, np.float64),
    }


def moved(rows: list[Row], *, opening: Any = "existing", **choices: Any) -> MRRMovements:
    return mrr_movements(Subscriptions.from_months(months_table(rows), opening=opening), **choices)


# ---- published definitions --------------------------------------------------------------------------


def test_retention_of_the_textbook_base_is_95_and_101_percent() -> None:
    """100 at the start, churn 4, contraction 1, expansion 6."""
    assert gross_revenue_retention(100, churn=4, contraction=1) == 0.95
    assert net_revenue_retention(100, churn=4, contraction=1, expansion=6) == 1.01
    rows = [("a", 0, 4.0), ("b", 0, 56.0), ("c", 0, 40.0), ("b", 1, 55.0), ("c", 1, 46.0), ("d", 1, 9.0)]
    one = moved(rows)
    assert (one.start[0], one.churn[0], one.contraction[0], one.expansion[0], one.new[0], one.end[0]) == (
        100.0,
        4.0,
        1.0,
        6.0,
        9.0,
        110.0,
    )
    assert one.gross_revenue_retention()[0] == 0.95
    assert one.net_revenue_retention(reactivation="excluded")[0] == 1.01


def test_mrr_churn_rates_of_the_chartmogul_example() -> None:
    """help.chartmogul.com 203359341: 100 MRR, 10 churned, 10 contracted, 10 expanded: 20% gross, 10% net."""
    rows = [("a", 0, 10.0), ("b", 0, 50.0), ("c", 0, 40.0), ("b", 1, 40.0), ("c", 1, 50.0)]
    one = moved(rows)
    assert one.revenue_churn_rate(contraction="included")[0] == 0.20
    assert 1 - one.net_revenue_retention(reactivation="included")[0] == pytest.approx(0.10, abs=1e-15)


def test_customer_churn_of_the_chartmogul_example_leaves_out_who_came_and_went() -> None:
    """help.chartmogul.com 207340419: of 100, 12 churn; one comes back and one had just joined: 10%."""
    stayed = [(f"stay{i}", m, 1.0) for i in range(89) for m in range(4)]
    lost = [(f"lost{i}", 0, 1.0) for i in range(10)]
    came_back = [("back", 0, 1.0), ("back", 3, 1.0)]
    passed = [("passing", 1, 1.0)]
    rows = stayed + lost + came_back + passed
    quarter = moved(rows, months=3, window="rolling")
    assert quarter.start_customers[0] == 100
    assert quarter.churned_customers[0] == 10
    assert quarter.customer_churn_rate()[0] == 0.10
    # Stripe counts them, in the losses and in the whole: 12 of 100 + 1 new + 1 reactivated
    added = moved(rows, months=3, window="rolling", counting="months")
    assert added.churned_customers[0] == 12
    assert added.customer_churn_rate(denominator="start-plus-new")[0] == pytest.approx(12 / 102, rel=1e-15)


def test_churn_rate_has_three_denominators() -> None:
    assert churn_rate(12, start=100) == 0.12
    assert churn_rate(12, start=100, new=20, denominator="start-plus-new") == 0.10
    assert churn_rate(12, start=100, end=140, denominator="average") == 0.10


def test_a_customer_with_a_month_without_revenue_is_reactivated() -> None:
    """Recurly 360041810792: nothing last month, but something before that."""
    one = moved([("a", 0, 10.0), ("b", 0, 5.0), ("b", 1, 5.0), ("b", 2, 5.0), ("a", 2, 12.0)])
    assert one.churn.tolist() == [10.0, 0.0]
    assert one.reactivation.tolist() == [0.0, 12.0]
    assert one.new.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("gap_limit", "reactivated"), [(None, 12.0), (3, 12.0), (2, 0.0), (0, 0.0)])
def test_a_return_after_too_long_is_new(gap_limit: int | None, reactivated: float) -> None:
    """Maxio counts a return after 90 days as new; ProfitWell never does."""
    rows = [("b", m, 5.0) for m in range(6)] + [("a", 0, 10.0), ("a", 4, 12.0)]
    month = moved(rows, reactivation_months=gap_limit)
    assert month.reactivation[3] == reactivated
    assert month.new[3] == 12.0 - reactivated


def test_ratios_of_published_examples() -> None:
    assert quick_ratio(new=20, expansion=8, contraction=3, churn=5) == 3.5
    assert average_revenue_per_account(1500, customers=5) == 300.0  # help.chartmogul.com 203359301
    assert burn_multiple(3, net_new_arr=1) == 3.0  # D. Sacks' own example
    assert rule_of_40(0.30, profit_margin=0.10) == pytest.approx(0.40, rel=1e-15)
    assert (
        magic_number(11.0, previous_quarterly_revenue=10.0, previous_sales_and_marketing=4.0) == 1.0
    )  # 4 more a year for 4 spent


def test_ratios_say_what_cannot_be_divided() -> None:
    assert quick_ratio(new=1, expansion=0, contraction=0, churn=0) == np.inf
    assert np.isnan(quick_ratio(new=0, expansion=0, contraction=0, churn=0))
    assert np.isnan(gross_revenue_retention(0, churn=0, contraction=0))
    assert burn_multiple(5, net_new_arr=-1) == np.inf
    assert np.isnan(burn_multiple(-5, net_new_arr=-1))  # cash made while shrinking buys no growth
    assert burn_multiple(-5, net_new_arr=1) == -5.0


# ---- intervals: when a subscription ends ------------------------------------------------------------


def interval(**columns: Any) -> dict[str, Any]:
    table = {"customer_id": ["a"], "start": ["2024-01-10"], "end": ["2024-03-15"], "mrr": [10.0]} | columns
    return {
        name: np.array(values, dtype=object if None in values else None) for name, values in table.items()
    }


def churned_in(subscriptions: Subscriptions) -> str:
    found = mrr_movements(subscriptions)
    (place,) = np.flatnonzero(found.churned_customers)
    return str(found.closing[place])


@pytest.mark.parametrize(
    ("end", "end_day", "month"),
    [
        ("2024-03-15", "first-without", "2024-03"),
        ("2024-04-01", "first-without", "2024-04"),  # still there on 31 March
        ("2024-03-31", "first-without", "2024-03"),
        ("2024-03-31", "last-with", "2024-04"),
        ("2024-03-30", "last-with", "2024-03"),
        ("2024-02-29", "last-with", "2024-03"),  # a leap year
    ],
)
def test_a_subscription_counts_in_a_month_if_it_is_there_on_its_last_day(
    end: str, end_day: Any, month: str
) -> None:
    table = interval(end=[end])
    assert (
        churned_in(Subscriptions.from_intervals(table, observation_end="2024-12-31", end_day=end_day))
        == month
    )


@pytest.mark.parametrize(
    ("event", "month"), [("end-of-term", "2024-04"), ("cancel", "2024-02"), ("end-of-dunning", "2024-06")]
)
def test_the_churn_event_decides_the_month(event: Any, month: str) -> None:
    table = interval(end=["2024-04-10"], notice=["2024-02-20"], given_up=["2024-06-01"])
    read = Subscriptions.from_intervals(
        table, observation_end="2024-12-31", churn_event=event, cancel="notice", dunning_end="given_up"
    )
    assert churned_in(read) == month


def test_a_missing_notice_or_retry_leaves_the_end() -> None:
    table = interval(end=["2024-04-10"], notice=[None], given_up=[None])
    for event in ("cancel", "end-of-dunning"):
        read = Subscriptions.from_intervals(
            table, observation_end="2024-12-31", churn_event=event, cancel="notice", dunning_end="given_up"
        )
        assert churned_in(read) == "2024-04"


def test_losing_one_of_two_subscriptions_is_contraction_and_the_last_is_churn() -> None:
    """ChartMogul 203299912 and Stripe count so."""
    table = interval(
        customer_id=["a", "a"],
        start=["2024-01-10"] * 2,
        end=["2024-03-15", "2024-04-15"],
        mrr=[60.0, 166.67],
    )
    one = mrr_movements(Subscriptions.from_intervals(table, observation_end="2024-05-31"))
    by_month = dict(zip(one.closing.astype(str), zip(one.contraction, one.churn, strict=True), strict=True))
    assert by_month["2024-03"] == (60.0, 0.0)
    assert by_month["2024-04"] == (0.0, 166.67)


def test_a_replaced_subscription_moves_nothing() -> None:
    """0.1 + 0.2 is 0.3 here: money is kept in whole numbers."""
    table = interval(
        customer_id=["a"] * 3,
        start=["2024-01-10", "2024-03-01", "2024-03-01"],
        end=["2024-03-01", None, None],
        mrr=[0.3, 0.1, 0.2],
    )
    one = mrr_movements(Subscriptions.from_intervals(table, observation_end="2024-05-31"))
    assert one.expanded_customers.sum() == one.contracted_customers.sum() == one.churned_customers.sum() == 0


def test_what_is_between_two_month_ends_is_unseen_and_counted() -> None:
    table = interval(
        customer_id=["a", "b"], start=["2024-01-05", "2024-01-01"], end=["2024-01-20", None], mrr=[5.0, 1.0]
    )
    read = Subscriptions.from_intervals(table, observation_end="2024-03-31")
    assert read.unseen == 1
    assert mrr_movements(read).new.sum() == 1.0


def test_observation_ends_with_the_last_whole_month() -> None:
    table = interval(start=["2024-01-10"], end=[None])
    for end, last in (("2024-04-29", "2024-03"), ("2024-04-30", "2024-04"), ("2024-04", "2024-04")):
        assert str(Subscriptions.from_intervals(table, observation_end=end).last_month) == last


def test_involuntary_losses_are_part_of_churn() -> None:
    table = interval(
        customer_id=["a", "b"],
        start=["2024-01-01"] * 2,
        end=["2024-03-15"] * 2,
        mrr=[10.0, 7.0],
        failed=[True, False],
    )
    read = Subscriptions.from_intervals(table, observation_end="2024-04-30", involuntary="failed")
    march = mrr_movements(read)
    assert (march.churn[2], march.involuntary_churn[2]) == (17.0, 10.0)
    assert (march.churned_customers[2], march.involuntary_churned_customers[2]) == (2, 1)
    rows = months_table([("a", 0, 10.0), ("b", 0, 7.0), ("c", 0, 1.0), ("c", 1, 1.0)])
    rows["failed"] = np.array([True, False, False, False])
    found = mrr_movements(Subscriptions.from_months(rows, involuntary="failed"))
    assert (found.churn[0], found.involuntary_churn[0]) == (17.0, 10.0)


def test_who_is_there_in_the_last_month_has_not_left() -> None:
    read = Subscriptions.from_months(months_table([("a", 0, 1.0), ("b", 0, 1.0), ("b", 1, 1.0)]))
    assert read.levels.month.max() == read.last_month.astype(int)
    assert (read.levels.level == 0).sum() == 1


# ---- windows ----------------------------------------------------------------------------------------


def test_calendar_windows_are_those_of_the_calendar_and_only_whole_ones() -> None:
    rows = [("a", m, 1.0) for m in range(1, 17)]  # 2024-02 ... 2025-05
    quarters = moved(rows, months=3)
    assert quarters.closing.astype(str).tolist() == ["2024-06", "2024-09", "2024-12", "2025-03"]
    assert quarters.opening.astype(str).tolist() == ["2024-03", "2024-06", "2024-09", "2024-12"]
    fiscal = moved(rows, months=12, year_begins=5)
    assert fiscal.closing.astype(str).tolist() == ["2025-04"]
    rolling = moved(rows, months=12, window="rolling")
    assert rolling.closing.astype(str).tolist() == ["2025-02", "2025-03", "2025-04", "2025-05"]


def test_the_first_month_is_an_opening_balance_or_all_new() -> None:
    rows = [("a", 0, 10.0), ("a", 1, 10.0)]
    assert moved(rows).closing.astype(str).tolist() == ["2024-02"]
    new = moved(rows, opening="new")
    assert new.closing.astype(str).tolist() == ["2024-01", "2024-02"]
    assert new.new.tolist() == [10.0, 0.0]


# ---- a count done customer by customer ---------------------------------------------------------------


def counted(
    state: dict[str, dict[int, int]], opening: int, closing: int, limit: int | None
) -> dict[str, int]:
    """The five movements of one window in cents, by the words of their definitions."""
    found: dict[str, int] = defaultdict(int)
    for paid in state.values():
        old, now = paid.get(opening, 0), paid.get(closing, 0)
        found["start"] += old
        found["end"] += now
        if old == 0 and now > 0:
            begin = closing
            while any(paid.get(m, 0) for m in range(begin)):  # walk back through breaks that are short enough
                if paid.get(begin - 1, 0):
                    begin -= 1
                    continue
                last = max(m for m in range(begin) if paid.get(m, 0))
                if limit is not None and begin - last - 1 > limit:
                    break
                begin = last
            found["new" if begin > opening else "reactivation"] += now
        elif now == 0:
            found["churn"] += old
        elif now > old:
            found["expansion"] += now - old
        else:
            found["contraction"] += old - now
    return found


cells = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), st.integers(1, 30_000), min_size=1, max_size=40
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    cells,
    st.integers(1, 4),
    st.sampled_from(["calendar", "rolling"]),
    st.one_of(st.none(), st.integers(0, 4)),
    st.randoms(use_true_random=False),
)
def test_movements_equal_a_count_by_hand(
    cells: dict[tuple[str, int], int], months: int, window: Any, limit: int | None, random: Any
) -> None:
    cells = cells | {("always", 0): 100, ("always", 9): 100}
    rows = [(c, m, cents / 100) for (c, m), cents in cells.items()]
    random.shuffle(rows)
    state: dict[str, dict[int, int]] = defaultdict(dict)
    for (customer, month), cents in cells.items():
        state[customer][month] = cents
    found = moved(rows, opening="new", months=months, window=window, reactivation_months=limit)
    assert len(found) > 0
    for place in range(len(found)):
        opening, closing = (int((m[place] - MONTHS[0]).astype(int)) for m in (found.opening, found.closing))
        by_hand = counted(state, opening, closing, limit)
        for name in ("start", "new", "expansion", "reactivation", "contraction", "churn", "end"):
            assert getattr(found, name)[place] == by_hand[name] / 100, (name, place)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.integers(0, 400),
            st.one_of(st.none(), st.integers(0, 300)),
            st.integers(0, 999),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_intervals_equal_the_sum_of_what_is_there_on_the_last_day_of_each_month(
    spans: list[tuple[str, int, int | None, int]],
) -> None:
    first = dt.date(2024, 1, 1)
    days = [first + dt.timedelta(days=s) for _, s, _, _ in spans]
    ends = [
        None if n is None else d + dt.timedelta(days=n) for d, (_, _, n, _) in zip(days, spans, strict=True)
    ]
    table = {
        "customer_id": np.array([c for c, *_ in spans]),
        "start": np.array(days, dtype="datetime64[D]"),
        "end": np.array(ends, dtype="datetime64[D]"),
        "mrr": np.array([cents / 100 for *_, cents in spans]),
    }
    read = Subscriptions.from_intervals(table, observation_end="2025-03-31")
    found = mrr_movements(read)
    for place, month in enumerate(found.closing):
        last_day = ((month + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")).item()
        paid: dict[str, int] = defaultdict(int)
        for (customer, *_, cents), start, end in zip(spans, days, ends, strict=True):
            if start <= last_day and (end is None or end > last_day):
                paid[customer] += cents
        assert found.end[place] == sum(paid.values()) / 100
        assert found.end_customers[place] == sum(1 for v in paid.values() if v)
