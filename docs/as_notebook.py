"""Makes notebooks of pages: text cells, and code cells with the output that the page shows.

Run it from anywhere: ``python docs/as_notebook.py``. It writes the notebooks in examples/, whose code runs in
the tests as that of the pages does.
"""

from __future__ import annotations

import doctest
import json
import re
from os.path import normpath
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {
    "cdnow": "tutorials/cdnow.md",
    "a_shop_with_returns": "how-to/from-shop-orders.md",
    "subscribers_and_why_they_leave": "tutorials/subscriptions.md",
    "recurring_revenue": "how-to/what-will-recurring-revenue-be.md",
    "the_14_claims": "tutorials/the-14-claims.md",
    "what_is_a_point_of_churn_worth": "how-to/what-is-a-point-of-churn-worth.md",
}
"""Notebooks of examples/, and the pages that they are made of."""


def cells(page: str, folder: str) -> list[dict[str, Any]]:
    """The page in order; each statement that shows an output ends its cell."""
    found: list[dict[str, Any]] = []
    page = re.sub(r"\]\((?!https?:|#)([^)]+)\)", lambda link: f"]({_from_examples(link[1], folder)})", page)
    page = re.sub(r"```\{[^`]*?```\n", "", page, flags=re.DOTALL)  # what only the site can show
    for part in re.split(r"(```python\n.*?```\n)", page, flags=re.DOTALL):
        if not part.startswith("```python"):
            found += [_cell("markdown", part.strip())] if part.strip() else []
            continue
        source = ""
        for example in doctest.DocTestParser().get_examples(part.removeprefix("```python\n")):
            source += example.source
            if example.want:
                cell = _cell("code", source.rstrip(), example.want)
                # as notebooks mark a cell that is to raise, which then does not stop the run
                told = {"metadata": {"tags": ["raises-exception"]}} if example.exc_msg else {}
                found.append({**cell, **told})
                source = ""
        found += [_cell("code", source.rstrip(), "")] if source else []
    return [{"id": f"cell-{place}", **cell} for place, cell in enumerate(found)]


def _cell(kind: str, source: str, output: str | None = None) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
    if output is None:
        return cell
    shown = [{"name": "stdout", "output_type": "stream", "text": output.splitlines(keepends=True)}]
    return {**cell, "execution_count": None, "outputs": shown if output else []}


def _from_examples(link: str, folder: str) -> str:
    """A page's link to another as seen from examples/."""
    return normpath(f"../docs/{folder}/{link}")


def notebook(page: str) -> str:
    """A page, by its path in docs, as the text of a notebook file."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    content = {
        "cells": cells(text, page.partition("/")[0]),
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for name, page in NOTEBOOKS.items():
        (ROOT / "examples" / f"{name}.ipynb").write_text(notebook(page), encoding="utf-8")
