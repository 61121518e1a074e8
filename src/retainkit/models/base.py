"""What every parametric model is: a frozen record of parameters that can score data and simulate it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar

import numpy as np

from retainkit.columns import Labels, same_rows
from retainkit.models.family import AnyFamily, PlainFamily
from retainkit.parameters import Parameter, parameters_of
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Plain, Real, Unit
from retainkit.units import check_unit

S = TypeVar("S", bound=AbstractSummary)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractModel(ABC, Generic[S]):
    """A frozen record of parameters; scalars, or arrays whose leading axes are draws or segments.

    Subclasses are final, declare their parameters as fields and never mutate.
    """

    data_kind: ClassVar[type[Any]]
    """The summary this model is fitted to."""

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {}
    """What covariates may act on: the parameter that each process moves on the scale where it is
    unbounded, and the sign that makes a positive coefficient mean more of that process."""

    boundary_hints: ClassVar[Mapping[str, str]] = {}
    """What it means if the data do not bound a parameter: the model that says the same with fewer."""

    fixed_fields: ClassVar[tuple[str, ...]] = ()
    """Settings that no fit estimates, such as the k of an Erlang distribution."""

    unit: Unit | None = field(default=None, kw_only=True)
    """The unit of time that the parameters count in, where the model has one."""

    labels: Labels | None = field(default=None, init=False, compare=False)
    """The row labels of parameters that were Series: what is asked of each row has to have the same."""

    def __post_init__(self) -> None:
        columns: Plain = {}
        for p in parameters_of(type(self)):
            given = getattr(self, p.name)
            if type(given) is float and p.domain.contains(given):
                continue  # the common case, thousands of times in a fit
            columns[p.name] = given
            self._keep(p, given)
        if columns:
            object.__setattr__(self, "labels", same_rows(**columns))
        if self.unit is not None:
            check_unit(f"{type(self).__name__} unit", self.unit)

    def _keep(self, parameter: Parameter, given: Real) -> None:
        """A checked value of a parameter; a copy that nobody can write to where it is an array."""
        value = parameter.domain.check(f"{type(self).__name__} {parameter.name} ({parameter.doc})", given)
        if isinstance(value, np.ndarray):
            value = value.copy()
            value.setflags(write=False)
        object.__setattr__(self, parameter.name, value)

    @abstractmethod
    def log_likelihood_and_score(self, data: DataOf[S]) -> tuple[Array, Array]:
        """Log-likelihood per entry, and its gradient with the parameters on axis 0, unweighted."""

    def log_likelihood(self, data: DataOf[S]) -> Array:
        """Log-likelihood of every entry of `data`, unweighted; shape (draws…, entries)."""
        return self.log_likelihood_and_score(data)[0]

    def _rows(self, data: DataOf[S], argument: str = "data") -> S:
        """The model's kind of data, taken from a summary that has them."""
        return data_of(data, self.data_kind, argument, type(self).__name__)

    # -- the record ---------------------------------------------------------------------------

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(p.name for p in parameters_of(cls))

    @property
    def parameters(self) -> dict[str, Real]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.names()}

    @property
    def settings(self) -> Plain:
        """The settings that no fit estimates, by name."""
        return {name: getattr(self, name) for name in self.fixed_fields}

    @property
    def family(self) -> AnyFamily:
        """All models of the form of this one."""
        return PlainFamily(type(self), tuple(self.settings.items()))

    @classmethod
    def typical(cls, rng: np.random.Generator, *, scale: float = 1.0) -> Self:
        """A plausible model drawn from the declared ranges; for tests and simulations.

        `scale` is the length of time, or the amount, that parameters with a unit count in.
        """
        return cls.of(
            [rng.uniform(*p.typical) * p.scale({"time": scale, "money": scale}) for p in parameters_of(cls)]
        )

    @classmethod
    def of(cls, values: Iterable[Real], unit: Unit | None = None) -> Self:
        """The model with its parameters given in order."""
        make: Any = cls
        return make(*values, unit=unit)

    def model_dump(self) -> Plain:
        """The record as plain values: the model's name, its parameters and its unit."""
        plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in self.parameters.items()}
        settings = {"settings": self.settings} if self.fixed_fields else {}
        return {"model": type(self).__name__, "parameters": plain, **settings, "unit": self.unit}

    def model_dump_json(self) -> str:
        """The record as JSON, a few hundred bytes; `retainkit.model_from_json` reads it back."""
        return json.dumps(self.model_dump())

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self) if f.compare
        )

    def __hash__(self) -> int:
        return hash((type(self).__name__, *(np.asarray(v).tobytes() for v in self.parameters.values())))

    def __repr__(self) -> str:
        known = self.parameters | self.settings
        shown = [f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v!r}" for k, v in known.items()]
        if self.unit is not None:
            shown.append(f"unit={self.unit!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


AnyModel: TypeAlias = AbstractModel[Any]
"""A model of whatever data."""
