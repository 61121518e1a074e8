"""What to learn first: by how much the best choice improves if one initiative's effect is known before it.

The expected value of partial perfect information (EVPPI) is

    E[max over sets of E[gain | effect of i]] − max over sets of E[gain].

The inner mean given the effect is a regression: `_numerics.samples.knowing_first`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retainkit._numerics.samples.knowing_first import value_of_knowing
from retainkit.decisions.plan.effects import Draws, listed
from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.records import Record
from retainkit.typing import Array


@dataclass(frozen=True, eq=False)
class Learning(Record):
    """What knowing the effect of an initiative is worth.

    Attributes
    ----------
    initiative : str
    value_of_knowing : float, money of now
        The most that it is worth paying to know its effect before anything is decided.
    """

    initiative: str
    value_of_knowing: float

    def __str__(self) -> str:
        return f"Knowing the effect of {self.initiative} is worth {self.value_of_knowing:,.0f}."


def learn_first(
    gains: Array, drawn: Draws, initiatives: Sequence[AbstractInitiative]
) -> tuple[tuple[Learning, ...], float]:
    """The initiatives by the value of knowing their effect, and the value of knowing all of them.

    `gains` are those of the sets that may be chosen, (sets, draws).
    """
    now = float(gains.mean(axis=1).max())
    # the best set of each draw, less the one best set for all: what knowing everything is worth
    everything = float(gains.max(axis=0).mean()) - now
    effects = listed(initiatives)
    unsure = [
        [row for row, (o, e) in enumerate(effects) if o == place and not e.uncertain.certain]
        for place in range(len(initiatives))
    ]
    found = [
        Learning(i.name, value_of_knowing(gains, drawn.score[rows], now))
        for i, rows in zip(initiatives, unsure, strict=True)
    ]
    return tuple(sorted(found, key=lambda row: -row.value_of_knowing)), everything
