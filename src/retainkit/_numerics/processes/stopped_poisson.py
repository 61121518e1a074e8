"""A Poisson process with a gamma-distributed rate that stops after an event with beta-distributed p.

The expected number of events, plain or discounted, as a mean over p of a positive function of one
variable. In this form nothing is singular: where closed forms divide by a − 1 (or by 1 − 1 at
a + b = 1) the mean is as regular as anywhere else.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, xlogy

from retainkit._numerics.gamma_functions import log_beta, log_beta_ratio
from retainkit._numerics.gauss_legendre import nodes_needed, rules
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.typing import Array, Real

_MOST = 32  # Gauss-Legendre nodes: 13 digits for every input tried
_GONE = 40.0


def expected_count(r: Real, z: Real, a: Real, b: Real) -> Array:
    """E[(1 − (1 + p z)^−r) / p] for p ~ Beta(a, b): events in time z, in units of the rate's scale.

    `z` may be infinite: then the mean is E[1/p] = (a + b − 1)/(a − 1), infinite for a ≤ 1.
    """
    shape, (r1, z1, a1, b1) = _flat(r, z, a, b)
    result = np.empty(r1.shape)
    endless = np.isinf(z1)
    result[endless] = np.where(a1 > 1.0, (a1 + b1 - 1.0) / np.where(a1 > 1.0, a1 - 1.0, 1.0), np.inf)[endless]
    r1, z1, a1, b1 = (v[~endless] for v in (r1, z1, a1, b1))
    result[~endless] = mean_over_beta(
        lambda p, i: -np.expm1(-r1[i] * np.log1p(p * z1[i])) / p, a1, b1, bend=(r1 + 1.0) * z1, rise=r1
    )
    return result.reshape(shape)


def stopped_survival(r: Real, z: Real, a: Real, b: Real) -> Array:
    """E[(1 + p z)^−r] for p ~ Beta(a, b): the probability that the process still runs after time z."""
    shape, (r1, z1, a1, b1) = _flat(r, z, a, b)
    result = np.zeros(r1.shape)
    some = np.isfinite(z1)  # in infinite time every process stops
    r1, z1, a1, b1 = (v[some] for v in (r1, z1, a1, b1))
    # p z/(1 + p z) ≤ z/(1 + z): with r alone a wide window of narrow steps where r and a are both huge
    fall = r1 * (z1 / (1.0 + z1))
    result[some] = mean_over_beta(
        lambda p, i: np.exp(-r1[i] * np.log1p(p * z1[i])), a1, b1, bend=(r1 + 1.0) * z1, rise=r1, fall=fall
    )
    return result.reshape(shape)


def count_pmf(n: Real, r: Real, z: Real, a: Real, b: Real) -> Array:
    """P(n events in time z): n made and still running, or stopped right after the n-th."""
    n, r, z, a, b = (np.asarray(v, np.float64) for v in (n, r, z, a, b))
    with np.errstate(divide="ignore"):  # no time and all time are right in this form
        share = 1.0 / (1.0 + 1.0 / z)
        made = xlogy(n, share) - r * np.log1p(z) - np.log(r + n) - log_beta(r, n + 1.0)
    stayed = np.exp(log_beta_ratio(a, b, n) + made)
    last = np.maximum(n, 1.0)
    left = a / (a + b) * np.exp(log_beta_ratio(a + 1.0, b, last - 1.0)) * betainc(last, r, share)
    return stayed + np.where(n > 0.0, left, 0.0)


def discounted_count(r: Real, z: Real, k: Real, a: Real, b: Real) -> Array:
    """E[∫₀ᶻ r (1 + p v)^−(r+1) e^(−k v) dv] for p ~ Beta(a, b): events, each discounted by e^(−k v).

    k > 0 is the force of discount per unit of the rate's scale; z may be infinite.
    """
    shape, (r1, z1, k1, a1, b1) = _flat(r, z, k, a, b)
    reach = np.minimum(z1, 1.0 / k1)
    values = mean_over_beta(
        lambda p, i: _discounted_given(p, r1[i], z1[i], k1[i]),
        a1,
        b1,
        bend=(r1 + 1.0) * reach * _GONE,
        rise=r1,
    )
    return values.reshape(shape)


def _discounted_given(p: Array, r: Array, z: Array, k: Array) -> Array:
    """The inner integral for given p, by Gauss-Legendre in a variable that follows its decay.

    With v = (e^(p u) − 1)/p the integrand is exp(−E), E = r p u + k (e^(p u) − 1)/p; in w = (r p + k) u
    it falls at least like e^−w and is entire, whatever the scales of r p and k.
    """
    rate = r * p + k  # (nodes, rows)
    share = k / rate
    c = p / rate
    top = np.minimum(_GONE, np.log1p(_GONE * c / share) / c)
    top = np.minimum(top, np.log1p(p * z) / c)  # log1p(p z)/p is the end of the integral in u
    linear, growth, steep = (1.0 - share) * top, c * top, share / c
    # the integrand falls by most, over the longest way, for the largest p, which comes last
    drop = linear[-1] + steep[-1] * np.expm1(growth[-1])
    total = np.empty_like(rate)
    for some, nodes, weights in rules(nodes_needed(growth[-1], 0.5 * np.pi, drop), _MOST):
        total[:, some] = _summed(linear[:, some], growth[:, some], steep[:, some], nodes, weights)
    return r / rate * top * total


def _summed(linear: Array, growth: Array, steep: Array, nodes: Array, weights: Array) -> Array:
    total, work = np.zeros_like(linear), np.empty_like(linear)
    for at, weight in zip(nodes.flat, weights.flat, strict=True):
        # w = at * top; in place, since this loop is where the time goes
        np.expm1(np.multiply(growth, at, out=work), out=work)
        work *= -steep
        work -= at * linear
        total += weight * np.exp(work, out=work)
    return total


def _flat(*values: Real) -> tuple[tuple[int, ...], list[Array]]:
    together = np.broadcast_arrays(*values)
    return together[0].shape, [np.ravel(np.asarray(v, np.float64)) for v in together]
