"""The mean of what a wrong decision costs, where the gain is normal, and how far a sample will move it.

A choice made by the sign of a mean μ that is known up to σ loses σ·[φ(u) − u·Φ(−u)], u = |μ|/σ, on average:
the unit normal loss of Raiffa, H. and Schlaifer, R. (1961), Applied Statistical Decision Theory, ch. 5.
"""

from __future__ import annotations

import math

import numpy as np

from retainkit.typing import Array

_FARTHEST = 1e6  # of u: beyond 39 the regret is below the smallest float


def unit_loss(u: Array) -> Array:
    """φ(u) − u·Φ(−u) for u ≥ 0: the mean of a standard normal's excess over u."""
    from scipy.special import erfcx

    density = np.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)
    # the Mills ratio Φ(−u)/φ(u) by the scaled erfc: the difference keeps its digits far out
    beyond: Array = math.sqrt(0.5 * math.pi) * erfcx(u / math.sqrt(2.0))
    return density * (1.0 - u * beyond)


def expected_regret(mean: Array, sd: Array) -> Array:
    """σ·[φ(u) − u·Φ(−u)], 0 where nothing is uncertain."""
    sure = sd == 0.0
    u = np.minimum(np.abs(mean) / np.where(sure, 1.0, sd), _FARTHEST)
    return np.where(sure, 0.0, sd * unit_loss(u))


def sd_of_mean_after(sd: Array, standard_error: Array) -> Array:
    """σ̃ = σ²/√(σ² + se²): how far what is believed will have moved once the estimate is there."""
    # sd²/√(sd² + se²) without squares, which would overflow or vanish first
    total = np.hypot(sd, standard_error)
    # sd·(sd/total), not sd²/total, which overflows first
    return np.where(total > 0.0, sd * (sd / np.where(total > 0.0, total, 1.0)), 0.0)
