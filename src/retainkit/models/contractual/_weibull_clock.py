"""Tenure on a Weibull's clock, t^c: what makes churn rise or fall with tenure, without overflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.typing import Array, Real

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
