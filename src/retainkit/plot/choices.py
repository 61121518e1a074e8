"""Decisions: whom to contact, how to spend, what moves a figure most, and where a decision turns."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from retainkit.decisions import Allocation, ProfitCurve
from retainkit.errors import InputError
from retainkit.plot.look import Axes, Look, amounts, around, bars, drawn, label
from retainkit.records import Record, must_be
from retainkit.typing import Values
from retainkit.valuation.scenarios import FIGURES, Tornado

_WIDEST = 3.0  # changes of more than this part are beyond the picture, and told as such


def plot_profit_curve(curve: ProfitCurve, ax: Axes = None) -> Axes:
    """Profit by the share of customers contacted, the highest scores first; beside it contacts at random.

    Parameters
    ----------
    curve : ProfitCurve
        As `decisions.profit_curve` makes it.
    ax : axes of matplotlib, optional
    """
    must_be(ProfitCurve, curve=curve)
    columns = {"share": curve.share, "profit": curve.profit, "at_random": curve.profit_at_random}
    best = float(curve.profit[curve.best_point])
    everyone = f"{curve.profit_of_all:,.0f}"
    title = f"Contact the first {curve.best_share:.0%}: a profit of {best:,.0f}, of all {everyone}"

    def draw(axes: Axes, look: Look) -> None:
        axes.axhline(0.0, color=look.rule, lw=0.8)
        axes.plot(columns["share"], columns["at_random"], color=look.ink, lw=1.2, ls="--")
        axes.plot(columns["share"], columns["profit"], color=look.accent, lw=2.0)
        axes.plot([curve.best_share], [best], "o", color=look.accent, ms=6)
        middle = len(curve.share) // 2
        at = (columns["share"][middle], columns["at_random"][middle])
        label(axes, "at random", at, look.ink, shift=(-8, -10))
        label(axes, "by score", (curve.best_share, best), look.accent, shift=(10, 8))
        amounts(axes.yaxis)
        axes.set_xlim(0.0, 1.0)
        _percent(axes.xaxis)

    return drawn(ax, columns, draw, title=title, x="customers contacted", y="profit")


def plot_response(allocation: Allocation, ax: Axes = None) -> Axes:
    """What each option brings by what is spent on it, and where the budget puts it.

    Parameters
    ----------
    allocation : Allocation
        As `decisions.allocate_budget` makes it.
    ax : axes of matplotlib, optional
    """
    must_be(Allocation, allocation=allocation)
    options = allocation.inputs.options
    most = max(1.5 * max(allocation.spend), 1e-9 * allocation.budget)
    spend = np.linspace(0.0, most, 121)
    curves = {n: _net(option, spend) for n, option in options.items()}
    columns = {
        "option": np.repeat([*curves], spend.size),
        "spend": np.tile(spend, len(curves)),
        "net_gain": np.concatenate([*curves.values()]),
    }
    first = allocation.names[int(np.argmax(allocation.spend))]
    title = f"{first} gets most: {max(allocation.spend):,.0f} of {allocation.budget:,.0f}"

    def draw(axes: Axes, look: Look) -> None:
        axes.axhline(0.0, color=look.rule, lw=0.8)
        for name, spent in zip(allocation.names, allocation.spend, strict=True):
            color = look.accent if name == first else look.ink
            axes.plot(spend, curves[name], color=color, lw=1.8)
            at = float(_net(options[name], np.array([spent]))[0])
            axes.plot([spent], [at], "o", color=color, ms=6)
            known = np.flatnonzero(np.isfinite(curves[name]))[-1]
            label(axes, name, (spend[known], curves[name][known]), color)
        axes.set_xlim(0.0, most)
        amounts(axes.xaxis)
        amounts(axes.yaxis)

    return drawn(ax, columns, draw, title=title, x="spent", y="gain less what was spent")


def _net(option: Any, spend: Any) -> Any:
    """Gain over spending nothing, less the spending; NaN beyond the most that can be spent."""
    each = spend / option.customers
    within = np.minimum(each, option.most)
    more = np.asarray([option.net(x) for x in within]) - option.net(0.0)
    return np.where(each <= option.most * (1.0 + 1e-12), more, np.nan)


def plot_tornado(tornado: Tornado, ax: Axes = None) -> Axes:
    """How far a figure swings between a low and a high value of each input, the widest first.

    Parameters
    ----------
    tornado : Tornado
        As `UnitEconomics.tornado` makes it. Inputs with an infinite swing are told, and have no bar.
    ax : axes of matplotlib, optional

    Examples
    --------
    >>> import retainkit as rk
    >>> unit = rk.UnitEconomics(acquisition_cost=500, monthly_margin=50, monthly_churn=0.05)
    >>> found = rk.plot.data(rk.plot.plot_tornado, unit.tornado(0.1))
    >>> found["input"].tolist()[0], found["at_low"].round(1).tolist()[0]
    ('monthly_churn', 611.1)
    """
    must_be(Tornado, tornado=tornado)
    columns = {
        "input": np.array(tornado.inputs), "low": tornado.low, "high": tornado.high,
        "at_low": tornado.at_low, "at_high": tornado.at_high,
    }  # fmt: skip
    about = FIGURES[tornado.figure]
    title = f"{tornado.inputs[0].replace('_', ' ').capitalize()} moves {about.label.lower()} most"

    def draw(axes: Axes, look: Look) -> None:
        names = [n.replace("_", " ") for n in tornado.inputs]
        shown: Values = np.isfinite(tornado.at_low) & np.isfinite(tornado.at_high)
        low = np.where(shown, np.minimum(tornado.at_low, tornado.at_high), tornado.base)
        high = np.where(shown, np.maximum(tornado.at_low, tornado.at_high), tornado.base)
        bars(axes, look, names, low, high, color=look.tint)
        axes.axvline(tornado.base, color=look.ink, lw=1.2)
        for k, (one, other) in enumerate(zip(tornado.low, tornado.high, strict=True)):
            falls = tornado.at_low[k] > tornado.at_high[k]
            left, right = (f"{v:g}" for v in ((other, one) if falls else (one, other)))
            label(axes, left if shown[k] else "no limit", (low[k], k), look.quiet, shift=(-4, 0))
            label(axes, right if shown[k] else "", (high[k], k), look.quiet, shift=(4, 0))
        axes.set_xlim(*around(float(low.min()), float(high.max())))

    return drawn(ax, columns, draw, title=title, x=f"{about.label.lower()}; beside the bars the values tried")


def plot_turning_points(decision: Record, ax: Axes = None) -> Axes:
    """By how much each assumption may be off before the decision turns, the tightest first.

    Parameters
    ----------
    decision : any decision
        Assumptions of which no value turns it, and those assumed to be 0, which have no percentages, are not
        drawn; `data` has them, NaN.
    ax : axes of matplotlib, optional
    """
    points = _turning(decision)
    turning = np.array([np.nan if p.turning_point is None else p.turning_point for p in points])
    value = np.array([p.value for p in points])
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(value == 0.0, np.nan, turning / value - 1.0)
    order = np.argsort(np.where(np.isnan(change), np.inf, np.abs(change)), kind="stable")
    columns = {
        "assumption": np.array([p.name for p in points])[order], "value": value[order],
        "turning_point": turning[order], "change": change[order],
    }  # fmt: skip
    kept = [k for k in range(order.size) if np.isfinite(columns["change"][k])]
    said = "Worth it" if getattr(decision, "worth_it", False) else "Not worth it"
    first = (
        f"{columns['assumption'][0].replace('_', ' ')} is off by {columns['change'][0]:+.0%}" if kept else ""
    )
    title = f"{said}; it turns first where {first}" if kept else f"{said}; no assumption alone turns it"

    def draw(axes: Axes, look: Look) -> None:
        names = [columns["assumption"][k].replace("_", " ") for k in kept]
        moved = np.clip(columns["change"][kept], -_WIDEST, _WIDEST)
        axes.axvline(0.0, color=look.ink, lw=1.0)
        axes.hlines(range(len(kept)), 0.0, moved, color=look.tint, lw=5)
        axes.plot(moved, range(len(kept)), "o", color=look.accent, ms=7)
        for place, k in enumerate(kept):
            beyond = abs(columns["change"][k]) > _WIDEST
            text = f"{columns['value'][k]:.4g} → {columns['turning_point'][k]:.4g}"
            text += " (beyond)" if beyond else ""
            side = 8 if moved[place] >= 0 else -8
            label(axes, text, (moved[place], place), look.quiet, shift=(side, 0))
        axes.set_yticks(range(len(kept)), names)
        axes.invert_yaxis()
        axes.margins(x=0.3, y=0.15)
        _percent(axes.xaxis)

    return drawn(ax, columns, draw, title=title, x="change at which the decision turns, all else as assumed")


def _turning(decision: Any) -> Any:
    """The assumptions of a decision, each with the value at which it turns."""
    if not (isinstance(decision, Record) and callable(getattr(decision, "turning_points", None))):
        rule = "must be a decision, which rests on assumptions"
        raise InputError(
            "wrong-type", "decision", decision, rule, "Give what a function of decisions returns."
        )
    points: Any = decision
    return points.turning_points()


def _percent(axis: Any) -> None:
    axis.set_major_formatter(import_module("matplotlib.ticker").PercentFormatter(1.0))
