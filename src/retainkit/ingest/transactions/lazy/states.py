"""What was known of customers yesterday: a table of them that today's lines are added to.

A customer is a row: what is settled of their history, and the sums of their last day, which is open, since a
later line may still fall on it. Yesterday's rows and today's lines give the rows of all lines at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.transactions.lazy.distinct import counted
from retainkit.ingest.transactions.lazy.lines import Tally
from retainkit.ingest.transactions.plan import Plan
from retainkit.ingest.transactions.statement import LOST
from retainkit.tables import Codes
from retainkit.tables.lazy import Store, small
from retainkit.typing import Frame, Values

_CUSTOMERS, _DAYS = "customers.parquet", "days.parquet"
_OPEN = ("lines", "negative", *LOST[1:])


@dataclass(frozen=True, slots=True)
class State:
    """The customers in their engine, and what was counted by day.

    Attributes
    ----------
    customers : lazy frame
    days : date → counts
        Lines of all days; what became of them, of days that are closed.
    """

    customers: Frame
    days: dict[str, Codes]

    @classmethod
    def read(cls, store: Store, path: str, plan: Plan, lines: Frame) -> State:
        """The state in a folder, for lines that are read in the same way."""
        _check_folder(store, path)
        customers = store.read(f"{path}/{_CUSTOMERS}")
        days = small(store.read(f"{path}/{_DAYS}"))
        told, asked = str(days.pop("read_as")[0]), _read_as(plan)
        if told != asked:
            rule = f"must be made of lines read as these: its own had {told}, these have {asked}"
            way_out = "Give amount and refunds as they were, or begin again from all lines."
            raise InputError("inconsistent", "state", path, rule, way_out)
        ids = [frame.collect_schema()["customer_id"] for frame in (customers, lines)]
        if ids[0] != ids[1]:
            rule = f"must have ids of one type with the lines: {ids[0]} there, {ids[1]} here"
            raise InputError("wrong-type", "state", path, rule, "Cast the ids of the lines.")
        return cls(customers, {name: column.astype(np.int64) for name, column in days.items()})

    def with_tally(self, tally: Tally) -> Tally:
        """The lines of all days."""
        mine = {"date": self.days["date"], "lines": self.days["lines"], "negative": self.days["negative"]}
        both = added(mine, {"date": tally.day, "lines": tally.lines, "negative": tally.negative})
        lost = Counter({name: int(self.days[name].sum()) for name in LOST[1:]})
        return Tally(both["date"], both["lines"], both["negative"], lost + tally.left_out)

    def with_calendar(self, found: Mapping[str, Values]) -> dict[str, Values]:
        """What became of the lines of all days; only days on which something counted."""
        both = added(self.closed(), found)
        there = both["purchases"] + both["refund_days"] + both["refund_day_lines"] > 0
        return {name: column[there] for name, column in both.items()}

    def closed(self) -> dict[str, Codes]:
        """What became of the lines of closed days."""
        return {name: column for name, column in self.days.items() if name not in _OPEN}

    def check_late(self, days: Frame) -> None:
        """Refuse lines of days that are closed for their customer."""
        late = counted(days, late=nw.col("date") < nw.col("open_day"))["late"]
        if late:
            rule = "must not lie before the last day that the state knows of their customer"
            rule += f" ({late:,} days of customers do)"
            way_out = "Leave those lines out with where=, or begin again from all lines."
            raise InputError("dates-conflict", "date", late, rule, way_out)


def write_state(
    store: Store, path: str, plan: Plan, customers: Frame, closed: Mapping[str, Values], tally: Tally
) -> None:
    """A state as a folder: the table of days comes last, and without it there is no state."""
    names = [name for name in customers.collect_schema().names() if name.endswith("_closed")]
    names += [name for name in customers.collect_schema().names() if name.startswith("open_")]
    lost = {name: np.array([tally.left_out[name]], np.int64) for name in LOST[1:]}
    told = {"date": tally.day, "lines": tally.lines, "negative": tally.negative}
    days = added(closed, told, {"date": tally.day[:1], **lost})
    store.write_folder(
        path,
        {
            _CUSTOMERS: customers.select("customer_id", *names),
            _DAYS: store.send({**days, "read_as": np.full(days["date"].size, _read_as(plan))}),
        },
    )


def added(*tables: Mapping[str, Values]) -> dict[str, Codes]:
    """Counts by `date` of several tables, added up; 0 where a table has no such column."""
    dates, place = np.unique(
        np.concatenate([table["date"].astype(np.int64) for table in tables]), return_inverse=True
    )
    sums = {"date": dates}
    start = 0
    for table in tables:
        here = place[start : start + table["date"].size]
        start += table["date"].size
        for name, column in table.items():
            if name != "date":
                np.add.at(sums.setdefault(name, np.zeros(dates.size, np.int64)), here, column)
    return sums


def _read_as(plan: Plan) -> str:
    return f"amounts with refunds={plan.refunds!r}" if plan.has_amounts else "no amounts"


def _check_folder(store: Store, path: str) -> None:
    if store.is_local and not (Path(path) / _DAYS).exists():
        rule = "must be a folder that next_state= has written, whole"
        raise InputError("missing-file", "state", path, rule, "Begin from all lines, without state=.")
