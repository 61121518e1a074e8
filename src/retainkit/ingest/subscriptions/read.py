"""A table of any kind → its lines as arrays: customers by number, days, reasons and segments."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from retainkit.ingest.subscriptions.plan import UNKNOWN_REASON, Plan, nothing_left
from retainkit.tables import Codes, Days, Labels, Mask, Source, Table, read_table
from retainkit.tables.lines import refuse_far, with_customers
from retainkit.tables.problems import NO_CUSTOMER
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
    left_out: Counter[str]

    @property
    def ended(self) -> Mask:
        """Where an end is given."""
        return self.end < NEVER


def read(source: Source, plan: Plan) -> Lines:
    """The lines of a table, all dates readable and no id missing."""
    table = read_table(source, plan.columns, line="subscription")
    table, lost = with_customers(table, plan.missing_ids, "source", "subscription")
    left_out = Counter(missing_id_lines=lost, filtered_lines=table.left_out)
    start = table["start"].dates(plan.dates).astype(np.int64)
    if plan.later == "drop" and (late := start > plan.until).any():
        if late.all():
            raise nothing_left()
        table, start = table.keep(~late), start[~late]
        left_out["not_begun"] = int(late.sum())
    refuse_far(table["start"], start, plan.far_dates, ended=True)
    end = table["end"].dates(plan.dates, unless="or missing while the customer is there")
    customers, code = table["customer_id"].ids(NO_CUSTOMER)
    reason, segment = (table[name].labels() if name in table else None for name in ("reason", "segment"))
    ends = np.where(np.isnat(end), NEVER, end.astype(np.int64))
    return Lines(customers, code, start, ends, reason, segment, table, left_out)


_UNKNOWN = -2


def numbered_reasons(lines: Lines, plan: Plan) -> tuple[tuple[str, ...], Codes | None]:
    """The names in order, and each line's place among them; -1 where there is no reason."""
    found = lines.reason
    if found is None:
        return (), None
    names = plan.reasons or tuple(str(value) for value in found.values if value != 0)
    places = np.array([_place(value, names) for value in found.values] + [-1], np.int64)
    reason = places[found.place]
    lines.table["reason"].refuse(reason == _UNKNOWN, UNKNOWN_REASON)
    return names, reason


def _place(value: str | int, names: tuple[str, ...]) -> int:
    if value == 0:
        return -1  # as in Renewals, 0 is still there
    if str(value) in names:
        return names.index(str(value))
    if isinstance(value, int) and 1 <= value <= len(names):
        return value - 1
    return _UNKNOWN
