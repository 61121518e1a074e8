"""Erlang-k gaps as stages: events of a Poisson process of which every k-th is a purchase.

With a gamma(r)-distributed rate, j stages in the share q of the time have the negative binomial terms
t_j = r(r+1)…(r+j−1)/j!·q^j. What is said of customers in the middle of a gap are sums of the first k.
"""

from __future__ import annotations

import numpy as np

from retainkit.typing import Array


def log_unfinished(r: Array, q: Array, k: int) -> Array:
    """ln Σ t_j over j < k: the gap that runs is not finished yet, apart from the power of 1 − q."""
    total, scale, *_ = _sums(r, q, k)
    return (k - 1) * np.log(scale) + np.log(total)


def unfinished(r: Array, q: Array, k: int) -> tuple[Array, Array, Array]:
    """`log_unfinished`, its slope in r, and its slope in ln q: the mean number of stages passed."""
    total, scale, stages, harmonic = _sums(r, q, k)
    return (k - 1) * np.log(scale) + np.log(total), harmonic / total, stages / total


def stage_weights(r: Array, q: Array, k: int) -> Array:
    """P(j stages passed | the gap runs), with j = 0, …, k − 1 on a new first axis."""
    shape = np.broadcast(r, q).shape
    scale = _scale(r, q, k)
    weights = np.empty((k, *shape))
    term = np.ones(shape)
    weights[0] = term * scale ** (1.0 - k)
    for j in range(1, k):
        term = term * ((r + (j - 1)) * q / (j * scale))
        weights[j] = term * scale ** (j + 1.0 - k)
    return weights / weights.sum(axis=0)


def _scale(r: Array, q: Array, k: int) -> Array:
    # the last ratio of two terms, where terms grow: t_j/scale^j stays within (k-1)! then
    return np.maximum(1.0, (r + (k - 2)) * q / max(k - 1, 1))


def _sums(r: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
    """Σ t_j, Σ j t_j and Σ t_j·(1/r + … + 1/(r+j−1)), all divided by scale^(k−1), and that scale."""
    scale = _scale(r, q, k)
    shrink = 1.0 / scale
    term = total = np.ones(scale.shape)
    stages = harmonic = steps = np.zeros(scale.shape)
    for j in range(1, k):
        term = term * ((r + (j - 1)) * q / j * shrink)
        steps = steps + 1.0 / (r + (j - 1))
        total = total * shrink + term
        stages = stages * shrink + j * term
        harmonic = harmonic * shrink + steps * term
    return total, scale, stages, harmonic
