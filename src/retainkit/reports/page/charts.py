"""Small charts as SVG: 440 units wide with text of 12, colours by role through the styles of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from retainkit.typing import Array

WIDTH, TOP = 440, 24


class Chart:
    """A plot with a title and a description for those who cannot see it.

    Parameters
    ----------
    name : str
        Of the chart in its page, for ids.
    x, y : (low, high)
        What the axes span.
    """

    def __init__(
        self,
        name: str,
        title: str,
        description: str,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        height: int = 250,
        bottom: int = 28,
        left: int = 52,
        right: int = 14,
    ) -> None:
        self._name, self._title, self._description = name, title, description
        self.height, self._x, self._y = height, x, y
        self.left, self.right, self.bottom, self.top = left, WIDTH - right, height - bottom, TOP
        self._parts: list[str] = []

    def x(self, value: float) -> float:
        """Where a value stands across."""
        low, high = self._x
        return self.left + (value - low) / ((high - low) or 1.0) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Where a value stands upright."""
        low, high = self._y
        return self.bottom - (value - low) / ((high - low) or 1.0) * (self.bottom - self.top)

    def shade(self, start: float, end: float) -> None:
        """Time of another kind than the rest."""
        a, b = self.x(start), self.x(end)
        self._rect("shade", a, self.top - 16, b - a, self.bottom - self.top + 16)

    def grid(self, marks: Iterable[tuple[float, str]]) -> None:
        """Lines across, each with what it stands for."""
        for value, text in marks:
            at = self.y(value)
            self._parts.append(
                f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            )
            self.text(self.left - 6, at + 4, text, "end tick")

    def ticks(self, marks: Iterable[tuple[float, str]]) -> None:
        """Words below the axis; those at the ends stay inside."""
        for value, text in marks:
            at, half = self.x(value), 3.3 * len(text)
            kind = "" if at - half < 0 else "end" if at + half > WIDTH else "mid"
            self.text(
                0 if not kind else WIDTH if kind == "end" else at, self.bottom + 17, text, f"{kind} tick"
            )

    def text(self, x: float, y: float, words: str, kind: str = "") -> None:
        """Words at a place of the drawing."""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>')

    def line(self, xs: Sequence[float] | Array, ys: Sequence[float] | Array, kind: str) -> None:
        """A line through points."""
        self._parts.append(f'<path class="line {kind}" d="{self._path(xs, ys)}"/>')

    def band(
        self, xs: Sequence[float] | Array, low: Sequence[float] | Array, high: Sequence[float] | Array
    ) -> None:
        """The space between two lines."""
        back = self._path(list(xs)[::-1], list(low)[::-1]).removeprefix("M")
        self._parts.append(f'<path class="bandfill" d="{self._path(xs, high)}L{back}Z"/>')

    def dots(self, xs: Sequence[float] | Array, ys: Sequence[float] | Array, size: float = 2.6) -> None:
        """A dot for each point."""
        for a, b in zip(xs, ys, strict=True):
            self._parts.append(f'<circle class="dot" cx="{self.x(a):.1f}" cy="{self.y(b):.1f}" r="{size}"/>')

    def bar(self, start: float, end: float, low: float, high: float, kind: str, gap: float = 3.0) -> None:
        """A bar between two places and two heights."""
        a, b = self.x(start) + gap, self.x(end) - gap
        self._rect(f"bar {kind}".rstrip(), a, self.y(high), b - a, max(self.y(low) - self.y(high), 1.0))

    def join(self, start: float, end: float, level: float) -> None:
        """A thin line from one bar to the next."""
        a, b, at = self.x(start), self.x(end), self.y(level)
        self._parts.append(f'<line class="join" x1="{a:.1f}" x2="{b:.1f}" y1="{at:.1f}" y2="{at:.1f}"/>')

    def ends(self, labels: Sequence[tuple[float, str, str]]) -> None:
        """What lines are called, where they end: height, words, kind; moved apart where they would meet."""
        places: list[list[Any]] = sorted([self.y(value), words, kind] for value, words, kind in labels)
        for above, below in pairwise(places):
            short_of = 15.0 - (below[0] - above[0])
            if short_of > 0.0:
                above[0] -= short_of / 2.0
                below[0] += short_of / 2.0
        for at, words, kind in places:
            self.text(self.right + 6, float(at) + 4, words, kind)

    def axis(self) -> None:
        """The line on which bars stand."""
        at = self.y(0.0)
        self._parts.append(
            f'<line class="axis" x1="{self.left}" x2="{self.right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        )

    def svg(self) -> str:
        """The drawing, to stand in a page."""
        n = self._name
        head = f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-labelledby="{n}-t {n}-d">'
        title = f'<title id="{n}-t">{escape(self._title)}</title>'
        description = f'<desc id="{n}-d">{escape(self._description)}</desc>'
        return f"{head}{title}{description}{''.join(self._parts)}</svg>"

    def _path(self, xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> str:
        return "M" + "L".join(f"{self.x(a):.1f} {self.y(b):.1f}" for a, b in zip(xs, ys, strict=True))

    def _rect(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        self._parts.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        )


def round_marks(top: float, low: float = 0.0, most: int = 5) -> list[float]:
    """Round numbers from at or above `low` to `top`, few enough to read."""
    size = top - low
    if not size > 0.0:
        return [low]
    unit = 10.0 ** _digits(size / most)
    step = next(s * unit for s in (1, 2, 2.5, 5, 10) if size / (s * unit) < most)
    first = int(-(-low // step))
    return [k * step for k in range(first, int(top // step) + 1)]


def _digits(size: float) -> int:
    from math import floor, log10

    return floor(log10(size))


def short(value: float) -> str:
    """``1,250``, ``0.25``, ``12k``, ``1.5m``: for the marks of an axis."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.4g}m"
    if size >= 1e4:
        return f"{value / 1e3:,.4g}k"
    return f"{value:,.4g}"
