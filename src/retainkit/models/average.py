"""Several models at once, each with the draws that are its own: what a model average answers with.

Which of several stories is true is one more thing that is not known. A draw is one of the models with its
parameters, so that an average is no formula of its own: each question goes to each model, and the answers
stand beside each other on the axis of draws. Hoeting, J. A., Madigan, D., Raftery, A. E. and Volinsky, C. T.
(1999), "Bayesian Model Averaging: A Tutorial", Statistical Science 14(4), 382-417, doi:10.1214/ss/1009212519.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, ClassVar, cast

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.domains import generator
from retainkit.errors import InputError
from retainkit.models.base import AbstractModel, AnyModel
from retainkit.models.family import AbstractFamily, AnyFamily, Form
from retainkit.parameters import Parameter
from retainkit.plurals import counted
from retainkit.protocols import DataOf
from retainkit.summaries import AbstractSummary, Described
from retainkit.typing import Array, Plain, Real, Unit


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelAverage(AbstractModel[AbstractSummary]):
    """Models of one kind, each with parameters of shape (draws, 1) and the places of its draws among all.

    It answers every question that all of them answer; made by `AverageFamily.of`. Its parameters are named
    by model and parameter ("BGNBD.r"), and are NaN in the draws of the others.
    """

    among: AverageFamily
    members: tuple[AnyModel | None, ...]
    """One for each family, None where no draw is its own."""
    places: tuple[Codes, ...]

    data_kind: ClassVar[type[Any]] = AbstractSummary

    @property
    def parts(self) -> Iterator[tuple[Any, Codes]]:
        """Each model with the places of its draws."""
        for member, place in zip(self.members, self.places, strict=True):
            if member is not None:
                yield member, place

    @property
    def parameters(self) -> dict[str, Real]:
        values = [np.shape(v) for m, _ in self.parts for v in m.family.values_of(m)]
        # a column, but where covariates stand around: then one of each customer
        shape = (self._count(), max(shape[-1] for shape in values))
        found = {name: np.full(shape, np.nan) for name in self.among.names()}
        for label, own, member, place in zip(
            self.among.labels, self.among.families, self.members, self.places, strict=True
        ):
            if member is not None:
                for name, value in zip(own.names(), own.values_of(member), strict=True):
                    found[f"{label}.{name}"][place] = value
        return cast("dict[str, Real]", found)

    @property
    def family(self) -> AverageFamily:
        return self.among

    def log_likelihood(self, data: DataOf[AbstractSummary]) -> Array:
        return self.beside(lambda model: model.log_likelihood(data))

    def summed_log_likelihood(self, data: DataOf[AbstractSummary]) -> Array:
        return self.beside(lambda model: model.summed_log_likelihood(data))

    def log_likelihood_and_score(self, data: DataOf[AbstractSummary]) -> tuple[Array, Array]:
        del data
        rule = "must have parameters of its own for a score, which models side by side do not share"
        raise InputError("not-supported", "model", self.among.name, rule, "Ask each of the models.")

    def beside(self, ask: Callable[[Any], Any]) -> Any:
        """What each model answers, draws put where they belong."""
        return self.joined([ask(member) for member, _ in self.parts])

    def asked(self, question: str, given: tuple[Any, ...], named: Plain) -> Any:
        """A question by its name, as it was put to the average."""
        if "seed" in named:  # random numbers go on from one model to the next
            named = {**named, "seed": generator(named["seed"])}

        def own(value: Any, place: Codes) -> Any:
            # what is told draw by draw, such as the purchases whose amounts are asked, is told to its model
            drawn = cast("Array", value)
            each = isinstance(value, np.ndarray) and drawn.ndim == 2 and len(drawn) == self._count()
            return drawn[place] if each else cast("Any", value)

        return self.joined([
            getattr(model, question)(
                *(own(v, place) for v in given), **{k: own(v, place) for k, v in named.items()}
            )
            for model, place in self.parts
        ])  # fmt: skip

    def within(self) -> Any:
        """The models that covariates stand around."""
        return self.beside(lambda model: model.base)

    def joined(self, found: list[Any]) -> Any:
        """The answers of the models in order as one: arrays and records along their axis of draws."""
        first = found[0]
        if len(found) == 1:
            return first  # a sole model's answers are the average's, to the last bit
        if isinstance(first, AbstractModel):  # of each customer, where covariates stand around
            held = [k for k, member in enumerate(self.members) if member is not None]
            labels = tuple(self.among.labels[k] for k in held)
            places = tuple(self.places[k] for k in held)
            known = AverageFamily(tuple(one.family for one in found), labels)
            return _made(known, tuple(found), places, self.unit)
        if is_dataclass(first):
            names = [field.name for field in fields(first)]
            columns = {name: self.joined([getattr(one, name) for one in found]) for name in names}
            return replace(cast("Any", first), **columns)
        if any(one is None for one in found):  # what one of them cannot tell, the average cannot
            return None
        whole = np.empty((self._count(), *np.shape(first)[1:]))
        for one, (_, place) in zip(found, self.parts, strict=True):
            whole[place] = one
        return whole

    def _count(self) -> int:
        return sum(place.size for place in self.places)

    def model_dump(self) -> Plain:
        """The models with their draws, and the places of these, as plain values."""
        rows = [
            {"label": label, "places": place.tolist(), **member.model_dump()}
            for label, member, place in zip(self.among.labels, self.members, self.places, strict=True)
            if member is not None
        ]
        return {"model": "ModelAverage", "members": rows, "unit": self.unit}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.parameters, other.parameters
        return mine.keys() == theirs.keys() and all(
            np.array_equal(np.asarray(v), np.asarray(theirs[n]), equal_nan=True) for n, v in mine.items()
        )

    def __hash__(self) -> int:
        return hash(self.among.labels)

    def __reduce__(self) -> tuple[Any, ...]:
        # its class is made for the models that it holds: pickle finds no such name
        return _made, (self.among, self.members, self.places, self.unit)

    def __repr__(self) -> str:
        told = zip(self.among.labels, self.places, strict=True)
        return f"ModelAverage({', '.join(f'{name}: ' + counted(some.size, 'draw') for name, some in told)})"


@dataclass(frozen=True, slots=True)
class AverageFamily(AbstractFamily[Any]):
    """All models of several families, each with its label; one draw is a model of one of them."""

    families: tuple[AnyFamily, ...]
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        *others, last = self.labels
        return f"average of {', '.join(others)} and {last}" if others else f"average of {last} alone"

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return self.families[0].data_kind

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        told = zip(self.labels, self.families, strict=True)
        return tuple(replace(p, name=f"{label}.{p.name}") for label, own in told for p in own.parameters)

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        return {}

    @property
    def form(self) -> Form:
        return Form(ModelAverage, frozenset(), frozenset())

    def of_data(self, rows: AbstractSummary) -> AverageFamily:
        del rows
        rule = "must be one model to be fitted, not an average of several"
        raise InputError("not-a-model", "model", self.name, rule, "Fit each, and average their posteriors.")

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> Any:
        """The average with these draws; of single numbers the one model that has them."""
        given = [np.asarray(v, np.float64) for v in values]
        ends = np.cumsum([len(own.names()) for own in self.families])
        columns = [given[end - len(own.names()) : end] for end, own in zip(ends, self.families, strict=True)]
        # a draw is of the model whose parameters it has: those of the others are NaN
        if not any(v.ndim for v in given):
            for own, mine in zip(self.families, columns, strict=True):
                if not np.isnan(mine[0]):
                    return own.of([float(v) for v in mine], unit=unit)
        there = [~np.isnan(np.ravel(mine[0])) for mine in columns]
        places = tuple(np.flatnonzero(some) for some in there)
        members = tuple(
            own.of([v[place] for v in mine], unit=unit) if place.size else None
            for own, mine, place in zip(self.families, columns, places, strict=True)
        )
        return _made(self, members, places, unit)


def _made(
    among: AverageFamily, members: tuple[AnyModel | None, ...], places: tuple[Codes, ...], unit: Unit | None
) -> ModelAverage:
    kinds = tuple(type(member) for member in members if member is not None)
    return _kind_of(kinds)(among, members, places, unit=unit)


@cache
def _kind_of(kinds: tuple[type[AnyModel], ...]) -> type[ModelAverage]:
    """The class of averages of such models: it has the questions, and is asked for data, as all of them."""
    first, *others = kinds
    names = [name for name in dir(first) if name[0] != "_" and not hasattr(AbstractModel, name)]
    # a simulated base has no draws: one of each draw is asked of the models themselves
    common = [n for n in names if n != "sample" and all(hasattr(kind, n) for kind in others)]
    asked = {n: _question(n) for n in common if callable(getattr(first, n))}
    told = {n: getattr(first, n) for n in ("whole_periods", "continuous") if n in common}
    if first.data_kind is Described:  # who asks looks for the question at the model within
        told["base"] = property(ModelAverage.within)
    return type("ModelAverage", (ModelAverage,), {**asked, **told, "data_kind": first.data_kind})


def _question(name: str) -> Callable[..., Any]:
    """A question that goes to each model."""

    def ask(self: ModelAverage, *given: Any, **named: Any) -> Any:
        return self.asked(name, given, named)

    ask.__name__, ask.__doc__ = name, f"As each of the models answers `{name}`, (draws, …)."
    return ask
