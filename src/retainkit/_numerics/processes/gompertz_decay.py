"""A process whose rate is gamma-distributed and whose end is a gamma mixture of Gompertz lifetimes.

P(runs longer than w) = (1 + (e^bw − 1)/κ)^−s = e^(−s q): in the variable q the end is exponential, and no
exponential of a time is ever formed. The integrand's nearest singularity in q is known, so q is stretched
around it.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.gauss_legendre import GONE, in_blocks, integrate, nodes_needed
from retainkit._numerics.grouping import Codes
from retainkit._numerics.log_sums import log_sum, log_sum_and_shares, near_one
from retainkit.typing import Array, Real

_LARGE, _STEEP = 500.0, 1e90  # e^500 times the other is a float
_LARGEST, _LATEST = 705.0, 1e300  # b A may be 1e-304, and e^705 times as much is still to come


def bent(v: Array, k: Real) -> Array:
    """ln(1 + k (e^v − 1)), for v of any size; its inverse in v is itself with 1/k."""
    if np.max(v, initial=0.0) <= _LARGE and np.max(k, initial=0.0) <= _STEEP:
        grown = np.expm1(v) * k
        return np.log1p(grown)
    with np.errstate(divide="ignore"):  # v = 0
        return np.logaddexp(0.0, v + np.log(-np.expm1(-v)) + np.log(k))


def log_shrink(v: Array, kappa: Real) -> Array:
    """ln(1 + (κ − 1) e^−v): the κ of those who are still there after v."""
    return np.log(kappa * np.exp(-v) - np.expm1(-v))


def log_odds_stopped(n: Real, s: Real, A: Real, kappa: Real, b: Real, D: Real) -> Array:
    """ln of ∫₀ᴰ density(w) (1 + w/A)^−n dw over survival(D) (1 + D/A)^−n; −inf for D = 0."""
    return in_blocks(lambda *flat: np.add(*_stopped(*flat, moments=False)), 1, n, s, A, kappa, b, D)[0]


def log_quiet(n: Real, s: Real, A: Real, kappa: Real, b: Real, D: Real) -> Array:
    """ln of the sum of the two: no event in D, whether stopped in the meantime or not."""

    def both(*flat: Array) -> Array:
        stopped, fallen = _stopped(*flat, moments=False)
        return near_one(log_sum(stopped, np.negative(fallen, out=fallen)), _log_heard, *flat)

    return in_blocks(both, 1, n, s, A, kappa, b, D)[0]


def quiet_with_moments(n: Real, s: Real, A: Real, kappa: Real, b: Real, D: Real) -> Array:
    """What a likelihood and its score need of that sum, (7, …).

    Its logarithm; the shares of the two; and the means over the integrand of ln(1 + w/A), of w/(A + w), of
    q/((A + w) b η) and of (1 − e^−q)/((A + w) b η), where s b η is the hazard at w.
    """

    def all_of(*flat: Array) -> Array:
        stopped, fallen, *means = _stopped(*flat, moments=True)
        quiet, *shares = log_sum_and_shares(stopped, -fallen)
        return np.stack([near_one(quiet, _log_heard, *flat), *shares, *means[:-1]])

    return in_blocks(all_of, 7, n, s, A, kappa, b, D)


def _log_heard(n: Array, s: Array, A: Array, kappa: Array, b: Array, D: Array) -> Array:
    """ln of the chance of an event before the stop and before D: by parts a mean over it."""
    stopped, _, *_, slow = _stopped(n, s, A, kappa, b, D, moments=True)
    return stopped + np.log(n / s * slow)


def _stopped(n: Array, s: Array, A: Array, kappa: Array, b: Array, D: Array, *, moments: bool) -> list[Array]:
    q_near, half_width = _nearest(A, kappa, b)
    q_whole = bent(b * D, 1.0 / kappa)
    # means over it weigh late times by as much as 1/η grows
    late = np.minimum(q_whole, np.maximum(-np.log(kappa), 0.0)) if moments else np.zeros(kappa.shape)
    q_end = _end(n, s, A, kappa, b, q_near, q_whole, late)
    end = np.log1p(q_end / q_near)
    drop = s * q_end + n * np.log1p(bent(q_end, kappa) / (b * A)) + end + late
    scale = b * A

    def total(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y, rest = at * end[rows], (v[rows] for v in (n, s, scale, kappa, q_near))
        return np.einsum("ij,ik->kj", _falling(y, *rest), weight)

    def sums(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y = at * end[rows]  # (nodes, rows)
        q = q_near[rows] * np.expm1(y)
        w = bent(q, kappa[rows]) / scale[rows]  # in units of A
        log_a = np.log1p(w)
        mass = np.exp(y - s[rows] * q - n[rows] * log_a) * weight
        total = mass.sum(axis=0)
        below, left = 1.0 / (1.0 + w), -np.expm1(-q)
        slow = below / (scale[rows] * (np.exp(-q) / kappa[rows] + left))  # 1/((A + w) b η)
        parts = (log_a, w * below, q * slow, left * slow, slow)
        return np.stack([total, *(np.einsum("ij,ij->j", mass, part) / total for part in parts)])

    needed = nodes_needed(end, half_width, drop)
    found = integrate(sums, needed, 6) if moments else integrate(total, needed, 1)
    with np.errstate(divide="ignore"):  # D = 0
        stopped = np.log(found[0] * end * s * q_near)
    return [stopped, n * np.log1p(D / A) + s * q_whole, *found[1:]]


def _falling(y: Array, n: Array, s: Array, scale: Array, kappa: Array, q_near: Array) -> Array:
    """The integrand in y, which is used up; fewer arrays than with means beside the total."""
    q = np.expm1(y)
    q *= q_near
    fall = bent(q, kappa)
    fall /= scale
    np.log1p(fall, out=fall)
    fall *= n
    q *= s
    fall += q
    y -= fall
    return np.exp(y, out=y)


def _nearest(A: Array, kappa: Array, b: Array) -> tuple[Array, Array]:
    """Distance of the singularity at w = −A from q = 0, and the half-width left once q is stretched by it."""
    with np.errstate(divide="ignore"):
        real = -np.log1p(-np.minimum(-np.expm1(-b * A) / kappa, 1.0))
        branch = np.log(np.maximum(1.0 / kappa - 1.0, 0.0))  # there, at ± iπ, w itself is singular
    near = np.minimum(real, np.pi)
    half_width = np.where(kappa < 1.0, np.arctan2(np.pi, near + np.maximum(branch, -_LARGE)), np.pi)
    return near, np.minimum(half_width, 0.5 * np.pi)


def _end(
    n: Array, s: Array, A: Array, kappa: Array, b: Array, q_near: Array, q_whole: Array, late: Array
) -> Array:
    """Where in q the integrand, which only falls, is nothing beside the integral so far, e^late times."""
    enough = GONE + late + np.log1p(n / (s * q_near))
    with np.errstate(over="ignore"):
        rare = np.minimum(b * A * np.expm1(np.minimum(enough / n, _LARGEST)), _LATEST)
    return np.minimum(np.minimum(q_whole, enough / s), bent(rare, 1.0 / kappa))


def discounted_time(s: Real, kappa: Real, z: Real, k: Real) -> Array:
    """∫₀ᶻ e^(−k v) (1 + (e^v − 1)/κ)^−s dv; z may be infinite."""
    return in_blocks(_discounted, 1, s, kappa, z, k)[0]


def gompertz_decay_pairs(s: Real, kappa: Real, z: Real) -> Array:
    """∫₀ᶻ v (1 + (e^v − 1)/κ)^−s dv; z may be infinite."""
    return in_blocks(lambda *rows: _discounted(*rows, power=1), 1, s, kappa, z, 0.0)[0]


def _discounted(s: Array, kappa: Array, z: Array, k: Array, *, power: int = 0) -> Array:
    near = np.minimum(-np.log1p(-np.minimum(kappa, 1.0 - 1e-2)), np.pi)
    branch = np.log(np.maximum(kappa - 1.0, np.exp(-_LARGE)))
    half_width = np.where(kappa > 1.0, np.arctan2(np.pi, near + branch), np.pi)
    enough = GONE + np.log1p(1.0 / kappa)
    with np.errstate(divide="ignore"):
        last = np.minimum(np.minimum(z, enough / k), bent(enough / s, kappa))
    end = np.log1p(last / near)
    drop = k * last + s * bent(last, 1.0 / kappa) + end

    def sums(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y = at * end[rows]
        v = near[rows] * np.expm1(y)
        values = np.exp(y - k[rows] * v - s[rows] * bent(v, 1.0 / kappa[rows]))
        if power:
            values *= v
        return (values * weight).sum(axis=0)[None]

    return integrate(sums, nodes_needed(end, np.minimum(half_width, 0.5 * np.pi), drop), 1) * end * near
