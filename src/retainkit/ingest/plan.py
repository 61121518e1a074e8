"""What the caller asked for, checked once: columns, dates, policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from retainkit.errors import InputError, missing_column, unknown_choice
from retainkit.ingest.days import from_argument
from retainkit.typing import Unit
from retainkit.units import check_unit

Refunds: TypeAlias = Literal["net", "ignore", "error"]
"""What to do with negative amounts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments; days as numbers."""

    customer_id: str
    date: str
    amount: str | None
    unit: Unit
    end: int | None
    holdout_from: int | None
    refunds: Refunds

    @property
    def columns(self) -> dict[str, str]:
        """Argument → column, for the columns that are given."""
        named = {"customer_id": self.customer_id, "date": self.date}
        return named if self.amount is None else named | {"amount": self.amount}

    def check_columns(self, present: Sequence[object]) -> None:
        """Refuse a column name that the table does not have, naming the near one."""
        for argument, name in self.columns.items():
            if name not in present:
                raise missing_column(argument, name, present)


def make_plan(
    customer_id: object,
    date: object,
    amount: object,
    unit: object,
    observation_end: object,
    holdout_from: object,
    refunds: Refunds,
) -> Plan:
    """Check what can be checked before the table is read."""
    if refunds not in get_args(Refunds):
        raise unknown_choice("refunds", refunds, get_args(Refunds))
    end = None if observation_end is None else from_argument("observation_end", observation_end)
    split = None if holdout_from is None else from_argument("holdout_from", holdout_from)
    if end is not None and split is not None and split > end:
        rule = f"must not lie after observation_end ({observation_end})"
        raise InputError("dates-conflict", "holdout_from", holdout_from, rule, "Leave some days to hold out.")
    return Plan(
        _name("customer_id", customer_id),
        _name("date", date),
        None if amount is None else _name("amount", amount),
        check_unit("unit", unit),
        end,
        split,
        refunds,
    )


def _name(argument: str, value: object) -> str:
    if isinstance(value, str):
        return value
    way_out = "Rename the column first if its name is not text."
    raise InputError("wrong-type", argument, value, "must be the name of a column, as text", way_out)
