"""Customers' MRR followed over the months: five movements between two month ends, and sums by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from retainkit.metrics._levels import Levels, Whole

MONEY = ("start", "new", "expansion", "reactivation", "contraction", "churn", "involuntary_churn", "end")
CUSTOMERS = (
    "start_customers",
    "new_customers",
    "expanded_customers",
    "reactivated_customers",
    "contracted_customers",
    "churned_customers",
    "involuntary_churned_customers",
    "end_customers",
)
_NEVER = np.iinfo(np.int64).min // 2

Window = tuple[int, int]
"""Two months: the one whose end opens the window, and the one whose end closes it."""


@dataclass(slots=True)
class State:
    """What is known of every customer at the end of a month; `advance` moves it on."""

    levels: Levels
    customers: int
    reactivation_months: int | None
    month: int = _NEVER
    total: int = 0
    active: int = 0
    level: Whole = field(init=False)
    since: Whole = field(init=False)
    """The month in which the present relation began; a return after too long begins a new one."""
    left: Whole = field(init=False)
    involuntary: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.level = np.zeros(self.customers, np.int64)
        self.since = np.full(self.customers, -_NEVER, np.int64)
        self.left = np.full(self.customers, _NEVER, np.int64)
        self.involuntary = np.zeros(self.customers, np.bool_)

    def advance(self, month: int) -> None:
        """Take in every change up to the end of `month`."""
        changes = self.levels.between(self.month, month)
        months = self.levels.month[changes]
        cuts = changes.start + np.flatnonzero(np.diff(months)) + 1
        bounds = [changes.start, *cuts.tolist(), changes.stop]
        for start, stop in pairwise(bounds) if months.size else ():
            self._take(slice(start, stop))
        self.month = month

    def _take(self, part: slice) -> None:
        """The changes of one month: at most one per customer."""
        code, level = self.levels.code[part], self.levels.level[part]
        month = int(self.levels.month[part.start])
        before = self.level[code]
        begins = code[before == 0]
        first = self.left[begins] == _NEVER
        if self.reactivation_months is not None:
            first |= month - self.left[begins] > self.reactivation_months
        self.since[begins[first]] = month
        gone = level == 0
        self.left[code[gone]] = month
        if self.levels.involuntary is not None:
            self.involuntary[code] = self.levels.involuntary[part]
        self.level[code] = level
        self.total += int((level - before).sum())
        self.active += begins.size - int(gone.sum())


def compare(
    levels: Levels, customers: int, windows: Sequence[Window], reactivation_months: int | None
) -> dict[str, Whole]:
    """Money (in whole units) and customers of every movement, one entry per window, windows ascending."""
    before = State(levels, customers, None)
    now = State(levels, customers, reactivation_months)
    found = {name: np.zeros(len(windows), np.int64) for name in (*MONEY, *CUSTOMERS)}
    for place, (opening, closing) in enumerate(windows):
        before.advance(opening)
        now.advance(closing)
        part = levels.between(opening, closing)
        touched = _once(levels.code[part], customers) if closing > opening + 1 else levels.code[part]
        totals = {"start": before.total, "start_customers": before.active}
        totals |= {"end": now.total, "end_customers": now.active}
        for name, value in (totals | _movements(before, now, touched, opening)).items():
            found[name][place] = value
    return found


def _once(codes: Whole, customers: int) -> Whole:
    """The distinct codes, without sorting."""
    seen = np.zeros(customers, np.bool_)
    seen[codes] = True
    return np.flatnonzero(seen)


def _movements(before: State, now: State, touched: Whole, opening: int) -> dict[str, int]:
    old, new = before.level[touched], now.level[touched]
    came, went = (old == 0) & (new > 0), (old > 0) & (new == 0)
    up, down = (old > 0) & (new > old), (new > 0) & (new < old)
    fresh = came & (now.since[touched] > opening)
    forced = went & now.involuntary[touched]
    gain = new - old
    parts = {
        ("new", "new_customers"): (fresh, 1),
        ("reactivation", "reactivated_customers"): (came & ~fresh, 1),
        ("expansion", "expanded_customers"): (up, 1),
        ("contraction", "contracted_customers"): (down, -1),
        ("churn", "churned_customers"): (went, -1),
        ("involuntary_churn", "involuntary_churned_customers"): (forced, -1),
    }
    found: dict[str, int] = {}
    for (money, people), (which, sign) in parts.items():
        found[money] = sign * int(gain[which].sum())
        found[people] = int(which.sum())
    return found


def first_months(levels: Levels, customers: int) -> Whole:
    """The first month of every customer; beyond all months for those who never paid."""
    never = np.iinfo(np.int64).max
    begun = np.full(customers, never)
    begun[levels.code[::-1]] = levels.month[::-1]  # the last writer is the earliest change
    return begun


def renumbered(levels: Levels, begun: Whole, first: int) -> tuple[Levels, Whole]:
    """Customers who began from `first` on, numbered by their first month, and those months."""
    never = np.iinfo(np.int64).max
    known = np.flatnonzero((begun >= first) & (begun < never))
    order = known[np.argsort(begun[known], kind="stable")]
    place = np.full(begun.size, -1)
    place[order] = np.arange(order.size)
    code = place[levels.code]
    kept = code >= 0
    return Levels(levels.month[kept], code[kept], levels.level[kept], None), begun[order]


def triangles(levels: Levels, began: Whole, first: int, last: int, included: bool) -> dict[str, Whole]:
    """(months, ages) whole numbers for every month of beginning; exact sums over customers."""
    months = last - first + 1
    names = ("observed", "customers", "initial_revenue", "net_revenue", "gross_revenue")
    found = {name: np.zeros((months, months), np.int64) for name in names}
    present, cuts = np.unique(began, return_index=True)
    sizes = np.diff(cuts, append=began.size)
    state = State(levels, began.size, None)
    initial = np.zeros(began.size, np.int64)
    unbroken = np.ones(began.size, np.bool_)
    for month in range(first, last + 1):
        state.advance(month)
        here = np.searchsorted(present, month, side="right")  # cohorts that have begun
        starts = cuts[:here]
        if not here:
            continue
        end = int(cuts[here]) if here < cuts.size else began.size
        level = state.level[:end]
        if present[here - 1] == month:
            initial[starts[-1] : end] = level[starts[-1] :]
        if not included:
            unbroken[:end] &= level > 0
            level = np.where(unbroken[:end], level, 0)
        row, age = present[:here] - first, month - present[:here]
        found["observed"][row, age] = sizes[:here]
        found["customers"][row, age] = np.add.reduceat((level > 0).astype(np.int64), starts)
        found["initial_revenue"][row, age] = np.add.reduceat(initial[:end], starts)
        found["net_revenue"][row, age] = np.add.reduceat(level, starts)
        found["gross_revenue"][row, age] = np.add.reduceat(np.minimum(level, initial[:end]), starts)
    return found


def cohort_months(first: int, last: int, every: int) -> Whole:
    begin = first - first % every
    return np.arange(begin, last + 1, every)


def grouped(triangles: dict[str, Whole], first: int, every: int) -> dict[str, Whole]:
    """Months of beginning added up to quarters or years of the calendar."""
    if every == 1:
        return triangles
    months = triangles["observed"].shape[0]
    place = (np.arange(months, dtype=np.int64) + first % every) // every
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    return {name: np.add.reduceat(table, starts, axis=0) for name, table in triangles.items()}
