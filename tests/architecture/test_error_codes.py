"""The codes of errors: few, each with a meaning, and the source, the table and the docs say the same."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import retainkit as rk
from retainkit.errors import CODES, REASONS
from retainkit.inference.diagnostics import SENTENCES

ROOT = Path(__file__).parents[2]
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "src" / "retainkit").rglob("*.py"))
}
OF_FITS = {"FitError", "_rebuild_fit_error", "Diagnostics"}
"""What carries a code of `retainkit.errors.REASONS`, a table of its own."""


def takers() -> dict[str, set[int]]:
    """Everything that takes a `code`, by name: at which place, as two functions may share a name."""
    found: dict[str, set[int]] = {}
    for node in (n for tree in TREES.values() for n in ast.walk(tree)):
        if isinstance(node, ast.ClassDef):
            init = next((n for n in node.body if getattr(n, "name", "") == "__init__"), None)
            fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
            given = (
                parameters(init)[1:]
                if init
                else [f"{ast.unparse(n.target)}: {ast.unparse(n.annotation)}" for n in fields]
            )
        elif isinstance(node, ast.FunctionDef):
            given = parameters(node)
        else:
            continue
        if "code: str" in given and node.name not in OF_FITS:
            found.setdefault(node.name, set()).add(given.index("code: str"))
    return found


def parameters(function: ast.AST) -> list[str]:
    assert isinstance(function, ast.FunctionDef)
    return [ast.unparse(a) for a in (*function.args.posonlyargs, *function.args.args)]


def codes(tree: ast.Module, expression: ast.expr) -> Iterator[str]:
    """The codes that an expression can be: a text, one of two, a name for these, or one handed on."""
    match expression:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp(body=one, orelse=other):
            yield from codes(tree, one)
            yield from codes(tree, other)
        case ast.Name(id=name):
            for node in ast.walk(tree):
                if not isinstance(node, ast.Assign) or name not in map(ast.unparse, node.targets):
                    continue
                if isinstance(node.value, ast.Constant | ast.IfExp):  # else another thing of that name
                    yield from codes(tree, node.value)
        case ast.Attribute(attr="code"):
            return
        case _:
            yield f"unreadable: {ast.unparse(expression)}"


def written() -> dict[str, list[str]]:
    """Every code that the source writes, with its places."""
    places, found = takers(), dict[str, list[str]]()
    for path, tree in TREES.items():
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            name = ast.unparse(call.func).rpartition(".")[2]
            given = [call.args[i] for i in places.get(name, ()) if i < len(call.args)]
            given += [k.value for k in call.keywords if k.arg == "code" and name in places]
            for code in (c for expression in given for c in codes(tree, expression)):
                found.setdefault(code, []).append(f"{path}:{call.lineno}")
    return found


def test_there_are_at_most_40_codes_and_each_has_a_meaning() -> None:
    assert len(CODES) <= 40
    assert [code for code in CODES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []
    assert [code for code, meaning in CODES.items() if not re.fullmatch(r"[A-Z].{10,}\.", meaning)] == []


def test_the_search_finds_what_takes_a_code() -> None:
    found = takers()
    assert found["InputError"] == {0}
    assert found["refuse_where"] == {1}
    assert not OF_FITS & set(found)


def test_every_code_that_the_source_writes_is_in_the_table() -> None:
    assert {code: places for code, places in written().items() if code not in CODES} == {}


def test_every_code_of_the_table_is_used() -> None:
    assert sorted(set(CODES) - set(written())) == []


def test_the_page_of_the_docs_is_the_table() -> None:
    page = (ROOT / "docs" / "reference" / "error-codes.md").read_text(encoding="utf-8")
    _, of_inputs, of_fits = page.split("\n## Codes of ")
    for text, table in ((of_inputs, CODES), (of_fits, REASONS)):
        rows = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", text, flags=re.MULTILINE)
        assert dict(rows) == table
        assert len(rows) == len(table)
    assert "reference/error-codes.md" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_every_reason_of_a_fit_has_its_place_on_the_page_about_them() -> None:
    page = (ROOT / "docs" / "explanation" / "when-a-fit-is-refused.md").read_text(encoding="utf-8")
    titles = "".join(re.findall(r"^## .*", page, flags=re.MULTILINE))
    assert set(re.findall(r"`([a-z-]+)`", titles)) == set(REASONS)
    for reason in SENTENCES.keys() - {"converged"}:
        assert reason in REASONS


def test_a_code_outside_of_the_table_is_refused() -> None:
    with pytest.raises(AssertionError, match="'out-of-rnage' is not in"):
        rk.InputError("out-of-rnage", "churn", 1.2, "must be at most 1", "Write 5% as 0.05.")


def test_an_error_takes_its_parts_in_order_or_by_name_and_survives_pickling() -> None:
    one = rk.InputError("out-of-range", "churn", 1.2, "must be at most 1", "Write 5% as 0.05.")
    other = rk.InputError(
        "out-of-range", argument="churn", value=1.2, rule="must be at most 1", way_out="Write 5% as 0.05."
    )
    assert str(one) == str(other) == "churn must be at most 1, got 1.2. Write 5% as 0.05."
    assert pickle.loads(pickle.dumps(one)).as_dict() == one.as_dict()
