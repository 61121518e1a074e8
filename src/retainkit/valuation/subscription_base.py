"""`value_subscriptions`: what the subscribers at hand are still worth, each, or cohorts by tenure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast, overload

from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError, missing_argument
from retainkit.metrics import SubscriptionBase
from retainkit.protocols import DataOf, ModelOf, SurvivalProcess
from retainkit.rates import Rate
from retainkit.summaries import Renewals
from retainkit.timing import Instant, check_instant
from retainkit.typing import NumberLike
from retainkit.units import Duration
from retainkit.valuation.by_tenure import SubscriptionBaseValue, value_by_tenure
from retainkit.valuation.subscribers import Fits, SubscriberValue, value_each


@overload
def value_subscriptions(
    survival: SubscriptionBase,
    fit: Fits,
    *,
    margin_share: NumberLike,
    discount_rate: Rate | NumberLike,
    instant: Instant = "after-payment",
    horizon: Duration | NumberLike = math.inf,
    within: Duration | float = 1.0,
) -> SubscriberValue: ...
@overload
def value_subscriptions(
    survival: ModelOf[SurvivalProcess],
    *,
    tenure: DataOf[Renewals] | NumberLike,
    customers: NumberLike = 1.0,
    cohort: NumberLike = None,
    margin_per_period: NumberLike,
    discount_rate: Rate | NumberLike,
    instant: Instant,
    horizon: Duration | NumberLike = math.inf,
    naive_retention: NumberLike | None = None,
) -> SubscriptionBaseValue: ...
@draw_by_draw("discount_rate", beside=("survival", "fit", "margin_share", "margin_per_period"))
def value_subscriptions(
    survival: ModelOf[SurvivalProcess] | SubscriptionBase,
    fit: Fits | None = None,
    *,
    tenure: DataOf[Renewals] | NumberLike = None,
    customers: NumberLike = None,
    cohort: NumberLike = None,
    margin_per_period: NumberLike = None,
    margin_share: NumberLike = None,
    discount_rate: Rate | NumberLike,
    instant: Instant | None = None,
    horizon: Duration | NumberLike = math.inf,
    within: Duration | float | None = None,
    naive_retention: NumberLike | None = None,
) -> SubscriptionBaseValue | SubscriberValue:
    """What the subscribers at hand are still worth: each of a base, or cohorts by tenure.

    ``value_subscriptions(base, fit, margin_share=, discount_rate=, horizon=, within=)`` gives one row a
    customer who is there now (`SubscriberValue`): id, plan, tenure, the chance to leave within, the payments
    still expected, and the value. With a model and tenures it gives cohorts, each with its own outlook
    (`SubscriptionBaseValue`).

    A customer of tenure k brings margin · Σ_{j≥1} S(k + j)/S(k) · v^(j−1) just before the renewal, and that
    times v just after a payment. Long-standing customers are worth more: who was likely to leave has left.

    Raises `InputError` for an infinite value (no discount and customers who hardly ever leave), unequal
    lengths.

    Parameters
    ----------
    survival : SubscriptionBase; or a model or its fit, or anything with ``survival(t, given=...)``
        Parameters of shape (n,), such as those of ``model.given(covariates)``, are one customer's each. A
        Kaplan-Meier curve needs a rule for what comes after its end: ``curve.continued(...)``.
        Of a posterior 400 draws are asked: columns are means over them, and the total is told with its
        interval, as in `value_customers`.
    fit : with a base: a model, its fit or its posterior, or one for each plan by its name
        Such as ``fit(ShiftedBetaGeometric, base)``.
    tenure : (n,) whole periods completed, one per entry; or a summary of subscriptions, or `Renewals`
        Of a summary those who are still there are counted, by their weights; other columns, and the model's
        parameters, may have one value for each of its spells, those that have ended too.
    customers : (n,) how many customers each entry stands for, 1 by default
    cohort : (n,) labels, optional
        By default the tenure itself: everyone who came at the same time.
    margin_per_period : number, `Draws` of it, or (n,), money per customer and period; margin, not revenue
    margin_share : share in [0, 1], or `Draws` of it
        With a base, which knows what everybody pays: the share of it that is left.
    discount_rate : Rate; or a number per period where the model has no unit, or `Draws` of it
        Of draws the base is valued once for each: every figure is `Draws`.
    instant : {"before-renewal", "after-payment"}
        Of a base ``"after-payment"`` by default: the present period has been paid.
    horizon : whole number of payments or Duration, optional
    within : Duration or number of periods
        With a base: the time in which leaving counts for `churn_probability`, one period by default.
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
    if isinstance(survival, SubscriptionBase):
        known = {"tenure": tenure, "cohort": cohort, "margin_per_period": margin_per_period}
        known |= {"customers": customers, "naive_retention": naive_retention}
        _refuse_needless(known, "of a base, which knows who pays what", "Give margin_share=.")
        # whoever is there at the end of observation has paid for the present period
        paid = check_instant("after-payment" if instant is None else instant)
        margin: Any = {"margin_share": margin_share, "discount_rate": discount_rate, "instant": paid}
        return value_each(survival, fit, **margin, horizon=horizon, within=1.0 if within is None else within)
    alone = {"fit": fit, "margin_share": margin_share, "within": within}
    _refuse_needless(alone, "of a model and tenures", "It goes with a base: value_subscriptions(base, fit).")
    for name, given in {"tenure": tenure, "margin_per_period": margin_per_period, "instant": instant}.items():
        if given is None:
            raise missing_argument(
                name, "must be given with a model", "With a base: value_subscriptions(base, fit)."
            )
    people = 1.0 if customers is None else customers
    return value_by_tenure(
        survival, tenure, people, cohort, margin_per_period, discount_rate,
        check_instant(cast("Any", instant)), horizon, naive_retention,
    )  # fmt: skip


def _refuse_needless(given: Mapping[str, Any], what: str, way_out: str) -> None:
    """Refuse what would be ignored."""
    for name, value in given.items():
        if value is not None:
            raise InputError("needless", name, value, f"has no meaning {what}", way_out)
