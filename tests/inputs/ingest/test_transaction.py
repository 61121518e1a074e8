"""Bad transaction tables: each refused in a sentence that names the column, the line and the way out."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk

CONNECTION = duckdb.connect()
GOOD: dict[str, list[Any]] = {
    "id": ["a", "a", "b"],
    "date": ["2014-01-01", "2014-01-05", "2014-01-03"],
    "price": [1.0, 2.0, 3.0],
}


def as_parquet(columns: dict[str, Any], folder: Path) -> Path:
    pl.DataFrame(columns).write_parquet(folder / "table.parquet")
    return folder / "table.parquet"


KINDS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda columns, _: {k: np.asarray(v) for k, v in columns.items()},
    "pandas": lambda columns, _: pd.DataFrame(columns),
    "pandas-object": lambda columns, _: pd.DataFrame(
        {k: pd.Series(v, dtype=object) for k, v in columns.items()}
    ),
    "polars": lambda columns, _: pl.DataFrame(columns),
    "pyarrow": lambda columns, _: pa.table(columns),
    "duckdb": lambda columns, _: CONNECTION.from_arrow(pa.table(columns)),
    "parquet": as_parquet,
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def refusal(source: Any, **options: Any) -> str:
    """The message of the InputError that a table or an argument gets, without the place in a file."""
    arguments: dict[str, Any] = {"customer_id": "id", "date": "date", "amount": "price", "unit": "day"}
    arguments |= options
    with pytest.raises(rk.InputError) as caught:
        rk.summarize_transactions(source, **arguments)
    return re.sub(r" \([\w.]+, row \d+\)", "", str(caught.value))


def test_a_missing_column_is_named_with_the_near_one(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD, tmp_path), amount="prize")
    assert message == (
        "amount must name a column of the table, got 'prize'. "
        "Did you mean 'price'? Its columns are: 'id', 'date', 'price'."
    )


def test_a_missing_date_is_counted_and_placed(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"date": ["2014-01-01", None, None]}, tmp_path))
    assert message.startswith("date must not be missing (2 of 3 lines in column 'date' break this), got ")
    assert "at position 1. Leave out the lines without a date" in message


def test_an_empty_text_is_missing_as_a_date_and_as_a_customer(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"date": ["2014-01-01", "", ""]}, tmp_path))
    assert "date must not be missing (2 of 3 lines in column 'date' break this), got ''" in message
    message = refusal(KINDS[kind](GOOD | {"id": ["a", "", "b"]}, tmp_path))
    assert "customer_id must not be missing (1 of 3 lines in column 'id' break this), got '' at" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "2014-02-30",
        "01/02/2014",
        "2014-1-5",
        " 2014-01-05",
        "2014-01-05 25:00",
        "yesterday",
        "0000-01-01",
    ],
)
def test_an_unreadable_date_is_shown_with_its_place(kind: str, text: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"date": ["2014-01-01", text, text]}, tmp_path))
    assert "text YYYY-MM-DD (a time may follow) or YYYYMMDD" in message
    assert "(2 of 3 lines in column 'date' break this)" in message
    assert f"got {text!r} at position 1." in message
    assert "Convert the column to dates first" in message


@pytest.mark.slow
@pytest.mark.parametrize("number", [20140230, 1388534400, 0, -20140101, 735234])
def test_a_number_that_is_no_day_is_refused(kind: str, number: int, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"date": [20140101, 20140102, number]}, tmp_path))
    assert f"got {number} at position 2." in message


def test_a_column_that_cannot_be_dates_is_refused(tmp_path: Path) -> None:
    for kind in ("dict", "pandas", "polars", "pyarrow", "duckdb", "parquet"):
        message = refusal(KINDS[kind](GOOD | {"date": [1.5, 2.5, 3.5]}, tmp_path))
        assert "column 'date' of type" in message and "must be dates" in message


def test_a_date_after_the_end_of_observation_is_refused(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD, tmp_path), observation_end="2014-01-04")
    assert "date must not lie after observation_end (1 of 3 lines" in message
    assert "got '2014-01-05' at position 1. Leave those lines out, or set observation_end" in message


@pytest.mark.parametrize("amount", [float("nan"), None])
def test_a_missing_amount_is_counted_and_placed(kind: str, amount: Any, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"price": [1.0, 2.0, amount]}, tmp_path))
    if not (kind == "dict" and amount is None):  # numpy has no missing number but NaN
        assert "amount must not be missing or NaN (1 of 3 lines in column 'price' break this)" in message
        assert "at position 2. Write 0 for purchases that brought nothing" in message


@pytest.mark.parametrize("amount", [float("inf"), float("-inf")])
def test_an_infinite_amount_is_refused(kind: str, amount: float, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"price": [1.0, amount, 2.0]}, tmp_path))
    assert "amount must be finite (1 of 3 lines" in message and f"got {amount} at position 1" in message


def test_amounts_as_text_are_refused(tmp_path: Path) -> None:
    for table_of in KINDS.values():
        message = refusal(table_of(GOOD | {"price": ["1", "2", "3"]}, tmp_path))
        assert message.startswith("amount must be ") and "number" in message


def test_a_refund_under_the_policy_error_is_refused(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"price": [1.0, -2.0, -3.0]}, tmp_path), refunds="error")
    assert "amount must not be negative under refunds='error' (2 of 3 lines" in message
    assert "got -2.0 at position 1. Use refunds='net'" in message


def test_a_missing_customer_is_refused(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"id": ["a", None, "b"]}, tmp_path))
    assert "customer_id must not be missing (1 of 3 lines in column 'id' break this)" in message


def test_a_number_that_is_missing_is_no_customer(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"id": [1.0, float("nan"), 2.0]}, tmp_path))
    assert "customer_id must not be missing (1 of 3 lines" in message and "at position 1" in message


def test_an_empty_table_is_refused(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind]({name: [] for name in GOOD}, tmp_path))
    assert message.startswith("source must have at least one transaction, got no lines.")


def test_refunds_without_any_purchase_are_refused(kind: str, tmp_path: Path) -> None:
    message = refusal(KINDS[kind](GOOD | {"price": [-1.0, -2.0, -3.0]}, tmp_path))
    assert "source must have at least one purchase" in message and "Check the sign of the amounts" in message


def test_where_every_order_was_cancelled_no_sign_is_wrong() -> None:
    table = {"id": [1, 1, 2, 2], "day": ["2024-01-01", "2024-01-03"] * 2, "eur": [5.0, -5.0, 7.0, -7.0]}
    names: dict[str, Any] = {"customer_id": "id", "date": "day", "amount": "eur", "unit": "day"}
    with pytest.raises(rk.InputError, match="got 2 orders, all refunded in full") as caught:
        rk.summarize_transactions(table, refunds="cancel", refund_window=9, **names)
    assert "refunds='net'" in caught.value.way_out
    assert rk.summarize_transactions(table, refunds="net", **names).treatment.purchases == 2


def test_ids_of_mixed_types_are_refused() -> None:
    table = pd.DataFrame(GOOD | {"id": pd.Series([1, "a", 2], dtype=object)})
    assert "customer_id must hold ids of one type" in refusal(table)


def test_one_customer_with_one_purchase_is_a_summary(kind: str, tmp_path: Path) -> None:
    table = KINDS[kind]({name: values[:1] for name, values in GOOD.items()}, tmp_path)
    s = rk.summarize_transactions(table, customer_id="id", date="date", amount="price", unit="day")
    assert (s.purchases.frequency.tolist(), s.purchases.T.tolist()) == ([0], [0])


# -- arguments ----------------------------------------------------------------------------------------


def test_near_names_of_choices_are_offered() -> None:
    assert "Did you mean 'week'?" in refusal(pl.DataFrame(GOOD), unit="weeks")
    assert (
        "refunds must be one of 'net', 'ignore', 'error', 'cancel', got 'nett'. Did you mean 'net'?"
        in refusal(pl.DataFrame(GOOD), refunds="nett")
    )


@pytest.mark.parametrize("value", ["30/09/1997", "2014-02-30", 1.5, True, pd.NaT, ""])
def test_a_day_that_is_none_is_refused(value: Any) -> None:
    message = refusal(pl.DataFrame(GOOD), observation_end=value)
    assert message.startswith("observation_end must be a date") and "YYYY-MM-DD" in message


@pytest.mark.parametrize(
    "value", [pd.Timestamp("2014-01-09 13:00"), np.datetime64("2014-01-09"), date(2014, 1, 9)]
)
def test_a_day_may_be_written_in_any_common_type(value: Any) -> None:
    s = rk.summarize_transactions(
        pl.DataFrame(GOOD), customer_id="id", date="date", unit="day", observation_end=value
    )
    assert s.observation_end == date(2014, 1, 9)


@pytest.mark.parametrize("day", ["2014-01-01", "2013-01-01", "2014-01-06"])
def test_a_holdout_outside_of_the_observation_is_refused(day: str) -> None:
    message = refusal(pl.DataFrame(GOOD), holdout_from=day)
    assert "holdout_from must lie after the first purchase (2014-01-01)" in message
    assert "not after the end of observation (2014-01-05)" in message


def test_a_holdout_after_the_stated_end_is_refused() -> None:
    message = refusal(pl.DataFrame(GOOD), holdout_from="2014-02-02", observation_end="2014-02-01")
    assert "holdout_from must not lie after observation_end (2014-02-01)" in message


def test_a_column_name_that_is_no_text_is_refused() -> None:
    assert "customer_id must be the name of a column, as text, got 3" in refusal(
        pl.DataFrame(GOOD), customer_id=3
    )


@pytest.mark.parametrize("source", [[1, 2], 7, None, pd.Series([1])])
def test_what_is_no_table_is_refused(source: Any) -> None:
    assert "source must be a dataframe (pandas, polars, pyarrow), a DuckDB relation" in refusal(source)


def test_two_columns_of_one_name_are_refused() -> None:
    table = pd.DataFrame(GOOD)
    assert "got two columns of one name" in refusal(pd.concat([table, table], axis=1))


def test_a_missing_column_is_named_beside_columns_that_have_numbers_for_names() -> None:
    message = refusal(pd.DataFrame(GOOD).assign(k=1).rename(columns={"k": 3}), date="dates")
    assert "Did you mean 'date'? Its columns are: 'id', 'date', 'price', 3." in message


def test_columns_of_unequal_length_are_refused() -> None:
    columns = {"id": np.arange(3), "date": np.array(["2014-01-01"] * 2), "price": np.arange(3.0)}
    assert "got columns of shapes (2,), (3,)" in refusal(columns)


def test_spend_without_an_amount_column_is_refused() -> None:
    s = rk.summarize_transactions(pl.DataFrame(GOOD), customer_id="id", date="date", unit="day")
    with pytest.raises(rk.InputError, match=r"amount must name a column of money .* amount='price'"):
        _ = s.spend
    assert s.to_frame().columns == ["id", "frequency", "recency", "T"]


def test_an_id_column_named_like_a_result_is_refused_where_it_would_be_lost() -> None:
    table = pl.DataFrame(GOOD).rename({"id": "frequency"})
    s = rk.summarize_transactions(table, customer_id="frequency", date="date", unit="day")
    with pytest.raises(rk.InputError, match="must not be named like one of the results"):
        s.to_frame()


# -- files --------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named_with_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("id,date,price\na,2014-01-01,1\n")
    message = refusal(tmp_path / "sale.csv")
    assert "source must be a file, or a glob that matches files" in message
    assert "Did you mean 'sales.csv'?" in message


def test_a_folder_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sales.docx").write_text("")
    for path in (tmp_path, tmp_path / "sales.docx"):
        message = refusal(path)
        assert "must be CSV (.csv, .tsv, .txt), JSON lines (.jsonl, .ndjson), also .gz, .zst" in message
        assert "give a glob, such as 'folder/*.parquet'" in message


def test_files_of_two_kinds_are_refused(tmp_path: Path) -> None:
    pl.DataFrame(GOOD).write_csv(tmp_path / "a.csv")
    pl.DataFrame(GOOD).write_parquet(tmp_path / "b.parquet")
    assert "files of one kind" in refusal(str(tmp_path / "*"))


@pytest.mark.slow
@pytest.mark.parametrize("text", ["$3", "1,5", "three", " 1", "1_000", "nan", "inf"])
def test_an_amount_that_is_no_number_in_a_csv_file_is_shown(text: str, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(f'id,date,price\na,2014-01-01,1\nb,2014-01-02,"{text}"\n')
    message = refusal(tmp_path / "sales.csv")
    assert (
        "amount must be numbers with a decimal point (1 of 2 lines in column 'price' break this)" in message
    )
    assert f"got {text!r} at position 1. " in message


def test_an_empty_field_in_a_csv_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text('id,date,price\na,2014-01-01,1\nb,2014-01-02,""\n')
    assert "amount must not be missing or NaN (1 of 2 lines" in refusal(tmp_path / "sales.csv")


@pytest.mark.parametrize("library", ["duckdb", "pyarrow"])
def test_without_its_library_a_file_is_refused_with_the_line_that_installs_it(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_parquet(GOOD, tmp_path)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        rk.errors.MissingDependencyError, match=rf"needs {library}.*pip install 'retainkit\[duckdb\]'"
    ):
        rk.summarize_transactions(path, customer_id="id", date="date", unit="day")


def test_who_would_split_a_summary_is_told_how_its_lines_are() -> None:
    tx = rk.summarize_transactions(
        {"id": ["a"], "date": ["2024-01-01"]}, customer_id="id", date="date", unit="day"
    )
    with pytest.raises(AttributeError, match=r"no attribute 'split'. .*holdout_from=.*its lines are gone"):
        tx.split("2024-01-01")  # type: ignore[attr-defined]
    assert not hasattr(tx, "splits")
