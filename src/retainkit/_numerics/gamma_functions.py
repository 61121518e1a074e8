"""Ratios of gamma functions and densities made of them, to full precision for arguments of any size.

ln Γ(x+t) − ln Γ(x) − ln Γ(x+a+t) + ln Γ(x+a), all terms near 1e7 for t = 1e6, is the small logarithm of a
survival probability. The recurrence of Γ makes it a sum of positive terms for small x, and Stirling's
series (DLMF 5.11.1) makes it three logarithms of ratios for large x, whose remainders are below 1/(12x).
The densities are written around their peaks, so that a shape of a million costs no digits: ln Γ of it alone
would be known to the eighth decimal only (Loader 2000, Fast and Accurate Computation of Binomial
Probabilities).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln, xlog1py

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


_LARGE = 10.0
_NEAR = 500.0  # below, log-gammas are at most 2,600 and known to 12 decimals


def log_beta(a: Real, b: Real) -> Array:
    """ln B(a, b), exact to the last digits also where the log-gammas behind it are large."""
    small, large = np.minimum(a, b), np.maximum(a, b)
    if np.all(large < _NEAR):
        return np.asarray(betaln(small, large), np.float64)
    far = log_beta_ratio(small, 1.0, np.maximum(large, 1.0) - 1.0) - np.log(small)
    return np.where(large >= 1.0, far, betaln(small, np.minimum(large, 1.0)))


def log_gamma_density(shape: Real, y: Real) -> Array:
    """ln of y^shape e^(−y) / Γ(shape): the density of ln y for a gamma variable y of that shape."""
    s, y = np.asarray(shape, np.float64), np.asarray(y, np.float64)
    large = np.maximum(s, _LARGE)
    off = (y - large) / large
    log_ratio = np.where(np.abs(off) < 0.5, np.log1p(np.clip(off, -0.5, 0.5)), np.log(y / large))
    inverse = 1.0 / large
    correction = np.zeros_like(inverse)
    for coefficient in reversed(_STIRLING):
        correction = correction * inverse * inverse + coefficient
    around = -s * (off - log_ratio) + 0.5 * np.log(large / (2.0 * np.pi)) - correction * inverse
    return np.where(s >= _LARGE, around, s * np.log(y) - y - gammaln(np.minimum(s, _LARGE)))


def log_beta_prime_density(a: Real, b: Real, ratio: Real) -> Array:
    """ln of ratio^a / (1 + ratio)^(a + b) / B(a, b): the density of ln(ratio) of two gamma variables."""
    ratio = np.asarray(ratio, np.float64)
    return -xlog1py(a, 1.0 / ratio) - xlog1py(b, ratio) - log_beta(a, b)
