"""What subscribers at hand may still pay, drawn: parameters, the customer, chance.

Customers of one model and tenure are one kind: what each pays for a payment of 1 is computed once for a kind,
and counts as often as there are such customers, times what they pay. That of a million is then no more work
than that of a few hundred.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from retainkit._numerics.decaying_sums import geometric_sum
from retainkit._numerics.grouping import Codes
from retainkit.draws import Draws, evenly_thinned
from retainkit.each_draw import draws_among
from retainkit.economics.formulas.survival import curve_of
from retainkit.inference.spread import with_draws
from retainkit.models.base import AbstractModel
from retainkit.models.sampled import SampledStay
from retainkit.protocols import SurvivalProcess, model_of, parameter_shape
from retainkit.rates import Rate
from retainkit.timing import Instant
from retainkit.typing import Array, NumberLike, Real
from retainkit.units import Duration
from retainkit.valuation._outlooks import Outlooks, ahead_of, parameters_of, payments_by_draw, with_parameters
from retainkit.valuation.inputs import check_survival

_KEPT = 1_000_000  # draws times kinds whose expectations are kept for the next question: 8 MB


@dataclass(frozen=True)
class Kinds:
    """Customers by kind, as `Spread` asks for those who are alike."""

    code: Codes
    weight: Array

    def distinct(self) -> tuple[None, Codes]:
        """The kind of each."""
        return None, self.code

    def fingerprint(self) -> dict[str, float]:
        """Numbers of these customers, for their random numbers."""
        return {"": float(self.weight @ np.sqrt(1.0 + self.code)), "weight": float(self.weight.sum())}


@dataclass(frozen=True)
class Terms:
    """How payments count: their discount, when the next one is, and how many are looked at."""

    discount_rate: Rate | NumberLike
    force: float
    instant: Instant
    horizon: Duration | NumberLike
    count: float

    @property
    def delay(self) -> float:
        """Periods until the next renewal."""
        return 1.0 if self.instant == "after-payment" else 0.0


@dataclass(frozen=True)
class StaySampler:
    """Draws of each customer's discounted payments of 1, times the margin where that is drawn.

    Parameters
    ----------
    models : one for each group of customers, such as a plan
        With parameters of shape (draws, 1), numbers, or those of each kind in the group, (kinds,) or (draws,
        kinds); curves, which are the same in all draws.
    group, tenure : (kinds,)
        The kinds of one group stand side by side.
    code : (n,) the kind of each customer
    margin : number or (draws, 1)
    """

    models: tuple[Any, ...]
    group: Codes
    tenure: Array
    code: Codes
    margin: float | Array
    terms: Terms
    draws: int

    def expected(self, places: Codes) -> Array:
        """(draws, places), given the parameters."""
        kinds, place = np.unique(self.code[places], return_inverse=True)
        # with parameters of each customer the table of all would be draws times customers
        if self.draws * self.tenure.size <= _KEPT:
            return self._every[:, kinds][:, place]
        return self._expected(kinds)[:, place]

    @cached_property
    def _every(self) -> Array:
        return self._expected(np.arange(self.tenure.size))

    def _expected(self, kinds: Codes) -> Array:
        found = np.empty((self.draws, kinds.size))
        t = self.terms
        for some, model in self._parts(kinds):
            outlooks = Outlooks(model, self.tenure[kinds[some]], np.arange(some.size))
            found[:, some] = payments_by_draw(
                outlooks, t.discount_rate, t.force, t.instant, t.horizon, t.count
            )
        return self.margin * found

    def drawn(
        self, places: Codes, rng: np.random.Generator, *, apart: bool = False
    ) -> tuple[Array | None, Array]:
        """What each customer once known may be expected to pay, where the model knows, and what he pays."""
        kinds = self.code[places]
        known, paid = np.empty((2, self.draws, places.size))
        for some, model in self._parts(kinds):
            tenure = self.tenure[kinds[some]]
            own, paid[:, some] = (
                self._of_model(model, tenure, rng, apart)
                if isinstance(model, AbstractModel)
                else (None, self._of_curve(model, tenure, rng))
            )
            if own is None:
                apart = False
            else:
                known[:, some] = own
        return self.margin * known if apart else None, self.margin * paid

    def _parts(self, kinds: Codes) -> Iterator[tuple[Codes, Any]]:
        """The places of some kinds by their model, and this with their parameters."""
        first = np.searchsorted(self.group, np.arange(len(self.models)))
        for g in np.unique(self.group[kinds]).tolist():
            some = np.flatnonzero(self.group[kinds] == g)
            yield some, _some_customers(self.models[g], kinds[some] - first[g])

    def _of_model(
        self, model: Any, tenure: Array, rng: np.random.Generator, apart: bool
    ) -> tuple[Array | None, Array]:
        t = self.terms
        columns = [_by_draw(v, self.draws) for v in parameters_of(model)]
        own: Any = with_parameters(model, columns)
        # renewals of those who are there, as what is expected counts them
        stay: SampledStay = own.sample_given(
            tenure,
            seed=rng,
            horizon=t.horizon,
            discount_rate=t.discount_rate,
            instant=t.instant,
            apart=apart,
        )
        return stay.expected, stay.discounted

    def _of_curve(self, curve: Any, tenure: Array, rng: np.random.Generator) -> Array:
        """Of a curve: as many renewals as shares ahead are above a random one."""
        paid = np.empty((self.draws, tenure.size))
        t = self.terms
        for k in np.unique(tenure):
            those = np.flatnonzero(tenure == k)
            ahead = ahead_of(curve, k)
            if math.isfinite(t.count):
                shares = np.asarray(ahead(np.arange(1.0, t.count + 1.0)))
            else:  # as many as change a discounted sum
                shares = curve_of("survival", ahead, math.expm1(t.force)).shares[1:]
            luck = rng.random((self.draws, those.size))
            paid[:, those] = np.searchsorted(-shares, -luck)
        return np.exp(-t.force * t.delay) * geometric_sum(t.force, paid)


def stay_sampler(
    estimates: tuple[Any, ...],
    group: Codes,
    tenure: Array,
    code: Codes,
    margin: float | Array,
    terms: Terms,
    draws: int,
) -> StaySampler:
    """The sampler of models, fits, posteriors or curves."""
    # of two plans the draws are independent: a seed for each
    models = tuple(drawn_model(one, seed, draws) for seed, one in enumerate(estimates, 1))
    return StaySampler(models, group, tenure, code, margin, terms, draws)


def model_at_hand(estimate: Any, argument: str, draws: int) -> SurvivalProcess:
    """The model that tells what is expected of each customer: of a posterior so many of its draws."""
    model = check_survival(estimate, argument)
    return drawn_model(estimate, 1, draws) if len(parameter_shape(model)) == 2 else model


def drawn_model(estimate: Any, seed: int, draws: int) -> Any:
    """The model with so many of its draws, (draws, 1); curves, and what customers have each, as they are."""
    model: Any = model_of(estimate)
    shape = parameter_shape(model)
    if isinstance(cast("object", model), AbstractModel) and (
        not shape or (len(shape) == 2 and shape[1] == 1)
    ):
        return with_draws(estimate, seed, draws)
    if len(shape) < 2:
        return model
    # draws of what each customer has: as many as of all else, and the same ones
    some = evenly_thinned(shape[0], draws)
    values = [np.asarray(v) for v in parameters_of(model)]
    return with_parameters(model, [v[some] if v.ndim == 2 and len(v) > 1 else v for v in values])


def how_many_draws(estimates: Mapping[str, Any], **money: object) -> int:
    """How many draws these have, all as many, or `InputError`; 0 where none are drawn."""
    shapes = {name: parameter_shape(one) for name, one in estimates.items()}
    # draws of what each customer has, (draws, n), count as those of all do
    drawn = {n: Draws.of(np.ones(shape[0])) for n, shape in shapes.items() if len(shape) == 2}
    return draws_among(**{**estimates, **drawn}, **money)


def _some_customers(model: Any, which: Codes) -> Any:
    """The model of some of those whose parameters it has; one that is the same for all is that of each."""
    values = [np.asarray(v) for v in parameters_of(model)]
    if not any(v.ndim and v.shape[-1] > 1 for v in values):
        return model
    return with_parameters(model, [v[..., which] if v.ndim and v.shape[-1] > 1 else v for v in values])


def _by_draw(value: Real, draws: int) -> Array:
    array = np.asarray(value)
    return array if array.ndim == 2 else np.broadcast_to(array, (draws, array.size))
