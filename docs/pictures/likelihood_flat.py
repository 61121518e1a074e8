"""Draws likelihood_flat.svg: one renewal tells one number, so that a model with two has a flat likelihood.

Run it from anywhere: ``python docs/pictures/likelihood_flat.py``.
"""

from __future__ import annotations

import numpy as np
from likelihood_peak import BLUE, draw, mark, profile
from paper import save

import retainkit as rk


def main() -> None:
    """The cohort of the page after one renewal, and after three, with c held here and there."""
    values = np.geomspace(0.1, 10, 101)
    ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10]
    heights: list[np.ndarray] = []
    for customers in ([1000, 869], [1000, 869, 743, 653]):
        cohort = rk.Renewals.from_survivors(customers, unit="year")
        found = profile(rk.DiscreteWeibull, cohort, "c", values)
        heights.append(found - found.max())
    figure, axes = draw(values, heights[0], "c", "Flat: one renewal tells one number, not two", ticks)
    axes.plot(np.log10(values), heights[1], color=BLUE, lw=1.5, ls="--")
    mark(axes, 0.1, 0, "after one renewal every c does", (4, 6), "left")
    mark(axes, 1.4, -6.5, "after three", (0, 0), "left")
    save(figure, __file__)


if __name__ == "__main__":
    main()
