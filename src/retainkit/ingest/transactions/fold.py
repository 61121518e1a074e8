"""Whole customers at a time → their histories, and many such parts → one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retainkit.ingest.transactions.collapse import (
    Calendar,
    Codes,
    CustomerDays,
    Histories,
    calendar,
    histories,
    join_calendars,
    merge_lines,
)
from retainkit.ingest.transactions.plan import Plan
from retainkit.tables import Days
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class Folded:
    """Histories of customers over the whole observation and on both sides of the split."""

    whole: Histories
    before: Histories | None
    after: Histories | None
    calendar: Calendar
    last_day: int

    def take(self, places: NDArray[np.intp]) -> Folded:
        """The same with the customers in another order, or only some of them."""
        before, after = (h and h.take(places) for h in (self.before, self.after))
        return replace(self, whole=self.whole.take(places), before=before, after=after)


def fold(code: Codes, day: Days, amount: Array | None, customers: int, plan: Plan) -> Folded:
    """All lines of some customers, sorted by customer (0 … `customers` - 1) and day."""
    days = _days(code, day, amount, plan)
    whole = histories(days, customers, skip=1)
    _count_lines(whole.counts, code, amount, plan)
    split = plan.holdout_from
    before = after = None
    if split is not None:
        early = day < split
        before = histories(days.where(days.day < split), customers, skip=1)
        _count_lines(before.counts, code[early], None if amount is None else amount[early], plan)
        tracked = days.where((days.day >= split) & (before.purchases[days.code] > 0))
        after = histories(tracked, customers, skip=0)
    return Folded(whole, before, after, calendar(days, whole, split), int(day.max()))


def _days(code: Codes, day: Days, amount: Array | None, plan: Plan) -> CustomerDays:
    if plan.refunds == "ignore" and amount is not None:
        keep = amount >= 0.0
        if not keep.all():
            return merge_lines(code[keep], day[keep], amount[keep])
    return merge_lines(code, day, amount)


def _count_lines(counts: Counter[str], code: Codes, amount: Array | None, plan: Plan) -> None:
    """Add what only the lines themselves can tell; `code` is sorted."""
    present = int(np.count_nonzero(np.diff(code)) + 1) if code.size else 0
    counts["refund_only_customers"] = present - counts["customers"]
    if amount is None:
        counts["zero_purchases"] = counts["customers_without_spend"] = 0  # no amounts, so no such thing
        return
    counts["refund_lines"] = int(np.count_nonzero(amount < 0.0))
    if plan.refunds == "ignore":
        counts["ignored_refund_lines"] = counts["refund_lines"]


def join(parts: Sequence[Folded], observation_end: int | None) -> Folded:
    """The parts one after the other; the calendar runs to the end of observation."""
    last_day = max(part.last_day for part in parts)
    end = last_day if observation_end is None else observation_end
    calendars = [part.calendar for part in parts]
    before = [part.before for part in parts if part.before is not None]
    after = [part.after for part in parts if part.after is not None]
    return Folded(
        _join_histories([part.whole for part in parts]),
        _join_histories(before) if before else None,
        _join_histories(after) if after else None,
        join_calendars(calendars, end),
        end,
    )


def _join_histories(parts: Sequence[Histories]) -> Histories:
    def whole(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.counts)
    return replace(
        parts[0],
        purchases=whole("purchases"),
        first=whole("first"),
        last=whole("last"),
        spend=whole("spend"),
        evidence=whole("evidence"),
        log_gaps=whole("log_gaps"),
        counts=counts,
    )
