"""Draws what_is_faster_response_worth.svg: what a faster answer may cost, and what it gains.

The gain is shown for an elasticity that is not known for sure.

Run it from anywhere: ``python docs/pictures/what_is_faster_response_worth.py``.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

import retainkit as rk
from retainkit.decisions import faster_response, service_change

RATES: dict[str, Any] = {"churn": 0.05, "discount_rate": 0.01}
ELASTICITIES = {0.05: "#2166ac", 0.1: "#1b7837", 0.2: "#b35806"}


def draw_most(axes: Axes) -> None:
    """The most that an answer within so many hours may cost, by elasticity."""
    hours = np.linspace(0.5, 8, 61)
    for elasticity, color in ELASTICITIES.items():
        most = [
            service_change(50, hazard_ratio=(h / 8) ** elasticity, **RATES, timing="end")
            for h in hours.tolist()
        ]
        dollars = [float(np.mean(m.break_even_cost_per_period)) for m in most]
        axes.plot(hours, dollars, color=color, lw=2)
        name = "elasticity 0.2" if elasticity == 0.2 else f"{elasticity:g}"
        axes.annotate(name, (0.5, dollars[0]), (0, 3), textcoords="offset points", color=color)
    axes.plot(2, 3, "o", color="0.2", ms=6)
    axes.annotate("2 hours for \\$3", (2, 3), (0, -24), textcoords="offset points", color="0.2", ha="center")
    axes.set_xlim(0, 8)
    axes.set_ylim(0, 19)
    axes.set_xlabel("hours until an answer (now 8)")
    axes.set_ylabel(r"most it may cost, \$ per customer and month")
    axes.set_title("below the line of your elasticity it pays", fontsize=10, loc="left")


def draw_gain(axes: Axes) -> None:
    """The gain over draws of the elasticity."""
    draws = rk.Draws(np.random.default_rng(1).normal(0.1, 0.04, 4000))
    answer = faster_response(
        50,
        response_time=8,
        response_time_after=2,
        elasticity=draws,
        **RATES,
        timing="end",
        customers=2000,
        cost_per_period=3,
    )
    gain = np.asarray(answer.gain) / 1000
    edges = np.histogram_bin_edges(gain, 50)
    axes.hist(gain[gain <= 0], edges, color="#b2182b")
    axes.hist(gain[gain > 0], edges, color="#1b7837")
    axes.axvline(0, color="0.25", lw=0.8)
    top = 1.2 * axes.get_ylim()[1]
    axes.set_ylim(0, top)
    axes.text(
        -5, 0.97 * top, f"{1 - answer.probability_of_gain:.0%} lose", color="#b2182b", ha="right", va="top"
    )
    axes.text(5, 0.97 * top, f"{answer.probability_of_gain:.0%} gain", color="#1b7837", va="top")
    axes.set_xlabel(r"gain, thousand \$, 2 hours for \$3 a month")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title("an elasticity of 0.10 ± 0.04", fontsize=10, loc="left")


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    draw_most(left)
    draw_gain(right)
    figure.suptitle("What is an answer within two hours worth?", x=0.075, ha="left", fontsize=12)
    figure.subplots_adjust(left=0.075, right=0.97, wspace=0.18, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
