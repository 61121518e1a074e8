"""No set gains more than this: what each initiative can add at most, whatever else is done.

A customer is there in month t with and without initiative i with chances S and S·e^(−Λ), Λ being the
hazard that i takes away up to t; the difference S·(1 − e^(−Λ)) is greatest where S and Λ are. S is
greatest if everything is done that lowers the hazard, Λ if everything is done that raises it. Margins and
lifts count with the most customers where they add and with the fewest where they take away. So each has a
most that it adds, the sum of which no set exceeds; with a budget, the sum over those with the most per
cost (Dantzig's bound of a knapsack).
"""

from __future__ import annotations

from math import inf

import numpy as np

from retainkit.decisions.plan.gains import Gains
from retainkit.decisions.plan.population import Flow
from retainkit.typing import Array


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
