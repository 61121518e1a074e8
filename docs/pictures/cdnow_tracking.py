"""Draw cdnow_tracking.svg: repeat purchases at CDNOW as BG/NBD predicts them, and as they were."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import dates
from matplotlib.figure import Figure

import retainkit as rk
from retainkit.ingest import load_cdnow
from retainkit.validation import Tracking, track_purchases

LIGHT: Mapping[str, str] = {
    "ink": "#1f2933",
    "quiet": "#687280",
    "rule": "#d5dae1",
    "shade": "#f0f3f8",
    "actual": "#1f2933",
    "predicted": "#d9480f",
}
"""Colours by role, for white paper."""

_PLACEHOLDERS = {role: f"#0000{number:02x}" for number, role in enumerate(LIGHT, start=1)}
_FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"


def tracking_svg(tracking: Tracking, *, colours: Mapping[str, str]) -> str:
    """Two panels: repeat purchases period by period and added up, predicted and actual."""
    settings = {"svg.fonttype": "none", "svg.hashsalt": "retainkit", "font.size": 9.0}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(9.4, 3.5), layout="constrained")
        single, added = figure.subplots(1, 2, width_ratios=(1.55, 1.0))
        _single(single, tracking)
        _added(added, tracking)
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _recoloured(out.getvalue(), colours)


def _single(ax: Any, tracking: Tracking) -> None:
    use = tracking.whole if tracking.whole.any() else np.ones(len(tracking), np.bool_)
    middle = (tracking.starts + tracking.days // 2)[use]
    _pair(ax, middle, tracking.actual[use], tracking.predicted[use])
    _frame(ax, tracking, f"Repeat purchases per {tracking.period}")
    ax.legend(loc="lower right", frameon=False, labelcolor="linecolor", ncols=2, handlelength=1.4)


def _added(ax: Any, tracking: Tracking) -> None:
    ends = tracking.starts + tracking.days
    _pair(ax, ends, tracking.cumulative_actual, tracking.cumulative_predicted)
    _frame(ax, tracking, "Added up")


def _pair(ax: Any, when: Any, actual: Any, predicted: Any) -> None:
    marker = "o" if when.size < 15 else ""
    style = {"marker": marker, "markersize": 3.5}
    ax.plot(when, actual, color=_PLACEHOLDERS["actual"], linewidth=1.3, label="actual", **style)
    ax.plot(when, predicted, color=_PLACEHOLDERS["predicted"], linewidth=2.0, label="predicted", **style)


def _frame(ax: Any, tracking: Tracking, title: str) -> None:
    ink, quiet, rule = (_PLACEHOLDERS[role] for role in ("ink", "quiet", "rule"))
    split, end = np.datetime64(tracking.split), np.datetime64(tracking.end)
    ax.set_title(title, loc="left", color=ink, fontsize=10, fontweight="bold")
    ax.set_ylim(bottom=0)
    ax.margins(x=0.03)
    ax.axvspan(split, end, color=_PLACEHOLDERS["shade"], linewidth=0, zorder=0)
    top = ax.get_xaxis_transform()
    for day, text in ((np.datetime64(tracking.start), "fitted"), (split, "held out")):
        ax.annotate(
            text, (day, 1.0), (4, -4), xycoords=top, textcoords="offset points", va="top", color=quiet
        )
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(rule)
    ax.grid(axis="y", color=rule, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(colors=quiet, length=0, pad=5)
    locator = dates.AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    ax.xaxis.get_offset_text().set_visible(False)
    ax.yaxis.set_major_formatter("{x:,.0f}")


def _recoloured(svg: str, colours: Mapping[str, str]) -> str:
    """The drawing alone, in the colours wanted and the fonts of the reader's machine."""
    svg = svg[svg.index("<svg") :]
    for role, placeholder in _PLACEHOLDERS.items():
        svg = svg.replace(placeholder, colours[role])
    names = svg.split("'DejaVu Sans'", 1)
    if len(names) == 2:
        listed = "'DejaVu Sans'" + names[1].split("sans-serif", 1)[0] + "sans-serif"
        svg = svg.replace(listed, _FONT)
    return svg


PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'  # a README may stand on a dark page


def draw() -> str:
    """The picture on white paper, with the customers whom the model has seen until 30 September 1997."""
    tx = rk.summarize_transactions(
        load_cdnow("master"), customer_id="customer_id", date="date", unit="week", holdout_from="1997-10-01"
    )
    assert tx.calibration is not None
    fitted = rk.fit(rk.BGNBD, tx.calibration.purchases)
    svg = tracking_svg(track_purchases(tx, fitted.model), colours=LIGHT)
    inside = svg.index(">") + 1
    return f"{svg[:inside]}\n {PAPER}{svg[inside:]}"


if __name__ == "__main__":
    file = Path(__file__).with_suffix(".svg")
    file.write_text(draw(), encoding="utf-8")
    print(f"Written to {file}")
