"""Draws break_even_unsure.svg: the month in which a customer has paid back, when churn is known from a count.

Run it from anywhere: ``python docs/pictures/break_even_unsure.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

import retainkit as rk

COST, MARGIN, DRAWS, LATEST = 500, 50, 200_000, 38
COUNTS = {(100, 2000): "#2166ac", (5, 100): "#b35806"}


def draw(axes: Axes, churned: int, customers: int, color: str) -> None:
    """How probable each month is, and the 90% interval beneath."""
    churn = rk.churn_posterior(churned, customers, draws=DRAWS, seed=1)
    month = rk.break_even_periods(COST, MARGIN, churn=churn)
    count, edges = np.histogram(month.values, bins=np.arange(10.0, LATEST + 0.1, 0.25))
    middle, height = 0.5 * (edges[1:] + edges[:-1]), count / (DRAWS * 0.25)
    axes.fill_between(middle, height, color=color, alpha=0.25, lw=0)
    axes.plot(middle, height, color=color, lw=1.5)
    low, high = month.interval(0.9)
    level = -0.05 if customers == 2000 else -0.11
    axes.plot([low, high], [level, level], color=color, lw=4, solid_capstyle="butt")
    axes.annotate(f"{low:.1f} to {high:.1f}", (high, level), (5, -3), textcoords="offset points", color=color)
    label = f"{churned:,} of {customers:,} left"
    at = int(np.argmax(height)) + (
        2 if customers == 2000 else 18
    )  # beside the peak; where no other curve runs
    axes.annotate(label, (middle[at], height[at]), (6, 2), textcoords="offset points", color=color)


def main() -> None:
    """Draw both counts, which are the same share, and write the picture beside this file."""
    style()
    figure, axes = plt.subplots(figsize=(5, 3.1))
    for (churned, customers), color in COUNTS.items():
        draw(axes, churned, customers, color)
    axes.axhline(0, color="0.25", lw=0.8)
    axes.set_title(r"\$500 to win, \$50 a month: when is it back?", fontsize=11, loc="left")
    axes.set_xlabel("month in which the customer has paid back; bars: 90%")
    axes.set_xlim(10, LATEST)
    axes.set_ylim(-0.16, None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    figure.subplots_adjust(left=0.04, right=0.97, top=0.9, bottom=0.16)
    save(figure, __file__)


if __name__ == "__main__":
    main()
