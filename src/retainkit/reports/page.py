"""The report as one HTML file: styles and picture inside, nothing fetched."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from retainkit.errors import MissingDependencyError
from retainkit.reports.figures import AbstractReport
from retainkit.reports.picture import LIGHT, tracking_svg
from retainkit.reports.sections import headline, sections, warning

if TYPE_CHECKING:
    from jinja2 import Template

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
