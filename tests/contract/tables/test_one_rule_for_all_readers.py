"""Every function that reads a table takes the same column for the same, and refuses it in the same words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.decisions import key_drivers, tickets_by_customer
from retainkit.economics import acquisition_cost_ladder, xirr
from retainkit.errors import InputError
from retainkit.metrics import Subscriptions
from retainkit.summaries.covariates import align_covariates
from retainkit.valuation.scenarios import evaluate_scenarios

DAYS = [dt.date(2024, 1, 31), dt.date(2024, 2, 29)]
UNTIL = "2024-12-31"
CONNECTION = duckdb.connect()


def refusal(call: Callable[[], Any]) -> InputError:
    """The InputError that a call gets."""
    with pytest.raises(InputError) as caught:
        call()
    return caught.value


# -- dates: each reader says what days it took two lines for --------------------------------------------


def by_transactions(column: Any, **more: Any) -> list[dt.date]:
    table = {"id": [1, 1], "day": column}
    tx = rk.summarize_transactions(table, customer_id="id", date="day", unit="day", **more)
    return [tx.observation_start, tx.observation_end]


def by_over_time(column: Any, **more: Any) -> list[dt.date]:
    periods, start = rk.CovariatePeriods(np.zeros((4000, 1)), names=["sale"]), dt.date(2020, 1, 1)
    given: dict[str, Any] = {"periods": periods, "periods_start": start, "unit": "day"}
    table = {"id": [1, 1], "day": column}
    found = rk.summarize_over_time(table, customer_id="id", date="day", **given, **more).data
    born = start + dt.timedelta(days=found.birth[0])
    return [born, born + dt.timedelta(days=found.purchases.recency[0])]


def by_subscriptions(column: Any, **more: Any) -> list[dt.date]:
    table = {"id": [1, 2], "day": column, "end": np.full(2, "NaT", "M8[D]")}
    names: dict[str, Any] = {"customer_id": "id", "start": "day", "end": "end"}
    return rk.summarize_subscriptions(table, **names, observation_end=UNTIL, **more).start.tolist()


def by_spend(column: Any, **more: Any) -> list[dt.date]:
    """Its periods are days as soon as one of them is; it takes no others than those of the customers."""
    table = {"purpose": ["acquisition"] * 2, "amount": [1, 2], "day": column}
    acquisition_cost_ladder(table, new_customers=dict.fromkeys(DAYS, 5), when="day", **more)
    return DAYS


def by_xirr(column: Any, **more: Any) -> list[dt.date]:
    assert xirr([-100, 110], column, **more) == xirr([-100, 110], DAYS)
    return DAYS


READERS: dict[str, Callable[..., list[dt.date]]] = {
    "transactions": by_transactions,
    "over-time": by_over_time,
    "subscriptions": by_subscriptions,
    "spend": by_spend,
    "xirr": by_xirr,
}
ARGUMENT = {
    "transactions": "date",
    "over-time": "date",
    "subscriptions": "start",
    "spend": "when",
    "xirr": "dates",
}

WAYS: dict[str, Any] = {
    "dates": DAYS,
    "text": ["2024-01-31", "2024-02-29"],
    "compact text": ["20240131", "20240229"],
    "numbers": [20240131, 20240229],
    "whole floats": [20240131.0, 20240229.0],
    "numpy": np.array(DAYS, "M8[D]"),
    "nanoseconds": np.array(DAYS, "M8[ns]"),
    "mixed": [DAYS[0], "2024-02-29"],
    "New York": pd.Series(pd.to_datetime(DAYS)).dt.tz_localize("America/New_York"),
    "Port-au-Prince": pl.Series(DAYS).cast(pl.Datetime).dt.replace_time_zone("America/Port-au-Prince"),
    "text with an offset": ["2024-01-31T00:00:00+13:00", "2024-02-29 00:00-11:00"],
    "periods": pd.Series(pd.PeriodIndex(DAYS, freq="D")),
    "categories": pd.Series(["2024-01-31", "2024-02-29"], dtype="category"),
    "pyarrow": pa.chunked_array([DAYS]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reader", READERS)
def test_a_column_of_dates_is_the_same_days_to_every_reader(reader: str, way: str) -> None:
    if (reader == "xirr" and "offset" not in way) or reader != "xirr":
        assert READERS[reader](WAYS[way]) == DAYS


NO_DATES: dict[str, tuple[Any, str, str]] = {
    "no day of the calendar": (["2024-01-31", "2024-02-30"], "unreadable-date", "'2024-02-30'"),
    "no day in numbers": ([20240131, 20240230], "unreadable-date", "20240230"),
    "another order": (["2024-01-31", "29/02/2024"], "unreadable-date", "'29/02/2024'"),
    "six digits": ([20240131, 240229], "unreadable-date", "240229"),
    "seconds": ([20240131, 1709164800], "unreadable-date", "1709164800"),
    "a gap": ([DAYS[0], None], "missing-value", "None"),
    "an empty text": (["2024-01-31", ""], "missing-value", "''"),
    "not a time": (np.array(["2024-01-31", "NaT"], "M8[D]"), "missing-value", "NaT"),
    "a gap in numbers": ([20240131, np.nan], "missing-value", "nan"),
    "an object": (np.array([DAYS[0], DAYS, None], object)[:-1], "unreadable-date", "[datetime.date"),
}


@pytest.mark.parametrize("case", NO_DATES)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_date_is_refused_alike_by_every_reader(reader: str, case: str) -> None:
    column, code, value = NO_DATES[case]
    error = refusal(lambda: READERS[reader](column))
    assert (error.code, error.argument) == (code, ARGUMENT[reader])
    assert "(1 of 2 lines" in error.rule
    if case != "not a time":  # numpy and Python write it in their own ways
        assert error.as_dict()["value"].startswith(value)
    assert error.as_dict()["value"].endswith("at position 1")


@pytest.mark.parametrize("column", [[1.5, 2.5], [True, False]])
@pytest.mark.parametrize("reader", ["transactions", "over-time", "subscriptions", "xirr"])
def test_a_type_that_holds_no_dates_is_refused_alike(reader: str, column: Any) -> None:
    error = refusal(lambda: READERS[reader](column))
    assert (error.code, error.argument) == ("wrong-type", ARGUMENT[reader])
    assert error.rule.startswith("must be dates, timestamps") and "of type" in str(error)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_takes_the_format_of_its_dates(reader: str) -> None:
    found = READERS[reader](["31/01/2024", "29/02/2024"], date_format="%d/%m/%Y")
    assert found == DAYS
    error = refusal(lambda: READERS[reader](["31/01/2024", "2024-02-29"], date_format="%d/%m/%Y"))
    assert (error.code, error.argument) == ("unreadable-date", ARGUMENT[reader])
    assert "of the form '%d/%m/%Y'" in error.rule
    assert refusal(lambda: READERS[reader](DAYS, date_format="%d/%m")).argument == "date_format"


def test_files_and_relations_take_the_format_too(tmp_path: Path) -> None:
    table = pl.DataFrame({"id": [1, 1], "day": ["31/01/2024", "29/02/2024"]})
    table.write_csv(tmp_path / "t.csv")
    table.write_parquet(tmp_path / "t.parquet")
    sources = [tmp_path / "t.csv", tmp_path / "t.parquet", CONNECTION.from_arrow(table.to_arrow())]
    for source in sources:
        tx = rk.summarize_transactions(
            source, customer_id="id", date="day", unit="day", date_format="%d/%m/%Y"
        )
        assert [tx.observation_start, tx.observation_end] == DAYS
        with pytest.raises(InputError, match=r"of the form '%Y/%m/%d'.*\(2 of 2 lines in column 'day'"):
            rk.summarize_transactions(
                source, customer_id="id", date="day", unit="day", date_format="%Y/%m/%d"
            )


# -- months, where months are asked for -----------------------------------------------------------------

MONTHS: dict[str, Any] = {
    "text": ["2024-01", "2024-02"],
    "numbers": [202401, 202402],
    "periods": pd.Series(pd.PeriodIndex(["2024-01", "2024-02"], freq="M")),
    "numpy": np.array(["2024-01", "2024-02"], "M8[M]"),
}


def months_by_metrics(column: Any) -> list[str]:
    read = Subscriptions.from_months({"customer_id": [1, 1], "month": column, "mrr": [1, 1]})
    return [str(read.first_month), str(read.last_month)]


@pytest.mark.parametrize(
    "column", (WAYS | {f"month in {way}": column for way, column in MONTHS.items()}).values()
)
def test_metrics_read_months_and_whatever_is_a_day(column: Any) -> None:
    assert months_by_metrics(column) == ["2024-01", "2024-02"]


@pytest.mark.parametrize("case", NO_DATES)
def test_what_is_no_date_is_refused_alike_by_metrics(case: str) -> None:
    column, code, value = NO_DATES[case]
    if case == "six digits":  # are a month, and this one is none
        column, value = [20240131, 202413], "202413"
    error = refusal(lambda: months_by_metrics(column))
    assert (error.code, error.argument) == (code, "month")
    assert case == "not a time" or error.as_dict()["value"].startswith(value)


@pytest.mark.parametrize("way", MONTHS)
def test_a_month_is_no_day_to_those_who_count_days(way: str) -> None:
    for reader in ("transactions", "over-time", "subscriptions", "xirr"):
        error = refusal(lambda r=reader: READERS[r](MONTHS[way]))
        assert (error.code, error.argument) == ("unreadable-date", ARGUMENT[reader])


# -- numbers, ids, tables -------------------------------------------------------------------------------


def transactions(**change: Any) -> Any:
    table = {"id": [1, 2], "day": DAYS, "n": [1.0, 2.0]} | change
    return rk.summarize_transactions(table, customer_id="id", date="day", amount="n", unit="day")


def metrics(**change: Any) -> Any:
    table = {"id": [1, 2], "month": ["2024-01"] * 2, "n": [1.0, 2.0]} | change
    return Subscriptions.from_months(table, customer_id="id", mrr="n")


def spend(**change: Any) -> Any:
    table = {"purpose": ["acquisition"] * 2, "n": [1.0, 2.0]} | change
    return acquisition_cost_ladder(table, new_customers=5, amount="n")


def survey(**change: Any) -> Any:
    return key_drivers({"n": [1.0, 2.0], "score": [1, 2]} | change, outcome="score", drivers=["n"])


def covariates(**change: Any) -> Any:
    return align_covariates({"id": [1, 2], "n": [30.0, 40.0]} | change, customer_id="id", customers=[1, 2])


def scenarios(**change: Any) -> Any:
    table = {"acquisition_cost": [300.0, 500.0], "monthly_churn": [0.1, 0.1], "n": [20.0, 50.0]} | change
    table["monthly_margin"] = table.pop("n")
    return evaluate_scenarios(table, timing="begin")


NUMBERS = {
    "transactions": transactions,
    "metrics": metrics,
    "spend": spend,
    "survey": survey,
    "covariates": covariates,
    "scenarios": scenarios,
}
NO_NUMBERS: dict[str, tuple[Any, str]] = {
    "text": (["1", "2"], "wrong-type"),
    "text among numbers": ([1.0, "two"], "wrong-type"),
    "a gap": ([1.0, None], "missing-value"),
    "not a number": ([1.0, np.nan], "missing-value"),
    "infinite": ([1.0, np.inf], "not-finite"),
    "masked": (np.ma.MaskedArray([1.0, 2.0], [False, True]), "missing-value"),
    "a missing number of pandas": (pd.Series([1, pd.NA], dtype="Int64"), "missing-value"),
    "dates": (DAYS, "wrong-type"),
}


@pytest.mark.parametrize("case", NO_NUMBERS)
@pytest.mark.parametrize("reader", NUMBERS)
def test_what_is_no_number_is_refused_alike_by_every_reader(reader: str, case: str) -> None:
    column, code = NO_NUMBERS[case]
    error = refusal(lambda: NUMBERS[reader](n=column))
    assert error.code == code
    assert error.way_out


def tickets(**change: Any) -> Any:
    lines = {"id": [1, 2], "about": ["late", "bill"]} | change
    return tickets_by_customer(lines, customers={"id": [1, 2]}, customer_id="id", issue="about")


def starts(**change: Any) -> Any:
    table = {"id": [1, 2], "day": DAYS, "end": [None, None]} | change
    return rk.summarize_subscriptions(table, customer_id="id", start="day", end="end", observation_end=UNTIL)


IDS: dict[str, Callable[..., Any]] = {
    "transactions": transactions,
    "subscriptions": starts,
    "metrics": metrics,
    "tickets": tickets,
    "covariates": covariates,
}


@pytest.mark.parametrize("gap", [None, "", np.nan])
@pytest.mark.parametrize("reader", IDS)
def test_a_customer_without_an_id_is_refused_alike_by_every_reader(reader: str, gap: Any) -> None:
    error = refusal(lambda: IDS[reader](id=np.array(["a", gap], object)))
    assert error.code == "missing-value"
    assert error.way_out.startswith("Leave out the lines without a customer, or give them one")
    assert "must not be missing (1 of 2 lines in column 'id' break this)" in str(error)


@pytest.mark.parametrize("reader", ["transactions", "subscriptions", "metrics"])
def test_ids_of_mixed_types_are_refused_alike(reader: str) -> None:
    for ids in ([1, "a"], np.array([1, "a"], object), pd.Series([1, "a"])):
        assert "customer_id must hold ids of one type" in str(refusal(lambda i=ids: IDS[reader](id=i)))
