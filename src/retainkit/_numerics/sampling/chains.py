"""Markov chains for a density whose weights are too uneven for importance sampling.

Each chain takes in turn an independence step from a mixture that knows the density's shape, and a step of a
random walk, so that it neither stays in one place nor in one ridge. Convergence is judged by split chains
whose ranks are made normal, and so is the number of independent draws (Vehtari et al. 2021,
doi:10.1214/20-BA1221).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from retainkit._numerics.sampling.importance import LogDensity
from retainkit._numerics.sampling.t_mixture import TMixture
from retainkit.typing import Array

_CHAINS = 64
_WARM = 50  # steps that are forgotten
_STEPS = 300  # that are kept of each chain
_STRIDE = 2.38  # over √p: the best stride of a random walk through a normal density (Roberts et al. 1997)


@dataclass(frozen=True, slots=True)
class ChainDraws:
    """Draws (steps, chains, p) with their ln density (steps, chains), and how good they are."""

    points: Array
    log_density: Array
    r_hat: float
    effective: float


def chains(log_density: LogDensity, mixture: TMixture, starts: Array, rng: np.random.Generator) -> ChainDraws:
    """Chains from `starts` (n, p), of which as many as there are chains are taken."""
    at = starts[np.linspace(0, len(starts) - 1, _CHAINS).astype(int)]
    here, p = log_density(at), starts.shape[1]
    walk = _STRIDE / np.sqrt(p) * np.linalg.cholesky(np.atleast_2d(np.cov(starts.T)) + 1e-12 * np.eye(p))
    proposals = rng.permutation(mixture.points(_CHAINS * (_WARM + _STEPS), rng))
    proposals = proposals.reshape(_WARM + _STEPS, _CHAINS, p)
    places, heights = np.empty((_STEPS, _CHAINS, p)), np.empty((_STEPS, _CHAINS))
    odds = mixture.log_density(at)
    for step in range(_WARM + _STEPS):
        to = proposals[step]
        there, back = log_density(to), mixture.log_density(to)
        moved = taken(there - here + odds - back, rng)
        at, here, odds = (
            np.where(moved[:, None], to, at),
            np.where(moved, there, here),
            np.where(moved, back, odds),
        )
        to = at + rng.standard_normal((_CHAINS, p)) @ walk.T
        there = log_density(to)
        moved = taken(there - here, rng)
        at, here = np.where(moved[:, None], to, at), np.where(moved, there, here)
        odds = mixture.log_density(at)
        if step >= _WARM:
            places[step - _WARM], heights[step - _WARM] = at, here
    verdicts = [judged(places[:, :, j]) for j in range(p)]
    return ChainDraws(places, heights, max(r for r, _ in verdicts), min(n for _, n in verdicts))


def taken(log_ratio: Array, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which proposals are taken, by ln of how much more probable they are."""
    return np.log(rng.random(len(log_ratio))) < log_ratio


def judged(draws: Array) -> tuple[float, float]:
    """R̂ and the number of independent draws, of draws (steps, chains) of one figure."""
    half = len(draws) // 2
    split = np.concatenate([draws[:half], draws[half : 2 * half]], axis=1)
    ranks = np.empty(split.size)
    ranks[np.argsort(split, axis=None, kind="stable")] = np.arange(1.0, split.size + 1.0)
    normal = ndtri((ranks - 0.375) / (split.size + 0.25)).reshape(split.shape)
    within = normal.var(axis=0, ddof=1).mean()
    pooled = (half - 1.0) / half * within + normal.mean(axis=0).var(ddof=1)
    if within == 0.0:
        return float("inf"), 1.0
    return float(np.sqrt(pooled / within)), split.size / _correlated(normal, within, pooled)


def _correlated(draws: Array, within: float, pooled: float) -> float:
    """1 + twice the sum of autocorrelations, as far as pairs of them stay positive (Geyer 1992)."""
    steps = len(draws)
    off = draws - draws.mean(axis=0)
    spectrum = np.fft.rfft(off, 2 * steps, axis=0)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[:steps].mean(axis=1) / steps
    rho = 1.0 - (within - covariance * steps / (steps - 1.0)) / pooled
    rho[0] = 1.0
    pairs = rho[0 : steps - 1 : 2] + rho[1:steps:2]
    pairs = np.minimum.accumulate(pairs)  # monotone, as theirs are
    stop = int(np.argmax(pairs <= 0.0)) if np.any(pairs <= 0.0) else len(pairs)
    return max(float(2.0 * pairs[:stop].sum() - 1.0), 1.0 / np.log10(draws.size))
