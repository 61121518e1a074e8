"""What a transaction table says about its customers, and what became of its lines: frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from html import escape

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import missing_argument
from retainkit.ingest.transactions.plan import Refunds
from retainkit.summaries import Purchases, Spend
from retainkit.tables import frame_of
from retainkit.typing import Array, ColumnLike, Frame, Unit
from retainkit.units import DAYS_PER


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was merged, netted, left out or dropped on the way from lines to customers.

    Every line is in exactly one place: ``lines == purchases + merged_lines + refund_day_lines +
    ignored_refund_lines``.

    Attributes
    ----------
    lines : int
        Lines read.
    customers : int
        Customers with at least one purchase.
    purchases : int
        Purchase occasions: days on which a customer bought.
    merged_lines : int
        Further lines of such a day, added to its value.
    refunds : {"net", "ignore", "error"}
        The policy for negative amounts.
    refund_lines : int
        Lines with a negative amount, wherever they went.
    ignored_refund_lines : int
        Those left out under ``refunds="ignore"``.
    refund_days, refund_day_lines : int
        Days of a customer whose amounts add up to less than 0, and their lines: no purchases.
    first_purchase_refund_days : int
        Refund days between the first and the second purchase: they reduce the first purchase, which
        is no part of the monetary value.
    unmatched_refund_days : int
        Refund days before any purchase of that customer: netted against nothing.
    refund_only_customers : int
        Customers without any purchase: dropped.
    zero_purchases : int
        Purchases worth 0: they count as purchases.
    customers_without_spend : int
        Customers whose repeat purchases bring nothing after refunds: no evidence in `spend`.
    """

    lines: int
    customers: int
    purchases: int
    merged_lines: int
    refunds: Refunds
    refund_lines: int
    ignored_refund_lines: int
    refund_days: int
    refund_day_lines: int
    first_purchase_refund_days: int
    unmatched_refund_days: int
    refund_only_customers: int
    zero_purchases: int
    customers_without_spend: int

    @classmethod
    def of(cls, counts: Mapping[str, int], refunds: Refunds) -> Treatment:
        """The record of counted lines."""
        names = [f.name for f in fields(cls) if f.name not in ("lines", "refunds")]
        counted = {name: counts.get(name, 0) for name in names}
        placed = ("purchases", "merged_lines", "refund_day_lines", "ignored_refund_lines")
        return cls(lines=sum(counted[name] for name in placed), refunds=refunds, **counted)

    def as_dict(self) -> dict[str, int | str]:
        """The counts by name, ready for JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What happened, in sentences; what did not happen is left out."""
        happened = [
            (self.merged_lines, "merged into another line of the same customer and day"),
            (self.refund_lines, f"with a negative amount (refunds={self.refunds!r})"),
            (self.ignored_refund_lines, "of these left out"),
        ]
        sentences = [f"{_n(count, 'line')} {what}" for count, what in happened if count]
        days = [
            (self.refund_days, "in all: no purchases, subtracted from the purchases before them"),
            (self.first_purchase_refund_days, "of these reduced a first purchase, no part of monetary value"),
            (self.unmatched_refund_days, "of these had no purchase before them and changed nothing"),
        ]
        sentences += [f"{_n(count, 'refund day')} {what}" for count, what in days if count]
        customers = [
            (self.refund_only_customers, "dropped: refunds, but no purchase"),
            (self.customers_without_spend, "with repeat purchases worth nothing: no evidence of spend"),
        ]
        if self.zero_purchases:
            sentences.append(f"{_n(self.zero_purchases, 'purchase')} worth 0, counted as purchases")
        return sentences + [f"{_n(count, 'customer')} {what}" for count, what in customers if count]

    def __str__(self) -> str:
        bought = f"{_n(self.purchases, 'purchase')} of {_n(self.customers, 'customer')}"
        head = f"{_n(self.lines, 'line')} read: {bought}"
        return "\n".join([head, *(f"  {line}" for line in self.sentences())])


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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
    """

    frequency: Array
    monetary_value: Array | None
    duration: float
    unit: Unit
    start: date
    end: date
    new_customers: int
    earlier_refund_days: int

    def __len__(self) -> int:
        return self.frequency.size

    def __repr__(self) -> str:
        return (
            f"Holdout({len(self):,} customers, {int(self.frequency.sum()):,} purchases, {self.start} to "
            f"{self.end}: {self.duration:.6g} {self.unit}s)"
        )


@dataclass(frozen=True, eq=False, repr=False)
class TransactionSummary:
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
    id_name: str = field(default="customer_id")

    def __len__(self) -> int:
        return len(self.purchases)

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

    def to_frame(self) -> Frame:
        """One row per customer in the caller's dataframe kind: id, frequency, recency, T, monetary_value.

        A table that came as a dict of columns goes back as one.
        """
        p = self.purchases
        columns = {"frequency": p.frequency, "recency": p.recency, "T": p.T}
        if self.monetary_value is not None:
            columns["monetary_value"] = self.monetary_value
        return frame_of(self.id_name, self.customers, columns)

    def _size(self) -> str:
        return f"{len(self):,} customer{'' if len(self) == 1 else 's'}"

    def _facts(self) -> list[tuple[str, str]]:
        length = f"{DAYS_PER[self.unit]:g} day{'' if self.unit == 'day' else 's'}"
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
        return "\n".join([f"TransactionSummary of {self._size()}", *lines, f"  {treated}"])

    def _repr_html_(self) -> str:
        rows = [*self._facts(), ("lines", str(self.treatment).split("\n", 1)[0])]
        rows += [("", sentence) for sentence in self.treatment.sentences()]
        cells = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        return f"<table><caption>Transactions of {self._size()}</caption>{cells}</table>"
