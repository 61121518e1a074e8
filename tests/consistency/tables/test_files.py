"""One table in any file, of any encoding, separator and way of writing numbers, is the same summary."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from sheets import workbook

import retainkit as rk
from retainkit.tables import read_table

CONNECTION = duckdb.connect()
ROWS: list[dict[str, Any]] = [
    {
        "Customer": who,
        "Country": where,
        "Day": dt.datetime.fromisoformat(f"2024-01-{day:02d}T09:00"),
        "Quantity": n,
        "Unit Price": price,
    }
    for who, where, day, n, price in [
        (7, "España", 1, 6, 2.55),
        (7, "España", 9, 10, 1234.5),
        (7, "España", 9, -1, 2.5),
        (9, "Côte; d'Azur", 3, 1, 0.0),
        (None, "España", 4, 3, 1.25),
        (9, None, 20, 2, 12.25),
        (8, "Österreich", 5, 4, 9.75),
        (8, "Österreich", 6, 40, 1.0),
    ]
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}
CALL: dict[str, Any] = {"customer_id": "Customer", "date": "Day", "amount": "Quantity * `Unit Price`"}
WHERE = "Country != 'Österreich' or Quantity < 10"


def text(separator: str, number: Callable[[Any], str], day: str = "%Y-%m-%d %H:%M") -> str:
    lines = [separator.join(COLUMNS)]
    for who, where, when, n, price in (row.values() for row in ROWS):
        cells = ["" if who is None else str(who), where or "", f"{when:{day}}", str(n), number(price)]
        lines.append(separator.join(f'"{c}"' if separator in c else c for c in cells))
    return "\n".join(lines) + "\n"


def grouped(price: float, thousands: str, decimal: str) -> str:
    return f"{price:,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)


FILES: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "utf-8": ("t.csv", text(",", str).encode(), {}),
    "mark": ("t.csv", text(",", str).encode("utf-8-sig"), {}),
    "cp1252": ("t.csv", text(",", str).encode("cp1252"), {}),
    "latin-1": ("t.csv", text(",", str).encode("latin-1"), {"encoding": "latin-1"}),
    "utf-16": ("t.csv", text(",", str).encode("utf-16"), {}),
    "utf-16 without a mark": ("t.csv", text(",", str).encode("utf-16-be"), {}),
    "mac": ("t.csv", text(",", str).encode("mac_roman"), {"encoding": "mac_roman"}),
    "gzip": ("t.csv.gz", gzip.compress(text(",", str).encode("cp1252")), {}),
    "tabs": ("t.tsv", text("\t", str).encode(), {}),
    "decimal comma": ("t.csv", text(";", lambda p: str(p).replace(".", ",")).encode(), {}),
    "thousands": (
        "t.csv",
        text(";", lambda p: grouped(p, ".", ",")).encode(),
        {"amount_format": "1.234,56", "separator": ";"},
    ),
    "euros": (
        "t.csv",
        text(",", lambda p: grouped(p, " ", ",") + " €").encode(),
        {"amount_format": "1 234,56 €"},
    ),
    "a title above": (
        "t.txt",
        f"Orders, January\n\n{text(',', str)}".encode(),
        {"heading_row": 3},
    ),
    "as Excel says it": ("t.csv", f"sep=;\r\n{text(';', str)}".encode(), {}),
    "another date": ("t.csv", text(",", str, "%d.%m.%Y").encode(), {"date_format": "%d.%m.%Y"}),
    "json lines": (
        "t.jsonl",
        "\n".join(json.dumps(row | {"Day": f"{row['Day']:%Y-%m-%d}"}) for row in ROWS).encode(),
        {},
    ),
}


def frames() -> dict[str, Any]:
    table = pl.DataFrame(COLUMNS).to_arrow()
    return {
        "dict": COLUMNS,
        "pandas": pd.DataFrame(COLUMNS),
        "polars": pl.DataFrame(COLUMNS),
        "lazy": pl.LazyFrame(COLUMNS),
        "pyarrow": table,
        "duckdb": CONNECTION.from_arrow(table),
        "dataset": pyarrow.dataset.dataset(table),
        "batches": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3)),
        "batch": table.combine_chunks().to_batches()[0],
    }


def told(tx: rk.ingest.TransactionSummary) -> list[Any]:
    numbers = (tx.purchases.frequency, tx.purchases.recency, tx.purchases.T, tx.monetary_value)
    counts = {k: v for k, v in tx.treatment.as_dict().items() if k != "told"}
    return [
        [int(i) for i in np.array(rk.tables.to_list(tx.customers))],
        *map(list, map(np.asarray, numbers)),
        counts,
    ]


def read(source: Any, **more: Any) -> rk.ingest.TransactionSummary:
    given = CALL | more | {"missing_ids": "drop", "where": WHERE, "in_memory": True}
    return rk.summarize_transactions(source, **given, unit="day")


EXPECTED = told(read(COLUMNS))


def test_the_summary_is_what_the_rows_say() -> None:
    tx = read(COLUMNS)
    assert rk.tables.to_list(tx.customers) == [7, 8, 9]
    assert tx.purchases.frequency.tolist() == [1.0, 0.0, 1.0]
    assert np.asarray(tx.monetary_value).tolist() == [10 * 1234.5 - 2.5, 0.0, 24.5]
    counts = (tx.treatment.lines, tx.treatment.missing_id_lines, tx.treatment.filtered_lines)
    assert counts == (8, 1, 1)  # of a missing country nothing holds, but its quantity is below 10
    assert "1 line left out: where= does not hold" in str(tx.treatment)


@pytest.mark.parametrize("kind", frames())
def test_a_table_of_any_kind_is_filtered_and_computed_alike(kind: str) -> None:
    assert told(read(frames()[kind])) == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("case", FILES)
def test_a_file_of_any_encoding_separator_and_format_is_read_alike(case: str, tmp_path: Path) -> None:
    name, content, more = FILES[case]
    (tmp_path / name).write_bytes(content)
    assert told(read(tmp_path / name, **more)) == EXPECTED
    if "date_format" in more:
        return
    wanted = {"customer_id": "Customer", "date": "Day", "amount": CALL["amount"]}
    table = read_table(
        rk.TableSource(tmp_path / name, where=f"Customer is not null and ({WHERE})", **more), wanted
    )
    assert table["amount"].numbers().tolist() == [15.299999999999999, 12345.0, -2.5, 0.0, 24.5, 39.0]


def test_lines_and_marks_within_quotes_and_odd_first_lines_are_text_like_any_other(tmp_path: Path) -> None:
    for end in ("\n", "\r\n"):
        lines = ["id,say,n", '1,"two\nlines, ""quoted""",1', "# 2,no comment,2", ",,", "3, spaced ,3"]
        (tmp_path / "t.csv").write_bytes(end.join(lines).encode())
        read = read_table(tmp_path / "t.csv")
        assert read["id"].to_list() == ["1", "# 2", None, "3"]
        assert read["say"].to_list() == ['two\nlines, "quoted"', "no comment", None, " spaced "]
    for body in (b"id,n\r\n1,2\n3,4\r\n", b"id,n\n1,2\r\n3,4\n", b"id,n\r1,2\r3,4\r"):
        (tmp_path / "t.csv").write_bytes(body)
        assert read_table(tmp_path / "t.csv")["id"].to_list() == ["1", "3"]
    index = pd.DataFrame({"id": [1, 2]}).to_csv()
    (tmp_path / "t.csv").write_text(index)
    assert list(read_table(tmp_path / "t.csv")) == ["column0", "id"]


def test_what_was_found_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(FILES["decimal comma"][1].decode().encode("cp1252"))
    assert read(tmp_path / "t.csv").treatment.told == ("t.csv read as cp1252", "columns separated by ';'")
    assert read(tmp_path / "t.csv", encoding="cp1252", separator=";").treatment.told == ()
    assert read(tmp_path / "t.csv", amount=None).purchases.frequency.tolist() == [1.0, 0.0, 1.0]


def test_several_files_are_one_table_and_a_place_is_in_one_of_them(tmp_path: Path) -> None:
    lines = text(",", str).splitlines(keepends=True)
    for k, part in enumerate((lines[1:4], lines[4:7], lines[7:])):
        (tmp_path / f"t{k}.csv").write_text(lines[0] + "".join(part))
    for source in (str(tmp_path / "t*.csv"), [tmp_path / "t0.csv", str(tmp_path / "t[12].csv")]):
        assert told(read(source)) == EXPECTED
    (tmp_path / "t2.csv").write_text(lines[0] + "8,UK,2024-01-05,4,free\n")
    with pytest.raises(
        rk.InputError, match=r"column 'Unit Price' break this\), got 'free' at position 6 \(t2.csv, row 2"
    ):
        read(str(tmp_path / "t*.csv"))
    wanted = {"x": "`Unit Price` + 0"}
    with pytest.raises(rk.InputError, match=r"got 'free' at position 6 \(t2.csv, row 2\)"):
        read_table(str(tmp_path / "t*.csv"), wanted)["x"].numbers()


def rows(**change: Any) -> list[list[Any]]:
    return [list(COLUMNS), *[list((row | change).values()) for row in ROWS]]


def test_a_workbook_is_read_alike_wherever_its_table_stands(tmp_path: Path) -> None:
    sheets = {"Notes": [["nothing here"]], "Orders": rows(), "Empty": []}
    book = workbook(tmp_path / "t.xlsx", sheets)
    assert told(read(book, sheet="Orders")) == told(read(book, sheet=2)) == EXPECTED
    above = workbook(tmp_path / "a.xlsx", {"One": [["Orders of January"], [], *rows(), [None]]})
    assert told(read(above, heading_row=3)) == EXPECTED
    parts = [
        workbook(tmp_path / f"p{k}.xlsx", {"S": [rows()[0], *part]})
        for k, part in enumerate((rows()[1:4], rows()[4:]))
    ]
    assert told(read(parts)) == EXPECTED


def test_duckdb_works_within_the_memory_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text(",", str))
    small = rk.DuckDB(memory_limit="100MB", temp=str(tmp_path / "spill"), threads=1)
    assert told(read(tmp_path / "t.csv", engine=small)) == EXPECTED
    with pytest.raises(
        rk.InputError, match=r"engine must be a table that DuckDB can read, got .* must have a number"
    ):
        read(tmp_path / "t.csv", engine=rk.DuckDB(memory_limit="much"))
