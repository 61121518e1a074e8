"""Domains: what a number may be, in words and as a test, each defined once for the whole library.

A `Domain` knows its rule, checks values at the door and maps to and from the real line, so that validation,
an optimiser's transform, start values, property tests and the search for a turning point derive from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast, overload

import numpy as np

from retainkit.draws import Draws
from retainkit.errors import InputError, as_written, first_offender, refuse_masked, refuse_where
from retainkit.plurals import counted
from retainkit.typing import Array, Number, NumberLike, Real, Values


@dataclass(frozen=True, slots=True)
class Domain:
    """A set of real numbers: its rule in words, its test, and its map to the whole real line."""

    rule: str
    contains: Callable[[NumberLike], NumberLike]
    way_out: str
    to_unconstrained: Callable[[NumberLike], NumberLike]
    from_unconstrained: Callable[[NumberLike], NumberLike]
    slope: Callable[[NumberLike], NumberLike]
    """d value / d line, written in the value itself."""
    low: float = -math.inf
    high: float = math.inf
    """The edges of the set, whether they belong to it or not."""

    @overload
    def check(self, argument: str, value: Number, way_out: str = ...) -> float: ...
    @overload
    def check(self, argument: str, value: NumberLike, way_out: str = ...) -> Real: ...
    def check(self, argument: str, value: NumberLike, way_out: str = "") -> Real:
        """The value as a float or a float64 array, or an `InputError` that names the argument."""
        if type(value) is float and self.contains(value):
            return value
        array = as_numbers(argument, value)
        inside = self.contains(array)
        if not np.all(inside):
            self._refuse(argument, array, np.logical_not(inside), way_out)
        return float(array) if array.ndim == 0 else array

    def uncertain(self, argument: str, value: NumberLike) -> NumberLike:
        """As `check`, where draws have a meaning: they stay draws."""
        if not isinstance(value, Draws):
            return self.check(argument, value)
        self.check(argument, value.values)
        return cast("Any", value)

    def _refuse(self, argument: str, array: Array, bad: Any, way_out: str) -> None:
        code = "out-of-range" if np.all(np.isfinite(array)) else "not-finite"
        raise InputError(code, argument, first_offender(array, bad), self.rule, way_out or self.way_out)


def as_numbers(argument: str, value: NumberLike) -> Array:
    """Any number or column of numbers as a float64 array; text, booleans and gaps are refused."""
    refuse_masked(argument, value)
    if isinstance(value, Draws):
        rule = "must be a number or a column here: this has no meaning for draws of a number"
        raise InputError("not-supported", argument, value, rule, "Give their mean, or ask for each draw.")
    try:
        array: Values = np.asarray(value)
    except ValueError:  # rows of unequal length
        array = np.empty((), dtype=np.object_)
    if array.dtype == np.float64:
        return array
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    if array.dtype.kind == "O" and array.size and all(_is_number(v) for v in array.flat):
        try:
            return array.astype(np.float64)
        except OverflowError as error:
            raise _too_large(argument) from error
    shown = value if array.ndim == 0 else f"{counted(array.size, 'value')} of type {array.dtype}"
    way_out = as_written(argument, value) or (
        "Convert text and booleans to numbers and fill or remove missing values first."
    )
    raise InputError("not-a-number", argument, shown, "must be a number or a column of numbers", way_out)


def whole_number(
    argument: str, value: object, least: int = 1, most: float = math.inf, *, way_out: str = ""
) -> int:
    """One whole number in a range as an int, or an `InputError` that names the argument."""
    number = as_numbers(argument, value)
    if number.ndim == 0 and least <= number <= most and number == np.rint(number) < math.inf:
        return int(number)
    broken = number.ndim == 0 and np.isfinite(number) and number != np.rint(number)
    code = "not-whole" if broken else "wrong-shape" if number.ndim else "out-of-range"
    rule = f"must be a whole number, {least:,} or more"
    if most < math.inf:
        rule = f"must be a whole number from {least:,} to {most:,.0f}"
    raise InputError(code, argument, value, rule, way_out)


def generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """The random numbers of a seed: the same ones for the same seed."""
    # numpy takes more: None for "any", what nobody can repeat, True for 1, and lists
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0
    if whole or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    rule = "must be a whole number of 0 or more, or a numpy Generator"
    raise InputError("wrong-type", "seed", seed, rule, "For example seed=1.")


def generator_for(seed: int | np.random.Generator, *told: Values) -> np.random.Generator:
    """As `generator`, with other random numbers of a whole-number seed for other data.

    "seed=1" is written at every call: what is drawn of two segments, or plans, must not move together for it.
    """
    rng = generator(seed)
    if isinstance(seed, np.random.Generator):
        return rng
    words = np.concatenate([np.ravel(np.asarray(one, np.float64)) for one in told]).view(np.uint64)
    return np.random.default_rng([*rng.integers(1 << 32, size=4), *words.tolist()])


def one_number(argument: str, value: object, domain: Domain, way_out: str = "Ask once for each.") -> float:
    """A single number in its domain; columns are refused."""
    number = domain.check(argument, value)
    if isinstance(number, np.ndarray):
        raise InputError("wrong-shape", argument, number, "must be a single number here", way_out)
    return number


def _too_large(argument: str) -> InputError:
    rule = "must fit a 64-bit floating-point number"
    way_out = "Count in thousands or millions."
    return InputError("out-of-range", argument, "a number above 1.8e308", rule, way_out)


def _is_number(value: object) -> bool:
    return isinstance(value, _number_types()) and not isinstance(value, bool)


@cache
def _number_types() -> tuple[type, ...]:
    # loaded when the first column of objects comes: plain numbers do without
    from decimal import Decimal
    from fractions import Fraction

    return int, float, Decimal, Fraction, np.number


def _identity(value: Array) -> Array:
    return value


def _inside(low: float, high: float, *, closed: bool) -> Callable[[NumberLike], NumberLike]:
    if closed:
        return lambda v: (v >= low) & (v <= high)
    return lambda v: (v > low) & (v < high)


def _logit(p: Array) -> Array:
    return np.log(p) - np.log1p(-p)


def _expit(z: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -z))  # keeps the digits of a small probability


_FINITE = _inside(-math.inf, math.inf, closed=False)

REAL = Domain(
    "must be a finite number",
    _FINITE,
    "Remove missing and infinite values first.",
    _identity,
    _identity,
    np.ones_like,
)
POSITIVE = Domain(
    "must be positive and finite",
    _inside(0.0, math.inf, closed=False),
    "Check its sign and its unit.",
    np.log,
    np.exp,
    _identity,
    low=0.0,
)
NOT_NEGATIVE = Domain(
    "must be 0 or more, and finite",
    lambda v: (v >= 0.0) & (v < math.inf),
    "Check its sign and its unit.",
    np.log,
    np.exp,
    _identity,
    low=0.0,
)
PROBABILITY = Domain(
    "must be a share between 0 and 1",
    _inside(0.0, 1.0, closed=True),
    "Write 30% as 0.3.",
    _logit,
    _expit,
    lambda p: p * (1.0 - p),
    low=0.0,
    high=1.0,
)


def _above_0_to_1(v: NumberLike) -> NumberLike:
    return (v > 0.0) & (v <= 1.0)


def _from_0_below_1(v: NumberLike) -> NumberLike:
    return (v >= 0.0) & (v < 1.0)


def _above_minus_1_to_1(v: NumberLike) -> NumberLike:
    return (v > -1.0) & (v <= 1.0)


def _from_1(v: NumberLike) -> NumberLike:
    return v >= 1.0


SHARE_ABOVE_0 = replace(PROBABILITY, rule="must be a share above 0, up to 1", contains=_above_0_to_1)
"""Margins as a share of the price, and probabilities that are divided by."""

SHARE_BELOW_1 = replace(PROBABILITY, rule="must be a share, 0 or more and below 1", contains=_from_0_below_1)
"""Churn where its hazard has to be finite: some customers are left after a period."""

LEVEL = replace(
    PROBABILITY,
    rule="must be a share above 0 and below 1",
    contains=_inside(0.0, 1.0, closed=False),
    way_out="Write 90% as 0.9.",
)
"""The level of an interval, a power or a significance."""

DIFFERENCE_OF_SHARES = replace(
    REAL,
    rule="must be a difference of two shares, between -1 and 1",
    contains=_inside(-1.0, 1.0, closed=True),
    way_out="Write 4 points as 0.04.",
    low=-1.0,
    high=1.0,
)

ENDLESS = Domain(
    "must be 0 or more (inf: without end)",
    lambda v: v >= 0.0,
    "Check its sign and its unit.",
    np.log,
    np.exp,
    _identity,
    low=0.0,
)
"""Lengths of time that may have no end."""

ENDLESS_FROM_1 = replace(ENDLESS, rule="must be 1 or more (inf: without end)", contains=_from_1, low=1.0)
"""Counts of payments, and lifetimes of customers who start at least one period."""

GROWTH = Domain(
    "must be more than -1 (-100%), and finite",
    lambda v: (v > -1.0) & (v < math.inf),
    "Write 10% as 0.1; at -100% nothing is left after one period.",
    np.log1p,
    np.expm1,
    lambda v: 1.0 + v,
    low=-1.0,
)
"""A discount, growth or inflation rate per period."""

RATE = replace(
    GROWTH,
    rule="must be more than -1 (-100%), and at most 1 (100%) unless it is said to be meant",
    contains=_above_minus_1_to_1,
    way_out="Write 12% as 0.12; more than 100% as Rate(1.2, per='year', meant=True).",
    high=1.0,
)
"""A rate as a bare number, where one above 1 is asked about: who writes 12 mostly means 12%."""

RATE_FROM_0 = replace(RATE, contains=PROBABILITY.contains, low=0.0)

CHANGE = replace(GROWTH, way_out="Write 10% more as 0.1, 10% less as -0.1; -100% leaves nothing.")
"""A change relative to what was there before."""


def refuse_unmeant(argument: str, change: NumberLike, *, meant: bool) -> None:
    """Refuse a change of more than 100% that is not said to be meant: who writes 5 mostly means 5%."""
    if not meant:
        rule = "must be at most 1 (100% more) unless it is said to be meant"
        way_out = "Write 5% as 0.05, or add meant=True."
        refuse_where(np.greater(change, 1.0), "out-of-range", argument, change, rule, way_out)
