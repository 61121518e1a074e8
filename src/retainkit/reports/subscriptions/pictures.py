"""Figures of a report on subscriptions: each a chart under its finding, with its numbers."""

from __future__ import annotations

import numpy as np

from retainkit.metrics import SubscriptionMetrics
from retainkit.plurals import counted
from retainkit.reports.page.charts import Chart, round_marks, short
from retainkit.reports.page.parts import Figure, Table
from retainkit.reports.page.wording import Money, change, share
from retainkit.typing import Array
from retainkit.validation.churn_checks import ChurnHoldout
from retainkit.valuation.recurring.record import RevenueForecast


def leaving(held: ChurnHoldout) -> Figure:
    """Share leaving in the held-out time, by tenure at the split."""
    groups = held.by_tenure
    predicted, actual = groups.predicted, groups.actual
    names = [str(name) for name in groups.group]
    top = 1.2 * max(float(predicted.max()), float(actual.max()), 0.01)
    chart = Chart(
        "leaving",
        "Share of customers leaving, by months of tenure at the split",
        f"{held.predicted:,.0f} were to leave, {held.actual:,.0f} left.",
        (-0.3, len(names) - 0.7),
        (0.0, top),
        right=72,
    )
    chart.grid([(mark, f"{mark:.0%}") for mark in round_marks(top)])
    chart.ticks([(float(k), name) for k, name in enumerate(names)])
    at = np.arange(float(len(names)))
    chart.line(at, predicted, "model")
    chart.dots(at, actual, 3.4)
    chart.ends(
        [(float(predicted[-1]), "predicted", "lab-model"), (float(actual[-1]), "● actual", "lab-actual")]
    )
    rows = zip(names, groups.customers, actual, predicted, strict=True)
    numbers = Table(
        "Share of customers leaving, held out",
        ("Months of tenure", "Customers", "Actual", "Predicted"),
        tuple((n, f"{c:,.0f}", f"{a:.1%}", f"{p:.1%}") for n, c, a, p in rows),
    )
    finding = f"Held out, {held.actual:,.0f} left; {held.predicted:,.0f} were to"
    unit = "share leaving, by months of tenure when the prediction was made"
    return Figure(finding, unit, chart.svg(), numbers, told=True)


def still_there(observed: Array, seen: Array, stays: Array) -> Figure:
    """The share still there by months, as observed and as fitted, with the band of its draws."""
    months = observed.size - 1
    low, high = np.quantile(stays[1:, : months + 1], [0.05, 0.95], axis=0)
    model, at = stays[0, : months + 1], np.arange(float(months + 1))
    chart = Chart(
        "still-there",
        "Share of customers still there, by months since the start",
        f"After {counted(months, 'month')} {model[-1]:.0%} are left.",
        (0.0, float(max(months, 1))),
        (0.0, 1.0),
        height=270,
        bottom=48,
        right=72,
    )
    chart.grid([(mark, f"{mark:.0%}") for mark in (0.0, 0.25, 0.5, 0.75, 1.0)])
    marks = np.unique(np.linspace(0, months, 5).round().astype(int)).tolist()
    chart.ticks([(float(m), str(m)) for m in marks])
    chart.text(0, chart.bottom + 36, "at risk", "note")
    for m in marks[1:]:
        chart.text(chart.x(m), chart.bottom + 36, f"{seen[m]:,.0f}", "mid note")
    chart.band(at, low, high)
    chart.line(at, model, "model")
    chart.dots(at, observed, 2.4)
    chart.ends([(float(model[-1]), "model", "lab-model"), (float(observed[-1]), "● observed", "lab-actual")])
    rows = zip(at, seen, observed, model, low, high, strict=True)
    numbers = Table(
        "Share still there",
        ("Month", "At risk", "Observed", "Model", "90%"),
        tuple(
            (f"{t:.0f}", f"{n:,.0f}", f"{o:.1%}", f"{m:.1%}", f"{a:.1%} to {b:.1%}")
            for t, n, o, m, a, b in rows
        ),
    )
    year = min(12, months)
    then = "; then they leave more slowly" if _slower(model) else ""
    finding = f"{share(float(model[year]))} stay {counted(year, 'month')}{then}"
    return Figure(finding, "share of customers, by months since their start; band: 90%", chart.svg(), numbers)


def _slower(curve: Array) -> bool:
    """Whether churn falls with tenure."""
    churn = 1.0 - curve[1:] / curve[:-1]
    return churn.size > 12 and bool(churn[-1] < 0.8 * churn[0])


def bridge(row: SubscriptionMetrics, amount: Money) -> Figure:
    """How recurring revenue moved in the last three months."""
    k = -1
    start, end = float(row.start[k]), float(row.end[k])
    moves = [("new", float(row.new[k])), ("expansion", float(row.expansion[k]))]
    if row.reactivation[k]:
        moves.append(("returns", float(row.reactivation[k])))
    moves += [("contraction", -float(row.contraction[k])), ("churn", -float(row.churn[k]))]
    highest = start + sum(max(v, 0.0) for _, v in moves)
    chart = Chart(
        "bridge",
        "Recurring revenue, three months ago and now",
        f"From {start:,.0f} to {end:,.0f} a month.",
        (0.0, float(len(moves) + 2)),
        (0.0, 1.12 * max(highest, 1.0)),
        left=8,
        right=8,
    )
    level = start
    _column(chart, 0, 0.0, start, "total", "before", amount.sign + short(round(start)))
    chart.join(1, 1, level)
    for place, (name, move) in enumerate(moves, 1):
        low, high = sorted((level, level + move))
        sign = "+" if move >= 0 else "−"
        _column(
            chart, place, low, high, "up" if move >= 0 else "down", name, f"{sign}{short(round(abs(move)))}"
        )
        level += move
    _column(chart, len(moves) + 1, 0.0, end, "total", "now", amount.sign + short(round(end)))
    chart.axis()
    rows = [("Three months ago", start), *((n.capitalize(), v) for n, v in moves), ("Now", end)]
    numbers = Table(
        "Recurring revenue, three months ago and now", ("", "A month"), tuple((n, amount(v)) for n, v in rows)
    )
    grown = end / start - 1.0 if start else 0.0
    finding = f"Recurring revenue {'grew' if grown >= 0 else 'fell'} {share(abs(grown))} in three months"
    return Figure(finding, "a month, three months ago and now", chart.svg(), numbers, told=True)


def _column(chart: Chart, place: int, low: float, high: float, kind: str, name: str, value: str) -> None:
    chart.bar(place, place + 1, low, high, kind, gap=5.0)
    middle = chart.x(place + 0.5)
    chart.text(middle, chart.y(high) - 6, value, "mid lab")
    chart.text(middle, chart.bottom + 17, name, "mid tick")


def ahead_of(history: SubscriptionMetrics, forecast: RevenueForecast, amount: Money) -> Figure:
    """Recurring revenue so far and as forecast, with its band, and of it the customers at hand."""
    past = history.end[-24:]
    known = past.size - 1
    total, existing = forecast.total.mean, forecast.existing.mean
    low, high = forecast.total.interval(0.9).T
    now = np.array([past[-1]])
    at, then = np.arange(float(past.size)), np.arange(known, known + total.size + 1.0)
    band = [np.concatenate([now, part]) for part in (low, high)]
    top = 1.12 * float(max(past.max(), band[1].max(), 1.0))
    chart = Chart(
        "revenue",
        "Recurring revenue a month, so far and forecast",
        f"{total[-1]:,.0f} in {counted(total.size, 'month')}, {low[-1]:,.0f} to {high[-1]:,.0f}.",
        (0.0, float(then[-1])),
        (0.0, top),
        right=80,
    )
    chart.shade(known, float(then[-1]))
    chart.grid([(mark, short(mark)) for mark in round_marks(top)])
    names = [*history.period[-24:].tolist(), *forecast.month.tolist()]
    marks = (0, known, len(names) - 1)
    chart.ticks([(float(m), names[m]) for m in marks])
    chart.text(chart.x(known) + 5, chart.top - 4, "forecast", "note")
    chart.band(then, *band)
    chart.line(then, np.concatenate([now, total]), "model")
    chart.line(at, past, "actual")
    labels = [(float(total[-1]), "all", "lab-model")]
    if not forecast.stated:
        chart.line(then, np.concatenate([now, existing]), "before")
        labels.append((float(existing[-1]), "of those here", "lab-actual"))
    chart.ends(labels)
    rows = zip(forecast.month.tolist(), existing, total, low, high, strict=True)
    numbers = Table(
        "Recurring revenue a month",
        ("Month", "Customers at hand", "All", "90%"),
        tuple((m, amount(e), amount(t), f"{amount(a)} to {amount(b)}") for m, e, t, a, b in rows),
    )
    ends = (float(low[-1]), float(high[-1]))
    who = "all" if not forecast.stated else "customers at hand alone"
    moved = change(float(total[-1] / past[-1] - 1.0)) if past[-1] else "more"
    moved = moved.replace("fewer", "less").replace("as many", "as much")
    finding = f"In a year {amount.about(float(total[-1]), ends)} a month, {moved} than now"
    return Figure(finding, f"recurring revenue a month, {who}; band: 90%", chart.svg(), numbers, told=True)
