"""Tables worked out by hand, and calendar periods against those of pandas."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from retainkit.ingest.examples import OBSERVATION_END, simulate_subscriptions
from retainkit.ingest.subscriptions import SubscriptionSummary, summarize_subscriptions
from retainkit.ingest.subscriptions.tenure import anniversary, begun, completed
from retainkit.units import DAYS_PER


def summary(*rows: tuple[Any, ...], **options: Any) -> SubscriptionSummary:
    """Rows of id, start, end and whatever else is named."""
    names = ["id", "from", "to", *(options.get(k) for k in ("reason", "segment") if k in options)]
    table = {str(n): np.array(column) for n, column in zip(names, zip(*rows, strict=True), strict=True)}
    shared: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to", "unit": "day"}
    shared |= {"observation_end": "2024-12-31"} | options
    return summarize_subscriptions(table, **shared)


def columns(s: SubscriptionSummary) -> list[tuple[float, float, float]]:
    """Entry, duration and event of each spell."""
    r = s.renewals
    return list(zip(r.entry.tolist(), r.duration.tolist(), r.event.tolist(), strict=True))


# -- the definitions ------------------------------------------------------------------------------------


def test_duration_runs_to_the_first_day_without_the_subscription_or_to_the_last_day_seen() -> None:
    s = summary(("a", "2024-03-01", "2024-03-02"), ("b", "2024-12-01", ""), ("c", "2024-12-31", ""))
    assert columns(s) == [(0, 1, 1), (0, 30, 0), (0, 0, 0)]
    assert s.treatment.without_exposure == 1
    assert s.renewals.unit == "day" and not s.renewals.whole_periods


@pytest.mark.parametrize("unit", DAYS_PER)
def test_exact_tenure_is_days_over_the_length_of_the_unit(unit: Any) -> None:
    s = summary(("a", "2023-05-05", "2024-01-17"), unit=unit)
    assert s.renewals.duration.tolist() == [257 / DAYS_PER[unit]]


def test_customers_who_were_there_before_enter_late() -> None:
    s = summary(
        ("a", "2024-01-01", "2024-06-15"),  # there on the first day
        ("b", "2024-05-31", "2024-06-11"),  # left the day after it
        ("c", "2024-06-10", ""),  # began on it
        ("d", "2024-07-01", "2024-07-03"),
        observation_start="2024-06-10",
        observation_end="2024-07-20",
    )
    assert columns(s) == [(161, 166, 1), (10, 11, 1), (0, 40, 0), (0, 2, 1)]
    assert (s.treatment.late_entries, s.observation_start) == (2, date(2024, 6, 10))


def test_an_end_on_the_last_day_is_seen_and_one_on_the_day_after_is_not() -> None:
    rows = ("a", "2024-12-01", "2024-12-31"), ("b", "2024-12-01", "2025-01-01")
    assert columns(summary(*rows, later="censor")) == [(0, 30, 1), (0, 30, 0)]


# -- whole periods --------------------------------------------------------------------------------------


def test_a_short_month_does_not_shorten_those_after_it() -> None:
    start = np.datetime64("2023-01-31").astype(np.int64).reshape(1)
    ends = [anniversary(start, np.array([k]), "month").astype("M8[D]").astype(str)[0] for k in range(6)]
    assert ends == ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31", "2023-06-30"]
    leap = np.datetime64("2020-02-29").astype(np.int64).reshape(1)
    years = [anniversary(leap, np.array([k]), "year").astype("M8[D]").astype(str)[0] for k in (1, 4)]
    assert years == ["2021-02-28", "2024-02-29"]


@pytest.mark.parametrize(("unit", "months"), [("month", 1), ("quarter", 3), ("year", 12)])
def test_periods_of_the_calendar_are_those_of_pandas(unit: Any, months: int) -> None:
    rng = np.random.default_rng(1)
    start = np.datetime64("1999-12-15") + rng.integers(0, 1_480, 400).astype("m8[D]")
    ends = [(pd.DatetimeIndex(start) + pd.DateOffset(months=months * k)).to_numpy() for k in range(60)]
    for day in np.datetime64("2004-01-15") + np.arange(0, 100, 7).astype("m8[D]"):
        days, when = start.astype(np.int64), np.full(start.size, day).astype(np.int64)
        assert (
            completed(days, when, unit).tolist() == np.sum([end <= day for end in ends[1:]], axis=0).tolist()
        )
        assert begun(days, when, unit).tolist() == np.sum([end < day for end in ends], axis=0).tolist()


def test_those_who_left_count_the_period_they_left_in_and_the_others_those_completed() -> None:
    s = summary(
        ("a", "2024-01-31", "2024-02-29"),  # at the end of the first month
        ("b", "2024-01-31", "2024-03-01"),  # on the first day after the second began: in the second
        ("c", "2024-01-31", ""),  # 11 months on 31 December
        ("d", "2024-02-01", ""),  # 10 months, the eleventh under way
        unit="month",
        tenure="whole-periods",
    )
    assert columns(s) == [(0, 1, 1), (0, 2, 1), (0, 11, 0), (0, 10, 0)]
    assert s.renewals.whole_periods


def test_a_period_counts_only_if_all_of_it_was_watched() -> None:
    options: dict[str, Any] = {"unit": "month", "tenure": "whole-periods", "observation_start": "2024-03-10"}
    s = summary(
        ("a", "2024-01-01", "2024-03-20"),  # left in the third month, begun before the window: unknown risk
        ("b", "2024-01-01", "2024-04-02"),  # left in the fourth
        ("c", "2024-01-10", "2024-04-10"),  # the window begins with the third
        ("d", "2024-06-01", "2024-08-15"),  # left in the third month, which the window cuts off
        ("e", "2024-06-01", ""),
        observation_end="2024-08-20",
        **options,
    )
    assert columns(s) == [(2, 2, 0), (3, 4, 1), (2, 3, 1), (0, 2, 0), (0, 2, 0)]
    t = s.treatment
    assert (t.left_in_first_period, t.left_in_last_period, t.left, t.still_there) == (1, 1, 2, 1)


def test_renewals_are_watched_from_the_next_one_on() -> None:
    s = summary(
        ("a", "2024-01-01", "2024-04-01"),
        ("b", "2024-01-10", "2024-04-10"),
        ("c", "2024-02-20", ""),
        unit="month",
        tenure="renewals",
        observation_start="2024-03-10",
        observation_end="2024-05-19",
    )
    assert columns(s) == [(2, 3, 1), (2, 3, 1), (0, 2, 0)]


# -- several lines of a customer ------------------------------------------------------------------------

BACK = (
    ("a", "2024-01-01", "2024-01-11"),
    ("a", "2024-01-11", "2024-02-10"),  # goes on without a gap
    ("a", "2024-03-01", "2024-03-31"),  # comes back after 20 days
    ("b", "2024-12-01", ""),
)


def test_coming_back_begins_a_new_spell_or_goes_on_with_the_old_one() -> None:
    new = summary(*BACK, reactivation="new-spell")
    assert columns(new) == [(0, 40, 1), (0, 30, 1), (0, 30, 0)]
    assert new.customers.tolist() == ["a", "a", "b"]
    assert (new.treatment.touching_lines, new.treatment.returns, new.treatment.gaps) == (1, 1, 0)
    same = summary(*BACK, reactivation="same-customer")
    assert columns(same) == [(0, 90, 1), (0, 30, 0)]
    t = same.treatment
    assert (t.touching_lines, t.gaps, t.gap_days, t.returns, t.customers) == (1, 1, 20, 0, 2)


def test_who_is_away_on_the_first_day_is_watched_from_the_return_on() -> None:
    s = summary(*BACK, reactivation="same-customer", observation_start="2024-02-20")
    assert columns(s) == [(60, 90, 1), (0, 30, 0)]
    s = summary(*BACK, reactivation="new-spell", observation_start="2024-02-20", earlier="leave-out")
    assert columns(s) == [(0, 30, 1), (0, 30, 0)]
    assert s.treatment.ended_before == 1


def test_the_reason_of_a_spell_is_that_of_its_last_line() -> None:
    rows = ("a", "2024-01-01", "2024-02-01", "upgrade"), ("a", "2024-02-01", "2024-03-01", "price")
    s = summary(*rows, reason="why", reactivation="new-spell")
    assert (s.renewals.reasons, columns(s)) == (("price",), [(0, 60, 1)])
    assert s.treatment.superseded_reasons == 1


def test_a_spell_of_no_length_counts_as_a_day_if_asked() -> None:
    day = "2024-01-05"
    rows = ("a", day, day), ("b", day, day), ("b", day, "2024-01-09")
    s = summary(*rows, zero_length="count-as-a-day", reactivation="new-spell")
    assert columns(s) == [(0, 1, 1), (0, 4, 1)]
    assert (s.treatment.zero_length, s.treatment.touching_lines) == (2, 1)


# -- reasons and segments -------------------------------------------------------------------------------

WHY = (
    (1, "2024-01-01", "2024-01-11", "price", "pro"),
    (2, "2024-01-01", "2024-01-21", "card", "basic"),
    (3, "2024-12-30", "", "", "pro"),
)


def test_reasons_are_sorted_or_in_the_order_that_is_asked() -> None:
    s = summary(*WHY, reason="why", segment="plan")
    assert (s.renewals.reasons, s.renewals.event.tolist()) == (("card", "price"), [2, 1, 0])
    s = summary(*WHY, reason="why", segment="plan", reasons=("price", "moved", "card"))
    assert (s.renewals.reasons, s.renewals.event.tolist()) == (("price", "moved", "card"), [1, 3, 0])


def test_codes_of_reasons_are_places_in_the_names() -> None:
    rows = [(*row[:3], code) for row, code in zip(WHY, (2, 1, 0), strict=True)]
    s = summary(*rows, reason="why", reasons=("voluntary", "payment failed"))
    assert s.renewals.event.tolist() == [2, 1, 0]
    assert summary(*rows, reason="why").renewals.reasons == ("1", "2")


def test_each_segment_has_its_own_renewals() -> None:
    s = summary(*WHY, reason="why", segment="plan")
    assert s.segments == ("basic", "pro")
    assert {name: r.duration.tolist() for name, r in s.by_segment.items()} == {"basic": [20], "pro": [10, 1]}
    pro = s.by_segment["pro"]
    assert (pro.reasons, pro.event.tolist(), pro.unit) == (("card", "price"), [2, 0], "day")


def test_numbers_sort_as_numbers() -> None:
    s = summary(*((k, "2024-01-01", "", size) for k, size in enumerate((10, 9, 10))), segment="seats")
    assert (s.segments, s.segment.tolist()) == (("9", "10"), [1, 0, 1])  # type: ignore[union-attr]


def test_frames_hold_names_of_reasons_and_segments() -> None:
    table = pl.DataFrame(WHY, schema=["id", "from", "to", "why", "plan"], orient="row")
    s = summarize_subscriptions(
        table,
        customer_id="id",
        start="from",
        end="to",
        reason="why",
        segment="plan",
        observation_end="2024-12-31",
        unit="day",
    )
    assert s.to_frame().rows() == [
        (1, date(2024, 1, 1), 10.0, 2, 0.0, "price", "pro"),
        (2, date(2024, 1, 1), 20.0, 1, 0.0, "card", "basic"),
        (3, date(2024, 12, 30), 1.0, 0, 0.0, "", "pro"),
    ]


# -- what it says ---------------------------------------------------------------------------------------


def test_the_summary_says_what_it_did_in_sentences() -> None:
    s = summary(
        *((*row, "basic" if row[0] == "a" else "pro") for row in BACK),
        ("c", "2025-02-01", "", "pro"),
        segment="plan",
        reactivation="same-customer",
        later="censor",
        unit="week",
        observation_start="2024-01-09",
    )
    assert str(s) == (
        "SubscriptionSummary of 2 customers\n"
        "  observation: 2024-01-09 to 2024-12-31, both included\n"
        "  duration: exact, in weeks of 7 days, from the start to the first day without the subscription\n"
        "  left: 1; 1 still there\n"
        "  late entries: 1 began before they were watched and count from their tenure by then\n"
        "  segments: basic 1, pro 1\n"
        "  5 lines read: 2 spells of 2 customers\n"
        "    1 line joined with the one that it follows without a gap\n"
        "    1 gap counted as tenure, 20 days in all\n"
        "    1 line left out: starting after the observation"
    )
    assert ">Subscriptions of 2 customers</caption>" in s._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert s.treatment.as_dict()["gap_days"] == 20


def test_whole_periods_are_named_as_such() -> None:
    s = summary(*WHY, reason="why", segment="plan", unit="month", tenure="whole-periods")
    assert "duration: whole months of the calendar: the one in or after which a customer left" in str(s)
    assert "left: 2 (card 1, price 1); 1 still there" in str(s)


# -- extremes that have an answer -----------------------------------------------------------------------


def test_everyone_still_there_and_everyone_gone_at_once_are_answers() -> None:
    there = summary(("a", "2024-12-01", ""), ("b", "2024-11-01", ""))
    assert there.renewals.churned == 0
    assert there.renewals.missing_evidence() is not None
    rows = ("a", "2024-01-31", "2024-02-29"), ("b", "2024-05-01", "2024-05-02")
    gone = summary(*rows, unit="month", tenure="whole-periods")
    assert columns(gone) == [(0, 1, 1), (0, 1, 1)]


def test_a_column_of_ends_may_be_empty_whatever_its_type() -> None:
    table = pl.DataFrame({"id": [1, 2], "from": ["2024-01-01"] * 2, "to": [None, None]})
    arguments: dict[str, Any] = {"customer_id": "id", "start": "from", "end": "to"}
    arguments["observation_end"] = "2024-12-31"
    arrays = {name: np.array(table[name].to_list()) for name in table.columns}
    for source in (table, table.to_pandas(), table.to_arrow(), arrays):
        assert summarize_subscriptions(source, **arguments).renewals.churned == 0
    table = table.with_columns(to=pl.lit(float("nan")))
    assert summarize_subscriptions(table, **arguments).renewals.churned == 0


def test_everyone_still_there_has_no_reasons() -> None:
    s = summary((1, "2024-01-01", "", ""), reason="why")
    assert s.renewals.reasons == ()


# -- the simulated table --------------------------------------------------------------------------------


def test_the_simulated_table_is_sound_and_renews_by_the_month() -> None:
    table = simulate_subscriptions(customers=500, seed=2)
    again = simulate_subscriptions(customers=500, seed=2)
    assert all(np.array_equal(table[k].astype(str), again[k].astype(str)) for k in table)
    s = summarize_subscriptions(
        table,
        customer_id="customer_id",
        start="start",
        end="end",
        reason="reason",
        segment="plan",
        tenure="renewals",
        observation_end=OBSERVATION_END,
    )
    assert (s.segments, s.renewals.reasons) == (("basic", "pro"), ("payment failed", "voluntary"))
    assert s.treatment.left == int((~np.isnat(table["end"])).sum())
