"""Purchase models of customers whose orders are known to the month, week or quarter only.

The likelihood of counts by period is that of exact times, averaged over where in its period each order may
have been. A model whose orders come at random needs of the times the first and the last alone; given the
counts these are the least and the greatest of uniform moments, so that ln L = ln ∬ L(x, t_x, T) f(first)
f(last) is a sum over a few nodes. Customers are taken to come evenly through their first period. One moment
in place of all that are possible, the middle or the expected one, is another likelihood, and a biased one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, final

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.columns import keeps_labels
from retainkit.domains import POSITIVE, generator
from retainkit.errors import InputError
from retainkit.models.base import AbstractModel, entries_of
from retainkit.models.family import AbstractFamily, AbstractFamilyAround, AnyFamily, family_of
from retainkit.models.purchasing.base import AbstractPurchaseModel, Horizon
from retainkit.models.sampled import SampledFuture, draws_at_a_time
from retainkit.protocols import DataOf
from retainkit.rates import Rate
from retainkit.summaries import AbstractSummary, Purchases, PurchasesInPeriods
from retainkit.summaries.in_periods import Nodes
from retainkit.typing import Array, NumberLike, Plain, Real, Unit
from retainkit.units import Duration

B = TypeVar("B", bound=AbstractPurchaseModel)


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InPeriods(AbstractModel[PurchasesInPeriods], Generic[B]):
    """A purchase model for orders that are counted by period; made by fitting `in_periods`.

    Its parameters and its answers about new customers are those of the model within.

    Parameters
    ----------
    base : BGNBD, MBGNBD, ParetoNBD, GammaGompertzNBD or NBD
    """

    base: B

    data_kind: ClassVar[type[Any]] = PurchasesInPeriods
    whole_periods: ClassVar[bool] = False

    def __post_init__(self) -> None:
        AbstractModel.__post_init__(self)  # pyright: ignore[reportUnknownMemberType]
        check_base(type(self.base), type(self.base).__name__)
        if entries_of(type(self.base).__name__, self.base.parameters) is not None:
            rule, way_out = "must have one number for each parameter", "Ask once for each kind of customer."
            raise InputError("wrong-shape", "base", self.base.parameters, rule, way_out)
        self._count_as(self.base)

    def log_likelihood_and_score(self, data: DataOf[PurchasesInPeriods]) -> tuple[Array, Array]:
        nodes = self._rows(data).nodes()
        value, score = self.base.log_likelihood_and_score(nodes.purchases)
        total, share = _mixed(value + nodes.log_weight, nodes.start, nodes.place)
        # the score of a mean is the mean of scores by what each node has of the likelihood
        return total, np.add.reduceat(score * share, nodes.start, axis=-1)

    def log_likelihood(self, data: DataOf[PurchasesInPeriods]) -> Array:
        nodes = self._rows(data).nodes()
        return _mixed(self.base.log_likelihood(nodes.purchases) + nodes.log_weight, nodes.start, nodes.place)[
            0
        ]

    # -- predictions --------------------------------------------------------------------------------

    @keeps_labels
    def probability_alive(self, data: DataOf[PurchasesInPeriods], horizon: Horizon = 0.0) -> Array:
        """Probability that each customer is still a customer `horizon` after the end of observation."""
        return self._mean(data, lambda rows: self.base.probability_alive(rows, _one(horizon)))

    @keeps_labels
    def expected_purchases(self, data: DataOf[PurchasesInPeriods], horizon: Horizon) -> Array:
        """Expected number of purchases of each customer in the `horizon` after observation, one for all."""
        return self._mean(data, lambda rows: self.base.expected_purchases(rows, _one(horizon)))

    @keeps_labels
    def probability_no_purchase(self, data: DataOf[PurchasesInPeriods], horizon: Horizon) -> Array:
        """Probability that each customer buys nothing in the `horizon` after observation, one for all."""
        return self._mean(data, lambda rows: self.base.probability_no_purchase(rows, _one(horizon)))

    @keeps_labels
    def purchase_pmf_given(self, data: DataOf[PurchasesInPeriods], n: float, horizon: Horizon) -> Array:
        """Probability that each customer buys `n` times in the `horizon` after observation, one for all."""
        return self._mean(data, lambda rows: self.base.purchase_pmf_given(rows, n, _one(horizon)))

    @keeps_labels
    def discounted_expected_purchases(
        self, data: DataOf[PurchasesInPeriods], discount_rate: Rate, horizon: Horizon = math.inf
    ) -> Array:
        """The same, each discounted to the end of observation."""
        return self._mean(
            data,
            lambda rows: self.base.discounted_expected_purchases(rows, discount_rate, _one(horizon)),
        )

    def expected_purchases_new(self, horizon: Horizon) -> Real:
        """Expected repeat purchases of a customer just acquired, in the `horizon` after that."""
        return self.base.expected_purchases_new(horizon)

    def discounted_expected_purchases_new(self, discount_rate: Rate, horizon: Horizon = math.inf) -> Real:
        """The same, each discounted to the acquisition."""
        return self.base.discounted_expected_purchases_new(discount_rate, horizon)

    def _mean(self, data: DataOf[PurchasesInPeriods], ask: Callable[[Purchases], Array]) -> Array:
        """The answer of the model within, over where the orders may have been given all that is known."""
        rows, place = self._rows(data).distinct()  # equal histories have equal answers, and many nodes each
        nodes = rows.nodes()
        value = self.base.log_likelihood(nodes.purchases)
        _, share = _mixed(value + nodes.log_weight, nodes.start, nodes.place)
        answer = np.where(share > 0.0, ask(nodes.purchases), 0.0)  # 0 · ∞ where a node is impossible
        return np.take(np.add.reduceat(share * answer, nodes.start, axis=-1), place, axis=-1)

    # -- simulator ----------------------------------------------------------------------------------

    @keeps_labels
    def sample_given(
        self,
        data: DataOf[PurchasesInPeriods],
        horizon: Horizon,
        *,
        seed: int | np.random.Generator,
        discount_rate: Rate | None = None,
    ) -> SampledFuture:
        """What each customer does in the `horizon` after observation, drawn from all that it may be.

        First where in their periods the orders may have been, then as the model within. One horizon for all.
        """
        rows, entry = self._rows(data).distinct()
        nodes, rng, asked = rows.nodes(), generator(seed), _one(horizon)
        lead = np.broadcast_shapes(*(np.shape(v)[:-1] for v in self.parameters.values()))
        found = [np.zeros((*lead, entry.size)) for _ in range(4)]
        for some, part in draws_at_a_time(self, (*lead, nodes.place.size)):
            place = part._placed(nodes, entry, rng)
            told = nodes.purchases
            cells = Purchases(
                frequency=told.frequency[place.ravel()],
                recency=told.recency[place.ravel()],
                T=told.T[place.ravel()],
                unit=told.unit,
            )
            # each draw has put each customer's orders elsewhere: every cell is an entry of its own
            each = [
                np.broadcast_to(v, place.shape).ravel() if np.ndim(v) else v for v in part.parameters.values()
            ]
            base = part.base.family.of(each, unit=self.unit)
            drawn = base.sample_given(cells, asked, seed=rng, discount_rate=discount_rate)
            made_each = drawn.purchases, drawn.discounted, drawn.expected, drawn.squared
            for target, made in zip(found, made_each, strict=True):
                target[some] = made.reshape(place.shape)
        return SampledFuture(*found)

    def _placed(self, nodes: Nodes, entry: Codes, rng: np.random.Generator) -> Codes:
        """A node of each customer's, drawn by its share of the likelihood: (draws…, entries)."""
        value = self.base.log_likelihood(nodes.purchases)
        _, share = _mixed(value + nodes.log_weight, nodes.start, nodes.place)
        reach = np.cumsum(share, axis=-1).reshape(-1, share.shape[-1])  # 1 more with every entry
        level = entry + rng.random((len(reach), entry.size))
        place = np.empty(level.shape, np.intp)
        for row in range(len(reach)):
            place[row] = np.searchsorted(reach[row], level[row])
        last = np.append(nodes.start[1:], nodes.place.size) - 1
        place = np.clip(place, nodes.start[entry], last[entry])  # the sums are rounded
        return place.reshape(*share.shape[:-1], entry.size)

    @keeps_labels
    def sample(self, T: NumberLike, *, seed: int | np.random.Generator) -> PurchasesInPeriods:
        """Simulate one customer for each entry of `T`, whole periods from that of the first order on."""
        length, rng = np.atleast_1d(POSITIVE.check("T", T)), generator(seed)
        born = rng.uniform(size=length.shape)
        told = self.base.sample(length - born, seed=rng)
        last = np.floor(born + told.recency)
        inner = np.maximum(told.frequency - 1.0, 0.0).astype(np.intp)
        owner = np.repeat(np.arange(inner.size), inner)
        # given the first and the last, the others are uniform between them
        when = np.floor(born[owner] + rng.uniform(size=owner.size) * told.recency[owner])
        bought, one = told.frequency > 0, last == 0
        first = 1.0 + np.bincount(owner, when == 0, inner.size)
        final = 1.0 + np.bincount(owner, when == last[owner], inner.size)
        orders = told.frequency + 1.0
        return PurchasesInPeriods(
            frequency=told.frequency,
            recency=last,
            T=length,
            in_first=np.where(one, orders, first),
            in_last=np.where(one, orders, np.where(bought, final, 1.0)),
            unit=self.unit,
        )

    # -- the record ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Real]:
        return self.base.parameters

    @property
    def family(self) -> AnyFamily:
        return PeriodFamily(self.base.family)

    @classmethod
    def of_record(cls, record: Plain, base: B) -> InPeriods[B]:
        """The model that `model_dump` wrote, around the model within that was read already."""
        return cls(base, unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within."""
        return {"model": "InPeriods", "base": self.base.model_dump(), "unit": self.unit}


def _one(horizon: Horizon) -> Horizon:
    """A single horizon: what each customer has of it would be one for each node."""
    if not isinstance(horizon, Duration) and np.ndim(horizon):
        way_out = "Ask for one horizon at a time."
        raise InputError("wrong-shape", "horizon", horizon, "must be one number", way_out)
    return horizon


def _mixed(value: Array, start: Codes, place: Codes) -> tuple[Array, Array]:
    """ln Σ e^value over the nodes of each entry, and each node's share of it."""
    top = np.maximum.reduceat(value, start, axis=-1)
    each = np.exp(value - np.take(top, place, axis=-1))
    total = np.add.reduceat(each, start, axis=-1)
    return top + np.log(total), each / np.take(total, place, axis=-1)


@dataclass(frozen=True, slots=True)
class PeriodFamily(AbstractFamilyAround[InPeriods[B], B]):
    """All models of one form for orders by period; made by `in_periods`."""

    base: AbstractFamily[B]

    @property
    def _around(self) -> str:
        return " in periods"

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return PurchasesInPeriods

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        return {}  # covariates would give each customer, and so each node, parameters of their own

    def values_of(self, model: Any) -> list[Real]:
        return self.base.values_of(model.base)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> InPeriods[B]:
        return InPeriods(self.base.of(values, unit), unit=unit)


def in_periods(model: type[B] | AbstractFamily[B]) -> PeriodFamily[B]:
    """A purchase model for orders that are counted by month, week or quarter, to be given to `fit`.

    Its likelihood knows that times are known to the period only: in simulated months it finds the parameters
    that the exact days give, where the expected moment of each order put in its place is off by as much as
    half (alpha .89 instead of .60 at two orders a month).

    Parameters
    ----------
    model : BGNBD, MBGNBD, ParetoNBD, GammaGompertzNBD or NBD
        In these orders come at random while a customer is one, so that no times but the first and the last
        count. `BGBB` counts periods with an order, and takes the summary as it is.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.models.InPeriods(rk.BGNBD(r=1.2, alpha=0.6, a=0.8, b=3.0, unit="month"))
    >>> fitted = rk.fit(rk.in_periods(rk.BGNBD), truth.sample([12.0] * 4000, seed=1))
    >>> abs(fitted.model.parameters["alpha"] - 0.6) < 3 * fitted.standard_errors["alpha"]
    True
    """
    family = family_of(model)
    check_base(getattr(family.form, "kind", None), family.name)
    return PeriodFamily(family)


def check_base(kind: type[Any] | None, name: str) -> None:
    """Only models whose orders come at random: in others their regularity is what is known of the times."""
    if kind is None or kind.__name__ not in ("BGNBD", "MBGNBD", "ParetoNBD", "GammaGompertzNBD", "NBD"):
        rule = "must be BGNBD, MBGNBD, ParetoNBD, GammaGompertzNBD or NBD, whose orders come at random"
        way_out = "Take BGNBD; or BGBB without in_periods, which counts periods with an order."
        raise InputError("not-a-model", "model", name, rule, way_out)
