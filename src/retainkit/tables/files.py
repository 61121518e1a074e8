"""The path or glob of CSV or Parquet files → a DuckDB relation on a connection of its own."""

from __future__ import annotations

import glob
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

from retainkit.errors import InputError, near
from retainkit.tables.engine import library, unreadable
from retainkit.typing import Plain

Origin: TypeAlias = Literal["relation", "parquet", "text"]
"""Where the lines come from: a relation of the caller, or files of one of the two kinds."""

_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".tsv", ".txt")
_PACKED = (".gz", ".zst")


@contextmanager
def opened(
    files: list[str], origin: Origin, limits: Plain, argument: str = "source"
) -> Generator[Any, None, None]:
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
            raise unreadable(error, argument) from error
        finally:
            connection.close()


def locate(path: str, argument: str = "source") -> tuple[list[str], Origin]:
    """The files that a path or glob means, and their kind."""
    matches = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
    if not matches:
        folder = Path(path).parent
        hint = near(Path(path).name, os.listdir(folder)) if folder.is_dir() else ""
        rule = "must be a file, or a glob that matches files"
        raise _no_file("missing-file", argument, path, rule, hint)
    kind = _kind(matches[0])
    if kind is None or any(_kind(match) != kind for match in matches):
        shown = path if len(matches) == 1 else f"{path} ({len(matches)} files)"
        rule = "must be CSV (.csv, .tsv, .txt, also .gz, .zst) or Parquet (.parquet, .pq) files of one kind"
        hint = "For a folder give a glob, such as 'folder/*.parquet'. "
        raise _no_file("unreadable-source", argument, shown, rule, hint)
    return matches, kind


def _no_file(code: str, argument: str, path: str, rule: str, hint: str) -> InputError:
    way_out = f"{hint}For other places and formats pass a dataframe or a DuckDB relation."
    return InputError(code, argument, path, rule, way_out)


def _kind(path: str) -> Origin | None:
    name = path.lower()
    if not os.path.isfile(path):
        return None
    if name.endswith(_PARQUET):
        return "parquet"
    stem = next((name.removesuffix(end) for end in _PACKED if name.endswith(end)), name)
    return "text" if stem.endswith(_TEXT) else None
