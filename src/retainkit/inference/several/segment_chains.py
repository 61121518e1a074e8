"""Markov chains over all segments at once, where there are too many for importance sampling.

The noise of estimated densities adds up over segments; a chain has none. Each sweep draws every segment anew
given (mu, tau), from its normal form; moves (mu, tau) with all segments carried along, each at its place in
its normal form, so that the move is as wide as if the segments were summed out (partially non-centred:
Papaspiliopoulos, O., Roberts, G. O. and Sköld, M. (2007), "A general framework for the parametrization of
hierarchical models", Statistical Science 22(1), 59-73, doi:10.1214/088342307000000014); and draws (mu, tau)
given the segments, which needs no data.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from retainkit._numerics.sampling.chains import judged, taken
from retainkit.inference.several.hierarchy import Hierarchy, log_det, log_normal
from retainkit.typing import Array

_CHAINS = 32
_WARM = 40  # sweeps that are forgotten: chains begin where the normal forms say
_STEPS = 160  # sweeps that are kept
_STRIDE = 2.38  # over √dimensions, as in `chains`
_WATCHED = 12  # segments whose chains are judged, beside all of (mu, tau)


class SegmentDraws(NamedTuple):
    """Draws (n, 2p) of (mu, ln tau) and (segments, n, p) of segments, and how good they are."""

    points: Array
    line: Array
    r_hat: float
    effective: float


def chained(hierarchy: Hierarchy, starts: Array, wanted: int) -> SegmentDraws:
    """Chains that begin at some of `starts` (n, 2p), which the normal forms say are likely."""
    rng, p = hierarchy.rng, hierarchy.size
    at = starts[np.linspace(0, len(starts) - 1, _CHAINS).astype(int)]
    walk = _STRIDE / math.sqrt(2.0 * p) * np.linalg.cholesky(np.cov(starts.T) + 1e-12 * np.eye(2 * p))
    z = hierarchy.near(at)
    heights = hierarchy.heights(z)
    places, segments = np.empty((_STEPS, *at.shape)), np.empty((_STEPS, *z.shape))
    for sweep in range(_WARM + _STEPS):
        to = at + rng.standard_normal(at.shape) @ walk.T
        z, heights, there, above, gain = _carried(hierarchy, z, heights, at, to)
        moved = taken(gain, rng)
        at = np.where(moved[:, None], to, at)
        z, heights = np.where(moved[:, None], there, z), np.where(moved, above, heights)
        at = _given_segments(hierarchy, at, z)
        if sweep >= _WARM:
            places[sweep - _WARM], segments[sweep - _WARM] = at, z
    some = np.unique(np.linspace(0, len(z) - 1, _WATCHED).astype(int))
    figures = [places[:, :, k] for k in range(2 * p)]
    figures += [segments[:, j, :, k] for j in some for k in range(p)]
    verdicts = [judged(figure) for figure in figures]
    # evenly along the chains, then in random order, so that the first of them are as good as any
    pick = rng.permutation(np.linspace(0, _STEPS * _CHAINS - 1, wanted).astype(int))
    line = np.moveaxis(segments, 2, 1).reshape(-1, *z.shape[::2])[pick]
    effective = min(*(n for _, n in verdicts), float(wanted))
    points = places.reshape(-1, 2 * p)[pick]
    return SegmentDraws(points, line.transpose(1, 0, 2), max(r for r, _ in verdicts), effective)


def _carried(
    hierarchy: Hierarchy, z: Array, heights: Array, at: Array, to: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Segments drawn anew at (mu, tau), and carried to another: both with ln L, and what ln density gains."""
    here, there = hierarchy.common(at), hierarchy.common(to)
    gain = hierarchy.inside(to, hierarchy.prior(to)) - hierarchy.prior(at)
    z, heights, new, above = z.copy(), heights.copy(), np.empty_like(z), np.empty_like(heights)
    for j, rows in enumerate(hierarchy.rows):
        own, other = hierarchy.between(j, *here), hierarchy.between(j, *there)
        z[j], heights[j] = hierarchy.redrawn(j, z[j], heights[j], here, own)
        standard = np.asarray(np.linalg.solve(own[1], (z[j] - own[0])[..., None]), np.float64)[..., 0]
        new[j] = other[0] + np.einsum("kpq,kq->kp", other[1], standard)
        above[j] = hierarchy.log_likelihood(rows, new[j])
        gain += above[j] - heights[j] + log_det(other[1]) - log_det(own[1])
        gain += (log_normal(new[j][:, None], *there) - log_normal(z[j][:, None], *here))[:, 0]
    return z, heights, new, above, np.nan_to_num(gain, nan=-np.inf)


def _given_segments(hierarchy: Hierarchy, at: Array, z: Array) -> Array:
    """(mu, ln tau) given the segments: as without a prior, taken by what the priors say; and a walk."""
    rng, p, many = hierarchy.rng, hierarchy.size, len(z)
    mean, square = z.mean(axis=0), ((z - z.mean(axis=0)) ** 2).sum(axis=0)

    def height(points: Array) -> Array:
        mu, line = points[:, :p], points[:, p:]
        told = -many * line - 0.5 * (square + many * (mean - mu) ** 2) * np.exp(-2.0 * line)
        return hierarchy.inside(points, hierarchy.prior(points) + told.sum(axis=1))

    for k in range(p):
        if many > 1:
            to = at.copy()
            line = 0.5 * np.log(square[:, k] / rng.chisquare(many - 1, len(at)))
            to[:, p + k] = line
            to[:, k] = mean[:, k] + np.exp(line) * rng.standard_normal(len(at)) / math.sqrt(many)
            gain = hierarchy.inside(to, hierarchy.prior(to)) - hierarchy.prior(at)
            at = np.where(taken(gain, rng)[:, None], to, at)
        for place, stride in (
            (k, np.exp(at[:, p + k]) / math.sqrt(many)),
            (p + k, 1.0 / math.sqrt(2.0 * many)),
        ):
            to = at.copy()
            to[:, place] += _STRIDE * stride * rng.standard_normal(len(at))
            at = np.where(taken(height(to) - height(at), rng)[:, None], to, at)
    return at
