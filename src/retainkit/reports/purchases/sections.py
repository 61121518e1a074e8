"""A report on transactions in reading order, as words: what page, text and terminal all show."""

from __future__ import annotations

import math

from retainkit.reports.page.parts import Answer, Row, Section, Verdict
from retainkit.reports.page.terms import PURCHASES as TERMS
from retainkit.reports.page.wording import Money, ahead, change, count, few, share, span
from retainkit.reports.purchases.caveats import caveats
from retainkit.reports.purchases.checks import fits, prediction
from retainkit.reports.purchases.figures import AbstractReport
from retainkit.reports.purchases.follows import follows
from retainkit.reports.purchases.places import cohorts, segments, where
from retainkit.units import Duration
from retainkit.valuation.new_customer import Payback


def verdict(report: AbstractReport) -> Verdict:
    """Whether the figures can be used, by what the model predicted of time that it had not seen."""
    if report.tracking is None:
        return Verdict("care", "Unchecked: use with care", report.unchecked.removeprefix("Unchecked. "))
    held = report.tracking.holdout
    off = held.relative_error
    said = (
        f"Fitted on the time before {report.tracking.split} alone, {report.purchasing.family.name} expected "
        f"{count(held.predicted)} repeat purchases for the time after; there were {count(held.actual)}"
    )
    if not held.better_than_past_rates:
        body = (
            f"{said}. Customer by customer it was off by {held.mean_absolute_error:.2f} purchases, and "
            f"by {held.past_rate_error:.2f} the guess that everybody goes on as before."
        )
    elif held.grade == "good":
        body = f"{said}, {change(off)} foreseen than made. The ranges below can be relied on."
    else:
        low = off < 0
        other = 100 * abs(1.0 / (1.0 + off) - 1.0) if math.isfinite(off) and off > -1.0 else 100.0
        body = (
            f"{said}: {change(off)} foreseen than made. If that goes on, values are about {other:.0f}% "
            f"{'higher' if low else 'lower'} than told here: in What if, move purchases to "
            f"{'+' if low else '−'}{other:.0f}%."
        )
    return Verdict(held.grade, held.headline, body)


def answers(report: AbstractReport) -> tuple[Answer, ...]:
    """The four figures that a reader in a hurry takes along."""
    amount, known = Money(report.assumptions.currency), report.intervals
    when = ahead(report.assumptions.horizon)
    base, new = report.value.total, float(report.new_customer.value)
    cost = report.assumptions.acquisition_cost
    after = "first purchase included"
    if cost is not None:
        ends = known.new_customer if known else (new, new)
        after = f"{amount.about(new - cost, ends)} after the acquisition cost of {amount(cost)}"
    found = [
        Answer(
            "What is the base worth?",
            amount.about(base, known.value) if known else amount(base),
            amount.interval(known.value) if known else "",
            f"margin of {when}, discounted; today's customers only",
        ),
        Answer(
            "What does a new customer bring?",
            amount.about(new, known.new_customer) if known else amount(new),
            amount.interval(known.new_customer) if known else "",
            after,
        ),
    ]
    if report.payback is None:
        each = tuple(end / report.customers for end in known.value) if known else (0.0, 0.0)
        ends = (each[0], each[1])
        shown = amount.about(report.value.mean, ends) if known else amount(report.value.mean)
        why = "of those at hand; give an acquisition cost for its payback"
        found.append(Answer("What is a customer worth?", shown, amount.interval(ends) if known else "", why))
    else:
        found.append(_paid_back(report, report.payback))
    active = report.value.expected_active
    between = f"90%: {count(known.active[0])} to {count(known.active[1])}" if known else ""
    part = f"{share(active / report.customers)} of {count(report.customers)}"
    note = f"{part} who ever bought"
    if active == report.customers:  # no finding, and not to be read as one
        name = report.purchasing.family.name
        note, between = f"all who ever bought: {name} lets none of them have left, which is no finding", ""
    found.append(Answer("How many are still customers?", count(active), between, note))
    return tuple(found)


def _paid_back(report: AbstractReport, payback: Payback) -> Answer:
    row = _payback(payback, Money(report.assumptions.currency), report.assumptions.horizon)
    between = ""
    if report.intervals is not None:
        between = payback_range(
            report.intervals.payback, report.transactions.unit, ahead(report.assumptions.horizon)
        )
    return Answer("When is the cost paid back?", row.value, between, row.note)


def payback_range(ends: tuple[float, float], unit: str, when: str) -> str:
    """``90%: 24.5 to 27.3 weeks``, as the page's script says it."""

    def told(x: float) -> str:
        return f"not within {when}" if math.isinf(x) else f"{x:,.1f} {unit}s" if x else "at once"

    low, high = ends
    if told(low) == told(high):
        return f"90%: {told(low)}"
    first = "at once" if low == 0 else f"{low:,.1f}"
    return f"90%: {first} to {f'never in {when}' if math.isinf(high) else told(high)}"


def answers_note(report: AbstractReport) -> str:
    """What the intervals cover."""
    known = report.intervals
    if known is None:
        return "Without a horizon that ends, no interval is given and nothing can be tried."
    expected = Money(report.assumptions.currency).interval(known.value_expected).removeprefix("90%: ")
    return (
        f"Ranges are 90% intervals, from {known.how}. The base's counts chance, too, and how customers of "
        f"one history differ; what it is expected to bring lies between {expected.replace(' to ', ' and ')}. "
        "A new customer's and the payback are those of many, on average. No range covers a model that is "
        "wrong: that is what the verdict is for."
    )


def warning(report: AbstractReport) -> str:
    """What must be said before anyone takes the answers along; usually nothing."""
    if "margin_share" not in report.assumptions.assumed:
        return ""
    return (
        f"The margin of {100 * report.assumptions.margin_share:g}% is assumed for the sake of example, not "
        "taken from this business. Every value here is proportional to it."
    )


def sections(report: AbstractReport) -> tuple[Section, ...]:
    """All sections of the report, in reading order."""
    found = [
        prediction(report),
        where(report),
        cohorts(report),
        segments(report),
        follows(report),
        _base(report),
        _new_customer(report),
        _assumptions(report),
        Section("What the figures cannot say", sentences=caveats(report)),
        Section("Definitions", terms=TERMS),
        Section("Model fits", tables=fits(report)),
        _data(report),
    ]
    return tuple(section for section in found if section is not None)


def _assumptions(report: AbstractReport) -> Section:
    given = report.assumptions
    amount = Money(given.currency)
    end = (
        "later purchases count for nothing"
        if math.isfinite(given.horizon.value)
        else "no purchase is too late"
    )
    rows = [
        ("margin_share", "Margin", f"{100 * given.margin_share:g}%", "of what customers spend"),
        ("discount_rate", "Discount", str(given.discount_rate), "from each purchase back to today"),
        ("horizon", "Horizon", span(given.horizon), end),
    ]
    if given.acquisition_cost is not None:
        cost = amount(given.acquisition_cost)
        rows.insert(1, ("acquisition_cost", "Acquisition cost", cost, "to win one new customer"))
    if given.spend_per_purchase is not None:
        constant = amount(given.spend_per_purchase)
        rows.append(("spend_per_purchase", "Spend per purchase", constant, "for every customer, as given"))
    marked = [Row(label, value, note, name in given.assumed) for name, label, value, note in rows]
    return Section("Assumptions", rows=tuple(marked))


def _base(report: AbstractReport) -> Section:
    amount, when = Money(report.assumptions.currency), ahead(report.assumptions.horizon)
    once = report.customers - report.repeat_buyers
    back, still = report.repeat_buyers, report.active_repeat_buyers
    active = f"{count(still)} of the {count(back)} who came back ({share(still / back)})"
    first = report.active_one_time_buyers
    who = "all" if round(first) == once else f"{count(first)} of the {count(once)}"
    active += f", and {who} who bought once" if once else ""
    value, purchases = report.value, report.expected_purchases
    whole, each, _ = _errors(report)
    finite = math.isfinite(purchases) and purchases > 0
    per_purchase = f", {amount(report.expected_spend / purchases)} a purchase" if finite else ""
    rows = [
        Row("Customers", count(report.customers), f"on {report.transactions.observation_end}"),
        Row("Bought once only", count(once), f"{share(once / report.customers)} of them"),
        Row("Probably still active", count(value.expected_active), active),
        Row("Purchases to come", few(purchases), f"per customer, in {when}"),
        Row("Spend to come", amount(report.expected_spend), f"per customer{per_purchase}"),
        Row("Value of a customer", amount(value.mean), f"{each}, margin to come, past purchases not counted"),
        Row("Value of the base", amount(value.total), f"{whole}{_top_tenth(report)}"),
    ]
    return Section("The customers at hand", rows=tuple(rows))


def _errors(report: AbstractReport) -> list[str]:
    """± one standard error: of the base, of an average customer, of a new customer."""
    amount = Money(report.assumptions.currency)
    base, error = report.value, report.value_error
    pairs = (
        (base.total, error),
        (base.mean, error / report.customers),
        (float(report.new_customer.value), report.new_customer_error),
    )
    return [f"± {amount(error, beside=value)}" for value, error in pairs]


def _top_tenth(report: AbstractReport) -> str:
    if not report.value.total:
        return ""
    return f"; {share(report.top_tenth_share)} of it with the most valuable tenth of customers"


def _new_customer(report: AbstractReport) -> Section:
    new, amount = report.new_customer, Money(report.assumptions.currency)
    rows = [
        Row(
            "First purchase",
            amount(new.first_purchase),
            f"margin on {amount(new.expected_spend)}",
        ),
        Row(
            "Repeat purchases",
            amount(new.repeat_purchases),
            f"discounted margin of {few(new.expected_repeat_purchases)} expected in {ahead(new.horizon)}",
        ),
        Row("Value of a new customer", amount(new.value), "the most that winning one may cost"),
    ]
    if report.payback is not None:
        cost = report.payback.acquisition_cost
        rows.append(
            Row("Left after acquisition", amount(float(new.value) - cost), f"at a cost of {amount(cost)}")
        )
        rows.append(_payback(report.payback, amount, report.assumptions.horizon))
    return Section("A customer yet to be won", rows=tuple(rows))


def _payback(payback: Payback, amount: Money, horizon: Duration) -> Row:
    label = f"Payback of {amount(payback.acquisition_cost)}"
    if payback.time is None:
        return Row(label, "never", f"the margin of all time to come is {amount(payback.limit)}")
    if payback.time.value == 0.0:
        return Row(label, "at once", "the first purchase covers the acquisition cost")
    late = ", beyond the horizon" if payback.time.to("day") > horizon.to("day") else ""
    return Row(label, span(payback.time), f"until expected margin covers the acquisition cost{late}")


def _data(report: AbstractReport) -> Section:
    tx = report.transactions
    rows = (
        Row("Observed", f"{tx.observation_start} to {tx.observation_end}", "both days included"),
        Row(
            "Lines read",
            count(tx.treatment.lines),
            f"{count(tx.treatment.purchases, 'purchase')} after merging",
        ),
        Row("Unit of time", tx.unit, "in exact fractions"),
    )
    return Section("The data", rows=rows, sentences=tuple(f"{s}." for s in tx.treatment.sentences()))
