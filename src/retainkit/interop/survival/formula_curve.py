"""Curves by a formula that another library, or a function, evaluates at any tenure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeAlias, final

import numpy as np

from retainkit.errors import refuse_where
from retainkit.interop.survival.curve import AbstractSurvival
from retainkit.typing import Array, NumberLike, Unit

CumulativeHazard: TypeAlias = Callable[[Array], NumberLike]
"""ascending times (m,), all > 0 -> −ln S, of shape (m,) or (customers, m)"""

_BLOCK = 1024  # times asked for at once: many customers with a tenure each would need a square matrix


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FormulaCurve(AbstractSurvival):
    """Survival by the formula of what it was made from, which has no end: it extrapolates by itself.

    Made by `survival_of`. S(0) is 1; at any later tenure the fitted object itself is asked.
    """

    cumulative_hazard: CumulativeHazard
    count: int | None
    source: str
    unit: Unit | None

    @property
    def customers(self) -> int | None:
        return self.count

    def __str__(self) -> str:
        return f"Survival from {self.source}{self._whose()}, by its own formula at any tenure"

    def _row(self, row: int) -> Self:
        whole = self.cumulative_hazard

        def own(t: Array) -> Array:
            return np.asarray(whole(t))[row]

        return replace(self, cumulative_hazard=own, count=None)

    def _log_survival(self, argument: str, t: Array) -> Array:
        asked, place = np.unique(t, return_inverse=True)
        place = place.reshape(t.shape)
        if self.count is None:
            return -self._hazard_at(argument, asked)[place]
        if t.ndim == 1:
            return -self._hazard_at(argument, asked)[:, place]
        found = np.empty((self.count, t.shape[1]))
        rows = np.broadcast_to(place, found.shape)
        for first in range(0, asked.size, _BLOCK):
            block = self._hazard_at(argument, asked[first : first + _BLOCK])
            row, column = np.nonzero((rows >= first) & (rows < first + _BLOCK))
            found[row, column] = block[row, rows[row, column] - first]
        return -found

    def _hazard_at(self, argument: str, t: Array) -> Array:
        """−ln S at distinct ascending times; 0 at time 0 whatever the formula does there."""
        later = t[t > 0.0]
        with np.errstate(all="ignore"):  # formulas of others take logarithms of 0; the result is checked
            value = np.asarray(self.cumulative_hazard(later), np.float64) if later.size else later
        shape = (*(() if self.count is None else (self.count,)), later.size)
        hazard = np.broadcast_to(value, shape) + 0.0
        bad = ~(hazard >= -1e-12)
        rule = f"must be a tenure at which {self.source} gives a share between 0 and 1"
        way_out = "Ask for an earlier tenure, or fit another model."
        refuse_where(bad, "undefined", argument, later, rule, way_out)
        before = np.zeros((*shape[:-1], t.size - later.size))
        return np.concatenate([before, np.maximum(hazard, 0.0)], axis=-1)
