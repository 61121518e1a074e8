"""Make a report and hand it over, with progress on standard error: terminal, JSON, HTML file."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from retainkit.cli.messages import option
from retainkit.errors import MissingDependencyError
from retainkit.reports import CustomerBaseReport, SubscriptionReport, report
from retainkit.reports.compose import Progress as Tell
from retainkit.reports.page.files import check_path, find_browser, print_pdf
from retainkit.reports.page.text import BARS, PLAIN_BARS, WIDEST, lines
from retainkit.tables.files import write_whole

_STYLES = {
    "title": "bold",
    "heading": "bold cyan",
    "figure": "bold",
    "warning": "yellow",
    "quiet": "dim",
    "": "",
}


def show_report(report: CustomerBaseReport | SubscriptionReport) -> None:
    """The report on standard output, as wide as the terminal."""
    console = Console(highlight=False)
    for line in lines(report.to_page(), console.width - 1, bars=_bars(console.encoding)):
        console.print(Text(line.text, _STYLES[line.style]), no_wrap=True, overflow="ignore", crop=False)


def _bars(encoding: str) -> str:
    try:
        BARS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_BARS
    return BARS


def show_assumed(options: list[str]) -> None:
    """The options that would replace an assumption by a figure of the user's own."""
    if options:
        console = Console(highlight=False)
        sentence = f"Assumed, since not given: {', '.join(options)}. Give them to change the figures."
        console.print(Text(f"\n{sentence}", _STYLES["warning"]), width=min(console.width - 1, WIDEST))


def say(sentence: str) -> None:
    """A sentence on standard error, where it cannot get into the output."""
    print(sentence, file=sys.stderr)  # noqa: T201  # this is where a program speaks


@contextmanager
def progress(*, quiet: bool) -> Generator[Tell]:
    """Steps as they begin: a bar in a terminal, plain lines where there is none."""
    if quiet:
        yield lambda step, done: None  # noqa: ARG005  # the signature of a progress callback
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step, done: say(f"{step} ...") if done < 1.0 else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)


@dataclass(frozen=True, slots=True)
class Output:
    """Where the report goes."""

    html: Path | None
    json: bool
    quiet: bool
    pdf: Path | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The files to write, by their options."""
        asked = {"--html": self.html, "--pdf": self.pdf}
        return {name: path for name, path in asked.items() if path is not None}


def deliver(output: Output, **request: Any) -> None:
    """The report, made and written; the file first, so that a closed pipe cannot lose it."""
    with progress(quiet=output.quiet) as tell:
        make: Any = report  # which of its forms is meant, the request says
        made: CustomerBaseReport | SubscriptionReport = make(**request, progress=tell)
        page = ""
        if output.files:
            tell("Drawing the page", 0.95)
            page = made.to_html()
        if output.html is not None:
            write_whole(output.html, page.encode(), "--html")
        if output.pdf is not None:
            tell("Printing the PDF file", 0.97)
            write_whole(output.pdf, print_pdf(page), "--pdf")
    if output.json:
        typer.echo(made.model_dump_json())
    else:
        show_report(made)
        show_assumed([option(name) for name in made.assumptions.assumed])
    for path in output.files.values():
        say(f"Written to {path}")


def ready(output: Output) -> None:
    """Refuse before the long steps what could only fail after them."""
    if output.files and find_spec("jinja2") is None:
        raise MissingDependencyError("jinja2", "report", "The report as HTML")
    for name, path in output.files.items():
        check_path(path, name)
    if output.pdf is not None:
        find_browser()


def file_problem(error: MissingDependencyError) -> MissingDependencyError:
    """The missing reader of files, with the other way in where a dataframe library is installed."""
    frames = [name for name in ("polars", "pandas") if find_spec(name) is not None]
    if error.extra != "duckdb" or not frames:
        return error
    purpose = f"Reading a file (other than with {frames[0]} and retainkit.reports.report in Python)"
    return MissingDependencyError(error.library, error.extra, purpose)
