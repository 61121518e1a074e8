"""What every parametric model is: a frozen record of parameters that can score data and simulate it."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeAlias, TypeVar

import numpy as np

from retainkit._numerics.grouping import weighted
from retainkit._numerics.memory import keep_freed_memory
from retainkit.calls import Advising, upward
from retainkit.columns import Labels, same_rows
from retainkit.documents import document
from retainkit.domains import whole_number
from retainkit.draws import Draws, beside_columns
from retainkit.errors import InputError
from retainkit.models.family import AnyFamily, PlainFamily
from retainkit.parameters import Limit, Parameter, parameters_of
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Plain, Real, Unit
from retainkit.units import check_unit

S = TypeVar("S", bound=AbstractSummary)

_PIECE = 8_192  # entries at a time
_CELLS = 3 << 13  # entries times draws at a time: a dozen such arrays stay near the processor


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractModel(Advising, ABC, Generic[S]):
    """A frozen record of parameters; scalars, or arrays whose leading axes are draws or segments.

    Subclasses are final, declare their parameters as fields and never mutate.
    """

    _kind: ClassVar[str] = "model"
    """What documents of all models are called: which of them it is stands in the document."""

    data_kind: ClassVar[type[Any]]
    """The summary this model is fitted to."""

    processes: ClassVar[Mapping[str, tuple[str, int]]] = {}
    """What covariates may act on: the parameter that each process moves on the scale where it is
    unbounded, and the sign that makes a positive coefficient mean more of that process."""

    limits: ClassVar[tuple[Limit, ...]] = ()
    """The models with fewer parameters that this one becomes where some of its own have no bound."""

    fixed_fields: ClassVar[Mapping[str, Any]] = {}
    """Settings that no fit estimates, such as the k of an Erlang distribution, each with a typical value."""

    takes_tables: ClassVar[bool] = True
    """Whether its likelihood works on tables of entries, a row for each value of its parameters."""

    contained_in: ClassVar[tuple[str, ...]] = ()
    """The models that are this one at a value, or at an edge, of their parameters."""

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
            beside_columns({n: v for n, v in columns.items() if isinstance(v, Draws)})  # equally many
            object.__setattr__(self, "labels", same_rows(**columns))
        if self.unit is not None:
            check_unit(f"{type(self).__name__} unit", self.unit)

    def _count_as(self, base: AnyModel) -> None:
        """Count in the unit of the model within; another one would read its parameters as if of that."""
        if base.unit is None:
            return
        if self.unit not in (None, base.unit):
            rule = f"must be that of the model within, {base.unit!r}"
            argument = f"{type(self).__name__} unit"
            raise InputError("unit-mismatch", argument, self.unit, rule, "Leave it out.")
        object.__setattr__(self, "unit", base.unit)

    def _keep(self, parameter: Parameter, given: Real) -> None:
        """A checked value of a parameter; a copy that nobody can write to where it is an array."""
        if isinstance(given, Draws):  # their axis comes before that of the customers
            given = given.values[:, None] if given.ndim == 1 else given.values
        value = parameter.domain.check(f"{type(self).__name__} {parameter.name} ({parameter.doc})", given)
        if isinstance(value, np.ndarray):
            value = value.copy()
            value.setflags(write=False)
        object.__setattr__(self, parameter.name, value)

    @abstractmethod
    def log_likelihood_and_score(self, data: DataOf[S]) -> tuple[Array, Array]:
        """Log-likelihood per entry, and its gradient with the parameters on axis 0, unweighted."""

    def summed_score(self, data: DataOf[S]) -> tuple[Array, Array, Array | None]:
        """Of all customers: log-likelihood (draws…), gradient (p, draws…), outer products of scores (p, p).

        The last without draws only; `fit` sums by it.
        """
        rows = data_of(data, self.data_kind, "data", type(self).__name__)
        value, score = self.log_likelihood_and_score(rows)
        counted = score * rows.weight
        outer = counted @ score.T if value.ndim == 1 else None
        return weighted(value, rows.weight), counted.sum(axis=-1), outer

    def log_likelihood(self, data: DataOf[S]) -> Array:
        """Log-likelihood of every entry of `data`, unweighted; shape (draws…, entries)."""
        return self.log_likelihood_and_score(data)[0]

    def summed_log_likelihood(self, data: DataOf[S]) -> Array:
        """Log-likelihood of all customers together, without the score; shape (draws…).

        Each entry counts as often as its weight says. It is what a search among many parameters asks for,
        such as importance sampling: draws and entries are taken some at a time, so that memory does not grow
        with their product.

        Parameters
        ----------
        data : the kind that `log_likelihood` takes; compressed, it is as many times faster as it is shorter

        Examples
        --------
        >>> import numpy as np, retainkit as rk
        >>> customers = rk.Purchases(frequency=[2, 0], recency=[30.43, 0], T=[38.86, 38.86], weight=[1, 3])
        >>> draws = rk.BGNBD(r=np.array([[0.2], [0.3]]), alpha=4.4, a=0.8, b=2.4)
        >>> print(draws.summed_log_likelihood(customers).round(3))
        [-10.968 -11.39 ]
        """
        rows = self._rows(data)
        family = self.family
        values = [np.asarray(v) for v in family.values_of(self)]
        if rows.weight.ndim > 1 or any(v.shape[-1:] not in ((), (1,)) for v in values):
            # parameters of their own for each row of a table, or each entry
            return weighted(self.log_likelihood(rows), rows.weight)
        lead = np.broadcast_shapes(*(v.shape[:-1] for v in values))
        # one axis of draws, however many there were
        flat = [np.broadcast_to(v, (*lead, 1)).reshape(-1, 1) if v.ndim > 1 else v for v in values]
        keep_freed_memory()
        total = np.zeros(math.prod(lead))
        # pieces outside, draws inside: what a piece keeps of its levels is found once for all draws
        for piece in rows.split(_PIECE):
            size = max(1, _CELLS // max(len(piece), 1))
            for start in range(0, total.size, size):
                some = slice(start, start + size)
                part: Self = family.of([v[some] if v.ndim > 1 else v for v in flat], self.unit)
                total[some] += part._summed(piece)
        return total.reshape(lead)

    def _summed(self, rows: S) -> Array:
        """Σ weight · ln L of a few entries, for a few draws of parameters that are those of all of them."""
        return weighted(self.log_likelihood(rows), rows.weight)

    def _rows(self, data: DataOf[S], argument: str = "data") -> S:
        """The model's kind of data, taken from a summary; each entry on its own if parameters are its own."""
        rows = data_of(data, self.data_kind, argument, type(self).__name__)
        unit = getattr(rows, "unit", None)
        if unit != self.unit and unit and self.unit:
            rule = f"must count time in {self.unit}s, as the model does"
            way_out = f"Summarise the data with unit={self.unit!r}, or fit the model on these data."
            raise InputError("unit-mismatch", argument, unit, rule, way_out)
        parameters = self.parameters
        if all(type(v) is float for v in parameters.values()):
            return rows  # the common case, thousands of times in a fit
        own = entries_of(type(self).__name__, parameters)
        if own is None:
            return rows
        check_entries(type(self).__name__, own, len(rows), argument)
        return rows.entrywise()

    # -- the record ---------------------------------------------------------------------------

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(p.name for p in parameters_of(cls))

    @property
    def parameters(self) -> dict[str, Real]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in self.names()}

    def of_draw(self, place: int) -> Self:
        """The model of one of the draws of its parameters, from 0: with a number for each parameter.

        Raises `InputError` for a model without draws, whose parameters are no (draws, 1) or (draws, n).

        >>> import numpy as np, retainkit as rk
        >>> rk.Geometric(theta=np.array([[0.1], [0.2]])).of_draw(1)
        Geometric(theta=0.2)
        """
        values = [np.asarray(v) for v in self.family.values_of(self)]
        draws = max((len(v) for v in values if v.ndim == 2), default=0)
        if not draws:
            rule = "must have draws of its parameters, (draws, 1)"
            raise InputError("wrong-shape", "model", repr(self), rule, "Take the model itself: it is one.")
        at = whole_number("place", place, 0, draws - 1, way_out=f"The first of {draws:,} is 0.")
        # what is held is a number beside the draws of others
        rows = [v[at if len(v) > 1 else 0] if v.ndim == 2 else v for v in values]
        one: Self = self.family.of([v.item() if v.size == 1 else v for v in rows], self.unit)
        return one

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
        family: PlainFamily[Self] = PlainFamily(cls, tuple(cls.fixed_fields.items()))
        return family.of(
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
        """The record as JSON, a few hundred bytes; `from_json` and `model_from_json` read it back."""
        return json.dumps(document(self))

    if TYPE_CHECKING:

        @classmethod
        def from_json(cls, text: str | bytes) -> Self:
            """The model that `model_dump_json` wrote, if it is one of these."""
            ...

        @classmethod
        def from_dict(cls, values: Mapping[str, Any]) -> Self:
            """The model from the values of `model_dump`."""
            ...

    else:
        from_json = classmethod(upward("AbstractModel.from_json"))
        from_dict = classmethod(upward("AbstractModel.from_dict"))

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


def entries_of(model: str, parameters: Mapping[str, Real]) -> int | None:
    """The number of entries where parameters have one value for each, of shape (…, entries)."""
    # numbers have no shape: the common case, asked many times for each answer
    shapes = {name: np.shape(v) for name, v in parameters.items() if type(v) is not float}
    lengths = {name: shape[-1] for name, shape in shapes.items() if shape and shape[-1] > 1}
    if not lengths:
        return None
    first, entries = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != entries:
            rule = f"must have one value for each of {entries:,} entries, as {first} has"
            way_out = "Give draws a last axis of length 1: shape (draws, 1)."
            raise InputError("length-mismatch", f"{model} {name}", parameters[name], rule, way_out)
    return entries


def check_entries(model: str, own: int | None, entries: int, argument: str) -> None:
    """Refuse parameters of one customer for another."""
    if own is not None and own != entries:
        many = counted(own, "entry", "entries")
        rule = f"must have {many}, since the parameters of {model} have one value for each"
        way_out = (
            "Ask about the entries that the parameters belong to, in the same order; "
            "draws of one parameter for all have the shape (draws, 1)."
        )
        raise InputError("length-mismatch", argument, counted(entries, "entry", "entries"), rule, way_out)
