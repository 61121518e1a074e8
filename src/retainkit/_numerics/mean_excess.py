"""The mean of a waiting time, from its logarithm as a function of the fall of ln S: right for any shape.

With w the fall of ln S, the expected wait within a horizon is ∫_0^W wait(w) e^−w dw plus what those add
who are still there. In the logit of w/W the integrand is analytic around the real line and dies out at
both ends, where the plain trapezoidal rule converges geometrically (Trefethen & Weideman 2014, SIAM
Review 56(3), 385-458, doi:10.1137/130932132). A coarse look finds where the integrand lives.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.typing import Array

_COARSE, _FINE = 128, 288
_EDGE = 40.0  # e^-40: where both tails are gone
_GONE = 35.0
_FARTHEST = 4000.0
_CELLS = 1 << 16


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
    alive = logs > logs.max(axis=0) - _GONE
    first, last = alive.argmax(axis=0), _COARSE - 1 - alive[::-1].argmax(axis=0)
    return start + (first - 1.0) * step, start + (last + 1.0) * step


def _parts(nodes: int, entries: int) -> list[Array]:
    """0, 1, … as columns of as many nodes as are held at once."""
    every = np.arange(nodes, dtype=np.float64)[:, None]
    size = max(1, _CELLS // max(entries, 1))
    return [every[i : i + size] for i in range(0, nodes, size)]
