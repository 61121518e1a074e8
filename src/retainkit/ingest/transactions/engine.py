"""A DuckDB relation, or CSV and Parquet files → histories, without ever holding the table.

One statement reads three columns by the same rules as in memory and sorts them by customer and day, on disk
where memory is short. The sorted lines pass through in batches, and only what is known of whole customers
is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.ingest.transactions.collapse import Folded, fold, join
from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, REFUND, Plan
from retainkit.tables import DateRule, Fault, Said, wrong_type
from retainkit.tables.days import CONVERT
from retainkit.tables.engine import (
    FLOATS,
    INTEGERS,
    NOTHING,
    OUT_OF_MEMORY,
    Origin,
    columns_of,
    day_in_sql,
    is_number,
    library,
    locate,
    opened,
    quoted,
    take_arrow,
    unreadable,
    whole_numbers,
)
from retainkit.tables.problems import INFINITE, NO_DATE, NO_DECIMAL, NO_ID, empty_table
from retainkit.tables.read import check_names
from retainkit.tables.series import NUMBER
from retainkit.typing import ColumnLike, Foreign, Plain, Values


class Column(NamedTuple):
    """A column as it stands in the table, and the expression that reads it."""

    argument: str
    name: str
    raw: str
    value: str
    kind: str

    @property
    def unread(self) -> str:
        """Holds where the table has something that the rule cannot read."""
        return f"{self.raw} IS NOT NULL AND ({self.value}) IS NULL"


class Statement(NamedTuple):
    """The columns by argument; what to select, and in which order."""

    columns: dict[str, Column]
    projection: str
    order: str


def statement(relation: Foreign, plan: Plan, origin: Origin) -> Statement:
    """How to read a relation; a text file gives every column as text."""
    kinds, columns = columns_of(relation), dict[str, Column]()
    for argument, name in plan.columns.items():
        raw, kind = quoted(name), kinds[name]
        if argument == "customer_id":
            value = _id(raw, kind)
        elif argument == "date":
            value = _day(name, raw, kind, plan.dates)
        else:
            value = _amount(name, raw, kind, origin)
        columns[argument] = Column(argument, name, raw, value, kind)
    names = {"customer_id": "id", "date": "day", "amount": "amount"}
    projection = ", ".join(f"{column.value} AS {names[a]}" for a, column in columns.items())
    text = columns["customer_id"].kind not in INTEGERS | FLOATS
    # equal ids must lie together, whatever order a caller's database gives to letters
    binary = ' COLLATE "binary"' if text and origin == "relation" else ""
    return Statement(columns, projection, f"id{binary}, day")


def conditions(found: Statement, plan: Plan) -> list[tuple[Fault, Column, str]]:
    """Each fault with its column and the condition for a line that has it, in order of checking."""
    ids, dates = found.columns["customer_id"], found.columns["date"]
    no_id = f"{ids.value} IS NULL" + (f" OR {_is(ids.raw, 'nan')}" if ids.kind in FLOATS else "")
    checks = [
        (NO_ID, ids, no_id),
        (NO_DATE, dates, f"{_nothing(dates.raw, dates.kind)} IS NULL"),
        (plan.dates.fault(), dates, dates.unread),
    ]
    if plan.end is not None:
        checks.append((AFTER_END, dates, f"{dates.value} > {plan.end}"))
    if plan.has_amounts:
        amounts = found.columns["amount"]
        checks += [
            (NO_AMOUNT, amounts, f"{amounts.raw} IS NULL OR {_is(amounts.value, 'nan')}"),
            (NO_DECIMAL, amounts, amounts.unread),
            (INFINITE, amounts, _is(amounts.value, "inf", "-inf")),
        ]
        if plan.refunds == "error":
            checks.append((REFUND, amounts, f"{amounts.value} < 0"))
    return checks


def _is(number: str, *texts: str) -> str:
    # by its text: DuckDB answers isnan from the file's statistics, which leave NaN out
    return f"CAST({number} AS VARCHAR) IN ({', '.join(map(repr, texts))})"


def _nothing(raw: str, kind: str) -> str:
    """The value, NULL for what counts as missing."""
    if kind == "VARCHAR":
        return f"nullif({raw}, '')"
    return f"CASE WHEN NOT {_is(raw, 'nan')} THEN {raw} END" if kind in FLOATS else raw


def _id(raw: str, kind: str) -> str:
    return raw if kind in INTEGERS | FLOATS else f"nullif(CAST({raw} AS VARCHAR), '')"


def _day(name: str, raw: str, kind: str, rule: DateRule) -> str:
    day = day_in_sql(raw, kind, rule)
    if day is None:
        raise wrong_type("date", name, kind, rule.sentence, CONVERT)
    return f"CASE WHEN isfinite({day}) THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END"


def _amount(name: str, raw: str, kind: str, origin: Origin) -> str:
    if origin == "text":
        return f"CASE WHEN regexp_full_match({raw}, '{NUMBER}') THEN TRY_CAST({raw} AS DOUBLE) END"
    if not is_number(kind) and kind != NOTHING:
        raise wrong_type("amount", name, kind, "must be numbers", "Convert the column to numbers first.")
    return f"CAST({raw} AS DOUBLE)"


_BATCH = 1 << 15


class Found(NamedTuple):
    """The distinct customers in order, as an arrow column, and their histories."""

    customers: ColumnLike
    folded: Folded


def read_relation(relation: Foreign, plan: Plan, origin: Origin = "relation") -> Found:
    """Histories of a relation's customers; it runs once, and again only to explain an error."""
    duckdb, pyarrow = library("duckdb"), library("pyarrow")
    check_names(plan.columns, relation.columns)
    wanted = statement(relation, plan, origin)
    try:
        ordered = relation.project(wanted.projection).order(wanted.order)
        # DuckDB before 2 has the same under another name
        reader = getattr(ordered, "to_arrow_reader", None) or ordered.fetch_arrow_reader
        with reader(_BATCH) as lines:
            found = _read(lines, plan, pyarrow)
        if found is None:
            raise _explained(relation, wanted, plan)
        return found
    except (duckdb.Error, OSError) as error:  # OSError: how arrow hands on an error in mid-stream
        raise unreadable(error) from error


def _read(batches: Iterable[Foreign], plan: Plan, pyarrow: Foreign) -> Found | None:
    """The fold of all batches; None as soon as one of them has a bad line."""
    ids: list[Any] = []
    parts: list[Folded] = []

    def keep(batch: Foreign, starts: NDArray[np.intp]) -> None:
        code = np.repeat(np.arange(starts.size), np.diff(starts, append=batch.num_rows))
        day = _numbers(batch, "day").astype(np.int64)
        amount = _numbers(batch, "amount") if plan.has_amounts else None
        ids.append(take_arrow(batch.column("id"), starts))
        parts.append(fold(code, day, amount, starts.size, plan))

    rest: list[Any] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        if not _sound(batch, plan):
            return None
        lines = pyarrow.Table.from_batches([*rest, batch]).combine_chunks().to_batches()[0]
        starts = _starts(lines.column("id"))
        cut = int(starts[-1])  # the last customer may go on in the next batch
        if cut:
            keep(lines.slice(0, cut), starts[:-1])
        rest = [lines.slice(cut)]
    if not rest:
        raise empty_table("source", "transaction")
    keep(rest[0], np.zeros(1, np.intp))
    return Found(pyarrow.chunked_array(ids), join(parts, plan.end))


def _starts(ids: ColumnLike) -> NDArray[np.intp]:
    compute = library("pyarrow.compute")
    changes = compute.indices_nonzero(compute.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)))
    return np.append(0, np.from_dlpack(changes).astype(np.intp) + 1)


def _numbers(batch: Foreign, column: str) -> Values:
    return np.from_dlpack(batch.column(column))  # arrow's own to_numpy would import pandas


def _sound(batch: Foreign, plan: Plan) -> bool:
    if any(column.null_count for column in batch.columns):
        return False
    ids = batch.column("id")
    if str(ids.type) in ("float", "double") and np.isnan(_numbers(batch, "id")).any():
        return False
    if plan.end is not None and _numbers(batch, "day").max() > plan.end:
        return False
    if not plan.has_amounts:
        return True
    amount = _numbers(batch, "amount")
    return bool(np.isfinite(amount).all()) and not (plan.refunds == "error" and (amount < 0).any())


def _explained(relation: Foreign, wanted: Statement, plan: Plan) -> InputError:
    """Which check fails, on how many lines, and the first of them with its row."""
    for fault, column, bad in conditions(wanted, plan):
        rows = relation.project(f"row_number() OVER () - 1 AS line, {column.raw} AS raw, ({bad}) AS bad")
        summary = "count(*), count_if(bad), min(line) FILTER (bad), arg_min(raw, line) FILTER (bad)"
        ((lines, count, row, value),) = rows.aggregate(summary).fetchall()
        if count and column.argument == "date" and column.kind in FLOATS and value % 1:
            raise wrong_type("date", column.name, column.kind, plan.dates.sentence, CONVERT)
        if count:
            return fault.refusal(column.argument, column.name, value=value, row=row, count=count, lines=lines)
    shown = Said("bad lines at the first reading and none at the second")
    rule = "must give the same lines each time it is read"
    way_out = "Write the relation to a table or a file first."
    return InputError("unreadable-source", "source", shown, rule, way_out)


_THREADS = min(4, os.cpu_count() or 1)
_LEAST_MEMORY, _MOST_MEMORY = 64 << 20, 4 << 30  # bytes


def read_path(path: str, plan: Plan) -> Found:
    """Histories of the customers in one file or in all files that a glob matches."""
    files, origin = locate(path)
    # sorting needs memory for one piece of each sorted run; the rest waits in a temporary directory
    wanted = _LEAST_MEMORY + sum(os.path.getsize(file) for file in files) // 4
    frugal = {"memory_limit": f"{min(wanted, _MOST_MEMORY)}B", "threads": _THREADS}
    try:
        found = _of_files(files, plan, origin, frugal)
    except InputError as error:
        if error.code != OUT_OF_MEMORY:
            raise
        found = _of_files(files, plan, origin, {})  # wide row groups, long texts: up to DuckDB's own limit
    return _whole_numbers(found) if origin == "text" else found


def _of_files(files: list[str], plan: Plan, origin: Origin, limits: Plain) -> Found:
    with opened(files, origin, limits) as relation:
        return read_relation(relation, plan, origin)


def _whole_numbers(found: Found) -> Found:
    """Ids of a text file as whole numbers, where every one of them is written as one."""
    numbers = whole_numbers(found.customers)
    if numbers is None:
        return found
    order = np.argsort(np.from_dlpack(numbers.combine_chunks()))
    return Found(take_arrow(numbers, order), found.folded.take(order))
