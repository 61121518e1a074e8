"""How often each customer counts in each replicate of data: drawn anew, or with some left out.

Entries that stand for several equal customers have the sum of the weights of these. Weights are made for
some entries at a time, the same ones whenever they are asked for, so that memory does not grow with the
product of entries and replicates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.errors import refuse_where
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Values

_AT_ONCE = 1 << 22  # weights: 32 MB
_LEAST_ENTRIES = 256


class AbstractWeights(ABC):
    """Weights (replicates, entries) of the entries of pieces."""

    pieces: list[AbstractSummary]
    count: int

    @abstractmethod
    def of(self, piece: int) -> Array:
        """Those of one piece."""

    def alone(self, replicate: int) -> Array:
        """Those of one replicate, of all entries."""
        return np.concatenate([self.of(j)[replicate] for j in range(len(self.pieces))])


def pieces_of(rows: AbstractSummary, replicates: int, most: int) -> list[AbstractSummary]:
    """Entries in pieces whose weights fit into memory."""
    return rows.split(min(most, max(_LEAST_ENTRIES, _AT_ONCE // replicates)))


@dataclass(frozen=True, slots=True)
class Dirichlet(AbstractWeights):
    """The Bayesian bootstrap (Rubin 1981): weights of customers are gamma variables, scaled to sum to n."""

    pieces: list[AbstractSummary]
    count: int
    seeds: Values
    scale: Array
    kept: Array | None

    @classmethod
    def drawn(cls, pieces: list[AbstractSummary], count: int, rng: np.random.Generator) -> Self:
        """Weights of all pieces."""
        seeds = rng.integers(1 << 63, size=len(pieces))
        made = cls(pieces, count, seeds, np.ones(count), None)
        total = sum((made.of(j).sum(axis=1) for j in range(len(pieces))), np.zeros(count))
        customers = sum(float(piece.weight.sum()) for piece in pieces)
        made = cls(pieces, count, seeds, customers / total, None)
        return made if len(pieces) > 1 else cls(pieces, count, seeds, made.scale, made.of(0))

    def of(self, piece: int) -> Array:
        if self.kept is not None:
            return self.kept
        shape = self.pieces[piece].weight
        drawn = np.random.default_rng(int(self.seeds[piece])).standard_gamma(shape, (self.count, shape.size))
        return drawn * self.scale[:, None]


@dataclass(frozen=True, slots=True)
class Multinomial(AbstractWeights):
    """Efron's bootstrap: as many customers as there are, each drawn from all, with replacement."""

    pieces: list[AbstractSummary]
    count: int
    seeds: Values
    totals: Values  # (replicates, pieces): customers drawn from each piece
    kept: Array | None

    @classmethod
    def drawn(cls, pieces: list[AbstractSummary], count: int, rng: np.random.Generator) -> Self:
        """Weights of all pieces."""
        for piece in pieces:
            rule = "must count whole customers for kind='multinomial'"
            way_out = "kind='bayesian' takes any weights."
            refuse_where(
                piece.weight != np.rint(piece.weight), "not-whole", "weight", piece.weight, rule, way_out
            )
        held = np.array([piece.weight.sum() for piece in pieces])
        seeds = rng.integers(1 << 63, size=len(pieces))
        totals = rng.multinomial(round(held.sum()), held / held.sum(), count)
        made = cls(pieces, count, seeds, totals, None)
        return made if len(pieces) > 1 else cls(pieces, count, seeds, totals, made.of(0))

    def of(self, piece: int) -> Array:
        if self.kept is not None:
            return self.kept
        weight = self.pieces[piece].weight
        rng = np.random.default_rng(int(self.seeds[piece]))
        return rng.multinomial(self.totals[:, piece], weight / weight.sum()).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Without(AbstractWeights):
    """All but one group of customers: what each entry has in each group is taken away."""

    pieces: list[AbstractSummary]
    count: int
    group: Codes  # of each customer, in the order of `entry`
    entry: Codes  # of each customer, ascending
    customers: Array

    @classmethod
    def groups(
        cls, pieces: list[AbstractSummary], entry: Codes, customers: Array, group: Codes, count: int
    ) -> Self:
        """For customers who belong to entries and groups."""
        order = np.argsort(entry, kind="stable")
        return cls(pieces, count, group[order], entry[order], customers[order])

    def of(self, piece: int) -> Array:
        start = sum(len(one) for one in self.pieces[:piece])
        weight = self.pieces[piece].weight
        some = slice(*np.searchsorted(self.entry, [start, start + weight.size]).tolist())
        place = self.group[some] * weight.size + (self.entry[some] - start)
        taken = np.bincount(place, self.customers[some], self.count * weight.size)
        # sums of weights in another order may leave −1e-16
        return np.maximum(weight - taken.reshape(self.count, weight.size), 0.0)
