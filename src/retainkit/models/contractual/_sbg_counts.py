"""The shifted beta-geometric likelihood from counts at each renewal: logarithms, no special function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.models.contractual.questions import whole_periods
from retainkit.summaries import Renewals
from retainkit.typing import Array

# renewals counted whether or not anyone has so many; beyond, a column of counts would be nearly empty
_SPARSE = 4096
_FEW = 16  # renewals up to which a loop over plain numbers is over before numpy has made its arrays


@dataclass(frozen=True, slots=True, eq=False)
class SBGCounts:
    """How many were there at each renewal, stayed and left, whatever the cohort they came from.

    At renewal j + 1 a customer leaves with probability alpha/(alpha + beta + j), so that
    ln L = D ln alpha + Σ k_j ln(beta + j) − Σ n_j ln(alpha + beta + j) for n_j there and k_j staying.
    """

    rows: Renewals
    begin: Codes
    end: Codes
    left: float
    stayed: Array
    there: Array
    tenure: Array
    few: tuple[tuple[float, float, float], ...]
    """(tenure, staying, there) of short histories, which plain numbers handle faster than arrays."""

    @classmethod
    def of(cls, rows: Renewals, model: str) -> Self | None:
        """The counts of data in whole periods; None where tenures are long and few."""
        longest = int(rows.duration.max(initial=0.0))
        if longest > _SPARSE + 4 * len(rows):
            return None
        if not rows.whole_periods:  # those that say so were checked
            whole_periods("duration", rows.duration, model)
            whole_periods("entry", rows.entry, model)
        end, begin, size = rows.duration.astype(np.intp), rows.entry.astype(np.intp), longest + 1
        gone = np.asarray(np.bincount(end, rows.weight * (rows.event > 0.0), size), np.float64)
        came = np.asarray(np.bincount(begin, rows.weight, size), np.float64)
        # late entry included: they count from the renewal after which they were watched
        there = np.cumsum(came - np.bincount(end, rows.weight, size))[:-1]
        stayed, tenure = there - gone[1:], np.arange(float(longest))
        few = zip(tenure.tolist(), stayed.tolist(), there.tolist(), strict=True) if longest <= _FEW else ()
        return cls(rows, begin, end, float(gone.sum()), stayed, there, tenure, tuple(few))

    def __call__(self, theta: list[float]) -> tuple[float, list[float], list[list[float]]]:
        alpha, beta = theta
        value, d_beta, d_all, bend_beta, bend_all = (self._by_hand if self.few else self._at_once)(
            alpha, beta
        )
        return (
            value + self.left * math.log(alpha),
            [self.left / alpha - d_all, d_beta - d_all],
            [[bend_all - self.left / alpha**2, bend_all], [bend_all, bend_all - bend_beta]],
        )

    def _at_once(self, alpha: float, beta: float) -> tuple[float, float, float, float, float]:
        """ln L but for D ln alpha; Σ k/(beta + j) and Σ n/(alpha + beta + j), and both over the squares."""
        staying = beta + self.tenure
        everyone = alpha + staying
        k, n = self.stayed / staying, self.there / everyone
        value = self.stayed @ np.log(staying) - self.there @ np.log(everyone)
        sums = (value, k.sum(), n.sum(), (k / staying).sum(), (n / everyone).sum())
        return tuple(map(float, sums))  # pyright: ignore[reportReturnType]

    def _by_hand(self, alpha: float, beta: float) -> tuple[float, float, float, float, float]:
        value = d_beta = d_all = bend_beta = bend_all = 0.0
        for j, stayed, there in self.few:
            staying = beta + j
            everyone = alpha + staying
            k, n = stayed / staying, there / everyone
            value += stayed * math.log(staying) - there * math.log(everyone)
            d_beta += k
            d_all += n
            bend_beta += k / staying
            bend_all += n / everyone
        return value, d_beta, d_all, bend_beta, bend_all

    def outer(self, theta: list[float]) -> Array:
        """Σ of the outer products of the customers' scores."""
        alpha, beta = theta
        staying = beta + self.tenure
        passed, asked = np.zeros(staying.size + 1), np.zeros(staying.size + 1)
        np.cumsum(1.0 / staying, out=passed[1:])
        np.cumsum(1.0 / (alpha + staying), out=asked[1:])
        gone = self.rows.event > 0.0
        met = asked[self.end] - asked[self.begin]
        score = np.empty((2, met.size))
        score[0] = gone / alpha - met
        score[1] = passed[self.end - gone] - passed[self.begin] - met
        return (score * self.rows.weight) @ score.T
