"""A bad line of a file is named with its place by every reader, and what is proposed reads the rest."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sheets import workbook

import retainkit as rk

JAN, FEB, MAR = (dt.date(2024, month, 1) for month in (1, 2, 3))
BASE: Any = partial(rk.read_subscriptions, customer_id="who", amount="paid")
READERS: dict[str, tuple[Callable[..., Any], list[str], list[list[Any]]]] = {
    "transactions": (
        partial(rk.summarize_transactions, customer_id="who", date="from", amount="paid", unit="day"),
        ["who", "from", "paid"],
        [["a", JAN, 1.5], ["b", JAN, 2.0], ["a", FEB, 3.0]],
    ),
    "periods": (
        partial(
            rk.summarize_periods, customer_id="who", period="from", orders="no", amount="paid", unit="month"
        ),
        ["who", "from", "no", "paid"],
        [["a", JAN, 1, 1.5], ["b", JAN, 1, 2.0], ["a", FEB, 2, 3.0]],
    ),
    "intervals": (
        partial(BASE, start="from", end="to", observation_end="2024-03-31"),
        ["who", "from", "to", "paid"],
        [["a", JAN, FEB, 1.5], ["b", JAN, MAR, 2.0], ["a", FEB, MAR, 3.0]],
    ),
    "months": (
        partial(BASE, month="from"),
        ["who", "from", "paid"],
        [["a", JAN, 1.5], ["b", JAN, 2.0], ["a", FEB, 3.0]],
    ),
    "events": (
        partial(BASE, date="from", event="what", observation_end="2024-03-31"),
        ["who", "from", "what", "paid"],
        [["a", JAN, "start", 1.5], ["b", JAN, "start", 2.0], ["a", FEB, "change", 3.0]],
    ),
    "invoices": (
        partial(
            BASE, invoice="no", paid_from="from", paid_to="to", observation_end="2024-03-31"
        ),
        ["who", "from", "to", "paid", "no"],
        [["a", JAN, FEB, 1.5, "A"], ["b", JAN, FEB, 2.0, "B"], ["a", FEB, MAR, 3.0, "C"]],
    ),
}  # fmt: skip
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a row of totals": ({"who": "Total", "paid": 6.5}, "from", "None"),
    "an amount that is none": ({"paid": None}, "paid", "None"),
    "a date among amounts": ({"paid": MAR}, "paid", "2024"),
    "a word among amounts": ({"paid": "see below"}, "paid", "'see below'"),
    "a date that is none": ({"from": "soon"}, "from", "'soon'"),
}


def written(path: Path, head: list[str], rows: list[list[Any]]) -> Path:
    if path.suffix == ".xlsx":
        return workbook(path, {"S": [head, *rows]})
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


# text is read by one engine for all of them, a sheet without one
@pytest.mark.slow
@pytest.mark.parametrize(("reader", "kind"), [("transactions", "csv"), *((name, "xlsx") for name in READERS)])
def test_a_bad_line_is_named_by_file_sheet_row_column_and_value(
    reader: str, kind: str, tmp_path: Path
) -> None:
    read, head, rows = READERS[reader]
    good = read(written(tmp_path / f"good.{kind}", head, rows))
    sheet = ", sheet 'S'" if kind == "xlsx" else ""
    for case, (cells, column, value) in BAD.items():
        new = dict(zip(head, ["z", *rows[0][1:]], strict=True)) if "who" not in cells else {}
        path = written(tmp_path / f"bad.{kind}", head, [*rows, [(new | cells).get(name) for name in head]])
        with pytest.raises(rk.InputError) as caught:
            read(path)
        said = str(caught.value)
        assert f"of 4 lines in column {column!r} break this), got " in said, case
        assert f"(bad.{kind}{sheet}, row 5" in said and value in said.split("got ")[1], case
        option = re.search(r"(where)=(['\"])(.+?)\2", said)
        if option is None:
            assert re.search("where=|date_format=|Fill the gap", said), case
            continue
        # the line that is proposed reads the rest
        again = read(path, where=option[3])
        assert len(again) == len(good) and again.treatment != good.treatment, case


TWICE: dict[str, list[Any]] = {
    "intervals": ["b", FEB, MAR, 9.0], "months": ["b", JAN, 9.0], "invoices": ["b", JAN, FEB, 9.0, "D"],
}  # fmt: skip


@pytest.mark.parametrize(("reader", "kind"), [("months", "csv"), *((name, "xlsx") for name in TWICE)])
def test_lines_that_overlap_are_named_by_both_their_places(reader: str, kind: str, tmp_path: Path) -> None:
    read, head, rows = READERS[reader]
    path = written(tmp_path / f"orders.{kind}", head, [*rows, TWICE[reader]])
    with pytest.raises(rk.InputError, match=r"row 3 and orders.*row 5") as caught:
        read(path)
    assert "customer 'b': 2024-01" in str(caught.value) and "overlap='add'" in caught.value.way_out
    assert read(path, overlap="add").treatment["lines"] == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"acquired": "since"}, "start must not lie before the customer was acquired"),
        ({"plan": "plan"}, "plan must not be missing"),
        ({"reason": "why"}, "reason must not be missing for customers who left"),
    ],
)
def test_what_a_customer_contradicts_is_named_by_its_place_too(
    fault: dict[str, str], said: str, tmp_path: Path
) -> None:
    read, head, rows = READERS["intervals"]
    lines = [[*row, JAN, "basic", "price"] for row in rows[::2]] + [[*rows[1], FEB, None, None]]
    path = written(tmp_path / "subs.xlsx", [*head, "since", "plan", "why"], lines)
    with pytest.raises(rk.InputError, match=re.escape(said)) as caught:
        read(path, **fault)
    assert "customer 'b': 2024-01-01 to 2024-03-01 at position 2 (subs.xlsx, sheet 'S', row 4)" in str(
        caught.value
    )
