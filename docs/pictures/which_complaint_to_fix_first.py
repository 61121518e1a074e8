"""Draws which_complaint_to_fix_first.svg: net gain of each fix with and without adjusting, and what matters.

Run it from anywhere: ``python docs/pictures/which_complaint_to_fix_first.py``.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from paper import save, style

from retainkit.decisions.feedback.importance_performance import ImportancePerformance, importance_performance
from retainkit.decisions.feedback.issue_effects import EffectMethod, issue_effects
from retainkit.decisions.feedback.issues_at_stake import IssueRanking, issues_at_stake
from retainkit.decisions.feedback.key_drivers import KeyDrivers, key_drivers

CUSTOMERS = 24_000
BLUE, RED, GREY = "#2166ac", "#b2182b", "0.45"


def rankings() -> dict[EffectMethod, IssueRanking]:
    """The ranking of the page, by adjusted effects and by plain differences."""
    rng = np.random.default_rng(6)
    wrong_bill = rng.random(CUSTOMERS) < 0.08
    slow_reply = rng.random(CUSTOMERS) < np.where(wrong_bill, 0.60, 0.16)
    app_crash = rng.random(CUSTOMERS) < 0.12
    left = rng.random(CUSTOMERS) < 0.06 + 0.11 * wrong_bill + 0.015 * slow_reply + 0.03 * app_crash
    table = {"slow reply": slow_reply, "app crash": app_crash, "wrong bill": wrong_bill, "left": left}
    methods: tuple[EffectMethod, ...] = ("adjusted", "unadjusted")
    return {
        method: issues_at_stake(
            issue_effects(table, churned="left", issues=list(table)[:3], method=method),
            customers=CUSTOMERS,
            value=600,
            cost={"wrong bill": 45_000, "slow reply": 30_000, "app crash": 60_000},
            resolved={"wrong bill": 0.7, "slow reply": 0.8, "app crash": 0.6},
        )
        for method in methods
    }


def drivers() -> KeyDrivers:
    """The survey of the page."""
    rng = np.random.default_rng(8)
    mood = rng.normal(size=600)

    def answers(mean: float, noise: float) -> np.ndarray:
        return np.clip(np.rint(mean + 1.3 * mood + noise * rng.normal(size=600)), 1, 10)

    scales = {"billing": (5.6, 1.6), "price": (6.0, 1.8), "staff": (8.2, 1.4), "app": (7.4, 1.9)}
    survey = {name: answers(*scale) for name, scale in scales.items()}
    score = 1.4 + 0.45 * survey["billing"] + 0.15 * survey["price"] + 0.25 * survey["staff"]
    survey["overall"] = np.clip(np.rint(score + rng.normal(size=600)), 1, 10)
    return key_drivers(survey, outcome="overall", drivers=list(scales))


def draw_gains(axes: Axes, found: dict[EffectMethod, IssueRanking]) -> None:
    """One line per issue: the net gain of its fix with its interval, by both ways to compare."""
    names = [each.issue for each in found["adjusted"].issues]
    axes.axvline(0, color="0.25", lw=0.8)
    looks: dict[EffectMethod, tuple[str, str, float, str]] = {
        "adjusted": (BLUE, "o", 0.12, "other issues held fixed"),
        "unadjusted": (GREY, "D", -0.16, "plain difference"),
    }
    for method, (color, marker, shift, words) in looks.items():
        for place, name in enumerate(names):
            issue, y = found[method][name], len(names) - 1 - place + shift
            low, high = (x / 1000 for x in issue.interval())
            middle = float(np.mean(issue.gain)) / 1000
            axes.plot([low, high], [y, y], color=color, lw=2)
            axes.plot(middle, y, marker, color=color, ms=6, mfc=color if method == "adjusted" else "white")
            if place == 0:
                axes.annotate(words, (high, y), (8, -3), textcoords="offset points", color=color)
    axes.set_yticks(range(len(names)), names[::-1])
    axes.set_ylim(-0.5, len(names) - 0.5)
    axes.set_xlim(-45, 108)
    axes.set_xlabel(r"net gain of the fix, thousand \$, with 90% intervals")
    axes.set_title("Which fix pays", fontsize=10, loc="left")


def draw_quadrants(axes: Axes, found: KeyDrivers, table: ImportancePerformance) -> None:
    """Importance with its interval against performance, cut at the means."""
    x_cut, y_cut = table.performance_cut, table.importance_cut
    axes.axvline(x_cut, color="0.7", lw=0.8)
    axes.axhline(y_cut, color="0.7", lw=0.8)
    assert found.low is not None and found.high is not None
    for name, x, y in zip(table.attributes, table.performance, table.importance, strict=True):
        at, color = found.drivers.index(name), RED if name in table.of("concentrate here") else BLUE
        axes.plot([x, x], [found.low[at], found.high[at]], color=color, lw=1.5)
        axes.plot(x, y, "o", color=color, ms=6)
        axes.annotate(name, (x, y), (7, 4), textcoords="offset points", color=color)
    corners = {
        "concentrate here": (0.02, 0.95, "left"),
        "keep up the good work": (0.98, 0.95, "right"),
        "low priority": (0.02, 0.03, "left"),
        "possible overkill": (0.98, 0.03, "right"),
    }
    for words, (x, y, side) in corners.items():
        axes.text(x, y, words, transform=axes.transAxes, ha=side, color="0.5", style="italic")
    axes.set_xlim(4.6, 8.8)
    axes.set_ylim(0, 0.4)
    axes.set_xlabel("performance: mean answer, 1 to 10")
    axes.set_ylabel("importance: part of R²")
    axes.set_title("What satisfaction goes along with", fontsize=10, loc="left")


def main() -> None:
    """Draw both panels and write the picture beside this file."""
    style()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2))
    draw_gains(left, rankings())
    found = drivers()
    draw_quadrants(right, found, importance_performance(found))
    figure.suptitle("Which complaint to fix first", x=0.085, ha="left", fontsize=12)
    figure.subplots_adjust(left=0.085, right=0.98, wspace=0.22, top=0.84, bottom=0.12)
    save(figure, __file__)


if __name__ == "__main__":
    main()
