"""Errors that advise: which argument, what value, which rule, and the way out.

A service can act on ``error.code`` and ``error.as_dict()``; a person reads the message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, cast

import numpy as np


class RetainkitError(Exception):
    """Every error that retainkit raises on purpose."""


class InputError(RetainkitError, ValueError):
    """An argument broke a rule.

    Attributes
    ----------
    code : str
        Stable, short name of the rule, such as ``"out-of-range"`` or ``"missing-column"``.
    argument : str
        The argument as the caller wrote it.
    value : object
        The value it had (for an array: the first offending entry).
    rule : str
        The rule, as a sentence that follows the argument's name.
    way_out : str
        What to do about it.
    """

    def __init__(self, code: str, *, argument: str, value: object, rule: str, way_out: str) -> None:
        self.code, self.argument, self.value = code, argument, value
        self.rule, self.way_out = rule, way_out
        super().__init__(f"{argument} {rule}, got {show(value)}. {way_out}".rstrip())

    def as_dict(self) -> dict[str, str]:
        """The five parts as strings, ready for JSON."""
        return {
            "code": self.code,
            "argument": self.argument,
            "value": show(self.value),
            "rule": self.rule,
            "way_out": self.way_out,
        }

    def __reduce__(self) -> tuple[Any, ...]:  # keyword-only arguments do not pickle by themselves
        parts = (self.code, self.argument, self.value, self.rule, self.way_out)
        return (_rebuild_input_error, (type(self), *parts))


class FitError(RetainkitError, RuntimeError):
    """The data do not determine the model: the optimum is missing, at a boundary or not unique.

    Attributes
    ----------
    code : str
        Which of the reasons in `retainkit.inference.diagnostics`.
    way_out : str
        What to do about it.
    attempt : object
        The refused `Fit`, for inspection; its parameters are not an estimate.
    """

    def __init__(self, code: str, reason: str, *, way_out: str, attempt: object = None) -> None:
        self.code, self.reason, self.way_out, self.attempt = code, reason, way_out, attempt
        super().__init__(f"{reason} {way_out}".rstrip())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild_fit_error, (self.code, self.reason, self.way_out, self.attempt))


class MissingDependencyError(RetainkitError, ImportError):
    """An optional library is not installed; the message carries the line that installs it."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        self.library, self.extra, self.purpose = library, extra, purpose
        super().__init__(
            f"{purpose} needs {library}, which is not installed. "
            f"Install it with: pip install 'retainkit[{extra}]'"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.library, self.extra, self.purpose))


def _rebuild_input_error(
    kind: type[InputError], code: str, argument: str, value: object, rule: str, way_out: str
) -> InputError:
    return kind(code, argument=argument, value=value, rule=rule, way_out=way_out)


def _rebuild_fit_error(code: str, reason: str, way_out: str, attempt: object) -> FitError:
    return FitError(code, reason, way_out=way_out, attempt=attempt)


class Entry:
    """One offending entry of an array, shown with its place."""

    def __init__(self, value: object, position: int | tuple[int, ...], count: int) -> None:
        self.value, self.position, self.count = value, position, count

    def __repr__(self) -> str:
        others = f" and {self.count - 1:,} more" if self.count > 1 else ""
        return f"{show(self.value)} at position {self.position}{others}"


def first_offender(values: np.ndarray[Any, Any], bad: np.ndarray[Any, Any]) -> object:
    """The first entry of `values` where `bad` holds: itself for a scalar, else with its place."""
    bad = np.broadcast_to(bad, values.shape)
    if values.ndim == 0:
        return values.item()
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    return Entry(values[index], index[0] if len(index) == 1 else index, int(bad.sum()))


def show(value: object, limit: int = 80) -> str:
    """A short, readable form of any value for a message."""
    if isinstance(value, np.generic):
        value = cast("object", value.item())
    if isinstance(value, np.ndarray):
        return f"an array of shape {cast('np.ndarray[Any, Any]', value).shape}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        text = f"{value:.1f}"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def near(name: str, choices: Iterable[str]) -> str:
    """``Did you mean 'date'? `` for a near miss, else an empty string."""
    by_fold = {c.casefold(): c for c in choices}
    match = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return f"Did you mean {by_fold[match[0]]!r}? " if match else ""


def unknown_choice(argument: str, value: object, choices: Sequence[str]) -> InputError:
    """The error for a value that is not among the named choices."""
    names = ", ".join(repr(c) for c in choices)
    return InputError(
        "unknown-choice",
        argument=argument,
        value=value,
        rule=f"must be one of {names}",
        way_out=near(str(value), choices).strip(),
    )
