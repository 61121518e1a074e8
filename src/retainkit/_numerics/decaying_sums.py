"""Sums over 0, 1, 2, … of a function that decays, however slowly, without end.

The first terms are added one by one. Where they still count after that the function is smooth on the
scale of a step, and the rest is an integral with the corrections of Euler and Maclaurin (DLMF 2.10.1),
taken by Gauss-Legendre over intervals that double. What lies beyond every interval is known by its
power of t. Nothing is cut off, so that discounts near 0 and tails near t^-1 are as exact as others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.powers import elapsed, zero_times
from retainkit.typing import Array, Real

LogFunction: TypeAlias = Callable[[Array], Array]
"""times (m,) -> logarithms (m, …) of a positive function that never rises, smooth for t > 0"""

_FIRST = 2048
_BLOCK = 256
_NEGLIGIBLE = 2.0**-60
_SAME, _HALVINGS = 2.0**-36, 8
_PANELS = 960
"""Doublings of 2,048 up to the end of floating point."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_ONE_BY_ONE = 16
"""Renewals of a customer that are added; beyond, an integral is off by a millionth of the sum."""
_FEW_NODES, _FEW_WEIGHTS = np.polynomial.legendre.leggauss(12)


def decaying_sum(log_function: LogFunction, force: Real, tail: Real, terms: float = np.inf) -> Array:
    """Σ f(j) e^(−force·j) over j = 0, …, terms − 1.

    ``inf`` where it diverges.

    Parameters
    ----------
    log_function : (m,) -> (m, …)
    force : number, or array that broadcasts against (…), ≥ 0
    tail : same
        The power e in f(t) ~ t^−e for t to infinity; inf for all that falls faster, 0 for what stays.
    terms : number of terms, a whole number or inf
    """
    return _sum(log_function, np.asarray(force), np.asarray(tail, np.float64), terms, moment=0)


def decaying_moment(log_function: LogFunction, force: Real, tail: Real, terms: float = np.inf) -> Array:
    """Σ j f(j) e^(−force·j) over j = 0, …, terms − 1."""
    return _sum(log_function, np.asarray(force), np.asarray(tail, np.float64) - 1.0, terms, moment=1)


def _sum(log_function: LogFunction, force: Array, tail: Array, terms: float, moment: int) -> Array:
    def at(times: Array, factor: float = 1.0) -> Array:
        """`factor` times the terms; multiplied as logarithms, since t and f(t) may both be out of range."""
        logs = log_function(times)
        t = times.reshape((-1, *(1,) * (logs.ndim - 1)))
        with np.errstate(divide="ignore", under="ignore", over="ignore"):
            return np.exp(logs - force * t + (moment * np.log(t) if moment else 0.0) + np.log(factor))

    first = int(min(terms, _FIRST))
    total = np.zeros(at(np.zeros(1)).shape[1:])
    ends = (force > 0.0) | np.isinf(tail)
    for start in range(0, first, _BLOCK):
        values = at(np.arange(start, min(start + _BLOCK, first), dtype=np.float64))
        total = total + values.sum(axis=0)
        if np.all((values[-1] * _FIRST <= _NEGLIGIBLE * total) & ends):
            return total
    if terms <= first:
        return total
    endless = np.isinf(terms) & ~ends & (tail <= 1.0)
    if np.all(endless):
        return np.broadcast_to(np.inf, total.shape).copy()
    rest = _integral(at, float(first), terms - 1.0, tail, ends) + _ends(at, float(first), terms - 1.0)
    return np.where(endless, np.inf, total + rest)


def _ends(at: Callable[..., Array], start: float, end: float) -> Array:
    """What Euler and Maclaurin add: (values at the ends)/2 + (difference of slopes)/12 − …."""
    added = 0.0
    for t, sign in ((start, -1.0), (end, 1.0)):
        if np.isfinite(t):
            down2, down, value, up, up2 = at(t + np.arange(-2.0, 3.0))
            slope = (8.0 * (up - down) - (up2 - down2)) / 12.0
            third = (up2 - 2.0 * up + 2.0 * down - down2) / 2.0
            added = added + 0.5 * value + sign * (slope / 12.0 - third / 720.0)
    return np.asarray(added)


def _integral(
    at: Callable[..., Array], start: float, end: float, tail: Array, ends: NDArray[np.bool_]
) -> Array:
    """∫ from `start` > 0 to `end`: up to where nothing is left, or to where a pure power is left."""
    total = np.zeros(at(np.array([start])).shape[1:])
    low = start
    for _ in range(_PANELS):
        high = min(2.0 * low, end)
        part = _panel(at, low, high, total, _HALVINGS)
        total = total + part
        low = high
        if low >= end or np.all(part <= _NEGLIGIBLE * total):
            return total
    power = np.where(ends | (tail <= 1.0), np.inf, tail)
    return total + at(np.array([low]), low)[0] / (power - 1.0)


def _panel(at: Callable[..., Array], low: float, high: float, before: Array, halvings: int) -> Array:
    """∫ over one interval, cut in halves until that changes nothing: a curve may fall steeply inside."""
    middle = 0.5 * (low + high)
    left, right = _gauss(at, low, middle), _gauss(at, middle, high)
    change = np.abs(_gauss(at, low, high) - left - right)
    if halvings == 0 or np.all(change <= _SAME * (before + left + right)):
        return left + right
    left = _panel(at, low, middle, before, halvings - 1)
    return left + _panel(at, middle, high, before + left, halvings - 1)


def _gauss(at: Callable[..., Array], low: float, high: float) -> Array:
    half = 0.5 * (high - low)
    return np.tensordot(_WEIGHTS, at(low + half * (_NODES + 1.0), half), axes=1)


def geometric_sum(force: Real, terms: Real) -> Array:
    """Σ e^(−force·j) over j = 0, …, terms − 1, also without force, without end and without terms."""
    force, terms = np.broadcast_arrays(force, terms)
    falls = force > 1e-300  # below, as many terms as a float can count are all 1
    with np.errstate(invalid="ignore"):
        total = np.expm1(-force * terms) / np.expm1(np.where(falls, -force, -1.0))
    return np.where(terms == 0.0, 0.0, np.where(falls, total, terms))


def weibull_sum(hazard: Array, power: Real, start: Array, force: Array, terms: float) -> Array:
    """Σ e^(−hazard·[(start + j)^power − start^power] − force·(j − 1)) over j = 1, …, terms, to six digits.

    What a customer still pays who leaves by a Weibull law of his own: for draws of customers, of whom there
    are too many to add term by term. `hazard` is (…, n), `start` and `force` (n,), `power` broadcasts.
    """
    c, hazard = np.asarray(power, np.float64), hazard + np.zeros(start.shape)
    if np.all(c == 1.0):
        return np.exp(-hazard) * geometric_sum(hazard + force, terms)
    # a power takes longest: once for each tenure, where customers of one tenure have one
    levels, place = np.unique(start, return_inverse=True) if c.shape[-1:] in ((), (1,)) else (start, ...)

    def at(j: float) -> Array:
        ahead = elapsed(levels, np.full(levels.shape, j), c)[..., place]
        with np.errstate(under="ignore"):
            return np.exp(-zero_times(hazard, ahead) - force * (j - 1.0))

    total = np.zeros(hazard.shape)
    for j in range(1, int(min(terms, _ONE_BY_ONE)) + 1):
        total += at(j)
    low = _ONE_BY_ONE + 0.5
    if terms <= low:
        return total
    # the sum is the integral from middle to middle, and the first correction to that: slopes at the ends
    total += (at(_ONE_BY_ONE + 1.0) - at(_ONE_BY_ONE)) / 24.0
    if np.isfinite(terms):
        total -= (at(terms + 1.0) - at(terms)) / 24.0
    for _ in range(_PANELS):
        high, part = min(2.0 * low, terms + 0.5), np.zeros(hazard.shape)
        for node, weight in zip(_FEW_NODES, _FEW_WEIGHTS, strict=True):
            part += 0.5 * (high - low) * weight * at(low + 0.5 * (high - low) * (node + 1.0))
        total += part
        low = high
        if low > terms or np.all(part <= 1e-9 * total):
            break
    return np.where((hazard == 0.0) & (force == 0.0) & np.isinf(terms), np.inf, total)
