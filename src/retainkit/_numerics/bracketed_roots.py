"""The root of a function between two points, for a whole column of functions at once.

Chandrupatla's method (1997, doi:10.1016/S0965-9978(96)00051-8): inverse quadratic steps where they are
safe, bisection where not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.typing import Array

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
