"""Purchases every k-th stage of a Poisson process with a gamma(r) rate, stopped after one with beta p.

What is said of customers in the middle of a gap are sums of the first k of t_j = r(r+1)…(r+j−1)/j!·q^j, the
negative binomial terms of j stages in the share q of the time. Counts of stages in time z (in units of the
rate's scale) are negative binomial, so that counts of purchases are sums of k neighbours and every answer
is a sum of positive terms. Where that sum is long, the k-th roots of unity sum it given p, and the mean
over p is taken by quadrature.

`m` is the number of stages that the running gap still lacks, 1 … k, the same or one for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, xlogy

from retainkit._numerics.gamma_functions import log_beta, log_beta_ratio
from retainkit._numerics.grouping import Codes, blocks
from retainkit._numerics.processes.pairs import at_least_two, pairs_until_stopped
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.typing import Array, Real


def log_unfinished(r: Array, q: Array, k: int) -> Array:
    """ln Σ t_j over j < k: the gap that runs is not finished yet, apart from the power of 1 − q."""
    scale = _scale(r, q, k)
    total = np.ones(scale.shape)
    for _, _, term in _terms(r, q, scale, k):
        total /= scale
        total += term
    return (k - 1) * np.log(scale) + np.log(total)


def unfinished(r: Array, q: Array, k: int) -> tuple[Array, Array, Array]:
    """`log_unfinished`, its slope in r, and its slope in ln q: the mean number of stages passed."""
    total, scale, stages, harmonic = _sums(r, q, k)
    return (k - 1) * np.log(scale) + np.log(total), harmonic / total, stages / total


def stage_weights(r: Array, q: Array, k: int) -> Array:
    """P(j stages passed | the gap runs), with j = 0, …, k − 1 on a new first axis."""
    shape = np.broadcast(r, q).shape
    scale = _scale(r, q, k)
    weights = np.empty((k, *shape))
    term = np.ones(shape)
    weights[0] = term * scale ** (1.0 - k)
    for j in range(1, k):
        term = term * ((r + (j - 1)) * q / (j * scale))
        weights[j] = term * scale ** (j + 1.0 - k)
    return weights / weights.sum(axis=0)


def _scale(r: Array, q: Array, k: int) -> Array:
    # the last ratio of two terms, where terms grow: t_j/scale^j stays within (k-1)! then
    return np.maximum(1.0, (r + (k - 2)) * q / max(k - 1, 1))


def _sums(r: Array, q: Array, k: int) -> tuple[Array, Array, Array, Array]:
    """Σ t_j, Σ j t_j and Σ t_j·(1/r + … + 1/(r+j−1)), all divided by scale^(k−1), and that scale."""
    scale = _scale(r, q, k)
    shrink = 1.0 / scale
    total = np.ones(scale.shape)
    stages = harmonic = steps = np.zeros(scale.shape)
    for j, passed, term in _terms(r, q, scale, k):
        steps = steps + 1.0 / passed
        total = total * shrink + term
        stages = stages * shrink + j * term
        harmonic = harmonic * shrink + steps * term
    return total, scale, stages, harmonic


def _terms(r: Array, q: Array, scale: Array, k: int) -> Iterator[tuple[int, Array, Array]]:
    """j, r + j − 1 and t_j/scale^j from j = 1 on."""
    share, term = q / scale, np.ones(1)
    for j in range(1, k):
        passed = r + (j - 1)
        term = term * (passed * share / j)
        yield j, passed, term


LONGEST = 4096
_CELLS = 1 << 18
_GONE = 40.0
_SMALL = 0.5  # below it the powers of θ are a short sum, and the roots of unity would cancel
_TILTED = 30.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """Rows of the process: gamma shape, time in units of the gamma's scale, and the beta of p. (rows,)."""

    r: Array
    z: Array
    a: Array
    b: Array

    def take(self, rows: Codes) -> Stopped:
        """Some of the rows."""
        return Stopped(self.r[rows], self.z[rows], self.a[rows], self.b[rows])


def expected_count(r: Real, z: Real, a: Real, b: Real, m: Real, k: int) -> Array:
    """Expected purchases in time z."""
    return by_stage(lambda rows, step: _expected(Stopped(*rows), step, k), m, r, z, a, b)


def stopped_pairs(r: Real, z: Real, a: Real, b: Real, m: Real, k: int) -> Array:
    """E[X(X − 1)] of the purchases X in time z."""
    return by_stage(lambda rows, step: _pairs(Stopped(*rows), step, k), m, r, z, a, b)


def stopped_survival(r: Real, z: Real, a: Real, b: Real, m: Real, k: int) -> Array:
    """P(still running after time z)."""
    return by_stage(lambda rows, step: _survival(Stopped(*rows), step, k), m, r, z, a, b)


def by_stage(answer: Callable[[list[Array], int], Array], m: Real, *columns: Real) -> Array:
    """`answer(columns, m)` of all rows that share an m, for columns that broadcast against each other."""
    together = np.broadcast_arrays(m, *columns)
    missing, *flat = (np.ravel(np.asarray(v, np.float64)) for v in together)
    result = np.empty(missing.shape)
    for step in np.unique(missing):
        rows = np.flatnonzero(missing == step)
        result[rows] = answer([column[rows] for column in flat], int(step))
    return result.reshape(together[0].shape)


def count_pmf(n: Real, r: Real, z: Real, a: Real, b: Real, m: Real, k: int) -> Array:
    """P(n purchases in time z): n made and still running, or stopped right after the n-th."""
    n, r, z, a, b, m = (np.asarray(v, np.float64) for v in (n, r, z, a, b, m))
    with np.errstate(divide="ignore"):  # no time and all time are right in this form
        share = 1.0 / (1.0 + 1.0 / z)
        reached = np.where(n > 0.0, m + k * (n - 1.0), 0.0)  # stages of the n-th purchase
        made: Array = np.zeros(np.broadcast(reached, r, share).shape)
        for j in range(k):
            stages = reached + j
            log_pmf = xlogy(stages, share) - r * np.log1p(z) - np.log(r + stages) - log_beta(r, stages + 1.0)
            # before the first purchase of a gap that has begun, less than k stages are left
            made = made + np.where((n > 0.0) | (j < m), np.exp(log_pmf), 0.0)
    stayed = np.exp(log_beta_ratio(a, b, n)) * made
    last = np.maximum(n, 1.0)
    left = a / (a + b) * np.exp(log_beta_ratio(a + 1.0, b, last - 1.0))
    return stayed + np.where(n > 0.0, left * betainc(np.maximum(reached, 1.0), r, share), 0.0)


def _most_stages(of: Stopped, m: int) -> Array:
    """More stages than a negative binomial count reaches, but for e^-40 of what counts."""
    z = np.minimum(of.z, 1e100)
    return of.r * z + np.sqrt(2.0 * _GONE * of.r * z * (1.0 + z)) + _GONE * (1.0 + z) + m


def _expected(of: Stopped, m: int, k: int) -> Array:
    mortal = of.a > 1.0
    ever = np.where(mortal, (of.a + of.b - 1.0) / np.where(mortal, of.a - 1.0, 1.0), np.inf)

    def made(stay: Array) -> Array:
        return np.concatenate([np.zeros((1, stay.shape[1])), np.cumsum(stay[:-1], axis=0)])

    return _either(of, m, k, ever, made, _expected_by_roots)


def _pairs(of: Stopped, m: int, k: int) -> Array:
    ever = pairs_until_stopped(of.a, of.b)

    def made(stay: Array) -> Array:
        # Σ 2 j P(stays after j purchases) over the pairs of the last purchase with each of j before
        counted = 2.0 * np.arange(float(stay.shape[0]))[:, None] * stay
        return np.concatenate([np.zeros((1, stay.shape[1])), np.cumsum(counted[:-1], axis=0)])

    return _either(of, m, k, ever, made, _pairs_by_roots)


def _survival(of: Stopped, m: int, k: int) -> Array:
    # in infinite time every process stops
    return _either(of, m, k, np.zeros(of.r.shape), lambda stay: stay, _survival_by_roots)


def _either(
    of: Stopped,
    m: int,
    k: int,
    ever: Array,
    worth: Callable[[Array], Array],
    by_roots: Callable[[Stopped, int, int], Array],
) -> Array:
    """Σ P(i purchases' worth of stages)·worth_i, `worth` being made of P(stays after i purchases)."""
    result = ever
    stages = _most_stages(of, m)
    short = np.flatnonzero(stages <= LONGEST)
    long = np.flatnonzero((stages > LONGEST) & np.isfinite(of.z))
    for rows, length in blocks(short, stages[short], _CELLS):
        some = of.take(rows)
        share = _share_of(stage_pmf(some.r, some.z, length), m, k)
        result[rows] = np.einsum("ij,ij->j", share, worth(stayed_after(some.a, some.b, share.shape[0])))
    if long.size:
        result[long] = by_roots(of.take(long), m, k)
    return result


def stage_pmf(r: Array, z: Array, length: int) -> Array:
    """Negative binomial probabilities of 0, …, `length` stages, as good as all. (stages, rows)."""
    n = np.arange(length, dtype=np.float64)[:, None]
    logs = np.zeros((length + 1, r.size))
    with np.errstate(divide="ignore"):  # no time: no stage
        np.cumsum(np.log((r + n) / (n + 1.0) * (z / (1.0 + z))), axis=0, out=logs[1:])
    logs -= logs.max(axis=0)
    pmf = np.exp(logs, out=logs)
    return pmf / pmf.sum(axis=0)


def stayed_after(a: Array, b: Array, count: int) -> Array:
    """P(stays after i purchases), i = 0, …, `count` − 1. (purchases, rows)."""
    i = np.arange(count - 1, dtype=np.float64)[:, None]
    stay = np.ones((count, a.size))
    np.cumprod((b + i) / (a + b + i), axis=0, out=stay[1:])
    return stay


def first_stages(m: int, k: int, length: int) -> Codes:
    """Where the stages of no, one, two, … purchases begin: 0, m, m + k, … ."""
    return np.concatenate([np.zeros(1, np.intp), np.arange(m, length, k, dtype=np.intp)])


def _share_of(pmf: Array, m: int, k: int) -> Array:
    """P(i purchases' worth of stages), i = 0, 1, …: m stages for none, then k for each."""
    return np.add.reduceat(pmf, first_stages(m, k, pmf.shape[0]), axis=0)


# -- long sums: given p, with θ = (1 − p)^(1/k), a purchase's share is a sum over the roots of unity ------


def _roots(p: Array, k: int) -> Iterator[tuple[Array, Array, float]]:
    """y = θ·ω and 1 − y for the roots ω of unity, conjugate pairs once, with how often each counts."""
    log_theta = np.log1p(-p) / k
    theta = np.exp(log_theta)
    yield theta, -np.expm1(log_theta), 1.0
    for turn in range(1, k // 2 + 1):
        y = theta * np.exp(2j * np.pi * turn / k)
        yield y, 1.0 - y, 1.0 if 2 * turn == k else 2.0


def _expected_by_roots(of: Stopped, m: int, k: int) -> Array:
    r, z = of.r, of.z
    terms = int(54 / k) + 2
    steps = m + k * np.arange(terms, dtype=np.float64)[:, None]
    reach = betainc(steps, r, z / (1.0 + z))  # P(at least so many stages): (terms, rows)

    def given(p: Array, rows: Codes) -> Array:
        near = np.minimum(p, 1.0 - _SMALL**k)
        total = np.zeros_like(p)
        for y, c, times in _roots(near, k):
            total += times * np.real(y ** (1 - m) * (-np.expm1(-r[rows] * np.log1p(c * z[rows]))) / c)
        stay, few = 1.0 - p, np.zeros_like(p)
        for i in range(terms - 1, -1, -1):
            few = few * stay + reach[i, rows]
        return np.where(stay < _SMALL**k, few, total / k)

    return mean_over_beta(given, of.a, of.b, bend=(r + 1.0) * z, rise=np.ones_like(r))


def _pairs_by_roots(of: Stopped, m: int, k: int) -> Array:
    r, z = of.r, of.z
    terms = int(54 / k) + 2
    steps = m + k * np.arange(terms, dtype=np.float64)[:, None]
    reach = betainc(steps, r, z / (1.0 + z))

    def given(p: Array, rows: Codes) -> Array:  # the slope of that for the mean, in the chance to stay
        near, shape, span = np.minimum(p, 1.0 - _SMALL**k), r[rows], z[rows]
        total = np.zeros_like(p)
        for y, c, times in _roots(near, k):
            fall = shape * np.log1p(c * span)
            mean = -np.expm1(-fall) / c
            if times == 1.0 and np.isrealobj(y):
                slope = span**2 * at_least_two(shape, c * span)
            else:
                slope = (mean - shape * span * np.exp(-fall) / (1.0 + c * span)) / c
            total += times * np.real(y ** (1 - m) * ((1 - m) * mean + y * slope))
        stay, few = 1.0 - p, np.zeros_like(p)
        for i in range(terms - 1, 0, -1):
            few = (few + i * reach[i, rows]) * stay
        return 2.0 * np.where(stay < _SMALL**k, few, total / k**2)

    return mean_over_beta(given, of.a, of.b, bend=(r + 2.0) * z, rise=np.ones_like(r), fall=2.0)


def _survival_by_roots(of: Stopped, m: int, k: int) -> Array:
    r, z = of.r, of.z
    length = 256 + m
    n = np.arange(length, dtype=np.float64)[:, None]
    logs = np.zeros((length + 1, r.size))
    np.cumsum(np.log((r + n) / (n + 1.0) * (z / (1.0 + z))), axis=0, out=logs[1:])
    share = _share_of(np.exp(logs - r * np.log1p(z)), m, k)

    def given(p: Array, rows: Codes) -> Array:
        p = np.minimum(p, 1.0 - 2.0**-53)
        theta = np.exp(np.log1p(-p) / k)
        few = (theta < _SMALL) & (r[rows] * theta < _TILTED * (1.0 - theta))
        total = np.zeros_like(p)
        for y, c, times in _roots(np.where(few, 0.5, p), k):
            total += times * np.real(y ** (1 - m) * np.exp(-r[rows] * np.log1p(c * z[rows])) / c)
        stay, short = np.where(few, 1.0 - p, 0.0), np.zeros_like(p)
        for i in range(share.shape[0] - 1, -1, -1):
            short = short * stay + share[i, rows]
        return np.where(few, short, total * p / k)

    return mean_over_beta(given, of.a, of.b, bend=(r + 1.0) * z, rise=r, fall=r)
