"""What the command line shows: the report in the terminal, and progress on standard error."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from retainkit.reports import CustomerBaseReport
from retainkit.reports.compose import Progress as Tell
from retainkit.reports.text import BARS, PLAIN_BARS, WIDEST, lines

_STYLES = {
    "title": "bold",
    "heading": "bold cyan",
    "figure": "bold",
    "warning": "yellow",
    "quiet": "dim",
    "": "",
}


def show_report(report: CustomerBaseReport) -> None:
    """The report on standard output, as wide as the terminal."""
    console = Console(highlight=False)
    for line in lines(report, console.width - 1, bars=_bars(console.encoding)):
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
