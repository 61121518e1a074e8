"""What became of every line of the table, by count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from retainkit.ingest.transactions.plan import Refunds


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
