"""When customers buy: purchases tracked through a held-out period, counted, and of one customer."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import known
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL, one_number, whole_number
from retainkit.errors import InputError, check_choice, missing_argument
from retainkit.plot.look import Axes, Look, drawn, heat, label
from retainkit.plurals import counted
from retainkit.protocols import DataOf, ModelOf, data_of, model_of, refuse_many
from retainkit.rates import Rate
from retainkit.records import must_be
from retainkit.summaries import Purchases
from retainkit.typing import Array, Number, NumberLike
from retainkit.units import Duration
from retainkit.validation import Tracking

Matrix: TypeAlias = Literal["alive", "purchases", "value"]

_POINTS = 60


def plot_tracking(tracking: Tracking, ax: Axes = None) -> Axes:
    """Repeat purchases of each period, predicted and actual; the held-out time is shaded.

    Periods that are shorter than the others are left out: they cannot be compared with them.

    Parameters
    ----------
    tracking : Tracking
        As `validation.track_purchases` makes it.
    ax : axes of matplotlib, optional
    """
    must_be(Tracking, tracking=tracking)
    use = tracking.whole if tracking.whole.any() else np.ones(len(tracking), np.bool_)
    when = (tracking.starts + tracking.days // 2)[use]
    columns = {
        "middle": when,
        "actual": tracking.actual[use],
        "predicted": tracking.predicted[use],
        "held_out": tracking.held_out[use],
    }
    foreseen, came = tracking.totals(held_out=True)
    off = f" ({foreseen / came - 1.0:+.1%})" if came else ""
    title = f"Held out: {counted(foreseen, 'purchase', spec=',.0f')} predicted, {came:,.0f} made{off}"

    def draw(axes: Axes, look: Look) -> None:
        axes.axvspan(
            np.datetime64(tracking.split), np.datetime64(tracking.end), color=look.shade, lw=0, zorder=0
        )
        for name, color, width in (("actual", look.ink, 1.3), ("predicted", look.accent, 2.0)):
            axes.plot(when, columns[name], color=color, lw=width, label=name)
        ends = float(columns["actual"][-1]), float(columns["predicted"][-1])
        apart = 6 if ends[0] >= ends[1] else -6
        label(axes, "actual", (when[-1], ends[0]), look.ink, shift=(5, apart))
        label(axes, "predicted", (when[-1], ends[1]), look.accent, shift=(5, -apart))
        axes.annotate("held out", (np.datetime64(tracking.split), 1.0), (4, -4), va="top", color=look.quiet,
                      xycoords=axes.get_xaxis_transform(), textcoords="offset points")  # fmt: skip
        axes.set_ylim(bottom=0)
        dates = import_module("matplotlib.dates")
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(axes.xaxis.get_major_locator()))

    return drawn(ax, columns, draw, title=title, y=f"repeat purchases per {tracking.period}")


def plot_frequency(
    model: ModelOf[Any], customers: DataOf[Purchases], ax: Axes = None, *, most: int = 10
) -> Axes:
    """How many customers made each number of repeat purchases, as counted and as the model has it.

    Parameters
    ----------
    model : a purchase model, or its fit
    customers : Purchases, or the summary of a table
    ax : axes of matplotlib, optional
    most : whole number
        This many purchases and more are one bar.
    """
    process, most = model_of(model), whole_number("most", most, 1)
    refuse_many("model", process)
    seen = data_of(customers, Purchases, "customers").compress()
    n = np.arange(most + 1)
    actual = np.array([seen.weight[seen.frequency == k].sum() for k in n[:-1]])
    expected = np.array([_expected(process, seen, int(k)) for k in n[:-1]])
    total = float(seen.weight.sum())
    columns = {
        "purchases": n,
        "actual": np.append(actual, total - actual.sum()),
        "expected": np.append(expected, total - expected.sum()),
    }
    title = (
        f"{actual[0] / total:.0%} of customers did not buy again; the model says {expected[0] / total:.0%}"
    )

    def draw(axes: Axes, look: Look) -> None:
        axes.bar(n, columns["actual"], color=look.rule, edgecolor=look.ink, lw=0.6, width=0.7)
        axes.plot(n, columns["expected"], "o", color=look.accent, ms=6)
        axes.set_xticks(n, [*map(str, n[:-1]), f"{most}+"])
        label(axes, "actual", (n[0], columns["actual"][0]), look.ink, shift=(22, -8))
        label(axes, "model", (n[1], columns["expected"][1]), look.accent, shift=(8, 8))

    return drawn(ax, columns, draw, title=title, x="repeat purchases", y="customers")


def _expected(process: Any, seen: Purchases, count: int) -> float:
    chances = np.asarray(process.purchase_pmf(count, horizon=seen.T), np.float64)
    return float(chances @ seen.weight)


def plot_matrix(
    model: ModelOf[Any],
    ax: Axes = None,
    *,
    T: Number,
    of: Matrix = "alive",
    most: int = 20,
    horizon: Duration | Number | None = None,
    margin_per_purchase: Number | None = None,
    discount_rate: Rate | None = None,
) -> Axes:
    """P(alive), purchases to come, or value, by frequency and recency, of customers as old as `T`.

    Parameters
    ----------
    model : a purchase model, or its fit
    ax : axes of matplotlib, optional
    T : number, in the model's unit
        Time since the first purchase.
    of : {"alive", "purchases", "value"}
        Purchases within a `horizon`; value is their `margin_per_purchase`, discounted.
    most : whole number
        The highest frequency.
    horizon : Duration, or number in the model's unit
    margin_per_purchase : number, money
    discount_rate : Rate
    """
    check_choice("of", of, get_args(Matrix))
    process, age = model_of(model), one_number("T", T, POSITIVE)
    refuse_many("model", process)
    if of != "alive" and horizon is None:
        raise missing_argument("horizon", "must be given for what is to come", "Write Duration(1, 'year').")
    if of == "value" and (margin_per_purchase is None or discount_rate is None):
        rule = "must be given, with discount_rate, for a value"
        raise missing_argument("margin_per_purchase", rule, "Value is margin, discounted.")
    counts, times = np.arange(whole_number("most", most, 1) + 1.0), np.linspace(age, age / _POINTS, _POINTS)
    frequency, recency = (a.ravel() for a in np.meshgrid(counts, times))
    rows = Purchases(
        frequency=frequency, recency=np.where(frequency > 0, recency, 0.0), T=np.full(frequency.size, age),
        unit=process.unit,
    )  # fmt: skip
    if of == "alive":
        values, title = process.probability_alive(rows), "Who bought often and then stopped has probably left"
    elif of == "purchases":
        values, title = (
            process.expected_purchases(rows, horizon),
            "Purchases to come, by what was seen so far",
        )
    else:
        discounted = process.discounted_expected_purchases(rows, discount_rate, horizon)
        values = one_number("margin_per_purchase", margin_per_purchase, REAL) * discounted
        title = "Value to come, by what was seen so far"
    columns = {"frequency": frequency, "recency": recency, of: np.asarray(values, np.float64)}
    table = columns[of].reshape(times.size, counts.size)

    def draw(axes: Axes, look: Look) -> None:
        top = 1.0 if of == "alive" else float(table.max())
        heat(axes, look, table, extent=(-0.5, counts[-1] + 0.5, 0.0, age), most=top)
        levels = [0.2, 0.4, 0.6, 0.8] if of == "alive" else 5
        if float(np.ptp(table)) > 0.0:
            lines = axes.contour(counts, times, table, levels=levels, colors=[look.ink], linewidths=0.7)
            form = "{:.0%}".format if of == "alive" else "{:.3g}".format
            axes.clabel(lines, fmt=form, fontsize="small")

    unit = f", in {process.unit}s" if process.unit else ""
    return drawn(ax, columns, draw, title=title, x="repeat purchases", y=f"time of the last one{unit}")


def plot_history(model: ModelOf[Any], purchases: NumberLike, ax: Axes = None, *, until: Number) -> Axes:
    """P(alive) of one customer over time: it falls while nothing is bought, and is back with each purchase.

    Parameters
    ----------
    model : a purchase model, or its fit
    purchases : column of times since the first purchase, above 0, in the model's unit
    ax : axes of matplotlib, optional
    until : number
        The end of observation.
    """
    process, end = model_of(model), one_number("until", until, POSITIVE)
    refuse_many("model", process)
    (bought,) = known(purchases=(purchases, NOT_NEGATIVE))
    bought = np.sort(np.atleast_1d(bought))
    if np.any(bought > end):
        rule = "must end before `until`"
        raise InputError("dates-conflict", "purchases", float(bought[-1]), rule, "Ask for a later until.")
    # just before and at each purchase: the curve jumps there
    times = np.unique(np.concatenate([np.linspace(end / 300, end, 300), bought, np.nextafter(bought, 0.0)]))
    times = times[times > 0.0]
    alive = _alive(process, bought[bought > 0.0], times)
    columns = {"time": times, "probability_alive": alive, "bought": np.isin(times, bought)}
    title = (
        f"{alive[-1]:.0%} sure that this customer is still one, after {counted(bought.size, 'purchase')} more"
    )

    def draw(axes: Axes, look: Look) -> None:
        axes.vlines(bought, 0.0, 1.0, color=look.rule, lw=1.0)
        axes.plot(times, alive, color=look.accent, lw=2.0)
        axes.set_ylim(0.0, 1.03)
        axes.set_xlim(0.0, end)
        axes.yaxis.set_major_formatter(import_module("matplotlib.ticker").PercentFormatter(1.0))
        if bought.size:
            label(axes, "purchases", (bought[0], 0.04), look.quiet)

    unit = f", in {process.unit}s" if process.unit else ""
    return drawn(ax, columns, draw, title=title, x=f"time since the first purchase{unit}", y="P(alive)")


def _alive(process: Any, bought: Array, times: Array) -> Array:
    frequency = np.searchsorted(bought, times, side="right").astype(np.float64)
    last = np.append(0.0, bought)[frequency.astype(np.intp)]
    rows = Purchases(frequency=frequency, recency=last, T=times, unit=process.unit)
    return np.asarray(process.probability_alive(rows), np.float64)
