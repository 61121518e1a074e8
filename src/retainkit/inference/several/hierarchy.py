"""Segments whose parameters are draws from one normal distribution that is not known: how to sample it.

z_j ~ N(mu, tau²) where parameters are unbounded, one tau a parameter; mu and tau have proper priors. The z_j
are summed out by a few importance draws of each segment, new ones at each (mu, tau), from the normal form of
its likelihood times N(mu, tau²): their mean weight is an unbiased estimate of how probable the segment is,
and importance sampling of (mu, tau) by such estimates is exact whatever their number (Tran, M.-N., Scharth,
M., Pitt, M. K. and Kohn, R. (2013), "Importance sampling squared for Bayesian inference in latent variable
models", arXiv:1309.3339). A segment that says nothing has the draws of N(mu, tau²) itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import logsumexp

from retainkit._numerics.grouping import Codes
from retainkit._numerics.sampling.chains import taken
from retainkit._numerics.sampling.importance import WeightedPoints, importance_points
from retainkit._numerics.sampling.t_mixture import TMixture
from retainkit.inference.priors import AbstractPrior, JointNormal
from retainkit.models.family import AnyFamily
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Unit

_EDGE = 60.0  # of ln or log odds, as in `sampling`: parameters of 1e26 overflow in a likelihood
_LEAST = -14.0  # of ln tau
_FREEDOM = 6.0  # of the t distributions that segments are drawn from
_INFLATED, _OWN = 1.15, 0.8  # their scale, and the share of them that know the data; the others do not
_FEWEST, _MOST = 8, 64  # draws of each segment at a place of (mu, tau)
_KEPT = 4  # of these
_NOISE = 0.8  # variance of ln of the estimated density, with which few points have nearly all weight
_INFLATIONS = {1.2: 0.7, 4.0: 0.3}  # of the first points of (mu, tau)
_FIRST = 1024
_FORMED, _DEPENDABLE = 512, 0.2  # draws that give a normal form, and the share of them it has to be worth


@dataclass(frozen=True, slots=True)
class NormalForm:
    """Of each segment's ln L: exp(−½·(z − centre)ᵀ·precision·(z − centre)), flat where it says nothing."""

    precision: Array  # (segments, p, p)
    pulled: Array
    """precision · centre, (segments, p)."""
    height: Array
    """ln L + ½·centreᵀ·precision·centre: ln of the form at 0, (segments,)."""


Place: TypeAlias = tuple[Array, Array]
"""A mean (k, p) and 1/tau² (k, p), or a centre and a root (k, p, p)."""


@dataclass(slots=True)
class Hierarchy:
    """ln of the density of (mu, ln tau) at points (k, 2p), and the draws of segments that were made there."""

    family: AnyFamily
    rows: Sequence[AbstractSummary]
    form: NormalForm
    centres: Sequence[AbstractPrior] | JointNormal
    spreads: Sequence[AbstractPrior]
    rng: np.random.Generator
    each: int = _FEWEST
    drawn: list[Array] = field(default_factory=list[Array])
    """(segments, points, kept, p) of each call: picked by their weights, each as probable as any other."""
    shares: list[Array] = field(default_factory=list[Array])
    """Σ of squared weights of each segment at each point, (segments, points)."""
    evaluations: int = 0

    @property
    def size(self) -> int:
        return self.form.pulled.shape[1]

    def prior(self, points: Array) -> Array:
        """ln of the priors of mu and tau."""
        mu, line = points[:, : self.size], points[:, self.size :]
        if isinstance(self.centres, JointNormal):
            off = mu - self.centres.mean
            found = -0.5 * np.einsum("kp,pq,kq->k", off, np.linalg.inv(self.centres.covariance), off)
        else:
            found = np.sum([p.log_density(z) for p, z in zip(self.centres, mu.T, strict=True)], axis=0)
        return found + np.sum([p.log_density(z) for p, z in zip(self.spreads, line.T, strict=True)], axis=0)

    def rough(self, points: Array) -> Array:
        """The density with every likelihood in its normal form: known without a draw."""
        mu, weight = self.common(points)
        found = self.prior(points)
        for j in range(len(self.rows)):
            centre, root = self.between(j, mu, weight)
            # ∫ form · N(mu, tau²) dz, by completing the square
            fall = 0.5 * (
                (mu**2 * weight).sum(axis=1) - np.einsum("kp,kp->k", centre, self._pull(j, mu, weight))
            )
            found += self.form.height[j] + 0.5 * np.log(weight).sum(axis=1) + log_det(root) - fall
        return self.inside(points, found)

    def exact(self, points: Array) -> Array:
        """The same with the likelihoods themselves, estimated without bias; what was drawn is kept."""
        mu, weight = self.common(points)
        found, several, p = self.prior(points), self.each, self.size
        kept = np.empty((len(self.rows), len(points), _KEPT, p))
        shares = np.empty((len(self.rows), len(points)))
        for j, rows in enumerate(self.rows):
            centre, root = self.between(j, mu, weight)
            z, proposed = self._drawn(centre, root, mu, weight, several)
            target = self.log_likelihood(rows, z.reshape(-1, p)).reshape(len(points), several)
            target += log_normal(z, mu, weight)
            log_weight = np.nan_to_num(target - proposed, nan=-np.inf, neginf=-np.inf)
            height = logsumexp(log_weight, axis=1)
            share = np.nan_to_num(np.exp(log_weight - height[:, None]))  # of a point that counts for nothing
            kept[j], shares[j] = self._kept(z, share), (share**2).sum(axis=1)
            found += height - math.log(several)
        self.drawn.append(kept)
        self.shares.append(shares)
        return self.inside(points, found)

    def picked(self, which: Codes) -> tuple[Array, Array]:
        """Of each segment one draw at each of these points, and how many its draws there are worth.

        (segments, draws, p), and (segments,) as a share of all of them.
        """
        drawn = np.concatenate(self.drawn, axis=1)
        # a point that is taken twice has another of the draws that were kept there
        at = self.rng.integers(_KEPT, size=(len(self.rows), which.size))
        found = drawn[np.arange(len(self.rows))[:, None], which, at]
        worth = 1.0 / np.concatenate(self.shares, axis=1)[:, which].mean(axis=1) / self.each
        return found, worth

    def refine(self, point: Array) -> None:
        """Normal forms that have mean and covariance of each segment at one place of (mu, ln tau).

        Taken at the tops, they are off where likelihoods lean, and over many segments that adds up.
        """
        common = self.common(point[None])
        mu, weight = common[0][0], common[1][0]
        for j, rows in enumerate(self.rows):
            z, proposed = self._drawn(*self.between(j, *common), *common, _FORMED)
            log_weight = self.log_likelihood(rows, z[0]) + log_normal(z, *common)[0] - proposed[0]
            share = np.exp(log_weight - logsumexp(log_weight))
            if not 1.0 / (share**2).sum() > _DEPENDABLE * _FORMED:
                continue
            mean = share @ z[0]
            off = z[0] - mean
            bent = np.asarray(np.linalg.inv((off * share[:, None]).T @ off), np.float64) - np.diag(weight)
            self.form.precision[j] = bend = upward(bent)
            self.form.pulled[j] = bend @ mean + weight * (mean - mu)

    def near(self, points: Array) -> Array:
        """Of each segment one draw at each point as its normal form has it, (segments, k, p)."""
        mu, weight = self.common(points)
        normal = self.rng.standard_normal((len(self.rows), *mu.shape))
        places = (self.between(j, mu, weight) for j in range(len(self.rows)))
        return np.array([c + np.einsum("kpq,kq->kp", r, e) for (c, r), e in zip(places, normal, strict=True)])

    def heights(self, z: Array) -> Array:
        """ln L of each segment at its draws (segments, k, p)."""
        return np.array([self.log_likelihood(rows, own) for rows, own in zip(self.rows, z, strict=True)])

    def redrawn(self, j: int, z: Array, height: Array, common: Place, normal: Place) -> tuple[Array, Array]:
        """A segment's draws (k, p) and their ln L after one step of a chain given (mu, 1/tau²)."""
        mu, weight = common
        centre, root = normal
        own, wide = self.rng.random(len(z)) < _OWN, _INFLATED * root
        noise = self.rng.standard_normal(z.shape)
        far = np.sqrt(_FREEDOM / self.rng.chisquare(_FREEDOM, (len(z), 1)))
        to = np.where(
            own[:, None],
            centre + far * np.einsum("kpq,kq->kp", wide, noise),
            mu + noise * weight**-0.5,
        )
        there = self.log_likelihood(self.rows[j], to)
        both = np.stack([z, to], axis=1)
        alike = log_normal(both, mu, weight)
        proposed = np.logaddexp(_log_t(both, centre, wide) + math.log(_OWN), alike + math.log(1.0 - _OWN))
        gain = (alike - proposed)[:, 1] - (alike - proposed)[:, 0] + there - height
        moved = taken(gain, self.rng)
        return np.where(moved[:, None], to, z), np.where(moved, there, height)

    def forget(self) -> None:
        """Drop what was drawn so far."""
        self.drawn, self.shares = [], []

    # -- how it is done -----------------------------------------------------------------------------

    def common(self, points: Array) -> tuple[Array, Array]:
        """mu and 1/tau² at each point, (k, p)."""
        line = np.clip(points[:, self.size :], -_EDGE, _EDGE)
        return points[:, : self.size], np.exp(-2.0 * line)

    def _pull(self, j: int, mu: Array, weight: Array) -> Array:
        return self.form.pulled[j] + mu * weight

    def between(self, j: int, mu: Array, weight: Array) -> tuple[Array, Array]:
        """Centre and root of the covariance of the segment's normal form times N(mu, tau²), at each point."""
        # in units of tau: of a small tau the precision would swallow what the data say
        tau = weight**-0.5
        inner = tau[:, :, None] * self.form.precision[j] * tau[:, None, :] + np.eye(self.size)
        inverse = np.asarray(np.linalg.inv(inner), np.float64)
        even = 0.5 * (inverse + inverse.transpose(0, 2, 1))
        root = tau[:, :, None] * np.asarray(np.linalg.cholesky(even), np.float64)
        pull = tau * self._pull(j, mu, weight)
        return tau * np.einsum("kpq,kq->kp", inverse, pull), root

    def inside(self, points: Array, found: Array) -> Array:
        """What was found at points, −inf where they lie beyond all that counts."""
        sound = np.isfinite(found) & (np.abs(points) < _EDGE).all(axis=1)
        # of segments that differ by a millionth nothing is left to know, and sums would lose their digits
        sound &= (points[:, self.size :] > _LEAST).all(axis=1)
        return np.where(sound, found, -np.inf)

    def _kept(self, z: Array, share: Array) -> Array:
        """A few of the draws (k, each, p) at each point, by their shares: all would be too many to keep."""
        ends = np.cumsum(share, axis=1)
        at = self.rng.random((len(z), _KEPT)) * ends[:, -1:]
        which = np.minimum((ends[:, None] < at[..., None]).sum(axis=2), z.shape[1] - 1)
        return np.take_along_axis(z, which[..., None], axis=1)

    def _drawn(self, centre: Array, root: Array, mu: Array, weight: Array, each: int) -> tuple[Array, Array]:
        """Points (k, each, p), some from what data and (mu, tau) say together, some from the latter alone."""
        k, p = centre.shape
        own = max(1, round(_OWN * each))
        normal = self.rng.standard_normal((k, each, p))
        far = np.sqrt(_FREEDOM / self.rng.chisquare(_FREEDOM, (k, own, 1)))
        z = mu[:, None] + normal * weight[:, None] ** -0.5
        wide = _INFLATED * root
        z[:, :own] = centre[:, None] + far * np.einsum("kpq,ksq->ksp", wide, normal[:, :own])
        # each against the mixture of both, whichever it came from: no weight is then above 1 over a share
        shares = np.log([own / each, max(1.0 - own / each, 1e-300)])
        parts = [_log_t(z, centre, wide) + shares[0], log_normal(z, mu, weight) + shares[1]]
        return z, np.logaddexp(*parts)

    def log_likelihood(self, rows: AbstractSummary, line: Array) -> Array:
        """Of all customers of a segment at points (n, p), −inf outside of what a float can hold."""
        self.evaluations += len(line)
        found = np.full(len(line), -np.inf)
        if not rows.customers > 0.0:
            return np.zeros(len(line))  # nobody is there: as probable at any point
        inside = (np.abs(line) < _EDGE).all(axis=1)
        if inside.any():
            model = model_of_line(self.family, line[inside], getattr(rows, "unit", None))
            found[inside] = model.summed_log_likelihood(rows)
        return found


def model_of_line(family: AnyFamily, line: Array, unit: Unit | None) -> Any:
    """The model with parameters (n, 1) at points of the unbounded scale."""
    declared = family.parameters
    values = [p.domain.from_unconstrained(z)[:, None] for p, z in zip(declared, line.T, strict=True)]
    return family.of(values, unit=unit)


class Approached(NamedTuple):
    """What normal forms say of (mu, ln tau), and weighted points by the likelihoods where these are few."""

    points: Array
    """Equally weighted, by the normal forms."""
    exact: WeightedPoints | None


def approached(hierarchy: Hierarchy, start: Array, scale: Array, wanted: int) -> Approached:
    """The density by normal forms; and weighted points of it, worth `wanted`, where few draws suffice."""
    wide = near = TMixture.wide(start[None], scale[None], _INFLATIONS, _FREEDOM)
    for refined in (False, True):
        rough = importance_points(hierarchy.rough, near.beside(wide, 0.2), _FIRST, hierarchy.rng, _FIRST)
        near = TMixture.fitted(rough.points, np.exp(rough.log_weights), 4, _FREEDOM)
        known = rough.points[rough.equally_weighted(_FIRST, hierarchy.rng)]
        if refined:
            break
        if _enough_draws(hierarchy, known[:32]):
            found = importance_points(hierarchy.exact, near.beside(wide, 0.1), wanted, hierarchy.rng, _FIRST)
            return Approached(known, found)
        hierarchy.refine(known.mean(axis=0))
    return Approached(known, None)


def _enough_draws(hierarchy: Hierarchy, points: Array) -> bool:
    """As many draws of each segment as make the noise of the density small, if so many may be made."""
    hierarchy.exact(points)
    # of a mean of n weights the relative variance is (Σ share² − 1/n); noises of segments add up
    noise = float((hierarchy.shares[0] - 1.0 / hierarchy.each).sum(axis=0).mean())
    needed = hierarchy.each * max(noise, 0.0) / _NOISE
    hierarchy.each = int(np.clip(2 ** math.ceil(math.log2(max(needed, _FEWEST))), _FEWEST, _MOST))
    hierarchy.forget()
    return needed <= _MOST


def upward(bend: Array) -> Array:
    """A precision without directions of which a likelihood says nothing, or bends upwards."""
    values, directions = np.linalg.eigh(bend)
    return (directions * np.maximum(values, 0.0)) @ directions.T


def log_det(root: Array) -> Array:
    """ln of the determinant of triangular roots."""
    return np.log(np.abs(np.einsum("kpp->kp", root))).sum(axis=1)


def log_normal(z: Array, mu: Array, weight: Array) -> Array:
    """ln N(z; mu, tau²) of points (k, s, p)."""
    off = ((z - mu[:, None]) ** 2 * weight[:, None]).sum(axis=2)
    return 0.5 * (np.log(weight).sum(axis=1)[:, None] - off - mu.shape[1] * math.log(2.0 * math.pi))


def _log_t(z: Array, centre: Array, root: Array) -> Array:
    """ln of the multivariate t density of points (k, s, p) around a centre of each k."""
    p = centre.shape[1]
    across = np.einsum("kpq,ksq->ksp", np.linalg.inv(root), z - centre[:, None])
    height = math.lgamma(0.5 * (_FREEDOM + p)) - math.lgamma(0.5 * _FREEDOM)
    height -= 0.5 * p * math.log(_FREEDOM * math.pi)
    fall = 0.5 * (_FREEDOM + p) * np.log1p((across**2).sum(axis=2) / _FREEDOM)
    return height - log_det(root)[:, None] - fall
