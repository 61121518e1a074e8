"""What the customers at hand are worth: one row a customer, and the base as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, cast, overload

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.inference.prediction import (
    AliveSampler,
    PurchaseSampler,
    SpendSampler,
    Spreads,
    with_interval,
)
from retainkit.inference.spread import DRAWS, Expectation, Spread, of_each, of_entries, with_draws
from retainkit.ingest import LazyTransactionSummary
from retainkit.models.average import ModelAverage
from retainkit.models.sampled import SampledFuture
from retainkit.plurals import counted
from retainkit.protocols import DataOf, ModelOf, PurchaseProcess, SpendProcess, data_of, parameter_shape
from retainkit.rates import Rate
from retainkit.summaries import AbstractSummary, Spend
from retainkit.tables.read import keyed
from retainkit.typing import Array, NumberLike
from retainkit.units import Duration
from retainkit.valuation._given import ids_of, refuse_spend, with_spend
from retainkit.valuation._stays import how_many_draws
from retainkit.valuation.inputs import (
    Spending,
    active_in_words,
    by_draw,
    check_horizon,
    check_purchasing,
    check_rate,
    check_spend,
    share_in_words,
    uncertain_margin_share,
    uncertain_spend,
)
from retainkit.valuation.lazy_customers import LazyCustomerValue, value_in_engine


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CustomerValue(Spreads):
    """Residual value of each customer: margin still to come within the horizon, discounted to today.

    Today is the end of observation. Past purchases and acquisition cost are not in it.

    Attributes
    ----------
    customers : the ids, in the caller's dataframe kind
    probability_alive : (n,)
        That the customer is still one, at the end of observation.
    expected_purchases : (n,)
        Within the horizon, not discounted.
    expected_spend : (n,) money
        Per purchase.
    value : (n,) money
        margin × expected spend × discounted expected purchases.
    weight : (n,)
        How many customers each row stands for.
    """

    _derived = ("total", "mean", "expected_active")

    customers: Any
    probability_alive: Array
    expected_purchases: Array
    expected_spend: Array
    value: Array
    weight: Array
    margin_share: float | Draws
    discount_rate: Rate
    horizon: Duration
    id_name: str = "customer_id"
    spread: Spread | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return self.value.size

    @property
    def total(self) -> float:
        """Value of the whole base."""
        return float((self.value * self.weight).sum())  # in one order, however the weights are stored

    @property
    def mean(self) -> float:
        """Value of an average existing customer; NaN where there is none."""
        customers = float(self.weight.sum())
        return self.total / customers if customers else math.nan

    @property
    def expected_active(self) -> float:
        """How many customers are probably still customers: the sum of their probabilities."""
        return float((self.probability_alive * self.weight).sum())

    @property
    def _columns(self) -> dict[str, Array]:
        columns = {
            "probability_alive": self.probability_alive,
            "expected_purchases": self.expected_purchases,
            "expected_spend": self.expected_spend,
            "value": self.value,
        }
        # a column of ones would only raise the question of what it is
        return columns if np.all(self.weight == 1.0) else {**columns, "weight": self.weight}

    def _row_columns(self) -> dict[str, Any]:
        return keyed("customer_id", {self.id_name: self.customers}, self._columns)

    def _beside(self) -> Any:
        return self.customers

    def __str__(self) -> str:
        total = f"{self.total:,.2f}"
        if self.spread is not None and self.spread.told:
            total = with_interval(self.total, *self.interval())
        return (
            f"CustomerValue of {counted(self.weight.sum(), 'customer', spec=',.0f')}: "
            f"{total} in all, "
            f"{self.mean:,.2f} each, {active_in_words(self.expected_active, float(self.weight.sum()))}\n"
            f"  margin {share_in_words(self.margin_share)}, discount {self.discount_rate}, "
            f"horizon {self.horizon}, from the end of observation; past purchases not counted"
        )

    __repr__ = __str__


@overload
def value_customers(  # pyright: ignore[reportOverlappingOverload]  # a lazy summary is told apart first
    customers: LazyTransactionSummary,
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
) -> LazyCustomerValue: ...
@overload
def value_customers(
    customers: DataOf[AbstractSummary],
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
    spend_so_far: DataOf[Spend] | None = None,
) -> CustomerValue: ...
def value_customers(
    customers: DataOf[AbstractSummary],
    purchasing: ModelOf[PurchaseProcess[Any]],
    spend: Spending,
    *,
    margin_share: NumberLike,
    discount_rate: Rate,
    horizon: Duration,
    spend_so_far: DataOf[Spend] | None = None,
) -> CustomerValue | LazyCustomerValue:
    """Residual value of every customer at hand.

    Value = margin × expected spend per purchase × Σ expected purchases in the horizon, each discounted
    from the moment it happens to the end of observation.

    Raises `InputError` for a margin outside [0, 1], a rate or horizon without its unit, an infinite value.

    Parameters
    ----------
    customers : TransactionSummary, or data of the kind of the model: `Purchases`; `Opportunities` for `BGBB`
        Without a table they need a constant `spend`. Of a `LazyTransactionSummary` the engine computes the
        value of each customer, and the result is a `LazyCustomerValue`.
    purchasing : a purchase model, its fit, such as ``fit(BGNBD, tx)``, or its posterior
        A posterior, or a model with draws of its parameters, counts by 400 of them: columns are means over
        them, and the total is told with its interval.
    spend : GammaGamma, its fit or its posterior, or an amount per purchase: constant, or `Draws` of it
    margin_share : float in [0, 1], or `Draws` of it
        Share of spend left after its own costs. It has no default. Draws belong together, first with first,
        with those of spend and of a posterior, and are as many.
    discount_rate : Rate
    horizon : Duration
        ``Duration(float("inf"), "year")`` for all time, with a discount rate above 0.
    spend_so_far : Spend, optional
        What each customer spent so far, where `customers` are columns: a row for each, in their order.

    Examples
    --------
    >>> import retainkit as rk
    >>> customers = rk.Purchases(frequency=[2, 0], recency=[30.4, 0], T=[38.9, 38.9], unit="week")
    >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
    >>> value = rk.value_customers(customers, model, 35.0, margin_share=0.3,
    ...     discount_rate=rk.Rate(0.10, per="year"), horizon=rk.Duration(3, "year"))
    >>> print(value.value.round(2))
    [33.13  5.81]
    >>> low, high = value.interval(0.9, by="customer")  # of what each may bring: customers and chance
    >>> print(bool((low <= value.value).all()), bool((value.value <= high).all()))
    True True
    """
    if isinstance(customers, LazyTransactionSummary):
        refuse_spend(spend_so_far)
        terms_of: Any = {"margin_share": margin_share, "discount_rate": discount_rate, "horizon": horizon}
        return value_in_engine(customers, purchasing, spend, **terms_of, in_memory=value_customers)
    share, rate = uncertain_margin_share(margin_share), check_rate(discount_rate)
    length = check_horizon(horizon)
    process, money = check_purchasing(purchasing), uncertain_spend(spend)
    known = data_of(customers, process.data_kind, "customers", type(process).__name__)
    ids, id_name = ids_of(customers, len(known))
    customers = customers if spend_so_far is None else with_spend(customers, known, spend_so_far)
    drawn = how_many_draws({"purchasing": purchasing, "spend": spend}, margin_share=share)
    draws = min(drawn or DRAWS, DRAWS)
    constant = isinstance(money, float | int | Draws)
    given = (purchasing, by_draw(money, draws) if constant else spend)
    terms = (by_draw(share, draws), rate, length)

    sampler = partial(_sampler, *given, known, None if constant else customers, *terms, draws)
    # what a customer spent so far, or has as parameters, is no part of the history
    alike = constant and parameter_shape(process)[-1:] in ((), (1,))
    spread = Spread(sampler, known, 1, bool(drawn), alike=alike)
    columns = (
        _means(*given, customers, spread, length, draws)
        if any(map(_has_draws, (purchasing, spend)))
        else _columns(customers, known, process, by_draw(money, draws) if constant else money, *terms)
    )
    # checked after, not before: whether customers buy for ever is for the model to say, not for the horizon
    if not np.all(np.isfinite(columns["value"])):
        rule = "must be finite here: without discount these customers buy for ever"
        way_out = "Give a finite horizon or a discount rate above 0."
        raise InputError("infinite-value", "horizon", length, rule, way_out)
    return CustomerValue(
        customers=ids,
        **columns,
        weight=known.weight,
        margin_share=share,
        discount_rate=rate,
        horizon=length,
        id_name=id_name,
        spread=spread,
    )


def _has_draws(given: object) -> bool:
    """Whether it is a posterior, or a model with draws of its parameters."""
    return len(parameter_shape(given)) == 2


def _sampler(
    purchasing: Any,
    spend: Any,
    known: Any,
    customers: Any,
    share: float | Array,
    rate: Rate,
    length: Duration,
    draws: int,
) -> ValueSampler:
    of_money = spend if customers is None else with_draws(spend, 2, draws)
    amounts = None if customers is None else cast("Spend", data_of(customers, Spend, "customers"))
    process = with_draws(purchasing, 1, draws)
    return ValueSampler(process, of_money, known, amounts, share, rate, length, draws)


def _columns(
    customers: Any, known: Any, process: Any, money: Any, share: float | Array, rate: Rate, length: Duration
) -> dict[str, Array]:
    """The figures of each customer at the parameters given, of money its mean."""
    # of two that are drawn together the mean of the product is not that of the means
    if isinstance(money, float | int | np.ndarray):
        amount = cast("Array", np.asarray(money))
        per_purchase, margin = (np.full(len(known), v.mean()) for v in (amount, np.asarray(share * amount)))
    else:
        per_purchase = expected_spend(customers, money, len(known))
        margin = np.mean(share) * per_purchase
    discounted = process.discounted_expected_purchases(known, rate, length)
    return {
        "probability_alive": process.probability_alive(known),
        # undiscounted, for people: how many purchases the value stands for
        "expected_purchases": process.expected_purchases(known, length),
        "expected_spend": per_purchase,
        # spend is independent of the timing of purchases by assumption, so that means multiply
        "value": margin * discounted,
    }


def _means(
    purchasing: Any, spend: Any, customers: Any, spread: Spread, length: Duration, draws: int
) -> dict[str, Array]:
    """The same over all draws of the parameters, some customers at a time."""
    known, drawn = cast("AbstractSummary", spread.summary), cast("Any", with_draws(purchasing, 1, draws))

    def mean_of(sampler: Any, rows: AbstractSummary = known) -> Array:
        return Spread(lambda: sampler, rows, 1, alike=not of_each(sampler.model)).mean()

    if _has_draws(spend):
        amounts = data_of(customers, cast("Any", Spend), "customers")
        per_purchase = mean_of(SpendSampler(with_draws(spend, 2, draws), amounts, draws), amounts)
    else:
        mean = float(spend.mean()) if isinstance(spend, np.ndarray) else spend
        per_purchase = expected_spend(customers, check_spend(mean), len(known))
    return {
        "probability_alive": mean_of(AliveSampler(drawn, known, 0.0, draws)),
        # inf where a horizon without end means infinitely many in one of the draws
        "expected_purchases": mean_of(PurchaseSampler(drawn, known, length, draws)),
        "expected_spend": per_purchase,
        "value": spread.mean(),
    }


@dataclass(frozen=True)
class ValueSampler:
    """Draws of each customer's value: margin × value of purchases to come × these, discounted.

    A margin, and a spend that is no model, are numbers or (draws, 1).
    """

    purchasing: Any
    spend: Any
    rows: AbstractSummary
    amounts: Spend | None
    margin_share: float | Array
    discount_rate: Rate
    horizon: Duration
    draws: int = DRAWS

    @cached_property
    def _ahead(self) -> Expectation:
        return Expectation(
            lambda m, rows: m.discounted_expected_purchases(rows, self.discount_rate, self.horizon),
            self.purchasing,
            self.rows,
            self.draws,
        )

    def expected(self, places: Codes) -> Array:
        return self.margin_share * self._per_purchase(places) * self._ahead.at(places)

    def _per_purchase(self, places: Codes) -> Any:
        if self.amounts is None:
            return self.spend
        return of_entries(self.spend, places, self.draws).expected_spend(self.amounts.entries(places))

    def drawn(self, places: Codes, rng: np.random.Generator, *, apart: bool = False) -> tuple[Array, Array]:
        del apart  # known with the draws
        rows = self.rows.entries(places)
        purchasing = of_entries(self.purchasing, places, self.draws)
        future = purchasing.sample_given(rows, self.horizon, seed=rng, discount_rate=self.discount_rate)
        if self.amounts is None:
            scale = self.margin_share * self.spend
            return scale * future.expected, scale * future.discounted
        spend = of_entries(self.spend, places, self.draws)
        spent = spend.sample_given(self.amounts.entries(places), future.purchases, seed=rng)
        # of an average of models each draw has the shape of its own
        p = spend.beside(_shape) if isinstance(spend, ModelAverage) else _shape(spend)
        worth = spent.total * _mean_discount(future, p, rng)
        return self.margin_share * spent.expected * future.expected, self.margin_share * worth


def _shape(model: Any) -> Array:
    return np.asarray(model.p)


def _mean_discount(future: SampledFuture, p: Array, rng: np.random.Generator) -> Array:
    """The discounts of the purchases that were drawn, each weighed by its part of what is spent on all.

    Of n gamma values of shape p the parts are Dirichlet(p, …, p) and independent of the sum, so that the mean
    discount m = Σδ/n has around it a variance (Σδ²/n − m²)/(n·p + 1). It is drawn as a beta variable, which
    lies between 0 and 1 as discounts do.
    """
    n = np.maximum(future.purchases, 1.0)
    mean = future.discounted / n
    variance = np.maximum(future.squared / n - mean**2, 0.0) / (n * p + 1.0)
    # one purchase has all, and without a discount all parts count alike; below rounding nothing varies
    varies = variance > 1e-14 * mean**2
    tight = mean * (1.0 - mean) / np.where(varies, variance, 1.0) - 1.0
    varies &= tight > 0.0
    shapes = (np.where(varies, part * tight, 1.0) for part in (mean, 1.0 - mean))
    return np.where(varies, rng.beta(*shapes), mean)


def expected_spend(
    customers: DataOf[AbstractSummary], spend: SpendProcess[Spend] | float, entries: int
) -> Array:
    """(entries,) money per purchase of each customer."""
    if isinstance(spend, float | int):
        return np.full(entries, spend)
    if isinstance(customers, AbstractSummary):
        kind = type(customers).__name__
        # a spend model weighs each customer's own average, and a summary of purchases does not hold it
        rule = f"as a model needs what each customer spent so far, which {kind} do not tell"
        way_out = "Pass the TransactionSummary, or a constant spend such as spend.expected_spend_new()."
        raise InputError("missing-argument", "spend", spend, rule, way_out)
    return spend.expected_spend(data_of(customers, Spend, "customers"))
