"""Every public name has its place in the docs: an entry in the reference and a row in the tables."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import retainkit

DOCS = Path(__file__).parents[2] / "docs"
NAMES = [name for name in retainkit.__all__ if name != "__version__"]


def test_every_public_name_has_an_entry_in_the_reference() -> None:
    pages = "".join(p.read_text(encoding="utf-8") for p in (DOCS / "reference" / "api").glob("*.md"))
    entries = re.findall(r"^\.\. (auto|py:)(\w+):: (retainkit[\w.]*)$", pages, flags=re.MULTILINE)
    found = {target.rpartition(".")[2] for _, _, target in entries}
    for _, _, module in (entry for entry in entries if entry[:2] == ("auto", "module")):
        found |= set(import_module(module).__all__)
    assert sorted(set(NAMES) - found) == []


def test_every_verb_and_model_has_a_row_in_the_table_of_what_is_included() -> None:
    table = (DOCS / "reference" / "included.md").read_text(encoding="utf-8")
    verbs = [name for name in NAMES if inspect.isfunction(getattr(retainkit, name))]
    assert [name for name in [*verbs, *retainkit.MODELS] if f"`{name}`" not in table] == []


def test_every_parameter_of_a_model_stands_in_the_naming_table() -> None:
    table = (DOCS / "reference" / "naming.md").read_text(encoding="utf-8")
    parameters = {name for model in retainkit.MODELS.values() for name in model.names()}
    assert [name for name in sorted(parameters) if f"`{name}`" not in table] == []
