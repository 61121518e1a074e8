"""Whom a report is about: customers one by one, or the kinds of those who stay in their engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest import LazyTransactionSummary, TransactionSummary
from retainkit.ingest.transactions.groups import CustomerGroup, labels_of
from retainkit.summaries import Purchases, Spend
from retainkit.tables import Codes
from retainkit.tables.files import is_path
from retainkit.typing import Array, Frame
from retainkit.valuation.customers import CustomerValue
from retainkit.valuation.lazy_customers import LazyCustomerValue, value_by_rank

FEW = 50_000  # customers up to whom kinds go by cells of their spend, as figures of single customers ask
_TENTHS = 10
_TOP = np.array([0.0, 0.01, 0.05, 0.10, 0.25, 1.0])  # of customers in the order of what is at stake


class Rows(Protocol):
    """Customers, or kinds of them with weights."""

    @property
    def purchases(self) -> Purchases: ...
    @property
    def spend(self) -> Spend | None: ...


class Labels(NamedTuple):
    """What customers are told apart by.

    The names of the kinds, and the place among them of each customer, or of each of `rows` where customers
    stay in an engine.
    """

    by: str
    names: Sequence[object]
    place: Codes
    rows: CustomerGroup | None = None


class Stakes(NamedTuple):
    """Customers by what is at stake with them: where each part of them ends, and its sums.

    `alive` are chances that they are customers, `worth` is their value if they surely were, and `stake` what
    it is above their value.
    """

    ends: Codes
    alive: Array
    worth: Array
    stake: Array


@dataclass(frozen=True, eq=False, slots=True)
class People:
    """Customers with their values, one an entry, or kinds of them with weights; and who is first.

    Attributes
    ----------
    rows : what is known of them
    value : CustomerValue
    tenths : (10,) money
        Value of each tenth of them, the most valuable first.
    stakes : Stakes
    """

    rows: Rows
    value: CustomerValue
    tenths: Array
    stakes: Stakes

    @property
    def size(self) -> float:
        """How many customers there are."""
        return float(self.value.weight.sum())

    @property
    def frequency(self) -> Array:
        return self.rows.purchases.frequency


Valued: TypeAlias = "Callable[[Any], Any]"
"""`value_customers` with everything but the customers."""


def people_of(tx: TransactionSummary, valued: Valued) -> tuple[People, CustomerValue | LazyCustomerValue]:
    """The customers of a summary with their values; and the values as its engine has them."""
    n = len(tx)
    ends = np.unique(np.ceil(n * _TOP)).astype(np.int64)
    found = valued(tx)
    if isinstance(tx, LazyTransactionSummary):
        rows = kinds_of(tx)
        here = valued(rows)
        # the first tenths have one more where they cannot be alike
        places = np.array([n // _TENTHS * k + min(k, n % _TENTHS) for k in range(_TENTHS + 1)])
        by_value, by_stake = value_by_rank(tx, found, np.union1d(places[1:], ends[1:]).tolist())
        (tenths,) = _between(places, by_value, "value")
    else:
        spend = None if tx.monetary_value is None else tx.spend
        rows, here = CustomerGroup(tx.purchases, tx.customers, spend), found
        tenths, by_stake = tenths_of(here.value), _by_stake(here)
    return People(
        rows, here, tenths, Stakes(ends, *_between(ends, by_stake, "alive", "worth", "stake"))
    ), found


def tenths_of(value: Array) -> Array:
    """(10,) value of each tenth of customers, the most valuable first."""
    return np.array([part.sum() for part in np.array_split(np.sort(value)[::-1], _TENTHS)])


def kinds_of(tx: LazyTransactionSummary) -> CustomerGroup:
    """Kinds of customers who are alike, from their engine: by history, and by what they spent."""
    known = tx.held.spent(tx.unit, money=tx.cells is not None, cells=len(tx) <= FEW)
    return CustomerGroup(known.purchases, np.arange(len(known.purchases)), known.spend)


def labels_in_engine(tx: LazyTransactionSummary, by: Any, table: Frame | None) -> Labels:
    """Which kind customers of an engine are of: period of the first purchase, or a column of a table."""
    if not isinstance(by, str):
        rule = "must be a name where customers stay in an engine, which keeps them in no order"
        way_out = "Name a column of the table, or say in_memory=True."
        raise InputError("not-supported", "by", by, rule, way_out)
    if is_path(table):
        rule = (
            "must be left out where files stay in DuckDB, which has read them and forgets their other columns"
        )
        way_out = "Leave it out, let customers come into memory, or pass a DuckDB relation of the files."
        raise InputError("not-supported", "by", by, rule, way_out)
    if table is None:
        rows = kinds_of(tx)
        return Labels(by, *labels_of(replace(tx, purchases=rows.purchases), by), rows)
    from retainkit.ingest.transactions.lazy.groups import grouped

    names, parts = grouped(tx.held, tx.id_name, by, table, "source")
    known = parts.spent(tx.unit, money=tx.cells is not None)
    rows = CustomerGroup(known.purchases, np.arange(len(known.purchases)), known.spend)
    return Labels(by, names, known.keys["group"], rows)


_Classes: TypeAlias = "tuple[Array, dict[str, Array]]"


def _by_stake(found: CustomerValue) -> _Classes:
    """Customers in the order of what is at stake with them, the first one first."""
    alive, value = found.probability_alive, found.value
    worth = np.divide(value, alive, out=np.zeros_like(value), where=alive > 0.0)
    columns = {"alive": alive, "worth": worth, "stake": worth - value}
    order = np.argsort(value - worth, kind="stable")
    return np.ones(order.size), {name: column[order] for name, column in columns.items()}


def _between(ends: Codes, classes: _Classes, *names: str) -> list[Array]:
    """The sums of columns between some places, of classes in their order."""
    n, sums = classes
    at = np.append(0.0, np.cumsum(n))
    return [np.diff(np.interp(ends, at, np.append(0.0, np.cumsum(sums[name])))) for name in names]
