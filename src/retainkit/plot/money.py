"""Money: when a customer has paid back, revenue to come and what moved it, where value is."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from retainkit.domains import LEVEL, one_number, whole_number
from retainkit.draws import Draws
from retainkit.economics import BreakEven, CurveBreakEven
from retainkit.errors import InputError
from retainkit.metrics import SubscriptionMetrics
from retainkit.plot.look import Axes, Look, amounts, around, drawn, label
from retainkit.plurals import counted
from retainkit.records import must_be
from retainkit.valuation.customers import CustomerValue
from retainkit.valuation.recurring.record import RevenueForecast


def plot_break_even(
    even: BreakEven | CurveBreakEven, ax: Axes = None, *, payments: int | None = None
) -> Axes:
    """Expected margin of a customer less the cost, by payments: the curve that crosses 0, or never does.

    Of draws the middle, and the band that holds 90% of them.

    Parameters
    ----------
    even : BreakEven or CurveBreakEven
        As `break_even` and `break_even_on_curve` make them.
    ax : axes of matplotlib, optional
    payments : whole number, optional
        How many to draw; by default twice as many as are needed, or 36.

    Examples
    --------
    >>> import retainkit as rk
    >>> rk.plot.data(rk.plot.plot_break_even, rk.break_even(500, 50), payments=10)["net"].tolist()[-1]
    0.0
    """
    must_be(BreakEven | CurveBreakEven, even=even)
    count = whole_number("payments", payments, 1) if payments is not None else _usual(even)
    if isinstance(even, CurveBreakEven):
        count = min(count, even.collected.size)
    n = np.arange(count + 1.0)
    net = (
        np.append(-even.cost, even.net[:count])
        if isinstance(even, CurveBreakEven)
        else even.cumulative_net(n)
    )
    columns: dict[str, Any] = {"payments": n, "net": net}
    if isinstance(net, Draws):
        low, middle, high = np.quantile(np.asarray(net), [0.05, 0.5, 0.95], axis=0)
        columns = {"payments": n, "net": middle, "low": low, "high": high}
    middle = np.asarray(columns["net"], np.float64)
    columns["net"] = middle

    def draw(axes: Axes, look: Look) -> None:
        axes.axhline(0.0, color=look.ink, lw=0.8)
        if "low" in columns:
            axes.fill_between(n, columns["low"], columns["high"], color=look.faint, lw=0)
        axes.plot(n, middle, color=look.accent, lw=2.0)
        at = float(np.median(np.asarray(even.periods)))
        if at <= count:
            axes.plot([at], [0.0], "o", color=look.accent, ms=6)
            label(axes, f"{at:.1f}", (at, 0.0), look.accent, shift=(-6, 9))
        axes.set_xlim(0.0, count)

    unit = even.period or "period"
    return drawn(
        ax, columns, draw, title=_said(even), x=f"payments ({unit}s)", y="per customer won, less the cost"
    )


def _usual(even: BreakEven | CurveBreakEven) -> int:
    middle = float(np.median(np.asarray(even.periods)))
    return max(6, int(np.ceil(2.0 * middle))) if np.isfinite(middle) else 36


def _said(even: BreakEven | CurveBreakEven) -> str:
    return str(even).partition(" (")[0].partition(":")[0].rstrip(".")


def plot_forecast(forecast: RevenueForecast, ax: Axes = None) -> Axes:
    """Recurring revenue to come with its 50% and 90% intervals, and what customers of today bring of it.

    Parameters
    ----------
    forecast : RevenueForecast
        As `SubscriptionBase.forecast` makes it.
    ax : axes of matplotlib, optional
    """
    must_be(RevenueForecast, forecast=forecast)
    wide, half = forecast.total.interval(0.9), forecast.total.interval(0.5)
    months = np.append("now", forecast.month)
    start = forecast.opening

    def begun(column: Any) -> Any:
        return np.append(start, column)

    columns = {
        "month": months, "mean": begun(forecast.total.mean),
        "low": begun(wide[:, 0]), "high": begun(wide[:, 1]),
        "low_50": begun(half[:, 0]), "high_50": begun(half[:, 1]),
        "existing": begun(forecast.existing.mean),
    }  # fmt: skip
    low, high = wide[-1]
    after = counted(forecast.month.size, "month")
    title = f"{columns['mean'][-1]:,.0f} a month after {after} (90%: {low:,.0f} to {high:,.0f})"

    def draw(axes: Axes, look: Look) -> None:
        x = np.arange(months.size)
        axes.fill_between(x, columns["low"], columns["high"], color=look.faint, lw=0)
        axes.fill_between(x, columns["low_50"], columns["high_50"], color=look.tint, lw=0)
        axes.plot(x, columns["mean"], color=look.accent, lw=2.0)
        axes.plot(x, columns["existing"], color=look.ink, lw=1.2, ls="--")
        label(axes, "all", (x[-1], columns["mean"][-1]), look.accent)
        label(axes, "customers\nof today", (x[-1], columns["existing"][-1]), look.ink)
        every = max(1, months.size // 6)
        axes.set_xticks(x[::every], months[::every])
        axes.set_ylim(bottom=0.0)
        axes.set_xlim(0.0, x[-1])
        amounts(axes.yaxis)

    return drawn(ax, columns, draw, title=title, y="recurring revenue, a month")


def plot_bridge(metrics: SubscriptionMetrics, ax: Axes = None) -> Axes:
    """From recurring revenue at the start to that at the end: gains filled, losses outlined, totals in ink.

    Parameters
    ----------
    metrics : SubscriptionMetrics
        As `SubscriptionBase.metrics` makes it, of the base as a whole; all its periods are one bridge.
    ax : axes of matplotlib, optional
    """
    must_be(SubscriptionMetrics, metrics=metrics)
    if metrics.by or metrics.rolling > 1:
        rule = "must be of the whole base and of periods that follow each other"
        raise InputError("not-supported", "metrics", list(metrics.by), rule, "Call base.metrics().")
    moved = {
        "new": metrics.new, "expansion": metrics.expansion, "reactivation": metrics.reactivation,
        "contraction": -metrics.contraction, "churn": -metrics.churn,
    }  # fmt: skip
    change = np.array([m.sum() for m in moved.values()])
    start, end = float(metrics.start[0]), float(metrics.end[-1])
    level = start + np.append(0.0, np.cumsum(change))
    steps = ["start", *moved, "end"]
    columns = {
        "step": np.array(steps),
        "start": np.concatenate([[0.0], level[:-1], [0.0]]),
        "end": np.concatenate([[start], level[1:], [end]]),
    }
    time = f"{metrics.period[0]} to {metrics.period[-1]}"
    title = f"From {start:,.0f} to {end:,.0f} a month, {time}: {-change[-1]:,.0f} churned"

    def draw(axes: Axes, look: Look) -> None:
        for k, (low, high) in enumerate(zip(columns["start"], columns["end"], strict=True)):
            total = k in (0, len(steps) - 1)
            face = look.ink if total else look.gain if high >= low else look.paper
            axes.bar(k, high - low, bottom=low, width=0.62, color=face, edgecolor=look.ink, lw=1.0)
            text = f"{high:,.0f}" if total else f"{high - low:+,.0f}"
            label(axes, text, (k, max(low, high)), look.ink, shift=(0, 7))
            axes.texts[-1].set_ha("center")
        axes.set_xticks(range(len(steps)), steps, fontsize="small")
        ends = np.concatenate([columns["start"], columns["end"]])
        lowest, highest = around(float(ends.min()), float(ends.max()))
        axes.set_ylim(lowest if ends.min() < 0.0 else 0.0, highest)
        amounts(axes.yaxis)

    return drawn(ax, columns, draw, title=title, y="recurring revenue, a month")


def plot_concentration(value: CustomerValue, ax: Axes = None, *, top: float = 0.1) -> Axes:
    """Which share of the value the most valuable customers hold, from the first to all of them.

    Parameters
    ----------
    value : CustomerValue
        As `value_customers` makes it.
    ax : axes of matplotlib, optional
    top : share in (0, 1)
        Of customers, of whom the title tells.
    """
    must_be(CustomerValue, value=value)
    top = one_number("top", top, LEVEL)
    if not value.total:
        rule = "must not be 0 in all, of which there are no shares"
        raise InputError("undefined", "value", value.total, rule, "Look at the margin.")
    order = np.argsort(-value.value, kind="stable")
    weight = value.weight[order]
    customers = np.append(0.0, np.cumsum(weight) / weight.sum())
    held = np.append(0.0, np.cumsum(value.value[order] * weight) / value.total)
    # a curve of a million points is drawn by a thousand of them
    some = np.unique(np.linspace(0, customers.size - 1, min(customers.size, 1001)).astype(np.intp))
    columns = {"customers": customers[some], "value": held[some]}
    share = float(np.interp(top, customers, held))

    def draw(axes: Axes, look: Look) -> None:
        axes.plot([0.0, 1.0], [0.0, 1.0], color=look.rule, lw=1.0)
        label(axes, "all alike", (0.7, 0.7), look.quiet, shift=(5, -9))
        axes.fill_between(
            columns["customers"], columns["customers"], columns["value"], color=look.faint, lw=0
        )
        axes.plot(columns["customers"], columns["value"], color=look.accent, lw=2.0)
        axes.plot([top], [share], "o", color=look.accent, ms=6)
        label(axes, f"{top:.0%} of customers, {share:.0%} of value", (top, share), look.accent, shift=(8, -6))
        percent = import_module("matplotlib.ticker").PercentFormatter(1.0)
        axes.xaxis.set_major_formatter(percent)
        axes.yaxis.set_major_formatter(percent)
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(0.0, max(1.03, float(columns["value"].max())))

    title = f"The most valuable {top:.0%} of customers hold {share:.0%} of the value"
    return drawn(ax, columns, draw, title=title, x="customers, the most valuable first", y="value")
