"""Means of a function of p over a beta distribution, to near machine precision, for any a, b > 0.

With p = 1/(1 + e^-y) the integrand becomes analytic around the whole real line, where the plain
trapezoidal rule converges geometrically (Trefethen & Weideman 2014, SIAM Review 56(3), 385-458,
doi:10.1137/130932132). Towards both ends it decays as e^(a y) and e^(-b y) once the function itself
is constant; those tails are geometric series and are summed exactly, so a = 0.01 costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import Codes, blocks
from retainkit.typing import Array

Function: TypeAlias = Callable[[Array, Codes], Array]

_FLAT = 32.0  # e^-32: where the function counts as constant
_GONE = 38.0  # e^-38: what is small beside the peak
_CELLS = 1 << 18  # nodes times rows held at once (2 MB an array: stays in cache)


def mean_over_beta(
    function: Function, a: Array, b: Array, *, bend: Array, rise: Array, fall: Array | float = 1.0
) -> Array:
    """E[function(p, row)] for p ~ Beta(a, b), row by row.

    Parameters
    ----------
    function : (p, rows) -> values
        Positive, with ``p**fall * function`` rising and ``function`` falling in p; gets p of shape
        (nodes, k) and the k row numbers that the columns stand for.
    a, b : (n,)
    bend : (n,)
        The function is constant where p is far below 1 / bend.
    rise : (n,)
        The function is constant where 1 − p is far below 1 / rise.
    fall : number or (n,)
        No faster than p^−fall does the function fall.
    """
    low, high, step = _window(a, b, bend, rise, fall)
    nodes = np.ceil((high - low) / step) + 1.0
    result = np.empty(a.shape)
    # rows with similar numbers of nodes share a block, so that no row pays for another's width
    for rows, most in blocks(np.arange(a.size), nodes, _CELLS):
        result[rows] = _block(function, rows, a[rows], b[rows], low[rows], high[rows], most)
    return result


def _window(a: Array, b: Array, bend: Array, rise: Array, fall: Array | float) -> tuple[Array, Array, Array]:
    """Where the integrand lives in y, and the step that resolves it."""
    low = -np.log(np.maximum(np.maximum(bend, b), 1.0)) - _FLAT
    high = np.log(np.maximum(np.maximum(rise, a), 1.0)) + _FLAT
    # left of the mode of p^(a-fall) (1-p)^b and right of that of p^a (1-p)^b the integrand only falls
    fast = np.maximum(a - fall, 1e-300)
    low = np.maximum(low, np.log(fast / b) - _fall(fast, b))
    high = np.minimum(high, np.log(a / b) + _fall(b, a))
    # e^-32 aliasing error: the Fourier transform of the weight narrows with ab/(a+b), where a function
    # that falls like p^-fall counts with b; its own strip of analyticity is at least pi/2 wide
    right = b + fall
    step = 2.0 * np.pi / np.sqrt(19.0**2 + 72.0 * a * right / (a + right))
    return low, np.maximum(high, low + 4.0 * step), step


def _fall(toward: Array, other: Array) -> Array:
    """A distance from the mode of p^toward (1-p)^other beyond which it is e^-38 of its peak."""
    return _GONE / toward + np.sqrt(2.0 * _GONE * (1.0 / toward + 1.0 / other))


def _block(function: Function, rows: Codes, a: Array, b: Array, low: Array, high: Array, nodes: int) -> Array:
    step = (high - low) / (nodes - 1)
    y = low + np.arange(nodes)[:, None] * step  # (nodes, rows)
    falling = np.exp(-np.abs(y))
    tail = np.log1p(falling)
    log_p = np.minimum(y, 0.0) - tail
    log_weight = a * log_p + b * (np.minimum(-y, 0.0) - tail)
    weight = np.exp(log_weight - log_weight.max(axis=0))
    # the two infinite tails, as geometric series of the end terms
    weight[0] /= -np.expm1(-a * step)
    weight[-1] /= -np.expm1(-b * step)
    values = function(np.exp(log_p), rows)
    return np.einsum("ij,ij->j", weight, values) / weight.sum(axis=0)
