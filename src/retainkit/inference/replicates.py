"""The maxima of a likelihood under many sets of weights, found together from the maximum of the whole.

Most are found by `maximize_reweighted`. Those whose maximum lies far off, or that have none, climb together
by themselves; and where that leaves a doubt they are looked for one by one, as `fit` does, which tells
maxima from ridges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.maximize import CLOSE
from retainkit._numerics.maximize_each import maximize_each
from retainkit._numerics.maximize_reweighted import Surrogate, Tops
from retainkit.errors import FitError
from retainkit.inference.fit import Case
from retainkit.inference.weights import AbstractWeights, Without, pieces_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Values

_TOGETHER = 3_500  # rows times points in one call, as in `view`
_NUDGE = (
    1e-5  # of an e-fold, either way: what rounding and third derivatives leave is far below a digit needed
)
_WEAK, _FAR = 1.0, 4.0  # as in `search`: what is weaker, or farther out, is looked at twice
_HALF = 0.5  # of the information of the whole, where that is weak itself
_E_FOLD = 1.0  # beyond the whole, where that lies far out itself
_MOVED = 256  # entries that move the maximum most are looked at themselves where there are many


class Replicates(NamedTuple):
    """Points of the optimiser's coordinates (replicates, p), and which of them are no maxima."""

    point: Array
    refused: Values


@dataclass(frozen=True, slots=True)
class Whole:
    """All data and their maximum, from which the others are looked for."""

    case: Case
    point: Array
    slope: Array = field(init=False)
    """Of the log-likelihood at the point, (p,): 0 if it is a maximum of these data."""
    curvature: Array = field(init=False)
    """Minus its second derivatives, (p, p)."""

    def __post_init__(self) -> None:
        p = self.point.size
        nudged = self.point + np.concatenate([np.zeros((1, p)), _NUDGE * np.eye(p), -_NUDGE * np.eye(p)])
        slope = self.summed(nudged)
        bent = (slope[p + 1 :] - slope[1 : p + 1]) / (2.0 * _NUDGE)
        object.__setattr__(self, "slope", slope[0])
        object.__setattr__(self, "curvature", 0.5 * (bent + bent.T))

    def summed(self, points: Array) -> Array:
        """Gradients of the log-likelihood of all at points (m, p)."""
        total = np.zeros(points.shape)
        for rows in self.case.rows.split(_TOGETHER):
            for some, _, score in self.seen(points, rows):
                total[some] += (score @ rows.weight).T
        return self.pulled(total, points)

    def pulled(self, slopes: Array, points: Array) -> Array:
        """Gradients with what a penalty adds to them."""
        pull = self.case.view.pull
        return slopes if pull is None else slopes - pull.cost(points)[1]

    def seen(self, points: Array, rows: AbstractSummary) -> Iterator[tuple[slice, Array, Array]]:
        """Log-likelihoods of entries (some points, entries) and gradients (p, …), some points at a time."""
        view = self.case.view
        declared, size = view.family.parameters, max(1, _TOGETHER // len(rows))
        for start in range(0, len(points), size):
            some = slice(start, start + size)
            line = view.unconstrained(points[some]).T
            theta = [p.domain.from_unconstrained(z)[:, None] for p, z in zip(declared, line, strict=True)]
            slope = np.stack([p.domain.slope(t) for p, t in zip(declared, theta, strict=True)])
            value, score = view.family.of(theta).log_likelihood_and_score(rows)
            score = view.family.score_rows(score) * slope
            if view.scaling is not None:
                score = np.einsum("pq,pkn->qkn", view.scaling, score)
            yield some, value, score

    def influence(self) -> Array:
        """How far one more customer of each entry moves the maximum, to first order: (entries, p)."""
        pieces = self.case.rows.split(_TOGETHER)
        scores = [s[:, 0].T for rows in pieces for _, _, s in self.seen(self.point[None], rows)]
        return self.steps(np.concatenate(scores))

    def steps(self, slopes: Array) -> Array:
        """First steps from the maximum of sums with these gradients there, (k, p)."""
        return np.asarray(np.linalg.solve(self.curvature, slopes.T).T, np.float64)

    def doubtful(self, tops: Tops) -> Values:
        """Which maxima are so weak, or so far out, that a ridge may be higher, as a search judges it."""
        curvature = np.where(np.isfinite(tops.curvature), tops.curvature, 0.0)
        weakest = np.linalg.eigvalsh(curvature)[:, 0]
        far = np.abs(tops.point - self.case.centre).max(axis=1)
        own_weakest = float(np.linalg.eigvalsh(self.curvature)[0])
        own_far = float(np.abs(self.point - self.case.centre).max())
        clear = (weakest > min(_WEAK, _HALF * own_weakest)) & (far < max(_FAR, own_far + _E_FOLD))
        return tops.lost | ~clear


@dataclass(frozen=True, slots=True)
class _Sums:
    """The log-likelihoods under all sets of weights."""

    whole: Whole
    weights: AbstractWeights

    def common(self, points: Array) -> Array:
        """Gradients of all at common points, (replicates, points, p)."""
        found = np.zeros((self.weights.count, *points.shape))
        for j, rows in enumerate(self.weights.pieces):
            scores = np.empty((*points.shape, len(rows)))
            for some, _, score in self.whole.seen(points, rows):
                scores[some] = score.transpose(1, 0, 2)
            # one product for all points: many small ones cost more in threads than in arithmetic
            found += (self.weights.of(j) @ scores.reshape(-1, len(rows)).T).reshape(found.shape)
        return self.whole.pulled(found, points)

    def own(self, points: Array, which: Codes) -> Array:
        """Gradients of some, each at a point of its own."""
        return self.each(points, which, bent=False)[1]

    def each(self, points: Array, which: Codes, /, *, bent: bool) -> tuple[Array, Array, Array]:
        """The same with values and outer products of scores, as `maximize_each` asks for them."""
        k, p = points.shape
        values, slopes, outers = np.zeros(k), np.zeros((k, p)), np.zeros((k, p, p) if bent else (k, 0, 0))
        for j, rows in enumerate(self.weights.pieces):
            weight = self.weights.of(j)
            for some, value, score in self.whole.seen(points, rows):
                counted = weight[which[some]]
                values[some] += np.einsum("kn,kn->k", counted, value)
                slopes[some] += np.einsum("kn,pkn->kp", counted, score)
                if bent:
                    outers[some] += np.einsum("kn,pkn,qkn->kpq", counted, score, score, optimize=True)
        pull = self.whole.case.view.pull
        if pull is not None:
            values = values - pull.cost(points)[0]
            outers = outers + pull.bend(points) if bent else outers
        return values, self.whole.pulled(slopes, points), outers


def searched(whole: Whole, weights: AbstractWeights) -> Replicates:
    """The maximum under each set of weights."""
    sums = _Sums(whole, weights)
    with np.errstate(all="ignore"):  # a step too far gives inf or nan, and counts as lost
        slope = sums.common(whole.point[None])[:, 0]
        surrogate = Surrogate.of(whole.point, whole.steps(slope))
        tops = _climbed(sums, surrogate.tops(sums.common(surrogate.points)).settled(sums.own))
    point, refused = tops.point.copy(), np.zeros(len(tops.point), np.bool_)
    for i in np.flatnonzero(tops.lost).tolist():
        # from where it was left: a climb in common came near its end, or found the ridge it follows
        start = tops.point[i] if np.isfinite(tops.point[i]).all() else whole.point
        point[i], refused[i] = _alone(whole, weights, i, start)
    return Replicates(point, refused)


def left_out(whole: Whole) -> Replicates:
    """The maximum without one customer of each entry.

    Where there are many, that of most follows from the polynomials alone, since it hardly moves; those who
    move it most are looked at themselves.
    """
    rows, n = whole.case.rows, len(whole.case.rows)
    if n <= _MOVED * 8:
        return searched(whole, _without(rows, np.arange(n)))
    surrogate = Surrogate.of(whole.point, -whole.influence())
    total, found = whole.summed(surrogate.points), list[Tops]()
    with np.errstate(all="ignore"):
        for piece in rows.split(_TOGETHER):
            less = np.concatenate([s for _, _, s in whole.seen(surrogate.points, piece)], axis=1)
            found.append(surrogate.tops(total - less.transpose(2, 1, 0)).ended())
    tops = Tops(*(np.concatenate(part) for part in zip(*found, strict=True)))
    moved = tops.point - whole.point
    far = np.einsum("np,pq,nq->n", moved, whole.curvature, moved)
    checked = np.union1d(np.argsort(-far)[:_MOVED], np.flatnonzero(whole.doubtful(tops)))
    point, refused = tops.point.copy(), np.zeros(n, np.bool_)
    point[checked], refused[checked] = searched(whole, _without(rows, checked))
    return Replicates(point, refused)


def _without(rows: AbstractSummary, entries: Codes) -> Without:
    """Weights without one customer of each of some entries."""
    pieces = pieces_of(rows, entries.size, _TOGETHER)
    own = np.arange(entries.size)
    return Without.groups(pieces, entries, np.ones(entries.size), own, entries.size)


def _climbed(sums: _Sums, tops: Tops) -> Tops:
    """Those that were lost, climbing together from the whole; with what is in doubt now, counted as lost."""
    again = np.flatnonzero(tops.lost)

    def evaluate(points: Array, which: Codes, /, *, bent: bool) -> tuple[Array, Array, Array]:
        return sums.each(points, again[which], bent=bent)

    point, curvature, lost = tops.point.copy(), tops.curvature.copy(), tops.lost.copy()
    if again.size:
        starts = np.broadcast_to(sums.whole.point, (again.size, point.shape[1]))
        for i, top in zip(again.tolist(), maximize_each(evaluate, starts), strict=True):
            point[i], curvature[i], lost[i] = top.point, top.curvature, not abs(top.decrement) < CLOSE
    return Tops(point, curvature, sums.whole.doubtful(Tops(point, curvature, lost)))


def _alone(whole: Whole, weights: AbstractWeights, replicate: int, start: Array) -> tuple[Array, bool]:
    """Where `fit` ends with the weights of one replicate, and whether that is no maximum."""
    case = replace(whole.case, rows=whole.case.rows.reweighted(weights.alone(replicate)))
    try:
        found = case.searched(start)
    except FitError as error:
        reason = f"A replicate of so few customers holds no evidence: {error.reason}"
        raise FitError(error.code, reason, way_out="Use more customers.", attempt=error.attempt) from error
    view = case.view
    point = view.scaled(view.line([float(v) for v in view.family.values_of(found.model)]))
    return point, not found.diagnostics.converged
