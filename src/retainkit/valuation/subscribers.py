"""What each subscriber who is there now is still worth: one row a customer, the operator's first table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes
from retainkit.domains import NOT_NEGATIVE, one_number
from retainkit.draws import Draws
from retainkit.errors import InputError, missing_argument, near
from retainkit.inference.prediction import Spreads, with_interval
from retainkit.inference.spread import DRAWS, Spread
from retainkit.metrics import SubscriptionBase
from retainkit.models.contractual.questions import times, whole_periods
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, SurvivalProcess, parameter_shape
from retainkit.rates import Rate
from retainkit.tables.read import keyed
from retainkit.timing import Instant
from retainkit.typing import Array, ColumnLike, NumberLike, Unit
from retainkit.units import DAYS_PER, Duration
from retainkit.valuation._outlooks import Payments, discounted_payments, remaining_payments
from retainkit.valuation._stays import Kinds, Terms, how_many_draws, model_at_hand, stay_sampler
from retainkit.valuation.inputs import by_draw, share_in_words, uncertain_margin_share


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SubscriberValue(Spreads):
    """Who is there now, how likely they leave soon, and what they are still worth; one entry a customer.

    Made by ``value_subscriptions(base, fit, …)``. Whoever has left is not in it. Of posteriors, and of draws
    of the margin, columns are means over the draws; ``interval``, ``draws`` and ``draws_by`` say how sure the
    total is, a customer, or a segment.

    Attributes
    ----------
    customers : the ids, in the caller's dataframe kind
    plan : (n,) texts
        The plan now, or the plans; empty where the table had none.
    tenure : (n,)
        Periods completed.
    mrr : (n,) money per month
        What the customer pays now: 0 in a pause.
    churn_probability : (n,)
        Of leaving `within` so many periods: what `whom_to_contact` asks for.
    expected_periods : (n,)
        Payments expected within the horizon, not discounted.
    value : (n,) money
        margin share × what is paid per period × discounted expected payments: the `value` of a `Campaign`.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array(["ann", "bob", "cy"]), "eur": np.array([10.0, 30.0, 10.0]),
    ...          "from": np.array(["2023-12-01", "2024-02-15", "2024-01-01"]),
    ...          "to": np.array(["", "", "2024-03-01"])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", amount="eur",
    ...                              observation_end="2024-03-31")
    >>> model = rk.ShiftedBetaGeometric(alpha=1.0, beta=9.0, unit="month")
    >>> each = rk.value_subscriptions(base, model, margin_share=0.8, discount_rate=rk.Rate(0.1, per="year"),
    ...                               horizon=12, within=3)
    >>> each.customers.tolist(), each.tenure.tolist(), each.churn_probability.round(3).tolist()
    (['ann', 'bob'], [3.0, 1.0], [0.2, 0.231])
    >>> print(each)
    SubscriberValue of 2 customers: 236.42 in all, 118.21 each; 0.4 are expected to leave within 3 months
      margin 0.8, discount 10% per year, horizon 12 months, after-payment
    """

    _derived = ("total", "mean", "expected_to_leave")

    customers: ColumnLike
    plan: NDArray[np.str_]
    tenure: Array
    mrr: Array
    churn_probability: Array
    expected_periods: Array
    value: Array
    margin_share: float | Draws
    discount_rate: Rate | float
    horizon: Duration | float
    within: Duration | float
    instant: Instant
    unit: Unit
    id_name: str = "customer_id"
    spread: Spread | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return self.value.size

    @property
    def total(self) -> float:
        """Value of all of them, in money of now."""
        return float(self.value.sum())

    @property
    def mean(self) -> float:
        """Value of one of them on average; NaN where nobody is left."""
        return self.total / len(self) if len(self) else math.nan

    @property
    def expected_to_leave(self) -> float:
        """How many will have left `within` the time asked for: the sum of their probabilities."""
        return float(self.churn_probability.sum())

    def _row_columns(self) -> dict[str, Any]:
        plans = ("plan",) if (self.plan != "").any() else ()
        names = (*plans, "tenure", "mrr", "churn_probability", "expected_periods", "value")
        return keyed(
            "customer_id", {self.id_name: self.customers}, {name: getattr(self, name) for name in names}
        )

    def _beside(self) -> Any:
        return self.customers

    def __str__(self) -> str:
        within, horizon = (
            v if isinstance(v, Duration) else Duration(v, self.unit) for v in (self.within, self.horizon)
        )
        ahead = "no horizon" if math.isinf(horizon.value) else f"horizon {horizon}"
        total = f"{self.total:,.2f}"
        if self.spread is not None and self.spread.told:
            total = with_interval(self.total, *self.interval())
        return (
            f"SubscriberValue of {counted(len(self), 'customer')}: {total} in all, "
            f"{self.mean:,.2f} each; "
            f"{self.expected_to_leave:,.1f} are expected to leave within {within}\n"
            f"  margin {share_in_words(self.margin_share)}, discount {self.discount_rate}, "
            f"{ahead}, {self.instant}"
        )

    __repr__ = __str__


Fits = ModelOf[SurvivalProcess] | Mapping[str, ModelOf[SurvivalProcess]]
"""A model or its fit, for all, or one for each plan by its name."""


def value_each(
    base: SubscriptionBase,
    fit: Fits | None,
    *,
    margin_share: NumberLike,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike,
    within: Duration | float,
) -> SubscriberValue:
    """`value_subscriptions` of a base: see there."""
    if fit is None:
        way_out = "Fit to the base itself: fit(ShiftedBetaGeometric, base)."
        raise missing_argument("fit", "must be given: how long do they stay?", way_out)
    if margin_share is None:
        way_out = "Give the margin as a share of what is paid: 80% is 0.8; of a base the prices are known."
        raise missing_argument("margin_share", "must be given", way_out)
    share = uncertain_margin_share(margin_share)
    if not base.priced:
        raise missing_argument("amount", "must have been read for values", "Read the base with amount='mrr'.")
    by_plan = isinstance(fit, Mapping) and bool(fit)
    given = cast("Mapping[str, Any]", fit if by_plan else {"": fit})
    if by_plan:
        check_plans(given, base.plan_sets)
    named = {f"fit[{n!r}]" if by_plan else "fit": one for n, one in given.items()}
    draws = min((drawn := how_many_draws(named, margin_share=share)) or DRAWS, DRAWS)
    models = {n: model_at_hand(given[n], name, draws) for n, name in zip(given, named, strict=True)}
    unit = _unit(models)
    # tenures in the model's own periods, so that a yearly contract is asked of yearly churn
    now = base.current(unit)
    plans = np.array([*base.plan_sets, ""], np.str_)[now.group]
    # one model is that of all, whatever their plans
    of_plan = plans if by_plan else np.full(plans.size, "")
    asked: Any = (discount_rate, instant, horizon, within)
    found, kinds, terms = _by_plan(given, models, of_plan, now.tenure, *asked)
    # prices are per month, and the model pays once in each of its own periods
    paid = now.amount * DAYS_PER[unit] / DAYS_PER["month"]
    value, spread = np.mean(share) * paid * found["payments"], None
    if terms is not None:
        sampler = partial(stay_sampler, *kinds.all(), by_draw(share, draws), terms, draws)
        spread = Spread(sampler, kinds.of_all, 1, bool(drawn), alike=True, scale=paid)
        # a margin that is drawn may rise and fall with what is drawn of the customers
        known = all(len(parameter_shape(model)) < 2 for model in models.values())
        value = value if known else spread.mean()
    return SubscriberValue(
        customers=now.customers,
        plan=plans,
        tenure=now.tenure,
        mrr=now.amount,
        churn_probability=found["churn"],
        expected_periods=found["periods"],
        value=value,
        margin_share=share,
        discount_rate=discount_rate,
        horizon=horizon,
        within=within,
        instant=instant,
        unit=unit,
        id_name=base.id_name,
        spread=spread,
    )


def _by_plan(
    given: Mapping[str, Any],
    models: Mapping[str, SurvivalProcess],
    plans: NDArray[np.str_],
    tenure: Array,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike,
    within: Duration | float,
) -> tuple[dict[str, Array], _Kinds, Terms | None]:
    """What lies ahead of each customer by the model of the plan; the kinds of customers, and their terms."""
    found = {name: np.zeros(tenure.size) for name in ("churn", "periods", "payments")}
    kinds, terms = _Kinds([], [], [], np.zeros(tenure.size, np.intp)), None
    # without anybody there the arguments are looked at all the same
    for plan in np.unique(plans).tolist() or list(models)[:1]:
        if plan not in models:
            rule, way_out = "must have a model for every plan of the base", f"Add one for {plan!r}."
            raise InputError("unmatched", "fit", sorted(models), rule, way_out)
        those = plans == plan
        # what a customer pays for a payment of 1: the price comes to it once, for all plans
        *columns, ahead = _ahead(models[plan], tenure[those], discount_rate, instant, horizon, within)
        for column, values in zip(found.values(), columns, strict=True):
            column[those] = values
        terms = Terms(discount_rate, ahead.force, instant, horizon, ahead.terms)
        kinds.add(given[plan], models[plan], ahead, those)
    return found, kinds, terms


class _Kinds(NamedTuple):
    """Customers by model and tenure, gathered plan by plan."""

    estimates: list[Any]
    group: list[Codes]
    tenure: list[Array]
    code: Codes

    def add(self, estimate: Any, model: SurvivalProcess, ahead: Payments, those: NDArray[np.bool_]) -> None:
        """Those of a plan."""
        outlooks = ahead.outlooks
        self.code[those] = outlooks.place + sum(part.size for part in self.tenure)
        # of parameters that each customer has, those of the distinct outlooks
        alike = parameter_shape(model)[-1:] in ((), (1,))
        self.group.append(np.full(outlooks.tenure.size, len(self.estimates)))
        self.estimates.append(estimate if alike else outlooks.survival)
        self.tenure.append(outlooks.tenure)

    @property
    def of_all(self) -> Kinds:
        """Each a customer of its own, since prices differ."""
        return Kinds(self.code, np.ones(self.code.size))

    def all(self) -> tuple[tuple[Any, ...], Codes, Array, Codes]:
        """What the sampler is made of."""
        return tuple(self.estimates), np.concatenate(self.group), np.concatenate(self.tenure), self.code


def check_plans(given: Mapping[str, Any], plans: tuple[str, ...]) -> None:
    """Refuse models of plans that the base does not know: a misspelt one would value nobody."""
    if not plans:
        way_out = "Read the base with plan=, or give one model for all."
        raise missing_argument("plan", "must have been read where each plan has its model", way_out)
    for name in given:
        if name not in plans:
            rule, way_out = (
                "must name plans of the base",
                f"{near(str(name), plans)}They are: {', '.join(plans)}.",
            )
            raise InputError("unknown-choice", "fit", name, rule, way_out)


def _unit(models: Mapping[str, SurvivalProcess]) -> Unit:
    units: set[Unit | None] = {model.unit for model in models.values()}
    unit: Unit | None = next(iter(units))
    if len(units) > 1 or unit is None:
        shown = " and ".join(sorted(map(str, units)))
        way_out = "Fit to the base itself: fit(ShiftedBetaGeometric, base) counts months."
        raise InputError(
            "unit-mismatch", "fit", shown, "must count in one unit of time, which is known", way_out
        )
    return unit


def _ahead(
    process: SurvivalProcess,
    tenure: Array,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike,
    within: Duration | float,
) -> tuple[Array, Array, Array, Payments]:
    """Of each customer the chance to leave within, the payments expected, and these discounted; by what."""
    soon = one_number("within", times("within", within, process.unit), NOT_NEGATIVE)
    whole_periods("within", np.asarray(soon), type(process).__name__)
    found = discounted_payments(process, tenure, discount_rate, instant, horizon, "fit")
    # what a model tells of its tail, a curve does not: its payments are added up one by one
    if math.isinf(found.terms) and not hasattr(process, "discounted_expected_residual_lifetime"):
        rule = f"must be given: {type(process).__name__} does not tell how many payments there are for ever"
        raise missing_argument("horizon", rule, "For example horizon=36.")
    outlooks = found.outlooks
    # the count for people is that of the payments themselves: no discount, and no instant
    expected = remaining_payments(outlooks, 0.0, 0.0, "after-payment", horizon, found.terms)[outlooks.place]
    return 1.0 - outlooks.shares(np.array([soon]))[:, 0], expected, found.payments, found
