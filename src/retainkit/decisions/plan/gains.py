"""What a set of initiatives gains over doing nothing, draw by draw, what it costs, and why it is no sum.

Alone, each counts the customers that it would save. Two cannot save the same one: hazard ratios multiply,
and the product lowers the hazard by less than the two reductions one after the other. Against it works
that those whom one saves are there for the other: the gain of less churn bends upwards. Both are shown,
because only their sum can be seen in the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.decisions.plan.population import Moved, Population
from retainkit.records import Record
from retainkit.typing import Array


@dataclass(frozen=True)
class Gains:
    """Gains of sets of initiatives over doing nothing."""

    population: Population
    moved: Moved
    nothing: Array = field(init=False)  # (1, 1)

    def __post_init__(self) -> None:
        # the same draws for every set: differences of sets are then differences of what they do, not of luck
        # with nothing done no effect counts: one draw says it
        m = self.moved
        still = Moved(m.log_ratio[..., :1], m.money[..., :1], m.lift[..., :1])
        object.__setattr__(self, "nothing", self.population.worth(none(self.count), still))

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


@dataclass(frozen=True, eq=False)
class Overlap(Record):
    """What initiatives bring together against the sum of what they bring alone, in money of now.

    Attributes
    ----------
    initiatives : tuple of str
    sum_alone : float
        What adding the net values of each would claim.
    together : float
        What they bring.
    same_customers : float, 0 or less where all of them lower churn
        Lost to customers whom more than one would have saved: `together` less what it were if each saved
        other customers.
    lasting_longer : float
        All other difference: customers saved by one are there for the others.
    """

    initiatives: tuple[str, ...]
    sum_alone: float
    together: float
    same_customers: float
    lasting_longer: float

    def __str__(self) -> str:
        return (
            f"Added up, they would gain {self.sum_alone:,.0f}: customers counted twice make "
            f"{self.same_customers:,.0f} of the difference, customers kept for each other "
            f"{self.lasting_longer:+,.0f}."
        )


def overlaps(
    gains: Gains, sets: NDArray[np.bool_], names: tuple[str, ...], alone: Array
) -> tuple[Overlap, ...]:
    """One for each set; `alone` are the mean gains of each initiative."""
    together = gains.means(sets)
    found: list[Overlap] = []
    for members, joint in zip(sets, together.tolist(), strict=True):
        summed = float(alone[members].sum())
        # against a world in which nobody could be saved twice: there the reductions of hazard add
        same = joint - _if_separate(gains, members)
        chosen = tuple(n for n, is_in in zip(names, members, strict=True) if is_in)
        found.append(Overlap(chosen, summed, joint, same, joint - summed - same))
    return tuple(found)


def _if_separate(gains: Gains, members: NDArray[np.bool_]) -> float:
    """The mean gain if the reductions of the hazard simply added."""
    p, moved = gains.population, gains.moved
    does = members * p.acts  # (cells, pieces, initiatives)
    lone = np.eye(gains.count)[members][:, None, None, :] * p.acts
    # each takes its own part of the hazard, and none of it from another
    multiplier = 1.0 - (1.0 - p.multiplier(lone, moved.log_ratio)).sum(axis=0, keepdims=True)
    flow = p.flow(multiplier, (does @ moved.money)[None], (does @ moved.lift)[None])
    return float((p.total(flow) - gains.nothing).mean() - members @ p.fixed_cost)
