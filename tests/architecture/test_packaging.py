"""What a wheel promises: extras that exist, contain each other, and are named rightly in errors."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import retainkit

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def resolved(extra: str) -> set[str]:
    """The libraries an extra installs, through the extras of ours it names."""
    found: set[str] = set()
    for requirement in EXTRAS[extra]:
        own = re.fullmatch(r"retainkit\[(.+)\]", requirement)
        found |= set().union(*map(resolved, own[1].split(","))) if own else {requirement}
    return found


def test_the_extras_are_there() -> None:
    named = {
        "duckdb",
        "excel",
        "plot",
        "report",
        "cli",
        "lifetimes",
        "yaml",
        "test",
        "docs",
        "dev",
        "all",
        "demo",
    }
    assert named <= set(EXTRAS)


def test_all_holds_everything_a_user_can_use_and_test_and_docs_hold_all() -> None:
    for extra in ("duckdb", "excel", "plot", "report", "cli", "lifetimes", "yaml", "demo"):
        assert resolved(extra) <= resolved("all"), extra
    for extra in ("test", "docs", "dev"):
        assert resolved("all") <= resolved(extra), extra


def test_one_library_has_one_bound() -> None:
    requirements = set().union(*map(resolved, EXTRAS)) | set(PROJECT["dependencies"])
    names = [re.split(r"[<>=\[]", r)[0] for r in requirements]
    assert sorted(names) == sorted(set(names))


def test_errors_about_missing_libraries_name_extras_that_install_them() -> None:
    advised = {
        node.args[1].value
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "MissingDependencyError"
        if isinstance(node.args[1], ast.Constant)
    }
    assert advised
    assert advised <= set(EXTRAS)


def test_types_are_shipped() -> None:
    assert (Path(retainkit.__file__).parent / "py.typed").exists()


def test_the_changelog_knows_this_version() -> None:
    assert f"## {retainkit.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_citation_names_this_version_and_goes_with_the_sources() -> None:
    import yaml

    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert told.keys() >= {"cff-version", "message", "title", "authors"}  # what the format asks for
    assert (told["version"], told["license"]) == (retainkit.__version__, PROJECT["license"])
    assert set(told["keywords"]) <= {*PROJECT["keywords"], "customer retention"}
    sources = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert "/CITATION.cff" in sources["targets"]["sdist"]["include"]
