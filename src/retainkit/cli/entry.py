"""The way in and the way out: errors become one sentence and an exit code.

0 is success, 1 a fit that the data do not support, 2 wrong input, 3 a library that is not installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import Any

from retainkit.cli.messages import as_options, in_own_words, near_option
from retainkit.errors import FitError, InputError, MissingDependencyError

FIT_FAILED, WRONG_INPUT, NOT_INSTALLED, INTERRUPTED = 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Examples
    --------
    >>> main(["break-even", "--acquisition-cost", "500", "--margin-per-period", "50"])
    Paid back by the 10th payment, 9 periods after the start...
    ...
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without "−" or "▅" gets a "?", not an error
            stream.reconfigure(errors="replace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _guarded(lambda: _run(given or ["--help"]))
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    try:
        from typer.main import get_command

        from retainkit.cli.serving import app
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        if library not in ("typer", "click", "rich"):
            raise
        raise MissingDependencyError(library, "cli", "The command line") from error
    command: Any = get_command(app)
    if known := command.commands.get(arguments[0]):
        arguments = [arguments[0], *in_own_words(arguments[1:], options_of(known))]
    outcome = command.main(arguments, "retainkit", standalone_mode=False)
    sys.stdout.flush()
    if outcome == INTERRUPTED:  # which typer turns into a number, and says nothing
        raise KeyboardInterrupt
    return outcome if isinstance(outcome, int) else 0


def options_of(command: Any) -> frozenset[str]:
    """The options of a command as they are typed."""
    return frozenset(name for one in command.params for name in one.opts)


def _guarded(run: Callable[[], int]) -> int:
    try:
        return run()
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return _refused("Interrupted.", INTERRUPTED)
    except Exception as error:
        found = _explained(error)
        if found is None:
            raise
        return _refused(*found)


def _explained(error: Exception) -> tuple[str, int] | None:
    """The sentence and the exit code of an error that the user can do something about."""
    found = None
    if isinstance(error, InputError):
        found = as_options(error), WRONG_INPUT
    elif isinstance(error, FitError):
        found = as_options(error), FIT_FAILED
    elif isinstance(error, MissingDependencyError):
        found = str(error), NOT_INSTALLED
    elif isinstance(error, OSError):
        found = f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), WRONG_INPUT
    elif hasattr(error, "format_message"):  # of typer or of click, whichever typer uses
        context = getattr(error, "ctx", None)
        command = "retainkit" if context is None else context.command_path
        sentence = str(getattr(error, "format_message")()).rstrip(".")  # noqa: B009
        name = str(getattr(error, "option_name", ""))
        if context is not None and (near := near_option(name, options_of(context.command))):
            sentence = f"No such option: {name}.{near}".rstrip(".")
        stop = "" if sentence.endswith("?") else "."
        found = f"{sentence}{stop} See: {command} --help", WRONG_INPUT
    return found


def _refused(sentence: str, code: int) -> int:
    print(f"retainkit: {sentence}", file=sys.stderr)  # noqa: T201  # this is where a program speaks
    return code
