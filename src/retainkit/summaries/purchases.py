"""When customers bought, in the names that users of lifetimes and PyMC-Marketing know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.domains import REAL
from retainkit.errors import InputError
from retainkit.summaries._base import NOBODY_CAME_BACK, AbstractSummary, read_columns, require
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import check_unit

_ROUNDED = 0.1  # recency may be rounded, to two decimals of a week say; a wrong unit differs by ln 7


@dataclass(frozen=True, eq=False, init=False)
class Purchases(AbstractSummary):
    """When customers bought, as far as any purchase model can see.

    Raises `InputError` for missing or negative values, fractional frequencies, recency after T, unequal
    lengths, or gaps whose logarithms cannot belong to so many purchases in that time.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Repeat purchases: distinct purchase occasions after the first.
    recency : (n,) ≥ 0, in `unit`
        Time from the first purchase to the last; 0 for customers without a repeat purchase.
    T : (n,) ≥ `recency`, in `unit`
        Time from the first purchase to the end of observation.
    weight : (n,) > 0
        Customers that each entry stands for.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What the times count in. Rates and durations can be used only when it is known.
    log_gaps : (n,), optional
        Sum of ln(time in `unit`) from each purchase to the next; 0 for customers without a repeat
        purchase. Only regularity of purchasing needs it: likelihoods of Erlang models with different k
        compare by it. `summarize_transactions` computes it.

    Examples
    --------
    >>> import retainkit as rk
    >>> customers = rk.Purchases(frequency=[2, 0, 0], recency=[30.43, 0, 0], T=[38.86, 5, 5], unit="week")
    >>> len(customers.compress())
    2
    """

    frequency: Array
    recency: Array
    T: Array
    unit: Unit | None
    log_gaps: Array | None

    def __init__(
        self,
        *,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
        log_gaps: NumberLike | None = None,
    ) -> None:
        self._store({"frequency": frequency, "recency": recency, "T": T, "weight": weight})
        self._put(unit=None if unit is None else check_unit("unit", unit))
        self._require_whole("frequency")
        self._require(self.recency <= self.T, "recency", "must not exceed T, the end of observation")
        rule = "must be 0 where frequency is 0 (no repeat purchase)"
        self._require((self.frequency > 0) | (self.recency == 0), "recency", rule)
        self._keep_gaps(None if log_gaps is None else self._checked_gaps(log_gaps))

    @classmethod
    def from_frame(cls, frame: Frame, *, unit: Unit | None = None) -> Self:
        """Read the columns frequency, recency, T (and weight, log_gaps, if there) of any dataframe.

        The frames that lifetimes' ``summary_data_from_transaction_data`` and PyMC-Marketing's
        ``rfm_summary`` make have these columns.
        """
        given = read_columns(frame, ("frequency", "recency", "T"), optional=("weight", "log_gaps"))
        return cls(**given, unit=unit)._labelled(frame=frame)

    @property
    def columns(self) -> dict[str, Array]:
        return {"frequency": self.frequency, "T": self.T, "recency": self.recency}

    @property
    def scales(self) -> dict[str, float]:
        mean = float(np.sum(self.weight * self.T)) / self.customers
        return {"time": mean if mean > 0 else 1.0}

    def missing_evidence(self) -> tuple[str, str] | None:
        if len(self) == 0:
            return "there is no customer.", "Check the filter that made the data."
        if not np.any(self.frequency > 0):
            return NOBODY_CAME_BACK
        return None

    # -- the gaps: not part of what makes two customers equal, since a likelihood is linear in them ---

    def _checked_gaps(self, log_gaps: NumberLike) -> Array:
        self._labelled(log_gaps=log_gaps)
        gaps = np.atleast_1d(REAL.check("log_gaps", log_gaps)).copy()
        if gaps.shape != self.frequency.shape:
            rule = f"must be one column of the same length as the others ({len(self):,})"
            way_out = "Give every column one value per customer."
            raise InputError("length-mismatch", "log_gaps", gaps, rule, way_out)
        x = np.maximum(self.frequency, 1.0)
        with np.errstate(divide="ignore"):
            most = np.where(self.frequency > 0.0, x * (np.log(self.recency / x) + _ROUNDED), 0.0)
        rule = "must be 0 without a repeat purchase and at most frequency · ln(recency / frequency) with them"
        way_out = "Sum the natural logarithms of the times between purchases, counted in the unit of recency."
        possible = (gaps <= most) & ((self.frequency > 0.0) | (gaps == 0.0))
        require(possible, "log_gaps", gaps, rule, way_out)
        return gaps

    def _keep_gaps(self, gaps: Array | None) -> Self:
        if gaps is not None:
            gaps.setflags(write=False)
        return self._put(log_gaps=gaps)

    def split(self, size: int) -> list[Self]:  # pyright: ignore[reportIncompatibleMethodOverride]
        pieces = super().split(size)
        gaps = self.log_gaps
        if gaps is None or len(pieces) == 1:
            return pieces
        return [piece._keep_gaps(gaps[i * size : (i + 1) * size]) for i, piece in enumerate(pieces)]

    def _distinct(self, *, inverse: bool) -> tuple[Self, Codes | None]:
        """Equal customers have the mean of their gaps."""
        if self.log_gaps is None or len(self) == 0:
            return super()._distinct(inverse=inverse)
        rows, place = super()._distinct(inverse=True)
        assert place is not None
        total = np.bincount(place, weights=self.weight * self.log_gaps, minlength=len(rows))
        return rows._keep_gaps(total / rows.weight), place if inverse else None
