"""What a fit needs to know: which parameters are free, and how a model is made of their values.

A plain model's class is a family; so is a class with some parameters held fixed, and a model with
covariates or shares wrapped around it. `fit` and `Fit` know families only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeAlias, TypeVar, cast

import numpy as np

from retainkit._numerics.newton import Summed
from retainkit.errors import InputError, near
from retainkit.parameters import Limit, Parameter, factors_far_out, limits_within, parameters_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Real, Unit

M = TypeVar("M")  # an AbstractModel, which lies above this module
B = TypeVar("B")  # the model within another


@dataclass(frozen=True, slots=True)
class Form:
    """What a family is made of, whichever way round it was wrapped."""

    kind: type[Any]
    held: frozenset[tuple[str, Any]]
    """Parameters and settings with their values."""
    terms: frozenset[tuple[str, tuple[str, ...]]]
    """Covariates, each with the processes on which one coefficient acts; shares; their names lead."""

    def contains(self, other: Form) -> bool:
        """Whether each model of the other is one of these, at a value or at an edge of their parameters."""
        if self.kind is not other.kind and self.kind.__name__ not in other.kind.contained_in:
            return False
        for name, acts in other.terms:
            parts = [where for mine, where in self.terms if mine == name and {*where} <= {*acts}]
            # one coefficient on two processes is two that are equal, and not the other way round
            if {process for where in parts for process in where} != {*acts}:
                return False
        settings = ({pair for pair in f.held if pair[0] in f.kind.fixed_fields} for f in (self, other))
        return self.held <= other.held and (next(settings) == next(settings))


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
    @abstractmethod
    def form(self) -> Form:
        """What it is made of, by which one family is known to contain another."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The models with fewer parameters at the edges of this family."""
        return ()

    @property
    def takes_tables(self) -> bool:
        """Whether likelihoods work on tables of entries, a row for each value of the parameters."""
        return False

    @property
    def start_factors(self) -> Mapping[str, float]:
        """What to multiply declared starts by, since parameters that go with them are held far out."""
        return {}

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of what no fit estimates, such as an Erlang k."""
        return ()

    def with_settings(self, given: Mapping[str, Any]) -> AbstractFamily[M]:
        """The family with settings at given values."""
        raise NotImplementedError(given)

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

    def stand_in(self, process: str) -> tuple[str, int]:
        """Parameter and sign that move nearly as the process does, to put a fit's coordinates at means."""
        return self.processes[process]

    def of_data(self, rows: AbstractSummary) -> Self:
        """The family as it is fitted to these data."""
        del rows
        return self

    def scaling(self, rows: AbstractSummary, *, rotate: bool = True) -> Array | None:
        """A matrix from well-scaled coordinates to the unbounded ones of the parameters, if it helps.

        It may mix coefficients only with `rotate`.
        """
        del rows, rotate
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
    def takes_tables(self) -> bool:
        return bool(self.kind.takes_tables)

    @property
    def limits(self) -> tuple[Limit, ...]:
        return limits_within(self.kind.limits, self.names(), whole=True)

    @property
    def start_factors(self) -> Mapping[str, float]:
        return factors_far_out(self.kind.limits, parameters_of(self.kind), dict(self.fixed))

    @property
    def form(self) -> Form:
        return Form(self.kind, frozenset(self.fixed), frozenset())

    @property
    def settings(self) -> tuple[str, ...]:
        return tuple(self.kind.fixed_fields)

    def with_settings(self, given: Mapping[str, Any]) -> PlainFamily[M]:
        return replace(self, fixed=(*self.fixed, *given.items()))

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
    def limits(self) -> tuple[Limit, ...]:
        return limits_within(self.base.limits, self.names(), whole=False)

    @property
    def start_factors(self) -> Mapping[str, float]:
        return self.base.start_factors

    @property
    def settings(self) -> tuple[str, ...]:
        return self.base.settings

    def with_settings(self, given: Mapping[str, Any]) -> Self:
        inner: Any = self  # each family around another is a dataclass whose field `base` is that other
        return replace(inner, base=self.base.with_settings(given))

    @property
    def added(self) -> tuple[Parameter, ...]:
        """The parameters beside those of the models within."""
        return ()

    @property
    def terms(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """What each of them is, and the processes on which it acts."""
        return ((p.name, (p.name,)) for p in self.added)

    @property
    def form(self) -> Form:
        within = self.base.form
        return Form(within.kind, within.held, within.terms | {*self.terms})

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (*self.base.parameters, *self.added)

    def score_rows(self, score: Array) -> Array:
        # of a model all rows are there, those of held parameters too; what is added comes last
        inner = len(score) - len(self.added)
        return np.concatenate([self.base.score_rows(score[:inner]), score[inner:]])

    def stand_in(self, process: str) -> tuple[str, int]:
        return self.base.stand_in(process) if process in self.base.processes else self.processes[process]

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
    def start_factors(self) -> Mapping[str, float]:
        own = factors_far_out(self.base.limits, self.base.parameters, dict(self.held))
        return {**self.base.start_factors, **own}

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        held = dict(self.held)
        return tuple(p for p in self.base.parameters if p.name not in held)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> M:
        known: dict[str, Real] = dict(self.held) | dict(zip(self.names(), values, strict=True))
        return self.base.of([known[name] for name in self.base.names()], unit=unit)

    @property
    def form(self) -> Form:
        within = self.base.form
        return Form(within.kind, within.held | {*self.held}, within.terms)

    def _free(self) -> list[int]:
        names = self.base.names()
        return [names.index(name) for name in self.names()]

    def score_rows(self, score: Array) -> Array:
        return self.base.score_rows(score)[self._free()]

    def of_data(self, rows: AbstractSummary) -> Self:
        return replace(self, base=self.base.of_data(rows))

    def scaling(self, rows: AbstractSummary, *, rotate: bool = True) -> Array | None:
        whole = self.base.scaling(rows, rotate=rotate)
        # held parameters do not move, so that their rows and columns drop out of the change of coordinates
        return None if whole is None else whole[np.ix_(self._free(), self._free())]

    def penalized(self) -> tuple[int, ...]:
        shrunk = self.base.penalized()
        return tuple(place for place, was in enumerate(self._free()) if was in shrunk)


def family_of(model: type[M] | AbstractFamily[M]) -> AbstractFamily[M]:
    """The family that a model class is, or that was made around one, or `InputError`."""
    if isinstance(model, AbstractFamily):
        return model
    given = cast("object", model)
    if not (isinstance(given, type) and hasattr(given, "contained_in")):
        rule = "must be the class of a model, not its name nor one with parameters"
        way_out = "For example BGNBD, without brackets."
        raise InputError("not-a-model", "model", repr(model), rule, way_out)
    return PlainFamily(model)


def hold(model: type[M] | AbstractFamily[M], /, **fixed: Any) -> AbstractFamily[M]:
    """A model with some parameters, or settings such as an Erlang k, held at given values.

    `fit`, `compare` and `with_covariates` take it as a model.

    Raises `InputError` for a name that the model does not have.

    Parameters
    ----------
    model : a model class, such as `BGCNBDk`, or one made by `with_covariates`, `with_shares` or `hold`
    **fixed : values by name

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGCNBDk(r=1.5, alpha=4.0, a=0.8, b=2.5, k=2)
    >>> candidates = [rk.models.hold(rk.BGCNBDk, k=k) for k in (1, 2, 3)]
    >>> rk.compare(candidates, truth.sample(T=[52.0] * 2000, seed=1)).best.model.k
    2
    """
    family = family_of(model)
    known = (*family.names(), *family.settings)
    for name in fixed:
        if name not in known:
            rule = f"must name parameters of {family.name} ({', '.join(known)})"
            raise InputError("unknown-name", "fixed", name, rule, near(name, known))
    if isinstance(family, PlainFamily):
        return family.with_settings(fixed)  # its constructor takes all alike
    # settings are the innermost model's own, whatever stands around it
    settings = {name: value for name, value in fixed.items() if name in family.settings}
    held = tuple((name, value) for name, value in fixed.items() if name not in settings)
    family = family.with_settings(settings) if settings else family
    return HeldFamily(family, held) if held else family
