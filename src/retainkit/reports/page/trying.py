"""What a report assumes, and what can be tried in its place."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from retainkit.plurals import counted
from retainkit.rates import Rate
from retainkit.reports.page.parts import Control
from retainkit.reports.page.what_if import WhatIf
from retainkit.reports.page.wording import Money, ahead
from retainkit.units import Duration


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the value of a customer rests on, besides the transactions.

    Attributes
    ----------
    assumed : tuple of str
        The names of those that nobody chose; reports mark them.
    """

    margin_share: float
    discount_rate: Rate
    horizon: Duration
    acquisition_cost: float | None
    spend_per_purchase: float | None
    currency: str
    assumed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The assumptions as plain values."""
        said = {"discount_rate": str(self.discount_rate), "horizon": str(self.horizon)}
        return {**asdict(self), **said, "assumed": list(self.assumed)}


def foot(lines: int) -> str:
    """The last line of a page."""
    return (
        f"Made by retainkit from {counted(lines, 'line')}. All figures stand in this file; it loads nothing."
    )


def exported(curves: WhatIf, given: Assumptions) -> dict[str, object]:
    """What the page's script reads."""
    return {**curves.exported(), "currency": Money(given.currency).sign, "ahead": ahead(given.horizon)}


def controls(given: Assumptions, what: str, note: str, label: str) -> tuple[Control, ...]:
    """Margin, acquisition cost, discount, and one for what customers do."""
    cost, discount = given.acquisition_cost or 0.0, 100.0 * given.discount_rate.effective("year")
    most = _round_up(3.0 * cost) if cost else 100.0
    left = f"share of {what} left after their own costs"
    sign, margin, high = (
        Money(given.currency).sign,
        100.0 * given.margin_share,
        max(40.0, math.ceil(discount)),
    )
    return (
        Control("margin", "Margin", 0, 100, 1, margin, "", "%", left),
        Control("cost", "Acquisition cost", 0, most, most / 100, cost, sign, "", "to win one customer"),
        Control("discount", "Discount", 0, high, 0.5, discount, "", "%", "a year: the cost of money"),
        Control("factor", label, -50, 100, 1, 0, "", "%", note),
    )  # fmt: skip


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= value)
