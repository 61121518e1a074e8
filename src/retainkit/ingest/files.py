"""The path or glob of CSV or Parquet files → a DuckDB relation on a connection of its own."""

from __future__ import annotations

import glob
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from retainkit.errors import InputError, near
from retainkit.ingest.engine import OUT_OF_MEMORY, Found, library, read_relation, take, unreadable
from retainkit.ingest.plan import Plan
from retainkit.ingest.sql import Origin

_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".tsv", ".txt")
_PACKED = (".gz", ".zst")
_THREADS = min(4, os.cpu_count() or 1)
_LEAST_MEMORY, _MOST_MEMORY = 64 << 20, 4 << 30  # bytes


def read_path(path: str, plan: Plan) -> Found:
    """Histories of the customers in one file or in all files that a glob matches."""
    files, origin = locate(path)
    # sorting needs memory for one piece of each sorted run; the rest waits in a temporary directory
    wanted = _LEAST_MEMORY + sum(os.path.getsize(file) for file in files) // 4
    frugal = {"memory_limit": f"{min(wanted, _MOST_MEMORY)}B", "threads": _THREADS}
    try:
        found = _read(files, plan, origin, frugal)
    except InputError as error:
        if error.code != OUT_OF_MEMORY:
            raise
        found = _read(files, plan, origin, {})  # wide row groups, long texts: up to DuckDB's own limit
    return _whole_numbers(found) if origin == "text" else found


def _read(files: list[str], plan: Plan, origin: Origin, limits: dict[str, Any]) -> Found:
    with opened(files, origin, limits) as relation:
        return read_relation(relation, plan, origin)


@contextmanager
def opened(files: list[str], origin: Origin, limits: dict[str, Any]) -> Generator[Any, None, None]:
    """Files as a relation on a connection of its own, which is closed at the end."""
    duckdb = library("duckdb")
    literal = [glob.escape(file) for file in files]
    with TemporaryDirectory(prefix="retainkit-", ignore_cleanup_errors=True) as spill:
        connection = duckdb.connect(":memory:", config={"temp_directory": spill} | limits)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            if origin == "text":  # as text, so that the date rule is ours and no id loses its zeros
                yield connection.read_csv(literal, header=True, all_varchar=True, union_by_name=True)
            else:
                yield connection.read_parquet(literal, union_by_name=True)
        except duckdb.Error as error:
            raise unreadable(error) from error
        finally:
            connection.close()


def locate(path: str) -> tuple[list[str], Origin]:
    """The files that a path or glob means, and their kind."""
    matches = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
    if not matches:
        folder = Path(path).parent
        hint = near(Path(path).name, os.listdir(folder)) if folder.is_dir() else ""
        raise _no_file("missing-file", path, "must be a file, or a glob that matches files", hint)
    kind = _kind(matches[0])
    if kind is None or any(_kind(match) != kind for match in matches):
        shown = path if len(matches) == 1 else f"{path} ({len(matches)} files)"
        rule = "must be CSV (.csv, .tsv, .txt, also .gz, .zst) or Parquet (.parquet, .pq) files of one kind"
        hint = "For a folder give a glob, such as 'folder/*.parquet'. "
        raise _no_file("unreadable-source", shown, rule, hint)
    return matches, kind


def _no_file(code: str, path: str, rule: str, hint: str) -> InputError:
    way_out = f"{hint}For other places and formats pass a dataframe or a DuckDB relation."
    return InputError(code, "source", path, rule, way_out)


def _kind(path: str) -> Origin | None:
    name = path.lower()
    if not os.path.isfile(path):
        return None
    if name.endswith(_PARQUET):
        return "parquet"
    stem = next((name.removesuffix(end) for end in _PACKED if name.endswith(end)), name)
    return "text" if stem.endswith(_TEXT) else None


def _whole_numbers(found: Found) -> Found:
    """Ids of a text file as whole numbers, where every one of them is written as one."""
    numbers = as_whole_numbers(found.customers)
    if numbers is None:
        return found
    order = np.argsort(np.from_dlpack(numbers.combine_chunks()))
    return Found(take(numbers, order), found.folded.take(order))


def as_whole_numbers(texts: Any) -> Any | None:
    """An arrow column of text as whole numbers, if every one of them is written as one."""
    pyarrow = library("pyarrow")
    try:
        numbers = texts.cast(pyarrow.int64())
    except pyarrow.ArrowInvalid:
        return None
    return numbers if numbers.cast(pyarrow.string()) == texts else None  # '007' is not '7'
