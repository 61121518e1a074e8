"""Customers, churners and margin of a subscription base in the periods to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.records import Record
from retainkit.typing import Array


@dataclass(frozen=True, slots=True, eq=False)
class SubscriptionForecast(Record):
    """What is expected of the customers at hand, by cohort and period; new customers are not in it.

    Attributes
    ----------
    cohort : (cohorts,) labels
    customers : (cohorts, periods)
        Still there after each of the coming renewals.
    leaving : (cohorts, periods)
        Lost at each of them.
    margin : (cohorts, periods)
        Money that comes in with each of them, not discounted.
    """

    cohort: NDArray[np.generic]
    customers: Array
    leaving: Array
    margin: Array

    @property
    def horizon(self) -> int:
        """How many periods it looks ahead."""
        return self.customers.shape[1]

    @property
    def total(self) -> dict[str, Array]:
        """All cohorts together, one value a period."""
        columns = {"customers": self.customers, "leaving": self.leaving, "margin": self.margin}
        return {name: column.sum(axis=0) for name, column in columns.items()}

    @property
    def table(self) -> dict[str, NDArray[np.generic]]:
        """One row a cohort and period, ready for any dataframe."""
        return {
            "cohort": np.repeat(self.cohort, self.horizon),
            "period": np.tile(np.arange(1, self.horizon + 1), len(self.cohort)),
            "customers": self.customers.ravel(),
            "leaving": self.leaving.ravel(),
            "margin": self.margin.ravel(),
        }

    def _row_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        return self.table

    def __str__(self) -> str:
        there, margin = self.total["customers"], self.total["margin"]
        return (
            f"{there[-1]:,.0f} customers are expected to be there after {self.horizon} renewals; "
            f"{margin.sum():,.2f} comes in by then"
        )
