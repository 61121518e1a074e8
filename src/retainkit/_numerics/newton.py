"""Newton's method for a sum of two parameters whose second derivatives are known and cheap.

A model whose likelihood depends on its data through a few counts is fitted in less time than the general
search (`maximize`) needs to begin. The same stopping rule, and the same record at the end.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from retainkit._numerics.maximize import CLOSE, Maximum
from retainkit.typing import Array

_MOST_STEPS = 60
_LONGEST_STEP = 2.0
_SHORTEST_SHARE = 1e-6


class Summed(Protocol):
    """A log-likelihood summed over all data, as a function of the natural parameters."""

    def __call__(self, theta: list[float], /) -> tuple[float, list[float], list[list[float]]]:
        """Value, gradient and second derivatives."""
        ...

    def outer(self, theta: list[float], /) -> Array:
        """Σ of the outer products of the terms' gradients, (p, p)."""
        ...


def newton(summed: Summed, start: Array) -> Maximum:
    """Climb from `start`, the logarithms of the two positive parameters."""
    point = [float(z) for z in start]
    value, gradient, curvature = _at(summed, point)
    used, promised, step = 1, math.nan, point
    for _ in range(_MOST_STEPS):
        step = _ascent(curvature, gradient)
        promised = sum(g * s for g, s in zip(gradient, step, strict=True))
        if not promised > CLOSE:
            break
        share = 1.0
        while share > _SHORTEST_SHARE:
            place = [z + share * s for z, s in zip(point, step, strict=True)]
            found = _at(summed, place)
            used += 1
            if found[0] >= value + 1e-4 * share * promised - 1e-14 * abs(value):
                break
            share *= 0.3
        else:
            break
        point, (value, gradient, curvature) = place, found
    theta = [math.exp(z) for z in point]
    outer = summed.outer(theta) * np.outer(theta, theta)
    if abs(promised) <= CLOSE:
        point, value = [z + s for z, s in zip(point, step, strict=True)], value + 0.5 * promised
    return Maximum(np.array(point), value, np.array(gradient), outer, np.array(curvature), promised, used)


_Place = tuple[float, list[float], list[list[float]]]


def _at(summed: Summed, point: list[float]) -> _Place:
    """Value, gradient and minus the second derivatives with respect to the logarithms."""
    try:
        theta = [math.exp(z) for z in point]
        value, natural, second = summed(theta)
    except (ArithmeticError, ValueError):  # a step too far, where plain numbers overflow
        none = [math.nan, math.nan]
        return -math.inf, none, [none, none]
    gradient = [g * t for g, t in zip(natural, theta, strict=True)]
    curvature = [
        [-h * s * t for h, t in zip(row, theta, strict=True)] for row, s in zip(second, theta, strict=True)
    ]
    for i, g in enumerate(gradient):  # what bends in the map itself
        curvature[i][i] -= g
    return value, gradient, curvature


def _ascent(curvature: list[list[float]], gradient: list[float]) -> list[float]:
    """A Newton step; where the ground does not bend down, one along turned curvatures; never too long."""
    step = _solve(curvature, gradient)
    if step is None:
        # along the two axes of the ellipse, each as if it bent down: in plain numbers, faster than by LAPACK
        (a, b), (_, d) = curvature
        angle = 0.5 * math.atan2(2.0 * b, a - d)
        middle, half = 0.5 * (a + d), math.hypot(0.5 * (a - d), b)
        if not math.isfinite(middle + half):
            return [math.nan, math.nan]
        sizes = abs(middle + half), abs(middle - half)
        least = 1e-12 * max(*sizes, 1e-300)
        (g, h), along, across = gradient, math.cos(angle), math.sin(angle)
        far = (g * along + h * across) / max(sizes[0], least)
        near = (h * along - g * across) / max(sizes[1], least)
        step = [far * along - near * across, far * across + near * along]
    longest = max(abs(s) for s in step)
    return step if longest <= _LONGEST_STEP else [s * _LONGEST_STEP / longest for s in step]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """matrix⁻¹ right of two unknowns; None if the matrix is not safely positive definite."""
    (a, b), (c, d) = matrix
    if not a > 0.0:
        return None
    pivot = d - b * c / a
    if not pivot > 1e-12 * abs(d):
        return None
    second = (right[1] - c * right[0] / a) / pivot
    return [(right[0] - b * second) / a, second]


def logit_of_share(h: Array, wanted: Array) -> Array:
    """The larger u with (1 − 1/h)·ln t + (1 + 1/h)·ln(1 − t) = wanted, where t = expit(u); else -inf.

    The left side is concave in u and below its asymptotes, so Newton's steps from where an asymptote
    reaches `wanted` fall to the root without passing it.
    """
    from scipy.special import expit, xlogy

    rise, fall = 1.0 - 1.0 / h, 1.0 + 1.0 / h
    top = np.where(h > 1.0, 0.5 * rise, 0.5)
    highest = np.where(h > 1.0, xlogy(rise, top) + fall * np.log1p(-top), np.inf)
    there = wanted < np.where(h == 1.0, 0.0, highest)
    safe = np.where(there, wanted, -1.0 - fall)
    # a start from the side that the slope is on: ln(slope) is nearly linear in u on both
    u = np.where(h < 1.0, np.minimum(-safe / fall, safe / np.where(h < 1.0, rise, -1.0)), -safe / fall)
    for _ in range(_MOST_STEPS):
        value = -rise * np.logaddexp(0.0, -u) - fall * np.logaddexp(0.0, u)
        step = (value - safe) / (rise - 2.0 * expit(u))
        u = u - step
        if np.all(np.abs(step) <= 1e-15 * np.maximum(1.0, np.abs(u))):
            break
    return np.where(there, u, -np.inf)
