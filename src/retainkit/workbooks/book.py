"""A workbook as it is written: sheets, names, styles, formulas with their values; text stays text.

A program that shows a workbook without calculating it, and a reader of files, see the value that was stored
beside a formula: every formula here is given its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

import numpy as np

from retainkit.errors import InputError, MissingDependencyError
from retainkit.plurals import counted
from retainkit.typing import Foreign, Plain

ROWS, LETTERS, SHEET_NAME = 1_048_576, 32_767, 31
"""The most that a sheet and a cell of the format hold, and the longest name of a sheet."""

INK, QUIET, RULE, ACCENT, TINT, GOOD, BAD = (
    "#18212b", "#56616e", "#d9dfe6", "#b3440c", "#fdf0e7", "#1d6b3a", "#ab1f1a",
)  # fmt: skip

_PLAIN: dict[str, str] = {
    "number": "General",
    "periods": "0.00",
    "share": "0.00%",
    "part": "0.0%",
    "ratio": "0.000",
    "count": "#,##0",
    "date": "yyyy-mm-dd",
    "text": "@",
    "words": "@",
}
_LOOKS: dict[str, Plain] = {
    "title": {"bold": True, "font_size": 16},
    "finding": {"font_size": 12, "font_color": QUIET},
    "note": {"font_color": QUIET, "text_wrap": True, "valign": "top"},
    "remark": {"font_color": QUIET},
    "head": {"bold": True, "bottom": 1, "bottom_color": INK, "align": "right", "text_wrap": True},
    "head left": {"bold": True, "bottom": 1, "bottom_color": INK, "text_wrap": True},
    "head beside": {"bold": True, "bottom": 1, "bottom_color": INK, "indent": 1},
}


@dataclass
class Book:
    """What is being written, and what is taken: names and sheets come once."""

    file: Foreign
    currency: str
    styles: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    sheets: dict[str, Sheet] = field(default_factory=dict[str, "Sheet"])
    names: set[str] = field(default_factory=set[str])
    assumed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Cells of assumptions, and those of what they were when this was written."""
    checks: list[Plain] = field(default_factory=list[Plain])

    def sheet(self, name: str, widths: Sequence[float] = ()) -> Sheet:
        """A new sheet; the second of a name has a number behind it."""
        found = _once(name, {n.casefold() for n in self.sheets}, " ")
        made = Sheet(self, found, self.file.add_worksheet(found))
        made.on.hide_gridlines(2)
        made.on.set_landscape()
        made.on.set_paper(9)  # A4; as wide as one, however long
        made.on.fit_to_pages(1, 0)
        for column, width in enumerate(widths):
            made.on.set_column(column, column, width, self.style("number"))
        self.sheets[found] = made
        return made

    def style(self, kind: str, look: str = "") -> Foreign:
        """What a cell looks like: how it writes numbers, and ``"input"``, ``"total"`` or nothing else."""
        if (kind, look) not in self.styles:
            shape: Plain = {"font_name": "Calibri", "font_size": 11, "font_color": INK}
            if kind in _LOOKS:
                shape |= _LOOKS[kind]
            else:
                shape["num_format"] = _PLAIN.get(kind) or self._money()
                shape["align"] = "left" if kind == "text" else "right"
                if kind == "text" and look == "quiet":
                    shape["indent"] = 1  # beside the number that it explains
            if look == "input":
                shape |= {"font_color": ACCENT, "bg_color": TINT, "border": 1, "border_color": RULE}
            elif look == "total":
                shape |= {"bold": True}
            elif look:
                shape |= {"font_color": QUIET}
            self.styles[kind, look] = self.file.add_format(shape)
        return self.styles[kind, look]

    def name(self, wanted: str, reference: str) -> str:
        """A name for a cell, which formulas call it by; the second of a name has a number behind it."""
        found = _once(wanted, self.names, "_")
        self.names.add(found)
        self.file.define_name(found, f"={reference}")
        return found

    def _money(self) -> str:
        # each letter by itself: a sign is shown as it is, whatever a spreadsheet would make of it
        sign = "".join(f"\\{letter}" for letter in self.currency)
        return f"{sign}#,##0.00;-{sign}#,##0.00" if sign else "#,##0.00"


@dataclass
class Sheet:
    """One sheet; rows and columns count from 0."""

    book: Book
    name: str
    on: Foreign

    def heading(self, title: str, note: str = "") -> None:
        """What the sheet shows, in its first cell, and how it is meant, below."""
        self.put(0, 0, title, "title")
        if note:
            self.put(1, 0, note, "finding")

    def put(self, row: int, column: int, value: Any, kind: str = "number", look: str = "") -> None:
        """A value that no formula gives: a number, a date, a text, or the word for what is not finite."""
        style, value = self.book.style(kind, look), plain_value(value)
        if value is None:
            self.on.write_blank(row, column, None, style)
        elif isinstance(value, bool):
            self.on.write_boolean(row, column, value, style)
        elif isinstance(value, float | int):
            self.on.write_number(row, column, value, style)
        else:
            self.on.write_string(row, column, fitting(value), style)

    def formula(
        self, row: int, column: int, formula: str, value: Any, kind: str = "number", look: str = ""
    ) -> str:
        """A formula, and its value now; the cell's address."""
        known = plain_value(value)
        self.on.write_formula(
            row, column, f"={formula}", self.book.style(kind, look), "" if known is None else known
        )
        return self.at(row, column)

    def head(self, row: int, names: Sequence[str], left: int = 1) -> None:
        """The names of columns; the first `left` begin at the left."""
        for column, name in enumerate(names):
            self.put(row, column, name, "head left" if column < left else "head")

    def at(self, row: int, column: int) -> str:
        """The address of a cell, from any sheet."""
        return f"'{self.name}'!${letters(column)}${row + 1}"

    def down(self, column: int, first: int, last: int) -> str:
        """The address of a part of a column, from any sheet."""
        return f"{self.at(first, column)}:${letters(column)}${last + 1}"


def letters(column: int) -> str:
    """``A``, ``B``, … ``AA`` of column 0, 1, … 26."""
    found = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        found, column = chr(65 + rest) + found, column - 1
    return found


def local(row: int, column: int) -> str:
    """The address of a cell on the same sheet."""
    return f"{letters(column)}{row + 1}"


def over(part: str, whole: str) -> str:
    """part/whole, and the word for it where the whole is 0."""
    none = f'IF(({part})=0,"undefined",IF(({part})>0,"infinite","minus infinite"))'
    return f"IF(({whole})=0,{none},({part})/({whole}))"


def named(formula: str, names: Mapping[str, str]) -> str:
    """A formula with the names that cells have in this workbook in the place of those it was written with."""
    return re.sub(r"\b[a-z][a-z_]*\b(?!\()", lambda word: names.get(word[0], word[0]), formula)


def plain_value(value: Any, endless: str = "infinite") -> Any:
    """A value as a cell has it: a word for what is not finite, a text for what is neither number nor text."""
    if value is None or isinstance(value, bool | str | int):
        return value if not isinstance(value, int) or abs(value) < 10**15 else str(value)
    if isinstance(value, np.generic):
        one = cast("Any", value)
        if one.dtype.kind in "mM":
            return None if np.isnat(one) else str(one)
        return plain_value(one.item(), endless)
    if isinstance(value, float):
        return value if math.isfinite(value) else word(value, endless)
    return str(value)


def word(value: float, endless: str = "infinite") -> str:
    """What stands for a number that is not finite."""
    return "undefined" if math.isnan(value) else endless if value > 0.0 else "minus infinite"


def fitting(text: str) -> str:
    """The text itself, if a cell holds it."""
    if len(text) > LETTERS:
        rule = f"must hold texts of {LETTERS:,} letters at most, which is what a cell takes"
        raise InputError("not-supported", "result", text[:40], rule, "Write it with to_frame() to a file.")
    return text


def enough_rows(rows: int) -> None:
    """Refuse more rows than a sheet has."""
    if rows > ROWS - 10:
        rule = f"must have fewer than {ROWS - 10:,} rows, which is what a sheet holds"
        way_out = "Write to_frame() to a file, or a part of it."
        raise InputError("not-supported", "result", counted(rows, "row"), rule, way_out)


def _once(wanted: str, taken: set[str], between: str) -> str:
    found, number = wanted[:SHEET_NAME], 2
    while found in taken or found.casefold() in taken:
        end = f"{between}{number}"
        found, number = wanted[: SHEET_NAME - len(end)] + end, number + 1
    return found


def opened(path: str, currency: str) -> Book:
    """An empty workbook, in which no text becomes a formula, a link or a number."""
    try:
        xlsxwriter: Foreign = import_module("xlsxwriter")
    except ImportError as error:
        raise MissingDependencyError("xlsxwriter", "excel", "Writing a workbook") from error
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return Book(xlsxwriter.Workbook(path, texts), currency)
