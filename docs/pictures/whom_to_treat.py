"""Draws whom_to_treat.svg: money against the share treated, for a ranking by gain, by risk, and at random.

Run it from anywhere: ``python docs/pictures/whom_to_treat.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from paper import save, style

from retainkit.decisions import UpliftCurve, treatment_gain, uplift_curve


def curves() -> dict[str, UpliftCurve]:
    """The customers and the experiment of the page, in the same order of draws."""
    rng = np.random.default_rng(7)
    risk = rng.normal(size=200_000)
    left_alone = 1 / (1 + np.exp(1.5 - 1.2 * risk))
    effect = 0.11 * np.exp(-0.5 * ((risk - 0.2) / 0.5) ** 2) - 0.03 * (risk < -0.6)
    treated = np.clip(left_alone - effect, 0, 1)
    value = rng.gamma(4, 50, 200_000)
    tossed = rng.random(100_000) < 0.5
    people = slice(0, 100_000)
    stays = rng.random(100_000) > np.where(tossed, treated[people], left_alone[people])
    outcome = stays * (value[people] - 10 * tossed) - 1 * tossed
    gain = treatment_gain(left_alone, churn_treated=treated, value=value, cost_per_contact=1, incentive=10)
    scores = {"by predicted gain": gain[people], "by risk of leaving": left_alone[people]}
    return {
        name: uplift_curve(score, treated=tossed, outcome=outcome, propensity=0.5)
        for name, score in scores.items()
    }


def main() -> None:
    """Draw the curves and write the picture beside this file."""
    style()
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    found = curves()
    axes.axhline(0, color="0.25", lw=0.8)
    for (name, curve), color, shift in zip(
        found.items(), ("#2166ac", "#b2182b"), ((0, 7), (25, -38)), strict=True
    ):
        table = curve.table(100)
        axes.plot(100 * table["share"], table["gain"], color=color, lw=2)
        top = int(np.argmax(table["gain"]))
        axes.plot(100 * table["share"][top], table["gain"][top], "o", color=color, ms=5)
        axes.annotate(
            f"{name}\n" + rf"\${table['gain'][top]:.2f} at {table['share'][top]:.0%}",
            (100 * table["share"][top], table["gain"][top]),
            shift,
            textcoords="offset points",
            ha="center",
            color=color,
        )
    whole = next(iter(found.values()))
    axes.plot([0, 100], [0, whole.gain[-1]], color="0.5", lw=1.5, ls="--")
    axes.annotate(
        "at random",
        (62, 0.62 * whole.gain[-1]),
        (0, -13),
        textcoords="offset points",
        color="0.4",
        ha="center",
    )
    axes.set_xlim(0, 100)
    axes.set_xlabel("customers treated, %")
    axes.set_ylabel(r"gain per customer of the base, \$")
    figure.suptitle("An offer, made to the best-ranked first: what it adds", x=0.09, ha="left", fontsize=12)
    figure.subplots_adjust(left=0.09, right=0.97, top=0.88, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
