"""Draws which_number.svg: cumulative cash per customer at four rates of churn, under two timings.

Run it from anywhere: ``python docs/pictures/which_number.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

from retainkit.economics import break_even
from retainkit.timing import Timing

COST, MARGIN, MONTHS = 500, 50, 36
CHURN = {
    0.0: ("0%", "#1b7837"),
    0.05: ("5%", "#2166ac"),
    1 / 11: ("9.09%", "#b35806"),
    0.1: ("10%", "#b2182b"),
}
PANELS: dict[Timing, str] = {
    "begin": "paid at the start of each month",
    "end-if-retained": "paid at the end, by those who stayed",
}


def draw(axes: Axes, timing: Timing) -> None:
    """One panel: the curve of each churn, and where it crosses zero."""
    months = np.linspace(0, MONTHS, 721)
    axes.axhline(0, color="0.25", lw=0.8)
    for churn, (label, color) in CHURN.items():
        customer = break_even(COST, MARGIN, churn=churn, timing=timing, period="month")
        net = customer.cumulative_net(months)
        shown = net <= 430
        axes.plot(months[shown], net[shown], color=color, lw=2)
        if not customer.never and customer.periods <= MONTHS:
            axes.plot(customer.periods, 0, "o", color=color, ms=5)
            month = f"{customer.periods:.1f}"
            crossing = (customer.periods, 0)
            beside, side = ((5, -11), "left") if churn == 0.05 else ((-4, 4), "right")  # where no curve runs
            axes.annotate(month, crossing, beside, textcoords="offset points", ha=side, color=color)
        end = np.flatnonzero(shown)[-1]
        text = f"{label}: never" if customer.never else f"{label} churn"
        axes.annotate(text, (months[end], net[end]), (4, -3), textcoords="offset points", color=color)
    axes.set_title(PANELS[timing], fontsize=10, loc="left")
    axes.set_xlabel("payments (months)")
    axes.set_xlim(0, MONTHS)
    axes.set_ylim(-520, 470)


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True)
    for axes, timing in zip(panels, PANELS, strict=True):
        draw(axes, timing)
    panels[0].set_ylabel(r"expected cash per customer won, \$")
    figure.suptitle(
        r"\$500 to win a customer, \$50 a month: when is it back?", x=0.075, ha="left", fontsize=12
    )
    figure.subplots_adjust(left=0.075, right=0.9, wspace=0.3, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
