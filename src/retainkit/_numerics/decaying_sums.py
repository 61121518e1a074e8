"""Sums and integrals over 0, 1, 2, … of a function that decays, however slowly, without end.

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

from retainkit.typing import Array, Real

LogFunction: TypeAlias = Callable[[Array], Array]
"""times (m,) -> logarithms (m, …) of a positive function that never rises, smooth for t > 0"""

_FIRST = 2048
_BLOCK = 256
_NEGLIGIBLE = 2.0**-60
_PANELS = 64
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def decaying_sum(log_function: LogFunction, force: Real, tail: Real, terms: float = np.inf) -> Array:
    """Σ f(j) e^(−force·j) over j = 0, …, terms − 1.

    Parameters
    ----------
    log_function : (m,) -> (m, …)
    force : number, or array that broadcasts against (…), ≥ 0
    tail : same
        The power e in f(t) ~ t^−e for t to infinity; inf for all that falls faster, 0 for what stays.
    terms : number of terms, a whole number or inf

    Returns
    -------
    (…); ``inf`` where the sum diverges.
    """
    return _sum(log_function, force, tail, terms, moment=0)


def decaying_moment(log_function: LogFunction, force: Real, tail: Real, terms: float = np.inf) -> Array:
    """Σ j f(j) e^(−force·j) over j = 0, …, terms − 1."""
    return _sum(log_function, force, np.asarray(tail) - 1.0, terms, moment=1)


def _sum(log_function: LogFunction, force: Real, tail: Real, terms: float, moment: int) -> Array:
    def at(times: Array) -> Array:
        logs = log_function(times)
        t = times.reshape((-1, *(1,) * (logs.ndim - 1)))
        return np.exp(logs - force * t) * t**moment

    first = int(min(terms, _FIRST))
    total = np.zeros(at(np.zeros(1)).shape[1:])
    last = total
    for start in range(0, first, _BLOCK):
        values = at(np.arange(start, min(start + _BLOCK, first), dtype=np.float64))
        total = total + values.sum(axis=0)
        last = values[-1]
        if np.all((last * _FIRST <= _NEGLIGIBLE * total) & _falls_fast(force, tail)):
            return total
    if terms <= first:
        return total
    return total + _rest(at, float(first), terms, force, tail)


def _falls_fast(force: Real, tail: Real) -> NDArray[np.bool_]:
    return (np.asarray(force) > 0.0) | np.isinf(np.asarray(tail, np.float64))


def _rest(at: LogFunction, start: float, terms: float, force: Real, tail: Real) -> Array:
    """Σ from `start` on, by Euler-Maclaurin: ∫ + (ends)/2 + (difference of slopes)/12."""
    end = terms - 1.0
    h = 1e-3 * start
    around = at(np.array([start - h, start, start + h]))
    total = integral(at, start, end, force, tail)
    total = total + 0.5 * around[1] - (around[2] - around[0]) / (24.0 * h)
    if np.isfinite(end):
        around = at(np.array([end - h, end, end + h]))
        total = total + 0.5 * around[1] + (around[2] - around[0]) / (24.0 * h)
    return total


def integral(at: LogFunction, start: float, end: float, force: Real, tail: Real) -> Array:
    """∫ of `at` (the function itself, not its logarithm) from `start` > 0 to `end`."""
    total = np.zeros(at(np.array([start])).shape[1:])
    low = start
    for _ in range(_PANELS):
        high = min(2.0 * low, end)
        half = 0.5 * (high - low)
        values = at(low + half * (_NODES + 1.0))
        part = half * np.tensordot(_WEIGHTS, values, axes=1)
        total = total + part
        low = high
        if low >= end or np.all((part <= _NEGLIGIBLE * total) & _falls_fast(force, tail)):
            return total
    return total + _beyond(at, low, force, tail)


def _beyond(at: LogFunction, start: float, force: Real, tail: Real) -> Array:
    """∫ from `start` to infinity of what is a pure power of t by then."""
    value = at(np.array([start]))[0]
    power = np.broadcast_to(np.asarray(tail, np.float64), value.shape)
    endless = (power <= 1.0) & (np.asarray(force) == 0.0)
    safe = np.where(power > 1.0, power, 2.0)
    rest = np.where(_falls_fast(force, tail), 0.0, start * value / (safe - 1.0))
    return np.where(endless, np.inf, rest)
