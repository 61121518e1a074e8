"""Many smooth one-dimensional integrals at once, each with as many Gauss-Legendre nodes as it needs.

For an integrand that is analytic inside an ellipse around its interval the error falls geometrically with
the number of nodes (Trefethen 2008, SIAM Review 50(1), 67-87, doi:10.1137/060659831). The number is chosen
before the work, from the interval, the nearest singularity and how far the integrand falls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array, Real

Sums: TypeAlias = Callable[[Array, Array, "Codes | slice"], Array]
"""(nodes on (0, 1), weights, rows) -> (sums, rows); nodes and weights are columns (nodes, 1)."""

GONE = 37.0
"""e^-37, 1e-16: what is small beside the peak."""

_PANEL = 320
_MOST = 5120
_SIZES = np.array([6, 8, 10, 14, 20, 28, 40, 56, 80, 112, 160, 224, _PANEL, 640, 1280, 2560, _MOST])
_KINDS = np.searchsorted(_SIZES, np.arange(float(_MOST + 1))).astype(np.int8)
_ACCURACY = 33.0  # e^-33 of aliasing error
_CELLS = 1 << 13  # nodes times rows held at once: a dozen such arrays stay in cache, and in memory at hand
_ALONE = 1 << 16  # the same where there is but one sum, which takes two or three arrays
_FEW = 1 << 13  # below so many cells the calls cost more than the numbers
_BLOCK = 1 << 15


def nodes_needed(length: Array, half_width: Real, drop: Array) -> Array:
    """Nodes for an integrand without singularity closer than `half_width` whose logarithm falls by `drop`."""
    # in place as far as can be: of so many steps the memory takes as long as the numbers
    fall = 0.5 * drop
    fall += 1e-3
    sinh = length + 1e-300
    np.divide(2.0 * half_width, sinh, out=sinh)
    np.minimum(sinh, np.sqrt(2.0 * _ACCURACY / fall), out=sinh)  # a wider ellipse would meet larger values
    square = sinh * sinh
    cosh = np.sqrt(square + 1.0)
    sinh += cosh
    np.log(sinh, out=sinh)  # the ellipse's size
    cosh += 1.0
    square /= cosh  # cosh − 1
    square *= fall
    square += _ACCURACY
    square /= sinh
    square *= 0.5
    return square


def integrate(sums: Sums, needed: Array, outputs: int) -> Array:
    """`sums` of every row, (outputs, rows); rows that need similar numbers of nodes go together."""
    # a look into a table, four times as fast as a search in the sizes
    kinds = _KINDS[np.ceil(np.fmin(needed, _MOST)).astype(np.intp)]
    if kinds.size == 0:
        return np.empty((outputs, 0))
    most = int(kinds.max())
    if kinds.size * _SIZES[most] <= _FEW:
        return sums(*_rule(int(_SIZES[most])), slice(None))
    result = np.empty((outputs, kinds.size))
    for kind in np.flatnonzero(np.bincount(kinds)):
        rows = np.flatnonzero(kinds == kind)
        size = int(_SIZES[kind])
        length = max(1, (_CELLS if outputs > 1 else _ALONE) // size)
        for start in range(0, rows.size, length):
            part = rows[start : start + length]
            result[:, part] = sums(*_rule(size), part)
    return result


def rules(needed: Array, most: int) -> Iterator[tuple[Codes | slice, Array, Array]]:
    """Rows that need similar numbers of nodes, these and their weights; `most` are enough for every row."""
    kinds = _KINDS[np.ceil(np.fmin(needed, most)).astype(np.intp)]
    found = np.flatnonzero(np.bincount(kinds))
    for kind in found:
        rows = np.flatnonzero(kinds == kind) if found.size > 1 else slice(None)
        yield rows, *_rule(min(int(_SIZES[kind]), most))


def in_blocks(function: Callable[..., Array], outputs: int, *arguments: Real) -> Array:
    """`function` of flat float arrays, applied to broadcast arguments piece by piece, (outputs, *shape).

    The last axis is cut, so that draws times customers are never all held at once.
    """
    shape = np.broadcast_shapes(*(np.shape(a) for a in arguments))
    whole = [np.asarray(a, np.float64) for a in arguments]
    last = shape[-1] if shape else 1
    leading = int(np.prod(shape[:-1], dtype=np.intp)) if shape else 1
    result = np.empty((outputs, *(shape or (1,))))
    step = max(1, _BLOCK // max(leading, 1))
    for start in range(0, last, step):
        cut = slice(start, start + step)
        piece = (*shape[:-1], min(step, last - start))
        flat = [np.broadcast_to(_cut(a, cut), piece).reshape(-1) for a in whole]
        result[..., cut] = function(*flat).reshape(outputs, *piece)
    return result.reshape(outputs, *shape)


def _cut(array: Array, cut: slice) -> Array:
    return array[..., cut] if array.ndim and array.shape[-1] > 1 else array


@cache
def _rule(size: int) -> tuple[Array, Array]:
    """Nodes and weights on (0, 1); beyond a size, of equal panels side by side, which is as exact."""
    panels = max(1, size // _PANEL)
    nodes, weights = _legendre(size // panels)
    inside = nodes + np.arange(panels)[:, None]
    return inside.reshape(-1, 1) / panels, np.tile(weights / panels, panels)[:, None]


def _legendre(n: int) -> tuple[Array, Array]:
    """An even number of nodes and their weights on (0, 1), by Newton's method; no eigenvalues, no BLAS.

    The recurrence of differences P_j − P_{j−1} in y = 1 − x keeps the digits of y and of the weights beside
    the ends, where eigenvalues lose six.
    """
    y: Array = 2.0 * np.sin(0.5 * np.pi * (np.arange(1, n // 2 + 1) - 0.25) / (n + 0.5)) ** 2
    weights = np.empty_like(y)
    for _ in range(5):
        before, p, d = np.ones_like(y), 1.0 - y, -y
        for j in range(2, n + 1):
            d = ((j - 1.0) * d - (2.0 * j - 1.0) * y * p) / j
            before, p = p, p + d
        span: Array = y * (2.0 - y)  # 1 - x^2, of which P' = n (P_{n-1} - x P_n)/(1 - x^2)
        weights = span / (n * before) ** 2
        y = y + p * span / (n * (before - (1.0 - y) * p))
    return np.concatenate([0.5 * y, 1.0 - 0.5 * y[::-1]]), np.concatenate([weights, weights[::-1]])
