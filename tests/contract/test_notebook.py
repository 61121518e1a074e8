"""The notebooks are pages of the docs, whose output is compared where those are run; here their code runs."""

from __future__ import annotations

import json
import runpy
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import retainkit as rk

ROOT = Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "as_notebook.py"))
each = pytest.mark.parametrize("name", MADE["NOTEBOOKS"])


def text_of(name: str) -> str:
    return (ROOT / "examples" / f"{name}.ipynb").read_text(encoding="utf-8")


@each
def test_a_notebook_is_its_page(name: str) -> None:
    assert text_of(name) == MADE["notebook"](MADE["NOTEBOOKS"][name]), "run docs/as_notebook.py"


@each
def test_the_code_of_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some write a file
    names: dict[str, Any] = {}
    code = [c for c in json.loads(text_of(name))["cells"] if c["cell_type"] == "code"]
    assert len(code) > 4
    for cell in code:
        raises = "tags" in cell["metadata"]
        with pytest.raises(rk.RetainkitError) if raises else nullcontext():
            exec(compile("".join(cell["source"]), "cell", "exec"), names)


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
