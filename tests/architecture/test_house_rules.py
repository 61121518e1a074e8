"""The sizes that keep the house readable, and the map that shows every room of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "retainkit"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def functions(path: Path) -> list[tuple[str, int]]:
    """Every function with its length, without its docstring: words are not what makes it long."""
    found = [
        n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)
    ]
    return [(f"{path.relative_to(ROOT)}:{f.lineno} {f.name}", _code_lines(f)) for f in found]


def _code_lines(function: ast.FunctionDef) -> int:
    told = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    return _height(function) - (_height(told) if told else 0)


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_400_lines() -> None:
    assert [f"{p.relative_to(ROOT)}: {lines(p)}" for p in SOURCES + TESTS if lines(p) > 400] == []


def test_half_of_the_files_are_at_most_150_lines() -> None:
    assert median(lines(p) for p in SOURCES) <= 150


def test_nine_functions_in_ten_are_under_40_lines_and_none_is_over_70() -> None:
    lengths = dict(f for p in SOURCES for f in functions(p))
    assert {name: n for name, n in lengths.items() if n > 70} == {}
    assert sum(n < 40 for n in lengths.values()) >= 0.9 * len(lengths)


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
