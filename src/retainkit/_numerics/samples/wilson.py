"""Wilson's interval of a share, right for small shares and few observations."""

from __future__ import annotations

import numpy as np

from retainkit.typing import Array


def wilson(x: Array, n: Array, z: float) -> tuple[Array, Array]:
    """Exactly from 0 where x is 0 and up to 1 where x is n.

    Wilson, E. B. (1927), JASA 22(158), 209-212, doi:10.1080/01621459.1927.10502953.
    """
    middle, reach = x + 0.5 * z**2, z * np.sqrt(x * (n - x) / n + 0.25 * z**2)
    low = x**2 / n / (middle + reach)  # (middle − reach)/(n + z²), multiplied out: no digits cancel
    # the same of those without the event, from 1
    high = 1.0 - (n - x) ** 2 / n / (n - x + 0.5 * z**2 + reach)
    return low, high
