"""Roots between two points, for a whole column of functions at once, and the highest point of a function.

Roots by Chandrupatla's method (1997, doi:10.1016/S0965-9978(96)00051-8): inverse quadratic steps where they
are safe, bisection where not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from retainkit.typing import Array, NumberLike

_EPS = float(np.finfo(np.float64).eps)


def roots_between(f: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where f is 0; f(low) and f(high) must not have the same sign (such entries come back as `low`)."""
    a, b = high, low
    fa, fb = f(a), f(b)
    root, found = low.copy(), np.sign(fa) == np.sign(fb)
    share = np.full(low.shape, 0.5)
    for _ in range(120):  # bisection alone needs 60
        best, nearest = np.where(np.abs(fa) < np.abs(fb), a, b), np.minimum(np.abs(fa), np.abs(fb))
        # two neighbouring floats: nothing is between them
        tolerance = 2.0 * _EPS * np.abs(best)
        done = ~found & ((nearest == 0.0) | (np.abs(b - a) <= tolerance))
        root[done] = best[done]
        found |= done
        if found.all():
            break
        x = np.where(found, a, a + share * (b - a))
        fx = f(x)
        same = np.sign(fx) == np.sign(fa)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        share = _share(a, b, c, fa, fb, fc, tolerance)
    return root


def _share(a: Array, b: Array, c: Array, fa: Array, fb: Array, fc: Array, tolerance: Array) -> Array:
    """How far from a towards b the next point lies."""
    with np.errstate(all="ignore"):  # what is not finite is not used
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        # Chandrupatla's test: inside it the quadratic through three points is monotone between them
        safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = np.where(safe, quadratic, 0.5)
        # never so close to an end that the step would be lost in it
        least = np.minimum(0.5, tolerance / np.abs(b - a))
    return np.where(np.isfinite(share), np.clip(share, least, 1.0 - least), 0.5)


_CLOSER = 9  # points of the finer grids of a line: the fewest evaluations in all
_ROUNDS = 40  # each narrows an interval to a few spaces of its grid: ten digits are there long before


def where_zero(f: Callable[[Array], NumberLike], low: NumberLike, high: NumberLike) -> Array:
    """Where f, positive at `low` and falling, is 0 before `high`; `low` where f is not positive there."""
    first, last = np.asarray(low, np.float64), np.asarray(high, np.float64)
    with np.errstate(all="ignore"):  # where f is not positive at the start it is not used
        shape = np.broadcast_shapes(first.shape, last.shape, np.shape(f(first)))
        start = np.atleast_1d(np.broadcast_to(first, shape)).copy()
        end = np.atleast_1d(np.broadcast_to(last, shape))
        positive = np.broadcast_to(f(start) > 0.0, start.shape)
        found = roots_between(lambda x: np.where(positive, f(x), 0.0), start, end)
    return np.where(positive, found, start).reshape(shape)


class Peak(NamedTuple):
    """Where the highest point lies, and how high it is."""

    x: float
    y: float
    height: float


def highest(f: Callable[[Array, Array], Array], most_x: float, most_y: float, points: int) -> Peak:
    """The highest point of f over [0, most_x] × [0, most_y]: a grid, and smaller ones around the best.

    f takes x (points, 1) and y (1, points) and gives heights (points, points). Peaks of any number are
    told apart as long as the first grid sees them.
    """
    edge = np.array([most_x, most_y])
    low, high = np.zeros(2), edge
    best = Peak(0.0, 0.0, -np.inf)
    for _ in range(_ROUNDS):
        x, y = (np.asarray(np.linspace(low[i], high[i], points), np.float64) for i in (0, 1))
        heights = f(x[:, None], y[None, :])
        i, j = divmod(int(np.argmax(heights)), points)
        # the best is kept over rounds: a finer grid need not hold the point that made it
        if heights.item(i, j) > best.height:
            best = Peak(float(x.item(i)), float(y.item(j)), float(heights.item(i, j)))
        margin = 2.0 * (high - low) / (points - 1)
        centre = np.array([best.x, best.y])
        low, high = np.maximum(0.0, centre - margin), np.minimum(edge, centre + margin)
        if np.all(high - low <= 1e-10 * edge):
            break
    return best


def highest_on_line(f: Callable[[Array], NumberLike], most: NumberLike, points: int = 33) -> Array:
    """Where f is highest over [0, most], as far as a grid and finer ones around its best see.

    Parameters
    ----------
    f : callable
        Heights at points of the shape of `most`: for a column, the functions of all rows at once.
    most : number or column, 0 or more
    points : int
        Of the first grid: peaks that it tells apart are compared.
    """
    edge = np.asarray(most, np.float64)
    low, high = np.zeros(edge.shape), edge
    best, top = np.zeros(edge.shape), np.full(edge.shape, -np.inf)
    for _ in range(_ROUNDS):
        for k in range(points):  # one point of every row at a time: a million rows fit into memory
            x = low + (high - low) * (k / (points - 1)) if k < points - 1 else high
            height = np.asarray(f(x))
            better = height > top  # strictly: of equal ones the least stays
            best, top = np.where(better, x, best), np.where(better, height, top)
        # one peak is between the neighbours of the highest point of a grid
        margin = (high - low) / (points - 1)
        low, high = np.maximum(0.0, best - margin), np.minimum(edge, best + margin)
        points = min(points, _CLOSER)
        if np.all(high - low <= 1e-10 * edge):
            break
    return best
