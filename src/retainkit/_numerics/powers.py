"""Powers (t/scale)^c and t^c of times, from any start on, without losing digits far out, close by or at 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import expit

from retainkit.typing import Array, NumberLike, Real

_SMALL = 0.02


def log_ratio(t: Array, scale: Real) -> Array:
    """ln(t/scale), −inf at t = 0."""
    with np.errstate(divide="ignore"):
        return np.log(t / scale)


def rows_of(shape: tuple[int, ...], *rows: NumberLike) -> Array:
    """A gradient from its rows: one for each parameter, on axis 0."""
    score = np.empty((len(rows), *shape))
    for place, row in enumerate(rows):
        score[place] = row
    return score


def zero_times(x: Array, u: Array) -> Array:
    """x·u where an x of 0 makes it 0, even if u is infinite: t^c ln t at t = 0."""
    return np.multiply(x, u, out=np.zeros(np.broadcast_shapes(x.shape, u.shape)), where=x > 0.0)


def log_power_and_score(t: Array, scale: Real, c: Real) -> tuple[Array, Array]:
    """ln (t/scale)^c, and its gradient in `scale` and `c`."""
    u = log_ratio(t, scale)
    return c * u, rows_of(np.broadcast_shapes(u.shape, np.shape(c)), -c / scale, u)


def growth_of_power(start: Array, more: Array, c: Real) -> Array:
    """1 − (start/(start + more))^c: what came with the last `more` of a power of time, as a share of it."""
    end = start + more
    with np.errstate(divide="ignore", invalid="ignore"):  # all of it from 0 on, and for ever
        share = np.where(start == 0.0, 1.0, np.where(np.isinf(more), 1.0, more / end))
        grown = -np.expm1(c * np.log1p(-share))
    return np.where(end > 0.0, grown, 0.0)


def log_wait(scale: Real, c: Real, start: Array, factor: Array | float, gain: Array) -> Array:
    """ln of the time after `start` in which x = (t/scale)^c becomes e^factor (x + e^gain)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        before = c * log_ratio(start, scale)
        log_growth = np.where(start > 0.0, factor + np.logaddexp(0.0, gain - before), np.inf)
        end = np.where(start > 0.0, np.log(start) + log_growth / c, np.log(scale) + (factor + gain) / c)
        return end + np.log(-np.expm1(-log_growth / c))


def log_power_share(scale: Real, c: Real, r: Real, start: Array, more: Array) -> Array:
    """ln of (r + x)/(r + x') with x = (t/scale)^c at `start` and x' `more` later."""
    grown = growth_of_power(start, more, c)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = (c * log_ratio(t, scale) - np.log(r) for t in (start, start + more))
        far = np.logaddexp(0.0, before) - np.logaddexp(0.0, after)
        near = np.log1p(-expit(after) * grown)  # where the difference of the two would lose its digits
    return np.where(grown > 0.5, far, near)


def logistic_excess(k: Array) -> Array:
    """p + ln(1 − p) with p = 1/(1 + e^−k), to all digits for small p: a series there."""
    p = expit(k)
    small = np.minimum(p, _SMALL)
    series = sum(small**n / n for n in range(2, 12))
    return np.where(p < _SMALL, -series, p - np.logaddexp(0.0, k))


LONGEST = 600.0
"""Time on the clock is at most e^600 in a mixture, whose survival is an exact power of it long before."""


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """What the clock shows after t periods, t ≥ 0."""

    time: Array
    """t^c, or its bound."""
    slope: Array
    """d t^c / dc."""
    beyond: Array
    """ln t^c less the logarithm of the bound, where it is more."""

    @classmethod
    def at(cls, t: Array, c: Real, longest: float = np.inf) -> Self:
        """The clock after t periods; `longest` bounds the logarithm of its time."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            log_t = np.log(t)
            log_time = c * log_t
            time = np.exp(np.minimum(log_time, longest))
            beyond = np.where(log_time > longest, log_time - longest, 0.0)
            return cls(time, np.where(t > 0.0, time * log_t, 0.0), beyond)


def elapsed(start: Array, more: Array, c: Real, longest: float = np.inf) -> Array:
    """(start + more)^c − start^c, to full precision also where both are large."""
    end = start + more
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # ln of (start/end) from the smaller of the two parts, so that neither a short nor a long step loses
        # digits
        shrunk = np.where(more > start, np.log(start / end), np.log1p(-more / end))
        log_end, ratio = c * np.log(end), c * shrunk
        late = np.minimum(log_end, longest)
        ratio = np.where(log_end > longest, np.minimum(log_end + ratio, longest) - late, ratio)
        # as end^c·(1 − (start/end)^c): a difference of powers would be 0 far out
        return np.where(more > 0.0, -np.exp(late) * np.expm1(ratio), 0.0)
