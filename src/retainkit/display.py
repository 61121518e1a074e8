"""Results for people: rows as aligned tables, in a terminal and in a notebook, and how numbers are written.

One setting, `number_style`, is for tables in a notebook, pictures and workbooks. Text for logs, JSON and
dataframes have one form wherever they are made, and do not follow it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from retainkit.errors import InputError

__all__ = ["NumberStyle", "number_style"]

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_SENTENCE = 60  # letters from which a caption is one
_FORM = re.compile(r"(?P<currency>.{0,8}?)1(?P<gap>[,. '\u2019\u202f\u00a0]?)234(?P<mark>[.,])5\d?")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written; as a context it ends with the block, and what was set before comes back.

    Attributes
    ----------
    amount_format : str
        1234.5 in this style.
    before : NumberStyle or None
        What was set before.
    """

    amount_format: str = "1,234.5"
    before: NumberStyle | None = None

    def __enter__(self) -> NumberStyle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _now[0] = self.before or NumberStyle()

    @property
    def currency(self) -> str:
        """What stands before amounts."""
        return self._part("currency")

    @property
    def marks(self) -> dict[str, str]:
        """What stands between thousands, and before decimals, in the place of comma and point."""
        return {",": self._part("gap"), ".": self._part("mark")}

    def _part(self, name: str) -> str:
        found = _FORM.fullmatch(self.amount_format)
        return found[name] if found else ""


def number_style(amount_format: str = "1,234.5") -> NumberStyle:
    """Write numbers so from here on, or within a ``with`` block; called without argument, as at first.

    Raises `InputError` for what does not show how 1234.5 is written.

    Parameters
    ----------
    amount_format : str
        An example, 1234.5 as it is to be written: ``"1.234,5"``, ``"€1.234,50"``, ``"1 234,5"``. What stands
        before it is the currency of workbooks that are given none.

    Examples
    --------
    >>> import retainkit as rk
    >>> even = rk.break_even(1234.5, 50)
    >>> with rk.display.number_style("€1.234,5"):
    ...     "1.234,5" in even._repr_html_()
    True
    >>> "1,234.5" in even._repr_html_()
    True
    """
    found = _FORM.fullmatch(amount_format) if isinstance(amount_format, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if found is None or found["gap"] == found["mark"]:
        rule = "must show how 1234.5 is written, with different marks for thousands and decimals"
        raise InputError(
            "unknown-choice", "amount_format", amount_format, rule, "Write '1.234,5' or '€1,234.50'."
        )
    style = NumberStyle(amount_format, _now[0])
    _now[0] = style
    return style


_now = [NumberStyle()]


def current_style() -> NumberStyle:
    """What is set now."""
    return _now[0]


def localized(text: str) -> str:
    """Numbers in a text, which are written as 1,234.5, in the style that is set."""
    marks = _now[0].marks
    if marks == {",": ",", ".": "."}:
        return text
    return _NUMBER.sub(lambda found: "".join(marks.get(letter, letter) for letter in found[0]), text)


def text_table(caption: str, rows: Sequence[Sequence[str]], *, left: int = 0) -> str:
    """The caption, then the rows in columns; the first `left` columns start at the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([caption, *(line.rstrip() for line in lines)])


def html_table(caption: str, rows: Sequence[Sequence[str]], *, left: int = 0) -> str:
    """The same as HTML; the first row is the head.

    Columns of words begin at the left, as the first one does with `left`; numbers stand at the right, their
    digits below each other, in the style of `display.number_style`. A wide table scrolls in its own box.
    """
    from html import escape  # its table of entities is dear, and few results are shown in a notebook

    words = [i < min(left, 1) or _is_prose([row[i] for row in rows[1:]]) for i in range(len(rows[0]))]

    def line(cells: Sequence[str], tag: str) -> str:
        parts = (
            f"<{tag} style='text-align:{'left' if w else 'right'}'>{escape(_cell(c, w))}</{tag}>"
            for c, w in zip(cells, words, strict=True)
        )
        return f"<tr>{''.join(parts)}</tr>"

    head, body = line(rows[0], "th"), "".join(line(row, "td") for row in rows[1:])
    # a sentence would be broken to the width of a narrow table, or stretch it
    long = len(caption) > _SENTENCE
    above = f"<p style='margin:0;max-width:66ch'>{escape(caption)}</p>" if long else ""
    said = f"<caption style='text-align:left'>{escape(caption)}</caption>" if caption and not long else ""
    table = f"{above}<table>{said}<thead>{head}</thead><tbody>{body}</tbody></table>"
    return f"<div style='overflow-x:auto;font-variant-numeric:tabular-nums'>{table}</div>"


def _cell(text: str, words: bool) -> str:
    return text if words or not _LIKE_A_NUMBER.match(text) else localized(text)


def _is_prose(cells: Sequence[str]) -> bool:
    """Whether most of a column's cells are words, and not a number or what stands in its place."""
    told = [cell for cell in cells if cell]
    return 2 * sum(not _LIKE_A_NUMBER.match(cell) for cell in told) > len(told)


_LIKE_A_NUMBER = re.compile(
    r"[^\w\s]{0,2}\d|[^\w\s]?$|(never|(minus )?infinite|undefined|none|nan|-?inf|yes|no)$"
)
