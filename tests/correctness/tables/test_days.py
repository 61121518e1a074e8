"""Every way of writing a date is the same day in every kind of table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.errors import InputError
from retainkit.tables import DAY, MONTH_OR_DAY, DateRule, moments, one_day, read_table, to_date
from retainkit.tables.engine import day_in_sql

DAYS = [dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(1969, 12, 31), dt.date(2024, 1, 31)]
EXPECTED = np.array(DAYS, "M8[D]")
CONNECTION = duckdb.connect()


def late(zone: dt.tzinfo | None) -> list[dt.datetime]:
    """Each day half an hour before midnight, which is another day in most other zones."""
    return [dt.datetime.combine(day, dt.time(23, 30), zone) for day in DAYS]


WAYS: dict[str, list[Any]] = {
    "dates": DAYS,
    "timestamps": late(None),
    "text": [day.isoformat() for day in DAYS],
    "text-with-clock": [f"{day} 23:59:59.5" for day in DAYS],
    "text-with-offset": [f"{day}T23:30:00-05:00" for day in DAYS],
    "compact-text": [f"{day:%Y%m%d}" for day in DAYS],
    "numbers": [int(f"{day:%Y%m%d}") for day in DAYS],
    "floats": [float(f"{day:%Y%m%d}") for day in DAYS],
}
KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "dict": lambda values: {"day": np.array(values)},
    "dict-of-lists": lambda values: {"day": values},
    "dict-of-objects": lambda values: {"day": np.array([*values, None], object)[:-1]},
    "dict-of-series": lambda values: {"day": pd.Series(values)},
    "dict-of-polars": lambda values: {"day": pl.Series(values)},
    "pandas": lambda values: pd.DataFrame({"day": values}),
    "pandas-objects": lambda values: pd.DataFrame({"day": pd.Series(values, dtype=object)}),
    "pandas-category": lambda values: pd.DataFrame({"day": pd.Series(values).astype("category")}),
    "pandas-arrow": lambda values: pa.table({"day": values}).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda values: pl.DataFrame({"day": values}),
    "lazy": lambda values: pl.LazyFrame({"day": values}),
    "pyarrow": lambda values: pa.table({"day": values}),
    "duckdb": lambda values: CONNECTION.from_arrow(pa.table({"day": values})),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_day_is_one_day_however_it_is_written(kind: str, way: str) -> None:
    for rule in (DAY, MONTH_OR_DAY):
        found = read_table(KINDS[kind](WAYS[way]), {"date": "day"})["date"].dates(rule)
        assert found.tolist() == EXPECTED.tolist()


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "America/New_York", "America/Port-au-Prince", "Etc/GMT+5", "Asia/Kolkata"],
)
@pytest.mark.parametrize("kind", ["dict-of-series", "pandas", "pandas-arrow", "polars", "pyarrow", "objects"])
def test_a_timestamp_counts_on_the_day_of_its_own_clock_in_any_zone(zone: str, kind: str) -> None:
    wall = pd.Series(pd.to_datetime(late(None))).dt.tz_localize(zone)
    table: Any = pd.DataFrame({"day": wall})
    if kind == "pandas-arrow":
        table = table.astype({"day": pd.ArrowDtype(pa.timestamp("us", zone))})
    elif kind == "polars":
        table = pl.DataFrame({"day": late(None)}).with_columns(pl.col("day").dt.replace_time_zone(zone))
    elif kind == "pyarrow":
        table = pa.table({"day": pa.array([t.replace(tzinfo=ZoneInfo(zone)) for t in late(None)])})
    elif kind == "dict-of-series":
        table = {"day": wall}
    elif kind == "objects":
        table = {"day": np.array([t.replace(tzinfo=ZoneInfo(zone)) for t in late(None)], object)}
    assert read_table(table, {"date": "day"})["date"].dates().tolist() == EXPECTED.tolist()


def test_periods_of_pandas_are_what_they_are_written_as() -> None:
    days = pd.DataFrame({"day": pd.PeriodIndex(EXPECTED, freq="D")})
    assert read_table(days)["day"].dates().tolist() == EXPECTED.tolist()
    months = pd.DataFrame({"day": pd.PeriodIndex(["2024-01", "2024-02"], freq="M")})
    assert read_table(months)["day"].dates(MONTH_OR_DAY).astype(str).tolist() == ["2024-01-01", "2024-02-01"]
    with pytest.raises(InputError, match=r"Period\('2024-01', 'M'\) at position 0"):
        read_table(months)["day"].dates()


MONTHS: dict[str, list[Any]] = {
    "text": ["2024-01", "2023-12"],
    "compact": ["202401", "202312"],
    "numbers": [202401, 202312],
    "floats": [202401.0, 202312.0],
}


@pytest.mark.parametrize("kind", ["dict", "dict-of-objects", "pandas", "polars", "pyarrow", "duckdb"])
@pytest.mark.parametrize("way", MONTHS)
def test_a_month_is_its_first_day_where_months_are_asked_for_and_none_elsewhere(way: str, kind: str) -> None:
    column = read_table(KINDS[kind](MONTHS[way]), {"month": "day"})["month"]
    assert column.dates(MONTH_OR_DAY).astype(str).tolist() == ["2024-01-01", "2023-12-01"]
    with pytest.raises(InputError, match="month must be dates, timestamps, text YYYY-MM-DD"):
        column.dates()


def test_months_of_numpy_are_no_days() -> None:
    column = read_table({"month": np.array(["2024-01"], "M8[M]")})["month"]
    assert column.dates(MONTH_OR_DAY).astype(str).tolist() == ["2024-01-01"]
    with pytest.raises(InputError, match=r"and days of the calendar \(1 of 1 lines in column 'month'"):
        column.dates()


FORMATS: dict[str, list[str]] = {
    "%d/%m/%Y": ["31/01/2024", "29/02/2024", "31/12/1969", "31/1/2024"],
    "%m/%d/%y": ["01/31/24", "02/29/24", "12/31/69", "1/31/24"],
    "%d %b %Y": ["31 Jan 2024", "29 Feb 2024", "31 Dec 1969", "31 jan 2024"],
    "%Y%m%d": ["20240131", "20240229", "19691231", "20240131"],
    "%a %d %B %Y": [
        "Wed 31 January 2024",
        "Thu 29 February 2024",
        "Wed 31 December 1969",
        "wed 31 january 2024",
    ],
    "[%Y]%m^%d %I%p": ["[2024]01^31 11PM", "[2024]02^29 12AM", "[1969]12^31 1pm", "[2024]1^31 02AM"],
    "%d.%m.%Y %H:%M": ["31.01.2024 23:30", "29.02.2024 00:00", "31.12.1969 12:00", "31.01.2024 01:01"],
}


@pytest.mark.parametrize("kind", ["dict", "dict-of-objects", "pandas", "polars", "lazy", "pyarrow", "duckdb"])
@pytest.mark.parametrize("pattern", FORMATS)
def test_a_format_says_how_text_is_read(pattern: str, kind: str) -> None:
    table = read_table(KINDS[kind](FORMATS[pattern]), {"date": "day"})
    assert table["date"].dates(DateRule(date_format=pattern)).tolist() == EXPECTED.tolist()


NOT_SO: dict[str, list[str]] = {
    "%d/%m/%Y": [
        "31/01/24",
        " 31/01/2024",
        "31/01/2024 ",
        "31/01/2024x",
        "29/02/2023",
        "0/1/2024",
        "31//1/2024",
    ],
    "%m/%d/%y": ["01/31/4", "01/31/2024", "31/01/24"],
    "%d %b %Y": ["31  Jan 2024", "31Jan2024", "31 Foo 2024"],
    "%Y%m%d": ["2024131", "240131", "20240230"],
    "%d.%m.%Y %H:%M": ["31.01.2024", "31.01.2024 24:00"],
}


@pytest.mark.slow
@pytest.mark.parametrize("pattern", NOT_SO)
def test_what_is_not_of_the_form_is_refused_in_memory_and_in_duckdb(pattern: str) -> None:
    """Python and DuckDB are lenient, each in its own way: 31/01/24 is the year 24 to one of them."""
    for text in NOT_SO[pattern]:
        lines = {"id": [1, 1], "day": [FORMATS[pattern][0], text]}
        for source in (lines, CONNECTION.from_arrow(pa.table(lines))):
            with pytest.raises(InputError) as caught:
                rk.summarize_transactions(
                    source, customer_id="id", date="day", unit="day", date_format=pattern
                )
            assert f"(1 of 2 lines in column 'day' break this), got {text!r} at position 1" in str(
                caught.value
            )


@pytest.mark.parametrize("pattern", FORMATS)
def test_duckdb_streams_what_is_of_the_form(pattern: str) -> None:
    relation = CONNECTION.from_arrow(pa.table({"id": [1, 2, 3, 4], "day": FORMATS[pattern]}))
    tx = rk.summarize_transactions(
        relation, customer_id="id", date="day", unit="day", date_format=pattern, in_memory=True,
        far_dates="keep",
    )  # fmt: skip
    assert [tx.observation_end - dt.timedelta(days=t) for t in tx.purchases.T.tolist()] == DAYS


def test_a_format_reads_numbers_too_and_leaves_dates_as_they_are() -> None:
    rule = DateRule(date_format="%d%m%Y")
    assert read_table({"day": [31012024]})["day"].dates(rule).astype(str).tolist() == ["2024-01-31"]
    assert read_table({"day": DAYS})["day"].dates(rule).tolist() == EXPECTED.tolist()
    with pytest.raises(InputError, match="of the form '%d%m%Y'"):
        read_table({"day": ["2024-01-31"]})["day"].dates(rule)


@pytest.mark.parametrize("pattern", ["%H:%M", "%d/%m", "Excel", "%Y-%m-%d %z", 7, "%Q", ""])
def test_a_format_that_writes_no_day_is_refused(pattern: Any) -> None:
    with pytest.raises(InputError, match=r"date_format must write a day as datetime.strptime does"):
        DateRule(date_format=pattern)


@pytest.mark.parametrize(
    ("counted", "numbers"),
    [
        ("excel", [61, 45322, 45351.75, 2_958_465]),
        ("epoch-s", [-2_203_891_200, 1_706_659_200, 1_709_229_600, 253_402_300_799]),
        ("epoch-ms", [-2_203_891_200_000, 1_706_659_200_000, 1_709_229_600_000, 253_402_300_799_000]),
    ],
)
def test_numbers_that_count_from_a_moment_are_days_in_every_kind_of_column(
    counted: str, numbers: list[float], tmp_path: Path
) -> None:
    rule, known = DateRule(date_format=counted), ["1900-03-01", "2024-01-31", "2024-02-29", "9999-12-31"]
    pl.DataFrame({"day": numbers}, strict=False).write_csv(tmp_path / "t.csv")
    texts = [str(number) for number in numbers]
    for source in ({"day": numbers}, {"day": texts}, pl.DataFrame({"day": texts}), tmp_path / "t.csv"):
        assert read_table(source)["day"].dates(rule).astype(str).tolist() == known
        found: Any = duckdb.sql(
            f"SELECT {day_in_sql('x', 'DOUBLE', rule)} FROM (SELECT unnest({numbers}::DOUBLE[]) x)"
        )
        assert [str(day) for (day,) in found.fetchall()] == known
    for wrong in (60 if counted == "excel" else 1e18, np.inf, "31.01.2024", True):
        with pytest.raises(InputError, match="must be"):
            read_table({"day": [wrong]})["day"].dates(rule)
    assert read_table({"day": DAYS})["day"].dates(rule).tolist() == EXPECTED.tolist()
    moment = moments("when", [45351.75], DateRule(date_format="excel"))
    assert moment.astype(str).tolist() == ["2024-02-29T18:00:00.000000"]


def test_a_day_as_an_argument_is_read_by_the_same_rule() -> None:
    for value in (
        DAYS[1],
        "2024-02-29",
        "20240229",
        20240229,
        np.datetime64("2024-02-29"),
        pd.Timestamp(DAYS[1]),
    ):
        assert to_date(one_day("observation_end", value)) == DAYS[1]
    for value in ("2024-02", 202402, pd.Period("2024-02"), np.datetime64("2024-02")):
        assert to_date(one_day("observation_end", value, MONTH_OR_DAY)) == DAYS[1]  # its last day
        with pytest.raises(InputError, match="observation_end must be a date"):
            one_day("observation_end", value)


def test_files_are_read_by_the_same_rule(tmp_path: Path) -> None:
    for way in ("text", "compact-text", "numbers", "text-with-clock"):
        table = pl.DataFrame({"day": WAYS[way]})
        table.write_csv(tmp_path / "t.csv")
        table.write_parquet(tmp_path / "t.parquet")
        for name in ("t.csv", "t.parquet"):
            found = read_table(tmp_path / name)["day"].dates()
            assert found.tolist() == EXPECTED.tolist()
