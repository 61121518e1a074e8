"""What a workbook must not do: make a formula of a text, lose a digit of an id, leave half a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import retainkit as rk

HOSTILE = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "=HYPERLINK(\"http://x\")", "http://x.y", "007", "1e5",
    "<script>alert(1)</script>", "\x07bell", "'quoted", "{=1}", "\u202etxt", "",
)  # fmt: skip
SCENARIO = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)


def customers(ids: Any) -> Any:
    n = len(ids)
    summary = rk.Purchases(frequency=np.ones(n), recency=np.ones(n), T=np.full(n, 9.0), unit="week")
    model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    terms: dict[str, Any] = {"discount_rate": rk.Rate(0.1, per="year"), "horizon": rk.Duration(3, "year")}
    return rk.value_customers(summary, model, 35.0, margin_share=0.3, **terms).replace(customers=ids)


def texts(path: Path, sheet: str) -> list[Any]:
    book = openpyxl.load_workbook(path)
    return [cell for row in book[sheet].iter_rows() for cell in row]


def test_no_text_becomes_a_formula_a_link_or_a_number(tmp_path: Path) -> None:
    found = customers(np.array(HOSTILE, object))
    path = rk.workbook(found, tmp_path / "v.xlsx", by={"=1+1": HOSTILE})
    for sheet in ("Customers", "Value"):
        for cell in texts(path, sheet):
            assert cell.hyperlink is None
            if cell.data_type == "f":
                assert not any(text and text in str(cell.value) for text in HOSTILE)
    ids = [cell.value for cell in texts(path, "Customers") if cell.column == 1][4:]
    # what a file of this kind cannot hold, a bell, is written as its code
    assert {*HOSTILE} - {"", "\x07bell"} <= {*ids}
    assert len(ids) == len(HOSTILE)
    assert all(isinstance(one, str | None) for one in ids)


def test_ids_that_are_numbers_keep_every_digit(tmp_path: Path) -> None:
    ids = np.array([12345678901234567, 12345678901234568])
    path = customers(ids).to_excel(tmp_path / "v.xlsx")
    found = {cell.value for cell in texts(path, "Customers") if cell.column == 1}
    assert {"12345678901234567", "12345678901234568"} <= found


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["=1+1", '"', "\\", "[Red]", ";", "€", "#,##0"])
def test_a_currency_sign_is_shown_as_it_is(sign: str, tmp_path: Path) -> None:
    path = rk.workbook(SCENARIO, tmp_path / "v.xlsx", currency=sign)
    cell = next(c for c in texts(path, "Assumptions") if c.value == 500)
    assert cell.number_format.startswith("".join(f"\\{letter}" for letter in sign))
    assert cell.data_type == "n"


@pytest.mark.parametrize("sign", ["a sign of many letters", "a\n", 5])
def test_what_is_no_currency_sign_is_refused(sign: Any, tmp_path: Path) -> None:
    with pytest.raises(rk.InputError, match="currency must be a sign"):
        rk.workbook(SCENARIO, tmp_path / "v.xlsx", currency=sign)


def test_a_path_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "no" / "v.xlsx", "path must be a file in a folder that exists"),
        (tmp_path / "v.csv", "path must end in .xlsx"),
        (tmp_path, "path must end in .xlsx"),
        (5, "path must be the path of a file"),
    ):
        with pytest.raises(rk.InputError, match=message):
            rk.workbook(SCENARIO, path)  # type: ignore[arg-type]


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rk.workbook(SCENARIO, tmp_path / "v.xlsx")
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(rk.InputError, match="No space left"):
        rk.workbook(SCENARIO.replace(monthly_churn=0.1), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["v.xlsx"]


def test_without_the_library_the_line_that_installs_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(rk.errors.MissingDependencyError, match=r"pip install 'retainkit\[excel\]'"):
        rk.workbook(SCENARIO, tmp_path / "v.xlsx")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([], "result must hold a result"),
        (3.0, "result must be a record"),
        ([SCENARIO, "x"], "result must be a"),
    ],
)
def test_what_is_no_result_is_refused(result: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(rk.InputError, match=message):
        rk.workbook(result, tmp_path / "v.xlsx")


def test_a_workbook_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        made = rk.workbook(SCENARIO, tmp_path / "v.xlsx")
    finally:
        os.umask(before)
    assert made.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["v.xlsx"]


def test_kinds_of_customers_need_values_of_customers_and_as_many_entries(tmp_path: Path) -> None:
    with pytest.raises(rk.InputError, match="by"):
        rk.workbook(SCENARIO, tmp_path / "v.xlsx", by={"land": ["DE"]})
    with pytest.raises(rk.InputError, match="must have an entry for each of 2 customers"):
        rk.workbook(customers(np.arange(2)), tmp_path / "v.xlsx", by={"land": ["DE"]})


def test_any_record_has_a_workbook_and_words_for_what_is_not_finite(tmp_path: Path) -> None:
    never = rk.break_even(500, 50, churn=0.1).to_excel(tmp_path / "never.xlsx")
    stored = openpyxl.load_workbook(never, data_only=True)
    assert [stored["Payback"][f"B{row}"].value for row in (5, 6, 7, 8)] == ["never", "never", "never", "yes"]
    swings = SCENARIO.tornado(0.1).to_excel(tmp_path / "tornado.xlsx")
    assert openpyxl.load_workbook(swings).sheetnames == ["Tornado"]
    drawn = rk.UnitEconomics(
        acquisition_cost=500, monthly_margin=50, monthly_churn=rk.churn_posterior(100, 2000, seed=1)
    )
    assert openpyxl.load_workbook(drawn.to_excel(tmp_path / "drawn.xlsx")).sheetnames == [
        "Unit economics result"
    ]
    wide = rk.economics.break_even_on_curve(500, 50, [1.0, 0.5, 0.1]).to_excel(tmp_path / "curve.xlsx")
    assert "never" in [cell.value for cell in texts(wide, "Curve break even")]
