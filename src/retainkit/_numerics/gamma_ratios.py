"""Ratios of gamma functions to full precision, where differences of their logarithms lose the digits.

ln Γ(x+t) − ln Γ(x) − ln Γ(x+a+t) + ln Γ(x+a), all terms near 1e7 for t = 1e6, is the small logarithm of a
survival probability. The recurrence of Γ makes it a sum of positive terms for small x, and Stirling's
series (DLMF 5.11.1) makes it three logarithms of ratios for large x, whose remainders are below 1/(12x).
"""

from __future__ import annotations

import numpy as np

from retainkit.typing import Array, Real

_SHIFT = 10  # from here on the series below is exact to 3e-17
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_SLOPES = tuple(-(2 * k + 1) * c for k, c in enumerate(_STIRLING))


def log_beta_ratio(a: Real, b: Real, t: Real) -> Array:
    """ln B(a, b + t)/B(a, b) ≤ 0 for a, b > 0 and 0 ≤ t ≤ inf: ln E[(1 − p)^t] for p ~ Beta(a, b)."""
    a, b, t = np.asarray(a), np.asarray(b), np.asarray(t)
    endless = np.isinf(t)
    if endless.any():
        return np.where(endless, -np.inf, log_beta_ratio(a, b, np.where(endless, 0.0, t)))
    both = np.asarray(b + a + t)
    grown, more = np.zeros_like(both), np.empty_like(both)
    for j in range(_SHIFT):  # Π (1 + u) − 1 of positive u: one logarithm instead of ten, and no digit lost
        np.divide(t, both, out=more)
        more *= a / (b + j)
        grown += more * (1.0 + grown)
        both = both + 1.0
    steps = np.log1p(grown)
    x = b + _SHIFT
    bend = np.log1p(a / x * (t / (x + a + t)))
    ends = a * np.log1p(t / (x + a)) + t * np.log1p(a / (x + t)) - (x - 0.5) * bend
    rest = _stirling(x + a + t) - _stirling(x + a) - _stirling(x + t) + _stirling(x)
    return -(steps + ends + rest)


def digamma_rise(x: Real, t: Real) -> Array:
    """ψ(x + t) − ψ(x) ≥ 0 for x > 0, t ≥ 0."""
    x, t = np.asarray(x), np.asarray(t)
    z = _from(x, t.ndim)
    steps = (t / (z + t) / z).sum(axis=0)
    x = x + _SHIFT
    return steps + np.log1p(t / x) + 0.5 * (t / (x + t) / x) + _slope(x + t) - _slope(x)


def digamma_bend(x: Real, a: Real, t: Real) -> Array:
    """ψ(x + a) + ψ(x + t) − ψ(x) − ψ(x + a + t) ≥ 0 for x > 0 and a, t ≥ 0."""
    x, a, t = np.asarray(x), np.asarray(a), np.asarray(t)
    steps = _reciprocal_bend(_from(x, np.broadcast(a, t).ndim), a, t).sum(axis=0)
    x = x + _SHIFT
    bend = np.log1p(a / x * (t / (x + a + t))) + 0.5 * _reciprocal_bend(x, a, t)
    return steps + bend + _slope(x + a) + _slope(x + t) - _slope(x) - _slope(x + a + t)


def _from(x: Array, ndim: int) -> Array:
    """x, x + 1, … below the shift, on a new first axis."""
    return x + np.arange(float(_SHIFT)).reshape((-1, *(1,) * max(x.ndim, ndim)))


def _reciprocal_bend(x: Array, a: Array, t: Array) -> Array:
    """1/x − 1/(x+a) − 1/(x+t) + 1/(x+a+t), without a difference."""
    return a / (x + a) / x * (t / (x + t)) * ((2.0 * x + a + t) / (x + a + t))


def _stirling(x: Array) -> Array:
    """ln Γ(x) − (x − 1/2) ln x + x − ln √(2π) for x ≥ 10."""
    return _odd_series(_STIRLING, 1.0 / x)


def _slope(x: Array) -> Array:
    """ψ(x) − ln x + 1/(2x) for x ≥ 10."""
    inverse = 1.0 / x
    return inverse * _odd_series(_SLOPES, inverse)


def _odd_series(coefficients: tuple[float, ...], inverse: Array) -> Array:
    square = inverse * inverse
    total = np.full_like(inverse, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = total * square + c
    return total * inverse
