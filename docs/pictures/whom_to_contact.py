"""Draws whom_to_contact.svg: profit by the share contacted in the order of two scores.

Run it from anywhere: ``python docs/pictures/whom_to_contact.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from paper import save, style

from retainkit.decisions.campaigns.campaign import Campaign
from retainkit.decisions.campaigns.profit_curve import profit_curve

BLUE, RED = "#2166ac", "#b2182b"


def main() -> None:
    """Draw the curves of one simulated base and write the picture beside this file."""
    style()
    rng = np.random.default_rng(7)
    risk = rng.beta(1.2, 6, 5000)
    value = rng.gamma(1.5, 100, 5000) * (1.2 - risk)
    left = (rng.random(5000) < risk).astype(int)
    offer = Campaign(value=value, acceptance=0.3, incentive=10, cost_per_contact=1)
    curves = {
        "by expected profit": (profit_curve(offer.expected_profit(risk), left, offer), BLUE),
        "by churn risk": (profit_curve(risk, left, offer), RED),
    }
    figure, axes = plt.subplots(figsize=(7.5, 4.2))
    axes.axhline(0, color="0.25", lw=0.8)
    for name, (curve, color) in curves.items():
        axes.plot(100 * curve.share[::10], curve.profit[::10], color=color, lw=1.5)
        best = (100 * curve.best_share, float(curve.profit[curve.best_point]))
        axes.plot(*best, "o", color=color, ms=5)
        text = rf"{name}: \${best[1]:,.0f} at {curve.best_share:.0%}"
        beside = (8, 6) if color == BLUE else (-60, -36)  # where no other curve runs
        axes.annotate(text, best, beside, textcoords="offset points", color=color)
    chance = curves["by churn risk"][0]
    axes.plot([0, 100], [0, chance.profit_of_all], color="0.6", lw=1, ls="--")
    middle = (40, 0.4 * chance.profit_of_all)
    axes.annotate("at random", middle, (6, 3), textcoords="offset points", color="0.4")
    axes.set_xlim(0, 100)
    axes.set_ylim(-11_000, 12_500)
    axes.set_xlabel("customers contacted, % of the base")
    axes.set_ylabel(r"profit of the campaign, \$")
    figure.suptitle("Whom to contact: the best share depends on the order", x=0.11, ha="left", fontsize=12)
    figure.subplots_adjust(left=0.11, right=0.96, top=0.88, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
