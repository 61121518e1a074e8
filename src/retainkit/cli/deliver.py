"""Make a report and hand it over: to the terminal, as JSON, as an HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from retainkit.cli.console import progress, say, show_assumed, show_report
from retainkit.cli.messages import option
from retainkit.errors import InputError, MissingDependencyError
from retainkit.reports import report


@dataclass(frozen=True, slots=True)
class Output:
    """Where the report goes."""

    html: Path | None
    json: bool
    quiet: bool


def deliver(output: Output, **request: Any) -> None:
    """The report, made and written; the file first, so that a closed pipe cannot lose it."""
    with progress(quiet=output.quiet) as tell:
        made = report(**request, progress=tell)
        if output.html is not None:
            tell("Drawing and writing the HTML file", 0.95)
            output.html.write_text(made.to_html(), encoding="utf-8")
    if output.json:
        typer.echo(made.model_dump_json())
    else:
        show_report(made)
        show_assumed([option(name) for name in made.assumptions.assumed])
    if output.html is not None:
        say(f"Written to {output.html}")


def ready_for_html(output: Output) -> None:
    """Refuse before the long steps what could only fail after them."""
    if output.html is None:
        return
    for library in ("jinja2", "matplotlib"):
        if find_spec(library) is None:
            raise MissingDependencyError(library, "report", "The report as HTML")
    if output.html.is_dir() or not output.html.parent.is_dir():
        rule = "must be a file in a folder that exists"
        raise InputError("missing-file", "--html", str(output.html), rule, "Make the folder first.")


def file_problem(error: MissingDependencyError) -> MissingDependencyError:
    """The missing reader of files, with the other way in where a dataframe library is installed."""
    frames = [name for name in ("polars", "pandas") if find_spec(name) is not None]
    if error.extra != "duckdb" or not frames:
        return error
    purpose = f"Reading a file (other than with {frames[0]} and retainkit.reports.report in Python)"
    return MissingDependencyError(error.library, error.extra, purpose)
