"""Exact sums by month of beginning and age."""

from __future__ import annotations

import numpy as np

from retainkit.metrics._compare import State
from retainkit.metrics._levels import Levels, Whole


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
