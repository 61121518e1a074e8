"""When customers bought, in the names that users of lifetimes and PyMC-Marketing know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from retainkit.summaries._base import AbstractSummary, read_columns, require
from retainkit.typing import Array, NumberLike, Unit
from retainkit.units import check_unit


@dataclass(frozen=True, eq=False, init=False)
class Purchases(AbstractSummary):
    """When customers bought, as far as any purchase model can see.

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

    Raises
    ------
    InputError
        For missing or negative values, fractional frequencies, recency after T, unequal lengths.

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

    def __init__(
        self,
        *,
        frequency: NumberLike,
        recency: NumberLike,
        T: NumberLike,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
    ) -> None:
        self._store({"frequency": frequency, "recency": recency, "T": T, "weight": weight})
        object.__setattr__(self, "unit", None if unit is None else check_unit("unit", unit))
        require(
            np.rint(self.frequency) == self.frequency, "frequency", self.frequency, "must be whole numbers"
        )
        require(self.recency <= self.T, "recency", self.recency, "must not exceed T, the end of observation")
        require(
            (self.frequency > 0) | (self.recency == 0),
            "recency",
            self.recency,
            "must be 0 where frequency is 0 (no repeat purchase)",
        )

    @classmethod
    def from_frame(cls, frame: Any, *, unit: Unit | None = None) -> Self:
        """Read the columns frequency, recency, T (and weight, if there) of any dataframe.

        The frames that lifetimes' ``summary_data_from_transaction_data`` and PyMC-Marketing's
        ``rfm_summary`` make have these columns.
        """
        return cls(**read_columns(frame, ("frequency", "recency", "T")), unit=unit)

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
            return (
                "no customer has bought a second time.",
                "Observe for longer, or include customers who came back.",
            )
        return None
