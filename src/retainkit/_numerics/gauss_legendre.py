"""Many smooth one-dimensional integrals at once, each with as many Gauss-Legendre nodes as it needs.

For an integrand that is analytic inside an ellipse around its interval the error falls geometrically with
the number of nodes (Trefethen 2008, SIAM Review 50(1), 67-87, doi:10.1137/060659831). The number is chosen
before the work, from the interval, the nearest singularity and how far the integrand falls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array, Real, Values

Sums: TypeAlias = Callable[[Array, Array, "Codes | slice"], Array]
"""(nodes on (0, 1), weights, rows) -> (sums, rows); nodes and weights are columns (nodes, 1)."""

GONE = 37.0
"""e^-37, 1e-16: what is small beside the peak."""

_PANEL = 320
_SIZES = np.array([6, 8, 10, 14, 20, 28, 40, 56, 80, 112, 160, 224, _PANEL, 640, 1280, 2560, 5120])
_ACCURACY = 33.0  # e^-33 of aliasing error
_CELLS = 1 << 15  # nodes times rows held at once: a dozen such arrays stay in cache
_FEW = 1 << 13  # below so many cells the calls cost more than the numbers
_BLOCK = 1 << 15


def nodes_needed(length: Array, half_width: Real, drop: Array) -> Array:
    """Nodes for an integrand without singularity closer than `half_width` whose logarithm falls by `drop`."""
    fall = 0.5 * drop + 1e-3
    widest = np.arcsinh(np.sqrt(2.0 * _ACCURACY / fall))  # a wider ellipse would meet larger values
    t = np.minimum(np.arcsinh(2.0 * half_width / (length + 1e-300)), widest)
    return (_ACCURACY + fall * (np.cosh(t) - 1.0)) / (2.0 * t)


def integrate(sums: Sums, needed: Array, outputs: int) -> Array:
    """`sums` of every row, (outputs, rows); rows that need similar numbers of nodes go together."""
    kinds = np.minimum(np.searchsorted(_SIZES, needed), _SIZES.size - 1)
    if kinds.size == 0:
        return np.empty((outputs, 0))
    most = int(kinds.max())
    if kinds.size * _SIZES[most] <= _FEW:
        return sums(*_rule(int(_SIZES[most])), slice(None))
    result = np.empty((outputs, kinds.size))
    for kind in np.flatnonzero(np.bincount(kinds)):
        rows = np.flatnonzero(kinds == kind)
        size = int(_SIZES[kind])
        length = max(1, _CELLS // size)
        for start in range(0, rows.size, length):
            part = rows[start : start + length]
            result[:, part] = sums(*_rule(size), part)
    return result


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
def _rule(size: int) -> tuple[Values, Values]:
    """Nodes and weights on (0, 1); beyond a size, of equal panels side by side, which is as exact."""
    panels = max(1, size // _PANEL)
    nodes, weights = np.polynomial.legendre.leggauss(size // panels)
    inside = 0.5 * (nodes + 1.0) + np.arange(panels)[:, None]
    return inside.reshape(-1, 1) / panels, np.tile(0.5 * weights / panels, panels)[:, None]
