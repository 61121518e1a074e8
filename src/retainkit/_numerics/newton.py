"""Newton's method for a sum whose second derivatives are known and cheap, for a handful of parameters.

A model whose likelihood depends on its data through a few counts is fitted in less time than the general
search (`maximize`) needs to begin. The same stopping rule, and the same record at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from retainkit._numerics.maximize import CLOSE, Maximum
from retainkit.domains import POSITIVE, Domain
from retainkit.typing import Array

_MOST_STEPS = 60
_LONGEST_STEP = 2.0
_SHORTEST_SHARE = 1e-6
_TINY = 1e-200  # of a complex step


class Summed(Protocol):
    """A log-likelihood summed over all data, as a function of the natural parameters."""

    def __call__(self, theta: list[float], /) -> tuple[float, list[float], list[list[float]]]:
        """Value, gradient and second derivatives."""
        ...

    def outer(self, theta: list[float], /) -> Array:
        """Σ of the outer products of the terms' gradients, (p, p)."""
        ...


def newton(summed: Summed, domains: Sequence[Domain], start: Array) -> Maximum:
    """Climb from `start`, in the coordinates where the parameters are unbounded (log, logit).

    The second derivatives of the map to the parameters come from its slope by a complex step, exactly.
    """
    point = [float(z) for z in start]
    value, gradient, curvature, slope = _at(summed, domains, point)
    used, promised, step = 1, math.nan, point
    for _ in range(_MOST_STEPS):
        step = _ascent(curvature, gradient)
        promised = sum(g * s for g, s in zip(gradient, step, strict=True))
        if not promised > CLOSE:
            break
        share = 1.0
        while share > _SHORTEST_SHARE:
            place = [z + share * s for z, s in zip(point, step, strict=True)]
            found = _at(summed, domains, place)
            used += 1
            if found[0] >= value + 1e-4 * share * promised - 1e-14 * abs(value):
                break
            share *= 0.3
        else:
            break
        point, (value, gradient, curvature, slope) = place, found
    theta = [float(d.from_unconstrained(z)) for d, z in zip(domains, point, strict=True)]
    outer = summed.outer(theta) * np.outer(slope, slope)
    if abs(promised) <= CLOSE:
        point, value = [z + s for z, s in zip(point, step, strict=True)], value + 0.5 * promised
    return Maximum(np.array(point), value, np.array(gradient), outer, np.array(curvature), promised, used)


_Place = tuple[float, list[float], list[list[float]], list[float]]


def _at(summed: Summed, domains: Sequence[Domain], point: list[float]) -> _Place:
    """Value, gradient and minus the second derivatives in the unbounded coordinates; slopes of the map."""
    try:
        mapped = [_mapped(d, z) for d, z in zip(domains, point, strict=True)]
        value, natural, second = summed([m[0] for m in mapped])
    except (ArithmeticError, ValueError):  # a step too far, where plain numbers overflow
        none = [math.nan] * len(point)
        return -math.inf, none, [none] * len(point), none
    slope = [m[1] for m in mapped]
    curvature: list[list[float]] = []
    for i, (_, s, slope_rise) in enumerate(mapped):
        row = [-h * s * r for h, r in zip(second[i], slope, strict=True)]
        row[i] -= natural[i] * s * slope_rise
        curvature.append(row)
    return value, [g * s for g, s in zip(natural, slope, strict=True)], curvature, slope


def _mapped(domain: Domain, z: float) -> tuple[float, float, float]:
    """The parameter at a place of the line, its slope there, and the slope's own slope in the parameter."""
    if domain is POSITIVE:  # nearly every parameter, in plain arithmetic
        theta = math.exp(z)
        return theta, theta, 1.0
    theta = float(domain.from_unconstrained(z))
    return theta, float(domain.slope(theta)), float(domain.slope(complex(theta, _TINY)).imag / _TINY)


def _ascent(curvature: list[list[float]], gradient: list[float]) -> list[float]:
    """A Newton step; where the ground does not bend down, one along turned curvatures; never too long."""
    step = _solve(curvature, gradient)
    if step is None:
        matrix = np.array(curvature)
        if not math.isfinite(matrix.sum()):
            return [math.nan] * len(gradient)
        values, directions = np.linalg.eigh(matrix)
        sizes = np.maximum(np.abs(values), 1e-12 * max(float(np.abs(values).max()), 1e-300))
        step = (directions @ ((np.array(gradient) @ directions) / sizes)).tolist()
    longest = max(abs(s) for s in step)
    return step if longest <= _LONGEST_STEP else [s * _LONGEST_STEP / longest for s in step]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """matrix⁻¹ right by elimination; None if the matrix is not safely positive definite."""
    if len(right) == 2:
        return _solve_two(matrix, right)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = rows[i][i]
        # what elimination leaves of a diagonal below twelve digits is its rounding
        if not pivot > 1e-12 * abs(matrix[i][i]):
            return None
        for j in range(i + 1, size):
            factor = rows[j][i] / pivot
            rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    found = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (rows[i][size] - known) / rows[i][i]
    return found


def _solve_two(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """The same for two unknowns, in a fifth of the time."""
    (a, b), (c, d) = matrix
    if not a > 0.0:
        return None
    pivot = d - b * c / a
    if not pivot > 1e-12 * abs(d):
        return None
    second = (right[1] - c * right[0] / a) / pivot
    return [(right[0] - b * second) / a, second]
