"""Means over the real line by the trapezoidal rule: of a function of p over a beta, and of a waiting time.

Where an integrand is analytic around the whole real line and dies out at both ends, the plain trapezoidal
rule converges geometrically (Trefethen & Weideman 2014, SIAM Review 56(3), 385-458, doi:10.1137/130932132).

With p = 1/(1 + e^-y) a mean over a beta is such an integral, to near machine precision for any a, b > 0.
Towards both ends it decays as e^(a y) and e^(-b y) once the function itself is constant; those tails are
geometric series and are summed exactly, so a = 0.01 costs nothing.

With w the fall of ln S, the expected wait within a horizon is ∫_0^W wait(w) e^−w dw plus what those add who
are still there, whatever the shape. It is taken in the logit of w/W; a coarse look finds where the integrand
lives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import Codes, blocks
from retainkit.typing import Array

Function: TypeAlias = Callable[[Array, Codes], Array]

_FLAT = 32.0  # e^-32: where the function counts as constant
_NARROW = 1e5  # from here on a beta lives within .04 of its peak in y
_GONE = 38.0  # e^-38: what is small beside the peak
_CELLS = 1 << 14  # nodes times rows held at once: a dozen such arrays stay near the processor

# of a waiting time
_COARSE, _FINE = 128, 288
_EDGE = 40.0  # e^-40: where both tails are gone
_LEFT = 35.0
_FARTHEST = 4000.0
_HELD = 1 << 16


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
    # e^-34 aliasing error, whichever rows share a block: the Fourier transform of the weight narrows with
    # ab/(a+b), where a function that falls like p^-fall counts with b; its own strip of analyticity is at
    # least pi/2 wide
    right = b + fall
    step = 2.0 * np.pi / np.sqrt(21.0**2 + 72.0 * a * right / (a + right))
    return low, np.maximum(high, low + 4.0 * step), step


def _fall(toward: Array, other: Array) -> Array:
    """A distance from the mode of p^toward (1-p)^other beyond which it is e^-38 of its peak."""
    return _GONE / toward + np.sqrt(2.0 * _GONE * (1.0 / toward + 1.0 / other))


def _block(function: Function, rows: Codes, a: Array, b: Array, low: Array, high: Array, nodes: int) -> Array:
    step = (high - low) / (nodes - 1)
    # in place as far as can be: of so many steps the memory takes as long as the numbers
    y = np.arange(nodes)[:, None] * step  # (nodes, rows)
    y += low
    negative, tail = np.minimum(y, 0.0), np.abs(y)
    np.exp(np.negative(tail, out=tail), out=tail)
    np.log1p(tail, out=tail)
    log_p = negative - tail
    log_weight = np.subtract(negative, y, out=negative)
    log_weight -= tail  # ln (1 − p)
    log_weight *= b
    log_weight += np.multiply(a, log_p, out=tail)
    narrow = np.minimum(a, b) > _NARROW
    if narrow.any():
        # from the peak, where logarithms times shapes of a million would leave a noise of their rounding
        peak, p = np.log(a / b), a / (a + b)
        u = np.clip(y - peak, -1.0, 1.0)
        near = -a * np.log1p(b / (a + b) * np.expm1(-u)) - b * np.log1p(p * np.expm1(u))
        log_weight = np.where(narrow, near, log_weight)
    log_weight -= log_weight.max(axis=0)
    weight = np.exp(log_weight, out=log_weight)
    # the two infinite tails, as geometric series of the end terms
    weight[0] /= -np.expm1(-a * step)
    weight[-1] /= -np.expm1(-b * step)
    values = function(np.exp(log_p, out=log_p), rows)
    return np.einsum("ij,ij->j", weight, values) / weight.sum(axis=0)


def mean_excess(log_wait: Callable[[Array], Array], fall: Array, decay: Array) -> Array:
    """∫ wait(w) e^−w dw over w from 0 to `fall`.

    Parameters
    ----------
    log_wait : (nodes, n) -> (nodes, n)
        ln wait(w), which rises with w and is analytic for w > 0.
    fall : (n,) ≥ 0; inf for all of it
    decay : (n,)
        wait(w) e^−w falls as e^(−decay·w) for long w; where it does not, a fall of inf gets any number.
    """
    with np.errstate(divide="ignore"):
        top = np.minimum(fall, np.where(decay > 0.0, _FARTHEST / np.maximum(decay, 1e-300), np.inf))
    top = np.where((top > 0.0) & np.isfinite(top), top, 1.0)
    log_top = np.log(top)

    def log_integrand(y: Array) -> Array:
        falling = np.log1p(np.exp(-np.abs(y)))
        log_share = -np.maximum(y, 0.0) - falling  # ln w/W
        w = np.exp(log_top + log_share)
        return log_wait(w) + log_top + log_share - np.maximum(-y, 0.0) - falling - w

    low, high = _where_it_lives(log_integrand, log_top)
    step = (high - low) / (_FINE - 1)
    total = np.zeros(fall.shape)
    for nodes in _parts(_FINE, fall.size):
        total = total + np.exp(log_integrand(low + nodes * step)).sum(axis=0)
    return np.where(fall > 0.0, total * step, 0.0)


def _where_it_lives(log_integrand: Callable[[Array], Array], log_top: Array) -> tuple[Array, Array]:
    start, stop = -_EDGE, _EDGE + np.maximum(log_top, 0.0)
    step = (stop - start) / (_COARSE - 1)
    logs = np.concatenate([log_integrand(start + nodes * step) for nodes in _parts(_COARSE, log_top.size)])
    alive = logs > logs.max(axis=0) - _LEFT
    first, last = alive.argmax(axis=0), _COARSE - 1 - alive[::-1].argmax(axis=0)
    return start + (first - 1.0) * step, start + (last + 1.0) * step


def _parts(nodes: int, entries: int) -> list[Array]:
    """0, 1, … as columns of as many nodes as are held at once."""
    every = np.arange(nodes, dtype=np.float64)[:, None]
    size = max(1, _HELD // max(entries, 1))
    return [every[i : i + size] for i in range(0, nodes, size)]
