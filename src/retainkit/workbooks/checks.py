"""The sheet of checks: each figure of the workbook beside the library's, and how far they are apart."""

from __future__ import annotations

from typing import Any

from retainkit.plurals import counted
from retainkit.workbooks.assumptions import unchanged
from retainkit.workbooks.book import BAD, Book, local, plain_value

SHEET = "Check"
TOLERANCE = 1e-9
"""Of the figure itself, or of 1 where it is smaller."""

_FIRST = 5


def check(book: Book, what: str, cell: str, value: Any, kind: str = "number") -> None:
    """Note a figure that the last sheet is to compare."""
    book.checks.append({"what": what, "cell": cell, "value": plain_value(value), "kind": kind})


def finish(book: Book) -> None:
    """Write the sheet, if there is anything to compare."""
    if not book.checks:
        return
    sheet = book.sheet(SHEET, (52, 22, 22, 14, 12))
    last, same = _FIRST + len(book.checks) - 1, unchanged(book)
    results = sheet.down(4, _FIRST, last)
    sheet.heading(SHEET)
    told = f"{counted(len(book.checks), 'figure')}: equal to the library's, each to {TOLERANCE:g}."
    verdict = (
        f'IF(COUNTIF({results},"DIFFERS")>0,COUNTIF({results},"DIFFERS")&" figures differ.",'
        f'IF({same},"{told}","Assumptions were changed: the library\'s figures are of those before."))'
    )
    sheet.formula(1, 0, verdict, told, "finding")
    sheet.put(2, 0, f"A figure may be off by {TOLERANCE:g} of itself: spreadsheets round otherwise.", "note")
    sheet.head(_FIRST - 1, ("figure", "in this workbook", "library, when written", "difference", "result"))
    sheet.on.freeze_panes(_FIRST, 1)
    for row, one in enumerate(book.checks, _FIRST):
        kind, here, there = one["kind"], local(row, 1), local(row, 2)
        sheet.put(row, 0, one["what"], "text")
        sheet.formula(row, 1, one["cell"], one["value"], kind)
        sheet.put(row, 2, one["value"], kind, "quiet")
        both = f"AND(ISNUMBER({here}),ISNUMBER({there}))"
        number = isinstance(one["value"], int | float)
        sheet.formula(row, 3, f'IF({both},{here}-{there},"")', 0.0 if number else "", "number", "quiet")
        close = f"IF({both},ABS({here}-{there})<={TOLERANCE:g}*MAX(1,ABS({there})),EXACT({here},{there}))"
        sheet.formula(row, 4, f'IF({close},"equal",IF({same},"DIFFERS","changed"))', "equal", "words")
    loud = book.file.add_format({"font_color": BAD, "bold": True})
    rule = {"type": "cell", "criteria": "==", "value": '"DIFFERS"', "format": loud}
    sheet.on.conditional_format(_FIRST, 4, last, 4, rule)
