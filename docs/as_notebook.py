"""Makes a notebook of a page: text cells, and code cells with the output that the page shows.

Run it from anywhere: ``python docs/as_notebook.py``. It writes examples/the_14_claims.ipynb.
"""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorials" / "the-14-claims.md"
NOTEBOOK = ROOT / "examples" / "the_14_claims.ipynb"


def cells(page: str) -> list[dict[str, Any]]:
    """The page in order; each statement that shows an output ends its cell."""
    found: list[dict[str, Any]] = []
    page = page.replace("](../how-to/", "](../docs/how-to/")  # as seen from examples/
    for part in re.split(r"(```python\n.*?```\n)", page, flags=re.DOTALL):
        if not part.startswith("```python"):
            found += [_cell("markdown", part.strip())] if part.strip() else []
            continue
        source = ""
        for example in doctest.DocTestParser().get_examples(part.removeprefix("```python\n")):
            source += example.source
            if example.want:
                found.append(_cell("code", source.rstrip(), example.want))
                source = ""
        found += [_cell("code", source.rstrip(), "")] if source else []
    return [{"id": f"cell-{place}", **cell} for place, cell in enumerate(found)]


def _cell(kind: str, source: str, output: str | None = None) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
    if output is None:
        return cell
    shown = [{"name": "stdout", "output_type": "stream", "text": output.splitlines(keepends=True)}]
    return {**cell, "execution_count": None, "outputs": shown if output else []}


def notebook(page: str) -> str:
    """The page as the text of a notebook file."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells(page), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
