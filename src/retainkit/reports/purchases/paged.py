"""A report on transactions as a page: its sections, and what can be tried on it."""

from __future__ import annotations

import math

from retainkit.plurals import counted
from retainkit.reports.page.parts import Answer, Control, Page
from retainkit.reports.page.what_if import PurchaseCurves, WhatIf
from retainkit.reports.page.wording import Money, ahead
from retainkit.reports.purchases.figures import AbstractReport, Assumptions
from retainkit.reports.purchases.sections import (
    answers,
    answers_note,
    payback_range,
    sections,
    verdict,
    warning,
)


def page_of(report: AbstractReport) -> Page:
    """Everything that the page shows."""
    tx, given, curves = report.transactions, report.assumptions, report.what_if
    bought = counted(tx.treatment.purchases, "purchase")
    observed = f"{tx.observation_start} to {tx.observation_end}"
    lead = f"{counted(report.customers, 'customer')} and their {bought}, {observed}."
    return Page(
        title=report.title,
        kicker="Customer base report",
        lead=f"{lead} Values are margin, discounted, of {ahead(given.horizon)}.",
        verdict=verdict(report),
        answers=answers(report),
        answers_note=answers_note(report),
        warning=warning(report),
        controls=controls(
            given, "purchases", "more (+) or fewer (−) repeat purchases than foretold", "Purchases"
        ),
        exported=None if curves is None else exported(curves, given),
        results=() if curves is None else _results(report, curves),
        sections=sections(report),
        foot=foot(tx.treatment.lines),
    )


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


def _results(report: AbstractReport, curves: PurchaseCurves) -> tuple[Answer, ...]:
    """What the script shows at the start, for those who have none."""
    found, amount, when = (
        curves.evaluate(curves.start),
        Money(report.assumptions.currency),
        ahead(report.assumptions.horizon),
    )
    time, cost = float(found.payback[0]), curves.start.acquisition_cost
    value, base = found.range("value"), found.range("base")
    shown = f"not within {when}" if math.isinf(time) else f"{time:,.1f} {curves.unit}s" if time else "at once"
    net = (
        f"{amount.about(float(found.net[0]), value)} after acquisition cost"
        if cost
        else "no acquisition cost given"
    )
    between = payback_range(found.range("payback"), curves.unit, when) if cost else "nothing to pay back"
    ratio = f"value {found.value[0] / cost:.1f} times the acquisition cost" if cost else ""
    worth, whole = amount.about(float(found.value[0]), value), amount.about(float(found.base[0]), base)
    return (
        Answer("A new customer brings", worth, amount.interval(value), net),
        Answer("Paid back", shown, between, ratio),
        Answer("The base is worth", whole, amount.interval(base), "as in the report"),
    )
