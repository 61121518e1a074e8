"""What is loaded when: `import retainkit` and all of economics need numpy alone."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import retainkit

HEAVY = {
    "duckdb", "jinja2", "lifetimes", "matplotlib", "narwhals", "pandas", "polars", "pyarrow", "pydantic",
    "rich", "scipy", "scipy.optimize", "scipy.stats", "typer", "yaml",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """The heavy libraries that a new interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def ours_loaded_by(statement: str) -> set[str]:
    """The modules of retainkit that a new interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*(m for m in sys.modules if m.startswith('retainkit')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


DERIVED = "retainkit.interop.sklearn"  # its classes are derived from that library's


def modules_of(*rooms: str) -> str:
    """A statement that imports every module of some rooms."""
    names = [m.name for m in pkgutil.walk_packages(retainkit.__path__, "retainkit.")]
    kept = [n for n in names if n.split(".")[1] in rooms and not n.startswith(DERIVED)]
    return "import " + ", ".join(kept)


def test_the_reader_of_loaded_libraries_sees_what_is_loaded() -> None:
    assert {"scipy", "scipy.stats"} <= loaded_by("import scipy.stats")


def test_importing_retainkit_loads_no_library_but_numpy() -> None:
    assert loaded_by("import retainkit") == set()


@pytest.mark.parametrize("room", ["_numerics", "models", "decisions"])
def test_optimisers_and_distributions_are_loaded_where_they_are_used(room: str) -> None:
    """`scipy.stats` and `scipy.optimize` cost more at import than all of a room's own files."""
    assert loaded_by(modules_of(room)) & {"scipy.optimize", "scipy.stats"} == set()


def test_decisions_are_imported_without_scipy() -> None:
    """A tenth of a second that only those pay who ask for what needs it."""
    assert loaded_by(modules_of("decisions")) <= {"pydantic"}


def test_importing_retainkit_loads_no_room() -> None:
    assert {m for m in ours_loaded_by("import retainkit") if m.count(".") > 1} == set()


def test_a_name_of_decisions_loads_the_rooms_it_needs_and_no_others() -> None:
    loaded = {
        m.split(".")[2]
        for m in ours_loaded_by("from retainkit.decisions import price_change")
        if m.count(".") > 1 and ".decisions." in m
    }
    assert loaded == {"_base", "pricing"}
    assert "retainkit.models" not in ours_loaded_by("from retainkit.decisions import price_change")


def test_who_values_customers_pays_for_no_scenario_and_no_forecast() -> None:
    loaded = {m.split(".")[2] for m in ours_loaded_by("import retainkit as rk; rk.value_customers")
              if m.startswith("retainkit.valuation.")}  # fmt: skip
    assert "customers" in loaded and not loaded & {"scenarios", "recurring", "acquisition_payback"}


def test_a_name_of_economics_loads_no_room_but_those_of_economics() -> None:
    loaded = ours_loaded_by("import retainkit as rk; rk.break_even(500, 50)")
    assert {m.split(".")[1] for m in loaded if m.count(".") > 1} == {"_numerics", "economics"}


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
