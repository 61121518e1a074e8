"""What customers may do from now on, drawn from what is known of them: the answers of `sample_given`.

What a customer will do is uncertain for three reasons. Parameters: a model with draws of them, of shape
(draws, 1). The customer: how often he buys and how easily he leaves, given his history. Chance: what one does
who buys so often and leaves so easily. A draw holds the last two apart: `expected` knows the customer and not
yet what chance brings, so that its spread is that of customers, and the spread around it is chance's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, final

import numpy as np

from retainkit._numerics.decaying_sums import geometric_sum
from retainkit._numerics.processes.arrivals import Process
from retainkit.models.base import AnyModel
from retainkit.plurals import counted
from retainkit.records import Record, read_only
from retainkit.typing import Array, Real

M = TypeVar("M", bound=AnyModel)

Pick: TypeAlias = Callable[[Real], Array]
"""Values that broadcast to (draws…, entries) -> those of the customers that are drawn, (customers,)."""

Own: TypeAlias = Callable[[Array, Array, float], Real]
"""Tenures and forces of discount, (n,), renewals that count -> what each customer may be expected to pay."""

_BLOCK = 1 << 20  # entries times draws of which anything but the answer is held at once
_PIECE = 1 << 15  # customers drawn at once: a dozen such arrays stay in cache


class AbstractSampled(Record):
    """Draws for each entry of the data: (n,), or (draws, n) where the parameters have draws."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for values in self._drawn().values():
            read_only(values)

    def _drawn(self) -> dict[str, Array]:
        return {n: values for n in self._names() if (values := getattr(self, n)) is not None}

    def _row_columns(self) -> Mapping[str, Any]:
        """A row for each entry of the data: what was drawn, or its mean over the draws."""
        drawn = self._drawn().items()
        return {n: c.mean(axis=tuple(range(c.ndim - 1))) if c.ndim > 1 else c for n, c in drawn}

    def _total(self, name: str) -> float:
        """Of all entries together, the mean over the draws."""
        values = np.asarray(getattr(self, name))
        return float(values.sum()) / max(1, int(np.prod(values.shape[:-1])))

    def _counted(self) -> str:
        *draws, entries = next(iter(self._drawn().values())).shape
        return counted(entries, "entry", "entries") + (
            f", {counted(int(np.prod(draws)), 'draw')}" if draws else ""
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self}"


@final
@dataclass(frozen=True, eq=False, repr=False)
class SampledFuture(AbstractSampled):
    """What customers who leave without telling do in a horizon, drawn: ``sample_given`` of purchase models.

    Attributes
    ----------
    purchases : (n,), or (draws, n)
        Purchases that are made: whole numbers, 0 of those who have left.
    discounted : same shape
        The same, each discounted from its moment to the end of observation; without a discount the same.
    expected : same shape
        The mean of `discounted` for the customer that was drawn: 0 of one who has left, else that of one who
        buys at just that rate and leaves just that easily.
    squared : same shape
        The sum of the squares of those discounts: purchases of unlike values vary by it.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> customers = rk.Purchases(frequency=[2] * 5000, recency=[30] * 5000, T=[39] * 5000, unit="week")
    >>> future = model.sample_given(customers, 52, seed=1)
    >>> print(future)
    5,000 entries: 7,662 purchases, 7,715.5 expected of the customers drawn
    >>> both, customer = future.purchases.var(), future.expected.var()
    >>> print(f"sd {both**0.5:.2f}; of customers alone {customer**0.5:.2f}")
    sd 1.99; of customers alone 1.49
    """

    purchases: Array
    discounted: Array
    expected: Array
    squared: Array

    def __str__(self) -> str:
        made, expected = self._total("purchases"), self._total("expected")
        bought = counted(made, "purchase", spec=",.6g")
        return f"{self._counted()}: {bought}, {expected:,.6g} expected of the customers drawn"


@final
@dataclass(frozen=True, eq=False, repr=False)
class SampledSpend(AbstractSampled):
    """What customers spend on purchases to come, drawn: ``sample_given`` of `GammaGamma`.

    Attributes
    ----------
    total : (n,), or (draws, n)
        Money spent on all the purchases; 0 for none.
    expected : same shape
        The customer's own mean per purchase, whether any are made or not.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> customers = rk.Spend(frequency=[2] * 5000, monetary_value=[22.35] * 5000)
    >>> spent = model.sample_given(customers, purchases=3, seed=1)
    >>> print(spent)
    5,000 entries: 371,135 spent, at 24.82 a purchase of the customers drawn
    """

    total: Array
    expected: Array

    def __str__(self) -> str:
        spent, mean = self._total("total"), self._total("expected") / max(1, np.shape(self.expected)[-1])
        return f"{self._counted()}: {spent:,.6g} spent, at {mean:,.4g} a purchase of the customers drawn"


@final
@dataclass(frozen=True, eq=False, repr=False)
class SampledStay(AbstractSampled):
    """How long subscribers stay, and what they still pay, drawn: ``sample_given`` of contractual models.

    Attributes
    ----------
    lifetime : (n,), or (draws, n)
        Tenure at leaving; ``inf`` of those who never leave.
    payments : same shape
        Renewals still paid within the horizon: whole numbers.
    discounted : same shape
        The same, each discounted to the instant asked for; without a discount, the payments.
    expected : same shape, or None
        The mean of `discounted` for the customer that was drawn: of a model whose customers differ by his own
        rate of leaving, else what is expected of all of his tenure. None where it was not asked for, and
        under a hazard ratio on customers who differ, which says of their curve and not of each what it does.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.ShiftedBetaGeometric(alpha=0.764, beta=1.296)
    >>> asked = {"discount_rate": 0.1, "instant": "before-renewal", "horizon": 60}
    >>> stay = model.sample_given([1] * 5000, **asked, seed=1)
    >>> print(stay)
    5,000 entries: 53,160 payments, 19,763.3 in today's money
    >>> both, customer = stay.discounted.var(), stay.expected.var()
    >>> print(f"sd {both**0.5:.2f}; of customers alone {customer**0.5:.2f}")
    sd 3.87; of customers alone 3.03
    """

    lifetime: Array
    payments: Array
    discounted: Array
    expected: Array | None

    def __str__(self) -> str:
        paid, worth = self._total("payments"), self._total("discounted")
        return f"{self._counted()}: {counted(paid, 'payment', spec=',.6g')}, {worth:,.6g} in today's money"


def sample_future(
    model: M,
    rng: np.random.Generator,
    span: Array,
    force: float,
    *,
    alive: Callable[[M], Array],
    latent: Callable[[M, np.random.Generator, Pick], Process],
) -> SampledFuture:
    """Draw who is alive, the customer's own rates of those who are, and what they do in `span`.

    Parameters
    ----------
    span : (n,)
    alive : model -> (draws…, n)
        P(alive) of each entry.
    latent : (model, random numbers, pick) -> process
        Draws the rates of customers who are alive.
    """
    shape = np.broadcast_shapes(*(np.shape(v) for v in model.family.values_of(model)), span.shape)
    purchases, discounted, expected, squared = (np.zeros(shape) for _ in range(4))
    for some, part in draws_at_a_time(model, shape):
        chance = np.broadcast_to(alive(part), purchases[some].shape)
        # who has left does nothing: rates are drawn of the others alone, which saves most of the time
        there = np.flatnonzero(rng.random(chance.shape) < chance)
        for start in range(0, there.size, _PIECE):
            cells = np.unravel_index(there[start : start + _PIECE], chance.shape)
            pick = _picked(cells, chance.shape)
            process, length = latent(part, rng, pick), pick(span)
            expected[some][cells] = process.mean(length, force)
            purchases[some][cells], discounted[some][cells], squared[some][cells] = process.draw(
                rng, length, force
            )
    # without a discount they are one array, not three with the same numbers
    if not force:
        return SampledFuture(purchases, purchases, expected, purchases)
    return SampledFuture(purchases, discounted, expected, squared)


def sample_stay(
    model: M,
    rng: np.random.Generator,
    start: Array,
    force: Array,
    count: float,
    *,
    delay: float,
    lifetimes: Callable[[M, np.random.Generator, Array], tuple[Array, Own | None]],
    apart: bool,
) -> SampledStay:
    """Draw when customers leave who are there at `start`, and what of the next `count` renewals they pay.

    Parameters
    ----------
    delay : periods until the next renewal
    lifetimes : (model, random numbers, tenures) -> tenures at leaving, and what each may be expected to pay
        None in place of the latter where the model does not know.
    apart : bool
        Whether that is asked.
    """
    shape = np.broadcast_shapes(*(np.shape(v) for v in model.family.values_of(model)), start.shape)
    lifetime, expected, known = np.empty(shape), np.empty(shape), apart
    for some, part in draws_at_a_time(model, shape):
        lifetime[some], own = lifetimes(part, rng, np.broadcast_to(start, lifetime[some].shape))
        if own is None:
            known = False
        elif apart:
            expected[some] = np.exp(-force * delay) * own(start, force, count)
    # who leaves in the period that runs, or at its end, does not pay the next one
    payments = np.minimum(np.ceil(lifetime - start) - 1.0, count)
    discounted = np.exp(-force * delay) * geometric_sum(force, payments)
    return SampledStay(lifetime, payments, discounted, expected if known else None)


def _picked(cells: tuple[Any, ...], shape: tuple[int, ...]) -> Pick:
    def pick(values: Real) -> Array:
        array = np.asarray(values, np.float64)
        # one number for all has nothing to look up
        return array if array.ndim == 0 else np.broadcast_to(array, shape)[cells]

    size = cells[0].shape  # of one number there is a view: no array of equal ones is made
    return lambda values: np.broadcast_to(pick(values), size)


def draws_at_a_time(model: M, shape: tuple[int, ...]) -> Iterator[tuple[Any, M]]:
    """The places of some draws, and the model with them alone."""
    if len(shape) == 1:
        yield slice(None), model
        return
    family, size = model.family, max(1, _BLOCK // max(1, int(np.prod(shape[1:]))))
    values = [np.asarray(v) for v in family.values_of(model)]
    for start in range(0, shape[0], size):
        some = slice(start, start + size)
        # parameters of each entry, or one for all, belong to every draw
        part = [v[some] if v.ndim == len(shape) and v.shape[0] > 1 else v for v in values]
        yield some, family.of(part, unit=model.unit)
