"""What months have done to the revenue of a subscription base, in cells of plan and age.

A customer's state at the end of a month is a plan, an age (months since this spell began) and what is paid.
All is counted from changes of state, so that the work does not grow with the months that customers stay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from retainkit.metrics import SubscriptionBase
from retainkit.typing import Array, NumberLike

Whole: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
S = TypeVar("S", bound=np.generic)

RETURNS_WITHIN = 12
"""Months after which who has left is not looked for any more."""

TOGETHER = "plans that few have left"

_FEW = 10  # customers, of whom half may change by chance
_LEAVINGS = 20  # of a plan, without which its customers tell little of how long they stay
_APART = 8  # plans with models of their own: each takes a third of a second


@dataclass(frozen=True, slots=True)
class Cells:
    """Plans, each apart or several together where too few have left them."""

    names: tuple[str, ...]
    """The plans apart; after them one name for those together, if there are any."""
    place: Whole
    """Of each plan of the base, its place among the names."""

    @classmethod
    def each(cls, plans: tuple[str, ...]) -> Cells:
        """Every plan apart."""
        return cls(plans or ("",), np.arange(max(len(plans), 1)))

    @classmethod
    def of(cls, base: SubscriptionBase, named: Collection[str | None]) -> Cells:
        """Apart are plans that are named, and of the others those that most have left, if enough did."""
        plans, v = base.plan_sets, base.monthly.levels
        if v.group is None:
            return cls.each(plans)
        goes = v.before(v.there) & ~v.there & (v.before(v.group) >= 0)
        left = np.bincount(v.before(v.group)[goes], minlength=len(plans))
        least = max(_LEAVINGS, int(np.sort(left)[-_APART:][0]))
        own = {plan for plan, n in zip(plans, left.tolist(), strict=True) if n >= least or plan in named}
        # one alone has nobody to be told with
        return cls.apart(plans, own) if len(own) < len(plans) - 1 else cls.each(plans)

    @classmethod
    def apart(cls, plans: tuple[str, ...], own: Collection[str]) -> Cells:
        """Those plans apart, all others together."""
        names = [plan for plan in plans if plan in own]
        place = {plan: k for k, plan in enumerate(names)}
        others = (TOGETHER,) if len(names) < len(plans) else ()
        return cls((*names, *others), np.array([place.get(plan, len(names)) for plan in plans]))


@dataclass(frozen=True, slots=True)
class Runs:
    """Times in which a customer's state at the ends of months did not change, in the order of customers."""

    code: Whole
    begin: Whole
    """The first month's end in that state, and the first that is not."""
    end: Whole
    level: Array
    """Money a month; 0 in a pause."""
    plan: Whole
    since: Whole
    """The month in which the spell began."""
    there: Mask
    follows: Mask
    """Whether the run before is of the same customer."""

    @classmethod
    def of(cls, base: SubscriptionBase, cells: Cells | None = None) -> Runs:
        """Those of a base, as far as the last whole month; plans by number, or by cells of them."""
        monthly = base.monthly
        v, last = monthly.levels, int(monthly.last_month.astype(np.int64))
        follows = np.append(False, v.code[1:] == v.code[:-1])
        begins = v.there & ~(np.append(False, v.there[:-1]) & follows)
        since = v.month[np.maximum.accumulate(np.where(begins, np.arange(v.code.size), 0))]
        end = np.append(v.month[1:], last + 1)
        end[:-1][~follows[1:]] = last + 1
        cells = cells or Cells.each(base.plan_sets)
        plan = np.zeros(v.code.size, np.int64) if v.group is None else cells.place[v.group]
        if monthly.opening == "existing":
            # of who was there before, the age is not known: rows of their own, after those of the plans
            plan = plan + len(cells.names) * (since <= int(monthly.first_month.astype(np.int64)))
        return cls(v.code, v.month, end, v.level / monthly.scale, plan, since, v.there, follows)

    def before(self, column: NDArray[S]) -> NDArray[S]:
        """What a column was in the run before; of the first run of a customer its own."""
        return np.where(self.follows, np.append(column[:1], column[:-1]), column)


@dataclass(frozen=True, slots=True)
class History:
    """Sums by month and plan, and the customers who are there at the last month's end.

    Months are counted from `first`; the arrays of movements have one entry for each month after it.
    """

    first: int
    last: int
    plans: tuple[str, ...]
    """Once more after the last for the customers of the opening, whose ages are not known."""
    at_risk: Array
    """(months, plans, ages) customers at each month's end before, by age then; who left of them beside it."""
    left: Array
    paying: Array
    """(months, plans) money at each month's end before; of pauses what was paid before them."""
    expanded: Array
    contracted: Array
    paused: Array
    pausing: Array
    resumed: Array
    raised: Mask
    """(months,) whether more than half of the customers of a plan came to pay more, or less: a new price."""
    moved: Array
    """(plans, plans) money that moved from plan to plan, and (plans,) money that might have."""
    new: Array
    """(months, plans) money of customers never seen before, and how many."""
    new_customers: Array
    lost: Array
    """(lags,) money of who had left so many months before, and of it what came back."""
    returned: Array
    size: Array
    """(plans,) variance of what customers pay over its squared mean."""
    customers_now: Array
    """(plans, ages) customers, their money, and (plans,) the money of pauses."""
    money_now: Array
    pausing_now: Array
    gone_now: Array
    """(plans, lags) money of who has left, by months since."""

    @property
    def months(self) -> int:
        return self.last - self.first

    @property
    def prices(self) -> Array:
        """(months,) by what factor prices have changed since each month, where all came to pay another."""
        more = (self.expanded - self.contracted).sum(axis=1)
        rose = np.where(self.raised, 1.0 + ratio(more, self.paying.sum(axis=1)), 1.0).cumprod()
        return ratio(rose[-1], rose, 1.0)

    @classmethod
    def of(cls, base: SubscriptionBase, cells: Cells | None = None) -> History:
        """Everything from the first month whose beginning is known; by plan, or by cells of plans."""
        runs, monthly = Runs.of(base, cells), base.monthly
        first, last = (int(m.astype(np.int64)) for m in (monthly.first_month, monthly.last_month))
        plans = base.plan_sets or ("",) if cells is None else cells.names
        if monthly.opening == "new":
            first -= 1  # nobody was there before, and that is known
        else:
            plans = (*plans, *plans)
        months = last - first
        ages = months + 1
        shape = (months, len(plans))
        # who was there before counts from the first month on: their rows have one chance for all ages
        since = np.maximum(runs.since, first)
        # customers at risk, by plan and age: +1 where a run begins, −1 where it ends, along its diagonal
        counted = _along(runs, since, first, last, len(plans), ages)
        old_plan, old, was = runs.before(runs.plan), runs.before(runs.level), runs.before(runs.there)
        inside = runs.follows & (runs.begin > first) & (runs.begin <= last)
        month = runs.begin - first - 1
        goes = inside & was & ~runs.there
        left = np.zeros((months, len(plans), ages))
        np.add.at(left, (month[goes], old_plan[goes], (runs.begin - 1 - runs.before(since))[goes]), 1.0)
        stays = inside & was & runs.there
        up, down = (stays & (old > 0.0) & test for test in (runs.level > old, runs.level < old))
        many = 0.5 * np.maximum(counted.sum(axis=2), _FEW)
        raised = [(_money_of(which, month, old_plan, shape) > many).any(axis=1) for which in (up, down)]
        # a price of 0 while the customer stays is a pause, and the first price after it its end
        halts, resumes = down & (runs.level == 0.0), stays & (old == 0.0) & (runs.level > 0.0)
        held = _held(runs, old)
        crossed = stays & (runs.plan != old_plan)
        moved = np.zeros((len(plans), len(plans)))
        np.add.at(moved, (old_plan[crossed], runs.plan[crossed]), old[crossed])
        comes = runs.there & ~was & inside
        fresh = runs.there & ~runs.follows & (runs.begin > first)
        lost, returned, gone_now = _departed(runs, old, old_plan, goes, comes, last, len(plans))
        now = runs.there & (runs.end > last) & (runs.begin <= last)
        age = np.minimum(last - since[now], ages - 1)
        customers_now, money_now = np.zeros((2, len(plans), ages))
        np.add.at(customers_now, (runs.plan[now], age), 1.0)
        np.add.at(money_now, (runs.plan[now], age), runs.level[now])
        waits = now & (runs.level == 0.0)
        return cls(
            first, last, plans, counted, left,
            paying=_paying(runs, first, last, len(plans), runs.level),
            expanded=_money_of(up, month, old_plan, shape, runs.level - old),
            contracted=_money_of(down & ~halts, month, old_plan, shape, old - runs.level),
            paused=_money_of(halts, month, old_plan, shape, old),
            pausing=_paying(runs, first, last, len(plans), np.where(runs.level == 0.0, held, 0.0)),
            resumed=_money_of(resumes, month, old_plan, shape, runs.level),
            raised=raised[0] | raised[1],
            moved=moved,
            new=_money_of(fresh, month, runs.plan, shape, runs.level),
            new_customers=_money_of(fresh, month, runs.plan, shape),
            lost=lost, returned=returned,
            size=_dispersion(runs.plan[now & ~waits], runs.level[now & ~waits], len(plans)),
            customers_now=customers_now, money_now=money_now,
            pausing_now=np.bincount(runs.plan[waits], held[waits], len(plans)).astype(np.float64),
            gone_now=gone_now,
        )  # fmt: skip


def _money_of(
    which: Mask, month: Whole, plan: Whole, shape: tuple[int, int], amount: Array | None = None
) -> Array:
    """(months, plans) sums of an amount, or counts."""
    found = np.zeros(shape)
    np.add.at(found, (month[which], plan[which]), 1.0 if amount is None else amount[which])
    return found


def _held(runs: Runs, old: Array) -> Array:
    """What a customer in a pause paid before it; else what is paid."""
    place = np.where(runs.level > 0.0, np.arange(runs.level.size), -1)
    start = np.where(runs.follows, 0, np.arange(runs.level.size))
    place = np.maximum(np.maximum.accumulate(place), 0)
    known = place >= np.maximum.accumulate(start)
    return np.where(known, runs.level[place], old)


def _span(runs: Runs, first: int, last: int) -> tuple[Mask, Whole, Whole]:
    """The runs that are there at an end from `first` to before `last`, and which ends those are."""
    begin, end = np.maximum(runs.begin, first) - first, np.minimum(runs.end, last) - first
    return runs.there & (end > begin), begin, end


def _paying(runs: Runs, first: int, last: int, plans: int, amount: Array) -> Array:
    """(months, plans) sums of an amount over who is there at the end before each month."""
    some, begin, end = _span(runs, first, last)
    found = np.zeros((last - first + 1, plans))
    np.add.at(found, (begin[some], runs.plan[some]), amount[some])
    np.add.at(found, (end[some], runs.plan[some]), -amount[some])
    return np.maximum(found.cumsum(axis=0)[:-1], 0.0)


def _along(runs: Runs, since: Whole, first: int, last: int, plans: int, ages: int) -> Array:
    """(months, plans, ages) customers at the end before each month, by age there."""
    some, begin, end = _span(runs, first, last)
    cohort = since[some] - first
    found = np.zeros((last - first + 1, plans, ages))
    np.add.at(found, (begin[some], runs.plan[some], cohort), 1.0)
    np.add.at(found, (end[some], runs.plan[some], cohort), -1.0)
    by_cohort = found.cumsum(axis=0)[:-1]
    months = last - first
    aged = np.zeros((months, plans, ages))
    for month in range(months):  # who began in month c is month − c old
        aged[month, :, : month + 1] = by_cohort[month, :, month::-1]
    return aged


def _departed(
    runs: Runs, old: Array, old_plan: Whole, goes: Mask, comes: Mask, last: int, plans: int
) -> tuple[Array, Array, Array]:
    """Money that was gone for 1, 2, … months and might have come back, that did, and that is gone now."""
    lags = np.arange(1, RETURNS_WITHIN + 1)
    gone = goes & ~runs.there
    until = np.where(runs.end <= last, runs.end, last + 1)
    away = until - runs.begin  # months without, counted at their ends
    back = np.append(comes[1:], False) & gone  # the next run of the customer is a return
    # who is gone at the end of observation may yet come back after that long
    lost = np.array([old[gone & ((away > lag) | (back & (away == lag)))].sum() for lag in lags])
    returned = np.array([old[back & (away == lag)].sum() for lag in lags])
    now = gone & (until == last + 1)
    gone_now = np.zeros((plans, RETURNS_WITHIN))
    near = now & (last - runs.begin < RETURNS_WITHIN)
    np.add.at(gone_now, (old_plan[near], (last - runs.begin)[near]), old[near])
    return lost, returned, gone_now


def _dispersion(plan: Whole, level: Array, plans: int) -> Array:
    """Squared coefficient of variation of what customers pay, by plan."""
    count = np.bincount(plan, minlength=plans)
    mean = ratio(np.bincount(plan, level, plans), count)
    square = ratio(np.bincount(plan, level**2, plans), count)
    return np.maximum(ratio(square, mean**2, 1.0) - 1.0, 0.0)


def ratio(part: NumberLike, whole: NumberLike, otherwise: float = 0.0) -> Array:
    """Part over whole; a stated number where the whole is 0."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    return np.divide(part, whole, out=np.full(shape, otherwise), where=np.asarray(whole) > 0.0)
