"""Lines of a table → one entry per customer: the definitions, in whole numbers, written once.

Every engine ends here, with lines sorted by customer and day, so all engines count alike. Whole customers
come at a time; the histories of many such parts are joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from retainkit.ingest.transactions.monthly import MonthlyMoney
from retainkit.ingest.transactions.orders import settle
from retainkit.ingest.transactions.plan import ROUNDING, Plan
from retainkit.tables import Codes, Days, Mask
from retainkit.typing import Array, Values

Entries = TypeVar("Entries", "CustomerDays", "Histories")

Small: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class CustomerDays:
    """What each customer did on each day: one entry per customer and day, in that order."""

    code: Codes
    day: Days
    value: Array
    """The day's amounts added up; 0 throughout if there are none."""
    size: Array | None
    """Their sizes added up, which bound what rounding does to sums; None where no amount is negative."""
    lines: Codes

    def where(self, keep: Mask) -> CustomerDays:
        """The entries that `keep` marks."""
        return _each(self, lambda column: None if column is None else column[keep])


@dataclass(frozen=True, slots=True)
class Histories:
    """One entry per customer for one stretch of time."""

    purchases: Small
    """Purchase days; 0 for a customer who did not buy in this stretch."""
    first: Small
    last: Small
    spend: Array
    """Money of the counted purchases, refunds that follow them subtracted."""
    total: Array
    """Money of all purchases, the first one's too."""
    evidence: Mask
    """Where `spend` is above 0 by more than its rounding."""
    log_gaps: Array
    """Sum of ln(days) from each purchase to the next."""
    counts: Counter[str]

    def take(self, places: NDArray[np.intp]) -> Histories:
        """The same with the customers in another order, or only some of them."""
        return _each(self, lambda column: column[places])


def _each(record: Entries, change: Callable[[Any], Any]) -> Entries:
    """The same record with every column changed; counts are of what was counted."""
    columns = {f.name: getattr(record, f.name) for f in fields(record) if f.name != "counts"}
    return replace(record, **{name: change(column) for name, column in columns.items()})


def merge_lines(code: Codes, day: Days, amount: Array | None) -> CustomerDays:
    """Lines sorted by customer and day, added up within the day.

    A sum within the rounding error of its own terms is 0: 0.1 + 0.2 - 0.3 is no refund.
    """
    new = np.ones(code.size, np.bool_)
    new[1:] = (code[1:] != code[:-1]) | (day[1:] != day[:-1])
    starts = np.flatnonzero(new)
    lines = np.diff(starts, append=code.size)
    if amount is None or starts.size == 0:
        return CustomerDays(code[starts], day[starts], np.zeros(starts.size), None, lines)
    amount = _in_one_order(amount, new, lines)
    value = np.add.reduceat(amount, starts)
    if amount.min() >= 0.0:  # nothing can cancel
        return CustomerDays(code[starts], day[starts], value, None, lines)
    size = np.add.reduceat(np.abs(amount), starts)
    value[np.abs(value) <= _doubt(lines, size)] = 0.0
    return CustomerDays(code[starts], day[starts], value, size, lines)


def _doubt(lines: Codes | Array, size: Array) -> Array:
    """How far rounding may move a sum of so many terms: Higham (2002), Accuracy and Stability, eq. 4.4."""
    return lines * ROUNDING * size


def _in_one_order(amount: Array, new: Mask, lines: Codes) -> Array:
    """Amounts of one day in ascending order, so that no engine's row order can change a sum."""
    if lines.size == amount.size:
        return amount
    shared = np.flatnonzero(np.repeat(lines > 1, lines))
    group = np.cumsum(new)[shared]
    amount = amount.copy()
    amount[shared] = amount[shared][np.lexsort((amount[shared], group))]
    return amount


def histories(days: CustomerDays, customers: int, *, skip: int) -> Histories:
    """One entry per customer; money counts from each customer's purchase number `skip` + 1 on.

    `skip` is 1 where a customer's first purchase is the acquisition, 0 where all are repeats. A day
    with a negative sum is a refund: it reduces the money of the purchases before it, and counts
    nowhere if no counted purchase precedes it.
    """
    bought = days.value >= 0.0
    purchases = np.bincount(days.code[bought], minlength=customers)
    so_far = np.cumsum(bought)  # purchases of all customers up to and including this entry
    before = np.cumsum(purchases) - purchases
    number = so_far - before[days.code]  # the customer's own count
    counted = number > skip
    first, last = np.zeros(customers, np.int64), np.zeros(customers, np.int64)
    code, day = days.code[bought], days.day[bought]
    first[code[::-1]] = day[::-1]  # the last write to a place stays
    last[code] = day
    spend = _sum(days.code[counted], days.value[counted], customers)
    if days.size is not None:  # what is left of 0.1 + 0.2 - 0.3 over several days is nothing, too
        lines = _sum(days.code[counted], days.lines[counted], customers)
        size = _sum(days.code[counted], days.size[counted], customers)
        spend[np.abs(spend) <= _doubt(lines, size)] = 0.0
    evidence = spend > 0.0
    any_bought = number > 0
    total = spend if skip == 0 else _sum(days.code[any_bought], days.value[any_bought], customers)
    counts = Counter(
        purchases=int(bought.sum()),
        merged_lines=int((days.lines[bought] - 1).sum()),
        refund_days=int((~bought).sum()),
        refund_day_lines=int(days.lines[~bought].sum()),
        unmatched_refund_days=int((~bought & (number == 0)).sum()),
        first_purchase_refund_days=int((~bought & (number == 1) & (skip == 1)).sum()),
        zero_purchases=int((days.value == 0.0).sum()),
        customers=int((purchases > 0).sum()),
        customers_without_spend=int(((purchases > skip) & ~evidence).sum()),
    )
    gaps = _log_gaps(code, day, customers)
    return Histories(_small(purchases), _small(first), _small(last), spend, total, evidence, gaps, counts)


def _log_gaps(code: Codes, day: Days, customers: int) -> Array:
    """Sum of ln(days between purchases), each logarithm taken once: gaps are small whole numbers."""
    again = np.flatnonzero(code[1:] == code[:-1]) + 1  # the same customer's next purchase day
    gap = day[again] - day[again - 1]
    logs = np.log(np.arange(1, int(gap.max(initial=0)) + 1))
    return _sum(code[again], logs[gap - 1], customers)


def _small(column: Values) -> Small:
    return column.astype(np.int32)  # days and counts of one customer fit, and millions of them must


def _sum(code: Codes, values: Array | Codes, customers: int) -> Array:
    return np.bincount(code, weights=values, minlength=customers).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What happened on each day from `start` on, over all customers."""

    start: int
    new: Codes
    repeat: Codes
    tracked: Codes
    """Repeat purchases of customers acquired before the holdout."""


def calendar(days: CustomerDays, of: Histories, holdout_from: int | None) -> Calendar:
    """New customers and repeat purchases by day."""
    bought = days.value >= 0.0
    code, day = days.code[bought], days.day[bought]
    if day.size == 0:
        nothing = np.zeros(0, np.int64)
        return Calendar(0, nothing, nothing, nothing)
    start, length = int(day.min()), int(day.max() - day.min()) + 1
    is_first = of.first[code] == day
    tracked = ~is_first if holdout_from is None else ~is_first & (of.first[code] < holdout_from)
    by_day = [np.bincount(day[which] - start, minlength=length) for which in (is_first, ~is_first, tracked)]
    return Calendar(start, *by_day)


def join_calendars(parts: list[Calendar], end: int) -> Calendar:
    """Calendars of different customers added up, from the first purchase to `end`."""
    parts = [p for p in parts if p.new.size]
    if not parts:
        return Calendar(end, *np.zeros((3, 0), np.int64))
    start = min(p.start for p in parts)
    total = np.zeros((3, end - start + 1), np.int64)
    for p in parts:
        total[:, p.start - start : p.start - start + p.new.size] += (p.new, p.repeat, p.tracked)
    return Calendar(start, *total)


@dataclass(frozen=True, slots=True)
class Folded:
    """Histories of customers over the whole observation and on both sides of the split."""

    whole: Histories
    before: Histories | None
    after: Histories | None
    calendar: Calendar
    last_day: int
    paid: MonthlyMoney | None = None

    def take(self, places: NDArray[np.intp]) -> Folded:
        """The same with the customers in another order, or only some of them."""
        before, after = (h and h.take(places) for h in (self.before, self.after))
        paid = self.paid and self.paid.take(places, self.whole.purchases.size)
        return replace(self, whole=self.whole.take(places), before=before, after=after, paid=paid)


def fold(
    code: Codes, day: Days, amount: Array | None, customers: int, plan: Plan, order: Codes | None = None
) -> Folded:
    """All lines of some customers, sorted by customer (0 … `customers` - 1) and day, and their orders."""
    days, whole = _lived(code, day, amount, customers, plan, order)
    split = plan.holdout_from
    before = after = None
    if split is not None:
        early = day < split  # what was refunded later had been bought by then
        money = None if amount is None else amount[early]
        orders = None if order is None else order[early]
        _, before = _lived(code[early], day[early], money, customers, plan, orders)
        tracked = days.where((days.day >= split) & (before.purchases[days.code] > 0))
        after = histories(tracked, customers, skip=0)
    paid = None
    if plan.monthly:
        paid = MonthlyMoney.of(days.code, days.day, days.value, days.size, days.lines)
    return Folded(whole, before, after, calendar(days, whole, split), int(day.max()), paid)


def _lived(
    code: Codes, day: Days, amount: Array | None, customers: int, plan: Plan, order: Codes | None
) -> tuple[CustomerDays, Histories]:
    """Days and histories of lines, as they are once orders are settled."""
    left = settle(code, day, amount, order, plan)
    days = _days(left.code, left.day, left.amount, plan)
    found = histories(days, customers, skip=1)
    _count_lines(found.counts, code, amount, plan)
    found.counts.update(left.counts)
    return days, found


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
    paid = [part.paid for part in parts if part.paid is not None]
    sizes = [part.whole.purchases.size for part in parts]
    return Folded(
        _join_histories([part.whole for part in parts]),
        _join_histories(before) if before else None,
        _join_histories(after) if after else None,
        join_calendars(calendars, end),
        end,
        MonthlyMoney.joined(paid, sizes) if paid else None,
    )


def _join_histories(parts: Sequence[Histories]) -> Histories:
    names = (f.name for f in fields(Histories) if f.name != "counts")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Histories(**columns, counts=sum((part.counts for part in parts), Counter[str]()))
