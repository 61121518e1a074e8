"""Steps of a cumulative hazard from events known to lie in stretches of them: a concave maximum.

An event in the stretch [a, b) of steps x_j ≥ 0 has the log-likelihood ln(1 − e^−(x_a + … + x_(b−1))), and
getting past step j −x_j: a concave sum, however stretches overlap and entries are late. In cumulative steps
its curvature is the Laplacian of the graph whose edges are the stretches: sparse, its inverse the covariance.
Steps that go to 0 are scaled as in Coleman, T. F. and Li, Y. (1996), "An Interior Trust Region Approach for
Nonlinear Minimization Subject to Bounds", SIAM Journal on Optimization 6(2), 418-445, doi:10.1137/0806023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array

_ROUNDS = 500
_LEAST = 0.01  # of a step that is left of it at once, on its way to 0
_SETTLED = 1e-14  # of the events: with so little to gain a full step lands on the maximum
_DIGITS = 1e-9  # of the events: a gain so small may be lost in the rounding of the sum
_NOTHING = 1e-7  # of an event: a step with less on which the likelihood falls is none
_BLOCK = 256  # columns of the inverse at a time


@final
@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Events in stretches [first, last) of steps, of which the last may be infinite."""

    first: Codes
    last: Codes
    weight: Array
    passed: Array
    """How many are known to have got past each of the finite steps."""
    ends: bool
    """Whether an infinite step, which nobody gets past, comes after them."""

    def between(self, per_stretch: Array) -> Array:
        """Of each step the sum over the stretches that hold it."""
        size = self.passed.size + self.ends + 1
        rise = np.bincount(self.first, per_stretch, size) - np.bincount(self.last, per_stretch, size)
        return np.asarray(np.cumsum(rise)[:-1], np.float64)

    def width(self, steps: Array) -> Array:
        """How far the cumulative hazard rises in each stretch."""
        total = np.concatenate([[0.0], np.cumsum(steps), [np.inf] * self.ends])
        return total[self.last] - total[self.first]

    def value(self, steps: Array) -> float:
        """The log-likelihood; −inf where a stretch has no step."""
        with np.errstate(divide="ignore"):
            return float(self.weight @ np.log(-np.expm1(-self.width(steps))) - self.passed @ steps)

    def slope(self, steps: Array) -> Array:
        """The gradient of the log-likelihood in the steps."""
        with np.errstate(over="ignore"):
            return self.between(self.weight / np.expm1(self.width(steps)))[: steps.size] - self.passed

    def events(self, steps: Array) -> Array:
        """How many of the events are expected in each step, the infinite one included."""
        before = np.append(0.0, np.cumsum(steps))[: steps.size + self.ends]
        share = self.weight / -np.expm1(-self.width(steps))
        # of a stretch the part in step j is e^−(what came before it within) (1 − e^−step)
        here = -np.expm1(-np.append(steps, [np.inf] * self.ends))
        return here * np.exp(-before) * self.between(share * np.exp(before[self.first]))

    def curvature(self, steps: Array, live: NDArray[np.bool_], more: Array | float) -> Any:
        """Minus the second derivatives in the cumulative live steps, `more` for each: a sparse Laplacian."""
        from scipy.sparse import coo_matrix

        node = np.concatenate([[0], np.cumsum(live)])  # steps that stay 0 join what they part
        finite, size = self.last <= steps.size, int(node[-1])
        half = 0.5 * self.width(steps)[finite]
        bend = np.append(
            0.25 * self.weight[finite] / np.sinh(np.minimum(half, 350.0)) ** 2, np.full(size, more)
        )
        begin = np.append(node[self.first[finite]], np.arange(size))
        end = np.append(node[self.last[finite]], np.arange(size) + 1)
        rows, columns = np.concatenate([begin, end, begin, end]), np.concatenate([begin, end, end, begin])
        entries = (np.concatenate([bend, bend, -bend, -bend]), (rows, columns))
        return coo_matrix(entries, shape=(size + 1, size + 1)).tocsc()[1:, 1:]  # at the start all are there

    def maximum(self) -> Array:
        """The finite steps of the highest log-likelihood; somebody has to have got past each of them.

        Raises `ArithmeticError` where the search ends with more to gain than rounding can hide.
        """
        steps, all_events, gain = self._start(), max(float(self.weight.sum()), 1.0), 0.0
        for _ in range(_ROUNDS):
            slope = self.slope(steps)
            steps = np.where((slope < 0.0) & (steps * self.passed < _NOTHING), 0.0, steps)
            live = (steps > 0.0) | _peaks(slope, steps > 0.0)
            if not live.any():
                break
            # a step that the likelihood falls on goes to 0 by as much as it is
            fall = np.where(slope < 0.0, -slope, 0.0)[live] / np.where(slope < 0.0, steps, 1.0)[live]
            rise = slope[live]
            factors = _factors(self.curvature(steps, live, fall + 1e-12 * self.passed[live]))
            way: Array = np.diff(factors.solve(rise - np.append(rise[1:], 0.0)), prepend=0.0)
            gain = float(rise @ way)
            if gain <= _SETTLED * all_events:  # the sum is too coarse to see what this last one gains
                steps[live] = np.maximum(steps[live] + way, _LEAST * steps[live])
                break
            further = self._along(steps, live, way, rise)
            if further is None:
                break
            steps = further
        if gain > _DIGITS * all_events:
            raise ArithmeticError(f"{gain} of log-likelihood still to gain")
        return steps

    def _along(self, steps: Array, live: NDArray[np.bool_], way: Array, rise: Array) -> Array | None:
        """As far along the way as the likelihood keeps what its slope promises; None if nowhere."""
        value = self.value(steps)
        for pace in 0.5 ** np.arange(50.0):
            found = steps.copy()
            found[live] = np.maximum(steps[live] + pace * way, _LEAST * steps[live])
            if self.value(found) >= value + 1e-4 * float(rise @ (found - steps)[live]):
                return found
        return None

    def _start(self) -> Array:
        """Few steps that together meet every stretch: where all are moments, the answer."""
        size = self.passed.size + self.ends
        short = self.last - self.first == 1
        met = np.bincount(self.first[short], minlength=size) > 0
        count = np.append(0, np.cumsum(met))
        rest = np.flatnonzero(count[self.last] == count[self.first])
        reached = -1
        for place in rest[np.argsort(self.last[rest], kind="stable")]:
            if self.first[place] > reached:  # the last step of it meets as many later ones as any
                reached = int(self.last[place]) - 1
                met[reached] = True
        points = np.flatnonzero(met)
        own = points[np.searchsorted(points, self.last) - 1]  # where each event is put to begin with
        events = np.bincount(own, self.weight, size)[: self.passed.size]
        held = Stretches(self.first, own + 1, self.weight, self.passed, self.ends).between(self.weight)
        return -np.log1p(-events / (self.passed + held[: self.passed.size]))

    def variance(self, steps: Array) -> Array:
        """The variance of the cumulative hazard after each step above 0, from the observed information."""
        live = steps > 0.0
        size = int(live.sum())
        if not size:
            return np.zeros(0)
        factors = _factors(self.curvature(steps, live, 1e-14 * self.passed[live]))
        found = np.empty(size)
        for start in range(0, size, _BLOCK):
            columns = np.arange(start, min(start + _BLOCK, size))
            unit = np.zeros((size, columns.size))
            unit[columns, columns - start] = 1.0
            found[columns] = factors.solve(unit)[columns, columns - start]
        return found


def _factors(matrix: Any) -> Any:
    from scipy.sparse.linalg import splu

    return splu(matrix)  # pyright: ignore[reportUnknownVariableType]


def _peaks(slope: Array, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Between steps that are above 0 the place where another one would gain most, if it gains."""
    group = np.cumsum(some)
    order = np.lexsort((slope, group))
    highest = order[np.flatnonzero(np.diff(group[order], append=-1))]
    found = np.zeros(slope.size, np.bool_)
    found[highest] = slope[highest] > 0.0
    return found
