"""Draws cdnow_fan.svg: purchases of the second half at CDNOW as two models foresee them, and as they were.

Run it from anywhere: ``python docs/pictures/cdnow_fan.py``.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

import retainkit as rk

MODELS: dict[str, tuple[Any, str]] = {
    "BG/NBD": (rk.BGNBD, "#2166ac"),
    "Pareto/NBD": (rk.ParetoNBD, "#1b7837"),
}
WEEKS = (1, 3, 6, 9, 13, 18, 24, 31, 39)
LEVELS = {0.95: 0.2, 0.5: 0.45}  # and how dark


def bought(tx: Any) -> np.ndarray:
    """(weeks + 1,) purchases since the split by those acquired before it."""
    days = np.array(tx.activity.tracked_repeat_purchases)[-7 * WEEKS[-1] :]
    return np.append(0, np.cumsum(days.reshape(-1, 7).sum(axis=1)))


def draw(axes: Axes, name: str, tx: Any) -> None:
    """The fan of one model, week by week, and what came."""
    model, color = MODELS[name]
    known = rk.posterior(model, tx, seed=1)
    ahead = [rk.inference.predict(known, tx.calibration, horizon=float(week)) for week in WEEKS]
    at = np.array([0, *WEEKS])
    for level, shade in LEVELS.items():
        ends = np.array([(0.0, 0.0), *(one.interval(level) for one in ahead)])
        axes.fill_between(at, *ends.T, color=color, alpha=shade, lw=0)
        text = f"{level:.0%}"
        axes.annotate(text, (at[-1], ends[-1, 0]), (4, -3), textcoords="offset points", color=color)
    axes.plot(at, [0.0, *(one.total for one in ahead)], color=color, lw=1.2)
    axes.plot(np.arange(WEEKS[-1] + 1), bought(tx), color="#b2182b", lw=1.6)
    axes.annotate("what they bought", (20, bought(tx)[20]), (-8, 8), textcoords="offset points",
                  ha="right", color="#b2182b")  # fmt: skip
    axes.annotate(name, (0.03, 0.86), xycoords="axes fraction", fontsize=10, color=color)
    axes.set_xlim(0, WEEKS[-1])
    axes.set_ylim(0, 2100)


def main() -> None:
    """Draw one fan above the other and write the picture beside this file."""
    style()
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    figure, panels = plt.subplots(2, 1, figsize=(5, 5), sharex=True)
    for axes, name in zip(panels, MODELS, strict=True):
        draw(axes, name, tx)
    panels[0].set_title("2,357 CDNOW customers: purchases to come", fontsize=11, loc="left")
    panels[-1].set_xlabel("weeks after the split")
    figure.subplots_adjust(left=0.12, right=0.91, top=0.94, bottom=0.1, hspace=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
