"""A report on subscriptions as a page: verdict, answers, and what can be tried on it."""

from __future__ import annotations

import math

import numpy as np

from retainkit.plurals import counted
from retainkit.reports.page.parts import Answer, Page, Verdict
from retainkit.reports.page.trying import Assumptions, controls, exported, foot
from retainkit.reports.page.what_if import Outcome, RenewalCurves
from retainkit.reports.page.wording import Money, ahead, share
from retainkit.reports.subscriptions.sections import Subscriptions, sections
from retainkit.validation.churn_checks import ChurnChecks


def page_of(report: Subscriptions) -> Page:
    """Everything that the page shows."""
    base, given, curves = report.base, report.assumptions, report.what_if
    found = curves.evaluate(curves.start)
    there = counted(len(report.value), "customer")
    money = Money(given.currency)
    lead = (
        f"{there} on {base.observation_end}, paying {money(float(report.value.mrr.sum()))} a month, of "
        f"{len(base):,} ever won. Values are margin, discounted, of {ahead(given.horizon)}."
    )
    answers = _answers(report, found, money)
    return Page(
        title=report.title,
        kicker="Subscription base report",
        lead=lead,
        verdict=verdict(report),
        answers=answers,
        answers_note=_NOTE,
        warning="",
        controls=controls(given, "revenue", "more (+) or fewer (−) leave in any month than fitted", "Churn"),
        exported=exported(curves, given),
        results=_results(found, curves, money, ahead(given.horizon)),
        sections=sections(report, found),
        foot=foot(base.treatment["lines"]),
    )


_NOTE = (
    "Ranges are 90% intervals, from the posterior of the fitted churn. The base's counts chance, too; a new "
    "customer's, the payback and those who stay are means over many. No range covers a model that is wrong: "
    "that is what the verdict is for."
)


def verdict(report: Subscriptions) -> Verdict:
    """Whether the figures can be used, by who was to leave in the held-out time, and who left."""
    checks = report.comparison.checks
    if report.unchecked or not isinstance(checks, ChurnChecks):
        return Verdict("care", "Unchecked: use with care", report.unchecked.removeprefix("Unchecked. "))
    held = checks.holdout
    if not held.actual:
        return Verdict("care", "Unchecked: nobody left in the held-out time", checks.verdict)
    off = held.relative_error
    said = (
        f"Fitted to the time before, {checks.model} expected {held.predicted:,.0f} of {held.customers:,} "
        f"customers to leave in the time held out; {held.actual:,.0f} did, {off:+.0%} foretold against made."
    )
    if held.grade == "good":
        more = "" if checks.beats_one_churn else " One churn for everyone would have done as well."
        return Verdict("good", held.headline, said + more)
    factor = 100.0 * abs(held.actual / held.predicted - 1.0) if held.predicted else 100.0
    body = f"{said} If that goes on, see What if, churn at {'+' if off < 0 else '−'}{factor:.0f}%."
    return Verdict(held.grade, held.headline, body)


def _answers(report: Subscriptions, found: Outcome, money: Money) -> tuple[Answer, ...]:
    given, curves = report.assumptions, report.what_if
    when, base, new = ahead(given.horizon), found.range("base"), found.range("value")
    after = "before the cost of winning one"
    if given.acquisition_cost is not None:
        net = money.about(float(found.net[0]), new)
        after = f"{net} after the acquisition cost of {money(given.acquisition_cost)}"
    year = min(12, curves.months)
    stay = curves.stays[:, year]
    low, high = np.quantile(stay[1:], [0.05, 0.95])
    return (
        Answer(
            "What is the base worth?",
            money.about(report.value.total, base),
            money.interval(base),
            f"margin of {when}, discounted; today's customers only",
        ),
        Answer(
            "What does a new customer bring?",
            money.about(float(found.value[0]), new),
            money.interval(new),
            after,
        ),
        _paid_back(given, found, when),
        Answer(
            "How many stay a year?" if year == 12 else f"How many stay {counted(year, 'month')}?",
            share(float(stay[0])),
            f"90%: {low:.1%} to {high:.1%}",
            "of new customers",
        ),
    )


def _paid_back(given: Assumptions, found: Outcome, when: str) -> Answer:
    question = "When is the cost paid back?"
    if not given.acquisition_cost:
        return Answer(question, "not asked", "", "give an acquisition cost for its payback")
    note = "churn and discount counted; the first payment comes at once"
    return Answer(question, _when(float(found.payback[0]), when), _range(found.range("payback"), when), note)


def _when(payments: float, when: str) -> str:
    """As the page's script says it."""
    if math.isinf(payments):
        return f"not within {when}"
    return "at once" if payments == 1 else counted(payments, "month", spec=".0f")


def _range(ends: tuple[float, float], when: str) -> str:
    low, high = ends
    if _when(low, when) == _when(high, when):
        return f"90%: {_when(low, when)}"
    return f"90%: {low:.0f} to {f'never in {when}' if math.isinf(high) else _when(high, when)}"


def _results(found: Outcome, curves: RenewalCurves, money: Money, when: str) -> tuple[Answer, ...]:
    value, base, cost = found.range("value"), found.range("base"), curves.start.acquisition_cost
    net = (
        f"{money.about(float(found.net[0]), value)} after acquisition cost"
        if cost
        else "no acquisition cost given"
    )
    ratio = f"value {found.value[0] / cost:.1f} times the acquisition cost" if cost else ""
    between = _range(found.range("payback"), when) if cost else "nothing to pay back"
    worth, whole = money.about(float(found.value[0]), value), money.about(float(found.base[0]), base)
    return (
        Answer("A new customer brings", worth, money.interval(value), net),
        Answer("Paid back", _when(float(found.payback[0]), when), between, ratio),
        Answer("The base is worth", whole, money.interval(base), "as in the report"),
    )
