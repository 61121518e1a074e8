"""What the subscribers at hand are still worth, by tenure, cohort and in all, and what comes in when."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import labels_of
from retainkit.domains import NOT_NEGATIVE, REAL, whole_number
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.errors import InputError
from retainkit.models.contractual.questions import per_period, times, whole_periods
from retainkit.protocols import ModelOf, SurvivalProcess
from retainkit.rates import Rate
from retainkit.records import Record
from retainkit.timing import Instant, check_instant
from retainkit.typing import Array, NumberLike, Real
from retainkit.units import Duration
from retainkit.valuation.inputs import check_survival


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
            f"{there[-1]:,.0f} customers are expected to be there after {self.horizon} renewals; "
            f"{margin.sum():,.2f} comes in by then"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SubscriptionBaseValue(Record):
    """The remaining value of customers who are there now, one entry per tenure and cohort.

    Attributes
    ----------
    cohort : (n,) labels
    tenure : (n,) renewals made so far
    customers : (n,)
    margin_per_period : (n,) money per customer and period
    remaining_payments : (n,) expected payments still to come from one customer, discounted
    churn_next : (n,) share that leaves at the next renewal
    naive_value : float
        The same base valued at one retention rate for everybody, margin·r/(1 + d − r): what customers who
        have stayed for long are worth is lost in the mean.
    naive_retention : float
    """

    _derived = ("value_per_customer", "value", "total", "leaving_next")

    cohort: np.ndarray[Any, Any]
    tenure: Array
    customers: Array
    margin_per_period: Array
    remaining_payments: Array
    churn_next: Array
    naive_retention: float
    naive_value: float
    instant: Instant
    discount_rate: Rate | float
    horizon: Duration | float
    survival: SurvivalProcess | None = field(default=None, compare=False)

    @property
    def value_per_customer(self) -> Array:
        """Remaining value of one customer of each entry, in money of now."""
        return self.margin_per_period * self.remaining_payments

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
            "value_per_customer": value / customers,
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
        curve = self.survival
        ahead = np.arange(0.0, whole_number("horizon", horizon, way_out="For example horizon=12.") + 1.0)
        share = np.stack([np.asarray(curve.survival(k + ahead, given=k)) for k in self.tenure])
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
        return (
            f"{people:,.0f} customers are worth {self.total:,.2f} {self.instant}{each}; "
            f"{self.leaving_next.sum():,.1f} are expected to leave next. One retention rate of "
            f"{self.naive_retention:.1%} for everybody would say {self.naive_value:,.2f}, "
            f"{self.naive_ratio:.1%} of that."
        )

    __repr__ = __str__


def value_subscriptions(
    survival: ModelOf[SurvivalProcess],
    *,
    tenure: NumberLike,
    customers: NumberLike = 1.0,
    cohort: NumberLike = None,
    margin_per_period: NumberLike,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike = math.inf,
    naive_retention: NumberLike | None = None,
) -> SubscriptionBaseValue:
    """What the subscribers at hand are still worth: cohorts by tenure, each with its own outlook.

    A customer of tenure k brings margin · Σ_{j≥1} S(k + j)/S(k) · v^(j−1) just before the renewal, and that
    times v just after a payment. Long-standing customers are worth more: who was likely to leave has left.

    Raises `InputError` for an infinite value (no discount and customers who hardly ever leave), unequal
    lengths.

    Parameters
    ----------
    survival : a contractual model or its fit, or anything with ``survival(t, given=...)``
        A Kaplan-Meier curve needs a rule for what comes after its end: ``curve.continued(...)``.
    tenure : (n,) whole periods completed, one per entry
    customers : (n,) how many customers each entry stands for
    cohort : (n,) labels, optional
        By default the tenure itself: everyone who came at the same time.
    margin_per_period : number or (n,), money per customer and period; margin, not revenue
    discount_rate : Rate; or a number per period where the model has no unit
    instant : {"before-renewal", "after-payment"}
    horizon : whole number of payments or Duration, optional
    naive_retention : share, optional
        What the naive valuation uses; by default the retention of the whole base over the last period, as
        an aggregate report would show it.

    Notes
    -----
    Fader, P. S. and Hardie, B. G. S. (2010), "Customer-Base Valuation in a Contractual Setting: The Perils
    of Ignoring Heterogeneity", Marketing Science 29(1), 85-93, doi:10.1287/mksc.1080.0482.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.ShiftedBetaGeometric(alpha=3.80, beta=15.20, unit="year")
    >>> base = rk.value_subscriptions(model, tenure=[0, 1, 2], customers=[1000, 800, 650],
    ...     margin_per_period=100.0, discount_rate=rk.Rate(0.1, per="year"), instant="before-renewal")
    >>> print(base.value_per_customer.round(2))
    [330.98 345.1  358.65]
    """
    check_instant(instant)
    process = check_survival(survival)
    labels_of(tenure=tenure, customers=customers, margin_per_period=margin_per_period, cohort=cohort)
    k, people, margin = _entries(process, tenure, customers, margin_per_period)
    labels = k if cohort is None else np.asarray(cohort)
    if labels.shape != k.shape:
        raise _unequal("cohort", labels, k)
    # a curve from elsewhere may not know its unit, and takes a bare rate and horizon
    unit = getattr(process, "unit", None)
    force = float(np.asarray(per_period(discount_rate, unit)))
    # a base has a few dozen tenures, whatever its size: each outlook is computed once
    ahead, place = np.unique(k, return_inverse=True)
    payments = _remaining(process, ahead, discount_rate, force, instant, horizon)[place]
    # a model with customers who never leave (a share cured, say) has no finite value undiscounted
    if np.any(np.isinf(payments)):
        rule = "must be above 0 here: undiscounted, some customers pay for ever"
        way_out = "Discount, or give a finite horizon."
        raise InputError("infinite-value", "discount_rate", discount_rate, rule, way_out)
    # 1 − S(k+1)/S(k): the next renewal of customers of that tenure, not the average one
    kept = np.asarray(process.survival(ahead + 1.0, given=ahead))[place]
    retention = _last_retention(process, k, people) if naive_retention is None else naive_retention
    rate = float(np.asarray(NOT_NEGATIVE.check("naive_retention", retention)))
    count = times("horizon", horizon, unit)
    # what Fader and Hardie warn of: one retention rate for all, by the textbook formula
    one = residual_lifetime_value(
        # an effective rate per period, whatever kind was given
        1.0,
        retention=rate,
        discount_rate=math.expm1(force),
        instant=instant,
        horizon=float(count),
    )
    return SubscriptionBaseValue(
        cohort=labels,
        tenure=k,
        customers=people,
        margin_per_period=margin,
        remaining_payments=payments,
        churn_next=1.0 - kept,
        naive_retention=rate,
        naive_value=float(np.sum(people * margin)) * float(one),
        instant=instant,
        discount_rate=discount_rate,
        horizon=horizon,
        survival=process,
    )


def _entries(
    survival: SurvivalProcess, tenure: NumberLike, customers: NumberLike, margin: NumberLike
) -> tuple[Array, Array, Array]:
    k = np.atleast_1d(NOT_NEGATIVE.check("tenure", tenure))
    whole_periods("tenure", k, type(survival).__name__)
    people = np.atleast_1d(NOT_NEGATIVE.check("customers", customers))
    each = np.atleast_1d(REAL.check("margin_per_period", margin))
    for name, column in (("customers", people), ("margin_per_period", each)):
        if column.shape not in ((1,), k.shape):
            raise _unequal(name, column, k)
    return k, np.broadcast_to(people, k.shape), np.broadcast_to(each, k.shape)


def _remaining(
    survival: SurvivalProcess,
    tenure: Array,
    discount_rate: Rate | NumberLike,
    force: float,
    instant: Instant,
    horizon: Duration | NumberLike,
) -> Array:
    """Discounted expected payments still to come, for each distinct tenure."""
    residual = getattr(survival, "discounted_expected_residual_lifetime", None)
    if residual is not None:  # a model knows its tail, so that it needs no end
        return np.asarray(residual(tenure, discount_rate, instant=instant, horizon=horizon))
    d = math.expm1(force)
    count = float(times("horizon", horizon, getattr(survival, "unit", None)))
    payments = [
        lifetime_value_on_curve(
            1.0,
            _ahead_of(survival, k),
            discount_rate=d,
            # the next payment is the next renewal, of those who renew
            timing="end-if-retained",
            horizon=int(count) if math.isfinite(count) else None,
        )
        for k in tenure
    ]
    # just before its renewal each payment is a period nearer
    return np.asarray(payments) * (1.0 + d if instant == "before-renewal" else 1.0)


def _ahead_of(survival: SurvivalProcess, tenure: float) -> Callable[[Array], Real]:
    def share(later: Array) -> Real:
        return survival.survival(tenure + later, given=tenure)

    return share


def _last_retention(survival: SurvivalProcess, tenure: Array, customers: Array) -> float:
    """What share of those there a period ago is there now, over all cohorts that were there."""
    older = tenure >= 1.0  # who came in this period has had no renewal
    if not np.any(older):
        return float(np.asarray(survival.survival(1.0)))
    kept = np.asarray(survival.survival(tenure[older], given=tenure[older] - 1.0))
    # who is there now over who was there a period ago: the ratio of sums that a dashboard shows
    return float(customers[older].sum() / (customers[older] / kept).sum())


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
