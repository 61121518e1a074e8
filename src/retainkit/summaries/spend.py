"""What customers spent per purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.summaries._base import AbstractSummary, read_columns
from retainkit.typing import Array, Frame, NumberLike


@dataclass(frozen=True, eq=False, init=False)
class Spend(AbstractSummary):
    """What customers spent per repeat purchase, as far as any spend model can see.

    Raises `InputError` for missing or negative values, a value of 0 with a frequency above 0, and unequal
    lengths.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Purchases behind each mean; 0 where nothing is known of a customer's spend.
    monetary_value : (n,), in money
        Mean value of those purchases: positive where `frequency` is, 0 where it is 0.
    weight : (n,) > 0
        Customers that each entry stands for.

    Examples
    --------
    >>> import retainkit as rk
    >>> len(rk.Spend(frequency=[2, 1], monetary_value=[22.35, 11.77]))
    2
    """

    frequency: Array
    monetary_value: Array

    def __init__(
        self, *, frequency: NumberLike, monetary_value: NumberLike, weight: NumberLike = 1.0
    ) -> None:
        self._store({"frequency": frequency, "monetary_value": monetary_value, "weight": weight})
        self._require_whole("frequency")
        rule = "must be positive where frequency is positive"
        way_out = (
            "Set frequency to 0 for customers whose purchases brought nothing: they tell nothing of spend."
        )
        self._require((self.frequency == 0) | (self.monetary_value > 0), "monetary_value", rule, way_out)

    @classmethod
    def from_frame(cls, frame: Frame) -> Self:
        """Read the columns frequency, monetary_value (and weight, if there) of any dataframe."""
        return cls(**read_columns(frame, ("frequency", "monetary_value")))._labelled(frame=frame)

    @property
    def columns(self) -> dict[str, Array]:
        return {"frequency": self.frequency, "monetary_value": self.monetary_value}

    def totals(self) -> tuple[Array, Array, Array]:
        """What each entry spent in all, ln of its mean, and 1; 1, 0 and 0 where nothing is known."""

        def found() -> tuple[Array, Array, Array]:
            known = self.frequency > 0
            mean = np.where(known, self.monetary_value, 1.0)
            return np.where(known, self.frequency, 1.0) * mean, np.log(mean), known.astype(np.float64)

        return self._once("totals", found)

    @property
    def scales(self) -> dict[str, float]:
        evidence = self.weight * self.frequency
        total = float(evidence.sum())
        return {"money": float(np.sum(evidence * self.monetary_value)) / total if total > 0 else 1.0}

    def missing_evidence(self) -> tuple[str, str] | None:
        if not np.any(self.frequency > 0):
            return (
                "no customer has a purchase with a known value.",
                "Give customers with frequency above 0 and a positive monetary_value.",
            )
        return None

    @property
    def informative_customers(self) -> float:
        return float(self.weight[self.frequency > 0].sum())
