"""Streams of cash: one amount per period, the periods along the last axis.

A list, a 1-dimensional array or a Series is one stream and gives one number. A 2-dimensional array is a
stream per row and gives an array; a pandas or polars DataFrame with a row per stream gives a Series.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from retainkit.columns import Back, Labels, SameKind, labels_of
from retainkit.domains import REAL
from retainkit.draws import Draws
from retainkit.errors import InputError, refuse_masked
from retainkit.typing import Array, NumberLike, Values


def streams(argument: str, value: NumberLike, *, at_least: int = 1) -> tuple[Array, Back]:
    """The amounts as a float64 array (..., periods), and what gives an answer per stream its kind."""
    # by name, so that neither library is loaded to find out
    library = type(value).__module__.partition(".")[0]
    table = library in ("pandas", "polars") and type(value).__name__ == "DataFrame"
    array = _rectangular(argument, value.to_numpy() if table else value)
    if array.ndim == 0 or array.shape[-1] < at_least:
        rule = f"must have {at_least} or more amounts along its last axis, one per period"
        way_out = "Give the amounts of one stream as a list, or of many as rows."
        raise InputError("too-few", argument, value, rule, way_out)
    amounts, rows = np.asarray(REAL.check(argument, array)), array.shape[:-1]
    return amounts, Back(rows, Labels.of(argument, value) if table else None)


def refuse_rate_first(argument: str, value: NumberLike, other: Any, call: str) -> None:
    """One number where a stream belongs, and a column where the rate does: a spreadsheet's order."""
    # lists are not measured: their rows may differ in length, of which others speak
    single = not isinstance(value, list | tuple | dict) and np.ndim(value) == 0
    if single and (isinstance(other, list | tuple) or np.ndim(other) > 0):
        rule = "must hold the amounts, but a single number stands there"
        way_out = f"The arguments are swapped: a spreadsheet takes the rate first, this is {call}."
        raise InputError("too-few", argument, cast("Any", value), rule, way_out)


def _rectangular(argument: str, value: NumberLike) -> Values:
    """The value as an array, or an error in place of numpy's for rows of different lengths."""
    refuse_masked(argument, value)
    if isinstance(value, Draws):
        rule = "must be one stream, or one a row: draws of one number are none"
        raise InputError("not-supported", argument, value, rule, "Ask for each draw's stream, as rows.")
    try:
        return np.asarray(value)
    except ValueError:
        rule = "must have rows of one length"
        way_out = "Fill the periods after the end of a shorter stream with 0."
        raise InputError("length-mismatch", argument, value, rule, way_out) from None


def against(amounts: Array, back: Back, rates: Back, **per_stream: SameKind) -> Back:
    """`back` for an answer per stream and rate; a rate is one number, or one per stream, with its labels."""
    labels = labels_of(back.labels, rates.labels)
    if rates.drawn and back.shape:
        name = next(iter(per_stream))
        rule = (
            "must be one number, or one per stream: draws of it would be told apart from streams by no shape"
        )
        raise InputError("not-supported", name, "draws", rule, "Ask for one stream at a time.")
    shapes = {name: np.shape(v) for name, v in per_stream.items()}
    try:
        return Back(np.broadcast_shapes(back.shape, *shapes.values()), labels, rates.drawn)
    except ValueError:
        name = next(n for n, shape in shapes.items() if shape)
        rule = f"must be one number, or one per stream ({amounts.shape[0]:,})"
        way_out = "Give one rate for all streams, or as many as there are rows."
        raise InputError("length-mismatch", name, f"shape {shapes[name]}", rule, way_out) from None
