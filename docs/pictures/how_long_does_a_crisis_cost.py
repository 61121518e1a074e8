"""Draws how_long_does_a_crisis_cost.svg: how churn falls back after a crisis, and who is left.

Run it from anywhere: ``python docs/pictures/how_long_does_a_crisis_cost.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

from retainkit.decisions import crisis_survivor_factor

HAZARD, JUMP, MONTHS = 0.02, 4, 24
LABELS = {1: (3.2, 1.45), 2: (4.5, 4.05), 6: (5.5, 6.6)}  # where no other curve runs
HALF_LIVES = {1: "#1b7837", 2: "#2166ac", 6: "#b2182b"}


def label(half_life: int) -> str:
    what = "half-life " if half_life == 6 else ""
    return f"{what}{half_life} month{'s' if half_life > 1 else ''}"


def draw_churn(axes: Axes) -> None:
    """Churn per month, by how fast it falls back."""
    t = np.linspace(0, MONTHS, 481)
    axes.axhline(100 * HAZARD, color="0.25", lw=0.8, ls="--")
    axes.annotate("as usual", (MONTHS, 100 * HAZARD), (0, -12), textcoords="offset points", ha="right")
    for half_life, color in HALF_LIVES.items():
        hazard = 100 * HAZARD * (1 + JUMP * 2 ** (-t / half_life))
        axes.plot(t, hazard, color=color, lw=2)
        axes.text(*LABELS[half_life], label(half_life), color=color)
    axes.set_title("customers who leave, % per month", fontsize=10, loc="left")
    axes.set_xlabel("months since the crisis began")
    axes.set_xlim(0, MONTHS)
    axes.set_ylim(0, 10.5)


def draw_left(axes: Axes) -> None:
    """Customers there, of those who would be there without the crisis."""
    t = np.linspace(0, MONTHS, 481)
    for half_life, color in HALF_LIVES.items():
        decay = np.log(2) / half_life
        left = 100 * np.exp(-HAZARD * JUMP * -np.expm1(-decay * t) / decay)
        axes.plot(t, left, color=color, lw=2)
        for_good = crisis_survivor_factor(churn=-np.expm1(-HAZARD), hazard_jump=JUMP, half_life=half_life)
        text = f"{1 - for_good:.0%} lost for good"
        axes.annotate(text, (MONTHS, left[360]), (0, 7), textcoords="offset points", color=color, ha="right")
    axes.set_title("customers there, % of those without a crisis", fontsize=10, loc="left")
    axes.set_xlabel("months since the crisis began")
    axes.set_xlim(0, MONTHS)
    axes.set_ylim(0, 101)


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (churn, left) = plt.subplots(1, 2, figsize=(10, 4.2))
    draw_churn(churn)
    draw_left(left)
    figure.suptitle(
        "Churn jumps to five times the usual. How soon is it over?", x=0.05, ha="left", fontsize=12
    )
    figure.subplots_adjust(left=0.05, right=0.97, wspace=0.16, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
