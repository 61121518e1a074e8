"""Maximise a smooth sum of terms whose gradients are known term by term.

The outer product of the terms' gradients is a free, always positive stand-in for the curvature
(Berndt, Hall, Hall & Hausman 1974). What it misses is learned from the steps themselves by symmetric
rank-one corrections (the structured secant idea of Dennis, Gay & Welsch 1981, doi:10.1145/355958.355965),
so that a handful of evaluations suffices. The curvature at the end is measured, never learned; if it
still promises a rise, Newton steps finish the climb. Deterministic: the same input takes the same path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retainkit.typing import Array

Evaluate = Callable[[Array], tuple[Array, Array, Array]]
"""points (k, p) -> values (k,), gradients (k, p), outer products of the first point (p, p)"""

_MOST_STEPS = 80
_MOST_NEWTON_STEPS = 40
_LONGEST_STEP = 2.0  # e-folds: further away a quadratic says nothing of a likelihood
_SHORTEST_SHARE = 1e-6  # below it the step is lost in the noise of the value
_NUDGE = 1e-6  # small against an e-fold, large enough that the gradients' rounding over it leaves six digits
_CLIMBED = 1e-9  # of log-likelihood: the learned curvature is good for no more, and Newton finishes

CLOSE = 1e-7
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


@dataclass(frozen=True, slots=True)
class _Place:
    point: Array
    value: float
    gradient: Array
    outer: Array


def maximize(evaluate: Evaluate, start: Array) -> Maximum:
    """Climb from `start` until the promised rise is negligible, the ground is flat or steps run out."""
    place, used = _climb(evaluate, start)
    newton_steps = 0
    while True:
        curvature = _curvature(evaluate, place)
        step = _ascent(curvature, place.gradient)
        promised = float(place.gradient @ step)
        used += start.size
        # a NaN ends the search too, and the caller judges
        if not promised > CLOSE or newton_steps == _MOST_NEWTON_STEPS:
            break
        newton_steps += 1
        found, tries = _line_search(evaluate, place, step, promised)
        used += tries
        if found is None:
            break
        place = found
    point, value = place.point, place.value
    # the last step is taken unseen: it squares the error, and an evaluation could only confirm it
    if abs(promised) <= CLOSE:
        point, value = point + step, value + 0.5 * promised
    return Maximum(point, value, place.gradient, place.outer, curvature, promised, used)


def _climb(evaluate: Evaluate, start: Array) -> tuple[_Place, int]:
    place, used = _at(evaluate, start), 1
    missed = np.zeros((start.size, start.size))
    for _ in range(_MOST_STEPS):
        step = _ascent(place.outer + missed, place.gradient)
        promised = float(place.gradient @ step)
        if not promised > _CLIMBED:
            break
        found, tries = _line_search(evaluate, place, step, promised)
        used += tries
        if found is None:
            break
        moved, bent = found.point - place.point, place.gradient - found.gradient
        residual = bent - (found.outer + missed) @ moved
        along = float(residual @ moved)
        # a correction across the step would divide by nothing: skipped, as usual for rank one
        if abs(along) > 1e-8 * math.sqrt(float(residual @ residual) * float(moved @ moved)):
            missed = missed + np.outer(residual, residual) / along
        place = found
    return place, used


def _at(evaluate: Evaluate, point: Array) -> _Place:
    values, gradients, outer = evaluate(point[None, :])
    return _Place(point, float(values[0]), gradients[0], outer)


def _curvature(evaluate: Evaluate, place: _Place) -> Array:
    """Differences of the analytic gradient: good to some six digits."""
    _, gradients, _ = evaluate(place.point + _NUDGE * np.eye(place.point.size))
    curvature = (place.gradient - gradients) / _NUDGE
    return 0.5 * (curvature + curvature.T)


def _ascent(curvature: Array, gradient: Array) -> Array:
    """A Newton step that always goes up: negative curvatures are turned, flat ones and long steps bounded."""
    if not math.isfinite(curvature.sum()):
        return np.full_like(gradient, np.nan)
    values, directions = np.linalg.eigh(curvature)
    sizes = np.abs(values)
    step = directions @ (
        (gradient @ directions) / np.maximum(sizes, 1e-12 * max(sizes[0], sizes[-1], 1e-300))
    )
    return step * min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))


def _line_search(
    evaluate: Evaluate, place: _Place, step: Array, promised: float
) -> tuple[_Place | None, int]:
    share, tries = 1.0, 0
    # a sum of many terms is known to so many digits; what is less is no fall
    noise = 1e-14 * abs(place.value)
    while share > _SHORTEST_SHARE:
        found = _at(evaluate, place.point + share * step)
        tries += 1
        if math.isfinite(found.value) and found.value >= place.value + 1e-4 * share * promised - noise:
            return found, tries
        share *= 0.3
    return None, tries
