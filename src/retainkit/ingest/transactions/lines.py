"""Tables in memory → lines as arrays: customers by number, days, amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.ingest.transactions.plan import AFTER_END, NO_AMOUNT, REFUND, Plan
from retainkit.tables import Codes, Days, Source, read_table
from retainkit.typing import Array, ColumnLike


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a table, unsorted, and the distinct customers in order."""

    customers: ColumnLike
    """Ids in the caller's kind of column."""
    code: Codes
    """Each line's place among `customers`."""
    day: Days
    amount: Array | None


def read_lines(source: Source, plan: Plan) -> Lines:
    """The lines of any table, all of them sound."""
    table = read_table(source, plan.columns, line="transaction")
    customers, code = table["customer_id"].ids()
    day = table["date"].dates(plan.dates).astype(np.int64)
    if plan.end is not None:
        table["date"].refuse(day > plan.end, AFTER_END)
    amount = table["amount"].numbers(NO_AMOUNT) if "amount" in table else None
    if amount is not None and plan.refunds == "error":
        table["amount"].refuse(amount < 0, REFUND)
    return Lines(customers, code, day, amount)
