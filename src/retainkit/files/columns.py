"""Summaries as Parquet: a row for each customer, and all else in the file's own description of itself.

Columns are named by where they stand, ``purchases.frequency``. What has no row for each customer (the
treatment of the lines, what was held out) is JSON under the key ``retainkit``.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any, cast

from retainkit import strict_json
from retainkit.documents import document
from retainkit.errors import InputError, MissingDependencyError
from retainkit.ingest import SubscriptionSummary, TransactionSummary
from retainkit.strict_json import packed
from retainkit.summaries import AbstractSummary
from retainkit.typing import Plain

_KEY = b"retainkit"
_COLUMN = "column"
_CELLS = 200_000_000
"""Numbers in a table at most: ten million customers, twenty columns."""


def write_parquet(thing: Any) -> bytes:
    """The file of a summary."""
    if not isinstance(thing, AbstractSummary | TransactionSummary | SubscriptionSummary):
        rule = "must be a summary for Parquet, with a row for each customer"
        raise InputError("not-supported", "thing", type(thing).__name__, rule, "Name the file .json.")
    pa, parquet = _pyarrow()
    columns: dict[str, list[Any]] = {}
    rest = _without_columns(document(thing), len(thing), "", columns)
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    told = table.replace_schema_metadata({_KEY: strict_json.written(packed(rest)).encode("ascii")})
    sink = io.BytesIO()
    parquet.write_table(told, sink)
    return sink.getvalue()


def read_parquet(content: bytes) -> Plain:
    """The values of the document that `write_parquet` wrote."""
    pa, parquet = _pyarrow()
    try:
        file: Any = parquet.ParquetFile(io.BytesIO(content))
        own: dict[bytes, bytes] = file.metadata.metadata or {}
        described = own.get(_KEY)
        if file.metadata.num_rows * max(file.metadata.num_columns, 1) > _CELLS:
            raise ValueError(f"it has more than {_CELLS:,} numbers")
        table: Any = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        rule = f"must be a Parquet file ({error})"
        raise InputError(
            "unreadable-source", "path", "its content", rule, "Write it with retainkit.save."
        ) from error
    if described is None:
        rule = "must be a Parquet file that retainkit.save wrote"
        way_out = "A table of your own: Purchases.from_frame(table), or summarize_transactions(path, ...)."
        raise InputError("unreadable-source", "path", "a table", rule, way_out)
    values = strict_json.read(described, "path")
    columns: dict[str, list[Any]] = {name: table.column(name).to_pylist() for name in table.column_names}
    found = _with_columns(values, columns)
    if columns or not isinstance(found, dict):
        rule = "must have the columns that it tells of, and no others"
        shown = next(iter(columns), "no object")
        raise InputError("unknown-name", "path", shown, rule, "Write it with retainkit.save.")
    return cast("Plain", found)


def _without_columns(values: Any, rows: int, place: str, columns: dict[str, list[Any]]) -> Any:
    """The values, and in the place of a list with an entry for each row the name of its column."""
    if isinstance(values, dict):
        named = cast("Plain", values)
        return {n: _without_columns(v, rows, f"{place}.{n}".strip("."), columns) for n, v in named.items()}
    if (
        isinstance(values, list)
        and len(cast("list[Any]", values)) == rows
        and _is_column(cast("list[Any]", values))
    ):
        columns[place] = values
        return {_COLUMN: place}
    return cast("Any", values)


def _is_column(entries: list[Any]) -> bool:
    held = {*map(type, entries)}
    return len(held) == 1 and held <= {float, int, bool, str} and not _beyond(entries, held)


def _beyond(entries: list[Any], held: set[Any]) -> bool:
    """Whole numbers that no column of 64 bits has."""
    return held == {int} and not all(-(1 << 63) <= entry < 1 << 63 for entry in entries)


def _with_columns(values: Any, columns: dict[str, list[Any]]) -> Any:
    if not isinstance(values, dict):
        return values
    named = cast("Plain", values)
    if named.keys() == {_COLUMN}:
        column = columns.pop(str(named[_COLUMN]), None)
        if column is None or any(entry is None for entry in column):
            rule = "must have the columns that it tells of, without gaps"
            raise InputError("missing-column", "path", named[_COLUMN], rule, "Write it with retainkit.save.")
        return column
    return {name: _with_columns(value, columns) for name, value in named.items()}


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingDependencyError("pyarrow", "duckdb", "Parquet") from error
