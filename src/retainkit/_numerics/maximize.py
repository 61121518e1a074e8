"""Maximise a smooth sum of terms whose gradients are known term by term, from several starts at once.

The outer product of the terms' gradients is a free, always positive stand-in for the curvature
(Berndt, Hall, Hall & Hausman 1974). What it misses is learned from the steps themselves by symmetric
rank-one corrections (the structured secant idea of Dennis, Gay & Welsch 1981, doi:10.1145/355958.355965),
so that a handful of evaluations suffices. Starts climb in step: an evaluation of three points costs little
more than one of one, and whoever comes near a better one is dropped. The curvature at the end is measured,
never learned; if it still promises a rise, Newton steps finish the climb. Deterministic: the same input takes
the same path.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retainkit.typing import Array


class Evaluate(Protocol):
    """How a likelihood is seen: by points."""

    def __call__(self, points: Array, /, bent: bool = True) -> tuple[Array, Array, Array]:
        """Of points (k, p): values (k,), gradients (k, p), and if `bent` outer products (k, p, p)."""
        ...


_MOST_STEPS = 80
_MOST_NEWTON_STEPS = 40
LONGEST_STEP = 2.0  # e-folds: further away a quadratic says nothing of a likelihood
SHORTEST_SHARE = 1e-6  # below it the step is lost in the noise of the value
NUDGE = 1e-6  # small against an e-fold, large enough that the gradients' rounding over it leaves six digits
CLIMBED = 1e-8  # of log-likelihood: the learned curvature is good for no more, and Newton finishes
_NOISE = 3e-7  # a promise that is not kept and so small is no way up
_STALLED = (5, 5e-2)  # so many steps that gain less than this together: no estimate moves for it
_SOON = 1e-2  # of what these gained: a climb that promises less is about to end, not to creep
_HOPELESS = (3, 5e-2)  # so many steps that gain less than this share of what is missing to the bar
_CAUGHT = 1.0  # of log-likelihood, by the quadratic of the better of two: nearer, they end at one place
_CAUGHT_ON_A_RIDGE = 0.1
_NEIGHBOURS = 2.0  # e-folds from a maximum, further away its curvature says little
_UNLIKE = 3.0  # times that a place may lie lower, or less low, than the curvature tells

CLOSE = 1e-8
"""A promised rise so small that one Newton step, which squares it, ends the search without a look."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the search stopped and how the ground lies there.

    Gradient, outer products, curvature and decrement are those of the last evaluated place, one
    closing Newton step before `point`.
    """

    point: Array
    value: float
    gradient: Array
    outer: Array
    curvature: Array
    """Minus the matrix of second derivatives; positive definite at a true maximum."""
    decrement: float
    """Twice the rise that the closing Newton step promises; about 0 at a maximum."""
    evaluations: int
    rounding: float = 0.0
    """What rounding may have made of an eigenvalue of the curvature."""
    beside: tuple[Place, ...] = ()
    """Places that were looked at in the same call, for their slopes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point that was evaluated."""

    point: Array
    value: float
    gradient: Array
    outer: Array


@dataclass(frozen=True, slots=True)
class Climb:
    """The end of a climb from one start."""

    place: Place
    caught_by: int | None
    """The climb that it met, if it did."""
    ended: bool
    """Whether it was still where it was allowed to search, and had nothing left to gain."""

    @property
    def lost(self) -> bool:
        """Whether it was left on its way to somewhere else."""
        return not self.ended and self.caught_by is None


def maximize(evaluate: Evaluate, start: Array) -> Maximum:
    """Climb from `start` until the promised rise is negligible, the ground is flat or steps run out."""
    (only,), used = climb(evaluate, start[None, :])
    return finish(evaluate, only.place, used)


def finish(
    evaluate: Evaluate,
    place: Place,
    used: int,
    steps: int = _MOST_NEWTON_STEPS,
    beside: Array | None = None,
) -> Maximum:
    """The top by Newton steps from a place near it, its curvature, and a look at points `beside`."""
    newton_steps, aside = 0, tuple[Place, ...]()
    while True:
        curvature, rounding, seen = _curvature(evaluate, place, beside)
        beside, aside = None, aside or seen  # once is enough
        step = _ascent(curvature, place.gradient)
        promised = float(place.gradient @ step)
        used += place.point.size
        # a NaN ends the search too, and the caller judges
        if not promised > CLOSE or newton_steps >= steps:
            break
        newton_steps += 1
        found, tries = _line_search(evaluate, [place], [step], [promised], CLOSE)
        used += tries
        if found[0] is None:
            break
        place = found[0]
    point, value = place.point, place.value
    # the last step is taken unseen: it squares the error, and an evaluation could only confirm it
    if abs(promised) <= CLOSE:
        point, value = point + step, value + 0.5 * promised
    return Maximum(point, value, place.gradient, place.outer, curvature, promised, used, rounding, aside)


def climb(
    evaluate: Evaluate,
    starts: Array,
    reach: float = math.inf,
    known: Maximum | None = None,
    bar: float = -math.inf,
    earlier: Sequence[Climb] = (),
) -> tuple[list[Climb], int]:
    """Climb from all `starts` (k, p) in step, none further than `reach` from all of them.

    A climb that meets another, or one of the `earlier`, that is higher is caught by it; so is one that comes
    into the valley of a `known` maximum, at the end of the highest of the earlier. One that creeps well
    below the `bar`, under which nothing is of interest, is left. The earlier climbs lead the answer.
    """
    # a top that is flat in some direction is none of its own: nothing is caught by it
    known = known if known is not None and _is_peak(known.curvature) else None
    summit = max(range(len(earlier)), key=lambda i: (earlier[i].ended, _height(earlier[i].place)), default=0)
    first, (used, p) = len(earlier), starts.shape
    places = [*(one.place for one in earlier), *_at(evaluate, starts)]
    missed, history = np.zeros((len(places), p, p)), [[place.value] for place in places]
    caught = [*(one.caught_by for one in earlier), *[None] * used]
    ended = [*(one.ended for one in earlier), *[False] * used]
    live = [i for i in range(first, len(places)) if math.isfinite(places[i].value)]
    for _ in range(_MOST_STEPS):
        best = max(range(len(places)), key=lambda i: _height(places[i]))
        for i in tuple(live):
            if known is not None and _below(places[i], known):
                caught[i] = summit
            elif i != best and _caught(places[i], places[best], loosely=best >= first or ended[best]):
                caught[i] = best
            else:
                continue
            live.remove(i)
        steps = {i: _ascent(places[i].outer + missed[i], places[i].gradient) for i in live}
        promised = {i: float(places[i].gradient @ step) for i, step in steps.items()}
        live = [i for i in live if not _creeps(history[i], promised[i], bar)]
        if not live:
            break
        ahead = ([places[i] for i in live], [steps[i] for i in live], [promised[i] for i in live])
        found, tries = _line_search(evaluate, *ahead, CLIMBED)
        used += tries
        for i, new in zip(tuple(live), found, strict=True):
            if new is None:  # nothing promised, or nothing kept of it
                ended[i] = not promised[i] > _NOISE
                live.remove(i)
                continue
            missed[i] = _corrected(missed[i], places[i], new)
            places[i] = new
            history[i].append(new.value)
            if float(np.abs(new.point - starts).max(axis=1).min()) > reach:
                live.remove(i)
    return [Climb(*end) for end in zip(places, caught, ended, strict=True)], used


def _height(place: Place) -> float:
    return place.value if math.isfinite(place.value) else -math.inf


def _creeps(values: list[float], promised: float, bar: float) -> bool:
    """Whether a climb with these values gains so little that it is left."""
    steps, least = _STALLED
    gained = values[-1] - values[max(-1 - steps, -len(values))]
    if len(values) > steps and gained < least and promised > _SOON * gained:
        return True
    steps, share = _HOPELESS
    short = bar - values[-1]
    return len(values) > steps and short > 1.0 and values[-1] - values[-1 - steps] < share * short


def _is_peak(curvature: Array) -> bool:
    if not np.isfinite(curvature).all():
        return False
    sizes = np.linalg.eigvalsh(curvature)
    return float(sizes[0]) > 1e-12 * float(sizes[-1])


def caught_early(evaluate: Evaluate, known: Maximum) -> tuple[list[Place], Array]:
    """Places beside a `known` maximum that are seen to lead to it, and the starts of the others.

    The first step goes half the way to it, no further than any step: if that is up, and the slope there leads
    to the maximum, so does the climb. No outer products are needed for that.
    """
    ends = known.beside
    starts = np.array([end.point for end in ends])
    if not _is_peak(known.curvature):
        return [], starts
    caught = [_below(end, known) for end in ends]
    halves = [0.5 * (known.point - start) for start in starts]
    rises = [float(end.gradient @ half) for end, half in zip(ends, halves, strict=True)]
    trying = [
        i for i, half in enumerate(halves)
        if not caught[i] and rises[i] > 0.0 and float(np.abs(half).max()) < 0.5 * LONGEST_STEP
    ]  # fmt: skip
    if trying:
        there = _slopes(evaluate, np.array([starts[i] + halves[i] for i in trying]))
        for i, end in zip(trying, there, strict=True):
            caught[i] = end.value >= ends[i].value + 1e-4 * rises[i] and _below(end, known)
    return [end for end, there in zip(ends, caught, strict=True) if there], starts[np.logical_not(caught)]


def _below(place: Place, top: Maximum) -> bool:
    """Whether a place lies in the valley of a maximum: its slope leads there, and its height is as told."""
    off = top.point - place.point
    bent = top.curvature @ off
    told, less = 0.5 * float(off @ bent), top.value - place.value
    if not (np.abs(off).max() < _NEIGHBOURS and told <= _UNLIKE * less and less <= _UNLIKE * told):
        return False
    # where a Newton step with the curvature of the top would end, measured by that curvature
    missed = bent - place.gradient
    return float(missed @ np.linalg.solve(top.curvature, missed)) < told


def _caught(place: Place, better: Place, *, loosely: bool) -> bool:
    """Whether a place lies where the quadratic around a better one tells the value well."""
    off = place.point - better.point
    # on a ridge, where a climb was left, that quadratic is flat, and says little of what lies beside
    most = 2.0 * (_CAUGHT if loosely else _CAUGHT_ON_A_RIDGE)
    return better.value - place.value < most and float(off @ better.outer @ off) < most


def _corrected(missed: Array, place: Place, found: Place) -> Array:
    """What the outer products miss of the curvature, with what a step showed of it."""
    moved, bent = found.point - place.point, place.gradient - found.gradient
    residual = bent - (found.outer + missed) @ moved
    along = float(residual @ moved)
    # a correction across the step would divide by nothing: skipped, as usual for rank one
    if abs(along) > 1e-8 * math.sqrt(float(residual @ residual) * float(moved @ moved)):
        return missed + residual[:, None] * (residual / along)
    return missed


def _at(evaluate: Evaluate, points: Array) -> list[Place]:
    values, gradients, outers = evaluate(points)
    return [Place(*one) for one in zip(points, values.tolist(), gradients, outers, strict=True)]


def _slopes(evaluate: Evaluate, points: Array) -> list[Place]:
    values, gradients, outers = evaluate(points, bent=False)
    return [Place(*one) for one in zip(points, values.tolist(), gradients, outers, strict=True)]


def _curvature(
    evaluate: Evaluate, place: Place, beside: Array | None
) -> tuple[Array, float, tuple[Place, ...]]:
    """Differences of the analytic gradient, good to some six digits, and what rounding made of them.

    Second derivatives in either order are one number: where the two differ, the difference is rounding.
    """
    points, p = place.point + NUDGE * np.eye(place.point.size), place.point.size
    seen = _slopes(evaluate, points if beside is None else np.concatenate([points, beside]))
    curvature = (place.gradient - np.array([there.gradient for there in seen[:p]])) / NUDGE
    rounding = float(np.abs(curvature - curvature.T).max())
    return 0.5 * (curvature + curvature.T), rounding, tuple(seen[p:])


def _ascent(curvature: Array, gradient: Array) -> Array:
    """A Newton step that always goes up: negative curvatures are turned, flat ones and long steps bounded."""
    if not math.isfinite(curvature.sum()):
        return np.full_like(gradient, np.nan)
    values, directions = np.linalg.eigh(curvature)
    sizes = np.abs(values)
    step = directions @ (
        (gradient @ directions) / np.maximum(sizes, max(1e-12 * max(sizes[0], sizes[-1]), 1e-300))
    )
    return step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))


def _line_search(
    evaluate: Evaluate, places: list[Place], steps: list[Array], promised: list[float], least: float
) -> tuple[list[Place | None], int]:
    """For each place one further along its step and higher, None where a step promises or gives nothing."""
    found: list[Place | None] = [None] * len(places)
    trying = [i for i in range(len(places)) if promised[i] > least]
    share, tries = 1.0, 0
    while trying and share > SHORTEST_SHARE:
        new = _at(evaluate, np.array([places[i].point + share * steps[i] for i in trying]))
        tries += len(new)
        for i, there in zip(tuple(trying), new, strict=True):
            # a sum of many terms is known to so many digits; what is less is no fall
            noise = 1e-14 * abs(places[i].value)
            wanted = places[i].value + 1e-4 * share * promised[i] - noise
            if math.isfinite(there.value) and there.value >= wanted:
                found[i] = there
                trying.remove(i)
        share *= 0.3
    return found, tries
