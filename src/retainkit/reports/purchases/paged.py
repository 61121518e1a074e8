"""A report on transactions as a page: its sections, and what can be tried on it."""

from __future__ import annotations

import math

from retainkit.plurals import counted
from retainkit.reports.page.parts import Answer, Page
from retainkit.reports.page.trying import controls, exported, foot
from retainkit.reports.page.what_if import PurchaseCurves
from retainkit.reports.page.wording import Money, ahead
from retainkit.reports.purchases.figures import AbstractReport
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
