"""Every public name has its place in the docs, and pages written from docstrings are as these say."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import retainkit
from retainkit import decisions, economics, files, metrics
from retainkit.models import MODELS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def generator() -> ModuleType:
    """`docs/generate.py`, which is no part of the package."""
    spec = spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = generator()
PAGES: dict[Path, str] = GENERATE.pages()


def test_the_site_publishes_the_schema_of_every_kind_of_file() -> None:
    published: dict[str, str] = GENERATE.schemas()
    told = {name: json.loads(text) for name, text in published.items()}
    assert {schema["title"].split("/")[1] for schema in told.values()} == {*files.kinds()}
    assert told["fit-1.json"] == files.json_schema("fit")
    assert {re.sub(r"-(\d+)\.json$", r"/\1", name) for name in told} == {
        schema["title"].removeprefix("retainkit/") for schema in told.values()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(DOCS).as_posix())
def test_the_page_is_what_the_docstrings_say(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page], "run: python docs/generate.py"


@pytest.mark.parametrize("package", [retainkit, decisions, economics, metrics], ids=lambda p: p.__name__)
def test_every_public_name_has_an_entry_in_the_reference(package: Any) -> None:
    pages = "".join(p.read_text(encoding="utf-8") for p in (DOCS / "reference" / "api").glob("*.md"))
    entries = re.findall(r"^\.\. (auto|py:)(\w+):: (retainkit[\w.]*)$", pages, flags=re.MULTILINE)
    found = {target.rpartition(".")[2] for _, _, target in entries}
    for _, _, module in (entry for entry in entries if entry[:2] == ("auto", "module")):
        found |= set(import_module(module).__all__)
    documented = {n for n in package.__all__ if isinstance(getattr(package, n), type | FunctionType | dict)}
    assert sorted(documented - found) == []


@pytest.mark.parametrize("page", ["how-to/how-to-choose.md", "reference/included.md"])
def test_every_model_has_its_row(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in MODELS if f"`{name}`" not in text] == []


def test_every_decision_has_its_row_in_how_to_choose() -> None:
    """A decision is a function whose answer says whether it is worth it."""
    text = (DOCS / "how-to" / "how-to-choose.md").read_text(encoding="utf-8")
    functions = {n: f for n in decisions.__all__ if isinstance(f := getattr(decisions, n), FunctionType)}
    answers = {n: getattr(decisions, str(f.__annotations__["return"]), None) for n, f in functions.items()}
    deciding = [n for n, answer in answers.items() if hasattr(answer, "worth_it")]
    assert len(deciding) >= 20
    assert [name for name in deciding if f"`{name}`" not in text] == []


def test_every_room_of_decisions_and_economics_is_in_the_reference() -> None:
    source = ROOT / "src" / "retainkit"
    for package, told in GENERATE.ROOMS.items():
        rooms = {page.parent.name for page in (source / package).glob("*/__init__.py")}
        listing = {
            room for room in rooms if getattr(import_module(f"retainkit.{package}.{room}"), "__all__", None)
        }
        assert listing == set(told)
