"""The best set of initiatives for every budget: by trying all of them, or greedily with a bound on the best.

The gain of a set is neither the sum of its parts nor does every addition add less than the one before
(customers saved by one initiative are there for the next), so that nothing short of trying all sets is
sure to find the best. Up to 15 initiatives that is 32,768 sets. Beyond, initiatives are added one at a
time by what they add per money.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.bound import most_each_can_add, most_of_all, most_within
from retainkit.decisions.plan.gains import Gains, every_set, none
from retainkit.records import Record
from retainkit.typing import Array

_MOST_TRIED = 15  # initiatives: twice as many sets for one more
_CANDIDATES = 4096  # sets that may turn out best once effects are better known; the rest is far behind


@dataclass(frozen=True, eq=False)
class FrontierPoint(Record):
    """The best set for a budget.

    Attributes
    ----------
    spend : float, money of now
        The budget from which on this set is the best.
    net_value : float, money of now
        What it gains after all costs, on average.
    initiatives : tuple of str
    return_on_more : float
        What each unit of money spent beyond the point before adds, net.
    bound : float
        No set of this spend or less gains more; the net value itself where all sets were tried.
    """

    spend: float
    net_value: float
    initiatives: tuple[str, ...]
    return_on_more: float
    bound: float

    def __str__(self) -> str:
        doing = ", ".join(self.initiatives) or "nothing"
        return f"For {self.spend:,.0f}, {doing} gains {self.net_value:,.0f}."


@dataclass(frozen=True, slots=True)
class Search:
    """What was found: efficient sets by rising spend, and the sets worth a second look."""

    sets: NDArray[np.bool_]
    spend: Array
    net: Array
    bound: Array
    exact: bool
    candidates: NDArray[np.bool_]
    best: NDArray[np.bool_]
    """Of the sets within the budget."""
    best_bound: float


def search(gains: Gains, cost: Array, budget: float) -> Search:
    """The efficient sets and the best one within the budget."""
    exact = gains.count <= _MOST_TRIED
    sets = every_set(gains.count) if exact else _greedy(gains, cost, budget)
    net, spend = gains.means(sets), sets @ cost
    affordable = np.flatnonzero(spend <= budget)
    # stable: of equal sets the one with fewer initiatives, which stands first, is named
    order = affordable[np.argsort(-net[affordable], kind="stable")]
    best = order[0]
    keep = _efficient(spend, net)
    if exact:
        bound, best_bound = net[keep], float(net[best])
    else:
        most, all_of_it = most_each_can_add(gains), most_of_all(gains)
        bound = np.array([min(most_within(most, cost, b), all_of_it) for b in spend[keep]])
        best_bound = min(most_within(most, cost, budget), all_of_it)
    candidates = sets[np.sort(order[:_CANDIDATES])]
    return Search(sets[keep], spend[keep], net[keep], bound, exact, candidates, sets[best], best_bound)


def _efficient(spend: Array, net: Array) -> NDArray[np.intp]:
    """The sets that no other beats with as little spend, by rising spend."""
    # by spend, and of equal spend the best first: only what beats all cheaper sets is efficient
    order = np.lexsort((-net, spend))
    before = np.concatenate([[-inf], np.maximum.accumulate(net[order])[:-1]])
    return order[net[order] > before]


def _greedy(gains: Gains, cost: Array, budget: float) -> NDArray[np.bool_]:
    """Nothing, each alone, and what grows from nothing: with a limit on the spend and without."""
    # without a limit for the frontier, with it for the best set: the last addition may not fit
    grown = [_grow(gains, cost, limit) for limit in {inf, budget}]
    single = np.eye(gains.count, dtype=np.bool_)
    return np.unique(np.concatenate([none(gains.count), single, *grown]), axis=0)


def _grow(gains: Gains, cost: Array, limit: float) -> NDArray[np.bool_]:
    """One more initiative at a time, that which adds most per money, as long as one adds anything."""
    now, worth, path = none(gains.count)[0], 0.0, [none(gains.count)[0]]
    while True:
        open_to = np.flatnonzero(~now & (cost + now @ cost <= limit))
        if open_to.size == 0:
            return np.array(path)
        larger = now | np.eye(gains.count, dtype=np.bool_)[open_to]
        found = gains.means(larger)
        added = found - worth
        with np.errstate(divide="ignore"):
            # free and useful is infinitely good per money, and taken first
            per_cost = np.where(added > 0.0, added / cost[open_to], -inf)
        pick = int(np.argmax(per_cost))
        if added[pick] <= 0.0:
            return np.array(path)
        now, worth = larger[pick], float(found[pick])
        path.append(now)
