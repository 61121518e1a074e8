"""A DuckDB relation → histories, without ever holding the table.

One statement reads three columns and sorts them by customer and day, on disk where memory is short.
The sorted lines pass through in batches, and only what is known of whole customers is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError
from retainkit.ingest.transactions.fold import Folded, fold, join
from retainkit.ingest.transactions.plan import Plan
from retainkit.ingest.transactions.sql import Statement, conditions, statement
from retainkit.tables import Said, wrong_type
from retainkit.tables.days import CONVERT
from retainkit.tables.engine import FLOATS, library, take_arrow, unreadable
from retainkit.tables.files import Origin
from retainkit.tables.problems import empty_table
from retainkit.tables.read import check_names
from retainkit.typing import ColumnLike, Foreign, Values

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
