"""Do frequent buyers spend more per purchase? The assumption of every spend model, measured."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from retainkit.summaries import Spend
from retainkit.typing import Array

_SIZES = ((0.1, "negligible"), (0.3, "weak"), (0.5, "moderate"), (math.inf, "strong"))
"""Conventional sizes of a correlation: Cohen (1988), Statistical Power Analysis, 2nd ed., section 3.2."""


@dataclass(frozen=True, slots=True)
class SpendLink:
    """Correlation between the number of repeat purchases and their mean value, among repeat buyers.

    Attributes
    ----------
    customers : int
        Repeat buyers with a known spend.
    spearman, pearson : float
        Of ranks, which no single big spender can move, and of the amounts; NaN without variation.
    mean_of_purchases : float
        Value of an average repeat purchase: frequent buyers count with all they bought.
    mean_of_customers : float
        Mean over customers of their own average: each customer counts once. A link between frequency
        and spend shows as a gap between the two, in money.
    """

    customers: int
    spearman: float
    pearson: float
    mean_of_purchases: float
    mean_of_customers: float

    @property
    def size(self) -> str:
        """The size of Spearman's correlation in a word."""
        if math.isnan(self.spearman):
            return "unknown"
        return next(word for bound, word in _SIZES if abs(self.spearman) < bound)

    @property
    def gap(self) -> float:
        """How much more an average repeat purchase is worth than the average customer's, as a share."""
        return self.mean_of_purchases / self.mean_of_customers - 1.0

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {**asdict(self), "gap": self.gap, "size": self.size}


def measure_spend_link(spend: Spend) -> SpendLink | None:
    """The correlation among customers with a known spend; None with fewer than three of them."""
    known = spend.frequency > 0
    x, z = spend.frequency[known], spend.monetary_value[known]
    if x.size < 3:
        return None
    return SpendLink(
        customers=int(x.size),
        spearman=_pearson(_ranks(x), _ranks(z)),
        pearson=_pearson(x, z),
        mean_of_purchases=float((x * z).sum() / x.sum()),
        mean_of_customers=float(z.mean()),
    )


def _ranks(values: Array) -> Array:
    """Ranks with ties sharing their mean."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2.0)[place]


def _pearson(a: Array, b: Array) -> float:
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])
