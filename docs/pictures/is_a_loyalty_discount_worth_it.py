"""Draws is_a_loyalty_discount_worth_it.svg: what a discount gains by the churn it reaches, and what it needs.

Run it from anywhere: ``python docs/pictures/is_a_loyalty_discount_worth_it.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from paper import save, style

from retainkit.decisions.pricing.discount import break_even_churn_with_discount
from retainkit.economics import lifetime_value

PRICE, MARGIN, CHURN, RATE = 100, 50, 0.05, 0.01
DISCOUNTS = {5: "#1b7837", 10: "#2166ac", 15: "#b2182b"}
MARGINS = {80: "#1b7837", 50: "#2166ac", 30: "#b2182b"}


def gains(axes: Axes) -> None:
    """What a discount gains per customer, by the churn that customers have with it."""
    churn = np.linspace(0.025, 0.05, 251)
    before = lifetime_value(MARGIN, churn=CHURN, discount_rate=RATE, timing="begin")
    axes.axhline(0, color="0.25", lw=0.8)
    for off, color in DISCOUNTS.items():
        gain = lifetime_value(MARGIN - off, churn=churn, discount_rate=RATE, timing="begin") - before
        axes.plot(churn, gain, color=color, lw=2)
        even = break_even_churn_with_discount(
            MARGIN, discount_amount=off, churn=CHURN, discount_rate=RATE, timing="begin"
        )
        axes.plot(even, 0, "o", color=color, ms=5)
        axes.annotate(f"{even:.1%}", (even, 0), (4, 5), textcoords="offset points", color=color)
        axes.annotate(
            rf"\${off} off", (churn[-1], gain[-1]), (4, -3), textcoords="offset points", color=color
        )
    axes.set_title(r"what it gains, at a margin of \$50", fontsize=10, loc="left")
    axes.set_xlabel("churn per month with the discount (5% without)")
    axes.set_ylabel(r"gain per customer, \$")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.set_ylim(-280, 420)


def needs(axes: Axes) -> None:
    """The churn that a discount has to reach, by its size and by the margin."""
    off = np.linspace(0, 20, 201)
    for margin, color in MARGINS.items():
        even = break_even_churn_with_discount(
            margin, discount_amount=off, churn=CHURN, discount_rate=RATE, timing="begin"
        )
        axes.plot(off, even, color=color, lw=2)
        axes.annotate(
            rf"margin \${margin}", (off[-1], even[-1]), (4, -3), textcoords="offset points", color=color
        )
    axes.set_title("the churn that it has to reach", fontsize=10, loc="left")
    axes.set_xlabel(r"discount, \$ off a price of \$100")
    axes.set_ylabel("churn per month")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlim(0, 20)
    axes.set_ylim(0, 0.0525)


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    gains(left)
    needs(right)
    figure.suptitle(
        "A permanent discount is paid to everyone; it has to be earned by those who stay because of it",
        x=0.075,
        ha="left",
        fontsize=12,
    )
    figure.subplots_adjust(left=0.075, right=0.91, wspace=0.35, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
