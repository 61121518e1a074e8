"""DuckDB: its library, files as its relations, dates as SQL, and columns of a relation as an arrow table."""

from __future__ import annotations

import glob
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, MissingDependencyError, near
from retainkit.tables.days import COMPACT, DASHED, DateRule
from retainkit.tables.problems import Said
from retainkit.typing import ColumnLike, Foreign, Plain

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
FLOATS = {"FLOAT", "DOUBLE"}
NOTHING = '"NULL"'  # the type of a column without any value

OUT_OF_MEMORY = "out-of-memory"
_AS_THEY_ARE = INTEGERS | FLOATS | {"HUGEINT", "UHUGEINT", "VARCHAR", "BOOLEAN", NOTHING}
_PAD = "'%08d'"


def library(name: str) -> Foreign:
    """An optional library of this room, or the line that installs it."""
    try:
        return import_module(name)
    except ImportError as error:
        purpose = "Reading files and DuckDB relations"
        raise MissingDependencyError(name, "duckdb", purpose) from error


def unreadable(error: Exception, argument: str = "source") -> InputError:
    """DuckDB's own complaint, in one sentence."""
    code = OUT_OF_MEMORY if "out of memory" in str(error).casefold() else "unreadable-source"
    shown, rule = Said(str(error).split("\n")[0]), "must be a table that DuckDB can read"
    return InputError(code, argument, shown, rule, "Open it in DuckDB to see the whole message.")


def quoted(name: str) -> str:
    """A column name as DuckDB reads it literally."""
    return '"' + name.replace('"', '""') + '"'


def is_number(kind: str) -> bool:
    """Whether a column of this type holds numbers."""
    return kind in INTEGERS | FLOATS | {"HUGEINT", "UHUGEINT"} or kind.startswith("DECIMAL")


def day_in_sql(raw: str, kind: str, rule: DateRule) -> str | None:
    """The expression for the day of a column, NULL where there is none; None for another type."""
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"CAST({raw} AS DATE)"
    if kind in FLOATS:
        raw, kind = f"(CASE WHEN {raw} = floor({raw}) THEN TRY_CAST({raw} AS BIGINT) END)", "BIGINT"
    if rule.date_format is not None and (kind == "VARCHAR" or kind in INTEGERS):
        pattern = rule.date_format.replace("'", "''")
        text, shape = f"CAST({raw} AS VARCHAR)", rule.text.replace("'", "''")
        day = f"CAST(try_strptime({text}, '{pattern}') AS DATE)"
        return f"CASE WHEN regexp_full_match({text}, '{shape}') THEN {day} END"
    if kind == "VARCHAR":
        return (
            f"CASE WHEN {raw} < '0001' THEN NULL "  # the calendar has no year 0
            f"WHEN regexp_full_match({raw}, '{COMPACT}') THEN {_compact(raw)} "
            f"WHEN regexp_full_match({raw}, '{DASHED}') THEN TRY_CAST(left({raw}, 10) AS DATE) END"
        )
    if kind in INTEGERS:
        return f"CASE WHEN {raw} BETWEEN 10000101 AND 99991231 THEN {_compact(f'printf({_PAD}, {raw})')} END"
    return "CAST(NULL AS DATE)" if kind == NOTHING else None


def _compact(text: str) -> str:
    return f"CAST(try_strptime({text}, '%Y%m%d') AS DATE)"


def columns_of(relation: Foreign) -> dict[str, str]:
    """The columns of a relation with their types, as DuckDB writes them."""
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def arrow_of_relation(relation: Foreign, wanted: Mapping[str, str], argument: str) -> Foreign:
    """The wanted columns (key → column) of a relation as an arrow table; the relation runs once."""
    duckdb = library("duckdb")
    library("pyarrow")
    kinds = columns_of(relation)
    chosen = [f"{_value(quoted(name), kinds[name])} AS {quoted(key)}" for key, name in wanted.items()]
    try:
        return relation.project(", ".join(chosen)).to_arrow_table()
    except (duckdb.Error, OSError) as error:  # OSError: how arrow hands on an error in mid-stream
        raise unreadable(error, argument) from error


def _value(raw: str, kind: str) -> str:
    """A column in a type that arrow and its readers know; a date or timestamp as its day."""
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        # 'infinity' is how some databases write an end that has not come
        early = f"WHEN {raw} < DATE '2000-01-01' THEN DATE '0001-01-01'"
        return f"CASE WHEN isfinite({raw}) THEN CAST({raw} AS DATE) {early} END"
    return raw if kind in _AS_THEY_ARE or kind.startswith("DECIMAL") else f"CAST({raw} AS VARCHAR)"


def take_arrow(column: ColumnLike, places: NDArray[np.intp]) -> Any:
    """The entries of an arrow column at `places`."""
    pyarrow = library("pyarrow")
    buffer = pyarrow.py_buffer(places.astype(np.int64))  # pyarrow.array would import pandas
    return column.take(pyarrow.Array.from_buffers(pyarrow.int64(), places.size, [None, buffer]))


def whole_numbers(texts: Foreign) -> Any | None:
    """An arrow column of text as whole numbers, if every one of them is written as one."""
    pyarrow = library("pyarrow")
    try:
        numbers = texts.cast(pyarrow.int64())
    except pyarrow.ArrowInvalid:
        return None
    return numbers if numbers.cast(pyarrow.string()) == texts else None  # '007' is not '7'


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
