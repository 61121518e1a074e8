"""Halton's sequence: points that fill the unit cube evenly, each axis in a prime base of its own."""

from __future__ import annotations

import numpy as np

from retainkit.typing import Array

_BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71)


def halton(count: int, dimensions: int, skip: int = 0, rng: np.random.Generator | None = None) -> Array:
    """Points (count, dimensions) from number ``skip + 1`` on: the digits of the number, mirrored.

    With `rng` the digits of each place are exchanged at random, so that every point is uniform by itself and
    means over the points are unbiased (Owen 2017, arXiv:1706.02808); without, the points are always the same.
    """
    points = np.zeros((count, dimensions))
    for axis in range(dimensions):
        base, unit = _BASES[axis % len(_BASES)], 1.0
        rest = np.arange(skip + 1, skip + count + 1)
        while rest.any():
            unit /= base
            rest, digit = np.divmod(rest, base)
            points[:, axis] += unit * (digit if rng is None else rng.permutation(base)[digit])
        if rng is not None:
            # the further digits are 0 in all numbers, and one random digit each once exchanged
            points[:, axis] += unit * rng.random()
    return points
