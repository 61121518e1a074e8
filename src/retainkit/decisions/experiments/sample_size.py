"""How many customers a test needs to show an effect: the classical numbers.

To show that two shares differ, with a chance β of missing it and a chance α of finding what is not there,

    n per arm = (z_{α/2} + z_β)²·(p₁q₁ + p₂q₂)/Δ².

They know nothing of money: with few customers to roll out to they ask for too many, with many they may ask
for too few. `sample_size_for_profit` weighs what a test teaches against what it costs.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns
from retainkit.domains import LEVEL, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.typing import Array, NumberOf, Same


def sample_size_for_shares(
    share: NumberOf[Same],
    *,
    other_share: NumberOf[Same],
    significance: NumberOf[Same] = 0.05,
    power: NumberOf[Same] = 0.8,
) -> Same:
    """Customers per arm to show that two shares differ: the classical number, before rounding up.

    (z_{α/2} + z_β)²·(p₁q₁ + p₂q₂)/Δ², two-sided.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    share, other_share : number or column in [0, 1]
        What leaves in each arm, if the effect is what is hoped for.
    significance : number or column in (0, 1)
        α, chance to find a difference where there is none.
    power : number or column in (0, 1)
        1 − β, chance to find it where there is one.

    Returns
    -------
    float, ndarray or Series
        Customers per arm; ``inf`` where the shares are equal.

    Examples
    --------
    >>> round(sample_size_for_shares(0.05, other_share=0.04))
    6742
    """
    (p, q, alpha, sure), back = columns(
        share=(share, PROBABILITY),
        other_share=(other_share, PROBABILITY),
        significance=(significance, LEVEL),
        power=(power, LEVEL),
    )
    return back(_size(p * (1.0 - p) + q * (1.0 - q), p - q, alpha, sure))


def sample_size_for_means(
    difference: NumberOf[Same],
    *,
    sd: NumberOf[Same],
    significance: NumberOf[Same] = 0.05,
    power: NumberOf[Same] = 0.8,
) -> Same:
    """Customers per arm to show that two means differ by this much: (z_{α/2} + z_β)²·2·sd²/Δ².

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    difference : number or column, money
    sd : number or column, money
        Standard deviation of the outcome over customers.
    significance, power : number or column in (0, 1)
        As `sample_size_for_shares`.

    Returns
    -------
    float, ndarray or Series
        Customers per arm; ``inf`` for no difference.

    Examples
    --------
    >>> round(sample_size_for_means(5, sd=50), 1)
    1569.8
    """
    (gap, s, alpha, sure), back = columns(
        difference=(difference, REAL),
        sd=(sd, NOT_NEGATIVE),
        significance=(significance, LEVEL),
        power=(power, LEVEL),
    )
    return back(_size(2.0 * s * s, gap, alpha, sure))


def _size(variance: Array, gap: Array, alpha: Array, power: Array) -> Array:
    from scipy.special import ndtri

    with np.errstate(divide="ignore", invalid="ignore"):
        # both sides of the test, one side of the power: the chance to be significant the wrong way is nothing
        n = (ndtri(1.0 - 0.5 * alpha) + ndtri(power)) ** 2 * variance / (gap * gap)
    return np.where(gap == 0.0, np.inf, n)
