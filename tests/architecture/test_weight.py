"""What a checkout and a source distribution weigh, so that no heavy file slips in unseen."""

from __future__ import annotations

import io
import os
import tarfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SDIST = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["sdist"]
IGNORED = [
    line.strip("/")
    for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
HEAVY_KINDS = {".bz2", ".csv", ".gz", ".npy", ".npz", ".parquet", ".pdf", ".png", ".svg", ".xz", ".zip"}
LARGEST, TREE, PACKED = 200_000, 5_000_000, 1_500_000  # bytes


@cache
def weights() -> dict[str, int]:
    """The bytes of every file that git would keep; git itself need not be there."""
    return {file.relative_to(ROOT).as_posix(): file.stat().st_size for file in _kept(ROOT)}


def _kept(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        paths = sorted(Path(entry.path) for entry in entries if not entry.is_symlink())
    for path in paths:
        inside = path.relative_to(ROOT).as_posix()
        if path.name == ".git" or any(fnmatch(path.name, p) or fnmatch(inside, p) for p in IGNORED):
            continue
        if path.is_file():
            yield path
        elif not (path / "pyvenv.cfg").exists():  # an environment under another name
            yield from _kept(path)


def left_out(file: str) -> bool:
    return any(fnmatch(f"/{file}", pattern) for pattern in SDIST["exclude"])


def test_the_walk_finds_what_is_there_and_passes_what_is_ignored() -> None:
    assert {"pyproject.toml", "src/retainkit/__init__.py", "tests/conftest.py"} <= set(weights())
    assert [file for file in weights() if "__pycache__" in file or file.startswith(".venv/")] == []


def test_no_file_is_heavier_than_250_kilobytes() -> None:
    assert {file: size for file, size in weights().items() if size > LARGEST} == {}


def test_the_tree_is_at_most_five_megabytes() -> None:
    heaviest = sorted(weights().items(), key=lambda item: -item[1])[:10]
    assert sum(weights().values()) <= TREE, f"the heaviest: {heaviest}"


def test_tables_and_pictures_are_left_out_of_source_distributions() -> None:
    assert left_out("tests/reference/accuracy/any.npy.xz")
    assert left_out("docs/pictures/any.svg")
    assert not left_out("docs/pictures/paper.py")
    heavy = [file for file in weights() if Path(file).suffix in HEAVY_KINDS]
    assert [file for file in heavy if not left_out(file)] == []


def test_a_source_distribution_is_at_most_a_megabyte_and_a_half() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for file in weights():
            if not left_out(file):
                archive.add(ROOT / file, arcname=file)
    assert packed.tell() <= PACKED
