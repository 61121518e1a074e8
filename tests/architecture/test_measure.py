"""The readers behind the house rules find what they are for."""

from __future__ import annotations

from pathlib import Path

import measure
import pytest


def tree(root: Path, files: dict[str, str]) -> Path:
    """A package of these files; every folder of it is one of the package."""
    for name, text in files.items():
        path = root / "retainkit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in {p.parent for p in (root / "retainkit").rglob("*.py")}:
        (folder / "__init__.py").touch()
    return root


@pytest.mark.parametrize(
    ("importer", "line", "broken"),
    [
        ("b/x.py", "from retainkit.a._hidden import f", True),
        ("b/x.py", "from retainkit.a import _hidden", True),
        ("b/x.py", "from retainkit.a.open import _f", True),
        ("b/x.py", "def g():\n    import retainkit.a._hidden", True),
        ("b/x.py", "from retainkit.a.open import f", False),
        ("b/x.py", "from retainkit._numerics.sums import f", False),
        ("a/inner/x.py", "from retainkit.a._hidden import f", False),
        ("a/__init__.py", "from retainkit.a._hidden import f", False),
        ("b/x.py", "from __future__ import annotations", False),
    ],
)
def test_private_names_are_for_their_room_and_the_rooms_inside(
    importer: str, line: str, broken: bool, tmp_path: Path
) -> None:
    src = tree(tmp_path, {"a/_hidden.py": "", "a/open.py": "", "_numerics/sums.py": "", importer: line})
    assert bool(measure.private_imports(src)) is broken


def test_a_name_belongs_to_the_room_that_it_is_defined_in(tmp_path: Path) -> None:
    page = "from retainkit.a.one import f, g\nfrom retainkit.a.inner import h\n__all__ = ['f', 'h']\n"
    inner = "from retainkit.a.inner.two import h, i\n__all__ = ['h', 'i']\n"
    files = {"a/one.py": "", "a/inner/two.py": "", "a/__init__.py": page, "a/inner/__init__.py": inner}
    assert measure.public_names(tree(tmp_path, files)) == {"retainkit.a": 1, "retainkit.a.inner": 2}


def test_circles_of_imports_are_found_and_told_by_their_modules(tmp_path: Path) -> None:
    circle = {"a/x.py": "from retainkit.a.y import f", "a/y.py": "def f():\n    from retainkit.a.z import g"}
    src = tree(tmp_path, circle | {"a/z.py": "import retainkit.a.x", "a/w.py": "import retainkit.a.x"})
    assert measure.cycles(src) == [["retainkit.a.x", "retainkit.a.y", "retainkit.a.z"]]


def test_comments_are_what_a_reader_is_told_and_a_text_with_a_hash_is_none(tmp_path: Path) -> None:
    text = '# why\nx = "# not"  # noqa: E501\ny = 1  # because\n# -- a heading ----\nz = 2  # type: ignore\n'
    src = tree(tmp_path, {"a/x.py": text})
    assert measure.comments(src / "retainkit" / "a" / "x.py") == 2


def test_a_docstring_is_not_what_makes_a_function_long(tmp_path: Path) -> None:
    text = 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n\n\nasync def g():\n    return 2\n'
    src = tree(tmp_path, {"a/x.py": text})
    assert measure.functions(src / "retainkit" / "a" / "x.py") == [(1, "f", 2), (9, "g", 2)]


def test_any_is_counted_where_it_is_the_annotation_and_where_it_is_inside(tmp_path: Path) -> None:
    text = "class A:\n    x: Any\n\ndef f(a: Any, *b: int, c: dict[str, Any] = {}) -> None: ...\n"
    src = tree(tmp_path, {"a/x.py": text})
    found = sorted(measure.annotated(src / "retainkit" / "a" / "x.py"))
    signature = [("signature", False, False)] * 2 + [("signature", False, True), ("signature", True, True)]
    assert found == [("field", True, True), *signature]


def test_this_tree_is_measured_in_a_table() -> None:
    table = dict(measure.rows(measure.SRC, runs=1))
    assert len(table) >= 25
    assert table["module cycles (0)"] == "0"
    assert "retainkit" in table["files in the largest folder (20)"]
