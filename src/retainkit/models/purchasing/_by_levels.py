"""ln L of purchases in parts: what customers of one frequency, or one time, share, and what is their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit._numerics.grouping import weighted
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real


@dataclass(frozen=True, slots=True)
class ByLevels:
    """counts − (r + k·x)·aged − worn + later, with k stages from one purchase to the next.

    So most of it is computed once for each frequency and each time, and a sum over customers needs of these
    only how many customers have them.
    """

    rows: Purchases
    r: Real
    counts: Array
    """What each frequency adds: (…, levels)."""
    time: str
    """The column of the times that follow."""
    aged: Array
    """What each time takes for every stage, and r more of them: (…, levels)."""
    worn: Array | None = None
    """What each time takes, whatever was bought until then."""
    later: Array | None = None
    """What each customer adds; used up by `each`."""
    stages: int = 1

    def each(self) -> Array:
        """ln L of every entry."""
        by_time, k = self.rows.levels(self.time), self.stages
        events = self.r + (self.rows.frequency if k == 1 else k * self.rows.frequency)
        value = self.rows.levels("frequency").expand(self.counts) - events * by_time.expand(self.aged)
        if self.worn is not None:
            value = value - by_time.expand(self.worn)
        if self.later is None:
            return value
        return np.add(value, self.later, out=self.later)

    def summed(self) -> Array:
        """ln L of all customers, for parameters that are those of all of them."""
        rows, customers = self.rows, self.rows.total(self.time)
        # Σ (r + k·x)·aged needs of each time the customers and their purchases, not who bought how often
        events = self.r * customers + self.stages * rows.total(self.time, "frequency")
        total = weighted(self.counts, rows.total("frequency")) - weighted(self.aged, events)
        if self.worn is not None:
            total = total - weighted(self.worn, customers)
        return total if self.later is None else total + weighted(self.later, rows.weight)
