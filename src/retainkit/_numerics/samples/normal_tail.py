"""The upper tail of the normal distribution, Q(y) = P(Z > y), on the log scale and for differences of it."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtri_exp

from retainkit.typing import Array

_ROOT_HALF = math.sqrt(0.5)
_ROOT_2_PI = math.sqrt(2.0 / math.pi)
_SHORT = 0.25
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(14)


def log_tail(y: Array) -> Array:
    """ln Q(y)."""
    return log_ndtr(-y)


def tail_hazard(y: Array) -> Array:
    """φ(y)/Q(y): 0 far to the left, y + 1/y far to the right."""
    with np.errstate(divide="ignore"):  # at infinity it is infinite
        return _ROOT_2_PI / erfcx(y * _ROOT_HALF)


def log_tail_hazard(y: Array) -> Array:
    """Its logarithm, also where it is too small for a float."""
    left = np.minimum(y, -1.0)
    far = -0.5 * left * left - 0.5 * np.log(2.0 * np.pi) - log_ndtr(-left)
    return np.where(y < -1.0, far, np.log(tail_hazard(np.maximum(y, -1.0))))


def fall_of_tail(y: Array, step: Array) -> Array:
    """ln Q(y) − ln Q(y + step): the integral of the hazard where the difference would lose its digits."""
    short = np.minimum(step, _SHORT)
    half = 0.5 * short
    inside = sum(
        weight * tail_hazard(y + half * (1.0 + node)) for node, weight in zip(_NODES, _WEIGHTS, strict=True)
    )
    with np.errstate(invalid="ignore"):
        far = log_tail(y) - log_tail(y + step)
    return np.where(step < _SHORT, half * inside, far)


def step_to_fall(y: Array, fall: Array) -> Array:
    """The step in which ln Q falls by `fall` from y on."""
    with np.errstate(invalid="ignore"):
        step = -ndtri_exp(log_tail(y) - fall) - y
        hazard = tail_hazard(y + step)
        mended = step - (fall_of_tail(y, step) - fall) / hazard
    return np.where(hazard > 0.0, np.maximum(mended, 0.0), step)
