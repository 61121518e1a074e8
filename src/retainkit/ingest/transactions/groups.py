"""Customers of one kind apart: by a column of theirs, or by when they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, wrong_shape
from retainkit.summaries import Purchases, Spend
from retainkit.tables import Codes, Fault, as_column, read_table, take, to_list
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import DAYS_PER

_PERIODS = {"month": ("M", 1), "quarter": ("M", 3), "year": ("Y", 1)}


@dataclass(frozen=True, eq=False)
class CustomerGroup:
    """Some of a summary's customers, as models take them; made by `TransactionSummary.by`.

    Attributes
    ----------
    purchases : Purchases
    customers : column of the caller's dataframe kind
    spend : Spend or None
        None where the table was read without amounts.
    """

    purchases: Purchases
    customers: ColumnLike
    spend: Spend | None

    def __len__(self) -> int:
        return len(self.purchases)

    def __retention_data__(self, kind: type[object]) -> object:
        """Its purchases or its spend, where a function takes such data."""
        return self.purchases if kind is Purchases else self.spend if kind is Spend else None


class Summary(Protocol):
    """What is asked of a summary of transactions."""

    @property
    def purchases(self) -> Purchases: ...
    @property
    def customers(self) -> ColumnLike: ...
    @property
    def monetary_value(self) -> Array | None: ...
    @property
    def spend(self) -> Spend: ...
    @property
    def observation_end(self) -> Date: ...
    @property
    def id_name(self) -> str: ...
    def __len__(self) -> int: ...


def groups_of(tx: Summary, column: Any, table: Frame | None) -> dict[Any, CustomerGroup]:
    """The customers of each value, in the order of the values."""
    names, place = labels_of(tx, column) if table is None else looked_up(tx, column, table)
    spend = None if tx.monetary_value is None else tx.spend
    return {
        name: _group(tx.purchases, tx.customers, spend, np.flatnonzero(place == k))
        for k, name in enumerate(names)
    }


def labels_of(tx: Summary, column: Any) -> tuple[list[Any], Codes]:
    """The names, and each customer's place among them: periods of the first purchase, or of a column."""
    return _acquired(tx, column) if isinstance(column, str) else _labelled(tx, column)


def _group(p: Purchases, customers: ColumnLike, spend: Spend | None, at: NDArray[np.intp]) -> CustomerGroup:
    gaps = None if p.log_gaps is None else p.log_gaps[at]
    of = Purchases(frequency=p.frequency[at], recency=p.recency[at], T=p.T[at], unit=p.unit, log_gaps=gaps)
    money = None
    if spend is not None:
        money = Spend(frequency=spend.frequency[at], monetary_value=spend.monetary_value[at])
    return CustomerGroup(of, take(customers, at), money)


def _acquired(tx: Summary, period: str) -> tuple[list[str], Codes]:
    """Calendar periods of the first purchase."""
    if period not in _PERIODS:
        rule = f"must be {', '.join(map(repr, _PERIODS))} of the first purchase, or a column of a table"
        way_out = f"For a column of your table write by({period!r}, table)."
        raise InputError("unknown-choice", "column", period, rule, way_out)
    return acquired_in(tx.purchases.T, tx.purchases.unit, tx.observation_end, period)


def acquired_in(T: Array, unit: Unit | None, end: Date, period: str) -> tuple[list[str], Codes]:
    """The calendar period of each customer's first purchase, which is `T` before the end; and their names."""
    age = np.rint(T * DAYS_PER[unit or "day"]).astype("timedelta64[D]")
    kind, size = _PERIODS[period]
    month = (np.datetime64(end, "D") - age).astype(f"datetime64[{kind}]").astype(np.int64)
    found, place = np.unique(month // size, return_inverse=True)
    starts = (found * size).astype(f"datetime64[{kind}]")
    if period == "quarter":
        return [f"{str(day)[:4]}-Q{int(str(day)[5:]) // 3 + 1}" for day in starts], place.astype(np.int64)
    return [str(day) for day in starts], place.astype(np.int64)


def _labelled(tx: Summary, column: Any) -> tuple[list[Any], Codes]:
    read = as_column("column", column)
    if len(read) != len(tx):
        rule = f"must have one value for each of the {len(tx):,} customers, in their order"
        raise wrong_shape("column", np.empty(len(read)), rule, "Or pass the table: by('country', table).")
    read.refuse_missing()
    labels = read.labels()
    return list(labels.values), labels.place


def looked_up(tx: Summary, column: str, table: Frame, argument: str = "table") -> tuple[list[Any], Codes]:
    """The value of each customer in a table of one or of many lines a customer."""
    wanted = {"customer_id": tx.id_name, "column": column}
    read = read_table(table, wanted, argument=argument, line="customer")
    read = read.keep(~read["customer_id"].without_id)
    ids, code = read["customer_id"].ids()
    read["column"].refuse_missing()
    labels = read["column"].labels()
    first = np.full(int(code.max()) + 1, -1, np.int64)
    first[code[::-1]] = labels.place[::-1]
    way_out = "Pass a table with one line for each customer, such as that of the first purchases."
    several = Fault("ambiguous", "must be the same on all lines of a customer", way_out)
    read["column"].refuse(labels.place != first[code], several)
    place_of = dict(zip(to_list(ids), first.tolist(), strict=True))
    mine = to_list(tx.customers)
    unknown = [who for who in mine if who not in place_of]
    if unknown:
        rule = f"must have every customer; {len(unknown):,} of {len(mine):,} are not in it"
        raise InputError("unmatched", argument, unknown[0], rule, "Add them; check the type of the ids.")
    return list(labels.values), np.array([place_of[who] for who in mine], np.int64)
