"""Draws of a figure of customers by source: parameters, customers, chance.

A total over customers is summed draw by draw of the parameters, which all of them share. What customers and
chance bring is independent from one to the next given the parameters: drawn for each where they are few,
and for many a normal sum whose variance is told by some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias, cast, get_args

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.domains import LEVEL, generator_for, one_number
from retainkit.draws import evenly_thinned
from retainkit.errors import InputError, unknown_choice
from retainkit.inference.posterior import AnyPosterior, Posterior
from retainkit.inference.result import AnyFit, Fit
from retainkit.models.average import ModelAverage
from retainkit.models.base import AbstractModel, AnyModel
from retainkit.protocols import model_of
from retainkit.summaries import AbstractSummary, Described
from retainkit.typing import Array

Source: TypeAlias = Literal["parameters", "customers", "chance"]
SOURCES: tuple[Source, ...] = get_args(Source)

DRAWS = 400  # of the parameters: the ends of a 90% interval then err by a tenth of a deviation
_CELLS = 4_000_000  # draws times customers at once: 32 MB an array
_KEPT = 1_000_000  # of them that are held for the next question: 8 MB
_FEW = 5_000  # customers up to whom all are simulated; the sum over more is normal
_SEEN = 2_000  # of those, from whom its variance is told
_FIT_PER_TERM, _CHECKED = 3, 16  # draws that a smooth figure is fitted to, and checked on
_OFF = 0.05  # of its own deviation

Estimate: TypeAlias = "AnyModel | AnyFit | AnyPosterior"
"""A model whose parameters are known; a fit, by its normal approximation; a posterior."""


class Sampler(Protocol):
    """Draws of a figure of customers, with each draw of the parameters."""

    def expected(self, places: Codes) -> Array:
        """What each of some customers is expected to give, given the parameters: (draws, places)."""
        ...

    def drawn(
        self, places: Codes, rng: np.random.Generator, *, apart: bool = False
    ) -> tuple[Array | None, Array]:
        """What such a customer is expected to give once known himself, and what he then gives.

        None may stand for the former where it is not asked, or no model knows.
        """
        ...


class Rows(Protocol):
    """What stands for customers: their number, and which of them are alike; every summary is so."""

    @property
    def weight(self) -> Array:
        """How many customers each row stands for."""
        ...

    def distinct(self) -> tuple[Any, Codes]:
        """Something of each kind of row, and the kind of each row."""
        ...

    def fingerprint(self) -> dict[str, float]:
        """Numbers that other customers hardly share."""
        ...


def with_draws(estimate: Estimate, seed: int, draws: int = DRAWS) -> AnyModel:
    """The model with all parameters of shape (draws, 1), from what is known of them.

    One whose customers have parameters of their own, (n,) or (draws, n), keeps these: see `of_entries`.
    """
    model = model_of(cast("Any", estimate))
    if not isinstance(model, AbstractModel):
        rule = "must be a model of retainkit for an interval, which asks for draws of each customer"
        way_out = "Fit one of retainkit.models, or leave the interval out."
        raise InputError("not-a-model", "estimate", type(cast("object", model)).__name__, rule, way_out)
    drawn = cast("AnyModel", model)
    if isinstance(estimate, Posterior):
        drawn = estimate.thinned(draws)
    elif isinstance(estimate, Fit):
        fitted: AnyFit = estimate
        if not fitted.diagnostics.converged:
            rule = "must be a fit with standard errors, for an interval"
            way_out = "Take posterior(...), which answers here too."
            raise InputError("not-a-model", "estimate", fitted.diagnostics.code, rule, way_out)
        told = np.array([*fitted.fingerprint.values()])
        drawn = fitted.draws(draws, seed=generator_for(seed, told))
    values = [np.asarray(v, np.float64) for v in drawn.family.values_of(drawn)]
    if of_each(drawn):  # draws of what each customer has are as many as those of all
        thin = [v[evenly_thinned(len(v), draws)] if v.ndim == 2 else v for v in values]
        return cast("AnyModel", drawn.family.of(thin, unit=drawn.unit))
    # held parameters are numbers beside the draws of others, and a model without draws has numbers alone
    many = max([v.size for v in values if v.ndim], default=draws)
    some = evenly_thinned(many, draws)
    columns = [np.broadcast_to(v.reshape(-1, 1), (many, 1))[some] for v in values]
    return cast("AnyModel", drawn.family.of(columns, unit=drawn.unit))


def of_each(model: Any) -> bool:
    """Whether customers have parameters of their own, as ``model.given(covariates)`` makes them."""
    family = getattr(model, "family", None)  # a model of another library is refused elsewhere, in words
    return family is not None and any(np.ndim(v) and np.shape(v)[-1] > 1 for v in family.values_of(model))


def of_entries(model: Any, places: Codes, draws: int) -> Any:
    """The model of some customers, (draws, places), where each has parameters of its own; else as it is."""
    if not of_each(model):
        return model
    shape = draws, places.size
    values = [np.asarray(v) for v in model.family.values_of(model)]
    own = [v[..., places] if v.ndim and v.shape[-1] > 1 else v for v in values]
    return model.family.of([np.broadcast_to(v, shape) for v in own], unit=model.unit)


class Expectation:
    """A figure of each distinct history that is smooth in the parameters, at each of their draws.

    Its logarithm is a quadratic of the unbounded parameters, fitted to some of the draws and checked on
    others: where these are off by more than a twentieth of its own deviation, all draws are asked.
    """

    def __init__(
        self, ask: Callable[[Any, Any], Array], model: AnyModel, rows: AbstractSummary, draws: int = DRAWS
    ) -> None:
        self._own = draws if of_each(model) else 0  # of parameters of each customer no history is shared
        if self._own:
            self._ask, self._model, self._rows = ask, model, rows
            return
        # of an average each model by itself: no surface is smooth across stories
        self._average = model if isinstance(model, ModelAverage) else None
        if self._average is not None:
            self._each = [Expectation(ask, member, rows) for member, _ in self._average.parts]
            return
        self._ask, self._model = ask, model
        self._rows, self._codes = rows.distinct()
        line = _line(model)
        # standardised: of terms of unlike size the fit would lose digits; a held parameter has no term
        spread = line.std(axis=0)
        free = spread > 1e-12 * np.abs(line).max(axis=0)
        z = (line - line.mean(axis=0))[:, free] / spread[free]
        pairs = [z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i + 1)]
        self._terms = np.column_stack([np.ones(len(z)), z, *pairs])
        # without draws of any parameter one answer is that of all
        self._one = not z.shape[1]
        self._table = None if self._one else self._fitted(z)

    def _fitted(self, z: Array) -> Array | None:
        many = _FIT_PER_TERM * self._terms.shape[1]
        if len(z) < 2 * many + _CHECKED:
            return None
        # the outermost draws are among those that are asked, so that none lies far beyond them
        outer = np.argsort(-np.abs(z).max(axis=1), kind="stable")[: many // 2]
        rest = np.setdiff1d(np.arange(len(z)), outer)
        asked, checked = np.append(outer, rest[: many - outer.size]), rest[many : many + _CHECKED]
        inverse = np.linalg.pinv(self._terms[asked])
        table = np.empty((self._terms.shape[1], len(self._rows)))
        for block in _blocks(np.arange(len(self._rows)), many):
            rows = self._rows.entries(block)
            # a figure of 0 has no logarithm: it is found out below, and each draw is asked
            with np.errstate(divide="ignore", invalid="ignore"):
                seen, known = (np.log(self._ask(_some(self._model, w), rows)) for w in (asked, checked))
                table[:, block] = inverse @ seen
                off = np.abs(self._terms[checked] @ table[:, block] - known).mean(axis=0)
                rough = np.any(off > _OFF * seen.std(axis=0) + 1e-9)
            if rough or not np.isfinite(table[:, block]).all():
                return None
        return table

    def at(self, places: Codes) -> Array:
        """Of some entries: (draws, places)."""
        if self._own:
            return self._ask(of_entries(self._model, places, self._own), self._rows.entries(places))
        if self._average is not None:
            return self._average.joined([own.at(places) for own in self._each])
        if self._table is None and self._every is not None:
            return self._every[:, self._codes[places]]
        histories, inverse = np.unique(self._codes[places], return_inverse=True)
        if self._table is not None:
            return np.exp(self._terms @ self._table[:, histories])[:, inverse]
        model = _some(self._model, np.arange(1)) if self._one else self._model
        found = self._ask(model, self._rows.entries(histories))[:, inverse]
        return np.broadcast_to(found, (len(self._terms), places.size)) if self._one else found

    @cached_property
    def _every(self) -> Array | None:
        """The answers of all draws, where they are few: means and intervals ask for them again and again."""
        if self._one or len(self._terms) * len(self._rows) > _KEPT:
            return None
        return self._ask(self._model, self._rows)


def _line(model: AnyModel) -> Array:
    """The draws of the parameters where they are unbounded, (draws, p)."""
    family = model.family
    values = zip(family.parameters, family.values_of(model), strict=True)
    return np.column_stack([p.domain.to_unconstrained(np.ravel(np.asarray(v))) for p, v in values])


def _some(model: AnyModel, which: Codes) -> Any:
    family = model.family
    return family.of([np.asarray(v)[which] for v in family.values_of(model)], unit=model.unit)


def plain(model: Any, rows: Any) -> tuple[Any, Any]:
    """The model of each customer and the data without covariates, where these are around it."""
    if not isinstance(rows, Described):
        return model, rows
    data: Any = cast("Any", rows).data
    return model.given(rows), data


@dataclass(frozen=True)
class Spread:
    """How sure figures of customers are: draws of them by source, made when they are asked for."""

    make: Callable[[], Sampler]
    summary: Rows
    seed: int
    told: bool = True
    """Whether a total is said with its interval: making the draws takes a moment."""
    alike: bool = False
    """Whether equal rows of the summary have one figure."""
    scale: Array | None = None
    """What the figure of each row is multiplied by, such as what the customer pays: (n,)."""

    def __getstate__(self) -> dict[str, Any]:
        # what it was made of, and not what was drawn since
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def sampler(self) -> Sampler:
        """The draws' maker, made when it is first asked."""
        return self.make()

    @cached_property
    def draws(self) -> int:
        """Draws of the parameters."""
        return len(self.sampler.expected(np.arange(min(1, self.weight.size))))

    @property
    def weight(self) -> Array:
        """How many customers each row stands for."""
        return self.summary.weight

    def customers(self, level: float, include: Sequence[Source]) -> tuple[Array, Array]:
        """Ends of the interval of each customer, (n,) each."""
        tail, kinds = tail_of(level), sources_of(include)
        first, kind = self._kinds(np.arange(self.weight.size))
        ends = np.empty((2, first.size))
        for block in self._blocks(np.arange(first.size)):
            drawn = self._combined(first[block], kinds, self._random(first[block]))
            ends[:, block] = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
        low, high = ends[:, kind] if self.scale is None else np.sort(ends[:, kind] * self.scale, axis=0)
        return low, high

    def total(self, include: Sequence[Source], places: Codes | None = None) -> Array:
        """Draws of the sum over customers, (draws,)."""
        kinds = sources_of(include)
        every = np.arange(self.weight.size) if places is None else places
        weight = self.weight[every]
        if not every.size:
            return np.zeros(self.draws)
        # of these customers alone: whatever was asked before, and apart from those of other segments
        rng = self._random(every)
        whole = bool(np.all(weight == np.rint(weight)))
        # without customers and chance there is nothing to draw: expectations add up exactly
        if whole and weight.sum() <= _FEW and {*kinds} - {"parameters"}:
            each = np.repeat(every, weight.astype(np.intp))
            centre = self._summed(each, np.ones(each.size)).mean()
            parts = [
                self._combined(block, kinds, rng, centred=True) @ self._scaled(block, np.ones(block.size))
                for block in self._blocks(each)
            ]
            return centre + np.sum(parts, axis=0)
        expected = self._summed(every, weight)
        centre = expected.mean()
        found = expected - centre if "parameters" in kinds else np.zeros(self.draws)
        variance = self._variance(every, weight, kinds, rng)
        return centre + found + np.sqrt(variance) * rng.standard_normal(self.draws)

    def mean(self) -> Array:
        """Of each customer, over the draws of the parameters: (n,)."""
        first, kind = self._kinds(np.arange(self.weight.size))
        found = np.empty(first.size)
        for block in self._blocks(np.arange(first.size)):
            found[block] = self.sampler.expected(first[block]).mean(axis=0)
        return self._scaled(np.arange(kind.size), found[kind])

    def _kinds(self, places: Codes) -> tuple[Codes, Codes]:
        """One of each kind of these customers, and which kind each is of; each its own if none are alike."""
        if not self.alike:
            return places, np.arange(places.size)
        _, first, kind = np.unique(self.summary.distinct()[1][places], return_index=True, return_inverse=True)
        return places[first], kind

    def _scaled(self, places: Codes, values: Array) -> Array:
        return values if self.scale is None else values * self.scale[places]

    def _summed(self, places: Codes, weight: Array) -> Array:
        """Of each draw of the parameters the expected sum."""
        first, kind = self._kinds(places)
        parts = np.bincount(kind, self._scaled(places, weight), first.size)
        # equal histories side by side: asked for once
        order = np.argsort(self.summary.distinct()[1][first], kind="stable")
        total = np.zeros(self.draws)
        for block in self._blocks(order):
            total += self.sampler.expected(first[block]) @ parts[block]
        return total

    def _variance(
        self, places: Codes, weight: Array, kinds: frozenset[Source], rng: np.random.Generator
    ) -> float:
        """Of the sum, what customers and chance bring: their own variances add up given the parameters."""
        parts = self._scaled(places, self._scaled(places, weight))
        size = float(parts.sum())
        if not kinds - {"parameters"} or not size:
            return 0.0
        # by what each adds to the variance, so that every one that is seen stands for as much of it
        seen = rng.choice(places, size=min(_SEEN, places.size), p=parts / size)
        off = self._off(seen, self.sampler.expected(seen), kinds, rng)
        return size * float(np.mean(off**2))

    def _off(
        self, places: Codes, expected: Array, kinds: frozenset[Source], rng: np.random.Generator
    ) -> Array:
        """How far customers and chance take each from what is expected of him, by the sources named."""
        known, done = self.sampler.drawn(places, rng, apart=not kinds >= {"customers", "chance"})
        if kinds >= {"customers", "chance"}:
            return done - expected
        if known is None:
            raise _not_apart(kinds)
        return known - expected if "customers" in kinds else done - known

    def _combined(
        self, places: Codes, kinds: frozenset[Source], rng: np.random.Generator, *, centred: bool = False
    ) -> Array:
        """Draws (draws, places) from the sources named; the others count with their mean."""
        expected = self.sampler.expected(places)
        centre = expected.mean(axis=0)
        if not kinds & {"customers", "chance"}:
            return expected - centre if centred else expected
        if kinds >= {*SOURCES}:  # as drawn: a count stays one
            done = self.sampler.drawn(places, rng)[1]
            return done - centre if centred else done
        off = self._off(places, expected, kinds, rng)
        return off + (expected if "parameters" in kinds else centre) - (centre if centred else 0.0)

    def _random(self, places: Codes) -> np.random.Generator:
        """The random numbers for some of these customers, others for others."""
        weight = self._scaled(places, self.weight[places])
        own = np.array([places[0], places[-1], places.size, weight.sum()], np.float64)
        return generator_for(self.seed, np.array([*self.summary.fingerprint().values()]), own)

    def _blocks(self, places: Codes) -> list[Codes]:
        return _blocks(places, self.draws)


def _blocks(places: Codes, draws: int) -> list[Codes]:
    size = max(1, _CELLS // draws)
    return [places[i : i + size] for i in range(0, places.size, size)]


def tail_of(level: float) -> float:
    """The share below an interval of this level."""
    return 0.5 * (1.0 - one_number("level", level, LEVEL))


def sources_of(include: object) -> frozenset[Source]:
    """The sources that are named, each one of the three."""
    given = (include,) if isinstance(include, str) else tuple(cast("Sequence[Any]", include))
    for name in given:
        if name not in SOURCES:
            raise unknown_choice("include", name, SOURCES)
    if not given:
        rule = "must name at least one of parameters, customers, chance"
        raise InputError("empty", "include", include, rule, "Leave it out for all three.")
    return frozenset(cast("tuple[Source, ...]", given))


def require_apart(sources: frozenset[Source]) -> None:
    """Refuse one of customers and chance without the other, where the two are not told apart."""
    if len(sources & {"customers", "chance"}) == 1:
        raise _not_apart(sources)


def _not_apart(sources: frozenset[Source]) -> InputError:
    rule = "must name both customers and chance, or none: a curve does not say how customers differ"
    way_out = "Leave it out for all three, or ask for the parameters alone."
    return InputError("not-supported", "include", sorted(sources), rule, way_out)
