"""In every error the argument is a name, the rule goes on from it, and the way out is a sentence of its own.

The parts are all text, so that two of them changed over still make an error: here each is told by its form.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

import pytest

from retainkit.errors import CODES, REASONS

SOURCES = sorted((Path(__file__).parents[2] / "src" / "retainkit").rglob("*.py"))
VERBS = (
    "must|has|have|is|are|needs?|does|do|gives?|goes|holds?|says?|comes?|takes?|may|can|cannot|would|leaves?|was|"
    "were|lies?|names|stands?|mixes|knows?|counts?|shrinks|as|and"
)
FORMS = {
    "argument": re.compile(r"(?!must\b)[\w{}.:()\[\]'\"@=<> +/*,·−-]{,60}"),
    "arguments": re.compile(r"(?!must\b)[\w{}.:()\[\]'\"@=<> +/*,−-]{1,80}"),
    "rule": re.compile(rf"(?:(?:{VERBS})\b|{{).*[^.]", re.DOTALL),
    "way_out": re.compile(rf"(?!(?:{VERBS})\b).*[.?…}}]\s*|", re.DOTALL),
}


Parts: TypeAlias = dict[str, tuple[str, ...]]


def made_of(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What takes parts of an error in a file, functions, methods and records, and its parameters in order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
            told = {*names, *(a.arg for a in node.args.kwonlyargs)}
        elif isinstance(node, ast.ClassDef):
            init = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
            fields = [n.target for n in node.body if isinstance(n, ast.AnnAssign)]
            names = [a.arg for n in init for a in n.args.args[1:]] or [ast.unparse(f) for f in fields]
            told = set(names)
        else:
            continue
        if told & {"rule", "way_out", "argument", "reason"} and not told & {"codes", "customers", "day"}:
            yield node.name, tuple(names)


@cache
def parts() -> tuple[Parts, dict[Path, Parts]]:
    """The parameters by name of all files, where a name means one thing, and those of each file."""
    own = {path: dict(made_of(ast.parse(path.read_text(encoding="utf-8")))) for path in SOURCES}
    several: dict[str, set[tuple[str, ...]]] = {}
    for found in own.values():
        for name, names in found.items():
            several.setdefault(name, set()).add(names)
    return {name: next(iter(names)) for name, names in several.items() if len(names) == 1}, own


def text_of(node: ast.expr, known: dict[str, ast.expr]) -> str | None:
    """Literal text, what is computed in it as {}; None where it comes from elsewhere."""
    if isinstance(node, ast.Name) and node.id in known:
        return text_of(known[node.id], {})
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def errors_in(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The parts of every error that the file writes out, with the line."""
    everywhere, own = parts()
    here = everywhere | own[path]
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        known = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            names = (here if isinstance(node.func, ast.Name) else everywhere).get(name, ())
            named = {k.arg: k.value for k in node.keywords if k.arg}
            given = (dict(zip(names, node.args, strict=False)) | named) if names else {}
            texts = {part: text_of(value, known) for part, value in given.items()}
            yield node.lineno, {part: text for part, text in texts.items() if text is not None}


def fits(part: str, text: str) -> bool:
    if part == "code":
        return text in CODES or text in REASONS
    return part not in FORMS or FORMS[part].fullmatch(text) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_the_parts_of_an_error_stand_in_their_places(path: Path) -> None:
    for line, found in errors_in(path):
        for part, text in found.items():
            assert fits(part, text), f"{path.name}:{line}: {part} = {text!r}"


def test_two_parts_that_are_changed_over_are_found() -> None:
    pairs = [
        (one, other, found)
        for path in SOURCES
        for _, found in errors_in(path)
        for one, other in combinations([part for part in found if part == "code" or part in FORMS], 2)
    ]
    unseen = [
        pair for *pair, found in pairs if fits(pair[0], found[pair[1]]) and fits(pair[1], found[pair[0]])
    ]
    assert len(pairs) > 2000
    assert len(unseen) < 0.005 * len(pairs)  # an argument such as {} may be any text
