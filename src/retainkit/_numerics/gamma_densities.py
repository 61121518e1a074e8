"""Densities of gamma and beta-prime variables with shapes of any size, on the log scale.

Written around their peaks, so that a shape of a million costs no digits: ln Γ of it alone would be known
to the eighth decimal only (Loader 2000, Fast and Accurate Computation of Binomial Probabilities).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln, xlog1py

from retainkit._numerics.gamma_ratios import log_beta_ratio
from retainkit.typing import Array, Real

_LARGE = 10.0
_NEAR = 500.0  # below, log-gammas are at most 2,600 and known to 12 decimals
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)  # DLMF 5.11.1


def log_beta(a: Real, b: Real) -> Array:
    """ln B(a, b), exact to the last digits also where the log-gammas behind it are large."""
    small, large = np.minimum(a, b), np.maximum(a, b)
    if np.all(large < _NEAR):
        return np.asarray(betaln(small, large), np.float64)
    far = log_beta_ratio(small, 1.0, np.maximum(large, 1.0) - 1.0) - np.log(small)
    return np.where(large >= 1.0, far, betaln(small, np.minimum(large, 1.0)))


def log_gamma_density(shape: Real, y: Real) -> Array:
    """ln of y^shape e^(−y) / Γ(shape): the density of ln y for a gamma variable y of that shape."""
    s, y = np.asarray(shape, np.float64), np.asarray(y, np.float64)
    large = np.maximum(s, _LARGE)
    off = (y - large) / large
    log_ratio = np.where(np.abs(off) < 0.5, np.log1p(np.clip(off, -0.5, 0.5)), np.log(y / large))
    inverse = 1.0 / large
    correction = np.zeros_like(inverse)
    for coefficient in reversed(_SERIES):
        correction = correction * inverse * inverse + coefficient
    around = -s * (off - log_ratio) + 0.5 * np.log(large / (2.0 * np.pi)) - correction * inverse
    return np.where(s >= _LARGE, around, s * np.log(y) - y - gammaln(np.minimum(s, _LARGE)))


def log_beta_prime_density(a: Real, b: Real, ratio: Real) -> Array:
    """ln of ratio^a / (1 + ratio)^(a + b) / B(a, b): the density of ln(ratio) of two gamma variables."""
    ratio = np.asarray(ratio, np.float64)
    return -xlog1py(a, 1.0 / ratio) - xlog1py(b, ratio) - log_beta(a, b)
