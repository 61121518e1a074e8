"""What the caller asked for, checked once; and tables in memory → lines as arrays by that plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.errors import InputError, check_choice
from retainkit.tables import Codes, DateRule, Days, Fault, Source, one_day, read_table
from retainkit.typing import Array, ColumnLike, Unit
from retainkit.units import check_unit

Refunds: TypeAlias = Literal["net", "ignore", "error"]
"""What to do with negative amounts."""

NO_AMOUNT = Fault(
    "missing-value",
    "must not be missing or NaN",
    "Write 0 for purchases that brought nothing, or leave them out.",
)
AFTER_END = Fault(
    "dates-conflict",
    "must not lie after observation_end",
    "Leave those lines out, or set observation_end to the last date that they may have.",
)
REFUND = Fault(
    "out-of-range",
    "must not be negative under refunds='error'",
    "Use refunds='net' to subtract refunds or refunds='ignore' to leave them out.",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments; days as numbers."""

    columns: dict[str, str]
    """Argument → column, for the columns that are given."""
    dates: DateRule
    unit: Unit
    end: int | None
    holdout_from: int | None
    refunds: Refunds

    @property
    def has_amounts(self) -> bool:
        """Whether the lines have amounts."""
        return "amount" in self.columns


def make_plan(
    customer_id: str,
    date: str,
    amount: str | None,
    unit: object,
    observation_end: object,
    holdout_from: object,
    refunds: Refunds,
    date_format: str | None = None,
) -> Plan:
    """Check what can be checked before the table is read."""
    check_choice("refunds", refunds, get_args(Refunds))
    end = None if observation_end is None else one_day("observation_end", observation_end)
    split = None if holdout_from is None else one_day("holdout_from", holdout_from)
    if end is not None and split is not None and split > end:
        rule = f"must not lie after observation_end ({observation_end})"
        raise InputError("dates-conflict", "holdout_from", holdout_from, rule, "Leave some days to hold out.")
    columns = {"customer_id": customer_id, "date": date} | ({} if amount is None else {"amount": amount})
    dates = DateRule(date_format=date_format)
    return Plan(columns, dates, check_unit("unit", unit), end, split, refunds)


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
