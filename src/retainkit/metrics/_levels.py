"""What each customer pays, told by its changes: movements between period ends, and sums by age.

A change is (period, customer, MRR from that period's end on); periods are whole numbers, months since January
1970 for one. MRR is kept in whole fractions of the currency unit (billionths, fewer digits for huge totals),
because integers add up exactly: movements balance to the last unit, and no order of rows or dataframe library
gives another answer. Nothing here loops over periods: a window's movements are differences between a
customer's changes, and all that is true at an end is a running sum of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from typing import Any, TypeAlias

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

FAR = 1 << 26
"""Days: more than any calendar has, few enough for a hundred thousand million customers."""

_MOST_DIGITS, _FEWEST_DIGITS = 9, 2


@dataclass(frozen=True, slots=True)
class Levels:
    """Changes of MRR by customer and then by time; at most one for a customer and period."""

    month: Months
    """The period at whose end the change holds: a month, or whatever is counted in."""
    code: Whole
    level: Whole
    there: Mask
    """Whether the customer is one: paying, or in a pause or a free period."""
    involuntary: Mask | None = None
    """Whether a departure was no choice of the customer."""
    group: Whole | None = None
    """The plan from then on, by number; of a departure the last one."""

    def where(self, keep: Mask | NDArray[np.intp]) -> Levels:
        """The changes that `keep` marks, or at those places."""
        more = {n: None if (c := getattr(self, n)) is None else c[keep] for n in ("involuntary", "group")}
        return Levels(self.month[keep], self.code[keep], self.level[keep], self.there[keep], **more)

    def before(self, column: NDArray[Any]) -> NDArray[Any]:
        """What `column` was at a customer's change before; 0 or False where there was none."""
        found = np.zeros_like(column)
        found[1:] = np.where(self.code[1:] == self.code[:-1], column[:-1], found[:-1])
        return found

    def changes(self) -> Levels:
        """Without those that change nothing."""
        moved = np.ones(self.code.size, np.bool_)
        columns = [self.code, self.level, self.there, *([] if self.group is None else [self.group])]
        moved[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
        return self if moved.all() else self.where(moved)

    def last_in(self, period: Whole) -> NDArray[np.intp]:
        """The places of the changes that hold at the ends of periods; one is told for each change."""
        last = np.ones(period.size, np.bool_)
        last[:-1] = (self.code[1:] != self.code[:-1]) | (period[1:] != period[:-1])
        place = np.flatnonzero(last)
        there, code = self.there[place], self.code[place]
        # who came and went between two ends is not seen
        there[1:] |= there[:-1] & (code[1:] == code[:-1])
        return place[there]

    def at_ends(self, period: Whole) -> Levels:
        """The changes between the ends of longer periods; `period` says in which each change lies."""
        return replace(self, month=period).where(self.last_in(period))


def fixed_point(argument: str, amounts: Array) -> tuple[Whole, int]:
    """Amounts as whole numbers of a fraction of the currency unit, and how many make one unit."""
    total = float(np.abs(amounts).sum())
    digits = _MOST_DIGITS if total < 1.0 else min(_MOST_DIGITS, floor(log10(2.0**62 / total)))
    if digits < _FEWEST_DIGITS:
        rule = "must add up to less than 4e16 over all rows"
        way_out = "Count in thousands or millions of the currency unit."
        raise InputError("out-of-range", argument, total, rule, way_out)
    whole = np.rint(amounts * 10.0**digits).astype(np.int64)
    rule = f"must be 0 or at least 1e-{digits} of the currency unit"
    refuse_where(
        (whole == 0) & (amounts != 0.0),
        "out-of-range",
        argument,
        amounts,
        rule,
        "Write 0 for customers who pay nothing.",
    )
    return whole, 10**digits


_Spans: TypeAlias = tuple[Whole, Whole, Whole, Whole, int, Mask | None, Whole | None]
"""What `from_spans` takes, in its order."""


def from_spans(
    begins: Whole,
    ends: Whole,
    code: Whole,
    amount: Whole,
    last: int,
    involuntary: Mask | None = None,
    plan: Whole | None = None,
    every_change: bool = False,
) -> Levels:
    """Changes from subscriptions that are there in ``begins <= period < ends``, in any order, added up."""
    if code.size == 0:
        none = np.zeros(0, np.int64)
        return Levels(none, none, none, none > 0, None if involuntary is None else none > 0)
    spans = begins, ends, code, amount, last, involuntary, plan
    same, ascending = code[1:] == code[:-1], bool((code[1:] >= code[:-1]).all())
    if ascending and not (same & (begins[1:] < ends[:-1])).any() and not (amount < 0).any():
        found = _one_by_one(spans)
    else:
        found = _added_up(spans)
    return found if every_change else found.changes()


def _one_by_one(spans: _Spans) -> Levels:
    """The same of lines in order of which no two of a customer overlap: nothing has to be sorted."""
    begins, ends, code, amount, last, involuntary, plan = spans
    leaves = ends <= last
    leaves[:-1] &= (code[1:] != code[:-1]) | (begins[1:] > ends[:-1])
    gone = np.flatnonzero(leaves)
    size = code.size + gone.size
    went = gone + np.arange(1, gone.size + 1)  # each departure stands behind its line
    came = np.ones(size, np.bool_)
    came[went] = False
    line = np.cumsum(came) - 1
    month, level = begins[line], amount[line]
    month[went], level[went] = ends[gone], 0
    flag = None
    if involuntary is not None:
        flag = np.zeros(size, np.bool_)
        flag[went] = involuntary[gone]
    group = None
    if plan is not None:
        told = (
            plan
            if (plan >= 0).all()
            else plan[np.maximum.accumulate(np.where(plan >= 0, np.arange(plan.size), 0))]
        )
        group = told[line]
    return Levels(month, code[line], level, came, flag, group)


def _added_up(spans: _Spans) -> Levels:
    begins, ends, code, amount, last, involuntary, plan = spans
    base, span = int(begins.min()), int(last - begins.min()) + 2
    over = np.flatnonzero(ends <= last)
    keys = np.concatenate([code[over] * span + (ends[over] - base), code * span + (begins - base)])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    key, customer = keys[first], keys[first] // span
    starts = np.flatnonzero(np.diff(customer, prepend=-1))

    def running(gone: Whole, came: Whole) -> Whole:
        change = np.add.reduceat(np.concatenate([gone, came])[order], first)
        level = np.cumsum(change)
        before = level[starts] - change[starts]  # the running sum over all earlier customers
        return level - np.repeat(before, np.diff(starts, append=customer.size))

    level = running(-amount[over], amount)
    ones = np.where(amount < 0, -1, 1)  # a credit takes away what was booked
    there = running(-ones[over], ones) > 0
    flag = None
    if involuntary is not None:
        said = np.concatenate([involuntary[over], np.zeros(code.size, np.bool_)])[order]
        flag = np.logical_or.reduceat(said, first) & ~there
    group = None
    if plan is not None:  # the last to begin says it; who begins none keeps the one before
        said = np.concatenate([np.full(over.size, -1), plan])[order]
        told = np.maximum.reduceat(np.where(said >= 0, np.arange(said.size), 0), first)
        group = said[np.maximum.accumulate(told)]
    return Levels(key % span + base, customer, np.where(there, level, 0), there, flag, group)


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
MOVED = ("moved_in", "moved_out", "moved_in_customers", "moved_out_customers")
"""Revenue and customers of those who stay and change their group."""

Window = tuple[int, int]
"""Two periods: the one whose end opens the window, and the one whose end closes it."""


def compare(
    levels: Levels, windows: Sequence[Window], reactivation: int | None, *, stride: int = 1, groups: int = 1
) -> dict[str, Whole]:
    """Money (in whole units) and customers of every movement, (groups, windows), windows ascending.

    Each window begins where the one `stride` places before it ends.
    """
    since = _relation(levels, reactivation)
    edges = np.array(windows, np.int64)
    found = {name: np.zeros((groups, len(windows)), np.int64) for name in (*MONEY, *CUSTOMERS, *MOVED)}
    for k in range(min(stride, len(windows))):
        part = _follow(levels, since, np.append(edges[k::stride, 0], edges[k::stride, 1][-1]), groups)
        for name, value in part.items():
            found[name][:, k::stride] = value
    return found


def _relation(levels: Levels, reactivation: int | None) -> Months:
    """When the relation began that each change belongs to; a return after too long begins a new one."""
    begins = levels.there & ~levels.before(levels.there)
    apart = np.ones(begins.size, np.bool_)
    apart[1:] = levels.code[1:] != levels.code[:-1]
    if reactivation is not None:
        apart |= levels.month - levels.before(levels.month) > reactivation
    return levels.month[np.maximum.accumulate(np.where(begins & apart, np.arange(apart.size), 0))]


def _follow(levels: Levels, since: Months, edges: Whole, groups: int) -> dict[str, Whole]:
    """The movements in windows that follow each other: between `edges`, ascending ends of periods."""
    windows = edges.size - 1
    place = np.searchsorted(edges, levels.month, side="left") - 1
    inside = levels.last_in(place)
    inside = inside[place[inside] < windows]
    kept, place, since = levels.where(inside), place[inside], since[inside]
    level, there = kept.level, kept.there
    old, was = kept.before(level), kept.before(there)
    group = np.zeros(place.size, np.int64) if kept.group is None else kept.group
    whence = np.where(was, kept.before(group), group)  # who stays or leaves counts where they were
    now = place >= 0
    came, went, stays = now & ~was & there, now & was & ~there, now & was & there
    fresh = came & (since > edges[np.maximum(place, 0)])
    crossed = stays & (whence != group)
    parts = {
        ("new", "new_customers"): (fresh, whence, level),
        ("reactivation", "reactivated_customers"): (came & ~fresh, whence, level),
        ("expansion", "expanded_customers"): (stays & (level > old), whence, level - old),
        ("contraction", "contracted_customers"): (stays & (level < old), whence, old - level),
        ("churn", "churned_customers"): (went, whence, old),
        ("moved_in", "moved_in_customers"): (crossed, group, level),
        ("moved_out", "moved_out_customers"): (crossed, whence, level),
    }
    if kept.involuntary is not None:
        forced = went & kept.involuntary
        parts["involuntary_churn", "involuntary_churned_customers"] = (forced, whence, old)
    found: dict[str, Whole] = {}
    for (money, people), (which, where, amount) in parts.items():
        cell = where[which] * windows + place[which]
        shape = (groups, windows)
        found[money] = _sums(cell, amount[which], groups * windows).reshape(shape)
        found[people] = np.bincount(cell, minlength=groups * windows).reshape(shape).astype(np.int64)
    opens = there & (place < 0)
    begin = _sums(group[opens], level[opens], groups), np.bincount(group[opens], minlength=groups)
    names = ("", ("new", "reactivation", "expansion", "moved_in"), ("contraction", "churn", "moved_out"))
    people = (
        "_customers",
        ("new_customers", "reactivated_customers", "moved_in_customers"),
        ("churned_customers", "moved_out_customers"),
    )
    for first, (suffix, gains, losses) in zip(begin, (names, people), strict=True):
        net = sum(found[name] for name in gains) - sum(found[name] for name in losses)
        ends = first[:, None] + np.cumsum(net, axis=1)
        found[f"end{suffix}"] = ends
        found[f"start{suffix}"] = ends - net
    return found


def _sums(place: Whole, amounts: Whole, size: int) -> Whole:
    """Exact sums of whole numbers by place."""
    found = np.zeros(size, np.int64)
    np.add.at(found, place, amounts)
    return found


def first_months(levels: Levels, customers: int) -> Whole:
    """The first month of every customer; beyond all months for those who never paid."""
    begun = np.full(customers, np.iinfo(np.int64).max)
    begun[levels.code[::-1]] = levels.month[::-1]  # the last writer is the earliest change
    return begun


def triangles(levels: Levels, begun: Whole, first: int, last: int, included: bool) -> dict[str, Whole]:
    """(months, ages) whole numbers for every month of beginning from `first` on, summed exactly."""
    months = last - first + 1
    levels = levels.where(begun[levels.code] >= first)
    if not included:  # from the first departure on nothing counts
        gone = np.cumsum(~levels.there) - ~levels.there
        levels = levels.where(gone == gone[np.searchsorted(levels.code, levels.code)])
    began, old = begun[levels.code], levels.before(levels.level)
    initial = levels.level[np.searchsorted(levels.code, levels.code)]
    cell = (began - first) * months + levels.month - began
    change = {
        "customers": levels.there.astype(np.int64) - levels.before(levels.there),
        "net_revenue": levels.level - old,
        "gross_revenue": np.minimum(levels.level, initial) - np.minimum(old, initial),
    }
    found = {n: _sums(cell, c, months**2).reshape(months, months).cumsum(axis=1) for n, c in change.items()}
    seen = np.add.outer(np.arange(months), np.arange(months)) < months
    size = np.bincount(begun[(begun >= first) & (begun <= last)] - first, minlength=months)
    found |= {
        "observed": size[:, None] * np.ones_like(seen),
        "initial_revenue": found["net_revenue"][:, :1] + 0 * seen,
    }
    return {name: np.where(seen, table, 0) for name, table in found.items()}


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
