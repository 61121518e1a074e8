"""Draws normal_or_posterior.svg: the same interval by the normal approximation and by the posterior.

Run it from anywhere: ``python docs/pictures/normal_or_posterior.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from paper import save, style

import retainkit as rk

TRUTH = rk.BGNBD(r=0.6, alpha=6.0, a=0.8, b=2.5, unit="week")
CUSTOMERS, TEN_YEARS, DRAWS = (100, 300, 1000, 3000), 520.0, 4000
COLORS = {"Fit.draws": "#b35806", "posterior": "#2166ac"}


def main() -> None:
    """Of four bases of customers the intervals of expected purchases in ten years, a customer."""
    style()
    figure, axes = plt.subplots(figsize=(5, 3.2))
    for row, many in enumerate(CUSTOMERS):
        seen = TRUTH.sample(np.full(many, 52.0), seed=8)
        fitted = rk.fit(rk.BGNBD, seen)
        drawn = {
            "Fit.draws": fitted.draws(DRAWS, seed=1),
            "posterior": rk.posterior(rk.BGNBD, seen, draws=DRAWS, seed=1).model,
        }
        for side, (name, model) in zip((-0.16, 0.16), drawn.items(), strict=True):
            each = np.asarray(model.expected_purchases(seen, TEN_YEARS)).mean(axis=1)
            low, middle, high = np.quantile(each, [0.05, 0.5, 0.95])
            axes.plot([low, high], [row + side] * 2, color=COLORS[name], lw=5, solid_capstyle="butt")
            axes.plot(middle, row + side, "o", color="white", ms=3)
            if not row:
                axes.annotate(name, (low, row + side), (-5, -3), textcoords="offset points", ha="right",
                              color=COLORS[name])  # fmt: skip
        axes.plot(float(np.mean(TRUTH.expected_purchases(seen, TEN_YEARS))), row, "|", color="0.1", ms=22)
    axes.set_yticks(range(len(CUSTOMERS)), [f"{many:,}" for many in CUSTOMERS])
    axes.invert_yaxis()
    axes.set_xlim(0, None)
    axes.set_xlabel("expected purchases of a customer in ten years; line: the truth")
    axes.set_ylabel("customers")
    axes.set_title("90% intervals after one year, BG/NBD", fontsize=11, loc="left")
    figure.subplots_adjust(left=0.16, right=0.96, top=0.91, bottom=0.16)
    save(figure, __file__)


if __name__ == "__main__":
    main()
