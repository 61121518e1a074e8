"""Results in a notebook: words left, numbers right, never in words, in the style that was set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import retainkit as rk
from retainkit.display import html_table, localized, number_style

SCENARIO = rk.UnitEconomics(acquisition_cost=1500, monthly_margin=50, monthly_churn=0.05)


def sides(html: str, tag: str = "td") -> list[tuple[str, str]]:
    return re.findall(rf"<{tag} style='text-align:(\w+)'>(.*?)</{tag}>", html)


def test_numbers_stand_at_the_right_and_words_at_the_left() -> None:
    table = html_table(
        "", [("figure", "value", "what it is"), ("a", "5.0", "a cost"), ("b", "never", "of it")]
    )
    assert [side for side, _ in sides(table)][:3] == ["left", "right", "left"]
    assert [side for side, _ in sides(table, "th")] == ["left", "right", "left"]
    shown = SCENARIO.evaluate()._repr_html_()
    assert {side for side, _ in sides(shown)[1::3]} == {"right"}
    assert {side for side, _ in sides(shown)[2::3]} == {"left"}


def test_what_is_not_finite_is_in_words() -> None:
    never = dict(
        zip(
            *[iter([text for _, text in sides(rk.break_even(500, 50, churn=0.1)._repr_html_())])] * 2,
            strict=False,
        )
    )
    assert never["periods"] == "never"
    assert dict(never)["critical churn"] == "0.1"
    always = rk.break_even(10, 50, churn=0.1)._repr_html_()
    assert ("right", "infinite") in sides(always)
    assert ">inf<" not in always + rk.economics.break_even_on_curve(500, 50, [1.0, 0.5])._repr_html_()


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("1,234.5", "1,234.5 and 0.05 of 12,345,678"),
        ("€1.234,50", "1.234,5 and 0,05 of 12.345.678"),
        ("1\u202f234,5", "1\u202f234,5 and 0,05 of 12\u202f345\u202f678"),
        ("1234.5", "1234.5 and 0.05 of 12345678"),
    ],
)
def test_numbers_are_written_as_is_set(style: str, shown: str) -> None:
    with number_style(style):
        assert localized("1,234.5 and 0.05 of 12,345,678") == shown
    assert localized("1,234.5") == "1,234.5"


def test_a_setting_within_another_ends_with_its_block() -> None:
    with number_style("1.234,5"):
        with number_style("1234.5"):
            assert localized("1,234.5") == "1234.5"
        assert localized("1,234.5") == "1.234,5"
    assert localized("1,234.5") == "1,234.5"


def test_tables_and_workbooks_follow_and_text_does_not(tmp_path: Path) -> None:
    result = SCENARIO.evaluate()
    with number_style("€1.234,5"):
        assert ("right", "1.000,00") in sides(result._repr_html_())
        assert "1,000.00" in str(result)
        path = result.to_excel(tmp_path / "v.xlsx")
    cells = [cell for row in openpyxl.load_workbook(path)["Assumptions"].iter_rows() for cell in row]
    assert next(cell for cell in cells if cell.value == 1500).number_format.startswith("\\€")


def test_labels_in_a_table_keep_their_dots() -> None:
    with number_style("1.234,5"):
        assert [t for _, t in sides(html_table("", [("version", "n"), ("a 1.5", "2.5")], left=1))] == [
            "a 1.5",
            "2,5",
        ]


@pytest.mark.parametrize("wrong", ["1;234", "1.234.5", "decimal comma", "", 5, "a long currency 1,234.5"])
def test_what_does_not_show_how_a_number_is_written_is_refused(wrong: Any) -> None:
    with pytest.raises(rk.InputError, match="amount_format must show"):
        number_style(wrong)
    assert localized("1,234.5") == "1,234.5"


def test_hostile_text_is_shown_as_text() -> None:
    assert "<script" not in html_table("<script>", [("a",), ("<script>alert(1)</script>",)])
