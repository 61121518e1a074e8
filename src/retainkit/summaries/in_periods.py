"""When customers bought where it is known to the month, week or quarter only: counts by period."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.summaries._base import NOBODY_CAME_BACK, AbstractSummary
from retainkit.summaries.purchases import Purchases
from retainkit.typing import Array, NumberLike, Unit
from retainkit.units import check_unit

_FEWEST = 6  # nodes across a period: seven digits where customers of some two orders a month buy once in it


class Nodes(NamedTuple):
    """Moments at which the first and the last order of each entry may have been, with their weights."""

    purchases: Purchases
    log_weight: Array
    """(nodes,): a mean over those of one entry."""
    start: Codes
    """The first node of each entry."""
    place: Codes
    """The entry of each node."""


@dataclass(frozen=True, eq=False, init=False)
class PurchasesInPeriods(AbstractSummary):
    """Orders counted by period: in which month each was is known, the day is not.

    Time counts in periods, each as long as any other. Raises `InputError` for values that are not whole
    numbers, and counts that cannot be together.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Orders after the first.
    recency : (n,) whole numbers ≥ 0
        Periods from that of the first order to that of the last: 0 if both were in one.
    T : (n,) whole numbers > `recency`
        Periods from that of the first order to the end of observation, both included.
    in_first, in_last : (n,) whole numbers ≥ 1
        Orders in the period of the first order, and in that of the last; all of them where it is one.
    weight : (n,) > 0
        Customers that each entry stands for.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What a period is.

    Examples
    --------
    >>> from retainkit.summaries import PurchasesInPeriods
    >>> told = PurchasesInPeriods(frequency=[3, 0], recency=[5, 0], T=[9, 4], in_first=[2, 1], in_last=[1, 1])
    >>> told.customers
    2.0
    """

    frequency: Array
    recency: Array
    T: Array
    in_first: Array
    in_last: Array
    unit: Unit | None

    def __init__(
        self,
        *,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        in_first: NumberLike,
        in_last: NumberLike,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
    ) -> None:
        columns = {"frequency": frequency, "recency": recency, "T": T}
        columns |= {"in_first": in_first, "in_last": in_last}
        self._store({**columns, "weight": weight})
        self._put(unit=None if unit is None else check_unit("unit", unit))
        self._require_whole(*columns)
        self._require(self.recency < self.T, "T", "must exceed recency: the first period counts in it")
        for name in ("in_first", "in_last"):
            self._require(getattr(self, name) >= 1, name, "must be 1 or more: there was an order")
        one, orders = self.recency == 0, self.frequency + 1.0
        for name in ("in_first", "in_last"):
            rule = "must be all orders, frequency + 1, where they were in one period"
            self._require(~one | (getattr(self, name) == orders), name, rule)
        most = np.where(self.recency == 1, self.in_first + self.in_last == orders, True)
        most &= one | (self.in_first + self.in_last <= orders)
        rule = "must not exceed, with in_first, frequency + 1, and be the rest of it in the next period"
        self._require(most, "in_last", rule)

    @property
    def columns(self) -> dict[str, Array]:
        names = ("frequency", "T", "recency", "in_first", "in_last")
        return {name: getattr(self, name) for name in names}

    @property
    def scales(self) -> dict[str, float]:
        between = np.where(self.recency > 0, self.recency, 0.5 * (self.frequency > 0))
        age = self.T - 0.5
        recency = np.minimum(between, age)
        return Purchases(frequency=self.frequency, recency=recency, T=age, weight=self.weight).scales

    def missing_evidence(self) -> tuple[str, str] | None:
        if len(self) == 0:
            return "there is no customer.", "Check the filter that made the data."
        return None if np.any(self.frequency > 0) else NOBODY_CAME_BACK

    def nodes(self) -> Nodes:
        """Where in their periods the first and the last order may have been, by quadrature.

        Orders of a Poisson process, given how many there are in a period, are uniform in it: the first of n
        is their minimum, the last their maximum, whatever a customer's rate.
        """
        return self._once("nodes", self._nodes)

    def _nodes(self) -> Nodes:
        # n moments crowd at an end within 1/n, or 1/√n where the rate pulls against it: 2e-7 up to n = 500
        one, alone = self.recency == 0, self.frequency == 0
        sizes = [_FEWEST + np.ceil(2.0 * np.sqrt(n - 1.0)) for n in (self.in_first, self.in_last)]
        kinds = np.stack([*sizes, alone, one], axis=1).astype(np.intp)
        found: list[list[Array]] = []
        groups, group = np.unique(kinds, axis=0, return_inverse=True)
        for number, (first, last, never, same) in enumerate(groups.tolist()):
            rows = np.flatnonzero(group.reshape(-1) == number)
            n, m, between, age = (
                column[rows, None, None] for column in (self.in_first, self.in_last, self.recency, self.T)
            )
            u, by_u = (column[:, None] for column in _rule(first))
            w, by_w = _rule(1 if never else last)
            if never:
                recency, weight = 0.0 * u, by_u
            elif same:
                # the span of n uniform moments is Beta(n − 1, 2), and they begin anywhere that it fits
                recency, weight = (
                    u,
                    by_u + by_w + np.log(n * (n - 1.0)) + (n - 2.0) * np.log(u) + np.log1p(-u),
                )
                u = w * (1.0 - u)
            else:
                recency = between + w - u
                weight = by_u + by_w + np.log(n * m) + (n - 1.0) * np.log1p(-u) + (m - 1.0) * np.log(w)
            shape = np.broadcast_shapes(recency.shape, weight.shape, n.shape)
            each = (rows[:, None, None].astype(np.float64), recency, age - u, weight)
            found.append([np.broadcast_to(column, shape).ravel() for column in each])
        entry, recency, age, weight = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(entry, kind="stable")
        place = entry[order].astype(np.intp)
        start = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
        told = Purchases(
            frequency=self.frequency[place], recency=recency[order], T=age[order], unit=self.unit
        )
        return Nodes(told, weight[order], start, place)


@cache
def _rule(size: int) -> tuple[Array, Array]:
    """Gauss–Legendre on (0, 1): places, and logarithms of weights."""
    at, weight = np.polynomial.legendre.leggauss(size)
    return 0.5 * (at + 1.0), np.log(0.5 * weight)
