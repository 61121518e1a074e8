"""Mixtures of multivariate t distributions, from which a density of another shape is sampled.

Points are spread evenly, not thrown: each component takes its part of a low-discrepancy sequence whose digits
are exchanged at random, so that sums over them are unbiased and err less than those over independent points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaincinv, gammaln, logsumexp, ndtri

from retainkit._numerics.halton import halton
from retainkit.typing import Array

_STEPS = 30  # of the EM algorithm: it is a proposal that is fitted, no estimate
_SETTLED = 1e-4  # of mean log density: with less, a small ridge apart is not yet seen for one
_LEAST = 1e-3  # of the points: a component with less has no shape of its own
_FLOOR = 1e-3  # of the whole's extent: what a component has at least in each direction
_NEAR, _FEWEST_NEAR = 0.05, 40  # points that shape a component around a heavy one, as a share and at least
_INNER = 1e-9  # keeps shifted fractions off 0 and 1, whose normal quantiles are infinite


@dataclass(frozen=True, slots=True)
class TMixture:
    """Shares (k,), centres (k, p), lower roots of the scales (k, p, p) and degrees of freedom."""

    shares: Array
    centres: Array
    roots: Array
    freedom: float

    @classmethod
    def wide(cls, centres: Array, scales: Array, inflations: dict[float, float], freedom: float) -> Self:
        """Around each centre its scale times each of the inflations, whose shares are given."""
        shares = np.tile([*inflations.values()], len(centres)) / len(centres)
        roots: list[Array] = [_root(scale * by) for scale in scales for by in inflations]
        return cls(shares, np.repeat(centres, len(inflations), axis=0), np.array(roots), freedom)

    def beside(self, other: TMixture, share: float) -> TMixture:
        """A mixture of both, with a share of the points from the other."""
        return TMixture(
            np.concatenate([(1.0 - share) * self.shares, share * other.shares]),
            np.concatenate([self.centres, other.centres]),
            np.concatenate([self.roots, other.roots]),
            self.freedom,
        )

    def log_density(self, points: Array) -> Array:
        """At points (n, p)."""
        parts = [
            _log_density(points, *one, self.freedom) for one in zip(self.centres, self.roots, strict=True)
        ]
        return _log_mean(np.array(parts), self.shares)

    def points(self, count: int, rng: np.random.Generator) -> Array:
        """Points (count, p), as many of each component as its share says."""
        return np.concatenate([
            centre + _spread(int(many), self.freedom, rng, len(centre)) @ root.T
            for many, centre, root in zip(_whole_shares(self.shares, count), self.centres, self.roots,
            strict=True) if many
        ])  # fmt: skip

    @classmethod
    def fitted(cls, points: Array, weights: Array, components: int, freedom: float) -> TMixture:
        """The best mixture for weighted points, by EM from slices across their longest axis."""
        weights = weights / weights.sum()
        mean = weights @ points
        whole = _scale(points, weights, mean)
        # directions count alike, whatever their units
        across = (points - mean) / np.sqrt(np.diag(whole))
        along = across @ np.linalg.eigh((across * weights[:, None]).T @ across)[1][:, -1]
        order = np.argsort(along, kind="stable")
        slices = np.minimum((np.cumsum(weights[order]) * components).astype(int), components - 1)
        member = np.zeros((components, len(points)))
        member[slices, order] = 1.0
        made: TMixture = cls._of(points, weights, member, np.ones_like(member), whole, freedom)
        # a small region apart would be lost in a slice: components that begin there keep it in sight
        made, before = made.beside(cls.around_heaviest(points, weights, 2, freedom), 0.2), -math.inf
        for _ in range(_STEPS):
            parts, latent = made._parts(points)
            total = logsumexp(parts, axis=0)
            now = float(weights @ np.maximum(total, -1e300))
            if now - before < _SETTLED:
                break
            before = now
            made = cls._of(points, weights, np.exp(parts - total), latent, whole, freedom)
        return made

    @classmethod
    def around_heaviest(cls, points: Array, weights: Array, components: int, freedom: float) -> Self:
        """Components around the heaviest points, as wide as the points near them (Raftery & Bao 2010).

        Where the mixture before was too thin, few points carry much weight.
        doi:10.1111/j.1541-0420.2010.01399.x
        """
        weights = weights / weights.sum()
        whole = _scale(points, weights, weights @ points)
        across = np.linalg.solve(_root(whole), points.T).T
        left, many = weights.copy(), max(_FEWEST_NEAR, int(_NEAR * len(points)))
        centres: list[Array] = []
        roots: list[Array] = []
        for _ in range(components):
            place = int(np.argmax(left))
            near = np.argsort(((across - across[place]) ** 2).sum(axis=1), kind="stable")[:many]
            # half by weight and half alike: neither one heavy point nor many light ones shape it
            own = 0.5 * weights[near] / weights[near].sum() + 0.5 / many
            off = points[near] - points[place]
            roots.append(_root((off * own[:, None]).T @ off + _FLOOR * whole))
            centres.append(points[place])
            left[near] = 0.0
        return cls(np.full(components, 1.0 / components), np.array(centres), np.array(roots), freedom)

    @classmethod
    def _of(
        cls, points: Array, weights: Array, member: Array, latent: Array, whole: Array, freedom: float
    ) -> Self:
        """The mixture of components to which points belong with probabilities."""
        mass = member @ weights
        kept = mass > _LEAST
        pull = (member * latent * weights)[kept]
        centres = (pull @ points) / pull.sum(axis=1)[:, None]
        roots: list[Array] = []
        for share, own, centre in zip(mass[kept], pull, centres, strict=True):
            off = points - centre
            scale = (off * own[:, None]).T @ off / share
            # a little of the whole's, or a component of few points would be flat
            roots.append(_root(scale + _FLOOR * whole))
        return cls(mass[kept] / mass[kept].sum(), centres, np.array(roots), freedom)

    def _parts(self, points: Array) -> tuple[Array, Array]:
        """ln(share · density) of each component, and EM's factor for points far out in its tails."""
        p = points.shape[1]
        parts, latent = np.empty((2, len(self.shares), len(points)))
        for k, (share, centre, root) in enumerate(zip(self.shares, self.centres, self.roots, strict=True)):
            distance = _distance(points, centre, root)
            parts[k] = math.log(share) + _log_density_at(distance, root, self.freedom)
            latent[k] = (self.freedom + p) / (self.freedom + distance)
        return parts, latent


def _distance(points: Array, centre: Array, root: Array) -> Array:
    # a root of a few rows, whose extents are kept apart from 0: its inverse is exact enough, and far faster
    across = np.linalg.inv(root) @ (points - centre).T
    return np.einsum("pn,pn->n", across, across)


def _log_density(points: Array, centre: Array, root: Array, freedom: float) -> Array:
    return _log_density_at(_distance(points, centre, root), root, freedom)


def _log_density_at(distance: Array, root: Array, freedom: float) -> Array:
    p = len(root)
    height = gammaln(0.5 * (freedom + p)) - gammaln(0.5 * freedom) - 0.5 * p * math.log(freedom * math.pi)
    return height - np.log(np.diag(root)).sum() - 0.5 * (freedom + p) * np.log1p(distance / freedom)


def _log_mean(parts: Array, shares: Array) -> Array:
    return np.asarray(logsumexp(parts, axis=0, b=shares[:, None]), np.float64)


def _root(scale: Array) -> Array:
    return np.asarray(np.linalg.cholesky(scale), np.float64)


def _scale(points: Array, weights: Array, mean: Array) -> Array:
    off = points - mean
    scale = (off * weights[:, None]).T @ off
    # all weight on a few points leaves directions without any extent
    return scale + np.diag(1e-9 * np.diag(scale) + 1e-300)


def _whole_shares(shares: Array, count: int) -> Array:
    """Whole numbers that add up to `count`, as near to the shares as these can be."""
    whole = np.floor(shares * count)
    rest = int(count - whole.sum())
    whole[np.argsort(whole - shares * count, kind="stable")[:rest]] += 1.0
    return whole


def _spread(count: int, freedom: float, rng: np.random.Generator, p: int) -> Array:
    """Standard t points (count, p)."""
    fractions = np.clip(halton(count, p + 1, rng=rng), _INNER, 1.0 - _INNER)
    chi_square = 2.0 * gammaincinv(0.5 * freedom, fractions[:, -1])
    return ndtri(fractions[:, :-1]) * np.sqrt(freedom / chi_square)[:, None]
