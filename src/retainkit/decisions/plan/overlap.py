"""Why initiatives together bring something else than the sum of each: saved twice, and saved for longer.

Alone, each counts the customers that it would save. Two cannot save the same one: hazard ratios multiply,
and the product lowers the hazard by less than the two reductions one after the other. Against it works
that those whom one saves are there for the other: the gain of less churn bends upwards. Both are shown,
because only their sum can be seen in the totals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.gains import Gains
from retainkit.decisions.plan.population import Flow
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class Overlap:
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
    flow = Flow(
        np.exp(-p.hazard[:, :, None] * multiplier),
        p.base.margin[p.segment][:, None, None] + (does @ moved.money)[None],
        p.joining(1.0 + (does @ moved.lift)[None]),
    )
    return float((p.total(flow) - gains.nothing).mean() - members @ p.fixed_cost)
