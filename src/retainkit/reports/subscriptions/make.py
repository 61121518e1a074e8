"""A subscription base and assumptions → the report: choosing, valuing, forecasting, checking."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import FitError, InputError, missing_argument, unknown_choice
from retainkit.inference.fit import fit
from retainkit.inference.posterior import AnyPosterior, posterior
from retainkit.inference.result import AnyFit
from retainkit.inference.spread import with_draws
from retainkit.metrics import SubscriptionBase
from retainkit.models.base import AnyModel
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.geometric import Geometric
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import RenewalCurves, Setting, single
from retainkit.reports.subscriptions.subscription_report import SubscriptionReport, SubscriptionSegment
from retainkit.units import Duration
from retainkit.validation import Comparison, compare
from retainkit.validation.validate import validate
from retainkit.valuation.recurring.record import RevenueForecast
from retainkit.valuation.subscribers import SubscriberValue
from retainkit.valuation.subscription_base import value_subscriptions

MODELS: tuple[type[AnyModel], ...] = (ShiftedBetaGeometric, BetaDiscreteWeibull, Geometric)
"""What is tried: customers differ; they differ and change with age; all leave alike."""

SOON = Duration(3, "month")
"""What "soon" is, of who may leave."""

_LATELY = 6  # months whose new customers say what the next one pays
_DRAWS = 1_000
_EVERY = 2
_PAGE = 26_000  # shares in all draws, of four bytes each: 140 kB of text


def report_on_subscriptions(
    base: SubscriptionBase,
    given: Assumptions,
    title: str,
    by: str | None,
    tell: Callable[[str, float], None],
) -> SubscriptionReport:
    """The report on a base that has been read."""
    months = _whole_months(given.horizon)
    if not base.priced:
        rule = "must have been read for values: it says what customers pay"
        raise missing_argument("amount", rule, "Name its column, for example amount='mrr'.")
    tell("Choosing a model of churn by what it predicts", 0.2)
    comparison, unchecked = _compared(base)
    chosen = comparison.candidates[0].fit
    assert chosen is not None
    staying: AnyFit = fit(chosen.family, base.renewals)
    known: AnyPosterior = posterior(staying, base.renewals, draws=_DRAWS, seed=1)
    tell("Valuing every subscriber", 0.5)
    asked: Any = {"discount_rate": given.discount_rate, "horizon": given.horizon, "within": SOON}
    value = value_subscriptions(base, staying, margin_share=given.margin_share, **asked)
    sure = value_subscriptions(base, known, margin_share=1.0, **asked)
    curves = _curves(base, given, months, staying, known, sure)
    tell("Forecasting recurring revenue", 0.6)
    forecast = _forecast(base)
    name = by or ("plan" if base.plans else "")
    tell("Done", 1.0)
    return SubscriptionReport(
        title=title,
        base=base,
        assumptions=given,
        comparison=comparison,
        unchecked=unchecked,
        staying=staying,
        value=value,
        what_if=curves,
        forecast=forecast,
        segments=_segments(base, value, name) if name else (),
        segmented_by=name,
    )


def _whole_months(horizon: Duration) -> int:
    months = horizon.to("month")
    if not np.isfinite(months) or abs(months - round(months)) > 1e-6:
        rule = "must be a whole number of months: subscribers pay month by month"
        raise InputError("out-of-range", "horizon", horizon, rule, "For example Duration(3, 'year').")
    return round(months)


def _compared(base: SubscriptionBase) -> tuple[Comparison, str]:
    """The models by what they predicted of the second half, or why nothing could be held out."""
    try:
        return validate(base, MODELS), ""
    except (InputError, FitError) as error:
        return compare(
            MODELS, base.renewals
        ), f"Unchecked. No part of these customers could be predicted. {error}"


def _curves(
    base: SubscriptionBase,
    given: Assumptions,
    months: int,
    staying: AnyFit,
    known: AnyPosterior,
    sure: SubscriberValue,
) -> RenewalCurves:
    """How long subscribers stay, with as many draws as the page has room for."""
    age = sure.tenure.astype(np.intp)
    paid = np.bincount(age, sure.mrr).astype(np.float64) if age.size else np.zeros(1)
    times = np.arange(float(paid.size + months))
    fitted: Any = staying.model
    drawn: Any = with_draws(known, 0)
    step = max(_EVERY, -(-400 * times.size // _PAGE))
    stays = np.vstack([fitted.survival(times), np.asarray(drawn.survival(times))[::step]])
    return RenewalCurves(
        start=Setting(
            given.margin_share, given.acquisition_cost or 0.0, given.discount_rate.effective("year")
        ),
        months=months,
        stays=single(stays),
        paid=paid,
        first=_first_payment(base, sure),
        spent=sure.draws.values[::step],
    )


def _first_payment(base: SubscriptionBase, value: SubscriberValue) -> float:
    """What a new customer pays a month: the mean of the last half year, or of all now."""
    lately = base.metrics()
    won = float(lately.new_customers[-_LATELY:].sum())
    if won:
        return float(lately.new[-_LATELY:].sum()) / won
    return float(value.mrr.mean()) if len(value) else 0.0


def _forecast(base: SubscriptionBase) -> RevenueForecast | None:
    """Of a year; new customers by their trend where the library for it is there, else none."""
    new: Any = "trend" if find_spec("statsmodels") else 0.0
    try:
        return base.forecast(months=12, new=new, draws=400)
    except (InputError, FitError):
        return None  # too few months, or a plan that nobody has left


def _segments(base: SubscriptionBase, value: SubscriberValue, name: str) -> tuple[SubscriptionSegment, ...]:
    """Each plan, or kind of customers: who is there, what they pay, how they left lately, and their value."""
    if name != "plan" and name not in base.segments:
        raise unknown_choice("by", name, (*(("plan",) if base.plans else ()), *base.segments))
    quarter = base.metrics(by=name, rolling=3)
    last = quarter.period == quarter.period[-1]
    labels = _labels(base, value, name)
    found: list[SubscriptionSegment] = []
    for k in np.flatnonzero(last):
        group = str(quarter.group[k, 0])
        mine = labels == group
        found.append(
            SubscriptionSegment(
                name=group,
                customers=int(mine.sum()),
                revenue=float(value.mrr[mine].sum()),
                lost=float(quarter.customer_churn_rate[k]),
                net_retention=float(quarter.net_revenue_retention[k]),
                value=float(value.value[mine].sum()),
            )
        )
    return tuple(found)


def _labels(base: SubscriptionBase, value: SubscriberValue, name: str) -> NDArray[np.str_]:
    """The plan or kind of each customer who is there."""
    if name == "plan":
        return value.plan
    names, place = base.segments[name]
    return np.array(names)[place[base.current().code]].astype(np.str_)
