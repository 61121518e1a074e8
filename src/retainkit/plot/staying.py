"""How long customers stay: survival curves with what they rest on, and cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from math import floor
from typing import Any, cast, get_args

import numpy as np

from retainkit.domains import LEVEL, POSITIVE, one_number
from retainkit.errors import InputError, check_choice
from retainkit.metrics import CohortTable
from retainkit.metrics.cohorts import Measure
from retainkit.models.contractual.nonparametric.curve import AbstractCurve
from retainkit.plot.look import Axes, Look, drawn, heat, label
from retainkit.plurals import counted
from retainkit.protocols import model_of
from retainkit.records import must_be
from retainkit.typing import Array, Number

_STEPS = 6  # columns of the table of who is at risk


def plot_survival(
    curves: Any, ax: Axes = None, *, level: Number = 0.9, horizon: Number | None = None
) -> Axes:
    """The share of customers still there by tenure: steps with their band as measured, lines of models.

    Below the axis stands how many were still watched, curve by curve: where they are few, a curve is a guess.

    Parameters
    ----------
    curves : a curve such as `KaplanMeier`, a churn model or its fit, or a mapping of names to several
        The first one is in the accent.
    ax : axes of matplotlib, optional
    level : share in (0, 1)
        Of the bands, which are pointwise.
    horizon : number, in the curves' unit, optional
        How far models are drawn; as far as the measured curves by default.
    """
    level = one_number("level", level, LEVEL)
    several = cast("Mapping[str, Any]", curves) if isinstance(curves, Mapping) else {"": curves}
    given: dict[str, Any] = {**several}
    named = {str(name): model_of(curve) for name, curve in given.items()}
    measured = {n: c for n, c in named.items() if isinstance(c, AbstractCurve)}
    end = max((c.end for c in measured.values()), default=0.0)
    if horizon is not None or not end:
        if horizon is None:
            rule, way_out = (
                "must be given where no curve was measured",
                "Write horizon=24, in the model's unit.",
            )
            raise InputError("missing-argument", "horizon", None, rule, way_out)
        end = one_number("horizon", horizon, POSITIVE)
    # beside steps at whole periods a smooth line looks wrong where it is right: dots are compared
    whole = any(c.risk.whole_periods for c in measured.values())
    parts = {n: _points(c, end, level, whole=whole) for n, c in named.items()}
    columns = {
        "curve": np.repeat([*parts], [p["tenure"].size for p in parts.values()]),
        **{
            k: np.concatenate([p[k] for p in parts.values()])
            for k in ("tenure", "survival", "low", "high", "at_risk")
        },
    }
    first = next(iter(parts.values()))
    unit = next((u for c in named.values() if (u := c.unit)), None) or "period"
    name = next(iter(parts))
    who = f"{name}: " if name else ""
    last = float(first["tenure"][-1])
    title = f"{who}{first['survival'][-1]:.0%} are still there after {counted(f'{last:g}', unit)}"

    def draw(axes: Axes, look: Look) -> None:
        for place, (n, p) in enumerate(parts.items()):
            _curve(axes, look, n, p, measured=n in measured, first=place == 0)
        axes.set_ylim(0.0, 1.03)
        axes.set_xlim(0.0, end)
        axes.yaxis.set_major_formatter(import_module("matplotlib.ticker").PercentFormatter(1.0))
        _table(axes, {n: named[n] for n in measured}, end, unit)

    return drawn(ax, columns, draw, title=title, y="still there")


def _points(curve: Any, end: float, level: float, *, whole: bool) -> dict[str, Any]:
    """Tenures, shares and bands: of a measured curve at its steps, of a model between."""
    if isinstance(curve, AbstractCurve):
        begin = curve.risk.start
        times = np.append(begin, curve.risk.time[curve.risk.time <= end])
        low, high = (np.asarray(side, np.float64) for side in curve.interval(times, level))
        return {
            "tenure": times,
            "survival": np.asarray(curve.survival(times)),
            "low": low,
            "high": high,
            "at_risk": np.append(curve.risk.customers, curve.risk.at_risk)[: times.size],
        }
    return _of_model(curve, end, level, whole=whole)


def _of_model(model: Any, end: float, level: float, *, whole: bool) -> dict[str, Array]:
    times: Array = np.arange(floor(end) + 1.0) if whole else np.linspace(0.0, end, 201)
    found: Array = np.asarray(model.survival(times), np.float64)
    nothing: Array = np.full(times.size, np.nan)
    points = {"tenure": times, "survival": found, "low": nothing, "high": nothing, "at_risk": nothing}
    if found.ndim > 1:  # draws
        low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        points |= {"survival": found.mean(axis=0), "low": low, "high": high}
    return points


def _curve(axes: Axes, look: Look, name: str, p: dict[str, Any], *, measured: bool, first: bool) -> None:
    color = look.accent if first else look.ink
    if np.isfinite(p["low"]).any():
        shade = look.faint if first else look.shade
        axes.fill_between(
            p["tenure"], p["low"], p["high"], step="post" if measured else None, color=shade, lw=0
        )
    if measured:
        axes.step(p["tenure"], p["survival"], where="post", color=color, lw=2.0)
    else:
        dots = {"marker": "o", "ms": 3.5} if p["tenure"].size <= 61 else {}
        axes.plot(p["tenure"], p["survival"], color=color, lw=1.2, ls="-" if first else "--", **dots)
    if name:
        label(axes, name, (p["tenure"][-1], p["survival"][-1]), color, shift=(5, -6 if first else 6))


def _table(axes: Axes, measured: dict[str, AbstractCurve], end: float, unit: str) -> None:
    """How many were watched at tenures of the axis, below it."""
    ticks = [t for t in axes.get_xticks() if 0.0 <= t <= end][:: max(1, len(axes.get_xticks()) // _STEPS)]
    lines = [f"{t:g}" for t in ticks]
    for curve in measured.values():
        counts = np.append(curve.risk.at_risk, 0.0)
        at = [counts[np.searchsorted(curve.risk.time, t, side="left")] for t in ticks]
        lines = [f"{line}\n{n:,.0f}" for line, n in zip(lines, at, strict=True)]
    axes.set_xticks(ticks, lines)
    names = [f"watched{f', {n}' if n else ''}" for n in measured]
    axes.set_xlabel(
        "\n".join([f"{unit}s since the start", *([f"below: {'; '.join(names)}"] if names else [])])
    )


def plot_cohorts(cohorts: CohortTable, ax: Axes = None, *, measure: Measure = "customers") -> Axes:
    """What is left of each cohort by age, as a heat map with the shares in it.

    Parameters
    ----------
    cohorts : CohortTable
        As `metrics.cohort_table` makes it.
    ax : axes of matplotlib, optional
    measure : {"customers", "net_revenue", "gross_revenue"}
    """
    check_choice("measure", measure, get_args(Measure))
    must_be(CohortTable, cohorts=cohorts)
    shares, pooled = cohorts.retention(measure), cohorts.average_retention(measure)
    row, age = np.nonzero(cohorts.observed)
    columns = {"cohort": cohorts.cohort[row].astype(np.str_), "age": age, "share": shares[row, age]}
    oldest = int(cohorts.age[-1])
    what = {"customers": "customers", "net_revenue": "revenue", "gross_revenue": "revenue, without upgrades,"}
    title = f"After {counted(oldest, 'month')}, {pooled[-1]:.0%} of {what[measure]} are left"

    def draw(axes: Axes, look: Look) -> None:
        most = max(1.0, float(np.nanmax(shares)))
        heat(axes, look, np.ma.masked_invalid(shares), most=most)
        if shares.size <= 400:  # more would be too small to read
            for k, a in zip(row.tolist(), age.tolist(), strict=True):
                text = f"{shares[k, a]:.0%}".removesuffix("%")
                axes.text(a, k, text, ha="center", va="center", color=look.ink, fontsize="x-small")
        every = max(1, len(cohorts.cohort) // 12)
        names = cohorts.cohort.astype(np.str_)
        axes.set_yticks(np.arange(len(names))[::every], names[::every])

    return drawn(ax, columns, draw, title=title, x="months since the first", y="cohort; shares in percent")
