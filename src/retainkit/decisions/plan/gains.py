"""What a set of initiatives gains over doing nothing, draw by draw, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.decisions.plan.population import Moved, Population
from retainkit.typing import Array


@dataclass(frozen=True)
class Gains:
    """Gains of sets of initiatives over doing nothing."""

    population: Population
    moved: Moved
    nothing: Array = field(init=False)

    def __post_init__(self) -> None:
        # the same draws for every set: differences of sets are then differences of what they do, not of luck
        object.__setattr__(self, "nothing", self.population.worth(none(self.count), self.moved))

    @property
    def count(self) -> int:
        """How many initiatives there are."""
        return self.moved.money.shape[0]

    def __call__(self, sets: NDArray[np.bool_]) -> Array:
        return self.population.worth(sets, self.moved) - self.nothing  # (sets, draws)

    def alone(self) -> Array:
        """Each initiative by itself: (initiatives, draws)."""
        return self(np.eye(self.count, dtype=np.bool_))

    def means(self, sets: NDArray[np.bool_]) -> Array:
        """The mean over the draws of each set's gain, few sets at a time to spare memory."""
        return np.concatenate([self(sets[i : i + 256]).mean(axis=1) for i in range(0, len(sets), 256)])

    def budgeted(self, initiatives: Sequence[AbstractInitiative]) -> Array:
        """Money of now that each initiative costs, with the customers that there are without any.

        A margin that is given away, on average, is a cost.
        """
        spent = np.array([[i.total_monthly_cost_per_customer] for i in initiatives])
        changed = self.moved.money.mean(axis=1, keepdims=True) + spent
        # with no effect on who stays or joins: a budget is what is spent, whether or not it works
        still = Moved(
            np.zeros((self.moved.log_ratio.shape[0], *spent.shape)),
            np.minimum(changed, 0.0) - spent,
            np.zeros_like(spent),
        )
        return 0.0 - Gains(self.population, still).alone()[:, 0]


def none(count: int) -> NDArray[np.bool_]:
    """The set of no initiative, as a row."""
    return np.zeros((1, count), np.bool_)


def every_set(count: int) -> NDArray[np.bool_]:
    """All sets of so many initiatives, the empty one first."""
    return np.array(list(product((False, True), repeat=count)), np.bool_)
