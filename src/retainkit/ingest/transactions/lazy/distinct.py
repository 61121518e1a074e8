"""Customers that an engine holds → distinct histories with weights, and cells of spend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from retainkit.ingest.transactions.lazy.lines import whole
from retainkit.summaries import Purchases, Spend
from retainkit.tables import Codes, Mask
from retainkit.tables.lazy import Store, small
from retainkit.tables.read import keyed
from retainkit.typing import Array, Frame, Unit, Values
from retainkit.units import DAYS_PER

CELLS = 100.0
"""Cells of spend to a factor of e: one is 1% wide, and has the mean of its customers."""


class Rows(NamedTuple):
    """Customers who are alike, those of known spend apart: an entry for each kind, with its weight."""

    keys: dict[str, Codes]
    purchases: Purchases
    spend: Spend | None


@dataclass(frozen=True, slots=True)
class Held:
    """Customers in an engine, and the distinct histories among them: the door between the two.

    Attributes
    ----------
    store : the engine
    customers : lazy frame
        customer_id, purchases, first, last (days), log_gaps; spend and total where there are amounts.
    keys : dict of (rows,) whole numbers
        What makes two customers equal, one entry per distinct history, ascending.
    weight : (rows,)
        How many customers have it.
    end : int
        The last day of observation.
    """

    store: Store
    customers: Frame
    keys: dict[str, Codes]
    weight: Codes
    log_gaps: Array
    later_spend: Array | None
    end: int

    @classmethod
    def of(cls, store: Store, customers: Frame, keys: tuple[str, ...], end: int) -> Held:
        """The distinct histories of customers, counted by the engine."""
        wanted = {"weight": nw.len().cast(nw.Int64), "log_gaps": nw.col("log_gaps").sum()}
        later = "spend_later" in customers.collect_schema().names()
        if later:
            wanted["spend_later"] = nw.col("spend_later").sum()
        found = small(customers.group_by(*keys).agg(**wanted))
        order = np.lexsort([found[name] for name in reversed(keys)])
        found = {name: column[order] for name, column in found.items()}
        whole_numbers = {name: found[name].astype(np.int64) for name in keys}
        money = found["spend_later"] if later else None
        weight = found["weight"].astype(np.int64)
        return cls(store, customers, whole_numbers, weight, found["log_gaps"], money, end)

    def __len__(self) -> int:
        return self.weight.size

    @property
    def size(self) -> int:
        """How many customers there are."""
        return int(self.weight.sum())

    def purchases(self, unit: Unit) -> Purchases:
        """The distinct histories as models take them."""
        gaps = self.log_gaps / self.weight
        return _purchases(
            self.keys["purchases"], self.keys["first"], self.keys["last"], self.end, unit, self.weight, gaps
        )

    def followed(self, unit: Unit, purchases: str, last: str, end: int) -> Purchases:
        """The same customers, row by row, as they were at a later day."""
        return _purchases(
            self.keys[purchases], self.keys["first"], self.keys[last], end, unit, self.weight, None
        )

    def spend(self) -> Spend:
        """What customers spent, in cells of 1%: each with the mean of those in it."""
        return self.spend_of({"group": np.zeros(1, np.int64)})[0]

    def spend_of(self, groups: Mapping[str, Codes]) -> dict[int, Spend]:
        """The same of each group: all, customers of each `first` day with its `group`, or of their own."""
        customers = self.customers.with_columns(**money_of())
        if len(groups) == 1:
            customers = customers.with_columns(group=nw.lit(0))
        elif groups:
            customers = customers.join(self.store.send(groups), on="first", how="inner")
        customers = customers.with_columns(cell=_cell())
        counts = {"weight": nw.len().cast(nw.Int64), "mean": nw.col("monetary_value").mean()}
        found = small(customers.group_by("group", "known", "cell").agg(**counts))
        order = np.lexsort([found["cell"], found["known"]])
        found = {name: column[order] for name, column in found.items()}

        def cells(here: Mask) -> Spend:
            frequency, mean, weight = (found[k][here].astype(np.float64) for k in ("known", "mean", "weight"))
            return Spend(frequency=frequency, monetary_value=mean, weight=weight)

        return {int(k): cells(found["group"] == k) for k in np.unique(found["group"])}

    def spent(self, unit: Unit, *, money: bool = True, cells: bool = False) -> Rows:
        """Distinct histories with the mean of what their customers spent, by cell of spend where asked."""
        customers, names = self.customers, [*self.keys]
        counts = {"weight": nw.len().cast(nw.Int64), "gaps": nw.col("log_gaps").sum()}
        if money:
            customers = customers.with_columns(**money_of())
            customers = customers.with_columns(knows=(nw.col("known") > 0).cast(nw.Int64), cell=_cell())
            counts["mean"] = nw.col("monetary_value").mean()
            names += ["knows", *(["cell"] if cells else [])]
        found = small(customers.group_by(*names).agg(**counts))
        order = np.lexsort([found[name] for name in reversed(names)])
        found = {name: column[order] for name, column in found.items()}
        weight = found["weight"].astype(np.int64)
        keys = {name: found[name].astype(np.int64) for name in self.keys}
        made, first, last = (keys[name] for name in ("purchases", "first", "last"))
        rows = _purchases(made, first, last, self.end, unit, weight, found["gaps"] / weight)
        if not money:
            return Rows(keys, rows, None)
        known = rows.frequency * (found["knows"] > 0)
        return Rows(keys, rows, Spend(frequency=known, monetary_value=found["mean"], weight=rows.weight))

    def joined(self, columns: Mapping[str, Values]) -> Frame:
        """The customers with columns that have an entry for each distinct history."""
        sent = self.store.send({**self.keys, **columns})
        return self.customers.join(sent, on=list(self.keys), how="inner")


def _cell() -> nw.Expr:
    """The cell of 1% in which the mean spend of `money_of` lies."""
    known = nw.when(nw.col("known") > 0).then((nw.col("monetary_value").log() * CELLS).floor())
    return known.otherwise(nw.lit(0.0)).cast(nw.Int64)


def money_of() -> dict[str, Any]:
    """`Spend` as expressions: the mean of repeat purchases, and how many of them tell of spend."""
    known = nw.when(nw.col("spend") > 0.0).then(nw.col("purchases") - 1).otherwise(nw.lit(0))
    some = nw.when(nw.col("purchases") > 1).then(nw.col("purchases") - 1).otherwise(nw.lit(1))
    mean = nw.when(nw.col("spend") > 0.0).then(nw.col("spend") / some.cast(nw.Float64)).otherwise(nw.lit(0.0))
    return {"known": known.cast(nw.Int64), "monetary_value": mean}


def _purchases(
    made: Codes, first: Codes, last: Codes, end: int, unit: Unit, weight: Codes, gaps: Array | None
) -> Purchases:
    per, frequency = DAYS_PER[unit], made - 1.0
    return Purchases(
        frequency=frequency,
        recency=(last - first) / per,
        T=(end - first) / per,
        weight=weight.astype(np.float64),
        log_gaps=None if gaps is None else gaps - frequency * math.log(per),
        unit=unit,
    )


def named(frame: Frame, id_name: str, columns: Sequence[str]) -> Frame:
    """The customers of a frame under the name of their ids, with some of its columns."""
    wanted = {name: nw.col(name) for name in columns}
    return frame.select(**keyed("customer_id", {id_name: nw.col("customer_id")}, wanted))


def totals(frame: Frame, *columns: str) -> dict[str, float]:
    """Sums of columns over all customers, by the engine."""
    found = small(frame.select(**{name: nw.col(name).sum() for name in columns}))
    return {name: float(found[name][0]) for name in columns}


def counted(frame: Frame, **marks: nw.Expr) -> dict[str, int]:
    """How many customers each mark holds for, by the engine."""
    found = small(frame.select(**{name: whole(mark.cast(nw.Int64)) for name, mark in marks.items()}))
    return {name: int(found[name][0]) for name in marks}
