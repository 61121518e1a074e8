"""Draws likelihood_ridge.svg: a likelihood that rises for ever, as customers do not differ in how they leave.

Run it from anywhere: ``python docs/pictures/likelihood_ridge.py``.
"""

from __future__ import annotations

import numpy as np
from likelihood_peak import draw, mark, profile
from paper import save

import retainkit as rk


def main() -> None:
    """The customers of the page, with b held here and there."""
    truth = rk.BGNBD(r=0.6, alpha=6.0, a=2e6, b=8e6, unit="week")  # a fifth leaves at each purchase
    tx = truth.sample(np.full(1000, 52.0), seed=5)
    refused = rk.fit(rk.BGNBD, tx, on_failure="return")
    limit = refused.diagnostics.limit
    assert limit is not None
    values = np.geomspace(3, 1e6, 61)
    heights = profile(rk.BGNBD, tx, "b", values) - limit.log_likelihood
    ticks = [10, 100, 1_000, 10_000, 100_000, 1_000_000]
    figure, axes = draw(values, heights, "b", "A ridge: one probability to leave holds for all", ticks)
    axes.axhline(0, color="0.25", lw=0.8)
    text = f"the limit: a and b infinite, a/(a + b) = {share(limit, tx):.3f}"
    mark(axes, 1e6, 0, text, (0, 5), "right")
    save(figure, __file__)


def share(limit: rk.inference.LimitingModel, tx: rk.Purchases) -> float:
    """The probability to leave of all in the limiting model."""
    found = rk.fit(limit.family, tx).model.parameters
    return float(found["a"] / (found["a"] + limit.fixed["b"]))


if __name__ == "__main__":
    main()
