"""What a fit needs to know: which parameters are free, and how a model is made of their values.

A plain model's class is a family; so is a class with some parameters held fixed, and a model with
covariates or shares wrapped around it. `fit` and `Fit` know families only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from retainkit._numerics.newton import Summed
from retainkit.errors import InputError, near
from retainkit.parameters import Parameter, parameters_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Real, Unit

M = TypeVar("M")  # an AbstractModel, which lies above this module
B = TypeVar("B")  # the model within another


class AbstractFamily(ABC, Generic[M]):
    """All models of one form; `fit` chooses among them."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages call a model of this family."""

    @property
    @abstractmethod
    def data_kind(self) -> type[AbstractSummary]:
        """The summary that the models are fitted to."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters, in order."""

    @property
    @abstractmethod
    def processes(self) -> Mapping[str, tuple[str, int]]:
        """What covariates may act on: parameter and sign for each process."""

    @property
    def boundary_hints(self) -> Mapping[str, str]:
        """What it means if the data do not bound a parameter."""
        return {}

    @abstractmethod
    def of(self, values: Iterable[Real], unit: Unit | None = None) -> M:
        """The model with its free parameters given in order."""

    def names(self) -> tuple[str, ...]:
        """The names of the free parameters, in order."""
        return tuple(p.name for p in self.parameters)

    def values_of(self, model: Any) -> list[Real]:
        """The free parameters of a model of this family, in order."""
        return [model.parameters[name] for name in self.names()]

    def score_rows(self, score: Array) -> Array:
        """Of a model's score the rows of the free parameters."""
        return score

    def scaling(self, rows: AbstractSummary) -> Array | None:
        """A matrix from well-scaled coordinates to the unbounded ones of the parameters, if it helps."""
        del rows
        return None

    def penalized(self) -> tuple[int, ...]:
        """Places of the parameters that a penalty shrinks towards 0."""
        return ()

    def summed(self, data: AbstractSummary) -> Summed | None:
        """The log-likelihood of all data at once with its second derivatives, where a model has it."""
        del data
        return None


AnyFamily: TypeAlias = AbstractFamily[Any]
"""All models of one form, whichever it is."""


@dataclass(frozen=True, slots=True)
class PlainFamily(AbstractFamily[M]):
    """The models of one class, with some of its fields held fixed."""

    kind: type[Any]
    fixed: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return self.kind.__name__

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return self.kind.data_kind

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        return self.kind.processes

    @property
    def boundary_hints(self) -> Mapping[str, str]:
        return self.kind.boundary_hints

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        declared = parameters_of(self.kind)
        if not self.fixed:
            return declared
        held = dict(self.fixed)
        return tuple(p for p in declared if p.name not in held)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> M:
        if not self.fixed:
            return self.kind.of(values, unit=unit)
        make: Any = self.kind
        return make(**dict(self.fixed), **dict(zip(self.names(), values, strict=True)), unit=unit)

    def summed(self, data: AbstractSummary) -> Summed | None:
        hook = getattr(self.kind, "summed", None)
        # the closed sums of a model are over all of its parameters; with one held the general search is used
        return None if self.fixed or hook is None else hook(data)

    def score_rows(self, score: Array) -> Array:
        if not self.fixed:
            return score
        names = self.kind.names()
        return score[[names.index(name) for name in self.names()]]


class AbstractFamilyAround(AbstractFamily[M], Generic[M, B]):
    """Another family with something around it: its own parameters come after those of the models within."""

    base: AbstractFamily[B]

    @property
    def _around(self) -> str:
        """What the name says beside that of the models within."""
        return ""

    @property
    def name(self) -> str:
        return f"{self.base.name}{self._around}"

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return self.base.data_kind

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        return self.base.processes

    @property
    def added(self) -> tuple[Parameter, ...]:
        """The parameters beside those of the models within."""
        return ()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.base.parameters, *self.added)

    def parts(self, values: Iterable[Real], unit: Unit | None) -> tuple[B, list[Real]]:
        """The model within, and the values of what is added."""
        given = list(values)
        inner = len(self.base.parameters)
        return self.base.of(given[:inner], unit), given[inner:]


class AbstractCoefficients(AbstractFamilyAround[M, B]):
    """A family whose added parameters are the coefficients of covariates."""

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        return {}

    def values_of(self, model: Any) -> list[Real]:
        return [*self.base.values_of(model.base), *model.coefficients]

    def penalized(self) -> tuple[int, ...]:
        inner = len(self.base.parameters)
        return tuple(range(inner, inner + len(self.added)))


@dataclass(frozen=True, slots=True)
class HeldFamily(AbstractFamilyAround[M, M]):
    """Another family with some of its parameters held fixed."""

    base: AbstractFamily[M]
    held: tuple[tuple[str, float], ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        held = dict(self.held)
        return tuple(p for p in self.base.parameters if p.name not in held)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> M:
        known: dict[str, Real] = dict(self.held) | dict(zip(self.names(), values, strict=True))
        return self.base.of([known[name] for name in self.base.names()], unit=unit)

    def _free(self) -> list[int]:
        names = self.base.names()
        return [names.index(name) for name in self.names()]

    def score_rows(self, score: Array) -> Array:
        return self.base.score_rows(score)[self._free()]

    def scaling(self, rows: AbstractSummary) -> Array | None:
        whole = self.base.scaling(rows)
        # held parameters do not move, so that their rows and columns drop out of the change of coordinates
        return None if whole is None else whole[np.ix_(self._free(), self._free())]

    def penalized(self) -> tuple[int, ...]:
        shrunk = self.base.penalized()
        return tuple(place for place, was in enumerate(self._free()) if was in shrunk)


def hold(family: AbstractFamily[M], fixed: Mapping[str, Any]) -> AbstractFamily[M]:
    """The family with some parameters, or settings such as an Erlang k, held at given values."""
    if not fixed:
        return family
    settings = family.kind.fixed_fields if isinstance(family, PlainFamily) else ()
    for name in fixed:
        if name not in (*family.names(), *settings):
            known = (*family.names(), *settings)
            rule = f"must name parameters of {family.name} ({', '.join(known)})"
            raise InputError("unknown-name", "fixed", name, rule, near(name, known))
    if isinstance(family, PlainFamily):
        # a plain model takes held values in its constructor, which settings such as k need
        return PlainFamily(family.kind, (*family.fixed, *fixed.items()))
    return HeldFamily(family, tuple(fixed.items()))
