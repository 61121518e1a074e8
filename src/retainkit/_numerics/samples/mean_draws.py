"""Draws of a mean given a sample: the Bayesian bootstrap, and Student's t of the normal model."""

from __future__ import annotations

import math

import numpy as np

from retainkit.typing import Array

_AT_ONCE = 4_000_000  # weights held at a time: 32 MB


def bootstrapped_means(sample: Array, draws: int, rng: np.random.Generator) -> Array:
    """Means under Dirichlet weights (Rubin 1981); equal values share a gamma variable."""
    # samples of money are mostly zeros: one gamma variable of shape n stands for n zeros
    values, counts = np.unique(sample, return_counts=True)
    rows = max(1, _AT_ONCE // values.size)
    means: list[Array] = []
    for start in range(0, draws, rows):
        # Dirichlet weights are gamma variables over their sum
        weight = rng.standard_gamma(counts, (min(rows, draws - start), values.size))
        means.append(weight @ values / weight.sum(axis=1))
    return np.concatenate(means)


def student_means(sample: Array, draws: int, rng: np.random.Generator) -> Array:
    """The posterior of a normal mean with unknown variance and a flat prior."""
    error = float(sample.std(ddof=1)) / math.sqrt(sample.size)
    return float(sample.mean()) + error * rng.standard_t(sample.size - 1, draws)
