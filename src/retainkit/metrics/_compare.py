"""Every customer's MRR at the two ends of windows, told apart into the five movements."""

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
