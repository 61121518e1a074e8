"""Draws what_each_source_adds.svg: how unsure a total is, by source, for more and more customers.

Run it from anywhere: ``python docs/pictures/what_each_source_adds.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from paper import save, style

import retainkit as rk

COLORS = {"parameters": "#2166ac", "customers": "#1b7837", "chance": "#b35806"}
HALF = 1.645  # deviations to either end of a 90% interval


def main() -> None:
    """Deviations of the CDNOW total by source; of more or fewer customers like these they follow from them.

    What customers and chance bring is independent from one to the next and so grows as the root of their
    number; what parameters bring is common to all and grows as their number.
    """
    style()
    tx = rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        unit="week",
        holdout_from="1997-10-01",
    )
    assert tx.calibration is not None
    known = rk.posterior(rk.BGNBD, tx, seed=1)
    ahead = rk.inference.predict(known, tx.calibration.purchases, horizon=39.0)

    def off(include: Sequence[str]) -> float:
        low, high = ahead.interval(0.9, include=include)  # pyright: ignore[reportArgumentType]
        return 0.5 * (high - low) / ahead.total

    sample = len(ahead)
    customers = np.geomspace(10, 1e6, 101)
    figure, axes = plt.subplots(figsize=(5, 3.3))
    lines = {
        "parameters": np.full(customers.size, off(["parameters"])),
        **{name: off([name]) * np.sqrt(sample / customers) for name in ("customers", "chance")},
    }
    ends = {"parameters": (5, -3), "customers": (5, 3), "chance": (5, -9)}
    for name, line in lines.items():
        axes.loglog(customers, line, color=COLORS[name], lw=1.8)
        axes.annotate(name, (customers[-1], line[-1]), ends[name], textcoords="offset points",
                      color=COLORS[name])  # fmt: skip
    total = np.sqrt(sum(line**2 for line in lines.values()))
    axes.loglog(customers, total, color="0.15", lw=2.2)
    axes.annotate("all three", (20, np.interp(20, customers, total)), (6, 4), textcoords="offset points")
    axes.axvline(sample, color="0.6", lw=0.8, ls=":")
    axes.annotate("CDNOW: 2,357", (sample, 1.0), (4, 0), textcoords="offset points", color="0.35",
                  xycoords=("data", "axes fraction"), va="top")  # fmt: skip
    axes.set_yticks([0.001, 0.01, 0.1, 1.0], ["±0.1%", "±1%", "±10%", "±100%"])
    axes.set_xticks([10, 1e3, 1e5, 1e6], ["10", "1,000", "100,000", "1 million"])
    axes.minorticks_off()
    axes.set_xlim(10, 1e6)
    axes.set_xlabel("customers in the total")
    axes.set_title("Half the 90% interval of purchases in 39 weeks", fontsize=11, loc="left")
    figure.subplots_adjust(left=0.13, right=0.81, top=0.91, bottom=0.15)
    save(figure, __file__)


if __name__ == "__main__":
    main()
