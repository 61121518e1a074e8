"""When customers took their chances to buy, where chances come one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.summaries._base import NOBODY_CAME_BACK, AbstractSummary, read_columns
from retainkit.typing import Array, Frame, NumberLike, Unit
from retainkit.units import check_unit


@dataclass(frozen=True, eq=False, init=False)
class Opportunities(AbstractSummary):
    """Purchases at opportunities that come one by one: a yearly donation, a match day, a cruise season.

    Raises `InputError` for missing, negative or fractional values, more purchases than opportunities, and
    unequal lengths.

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
        self._put(unit=None if unit is None else check_unit("unit", unit))
        self._require_whole("frequency", "recency", "periods")
        rule = "must not exceed periods, the number of opportunities"
        self._require(self.recency <= self.periods, "recency", rule)
        rule = "must not exceed recency: there were only so many opportunities until the last purchase"
        self._require(self.frequency <= self.recency, "frequency", rule)
        rule = "must be 0 where frequency is 0 (no purchase after the first)"
        self._require((self.frequency > 0) | (self.recency == 0), "recency", rule)

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
            return NOBODY_CAME_BACK
        return None

    @property
    def informative_customers(self) -> float:
        return float(self.weight[self.periods > 0].sum())
