"""Counts in a time of their own, discounted by the calendar: a process on a clock that runs unevenly.

In its own time the process is one of those in `arrivals`. Given how many events there would be if it never
stopped, their moments are uniform in that time; those up to its stop count, and the clock tells when each is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.processes.arrivals import Drawn, StoppedAtRate, StoppedByChance, geometric, poisson
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class OnClock:
    """A process that stops after an event with a chance of its own, or never, on the clock of each row.

    Parameters
    ----------
    inner : StoppedByChance, or StoppedAtRate with a rate of 0, which never stops
    calendar : (rows, own times) -> calendar times
    nodes : of each, the weight and the own time of each row
        Of the integral of e^(−force·t) over the calendar time ahead, its end among them.
    """

    inner: StoppedByChance | StoppedAtRate
    calendar: Callable[[Codes, Array], Array]
    nodes: Sequence[tuple[float, Array]]

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        """Events in the own time `span`, and their sums discounted at `force` in calendar time."""
        if force == 0.0:
            return self.inner.draw(rng, span, 0.0)
        total = poisson(rng, self.inner.rate * span).astype(np.intp)
        row = np.repeat(np.arange(total.size), total)
        own = rng.uniform(size=row.size) * span[row]
        if isinstance(self.inner, StoppedByChance):
            own = own[np.lexsort((own, row))]
            place = np.arange(row.size) - np.repeat(np.cumsum(total) - total, total)
            # the first ones, in their order, are those before it stops
            counted = place < geometric(rng, self.inner.chance)[row]
            row, own = row[counted], own[counted]
        discount = np.exp(-force * self.calendar(row, own))
        made, worth, squared = np.zeros((3, total.size))
        for found, weight in ((made, np.ones(row.size)), (worth, discount), (squared, discount**2)):
            np.add.at(found, row, weight)
        return made, worth, squared

    def mean(self, span: Array, force: float) -> Array:
        """By parts, e^(−δh)·E(h) + δ∫e^(−δt)·E(t)dt: the mean count E is known in the own time."""
        if force == 0.0:
            return self.inner.mean(span, 0.0)
        return np.sum([weight * self.inner.mean(own, 0.0) for weight, own in self.nodes], axis=0)
