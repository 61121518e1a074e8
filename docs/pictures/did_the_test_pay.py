"""Draws did_the_test_pay.svg: the posterior of the net gain, and a test of equal offers watched all the time.

Run it from anywhere: ``python docs/pictures/did_the_test_pay.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

import retainkit as rk
from retainkit.decisions import retention_test, sequential_retention_test

LOSS, PROFIT, BAND = "#b2182b", "#1b7837", "#2166ac"


def draw_posterior(axes: Axes) -> None:
    """What is believed of the gain after 250 and 200 leavers of 5,000."""
    value = rk.Draws(np.full(400_000, 833.33))  # draws of the shares, one for each
    seen = retention_test(
        250, control=5000, churned_treated=200, treated=5000, value=value, cost_per_customer=5
    )
    assert seen.draws is not None
    height, edges = np.histogram(seen.draws, bins=120, range=(-10, 17), density=True)
    height = np.convolve(np.pad(height, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    middle = 0.5 * (edges[1:] + edges[:-1])
    for side, color in ((middle <= 0.1, LOSS), (middle >= -0.1, PROFIT)):
        axes.fill_between(middle[side], height[side], color=color, alpha=0.35, lw=0)
    axes.plot(middle, height, color="0.25", lw=1.5)
    axes.axvline(0, color="0.25", lw=0.8)
    axes.text(-1.0, 0.012, f"loss\n{1 - seen.probability_of_gain:.0%}", ha="right", color=LOSS)
    axes.text(4.3, 0.035, f"profit\n{seen.probability_of_gain:.0%}", ha="center", color=PROFIT)
    axes.annotate(
        "if the offer\ndid nothing: −5",
        (-5, 0.002),
        (-10, 0.04),
        color="0.35",
        arrowprops={"arrowstyle": "->", "color": "0.5"},
    )
    axes.set_ylim(0, None)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(r"net gain per customer, \$")
    axes.set_title("lower churn is nearly certain (99%), profit is not", fontsize=10, loc="left")


def draw_peeking(axes: Axes) -> None:
    """Two equal offers: the ordinary interval leaves 0 now and then, the confidence sequence does not."""
    rng = np.random.default_rng(SEED)
    n = np.arange(1, 10_001)
    left = np.cumsum(rng.random((2, 10_000)) < 0.05, axis=1)
    band = sequential_retention_test(
        left[0], control=n, churned_treated=left[1], treated=n, planned_per_arm=5000
    )
    share = left / n
    reach = 1.96 * np.sqrt((share * (1 - share)).sum(axis=0) / n)
    wrong = (np.abs(band.estimate) > reach) & (n >= 300)
    shown = (n >= 300) & (n % 25 == 0)  # as many as the paper can show
    axes.fill_between(
        n[shown], 100 * band.lower[shown], 100 * band.upper[shown], color=BAND, alpha=0.18, lw=0
    )
    for edge in (band.estimate - reach, band.estimate + reach):
        axes.plot(n[shown], 100 * edge[shown], color="0.45", lw=1)
    axes.plot(n[shown], 100 * band.estimate[shown], color="0.1", lw=1.3)
    axes.axhline(0, color="0.25", lw=0.8)
    axes.plot(n, np.where(wrong, 0.0, np.nan), color=LOSS, lw=4, solid_capstyle="round")
    axes.set_xlabel("customers per arm")
    axes.set_ylabel("difference in churn, points")
    axes.set_ylim(-3.2, 3.2)
    axes.set_xlim(0, 10_000)
    first = int(n[wrong][0])
    axes.annotate(
        f"“significant” at {first:,}",
        (first, 0),
        (first + 1500, 2.2),
        color=LOSS,
        arrowprops={"arrowstyle": "->", "color": LOSS},
    )
    axes.text(9900, 100 * band.upper[-1] + 0.4, "shaded: holds at all looks", ha="right", color=BAND)
    axes.text(9900, -1.5, "grey: 95% at one look", ha="right", color="0.4")
    axes.set_title("two equal offers, looked at all the time", fontsize=10, loc="left")


SEED = 15


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, panels = plt.subplots(1, 2, figsize=(10, 4))
    draw_posterior(panels[0])
    draw_peeking(panels[1])
    figure.subplots_adjust(left=0.03, right=0.97, wspace=0.17, top=0.9, bottom=0.13)
    save(figure, __file__)


if __name__ == "__main__":
    main()
