"""The house's look: the finding as title, one accent, lines labelled where they end, no legend to decode.

Ink and paper are those of matplotlib's own settings, so that a dark style, or axes that were given, are
followed; accent and quiet tones are chosen for the paper. What was seen is in ink, what a model says in the
accent, what is between ends of an interval in its tint: that reads in grey, and for the colour-blind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from retainkit.display import localized
from retainkit.errors import InputError, MissingDependencyError
from retainkit.records import FrameKind, framed
from retainkit.typing import Foreign, Frame

Axes: TypeAlias = Foreign
Columns: TypeAlias = Mapping[str, Any]

_ACCENT, _GAIN = ("#b3440c", "#ff9d66"), ("#2f6f9f", "#7db8e6")  # on light and on dark paper


@dataclass(frozen=True)
class Look:
    """Colours by role, for the paper of some axes."""

    ink: Any
    paper: Any
    quiet: Any
    rule: Any
    shade: Any
    accent: Any
    tint: Any
    faint: Any
    """The tint of the tint: the ends of a wide interval."""
    gain: Any


@dataclass(frozen=True)
class _Only:
    """In the place of axes: the numbers are wanted, and no picture."""


def data(plot: Callable[..., Axes], /, *results: Any, kind: FrameKind = "dict", **options: Any) -> Frame:
    """The numbers that a plot draws, one row for each mark, without drawing them.

    Parameters
    ----------
    plot : a function of this room
    *results, **options
        What it is called with.
    kind : {"dict", "pandas", "polars", "pyarrow"}

    Examples
    --------
    >>> import retainkit as rk
    >>> even = rk.break_even(500, 50, churn=0.05)
    >>> rk.plot.data(rk.plot.plot_break_even, even, payments=2)["net"].tolist()
    [-500.0, -450.0, -402.5]
    """
    if getattr(plot, "__module__", "").rpartition(".")[0] != __package__:
        rule = "must be a function of retainkit.plot"
        raise InputError("wrong-type", "plot", plot, rule, "Write plot.data(plot.plot_break_even, even).")
    return framed(plot(*results, ax=_Only(), **options), kind)


def drawn(
    ax: Axes,
    columns: Columns,
    draw: Callable[[Axes, Look], None],
    *,
    title: str,
    x: str = "",
    y: str = "",
) -> Axes:
    """The axes with the picture, new ones where None were given; its numbers where only they are wanted."""
    if isinstance(ax, _Only):
        return columns
    if ax is None:
        figure = pyplot().figure(figsize=(6.4, 4.0), layout="constrained")
        ax = figure.add_subplot()
    look = look_of(ax)
    draw(ax, look)
    ax.set_title(localized(title), loc="left", fontsize="large", fontweight="bold", color=look.ink, wrap=True)
    ax.set_xlabel(x or ax.get_xlabel(), color=look.quiet)
    ax.set_ylabel(y, color=look.quiet)
    ax.tick_params(colors=look.quiet, which="both", length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(look.rule)
    return ax


def pyplot() -> Foreign:
    """matplotlib's pyplot, or the line that installs it."""
    try:
        return import_module("matplotlib.pyplot")
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "plot", "Plotting") from error


def look_of(ax: Axes) -> Look:
    """The colours for the paper of these axes."""
    colors = import_module("matplotlib.colors")
    settings = import_module("matplotlib").rcParams
    paper = colors.to_rgb(ax.get_facecolor())
    dark = sum(w * c for w, c in zip((0.299, 0.587, 0.114), paper, strict=True)) < 0.5
    text = colors.to_rgb(settings["text.color"])
    # black text on dark axes that were made by hand would not be seen
    ink = text if abs(sum(text) - sum(paper)) > 1.2 else (0.92,) * 3 if dark else (0.1,) * 3
    accent, gain = (colors.to_rgb(pair[dark]) for pair in (_ACCENT, _GAIN))

    def mixed(one: Any, share: float) -> tuple[float, ...]:
        return tuple(share * a + (1.0 - share) * b for a, b in zip(one, paper, strict=True))

    return Look(
        ink=ink, paper=paper, quiet=mixed(ink, 0.7), rule=mixed(ink, 0.2), shade=mixed(ink, 0.06),
        accent=accent, tint=mixed(accent, 0.4), faint=mixed(accent, 0.18), gain=gain,
    )  # fmt: skip


def label(
    ax: Axes, text: str, at: tuple[Any, Any], color: Any, *, shift: tuple[float, float] = (5, 0)
) -> None:
    """A word beside what it names, in its colour."""
    side = "left" if shift[0] >= 0 else "right"
    ax.annotate(localized(text), at, shift, textcoords="offset points", ha=side, va="center", color=color,
                annotation_clip=False)  # fmt: skip


def around(low: float, high: float, *, by: float = 0.12) -> tuple[float, float]:
    """Limits with room for words at both ends."""
    room = by * (high - low or 1.0)
    return low - room, high + room


def amounts(axis: Axes) -> None:
    """Whole numbers with thousands along an axis, in the style that is set."""

    def written(value: float, _: int) -> str:
        return localized(f"{value:,.0f}")

    axis.set_major_formatter(import_module("matplotlib.ticker").FuncFormatter(written))


def bars(ax: Axes, look: Look, names: list[str], low: Any, high: Any, *, color: Any) -> None:
    """Horizontal bars, the first at the top, with their names."""
    places = range(len(names))
    ax.barh(places, high - low, left=low, height=0.62, color=color, edgecolor=look.ink, linewidth=0.6)
    ax.set_yticks(places, names)
    ax.invert_yaxis()


def heat(ax: Axes, look: Look, values: Any, *, extent: Any = None, most: float | None = None) -> None:
    """A matrix in shades of one colour, at half strength at the most: text keeps its contrast on each."""
    maps = import_module("matplotlib.colors")
    shades = maps.LinearSegmentedColormap.from_list("shades", [look.paper, look.tint])
    ax.imshow(values, cmap=shades, vmin=0.0, vmax=most, aspect="auto", origin="upper", extent=extent)
