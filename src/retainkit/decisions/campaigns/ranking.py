"""Customers in the order of a score, those with the same score together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import REAL, as_numbers
from retainkit.draws import Draws
from retainkit.errors import InputError, first_offender
from retainkit.typing import Array, NumberLike


@dataclass(frozen=True, eq=False, slots=True)
class Ranking:
    """Scores from the highest down, and who left.

    Attributes
    ----------
    order : ndarray of int, (n,)
        Customers from the highest score down.
    ends : ndarray of int, (points,)
        The last place of each different score.
    thresholds : ndarray, (points,)
        The different scores.
    churned : ndarray of bool, (n,)
        Who left, in the order given.
    """

    order: NDArray[np.intp]
    ends: NDArray[np.intp]
    thresholds: Array
    churned: NDArray[np.bool_]

    @classmethod
    def of(cls, score: NumberLike, churned: NumberLike) -> Ranking:
        """Checked columns, ranked."""
        scores = np.asarray(REAL.check("score", as_numbers("score", score)))
        left = _outcomes(churned)
        if scores.ndim != 1 or left.shape != scores.shape or not scores.size:
            shown = f"shapes {scores.shape} and {left.shape}"
            rule = "must be two columns of the same length, with at least one customer"
            way_out = "Give one score and one outcome per customer."
            raise InputError("wrong-shape", "score / churned", shown, rule, way_out)
        # within equal scores any order will do, since they are contacted together or not at all
        order = np.argsort(scores)[::-1]
        ranked = scores[order]
        ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), ranked.size - 1)
        return cls(order, ends, ranked if ends.size == ranked.size else ranked[ends], left)

    @property
    def counts(self) -> NDArray[np.intp]:
        """How many customers have a score of each threshold or more."""
        return self.ends + 1

    def with_churners(self) -> Ranking:
        """The thresholds at which somebody who left is added: any other adds costs alone."""
        left = self.churned[self.order]
        # where every score differs, each customer is a threshold
        if self.ends.size == left.size:
            points = np.flatnonzero(left)
        else:
            points = np.flatnonzero(np.diff(np.cumsum(left)[self.ends], prepend=0))
        return replace(self, ends=self.ends[points], thresholds=self.thresholds[points])

    def of_payoff(self, *payoffs: NumberLike) -> tuple[Array, ...]:
        """Payoffs whose last axis is that of the customers, or has one entry."""
        checked = tuple(np.asarray(payoff, np.float64) for payoff in payoffs)
        for payoff in checked:
            if payoff.ndim and payoff.shape[-1] not in (1, self.order.size):
                shown = f"parameters of shape {payoff.shape}"
                rule = f"must have one entry, or one per customer ({self.order.size:,}), on the last axis"
                way_out = "Draws of a parameter are rk.Draws(...)."
                raise InputError("wrong-shape", "campaign", shown, rule, way_out)
        return checked

    def payoffs(self, churner: Array, stayer: Array) -> Array:
        """What a contact with each customer earned, (…, n)."""
        return np.asarray(np.where(self.churned, churner, stayer))

    def cumulated(self, figure: Array) -> Array:
        """Sums of a figure (n,) over the customers down to each threshold, (points,)."""
        return np.cumsum(figure[self.order])[self.ends]

    def cumulated_payoffs(self, *pairs: tuple[Array, Array]) -> list[Array]:
        """Sums of `payoffs` down to each threshold; counts do where no customer differs from another."""
        # equal payoffs for all: counting is enough, and sums of a million products are spared
        if any(payoff.size > 1 for pair in pairs for payoff in pair):
            return [self.cumulated(self.payoffs(*pair)) for pair in pairs]
        left = np.cumsum(self.churned[self.order])[self.ends]
        stayed = self.counts - left
        return [churner.reshape(()) * left + stayer.reshape(()) * stayed for churner, stayer in pairs]


def _outcomes(churned: NumberLike) -> NDArray[np.bool_]:
    if isinstance(churned, Draws):
        as_numbers("churned", churned)  # refuses them
    column = np.asarray(churned)
    # a million outcomes are seldom floats: what they are already is not converted
    if column.dtype == np.bool_:
        return column
    numbers = column if column.dtype.kind in "iuf" else as_numbers("churned", churned)
    left = numbers == 1
    if not np.all(left | (numbers == 0)):
        shown = first_offender(numbers, ~(left | (numbers == 0)))
        way_out = "1 for who left, 0 for who stayed; probabilities belong to whom_to_contact."
        raise InputError("out-of-range", "churned", shown, "must be 0 or 1 for every customer", way_out)
    return np.asarray(left)
