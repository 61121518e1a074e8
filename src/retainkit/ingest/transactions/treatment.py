"""What became of the lines of a transaction table, by count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from retainkit.ingest.transactions.plan import Refunds
from retainkit.plurals import counted


@dataclass(frozen=True, slots=True)
class Treatment:
    """What was merged, netted, left out or dropped on the way from lines to customers.

    Every line is in exactly one place: ``lines == purchases + merged_lines + refund_day_lines +
    ignored_refund_lines + later_lines + missing_id_lines + filtered_lines + cancelled_lines``.

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
    refunds : {"net", "ignore", "error", "cancel"}
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
    later_lines, missing_id_lines : int
        Lines after the observation, and lines without a customer: left out under ``later="drop"`` and
        ``missing_ids="drop"``.
    filtered_lines : int
        Lines for which `where` did not hold.
    cancelled_orders, cancelled_lines : int
        Orders (days, where orders have no ids) that were refunded in full, and the lines of both: under
        ``refunds="cancel"`` they never were.
    duplicate_lines : int
        Lines that are like another of the same order in all that was read: counted like any other, but
        perhaps exported twice.
    told : tuple of str
        What was found of files and not given: their encoding, their separator.
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
    later_lines: int
    missing_id_lines: int
    filtered_lines: int = 0
    cancelled_orders: int = 0
    cancelled_lines: int = 0
    duplicate_lines: int = 0
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, counts: Mapping[str, int], refunds: Refunds, told: tuple[str, ...] = ()) -> Treatment:
        """The record of counted lines."""
        names = [f.name for f in fields(cls) if f.name not in ("lines", "refunds", "told")]
        counted = {name: counts.get(name, 0) for name in names}
        placed = ("purchases", "merged_lines", "refund_day_lines", "ignored_refund_lines")
        placed += ("later_lines", "missing_id_lines", "filtered_lines", "cancelled_lines")
        return cls(lines=sum(counted[name] for name in placed), refunds=refunds, told=told, **counted)

    def as_dict(self) -> dict[str, Any]:
        """The counts by name, ready for JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What happened, in sentences; what did not happen is left out."""
        happened = [
            (self.filtered_lines, "left out: where= does not hold"),
            (self.missing_id_lines, "left out: without a customer"),
            (self.later_lines, "left out: after the observation"),
            (self.merged_lines, "merged into another line of the same customer and day"),
            (self.refund_lines, f"with a negative amount (refunds={self.refunds!r})"),
            (self.ignored_refund_lines, "of these left out"),
            (
                self.cancelled_lines,
                f"left out: of {counted(self.cancelled_orders, 'order')} refunded in full",
            ),
            (self.duplicate_lines, "like another of the same order in all that was read, and counted"),
        ]
        sentences = [*self.told, *(f"{counted(count, 'line')} {what}" for count, what in happened if count)]
        days = [
            (self.refund_days, "in all: no purchases, subtracted from the purchases before them"),
            (self.first_purchase_refund_days, "of these reduced a first purchase, no part of monetary value"),
            (self.unmatched_refund_days, "of these had no purchase before them and changed nothing"),
        ]
        sentences += [f"{counted(count, 'refund day')} {what}" for count, what in days if count]
        customers = [
            (self.refund_only_customers, "dropped: refunds, but no purchase"),
            (self.customers_without_spend, "with repeat purchases worth nothing: no evidence of spend"),
        ]
        if self.zero_purchases:
            sentences.append(f"{counted(self.zero_purchases, 'purchase')} worth 0, counted as purchases")
        return sentences + [f"{counted(count, 'customer')} {what}" for count, what in customers if count]

    def __str__(self) -> str:
        bought = f"{counted(self.purchases, 'purchase')} of {counted(self.customers, 'customer')}"
        head = f"{counted(self.lines, 'line')} read: {bought}"
        return "\n".join([head, *(f"  {line}" for line in self.sentences())])
