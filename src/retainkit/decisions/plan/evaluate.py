"""A plan from its parts to its result."""

from __future__ import annotations

from itertools import combinations
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.effects import draw, moved
from retainkit.decisions.plan.flips import base_assumptions, effect_assumptions
from retainkit.decisions.plan.frontier import FrontierPoint, Search, search
from retainkit.decisions.plan.gains import Gains
from retainkit.decisions.plan.learn_first import learn_first
from retainkit.decisions.plan.overlap import Overlap, overlaps
from retainkit.decisions.plan.population import populate
from retainkit.decisions.plan.question import Question
from retainkit.decisions.plan.result import InitiativeResult, PlanResult
from retainkit.errors import InputError
from retainkit.typing import Array

_FEWEST_DRAWS = 100  # below it an interval of 90% hangs on the five draws at each end


def evaluated(question: Question, *, draws: int, seed: int) -> PlanResult:
    """Everything that there is to say of a plan."""
    _check_draws(draws)
    initiatives = question.initiatives
    names = tuple(i.name for i in initiatives)
    base = question.base()
    drawn = draw(initiatives, draws=draws, seed=seed)
    population = populate(base, initiatives)
    gains = Gains(population, moved(initiatives, base, drawn.effects, drawn.owner, drawn.value))
    alone, cost = gains.alone(), gains.budgeted(initiatives)
    found = search(gains, cost, inf if question.budget is None else question.budget)
    order = _order(alone.mean(axis=1), cost)
    learning, everything = learn_first(gains(found.candidates), drawn, names)
    # where nothing is worth doing, it is told what would make the best single initiative worth it
    chosen = found.best if found.best.any() else np.eye(len(names), dtype=np.bool_)[order[0]]
    return PlanResult(
        name=question.name,
        gain=gains(found.best[None])[0],
        assumptions=base_assumptions(question, chosen),
        chosen=_named(names, found.best),
        cost=float(found.best @ cost),
        initiatives=_rows(question, gains, found.best, order, alone, cost),
        frontier=_points(found, names),
        exact=found.exact,
        bound=found.best_bound,
        overlap=overlaps(gains, found.best[None], names, alone.mean(axis=1))[0],
        overlapping_pairs=_pairs(gains, names, alone.mean(axis=1)),
        learn_first=learning,
        value_of_knowing_all=everything,
    )


def _check_draws(draws: int) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < _FEWEST_DRAWS:  # pyright: ignore[reportUnnecessaryIsInstance]
        rule = f"must be a whole number, {_FEWEST_DRAWS} or more"
        raise InputError("out-of-range", "draws", draws, rule, "Leave it out for 1000.")


def _named(names: tuple[str, ...], members: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, is_in in zip(names, members, strict=True) if is_in)


def _per_cost(net: Array, cost: Array) -> Array:
    # what is free and helps goes first, what is free and harms goes last
    free = np.where(net > 0.0, inf, np.where(net < 0.0, -inf, 0.0))
    return np.where(cost > 0.0, net / np.where(cost > 0.0, cost, 1.0), free)


def _order(net: Array, cost: Array) -> NDArray[np.intp]:
    """By net value per cost, then by net value."""
    return np.lexsort((-net, -_per_cost(net, cost)))


def _rows(
    question: Question,
    gains: Gains,
    best: NDArray[np.bool_],
    order: NDArray[np.intp],
    alone: Array,
    cost: Array,
) -> tuple[InitiativeResult, ...]:
    net = alone.mean(axis=1)
    low, high = np.quantile(alone, [0.05, 0.95], axis=1)
    # what an initiative adds to those before it, in the order of return: the last ones find little left
    better = np.tri(len(order), dtype=np.bool_)  # row k: the k + 1 best, in their order
    added = np.diff(gains.means(better[:, np.argsort(order)]), prepend=0.0)
    by_value = np.argsort(np.argsort(-net, kind="stable"), kind="stable")
    effects = effect_assumptions(question)
    per_cost = _per_cost(net, cost)
    return tuple(
        InitiativeResult(
            name=question.initiatives[i].name,
            cost=float(cost[i]),
            net_value=float(net[i]),
            low=float(low[i]),
            high=float(high[i]),
            net_value_per_cost=float(per_cost[i]),
            net_value_after_better=float(added[rank]),
            probability_of_gain=float((alone[i] > 0.0).mean()),
            rank_by_return=rank + 1,
            rank_by_value=int(by_value[i]) + 1,
            chosen=bool(best[i]),
            effects=effects[i],
        )
        for rank, i in enumerate(map(int, order))
    )


def _points(found: Search, names: tuple[str, ...]) -> tuple[FrontierPoint, ...]:
    more_spend, more_net = np.diff(found.spend, prepend=0.0), np.diff(found.net, prepend=0.0)
    returns = _per_cost(more_net, more_spend)
    return tuple(
        FrontierPoint(float(spend), float(net), _named(names, members), float(back), float(bound))
        for spend, net, members, back, bound in zip(
            found.spend, found.net, found.sets, returns, found.bound, strict=True
        )
    )


def _pairs(gains: Gains, names: tuple[str, ...], net: Array) -> tuple[Overlap, ...]:
    pairs = list(combinations(range(len(names)), 2))
    if not pairs:
        return ()
    sets = np.zeros((len(pairs), len(names)), np.bool_)
    for row, pair in zip(sets, pairs, strict=True):
        row[list(pair)] = True
    return tuple(sorted(overlaps(gains, sets, names, net), key=lambda pair: pair.same_customers))
