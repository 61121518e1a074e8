"""Purchases every k-th stage of a Poisson process, each discounted by e^(−force·time).

Given the rate λ, the i-th purchase is discounted by φ^(stages up to it) on average, φ = λ/(λ + force), and
discounting only those within a time h is to ask for a Poisson count of mean (λ + force)·h. All terms are
positive. The mean over λ is a trapezoidal rule in ln λ, where the integrand is analytic around the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel, gammainc, gammaln

from retainkit._numerics.grouping import Codes, blocks
from retainkit._numerics.processes.erlang_stops import Stopped, by_stage, first_stages, stayed_after
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.typing import Array, Real

_GONE = 36.0
_LONGEST = 2048  # stages: beyond, the roots of unity take over
_SMALL = 0.5
_CELLS = 1 << 18


@dataclass(frozen=True, slots=True)
class _Discounted:
    """Rows of the process with their force of discount, per unit of the gamma's scale."""

    of: Stopped
    force: Array

    @property
    def reach(self) -> Array:
        """Rates are above it in what a finite time can count: its inverse or the discount's."""
        return np.maximum(self.force, 1.0 / self.of.z)

    def stages(self, m: int) -> Array:
        """More stages than happen in the time, sped up by the discount, but for e^-36 of what counts."""
        highest = _highest(self.of.r, m) + self.force
        most = highest * np.minimum(self.of.z, 1e100)
        return most + 9.0 * np.sqrt(most) + _GONE + m

    def take(self, rows: Codes) -> _Discounted:
        """Some of the rows."""
        return _Discounted(self.of.take(rows), self.force[rows])


def discounted_count(r: Real, z: Real, force: Real, a: Real, b: Real, m: Real, k: int) -> Array:
    """Expected purchases in time z, each times e^(−force·time); times in units of the rate's scale.

    `force` is positive; z may be infinite; m as in `erlang_stops`.
    """

    def answer(rows: list[Array], step: int) -> Array:
        return _discounted(_Discounted(Stopped(*rows[:4]), rows[4]), step, k)

    return by_stage(answer, m, r, z, a, b, force)


def _discounted(rows: _Discounted, m: int, k: int) -> Array:
    endless = np.isinf(rows.of.z) | (rows.force * rows.of.z > 750.0)
    short = ~endless & (rows.stages(m) <= _LONGEST)
    result = np.empty(endless.shape)
    for applies, way in ((endless, _for_ever), (short, _summed), (~endless & ~short, _by_roots)):
        some = np.flatnonzero(applies)
        if some.size:
            result[some] = way(rows.take(some), m, k)
    return result


def _highest(r: Array, m: int) -> Array:
    """A rate above which λ^(r+m)·e^−λ does not count."""
    return r + m + np.sqrt(2.0 * _GONE * (r + m)) + 45.0


def _rates(r: Array, bend: Array, m: int, turns: float) -> tuple[Array, Array]:
    """Nodes λ and their weights, (nodes, rows), for means over gamma(r).

    The functions rise at most like λ^m, and do so below `bend`. The step makes the aliasing error e^-37
    for a gamma weight, and for functions analytic in ln λ within 37/`turns` of the real line.
    """
    low = np.log(r) - _fall(r)
    rising = np.log(np.minimum(bend, r + m)) - _fall(r + m)
    few = r < 8.0  # there the mass near 0 is large, and what happens there small
    low = np.where(few, np.maximum(low, rising), low)
    high = np.log(_highest(r, m))
    step = 2.0 * np.pi / np.sqrt(turns**2 + 74.0 * r)
    nodes = int(np.ceil(((high - low) / step).max())) + 1
    v = low + np.arange(nodes)[:, None] * ((high - low) / (nodes - 1))
    rate = np.exp(v)
    logs = r * v - rate
    top = logs.max(axis=0)
    weight = np.exp(logs - top)
    step = (high - low) / (nodes - 1)
    weight *= np.where(few, step * np.exp(top - gammaln(r)), 1.0 / np.asarray(weight.sum(axis=0)))
    return rate, weight


def _fall(s: Array) -> Array:
    """More than the distance x below the mode of s·v − e^v where it is 36 less: s·(x + e^−x − 1) = 36."""
    share = _GONE / s
    return np.minimum(share + 1.0, share + np.sqrt(2.0 * share))


def _for_ever(of: _Discounted, m: int, k: int) -> Array:
    """Given p and φ the sum is geometric: φ^m / (1 − (1 − p) φ^k)."""
    r, force = of.of.r, of.force

    def given(p: Array, rows: Codes) -> Array:
        rate, weight = _rates(r[rows], force[rows], m, 24.0)
        log_phi = -np.log1p(force[rows] / rate)
        lost, again = -np.expm1(k * log_phi), np.exp(k * log_phi)
        weight = weight * np.exp(m * log_phi)
        total, work = np.zeros_like(p), np.empty_like(p)
        for g in range(rate.shape[0]):  # in place, since this loop is where the time goes
            np.multiply(p, again[g], out=work)
            work += lost[g]
            total += np.divide(weight[g], work, out=work)
        return total

    return mean_over_beta(given, of.of.a, of.of.b, bend=10.0 * (r + 45.0) / force, rise=np.ones_like(r))


def _summed(of: _Discounted, m: int, k: int) -> Array:
    """Σ P(stays for i − 1 purchases)·E[φ^(m+k(i−1))·P(so many stages in z)], for short sums."""
    result = np.empty(of.force.shape)
    for rows, most in blocks(np.arange(result.size), of.stages(m), _CELLS // 128):
        some = of.take(rows)
        rate, weight = _rates(some.of.r, some.reach, m, max(24.0, 12.0 * k))
        pmf = _poisson((rate + some.force) * some.of.z, most)
        made = np.add.reduceat(pmf, first_stages(m, k, most + 1), axis=0)[1:]
        reached = np.cumsum(made[::-1], axis=0)[::-1]  # P(at least the stages of the i-th purchase)
        log_phi = -np.log1p(some.force / rate)
        stay = stayed_after(some.of.a, some.of.b, reached.shape[0])
        # Horner in φ^k, from the last purchase to the first
        again, total = np.exp(k * log_phi), np.zeros_like(rate)
        for i in range(reached.shape[0] - 1, -1, -1):
            total *= again
            total += reached[i] * stay[i]
        result[rows] = np.einsum("gj,gj->j", total, weight * np.exp(m * log_phi))
    return result


def _poisson(mean: Array, most: int) -> Array:
    """P(0), …, P(`most`) on a new first axis."""
    n = np.arange(1.0, most + 1.0)[:, None, None]
    pmf = np.empty((most + 1, *mean.shape))
    if mean.max() < 600.0:  # neither end of the products leaves the range of a float
        pmf[0] = np.exp(-mean)
        np.divide(mean, n, out=pmf[1:])
        return np.cumprod(pmf, axis=0, out=pmf)
    pmf[0] = -mean
    pmf[1:] = n * np.log(mean) - mean - gammaln(n + 1.0)
    return np.exp(pmf, out=pmf)


def _by_roots(of: _Discounted, m: int, k: int) -> Array:
    """Given p and φ, φ^m/k·Σ y^(1−m)·(1 − e^(−μ(1−y)))/(1 − y) over y = (1 − p)^(1/k)·φ·(roots of unity)."""
    r, z, force, later = of.of.r, of.of.z, of.force, of.reach
    terms = int(54 / k) + 2
    steps = m + k * np.arange(terms, dtype=np.float64)[:, None, None]

    def given(p: Array, rows: Codes) -> Array:
        rate, weight = _rates(r[rows], later[rows], m, max(24.0, 12.0 * k))
        mean = (rate + force[rows]) * z[rows]
        log_phi = -np.log1p(force[rows] / rate)
        log_theta = np.log1p(-np.minimum(p, 1.0 - _SMALL**k)) / k
        reached = gammainc(steps, mean) * np.exp((steps - m) * log_phi)  # (terms, nodes, rows)
        stay, total = 1.0 - p, np.zeros_like(p)
        for g in range(rate.shape[0]):
            log_y = np.maximum(log_theta + log_phi[g], np.log(_SMALL))
            few = stay * np.exp(k * log_phi[g]) < _SMALL**k
            value = _root_sum(log_y, mean[g], m, k)
            if few.any():
                short = np.zeros_like(p)
                for i in range(terms - 1, -1, -1):
                    short = short * stay + reached[i, g]
                value = np.where(few, short, value)
            total += weight[g] * np.exp(m * log_phi[g]) * value
        return total

    bend = 10.0 * (r + 45.0) * np.minimum(z, 1.0 / force)
    return mean_over_beta(given, of.of.a, of.of.b, bend=bend, rise=np.ones_like(r))


def _root_sum(log_y: Array, mean: Array, m: int, k: int) -> Array:
    y = np.exp(log_y)
    total = np.exp((1 - m) * log_y) * mean * exprel(mean * np.expm1(log_y))
    for turn in range(1, k // 2 + 1):
        w = y * np.exp(2j * np.pi * turn / k)
        part = np.real(w ** (1 - m) * -np.expm1(-mean * (1.0 - w)) / (1.0 - w))
        total += part if 2 * turn == k else 2.0 * part
    return total / k


# -- the same where the rate and the chance to stop are known -------------------------------------------

_FEW_STAGES = 100.0
_FADING = 0.05  # shares of a later purchase below it make a sum of a few terms


def staged_count(rate: Array, p: Array, missing: Array, k: int, z: Array, force: float) -> Array:
    """Expected purchases in time z, each times e^(−force·time), at one rate and one chance p to stop."""
    mean = (rate + force) * z
    log_phi = -np.log1p(force / rate)

    def answer(rows: list[Array], m: int) -> Array:
        mu, p, log_phi = rows
        with np.errstate(divide="ignore"):  # after a purchase that is surely the last none is left
            log_again = np.log1p(-p) + k * log_phi
        result = np.empty(mu.shape)
        endless, short = np.isinf(mu), mu <= _FEW_STAGES
        with np.errstate(divide="ignore"):  # nobody leaves and nothing is discounted: no end
            result[endless] = -1.0 / np.expm1(log_again[endless])
        for some, most in blocks(np.flatnonzero(short), _last_stage(mu[short]), _CELLS):
            result[some] = _short_count(mu[some], np.exp(log_again[some]), m, k, most + m)
        long = np.flatnonzero(~(endless | short))
        if long.size:
            result[long] = _long_count(mu[long], log_again[long], m, k)
        return result * np.exp(m * log_phi)

    return by_stage(answer, missing, mean, p, log_phi)


def _last_stage(mu: Array) -> Array:
    return mu + 9.0 * np.sqrt(mu) + 20.0


def _short_count(mu: Array, again: Array, m: int, k: int, most: int) -> Array:
    """Σ again^(i−1) P(at least m + k(i−1) stages), stage by stage: all terms are positive."""
    pmf, stay = np.exp(-mu), np.ones_like(mu)
    worth, total = np.zeros_like(mu), np.zeros_like(mu)
    for n in range(1, most + 1):
        pmf *= mu / n
        if n >= m and (n - m) % k == 0:
            worth += stay
            stay *= again
        total += pmf * worth
    return total


def _long_count(mu: Array, log_again: Array, m: int, k: int) -> Array:
    fading = log_again < np.log(_FADING)
    value = _root_sum(np.where(fading, np.log(_FADING), log_again) / k, mu, m, k)
    short = np.zeros_like(mu)
    if fading.any():
        again = np.exp(log_again)
        for i in range(int(-_GONE / np.log(_FADING)) + 1, -1, -1):
            short = short * again + gammainc(float(m + k * i), mu)
    return np.where(fading, short, value)
