"""Imports go one way, and heavy libraries stay in their rooms.

All imports are read from the source: at the top of a file, inside functions and under TYPE_CHECKING.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import pytest

from retainkit.calls import VERBS, WorkbookWriter
from retainkit.workbooks import workbook

SRC = Path(__file__).parents[2] / "src"

ROWS = (  # a row may import the rows above it; rooms that share a row do not know each other
    ("foundation",),
    ("_numerics",),
    ("tables",),
    ("economics", "summaries"),
    ("models",),
    ("inference", "ingest"),
    ("metrics",),
    ("valuation", "validation"),
    ("decisions",),
    ("plot",),
    ("reports", "workbooks", "interop", "files"),
    ("api",),
    ("retainkit",),  # the package itself: a list of names, for the command line and for callers
    ("service", "agents"),
    ("cli",),
)
RANK = {room: rank for rank, row in enumerate(ROWS) for room in row}
FOUNDATION = (
    "addresses", "calls", "columns", "display", "documents", "domains", "draws", "each_draw", "errors",
    "parameters", "plurals", "protocols", "rates", "rebuild", "records", "strict_json",
    "timing", "typing", "units",
)  # fmt: skip
ROOM_OF_FILE = dict.fromkeys(FOUNDATION, "foundation") | {"__main__": "cli"}
OLD_ADDRESSES = {
    "retainkit.economics.metrics": "retainkit.metrics"
}  # the rooms that moved below their old one

ANYWHERE = frozenset(RANK)
CALCULATING = frozenset({"_numerics", "models", "inference", "valuation", "validation", "decisions"})
TABLES = frozenset(
    {"tables", "metrics", "ingest", "valuation", "validation", "decisions", "reports", "interop", "files"}
)


class Home(NamedTuple):
    """The rooms that may import a library: at the top of a file, and only where it is used."""

    top: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()


HOMES = {
    "numpy": Home(ANYWHERE),
    "scipy": Home(CALCULATING),
    "scipy.optimize": Home(inside=CALCULATING),  # a tenth of a second at import
    "scipy.stats": Home(inside=CALCULATING | {"interop"}),  # a third of a second
    "narwhals": Home(frozenset({"ingest", "tables"}), TABLES | {"economics", "summaries", "foundation"}),
    "typing_extensions": Home(frozenset({"foundation"})),  # for type checkers, which bring it
    "pydantic_core": Home(frozenset({"decisions", "api"})),
    "pydantic": Home(
        frozenset({"valuation", "decisions", "reports", "interop", "api", "service", "agents", "cli"})
    ),
    "fastapi": Home(frozenset({"service"})),
    "orjson": Home(frozenset({"service"})),
    "uvicorn": Home(inside=frozenset({"service"})),
    "mcp": Home(inside=frozenset({"agents"})),
    "pandas": Home(inside=TABLES),
    "polars": Home(inside=TABLES),
    "pyarrow": Home(inside=TABLES),
    "duckdb": Home(inside=frozenset({"tables"})),
    "python_calamine": Home(inside=frozenset({"tables"})),
    "matplotlib": Home(inside=frozenset({"plot"})),
    "xlsxwriter": Home(inside=frozenset({"workbooks"})),
    "jinja2": Home(inside=frozenset({"reports"})),
    "yaml": Home(inside=frozenset({"valuation", "decisions", "cli"})),
    "rich": Home(frozenset({"cli"})),
    "typer": Home(frozenset({"cli"})),
    "statsmodels": Home(inside=frozenset({"valuation"})),
    "lifetimes": Home(inside=frozenset({"interop"})),
    "lifelines": Home(inside=frozenset({"interop"})),
    "sklearn": Home(frozenset({"interop"})),  # its estimators are derived from
    "sksurv": Home(inside=frozenset({"interop"})),
    "surpyval": Home(inside=frozenset({"interop"})),
}


class Import(NamedTuple):
    """One imported name, where it stands, and whether it is loaded with the file itself."""

    place: str
    target: str
    at_top: bool


def violations(src: Path) -> list[str]:
    """Every import of the package under `src` that breaks a rule, as a sentence."""
    modules = {_module(src, path): path for path in src.rglob("*.py")}
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for module, path in sorted(modules.items()):
        own = [i for i in _imports(path, module, modules) if i.target.split(".")[0] == "retainkit"]
        foreign = [i for i in _imports(path, module, modules) if i not in own]
        if module == "retainkit":
            loaded = [i for i in own if i.target != "retainkit.addresses"]
            found += [
                f"{i.place}: the package itself loads {i.target} with `import retainkit`" for i in loaded
            ]
        elif module in OLD_ADDRESSES:
            found += [f"{i.place}: an old address" for i in own if i.target != OLD_ADDRESSES[module]]
        else:
            graph[module] = {i.target for i in own if i.target != "retainkit"}
            found += [problem for i in own if (problem := _wrong_direction(_room(module), i))]
        found += [problem for i in foreign if (problem := _wrong_room(_room(module), i))]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("a cycle: " + " → ".join(reversed(error.args[1])))
    return found


def _wrong_direction(room: str, found: Import) -> str | None:
    target = _room(found.target)
    for name in (room, target):
        if name not in RANK:
            return f"{found.place}: the room {name!r} stands in no row of this test"
    if target == room or RANK[target] < RANK[room]:
        return None
    relation = "a sibling of" if RANK[target] == RANK[room] else "above"
    return f"{found.place}: {found.target} is {relation} {room}"


def _wrong_room(room: str, found: Import) -> str | None:
    names = found.target.split(".")
    if names[0] in sys.stdlib_module_names:
        return None
    prefixes = [".".join(names[:length]) for length in range(len(names), 0, -1)]
    library = next((p for p in prefixes if p in HOMES), None)
    if library is None:
        return f"{found.place}: {names[0]} is in no row of HOMES"
    home = HOMES[library]
    if room in home.top or (room in home.inside and not found.at_top):
        return None
    rule = "only inside functions" if room in home.inside else "not"
    return f"{found.place}: {room} may import {library} {rule}" + (" at all" if rule == "not" else "")


def _module(src: Path, path: Path) -> str:
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    head, _, rest = module.partition(".")
    name = rest.partition(".")[0] or head
    return ROOM_OF_FILE.get(name, name)


def _imports(path: Path, module: str, modules: dict[str, Path]) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, at_top in _walk(tree, at_top=True):
        place = f"{module}:{getattr(node, 'lineno', 0)}"
        if module in ("retainkit", "retainkit.calls") and not at_top:
            continue  # the list of names for type checkers; the functions that methods are
        if isinstance(node, ast.Import):
            yield from (Import(place, alias.name, at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            for alias in node.names:
                name = f"{base}.{alias.name}"
                ours = base.split(".")[0] == "retainkit"
                yield Import(place, base if ours and name not in modules else name, at_top)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            named = (a.value for a in node.args[:1] if isinstance(a, ast.Constant))
            yield from (Import(place, str(name), at_top) for name in named)


def _walk(node: ast.AST, *, at_top: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it runs when the file is loaded."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        yield child, at_top
        yield from _walk(child, at_top=at_top and not later and not typing)


def test_imports_go_one_way_and_heavy_libraries_stay_in_their_rooms() -> None:
    assert violations(SRC) == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"models/a.py": "from retainkit.ingest import x"}, "models.a:1: retainkit.ingest is above models"),
        ({"models/a.py": "def f():\n    import retainkit.cli"}, "models.a:2: retainkit.cli is above models"),
        ({"models/a.py": "from ..cli import main"}, "models.a:1: retainkit.cli is above models"),
        ({"errors.py": "from retainkit._numerics import x"}, "retainkit._numerics is above foundation"),
        (
            {"ingest/a.py": "if TYPE_CHECKING:\n    from retainkit.inference.fit import Fit"},
            "ingest.a:2: retainkit.inference.fit is a sibling of ingest",
        ),
        ({"economics/a.py": "from retainkit import fit"}, "retainkit is above economics"),
        ({"__init__.py": "from retainkit.models import MODELS"}, "the package itself loads retainkit.models"),
        ({"attic/a.py": "import retainkit.errors"}, "the room 'attic' stands in no row"),
        (
            {"models/a.py": "import retainkit.models.b", "models/b.py": "from retainkit.models import a"},
            "a cycle: retainkit.models.a → retainkit.models.b → retainkit.models.a",
        ),
        ({"errors.py": "from retainkit.units import x", "units.py": "import retainkit.errors"}, "a cycle: "),
        ({"economics/a.py": "from scipy.special import betaln"}, "economics may import scipy not at all"),
        ({"economics/a.py": "import narwhals as nw"}, "economics may import narwhals only inside functions"),
        ({"models/a.py": "from scipy import stats"}, "models may import scipy.stats only inside functions"),
        (
            {"models/a.py": "from scipy.optimize import brentq"},
            "scipy.optimize only inside functions",
        ),
        ({"plot/a.py": "import matplotlib.pyplot"}, "plot may import matplotlib only inside functions"),
        (
            {"models/a.py": "def f():\n    return importlib.import_module('pandas')"},
            "models may import pandas not at all",
        ),
        ({"models/a.py": "class A:\n    import requests"}, "requests is in no row of HOMES"),
    ],
)
def test_the_reader_of_imports_finds(files: dict[str, str], complaint: str, tmp_path: Path) -> None:
    _write(tmp_path, files)
    assert len(violations(tmp_path)) == 1
    assert complaint in violations(tmp_path)[0]


def test_the_reader_of_imports_lets_pass_what_is_allowed(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "__init__.py": "if TYPE_CHECKING:\n    from retainkit.models import MODELS as MODELS",
            "units.py": "import math\nfrom retainkit.errors import InputError",
            "models/a.py": "import scipy.special\nfrom . import b\nfrom retainkit.summaries import Spend",
            "models/b.py": "from retainkit.models.base import x\ndef f():\n    from scipy import stats",
            "plot/a.py": "def f():\n    import matplotlib.pyplot as plt",
            "cli/__init__.py": "import typer\nimport retainkit\nfrom retainkit import fit",
        },
    )
    assert violations(tmp_path) == []


def test_type_checkers_see_the_functions_that_methods_are() -> None:
    tree = ast.parse((SRC / "retainkit" / "calls.py").read_text(encoding="utf-8"))
    seen = {
        (node.module, alias.name)
        for node, at_top in _walk(tree, at_top=True)
        if isinstance(node, ast.ImportFrom) and not at_top
        for alias in node.names
    }
    assert seen == set(VERBS.values()) - {VERBS["WorkbookWriter.to_excel"]}
    # which many classes have, with a signature of its own: that of the function
    own, meant = signature(WorkbookWriter.to_excel).parameters, signature(workbook).parameters
    assert [*own.values()][1:] == [*meant.values()][1:]


def _write(src: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = src / "retainkit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
