"""`report`: a table or a summary, and assumptions → the report on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any, Unpack, cast, get_args, overload

from retainkit.columns import numbers
from retainkit.documents import Document
from retainkit.domains import NOT_NEGATIVE, POSITIVE, Domain
from retainkit.errors import InputError, check_choice
from retainkit.ingest import LazyTransactionSummary, PeriodSummary, TransactionSummary
from retainkit.ingest.subscriptions.shapes import EndDay
from retainkit.ingest.transactions.groups import labels_of, looked_up
from retainkit.ingest.transactions.plan import Refunds
from retainkit.metrics import SubscriptionBase, read_subscriptions
from retainkit.models.base import AbstractModel, AnyModel
from retainkit.models.family import AnyFamily
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.purchasing.mbg_nbd import MBGNBD
from retainkit.models.purchasing.nbd import NBD
from retainkit.models.purchasing.pareto_nbd import ParetoNBD
from retainkit.rates import Rate
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.purchases.customer_base import CustomerBaseReport
from retainkit.reports.purchases.make import Progress, report_on_purchases
from retainkit.reports.purchases.people import Labels, labels_in_engine
from retainkit.reports.subscriptions.make import report_on_subscriptions
from retainkit.reports.subscriptions.subscription_report import SubscriptionReport
from retainkit.tables import TableSource
from retainkit.tables.lines import MissingIds
from retainkit.tables.read import as_relation
from retainkit.typing import ColumnLike, Frame, Number, Plain, Reading, Unit
from retainkit.units import Duration
from retainkit.validation.best import read_split, refuse_names, require_names
from retainkit.valuation.inputs import check_horizon, check_margin_share, check_rate

MODELS: tuple[type[AnyModel], ...] = (BGNBD, MBGNBD, ParetoNBD, NBD)
"""What a report tries: customers leave at a purchase, at the first too, at any time, never."""


@overload
def report(  # pyright: ignore[reportOverlappingOverload] - a table may be of any kind
    source: SubscriptionBase,
    *,
    margin_share: Number,
    discount_rate: Rate,
    horizon: Duration,
    acquisition_cost: Number | None = None,
    title: str = "Customer base",
    currency: str = "",
    assumed: tuple[str, ...] = (),
    by: str | None = None,
    progress: Progress | None = None,
) -> SubscriptionReport: ...
@overload
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
    by: str | ColumnLike | None = None,
    start: None = None,
    end: None = None,
    plan: None = None,
    end_day: EndDay = "first-without",
    in_memory: bool | None = None,
    progress: Progress | None = None,
    **reading: Unpack[Reading],
) -> CustomerBaseReport: ...
@overload
def report(
    source: Frame,
    *,
    margin_share: Number,
    discount_rate: Rate,
    horizon: Duration,
    start: str,
    end: str | None = None,
    plan: str | None = None,
    end_day: EndDay = "first-without",
    customer_id: str | None = None,
    amount: str | None = None,
    observation_end: str | Date | None = None,
    date_format: str | None = None,
    missing_ids: MissingIds = "error",
    acquisition_cost: Number | None = None,
    title: str = "Customer base",
    currency: str = "",
    assumed: tuple[str, ...] = (),
    by: str | None = None,
    progress: Progress | None = None,
    **reading: Unpack[Reading],
) -> SubscriptionReport: ...
def report(
    source: Frame | SubscriptionBase,
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
    by: str | ColumnLike | None = None,
    start: str | None = None,
    end: str | None = None,
    plan: str | None = None,
    end_day: EndDay = "first-without",
    in_memory: bool | None = None,
    progress: Progress | None = None,
    **reading: Unpack[Reading],
) -> CustomerBaseReport | SubscriptionReport:
    """Report on a customer base: who is still there, what they are worth, and how sure that is.

    Chooses a purchase model by how it predicts a held-out period that it has not seen, as `compare` does,
    fits it and Gamma-Gamma to all transactions, and values the base and a new customer. Where no prediction
    could be checked, the report says "unchecked" before any value. Raises `InputError` for an argument or a
    table that breaks a rule, `FitError` where the transactions determine no model.

    Parameters
    ----------
    source : TransactionSummary, SubscriptionBase, or a table
        Of transactions, `customer_id`, `date`, `amount` and `unit` name the columns and the unit of time; of
        subscriptions `customer_id`, `start`, `end`, `amount` and `plan` name the columns. What else
        `read_subscriptions` can read, it reads before: give its base.
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
    by : str or column, optional
        Segments to tell apart: the name of a column of the table, the same on all lines of a customer;
        ``"plan"`` or a segment of a base; of a summary ``"month"``, ``"quarter"`` or ``"year"`` of the first
        purchase, or a value for each customer.
    start, end, plan : str, optional
        Columns of a table of subscriptions: with a `start` the report is one on subscriptions.
    end_day : {"first-without", "last-with"}
        As in `read_subscriptions`.
    in_memory : bool, optional
        Whether customers come into memory, as in `summarize_transactions`: those of a DuckDB relation, a
        polars LazyFrame or a Spark frame stay there unless told, those of files where it is False. The
        report is the same: figures of single customers go by cells of 1% of what they spent.
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
    check_choice("end_day", end_day, get_args(EndDay))
    given = (margin_share, discount_rate, horizon, acquisition_cost, spend_per_purchase, currency, assumed)
    assumptions = _assumptions(*given)
    tell = progress or _silent
    rest: Plain = {"amount": amount, "observation_end": observation_end, "date_format": date_format}
    rest |= {"order_id": order_id, "refund_window": refund_window, **reading}
    if start is not None or isinstance(source, SubscriptionBase):
        columns: Plain = {
            "customer_id": customer_id or "customer_id",
            "start": start,
            "end": end,
            "plan": plan,
        }
        columns |= {"end_day": end_day, "missing_ids": missing_ids}
        kind = by if isinstance(by, str) else None
        _refuse_purchases(date=date, unit=unit, spend_per_purchase=spend_per_purchase, in_memory=in_memory)
        base = _subscriptions(source, columns, rest, kind, tell)
        return report_on_subscriptions(base, assumptions, title, kind, tell)
    names: Plain = {"customer_id": customer_id, "date": date, "unit": unit}
    policies: Plain = {"refunds": refunds, "missing_ids": missing_ids, "holdout_from": holdout_from}
    policies |= {"in_memory": in_memory}
    source = as_relation(source)  # a stream of batches can be read once
    tx = _transactions(source, names, rest, policies, tell)
    labels = _labels(tx, source, by, reading)
    return report_on_purchases(tx, assumptions, models, title, labels, tell)


def _assumptions(
    margin_share: Number,
    discount_rate: Rate,
    horizon: Duration,
    acquisition_cost: Number | None,
    spend_per_purchase: Number | None,
    currency: str,
    assumed: tuple[str, ...],
) -> Assumptions:
    return Assumptions(
        margin_share=check_margin_share(margin_share),
        discount_rate=check_rate(discount_rate),
        horizon=check_horizon(horizon),
        acquisition_cost=_optional(NOT_NEGATIVE, "acquisition_cost", acquisition_cost),
        spend_per_purchase=_optional(POSITIVE, "spend_per_purchase", spend_per_purchase),
        currency=currency,
        assumed=tuple(assumed),
    )


def _subscriptions(
    source: Any, columns: Plain, rest: Plain, kind: str | None, tell: Progress
) -> SubscriptionBase:
    """The base itself, or that of a table."""
    if isinstance(source, SubscriptionBase):
        return source
    _refuse_purchases(order_id=rest.pop("order_id"), refund_window=rest.pop("refund_window"))
    tell("Reading the subscriptions", 0.0)
    return read_subscriptions(source, **columns, **rest, segment=None if kind == "plan" else kind)


def _transactions(
    source: Any, names: Plain, rest: Plain, policies: Plain, tell: Progress
) -> TransactionSummary:
    """The summary itself, or that of a table, with part of it held out."""
    if isinstance(source, TransactionSummary):
        refuse_names({**names, **rest, **policies})
        return source
    if isinstance(source, PeriodSummary | Document | AbstractModel | float | int | None) or callable(source):
        rule = "must be a table, or what was read of one: a TransactionSummary or a SubscriptionBase"
        way_out = (
            "Orders by period have no days for a report: fit in_periods(BGNBD), and check it with validate."
            if isinstance(source, PeriodSummary)
            else "Name the columns of a table, for example customer_id='id', date='day', unit='week'."
        )
        raise InputError("wrong-type", "source", type(cast("object", source)).__name__, rule, way_out)
    tell("Reading the transactions", 0.0)
    held, monthly = policies.pop("holdout_from"), rest["amount"] is not None
    return read_split(source, {**require_names(names), **rest, **policies, "monthly": monthly}, held)


def _refuse_purchases(**given: object) -> None:
    """Refuse what would be ignored of subscriptions."""
    for name, value in given.items():
        if value is not None:
            raise InputError("needless", name, value, "has no meaning for subscriptions", "Leave it out.")


def _silent(step: str, done: float) -> None:
    pass


def _optional(domain: Domain, argument: str, value: Number | None) -> float | None:
    return None if value is None else numbers(**{argument: (value, domain)})[0]


def _labels(tx: TransactionSummary, source: Frame, by: Any, reading: Reading) -> Labels | None:
    """Which kind each customer is of, from a column of the table or one of the caller's."""
    if by is None:
        return None
    if isinstance(tx, LazyTransactionSummary):
        return labels_in_engine(tx, by, None if source is tx else source)
    if isinstance(by, str) and source is not tx:
        names, place = looked_up(tx, by, TableSource.of(source, reading))
        return Labels(by, names, place)
    name = by if isinstance(by, str) else str(getattr(by, "name", None) or "segment")
    names, place = labels_of(tx, by)
    return Labels(name, names, place)
