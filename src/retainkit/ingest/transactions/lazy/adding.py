"""Summaries of parts of the customers → the summary of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import date as Date
from typing import Protocol

import narwhals as nw
import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.lazy.distinct import Held, counted
from retainkit.ingest.transactions.records import Activity, Holdout
from retainkit.ingest.transactions.treatment import Treatment
from retainkit.summaries import Spend
from retainkit.typing import Frame, Unit


class Part(Protocol):
    """What is asked of a summary of some of the customers."""

    @property
    def held(self) -> Held: ...
    @property
    def cells(self) -> Spend | None: ...
    @property
    def unit(self) -> Unit: ...
    @property
    def observation_end(self) -> Date: ...
    @property
    def id_name(self) -> str: ...
    @property
    def treatment(self) -> Treatment: ...
    @property
    def activity(self) -> Activity: ...
    @property
    def holdout(self) -> Holdout | None: ...


def together(one: Part, two: Part) -> tuple[Held, Treatment, Activity]:
    """The customers of both, none of whom is in both, and what was counted of them."""
    _check(one, two)
    names = ["customer_id", "purchases", "first", "last", "log_gaps"]
    names += ["spend", "total"] * (one.cells is not None)
    parts = [tx.held.customers.select(*names) for tx in (one, two)]
    if parts[0].collect_schema() != parts[1].collect_schema():
        rule = "must hold ids and counts of the same types in both parts"
        raise InputError("wrong-type", "other", two.id_name, rule, "Cast the ids of both tables alike.")
    try:
        _check_apart(*parts)
    except Exception as error:
        if "different connections" not in str(error):
            raise
        rule = "must be of the DuckDB connection of the summary that it is added to"
        way_out = "Read both on one: connection.read_parquet(...) gives a relation."
        raise InputError("inconsistent", "other", two.id_name, rule, way_out) from error
    store = one.held.store.another()
    # a copy of its own, so that the parts may be closed
    customers = store.keep(nw.concat(parts)).frame
    held = Held.of(store, customers, ("purchases", "first", "last"), one.held.end)
    return held, _treatment(one.treatment, two.treatment), _activity(one.activity, two.activity)


def _check(one: Part, two: Part) -> None:
    told = [
        {
            "engine": str(tx.held.customers.implementation),
            "unit": tx.unit,
            "observation_end": tx.observation_end.isoformat(),
            "customer_id": tx.id_name,
            "refunds": tx.treatment.refunds,
            "amount": tx.cells is not None,
        }
        for tx in (one, two)
    ]
    for name, mine in told[0].items():
        if mine != told[1][name]:
            rule = f"must have the same {name} as the summary that it is added to ({mine!r})"
            raise InputError("inconsistent", "other", told[1][name], rule, "Summarise both parts alike.")
    if one.holdout is not None or two.holdout is not None:
        rule = "must be made without holdout_from, as the one that it is added to"
        raise InputError("not-supported", "other", "holdout", rule, "Hold out of all lines at once.")


def _check_apart(one: Frame, two: Frame) -> None:
    shared = one.select("customer_id").join(two.select("customer_id"), on="customer_id", how="inner")
    found = counted(shared.with_columns(one=nw.lit(1)), both=nw.col("one") == 1)["both"]
    if found:
        rule = "must hold other customers: one in both would be counted twice"
        way_out = "Split lines by customer; to add later lines of the same customers write state=."
        raise InputError("duplicate", "other", f"{found:,} in both", rule, way_out)


def _treatment(one: Treatment, two: Treatment) -> Treatment:
    counts: Counter[str] = Counter()
    for part in (one, two):
        counts.update({name: n for name, n in asdict(part).items() if isinstance(n, int)})
    return Treatment.of(counts, one.refunds, tuple(dict.fromkeys((*one.told, *two.told))))


def _activity(one: Activity, two: Activity) -> Activity:
    start = min(one.start, two.start)

    def days(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        # both end on the last day of observation
        columns = [getattr(part, name) for part in (one, two)]
        size = max(column.size for column in columns)
        return sum((np.pad(column, (size - column.size, 0)) for column in columns), np.zeros(size, np.int64))

    return Activity(
        start, *(days(n) for n in ("new_customers", "repeat_purchases", "tracked_repeat_purchases"))
    )
