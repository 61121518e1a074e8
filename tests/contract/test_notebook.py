"""The notebooks are pages of the docs, with the same code; test_docs_run.py runs it."""

from __future__ import annotations

import ast
import doctest
import json
import runpy
from pathlib import Path

import pytest
from test_docs_run import blocks

ROOT = Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "as_notebook.py"))
each = pytest.mark.parametrize("name", MADE["NOTEBOOKS"])


def text_of(name: str) -> str:
    return (ROOT / "examples" / f"{name}.ipynb").read_text(encoding="utf-8")


@each
def test_a_notebook_is_its_page(name: str) -> None:
    assert text_of(name) == MADE["notebook"](MADE["NOTEBOOKS"][name]), "run docs/as_notebook.py"


@each
def test_its_cells_run_what_the_page_runs(name: str) -> None:
    """Statement by statement: the page's run, which compares outputs, is the notebook's."""
    text = (ROOT / "docs" / MADE["NOTEBOOKS"][name]).read_text(encoding="utf-8")
    told = [block.text for block in blocks(text) if block.language in ("python", "pycon")]
    examples = [example for block in told for example in doctest.DocTestParser().get_examples(block)]
    assert all(">>>" in block for block in told)
    code = [c for c in json.loads(text_of(name))["cells"] if c["cell_type"] == "code"]
    assert len(code) > 4
    cells = [statements("".join(cell["source"])) for cell in code]
    assert [one for cell in cells for one in cell] == [o for e in examples for o in statements(e.source)]
    raising = [cell[-1] for cell, c in zip(cells, code, strict=True) if "tags" in c["metadata"]]
    assert raising == [statements(e.source)[-1] for e in examples if e.exc_msg]


def statements(source: str) -> list[str]:
    return [ast.dump(statement) for statement in ast.parse(source).body]


@each
def test_links_of_a_notebook_lead_somewhere(name: str) -> None:
    text = "".join(
        "".join(c["source"]) for c in json.loads(text_of(name))["cells"] if c["cell_type"] == "markdown"
    )
    links = [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]
    local = [link for link in links if link and not link.startswith("http")]
    assert [link for link in local if not (ROOT / "examples" / link).exists()] == []


def test_a_cell_ends_with_the_statement_that_shows_something() -> None:
    page = "# Title\n\n```python\n>>> a = 1\n>>> a + 1\n2\n>>> b = 3\n\n```\nend of [it](../how-to/x.md)\n"
    sources = [(c["cell_type"], "".join(c["source"])) for c in MADE["cells"](page, "tutorials")]
    assert sources == [
        ("markdown", "# Title"),
        ("code", "a = 1\na + 1"),
        ("code", "b = 3"),
        ("markdown", "end of [it](../docs/how-to/x.md)"),
    ]
