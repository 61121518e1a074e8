"""A table of any kind → its lines as arrays: customers by number, days, reasons and segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.ingest.subscriptions.plan import Plan
from retainkit.tables import Codes, Days, Labels, Mask, Source, Table, read_table
from retainkit.typing import ColumnLike

NEVER = 1 << 40
"""The day on which a spell ends that has not ended: after every day of the calendar."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table in its own order, and the distinct customers."""

    customers: ColumnLike
    """Ids in order, in the caller's kind of column."""
    code: Codes
    """Each line's place among `customers`."""
    start: Days
    end: Days
    """`NEVER` where it is missing."""
    reason: Labels | None
    segment: Labels | None
    table: Table
    """The columns as they stand, by argument, for refusals."""

    @property
    def ended(self) -> Mask:
        """Where an end is given."""
        return self.end < NEVER


def read(source: Source, plan: Plan) -> Lines:
    """The lines of a table, all dates readable and no id missing."""
    table = read_table(source, plan.columns, line="subscription")
    start = table["start"].dates(plan.dates).astype(np.int64)
    end = table["end"].dates(plan.dates, unless="or missing while the customer is there")
    customers, code = table["customer_id"].ids()
    reason, segment = (table[name].labels() if name in table else None for name in ("reason", "segment"))
    ends = np.where(np.isnat(end), NEVER, end.astype(np.int64))
    return Lines(customers, code, start, ends, reason, segment, table)
