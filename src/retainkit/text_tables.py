"""Rows of text as an aligned table, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Sequence


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
    """The same as HTML; the first row is the head."""
    from html import escape  # its table of entities is dear, and few results are shown in a notebook

    def line(cells: Sequence[str], tag: str) -> str:
        sides = ("left" if i < left else "right" for i in range(len(cells)))
        parts = (
            f"<{tag} style='text-align:{s}'>{escape(c)}</{tag}>" for c, s in zip(cells, sides, strict=True)
        )
        return f"<tr>{''.join(parts)}</tr>"

    head, body = line(rows[0], "th"), "".join(line(row, "td") for row in rows[1:])
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{said}<thead>{head}</thead><tbody>{body}</tbody></table>"
