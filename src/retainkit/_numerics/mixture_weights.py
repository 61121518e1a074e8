"""Shares of given densities in the mixture under which observations are most probable.

The maximum over the simplex of Σᵢ nᵢ·ln Σₖ wₖ·pₖᵢ, which is concave. Since scaling w by c adds N·ln c, it is
also that of Σᵢ nᵢ·ln Σₖ wₖ·pₖᵢ − N·Σₖ wₖ over all w ≥ 0, without the sum as a constraint. A primal-dual
interior point method walks there, so that a share of nothing needs no choice of which ones are in: Boyd, S. &
Vandenberghe, L. (2004), "Convex Optimization", Cambridge University Press, section 11.7.
"""

from __future__ import annotations

import numpy as np

from retainkit.typing import Array

_STEPS = 200  # a dozen are usual
_TOLERANCE = 1e-13
_NOTHING = 1e-10  # a share below it, which its multiplier holds down, is none


def mixture_weights(log_densities: Array, counts: Array) -> Array:
    """The shares, which sum to 1.

    The mean log density is within 1e-12 of its maximum.

    Parameters
    ----------
    log_densities : (models, n)
        Of each observation; each column up to a constant.
    counts : (n,)
        How often each observation was made.
    """
    share = counts / counts.sum()
    density = np.exp(log_densities - log_densities.max(axis=0))  # (k, n)
    w: Array = np.full(len(density), 1.0 / len(density))
    slack: Array = np.ones(len(density))  # what λ = 1 − gradient is at the maximum
    for _ in range(_STEPS):
        ratio: Array = density / (w @ density)
        rest: Array = 1.0 - ratio @ share - slack  # of the condition gradient = 1 − λ
        gap = float(w @ slack)
        if gap < _TOLERANCE and np.abs(rest).max() < _TOLERANCE * 10.0:
            break
        target = 0.1 * gap / w.size
        bend: Array = (ratio * share) @ ratio.T
        right: Array = target / w - slack - rest
        step = np.asarray(np.linalg.solve(bend + np.diag(slack / w), right), np.float64)
        change: Array = target / w - slack - slack * step / w
        length = 1.0
        for at, by in ((w, step), (slack, change)):
            falling = by < 0.0
            length = min(length, 0.99 * float((-at[falling] / by[falling]).min(initial=np.inf)))
        w, slack = w + length * step, slack + length * change
    w = np.where((w < _NOTHING) & (w < slack), 0.0, w)
    return np.asarray(w / w.sum(), np.float64)
