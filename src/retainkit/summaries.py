"""Weighted sufficient statistics: the treaty between data and models.

The likelihood of every model depends on a customer only through a summary, so equal summaries are
counted, not repeated. The names are those that users of lifetimes and PyMC-Marketing know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from retainkit._numerics.grouping import Codes, Levels, distinct_rows, levels
from retainkit.errors import InputError, first_offender, near
from retainkit.parameters import NOT_NEGATIVE, POSITIVE
from retainkit.typing import Array, NumberLike, Unit
from retainkit.units import check_unit


@dataclass(frozen=True, eq=False, init=False)
class AbstractSummary(ABC):
    """Columns of equal length and the number of customers that each entry stands for."""

    weight: Array
    _levels: dict[str, Levels] = field(repr=False)

    @property
    @abstractmethod
    def columns(self) -> dict[str, Array]:
        """The columns that make two customers equal, by name, in sorting order."""

    @property
    @abstractmethod
    def scales(self) -> dict[str, float]:
        """A typical length of time or amount of money in these data, to start a fit from."""

    @abstractmethod
    def missing_evidence(self) -> tuple[str, str] | None:
        """Why these data cannot determine any model, and the way out; None if they may."""

    @property
    def informative_customers(self) -> float:
        """Customers that tell something of the parameters."""
        return self.customers

    def __len__(self) -> int:
        return self.weight.size

    @property
    def customers(self) -> float:
        """How many customers the entries stand for: the sum of the weights."""
        return float(self.weight.sum())

    def levels(self, column: str) -> Levels:
        """The distinct values of a column and each entry's place among them, found once."""
        if column not in self._levels:
            self._levels[column] = levels(self.columns[column])
        return self._levels[column]

    def compress(self) -> Self:
        """Equal customers counted into one weighted entry: same likelihood, fewer rows."""
        return self._distinct(inverse=False)[0]

    def distinct(self) -> tuple[Self, Codes]:
        """`compress()`, and for every entry the place of its equal, to join answers back."""
        compressed, inverse = self._distinct(inverse=True)
        assert inverse is not None
        return compressed, inverse

    def split(self, size: int) -> list[Self]:
        """The entries in pieces of at most `size`, so that a computation stays in the processor's cache."""
        if len(self) <= size:
            return [self]
        found = {name: self.levels(name) for name in self.columns}
        pieces = [slice(i, i + size) for i in range(0, len(self), size)]
        return [
            self._of({k: v.part(piece) for k, v in found.items()}, self.weight[piece]) for piece in pieces
        ]

    def _distinct(self, *, inverse: bool) -> tuple[Self, Codes | None]:
        if len(self) == 0:
            return self, np.zeros(0, np.intp)
        weight = None if np.all(self.weight == 1.0) else self.weight
        rows = distinct_rows(list(self.columns.values()), weight, inverse=inverse)
        return self._of(dict(zip(self.columns, rows.levels, strict=True)), rows.weight), rows.inverse

    def _of(self, entries: dict[str, Levels], weight: Array) -> Self:
        """The same kind of summary with other entries, already known to be right."""
        summary = copy(self)
        object.__setattr__(summary, "_levels", entries)
        for name, column in {**{k: part.column() for k, part in entries.items()}, "weight": weight}.items():
            column.setflags(write=False)
            object.__setattr__(summary, name, column)
        return summary

    def _store(self, columns: dict[str, NumberLike]) -> None:
        """Keep the columns as read-only float64 arrays of one length."""
        arrays = {k: np.atleast_1d(NOT_NEGATIVE.check(k, v)) for k, v in columns.items()}
        POSITIVE.check("weight", arrays["weight"])
        length = max(a.size for k, a in arrays.items() if k != "weight")
        for name, array in arrays.items():
            if array.ndim != 1 or (array.size != length and not (name == "weight" and array.size == 1)):
                raise InputError(
                    "length-mismatch",
                    argument=name,
                    value=array,
                    rule=f"must be one column of the same length as the others ({length:,})",
                    way_out="Give every column one value per customer.",
                )
            # a copy, so that the caller may go on using the array; one weight for all stays one number
            kept = array.copy() if array.size == length else np.broadcast_to(array, (length,))
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)
        object.__setattr__(self, "_levels", {})


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
        _require(
            np.rint(self.frequency) == self.frequency, "frequency", self.frequency, "must be whole numbers"
        )
        _require(self.recency <= self.T, "recency", self.recency, "must not exceed T, the end of observation")
        _require(
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
        return cls(**_read(frame, ("frequency", "recency", "T")), unit=unit)

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


@dataclass(frozen=True, eq=False, init=False)
class Spend(AbstractSummary):
    """What customers spent per repeat purchase, as far as any spend model can see.

    Parameters
    ----------
    frequency : (n,) whole numbers ≥ 0
        Purchases behind each mean; 0 where nothing is known of a customer's spend.
    monetary_value : (n,), in money
        Mean value of those purchases: positive where `frequency` is, 0 where it is 0.
    weight : (n,) > 0
        Customers that each entry stands for.

    Raises
    ------
    InputError
        For missing or negative values, a value of 0 with a frequency above 0, unequal lengths.

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
        _require(
            np.rint(self.frequency) == self.frequency, "frequency", self.frequency, "must be whole numbers"
        )
        _require(
            (self.frequency == 0) | (self.monetary_value > 0),
            "monetary_value",
            self.monetary_value,
            "must be positive where frequency is positive",
            "Set frequency to 0 for customers whose purchases brought nothing: they tell nothing of spend.",
        )

    @classmethod
    def from_frame(cls, frame: Any) -> Self:
        """Read the columns frequency, monetary_value (and weight, if there) of any dataframe."""
        return cls(**_read(frame, ("frequency", "monetary_value")))

    @property
    def columns(self) -> dict[str, Array]:
        return {"frequency": self.frequency, "monetary_value": self.monetary_value}

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


def _require(holds: Any, argument: str, values: Array, rule: str, way_out: str = "") -> None:
    if not np.all(holds):
        raise InputError(
            "inconsistent",
            argument=argument,
            value=first_offender(values, ~holds),
            rule=rule,
            way_out=way_out or "Check how the column was computed.",
        )


def _read(frame: Any, names: tuple[str, ...]) -> dict[str, NumberLike]:
    import narwhals as nw

    table = nw.from_native(frame)
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    for name in names:
        if name not in table.columns:
            raise InputError(
                "missing-column",
                argument="frame",
                value=table.columns,
                rule=f"must have a column {name!r}",
                way_out=near(name, table.columns) + "Rename the column.",
            )
    wanted = (*names, "weight") if "weight" in table.columns else names
    return {name: table.get_column(name).to_numpy() for name in wanted}
