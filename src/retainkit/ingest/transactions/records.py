"""What a transaction table says about its customers: frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from retainkit.documents import Document
from retainkit.errors import InputError, missing_argument
from retainkit.ingest.transactions.groups import CustomerGroup, groups_of
from retainkit.ingest.transactions.monthly import MonthlyMoney
from retainkit.ingest.transactions.rfm import RFM, score, segment_of, since_last
from retainkit.ingest.transactions.treatment import Treatment
from retainkit.plurals import counted
from retainkit.records import FrameKind
from retainkit.summaries import Purchases, Spend
from retainkit.tables import frame_of
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import DAYS_PER


@dataclass(frozen=True, eq=False, slots=True)
class Activity:
    """What happened on each calendar day of the observation, over all customers.

    Attributes
    ----------
    start : datetime.date
        The day of the first entry: the first purchase in the data.
    new_customers : (days,) int
        First purchases on each day.
    repeat_purchases : (days,) int
        Purchases after the customer's first.
    tracked_repeat_purchases : (days,) int
        Those by customers acquired before the holdout; all of them where there is no split.
    """

    start: date
    new_customers: NDArray[np.int64]
    repeat_purchases: NDArray[np.int64]
    tracked_repeat_purchases: NDArray[np.int64]

    def __len__(self) -> int:
        return self.new_customers.size


@dataclass(frozen=True, eq=False, slots=True)
class Holdout:
    """What the customers of the calibration period did afterwards, in the calibration's order.

    Attributes
    ----------
    frequency : (n,)
        Purchase days in the holdout.
    monetary_value : (n,) or None
        Their mean value by the calibration's own definition and refund policy; 0 without any. A refund
        counts where it follows a purchase of the holdout; a refund of an earlier purchase does not.
    duration : float
        Length of the holdout, in `unit`.
    unit : {"day", "week", "month", "quarter", "year"}
    start, end : datetime.date
        Its first and its last day.
    new_customers : int
        Customers acquired in the holdout: not here.
    earlier_refund_days : int
        Refund days of purchases of the calibration period: not here.
    weight : (n,) or None
        How many customers each entry stands for; None for one each.
    """

    frequency: Array
    monetary_value: Array | None
    duration: float
    unit: Unit
    start: date
    end: date
    new_customers: int
    earlier_refund_days: int
    weight: Array | None = None

    def __len__(self) -> int:
        return self.frequency.size if self.weight is None else int(self.weight.sum())

    def __repr__(self) -> str:
        made = self.frequency if self.weight is None else self.weight * self.frequency
        return (
            f"Holdout({counted(len(self), 'customer')}, "
            f"{counted(int(made.sum()), 'purchase')}, {self.start} to "
            f"{self.end}: {self.duration:.6g} {self.unit}s)"
        )


@dataclass(frozen=True, eq=False, repr=False)
class TransactionSummary(Document):
    """A transaction table, told per customer; made by `summarize_transactions`.

    Attributes
    ----------
    purchases : Purchases
        Frequency, recency and T, one entry per customer, in `unit`.
    customers : column of the caller's dataframe kind
        The ids, in the order of `purchases`: ascending.
    treatment : Treatment
        What was merged, netted, left out or dropped, by count.
    unit : {"day", "week", "month", "quarter", "year"}
    observation_start, observation_end : datetime.date
        The day of the first purchase and the last day of observation.
    activity : Activity
        New customers and repeat purchases on each calendar day.
    calibration : TransactionSummary or None
        The period before ``holdout_from`` as it looked then.
    holdout : Holdout or None
        What its customers did afterwards.
    monetary_value : (n,) or None
        Mean value of each customer's repeat purchases; 0 without any.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array([7, 7, 7]), "date": np.array([20240101, 20240131, 20240131])}
    >>> tx = rk.summarize_transactions(table, customer_id="id", date="date", unit="day")
    >>> tx.purchases.recency.tolist(), tx.treatment.merged_lines
    ([30.0], 1)
    """

    purchases: Purchases
    customers: ColumnLike
    treatment: Treatment
    unit: Unit
    observation_start: date
    observation_end: date
    activity: Activity
    calibration: TransactionSummary | None
    holdout: Holdout | None
    monetary_value: Array | None
    _evidence: NDArray[np.bool_] | None = field(default=None)
    _total: Array | None = field(default=None)
    id_name: str = field(default="customer_id")
    _paid: MonthlyMoney | None = field(default=None)

    def __len__(self) -> int:
        return len(self.purchases)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing here: customers in memory need no engine. One script serves both, with ``with``."""

    @property
    def monthly(self) -> MonthlyMoney:
        """What each customer paid in each calendar month, refunds subtracted.

        Raises `InputError` if it was not kept.
        """
        if self._paid is None:
            way_out = "Call summarize_transactions(..., monthly=True)."
            raise missing_argument("monthly", "must be True for what is paid month by month", way_out)
        return self._paid

    @property
    def spend(self) -> Spend:
        """Mean value of repeat purchases, aligned with `purchases`; frequency 0 where nothing is known.

        Raises `InputError` if the table was read without an amount column.
        """
        if self.monetary_value is None or self._evidence is None:
            rule = "must name a column of money before anything is known of spend"
            way_out = "Call summarize_transactions(..., amount='price') with the name of your column."
            raise missing_argument("amount", rule, way_out)
        return Spend(
            frequency=np.where(self._evidence, self.purchases.frequency, 0.0),
            monetary_value=np.where(self._evidence, self.monetary_value, 0.0),
        )

    def __retention_data__(self, kind: type[object]) -> object:
        """Its purchases or its spend, where a function takes such data."""
        if kind is Spend:
            return self.spend
        return self.purchases if kind is Purchases else None

    def __retention_before_holdout__(self) -> TransactionSummary:
        """What a fit may see of it."""
        return self if self.calibration is None else self.calibration

    def to_frame(self, kind: FrameKind | None = None) -> Frame:
        """One row per customer in the caller's dataframe kind or another: id, frequency, recency, T, money.

        A table that came as a dict of columns goes back as one.
        """
        p = self.purchases
        columns = {"frequency": p.frequency, "recency": p.recency, "T": p.T}
        if self.monetary_value is not None:
            columns["monetary_value"] = self.monetary_value
        return frame_of(self.id_name, self.customers, columns, kind)

    def rfm(self) -> RFM:
        """Recency, frequency and money as marketing counts them, with scores and named segments.

        Raises `InputError` where there is no customer.
        """
        p = self.purchases
        if not len(p):
            raise InputError("empty", "tx", 0, "must have customers", "Check the filter that made the data.")
        bought, since = p.frequency + 1.0, since_last(p)
        recency, frequency = score(-since), score(bought)
        return RFM(
            customers=self.customers,
            purchases=bought,
            since_last=since,
            tenure=p.T,
            total_value=self._total,
            mean_value=None if self._total is None else self._total / bought,
            recency_score=recency,
            frequency_score=frequency,
            monetary_score=None if self._total is None else score(self._total),
            segment=segment_of(recency, frequency),
            unit=self.unit,
            id_name=self.id_name,
        )

    def by(self, column: str | ColumnLike, table: Frame | None = None) -> dict[Any, CustomerGroup]:
        """The customers of each country, channel or month of acquisition, for `fit_each`.

        Parameters
        ----------
        column : "month", "quarter", "year", or column
            The calendar period of the first purchase; or a value for each customer, in their order; or, with
            `table`, the name of its column.
        table : any table, optional
            One line or many for each customer, with the ids under the name that they had. Customers with
            several values are refused.

        Examples
        --------
        >>> import retainkit as rk
        >>> table = {"id": [1, 1, 2], "day": ["2024-01-30", "2024-03-01", "2024-02-02"]}
        >>> tx = rk.summarize_transactions(table, customer_id="id", date="day", unit="day")
        >>> {month: len(group) for month, group in tx.by("month").items()}
        {'2024-01': 1, '2024-02': 1}
        """
        return groups_of(self, column, table)

    def _size(self) -> str:
        return counted(len(self), "customer")

    def _facts(self) -> list[tuple[str, str]]:
        length = counted(DAYS_PER[self.unit], "day", spec="g")
        facts = [
            ("observation", f"{self.observation_start} to {self.observation_end}, both included"),
            ("frequency", "calendar days with a purchase, after the first such day"),
            ("recency, T", f"{self.unit}s of {length}, from the first purchase to the last and to the end"),
        ]
        if self.monetary_value is not None:
            facts.append(("monetary value", "mean value of those repeat days"))
        if self.holdout is not None:
            facts.append(("holdout", f"from {self.holdout.start}, {self.holdout.duration:.6g} {self.unit}s"))
        return facts

    def __repr__(self) -> str:
        lines = [f"  {name}: {fact}" for name, fact in self._facts()]
        treated = str(self.treatment).replace("\n", "\n  ")
        return "\n".join([f"{type(self).__name__} of {self._size()}", *lines, f"  {treated}"])

    def _repr_html_(self) -> str:
        rows = [*self._facts(), ("lines", str(self.treatment).split("\n", 1)[0])]
        rows += [("", sentence) for sentence in self.treatment.sentences()]
        cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        return f"<table><caption>Transactions of {self._size()}</caption>{cells}</table>"
