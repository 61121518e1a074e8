"""Figures of a report on transactions: each a chart under its finding, with its numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retainkit.reports.page.charts import Chart, round_marks, short
from retainkit.reports.page.parts import Figure, Table
from retainkit.reports.page.wording import change, count, share
from retainkit.typing import Array
from retainkit.validation import HoldoutError, Tracking

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def tracked(tracking: Tracking) -> Figure:
    """Repeat purchases period by period: fitted, then predicted without having seen them."""
    use = tracking.whole if tracking.whole.any() else np.ones(len(tracking), np.bool_)
    starts, actual, predicted = tracking.starts[use], tracking.actual[use], tracking.predicted[use]
    told, came = tracking.totals(held_out=True)
    finding = f"Held out, the model foresaw {_against(told, came)}"
    top = 1.15 * max(float(actual.max()), float(predicted.max()), 1.0)
    chart = Chart(
        "tracking",
        f"Repeat purchases per {tracking.period}, predicted and actual",
        f"From {tracking.split} on held out: {came:,.0f} made, {told:,.0f} predicted.",
        (0.0, max(actual.size - 1.0, 1.0)),
        (0.0, top),
        right=72,
    )
    first = int(np.argmax(tracking.held_out[use])) if tracking.held_out[use].any() else actual.size
    chart.shade(max(first - 0.5, 0.0), max(actual.size - 1.0, 1.0))
    chart.grid([(mark, short(mark)) for mark in round_marks(top)])
    chart.ticks(_dated(starts))
    chart.text(chart.left + 4, chart.top - 4, "fitted", "note")
    chart.text(chart.x(max(first - 0.5, 0.0)) + 5, chart.top - 4, "held out", "note")
    at = np.arange(float(actual.size))
    chart.line(at, predicted, "model")
    chart.line(at, actual, "actual")
    if actual.size <= 30:
        chart.dots(at, actual, 2.2)
    chart.ends(
        [(float(predicted[-1]), "predicted", "lab-model"), (float(actual[-1]), "actual", "lab-actual")]
    )
    rows = zip(starts.astype(str), actual, predicted, strict=True)
    numbers = Table(
        f"Repeat purchases per {tracking.period}",
        (f"{tracking.period.capitalize()} from", "Actual", "Predicted"),
        tuple((day, f"{a:,.0f}", f"{p:,.1f}") for day, a, p in rows),
    )
    unit = f"repeat purchases per {tracking.period}; fitted before {tracking.split}, then predicted blind"
    return Figure(finding, unit, chart.svg(), numbers)


def _against(told: float, came: float) -> str:
    """``11% fewer purchases than there were``."""
    relative = told / came - 1.0 if came else np.inf
    said = change(float(relative))
    return "as many purchases as there were" if said == "as many" else said + " purchases than there were"


def _dated(starts: NDArray[np.datetime64]) -> list[tuple[float, str]]:
    """Four marks with month and year."""
    places = np.unique(np.linspace(0, starts.size - 1, min(4, starts.size)).round().astype(int))
    return [(float(k), _month(str(starts[k]))) for k in places]


def _month(day: str) -> str:
    return f"{_MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def by_frequency(error: HoldoutError) -> Figure:
    """Purchases in the held-out period by how many there were before."""
    rows = error.rows()
    predicted, actual = np.array([p for *_, p, _ in rows]), np.array([a for *_, a in rows])
    top = 1.15 * max(float(actual.max()), float(predicted.max()), 0.1)
    off = float(np.abs(predicted - actual) @ error.group_customers / max(error.group_customers.sum(), 1.0))
    chart = Chart(
        "by-frequency",
        "Purchases per customer in the held-out period, by repeat purchases before",
        f"Groups are {off:.2f} purchases a customer off on average.",
        (-0.3, len(rows) - 0.7),
        (0.0, top),
        right=72,
    )
    chart.grid([(mark, short(mark)) for mark in round_marks(top)])
    chart.ticks([(float(k), name) for k, (name, *_) in enumerate(rows)])
    at = np.arange(float(len(rows)))
    chart.line(at, predicted, "model")
    chart.dots(at, actual, 3.4)
    chart.ends(
        [(float(predicted[-1]), "predicted", "lab-model"), (float(actual[-1]), "● actual", "lab-actual")]
    )
    numbers = Table(
        "Purchases per customer in the held-out period",
        ("Repeat purchases before", "Customers", "Actual", "Predicted"),
        tuple((name, f"{n:,}", f"{a:.2f}", f"{p:.2f}") for name, n, p, a in rows),
    )
    best = (
        "Who bought more often before buys more often after"
        if actual[-1] > actual[0]
        else "By past purchases"
    )
    return Figure(best, "purchases per customer, held out, by repeat purchases before", chart.svg(), numbers)


def concentrated(tenths: Array, customers: int) -> Figure:
    """Shares of the base's value by tenth of customers, the most valuable first."""
    parts = tenths / tenths.sum()
    top = 1.15 * float(parts.max())
    chart = Chart(
        "concentration",
        "Share of the base's value by tenth of customers",
        f"The most valuable tenth holds {parts[0]:.0%}.",
        (0.0, 10.0),
        (0.0, top),
        left=14,
    )
    for k, part in enumerate(parts.tolist()):
        chart.bar(k, k + 1, 0.0, part, "" if k else "hi")
        chart.text(chart.x(k + 0.5), chart.y(part) - 5, share(part), "mid tick" if k else "mid lab")
    chart.axis()
    chart.text(chart.left, chart.bottom + 17, "most valuable tenth", "tick")
    chart.text(chart.right, chart.bottom + 17, "least valuable", "end tick")
    rows = tuple(
        (f"{k + 1}", share(part), share(float(parts[: k + 1].sum()))) for k, part in enumerate(parts)
    )
    numbers = Table("Share of the base's value", ("Tenth", "Share", "So far"), rows)
    finding = f"{share(float(parts[0]))} of the value is with a tenth of the customers"
    return Figure(
        finding, f"share of the value of {count(customers, 'customer')}, by tenth", chart.svg(), numbers
    )


def by_purchases(table: Table, shares: Array, customers: Array) -> Figure:
    """Who holds the value, by how often they bought: their share of it beside their share of customers."""
    top = 1.15 * float(max(shares.max(), customers.max()))
    best = int(np.argmax(shares))
    names = [row[0] for row in table.rows]
    chart = Chart(
        "by-purchases",
        "Share of the base's value, and of customers, by purchases so far",
        f"{names[best]}: {share(float(shares[best]))} of the value.",
        (0.0, float(len(names))),
        (0.0, top),
        left=14,
    )
    for k, name in enumerate(names):
        chart.bar(k, k + 0.5, 0.0, float(customers[k]), "", gap=2.0)
        chart.bar(k + 0.45, k + 0.95, 0.0, float(shares[k]), "hi", gap=2.0)
        chart.text(
            chart.x(k + 0.25), chart.y(float(customers[k])) - 5, share(float(customers[k])), "mid tick"
        )
        chart.text(chart.x(k + 0.7), chart.y(float(shares[k])) - 5, share(float(shares[k])), "mid lab")
        chart.text(chart.x(k + 0.475), chart.bottom + 17, name, "mid tick")
    chart.axis()
    who = f"The {table.rows[best][1]} who bought {_times(names[best])}"
    finding = f"{who} hold {share(float(shares[best]))} of the value"
    unit = "by purchases so far: share of customers (grey), of the value (dark)"
    return Figure(finding, unit, chart.svg(), table, told=True)


def _times(name: str) -> str:
    return {"once": "once", "over 10": "more than ten times"}.get(name, f"{name} times")
