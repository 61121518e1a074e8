"""What is said of a figure that comes as draws."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any, TypeVar, cast

import numpy as np

from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Plain, Real

T = TypeVar("T")


def mean(figure: Real | Draws) -> float:
    """The figure itself, or the mean of its draws; nan of an empty column."""
    values = np.asarray(figure)
    return float(np.mean(values)) if values.size else math.nan


def number(value: NumberLike) -> Real:
    """A float for a single number, else the array."""
    array = np.asarray(value, np.float64)
    return array.item() if array.ndim == 0 else array


def drawn(value: NumberLike) -> Real:
    """A float for a single number, else draws."""
    found = number(value)
    return cast("Any", Draws.of(found)) if isinstance(found, np.ndarray) else found


def with_draws(record: T) -> T:
    """A record of figures whose arrays are draws, and those in it: `bare` backwards."""
    if not isinstance(record, Record) or not dataclasses.is_dataclass(record):
        return record
    for f in dataclasses.fields(record):
        value: Any = getattr(record, f.name)
        if isinstance(value, dict) and "Real" in str(f.type):
            object.__setattr__(record, f.name, {n: drawn(v) for n, v in cast("Plain", value).items()})
        elif isinstance(value, np.ndarray) and str(f.type).startswith("Real"):
            object.__setattr__(record, f.name, drawn(cast("Array", value)))
        elif f.name != "inputs":
            with_draws(cast("Any", value))
    return record


def bare(given: T, *, beside: bool = False) -> T:
    """A number or a record of numbers with arrays in the place of draws, as formulas take them.

    With `beside` columns, their axis comes after that of the draws: (draws, 1).
    """
    if isinstance(given, Draws):
        return cast("Any", given.values[:, None] if beside and given.ndim == 1 else given.values)
    several: Any = given if type(given) in (tuple, list) else ()
    if any(isinstance(one, Record) for one in several):
        return type(several)(bare(one, beside=beside) for one in several)
    if not isinstance(given, Record) or not dataclasses.is_dataclass(given):
        return given
    held = {f.name: getattr(given, f.name) for f in dataclasses.fields(given)}
    changed = {name: plain for name, v in held.items() if (plain := bare(v, beside=beside)) is not v}
    if not changed:
        return given
    made = copy.copy(given)
    for name, plain in changed.items():
        object.__setattr__(made, name, plain)
    return made


def interval(figure: Real, level: float = 0.9) -> tuple[float, float]:
    """The middle part of the draws; a number is its own interval."""
    low, high = Draws.of(np.ravel(np.asarray(figure, np.float64))).interval(level)
    return float(low), float(high)


def value_of_knowing(gains: Array) -> float:
    """What it is worth on average to know which of these gains it is, and to take no loss."""
    return float(np.maximum(gains, 0.0).mean()) - max(float(gains.mean()), 0.0)


def check_sources(include: object) -> None:
    """Of what is not known a decision draws its inputs; what single customers then do it does not."""
    if include not in ("parameters", ("parameters",), ["parameters"]):
        rule = "must be ('parameters',): a gain is what is expected, and what each customer does is not drawn"
        way_out = "Ask what the decision rests on, such as value_customers(...).interval(include=...)."
        raise InputError("not-supported", "include", include, rule, way_out)


def probability_positive(figure: Real) -> float:
    """The share of draws above 0; 0 or 1 for a number."""
    return float(np.mean(np.asarray(figure) > 0.0))


def shown(figure: Real, digits: str = ",.2f") -> str:
    """``18.84``, ``18.84 (90% between 15.10 and 22.31)`` for draws, ``15.10 to 22.31`` for a column."""
    if isinstance(figure, np.ndarray) and figure.size:
        return f"{figure.min():{digits}} to {figure.max():{digits}}"
    text = format(mean(figure), digits)
    if np.ndim(figure) == 0:
        return text
    low, high = interval(figure)
    return f"{text} (90% between {low:{digits}} and {high:{digits}})"
