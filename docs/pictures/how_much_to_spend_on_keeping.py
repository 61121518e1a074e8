"""Draws how_much_to_spend_on_keeping.svg: customer equity by spending, and what being off costs.

Run it from anywhere: ``python docs/pictures/how_much_to_spend_on_keeping.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.response_curves import ExponentialResponse
from retainkit.decisions.spending.spending import best_spending

MODEL = BlattbergDeighton(
    margin_per_period=50,
    discount_rate=0.15,
    acquisition=ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4),
    retention=ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8),
)
BLUE, RED = "#2166ac", "#b2182b"


def draw_map(axes: Axes) -> None:
    """Customer equity as contour lines, the present spending and the best."""
    plan = best_spending(MODEL, present=(5, 10))
    A, R = np.linspace(0, 30, 301), np.linspace(0, 44, 301)
    equity = MODEL.customer_equity(A[None, :], R[:, None])
    lines = axes.contour(A, R, equity, levels=[5, 10, 14, 17], colors="0.55", linewidths=1)
    axes.clabel(lines, fmt=r"\$%g", fontsize=8)
    best = (plan.acquisition_spend, plan.retention_spend)
    for point, color, name in ((best, BLUE, "best"), ((5.0, 10.0), RED, "now")):
        text = rf"{name}: \${MODEL.customer_equity(*point):.2f}"
        shown = {"boxstyle": "square,pad=0.1", "color": "white", "alpha": 0.8}
        axes.annotate(text, point, (6, 4), textcoords="offset points", color=color, bbox=shown, zorder=3)
        axes.plot(*point, "o", color=color, ms=6, zorder=4)
    axes.set_xlabel(r"spending per prospect, \$")
    axes.set_ylabel(r"spending per customer and year, \$")
    axes.set_title("customer equity per prospect", fontsize=10, loc="left")


def draw_loss(axes: Axes) -> None:
    """What a multiple of the best spending earns."""
    plan = best_spending(MODEL)
    times = np.linspace(0, 2.5, 251)
    sides = {
        "winning": (times * plan.acquisition_spend, plan.retention_spend, BLUE),
        "keeping": (plan.acquisition_spend, times * plan.retention_spend, RED),
    }
    for name, (A, R, color) in sides.items():
        equity = MODEL.customer_equity(A, R)
        axes.plot(times, equity, color=color, lw=2)
        axes.annotate(name, (times[-1], equity[-1]), (4, -3), textcoords="offset points", color=color)
    axes.axvline(1, color="0.6", lw=0.8, ls=":")
    axes.axhline(0, color="0.25", lw=0.8)
    axes.set_xlim(0, 2.5)
    axes.set_xlabel("spending, as a multiple of the best")
    axes.set_title(r"customer equity per prospect, \$: flat around the best", fontsize=10, loc="left")


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    draw_map(left)
    draw_loss(right)
    figure.suptitle("How much to spend on winning and on keeping", x=0.06, ha="left", fontsize=12)
    figure.subplots_adjust(left=0.06, right=0.93, wspace=0.22, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
