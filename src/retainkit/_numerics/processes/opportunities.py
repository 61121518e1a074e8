"""Opportunities that come one by one, each with a chance to buy and a chance to be gone before it.

Both chances differ over customers by beta distributions. With θ ~ Beta(gamma, delta) the chance to be
gone before the next opportunity, a customer is still there at the j-th with probability E[(1 − θ)^j].
Sums over j are means over θ of a positive function, in which gamma = 1 is a point like any other; the
closed forms divide by gamma − 1.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.beta_mixture import mean_over_beta
from retainkit._numerics.gamma_ratios import log_beta_ratio
from retainkit._numerics.grouping import Codes
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
