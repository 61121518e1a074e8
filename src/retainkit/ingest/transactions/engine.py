"""A DuckDB relation, or CSV and Parquet files → histories, without ever holding the table.

One statement reads three columns by the same rules as in memory and sorts them by customer and day, on disk
where memory is short. The sorted lines pass through in batches, and only what is known of whole customers
is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.ingest.transactions.collapse import Folded, fold, join
from retainkit.ingest.transactions.plan import Plan
from retainkit.ingest.transactions.statement import LOST, Statement, conditions, statement
from retainkit.tables import Codes, Days, Said, TableSource, wrong_type
from retainkit.tables.amounts import unreadable as unreadable_number
from retainkit.tables.choice import choose
from retainkit.tables.days import CONVERT
from retainkit.tables.engine import (
    FLOATS,
    OUT_OF_MEMORY,
    Opened,
    library,
    opened,
    take_arrow,
    unreadable,
    whole_numbers,
)
from retainkit.tables.files import Located
from retainkit.tables.lines import LineCounts, only_later
from retainkit.tables.made import enrich_relation
from retainkit.tables.problems import empty_table
from retainkit.typing import Array, ColumnLike, Foreign, Plain, Values

_BATCH = 1 << 15


class Found(NamedTuple):
    """The distinct customers in order, as an arrow column, and their histories."""

    customers: ColumnLike
    folded: Folded
    told: tuple[str, ...] = ()


def read_relation(found: Opened, plan: Plan) -> Found:
    """Histories of a relation's customers; it runs once, and again only to explain an error."""
    duckdb, pyarrow = library("duckdb"), library("pyarrow")
    try:
        found, wanted = prepared(found, plan)
        ordered = found.relation.project(wanted.projection).order(wanted.order)
        # DuckDB before 2 has the same under another name
        reader = getattr(ordered, "to_arrow_reader", None) or ordered.fetch_arrow_reader
        with reader(_BATCH) as lines:
            read = _read(lines, plan, pyarrow)
        if not isinstance(read, Found):
            raise explained(found, wanted, plan, read)
        return read
    except (duckdb.Error, OSError) as error:  # OSError: how arrow hands on an error in mid-stream
        raise unreadable(error) from error


def prepared(found: Opened, plan: Plan) -> tuple[Opened, Statement]:
    """A relation that has all columns that are read, and the statement that reads them."""
    choice = choose(plan.columns, found.relation.columns, found.source)
    amounts = [name for key, name in choice.columns.items() if key == "amount"]
    rules = found.rules(amounts + choice.parts)
    enriched = enrich_relation(found, choice, rules)
    found = replace(found, relation=enriched.frame)
    return found, statement(found, choice, enriched, plan, rules)


def _read(batches: Iterable[Foreign], plan: Plan, pyarrow: Foreign) -> Found | tuple[int, int] | None:
    """The fold of all batches; None if a line is bad, or the days within which dates should lie."""
    ids: list[Any] = []
    parts: list[Folded] = []
    lost = np.zeros(len(LOST), np.int64)
    calendar = LineCounts()
    currencies = set[str | None]()

    def keep(batch: Foreign, starts: NDArray[np.intp]) -> None:
        code = np.repeat(np.arange(starts.size), np.diff(starts, append=batch.num_rows))
        day = _numbers(batch, "date").astype(np.int64)
        amount = _amounts(batch, day, plan, currencies) if plan.has_amounts else None
        order = _coded(batch, "order_id")[0] if "order_id" in plan.columns else None
        calendar.add(day)
        ids.append(take_arrow(batch.column("customer_id"), starts))
        parts.append(fold(code, day, amount, starts.size, plan, order))

    rest: list[Any] = []
    for batch in batches:
        counted = _counted(batch, lost)
        if counted is None or not _sound(counted, plan):
            return None
        if counted.num_rows == 0:
            continue
        lines = pyarrow.Table.from_batches([*rest, counted]).combine_chunks().to_batches()[0]
        starts = _starts(lines.column("customer_id"))
        cut = int(starts[-1])  # the last customer may go on in the next batch
        if cut:
            keep(lines.slice(0, cut), starts[:-1])
        rest = [lines.slice(cut)]
    if not rest:
        raise _nothing_left(lost)
    keep(rest[0], np.zeros(1, np.intp))
    if None in currencies or (plan.rates is None and len(currencies) > 1):
        return None
    span = None if plan.far_dates == "keep" else calendar.plausible(ended=plan.end is not None)
    if span is not None:
        return span
    folded = join(parts, plan.end)
    folded.whole.counts.update(dict(zip(LOST[1:], lost.tolist()[1:], strict=True)))
    return Found(pyarrow.chunked_array(ids), folded)


def _counted(batch: Foreign, lost: NDArray[np.int64]) -> Any | None:
    """The lines of a batch that count, which come first; None if a line cannot say whether it does."""
    if "lost" not in batch.schema.names:
        return batch
    if batch.column("lost").null_count:
        return None
    found = np.bincount(_numbers(batch, "lost"), minlength=len(LOST))
    lost += found
    return batch.slice(0, int(found[0])).select(batch.schema.names[:-1])


def _nothing_left(lost: NDArray[np.int64]) -> InputError:
    if lost[2]:
        return only_later()
    return empty_table("source", "transaction" + " with a customer" * bool(lost[1] and not lost[3]))


def _starts(ids: ColumnLike) -> NDArray[np.intp]:
    compute = library("pyarrow.compute")
    changes = compute.indices_nonzero(compute.not_equal(ids.slice(1), ids.slice(0, len(ids) - 1)))
    return np.append(0, np.from_dlpack(changes).astype(np.intp) + 1)


def _numbers(batch: Foreign, column: str) -> Values:
    return np.from_dlpack(batch.column(column))  # arrow's own to_numpy would import pandas


def _coded(batch: Foreign, column: str) -> tuple[Codes, list[str]]:
    """Each line's place among the distinct texts of a column, and these."""
    found = batch.column(column).cast("string").dictionary_encode()
    return np.from_dlpack(found.indices).astype(np.int64), found.dictionary.to_pylist()


def _amounts(batch: Foreign, day: Days, plan: Plan, currencies: set[str | None]) -> Array:
    """Amounts in one currency; the currencies are noted, None where one has no rate."""
    amount = _numbers(batch, "amount")
    if "currency" not in plan.columns:
        return amount
    place, names = _coded(batch, "currency")
    currencies.update(names)
    if plan.rates is None:
        return amount
    amount, bad = plan.rates.convert(names, place, day, amount)
    currencies.update([None] if bad.any() else [])
    return amount


def _sound(batch: Foreign, plan: Plan) -> bool:
    if batch.num_rows == 0:
        return True
    if any(column.null_count for column in batch.columns):
        return False
    if plan.end is not None and _numbers(batch, "date").max() > plan.end:
        return False
    if not plan.has_amounts:
        return True
    amount = _numbers(batch, "amount")
    return bool(np.isfinite(amount).all()) and not (plan.refunds == "error" and (amount < 0).any())


def explained(found: Opened, wanted: Statement, plan: Plan, span: tuple[int, int] | None) -> InputError:
    """Which check fails, on how many lines, and the first of them with its row."""
    for known, column, condition in conditions(wanted, plan, span):
        counts = wanted.lost and column.argument != "where"
        bad = f"({condition}) AND ({wanted.lost}) = 0" if counts else condition
        rows = found.relation.project(
            f"row_number() OVER () - 1 AS line, {column.raw} AS raw, ({bad}) AS bad"
        )
        summary = "count(*), count_if(bad), min(line) FILTER (bad), arg_min(raw, line) FILTER (bad)"
        ((lines, count, row, value),) = rows.aggregate(summary).fetchall()
        if not count:
            continue
        if column.argument == "date" and column.kind in FLOATS and value % 1:
            raise wrong_type("date", column.name, column.kind, plan.dates.sentence, CONVERT)
        fault = known or unreadable_number(value, found.rules([column.name])[column.name])
        place = "" if found.place is None else found.place(row)
        said: Plain = {"value": value, "row": row, "count": count, "lines": lines, "place": place}
        return fault.refusal(column.argument, column.name, **said)
    shown = Said("bad lines at the first reading and none at the second")
    rule = "must give the same lines each time it is read"
    way_out = "Write the relation to a table or a file first."
    return InputError("unreadable-source", "source", shown, rule, way_out)


_THREADS = min(4, os.cpu_count() or 1)
_LEAST_MEMORY, _MOST_MEMORY = 64 << 20, 4 << 30  # bytes


def read_files(files: Located, plan: Plan, source: TableSource) -> Found:
    """Histories of the customers in files that DuckDB reads."""
    # sorting needs memory for one piece of each sorted run; the rest waits in a temporary directory
    wanted = _LEAST_MEMORY + sum(os.path.getsize(file) for file in files.paths) // 4
    frugal = {"memory_limit": f"{min(wanted, _MOST_MEMORY)}B", "threads": _THREADS}
    try:
        found = _of_files(files, plan, source, frugal)
    except InputError as error:
        if error.code != OUT_OF_MEMORY:
            raise
        found = _of_files(files, plan, source, {})  # wide row groups, long texts: up to DuckDB's own limit
    return _whole_numbers(found) if files.origin == "text" else found


def _of_files(files: Located, plan: Plan, source: TableSource, limits: Plain) -> Found:
    with opened(files, source, limits) as relation:
        found = read_relation(relation, plan)
    return found._replace(told=relation.told)


def _whole_numbers(found: Found) -> Found:
    """Ids of a text file as whole numbers, where every one of them is written as one."""
    numbers = whole_numbers(found.customers)
    if numbers is None:
        return found
    order = np.argsort(np.from_dlpack(numbers.combine_chunks()))
    return Found(take_arrow(numbers, order), found.folded.take(order), found.told)
