"""Which cohorts have paid back what they cost to win, when they did, and when the others are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import named_once
from retainkit.errors import InputError, refuse_where
from retainkit.ingest import TransactionSummary
from retainkit.metrics import SubscriptionBase
from retainkit.metrics.base import check_base
from retainkit.protocols import ModelOf, PurchaseProcess, SurvivalProcess
from retainkit.records import Record
from retainkit.tables import DateRule, Days, Fault, Source, Table, read_table
from retainkit.tables.days import month_of
from retainkit.tables.read import keyed
from retainkit.typing import Array
from retainkit.valuation._payers import (
    OfBase,
    OfTransactions,
    Payers,
    Places,
    cohorts_of,
    cohorts_paying,
    received,
)
from retainkit.valuation.inputs import Spending, check_margin_share


@dataclass(frozen=True, slots=True, eq=False)
class CohortPayback(Record):
    """What each cohort cost to win and has brought since, one entry a row of spend; made by `cohort_payback`.

    Attributes
    ----------
    by : tuple of str
    cohort : (n,) texts
        The month in which its customers began: ``2024-03``.
    group : (n, by − 1) texts
        What else tells cohorts apart.
    customers : (n,) int
    spend : (n,) money
    margin : (n,) money
        Brought until the end of the last whole month, that of customers who have left included.
    months : (n,)
        At the end of which month of its own, 1 for the first, the margin had reached the spend; NaN where it
        has not.
    due : (n,) texts
        The month at whose end the others are expected to; "never" for none within twenty years; empty where
        it is known already, or no `fit` was given.
    customers_without_spend : int
        Who began in a month, or a group, that the table of spend does not have.
    cash : (n,) money, or None
        The margin of what was paid by then, where payments of a base were given.
    cash_months : (n,), or None
        As `months`, of the cash: a year paid in advance comes sooner than its margin, an invoice later.
    """

    _derived = ("total_spend", "total_margin")

    by: tuple[str, ...]
    cohort: NDArray[np.str_]
    group: NDArray[np.str_]
    customers: NDArray[np.int64]
    spend: Array
    margin: Array
    months: Array
    due: NDArray[np.str_]
    margin_share: float
    last_month: str
    customers_without_spend: int
    cash: Array | None = None
    cash_months: Array | None = None
    _like: Any = field(default=None, compare=False)

    @property
    def total_spend(self) -> float:
        """Spent on all cohorts."""
        return float(self.spend.sum())

    @property
    def total_margin(self) -> float:
        """Brought by all cohorts."""
        return float(self.margin.sum())

    def _row_columns(self) -> dict[str, Any]:
        keys = {self.by[0]: self.cohort} | {name: self.group[:, k] for k, name in enumerate(self.by[1:])}
        names = ("customers", "spend", "margin", "months", "due")
        names += () if self.cash is None else ("cash", "cash_months")
        return keyed("by", keys, {name: getattr(self, name) for name in names})

    def _beside(self) -> Any:
        return self._like

    def __str__(self) -> str:
        paid = int(np.isfinite(self.months).sum())
        told = (
            f"{paid:,} of {self.months.size:,} cohorts have paid back by the end of {self.last_month}: "
            f"{self.total_spend:,.2f} was spent and {self.total_margin:,.2f} has come in"
        )
        if self.cash is None or self.cash_months is None:
            return told
        back = int(np.isfinite(self.cash_months).sum())
        return f"{told}; in cash {back:,}, with {float(self.cash.sum()):,.2f} received"


def cohort_payback(
    base: SubscriptionBase | TransactionSummary,
    spend: Source,
    *,
    margin_share: float,
    by: str | Sequence[str] = "month",
    amount: str = "amount",
    customers: Source | None = None,
    fit: ModelOf[SurvivalProcess] | ModelOf[PurchaseProcess[Any]] | None = None,
    spend_per_purchase: Spending | None = None,
    payments: TransactionSummary | None = None,
    date_format: str | None = None,
) -> CohortPayback:
    """Join what was spent on winning customers to the cohorts that it won.

    A cohort began in a month: of a base with the first payment, or on the day that it read as `acquired`; of
    transactions with the first purchase. It has paid back at the end of the month by which the margin of all
    its customers, those who have left too, reached what was spent, and from which on refunds did not take it
    below. Prices of a base count day by day; of transactions money counts when it was paid, which is payback
    in cash. Raises `InputError` for months outside of the observation, groups that are not known, spend below
    0, a table without amounts, a model that does not count months.

    Parameters
    ----------
    base : SubscriptionBase, or a TransactionSummary made with ``monthly=True``
        Transactions do not tell who of their first months came earlier.
    spend : dataframe of any kind, DuckDB relation, path of a file, or dict of columns
        One row a month, or a month and group; several are added up.
    margin_share : share in [0, 1]
        What is left of a price after its own costs.
    by : str, or several
        The column of months in `spend`, and columns of it that the base has as segments, or `customers` as
        columns, under the same name.
    amount : str
        The column of money in `spend`.
    customers : table, optional
        For transactions in groups: one line or many for each customer, with the ids under the name that they
        had.
    fit : a contractual model that counts months, or its fit; for transactions one of purchases; optional
        What is to come of customers who are there now: says when the others are due. Of a posterior what is
        expected is the mean over 100 of its draws.
    spend_per_purchase : GammaGamma, its fit, or a constant amount
        Beside a fit of purchases.
    payments : TransactionSummary made with ``monthly=True``, optional
        What the customers of a base have paid, on the days when they did: payback in cash, too.
    date_format : str, optional
        How text writes a month in `spend`.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array([1, 2, 3]), "eur": np.array([30.0, 30.0, 30.0]),
    ...          "from": np.array(["2024-01-01", "2024-01-01", "2024-02-01"]),
    ...          "to": np.array(["", "2024-02-01", ""])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", amount="eur",
    ...                              observation_end="2024-03-31")
    >>> found = rk.cohort_payback(base, {"month": ["2024-01", "2024-02"], "amount": [80.0, 90.0]},
    ...                           margin_share=0.8, fit=rk.Geometric(0.1, unit="month"))
    >>> found.margin.round(2).tolist(), found.months.tolist(), found.due.tolist()
    ([96.0, 48.0], [3.0, nan], ['', '2024-06'])
    >>> year = rk.summarize_transactions({"id": [1, 2, 3], "eur": [360.0, 30.0, 30.0],
    ...     "day": ["2024-01-01", "2024-01-01", "2024-03-01"]}, customer_id="id", date="day", amount="eur",
    ...     unit="week", observation_end="2024-03-31", monthly=True)
    >>> paid = rk.cohort_payback(base, {"month": ["2024-01", "2024-02"], "amount": [80.0, 90.0]},
    ...                          margin_share=0.8, payments=year)
    >>> paid.cash.tolist(), paid.cash_months.tolist()
    ([312.0, 24.0], [1.0, nan])
    >>> orders = {"id": [1, 1, 2], "day": ["2024-01-09", "2024-02-20", "2024-02-29"],
    ...           "eur": [40.0, 25.0, 60.0]}
    >>> tx = rk.summarize_transactions(orders, customer_id="id", date="day", amount="eur", unit="week",
    ...                                monthly=True)
    >>> rk.cohort_payback(tx, {"month": ["2024-01", "2024-02"], "amount": [30.0, 30.0]},
    ...                   margin_share=0.5).months.tolist()
    [2.0, 1.0]
    """
    share, names = check_margin_share(margin_share), named_once("by", by)
    payers = _payers(base, customers, fit, spend_per_purchase)
    read = read_table(spend, {n: n for n in names} | {"amount": amount}, argument="spend", line="row")
    first, last = payers.first, payers.last
    month = _months(read, names[0], date_format, first, last)
    groups = {name: payers.group(name) for name in names[1:]}
    keys = np.column_stack([month, *(_places(read, name, known) for name, (known, _) in groups.items())])
    cells, place = np.unique(keys, axis=0, return_inverse=True)
    money = np.bincount(place.reshape(-1), weights=read["amount"].numbers(), minlength=len(cells))
    way_out = "Leave out money that came in: spend counts what winning customers cost."
    refuse_where(money < 0.0, "out-of-range", amount, money, "must add up to 0 or more by cohort", way_out)
    won = cohorts_of(payers, groups, cells)
    brought = share * payers.paid(won, len(cells))
    # sums of floats: a margin that is just the spend must not come a month late
    enough: Array = (money * (1.0 - 1e-12)).astype(np.float64)
    began = (first - cells[:, 0]).astype(np.float64)
    months = _reached(brought, enough, began)
    due = np.full(len(cells), "", object)
    short = np.isnan(months)
    if fit is not None:
        due[short] = payers.due(won, enough - brought[:, -1], share)[short]
    cash = None if payments is None else _cash(base, payments, won, share, first, last, len(cells))
    labels = [np.array(known, np.str_)[cells[:, k]] for k, (known, _) in enumerate(groups.values(), 1)]
    return CohortPayback(
        by=names,
        cohort=cells[:, 0].astype("datetime64[M]").astype(np.str_),
        group=np.column_stack(labels) if labels else np.zeros((len(cells), 0), np.str_),
        customers=np.bincount(won[won >= 0], minlength=len(cells)),
        spend=money.astype(np.float64),
        margin=brought[:, -1],
        months=months,
        due=due.astype(np.str_),
        margin_share=share,
        last_month=str(np.datetime64(last, "M")),
        customers_without_spend=int((won == -1).sum()),
        cash=None if cash is None else cash[:, -1],
        cash_months=None if cash is None else _reached(cash, enough, began),
        _like=payers.like,
    )


def _reached(brought: Array, enough: Array, began: Array) -> Array:
    """At the end of which month of its own each cohort has brought enough for good; NaN where it has not."""
    short = brought < enough[:, None]
    # the month after the last that falls short: from it on the spend is covered
    after = brought.shape[1] - np.argmax(short[:, ::-1], axis=1) if short.size else np.zeros(len(enough))
    after = np.where(short.any(axis=1), after, 0) + began + 1.0
    return np.where(short[:, -1], np.nan, np.maximum(after, 1.0))


def _cash(base: Any, payments: Any, won: Places, share: float, first: int, last: int, cohorts: int) -> Array:
    if not isinstance(base, SubscriptionBase):
        rule = "is for a subscription base: of transactions the margin is in cash already"
        raise InputError("needless", "payments", payments, rule, "Leave it out.")
    if not isinstance(payments, TransactionSummary):
        way_out = "Make one: summarize_transactions(table, amount=…, monthly=True)."
        raise InputError("wrong-type", "payments", payments, "must be a summary of transactions", way_out)
    # the two tables need not have their customers in one order
    theirs = cohorts_paying(base, payments, won, last)
    return share * received(payments, theirs, cohorts, first, last)


def _payers(
    base: Any, customers: Source | None, fit: ModelOf[Any] | None, spend_per_purchase: Spending | None
) -> Payers:
    check_base("base", base, TransactionSummary)
    if isinstance(base, TransactionSummary):
        return OfTransactions.of(base, customers, fit, spend_per_purchase)
    for name, given in (("customers", customers), ("spend_per_purchase", spend_per_purchase)):
        if given is not None:
            rule = "is for transactions: a base knows its segments and its prices"
            raise InputError("needless", name, given, rule, "Leave it out.")
    return OfBase.of(base, fit)


def _months(read: Table, name: str, date_format: str | None, first: int, last: int) -> Days:
    """The month of each row of spend, inside of the observation."""
    month = month_of(read[name].dates(DateRule(months=True, date_format=date_format)).astype(np.int64))
    whole = f"{np.datetime64(first, 'M')} and {np.datetime64(last, 'M')}"
    rule = f"must lie between {whole}, the whole months observed"
    way_out = "Leave out months whose customers the base does not have from their first day on."
    read[name].refuse((month < first) | (month > last), Fault("dates-conflict", rule, way_out))
    return month


def _places(read: Table, name: str, known: Sequence[str]) -> Days:
    """Each row's group, as place among those that are known."""
    said = read[name].labels()
    place_of = {label: k for k, label in enumerate(known)}
    place = np.array([place_of.get(label, -1) for label in said.names] + [-1])[said.place]
    rule = f"must be one of the base's: {', '.join(known)}"
    read[name].refuse(place < 0, Fault("unmatched", rule, "Write it the same way in both tables."))
    return place
