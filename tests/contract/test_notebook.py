"""The notebook of the 14 claims is the page of the docs, whose code is run and compared elsewhere."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "as_notebook.py"))


def test_the_notebook_is_the_page() -> None:
    page = MADE["PAGE"].read_text(encoding="utf-8")
    assert MADE["NOTEBOOK"].read_text(encoding="utf-8") == MADE["notebook"](page), "run docs/as_notebook.py"


def test_the_code_of_the_notebook_runs() -> None:
    names: dict[str, Any] = {}
    found = json.loads(MADE["NOTEBOOK"].read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    assert len(code) > 14
    for source in code:
        exec(compile(source, "cell", "exec"), names)


def test_a_cell_ends_with_the_statement_that_shows_something() -> None:
    page = "# Title\n\n```python\n>>> a = 1\n>>> a + 1\n2\n>>> b = 3\n\n```\nend\n"
    sources = [(c["cell_type"], "".join(c["source"])) for c in MADE["cells"](page)]
    assert sources == [
        ("markdown", "# Title"),
        ("code", "a = 1\na + 1"),
        ("code", "b = 3"),
        ("markdown", "end"),
    ]
