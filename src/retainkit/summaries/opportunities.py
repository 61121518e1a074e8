"""When customers took their chances to buy, where chances come one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.summaries._base import AbstractSummary, read_columns, require
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import check_unit


@dataclass(frozen=True, eq=False, init=False)
class Opportunities(AbstractSummary):
    """Purchases at opportunities that come one by one: a yearly donation, a match day, a cruise season.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Opportunities at which the customer bought, after the first purchase.
    recency : (n,) whole numbers
        Number of the last opportunity with a purchase; 0 for customers without any, else at least
        `frequency`.
    periods : (n,) whole numbers ≥ `recency`
        Opportunities the customer has had since the first purchase; each customer its own number.
    weight : (n,) > 0
        Customers that each entry stands for.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The time from one opportunity to the next. Rates and durations can be used only when it is known.

    Raises
    ------
    InputError
        For missing, negative or fractional values, more purchases than opportunities, unequal lengths.

    Examples
    --------
    >>> import retainkit as rk
    >>> donors = rk.Opportunities(frequency=[3, 0], recency=[5, 0], periods=6, weight=[20, 300])
    >>> donors.customers
    320.0
    """

    frequency: Array
    recency: Array
    periods: Array
    unit: Unit | None

    def __init__(
        self,
        *,
        frequency: NumberLike,
        recency: NumberLike,
        periods: NumberLike,
        weight: NumberLike = 1.0,
        unit: Unit | None = None,
    ) -> None:
        self._store(
            {"frequency": frequency, "recency": recency, "periods": periods, "weight": weight},
            may_be_one=("periods", "weight"),
        )
        object.__setattr__(self, "unit", None if unit is None else check_unit("unit", unit))
        for name in ("frequency", "recency", "periods"):
            column = getattr(self, name)
            require(np.rint(column) == column, name, column, "must be whole numbers")
        require(
            self.recency <= self.periods,
            "recency",
            self.recency,
            "must not exceed periods, the number of opportunities",
        )
        require(
            self.frequency <= self.recency,
            "frequency",
            self.frequency,
            "must not exceed recency: there were only so many opportunities until the last purchase",
        )
        require(
            (self.frequency > 0) | (self.recency == 0),
            "recency",
            self.recency,
            "must be 0 where frequency is 0 (no purchase after the first)",
        )

    @classmethod
    def from_frame(cls, frame: Frame, *, unit: Unit | None = None) -> Self:
        """Read the columns frequency, recency, periods (and weight, if there) of any dataframe."""
        given = read_columns(frame, ("frequency", "recency", "periods"))
        return cls(**given, unit=unit)._labelled(frame=frame)

    @property
    def columns(self) -> dict[str, Array]:
        return {"frequency": self.frequency, "periods": self.periods, "recency": self.recency}

    @property
    def scales(self) -> dict[str, float]:
        return {}

    def missing_evidence(self) -> tuple[str, str] | None:
        if not np.any(self.periods > 0):
            return "no customer has had an opportunity yet.", "Observe at least one opportunity."
        if not np.any(self.frequency > 0):
            return (
                "no customer has bought a second time.",
                "Observe for longer, or include customers who came back.",
            )
        return None

    @property
    def informative_customers(self) -> float:
        return float(self.weight[self.periods > 0].sum())
