"""What is said of a figure that comes as draws."""

from __future__ import annotations

import numpy as np

from retainkit.typing import NumberLike, Real


def mean(figure: Real) -> float:
    """The figure itself, or the mean of its draws."""
    return float(np.mean(figure))


def number(value: NumberLike) -> Real:
    """A float for a single number, else the array."""
    array = np.asarray(value, np.float64)
    return array.item() if array.ndim == 0 else array


def interval(figure: Real, level: float = 0.9) -> tuple[float, float]:
    """The middle part of the draws; a number is its own interval."""
    tail = 0.5 * (1.0 - level)
    draws = np.asarray(figure, np.float64)
    # nothing lies between a number and infinity: there the draws themselves are the ends
    method = "linear" if np.all(np.isfinite(draws)) else "inverted_cdf"
    low, high = np.quantile(draws, [tail, 1.0 - tail], method=method)
    return float(low), float(high)


def probability_positive(figure: Real) -> float:
    """The share of draws above 0; 0 or 1 for a number."""
    return float(np.mean(np.asarray(figure) > 0.0))


def shown(figure: Real, digits: str = ",.2f") -> str:
    """``18.84``, or ``18.84 (90% between 15.10 and 22.31)`` for draws."""
    text = format(mean(figure), digits)
    if np.ndim(figure) == 0:
        return text
    low, high = interval(figure)
    return f"{text} (90% between {low:{digits}} and {high:{digits}})"
