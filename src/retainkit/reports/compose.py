"""Transactions and assumptions → the report: reading, fitting, valuing, checking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date as Date
from typing import Any, NamedTuple, TypeAlias, TypedDict, Unpack

import numpy as np

from retainkit.columns import numbers
from retainkit.domains import NOT_NEGATIVE, POSITIVE, Domain
from retainkit.errors import FitError, InputError
from retainkit.inference.fit import fit
from retainkit.inference.result import AnyFit, Fit, standard_error
from retainkit.ingest import TransactionSummary
from retainkit.ingest.transactions.plan import Refunds
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.models.purchasing.nbd import NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.rates import Rate
from retainkit.reports.customer_base import CustomerBaseReport
from retainkit.reports.figures import Assumptions, measure_spend_link
from retainkit.tables.lines import MissingIds
from retainkit.typing import Array, Frame, Number, Reading, Unit
from retainkit.units import Duration
from retainkit.validation import Comparison, Tracking, compare, track_purchases
from retainkit.validation.best import read_split, refuse_names, require_names
from retainkit.valuation.customers import value_customers
from retainkit.valuation.inputs import check_horizon, check_margin_share, check_rate
from retainkit.valuation.new_customer import payback_time, value_new_customer

Progress: TypeAlias = "Callable[[str, float], None]"
"""Called before each step with its name and the share of the work done so far."""

_TRACKED_BY: dict[Unit, Unit] = {"day": "week", "year": "quarter"}
"""Single days are too noisy to compare, and years too few; other units are followed by themselves."""

MODELS: tuple[type[AnyModel], ...] = (BGNBD, MBGNBD, ParetoNBD, NBD)
"""What a report tries: customers leave at a purchase, at the first too, at any time, never."""


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
    missing_ids: MissingIds = "error",
    order_id: str | None = None,
    refund_window: int | None = None,
    spend_per_purchase: Number | None = None,
    models: Sequence[type[AnyModel] | AnyFamily] = MODELS,
    title: str = "Customer base",
    currency: str = "",
    assumed: tuple[str, ...] = (),
    progress: Progress | None = None,
    **reading: Unpack[Reading],
) -> CustomerBaseReport:
    """Report on a customer base: who is still there, what they are worth, and how sure that is.

    Chooses a purchase model by how it predicts a held-out period that it has not seen, as `compare` does,
    fits it and Gamma-Gamma to all transactions, and values the base and a new customer. Where no prediction
    could be checked, the report says "unchecked" before any value. Raises `InputError` for an argument or a
    table that breaks a rule, `FitError` where the transactions determine no model.

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
    observation_end, refunds, date_format, missing_ids, order_id, refund_window, **reading
        As in `summarize_transactions`.
    holdout_from : date or text, "half" or None
        First day of the held-out period; ``"half"``: the second half of the observation. A
        TransactionSummary brings its own.
    spend_per_purchase : float, money, optional
        A constant in place of the Gamma-Gamma model, where amounts are unknown or do not determine it.
    models : purchase models, optional
        Which to choose among.
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
    >>> base.purchasing.family.name, str(base.payback)
    ('ParetoNBD', 'after 26.5 weeks')
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
        names |= {"amount": amount, "observation_end": observation_end, "date_format": date_format}
        names |= {"order_id": order_id, "refund_window": refund_window, **reading}
        policies = {"refunds": refunds, "missing_ids": missing_ids, "holdout_from": holdout_from}
        refuse_names({**names, **policies})
        transactions = source
    else:
        table = {**require_names(names), "amount": amount, "observation_end": observation_end}
        table |= {"refunds": refunds, "date_format": date_format, "missing_ids": missing_ids}
        table |= {"order_id": order_id, "refund_window": refund_window, **reading}
        tell("Reading the transactions", 0.0)
        transactions = read_split(source, table, holdout_from)
    return _report(transactions, assumptions, models, title, tell)


class _Terms(TypedDict):
    margin_share: float
    discount_rate: Rate


def _silent(step: str, done: float) -> None:
    pass


class _Choice(NamedTuple):
    """The model behind the values, and how it was found."""

    purchasing: AnyFit
    comparison: Comparison
    calibration: AnyFit | None = None
    unchecked: str = ""


def _report(
    tx: TransactionSummary,
    given: Assumptions,
    models: Sequence[type[AnyModel] | AnyFamily],
    title: str,
    tell: Progress,
) -> CustomerBaseReport:
    terms = _Terms(margin_share=given.margin_share, discount_rate=given.discount_rate)
    tell("Choosing a model of purchases by what it predicts", 0.3)
    purchasing, comparison, calibration, unchecked = _choose(models, tx)
    tell("Fitting spend per purchase", 0.6)
    spend_fit = None if given.spend_per_purchase else _fit_spend(tx)
    spend = given.spend_per_purchase if spend_fit is None else spend_fit.model
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
        comparison=comparison,
        calibration=calibration,
        tracking=_tracking(tx, calibration),
        unchecked=unchecked,
        spend_link=None if tx.monetary_value is None else measure_spend_link(tx.spend),
    )


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


def _optional(domain: Domain, argument: str, value: Number | None) -> float | None:
    return None if value is None else numbers(**{argument: (value, domain)})[0]


def value_errors(
    tx: TransactionSummary, given: Assumptions, purchasing: AnyFit, spend: Fit[GammaGamma] | None
) -> tuple[float, float]:
    """Standard errors of the value of the whole base and of the value of a new customer."""
    # a step in the spend model leaves the purchases as they are
    counted: dict[AbstractPurchaseModel, Array] = {}

    def base(model: AbstractPurchaseModel, *spending: GammaGamma) -> float:
        if model not in counted:
            rate, horizon = given.discount_rate, given.horizon
            counted[model] = model.discounted_expected_purchases(tx.purchases, rate, horizon)
        each: Any = spending[0].expected_spend(tx.spend) if spending else given.spend_per_purchase
        return given.margin_share * float(np.sum(counted[model] * each))

    def new(model: AbstractPurchaseModel, *spending: GammaGamma) -> float:
        each = spending[0] if spending else given.spend_per_purchase
        rate, horizon = given.discount_rate, given.horizon
        found = value_new_customer(
            model, each, margin_share=given.margin_share, discount_rate=rate, horizon=horizon
        )
        return float(found.value)

    fits: tuple[AnyFit, ...] = (purchasing,) if spend is None else (purchasing, spend)
    return float(standard_error(base, *fits)), float(standard_error(new, *fits))
