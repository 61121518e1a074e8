"""Ratios of gamma functions and densities made of them, to full precision for arguments of any size.

ln Γ(x+t) − ln Γ(x) − ln Γ(x+a+t) + ln Γ(x+a), all terms near 1e7 for t = 1e6, is the small logarithm of a
survival probability. The recurrence of Γ makes it a sum of positive terms for small x, and Stirling's
series (DLMF 5.11.1) makes it three logarithms of ratios for large x, whose remainders are below 1/(12x).
The densities are written around their peaks, so that a shape of a million costs no digits: ln Γ of it alone
would be known to the eighth decimal only (Loader 2000, Fast and Accurate Computation of Binomial
Probabilities).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import betaln, digamma, gammaln, xlog1py

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array, Real

_WIDE = 50.0  # times: of ψ below 7 a fiftieth is left, and 14 digits of it
_SHIFT = 10  # from here on the series below is exact to 3e-17
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_SLOPES = tuple(-(2 * k + 1) * c for k, c in enumerate(_STIRLING))
_BENDS = tuple(-(2 * k + 2) * c for k, c in enumerate(_SLOPES))
_SERIES = (_STIRLING, _SLOPES, _BENDS, tuple(-(2 * k + 3) * c for k, c in enumerate(_BENDS)))
_TINY = 1e-4  # a step of so much changes the series by its slope in the middle, to 17 digits of the whole


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
    # Stirling's series without a difference: it would hide all that a tiny `a` adds
    return -(steps + ends + _STIRLING[0] * _reciprocal_bend(x, a, t) + _rest_bend(x, a, t, 0))


def log_gamma_rise(x: Real, t: Real) -> Array:
    """ln Γ(x + t)/(Γ(x) x^t) for x > 0, t ≥ 0: about t²/(2x) where x is large."""
    x, t = np.asarray(x), np.asarray(t)
    steps = np.log1p(t / _from(x, t.ndim)).sum(axis=0)
    far = x + _SHIFT
    grown = (far + t - 0.5) * np.log1p(t / far) - t + _stirling(far + t) - _stirling(far)
    return grown + t * np.log1p(_SHIFT / x) - steps


def digamma_rise(x: Real, t: Real) -> Array:
    """ψ(x + t) − ψ(x) ≥ 0 for x > 0, t ≥ 0."""
    x, t = np.asarray(x), np.asarray(t)
    if np.all(x < np.minimum(_WIDE * t, NEAR)):  # so far apart that the difference keeps its digits
        return np.asarray(digamma(x + t) - digamma(x), np.float64)
    z = _from(x, t.ndim)
    steps = (t / (z + t) / z).sum(axis=0)
    x = x + _SHIFT
    fall = _SLOPES[0] * (t / (x + t) / x) * (1.0 / x + 1.0 / (x + t))  # of 1/x²
    more = _rests(x + t, 1) - _rests(x, 1)
    if np.any(t < _TINY):
        more = np.where(t < _TINY, t * _rests(x + 0.5 * t, 2), more)
    return steps + np.log1p(t / x) + 0.5 * (t / (x + t) / x) - fall + more


def digamma_bend(x: Real, a: Real, t: Real) -> Array:
    """ψ(x + a) + ψ(x + t) − ψ(x) − ψ(x + a + t) ≥ 0 for x > 0 and a, t ≥ 0."""
    x, a, t = np.asarray(x), np.asarray(a), np.asarray(t)
    steps = _reciprocal_bend(_from(x, np.broadcast(a, t).ndim), a, t).sum(axis=0)
    x = x + _SHIFT
    bend = np.log1p(a / x * (t / (x + a + t))) + 0.5 * _reciprocal_bend(x, a, t)
    return steps + bend - _SLOPES[0] * _square_bend(x, a, t) - _rest_bend(x, a, t, 1)


_DENSE = 8  # steps for each n that is asked for, up to which a sum over steps is the quicker way


@dataclass(frozen=True, slots=True)
class Rises:
    """Ratios of gamma functions whole steps apart, for many n (m,) at once: sums over 0, …, n − 1.

    Every sum is of terms of one sign. Where the n lie densely it is a running one, which costs less than one
    special function of each n; where they do not, or parameters differ with n, Stirling's series takes over.
    """

    n: Array
    steps: Array | None
    places: Codes | None
    """Of the n among the running sums; None where these are all that is asked for."""

    @classmethod
    def of(cls, n: Array) -> Self:
        """For these n ≥ 0, as a rule the distinct ones of many."""
        top = float(n.max(initial=0.0))
        if n.ndim == 1 and top <= _DENSE * n.size + 64:
            places = n.astype(np.intp)
            if np.array_equal(places, n):
                every = top == n.size - 1 and np.array_equal(places, np.arange(n.size))
                return cls(n, np.arange(top), None if every else places)
        return cls(n, None, None)

    def gamma(self, x: Real) -> tuple[Array, Array]:
        """`log_gamma_rise(x, n)` and its slope, `digamma_rise(x, n)`."""
        if (steps := self._steps(x)) is None:
            return log_gamma_rise(x, self.n), digamma_rise(x, self.n)
        log_gamma, digamma = self._sum(np.log1p(steps / x), 1.0 / (x + steps))
        return log_gamma, digamma

    def log_gamma(self, x: Real) -> Array:
        """`log_gamma_rise(x, n)` alone."""
        if (steps := self._steps(x)) is None:
            return log_gamma_rise(x, self.n)
        return self._sum(np.log1p(steps / x))[0]

    def log_beta(self, a: Real, b: Real) -> Array:
        """`log_beta_ratio(a, b, n)` alone, without end too."""
        if (steps := self._steps(a, b)) is None:
            return log_beta_ratio(a, b, self.n)
        return -self._sum(np.log1p(a / (b + steps)))[0]

    def beta(self, a: Real, b: Real) -> tuple[Array, Array, Array]:
        """`log_beta_ratio(a, b, n)` and minus its slope in a, `digamma_rise(a + b, n)`; that in b.

        The last is `digamma_bend(b, a, n)`.
        """
        n = self.n
        if (steps := self._steps(a, b)) is None:
            return log_beta_ratio(a, b, n), digamma_rise(a + b, n), digamma_bend(b, a, n)
        there = b + steps
        odds, both = a / there, 1.0 / (a + there)
        log_beta, digamma, bend = self._sum(np.log1p(odds), both, odds * both)
        return -log_beta, digamma, bend

    def _steps(self, *parameters: Real) -> Array | None:
        one_for_all = all(type(p) is float or np.shape(p)[-1:] in ((), (1,)) for p in parameters)
        return self.steps if one_for_all else None

    def _sum(self, *terms: Array) -> Array:
        first = terms[0]
        total = np.zeros((len(terms), *first.shape[:-1], first.shape[-1] + 1))
        for i, each in enumerate(terms):
            total[i, ..., 1:] = each
        np.add.accumulate(total, axis=-1, out=total)
        return total if self.places is None else total.take(self.places, axis=-1)


def _from(x: Array, ndim: int) -> Array:
    """x, x + 1, … below the shift, on a new first axis."""
    return x + np.arange(float(_SHIFT)).reshape((-1, *(1,) * max(x.ndim, ndim)))


def _reciprocal_bend(x: Array, a: Array, t: Array) -> Array:
    """1/x − 1/(x+a) − 1/(x+t) + 1/(x+a+t), without a difference."""
    return a / (x + a) / x * (t / (x + t)) * ((2.0 * x + a + t) / (x + a + t))


def _square_bend(x: Array, a: Array, t: Array) -> Array:
    """The same of 1/x²: all terms positive."""
    fallen = t / (x + t) / x + t / (x + a + t) / (x + a)
    return _reciprocal_bend(x, a, t) * (1.0 / x + 1.0 / (x + a)) + a / (x + t) / (x + a + t) * fallen


def _stirling(x: Array) -> Array:
    """ln Γ(x) − (x − 1/2) ln x + x − ln √(2π) for x ≥ 10."""
    return _STIRLING[0] / x + _rest(x)


def _rest(x: Array, coefficients: tuple[float, ...] = _STIRLING) -> Array:
    """c₁/x³ + c₂/x⁵ + … ."""
    inverse = 1.0 / x
    square = inverse * inverse
    total = np.full_like(square, coefficients[-1])
    for c in coefficients[-2:0:-1]:
        total = total * square + c
    return total * square * inverse


def _rests(x: Array, order: int) -> Array:
    """That, or its derivatives."""
    value = _rest(x, _SERIES[order])
    for _ in range(order):  # a power of x may have no float
        value = value / x
    return value


def _rest_bend(x: Array, a: Array, t: Array, order: int) -> Array:
    """f(x) − f(x+a) − f(x+t) + f(x+a+t) of that, or of its slope."""
    plain = _rests(x + a + t, order) - _rests(x + t, order) - (_rests(x + a, order) - _rests(x, order))
    small, large = np.minimum(a, t), np.maximum(a, t)
    if np.all((small >= _TINY) | (small == 0.0)):
        return plain
    middle = x + 0.5 * small
    by_slope = small * (_rests(middle + large, order + 1) - _rests(middle, order + 1))
    by_bend = small * large * _rests(middle + 0.5 * large, order + 2)
    return np.where(small >= _TINY, plain, np.where(large >= _TINY, by_slope, by_bend))


_LARGE = 10.0
NEAR = 500.0  # below, log-gammas are at most 2,600 and known to 12 decimals


def log_beta(a: Real, b: Real) -> Array:
    """ln B(a, b), exact to the last digits also where the log-gammas behind it are large."""
    small, large = np.minimum(a, b), np.maximum(a, b)
    if np.all(large < NEAR):
        return np.asarray(betaln(small, large), np.float64)
    far = log_beta_ratio(small, 1.0, np.maximum(large, 1.0) - 1.0) - np.log(small)
    return np.where(large >= 1.0, far, betaln(small, np.minimum(large, 1.0)))


def log_gamma_density(shape: Real, y: Real) -> Array:
    """ln of y^shape e^(−y) / Γ(shape): the density of ln y for a gamma variable y of that shape."""
    s, y = np.asarray(shape, np.float64), np.asarray(y, np.float64)
    large = np.maximum(s, _LARGE)
    around = (
        -s * _excess((y - large) / large, y / large) + 0.5 * np.log(large / (2.0 * np.pi)) - _stirling(large)
    )
    return np.where(s >= _LARGE, around, s * np.log(y) - y - gammaln(np.minimum(s, _LARGE)))


def log_beta_prime_density(a: Real, b: Real, ratio: Real) -> Array:
    """ln of ratio^a / (1 + ratio)^(a + b) / B(a, b): the density of ln(ratio) of two gamma variables."""
    a, b, ratio = (np.asarray(v, np.float64) for v in (a, b, ratio))
    plain = -xlog1py(a, 1.0 / ratio) - xlog1py(b, ratio) - log_beta(a, b)
    if np.all(np.minimum(a, b) < NEAR):
        return plain
    # around the peak at a/b, where powers and beta function of large shapes leave nothing of each other
    x, y = np.maximum(a, _LARGE), np.maximum(b, _LARGE)
    off = (ratio * y - x) / (1.0 + ratio)
    height = 0.5 * np.log(x / (2.0 * np.pi) * (y / (x + y))) + _stirling(x + y) - _stirling(x) - _stirling(y)
    share = (x + y) / (1.0 + ratio)
    around = height - x * _excess(off / x, share * ratio / x) - y * _excess(-off / y, share / y)
    return np.where(np.minimum(a, b) >= _LARGE, around, plain)


def _excess(off: Array, ratio: Array) -> Array:
    """off − ln(ratio) ≥ 0 with ratio = 1 + off, by whichever of the two keeps the logarithm's digits."""
    near = np.log1p(np.clip(off, -0.5, 0.5))
    return off - np.where(np.abs(off) < 0.5, near, np.log(ratio))
