"""What the subscribers at hand are still worth, by tenure, cohort and in all, and what comes in when."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import labels_of
from retainkit.domains import NOT_NEGATIVE, REAL, one_number, whole_number
from retainkit.draws import Draws
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.errors import InputError
from retainkit.inference.prediction import Spreads, with_interval
from retainkit.inference.spread import DRAWS, Spread
from retainkit.models.contractual.questions import whole_periods
from retainkit.plurals import counted
from retainkit.protocols import DataOf, ModelOf, SurvivalProcess, data_of, parameter_shape
from retainkit.rates import Rate, as_read
from retainkit.records import Record
from retainkit.summaries import Renewals
from retainkit.timing import Instant
from retainkit.typing import Array, NumberLike
from retainkit.units import Duration
from retainkit.valuation._outlooks import (
    Outlooks,
    discounted_payments,
    last_retention,
    outlooks_of,
    parameters_of,
    with_parameters,
)
from retainkit.valuation._stays import Kinds, Terms, how_many_draws, model_at_hand, stay_sampler
from retainkit.valuation.inputs import by_draw, check_each, cohort_names


@dataclass(frozen=True, slots=True, eq=False)
class SubscriptionForecast(Record):
    """What is expected of the customers at hand, by cohort and period; new customers are not in it.

    Attributes
    ----------
    cohort : (cohorts,) labels
    customers : (cohorts, periods)
        Still there after each of the coming renewals.
    leaving : (cohorts, periods)
        Lost at each of them.
    margin : (cohorts, periods)
        Money that comes in with each of them, not discounted.
    """

    cohort: NDArray[np.generic]
    customers: Array
    leaving: Array
    margin: Array

    @property
    def horizon(self) -> int:
        """How many periods it looks ahead."""
        return self.customers.shape[1]

    @property
    def total(self) -> dict[str, Array]:
        """All cohorts together, one value a period."""
        columns = {"customers": self.customers, "leaving": self.leaving, "margin": self.margin}
        return {name: column.sum(axis=0) for name, column in columns.items()}

    @property
    def table(self) -> dict[str, NDArray[np.generic]]:
        """One row a cohort and period, ready for any dataframe."""
        return {
            "cohort": np.repeat(self.cohort, self.horizon),
            "period": np.tile(np.arange(1, self.horizon + 1), len(self.cohort)),
            "customers": self.customers.ravel(),
            "leaving": self.leaving.ravel(),
            "margin": self.margin.ravel(),
        }

    def _row_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        return self.table

    def __str__(self) -> str:
        there, margin = self.total["customers"], self.total["margin"]
        return (
            f"{counted(there[-1], 'customer is', 'customers are', spec=',.0f')} expected to be there after "
            f"{counted(self.horizon, 'renewal')}; "
            f"{margin.sum():,.2f} comes in by then"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SubscriptionBaseValue(Spreads):
    """The remaining value of customers who are there now, one entry per tenure and cohort.

    Of a posterior, and of draws of the margin, figures are means over the draws; ``interval``, ``draws`` and
    ``draws_by`` say how sure the total is, an entry, or a segment of them.

    Attributes
    ----------
    cohort : (n,) labels
    tenure : (n,) renewals made so far
    customers : (n,)
    margin_per_period : (n,) money per customer and period
    remaining_payments : (n,) expected payments still to come from one customer, discounted
    value_per_customer : (n,)
        Remaining value of one customer of each entry, in money of now.
    churn_next : (n,) share that leaves at the next renewal
    naive_value : float
        The same base valued at one retention rate for everybody, margin·r/(1 + d − r): what customers who
        have stayed for long are worth is lost in the mean.
    naive_retention : float
    """

    _derived = ("value", "total", "leaving_next")

    cohort: np.ndarray[Any, Any]
    tenure: Array
    customers: Array
    margin_per_period: Array
    remaining_payments: Array
    value_per_customer: Array
    churn_next: Array
    naive_retention: float
    naive_value: float
    instant: Instant
    discount_rate: Rate | float
    horizon: Duration | float
    survival: SurvivalProcess | None = field(default=None, compare=False)
    spread: Spread | None = field(default=None, compare=False)

    @property
    def value(self) -> Array:
        """Remaining value of each entry, in money of now."""
        return self.customers * self.value_per_customer

    @property
    def total(self) -> float:
        """Remaining value of the whole base, in money of now."""
        return float(self.value.sum())

    @property
    def leaving_next(self) -> Array:
        """How many customers of each entry are expected to leave at the next renewal."""
        return self.customers * self.churn_next

    @property
    def naive_ratio(self) -> float:
        """The naive value as a share of the right one."""
        return self.naive_value / self.total if self.total else math.nan

    @property
    def table(self) -> dict[str, NDArray[np.generic]]:
        """One row an entry, ready for any dataframe."""
        return {
            "cohort": self.cohort,
            "tenure": self.tenure,
            "customers": self.customers,
            "remaining_payments": self.remaining_payments,
            "value_per_customer": self.value_per_customer,
            "value": self.value,
            "leaving_next": self.leaving_next,
        }

    def by_cohort(self) -> dict[str, NDArray[np.generic]]:
        """The same added up by cohort, in the order of their first entries."""
        names, place = _cohorts(self.cohort)
        customers, value, leaving = (
            np.bincount(place, weights=column, minlength=len(names))
            for column in (self.customers, self.value, self.leaving_next)
        )
        return {
            "cohort": names,
            "customers": customers,
            # of a cohort without customers there is no mean
            "value_per_customer": np.divide(
                value, customers, out=np.full(value.shape, np.nan), where=customers > 0.0
            ),
            "value": value,
            "leaving_next": leaving,
        }

    def forecast(self, horizon: int) -> SubscriptionForecast:
        """Customers, churners and margin expected in each of the next periods, by cohort.

        Period 1 begins with the next renewal: its margin is paid by those who renew then.
        """
        if self.survival is None:
            rule, way_out = "needs the survival curve", "Value the base again, or keep the object itself."
            raise InputError("not-supported", "forecast", "a value read from JSON", rule, way_out)
        ahead = np.arange(0.0, whole_number("horizon", horizon, way_out="For example horizon=12.") + 1.0)
        share = outlooks_of(self.survival, self.tenure).shares(ahead)
        names, place = _cohorts(self.cohort)
        there = np.zeros((len(names), ahead.size))
        np.add.at(there, place, self.customers[:, None] * share)
        # from the first renewal on: what was paid now is past, whatever the instant
        margin = np.zeros((len(names), ahead.size - 1))
        np.add.at(margin, place, (self.customers * self.margin_per_period)[:, None] * share[:, 1:])
        # who leaves in a period is the fall of those there, so that the two always add up
        return SubscriptionForecast(names, there[:, 1:], -np.diff(there, axis=1), margin)

    def _row_columns(self) -> dict[str, np.ndarray[Any, Any]]:
        return self.table

    def __str__(self) -> str:
        people = float(self.customers.sum())
        each = f", {self.total / people:,.2f} each" if people else ""
        total = f"{self.total:,.2f}"
        if self.spread is not None and self.spread.told:
            total = with_interval(self.total, *self.interval())
        text = (
            f"{counted(people, 'customer is', 'customers are', spec=',.0f')} worth "
            f"{total} {self.instant}{each}; "
            f"{self.leaving_next.sum():,.1f} are expected to leave next."
        )
        if not self.total:  # of nothing the naive value is no share
            return text
        return (
            f"{text} One retention rate of {self.naive_retention:.1%} for everybody would say "
            f"{self.naive_value:,.2f}, {self.naive_ratio:.1%} of that."
        )

    __repr__ = __str__


def value_by_tenure(
    survival: ModelOf[SurvivalProcess],
    tenure: DataOf[Renewals] | NumberLike,
    customers: NumberLike,
    cohort: NumberLike,
    margin_per_period: NumberLike,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike,
    naive_retention: NumberLike | None,
) -> SubscriptionBaseValue:
    """`value_subscriptions` of a model: see there."""
    drawn = how_many_draws({"survival": survival}, margin_per_period=margin_per_period)
    draws = min(drawn or DRAWS, DRAWS)
    process = model_at_hand(survival, "survival", draws)
    whole: Any = tenure  # as a table's summary, which knows more than its tenures
    given = whole
    names: Any = None if cohort is None else cohort_names(cohort)
    if isinstance(given, Renewals | str | Mapping) or hasattr(cast("Any", type(given)), "__retention_data__"):
        seen = data_of(cast("DataOf[Renewals]", given), Renewals, "tenure")
        there = getattr(whole, "still_there", seen.event == 0.0)
        columns = (customers, names, margin_per_period)
        process, tenure, customers, names, margin_per_period = _there(process, seen, *columns, there)
    labels_of(tenure=tenure, customers=customers, margin_per_period=margin_per_period, cohort=cohort)
    uncertain = isinstance(margin_per_period, Draws)
    mean, each = _mean_and_draws(margin_per_period, draws)
    k, people, margin = _entries(process, tenure, customers, mean)
    labels = k if names is None else names
    if labels.shape not in ((), (1,), k.shape):
        raise _unequal("cohort", labels, k)
    outlooks, payments, force, count = discounted_payments(process, k, discount_rate, instant, horizon)
    # 1 − S(k+1)/S(k): the next renewal of customers of that tenure, not the average one
    kept = outlooks.shares(np.ones(1))[:, 0]
    if naive_retention is None:
        rates = last_retention(outlooks, people)
    else:
        rates = np.asarray(one_number("naive_retention", naive_retention, NOT_NEGATIVE))
    terms = Terms(discount_rate, force, instant, horizon, count)
    spread = _spread(
        survival, outlooks, people, each, terms, draws, bool(drawn), None if uncertain else margin
    )
    return SubscriptionBaseValue(
        cohort=np.broadcast_to(labels, k.shape),
        tenure=k,
        customers=people,
        margin_per_period=margin,
        remaining_payments=payments,
        # a margin that is drawn may rise and fall with what is drawn of the customers
        value_per_customer=(
            spread.mean() if uncertain and len(parameter_shape(process)) == 2 else margin * payments
        ),
        churn_next=1.0 - kept,
        naive_retention=float(rates.mean()),
        naive_value=_naive(np.sum(people * margin) * np.ravel(each / np.mean(each)), rates, terms),
        instant=instant,
        discount_rate=discount_rate,
        horizon=horizon,
        survival=process,
        spread=spread,
    )


def _mean_and_draws(margin: NumberLike, draws: int) -> tuple[NumberLike, float | Array]:
    """Of a margin that is drawn its mean and its draws; another as it is, a multiple of 1 in all draws."""
    if not isinstance(margin, Draws):
        return margin, 1.0
    check_each("margin_per_period", margin, REAL)
    # the mean of those that are used, so that figures and their intervals are of the same draws
    each = by_draw(margin, draws)
    return float(np.mean(each)), each


def _spread(
    survival: Any,
    outlooks: Outlooks,
    people: Array,
    margin: float | Array,
    terms: Terms,
    draws: int,
    told: bool,
    scale: Array | None,
) -> Spread:
    # of parameters that each customer has, those of the distinct outlooks
    known = survival if parameter_shape(outlooks.survival)[-1:] in ((), (1,)) else outlooks.survival
    kinds = np.zeros(outlooks.tenure.size, np.intp), outlooks.tenure, outlooks.place
    sampler = partial(stay_sampler, (known,), *kinds, margin, terms, draws)
    # a margin of each entry is a multiple; one that is drawn belongs to the draws of the model
    return Spread(sampler, Kinds(outlooks.place, people), 1, told, alike=True, scale=scale)


def _naive(margin: Array, retention: Array, terms: Terms) -> float:
    """What Fader and Hardie warn of: one rate for all, by the textbook formula; of draws the mean."""
    if not np.any(margin):  # nobody, or nothing, whatever the rate
        return 0.0
    one = residual_lifetime_value(
        1.0,
        retention=retention,
        # an effective rate per period, whatever kind was given
        discount_rate=as_read(math.expm1(terms.force)),
        instant=terms.instant,
        horizon=terms.count,
    )
    return float(np.mean(margin * np.asarray(one)))


def _there(
    survival: SurvivalProcess,
    seen: Renewals,
    customers: NumberLike,
    cohort: NumberLike,
    margin: NumberLike,
    there: NDArray[np.bool_],
) -> tuple[SurvivalProcess, NumberLike, NumberLike, NumberLike, NumberLike]:
    """Of a summary those who are still there: who has left brings nothing more."""
    if not (np.ndim(customers) == 0 and customers == 1.0):
        way_out = "Leave it out: a summary knows how many customers each entry stands for."
        raise InputError("needless", "customers", customers, "is given by the summary of tenures", way_out)

    def chosen(column: NumberLike) -> NumberLike:
        # one value for each spell of the summary, the ended ones too; a single one stays
        array = np.asarray(column)
        return array[..., there] if array.shape[-1:] == there.shape else column

    if any(np.shape(v)[-1:] == there.shape for v in parameters_of(survival)):
        survival = with_parameters(survival, [chosen(v) for v in parameters_of(survival)])
    return survival, seen.duration[there], seen.weight[there], chosen(cohort), chosen(margin)


def _entries(
    survival: SurvivalProcess, tenure: NumberLike, customers: NumberLike, margin: NumberLike
) -> tuple[Array, Array, Array]:
    way_out = "Give whole periods, or the summary of subscriptions itself: tenure=subscriptions."
    k = np.atleast_1d(NOT_NEGATIVE.check("tenure", tenure, way_out))
    whole_periods("tenure", k, type(survival).__name__)
    people = np.atleast_1d(NOT_NEGATIVE.check("customers", customers))
    each = np.atleast_1d(REAL.check("margin_per_period", margin))
    for name, column in (("customers", people), ("margin_per_period", each)):
        if column.shape not in ((1,), k.shape):
            raise _unequal(name, column, k)
    return k, np.broadcast_to(people, k.shape), np.broadcast_to(each, k.shape)


def _cohorts(labels: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.intp]]:
    names, first, place = np.unique(labels, return_index=True, return_inverse=True)
    # np.unique sorts by name, and callers read cohorts in the order in which they wrote them
    order = np.argsort(first)
    rank = np.empty(order.size, np.intp)
    rank[order] = np.arange(order.size)
    return names[order], rank[place]


def _unequal(argument: str, column: NDArray[np.generic], tenure: Array) -> InputError:
    rule = f"must have one value, or one for each of the {tenure.size:,} tenures"
    return InputError("length-mismatch", argument, column, rule, "Give every entry its own.")
