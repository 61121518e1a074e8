"""Sharing a budget among responses that first steepen and then flatten, with a bound on any other answer.

Where every response flattens from the first unit on, the marginal returns are equal at the optimum and one
search for their common level ends it. An S-shaped response is covered by its smallest concave cover: a
straight line from the left end of its interval to where it touches, and the response itself beyond. The
covers give an upper bound; where it is above what the responses themselves bring, the interval of the worst
is split (Udell, M. and Boyd, S. (2014), "Maximizing a Sum of Sigmoids").
"""

from __future__ import annotations

import heapq
from itertools import count
from math import sqrt
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.search import where_zero
from retainkit.typing import Array

_CLOSE = 1e-10  # of the money at stake
_MOST_SPLITS = 2000  # a bound that is still open then is told, with the best answer found


class Responses(Protocol):
    """Money brought by money spent on each of n options."""

    @property
    def inflection(self) -> Array:
        """The spending up to which each response steepens, (n,)."""
        ...

    def worth(self, spend: Array, /) -> Array:
        """Money brought, (n,)."""
        ...

    def slope(self, spend: Array, /) -> Array:
        """Money brought by the next unit, (n,)."""
        ...

    def spend_at_slope(self, slope: float, /) -> Array:
        """Where, beyond the inflections, the slopes have fallen to this, (n,)."""
        ...


class Shared(NamedTuple):
    """The spending on each option, what it earns net, the common return of the next unit, and the bound."""

    spend: Array
    net: float
    marginal_return: float
    bound: float


class _Covers(NamedTuple):
    """Concave covers over intervals: lines from `low` to `touch`, then the responses; all (n,)."""

    low: Array
    high: Array
    touch: Array
    line: Array
    """The slopes of the lines; inf where there is none and the response is its own cover."""


def share(responses: Responses, high: Array, budget: float) -> Shared:
    """The spending on every option, at most its `high` and in total the budget, that earns most net."""
    order = count()
    best = Shared(np.zeros_like(high), _net(responses, np.zeros_like(high)), 1.0, np.inf)
    queue = [_node(responses, _cover(responses, np.zeros_like(high), high), budget, order)]
    bound = -queue[0].minus_bound
    for _ in range(_MOST_SPLITS):
        if not queue:
            bound = best.net
            break
        # best first: the node with the highest bound is the only one that can prove the others useless
        node = heapq.heappop(queue)
        bound = max(-node.minus_bound, best.net)
        best = max(best, *_candidates(responses, node, budget), key=_earned)
        if bound - best.net <= _CLOSE * max(1.0, abs(bound), float(np.minimum(budget, high).max())):
            break
        for half in _split(responses, node):
            # the lower ends of a node are spent for certain
            if half.low.sum() <= budget:
                made = _node(responses, half, budget, order)
                if -made.minus_bound > best.net:
                    heapq.heappush(queue, made)
    return best._replace(bound=max(bound, best.net))


class _Node(NamedTuple):
    """A part of the search: the covers, their optimum and its height; ordered by the height."""

    minus_bound: float
    number: int
    covers: _Covers
    spend: Array
    price: float


def _node(responses: Responses, covers: _Covers, budget: float, order: count[int]) -> _Node:
    spend, price = _fill(responses, covers, budget)
    bound = float((_height(responses, covers, spend) - spend).sum())
    return _Node(-bound, next(order), covers, spend, price)


def _earned(tried: Shared) -> float:
    return tried.net


def _net(responses: Responses, spend: Array) -> float:
    return float((responses.worth(spend) - spend).sum())


def _cover(responses: Responses, low: Array, high: Array) -> _Covers:
    start = np.clip(responses.inflection, low, high)
    base = responses.worth(low)

    def still_below(spend: Array) -> Array:  # the line to `spend` is less steep there than the response
        return responses.slope(spend) * (spend - low) - (responses.worth(spend) - base)

    bent = start > low
    touch = np.where(still_below(high) >= 0.0, high, where_zero(still_below, start, np.maximum(start, high)))
    touch = np.where(bent, touch, low)
    with np.errstate(all="ignore"):
        line = np.where(bent, (responses.worth(touch) - base) / (touch - low), np.inf)
    return _Covers(low, high, touch, line)


def _height(responses: Responses, covers: _Covers, spend: Array) -> Array:
    """The covers at a spending."""
    low, _, touch, line = covers
    on_line = (spend < touch) & (line < np.inf)
    with np.errstate(invalid="ignore"):
        straight = responses.worth(low) + line * (spend - low)
    return np.where(on_line, straight, responses.worth(spend))


def _demand(responses: Responses, covers: _Covers, price: float, *, eager: bool) -> Array:
    """The best spending at a price of money; `eager` takes all of a line that is as good as nothing."""
    low, high, touch, line = covers
    found = np.minimum(np.maximum(responses.spend_at_slope(price), touch), high)
    return np.where((line < price) | ((line == price) & (not eager)), low, found)


def _fill(responses: Responses, covers: _Covers, budget: float) -> tuple[Array, float]:
    """The optimum of the covers: money flows to the highest marginal return, down to 1 or to the budget."""
    all_that_pays = _demand(responses, covers, 1.0, eager=True)
    if all_that_pays.sum() <= budget:
        return all_that_pays, 1.0
    low, high = 1.0, 2.0
    # squared, not doubled: the price of a scarce unit may be of any size
    while _demand(responses, covers, high, eager=False).sum() > budget and high < 1e150:
        low, high = high, high * high
    while True:  # demand falls with the price, with a step where a line begins
        # by digits while they are far apart, then by halves
        middle = sqrt(low * high) if high > 4.0 * low else 0.5 * (low + high)
        if not low < middle < high:
            break
        if _demand(responses, covers, middle, eager=False).sum() > budget:
            low = middle
        else:
            high = middle
    spend = _demand(responses, covers, high, eager=False)
    # at the price itself demand jumps by whole lines: what the budget leaves goes to them in order
    more = np.maximum(0.0, _demand(responses, covers, low, eager=True) - spend)
    before = np.concatenate([[0.0], np.cumsum(more)[:-1]])
    return spend + np.clip(budget - spend.sum() - before, 0.0, more), high


def _candidates(responses: Responses, node: _Node, budget: float) -> list[Shared]:
    """What the responses earn: as the covers say, and with the option on a line left out or taken."""
    # the covers overstate only on a line: with it left out, or taken to its end, the answer is one of ours
    found = [Shared(node.spend, _net(responses, node.spend), node.price, np.inf)]
    low, high, touch, line = node.covers
    used = (node.spend > low) | (line == np.inf)
    on_line = used & (line < np.inf) & (node.spend < touch)
    for taken in (used & ~on_line, used) if on_line.any() else ():
        start = np.where(taken, np.clip(responses.inflection, low, high), low)
        if start.sum() <= budget:
            flat = _Covers(start, np.where(taken, high, low), start, np.full_like(low, np.inf))
            spend, price = _fill(responses, flat, budget)
            found.append(Shared(spend, _net(responses, spend), price, np.inf))
    return found


def _split(responses: Responses, node: _Node) -> list[_Covers]:
    """Two parts: the interval of the cover that overstates most is cut where it is used."""
    gaps: NDArray[np.float64] = _height(responses, node.covers, node.spend) - responses.worth(node.spend)
    i = int(np.argmax(gaps))
    if gaps[i] <= 0.0:
        return []
    below, above = node.covers.high.copy(), node.covers.low.copy()
    below[i] = above[i] = node.spend[i]
    return [_cover(responses, node.covers.low, below), _cover(responses, above, node.covers.high)]
