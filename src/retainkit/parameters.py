"""Domains of numbers, and the field specifiers that give a model's parameter its one declaration.

A `Domain` knows its rule, checks values at the door and maps to and from the real line, so that
validation, the optimiser's transform, start values, property tests and the docs table all derive
from the line in which a model declares its field.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, first_offender
from retainkit.typing import Array, Number, NumberLike, Real


@dataclass(frozen=True, slots=True)
class Domain:
    """A set of real numbers: its rule in words, its test, and its map to the whole real line."""

    rule: str
    contains: Callable[[Any], Any]
    way_out: str
    to_line: Callable[[Any], Any]
    from_line: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    """d value / d line, written in the value itself."""

    @overload
    def check(self, argument: str, value: Number, way_out: str = ...) -> float: ...
    @overload
    def check(self, argument: str, value: NumberLike, way_out: str = ...) -> Real: ...
    def check(self, argument: str, value: Any, way_out: str = "") -> Real:
        """The value as a float or a float64 array, or an `InputError` that names the argument."""
        if type(value) is float and self.contains(value):
            return value
        array = as_numbers(argument, value)
        inside = self.contains(array)
        if not np.all(inside):
            self._refuse(argument, array, np.logical_not(inside), way_out)
        return float(array) if array.ndim == 0 else array

    def _refuse(self, argument: str, array: Array, bad: Any, way_out: str) -> None:
        code = "out-of-range" if np.all(np.isfinite(array)) else "not-finite"
        raise InputError(
            code,
            argument=argument,
            value=first_offender(array, bad),
            rule=self.rule,
            way_out=way_out or self.way_out,
        )


def as_numbers(argument: str, value: Any) -> Array:
    """Any number or column of numbers as a float64 array; text, booleans and gaps are refused."""
    try:
        array: NDArray[Any] = np.asarray(value)
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
    raise InputError(
        "not-a-number",
        argument=argument,
        value=value if array.ndim == 0 else f"{array.size:,} values of type {array.dtype}",
        rule="must be a number or a column of numbers",
        way_out="Convert text and booleans to numbers and fill or remove missing values first.",
    )


def _too_large(argument: str) -> InputError:
    return InputError(
        "out-of-range",
        argument=argument,
        value="a number above 1.8e308",
        rule="must fit a 64-bit floating-point number",
        way_out="Count in thousands or millions.",
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal | Fraction | np.number) and not isinstance(value, bool)


def _identity(value: Array) -> Array:
    return value


def _inside(low: float, high: float, *, closed: bool) -> Callable[[Any], Any]:
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
)
NOT_NEGATIVE = Domain(
    "must be 0 or more, and finite",
    lambda v: (v >= 0.0) & (v < math.inf),
    "Check its sign and its unit.",
    np.log,
    np.exp,
    _identity,
)
PROBABILITY = Domain(
    "must be a share between 0 and 1",
    _inside(0.0, 1.0, closed=True),
    "Write 30% as 0.3.",
    _logit,
    _expit,
    lambda p: p * (1.0 - p),
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a model's field declares about itself, once."""

    name: str
    domain: Domain
    start: float
    typical: tuple[float, float]
    unit: Literal["time", "rate", "money"] | None
    doc: str

    def scale(self, scales: Mapping[str, float]) -> float:
        """What one unit of the declared start is in the data's own scale; a rate counts per time."""
        if self.unit is None:
            return 1.0
        return 1.0 / scales["time"] if self.unit == "rate" else scales[self.unit]


def _specifier(domain: Domain, start: float, typical: tuple[float, float], unit: str | None, doc: str) -> Any:
    return field(metadata={"domain": domain, "start": start, "typical": typical, "unit": unit, "doc": doc})


def positive(
    *,
    start: float,
    typical: tuple[float, float],
    doc: str,
    unit: Literal["time", "rate", "money"] | None = None,
) -> Any:
    """A parameter in (0, inf): fitted on the log scale.

    `start` and `typical` count in the data's own scale where `unit` is given (a mean observation
    time, a mean amount; a ``"rate"`` per such a time), so that a fit takes the same path in days as in
    weeks.
    """
    return _specifier(POSITIVE, start, typical, unit, doc)


def probability(*, start: float, typical: tuple[float, float], doc: str) -> Any:
    """A parameter in [0, 1]: fitted on the logit scale."""
    return _specifier(PROBABILITY, start, typical, None, doc)


def real(*, start: float, typical: tuple[float, float], doc: str) -> Any:
    """A parameter on the whole real line: fitted as it is."""
    return _specifier(REAL, start, typical, None, doc)


def _declared(f: Field[Any]) -> Parameter:
    return Parameter(name=f.name, **f.metadata)


@cache
def parameters_of(kind: type[Any]) -> tuple[Parameter, ...]:
    """The declared parameters of a model class, in order."""
    return tuple(_declared(f) for f in fields(kind) if "domain" in f.metadata)
