"""What every wrapped survival curve answers, and the curves by a formula that is evaluated at any tenure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeAlias, final

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.domains import POSITIVE
from retainkit.errors import InputError, refuse_where
from retainkit.models.contractual.questions import plain, times
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, Plain, Real, Unit
from retainkit.units import Duration

Time: TypeAlias = "Duration | NumberLike"


class AbstractSurvival(Record):
    """Survival by tenure as another library, or an array, has it.

    One curve answers times of shape (m,) with (m,). Curves of many customers answer with (customers, m),
    as models do whose parameters have the shape (customers, 1); times may then have that shape, too.
    """

    __slots__ = ()

    source: str
    """What the curve was made from."""
    unit: Unit | None
    """What tenures count in."""

    # -- what a record supplies --------------------------------------------------------------------

    @abstractmethod
    def _log_survival(self, argument: str, t: Array) -> Array:
        """ln S(t) for times from the start on, infinite ones excluded: (…) or (customers, m)."""

    @property
    @abstractmethod
    def customers(self) -> int | None:
        """How many curves there are, one per customer; None for a single curve for everybody."""

    @property
    def start(self) -> float:
        """The tenure at which the curve begins with S = 1."""
        return 0.0

    @abstractmethod
    def _row(self, row: int) -> Self:
        """The curve of one customer."""

    # -- what every record answers -----------------------------------------------------------------

    @keeps_labels
    def survival(self, t: Time, *, given: Time | None = None) -> Real:
        """Share of customers still there after tenure `t`, of those who were there at tenure `given`.

        Raises `InputError` past the end of what was observed, unless the curve is known to come down to 0 or
        to go on by a rule; and for `given` a tenure that nobody is known to reach.

        Parameters
        ----------
        t : tenure, in the curve's unit or as a Duration; (m,), or (customers, m)
        given : tenure known to have been reached, broadcast against `t`
            S(t)/S(given), and 1 for tenures already passed. By default where the curve begins, which is 0
            unless customers were watched from a later tenure on only. For one tenure per customer:
            ``given=tenure[:, None]``.
        """
        known = np.asarray(self.start) if given is None else self._tenure("given", given)
        now = np.maximum(self._tenure("t", t), known)
        begun = self._log_survival("given", self._shaped("given", known))
        gone = np.isneginf(begun)
        rule = "must be a tenure that customers are known to get past: survival is 0 there"
        way_out = "Ask for an earlier tenure, or say with after_end= that customers go on."
        refuse_where(gone, "nobody-at-risk", "given", known, rule, way_out)
        return plain(np.asarray(np.exp(self._log_survival("t", self._shaped("t", now)) - begun)))

    @keeps_labels
    def retention(self, t: Time) -> Real:
        """Share kept in the period that ends at tenure `t`: S(t)/S(t − 1)."""
        return self.survival(t, given=self._tenure("t", t, after_start=1.0) - 1.0)

    @keeps_labels
    def churn(self, t: Time) -> Real:
        """Share lost in the period that ends at tenure `t`: 1 − S(t)/S(t − 1)."""
        return 1.0 - self.retention(t)

    @keeps_labels
    def hazard(self, t: Time, *, over: Number = 1.0) -> Real:
        """The mean rate of leaving in the stretch of time that ends at `t`: ln S(t − over)/S(t) / over.

        Per unit of time, of those still there; it may exceed 1, and is infinite where all have left.
        """
        width = POSITIVE.check("over", over)
        end = self._tenure("t", t, after_start=width)
        with np.errstate(divide="ignore"):
            return plain(-np.log(np.asarray(self.survival(end, given=end - width))) / width + 0.0)

    def customer(self, row: int) -> Self:
        """The curve of one customer, by its place in the covariates."""
        count = self.customers
        if count is None or not -count <= row < count:
            rule = (
                f"must be a place among {counted(count, 'customer')}"
                if count
                else "has no meaning here: there is one curve for everybody"
            )
            way_out = "Count from 0, in the order of the covariates." if count else "Use the curve itself."
            raise InputError("out-of-range", "row", row, rule, way_out)
        return self._row(row)

    def as_dict(self) -> Plain:
        """Where the curve comes from, as plain values."""
        return {"source": self.source, "unit": self.unit, "customers": self.customers}

    def __repr__(self) -> str:
        return f"<{self}>"

    # -- how it is done ----------------------------------------------------------------------------

    def _tenure(self, argument: str, t: Time, *, after_start: float = 0.0) -> Array:
        tenure, first = times(argument, t, self.unit), self.start + after_start
        bad = (tenure < first) | np.isinf(tenure)
        rule = f"must be finite, and {first:g} or more" if first else "must be finite"
        way_out = f"The curve begins at tenure {self.start:g}."
        refuse_where(bad, "out-of-range", argument, tenure, rule, way_out)
        return tenure

    def _shaped(self, argument: str, t: Array) -> Array:
        """Times that fit the customers: (m,) for all of them, or (customers, m)."""
        if self.customers is None:
            return t
        row = np.atleast_1d(t)
        if row.ndim > 2 or (row.ndim == 2 and row.shape[0] not in (1, self.customers)):
            rule = f"must be one row of tenures for all, or one for each of {self.customers:,} customers"
            way_out = "One tenure for each customer is a column: tenure[:, None]."
            raise InputError("length-mismatch", argument, f"shape {t.shape}", rule, way_out)
        return row

    def _whose(self) -> str:
        return "" if self.customers is None else f" for {counted(self.customers, 'customer')}"


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
