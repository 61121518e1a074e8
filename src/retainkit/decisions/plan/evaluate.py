"""A plan from its parts to its result."""

from __future__ import annotations

from itertools import combinations
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.effects import draw, moved, one_or_draws
from retainkit.decisions.plan.frontier import FrontierPoint, Search, search
from retainkit.decisions.plan.gains import Gains, overlaps
from retainkit.decisions.plan.learn_first import learn_first
from retainkit.decisions.plan.population import Base, populate
from retainkit.decisions.plan.question import InitiativeInputs, PlanInputs
from retainkit.decisions.plan.result import InitiativeResult, PlanResult
from retainkit.decisions.plan.service import AnyInitiative
from retainkit.errors import InputError
from retainkit.typing import Array

_FEWEST_DRAWS = 100  # below it an interval of 90% hangs on the five draws at each end


def evaluated(
    base: Base,
    initiatives: tuple[AnyInitiative, ...],
    *,
    name: str,
    budget: float | None,
    draws: int,
    seed: int,
) -> PlanResult:
    """Everything that there is to say of a plan."""
    _check_draws(draws)
    names = tuple(i.name for i in initiatives)
    drawn = draw(initiatives, draws=draws, seed=seed)
    gains = Gains(populate(base, initiatives), moved(initiatives, base, drawn.value))
    alone, cost = gains.alone(), gains.budgeted(initiatives)
    found = search(gains, cost, inf if budget is None else budget)
    order = _order(alone.mean(axis=1), cost)
    learning, everything = learn_first(gains(found.candidates), drawn, initiatives)
    each = np.eye(len(names), dtype=np.bool_)
    inputs = [InitiativeInputs.of(base, initiatives, drawn, one) for one in each]
    # where nothing is worth doing, it is told what would make the best single initiative worth it
    chosen = found.best if found.best.any() else each[order[0]]
    pairs = [one | other for one, other in combinations(each, 2)]
    overlap, *two = overlaps(gains, np.stack([found.best, *pairs]), names, alone.mean(axis=1))
    return PlanResult(
        name=name,
        gain=one_or_draws(gains(found.best[None])[0]),
        inputs=PlanInputs.of(base, initiatives, drawn, chosen),
        chosen=_named(names, found.best),
        cost=float(found.best @ cost),
        initiatives=_rows(gains, found.best, order, alone, cost, inputs),
        frontier=_points(found, names),
        exact=found.exact,
        bound=found.best_bound,
        overlap=overlap,
        overlapping_pairs=tuple(sorted(two, key=lambda pair: pair.same_customers)),
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
    gains: Gains,
    best: NDArray[np.bool_],
    order: NDArray[np.intp],
    alone: Array,
    cost: Array,
    inputs: list[InitiativeInputs],
) -> tuple[InitiativeResult, ...]:
    net = alone.mean(axis=1)
    # what an initiative adds to those before it, in the order of return: the last ones find little left
    better = np.tri(len(order), dtype=np.bool_)  # row k: the k + 1 best, in their order
    added = np.diff(gains.means(better[:, np.argsort(order)]), prepend=0.0)
    by_value = np.argsort(np.argsort(-net, kind="stable"), kind="stable")
    per_cost = _per_cost(net, cost)
    return tuple(
        InitiativeResult(
            name=inputs[i].initiatives[0].name,
            gain=one_or_draws(alone[i]),
            inputs=inputs[i],
            cost=float(cost[i]),
            net_value_per_cost=float(per_cost[i]),
            net_value_after_better=float(added[rank]),
            rank_by_return=rank + 1,
            rank_by_value=int(by_value[i]) + 1,
            chosen=bool(best[i]),
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
