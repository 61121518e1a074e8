"""Transactions and assumptions → the report: reading, fitting, valuing, checking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date as Date
from datetime import timedelta
from typing import Any, TypeAlias, TypedDict

import numpy as np

from retainkit.columns import numbers
from retainkit.domains import NOT_NEGATIVE, POSITIVE, Domain
from retainkit.errors import FitError, InputError, missing_argument
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit, Fit, standard_error
from retainkit.ingest import TransactionSummary, summarize_transactions
from retainkit.ingest.transactions.plan import Refunds
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.rates import Rate
from retainkit.reports.customer_base import CustomerBaseReport
from retainkit.reports.figures import Assumptions, measure_spend_link
from retainkit.typing import Array, Frame, Number, Plain, Unit
from retainkit.units import Duration
from retainkit.validation import Tracking, track_purchases
from retainkit.valuation.customers import value_customers
from retainkit.valuation.inputs import check_horizon, check_margin_share, check_rate
from retainkit.valuation.new_customer import payback_time, value_new_customer

Progress: TypeAlias = "Callable[[str, float], None]"
"""Called before each step with its name and the share of the work done so far."""

_TRACKED_BY: dict[Unit, Unit] = {"day": "week", "year": "quarter"}
"""Single days are too noisy to compare, and years too few; other units are followed by themselves."""


def report(
    source: Frame,
    *,
    margin_share: Number,
    discount_rate: Rate,
    horizon: Duration,
    acquisition_cost: Number | None = None,
    customer_id: str | None = None,
    date: str | None = None,
    amount: str | None = None,
    unit: Unit | None = None,
    observation_end: str | Date | None = None,
    holdout_from: str | Date | None = "half",
    refunds: Refunds = "net",
    date_format: str | None = None,
    spend_per_purchase: Number | None = None,
    title: str = "Customer base",
    currency: str = "",
    assumed: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> CustomerBaseReport:
    """Report on a customer base: who is still there, what they are worth, and how sure that is.

    Fits BG/NBD and Gamma-Gamma to all transactions, values the base and a new customer, and checks the
    purchase model on a held-out period that it has not seen. Raises `InputError` for an argument or a table
    that breaks a rule. Raises `FitError` where the transactions do not determine the models.

    Parameters
    ----------
    source : TransactionSummary, or a table as `summarize_transactions` takes it
        With a table, `customer_id`, `date`, `amount` and `unit` name its columns and the unit of time.
    margin_share : float in [0, 1]
        Share of spend left after its own costs. It has no default.
    discount_rate : Rate
    horizon : Duration
        How far the values look ahead.
    acquisition_cost : float, money, optional
        What winning a customer costs; without it nothing is said of payback.
    observation_end, refunds, date_format
        As in `summarize_transactions`.
    holdout_from : date or text, "half" or None
        First day of the held-out period; ``"half"``: the second half of the observation. A
        TransactionSummary brings its own.
    spend_per_purchase : float, money, optional
        A constant in place of the Gamma-Gamma model, where amounts are unknown or do not determine it.
    title, currency : str
        For the reader; the currency stands before amounts.
    assumed : tuple of str
        Names of arguments that nobody chose, which the report then marks as assumed.
    progress : callable (step, share done), optional

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.ingest.examples import load_cdnow
    >>> from retainkit.reports import report
    >>> base = report(load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value",
    ...     unit="week", margin_share=0.3, acquisition_cost=20, discount_rate=rk.Rate(0.10, per="year"),
    ...     horizon=rk.Duration(3, "year"))
    >>> print(base.payback)
    after 26.0 weeks
    """
    assumptions = Assumptions(
        margin_share=check_margin_share(margin_share),
        discount_rate=check_rate(discount_rate),
        horizon=check_horizon(horizon),
        acquisition_cost=_optional(NOT_NEGATIVE, "acquisition_cost", acquisition_cost),
        spend_per_purchase=_optional(POSITIVE, "spend_per_purchase", spend_per_purchase),
        currency=currency,
        assumed=tuple(assumed),
    )
    tell = progress or _silent
    names = {"customer_id": customer_id, "date": date, "unit": unit}
    if isinstance(source, TransactionSummary):
        split = None if holdout_from == "half" else holdout_from
        names |= {"amount": amount, "observation_end": observation_end, "date_format": date_format}
        _refuse_names({**names, "holdout_from": split})
        transactions = source
    else:
        table = {**_require_names(names), "amount": amount, "observation_end": observation_end}
        table |= {"refunds": refunds, "date_format": date_format}
        transactions = _read(source, table, holdout_from, tell)
    return _report(transactions, assumptions, title, tell)


class _Terms(TypedDict):
    margin_share: float
    discount_rate: Rate


def _silent(step: str, done: float) -> None:
    pass


def _report(tx: TransactionSummary, given: Assumptions, title: str, tell: Progress) -> CustomerBaseReport:
    terms = _Terms(margin_share=given.margin_share, discount_rate=given.discount_rate)
    tell("Fitting purchases over the whole observation", 0.3)
    purchasing = fit(BGNBD, tx.purchases)
    tell("Fitting spend per purchase", 0.4)
    spend_fit = None if given.spend_per_purchase else _fit_spend(tx)
    spend = given.spend_per_purchase if spend_fit is None else spend_fit.model
    tell("Fitting the first part and predicting the held-out rest", 0.6)
    calibration, tracking, why = _track(tx)
    tell("Valuing every customer", 0.7)
    value = value_customers(tx, purchasing.model, spend, **terms, horizon=given.horizon)
    new_customer = value_new_customer(purchasing.model, spend, **terms, horizon=given.horizon)
    value_error, new_error = value_errors(tx, given, purchasing, spend_fit)
    payback = None
    if given.acquisition_cost is not None:
        payback = payback_time(given.acquisition_cost, purchasing.model, spend, **terms)
    tell("Done", 1.0)
    return CustomerBaseReport(
        title=title,
        transactions=tx,
        assumptions=given,
        purchasing=purchasing,
        spend=spend_fit,
        value=value,
        value_error=value_error,
        new_customer=new_customer,
        new_customer_error=new_error,
        payback=payback,
        calibration=calibration,
        tracking=tracking,
        without_tracking=why,
        spend_link=None if tx.monetary_value is None else measure_spend_link(tx.spend),
    )


def _read(
    source: Frame, table: Mapping[str, Any], holdout_from: str | Date | None, tell: Progress
) -> TransactionSummary:
    tell("Reading the transactions", 0.0)
    if holdout_from != "half":
        return summarize_transactions(source, **table, holdout_from=holdout_from)
    whole = summarize_transactions(source, **table)
    days = (whole.observation_end - whole.observation_start).days + 1
    if days < 2:
        return whole
    tell("Splitting the observation in halves", 0.15)
    split = whole.observation_start + timedelta(days=(days + 1) // 2)
    return summarize_transactions(source, **table, holdout_from=split)


def _fit_spend(tx: TransactionSummary) -> Fit[GammaGamma]:
    try:
        fitted = fit(GammaGamma, tx.spend)
    except FitError as error:
        way_out = f"{error.way_out} Or give a constant spend_per_purchase in its place."
        raise FitError(error.code, error.reason, way_out=way_out, attempt=error.attempt) from error
    if not fitted.model.expected_spend_new() < float("inf"):
        median = float(fitted.model.median_spend_new())
        raise FitError(
            "infinite-spend",
            f"The fitted GammaGamma has q = {fitted.model.q:.3g}: with q of 1 or less the tail of rich "
            "customers is so heavy that the mean spend is infinite.",
            way_out=f"Give a constant spend_per_purchase, for example the median customer's {median:.2f}.",
            attempt=fitted,
        )
    return fitted


def _track(tx: TransactionSummary) -> tuple[Fit[BGNBD] | None, Tracking | None, str]:
    if tx.calibration is None:
        return None, None, "No period was held out, so nothing here has been checked against the future."
    try:
        fitted = fit(BGNBD, tx.calibration.purchases)
    except FitError as error:
        return None, None, f"The model could not be checked: on the first part alone it does not fit. {error}"
    period = _TRACKED_BY.get(tx.unit, tx.unit)
    return fitted, track_purchases(tx, fitted.model, period=period), ""


def _optional(domain: Domain, argument: str, value: Number | None) -> float | None:
    return None if value is None else numbers(**{argument: (value, domain)})[0]


def _require_names(names: Mapping[str, Any]) -> Plain:
    for argument, name in names.items():
        if name is None:
            way_out = (
                "Name the columns of ids and dates, and the unit of time, for example "
                "customer_id='id', date='day', unit='week'."
            )
            raise missing_argument(argument, "must be given with a table", way_out)
    return dict(names)


def _refuse_names(names: Mapping[str, Any]) -> None:
    for argument, name in names.items():
        if name is not None:
            rule = "says how to read a table, but source is a summary that has been read already"
            raise InputError("needless", argument, name, rule, "Leave it out, or pass the table itself.")


def value_errors(
    tx: TransactionSummary, given: Assumptions, purchasing: Fit[BGNBD], spend: Fit[GammaGamma] | None
) -> tuple[float, float]:
    """Standard errors of the value of the whole base and of the value of a new customer."""
    counted: dict[BGNBD, Array] = {}  # a step in the spend model leaves the purchases as they are

    def base(model: BGNBD, *spending: GammaGamma) -> float:
        if model not in counted:
            rate, horizon = given.discount_rate, given.horizon
            counted[model] = model.discounted_expected_purchases(tx.purchases, rate, horizon)
        each: Any = spending[0].expected_spend(tx.spend) if spending else given.spend_per_purchase
        return given.margin_share * float(np.sum(counted[model] * each))

    def new(model: BGNBD, *spending: GammaGamma) -> float:
        each = spending[0] if spending else given.spend_per_purchase
        rate, horizon = given.discount_rate, given.horizon
        return value_new_customer(
            model, each, margin_share=given.margin_share, discount_rate=rate, horizon=horizon
        ).value

    fits: tuple[AnyFit, ...] = (purchasing,) if spend is None else (purchasing, spend)
    return float(standard_error(base, *fits)), float(standard_error(new, *fits))
