"""What keeps the house readable: sizes, one definition of a thing, pages that name what is in a folder."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import measure
import pytest

from retainkit.models import MODELS

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
PACKAGE = SRC / "retainkit"
SOURCES = measure.sources(SRC)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ROOMS = sorted(p.parent for p in SOURCES if p.name == "__init__.py" and p.parent != PACKAGE)


def test_no_file_is_longer_than_400_lines() -> None:
    heights = {p.relative_to(ROOT).as_posix(): measure.lines(p) for p in SOURCES + TESTS}
    assert {name: n for name, n in heights.items() if n > 400} == {}


def test_nine_functions_in_ten_are_under_40_lines_and_none_is_over_60() -> None:
    lengths = {
        f"{p.relative_to(ROOT)}:{line} {name}": n for p in SOURCES for line, name, n in measure.functions(p)
    }
    assert {name: n for name, n in lengths.items() if n > 60} == {}
    assert sum(n < 40 for n in lengths.values()) >= 0.9 * len(lengths)


def test_at_most_one_annotation_in_twenty_contains_any() -> None:
    told = [loose for p in SOURCES for _, _, loose in measure.annotated(p)]
    assert sum(told) <= 0.05 * len(told)


def test_no_folder_has_more_than_20_files() -> None:
    assert {name: n for name, n in measure.folders(SRC).items() if n > 20} == {}


def test_no_room_lends_more_than_25_names_of_its_own() -> None:
    assert {name: n for name, n in measure.public_names(SRC).items() if n > 25} == {}


def test_the_package_lends_at_most_70_names() -> None:
    assert measure.root_names(SRC) <= 70


def test_no_room_reaches_for_what_is_private_to_another() -> None:
    assert measure.private_imports(SRC) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_the_page_of_a_folder_names_its_public_files(room: Path) -> None:
    """A model is named by its line in the registry."""
    told = ast.get_docstring(measure.tree_of(room / "__init__.py")) or ""
    here = ".".join(room.relative_to(SRC).parts)
    files = {p.stem for p in room.glob("*.py")} - {"__init__"}
    folders = {p.parent.name for p in room.glob("*/__init__.py")}
    registered = {kind.__module__ for kind in MODELS.values()}
    public = [name for name in sorted(files) if name[0] != "_" and f"{here}.{name}" not in registered]
    assert [name for name in public if f"`{name}`" not in told] == []
    assert [name for name in sorted(folders) if f"`{name}/`" not in told] == []
    assert [name for name in re.findall(r"^- `(\w+)` ", told, re.MULTILINE) if name not in files] == []


@pytest.mark.parametrize("room", ["_numerics", "models", "economics", "inference", "valuation"])
def test_where_there_are_formulas_and_algorithms_three_lines_in_a_hundred_say_why(room: str) -> None:
    files = [p for p in SOURCES if p.relative_to(PACKAGE).parts[0] == room]
    assert measure.comments_per_hundred(files) >= 3.0


# -- one definition for each domain -----------------------------------------------------------------


class Made(NamedTuple):
    """A domain that is made somewhere: its name there, and the rule in words and as a test."""

    name: str
    rule: str | None
    contains: str | None


def domains(source: str) -> list[Made]:
    """Every domain that a file makes, anew or from another one."""
    found: list[Made] = []
    for node in ast.parse(source).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in ("Domain", "replace"):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target  # type: ignore[union-attr]
            given = {k.arg: ast.unparse(k.value) for k in value.keywords}
            if ast.unparse(value.func).endswith("Domain"):
                given |= dict(zip(("rule", "contains"), map(ast.unparse, value.args), strict=False))
            found.append(Made(ast.unparse(target), given.get("rule"), given.get("contains")))
    return found


def test_a_domain_is_defined_in_one_file_or_private_to_the_one_argument_that_needs_it() -> None:
    """Outside of `domains.py` only the rule of one argument may be made, in words of its own."""
    made = {p: domains(p.read_text(encoding="utf-8")) for p in SOURCES}
    known = {d.rule for d in made[PACKAGE / "domains.py"]}
    tests = Counter(d.contains for found in made.values() for d in found if d.contains)
    elsewhere = [(p, d) for p, found in made.items() if p != PACKAGE / "domains.py" for d in found]
    broken = [
        f"{p.relative_to(ROOT)}: {d.name}"
        for p, d in elsewhere
        if d.contains and (not d.name.startswith("_") or d.rule is None or d.rule in known)
    ]
    assert broken == []
    assert {test: n for test, n in tests.items() if n > 1 and not test.startswith("_inside(")} == {}
    rules = Counter(d.rule for found in made.values() for d in found if d.rule)
    assert {rule: n for rule, n in rules.items() if n > 1} == {}


def test_the_reader_of_domains_finds_them() -> None:
    source = "A = Domain('must be', test, '', f, g, h)\n_B = replace(A, rule='must', contains=other)\nC = 3\n"
    assert domains(source) == [Made("A", "'must be'", "test"), Made("_B", "'must'", "other")]


# -- the map ----------------------------------------------------------------------------------------


def test_the_map_shows_every_room_and_nothing_that_is_not_there() -> None:
    drawn = _tree((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    rooms = {p.parent.relative_to(PACKAGE).as_posix() + "/" for p in SOURCES} - {"./"}
    files = {p.name for p in PACKAGE.glob("*.py")}
    assert rooms | files <= drawn
    assert [name for name in sorted(drawn) if not (PACKAGE / name).exists()] == []


def _tree(text: str) -> set[str]:
    """The paths in the drawing that begins with ``src/retainkit/``; folders end with a slash."""
    drawing = text.split("src/retainkit/\n", 1)[1].split("```", 1)[0]
    drawn: set[str] = set()
    folders: list[str] = []
    for line in drawing.splitlines():
        indent, names = re.match(r"( *)(.*?)(?:  |$)", line).groups()  # type: ignore[union-attr]
        folders = folders[: len(indent) // 2 - 1]
        paths = ["".join(folders) + name for name in names.split()]
        drawn.update(paths)
        if names.endswith("/"):
            folders.append(names)
    return drawn


def test_a_missing_date_and_a_span_of_time_say_their_unit() -> None:
    """Newer numpys refuse those without one, and not every machine has the newest."""
    loose = re.compile(r"""datetime64\((["'])NaT\1\)|timedelta64\((["']?)[\w.-]+\2\)""")
    assert loose.search('np.datetime64("NaT")') and loose.search("np.timedelta64(1)")
    found = [
        f"{file.relative_to(ROOT)}:{n}"
        for file in (*SOURCES, *TESTS)
        if file != Path(__file__)
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if loose.search(line)
    ]
    assert found == []
