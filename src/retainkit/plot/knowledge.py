"""What data have taught: a posterior beside its prior; which drivers matter."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.decisions.feedback.key_drivers import KeyDrivers
from retainkit.errors import InputError, near
from retainkit.inference import Posterior
from retainkit.inference.priors import AbstractPrior
from retainkit.plot.look import Axes, Look, bars, drawn, label
from retainkit.records import must_be
from retainkit.typing import Array

_BINS = 60


def plot_posterior(posterior: Posterior[Any], ax: Axes = None, *, parameter: str) -> Axes:
    """How probable each value of a parameter is, after the data and before them.

    Parameters
    ----------
    posterior : Posterior
        As `posterior` makes it.
    ax : axes of matplotlib, optional
    parameter : str
        A parameter of the model that is not held.
    """
    must_be(Posterior, posterior=posterior)
    names = posterior.family.names()
    if parameter not in names:
        rule = f"must name a parameter ({', '.join(names)})"
        raise InputError("unknown-name", "parameter", parameter, rule, near(str(parameter), names).strip())
    frame = posterior.to_frame("dict")
    draws = np.asarray(frame[parameter], np.float64)
    draws = draws[~np.isnan(draws)]
    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
    heights, edges = np.histogram(draws, _BINS, density=True)
    values = (edges[1:] + edges[:-1]) / 2.0
    columns = {"value": values, "posterior": heights, "prior": _prior(posterior, parameter, values)}
    title = f"{parameter} is {middle:.3g} (90%: {low:.3g} to {high:.3g})"

    def draw(axes: Axes, look: Look) -> None:
        axes.stairs(heights, edges, fill=True, color=look.faint)
        inside = (values >= low) & (values <= high)
        axes.stairs(np.where(inside, heights, 0.0), edges, fill=True, color=look.tint)
        axes.stairs(heights, edges, color=look.accent, lw=1.2)
        axes.axvline(middle, color=look.accent, lw=1.2)
        label(axes, "posterior", (values[int(heights.argmax())], heights.max()), look.accent, shift=(12, 0))
        if np.isfinite(columns["prior"]).all():
            axes.plot(values, columns["prior"], color=look.ink, lw=1.4, ls="--")
            label(axes, "prior", (values[-1], columns["prior"][-1]), look.ink)
        axes.set_yticks([])
        axes.set_ylim(bottom=0.0)

    return drawn(ax, columns, draw, title=title, x=parameter, y="how probable")


def _prior(posterior: Posterior[Any], parameter: str, values: Array) -> Array:
    """Its density at the values; NaN where the prior is of all parameters together."""
    priors = posterior.prior
    own = priors.get(parameter) if isinstance(priors, dict) else None
    if not isinstance(own, AbstractPrior):
        return np.full(values.size, np.nan)
    line = np.asarray(own.domain.to_unconstrained(values), np.float64)
    # the density on the unbounded coordinate, stretched as the coordinate is
    return np.exp(own.log_density(line)) * np.abs(np.gradient(line, values))


def plot_drivers(drivers: KeyDrivers, ax: Axes = None) -> Axes:
    """How much of an outcome is due to each driver, with its interval, the most important first.

    Parameters
    ----------
    drivers : KeyDrivers
        As `decisions.key_drivers` makes it.
    ax : axes of matplotlib, optional
    """
    must_be(KeyDrivers, drivers=drivers)
    order = np.argsort(-drivers.importance, kind="stable")
    nothing = np.full(order.size, np.nan)
    columns = {
        "driver": np.array(drivers.drivers)[order],
        "importance": drivers.importance[order],
        "low": nothing if drivers.low is None else drivers.low[order],
        "high": nothing if drivers.high is None else drivers.high[order],
    }
    first = columns["driver"][0]
    part = float(columns["importance"][0]) / drivers.r_squared if drivers.r_squared else 0.0
    title = f"{first} makes {part:.0%} of what drivers explain of {drivers.outcome}"

    def draw(axes: Axes, look: Look) -> None:
        names = columns["driver"].tolist()
        bars(axes, look, names, np.zeros(order.size), columns["importance"], color=look.tint)
        if drivers.low is not None:
            axes.hlines(range(order.size), columns["low"], columns["high"], color=look.ink, lw=1.4)
        axes.set_xlim(left=0.0)

    text = f"part of R² ({drivers.r_squared:.2f} in all)"
    return drawn(ax, columns, draw, title=title, x=text)
