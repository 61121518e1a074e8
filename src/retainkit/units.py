"""Units of time and lengths of time.

A month is a twelfth of a year of 365.25 days, 30.4375 days; a quarter is three months. Nothing is
ever rounded to whole units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, unknown_choice
from retainkit.plurals import counted
from retainkit.typing import Number, Unit

UNITS: tuple[Unit, ...] = get_args(Unit)
MONTHS_PER: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
"""Months of the calendar in a unit that consists of them."""

_SHORT: dict[str, Unit] = {
    "annual": "year", "annually": "year", "y": "year", "a": "year", "q": "quarter", "m": "month", "w": "week",
    "d": "day",
}  # fmt: skip
"""Units in words whose letters do not tell which is meant."""

DAYS_PER: dict[Unit, float] = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}


def check_unit(argument: str, unit: object) -> Unit:
    """The unit itself, or an error that names the near one (``"weeks"`` → ``"week"``)."""
    if unit in UNITS:
        return unit
    error = unknown_choice(argument, unit, UNITS)
    if meant := _SHORT.get(str(unit).lower()):
        error = InputError(error.code, argument, unit, error.rule, f"Did you mean {meant!r}?")
    raise error


def units_in(unit: Unit, per: Unit) -> float:
    """How many of `unit` make one `per`: ``units_in("month", "year")`` is 12.

    >>> units_in("month", "year")
    12.0
    """
    return DAYS_PER[per] / DAYS_PER[unit]


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time with its unit: ``Duration(3, "year")``.

    Parameters
    ----------
    value : float
        0 or more; ``inf`` stands for "without end".
    unit : {"day", "week", "month", "quarter", "year"}

    Examples
    --------
    >>> Duration(3, "year").to("month")
    36.0
    """

    value: float
    unit: Unit

    def __post_init__(self) -> None:
        value = (
            float("inf") if self.value == float("inf") else NOT_NEGATIVE.check("Duration value", self.value)
        )
        object.__setattr__(self, "value", value)
        check_unit("Duration unit", self.unit)

    def to(self, unit: Unit) -> float:
        """The same length counted in another unit."""
        return self.value * units_in(check_unit("unit", unit), self.unit)

    def __str__(self) -> str:
        return counted(self.value, self.unit, spec="g")


def in_units(argument: str, length: Duration | Number, unit: Unit | None) -> float:
    """A horizon as a number of model units; a `Duration` needs the model to know its unit."""
    if not isinstance(length, Duration):
        return length  # type: ignore[return-value]  # plain numbers are checked by who uses them
    if unit is None:
        rule = "has a unit, but the data or model it meets has none"
        way_out = "Build the data with unit=..., for example Purchases(..., unit='week')."
        raise InputError("unit-unknown", argument, length, rule, way_out)
    return length.to(unit)
