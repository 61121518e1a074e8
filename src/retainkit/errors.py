"""Errors that advise: which argument, what value, which rule, and the way out.

A service can act on ``error.code`` and ``error.as_dict()``; a person reads the message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from retainkit.plurals import counted
from retainkit.typing import NumberLike, Values

CODES: dict[str, str] = {
    # numbers
    "out-of-range": "A number lies outside of what the argument can be.",
    "not-finite": "A number is infinite or missing where a finite one is needed.",
    "not-a-number": "Text, a boolean or another thing stands where a number is needed.",
    "not-whole": "A number is broken where only whole ones count.",
    "infinite-value": "The answer would have no end: nothing is lost, or less than what comes in.",
    "undefined": "The question has no answer for these numbers: no rate of return, a percentage of nothing.",
    "inconsistent": "Figures or arguments contradict each other: they cannot be true together.",
    "not-ascending": "A column must rise from entry to entry and does not.",
    # names and choices
    "unknown-choice": "A value is not among those that are named.",
    "unknown-name": "A field, parameter, input or process of that name does not exist.",
    "duplicate": "A name, an id or a line comes twice where each may come once.",
    "unmatched": "Ids, names or periods of one input are missing in another.",
    # arguments
    "missing-argument": "What the question needs was not given.",
    "needless": "An argument was given that has no meaning here and would be ignored.",
    "not-one-of": "None or several of the arguments were given of which one is needed.",
    "ambiguous": "The data can be read in several ways; an argument has to say which is meant.",
    # kinds of things
    "wrong-type": "A thing is of another type than the argument takes.",
    "not-a-model": "A model of another kind is needed, or one that is fitted.",
    "not-supported": "The thing is understood, but it cannot do what is asked of it.",
    # shapes
    "wrong-shape": "An array has other dimensions than the argument takes: a column for a number, say.",
    "length-mismatch": "Columns that belong together have different lengths.",
    "index-mismatch": "Columns that belong together have different row labels.",
    "empty": "There is nothing in it: no rows, no entries, nobody in a group.",
    "too-few": "Too few entries, rows, customers or periods for an answer.",
    # tables and files
    "not-a-table": "A table, or a mapping of columns, is needed.",
    "missing-column": "A table lacks a column.",
    "missing-value": "A column has gaps.",
    "unreadable-date": "A date cannot be read.",
    "dates-conflict": "Dates are in the wrong order, or outside of the time of observation.",
    "missing-file": "There is no such file or folder.",
    "unreadable-source": "A file, a text or an engine gave nothing that can be read.",
    "out-of-memory": "The engine that reads the table ran out of memory.",
    # survival curves
    "not-a-curve": "Shares are no survival curve: it begins at 1 and never rises.",
    "outside-the-curve": "The question is about a time of which the curve knows nothing.",
    "nobody-at-risk": "Nobody is there, or nobody was observed, at a tenure that the question is about.",
    # time and rates
    "unit-mismatch": "Times or rates count in another unit, or are of another kind, than those they meet.",
    "unit-unknown": "A time or a rate came without its unit or period.",
    # evidence
    "collinear": "A column tells nothing of its own: constant, or a combination of others.",
}
"""Every code of an `InputError` with its meaning; there are no others."""


REASONS: dict[str, str] = {
    "no-evidence": "The data hold nothing that the model is about: nobody came back, nobody has left.",
    "too-few-customers": "Fewer customers tell something than the model has parameters.",
    "boundary": "The likelihood keeps rising as parameters go to an edge: a simpler model says the same.",
    "flat": "The likelihood does not change in some direction: the data do not identify a parameter.",
    "saddle": "The search ended where the likelihood still bends upwards.",
    "not-converged": "The search ended before the slope of the likelihood was 0.",
}
"""Every code of a `FitError` with its meaning; there are no others."""


class RetainkitError(Exception):
    """Every error that retainkit raises on purpose."""


class InputError(RetainkitError, ValueError):
    """An argument broke a rule: ``InputError(code, argument, value, rule, way_out)``.

    Attributes
    ----------
    code : str
        What kind of rule: one of `CODES`, such as ``"out-of-range"`` or ``"missing-column"``.
    argument : str
        The argument as the caller wrote it.
    value : object
        The value it had (for an array: the first offending entry).
    rule : str
        The rule, as a sentence that follows the argument's name.
    way_out : str
        What to do about it.
    """

    code: str
    argument: str
    value: object
    rule: str
    way_out: str

    def __init__(self, code: str, argument: str, value: object, rule: str, way_out: str = "") -> None:
        if code not in CODES:
            raise AssertionError(f"{code!r} is not in retainkit.errors.CODES")
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

    def __reduce__(self) -> tuple[object, ...]:  # an exception pickles its message, not its arguments
        return (type(self), (self.code, self.argument, self.value, self.rule, self.way_out))


class FitError(RetainkitError, RuntimeError):
    """The data do not determine the model: the optimum is missing, at a boundary or not unique.

    Attributes
    ----------
    code : str
        Which of `REASONS`.
    reason, way_out : str
        The same in a sentence about these data, and what to do about it.
    attempt : object
        The refused `Fit`, for inspection; its parameters are not an estimate.
    """

    code: str
    reason: str
    way_out: str
    attempt: object

    def __init__(self, code: str, reason: str, *, way_out: str, attempt: object = None) -> None:
        if code not in REASONS:
            raise AssertionError(f"{code!r} is not in retainkit.errors.REASONS")
        self.code, self.reason, self.way_out, self.attempt = code, reason, way_out, attempt
        super().__init__(f"{reason} {way_out}".rstrip())

    @property
    def limit(self) -> Any:
        """The `LimitingModel` that the likelihood rises to, where that is the reason; else None."""
        return getattr(getattr(self.attempt, "diagnostics", None), "limit", None)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_fit_error, (self.code, self.reason, self.way_out, self.attempt))


class MissingDependencyError(RetainkitError, ImportError):
    """An optional library is not installed; the message carries the line that installs it."""

    library: str
    extra: str
    purpose: str

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        self.library, self.extra, self.purpose = library, extra, purpose
        super().__init__(
            f"{purpose} needs {library}, which is not installed. "
            f"Install it with: pip install 'retainkit[{extra}]'"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.library, self.extra, self.purpose))


def _rebuild_fit_error(code: str, reason: str, way_out: str, attempt: object) -> FitError:
    return FitError(code, reason, way_out=way_out, attempt=attempt)


class Entry:
    """One offending entry of an array, shown with its place."""

    value: object
    position: int | tuple[int, ...]
    count: int
    place: str
    whole = True

    def __init__(self, value: object, position: int | tuple[int, ...], count: int, place: str = "") -> None:
        self.value, self.position, self.count, self.place = value, position, count, place

    def __repr__(self) -> str:
        others = f" and {self.count - 1:,} more" if self.count > 1 else ""
        place = f" ({self.place})" if self.place else ""
        return f"{show(self.value)} at position {self.position}{place}{others}"


def first_offender(values: Values, bad: Values) -> object:
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
        return f"an array of shape {cast('Values', value).shape}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        text = f"{value:.1f}"
    else:
        text = repr(value)
    # of an entry, and of words in place of a value, the end is where it stands: that has to be whole
    return text if len(text) <= limit or getattr(value, "whole", False) else text[: limit - 1] + "…"


def near(name: str, choices: Iterable[str], alike: float = 0.6) -> str:
    """``Did you mean 'date'? `` for a near miss, else an empty string."""
    from difflib import get_close_matches

    by_fold = {c.casefold(): c for c in choices}
    match = get_close_matches(name.casefold(), by_fold, n=1, cutoff=alike)
    return f"Did you mean {by_fold[match[0]]!r}? " if match else ""


# commas are read where they part thousands: "1,5" is 1.5 to some and a slip to others
_AMOUNT = (
    r"[$€£]?\s*(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[+-]?\.\d+)\s*(?P<percent>%|percent)?"
)
_LENGTH = (
    r"(?:\s*(?P<per>per|an?|each|every|/|p\.?)?\s*"
    r"(?P<unit>day|week|month|quarter|year|annum|annual|a)(?:s|ly|\.)?)?"
)


def as_written(argument: str, value: object) -> str:
    """The line that means what was written as text, ``Write churn=0.05.``; empty where it says no figure.

    >>> as_written("churn", "5%"), as_written("horizon", "3 years")
    ('Write churn=0.05.', "Write horizon=Duration(3, 'year').")
    """
    import re

    found = re.fullmatch(_AMOUNT + _LENGTH, value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        return ""
    digits = float(found["number"].replace(",", "")) / (100.0 if found["percent"] else 1.0)
    said = f"{digits:.15g}"
    if unit := found["unit"]:
        unit = "year" if unit.startswith("a") else unit
        if found["percent"] or (found["per"] and abs(digits) <= 1.0):
            said = f"Rate({said}, per={unit!r})"
        elif not found["per"]:  # "50 per month" is money, for each period of the call
            said = f"Duration({said}, {unit!r})"
    # "Rate value" is no name that anyone writes
    return f"Write {argument}={said}." if argument.isidentifier() else f"Write {said}, without quotes."


def unknown_choice(argument: str, value: object, choices: Sequence[str]) -> InputError:
    """The error for a value that is not among the named choices."""
    rule = f"must be one of {', '.join(map(repr, choices))}"
    return InputError("unknown-choice", argument, value, rule, near(str(value), choices).strip())


def check_choice(argument: str, value: object, choices: Sequence[object]) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise unknown_choice(argument, value, tuple(map(str, choices)))


def missing_argument(argument: str, rule: str, way_out: str) -> InputError:
    """The error for what was not given."""
    return InputError("missing-argument", argument, None, rule, way_out)


def not_one_of(arguments: str, given: str, way_out: str) -> InputError:
    """The error for none, or several, of the arguments of which one is needed."""
    return InputError("not-one-of", arguments, given, "must be given once: exactly one of them", way_out)


def missing_column(argument: str, name: object, present: Sequence[object]) -> InputError:
    """The error for the name of a column that a table does not have."""
    way_out = near(str(name), map(str, present)) + f"Its columns are: {', '.join(map(repr, present))}."
    return InputError("missing-column", argument, name, "must name a column of the table", way_out)


def wrong_shape(argument: str, array: NumberLike, rule: str, way_out: str) -> InputError:
    """The error for an array of other dimensions; it shows the shape, not the numbers."""
    return InputError("wrong-shape", argument, f"shape {array.shape}", rule, way_out)


def refuse_where(
    bad: NumberLike, code: str, argument: str, values: NumberLike, rule: str, way_out: str
) -> None:
    """Raise about the first entry of `values` where `bad` holds; both broadcast to one shape."""
    if np.any(bad):
        shown, where = np.broadcast_arrays(values, bad)
        raise InputError(code, argument, first_offender(shown, where), rule, way_out)


def refuse_masked(argument: str, value: NumberLike) -> None:
    """Refuse a masked array of numpy with masked entries: as plain numbers they would count as known."""
    masked: Any = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(value, masked.MaskedArray) and masked.is_masked(value):
        entries = counted(value.size, "entry", "entries")
        shown = f"a masked array, {masked.count_masked(value):,} of its {entries} masked"
        way_out = (
            "Remove those entries with .compressed(), from all columns alike, or fill them with .filled()."
        )
        raise InputError("missing-value", argument, shown, "must not have masked entries", way_out)


def refuse_others(argument: str, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse a name that would be ignored: it is misspelt, or of another version."""
    for name in values:
        if name not in known:
            way_out = f"{near(name, known)}It has: {', '.join(known)}."
            raise InputError(
                "unknown-name", argument, name, "must have only the names of its fields", way_out
            )


def refuse_missing(argument: str, values: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Refuse a document without a name that is always written: it was cut, or is of another version."""
    for name in names:
        if name not in values:
            rule, way_out = f"needs the field {name}", "Write it with model_dump_json() or retainkit.save()."
            raise InputError("missing-argument", argument, f"no {name!r}", rule, way_out)
