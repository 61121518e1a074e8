"""The report as lines of text, for a terminal or a mail."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from retainkit.reports.page.parts import Page, Row, Section, Strip, Table
from retainkit.typing import Array

Style: TypeAlias = Literal["title", "heading", "figure", "warning", "quiet", ""]

BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "._-~=+*#"
"""Eight heights, and the same for a terminal that knows ASCII alone."""

WIDEST = 100
"""Longer lines are hard to read, however wide the terminal."""


class Line(NamedTuple):
    """A line and what it is, for those who can show it in bold or colour."""

    text: str
    style: Style = ""


def as_text(page: Page, width: int = 80) -> str:
    """The whole report as text."""
    return "\n".join(line.text for line in lines(page, width))


def lines(page: Page, width: int = 80, *, bars: str = BARS) -> Iterator[Line]:
    """The report line by line, none longer than `width` (60 at least)."""
    width = min(max(width, 60), WIDEST)
    yield from _hanging("", page.title, width, "title")
    yield from _hanging("", page.lead, width, "quiet")
    yield Line("")
    said = "figure" if page.verdict.grade == "good" else "warning"
    yield from _hanging("", page.verdict.head, width, said)  # before any value
    yield from _hanging("  ", page.verdict.body, width)
    if page.warning:
        yield Line("")
        yield from _hanging("  ", page.warning, width, "warning")
    yield Line("")
    notes = [f"{a.interval}; {a.note}" if a.interval else a.note for a in page.answers]
    rows = [Row(a.question, a.figure, note) for a, note in zip(page.answers, notes, strict=True)]
    yield from _rows(tuple(rows), width, "figure")
    yield from _hanging("  ", page.answers_note, width, "quiet")
    for section in page.sections:
        yield Line("")
        yield from _section(section, width, bars)


def _section(section: Section, width: int, bars: str) -> Iterator[Line]:
    yield Line(section.title, "heading")
    yield from _rows(section.rows, width)
    if section.strip is not None:
        yield from _bars(section.strip, width, bars)
    for sentence in section.sentences:
        yield from _hanging("  - ", sentence, width)
    told = [figure.numbers for figure in section.figures if figure.told]
    for term, meaning in section.terms:
        yield from _hanging("  - ", f"{term}: {meaning}", width)
    for place, table in enumerate((*told, *section.tables, *(heat.as_table() for heat in section.heats))):
        if place or section.rows or section.sentences:
            yield Line("")
        yield from _table(table, width)


def _rows(rows: tuple[Row, ...], width: int, style: Style = "") -> Iterator[Line]:
    label = max((len(row.label) for row in rows), default=0)
    value = max((len(row.value) for row in rows), default=0)
    for row in rows:
        start = f"  {row.label:<{label}}  {row.value:>{value}}"
        note = f"[assumed] {row.note}" if row.assumed else row.note
        if len(note) <= width - len(start) - 2 or width - len(start) - 2 >= 24:
            yield from _hanging(f"{start}  ", note, width, style)
        else:
            yield Line(start, style)
            yield from _hanging("      ", note, width, style)


def _hanging(start: str, text: str, width: int, style: Style = "") -> Iterator[Line]:
    first, *rest = wrap(text, max(width - len(start), 20)) or [""]
    yield Line((start + first).rstrip(), style)
    for line in rest:
        yield Line(" " * len(start) + line, style)


def _table(table: Table, width: int) -> Iterator[Line]:
    yield from _hanging("  ", table.caption, width, "quiet")
    columns = range(len(table.head))
    cells = [max((len(row[i]) for row in table.rows), default=0) for i in columns]
    widths = [max(len(name), cells[i]) for i, name in enumerate(table.head)]
    if sum(widths) + 2 * len(widths) > width:  # headings of several words stand in several lines
        widths = [max(cells[i], *map(len, name.split()), 0) for i, name in enumerate(table.head)]
    gap = "  " if sum(widths) + 2 * len(widths) <= width else " "
    heads = [wrap(name, w) or [""] for name, w in zip(table.head, widths, strict=True)]
    height = max(map(len, heads))
    above = [tuple(([""] * (height - len(head)) + head)[k] for head in heads) for k in range(height)]
    for place, row in enumerate([*above, *table.rows]):
        shown = [
            f"{cell:<{w}}" if table.is_text(i) else f"{cell:>{w}}"
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        start, last = "  " + gap.join(shown[:-1]) + gap, shown[-1].rstrip()
        yield from _hanging(start, last, width, "quiet" if place < height else "")
    if table.note:
        yield from _hanging("  ", table.note, width, "quiet")


def _bars(strip: Strip, width: int, bars: str) -> Iterator[Line]:
    """Bars of the periods; several share a bar where there is no room."""
    periods = len(strip.rows[0][1])
    if periods < 3:
        return
    group = -(-periods // (width - 16))
    rows = [(name, _grouped(np.array(values), group)) for name, values in strip.rows]
    top = max(float(values.max()) for _, values in rows)
    each = f"{strip.period}" if group == 1 else f"{group} {strip.period}s"
    yield Line("")
    yield from _hanging("  ", f"{strip.what}, one bar per {each}, the highest {top:,.0f}", width, "quiet")
    for name, values in rows:
        yield Line(f"  {name:<9}  {_drawn(values, top, bars)}")


def _grouped(values: Array, size: int) -> Array:
    whole = values[: values.size // size * size]
    return whole.reshape(-1, size).sum(axis=1)


def _drawn(values: Array, top: float, bars: str) -> str:
    steps = np.ceil(values / top * len(bars)).astype(int) if top > 0 else np.zeros(values.size, int)
    return "".join(bars[max(step - 1, 0)] for step in steps)
