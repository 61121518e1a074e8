"""Maximise a thousand weighted sums of the same terms at once, such as likelihoods of bootstrap replicates.

All sums have their maxima near that of the whole. So their gradients are seen at a hundred common points
around it, where the terms are evaluated once for all of them, and each sum becomes a polynomial, fitted to
its gradients there, whose maximum costs next to nothing. From there on each sum is looked at itself, at its
own place, with the polynomial's curvature for Newton steps: mostly one look is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from math import comb
from typing import NamedTuple, Self

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array, Values

Own = Callable[[Array, Codes], Array]
"""Gradients (m, p) of sums `which` (m,), each at a point (m, p) of its own."""

_TERMS = 220  # of a polynomial: those of degree 6 in four variables are 210
_STEEPEST = 7  # degree: what is higher follows rounding
_EQUATIONS = 2.0  # for each term
_USUAL = 0.98  # of the first steps, as far as which the points reach
_OUT = 1.5  # times as far as the points the polynomial is still trusted to lead
_STEPS, _LOOKS = 12, 6
_ROUGHLY = 1e-5  # of the ball: the sums themselves are looked at next
_LEFT = 1e-11  # of the sum, far below what a search of one of them leaves to its last step
_LEAST = 1e-9  # of the largest spread: a direction in which the sums hardly differ


@dataclass(frozen=True, slots=True)
class _Powers:
    """Monomials of p variables up to a degree, the constant first, and where their derivatives stand."""

    exponents: Values  # (terms, p)
    lower: Values  # (p, terms): the monomial with one exponent less by one; of none the first, times 0

    @classmethod
    def of(cls, p: int) -> Self:
        degree = max(d for d in range(2, _STEEPEST + 1) if d == 2 or comb(p + d, p) <= _TERMS)
        chosen = [c for d in range(degree + 1) for c in combinations_with_replacement(range(p), d)]
        exponents = np.array([np.bincount(c, minlength=p) if c else np.zeros(p, int) for c in chosen])
        place = {tuple(e): b for b, e in enumerate(exponents.tolist())}
        lower = [
            [place.get(tuple(e - (np.arange(p) == i)), 0) if e[i] else 0 for e in exponents] for i in range(p)
        ]
        return cls(exponents, np.array(lower))

    def monomials(self, z: Array) -> Array:
        """Of points (k, p) all monomials (k, terms)."""
        powers: Array = z[:, :, None] ** np.arange(int(self.exponents.max()) + 1, dtype=np.float64)
        found = powers[:, 0, self.exponents[:, 0]]
        for i in range(1, z.shape[1]):
            found = found * powers[:, i, self.exponents[:, i]]
        return found

    def slopes(self, monomials: Array) -> Array:
        """Their derivatives (k, p, terms)."""
        return np.stack(
            [e * monomials[:, at] for e, at in zip(self.exponents.T, self.lower, strict=True)], axis=1
        )

    def bends(self, monomials: Array, coefficients: Array) -> Array:
        """Second derivatives (k, p, p) of polynomials with coefficients (k, terms)."""
        p = len(self.lower)
        found = np.empty((len(monomials), p, p))
        for i, j in combinations_with_replacement(range(p), 2):
            first, once = self.exponents[:, i], self.lower[i]
            factor = first * self.exponents[once, j]
            value = np.einsum("kb,kb->k", coefficients * factor, monomials[:, self.lower[j][once]])
            found[:, i, j] = found[:, j, i] = value
        return found


@cache
def _ball(p: int) -> tuple[_Powers, Array, Array]:
    """Monomials, points (m, p) of the unit ball, and from gradients there, (m·p,), to coefficients."""
    powers = _Powers.of(p)
    m = int(np.ceil(0.5 * _EQUATIONS * (len(powers.exponents) - 1) / p))
    # any directions will do that are spread; denser towards the surface, where polynomials go astray
    towards = np.random.default_rng(1).standard_normal((m, p))
    towards /= np.sqrt(np.square(towards).sum(axis=1, keepdims=True))
    half = towards * np.sin(0.5 * np.pi * (np.arange(m)[:, None] + 0.5) / m)
    ball = np.concatenate([half, -half])
    slopes = powers.slopes(powers.monomials(ball)).reshape(2 * m * p, -1)
    # least squares by the normal equations, since monomials are far from dependent in the ball; of points on
    # either side those of even and of odd degree tell nothing of each other
    solve = np.zeros((len(powers.exponents), len(slopes)))
    degree = powers.exponents.sum(axis=1)
    for alike in (np.flatnonzero(degree % 2 == 1), np.flatnonzero((degree % 2 == 0) & (degree > 0))):
        some = slopes[:, alike]
        solve[alike] = np.linalg.solve(np.einsum("eb,ec->bc", some, some), some.T)
    return powers, ball, solve


class Tops(NamedTuple):
    """Maxima of sums (k, p), minus the second derivatives there (k, p, p), and which of them are none."""

    point: Array
    curvature: Array
    lost: Values


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Common points around the maximum of the whole, and polynomials through what the sums do there."""

    centre: Array
    frame: Array
    """From coordinates in which the points fill the unit ball to those of the sums."""
    powers: _Powers
    ball: Array
    """The points in these coordinates, (m, p)."""
    solve: Array
    """From gradients at the points, (m·p,), to coefficients."""

    @classmethod
    def of(cls, centre: Array, steps: Array) -> Self:
        """For sums whose first steps from the centre are these, (k, p)."""
        p = centre.size
        values, directions = np.linalg.eigh(steps.T @ steps / len(steps))
        root = directions * np.sqrt(np.maximum(values, _LEAST * max(float(values[-1]), 1e-300)))
        radii = np.sqrt(np.square(np.linalg.solve(root, steps.T)).sum(axis=0))
        reach = max(float(np.quantile(radii, _USUAL)), 1e-300)
        return cls(centre, root * reach, *_ball(p))

    @property
    def points(self) -> Array:
        """Where all sums are to be seen, (m, p)."""
        return self.centre + self.ball @ self.frame.T

    def tops(self, gradients: Array) -> Polynomials:
        """The polynomials through gradients (k, m, p) at these points, and their maxima."""
        k = len(gradients)
        coefficients = (gradients @ self.frame).reshape(k, -1) @ self.solve.T
        found = Polynomials(self, coefficients, np.zeros((k, self.centre.size)), np.zeros(k, np.bool_))
        for _ in range(_STEPS):
            slope, bend = found.seen()
            step = found.step(slope, bend)
            found.z[:] += step
            if not np.any(np.abs(step) > _ROUGHLY):
                break
        return found


@dataclass(frozen=True, slots=True)
class Polynomials:
    """One polynomial for each sum, a place of each, and which have left where they are trusted."""

    surrogate: Surrogate
    coefficients: Array
    z: Array
    lost: Values

    def seen(self) -> tuple[Array, Array]:
        """Gradients and second derivatives at the places."""
        powers = self.surrogate.powers
        monomials = powers.monomials(self.z)
        slope = np.stack(
            [
                np.einsum("kb,kb->k", self.coefficients * e, monomials[:, at])
                for e, at in zip(powers.exponents.T, powers.lower, strict=True)
            ],
            axis=1,
        )
        return slope, powers.bends(monomials, self.coefficients)

    def step(self, slope: Array, bend: Array) -> Array:
        """Newton's step of each up its own hill; of those that have none, or lie too far out, no step."""
        curvature = -bend
        least = np.linalg.eigvalsh(np.where(np.isfinite(curvature), curvature, 0.0))[:, 0]
        self.lost[:] |= ~(least > 0.0)
        sound = np.where(self.lost[:, None, None], np.eye(self.z.shape[1]), curvature)
        step = np.linalg.solve(sound, slope[:, :, None])[:, :, 0]
        length = np.sqrt(np.square(step).sum(axis=1, keepdims=True))
        step = np.where(self.lost[:, None], 0.0, step * np.minimum(1.0, 0.5 / np.maximum(length, 1e-300)))
        self.lost[:] |= np.square(self.z + step).sum(axis=1) > _OUT**2
        return np.where(self.lost[:, None], 0.0, step)

    def place(self, z: Array) -> Array:
        """The places in the coordinates of the sums."""
        return self.surrogate.centre + z @ self.surrogate.frame.T

    def some(self, which: Codes) -> Polynomials:
        """Those of some of the sums."""
        return Polynomials(self.surrogate, self.coefficients[which], self.z[which], self.lost[which])

    def ended(self) -> Tops:
        """What the polynomials alone say."""
        inverse = np.linalg.inv(self.surrogate.frame)
        return Tops(self.place(self.z), -np.swapaxes(inverse, 0, 1) @ self.seen()[1] @ inverse, self.lost)

    def settled(self, own: Own) -> Tops:
        """The maxima of the sums themselves, looked at where they are until nothing is left to gain."""
        live = np.flatnonzero(~self.lost)
        for look in range(_LOOKS + 1):
            if not live.size:
                break
            if look == _LOOKS:
                self.lost[live] = True
                break
            here = self.some(live)
            slope = own(self.place(here.z), live) @ self.surrogate.frame
            step = here.step(slope, here.seen()[1])
            self.z[live], self.lost[live] = here.z + step, here.lost
            # a step that promises so little is taken unseen: it leaves as much of it as curvatures are wrong
            promised = np.einsum("kp,kp->k", slope, step)
            live = live[~here.lost & ~(np.abs(promised) <= _LEFT)]
        return self.ended()
