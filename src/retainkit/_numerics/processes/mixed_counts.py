"""Counts of a Poisson process with a gamma-distributed rate that runs for a random time.

P(n events in h) is that of a negative binomial if the process outlives h, and a mean of negative binomials
over the time it ran if it does not. Closed forms are alternating sums; the mean is an integral of a positive
function that, in the logarithm of time, is log-concave but for a bounded factor: its peak is found by
bisection and integrated over the window where it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from retainkit._numerics.gamma_functions import log_beta
from retainkit._numerics.gauss_legendre import GONE, in_blocks, integrate, nodes_needed
from retainkit._numerics.grouping import Codes
from retainkit._numerics.processes.gompertz_decay import bent, log_shrink
from retainkit.typing import Array, Real

_FARTHEST = 690.0  # ln of the longest time: 1e299
_HALVINGS = 45
_GAUSSIAN = 4.6  # a two-sided fall asks for the nodes of a one-sided one that is so much deeper


class Ending(Protocol):
    """How long the process runs: flat arrays of parameters."""

    @property
    def bounded_log_range(self) -> Array:
        """Twice the logarithm of the bounded factor that is left out of `log_slope`."""
        ...

    @property
    def half_width(self) -> Array | float:
        """Distance of the nearest singularity in the logarithm of time."""
        ...

    @property
    def tail(self) -> tuple[Array, Array]:
        """ln of a time from which on the hazard is a power of time, and −d ln(survival) / d ln(time) then."""
        ...

    def fallen(self, t: Array) -> Array:
        """−ln P(runs longer than t)."""
        ...

    def log_hazard(self, t: Array) -> Array:
        """ln of the hazard of ending at t."""
        ...

    def log_slope(self, t: Array) -> Array:
        """−d ln(density) / d ln(t) of the log-concave part: rises with t."""
        ...

    def of(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        ...


@dataclass(frozen=True, slots=True)
class PowerEnding:
    """P(runs longer than t) = (1 + t/B)^−s."""

    s: Array
    B: Array

    half_width = 0.5 * np.pi

    @property
    def bounded_log_range(self) -> Array:
        return np.zeros(self.s.shape)

    @property
    def tail(self) -> tuple[Array, Array]:
        return np.log(self.B * (self.s + 1.0)), self.s

    def fallen(self, t: Array) -> Array:
        return self.s * np.log1p(t / self.B)

    def log_hazard(self, t: Array) -> Array:
        return np.log(self.s / (self.B + t))

    def log_slope(self, t: Array) -> Array:
        return (self.s + 1.0) / (1.0 + self.B / t)

    def of(self, rows: Codes | slice) -> PowerEnding:
        return PowerEnding(self.s[rows], self.B[rows])


@dataclass(frozen=True, slots=True)
class GompertzEnding:
    """P(runs longer than t) = (1 + (e^bt − 1)/κ)^−s."""

    s: Array
    kappa: Array
    b: Array

    @property
    def bounded_log_range(self) -> Array:
        return 2.0 * np.abs(np.log(self.kappa))

    @property
    def half_width(self) -> Array:
        return 0.7 * np.arctan2(np.pi, np.log(np.maximum(self.kappa - 1.0, 1.0)))

    @property
    def tail(self) -> tuple[Array, Array]:
        return np.full(self.s.shape, _FARTHEST), self.s  # it ends long before

    def fallen(self, t: Array) -> Array:
        return self.s * bent(self.b * t, 1.0 / self.kappa)

    def log_hazard(self, t: Array) -> Array:
        return np.log(self.s * self.b) - log_shrink(self.b * t, self.kappa)

    def log_slope(self, t: Array) -> Array:
        v = self.b * t
        return self.s * v * np.exp(-log_shrink(v, self.kappa))

    def of(self, rows: Codes | slice) -> GompertzEnding:
        return GompertzEnding(self.s[rows], self.kappa[rows], self.b[rows])


def negative_binomial_pmf(n: Real, r: Real, alpha: Real, h: Real) -> Array:
    """P(n events in time h) of a Poisson process whose rate is gamma-distributed: shape r, rate alpha."""
    n, r = np.asarray(n), np.asarray(r)
    some = np.maximum(n, 1.0)
    with np.errstate(divide="ignore"):  # no time and all time are right in this form
        made = np.where(n > 0.0, some * np.log1p(np.divide(alpha, h)), 0.0)
    return np.exp(_log_ways(n, r) - r * np.log1p(np.divide(h, alpha)) - made)


def stopped_by_power_pmf(n: Real, h: Real, r: Real, alpha: Real, s: Real, B: Real) -> Array:
    """P(n events in time h) if P(the process runs longer than t) = (1 + t/B)^−s."""

    def rows(n: Array, h: Array, r: Array, alpha: Array, s: Array, B: Array) -> Array:
        return _pmf(n, h, r, alpha, PowerEnding(s, B))

    return in_blocks(rows, 1, n, h, r, alpha, s, B)[0]


def stopped_by_gompertz_pmf(n: Real, h: Real, r: Real, alpha: Real, s: Real, kappa: Real, b: Real) -> Array:
    """P(n events in time h) if P(the process runs longer than t) = (1 + (e^bt − 1)/κ)^−s."""

    def rows(n: Array, h: Array, r: Array, alpha: Array, s: Array, kappa: Array, b: Array) -> Array:
        return _pmf(n, h, r, alpha, GompertzEnding(s, kappa, b))

    return in_blocks(rows, 1, n, h, r, alpha, s, kappa, b)[0]


def _log_ways(n: Array, r: Array) -> Array:
    return np.where(n > 0.0, -np.log(r + n) - log_beta(r, n + 1.0), 0.0)


def _pmf(n: Array, h: Array, r: Array, alpha: Array, ending: Ending) -> Array:
    some = h > 0.0
    with np.errstate(over="ignore"):
        outlived = negative_binomial_pmf(n, r, alpha, h) * np.exp(-ending.fallen(h))
        stopped = np.exp(_log_ways(n, r) + _log_stopped(n, np.where(some, h, 1.0), r, alpha, ending))
    return np.where(some, outlived + stopped, n == 0.0)[None]


def _log_stopped(n: Array, h: Array, r: Array, alpha: Array, ending: Ending) -> Array:
    """ln of the integral over 0 < t < h of density(t) (t/(α+t))^n (α/(α+t))^r."""

    def log_integrand(x: Array, rows: Codes | slice) -> Array:
        t, some = np.exp(x), ending.of(rows)
        count = n[rows] * np.log1p(alpha[rows] / t) + r[rows] * np.log1p(t / alpha[rows])
        return x + some.log_hazard(t) - some.fallen(t) - count

    power_from, power = ending.tail
    power_from = np.maximum(power_from, np.log(alpha * (n + r + 1.0))) + GONE
    last = np.minimum(np.log(h), _FARTHEST)
    peak = _peak(n, r, alpha, ending, last)
    highest = log_integrand(peak, slice(None))
    deep = GONE + ending.bounded_log_range
    low = peak - _reach(lambda w: highest - log_integrand(peak - w, slice(None)), deep)
    right = _reach(lambda w: highest - log_integrand(np.minimum(peak + w, _FARTHEST), slice(None)), deep)
    high = np.minimum(np.minimum(last, power_from), peak + right)
    high = np.maximum(high, peak)

    def sums(at: Array, weight: Array, rows: Codes | slice) -> Array:
        x = low[rows] + at * (high - low)[rows]
        return (np.exp(log_integrand(x, rows) - highest[rows]) * weight).sum(axis=0)[None]

    fall = _GAUSSIAN * (
        highest - np.minimum(log_integrand(low, slice(None)), log_integrand(high, slice(None)))
    )
    total = integrate(sums, nodes_needed(high - low, ending.half_width, fall), 1)[0] * (high - low)
    # beyond, where it was cut although it goes on: a power of time
    rate = r + power
    rest = np.exp(log_integrand(high, slice(None)) - highest) * -np.expm1(-rate * (np.log(h) - high)) / rate
    total += np.where(high >= power_from, rest, 0.0)
    return highest + np.log(total)


def _peak(n: Array, r: Array, alpha: Array, ending: Ending, last: Array) -> Array:
    """Where the log-concave part peaks in ln t, or the end of the interval."""
    low, high = np.full(n.shape, -_FARTHEST), last.copy()
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        t = np.exp(middle)
        rises = n + 1.0 > (n + r) / (1.0 + alpha / t) + ending.log_slope(t)
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return 0.5 * (low + high)


def _reach(fall: Callable[[Array], Array], deep: Array) -> Array:
    """A width at which the integrand has fallen by `deep`, within a factor of 1.3."""
    low, high = np.full(deep.shape, -14.0), np.full(deep.shape, 11.0)
    for _ in range(6):
        middle = 0.5 * (low + high)
        enough = fall(2.0**middle) > deep
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return 2.0**high
