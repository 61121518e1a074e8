"""Expressions hold of the same lines in every engine; what is none is refused by its position."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import retainkit as rk
from retainkit.errors import InputError
from retainkit.tables import TableSource, made, read_table

CONNECTION = duckdb.connect()
TABLE: dict[str, list[Any]] = {
    "n": [1, 2, None, -3],
    "p": [2.5, 1.0, 4.0, 1.0],
    "c": ["UK", "FR", None, "UK"],
    "Unit Price": [1.0, 2.0, 3.0, 4.0],
    "d": [
        dt.datetime.fromisoformat("2024-01-01T05:00"),
        dt.datetime.fromisoformat("2024-01-02T07:00"),
        dt.datetime.fromisoformat("2024-01-03T00:00"),
        None,
    ],
}
WHICH: dict[str, list[int]] = {
    "c == 'UK'": [0, 3],
    "c != 'UK'": [1],
    "not c == 'UK'": [1, 2],
    "n > 0": [0, 1],
    "not n > 0": [2, 3],
    "n != 1": [1, 3],
    "1 != n": [1, 3],
    "n*p >= 2": [0, 1],
    "c in ('UK', 'DE')": [0, 3],
    "c not in ['UK']": [1],
    "c in ('FR')": [1],
    "n in (1, 2.0)": [0, 1],
    "n is null": [2],
    "c is not null": [0, 1, 3],
    "n + p is null": [2],
    "d <= '2024-01-02'": [0, 1],
    "d == '2024-01-02'": [1],
    "d != '2024-01-02'": [0, 2],
    "d > '2024-01-01'": [1, 2],
    "'2024-01-03' > d": [0, 1],
    "d == d": [0, 1, 2],
    "`Unit Price` > 1 and (c == 'FR' or n < 0)": [1, 3],
    "1 < p < 3": [0],
    "c == c": [0, 1, 3],
    "-n > +0": [3],
    "n / 0 > 1": [0, 1],
    "2 * `Unit Price` - p <= 3": [0, 1, 2],
    "  p\n>= 2.5 ": [0, 2],
}


def sources(folder: Path) -> dict[str, Any]:
    frame = pl.DataFrame(TABLE)
    frame.write_parquet(folder / "t.parquet")
    frame.write_csv(folder / "t.csv", datetime_format="%Y-%m-%d %H:%M")
    return {
        "dict": TABLE,
        "pandas": pd.DataFrame(TABLE),
        "pandas-nullable": pd.DataFrame(TABLE).convert_dtypes(),
        "objects": pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in TABLE.items()}),
        "categories": pd.DataFrame(TABLE).astype({"c": "category"}),
        "polars": frame,
        "lazy": frame.lazy(),
        "pyarrow": frame.to_arrow(),
        "duckdb": CONNECTION.from_arrow(frame.to_arrow()),
        "parquet": folder / "t.parquet",
        "csv": folder / "t.csv",
    }


@pytest.mark.slow
@pytest.mark.parametrize("where", WHICH)
def test_the_same_lines_hold_in_every_engine(where: str, tmp_path: Path) -> None:
    for kind, source in sources(tmp_path).items():
        found = read_table(TableSource(source, where=where), {"price": "Unit Price"})
        assert found["price"].numbers().tolist() == [float(k + 1) for k in WHICH[where]], kind
        assert found.left_out == 4 - len(WHICH[where])


@pytest.mark.slow
@pytest.mark.parametrize("heading", ["Order no.", "a.b", 'say "n"', '"n"', "it's", "n; m"])
def test_a_heading_of_any_letters_is_a_column_in_every_engine(heading: str, tmp_path: Path) -> None:
    """DuckDB before 2 takes what stands before a dot for a table, where an expression names any column."""
    table = {"who": [1, 1, 2], "day": ["2024-01-01", "2024-01-02", "2024-01-05"], heading: [2.0, 3.0, 5.0]}
    pl.DataFrame(table).write_csv(tmp_path / "t.csv")
    relation = CONNECTION.from_arrow(pa.table(table))
    for source in (table, pl.LazyFrame(table), relation, nw.from_native(relation), tmp_path / "t.csv"):
        asked = TableSource(source, where=f"`{heading}` < 5")
        twice = f"2 * `{heading}`"
        assert read_table(asked, {"n": heading, "twice": twice})["twice"].numbers().tolist() == [4.0, 6.0]
        tx = rk.summarize_transactions(asked, customer_id="who", date="day", amount=twice, unit="day")
        assert tx.spend.monetary_value.tolist() == [6.0]


def test_flags_and_columns_of_text_are_compared_as_what_they_are() -> None:
    table = {"paid": [True, False, None], "a": ["x", "y", ""], "b": ["x", "z", ""], "k": [0, 1, 2]}
    for source in (table, pl.DataFrame(table), pa.table(table), pd.DataFrame(table)):
        for where, lines in {
            "paid": [0], "not paid": [1, 2], "paid == True": [0], "paid != True": [1],
            "a == b": [0], "a != b": [1], "a is null": [2],
        }.items():  # fmt: skip
            found = read_table(TableSource(source, where=where), {"k": "k"})
            assert found["k"].numbers().tolist() == lines, where


REFUSED: dict[str, str] = {
    "__import__('os').system('x')": "at position 0 is not understood",
    "n.real > 1": "'n.real' at position 0 is not understood",
    "n[0] > 1": "'n[0]' at position 0",
    "p > 1 and len(c) > 1": "'len(c)' at position 10 is not understood",
    "n ** 2 > 1": "'n ** 2' at position 0 is not understood",
    "n % 2 == 1": "'n % 2' at position 0 is not understood",
    "(lambda: n)() > 1": "is not understood",
    "[n for n in p] == 1": "is not understood",
    "n if p else c": "is not understood",
    "f'{n}' == 'x'": "is not understood",
    "n := 1": "cannot be read",
    "c = 'UK'": "Compare by ==",
    "c == 'UK": "cannot be read",
    "n >": "cannot be read",
    "c > 'UK'": "\"c > 'UK'\" at position 0 cannot be compared",
    "n == 'UK'": "compares different things",
    "c == ''": "An empty cell is missing",
    "n == null": "Write `x is null`",
    "n is 1": "Write `x is null`",
    "n in p": "is no list of numbers or of texts",
    "n in ()": "is no list",
    "c in (1, 'UK')": "is no list",
    "n > 99999999999999999999": "'99999999999999999999' at position 4 is a number too large",
    "1 == 2": "names no column",
    "1 == 1 or n > 0": "'1 == 1' at position 0 compares no column",
    "n": "'n' at position 0 is no condition",
    "n + 1": "'n + 1' at position 0 is no condition",
    "n > 0 and p": "'p' at position 10 is no condition",
    "d + 1 > 2": "'d' at position 0 is no number",
    "'é' == c and n > 1j": "'1j' at position 17 is not understood",
    "m > 1": "must name a column of the table, got 'm'. Its columns are",
    "n\0 > 1": "cannot be read",
    "+".join(["n"] * 2000): "is beyond 2,000 letters",
    "(" * 900 + "n": "cannot be read",
}


@pytest.mark.parametrize("where", REFUSED)
def test_what_is_no_condition_is_refused_by_its_position(where: str) -> None:
    for source in (TABLE, pl.DataFrame(TABLE)):
        with pytest.raises(InputError) as caught:
            read_table(TableSource(source, where=where), {"n": "n"})
        assert caught.value.argument == "where"
        assert REFUSED[where] in str(caught.value)


def test_a_column_made_of_others_is_refused_by_its_argument_and_a_misspelt_name_is_no_expression() -> None:
    def message(amount: str, argument: str = "amount") -> str:
        with pytest.raises(InputError) as caught:
            read_table(TABLE, {argument: amount})[argument].numbers()
        assert caught.value.argument == argument
        return str(caught.value)

    assert "got 'Unit Prise'. Did you mean 'Unit Price'?" in message("Unit Prise")
    assert "must be numbers" in message("n * c")
    assert "got 'Unit-Price'. Did you mean 'Unit Price'?" in message("Unit-Price")
    assert "'n > 1' at position 0 is no number" in message("n > 1")
    assert "must not be missing (1 of 4 lines in column 'n * p' break this)" in message("n * p")
    assert "must be finite (4 of 4" in message("p / 0")
    assert read_table(TABLE, {"amount": "`Unit Price`"})["amount"].numbers().tolist() == [1.0, 2.0, 3.0, 4.0]
    named = {"n*p": [1.0], "n": [5], "p": [7]}
    assert read_table(named, {"amount": "n*p"})["amount"].numbers().tolist() == [
        1.0
    ]  # a column's name comes first


def test_objects_of_python_are_what_they_are() -> None:
    days = [dt.date(2024, 1, 31), None, dt.date(2024, 2, 29)]
    frame = pd.DataFrame({"day": days, "n": [Decimal("1.5"), None, Decimal(4)], "k": [0, 1, 2]})
    for where, lines in {
        "day > '2024-01-31'": [2],
        "n * 2 == 3": [0],
        "n is null and day is null": [1],
    }.items():
        found = read_table(TableSource(frame, where=where), {"k": "k", "x": "n + k"})
        assert found["k"].numbers().tolist() == lines
    made = read_table(frame.dropna(), {"x": "n * k"})
    assert made["x"].numbers().tolist() == [0.0, 8.0]
    both = read_table(frame.dropna(), {"k": "k", "x": "n * k"}).with_columns({"y": np.array([1, 2])})
    assert both.to_dict("list") == {"k": [0, 2], "x": [0.0, 8.0], "y": [1, 2]}


def test_a_cell_that_an_expression_cannot_read_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,n,d\n1,5,2024-01-01\n2,many,2024-01-02\n3,,soon\n")
    for where, value in {
        "n > 1": "'many' at position 1 (t.csv, row 3)",
        "d > '2024-01-01'": "'soon' at position 2",
    }.items():
        with pytest.raises(InputError, match="where must be") as caught:
            read_table(TableSource(tmp_path / "t.csv", where=where), {"id": "id"})
        assert value in str(caught.value)
    found = read_table(TableSource(tmp_path / "t.csv", where="id != '2'"), {"n": "n"})
    assert [len(found), found.left_out] == [2, 1]


def test_what_an_engine_cannot_compute_is_told_as_that_and_a_fault_of_ours_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = TableSource(pl.DataFrame({"n": [1, 2]}), where="n > 1")
    for raised in (pl.exceptions.ComputeError("cannot add\nand more"), TypeError("cannot add")):
        with monkeypatch.context() as patch:
            patch.setattr(nw.DataFrame, "with_columns", Mock(side_effect=raised))
            with pytest.raises(InputError, match=r"got cannot add\. Compute it in the table first"):
                read_table(source, {"n": "n"})
    with monkeypatch.context() as patch:
        patch.setattr(nw.DataFrame, "with_columns", Mock(side_effect=MemoryError("too much")))
        with pytest.raises(MemoryError):
            read_table(source, {"n": "n"})
    monkeypatch.setattr(made, "EngineCells", None)  # a slip of this package, on a line of its own
    with pytest.raises(TypeError, match="not callable"):
        read_table(source, {"n": "n"})
