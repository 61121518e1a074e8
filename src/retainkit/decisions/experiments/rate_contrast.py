"""Differences of rates with an interval that stays right for small rates and few customers.

Twice the standard error either way is wrong there: it ends below 0, or is a point where nobody left. Here
Wilson's intervals of the rates are joined as Newcombe does it for two: the distance of each end from its
rate, squared and added up. Newcombe, R. G. (1998), "Interval Estimation for the Difference between
Independent Proportions: Comparison of Eleven Methods", Statistics in Medicine 17(8), 873-890 (method 10). For
sums of more: Zou, G. Y. and Donner, A. (2008), "Construction of Confidence Limits about Effect Measures",
Statistics in Medicine 27(10), 1693-1702, doi:10.1002/sim.3095.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from retainkit._numerics.samples.intervals import wilson
from retainkit.columns import numbers
from retainkit.domains import LEVEL, NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike


class Count(NamedTuple):
    """How many of some customers left, complained, or did whatever is counted."""

    events: float
    customers: float


@dataclass(frozen=True, eq=False)
class Contrast(Record):
    """A sum of rates with signs, and its interval; made by `rate_contrast`.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


def rate_contrast(*counts: tuple[Number, Number], signs: tuple[int, ...], level: Number = 0.9) -> Contrast:
    """A sum or difference of independent rates with an interval that is right for small rates too.

    Raises `InputError` for more events than customers, no customers, and signs that are not 1 or -1 for each.

    Parameters
    ----------
    *counts : (events, customers) of each rate
    signs : 1 or -1 for each
        (1, -1) for a difference of two.
    level : number in (0, 1)
        Of the interval.

    Examples
    --------
    >>> found = rate_contrast((56, 70), (48, 80), signs=(1, -1), level=0.95)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    from scipy.special import ndtri

    if len(signs) != len(counts) or set(signs) - {1, -1}:
        rule = f"must be 1 or -1 for each of the {len(counts)} rates"
        raise InputError("wrong-shape", "signs", signs, rule, "For a difference of two rates take (1, -1).")
    z = float(ndtri(0.5 + 0.5 * LEVEL.check("level", level)))
    table: Array = np.array([check_count(f"counts[{i}]", pair) for i, pair in enumerate(counts)])
    x, n, c = table[:, 0], table[:, 1], np.array(signs, np.float64)
    p = x / n
    below, above = wilson(x, n, z)
    # a rate that is subtracted pulls the sum down by its own upper end
    down: Array = np.where(c > 0.0, p - below, above - p)
    up: Array = np.where(c > 0.0, above - p, p - below)
    value = float(c @ p)
    # independent distances add in squares, each side by its own: the interval need not be symmetric
    return Contrast(value, value - math.hypot(*down.tolist()), value + math.hypot(*up.tolist()))


def check_count(argument: str, pair: NumberLike) -> Count:
    """The pair as numbers, if it can be a count."""
    try:
        events, customers = pair
    except (TypeError, ValueError):
        rule = "must be a pair: how many left, of how many customers"
        raise InputError("wrong-shape", argument, pair, rule, "For example (120, 2_000).") from None
    x, n = numbers(
        **{argument: (events, NOT_NEGATIVE), f"customers of {argument}": (customers, NOT_NEGATIVE)}
    )
    if n == 0.0 or x > n:
        rule = "must be at most as many events as customers, and at least one customer"
        raise InputError("out-of-range", argument, (x, n), rule, "Write (events, customers), in this order.")
    return Count(x, n)
