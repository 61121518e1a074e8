"""The search for the best parameters: several starts, the limits of the model, and what became of them.

A likelihood of customers who differ has, beside the maximum that is wanted, ridges that rise for ever towards
simpler models: nobody leaves, all are alike. A climb from one start may end on the wrong one. So starts climb
together where that is cheap; and where one of them runs away, or the estimate lies far out, more follow and
each limit is fitted itself. What is highest is the answer; if that is a limit, there is no estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from retainkit._numerics.halton import halton
from retainkit._numerics.maximize import CLOSE, Climb, Evaluate, Maximum, caught_early, climb, finish
from retainkit.inference.view import View, Watch, objective
from retainkit.models import MODELS
from retainkit.models.family import PlainFamily, hold
from retainkit.parameters import Limit
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

_CHEAP = 2_000  # rows up to which three climbs together cost little more than one
_REACH = 8.0  # e^8, three thousand times the typical value: from there on it is the limits' turn
_FAR = 4.0  # e-folds from the start, with which an estimate is looked at twice
_WEAK = 1.0  # information with which it is, too: a standard error of an e-fold
_FAINT = 0.1  # that with which more starts are climbed from: three e-folds
_NEAR = 0.5  # of log-likelihood, which no test would call a difference
_BESIDE = 2  # starts beside the first where these are cheap
_FEW, _MORE_BESIDE = 500, 4  # rows up to which twice as many hardly count
_INWARD = 3.0  # e-folds beyond the middle, from where a climb goes to the limit or away from it
_POOL, _MORE = 12, 4  # where there is a doubt: from the highest of so many is climbed
_ASIDE = 20.0  # of log-likelihood below the highest: beside a limit that is lower nothing was found
_HIGH = 100.0  # of log-likelihood: what lies lower another start would not lift so far
_EDGE_STEPS = 3  # of Newton's, which a limit without a maximum of its own would take without end
_THIN = 2_000  # rows that are enough to see where a climb leads
_ALIKE = 1e-3  # of log-likelihood, between two ends of climbs that are one


@dataclass(frozen=True, slots=True)
class Edge:
    """A limit of the family: what is held to be there, how high the likelihood is, and where."""

    limit: Limit
    held: dict[str, float]
    value: float
    values: dict[str, float]
    """All parameters of the family there."""


@dataclass(frozen=True, slots=True)
class Search:
    """The best that was found, and how sure that is."""

    found: Maximum
    starts: int
    agreed: int
    """How many of the climbs ended where the best one did."""
    edge: Edge | None = None
    """The limit that is at least as high as anything within, if one is."""
    near: Edge | None = None
    """The highest limit, if hardly lower than the best within: what a flat likelihood is flat towards."""


@dataclass(frozen=True, slots=True)
class Searcher:
    """What a search is about."""

    view: View
    rows: AbstractSummary
    centre: Array
    """The default start, in the optimiser's coordinates."""
    ranges: Array
    """Typical ranges of the parameters, (p, 2), on the line."""
    watch: Watch | None = None

    def settled(self, top: Maximum) -> Search | None:
        """A maximum that was found by other means, if it leaves no doubt."""
        return Search(top, 1, 1) if self._clear(top) and abs(top.decrement) < CLOSE else None

    def search(self, given: Array | None) -> Search:
        """Climb from the default start, a `given` one and others, and look around if that leaves a doubt."""
        evaluate = objective(self.view, self.rows, self.watch)
        starts = [self.centre] if given is None else [self.centre, given]
        climbs, used = climb(evaluate, np.stack(starts), _REACH)
        beside = _MORE_BESIDE if len(self.rows) <= _FEW else _BESIDE
        others = np.array(self.spread(beside)) if len(self.rows) <= _CHEAP else None
        top, climbs = _topped(evaluate, climbs, used, others)
        if top is None:
            return self._look_around(evaluate, climbs, None, self.spread(_POOL))
        if others is not None:  # once a maximum is known, it is soon clear that others lead there, too
            seen, others = caught_early(evaluate, top)
            summit = max(range(len(climbs)), key=lambda i: (climbs[i].ended, climbs[i].place.value))
            climbs = [*climbs, *(Climb(place, summit, ended=False) for place in seen)]
            if len(others):
                climbs, _ = climb(evaluate, others, _REACH, top, earlier=climbs)
        if self._disagree(top, climbs) or not self._clear(top):
            return self._look_around(evaluate, climbs, top, self.spread(_POOL, skip=beside))
        return Search(top, len(climbs), _agreed(climbs, top.value))

    def spread(self, count: int, skip: int = 0) -> list[Array]:
        """Starts spread over the typical ranges, with no large gap."""
        shares = _even(count, len(self.ranges), skip)
        low, high = self.ranges.T
        return list(self.view.scaled(low + shares * (high - low)))

    def _disagree(self, top: Maximum, climbs: Sequence[Climb]) -> bool:
        return any(c.lost or (c.ended and abs(c.place.value - top.value) > _ALIKE) for c in climbs)

    def _clear(self, top: Maximum, weak: float = _WEAK) -> bool:
        """Whether a maximum is so pronounced that no limit need be compared with it."""
        weakest = float(np.linalg.eigvalsh(top.curvature)[0]) if np.isfinite(top.curvature).all() else -1.0
        near = float(np.abs(top.point - self.centre).max()) < _FAR
        return near and weakest > max(weak, 4.0 * top.rounding)

    def _stands(self, top: Maximum, climbs: Sequence[Climb], edge: Edge | None) -> bool:
        """Whether a maximum needs no more starts, since all led there and no limit is near."""
        low = edge is None or edge.value < top.value - _NEAR
        return low and self._clear(top, _FAINT) and not self._disagree(top, climbs)

    def _look_around(
        self, evaluate: Evaluate, climbs: list[Climb], top: Maximum | None, starts: list[Array]
    ) -> Search:
        """All limits, and more starts if doubt is left: on some rows where there are many."""
        highest = _highest(climbs).place
        thin = replace(self, rows=self.rows.thinned(_THIN))
        # a limit far lower than a place within need not be known well; the bar is one of all rows
        bar = highest.value if thin.rows is self.rows else -np.inf
        edges = [thin.edge(at, thin.on_the_way(at, highest.point), bar) for at in self.view.family.limits]
        edge = max(edges, key=lambda e: e.value, default=None)
        # back from limits that are lower, too: the best within may lie beside any of them
        back = [self.inward(e) for e in edges if edge is not None and e.value > edge.value - _ASIDE]
        if edge is not None and thin.rows is not self.rows:
            edge = self.edge(edge.limit, [edge.values])  # the best of them, on all rows
        if top is not None and self._stands(top, climbs, edge):
            return Search(top, len(climbs), _agreed(climbs, top.value))
        some_rows = evaluate if thin.rows is self.rows else objective(self.view, thin.rows, self.watch)
        heights, merged = np.nan_to_num(some_rows(np.array(starts), bent=False)[0], nan=-np.inf), 0
        chosen: list[int] = np.argsort(-heights, kind="stable")[: _MORE - bool(back)].tolist()
        more: Array = np.array([*(starts[i] for i in chosen), *back])
        if thin.rows is not self.rows:
            more = np.concatenate([self.centre[None], more])  # without the other rows it may lead elsewhere
            some, _ = climb(some_rows, more, _REACH)
            # they go on as one from the place where the best of them ended
            more, merged = _highest(some).place.point[None], _agreed(some, _highest(some).place.value) - 1
        aim = bar if edge is None else max(bar, edge.value)
        found, used = climb(evaluate, more, _REACH, bar=aim, earlier=climbs)
        climbs = [*found, *[Climb(found[-1].place, len(climbs), ended=False)] * merged]
        again, climbs = _topped(evaluate, climbs, used, above=-np.inf if top is None else top.value + _ALIKE)
        top = again or top
        highest = _highest(climbs).place
        slack = 1e-8 + 1e-13 * abs(highest.value)
        least = max(highest.value, -np.inf if edge is None else edge.value) + slack
        if thin.rows is self.rows and (top is None or least > top.value + slack):
            # no maximum is the highest: from the other starts, too, as high ones lie on the slope of a limit
            others = np.array([start for i, start in enumerate(starts) if i not in chosen])
            found, used = climb(evaluate, others, _REACH, bar=aim, earlier=climbs)
            again, climbs = _topped(evaluate, found, used, above=least, lost=True)
            top, highest = again or top, _highest(climbs).place
        higher = top is None or highest.value > top.value + slack
        if higher and (edge is None or edge.value < highest.value - slack):
            # it rises for ever, or to a maximum far out, and no limit is known to be higher: gone to its end
            top, climbs = _topped(evaluate, climbs, used, lost=True)
        if edge is not None and (top is None or edge.value >= top.value - slack):
            return Search(self._at(evaluate, edge), len(climbs), sum(c.lost for c in climbs), edge)
        assert top is not None
        near = edge if edge is not None and edge.value > top.value - _NEAR else None
        return Search(top, len(climbs), _agreed(climbs, top.value), near=near)

    def _at(self, evaluate: Evaluate, edge: Edge) -> Maximum:
        """How the ground lies at an edge."""
        point = self.view.scaled(self.view.line(edge.values.values()))
        _, gradients, outers = evaluate(point[None])
        # nothing is estimated there, so that the curvature need not be measured
        return Maximum(point, edge.value, gradients[0], outers[0], outers[0], 0.0, 0)

    def on_the_way(self, limit: Limit, point: Array) -> list[dict[str, float]]:
        """Parameters at a limit: typical ones, and those that a point tends to."""
        names = self.view.family.names()
        typical, here = (
            dict(zip(names, self.view.parameters_and_jacobian(p)[0], strict=True))
            for p in (self.centre, point)
        )
        held, there = limit.edge(typical)
        first, *_ = limit.moving
        for name, factor in limit.factors(here[first], held[first], typical[first]).items():
            here[name] *= factor
        return [typical | held | there, here | held]

    def inward(self, edge: Edge) -> Array:
        """A start a little on the way back from the best of a limit, to see whether it rises."""
        names, limit = self.view.family.names(), edge.limit
        middle = dict(zip(names, self.view.parameters_and_jacobian(self.centre)[0], strict=True))
        first = limit.moving[0]
        there = middle[first] * np.exp(_INWARD if limit.rising else -_INWARD)
        back = limit.factors(edge.values[first], there, middle[first])
        values = edge.values | {name: middle[name] for name in limit.idle}
        return self.view.scaled(self.view.line([values[name] * back.get(name, 1.0) for name in names]))

    def edge(self, limit: Limit, starts: list[dict[str, float]], bar: float = -np.inf) -> Edge:
        """The best of a limit, climbing from some of its parameters; roughly where it is below the `bar`."""
        family, twin = self.view.family, limit.twin
        held = {name: starts[0][name] for name in (limit.moving[0], *limit.idle)}
        known: dict[str, float] = {}
        if twin is not None and isinstance(family, PlainFamily):
            # what is held moves to no limit: it is the twin's as it stands
            family, held, known = MODELS[limit.model], dict(twin.held), dict(family.fixed)
        inner = View.of(hold(family, **held, **known), self.rows, self.view.strength)
        free = inner.family.names()
        evaluate = objective(inner, self.rows, self.watch)
        if not free:  # nothing of it is left to be found
            return Edge(limit, held, float(evaluate(np.empty((1, 0)), bent=False)[0][0]), starts[0] | held)
        ways = starts if twin is None else [twin.there(known | start) for start in starts]
        *others, best = (inner.scaled(inner.line([way[name] for name in free])) for way in ways)
        low = bar - _ASIDE  # from there on it may be a place to start from
        climbs, _ = climb(evaluate, best[None], bar=low)
        if others and climbs[0].place.value > bar - _HIGH:
            climbs, _ = climb(evaluate, np.array(others), bar=low, earlier=climbs)
        top = _highest(climbs).place
        if top.value > bar - 1.0:  # one that is further below need not be known to its last digits
            best = finish(evaluate, top, 0, steps=_EDGE_STEPS)
            top = replace(top, point=best.point, value=best.value)
        found = held | dict(zip(free, inner.parameters_and_jacobian(top.point)[0], strict=True))
        if twin is not None:
            found = starts[0] | twin.back(known | found)
        return Edge(limit, held, top.value, {name: found[name] for name in self.view.family.names()})


@lru_cache
def _even(count: int, dimensions: int, skip: int) -> Array:
    """The same points for every fit of as many parameters."""
    points = halton(count, dimensions, skip)
    points.setflags(write=False)
    return points


def _highest(climbs: Sequence[Climb]) -> Climb:
    return max(climbs, key=lambda c: c.place.value)


def _topped(
    evaluate: Evaluate,
    climbs: list[Climb],
    used: int,
    beside: Array | None = None,
    *,
    above: float = -np.inf,
    lost: bool = False,
) -> tuple[Maximum | None, list[Climb]]:
    """The maximum at the highest of the climbs that ended (or were `lost`), if above, and that one there."""
    ends = [i for i, c in enumerate(climbs) if (c.ended or lost) and c.place.value > above]
    if not ends:
        return None, climbs
    best = max(ends, key=lambda i: climbs[i].place.value)
    top = finish(evaluate, climbs[best].place, used, beside=beside)
    at = replace(climbs[best].place, point=top.point, value=top.value)
    return top, [*climbs[:best], Climb(at, None, ended=True), *climbs[best + 1 :]]


def _agreed(climbs: Sequence[Climb], top: float) -> int:
    """How many climbs ended at a height, or were dropped since they met one that did."""
    there = [not c.lost and c.caught_by is None and abs(c.place.value - top) < _ALIKE for c in climbs]
    for _ in climbs:  # one may have met another that was caught in turn
        there = [
            at or (c.caught_by is not None and there[c.caught_by])
            for at, c in zip(there, climbs, strict=True)
        ]
    return sum(there)
