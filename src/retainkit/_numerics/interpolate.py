"""A positive function of levels and a time, asked at many times: Chebyshev's polynomials for each level.

ln f is smooth in ln(near + t): a few dozen values per level give all others to the last digits, however many
there are (Trefethen 2013, Approximation Theory and Approximation Practice, theorem 8.2). What a level's
polynomial is worth is seen from its last coefficients and from rows that are computed as well; a level where
it is not good enough, or that has few rows, is computed row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes, levels
from retainkit.typing import Array

Function = Callable[[Array, Array], Array]
"""(level, t), both (n,) -> (…, n)"""

_NODES = (24, 48, 96, 192)
_SPARE = 2  # rows of a level for each node, below which all rows are computed
_CHECKED = 3  # rows of each level that are computed as well
_TAIL = 3e-14  # of ln f: what the last coefficients may be, near the noise of the functions themselves
_OFF = 2e-13  # the largest relative difference to what is computed
_ROUNDING = 2.0**-48  # of ln f, with which it grows: it is the logarithm that is interpolated
_CELLS = 1 << 14  # rows at a time: a handful of such arrays stays near the processor


def by_level(function: Function, level: Array, t: Array, near: float) -> Array:
    """`function(level, t)` of each row.

    Parameters
    ----------
    function : positive where it is to be interpolated, and smooth in t
    level, t : (n,)
        t ≥ 0.
    near : number > 0
        The time from which on the function varies with ln t.
    """
    rows = _Rows.of(level, t, near)
    result: Array | None = None
    done = np.zeros(rows.counts.size, np.bool_)
    for nodes in _NODES:
        some = np.flatnonzero(~done & (rows.counts > _SPARE * nodes))
        if rows.width == 0.0 or not some.size:
            break
        values = function(np.repeat(rows.levels[some], nodes), np.tile(rows.times(nodes), some.size))
        coefficients = _coefficients(values.reshape((*values.shape[:-1], some.size, nodes)))
        good = _settled(coefficients)
        some, coefficients = some[good], coefficients[..., good, :]
        checked = rows.spread(some)
        known = function(level[checked.ravel()], t[checked.ravel()]) if some.size else np.zeros(0)
        known = known.reshape((*known.shape[:-1], *checked.shape))
        for j, own in enumerate(some):
            c = coefficients[..., j, :]
            logs, computed = _sums(c, rows.u[checked[j]]), known[..., j, :]
            if np.all(np.abs(np.exp(logs) - computed) <= (_OFF + _ROUNDING * np.abs(logs)) * computed):
                result = np.empty((*known.shape[:-2], level.size)) if result is None else result
                _fill(result, c, rows.u, rows.of_level(int(own)))
                done[own] = True
    if result is None:
        return function(level, t)
    rest = np.flatnonzero(~done[rows.codes])
    if rest.size:
        result[..., rest] = function(level[rest], t[rest])
    return result


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows in order of their levels, and ln(near + t) of each as u within −1 and 1."""

    levels: Array
    codes: Codes
    counts: Codes
    """How many rows a level has."""
    order: Codes
    """The rows of the first level, then those of the second, …"""
    u: Array
    middle: float
    width: float
    near: float

    @classmethod
    def of(cls, level: Array, t: Array, near: float) -> _Rows:
        found = levels(level)
        counts = np.bincount(found.codes, minlength=found.values.size)
        # short codes are sorted in no time
        order = np.argsort(
            found.codes.astype(np.uint16) if counts.size <= 1 << 16 else found.codes, kind="stable"
        )
        u = np.log(t + near)
        low, high = float(u.min()), float(u.max())
        middle, width = 0.5 * (low + high), 0.5 * (high - low)
        u -= middle
        u /= width or 1.0
        np.clip(u, -1.0, 1.0, out=u)
        return cls(found.values, found.codes, counts, order, u, middle, width, near)

    def times(self, nodes: int) -> Array:
        """The zeros of a polynomial of Chebyshev's, as times."""
        at = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
        return np.maximum(np.exp(self.middle + self.width * at) - self.near, 0.0)

    def of_level(self, own: int) -> Codes:
        """The rows of a level."""
        end = int(self.counts[: own + 1].sum())
        return self.order[end - int(self.counts[own]) : end]

    def spread(self, some: Codes) -> Codes:
        """A few rows of each of some levels: (levels, rows)."""
        shares = (np.arange(_CHECKED) + 0.5) / _CHECKED
        counts = self.counts[some]
        starts = np.cumsum(self.counts)[some] - counts
        return self.order[starts[:, None] + (counts[:, None] * shares).astype(np.intp)]


def _coefficients(values: Array) -> Array:
    """Of ln f in Chebyshev's polynomials, from values (…, nodes) of f at their zeros; NaN where f ≤ 0."""
    nodes = values.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values)
    logs = np.where(np.isfinite(logs), logs, np.nan)
    k: Array = np.arange(float(nodes))
    basis = np.cos(np.pi * k[:, None] * (k + 0.5) / nodes) * (2.0 / nodes)
    basis[0] *= 0.5
    return np.einsum("...j,kj->...k", logs, basis)


def _settled(coefficients: Array) -> NDArray[np.bool_]:
    """For which levels, on the axis before the last, the last coefficients are those of noise."""
    last = np.abs(coefficients[..., -3:]).max(axis=-1)
    rounding = 0.25 * _ROUNDING * np.abs(coefficients[..., 0])
    good = last <= _TAIL + rounding  # not where it is NaN
    return np.all(good.reshape((-1, good.shape[-1])), axis=0)


def _fill(result: Array, c: Array, u: Array, rows: Codes) -> None:
    """The rows of one level, some at a time."""
    for start in range(0, rows.size, _CELLS):
        part = rows[start : start + _CELLS]
        logs = _sums(c, u[part])
        result[..., part] = np.exp(logs, out=logs)


def _sums(c: Array, u: Array) -> Array:
    """Sums (…, m) of Chebyshev's polynomials with coefficients (…, nodes) at points (m,), by Clenshaw."""
    twice = 2.0 * u
    before, last, now = np.zeros((3, *c.shape[:-1], u.size))
    for k in range(c.shape[-1] - 1, 0, -1):
        np.multiply(twice, last, out=now)
        now -= before
        now += c[..., k, None]
        before, last, now = last, now, before
    np.multiply(u, last, out=now)
    now -= before
    now += c[..., 0, None]
    return now
