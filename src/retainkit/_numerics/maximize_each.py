"""Maximise many functions of a few parameters at once: the climb of `maximize`, in step for all of them.

For data of a few hundred rows each, a search by itself spends more on calls than on arithmetic. Here every
operation is on all functions that are still climbing, so that a thousand searches cost little more than their
arithmetic. Steps, bounds and the end are those of `maximize`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.maximize import CLIMBED, CLOSE, LONGEST_STEP, NUDGE, SHORTEST_SHARE, Maximum
from retainkit.typing import Array, Values

_MOST_STEPS = 40
_MOST_NEWTON_STEPS = 6  # who needs more is looked at alone


class EvaluateEach(Protocol):
    """How many functions are seen: each at a point of its own."""

    def __call__(self, points: Array, which: Codes, /, *, bent: bool) -> tuple[Array, Array, Array]:
        """Of functions `which` (m,) at points (m, p): values (m,), gradients (m, p), outer products."""
        ...


@dataclass(frozen=True, slots=True)
class _Places:
    """A point of each function, and what was seen there."""

    point: Array
    value: Array
    gradient: Array
    outer: Array

    def put(self, which: Codes, point: Array, seen: tuple[Array, Array, Array]) -> None:
        self.point[which], self.value[which], self.gradient[which], self.outer[which] = point, *seen


def maximize_each(evaluate: EvaluateEach, starts: Array) -> Iterator[Maximum]:
    """Where each climb from its start (k, p) ended, in order; whether that is a maximum is not judged."""
    k, p = starts.shape
    every = np.arange(k, dtype=np.intp)
    places = _Places(starts.copy(), *evaluate(starts, every, bent=True))
    used = _climb(evaluate, places)
    curvature, rounding = np.full((k, p, p), np.nan), np.full(k, np.nan)
    promised, step = np.full(k, np.nan), np.full((k, p), np.nan)
    live = np.flatnonzero(np.isfinite(places.value))
    for newton_steps in range(_MOST_NEWTON_STEPS + 1):
        curvature[live], rounding[live] = _curvature(evaluate, places, live)
        step[live] = _ascent(curvature[live], places.gradient[live])
        promised[live] = np.einsum("kp,kp->k", places.gradient[live], step[live])
        used[live] += p
        live = live[promised[live] > CLOSE]
        if not live.size or newton_steps == _MOST_NEWTON_STEPS:
            break
        moved, tries = _line_search(evaluate, places, live, step[live], promised[live], CLOSE)
        used[live] += tries
        live = live[moved]
    # the last step is taken unseen: it squares the error, and an evaluation could only confirm it
    near = np.abs(promised) <= CLOSE
    places.point[near] += step[near]
    places.value[near] += 0.5 * promised[near]
    for i in range(k):
        yield Maximum(
            places.point[i], float(places.value[i]), places.gradient[i], places.outer[i],
            curvature[i], float(promised[i]), int(used[i]), float(rounding[i]),
        )  # fmt: skip


def _climb(evaluate: EvaluateEach, places: _Places) -> Codes:
    """All climb by quasi-Newton steps until theirs promises no more; evaluations of each."""
    k, p = places.point.shape
    missed, used = np.zeros((k, p, p)), np.ones(k, np.intp)
    live = np.flatnonzero(np.isfinite(places.value))
    for _ in range(_MOST_STEPS):
        step = _ascent(places.outer[live] + missed[live], places.gradient[live])
        promised = np.einsum("kp,kp->k", places.gradient[live], step)
        going = promised > CLIMBED
        live, step, promised = live[going], step[going], promised[going]
        if not live.size:
            break
        before, slope = places.point[live], places.gradient[live]
        moved, tries = _line_search(evaluate, places, live, step, promised, CLIMBED)
        used[live] += tries
        live = live[moved]
        along = places.point[live] - before[moved]
        bent = slope[moved] - places.gradient[live]
        missed[live] += _learned(along, bent, places.outer[live] + missed[live])
    return used


def _line_search(
    evaluate: EvaluateEach, places: _Places, live: Codes, step: Array, promised: Array, least: float
) -> tuple[Values, Codes]:
    """Move each along its step to a higher place; which of them did, and the evaluations of each."""
    moved: Values = np.zeros(live.size, np.bool_)
    tries = np.zeros(live.size, np.intp)
    trying, share = np.flatnonzero(promised > least), 1.0
    while trying.size and share > SHORTEST_SHARE:
        which = live[trying]
        points = places.point[which] + share * step[trying]
        value, gradient, outer = evaluate(points, which, bent=True)
        tries[trying] += 1
        # a sum of many terms is known to so many digits; what is less is no fall
        wanted = places.value[which] + 1e-4 * share * promised[trying] - 1e-14 * np.abs(places.value[which])
        higher = np.isfinite(value) & (value >= wanted)
        places.put(which[higher], points[higher], (value[higher], gradient[higher], outer[higher]))
        moved[trying[higher]] = True
        trying, share = trying[~higher], 0.3 * share
    return moved, tries


def _curvature(evaluate: EvaluateEach, places: _Places, live: Codes) -> tuple[Array, Array]:
    """Differences of the gradients, and what rounding made of them: the two orders differ by it alone."""
    point, p = places.point[live], places.point.shape[1]
    curvature = np.empty((live.size, p, p))
    for j in range(p):
        there = point.copy()
        there[:, j] += NUDGE
        _, gradient, _ = evaluate(there, live, bent=False)
        curvature[:, j] = (places.gradient[live] - gradient) / NUDGE
    turned = curvature.transpose(0, 2, 1)
    return 0.5 * (curvature + turned), np.abs(curvature - turned).max(axis=(1, 2))


def _ascent(curvature: Array, gradient: Array) -> Array:
    """Newton steps that go up: negative curvatures are turned, flat ones and long steps bounded."""
    sound = np.asarray(np.isfinite(curvature).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1))
    values, directions = np.linalg.eigh(np.where(sound[:, None, None], curvature, 0.0))
    sizes = np.abs(values)
    least = np.maximum(1e-12 * sizes.max(axis=1, keepdims=True), 1e-300)
    along = np.einsum("kpq,kp->kq", directions, gradient) / np.maximum(sizes, least)
    step = np.einsum("kpq,kq->kp", directions, along)
    longest = np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300)
    return np.where(sound[:, None], step * np.minimum(1.0, LONGEST_STEP / longest), np.nan)


def _learned(along: Array, bent: Array, curvature: Array) -> Array:
    """The symmetric rank-one correction that steps call for."""
    residual = bent - np.einsum("kpq,kq->kp", curvature, along)
    product = np.einsum("kp,kp->k", residual, along)
    sizes = np.einsum("kp,kp->k", residual, residual) * np.einsum("kp,kp->k", along, along)
    # a correction across the step would divide by nothing: skipped, as usual for rank one
    sound: Values = np.abs(product) > 1e-8 * np.sqrt(sizes)
    scale = np.where(sound, 1.0 / np.where(sound, product, 1.0), 0.0)
    return residual[:, :, None] * residual[:, None, :] * scale[:, None, None]
