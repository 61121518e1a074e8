"""The inputs of a decision, each declared once: what it may be, what it means, and how a rate of it converts.

An `Inputs` class is the question of a decision: its fields are the inputs, `gain` is the formula. From a
field derive the check at the door, the conversion of a `Rate`, the line in the table of assumptions and the
search for the value at which the decision turns::

    @dataclass(frozen=True, eq=False, kw_only=True)
    class RaiseInputs(Inputs):
        margin: Real = assumed(REAL, "of a customer, per period")
        churn: Real = assumed(PROBABILITY, "share lost per period", rate="loss")
        timing: FlowTiming = setting(check_flow)

        def gain(self) -> Real:
            ...
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

import numpy as np

from retainkit.columns import columns
from retainkit.domains import Domain
from retainkit.errors import wrong_shape
from retainkit.rates import as_kept, as_loss, in_period
from retainkit.records import Record
from retainkit.typing import NumberLike, Real

RateKind: TypeAlias = Literal["loss", "kept", "growth"]
_READ: dict[RateKind, Callable[[NumberLike], NumberLike]] = {
    "loss": as_loss,
    "kept": as_kept,
    "growth": lambda rate: rate,
}


class Stated(NamedTuple):
    """An input as it was given, the numbers it may be, and what it means."""

    value: Real
    domain: Domain
    meaning: str

    @property
    def centre(self) -> float:
        """The number itself, or the mean of the draws."""
        return float(np.mean(self.value))


class Question(ABC):
    """What a decision rests on: inputs by name, and the gain for any values of them."""

    @abstractmethod
    def stated(self) -> Mapping[str, Stated]:
        """Every input that could turn the decision."""

    @abstractmethod
    def gain_at(self, **values: Real) -> NumberLike:
        """The gain with some of the inputs changed; nothing is checked."""


def assumed(domain: Domain, meaning: str, *, rate: RateKind | None = None) -> Any:
    """An input that is a number or draws; where it may be a `Rate`, `rate` says what kind of rate it is."""
    return dataclasses.field(metadata={"domain": domain, "meaning": meaning, "rate": rate})


def setting(
    check: Callable[[NumberLike], NumberLike] | None = None, *, default: Any = dataclasses.MISSING
) -> Any:
    """An input that is no number, such as a timing, a curve or a column of customers: it is not searched."""
    return dataclasses.field(default=default, metadata={"check": check})


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Inputs(Record, Question):
    """The inputs of one kind of decision; see the top of this file."""

    _first: ClassVar[tuple[str, ...]] = ()
    """Names of inputs that are told first, where those of a base class would stand before them."""

    @classmethod
    def read(cls, arguments: Mapping[str, NumberLike], **settings: Any) -> Self:
        """The inputs out of a caller's arguments, checked and in one unit of time.

        Raises `InputError` for values outside their domain, draws of unequal number, tables, and a `Rate`
        without a period.

        Parameters
        ----------
        arguments : mapping
            ``locals()`` at the first line of a public function: errors name what the caller wrote. A `Rate`
            is converted to ``arguments["period"]``.
        **settings
            Fields whose value is not the argument itself.
        """
        given = {**arguments, **settings}
        declared = {f.name: f.metadata for f in dataclasses.fields(cls)}
        numbers = {name: given[name] for name, said in declared.items() if "domain" in said}
        rates = {name: _READ[kind](numbers[name]) for name in numbers if (kind := declared[name]["rate"])}
        if rates:
            numbers.update(zip(rates, in_period(given.get("period"), **rates), strict=True))
        checked, _ = columns(**{name: (value, declared[name]["domain"]) for name, value in numbers.items()})
        for name, value in zip(numbers, checked, strict=True):
            if value.ndim > 1:
                raise wrong_shape(
                    name,
                    value,
                    "must be a number, or one column of draws",
                    "Decide one case at a time; for a table of cases take the formulas.",
                )
            numbers[name] = value.item() if value.ndim == 0 else value
        others = {name: given[name] for name in declared if name not in numbers and name in given}
        for name, value in others.items():
            if check := declared[name].get("check"):
                check(value)
        return cls(**numbers, **others)

    @abstractmethod
    def gain(self) -> NumberLike:
        """What the decision brings, less what it costs: a number, or one for each draw."""

    def stated(self) -> Mapping[str, Stated]:
        """Every input that could turn the decision."""
        said = {f.name: f.metadata for f in dataclasses.fields(self) if "domain" in f.metadata}
        return {
            name: Stated(getattr(self, name), said[name]["domain"], said[name]["meaning"])
            for name in dict.fromkeys((*self._first, *said))
        }

    def gain_at(self, **values: Real) -> NumberLike:
        """The gain with some of the inputs changed; nothing is checked."""
        return dataclasses.replace(self, **values).gain()

    def __str__(self) -> str:
        return ", ".join(f"{name} {stated.centre:.6g}" for name, stated in self.stated().items())
