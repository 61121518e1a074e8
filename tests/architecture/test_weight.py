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
TEXT = (ROOT / ".gitignore").read_text(encoding="utf-8")
LINES = [line for line in TEXT.splitlines() if line[:1] not in ("", "#")]
IGNORED = [line.strip("/") for line in LINES if not line.startswith("!")]
KEPT = {line[2:] for line in LINES if line.startswith("!")}
HEAVY_KINDS = {".bz2", ".csv", ".gz", ".npy", ".npz", ".parquet", ".pdf", ".png", ".svg", ".xz", ".zip"}
# bytes; 5 MB, and 1.5 packed, held the tree of step 6, and each step since brings its code and tests
LARGEST, TREE, PACKED = 200_000, 9_000_000, 2_500_000


@cache
def weights() -> dict[str, int]:
    """The bytes of every file that git would keep; git itself need not be there."""
    return {file.relative_to(ROOT).as_posix(): file.stat().st_size for file in _kept(ROOT)}


def _kept(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        paths = sorted(Path(entry.path) for entry in entries if not entry.is_symlink())
    for path in paths:
        inside = path.relative_to(ROOT).as_posix()
        ignored = any(fnmatch(path.name, p) or fnmatch(inside, p) for p in IGNORED)
        if path.name == ".git" or (ignored and inside not in KEPT):
            continue
        if path.is_file():
            yield path
        elif not (path / "pyvenv.cfg").exists():  # an environment under another name
            yield from _kept(path)


def left_out(file: str) -> bool:
    return any(fnmatch(f"/{file}", pattern) for pattern in SDIST["exclude"])


def test_the_walk_finds_what_is_there_and_passes_what_is_ignored() -> None:
    assert {"pyproject.toml", "src/retainkit/__init__.py", "conftest.py"} <= set(weights())
    assert [file for file in weights() if "__pycache__" in file or file.startswith(".venv/")] == []


def test_no_file_is_heavier_than_250_kilobytes() -> None:
    assert {file: size for file, size in weights().items() if size > LARGEST} == {}


def test_the_tree_is_at_most_nine_megabytes() -> None:
    heaviest = sorted(weights().items(), key=lambda item: -item[1])[:10]
    assert sum(weights().values()) <= TREE, f"the heaviest: {heaviest}"


def test_tables_and_pictures_are_left_out_of_source_distributions() -> None:
    assert left_out("tests/reference/accuracy/any.npy.xz")
    assert left_out("docs/pictures/any.svg")
    assert not left_out("docs/pictures/paper.py")
    heavy = [file for file in weights() if Path(file).suffix in HEAVY_KINDS]
    assert [file for file in heavy if not left_out(file)] == []


def test_a_source_distribution_is_at_most_two_and_a_half_megabytes() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for file in weights():
            if not left_out(file):
                archive.add(ROOT / file, arcname=file, filter=_anonymous)
    assert packed.tell() <= PACKED


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """A file without its owner and time, as hatch packs it: they would weigh otherwise in each checkout."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info
