"""Draws a_retention_plan.svg: what every set of initiatives costs and gains, and the best for each budget.

Run it from anywhere: ``python docs/pictures/a_retention_plan.py``.
"""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import matplotlib.pyplot as plt
from paper import save, style

from retainkit.decisions.plan import RetentionPlan

EXAMPLE = Path(__file__).parents[2] / "examples" / "retention_plan.yaml"
LETTERS = {
    "Faster support": "S",
    "Proactive calls": "C",
    "Loyalty discount": "D",
    "Onboarding course": "O",
    "Add-on": "A",
    "Customer magazine": "M",
}


def every_set(plan: RetentionPlan) -> list[tuple[float, float]]:
    """Spend and net value of every set: what its members add one after the other."""
    found: list[tuple[float, float]] = []
    for doing in chain.from_iterable(combinations(plan.initiatives, n) for n in range(1, 7)):
        rows = plan.replace(initiatives=doing).evaluate(draws=100).initiatives
        found.append((sum(r.cost for r in rows), sum(r.net_value_after_better for r in rows)))
    return found


def main() -> None:
    """Draw all sets, the frontier through the best, and write the picture beside this file."""
    style()
    plan = RetentionPlan.from_yaml(EXAMPLE)
    points = plan.evaluate().frontier
    figure, axes = plt.subplots(figsize=(8, 4.4))
    spends, nets = zip(*every_set(plan), strict=True)
    axes.axhline(0, color="0.25", lw=0.8)
    axes.plot([s / 1e3 for s in spends], [n / 1e3 for n in nets], "o", color="0.75", ms=4)
    x, y = [p.spend / 1e3 for p in points], [p.net_value / 1e3 for p in points]
    axes.step([*x, max(spends) / 1e3], [*y, y[-1]], where="post", color="#2166ac", lw=1.5)
    axes.plot(x, y, "o", color="#2166ac", ms=6)
    for point, right, up in zip(points[1:], x[1:], y[1:], strict=True):
        text = "".join(LETTERS[name] for name in point.initiatives)
        axes.annotate(text, (right, up), (-3, 6), textcoords="offset points", ha="right", color="#2166ac")
    key = "\n".join(f"{letter}\u2002{name}" for name, letter in LETTERS.items())
    axes.text(1.0, 0.03, key, transform=axes.transAxes, ha="left", va="bottom", color="0.3")
    axes.annotate("every set", (0.86, 0.14), xycoords="axes fraction", color="0.5", ha="right")
    axes.set_xlabel("spend, thousand \\$ of now")
    axes.set_ylabel("net value, thousand \\$ of now")
    axes.set_title("The best set of initiatives for every budget", loc="left", fontsize=12)
    figure.subplots_adjust(left=0.1, right=0.8, top=0.9, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
