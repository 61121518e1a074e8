"""How sure is a figure of each customer, of a segment, of the base: from three sources, each by its name.

*Parameters*: a model is estimated from so many customers. *Customers*: two with one history differ in how
often they buy and how easily they leave. *Chance*: what one does who buys so often. The mean of a figure is
the same whichever are counted; its interval is not, and of a total the parameters' part does not shrink
with the number of customers, since all of them share it. So totals are summed draw by draw, never from the
intervals of customers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal, cast

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.domains import whole_number
from retainkit.draws import Draws
from retainkit.errors import InputError, unknown_choice, wrong_shape
from retainkit.inference.spread import (
    DRAWS,
    SOURCES,
    Estimate,
    Expectation,
    Sampler,
    Source,
    Spread,
    of_each,
    of_entries,
    plain,
    tail_of,
    with_draws,
)
from retainkit.protocols import data_of, model_of
from retainkit.records import Record
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array


class Spreads(Record):
    """A result whose total is known with draws: `interval`, `draws`, and how it says so."""

    __slots__ = ()

    spread: Spread | None

    def _known(self) -> Spread:
        if self.spread is None:
            rule = "needs the models behind the figures, which JSON does not hold"
            raise InputError("not-supported", type(self).__name__, "its interval", rule, "Keep the object.")
        return self.spread

    def interval(self, level: float = 0.9, *, include: Sequence[Source] = SOURCES, by: Any = None) -> Any:
        """The interval of the total; of each customer with ``by="customer"``; or of each segment.

        Parameters
        ----------
        level : float in (0, 1)
        include : some of "parameters", "customers", "chance"
            What is counted as not known. Without customers and chance it is the interval of an expectation.
        by : "customer", or a column with the segment of each customer, optional

        Returns
        -------
        (low, high)
            Two numbers; two columns with ``by="customer"``; a dict of segments to two numbers with a column.
        """
        tail = tail_of(level)
        if isinstance(by, str):
            if by != "customer":
                raise unknown_choice("by", by, ("customer",))
            return self._known().customers(level, include)
        if by is None:
            return _ends(self._known().total(include), tail)
        return {name: _ends(d.values, tail) for name, d in self.draws_by(by, include=include).items()}

    @property
    def draws(self) -> Draws:
        """Draws of the total, from all three sources."""
        return Draws.of(self._known().total(SOURCES))

    def draws_by(self, by: Any, *, include: Sequence[Source] = SOURCES) -> dict[Any, Draws]:
        """Draws of the total of each segment; all share the draws of the parameters.

        Parameters
        ----------
        by : a column with the segment of each customer
        include : as in `interval`
        """
        labels, spread = np.asarray(by), self._known()
        spread.total(include, np.arange(0))  # a misspelt source is told before a column of the wrong length
        if labels.shape != spread.weight.shape:
            rule = f"must have a segment for each of the {spread.weight.size:,} customers"
            raise wrong_shape("by", labels, rule, "Give a column with the rows of the customers.")
        names, codes = np.unique(labels, return_inverse=True)
        places = {name: np.flatnonzero(codes == k) for k, name in enumerate(names.tolist())}
        return {name: Draws.of(spread.total(include, some)) for name, some in places.items()}


def _expected_purchases(model: Any, rows: Any, horizon: Any) -> Array:
    of_each, data = plain(model, rows)
    return of_each.expected_purchases(data, horizon)


@dataclass(frozen=True)
class PurchaseSampler:
    """Purchases of each customer in a horizon."""

    model: Any
    rows: AbstractSummary
    horizon: Any
    draws: int = DRAWS

    @cached_property
    def _ahead(self) -> Expectation:
        ask = partial(_expected_purchases, horizon=self.horizon)
        return Expectation(ask, self.model, self.rows, self.draws)

    def expected(self, places: Codes) -> Array:
        return self._ahead.at(places)

    def drawn(self, places: Codes, rng: np.random.Generator, *, apart: bool = False) -> tuple[Array, Array]:
        del apart  # known with the draws
        own = of_entries(self.model, places, self.draws)
        model, data = plain(own, self.rows.entries(places))
        future = model.sample_given(data, self.horizon, seed=rng)
        return future.expected, future.purchases


@dataclass(frozen=True, slots=True)
class AliveSampler:
    """Whether each is still a customer."""

    model: Any
    rows: AbstractSummary
    horizon: Any
    draws: int = DRAWS

    def expected(self, places: Codes) -> Array:
        own = of_entries(self.model, places, self.draws)
        model, data = plain(own, self.rows.entries(places))
        return model.probability_alive(data, self.horizon)

    def drawn(self, places: Codes, rng: np.random.Generator, *, apart: bool = False) -> tuple[Array, Array]:
        del apart  # known with the draws
        probability = self.expected(places)
        # that he is there or gone is what is not known of the customer; chance adds nothing
        alive = (rng.random(probability.shape) < probability).astype(np.float64)
        return alive, alive


@dataclass(frozen=True, slots=True)
class SpendSampler:
    """The value of each customer's next purchase."""

    model: Any
    rows: AbstractSummary
    draws: int = DRAWS

    def expected(self, places: Codes) -> Array:
        own = of_entries(self.model, places, self.draws)
        model, data = plain(own, self.rows.entries(places))
        return model.expected_spend(data)

    def drawn(self, places: Codes, rng: np.random.Generator, *, apart: bool = False) -> tuple[Array, Array]:
        del apart  # known with the draws
        own = of_entries(self.model, places, self.draws)
        model, data = plain(own, self.rows.entries(places))
        spent = model.sample_given(data, 1.0, seed=rng)
        return spent.expected, spent.total


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prediction(Spreads):
    """A figure of each customer with how sure it is: purchases, the value of a purchase, whether still there.

    Attributes
    ----------
    figure : what it is
    mean : (n,)
        Over all that may be.
    weight : (n,)
        How many customers each row stands for.
    """

    _read_back = False
    _derived = ("total",)

    figure: str
    mean: Array
    weight: Array
    spread: Spread | None = field(compare=False)

    def __len__(self) -> int:
        return self.mean.size

    @property
    def total(self) -> float:
        """Of all customers together."""
        return float((self.mean * self.weight).sum())  # in one order, however weights are stored

    def _row_columns(self) -> Mapping[str, Any]:
        low, high = self.interval(by="customer")
        return {"mean": self.mean, "low": low, "high": high, "weight": self.weight}

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.figure}: {with_interval(self.total, low, high)}"

    __repr__ = __str__


def _made(figure: str, estimate: Estimate, rows: AbstractSummary, horizon: Any, seed: int) -> Sampler:
    # a function and not a closure, so that the answer can be pickled
    return _FIGURES[figure][1](with_draws(estimate, seed), rows, horizon)


def with_interval(value: float, low: float, high: float, level: str = "90%") -> str:
    """``565,813 (90%: 549,000 to 583,000)``: the ends with as many digits as their distance deserves."""
    if not high > low:
        return f"{value:,.6g} ({level}: {low:,.6g} to {high:,.6g})"
    # two digits of the distance: further ones are noise of the draws
    step = 10.0 ** np.floor(np.log10(high - low) - 1.0)
    places = max(0, int(-np.log10(min(step, 1.0)) + 0.5))
    ends = [f"{step * round(end / step):,.{places}f}" for end in (low, high)]
    return f"{value:,.{places}f} ({level}: {ends[0]} to {ends[1]})"


_FIGURES: dict[str, tuple[str, Callable[[Any, AbstractSummary, Any], Sampler]]] = {
    "purchases": ("expected_purchases", PurchaseSampler),
    "alive": ("probability_alive", AliveSampler),
    "spend": ("expected_spend", lambda model, rows, _: SpendSampler(model, rows)),
}


def predict(
    estimate: Estimate,
    data: Any,
    figure: Literal["purchases", "alive", "spend"] = "purchases",
    *,
    horizon: Any = None,
    seed: int = 0,
) -> Prediction:
    """A figure of each customer at hand, and how sure it is: of one, of a segment, of all.

    `Prediction.interval` counts three sources, each by its name: that parameters are estimated, that
    customers with one history differ, and chance. Draws are exact: the customer's own rates given the
    history, then what he does; for more than 5,000 customers the sum of these is normal. Parameters come
    with at most 400 of their draws.

    Raises `InputError` for a model that does not answer the question, and a horizon that is missing or not
    above 0.

    Parameters
    ----------
    estimate : Posterior, Fit or model
        A fit by its normal approximation; the parameters of a model count as known.
    data : the summary that the model is for, or a table's; with covariates `Described`
        Of a table with a holdout the whole observation; ``tx.calibration`` has what was known before it.
    figure : {"purchases", "alive", "spend"}
        Purchases in the horizon after observation; whether still a customer at its end (now without one); the
        value of a purchase.
    horizon : float (in the model's unit) or Duration
    seed : int
        Of the random numbers, so that the same question has the same answer; no Generator, which would go on.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> customers = truth.sample(T=[52.0] * 1000, seed=1)
    >>> known = rk.posterior(rk.BGNBD, customers, seed=2)
    >>> ahead = rk.inference.predict(known, customers, "purchases", horizon=26.0)
    >>> narrow, wide = ahead.interval(include=["parameters"]), ahead.interval()
    >>> narrow[1] - narrow[0] < wide[1] - wide[0]
    True
    """
    if figure not in _FIGURES:
        raise unknown_choice("figure", figure, tuple(_FIGURES))
    question, start = _FIGURES[figure][0], whole_number("seed", seed, 0, way_out="For example seed=1.")
    model: Any = model_of(cast("Any", estimate))
    kind = cast("type[object]", type(model))
    # covariates stand around the model that answers
    if not hasattr(cast("type[object]", type(getattr(model, "base", model))), question):
        rule = f"must answer {question}, which {kind.__name__} does not"
        raise InputError("not-a-model", "estimate", kind.__name__, rule, "Ask a model of that figure.")
    if figure == "purchases" and horizon is None:
        raise InputError("missing-argument", "horizon", horizon, "must be given", "For example horizon=39.0.")
    rows = data_of(data, model.data_kind, "data", kind.__name__)
    ahead = 0.0 if horizon is None else horizon
    sampler, alike = partial(_made, figure, estimate, rows, ahead, start), not of_each(model)
    spread = Spread(sampler, rows, start, alike=alike)
    mean = spread.mean()
    if not np.isfinite(mean).all():
        rule = "must be shorter here: these customers buy for ever, and infinitely often"
        raise InputError("infinite-value", "horizon", horizon, rule, "Give a finite horizon.")
    return Prediction(figure, mean, rows.weight, spread)


def _ends(draws: Array, tail: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return float(low), float(high)
