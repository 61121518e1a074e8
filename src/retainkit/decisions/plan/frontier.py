"""The best set of initiatives for every budget: by trying all of them, or greedily with a bound on the best.

The gain of a set is neither the sum of its parts nor does every addition add less than the one before
(customers saved by one initiative are there for the next), so that nothing short of trying all sets is
sure to find the best. Up to 15 initiatives that is 32,768 sets. Beyond, initiatives are added one at a
time by what they add per money, and no set gains more than what each of its own can add at most:

A customer is there in month t with and without initiative i with chances S and S·e^(−Λ), Λ being the
hazard that i takes away up to t; the difference S·(1 − e^(−Λ)) is greatest where S and Λ are. S is
greatest if everything is done that lowers the hazard, Λ if everything is done that raises it. Margins and
lifts count with the most customers where they add and with the fewest where they take away. So each has a
most that it adds, the sum of which no set exceeds; with a budget, the sum over those with the most per
cost (Dantzig's bound of a knapsack).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.gains import Gains, every_set, none
from retainkit.decisions.plan.population import Flow
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


def most_each_can_add(gains: Gains) -> Array:
    """Mean over the draws of the most that each initiative adds; ``inf`` where margins may fall below 0."""
    p, moved = gains.population, gains.moved
    everything = p.acts[None]  # (1, cells, pieces, initiatives)
    least = p.multiplier(everything, np.minimum(moved.log_ratio, 0.0))
    harm = np.maximum(moved.log_ratio, 0.0)
    most = p.multiplier(everything, harm)
    margin = p.base.margin[p.segment][:, None, None]
    gaining = margin + everything @ np.maximum(moved.money, 0.0)
    # a customer who costs money makes every bound below run the other way
    if np.any(margin + everything @ np.minimum(moved.money, 0.0) < 0.0):
        return np.full(gains.count, inf)
    hazard = p.hazard[:, :, None]
    at_best, at_worst = np.exp(-hazard * least), np.exp(-hazard * most)
    joining = p.joining(1.0 + everything @ np.maximum(moved.lift, 0.0))
    few = p.joining(np.maximum(1.0 + everything @ np.minimum(moved.lift, 0.0), 0.0))
    free = np.zeros_like(joining)
    all_kept = _earned(gains, at_best, gaining, joining)
    found: list[float] = []
    for i in range(gains.count):
        only = np.eye(gains.count)[i] * everything
        # the most that i takes away is taken from a hazard that everything harmful has raised
        helped = harm.copy()
        helped[:, i] = moved.log_ratio[:, i]
        taken = hazard * np.maximum(most - p.multiplier(everything, helped), 0.0)
        # customers saved count at the best margin there can be, for as long as the best survival lets them
        saved = all_kept - _earned(gains, at_best * np.exp(-taken), gaining, joining)
        up = _earned(gains, at_best, only @ np.maximum(moved.money, 0.0), joining)
        down = _earned(gains, at_worst, only @ np.minimum(moved.money, 0.0), few)
        more = p.joining(only @ np.maximum(moved.lift, 0.0))
        won = p.total(Flow(at_best, gaining, more), start=False)
        # fewer new customers spare their acquisition cost, also where they would have been worth it
        spared = -p.total(Flow(at_best, free, p.joining(only @ np.maximum(-moved.lift, 0.0))), start=False)
        found.append(float((saved + up + down + won + spared).mean() - p.fixed_cost[i]))
    return np.array(found)


def most_of_all(gains: Gains) -> float:
    """What everything that helps would bring if it were free and nothing harmed."""
    p, moved = gains.population, gains.moved
    everything = p.acts[None]
    flow = p.flow(
        p.multiplier(everything, np.minimum(moved.log_ratio, 0.0)),
        everything @ np.maximum(moved.money, 0.0),
        everything @ np.maximum(moved.lift, 0.0),
    )
    spared = p.joining(everything @ np.maximum(-moved.lift, 0.0))
    less = p.total(Flow(flow.stay, np.zeros_like(flow.margin), spared), start=False)
    return float((p.total(flow) - less - gains.nothing).mean())


def _earned(gains: Gains, stay: Array, margin: Array, arrive: Array) -> Array:
    """What is earned, whatever winning the new customers costs."""
    p = gains.population
    spent = p.total(Flow(stay, np.zeros_like(margin), arrive))
    return p.total(Flow(stay, margin, arrive)) - spent


def most_within(most: Array, cost: Array, budget: float) -> float:
    """The best fractional choice: those with the most per cost first, the last of them in part."""
    useful = np.flatnonzero(most > 0.0)
    with np.errstate(divide="ignore"):
        order = useful[np.argsort(-most[useful] / cost[useful], kind="stable")]
    left, total = budget, 0.0
    for i in order:
        price = float(cost[i])
        # the last one in part: no whole set can earn more than this mixture
        part = 1.0 if price <= left else left / price
        total += part * float(most[i])
        left -= part * price
        if part < 1.0:
            break
    return total
