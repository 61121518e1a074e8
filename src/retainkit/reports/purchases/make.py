"""Transactions and assumptions → the report: choosing, fitting, valuing, checking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date as Date
from functools import partial
from typing import Any, NamedTuple, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import FitError, InputError
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit, Fit, standard_error
from retainkit.ingest import LazyTransactionSummary, TransactionSummary
from retainkit.ingest.transactions.monthly import CohortMoney
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.rates import Rate
from retainkit.reports.page.parts import Heat
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import PurchaseCurves
from retainkit.reports.purchases.curves import curves_of, estimates, intervals_of
from retainkit.reports.purchases.customer_base import CustomerBaseReport
from retainkit.reports.purchases.figures import Group, Intervals, groups, measure_spend_link
from retainkit.reports.purchases.people import Labels, People, people_of
from retainkit.typing import Array, Unit
from retainkit.units import DAYS_PER
from retainkit.validation import Comparison, Tracking, compare, track_purchases
from retainkit.valuation.customers import value_customers
from retainkit.valuation.new_customer import payback_time, value_new_customer

Progress: TypeAlias = "Callable[[str, float], None]"
"""Called before each step with its name and the share of the work done so far."""

_TRACKED_BY: dict[Unit, Unit] = {"day": "week", "year": "quarter"}
"""Single days are too noisy to compare, and years too few; other units are followed by themselves."""

_COHORTS = 12  # rows of a triangle that fit a page


class _Terms(TypedDict):
    margin_share: float
    discount_rate: Rate


class _Choice(NamedTuple):
    """The model behind the values, and how it was found."""

    purchasing: AnyFit
    comparison: Comparison
    calibration: AnyFit | None = None
    unchecked: str = ""


def report_on_purchases(
    tx: TransactionSummary,
    given: Assumptions,
    models: Sequence[type[AnyModel] | AnyFamily],
    title: str,
    labels: Labels | None,
    tell: Progress,
) -> CustomerBaseReport:
    """The report on transactions that have been read."""
    terms = _Terms(margin_share=given.margin_share, discount_rate=given.discount_rate)
    tell("Choosing a model of purchases by what it predicts", 0.3)
    purchasing, comparison, calibration, unchecked = _choose(models, tx)
    tell("Fitting spend per purchase", 0.6)
    spend_fit = None if given.spend_per_purchase else _fit_spend(tx)
    spend = given.spend_per_purchase if spend_fit is None else spend_fit.model
    tell("Valuing every customer", 0.7)
    asked: Any = {"purchasing": purchasing.model, "spend": spend, **terms, "horizon": given.horizon}
    valued = partial(value_customers, **asked)
    people, value = people_of(tx, valued)
    new_customer = value_new_customer(purchasing.model, spend, **terms, horizon=given.horizon)
    value_error, new_error = value_errors(people, given, purchasing, spend_fit)
    payback = None
    if given.acquisition_cost is not None:
        payback = payback_time(given.acquisition_cost, purchasing.model, spend, **terms)
    tell("Asking how sure that is", 0.8)
    intervals, curves = _sureness(tx, people, given, purchasing, spend_fit)
    cohorts, triangle = _cohorts(tx, people)
    tell("Done", 1.0)
    return CustomerBaseReport(
        title=title,
        transactions=tx,
        assumptions=given,
        purchasing=purchasing,
        spend=spend_fit,
        value=value,
        people=people,
        value_error=value_error,
        new_customer=new_customer,
        new_customer_error=new_error,
        payback=payback,
        comparison=comparison,
        calibration=calibration,
        tracking=_tracking(tx, calibration),
        unchecked=unchecked,
        spend_link=None if people.rows.spend is None else measure_spend_link(tx.spend),
        intervals=intervals,
        what_if=curves,
        cohorts=cohorts,
        triangle=triangle,
        segments=() if labels is None else _segments(labels, people, valued),
        segmented_by="" if labels is None else labels.by,
    )


def _segments(labels: Labels, people: People, valued: Callable[..., Any]) -> tuple[Group, ...]:
    rows, value = people.rows, people.value
    if labels.rows is not None:
        rows, value = labels.rows, valued(labels.rows)
    return groups(labels.names, labels.place, rows.purchases.frequency, value)


def _sureness(
    tx: TransactionSummary,
    people: People,
    given: Assumptions,
    purchasing: AnyFit,
    spend: Fit[GammaGamma] | None,
) -> tuple[Intervals | None, PurchaseCurves | None]:
    """Intervals and curves, where the horizon ends."""
    if not np.isfinite(given.horizon.value):
        return None, None
    *known, how = estimates(tx, purchasing, spend)
    curves, expected = curves_of(people, given, (purchasing, spend), (known[0], known[1]))
    return intervals_of(people, known[0], curves, expected, how), curves


def _cohorts(tx: TransactionSummary, people: People) -> tuple[tuple[Group, ...], Heat | None]:
    """Who came in the same month or quarter, and what share of them bought in each month since."""
    first = _first_days(tx, people)
    span = int((np.datetime64(tx.observation_end, "M") - first.min().astype("datetime64[M]")).astype(int)) + 1
    every = 1 if span <= 24 else 3 if span <= 60 else 12
    month = first.astype("datetime64[M]").astype(np.int64)
    found, place = np.unique(month // every, return_inverse=True)
    names = [_period(int(k) * every, every) for k in found]
    place = place.astype(np.int64)
    rows = groups(names, place, people.frequency, people.value)
    return rows, _triangle(tx, people, month, place, names)


def _first_days(tx: TransactionSummary, people: People) -> NDArray[np.datetime64]:
    """The day on which each customer came."""
    age = np.rint(people.rows.purchases.T * DAYS_PER[tx.unit]).astype("timedelta64[D]")
    return np.datetime64(tx.observation_end, "D") - age


def _period(month: int, every: int) -> str:
    text = str(np.datetime64(month, "M"))
    return text if every == 1 else text[:4] if every == 12 else f"{text[:4]} Q{month % 12 // 3 + 1}"


def _triangle(
    tx: TransactionSummary,
    people: People,
    month: NDArray[np.int64],
    place: NDArray[np.int64],
    names: Sequence[str],
) -> Heat | None:
    """Of each cohort the share that bought so many calendar months later; None where months were not kept."""
    paid = _months_of_cohorts(tx, month)
    if paid is None:
        return None
    last = _whole_months(tx.observation_end)
    ages = range(1, min(13, last - int(month.min()) + 1))
    began, first = np.unique(month, return_index=True)
    cohort, age = place[first][np.searchsorted(began, paid.began)], paid.month - paid.began
    bought, those = np.zeros((len(names), len(ages) + 1)), (age > 0) & (age <= len(ages))
    np.add.at(bought, (cohort[those], age[those]), paid.customers[those])
    size, latest = np.bincount(place, people.value.weight, len(names)), np.zeros(len(names), np.int64)
    np.maximum.at(latest, place, month)
    rows: list[tuple[str, str, tuple[float | None, ...]]] = []
    for k, name in enumerate(names):
        # only where the month is over for all of them
        seen = [int(latest[k]) + j <= last for j in ages]
        shares = [float(bought[k, j] / size[k]) if ok else None for j, ok in zip(ages, seen, strict=True)]
        rows.append((name, f"{int(size[k]):,}", tuple(shares)))
    if not rows or not ages:
        return None
    caption = "Share of a cohort's customers who bought in a calendar month, by months since their first."
    note = "In %. Empty: not yet over for the whole cohort. Each month counts alone: who paused may be back."
    if len(rows) > _COHORTS:
        note += f" The last {_COHORTS} of {len(rows)} cohorts."
    head = ("First bought in", "Customers", *map(str, ages))
    return Heat(caption, head, tuple(rows[-_COHORTS:]), note)


def _months_of_cohorts(tx: TransactionSummary, month: NDArray[np.int64]) -> CohortMoney | None:
    """Who paid in each month, by month of first purchase: that of each customer in memory."""
    if isinstance(tx, LazyTransactionSummary):
        return tx.months
    try:
        paid = tx.monthly
    except InputError:
        return None
    those = (paid.amount > 0.0).astype(np.int64)
    return CohortMoney(month[paid.customer], paid.month, those, paid.amount)


def _whole_months(end: Date) -> int:
    """The last calendar month, since January 1970, that is over by the end of a day."""
    following = np.datetime64(end, "D") + np.timedelta64(1, "D")
    return int(following.astype("datetime64[M]").astype(np.int64)) - 1


def _fit_spend(tx: TransactionSummary) -> Fit[GammaGamma]:
    try:
        found = compare([GammaGamma], tx.spend)  # its limit, where it is refused for one
    except FitError as error:
        way_out = f"{error.way_out} Or give a constant spend_per_purchase in its place."
        raise FitError(error.code, error.reason, way_out=way_out, attempt=error.attempt) from error
    fitted = found.candidates[0].fit
    assert fitted is not None
    if not fitted.model.expected_spend_new() < float("inf"):
        median = float(fitted.model.median_spend_new())
        raise InputError(
            "infinite-value",
            "spend_per_purchase",
            None,
            f"must be given here: the fitted GammaGamma has q = {fitted.model.q:.3g}, and with q up to 1 "
            "the tail of rich customers is so heavy that the mean spend is infinite",
            f"Give a constant, for example the median customer's {median:.2f}.",
        )
    return fitted


def _choose(models: Sequence[type[AnyModel] | AnyFamily], tx: TransactionSummary) -> _Choice:
    """The model that predicts the held-out period best of those that the whole observation determines."""
    if tx.calibration is None:
        why = "No period was held out, so nothing here has been checked against the future."
        return _without_check(models, tx, why)
    try:
        comparison = compare(models, tx)
    except FitError as error:
        why = f"Up to {tx.calibration.observation_end}, the part to predict from, no model fits. {error}"
        return _without_check(models, tx, why)
    for candidate in comparison.candidates:
        if candidate.fit is not None:
            whole = fit(candidate.fit.family, tx.purchases, on_failure="return")
            if whole.diagnostics.converged:
                return _Choice(whole, comparison, candidate.fit)
    why = "No model that could be checked on the first part fits the whole observation."
    return _without_check(models, tx, why)


def _without_check(models: Sequence[type[AnyModel] | AnyFamily], tx: TransactionSummary, why: str) -> _Choice:
    comparison = compare(models, tx.purchases)
    chosen = comparison.candidates[0].fit
    assert chosen is not None
    return _Choice(chosen, comparison, unchecked=f"Unchecked. {why}")


def _tracking(tx: TransactionSummary, calibration: AnyFit | None) -> Tracking | None:
    period = _TRACKED_BY.get(tx.unit, tx.unit)
    return None if calibration is None else track_purchases(tx, calibration.model, period=period)


def value_errors(
    people: People, given: Assumptions, purchasing: AnyFit, spend: Fit[GammaGamma] | None
) -> tuple[float, float]:
    """Standard errors of the value of the whole base and of the value of a new customer."""
    rows = people.rows
    # a step in the spend model leaves the purchases as they are
    counted: dict[AbstractPurchaseModel, Array] = {}

    def base(model: AbstractPurchaseModel, *spending: GammaGamma) -> float:
        if model not in counted:
            rate, horizon = given.discount_rate, given.horizon
            counted[model] = model.discounted_expected_purchases(rows.purchases, rate, horizon)
        each: Any = given.spend_per_purchase
        if spending and rows.spend is not None:
            each = spending[0].expected_spend(rows.spend)
        return given.margin_share * float(np.sum(rows.purchases.weight * counted[model] * each))

    def new(model: AbstractPurchaseModel, *spending: GammaGamma) -> float:
        each = spending[0] if spending else given.spend_per_purchase
        rate, horizon = given.discount_rate, given.horizon
        found = value_new_customer(
            model, each, margin_share=given.margin_share, discount_rate=rate, horizon=horizon
        )
        return float(found.value)

    fits: tuple[AnyFit, ...] = (purchasing,) if spend is None else (purchasing, spend)
    return float(standard_error(base, *fits)), float(standard_error(new, *fits))
