"""The report as lines of text, for a terminal or a mail."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from retainkit.plurals import counted
from retainkit.reports.figures import AbstractReport
from retainkit.reports.sections import Row, Section, Table, headline, sections, warning
from retainkit.typing import Array
from retainkit.validation import Tracking

Style: TypeAlias = Literal["title", "heading", "figure", "warning", "quiet", ""]

BARS, PLAIN_BARS = "▁▂▃▄▅▆▇█", "._-~=+*#"
"""Eight heights, and the same for a terminal that knows ASCII alone."""

WIDEST = 100
"""Longer lines are hard to read, however wide the terminal."""


class Line(NamedTuple):
    """A line and what it is, for those who can show it in bold or colour."""

    text: str
    style: Style = ""


def as_text(report: AbstractReport, width: int = 80) -> str:
    """The whole report as text."""
    return "\n".join(line.text for line in lines(report, width))


def lines(report: AbstractReport, width: int = 80, *, bars: str = BARS) -> Iterator[Line]:
    """The report line by line, none longer than `width` (60 at least)."""
    width = min(max(width, 60), WIDEST)
    tx = report.transactions
    yield from _hanging("", report.title, width, "title")
    head = f"{counted(report.customers, 'customer')}, {counted(tx.treatment.purchases, 'purchase')}"
    yield Line(f"{head}, {tx.observation_start} to {tx.observation_end}", "quiet")
    yield Line("")
    if report.unchecked:  # before any value
        yield from _hanging("  ", report.unchecked, width, "warning")
        yield Line("")
    yield from _rows(headline(report), width, "figure")
    if warning(report):
        yield Line("")
        yield from _hanging("  ", warning(report), width, "warning")
    for section in sections(report):
        yield Line("")
        yield from _section(section, report.tracking, width, bars)


def _section(section: Section, tracking: Tracking | None, width: int, bars: str) -> Iterator[Line]:
    yield Line(section.title, "heading")
    yield from _rows(section.rows, width)
    if section.has_picture and tracking is not None:
        yield from _picture(tracking, width, bars)
    for sentence in section.sentences:
        yield from _hanging("  - ", sentence, width)
    for place, table in enumerate(section.tables):
        if place or section.rows:
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
    cells = [table.head, *table.rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.head))]
    for place, row in enumerate(cells):
        shown = [
            f"{cell:<{w}}" if table.is_text(i) else f"{cell:>{w}}"
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        start, last = "  " + "  ".join(shown[:-1]) + "  ", shown[-1].rstrip()
        yield from _hanging(start, last, width, "" if place else "quiet")
    if table.note:
        yield from _hanging("  ", table.note, width, "quiet")


def _picture(tracking: Tracking, width: int, bars: str) -> Iterator[Line]:
    """Bars of the held-out periods; several periods share a bar where there is no room."""
    use = tracking.held_out & tracking.whole
    if np.count_nonzero(use) < 3:
        return
    group = -(-int(np.count_nonzero(use)) // (width - 16))
    actual, predicted = _grouped(tracking.actual[use], group), _grouped(tracking.predicted[use], group)
    top = float(max(actual.max(), predicted.max()))
    each = f"{tracking.period}" if group == 1 else f"{group} {tracking.period}s"
    yield Line("")
    yield from _hanging(
        "  ", f"Repeat purchases held out, one bar per {each}, the highest {top:,.0f}", width, "quiet"
    )
    yield Line(f"  actual     {_drawn(actual, top, bars)}")
    yield Line(f"  predicted  {_drawn(predicted, top, bars)}")


def _grouped(values: Array, size: int) -> Array:
    whole = values[: values.size // size * size]
    return whole.reshape(-1, size).sum(axis=1)


def _drawn(values: Array, top: float, bars: str) -> str:
    steps = np.ceil(values / top * len(bars)).astype(int) if top > 0 else np.zeros(values.size, int)
    return "".join(bars[max(step - 1, 0)] for step in steps)
