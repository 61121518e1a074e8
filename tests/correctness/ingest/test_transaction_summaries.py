"""Transaction tables: the numbers of lifetimes 0.11.3 on its own data, and every definition by hand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.ingest import TransactionSummary, load_cdnow
from retainkit.ingest.transactions.plan import Refunds
from retainkit.typing import Unit

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifetimes.utils import calibration_and_holdout_data, summary_data_from_transaction_data

CONNECTION = duckdb.connect()
CDNOW: dict[str, Any] = {"customer_id": "customer_id", "date": "date", "amount": "dollar_value"}


def lifetimes_summary(frame: pd.DataFrame, *columns: str, **options: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return summary_data_from_transaction_data(frame, *columns, freq="D", freq_multiplier=7, **options)


def values(summary: TransactionSummary) -> np.ndarray:
    assert summary.monetary_value is not None
    return summary.monetary_value


def as_relation(columns: dict[str, Any]) -> Any:
    return CONNECTION.from_arrow(pa.table(columns))


def as_parquet(columns: dict[str, Any], folder: Path) -> Path:
    pl.DataFrame(columns).write_parquet(folder / "table.parquet")
    return folder / "table.parquet"


def as_csv(columns: dict[str, Any], folder: Path) -> str:
    pl.DataFrame(columns).write_csv(folder / "table.csv")
    return str(folder / "table.csv")


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: columns,
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "polars": lambda columns, _: pl.DataFrame(columns),
    "polars-lazy": lambda columns, _: pl.LazyFrame(columns),
    "pyarrow": lambda columns, _: pa.table(columns),
    "duckdb": lambda columns, _: as_relation(columns),
    "parquet": as_parquet,
    "csv": as_csv,
}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["master", "sample"])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_lifetimes_on_cdnow_in_every_kind_of_table(kind: str, which: Any, tmp_path: Path) -> None:
    columns = load_cdnow(which)
    theirs = lifetimes_summary(pd.DataFrame(columns), "customer_id", "date", "dollar_value")
    ours = rk.summarize_transactions(KINDS[kind](columns, tmp_path), **CDNOW, unit="week", in_memory=True)
    assert np.array_equal(np.asarray(ours.customers), theirs.index)
    assert np.array_equal(ours.purchases.frequency, theirs["frequency"])
    assert np.array_equal(ours.purchases.recency, theirs["recency"])
    assert np.array_equal(ours.purchases.T, theirs["T"])
    np.testing.assert_allclose(values(ours), theirs["monetary_value"], rtol=1e-12, atol=0)


@pytest.mark.parametrize("reader", [pd.read_csv, pl.read_csv, str], ids=["pandas", "polars", "path"])
def test_equals_lifetimes_on_its_example_transactions(reader: Callable[[str], Any]) -> None:
    files = distribution("lifetimes").files or []
    path = str(next(f for f in files if f.name == "example_transactions.csv").locate())
    theirs = lifetimes_summary(pd.read_csv(path), "id", "date", observation_period_end="2014-12-31")
    ours = rk.summarize_transactions(
        reader(path), customer_id="id", date="date", unit="week", observation_end="2014-12-31"
    )
    assert np.array_equal(np.asarray(ours.customers), theirs.index)
    assert np.array_equal(ours.purchases.frequency, theirs["frequency"])
    assert np.array_equal(ours.purchases.recency, theirs["recency"])
    assert np.array_equal(ours.purchases.T, theirs["T"])


def test_the_split_equals_that_of_lifetimes() -> None:
    frame = pd.DataFrame(load_cdnow("sample"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = calibration_and_holdout_data(
            frame, "customer_id", "date", "1997-09-30", freq="D", freq_multiplier=7,
            monetary_value_col="dollar_value",
        )  # fmt: skip
    ours = rk.summarize_transactions(frame, **CDNOW, unit="week", holdout_from="1997-10-01")
    assert ours.calibration is not None and ours.holdout is not None
    assert np.array_equal(ours.calibration.customers, theirs.index)
    assert np.array_equal(ours.calibration.purchases.frequency, theirs["frequency_cal"])
    assert np.array_equal(ours.calibration.purchases.recency, theirs["recency_cal"])
    assert np.array_equal(ours.calibration.purchases.T, theirs["T_cal"])
    np.testing.assert_allclose(values(ours.calibration), theirs["monetary_value_cal"], rtol=1e-12)
    assert np.array_equal(ours.holdout.frequency, theirs["frequency_holdout"])
    assert ours.holdout.duration == theirs["duration_holdout"].iloc[0] == 39.0


def test_cdnow_has_the_customers_and_lines_that_its_papers_state() -> None:
    master, sample = load_cdnow(), load_cdnow("sample")
    assert (master["date"].size, np.unique(master["customer_id"]).size) == (69_659, 23_570)
    assert (sample["date"].size, np.unique(sample["customer_id"]).size) == (6_919, 2_357)
    assert str(master["date"].max()) == "1998-06-30"


# -- definitions, by hand -----------------------------------------------------------------------------


def summarize(*lines: tuple[Any, str, float], unit: Unit = "day", **options: Any) -> TransactionSummary:
    """A summary of lines (customer, day of January 2020 as 'DD', amount)."""
    columns = {
        "id": [line[0] for line in lines],
        "date": [f"2020-01-{line[1]}" for line in lines],
        "price": [float(line[2]) for line in lines],
    }
    return rk.summarize_transactions(
        pl.DataFrame(columns), customer_id="id", date="date", amount="price", unit=unit, **options
    )


def money(summary: TransactionSummary) -> list[float]:
    return values(summary).tolist()


def test_lines_of_one_customer_and_day_are_one_purchase() -> None:
    s = summarize(("a", "01", 10), ("a", "08", 3), ("a", "08", 4), ("a", "15", 9))
    assert s.purchases.frequency.tolist() == [2]
    assert money(s) == [(7 + 9) / 2]
    assert (s.treatment.lines, s.treatment.purchases, s.treatment.merged_lines) == (4, 3, 1)


@pytest.mark.parametrize(
    ("unit", "days"), [("day", 1), ("week", 7), ("month", 30.4375), ("quarter", 91.3125), ("year", 365.25)]
)
def test_times_are_exact_fractions_of_the_unit(unit: Unit, days: float) -> None:
    s = summarize(("a", "01", 1), ("a", "11", 1), ("b", "24", 1), unit=unit)
    assert s.purchases.recency.tolist() == [10 / days, 0]
    assert s.purchases.T.tolist() == [23 / days, 0]
    assert s.purchases.unit == s.unit == unit


def test_the_end_of_observation_counts_from_the_first_purchase() -> None:
    s = summarize(("a", "01", 1), ("a", "11", 1), observation_end=date(2020, 2, 1))
    assert (s.purchases.recency.tolist(), s.purchases.T.tolist()) == ([10], [31])
    assert (s.observation_start, s.observation_end) == (date(2020, 1, 1), date(2020, 2, 1))


def test_a_refund_reduces_the_repeat_purchases_it_follows() -> None:
    s = summarize(("a", "01", 10), ("a", "05", 30), ("a", "06", -8), ("a", "09", 20))
    assert s.purchases.frequency.tolist() == [2]
    assert s.purchases.recency.tolist() == [8]  # a refund is no purchase and no sign of life
    assert money(s) == [(30 - 8 + 20) / 2]
    assert (s.treatment.refund_days, s.treatment.refund_lines) == (1, 1)


def test_a_refund_before_the_second_purchase_reduces_the_first() -> None:
    s = summarize(("a", "01", 10), ("a", "02", -10), ("a", "05", 30))
    assert (s.purchases.frequency.tolist(), money(s)) == ([1], [30])
    assert (s.treatment.first_purchase_refund_days, s.treatment.unmatched_refund_days) == (1, 0)


def test_a_refund_before_any_purchase_changes_nothing_and_is_counted() -> None:
    s = summarize(("a", "01", -10), ("a", "02", 20), ("a", "05", 30), ("a", "06", 0))
    assert (s.purchases.frequency.tolist(), s.purchases.T.tolist(), money(s)) == ([2], [4], [15])
    assert (s.treatment.first_purchase_refund_days, s.treatment.unmatched_refund_days) == (0, 1)
    assert s.observation_start == date(2020, 1, 2)


def test_a_refund_on_the_day_of_a_larger_purchase_is_netted_in_that_day() -> None:
    s = summarize(("a", "01", 10), ("a", "05", 30), ("a", "05", -8))
    assert (s.purchases.frequency.tolist(), money(s)) == ([1], [22])
    assert (s.treatment.refund_lines, s.treatment.refund_days) == (1, 0)


def test_ignored_refunds_leave_no_trace_but_their_count() -> None:
    s = summarize(
        ("a", "01", 10), ("a", "05", 30), ("a", "05", -8), ("a", "06", -9), ("b", "02", -1), refunds="ignore"
    )
    assert list(s.customers) == ["a"]
    assert (s.purchases.frequency.tolist(), money(s)) == ([1], [30])
    assert s.treatment.ignored_refund_lines == s.treatment.refund_lines == 3
    assert s.treatment.refund_only_customers == 1
    assert s.purchases.T.tolist() == [5]  # the last line of the table is still the last day seen


def test_a_customer_with_nothing_but_refunds_is_no_customer() -> None:
    s = summarize(("a", "01", 10), ("b", "02", -5), ("b", "03", -5), ("c", "03", 7))
    assert list(s.customers) == ["a", "c"]
    assert (s.treatment.refund_only_customers, s.treatment.customers) == (1, 2)


@pytest.mark.parametrize("refunds", ["net", "ignore", "error"])
def test_a_purchase_worth_nothing_is_a_purchase(refunds: Any) -> None:
    s = summarize(("a", "01", 10), ("a", "02", 0), ("a", "05", 30), refunds=refunds)
    assert (s.purchases.frequency.tolist(), money(s)) == ([2], [15])
    assert s.treatment.zero_purchases == 1


def test_repeat_purchases_worth_nothing_are_no_evidence_of_spend() -> None:
    s = summarize(("a", "01", 10), ("a", "02", 5), ("a", "03", -6), ("b", "01", 1), ("b", "02", 4))
    assert s.purchases.frequency.tolist() == [1, 1]
    assert money(s) == [-1, 4]
    assert s.spend.frequency.tolist() == [0, 1]
    assert s.spend.monetary_value.tolist() == [0, 4]
    assert s.treatment.customers_without_spend == 1


@pytest.mark.parametrize("order", [(0.1, 0.2, -0.3), (-0.3, 0.2, 0.1), (0.2, -0.3, 0.1)])
def test_a_sum_of_zero_is_zero_however_it_rounds(order: tuple[float, ...]) -> None:
    s = summarize(("a", "01", 10), *(("a", "05", amount) for amount in order))
    assert (s.purchases.frequency.tolist(), money(s)) == ([1], [0])
    assert (s.treatment.zero_purchases, s.treatment.refund_days) == (1, 0)


def test_every_line_has_one_place_in_the_treatment() -> None:
    rng = np.random.default_rng(7)
    columns = {
        "id": rng.integers(0, 40, 900),
        "date": np.datetime64("2021-01-01") + rng.integers(0, 60, 900).astype("m8[D]"),
        "price": rng.integers(-3, 9, 900).astype(float),
    }
    policies: tuple[Refunds, ...] = ("net", "ignore")
    for refunds in policies:
        t = rk.summarize_transactions(
            columns, customer_id="id", date="date", amount="price", unit="day", refunds=refunds
        ).treatment
        assert t.lines == 900
        assert t.lines == t.purchases + t.merged_lines + t.refund_day_lines + t.ignored_refund_lines
        assert t.refund_lines == (columns["price"] < 0).sum()


# -- the split ----------------------------------------------------------------------------------------


def test_both_sides_of_the_split_have_one_definition_of_money() -> None:
    lines = [
        ("a", "01", 10),
        ("a", "05", 30),
        ("a", "11", 6),
        ("a", "11", 8),
        ("a", "12", -4),
        ("a", "20", 2),
    ]
    s = summarize(*lines, ("b", "02", 1), ("c", "15", 9), ("c", "16", 9), holdout_from="2020-01-11")
    assert s.calibration is not None and s.holdout is not None and s.holdout.monetary_value is not None
    assert list(s.calibration.customers) == ["a", "b"]
    assert s.calibration.observation_end == date(2020, 1, 10)
    assert s.calibration.purchases.T.tolist() == [9, 8]
    assert (s.calibration.purchases.frequency.tolist(), money(s.calibration)) == ([1, 0], [30, 0])
    assert s.holdout.frequency.tolist() == [2, 0]
    assert s.holdout.monetary_value.tolist() == [(6 + 8 - 4 + 2) / 2, 0]
    assert (s.holdout.duration, s.holdout.new_customers) == (10, 1)
    assert len(s.purchases) == 3  # the whole observation stays whole


def test_a_refund_in_the_holdout_of_an_earlier_purchase_is_counted_and_left_out() -> None:
    lines = [("a", "01", 10), ("a", "05", 30), ("a", "12", -30), ("a", "14", 7)]
    s = summarize(*lines, ("new", "12", -1), ("new", "14", 5), holdout_from="2020-01-11")
    assert s.calibration is not None and s.holdout is not None and s.holdout.monetary_value is not None
    assert money(s.calibration) == [30]  # what was known on the last day of calibration
    assert s.holdout.monetary_value.tolist() == [7]
    assert s.holdout.earlier_refund_days == 1
    assert money(s) == [(30 - 30 + 7) / 2, 0]  # over the whole observation the refund counts


def test_a_holdout_may_be_the_last_day_alone() -> None:
    s = summarize(("a", "01", 1), ("a", "05", 1), holdout_from="2020-01-05", observation_end="2020-01-05")
    assert s.holdout is not None
    assert (s.holdout.duration, s.holdout.frequency.tolist()) == (1, [1])


def test_activity_counts_first_and_repeat_purchases_by_day() -> None:
    lines = [("a", "01", 1), ("a", "03", 1), ("b", "03", 1), ("c", "04", 1), ("c", "05", 1), ("a", "05", 1)]
    s = summarize(*lines, holdout_from="2020-01-04", observation_end="2020-01-06")
    assert s.activity.start == date(2020, 1, 1)
    assert s.activity.new_customers.tolist() == [1, 0, 1, 1, 0, 0]
    assert s.activity.repeat_purchases.tolist() == [0, 0, 1, 0, 2, 0]
    assert s.activity.tracked_repeat_purchases.tolist() == [0, 0, 1, 0, 1, 0]  # c came in the holdout
    assert s.calibration is not None and len(s.calibration.activity) == 3


def test_activity_adds_up_to_the_summary() -> None:
    s = rk.summarize_transactions(load_cdnow(), **CDNOW, unit="week", holdout_from="1997-10-01")
    assert s.activity.new_customers.sum() == len(s)
    assert s.activity.repeat_purchases.sum() == s.purchases.frequency.sum()
    assert s.holdout is not None and s.calibration is not None
    assert s.activity.tracked_repeat_purchases[-273:].sum() == s.holdout.frequency.sum()
    assert s.activity.tracked_repeat_purchases[:-273].sum() == s.calibration.purchases.frequency.sum()


# -- days ---------------------------------------------------------------------------------------------


def first_day(dates: Any) -> date:
    table = dates if isinstance(dates, pl.DataFrame | pd.DataFrame) else pl.DataFrame({"date": dates})
    table = table.assign(id=1) if isinstance(table, pd.DataFrame) else table.with_columns(id=pl.lit(1))
    return rk.summarize_transactions(table, customer_id="id", date="date", unit="day").observation_start


def test_a_timestamp_counts_on_the_day_that_its_own_clock_shows() -> None:
    late = datetime(2020, 1, 1, 23, 30, tzinfo=UTC)
    in_tokyo = pl.DataFrame({"date": [late]}).select(pl.col("date").dt.convert_time_zone("Asia/Tokyo"))
    assert first_day([late.replace(tzinfo=None)]) == date(2020, 1, 1)
    assert first_day([late]) == date(2020, 1, 1)
    assert first_day(in_tokyo) == first_day(in_tokyo.to_pandas()) == date(2020, 1, 2)
    assert first_day(["2020-01-01T23:30:00-05:00"]) == date(2020, 1, 1)


def test_a_zone_in_a_parquet_file_is_utc_and_in_a_relation_that_of_its_connection(tmp_path: Path) -> None:
    late = datetime(2020, 1, 1, 23, 30, tzinfo=UTC)
    table = pl.DataFrame({"id": [1], "date": [late]}).with_columns(
        pl.col("date").dt.convert_time_zone("Asia/Tokyo")
    )
    table.write_parquet(tmp_path / "t.parquet")
    options: dict[str, Any] = {"customer_id": "id", "date": "date", "unit": "day"}
    assert rk.summarize_transactions(tmp_path / "t.parquet", **options).observation_start == date(2020, 1, 1)
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'Asia/Tokyo'")
    relation = connection.read_parquet(str(tmp_path / "t.parquet"))
    assert rk.summarize_transactions(relation, **options).observation_start == date(2020, 1, 2)


@pytest.mark.parametrize(
    "day", ["1600-02-29", "1899-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "9999-12-31"]
)
def test_text_numbers_and_dates_name_the_same_day(day: str) -> None:
    expected = date.fromisoformat(day)
    assert first_day([day]) == first_day([expected]) == first_day([f"{day} 23:59:59.999"]) == expected
    assert first_day([day.replace("-", "")]) == first_day([int(day.replace("-", ""))]) == expected


def test_every_day_of_four_centuries_has_its_number() -> None:
    days = [date(1700, 1, 1) + timedelta(days=d) for d in range(0, 146_097, 13)]
    table = pl.DataFrame({"id": range(len(days)), "date": days})
    s = rk.summarize_transactions(table, customer_id="id", date="date", unit="day")
    assert (days[-1].toordinal() - s.purchases.T).tolist() == [d.toordinal() for d in days]


# -- what the record says -----------------------------------------------------------------------------


def test_the_printout_states_unit_dates_and_what_frequency_means() -> None:
    text = repr(summarize(("a", "01", 10), ("a", "05", 30), ("a", "05", -8), unit="month"))
    assert "2020-01-01 to 2020-01-05" in text
    assert "frequency: calendar days with a purchase, after the first such day" in text
    assert "months of 30.4375 days" in text
    assert "3 lines read: 2 purchases of 1 customer" in text
    assert "1 line with a negative amount (refunds='net')" in text


def test_the_notebook_shows_the_same_as_a_table() -> None:
    s = summarize(("a", "01", 10), ("a", "05", 30), ("a", "05", -8))
    html = s._repr_html_()
    assert ">Transactions of 1 customer</caption>" in html
    assert "<td>3 lines read: 2 purchases of 1 customer</td>" in html
    assert "(refunds=&#x27;net&#x27;)" in html  # escaped


def test_the_frame_has_the_ids_under_their_own_name() -> None:
    s = summarize(("a", "01", 10), ("a", "05", 30))
    assert s.to_frame().to_dicts() == [
        {"id": "a", "frequency": 1.0, "recency": 4.0, "T": 4.0, "monetary_value": 30.0}
    ]
