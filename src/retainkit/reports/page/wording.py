"""Numbers as people read them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from retainkit.plurals import counted
from retainkit.typing import Real
from retainkit.units import Duration


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in a currency: ``$12.50``, ``EUR 12.50``, ``-$3.00``; no cents from 10,000 on."""

    currency: str

    def __call__(self, amount: Real, *, beside: Real | None = None) -> str:
        """The amount, with cents as the amount `beside` it has them."""
        amount = float(amount)
        if not math.isfinite(amount):
            return "without limit"
        digits = 0 if abs(amount if beside is None else beside) >= 10_000 else 2
        before = f"{self.currency} " if self.currency[-1:].isalnum() else self.currency
        text = f"{abs(amount):,.{digits}f}"
        return f"{'-' if amount < 0 and text.strip('0.,') else ''}{before}{text}"

    @property
    def sign(self) -> str:
        """What stands before an amount: ``$``, or ``EUR`` with a blank."""
        return f"{self.currency} " if self.currency[-1:].isalnum() else self.currency

    def about(self, amount: Real, ends: tuple[float, float]) -> str:
        """The amount with two significant digits of its interval's half-width, and not more than cents.

        From a million on in millions: ``$1.235m``.
        """
        amount, step = float(amount), step_of(ends)
        if not math.isfinite(amount):
            return "without limit"
        size = abs(round(amount / step) * step)
        if size >= 1e6:
            text = f"{size / 1e6:,.{min(3, max(0, 6 - round(math.log10(step))))}f}m"
        else:
            text = f"{size:,.{2 if step < 1.0 else 0}f}"
        return f"{'−' if amount < 0 and text.strip('0.,') else ''}{self.sign}{text}"

    def interval(self, ends: tuple[float, float]) -> str:
        """``90%: $545,000 to $584,000``."""
        low, high = (self.about(end, ends) for end in ends)
        return f"90%: {low} to {high}"


def step_of(ends: tuple[float, float]) -> float:
    """What amounts are rounded to: two significant digits of the half-width of their interval."""
    half = (ends[1] - ends[0]) / 2.0
    return max(10.0 ** (math.floor(math.log10(half)) - 1), 0.01) if 0.0 < half < math.inf else 0.01


def count(number: float, noun: str = "") -> str:
    """``1 customer``, ``23,570 customers``, ``6,730``; fractions are rounded."""
    if not math.isfinite(number):
        return f"infinitely many {noun}s" if noun else "infinitely many"
    text = f"{number:,.0f}"
    return counted(text, noun) if noun else text


def few(number: Real) -> str:
    """A number of purchases per customer: two decimals."""
    return f"{number:,.2f}" if math.isfinite(number) else "infinitely many"


def share(part: float) -> str:
    """``51%``; what rounds to all or nothing without being it keeps a decimal."""
    if not math.isfinite(part):
        return "unknown"
    text = f"{100 * part:.0f}%"
    if part in (0.0, 1.0) or text not in ("0%", "100%"):
        return text
    missing = float(f"{100 * (1.0 - part):.2g}")
    return f"{100 * part:.2g}%" if text == "0%" else f"{100.0 - missing:.6g}%"


def change(relative: float) -> str:
    """``14% fewer``, ``3% more``, ``as many``."""
    if not math.isfinite(relative):
        return "more"
    if abs(relative) < 0.0005:
        return "as many"
    size = f"{100 * abs(relative):.0f}%" if abs(relative) >= 0.0095 else f"{100 * abs(relative):.1f}%"
    return f"{size} {'more' if relative > 0 else 'fewer'}"


def span(length: Duration) -> str:
    """``26.4 weeks``; years are added from two on, where the unit is a shorter one."""
    if math.isinf(length.value):
        return "all time"
    value = f"{length.value:,.0f}" if length.value.is_integer() else f"{length.value:,.1f}"
    text = counted(value, length.unit)
    years = length.to("year")
    return f"{text} ({years:,.1f} years)" if length.unit != "year" and years >= 2.0 else text


def ahead(horizon: Duration) -> str:
    """``the next 3 years``, ``the next year``, ``all time to come``."""
    if math.isinf(horizon.value):
        return "all time to come"
    return f"the next {horizon.unit if horizon.value == 1.0 else span(horizon)}"
