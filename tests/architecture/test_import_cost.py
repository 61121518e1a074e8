"""What is loaded when: `import retainkit` and all of economics need numpy alone."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import retainkit

HEAVY = {
    "duckdb", "jinja2", "lifetimes", "matplotlib", "narwhals", "pandas", "polars", "pyarrow", "pydantic",
    "rich", "scipy", "scipy.stats", "typer", "yaml",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries that a new interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def modules_of(*rooms: str) -> str:
    """A statement that imports every module of some rooms."""
    names = [m.name for m in pkgutil.walk_packages(retainkit.__path__, "retainkit.")]
    return "import " + ", ".join(n for n in names if n.split(".")[1] in rooms)


def test_the_reader_of_loaded_libraries_sees_what_is_loaded() -> None:
    assert {"scipy", "scipy.stats"} <= loaded_by("import scipy.stats")


def test_importing_retainkit_loads_no_library_but_numpy() -> None:
    assert loaded_by("import retainkit") == set()


def test_economics_needs_numpy_alone() -> None:
    assert loaded_by(modules_of("economics")) == set()


def test_break_even_needs_numpy_alone() -> None:
    assert loaded_by("import retainkit as rk; rk.break_even(500, 50)") == set()


def test_no_room_but_the_command_line_loads_an_optional_library() -> None:
    rooms = {m.name for m in pkgutil.iter_modules(retainkit.__path__)} - {"cli", "__main__"}
    assert loaded_by(modules_of(*rooms)) <= {"scipy", "narwhals", "pydantic"}


@pytest.mark.parametrize("name", retainkit.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(retainkit, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'brake_even'"):
        retainkit.brake_even  # noqa: B018
