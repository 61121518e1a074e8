"""A process whose rate and whose end both have gamma-distributed intensities: products of two powers.

The integral of (1 + w/A)^−n · s (1 + w/B)^−(s+1)/B is smooth and positive; its closed forms are
differences of hypergeometric functions. With w = m(e^y − 1), m the smaller of A and B, the logarithm of the
integrand is concave in y and analytic in a strip whatever the scales.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.gauss_legendre import GONE, in_blocks, integrate, nodes_needed
from retainkit._numerics.grouping import Codes
from retainkit._numerics.log_sums import log_sum, log_sum_and_shares, near_one
from retainkit.typing import Array, Real

_STRIP = 0.5 * np.pi


def log_odds_stopped(n: Real, s: Real, A: Real, B: Real, D: Real) -> Array:
    """ln of ∫₀ᴰ s/B (1 + w/A)^−n (1 + w/B)^−(s+1) dw over (1 + D/A)^−n (1 + D/B)^−s; −inf for D = 0."""
    return in_blocks(lambda *flat: np.add(*_stopped(*flat, moments=False)), 1, n, s, A, B, D)[0]


def log_quiet(n: Real, s: Real, A: Real, B: Real, D: Real) -> Array:
    """ln of the sum of the two: no event in D, whether stopped in the meantime or not."""

    def both(*flat: Array) -> Array:
        stopped, fallen = _stopped(*flat, moments=False)
        return near_one(log_sum(stopped, np.negative(fallen, out=fallen)), _log_heard, *flat)

    return in_blocks(both, 1, n, s, A, B, D)[0]


def quiet_with_moments(n: Real, s: Real, A: Real, B: Real, D: Real) -> Array:
    """What a likelihood and its score need of that sum, (6, …).

    Its logarithm; the shares of the two; and the means over the integrand of ln(1 + w/A), of w/(A + w) and
    of (B + w)/(A + w) ln(1 + w/B).
    """

    def all_of(*flat: Array) -> Array:
        stopped, fallen, *means = _stopped(*flat, moments=True)
        quiet, *shares = log_sum_and_shares(stopped, -fallen)
        return np.stack([near_one(quiet, _log_heard, *flat), *shares, *means])

    return in_blocks(all_of, 6, n, s, A, B, D)


def _log_heard(n: Array, s: Array, A: Array, B: Array, D: Array) -> Array:
    """ln of the chance of an event before the stop and before D: the same integral, end and event swapped."""
    return _stopped(s, n, B, A, D, moments=False)[0]


def _stopped(n: Array, s: Array, A: Array, B: Array, D: Array, *, moments: bool) -> list[Array]:
    swap, m, after = A < B, np.minimum(A, B), s + 1.0
    c = m / np.maximum(A, B)
    near, far = np.where(swap, n, after), np.where(swap, after, n)
    near -= 1.0  # dw brings in e^y
    ahead = D / m
    whole = np.log1p(ahead)
    ahead *= c
    other = np.log1p(ahead, out=ahead)
    # means over it weigh late times by as much as (B + w)/(A + w) grows
    late = np.where(swap, 0.0, np.minimum(whole, -np.log(c))) if moments else np.zeros(c.shape)
    end, drop, fallen = _end(near, far, c, whole, other, late)
    fallen += np.where(swap, whole - other, 0.0)  # the power of B is s there, not s + 1

    def total(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y, rest = at * end[rows], (v[rows] for v in (near, far, c))
        return np.einsum("ij,ik->kj", _falling(y, *rest), weight)

    def sums(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y = at * end[rows]  # (nodes, rows)
        grown = np.expm1(y)
        above = c[rows] * grown
        log_far = np.log1p(above)
        mass = near[rows] * y
        mass += far[rows] * log_far
        mass = np.exp(np.negative(mass, out=mass), out=mass)
        mass *= weight
        total = mass.sum(axis=0)
        near_a = swap[rows]
        log_a, log_b = np.where(near_a, y, log_far), np.where(near_a, log_far, y)
        over_a, over_b = np.where(near_a, grown, above), np.where(near_a, above, grown)
        below = 1.0 / (1.0 + over_a)
        log_b *= (1.0 + over_b) * below
        means = [np.einsum("ij,ij->j", mass, part) / total for part in (log_a, over_a * below, log_b)]
        return np.stack([total, *means[:2], ratio[rows] * means[2]])

    needed, ratio = nodes_needed(end, _STRIP, drop), B / A if moments else c
    found = integrate(sums, needed, 4) if moments else integrate(total, needed, 1)
    end *= m
    end *= s
    end /= B
    with np.errstate(divide="ignore"):  # D = 0
        stopped = np.log(np.multiply(end, found[0], out=end))
    return [stopped, fallen, *found[1:]]


def _falling(y: Array, near: Array, far: Array, c: Array) -> Array:
    """The integrand in y, which is used up; fewer arrays than with means beside the total."""
    fall = np.expm1(y)
    fall *= c
    np.log1p(fall, out=fall)
    fall *= far
    y *= near
    fall += y
    return np.exp(np.negative(fall, out=fall), out=fall)


def _end(
    near: Array, far: Array, c: Array, whole: Array, other: Array, late: Array
) -> tuple[Array, Array, Array]:
    """Where in y the integrand e^(−near y) (1 + c (e^y − 1))^−far has fallen for good, and by how much.

    Gone it is if e^late times as much is nothing, too. And by how much its logarithm falls over the whole,
    which ends where 1 + c (e^y − 1) is e^other.
    """
    by_near, by_far = near * whole, far * other
    enough = GONE + late - np.minimum(by_near, 0.0)
    end, drop = whole.copy(), np.abs(by_near) + by_far + late
    cut = np.flatnonzero(np.maximum(by_near, by_far) > enough)
    if cut.size:
        near, far, c, enough = near[cut], far[cut], c[cut], enough[cut]
        with np.errstate(over="ignore", divide="ignore"):
            last = np.log1p(np.expm1(enough / far) / c)
            last = np.minimum(last, np.where(near > 0.0, enough / np.maximum(near, 1e-300), np.inf))
        end[cut] = np.minimum(last, whole[cut])
        drop[cut] = np.abs(near) * end[cut] + far * np.log1p(c * np.expm1(end[cut])) + late[cut]
    by_near += by_far
    return end, drop, by_near


def discounted_time(s: Real, z: Real, k: Real) -> Array:
    """∫₀ᶻ e^(−k v) (1 + v)^−s dv for k > 0; z may be infinite."""
    return in_blocks(_discounted, 1, s, z, k)[0]


def undiscounted_time(s: Real, z: Real) -> Array:
    """∫₀ᶻ (1 + v)^−s dv, infinite for an infinite z if s ≤ 1."""
    grown, gap = np.log1p(z), 1.0 - s
    there = np.where(gap == 0.0, 1.0, gap)
    return np.where(gap == 0.0, grown, np.expm1(there * grown) / there)


def _discounted(s: Array, z: Array, k: Array) -> Array:
    """With 1 + v = e^y the integrand exp((1−s) y − k (e^y − 1)) is entire and log-concave."""
    rise = np.maximum(1.0 - s, 0.0)
    whole = np.log1p(z)
    enough = GONE + rise * np.minimum(whole, np.log1p(1.0 / k))
    fall = s - 1.0
    with np.errstate(over="ignore", divide="ignore"):
        by_fall = np.where(fall > 0.0, enough / np.maximum(fall, 1e-300), np.inf)
    end = np.minimum(np.minimum(whole, by_fall), np.log1p(enough / k))
    drop = np.abs(fall) * end + k * np.expm1(end)

    def sums(at: Array, weight: Array, rows: Codes | slice) -> Array:
        y = at * end[rows]
        values = np.exp(-fall[rows] * y - k[rows] * np.expm1(y))
        return (values * weight).sum(axis=0)[None]

    return integrate(sums, nodes_needed(end, _STRIP, drop), 1) * end
