"""Files with something in the wrong place: the message has the place and what reads it."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from sheets import workbook

import retainkit as rk
from retainkit.tables import read_table

DAY = dt.datetime.fromisoformat("2024-01-31")
HEAD = ["id", "day", "n"]
CALL: dict[str, Any] = {"customer_id": "id", "date": "day", "amount": "n", "unit": "day"}


def refusal(source: Any, **more: Any) -> str:
    with pytest.raises(rk.InputError) as caught:
        rk.summarize_transactions(source, **CALL | more)
    return str(caught.value)


SHEETS: dict[str, tuple[list[list[Any]], str]] = {
    "a date among amounts": (
        [HEAD, [1, DAY, 2.5], [2, DAY, DAY]],
        "amount must be numbers with a decimal point (1 of 2 lines in column 'n' break this), got "
        "datetime.datetime(2024, 1, 31, 0, 0) at position 1 (t.xlsx, sheet 'S', row 3)",
    ),
    "an amount among dates": (
        [HEAD, [1, 12.5, 2.5], [2, DAY, 3]],
        "got 12.5 at position 0 (t.xlsx, sheet 'S', row 2). Convert the column to dates first",
    ),
    "a text of money": (
        [HEAD, [1, DAY, 2.5], [2, DAY, "$1,234.50"]],
        "at position 1 (t.xlsx, sheet 'S', row 3). amount_format='$1,234.56' reads it.",
    ),
    "a total below": (
        [HEAD, [1, DAY, 2.5], [2, DAY, 3], ["Total", None, 5.5]],
        "customer_id must hold ids of one type (1 of 3 lines in column 'id' break this), got 'Total' at "
        "position 2 (t.xlsx, sheet 'S', row 4). Convert the ids to text: '1' and 1 differ. A line of",
    ),
    "a total without a name": (
        [HEAD, [1, DAY, 2.5], [None, None, 2.5]],
        "customer_id must not be missing (1 of 2 lines in column 'id' break this), got None at position 1 "
        "(t.xlsx, sheet 'S', row 3: empty",
    ),
    "formulas that nobody has computed": (
        [HEAD, [1, DAY, "=1+1"], [2, DAY, 3]],
        "at position 0 (t.xlsx, sheet 'S', row 2: empty, or a formula whose value is not in the file until",
    ),
    "an empty row between": ([HEAD, [1, DAY, 2.5], [], [2, DAY, 3]], "row 3"),
    "no lines": ([HEAD], "source must have at least one transaction"),
    "a heading twice": (
        [["id", "id", "n"], [1, 2, 3]],
        "must not have two columns of one name ('id') in sheet 'S'",
    ),
    "a heading that is missing": (
        [["id", None, "n"], [1, DAY, 3]],
        "must have a heading above every column: column B of sheet 'S' has none in row 1",
    ),
    "a title above": (
        [["Orders"], HEAD, [1, DAY, 3]],
        "Say heading_row=, the number of the row with the names",
    ),
    "another column": ([["id", "date", "n"], [1, DAY, 3]], "date must name a column of the table, got 'day'"),
}


@pytest.mark.parametrize("case", SHEETS)
def test_a_cell_in_the_wrong_place_of_a_workbook_is_named_with_its_place(case: str, tmp_path: Path) -> None:
    rows, told = SHEETS[case]
    assert told in refusal(workbook(tmp_path / "t.xlsx", {"S": rows}))


def test_a_file_with_nothing_in_it_has_no_lines(tmp_path: Path) -> None:
    for name in ("t.csv", "t.tsv"):
        (tmp_path / name).write_text("")
        assert "source must have at least one" in refusal(tmp_path / name)
    (tmp_path / "t.xlsx").write_text("")
    assert "source must be a workbook that can be opened" in refusal(tmp_path / "t.xlsx")


def test_a_sheet_has_to_be_chosen_among_several_and_has_to_be_there(tmp_path: Path) -> None:
    rows = [HEAD, [1, DAY, 2.5]]
    book = workbook(tmp_path / "t.xlsx", {"May": rows, "June": rows})
    assert "sheet must be given: t.xlsx has the sheets 'May', 'June', got None. Write sheet='May'" in refusal(
        book
    )
    assert "sheet must name a sheet of t.xlsx, got 'Mai'. Did you mean 'May'?" in refusal(book, sheet="Mai")
    assert "sheet must be a number from 1 to 2: so many sheets has t.xlsx, got 3" in refusal(book, sheet=3)
    other = workbook(tmp_path / "u.xlsx", {"May": [["id", "day", "eur"], [1, DAY, 2.5]]})
    assert "must have the same columns in every workbook: 'id', 'day', 'n'" in refusal(
        [book, other], sheet="May"
    )
    merged = workbook(tmp_path / "m.xlsx", {"May": [["id", "when", None], [1, DAY, 2.5]]}, merged="B1:C1")
    assert "column C of sheet 'May' has none (its headings are merged) in row 1" in refusal(merged)


CONTENT: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a workbook named .csv": ("t.csv", lambda p: workbook(p, {"S": [HEAD]}), "a workbook or an archive"),
    "text named .xlsx": ("t.xlsx", lambda p: p.write_text("id,day,n\n"), "text. Name it .csv"),
    "a web page named .xls": ("t.xls", lambda p: p.write_text("<html><table>"), "a web page"),
    "text named .parquet": ("t.parquet", lambda p: p.write_text("id,day,n\n"), "text. Name it .csv"),
    "Parquet named .csv": ("t.csv", lambda p: pl.DataFrame({"id": [1]}).write_parquet(p), "Parquet"),
    "a packed file named .csv": ("t.csv", lambda p: p.write_bytes(gzip.compress(b"id\n")), "packed by gzip"),
    "an array named .jsonl": ("t.jsonl", lambda p: p.write_text('[{"id": 1}]'), "one array of JSON"),
    "a PDF named .csv": ("t.csv", lambda p: p.write_bytes(b"%PDF-1.7\n"), "a PDF"),
}


@pytest.mark.parametrize("case", CONTENT)
def test_a_file_that_is_not_what_its_name_says_is_refused(case: str, tmp_path: Path) -> None:
    name, write, inside = CONTENT[case]
    write(tmp_path / name)
    message = refusal(tmp_path / name).replace(f", got '{tmp_path / name}'", "")
    assert f"source must be what its name says; inside, it is {inside}" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("t.csv.gz", None),
        ("t.csv.gz", "utf-8"),
        ("t.csv.gz", "cp1252"),
        ("t.jsonl.gz", None),
        ("t.csv.zst", None),
        ("t.csv.zst", "utf-8"),
        ("t.jsonl.zst", None),
    ],
)
def test_a_packed_file_that_would_fill_the_machine_is_refused(
    name: str, encoding: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retainkit.tables.files._FREELY", 2 << 20)
    lines = b"id,day,n\n" if "csv" in name else b""
    line = b"1,2024-01-31,2\n" if "csv" in name else b'{"id": 1, "day": "2024-01-31", "n": 2}\n'
    path = tmp_path / name
    pack = gzip.compress if name.endswith("gz") else partial(pa.compress, codec="zstd", asbytes=True)
    path.write_bytes(pack(lines + line * (400 << 10)))
    assert path.stat().st_size < 80_000
    options: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
    said = refusal(path, **options)
    assert "source must unpack to at most 200 times its size, or 2 MB if that is more" in said
    path.write_bytes(pack(lines + line * 1000))  # packed as much, and no harm
    assert rk.summarize_transactions(path, **CALL | options).purchases.frequency.tolist() == [0]


@pytest.mark.parametrize("told", [None, 100])
def test_a_workbook_that_would_fill_the_machine_is_refused(
    told: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retainkit.tables.files._FREELY", 2 << 20)
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", bytes(4 << 20))
    if told is not None:  # its heading says another size than it has
        content = bytearray(path.read_bytes())
        at = content.index(b"PK\x01\x02") + 24
        content[at : at + 4] = told.to_bytes(4, "little")
        path.write_bytes(content)
    assert "must unpack to at most 200 times its size, or 2 MB if that is more" in refusal(path)


@pytest.mark.parametrize("head", [b"", b"id,day,n\n1,2024-01-31,2\n"])
def test_a_line_without_end_fills_no_memory(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(head + b"1")
    os.truncate(path, 32 << 20)  # a hole in the file, that takes no room on the disk
    tracemalloc.start()
    said = refusal(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "source must have lines of at most 2,097,152 characters" in said and most < 24 << 20


def test_text_that_is_written_in_several_ways_has_to_be_told(tmp_path: Path) -> None:
    def written(text: str, name: str = "t.csv") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    assert "separator must be given: t.csv can be split by ',' and by ';'" in refusal(
        written("a;b,c\n1;2,3\n")
    )
    assert "got '1,234' at position 0 (t.csv, row 2). Say how 1234.56 would be written" in refusal(
        written("id;day;n\n1;2024-01-31;1,234\n")
    )
    assert "amount_format='1234,56' reads it" in refusal(
        written("id;day;n\n1;2024-01-31;1,5\n2;2024-01-31;1.5\n")
    )
    assert "amount_format='$1,234.56' reads it" in refusal(
        written('id,day,n\n1,2024-01-31,"$1,234.50"\n'), amount_format="1,234.56"
    )
    more = refusal(written("id,day,n\n1,2024-01-31,2\n1,2024-01-31,2,9\n"))
    assert "DuckDB can read" in more and "Line: 3 Expected Number of Columns: 3 Found: 4" in more
    both = [written("id,day,n\n1,2024-01-31,2\n", "a.csv"), written("id;day;n\n1;2024-01-31;2\n", "b.csv")]
    assert "must have their columns separated alike in all files, got ',' and ';'" in refusal(both)
    assert "source must name every file once" in refusal([both[0], both[0]])
    wrong = refusal(written("id,day,n\nZo\u00eb,2024-01-31,2\n"), encoding="ascii")
    assert "must be text in the encoding that is said, ascii" in wrong
    assert "encoding must be an encoding that Python knows, got 'utf8x'. Did you mean 'utf-8'?" in refusal(
        both[0], encoding="utf8x"
    )


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "sheet": ({"sheet": "S"}, "sheet has no meaning for a table that is no file of excel"),
    "encoding": ({"encoding": "utf-8"}, "encoding has no meaning for a table that is no file of text"),
    "engine": ({"engine": rk.DuckDB()}, "engine has no meaning for a table that is no file of"),
    "separator": ({"separator": ";;"}, "separator must be one letter, got ';;'"),
    "heading": ({"heading_row": 0}, "heading_row must be the number of a row, from 1, got 0"),
    "no engine": ({"engine": "duckdb"}, "engine must be rk.DuckDB(...), which says how much"),
    "where": ({"where": 3}, "where must be text, got 3"),
    "format": ({"amount_format": "12,50"}, "amount_format must show how 1234.56 is written in the table"),
    "two marks": ({"amount_format": "1.234.56"}, "two different signs for thousands and decimals"),
    "pandas' word": (
        {"sep": ";"},
        "sep is not an argument of summarize_transactions, got ';'. Here it is separator.",
    ),
    "no word": ({"wehre": "n > 1"}, "Did you mean 'where'?"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_says_nothing_or_is_none_is_refused(case: str) -> None:
    more, told = OPTIONS[case]
    table = {"id": [1], "day": ["2024-01-31"], "n": [2.0]}
    assert told in refusal(table, **more)
    if "is not an argument" not in told and "Did" not in told:
        with pytest.raises(rk.InputError, match=r"has no meaning|must"):
            read_table(rk.TableSource(table, **more), {"n": "n"})
    assert "must not be given beside a TableSource" in refusal(rk.TableSource(table), where="n > 1")


AMOUNTS: dict[str, tuple[list[str], list[float]]] = {
    "1.234,56": (["1.234.567,89", "12", "-3,5", "+0,25", "1234,5"], [1234567.89, 12.0, -3.5, 0.25, 1234.5]),
    "$1,234.56": (["$1,234.50", "-$5", "$-5.25", "7", "$ 8"], [1234.5, -5.0, -5.25, 7.0, 8.0]),
    "(1,234.56)": (["(1,234.56)", "1,234.56", "-2", "(3)"], [-1234.56, 1234.56, -2.0, -3.0]),
    "1 234,56 €": (["1 234,5 €", "1\u202f234,5 €", "\u22122 €", "3"], [1234.5, 1234.5, -2.0, 3.0]),
    "CHF 1'234.56": (["CHF 1'234.50", "CHF 1\u2019234.50", "-CHF 2"], [1234.5, 1234.5, -2.0]),
    "1234.56-": (["12.50-", "12.50"], [-12.5, 12.5]),
    "Rs. 1,234.56": (["Rs. 1,000.5", "Rs. 2"], [1000.5, 2.0]),
}


@pytest.mark.slow
@pytest.mark.parametrize("example", AMOUNTS)
def test_amounts_are_read_as_their_example_is_written_in_every_kind_of_table(
    example: str, tmp_path: Path
) -> None:
    texts, numbers = AMOUNTS[example]
    frame = pl.DataFrame({"n": texts})
    frame.write_csv(tmp_path / "t.csv", separator="|")
    frame.write_parquet(tmp_path / "t.parquet")
    files = (
        tmp_path / "t.csv",
        tmp_path / "t.parquet",
        workbook(tmp_path / "t.xlsx", {"S": [["n"], *([t] for t in texts)]}),
    )
    for table in ({"n": texts}, frame, frame.to_pandas(), frame.to_arrow(), *files):
        source = rk.TableSource(table, amount_format=example)
        assert read_table(source)["n"].numbers().tolist() == numbers
        assert read_table(source, {"x": "n * 2"})["x"].numbers().tolist() == [2 * n for n in numbers]
    for wrong in ("1.2.3", "--5", "12,34,5", "", "x", "($1", "5 USD 3"):
        with pytest.raises(rk.InputError):
            read_table(rk.TableSource({"n": [wrong]}, amount_format=example))["n"].numbers()
