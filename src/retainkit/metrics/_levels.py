"""What each customer pays, told by its changes, and followed over the months: movements, and sums by age.

A change is (month, customer, MRR from that month's end on); months count from January 1970. MRR is kept in
whole fractions of the currency unit (billionths, fewer digits for huge totals), because integers add up
exactly: movements balance to the last unit, a customer who has left is at exactly 0, and no order of rows
or dataframe library gives another answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, log10
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, refuse_where
from retainkit.typing import Array

ONE_DAY = np.timedelta64(1, "D")
"""A step of time with its unit: numpy no longer takes a bare number for one."""

Months: TypeAlias = NDArray[np.int64]
"""Months since January 1970."""


def month_of(days: NDArray[np.datetime64]) -> Months:
    """The month that each day lies in."""
    return days.astype("datetime64[M]").astype(np.int64)


def month_names(months: Months) -> NDArray[np.datetime64]:
    """Months as datetime64[M], which print as 2024-01."""
    return months.astype("datetime64[M]")


def month_name(month: int | np.int64) -> np.datetime64:
    """One month as datetime64[M]."""
    return np.datetime64(int(month), "M")


Whole: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

_MOST_DIGITS, _FEWEST_DIGITS = 9, 2


@dataclass(frozen=True, slots=True)
class Levels:
    """Changes of MRR in the order of months; at most one for a customer and month."""

    month: Months
    code: Whole
    level: Whole
    involuntary: Mask | None
    """Whether a change to 0 was no choice of the customer."""

    def between(self, after: int, until: int) -> slice:
        """The changes in the months after `after` up to and with `until`."""
        first, last = np.searchsorted(self.month, [after, until], side="right")
        return slice(int(first), int(last))


def fixed_point(argument: str, amounts: Array) -> tuple[Whole, int]:
    """Amounts as whole numbers of a fraction of the currency unit, and how many make one unit."""
    total = float(amounts.sum())
    digits = _MOST_DIGITS if total < 1.0 else min(_MOST_DIGITS, floor(log10(2.0**62 / total)))
    if digits < _FEWEST_DIGITS:
        rule = "must add up to less than 4e16 over all rows"
        way_out = "Count in thousands or millions of the currency unit."
        raise InputError("out-of-range", argument, total, rule, way_out)
    whole = np.rint(amounts * 10.0**digits).astype(np.int64)
    rule = f"must be 0 or at least 1e-{digits} of the currency unit"
    refuse_where(
        (whole == 0) & (amounts > 0.0),
        "out-of-range",
        argument,
        amounts,
        rule,
        "Write 0 for customers who pay nothing.",
    )
    return whole, 10**digits


def from_rows(month: Months, code: Whole, amount: Whole, involuntary: Mask | None, last: int) -> Levels:
    """Changes from one row per customer and month, all with a positive amount, in any order."""
    base, span = int(month.min()), int(month.max() - month.min()) + 2
    key = code * span + (month - base)  # the gap of one keeps customers from touching
    order = np.argsort(key, kind="stable")
    key, amount = key[order], amount[order]
    follows = np.zeros(key.size, np.bool_)
    follows[1:] = key[1:] == key[:-1] + 1
    changed = ~follows
    changed[1:] |= amount[1:] != amount[:-1]
    final = np.ones(key.size, np.bool_)
    final[:-1] = ~follows[1:]
    final &= key % span + base < last  # who is there in the last month has not left
    flag = None if involuntary is None else involuntary[order][final]
    return _in_order(key[changed], amount[changed], key[final] + 1, flag, base, span)


def from_spans(
    begins: Months, ends: Months, code: Whole, amount: Whole, involuntary: Mask | None, last: int
) -> Levels:
    """Changes from subscriptions that are there at the ends of the months ``begins <= month < ends``."""
    base, span = int(begins.min()), int(last - begins.min()) + 2
    over = ends <= last
    key = np.concatenate([code * span + (begins - base), code[over] * span + (ends[over] - base)])
    order = np.argsort(key, kind="stable")
    key, first = np.unique(key[order], return_index=True)
    change = np.add.reduceat(np.concatenate([amount, -amount[over]])[order], first)
    level = np.cumsum(change)
    customer = key // span
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    before = level[starts] - change[starts]  # the running sum over all earlier customers
    level -= np.repeat(before, np.diff(starts, append=customer.size))
    flag = None
    if involuntary is not None:
        said = np.concatenate([np.zeros(code.size, np.bool_), involuntary[over]])[order]
        flag = np.logical_or.reduceat(said, first)
    moved, gone = change != 0, level == 0
    up = moved & ~gone
    out = moved & gone
    return _in_order(key[up], level[up], key[out], None if flag is None else flag[out], base, span)


def _in_order(key: Whole, level: Whole, gone: Whole, flag: Mask | None, base: int, span: int) -> Levels:
    """Levels above 0 and departures, by customer and month, sorted by month."""
    keys = np.concatenate([key, gone])
    months = keys % span + base
    order = np.argsort(months.astype(np.int16 if abs(base) + span < 32_000 else np.int64), kind="stable")
    said = None if flag is None else np.concatenate([np.zeros(key.size, np.bool_), flag])[order]
    levels = np.concatenate([level, np.zeros(gone.size, np.int64)])
    return Levels(months[order], (keys // span)[order], levels[order], said)


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
