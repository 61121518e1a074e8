"""What every report can do: be shown as text, as a page, as PDF, in a notebook."""

from __future__ import annotations

from abc import abstractmethod
from html import escape
from pathlib import Path

from retainkit.errors import MissingDependencyError
from retainkit.records import Record
from retainkit.reports.page.files import check_path, print_pdf
from retainkit.reports.page.html import as_html
from retainkit.reports.page.parts import Page, Verdict
from retainkit.reports.page.text import as_text
from retainkit.tables.files import write_whole


class ShownReport(Record):
    """A report, whatever it is on."""

    __slots__ = ()
    _read_back = False
    _shows_rows = False

    @abstractmethod
    def to_page(self) -> Page:
        """What the report shows, in its order, as words, figures and tables."""

    @property
    def verdict(self) -> Verdict:
        """Whether the figures can be used, by what was predicted of time that the model had not seen."""
        return self.to_page().verdict

    def to_text(self, width: int = 80) -> str:
        """The report as lines of text, none longer than `width` (60 at least)."""
        return as_text(self.to_page(), width)

    def to_html(self) -> str:
        """The report as one HTML file that needs nothing else, for screen and print.

        Raises `MissingDependencyError` without jinja2.
        """
        return as_html(self.to_page())

    def to_pdf(self, path: str | Path) -> None:
        """Write the report as PDF, printed by the browser that is found: Chromium, Chrome or Edge.

        Raises `InputError` without one, or for a path that cannot be written.
        """
        file = check_path(path)
        write_whole(file, print_pdf(self.to_html()))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        try:
            page = escape(self.to_html())
        except MissingDependencyError:
            return f"<pre>{escape(str(self))}</pre>"
        # alone in a frame that may run its script and nothing else
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Report" '
            'style="width:100%;height:60em;border:0"></iframe>'
        )
