"""The highest of many straight lines at every point of [0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retainkit.typing import Array


def upper_envelope(slope: Array, level: Array) -> tuple[NDArray[np.intp], Array]:
    """Which of the lines level + slope·γ are highest somewhere in [0, 1], and where they meet.

    Between two lines of the envelope only lines with slopes between theirs can come, so a search at the
    point where the two meet goes through a shrinking part of the lines sorted by slope.
    """
    order = np.argsort(slope, kind="stable") if np.any(slope[1:] < slope[:-1]) else np.arange(slope.size)
    s, c = slope[order], level[order]
    # three lines through one point: rounding must not make a corner of it
    tolerance = 1e-14 * (float(np.abs(c).max()) + float(np.abs(s).max()))
    first, last = _top(s, c, 0.0, 0, s.size), _top(s, c, 1.0, 0, s.size)
    found, waiting = [first], [(first, last)]
    while waiting:
        i, j = waiting.pop()
        if s[j] <= s[i]:
            continue
        meet = float((c[i] - c[j]) / (s[j] - s[i]))
        k = _top(s, c, meet, i, j + 1)
        if c[k] + s[k] * meet > c[i] + s[i] * meet + tolerance and i < k < j:
            waiting += [(k, j), (i, k)]
        else:
            found.append(j)
    lines = np.array(found)
    meets = (c[lines[:-1]] - c[lines[1:]]) / (s[lines[1:]] - s[lines[:-1]])
    # corners in order, which rounding of two close ones may swap
    return order[lines], np.maximum.accumulate(np.clip(meets, 0.0, 1.0))


def _top(s: Array, c: Array, at: float, start: int, end: int) -> int:
    """The line from `start` to `end` that is highest at a point."""
    return start + int(np.argmax(c[start:end] + s[start:end] * at))
