"""The report as one HTML file: styles and picture inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.resources import files
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from retainkit.errors import MissingDependencyError
from retainkit.reports.figures import AbstractReport
from retainkit.reports.sections import headline, sections, warning
from retainkit.typing import Foreign, NumberLike
from retainkit.validation import Tracking

if TYPE_CHECKING:
    from jinja2 import Template

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


def tracking_svg(tracking: Tracking, *, colours: Mapping[str, str] = LIGHT) -> str:
    """Two panels: repeat purchases period by period and added up, predicted and actual.

    Raises `MissingDependencyError` without matplotlib.

    Parameters
    ----------
    tracking : Tracking
    colours : mapping
        One colour for each role in `LIGHT`: anything CSS takes, ``var(--ink)`` too, so that a page can
        change them.
    """
    settings = {"svg.fonttype": "none", "svg.hashsalt": "retainkit", "font.size": 9.0}
    with _matplotlib("matplotlib").rc_context(settings):
        figure = _matplotlib("matplotlib.figure").Figure(figsize=(9.4, 3.5), layout="constrained")
        single, added = figure.subplots(1, 2, width_ratios=(1.55, 1.0))
        _single(single, tracking)
        _added(added, tracking)
        out = StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _recoloured(out.getvalue(), colours)


def _matplotlib(name: str) -> Foreign:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "report", "A picture") from error


def _single(ax: Foreign, tracking: Tracking) -> None:
    use = tracking.whole if tracking.whole.any() else np.ones(len(tracking), np.bool_)
    middle = (tracking.starts + tracking.days // 2)[use]
    _pair(ax, middle, tracking.actual[use], tracking.predicted[use])
    _frame(ax, tracking, f"Repeat purchases per {tracking.period}")
    ax.legend(loc="lower right", frameon=False, labelcolor="linecolor", ncols=2, handlelength=1.4)


def _added(ax: Foreign, tracking: Tracking) -> None:
    ends = tracking.starts + tracking.days
    _pair(ax, ends, tracking.cumulative_actual, tracking.cumulative_predicted)
    _frame(ax, tracking, "Added up")


def _pair(ax: Foreign, when: NumberLike, actual: NumberLike, predicted: NumberLike) -> None:
    marker = "o" if when.size < 15 else ""
    style = {"marker": marker, "markersize": 3.5}
    ax.plot(when, actual, color=_PLACEHOLDERS["actual"], linewidth=1.3, label="actual", **style)
    ax.plot(when, predicted, color=_PLACEHOLDERS["predicted"], linewidth=2.0, label="predicted", **style)


def _frame(ax: Foreign, tracking: Tracking, title: str) -> None:
    dates = _matplotlib("matplotlib.dates")
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


_IN_PAGE = {role: f"var(--{role})" for role in LIGHT}


def as_html(report: AbstractReport) -> str:
    """The whole page. All text is escaped; the picture takes its colours from the page's styles."""
    template = _template()
    tracking = report.tracking
    return template.render(
        report=report,
        headline=headline(report),
        warning=warning(report),
        sections=sections(report),
        picture="" if tracking is None else tracking_svg(tracking, colours=_IN_PAGE),
        colours=LIGHT,
    )


def _template() -> Template:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise MissingDependencyError("jinja2", "report", "The report as HTML") from error
    source = files("retainkit.reports").joinpath("customer_base.html.jinja").read_text(encoding="utf-8")
    house = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return house.from_string(source)
