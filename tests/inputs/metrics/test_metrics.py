"""Subscription tables of every kind are read alike; what is wrong with one is said with a way out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from retainkit.errors import InputError
from retainkit.metrics import (
    Subscriptions,
    churn_rate,
    cohort_table,
    gross_revenue_retention,
    mrr_movements,
    net_revenue_retention,
)

ROWS: dict[str, list[Any]] = {
    "customer_id": ["b", "a", "a", "c", "b", "a"],
    "month": ["2024-01", "2024-01", "2024-02", "2024-02", "2024-03", "2024-03"],
    "mrr": [20.0, 10.5, 12.25, 7.0, 20.0, 12.25],
}
SPANS: dict[str, list[Any]] = {
    "customer_id": [1, 2, 2],
    "start": [dt.date(2024, 1, 5), dt.date(2024, 1, 9), dt.date(2024, 2, 2)],
    "end": [dt.date(2024, 3, 5), None, dt.date(2024, 2, 20)],
    "mrr": [10.0, 5.0, 3.0],
}


def kinds() -> list[str]:
    return ["dict", "pandas", "polars", "lazy", "pyarrow", "duckdb"]


def as_kind(columns: dict[str, list[Any]], kind: str) -> Any:
    if kind == "dict":
        return {k: np.array(v, dtype=object if None in v else None) for k, v in columns.items()}
    if kind == "pandas":
        frame = pytest.importorskip("pandas").DataFrame(columns)
        frame.index = [7] * len(frame)  # an index that says nothing must do no harm
        return frame
    if kind == "pyarrow":
        return pytest.importorskip("pyarrow").table(columns)
    frame = pytest.importorskip("polars").DataFrame(columns)
    if kind == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        return duckdb.from_arrow(frame.to_arrow())
    return frame.lazy() if kind == "lazy" else frame


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_of_table_gives_the_same_movements(kind: str) -> None:
    plain = mrr_movements(Subscriptions.from_months(as_kind(ROWS, "dict")))
    assert plain.end.tolist() == [19.25, 32.25]
    assert mrr_movements(Subscriptions.from_months(as_kind(ROWS, kind))).as_dict() == plain.as_dict()


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_of_table_gives_the_same_intervals(kind: str) -> None:
    found = mrr_movements(
        Subscriptions.from_intervals(as_kind(SPANS, kind), observation_end=dt.date(2024, 4, 30))
    )
    assert found.end.tolist() == [
        15.0,
        15.0,
        5.0,
        5.0,
    ]  # the third subscription is never there at a month's end
    assert found.churn.tolist() == [0.0, 0.0, 10.0, 0.0]


def written() -> dict[str, Callable[[list[str]], Any]]:
    return {
        "text of days": lambda months: [f"{m}-17" for m in months],
        "numbers of months": lambda months: [int(m.replace("-", "")) for m in months],
        "numbers of days": lambda months: [int(m.replace("-", "") + "28") for m in months],
        "dates": lambda months: [dt.date.fromisoformat(f"{m}-03") for m in months],
        "timestamps": lambda months: [dt.datetime.fromisoformat(f"{m}-28T23:59:59") for m in months],
        "with a zone": lambda months: [
            dt.datetime.fromisoformat(f"{m}-01T00:30:00").replace(tzinfo=dt.UTC) for m in months
        ],
    }


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("way", written())
def test_months_may_be_written_in_many_ways(kind: str, way: str) -> None:
    plain = mrr_movements(Subscriptions.from_months(as_kind(ROWS, "dict"))).as_dict()
    table = as_kind(ROWS | {"month": written()[way](ROWS["month"])}, kind)
    assert mrr_movements(Subscriptions.from_months(table)).as_dict() == plain


def test_pandas_periods_categories_and_decimals_are_read() -> None:
    pd = pytest.importorskip("pandas")
    plain = mrr_movements(Subscriptions.from_months(as_kind(ROWS, "dict"))).as_dict()
    frame = pd.DataFrame(ROWS)
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    frame["customer_id"] = pd.Categorical(frame["customer_id"], categories=["c", "b", "a"])
    frame["mrr"] = [Decimal(str(v)) for v in ROWS["mrr"]]
    assert mrr_movements(Subscriptions.from_months(frame)).as_dict() == plain


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars", "pyarrow"])
def test_frames_come_back_in_the_callers_kind(kind: str) -> None:
    read = Subscriptions.from_months(as_kind(ROWS, kind), opening="new")
    for frame in (mrr_movements(read).to_frame(), cohort_table(read).to_frame()):
        assert type(frame) is type(as_kind(ROWS, kind))


def test_records_print_and_go_to_json() -> None:
    read = Subscriptions.from_months(as_kind(ROWS, "dict"), opening="new")
    assert "3 customers" in repr(read)
    moved, cohorts = mrr_movements(read), cohort_table(read)
    assert json.loads(moved.model_dump_json())["end"] == [30.5, 19.25, 32.25]
    assert json.loads(cohorts.model_dump_json())["customers"] == [[2, 1, 2], [1, 0, None]]
    assert "2024-02" in str(moved) and "<td" in moved._repr_html_()
    assert "50.0%" in str(cohorts) and "<td" in cohorts._repr_html_()


def test_unpaid_rows_are_not_active_and_are_counted() -> None:
    read = Subscriptions.from_months(as_kind(ROWS | {"mrr": [20.0, 10.5, 0.0, 7.0, 20.0, 12.25]}, "dict"))
    assert read.unpaid == 1
    assert mrr_movements(read).churned_customers.tolist() == [2, 1]


def test_a_base_without_any_revenue_has_movements_of_zero() -> None:
    read = Subscriptions.from_months(as_kind(ROWS | {"mrr": [0.0] * 6}, "dict"))
    assert mrr_movements(read).end.tolist() == [0.0, 0.0]
    assert np.isnan(mrr_movements(read).gross_revenue_retention()).all()


def test_a_last_month_without_anybody_is_a_month_of_churn() -> None:
    read = Subscriptions.from_months(as_kind(ROWS, "dict"), observation_end="2024-04")
    assert mrr_movements(read).end_customers.tolist() == [2, 2, 0]


def test_repeated_rows_are_added_up_only_on_demand() -> None:
    table = as_kind(
        {"customer_id": [1, 1, 1], "month": ["2024-01", "2024-01", "2024-02"], "mrr": [0.1, 0.2, 0.3]}, "dict"
    )
    with pytest.raises(InputError) as error:
        Subscriptions.from_months(table)
    assert error.value.code == "duplicate" and "repeated='sum'" in error.value.way_out
    moved = mrr_movements(Subscriptions.from_months(table, repeated="sum"))
    assert moved.expansion.tolist() == moved.contraction.tolist() == [0.0]


BAD_MONTHS: dict[str, tuple[dict[str, Any], str, str]] = {
    "negative": ({"mrr": [20.0, -1.0, 1, 1, 1, 1]}, "mrr", "position 1"),
    "infinite": ({"mrr": [20.0, np.inf, 1, 1, 1, 1]}, "mrr", "finite"),
    "text": ({"mrr": ["1"] * 6}, "mrr", "number"),
    "missing id": ({"customer_id": ["a", None, "a", "c", "b", "d"]}, "customer_id", "missing"),
    "missing month": ({"month": ["2024-01", None, *ROWS["month"][2:]]}, "month", "missing"),
    "no month": ({"month": ["2024-13", *ROWS["month"][1:]]}, "month", "2024-13"),
    "no day": ({"month": ["2023-02-29", *ROWS["month"][1:]]}, "month", "2023-02-29"),
    "today": ({"month": ["today", *ROWS["month"][1:]]}, "month", "today"),
    "a number of seconds": ({"month": [1704067200] * 6}, "month", "YYYYMM"),
    "a fraction": ({"month": [202401.5] * 6}, "month", "YYYYMM"),
}


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars"])
@pytest.mark.parametrize("case", BAD_MONTHS)
def test_bad_rows_are_refused_by_column_and_place(kind: str, case: str) -> None:
    changed, argument, part = BAD_MONTHS[case]
    with pytest.raises(InputError) as error:
        Subscriptions.from_months(as_kind(ROWS | changed, kind))
    assert error.value.argument == argument
    assert part in str(error.value)
    assert error.value.way_out


@pytest.mark.parametrize("kind", ["dict", "pandas", "polars"])
def test_missing_money_is_refused(kind: str) -> None:
    missing = np.nan if kind == "dict" else None
    with pytest.raises(InputError) as error:
        Subscriptions.from_months(as_kind(ROWS | {"mrr": [1.0, missing, 1.0, 1.0, 1.0, 1.0]}, kind))
    assert error.value.argument == "mrr"


@pytest.mark.parametrize("kind", kinds())
def test_a_missing_column_is_named_with_the_near_one(kind: str) -> None:
    with pytest.raises(InputError) as error:
        Subscriptions.from_months(as_kind(ROWS, kind), mrr="MRR")
    assert error.value.code == "missing-column" and "'mrr'" in error.value.way_out


def test_bad_tables_are_refused() -> None:
    for table in (5, "table.csv", [1, 2], np.zeros(3)):
        with pytest.raises(InputError, match="table"):
            Subscriptions.from_months(table)
    with pytest.raises(InputError, match="at least one row"):
        Subscriptions.from_months({k: np.array([]) for k in ROWS})
    with pytest.raises(InputError, match="one length"):
        Subscriptions.from_months(as_kind(ROWS, "dict") | {"mrr": np.ones(5)})
    with pytest.raises(InputError, match="one type"):
        Subscriptions.from_months(
            as_kind(ROWS, "dict") | {"customer_id": np.array([1, "a", 2, 3, 4, 5], object)}
        )


def test_bad_intervals_are_refused() -> None:
    for changed, argument in (
        ({"end": [dt.date(2024, 1, 4), None, None]}, "end"),
        ({"start": [None, dt.date(2024, 1, 9), dt.date(2024, 2, 2)]}, "start"),
        ({"start": [dt.date(2025, 1, 4)] * 3, "end": [None] * 3}, "start"),
    ):
        with pytest.raises(InputError) as error:
            Subscriptions.from_intervals(as_kind(SPANS | changed, "polars"), observation_end="2024-04-30")
        assert error.value.argument == argument
    with pytest.raises(InputError, match="observation_end"):
        Subscriptions.from_intervals(as_kind(SPANS, "dict"), observation_end="soon")


def test_bad_choices_are_refused_with_the_near_one() -> None:
    read = Subscriptions.from_months(as_kind(ROWS, "dict"))
    spans = as_kind(SPANS, "dict")
    wrong: list[Callable[[], Any]] = [
        lambda: Subscriptions.from_months(as_kind(ROWS, "dict"), repeated="add"),  # type: ignore[arg-type]
        lambda: Subscriptions.from_months(as_kind(ROWS, "dict"), opening="old"),  # type: ignore[arg-type]
        lambda: Subscriptions.from_intervals(spans, observation_end="2024-04", churn_event="cancelled"),  # type: ignore[arg-type]
        lambda: Subscriptions.from_intervals(spans, observation_end="2024-04", churn_event="cancel"),
        lambda: Subscriptions.from_intervals(spans, observation_end="2024-04", end_day="last"),  # type: ignore[arg-type]
        lambda: mrr_movements(read, window="trailing"),  # type: ignore[arg-type]
        lambda: mrr_movements(read, counting="both"),  # type: ignore[arg-type]
        lambda: mrr_movements(read, months=0),
        lambda: mrr_movements(read, months=1.5),  # type: ignore[arg-type]
        lambda: mrr_movements(read, months=5),
        lambda: mrr_movements(read, months=12),
        lambda: mrr_movements(read, year_begins=13),
        lambda: mrr_movements(read, reactivation_months=-1),
        lambda: mrr_movements(read).net_revenue_retention(reactivation="yes"),  # type: ignore[arg-type]
        lambda: mrr_movements(read, months=2, window="rolling", counting="months").gross_revenue_retention(),
        lambda: cohort_table(read, months_per_cohort=2),  # type: ignore[arg-type]
        lambda: cohort_table(read, reactivation="no"),  # type: ignore[arg-type]
        lambda: cohort_table(read).retention("logos"),  # type: ignore[arg-type]
        lambda: cohort_table(read, months_per_cohort=3).pooled_churn(),
        lambda: churn_rate(1, start=10, denominator="start-plus-new"),
        lambda: churn_rate(1, start=10, denominator="end"),  # type: ignore[arg-type]
        lambda: gross_revenue_retention(100, churn=90, contraction=11),
        lambda: net_revenue_retention([100, 100], churn=[1, 101], contraction=0, expansion=0),
        lambda: gross_revenue_retention(-100, churn=0, contraction=0),
    ]
    for call in wrong:
        with pytest.raises(InputError) as error:
            call()
        assert error.value.argument and error.value.rule


def test_a_base_that_is_all_opening_balance_has_no_cohort() -> None:
    table = as_kind({"customer_id": [1, 1], "month": ["2024-01", "2024-02"], "mrr": [1.0, 1.0]}, "dict")
    with pytest.raises(InputError, match="opening='new'"):
        cohort_table(Subscriptions.from_months(table))


def test_ratios_take_series_and_give_series() -> None:
    pd = pytest.importorskip("pandas")
    start = pd.Series([100.0, 0.0], index=["x", "y"], name="start")
    found = gross_revenue_retention(start, churn=[4, 0], contraction=[1, 0])
    assert found.index.tolist() == ["x", "y"] and found["x"] == 0.95 and np.isnan(found["y"])


def test_amounts_too_large_or_too_small_for_exact_sums_are_refused() -> None:
    for mrr, code in ((1e16, "out-of-range"), (1e-12, "out-of-range")):
        with pytest.raises(InputError) as error:
            Subscriptions.from_months(as_kind(ROWS | {"mrr": [mrr] * 6}, "dict"))
        assert error.value.code == code


def test_a_mistyped_year_is_found() -> None:
    months = as_kind(ROWS | {"month": ["0204-01", *ROWS["month"][1:]]}, "dict")
    with pytest.raises(InputError, match="years away from all others"):
        Subscriptions.from_months(months)
    with pytest.raises(InputError, match="mistyped years"):
        Subscriptions.from_months(months, far_dates="keep")
    early = [dt.date(204, 1, 5), *SPANS["start"][1:]]
    spans = as_kind(SPANS | {"start": early}, "dict")
    with pytest.raises(InputError, match="years away from all others"):
        Subscriptions.from_intervals(spans, observation_end="2024-04-30")
    with pytest.raises(InputError, match="mistyped years"):
        Subscriptions.from_intervals(spans, observation_end="2024-04-30", far_dates="keep")
