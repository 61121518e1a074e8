"""Opportunities that come one by one, each with a chance to buy and a chance to be gone before it.

Both chances differ over customers by beta distributions. With θ ~ Beta(gamma, delta) the chance to be
gone before the next opportunity, a customer is still there at the j-th with probability E[(1 − θ)^j].
Sums over j are means over θ of a positive function, in which gamma = 1 is a point like any other; the
closed forms divide by gamma − 1.

When did a silent customer go? A customer bought at x of the first k opportunities and was gone from the next
on; the probabilities of all k that are possible are added relative to that of being there still. All terms
are positive and are built from their neighbours, backwards from the last opportunity, so that nothing
cancels or overflows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.gamma_functions import log_beta_ratio
from retainkit._numerics.grouping import Codes
from retainkit._numerics.trapezoid_means import mean_over_beta
from retainkit.typing import Array, Real


def log_beta_binomial(count: Real, trials: Real, a: Real, b: Real) -> Array:
    """ln P(`count` purchases at `trials` opportunities) where the chance to buy is Beta(a, b)."""
    n, failures = np.asarray(trials), np.asarray(trials) - count
    # relative to a = b = 1, where all counts are equally likely
    bought = log_beta_ratio(b, a, count) + np.log1p(count)
    missed = log_beta_ratio(a + count, b, failures) - log_beta_ratio(1.0 + count, 1.0, failures)
    return bought + missed - np.log1p(n)


def opportunities_met(gamma: Real, delta: Real, horizon: Real, force: float) -> Array:
    """E[Σ (1 − θ)^j e^(−force·j)] over j = 1, …, horizon: opportunities that find the customer there.

    `horizon` may be infinite; then the sum is infinite for gamma ≤ 1 without discount.
    """
    together = np.broadcast_arrays(gamma, delta, horizon)
    g, d, h = (np.ravel(np.asarray(v, np.float64)) for v in together)
    result = np.empty(g.shape)
    endless = np.isinf(h) & (force == 0.0)
    result[endless] = np.where(g > 1.0, d / np.where(g > 1.0, g - 1.0, 1.0), np.inf)[endless]
    g, d, h = (v[~endless] for v in (g, d, h))
    rate = np.expm1(force)

    def given(theta: Array, i: Codes) -> Array:  # Σ (1 − θ)^(j − 1) v^j with v = 1/(1 + rate)
        with np.errstate(divide="ignore", invalid="ignore"):  # θ rounds to 1: nobody is left, ln 0 says so
            kept = h[i] * (np.log1p(-theta) - force)
        return -np.expm1(kept) / (rate + theta)

    # 1 − θ, common to all terms, turns Beta(γ, δ) into Beta(γ, δ + 1)
    reach = np.minimum(h, 1.0 / rate if rate > 0.0 else np.inf)
    found = mean_over_beta(given, g, d + 1.0, bend=reach, rise=np.ones_like(reach))
    result[~endless] = d / (g + d) * found
    return result.reshape(together[0].shape)


Mask: TypeAlias = NDArray[np.bool_]

_CELLS = 1 << 14  # terms held at once: 128 KB an array, a dozen of which stay in cache


@dataclass(frozen=True, slots=True)
class IdleSums:
    """ln Σ_{k=last}^{n−1} B(α+x, β+k−x) B(γ+1, δ+k) / [B(α+x, β+n−x) B(γ, δ+n)], and its gradient.

    With `ways` each term is for x purchases in any order: times C(k, x) / C(n, x).
    """

    alpha: Real
    beta: Real
    gamma: Real
    delta: Real
    x: Array
    last: Array
    n: Array
    ways: bool = False

    def value(self) -> Array:
        """(…, rows); −inf where no opportunity was left to go at."""
        result = np.full(self._shape(), -np.inf)
        for rows, k, counted in self._blocks():
            log_terms, top = self._terms(rows, k, counted)
            result[..., rows] = top[..., 0] + np.log(np.exp(log_terms - top).sum(axis=-1))
        return result

    def value_and_score(self) -> tuple[Array, Array]:
        """The value, and its gradient with alpha, beta, gamma, delta on axis 0 (0 where it is −inf)."""
        result = np.full(self._shape(), -np.inf)
        score = np.zeros((4, *result.shape))
        for rows, k, counted in self._blocks():
            log_terms, top = self._terms(rows, k, counted)
            share = np.exp(log_terms - top)
            total = share.sum(axis=-1, keepdims=True)
            result[..., rows] = (top + np.log(total))[..., 0]
            share /= total
            score[..., rows] = self._slopes(rows, k, share)
        return result, score

    def _terms(self, rows: Codes, k: Array, counted: Mask) -> tuple[Array, Array]:
        """ln of the terms, from k = n − 1 down, and the largest of each row."""
        alpha, beta, gamma, delta, x = self._cells(rows)
        steps = np.log1p((alpha + x) / (beta + k - x)) + np.log1p(gamma / (delta + k))
        if self.ways:
            steps += np.log1p(-x / (k + 1.0))  # C(k, x) / C(k + 1, x)
        log_terms = np.cumsum(steps, axis=-1) + np.log(gamma / (gamma + delta + k))
        log_terms = np.where(counted, log_terms, -np.inf)
        return log_terms, log_terms.max(axis=-1, keepdims=True)

    def _slopes(self, rows: Codes, k: Array, share: Array) -> Array:
        """The gradient: each step of the recurrence counts in all terms at or below its k."""
        alpha, beta, gamma, delta, x = self._cells(rows)
        below = np.cumsum(share[..., ::-1], axis=-1)[..., ::-1]
        both = 1.0 / (alpha + beta + k)
        gone = 1.0 / (gamma + delta + k)
        slopes = (
            below * both,
            below * (both - 1.0 / (beta + k - x)),
            below * gone + share * (1.0 / gamma - gone),
            below * (gone - 1.0 / (delta + k)) - share * gone,
        )
        return np.stack([slope.sum(axis=-1) for slope in slopes])

    def _blocks(self) -> Iterator[tuple[Codes, Array, Mask]]:
        """Rows of similar length together, their k (rows, terms), and which of the terms count."""
        length = self.n - self.last
        order = np.argsort(length, kind="stable")
        start = int(np.searchsorted(length[order], 1.0))
        draws = int(np.prod(self._shape()[:-1]))
        while start < order.size:
            stop = start + 1
            if draws * length[order[-1]] * (order.size - start) <= _CELLS:
                stop = order.size  # the common case: all of them at once
            while stop < order.size and draws * length[order[stop]] * (stop + 1 - start) <= _CELLS:
                stop = min(order.size, stop + max(1, (stop - start) // 4))
            rows = order[start:stop]
            step = np.arange(float(length[rows[-1]]))
            k = np.maximum(self.n[rows, None] - 1.0 - step, self.last[rows, None])
            yield rows, k, step < length[rows, None]
            start = stop

    def _cells(self, rows: Codes) -> tuple[Real, Real, Real, Real, Array]:
        """The parameters and x, ready to meet k of shape (rows, terms)."""
        a, b, c, d = (_own(v, rows) for v in (self.alpha, self.beta, self.gamma, self.delta))
        return a, b, c, d, self.x[rows, None]

    def _shape(self) -> tuple[int, ...]:
        parameters = (self.alpha, self.beta, self.gamma, self.delta)
        if all(type(v) is float for v in parameters):
            return self.x.shape
        return np.broadcast_shapes(*map(np.shape, parameters), self.x.shape)


def _own(parameter: Real, rows: Codes) -> Real:
    """A parameter of these rows with an axis for the terms: one for all, or one per row on the last axis."""
    values = np.asarray(parameter)
    if values.ndim == 0:
        return parameter
    return (values if values.shape[-1] == 1 else values[..., rows])[..., None]
