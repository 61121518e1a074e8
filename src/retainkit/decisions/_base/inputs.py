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

from retainkit.columns import columns, same_rows
from retainkit.decisions._base.draws import bare
from retainkit.domains import CHANGE, Domain, refuse_unmeant
from retainkit.draws import Draws
from retainkit.economics.formulas.survival import Curve, curve_of, is_curve, refuse_curve
from retainkit.errors import InputError, wrong_shape
from retainkit.protocols import parameter_shape
from retainkit.rates import as_kept, as_loss, in_period
from retainkit.records import Record
from retainkit.typing import NumberLike, Real, Unit

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


def assumed(domain: Domain, meaning: str, *, rate: RateKind | None = None, curve: bool = False) -> Any:
    """An input that is a number or draws, by now a bare array.

    Where it may be a `Rate`, `rate` says what kind of rate it is. With `curve` a loss may be a survival curve
    too: the field then holds a `Curve`.
    """
    return dataclasses.field(metadata={"domain": domain, "meaning": meaning, "rate": rate, "curve": curve})


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
    _on_a_curve: ClassVar[str] = "lifetime_value takes it, as churn=…."
    """The way out where a churn is given as a survival curve, and the formula needs a constant."""

    @classmethod
    def read(cls, arguments: Mapping[str, NumberLike], **settings: Any) -> Self:
        """The inputs out of a caller's arguments, checked and in one unit of time.

        Raises `InputError` for values outside their domain, draws of unequal number, tables, a `Rate` without
        a period, a bare rate of growth above 1, and a change of more than 100% (`CHANGE`) without
        ``arguments["meant"]``.

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
        for name, value in numbers.items():
            if declared[name]["rate"] == "loss" and not declared[name]["curve"]:
                refuse_curve(name, value, cls._on_a_curve)
        curves = _curves(given, [name for name in numbers if declared[name]["curve"]])
        numbers.update({name: curve.churn for name, curve in curves.items()})
        curves = {name: Curve(curve.shares) for name, curve in curves.items()}
        kinds = {name: kind for name in numbers if (kind := declared[name]["rate"])}
        numbers.update(_per_period(given.get("period"), kinds, numbers))
        checked, _ = columns(**{name: (value, declared[name]["domain"]) for name, value in numbers.items()})
        for name, value in zip(numbers, checked, strict=True):
            if value.ndim > isinstance(numbers[name], Draws):
                raise wrong_shape(
                    name,
                    value,
                    "must be a number, or draws of one",
                    "A column gives one decision a row; draws of a number are rk.Draws(...).",
                )
            if declared[name]["domain"] is CHANGE and not declared[name]["rate"]:
                refuse_unmeant(name, value, meant=given["meant"])
            numbers[name] = value.item() if value.ndim == 0 else value
        others = {name: bare(given[name]) for name in declared if name not in numbers and name in given}
        for name, value in others.items():
            if check := declared[name].get("check"):
                check(value)
        made = cls(**{**numbers, **curves}, **others)
        # records among the settings have draws of their own, which meet the others only here
        same_rows(**{name: stated.value for name, stated in made.stated().items()})
        return made

    @abstractmethod
    def gain(self) -> NumberLike:
        """What the decision brings, less what it costs: a number, or one for each draw."""

    def stated(self) -> Mapping[str, Stated]:
        """Every input that could turn the decision."""
        said = {f.name: f.metadata for f in dataclasses.fields(self) if "domain" in f.metadata}
        # the churn of a curve is no number that could be another one
        said = {name: one for name, one in said.items() if not isinstance(getattr(self, name), Curve)}
        return {
            name: Stated(getattr(self, name), said[name]["domain"], said[name]["meaning"])
            for name in dict.fromkeys((*(n for n in self._first if n in said), *said))
        }

    def gain_at(self, **values: Real) -> NumberLike:
        """The gain with some of the inputs changed; nothing is checked."""
        return dataclasses.replace(self, **values).gain()

    def __str__(self) -> str:
        return ", ".join(f"{name} {stated.centre:.6g}" for name, stated in self.stated().items())


def _per_period(
    period: Unit | None, kinds: Mapping[str, RateKind], numbers: Mapping[str, NumberLike]
) -> dict[str, NumberLike]:
    """Rates as numbers per period of the decision."""
    rates = {name: _READ[kind](numbers[name]) for name, kind in kinds.items()}
    return dict(zip(rates, in_period(period, **rates), strict=True)) if rates else {}


def _curves(given: Mapping[str, Any], names: list[str]) -> dict[str, Curve]:
    """The survival curves among inputs that may be churns, as far as they count."""
    curved = [name for name in names if is_curve(given[name])]
    if not curved:
        return {}
    period = given.get("period")
    for name in curved:
        if len(shape := parameter_shape(given[name])) == 1:
            shown, rule = f"parameters of shape {shape}", "must be the model of one customer, or draws of it"
            way_out = "Decide for each customer; draws of a model have the shape (draws, 1)."
            raise InputError("wrong-shape", name, shown, rule, way_out)
    (d,) = in_period(period, discount_rate=given["discount_rate"])
    return {name: curve_of(name, given[name], d, period=period) for name in curved}
