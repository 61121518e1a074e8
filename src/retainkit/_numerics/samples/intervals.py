"""Intervals: of a share, right for small ones, and a band that holds at all looks together.

The band is the normal mixture of Robbins. With the information I = 1/se² gathered by then, Δ̂·I moves like a
Brownian motion with drift Δ in the time I. Mixing the likelihood ratio over Δ ~ N(0, 1/ρ) gives
Λ = √(ρ/(I + ρ))·exp((Δ̂·I)²/(2(I + ρ))), which exceeds 1/α at any time with a chance of at most α (Ville's
inequality).
"""

from __future__ import annotations

import math

import numpy as np

from retainkit.typing import Array


def best_rho(planned_error: Array, alpha: float) -> Array:
    """The ρ at which the band is narrowest where I = 1/planned²: ρ = I/(−W₋₁(−α²/e) − 1)."""
    from scipy.special import lambertw

    # the lower branch of Lambert's W, since ρ/I is below 1 at the narrowest point
    branch = -float(lambertw(-(alpha**2) / math.e, -1).real)
    return 1.0 / (planned_error**2 * (branch - 1.0))


def half_width(error: Array, rho: Array, alpha: float) -> Array:
    """√((I + ρ)·ln((I + ρ)/(ρ·α²)))/I, written in se² so that no information gives an endless band."""
    information = 1.0 / (error * error)
    grown = (information + rho) / rho
    # √((I + ρ)·ln(…))/I = se·√((1 + ρ·se²)·ln(…)), and ln 1/α² apart: α may be tiny
    return error * np.sqrt((1.0 + rho * error * error) * (np.log(grown) - 2.0 * math.log(alpha)))


def always_valid_p(effect: Array, error: Array, rho: Array) -> Array:
    """1/Λ, the smallest so far: what was once too unlikely stays so."""
    information = 1.0 / (error * error)
    z = effect / error
    log_ratio = 0.5 * (z * z * information / (information + rho) - np.log1p(information / rho))
    # evidence once reached stays: a p-value that may be looked at any time never rises
    return np.minimum.accumulate(np.exp(-np.maximum(log_ratio, 0.0)))


def wilson(x: Array, n: Array, z: float) -> tuple[Array, Array]:
    """Wilson's interval of a share: exactly from 0 where x is 0 and up to 1 where x is n.

    Wilson, E. B. (1927), JASA 22(158), 209-212, doi:10.1080/01621459.1927.10502953.
    """
    middle, reach = x + 0.5 * z**2, z * np.sqrt(x * (n - x) / n + 0.25 * z**2)
    low = x**2 / n / (middle + reach)  # (middle − reach)/(n + z²), multiplied out: no digits cancel
    # the same of those without the event, from 1
    high = 1.0 - (n - x) ** 2 / n / (n - x + 0.5 * z**2 + reach)
    return low, high
