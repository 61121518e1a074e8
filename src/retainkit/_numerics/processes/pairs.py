"""E[X(X − 1)] of counts of events: with the mean it gives the variance.

It is twice the mean number of pairs of events. Of a Poisson process at rate λ that still runs at t with
probability S(t), pairs whose later event is at t come at the rate λ²·t·S(t). What is left to do is one
integral for all of them, ∫ w (1 + q w)^−s dw over w from 0 to 1, which is positive and regular for every s;
closed forms divide by (s − 1)(s − 2).
"""

from __future__ import annotations

import numpy as np
from scipy.special import exprel

from retainkit._numerics.grouping import Codes
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.typing import Array, Real

_NEAR = 0.002  # of the shape times q, below which closed forms lose digits and a few terms of a series do not
_TERMS = 5
_STEEP = 2.5  # the power from which the form for large ones is used, well away from its zero at 2


def at_least_two(shape: Array, q: Array) -> Array:
    """[1 − (1 + q)^−ν (1 + ν q/(1 + q))]/q² for ν > 0, the shape, and q ≥ 0, which may be infinite.

    The bracket is the chance of two or more of a negative binomial count.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # at q = 0, or without end
        fall = np.log1p(q)
        fall *= shape
        there = q / (1.0 + q)
        there *= shape
        fall -= np.log1p(there, out=there)  # in place, since this is where the time goes
        value = np.expm1(np.negative(fall, out=fall), out=fall)
        value /= -q
        value /= q
    near = (shape + 2.0) * q < _NEAR
    if near.any():
        shapes, few = np.broadcast_to(shape, q.shape)[near], q[near]
        value[near] = shapes * (shapes + 1.0) * _series(shapes + 2.0, few)
    value[np.isinf(q)] = 0.0
    return value


def ramp(s: Array, q: Array) -> Array:
    """∫₀¹ w (1 + q w)^−s dw for s > 0 and q ≥ 0, in one shape."""
    steep = s > _STEEP
    shape = np.where(steep, s - 2.0, 1.0)
    value = at_least_two(shape, q) / (shape * (shape + 1.0))
    if np.all(steep):
        return value
    near = np.maximum(s, 1.0) * q < _NEAR
    y = np.log1p(np.where(near, 1.0, q))
    with np.errstate(over="ignore"):
        # a difference of ∫ (1 + v)^(1−s) and ∫ (1 + v)^−s, of powers that are not large
        flat = y * (exprel((2.0 - s) * y) - exprel((1.0 - s) * y)) / np.expm1(y) ** 2
    return np.where(steep, value, np.where(near, _series(s, np.where(near, q, 0.0)), flat))


def _series(s: Array, q: Array) -> Array:
    """∫₀¹ w (1 + q w)^−s dw = Σ (−q)^n s(s + 1)…(s + n − 1)/n! /(n + 2)."""
    total = np.ones(q.shape)
    for n in range(_TERMS - 1, -1, -1):
        total = 1.0 - (s + n) * q * ((n + 2.0) / ((n + 1.0) * (n + 3.0))) * total
    return 0.5 * total


def stopped_pairs(r: Real, z: Real, a: Real, b: Real) -> Array:
    """E[X(X − 1)] in time z at a gamma(r) rate, with a chance p ~ Beta(a, b) to stop after each event.

    Times are in units of the rate's scale; z may be infinite, and then for a ≤ 2 the answer is.
    """
    together = np.broadcast_arrays(r, z, a, b)
    r1, z1, a1, b1 = (np.ravel(np.asarray(v, np.float64)) for v in together)
    result = np.empty(r1.shape)
    endless = np.isinf(z1)
    result[endless] = pairs_until_stopped(a1, b1)[endless]
    r1, z1, a1, b1 = (v[~endless] for v in (r1, z1, a1, b1))

    def given(p: Array, i: Codes) -> Array:
        return at_least_two(r1[i], p * z1[i])

    # 1 − p, the chance to have gone on after the earlier event, turns Beta(a, b) into Beta(a, b + 1)
    mean = mean_over_beta(given, a1, b1 + 1.0, bend=(r1 + 2.0) * z1, rise=r1, fall=2.0)
    result[~endless] = 2.0 * z1**2 * (b1 / (a1 + b1)) * mean
    return result.reshape(together[0].shape)


def pairs_until_stopped(a: Array, b: Array) -> Array:
    """E[X(X − 1)] of all events until the process stops, with a chance ~ Beta(a, b) after each."""
    finite = a > 2.0
    below = np.where(finite, (a - 1.0) * (a - 2.0), 1.0)
    return np.where(finite, 2.0 * b * (a + b - 1.0) / below, np.inf)


def power_decay_pairs(s: Real, z: Real) -> Array:
    """∫₀ᶻ v (1 + v)^−s dv, infinite for an infinite z if s ≤ 2."""
    s, z = np.broadcast_arrays(np.asarray(s, np.float64), z)
    endless = np.isinf(z)
    finite = np.where(endless, 1.0, z)
    ever = np.where(s > 2.0, 1.0 / np.where(s > 2.0, (s - 1.0) * (s - 2.0), 1.0), np.inf)
    return np.where(endless, ever, finite**2 * ramp(s, finite))


def opportunity_pairs(gamma: Real, delta: Real, horizon: Real) -> Array:
    """E[Σ (j − 1) (1 − θ)^j] over j = 1, …, horizon: pairs of opportunities that find the customer there."""
    together = np.broadcast_arrays(gamma, delta, horizon)
    g, d, h = (np.ravel(np.asarray(v, np.float64)) for v in together)
    finite = g > 2.0
    ever = np.where(finite, d * (d + 1.0) / np.where(finite, (g - 1.0) * (g - 2.0), 1.0), np.inf)
    result = np.where(np.isinf(h), ever, 0.0)
    some = np.flatnonzero(np.isfinite(h) & (h > 1.0))
    g, d, h = (v[some] for v in (g, d, h))

    def given(theta: Array, i: Codes) -> Array:
        with np.errstate(divide="ignore"):  # θ rounds to 1: nobody is left
            return at_least_two(h[i] - 1.0, theta / (1.0 - theta))

    result[some] = mean_over_beta(given, g, d, bend=h + 1.0, rise=np.ones_like(h), fall=2.0)
    return result.reshape(together[0].shape)
