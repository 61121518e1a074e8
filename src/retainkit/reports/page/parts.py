"""What a report is made of, whatever it reports on: verdict, answers, sections with figures and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from retainkit.validation.verdicts import Grade

SIGNS: dict[Grade, str] = {"good": "✓", "care": "!", "bad": "✕"}
"""What stands beside a verdict, so that its colour says nothing alone."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the figures can be used, in a line, and why in a paragraph."""

    grade: Grade
    head: str
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that everybody asks, the figure, its interval, and what to know of it."""

    question: str
    figure: str
    interval: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is, what it amounts to, and what to know of it."""

    label: str
    value: str
    note: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of figures under a caption; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def is_text(self, column: int) -> bool:
        """Whether a column holds words, to stand on the left, and not figures."""
        return column == 0 or any(row[column][:1].isalpha() for row in self.rows)


@dataclass(frozen=True, slots=True)
class Heat:
    """A table whose cells are shaded by what they hold, from 0 to 1; None is an empty cell."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[float | None, ...]], ...]
    """Each with its name, its size, and the shares."""
    note: str = ""

    def as_table(self) -> Table:
        """The same as words."""
        cells = [
            (name, size, *("" if v is None else f"{100 * v:.0f}" for v in values))
            for name, size, values in self.rows
        ]
        return Table(self.caption, self.head, tuple(cells), self.note)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart under its finding, and the numbers in it."""

    finding: str
    unit: str
    svg: str
    numbers: Table
    told: bool = False
    """Whether text, which has no chart, shows the numbers."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Periods side by side, which text draws as bars.

    Attributes
    ----------
    what : str
        What is drawn: "repeat purchases held out".
    period : str
        What each bar stands for.
    rows : names and values, (periods,) each
    """

    what: str
    period: str
    rows: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    rows: tuple[Row, ...] = ()
    tables: tuple[Table, ...] = ()
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    heats: tuple[Heat, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    strip: Strip | None = None
    short: str = ""
    """How the page's list of contents calls it; empty where it is not listed."""


@dataclass(frozen=True, slots=True)
class Control:
    """Something to change in the what-if."""

    name: str
    label: str
    least: float
    most: float
    step: float
    value: float
    before: str
    after: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page shows, in its order."""

    title: str
    kicker: str
    lead: str
    verdict: Verdict
    answers: tuple[Answer, ...]
    answers_note: str
    warning: str
    controls: tuple[Control, ...]
    exported: dict[str, Any] | None
    """For the script; None where there is nothing to try."""
    results: tuple[Answer, ...]
    """The three figures that the what-if changes, as they stand at its start."""
    sections: tuple[Section, ...]
    foot: str
