"""The sheet of assumptions: what a reader may change, each cell with its name and its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retainkit.typing import Plain
from retainkit.workbooks.book import Book, Sheet

SHEET = "Assumptions"
_FIRST = 4
_SAID = "Change the coloured cells: every sheet follows. What they were when this was written stands beside."


@dataclass(frozen=True)
class Assumption:
    """A cell that may be changed: what it is called, what it counts in, and what it may be."""

    name: str
    label: str
    value: Any
    kind: str
    counts: str
    rule: Mapping[str, Any]


def number(least: float, most: float | None, said: str) -> Plain:
    """The rule for a number in a range, its ends included."""
    between = {"criteria": "between", "minimum": least, "maximum": most}
    limits = {"criteria": ">=", "value": least} if most is None else between
    return {"validate": "decimal", **limits, "error_title": "Not possible", "error_message": said}


def whole(least: int, said: str) -> Plain:
    """The rule for a whole number, or an empty cell."""
    return {
        "validate": "integer", "criteria": ">=", "value": least, "ignore_blank": True,
        "error_title": "Not possible", "error_message": said,
    }  # fmt: skip


def choice(values: Sequence[str]) -> Plain:
    """The rule for one of some words."""
    return {"validate": "list", "source": list(values), "error_message": f"One of: {', '.join(values)}."}


def begin(book: Book) -> None:
    """The sheet, before any assumption stands on it."""
    sheet = book.sheet(SHEET, (40, 18, 44, 18, 12))
    sheet.heading(SHEET, _SAID)
    sheet.head(_FIRST - 1, ("assumption", "value", "what it is", "when written", ""))
    sheet.put(_FIRST - 1, 2, "what it is", "head beside")
    sheet.on.freeze_panes(_FIRST, 0)


def assume(book: Book, title: str, assumptions: Sequence[Assumption]) -> dict[str, str]:
    """Put assumptions on their sheet; the name of each in this workbook."""
    sheet = book.sheets[SHEET]
    row = _FIRST + (_taken(sheet) if book.assumed else 0)
    sheet.put(row, 0, title, "text", "total")
    names: dict[str, str] = {}
    for row, one in enumerate(assumptions, row + 1):  # noqa: B020 - the rows below the title
        sheet.put(row, 0, one.label, "text")
        sheet.put(row, 1, one.value, one.kind, "input")
        sheet.put(row, 2, one.counts, "text", "quiet")
        sheet.put(row, 3, one.value, one.kind, "quiet")
        at, was = sheet.at(row, 1), sheet.at(row, 3)
        sheet.formula(row, 4, f'IF({at}={was},"","changed")', "", "words", "quiet")
        sheet.on.data_validation(row, 1, row, 1, dict(one.rule))
        names[one.name] = book.name(one.name, at)
        book.assumed.append((at, was))
    return names


def _taken(sheet: Sheet) -> int:
    """How many rows are in use: one is left free below each group."""
    return int(sheet.on.dim_rowmax) - _FIRST + 2


def unchanged(book: Book) -> str:
    """A formula that is TRUE while every assumption is what it was."""
    if not book.assumed:
        return "TRUE"
    last = book.sheets[SHEET].on.dim_rowmax
    return f'COUNTIF({book.sheets[SHEET].down(4, _FIRST, last)},"changed")=0'
