"""Lines of one order → one purchase; orders that were refunded in full → none.

Whole customers come at a time, sorted by customer and day, and go so. Where a period is held out, each side
of its first day is settled on its own: a refund in it cancels no order before it, for then it was one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retainkit.ingest.transactions.plan import ROUNDING, Plan
from retainkit.tables import Codes, Days
from retainkit.typing import Array

_PLACES = 6  # amounts are the same if they are so to a millionth: sums of cents are off by much less


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines that are left, sorted by customer and day, and the counts of those that are not."""

    code: Codes
    day: Days
    amount: Array | None
    counts: Counter[str] = field(default_factory=Counter[str])


def settle(code: Codes, day: Days, amount: Array | None, order: Codes | None, plan: Plan) -> Settled:
    """Lines of each order on its first day, without orders that were cancelled."""
    counts = Counter[str]()
    if order is None and plan.refunds != "cancel":
        return Settled(code, day, amount)
    later = np.zeros_like(code) if plan.holdout_from is None else (day >= plan.holdout_from).astype(np.int64)
    group = _numbered(_numbered(code, day if order is None else order), later)
    if order is not None:
        counts["duplicate_lines"] = _repeated(group, day, amount)
        first = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.int64).max)
        np.minimum.at(first, group, day)
        day = first[group]
    if plan.refunds == "cancel" and amount is not None:
        gone = _cancelled(group, 2 * code + later, day, amount, plan.refund_window)
        lost = gone[group]
        counts["cancelled_orders"], counts["cancelled_lines"] = _orders(gone, group, amount), int(lost.sum())
        code, day, amount = code[~lost], day[~lost], amount[~lost]
    by_day = np.lexsort((day, code))
    return Settled(code[by_day], day[by_day], None if amount is None else amount[by_day], counts)


def _numbered(code: Codes, other: Codes) -> Codes:
    """One number for each pair that occurs."""
    span = int(other.max(initial=0)) - int(other.min(initial=0)) + 1
    return np.unique(code * span + other - other.min(initial=0), return_inverse=True)[1].astype(np.int64)


def _repeated(group: Codes, day: Days, amount: Array | None) -> int:
    """How many lines are like an earlier one of their order in all that is read."""
    money = np.zeros(group.size) if amount is None else amount
    sort = np.lexsort((money, day, group))
    same = [np.diff(column[sort]) == 0 for column in (group, day, money)]
    return int((same[0] & same[1] & same[2]).sum())


def _cancelled(group: Codes, side: Codes, day: Days, amount: Array, window: int | None) -> NDArray[np.bool_]:
    """Which orders were refunded in full: by their own lines, or by an equal amount after them."""
    lines = np.bincount(group)
    total = np.bincount(group, weights=amount)
    size = np.bincount(group, weights=np.abs(amount))
    negative = np.bincount(group, weights=amount < 0.0) > 0
    gone = negative & (np.abs(total) <= lines * ROUNDING * size)
    if window is None:
        return gone
    who, when = np.empty_like(lines), np.empty_like(lines)
    who[group], when[group] = side, day
    cents = np.round(np.abs(total), _PLACES)
    refunds = np.flatnonzero((total < 0.0) & ~gone)
    wanted = set(zip(who[refunds].tolist(), cents[refunds].tolist(), strict=True))
    open_orders: dict[tuple[int, float], list[int]] = defaultdict(list)
    for k in np.lexsort((total < 0.0, when)).tolist():  # by day, purchases of a day before its refunds
        key = (int(who[k]), float(cents[k]))
        if key not in wanted or gone[k] or total[k] == 0.0:
            continue
        if total[k] > 0.0:
            open_orders[key].append(k)
        elif open_orders[key] and when[k] - when[open_orders[key][-1]] <= window:
            gone[[k, open_orders[key].pop()]] = True
    return gone


def _orders(gone: NDArray[np.bool_], group: Codes, amount: Array) -> int:
    """How many of the orders that are gone were purchases, not the refunds that match them."""
    bought = np.bincount(group, weights=amount > 0.0, minlength=gone.size) > 0
    return int((gone & bought).sum())
