"""The numbers of the house, read from the sources and from fresh interpreters.

    python tests/architecture/measure.py [PATH_TO_SRC]

One table for one tree; run it on two trees for before and after. The tests of the house use the same
readers, so that what is measured is what is held.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tokenize
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path, PurePosixPath

SRC = Path(__file__).parents[2] / "src"
PACKAGE = "retainkit"
FORMULAS = ("_numerics", "models", "economics", "inference", "valuation", "decisions")


# -- files ------------------------------------------------------------------------------------------


def sources(src: Path) -> list[Path]:
    """Every file of Python of the package."""
    return sorted((src / PACKAGE).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """A file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def lines(path: Path) -> int:
    """Lines of a file, empty ones too."""
    return path.read_text(encoding="utf-8").count("\n")


def folders(src: Path) -> dict[str, int]:
    """Files of Python in each folder, `__init__` not counted: it is the folder's own page."""
    inside = [p.parent.relative_to(src).as_posix() for p in sources(src) if p.name != "__init__.py"]
    return {name: inside.count(name) for name in sorted(set(inside))}


def comments(path: Path) -> int:
    """Comments for a reader: neither directives to a tool nor headings in rules of dashes."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    found = [t.string for t in tokens if t.type == tokenize.COMMENT]
    return sum(not c.startswith(("# noqa", "# type:", "# pyright:", "# fmt:", "# --")) for c in found)


def comments_per_hundred(paths: list[Path], *, docstrings: bool = True) -> float:
    """Comments in a hundred lines of some files, lists of names (`__init__`) left out."""
    told = [p for p in paths if p.name != "__init__.py"]
    all_lines = sum(lines(p) - (0 if docstrings else docstring_lines(p)) for p in told)
    return 100.0 * sum(map(comments, told)) / max(1, all_lines)


def docstring_lines(path: Path) -> int:
    """Lines of a file that are docstrings of the file, its classes and functions."""
    nodes = ast.walk(tree_of(path))
    owners = [
        n for n in nodes if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sum(_height(n.body[0]) for n in owners if ast.get_docstring(n, clean=False) is not None)


# -- functions --------------------------------------------------------------------------------------


def functions(path: Path) -> list[tuple[int, str, int]]:
    """Every function: its line, its name and its length without its docstring."""
    found = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [(f.lineno, f.name, _length(f)) for f in found]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    told = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    return _height(function) - (_height(told) if told else 0)


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def annotated(path: Path) -> Iterator[tuple[str, bool, bool]]:
    """Every annotation: of what, whether it is `Any`, and whether it contains it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            yield from (_any("signature", a.annotation) for a in every if a and a.annotation)
            if node.returns:
                yield _any("signature", node.returns)
        elif isinstance(node, ast.ClassDef):
            yield from (_any("field", n.annotation) for n in node.body if isinstance(n, ast.AnnAssign))


def _any(kind: str, told: ast.expr) -> tuple[str, bool, bool]:
    is_any = isinstance(told, ast.Name) and told.id == "Any"
    return kind, is_any, any(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(told))


# -- names ------------------------------------------------------------------------------------------


def modules(src: Path) -> dict[str, Path]:
    """Every module by its name."""
    return {_name(src, path): path for path in sources(src)}


def _name(src: Path, path: Path) -> str:
    parts = path.relative_to(src).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, path: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file imports from the package, in functions too: its line and full address."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.startswith(PACKAGE))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            yield from ((node.lineno, f"{node.module}.{a.name}") for a in node.names)


def private_imports(src: Path) -> list[str]:
    """Imports of a `_module` or a `_name` whose owner is no ancestor of the importer; `_numerics` is open."""
    found: list[str] = []
    for module, path in modules(src).items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for line, target in imports(module, path):
            parts = target.split(".")
            hidden = [i for i, p in enumerate(parts) if p[0] == "_" and p[:2] != "__" and p != "_numerics"]
            owner = ".".join(parts[: hidden[0]]) if hidden else package
            if not f"{package}.".startswith(f"{owner}."):
                found.append(f"{module}:{line}: {target} belongs to {owner}")
    return found


def public_names(src: Path) -> dict[str, int]:
    """Names that are lent of each room: by its own page, or by that of a room around it."""
    every = modules(src)
    rooms = {m for m, p in every.items() if p.name == "__init__.py" and m != PACKAGE}
    lent: dict[str, set[str]] = {room: set() for room in rooms}
    for room in rooms:
        for home, name in _lent_by(room, every[room]):
            above = next(m for m in _upwards(home) if m in rooms)
            lent[above].add(name)
    return {room: len(lent[room]) for room in sorted(rooms)}


def _lent_by(room: str, path: Path) -> Iterator[tuple[str, str]]:
    """The public names of a page, each with the module that it comes from."""
    listed: set[str] | None = None
    names: list[tuple[str, str]] = []
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{room}."):
            names += [(str(node.module), a.asname or a.name) for a in node.names]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append((room, node.name))
        elif ast.unparse(node).startswith("__all__ = ["):
            listed = set(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    public = ((home, name) for home, name in names if not name.startswith("_"))
    return ((home, name) for home, name in public if listed is None or name in listed)


def _upwards(module: str) -> Iterator[str]:
    """A module and the packages that it is in, from the inside out."""
    parts = module.split(".")
    yield from (".".join(parts[:length]) for length in range(len(parts), 0, -1))


def cycles(src: Path) -> list[list[str]]:
    """Modules that import each other in a circle, imports inside functions counted."""
    every = modules(src)
    graph = {
        module: {_longest(t, every) for _, t in imports(module, path)} - {module, PACKAGE}
        for module, path in every.items()
        if module not in (PACKAGE, f"{PACKAGE}.calls")  # names that they load on use, for type checkers
    }
    reach = {m: _reachable(m, graph) for m in graph}
    circles = {tuple(sorted(n for n in reach[m] if m in reach.get(n, ()))) for m in graph if m in reach[m]}
    return [list(circle) for circle in sorted(circles)]


def _longest(target: str, every: dict[str, Path]) -> str:
    return target if target in every else target.rpartition(".")[0]


def _reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), set()) - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def error_codes(src: Path) -> set[str]:
    """The codes of `InputError`: of its closed table where there is one, else as they stand in its calls."""
    for node in tree_of(src / PACKAGE / "errors.py").body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Dict) and ast.unparse(node).startswith("CODES"):
            return {str(ast.literal_eval(key)) for key in value.keys if key}
    calls = (n for p in sources(src) for n in ast.walk(tree_of(p)) if isinstance(n, ast.Call))
    first = (c.args[0] for c in calls if ast.unparse(c.func).endswith("InputError") and c.args)
    return {a.value for a in first if isinstance(a, ast.Constant) and isinstance(a.value, str)}


# -- weight and time --------------------------------------------------------------------------------

ONE_NAME = "from retainkit.decisions import price_change"
FIRST_CALL = f"""{ONE_NAME}
price_change(100, change=0.05, margin_share=0.4, volume_change=-0.02, churn=0.05, churn_after=0.054,
             discount_rate=0.01, timing="end")"""
CPU = {
    "import retainkit": "import retainkit",
    "import one name of decisions": ONE_NAME,
    "that, and its first call": FIRST_CALL,
    "import the dearest name of decisions": "from retainkit.decisions import RetentionPlan",
    "economics, and a first call": "from retainkit import economics as e; e.break_even(500, 50, churn=0.05)",
}


def cpu_above_numpy(statement: str, src: Path, runs: int) -> float:
    """Seconds of user time of a statement where numpy is loaded already, the least of several processes."""
    code = (
        "import numpy, resource, sys\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_utime\n"
        f"before = used()\n{statement}\nprint(used() - before)"
    )
    where = {**os.environ, "PYTHONPATH": str(src)}
    command = [sys.executable, "-c", code]
    took = [
        subprocess.run(command, env=where, capture_output=True, text=True, check=True).stdout
        for _ in range(runs + 1)  # the first one writes byte code
    ]
    return min(map(float, took[1:]))


def root_names(src: Path) -> int:
    """Names in the package's own list."""
    code = "import retainkit; print(len([n for n in retainkit.__all__ if n != '__version__']))"
    where = {**os.environ, "PYTHONPATH": str(src)}
    return int(subprocess.check_output([sys.executable, "-c", code], env=where, text=True))


def tracked(root: Path) -> list[Path]:
    """The files of the repository; without one, every file that is not hidden or built."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [p for name in listed.stdout.split("\0") if name and (p := root / name).is_file()]
    built = {"build", "dist", "_build", "__pycache__"}
    files = (p for p in root.rglob("*") if p.is_file())
    return [p for p in files if not any(q[0] == "." or q in built for q in p.relative_to(root).parts)]


def sdist_size(root: Path) -> int:
    """Bytes of the source distribution: what pyproject.toml includes, packed as the build packs it."""
    rules = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    rules = rules["build"]["targets"]["sdist"]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in tracked(root):
            name = "/" + path.relative_to(root).as_posix()
            if _matches(name, rules["include"]) and not _matches(name, rules.get("exclude", [])):
                archive.add(path, name)
    return len(packed.getvalue())


def _matches(name: str, patterns: list[str]) -> bool:
    """Whether a pattern of pyproject.toml names the file or a folder that it is in."""
    above = [name, *(p.as_posix() for p in PurePosixPath(name).parents)]
    return any(fnmatch(a, p if p.startswith("/") else f"*/{p}") for a in above for p in patterns)


# -- the table --------------------------------------------------------------------------------------


def rows(src: Path, runs: int) -> Iterator[tuple[str, str]]:
    """Every measure with its figure, and what was to be reached where there is such a figure."""
    files = sources(src)
    heights = sorted(map(lines, files))
    yield "lines of src (at most 46,000)", f"{sum(heights):,}"
    yield "files", f"{len(files)}"
    yield "lines of a file: median, most (400)", f"{statistics.median(heights):.0f}, {heights[-1]}"
    long = sorted(n for p in files for _, _, n in functions(p))
    ninth = long[round(0.9 * (len(long) - 1))]
    yield (
        "lines of a function without its docstring: median, p90 (40), most (60)",
        (f"{statistics.median(long):.0f}, {ninth}, {long[-1]}"),
    )
    yield from _annotation_rows(files)
    yield "comments in 100 lines", f"{comments_per_hundred(files):.1f}"
    for room in FORMULAS:
        inside = [p for p in files if p.relative_to(src / PACKAGE).parts[0] == room]
        of_code = comments_per_hundred(inside, docstrings=False)
        told = f"{comments_per_hundred(inside):.1f} ({of_code:.1f} of lines that are no docstring)"
        yield f"- of {room} (at least 3)", told
    hidden = private_imports(src)
    yield "imports of another room's private names (0)", f"{len(hidden)}"
    shelves = folders(src)
    fullest = max(shelves, key=lambda name: shelves[name])
    yield "files in the largest folder (20)", f"{shelves[fullest]} ({fullest})"
    lent = public_names(src)
    widest = max(lent, key=lambda name: lent[name])
    yield "public names of the largest room (25)", f"{lent[widest]} ({widest})"
    yield "names at the root (70)", f"{root_names(src)}"
    yield "module cycles (0)", f"{len(cycles(src))}"
    yield "distinct error codes (40)", f"{len(error_codes(src))}"
    limits = dict(zip(CPU, (10, 150, 350, 150, 60), strict=True))
    for told, statement in CPU.items():
        milliseconds = 1e3 * cpu_above_numpy(statement, src, runs)
        yield f"{told}: ms above numpy ({limits[told]})", f"{milliseconds:.0f}"
    yield "work tree, MB (5)", f"{sum(p.stat().st_size for p in tracked(src.parent)) / 1e6:.2f}"
    yield "source distribution, MB (1.5)", f"{sdist_size(src.parent) / 1e6:.2f}"


def _annotation_rows(files: list[Path]) -> Iterator[tuple[str, str]]:
    told = [a for p in files for a in annotated(p)]
    signatures = [a for a in told if a[0] == "signature"]
    for where, some in (("parameters and returns", signatures), ("with fields", told)):
        for how, which in (("contain", 2), ("are", 1)):
            share = sum(bool(a[which]) for a in some) / len(some)
            goal = " (5%)" if some is signatures and how == "contain" else ""
            yield f"annotations that {how} `Any`, {where}{goal}", f"{share:.1%} of {len(some):,}"


def main() -> None:
    """The table in Markdown."""
    parser = argparse.ArgumentParser(description="The numbers of the house.")
    parser.add_argument("src", nargs="?", type=Path, default=SRC, help="folder with the package in it")
    parser.add_argument("--runs", type=int, default=15, help="processes for each figure of CPU time")
    given = parser.parse_args()
    print("| measure (goal) | figure |\n|---|---|")
    for told, figure in rows(given.src.resolve(), given.runs):
        print(f"| {told} | {figure} |", flush=True)


if __name__ == "__main__":
    main()
