"""Draws likelihood_peak.svg: what the CDNOW sample says of b in BG/NBD, an ordinary maximum.

``likelihood_ridge.py`` and ``likelihood_flat.py`` draw theirs with the functions of this one. Run it from
anywhere: ``python docs/pictures/likelihood_peak.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paper import save, style

import retainkit as rk

BLUE, RED = "#2166ac", "#b2182b"
UNLIKELY = -1.92  # half of 3.84, the 95% point of chi-square: what lies below is out of a 95% interval


def profile(model: Any, data: Any, name: str, values: np.ndarray) -> np.ndarray:
    """The log-likelihood with one parameter held at each value, the others at their best."""
    fits = [rk.fit(model, data, fixed={name: float(v)}, on_failure="return") for v in values]
    return np.array([found.log_likelihood for found in fits])


def draw(
    values: np.ndarray, heights: np.ndarray, name: str, title: str, ticks: Sequence[float]
) -> tuple[Figure, Axes]:
    """The line, on a logarithmic axis, and the band of what the data hold for likely."""
    style()
    figure, axes = plt.subplots(figsize=(5.4, 3.0))
    x = np.log10(values)
    axes.axhspan(UNLIKELY, 0, color="0.93", lw=0)
    axes.annotate(
        "a 95% interval",
        (x[-1], UNLIKELY),
        (-4, 4),
        textcoords="offset points",
        color="0.35",
        ha="right",
        fontsize=8,
    )
    axes.plot(x, heights, color=BLUE, lw=2)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(-8, 1)
    axes.set_xticks(np.log10(ticks), [f"{tick:,.9g}" for tick in ticks])
    axes.set_yticks([-8, -6, -4, -2, 0])
    axes.set_xlabel(name)
    axes.set_ylabel("log-likelihood below the highest")
    figure.suptitle(title, x=0.1, ha="left", fontsize=11)
    figure.subplots_adjust(left=0.1, right=0.93, top=0.89, bottom=0.16)
    return figure, axes


def mark(axes: Axes, value: float, height: float, text: str, shift: tuple[float, float], align: str) -> None:
    """Say something about a place of the line."""
    axes.annotate(
        text, (np.log10(value), height), shift, textcoords="offset points", color=RED, ha=align, fontsize=9
    )


def main() -> None:
    """Fit the sample of the tutorial with b held here and there, and write the picture beside this file."""
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"), customer_id="customer_id", date="date", unit="week"
    )
    top = rk.fit(rk.BGNBD, tx)
    best = float(top.model.parameters["b"])
    values = best * np.geomspace(0.1, 20, 61)
    heights = profile(rk.BGNBD, tx, "b", values) - top.log_likelihood
    ticks = [0.5, 1, 2, 5, 10, 20, 50]
    figure, axes = draw(values, heights, "b", "An estimate: BG/NBD on the CDNOW sample", ticks)
    axes.plot(np.log10(best), 0, "o", color=RED, ms=5)
    mark(axes, best, 0, f"b = {best:.2f}", (0, 7), "center")
    save(figure, __file__)


if __name__ == "__main__":
    main()
