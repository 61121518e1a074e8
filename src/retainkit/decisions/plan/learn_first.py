"""What to learn first: by how much the best choice improves if one initiative's effect is known before it.

The expected value of partial perfect information (EVPPI) is

    E[max over sets of E[gain | effect of i]] − max over sets of E[gain].

The inner mean given the effect is the regression of the draws of the gain on it, a polynomial of the
fourth degree in the effect's normal score: Strong, M., Oakley, J. E. and Brennan, A. (2014), "Estimating
multiparameter partial expected value of perfect information from a probabilistic sensitivity analysis
sample", Medical Decision Making 34(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

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
        Learning(i.name, _value_of_knowing(gains, drawn.score[rows], now))
        for i, rows in zip(initiatives, unsure, strict=True)
    ]
    return tuple(sorted(found, key=lambda row: -row.value_of_knowing)), everything


def _value_of_knowing(gains: Array, score: Array, now: float) -> float:
    if not score.size:
        return 0.0
    # orthonormal: the regression of thousands of sets is two matrix products
    basis = np.linalg.qr(_terms(score))[0]  # (draws, terms), orthonormal
    expected = (gains @ basis) @ basis.T
    return max(float(expected.max(axis=0).mean()) - now, 0.0)  # 0 up to rounding where nothing changes


def _terms(score: Array) -> Array:
    """1, the powers of each score up to the fourth, and products of two: (draws, terms)."""
    # in normal scores: draws of any distribution then lie alike, and fourth powers stay moderate
    powers = [z**k for z in score for k in range(1, 5)]
    crossed = [a * b for a, b in combinations(score, 2)]
    return np.column_stack([np.ones(score.shape[1]), *powers, *crossed])
