"""What native charts have in common: the finding as title, units, no legend, a quiet grid."""

from __future__ import annotations

from retainkit.typing import Foreign, Plain
from retainkit.workbooks.book import QUIET, RULE


def finished(
    chart: Foreign,
    title: str,
    x: str,
    y: str,
    *,
    low: bool = False,
    most: float | None = None,
    every: int = 1,
) -> None:
    """The house's look; a `title` that begins with = is the cell that has it.

    `low` puts the names of an axis that bars cross below all of them; with `most` the axis of y ends there
    and counts in percent; `every` how many categories have a name.
    """
    font: Plain = {"bold": False, "color": QUIET}
    across: Plain = {"name": x, "name_font": font, "num_font": {"color": QUIET}, "line": {"color": QUIET}}
    across |= {"interval_unit": every, "interval_tick": every} if every > 1 else {}
    across |= {"label_position": "low"} if low else {}
    up: Plain = {
        "name": y, "name_font": font, "num_font": {"color": QUIET}, "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.75}}, "num_format": "#,##0",
    }  # fmt: skip
    up |= {"min": 0, "max": most, "num_format": "0%"} if most else {}
    chart.set_title({"name": title, "name_font": {"bold": True, "size": 12}, "overlay": False})
    chart.set_x_axis(across)
    chart.set_y_axis(up)
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 380})
