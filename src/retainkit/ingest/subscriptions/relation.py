"""Files and DuckDB relations → an arrow table of the columns that are asked for.

One line per subscription is short, so the table is held in memory; DuckDB reads it and the rules of the
dataframes do the rest.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from retainkit.ingest.engine import library, unreadable
from retainkit.ingest.files import as_whole_numbers, locate, opened
from retainkit.ingest.sql import quoted
from retainkit.ingest.subscriptions.plan import Plan

_DATES = ("start", "end")
_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "FLOAT",
    "DOUBLE",
)
_NOTHING = '"NULL"'  # a column without any value


def table_of_path(path: str, plan: Plan) -> nw.DataFrame[Any]:
    """The columns of one file, or of all files that a glob matches."""
    files, origin = locate(path)
    with opened(files, origin, {}) as relation:
        table = table_of_relation(relation, plan)
    if origin == "parquet":
        return table
    native = table.to_native()
    for argument in plan.columns:  # a text file gives every column as text
        numbers = None if argument in _DATES else as_whole_numbers(native.column(argument))
        if numbers is not None:
            native = native.set_column(native.column_names.index(argument), argument, numbers)
    return nw.from_native(native, eager_only=True)


def table_of_relation(relation: Any, plan: Plan) -> nw.DataFrame[Any]:
    """The columns of a relation, which runs once."""
    duckdb = library("duckdb")
    library("pyarrow")
    plan.check_columns(relation.columns)
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    wanted = [
        f'{_value(argument, quoted(name), kinds[name])} AS "{argument}"'
        for argument, name in plan.columns.items()
    ]
    try:
        return nw.from_native(relation.project(", ".join(wanted)).to_arrow_table(), eager_only=True)
    except (duckdb.Error, OSError) as error:  # OSError: how arrow hands on an error in mid-stream
        raise unreadable(error) from error


def _value(argument: str, raw: str, kind: str) -> str:
    if argument not in _DATES:
        return raw if kind in _NUMBERS or kind == _NOTHING else f"CAST({raw} AS VARCHAR)"
    if kind != "DATE" and not kind.startswith("TIMESTAMP"):
        return raw
    day = f"CAST({raw} AS DATE)"
    # 'infinity' is how some databases write an end that has not come
    return f"CASE WHEN isfinite({raw}) THEN {day} WHEN {raw} < DATE '2000-01-01' THEN DATE '0001-01-01' END"
