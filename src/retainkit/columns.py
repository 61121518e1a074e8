"""One number in, one number out; a column in, a column out: the door of every economic function.

A public function has two paths and one formula. Plain floats and ints take the first branch, which
needs `math` alone and costs about a microsecond; everything else (Decimal, Fraction, numpy scalars,
lists, arrays, pandas and polars Series, and every value that breaks a rule) goes through `columns`,
which checks, broadcasts and remembers what to give back. Copy this::

    def value(margin_per_period: NumberLike, *, churn: NumberLike) -> SameKind:
        if {type(margin_per_period), type(churn)} <= PLAIN and isfinite(margin_per_period) and 0 < churn <= 1:
            return _value(margin_per_period, churn)
        (m, c), back = columns(margin_per_period=(margin_per_period, REAL), churn=(churn, PROBABILITY))
        return back(_value(m, c))

Where the formula needs functions, write it once with its library as an argument: ``_value(math, m, c)``
and ``_value(np, m, c)`` (both have log, log1p, exp, expm1, sqrt, pow by the same names). The values
that `columns` gives are float64 arrays, 0-dimensional for a single number and not yet broadcast, so a
formula pays for the rows it has; they may be the caller's own memory, so nothing is written into them.
Rates that know their period are converted before, by `retainkit.rates.in_period`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from retainkit.domains import Domain
from retainkit.errors import InputError
from retainkit.typing import Array, Number, NumberLike

SameKind: TypeAlias = Any
"""What came in: a float for numbers, an ndarray for arrays and lists, a Series for Series."""

PLAIN = frozenset((float, int))
"""The types that take the fast branch; bool is not among them and is refused by `columns`."""


@dataclass(frozen=True, slots=True)
class Back:
    """Gives a result the kind of the arguments: call it with the formula's result."""

    shape: tuple[int, ...]
    series: Any = None

    def __call__(self, result: Any) -> SameKind:
        array = np.asarray(result)
        if array.shape != self.shape and array.ndim <= len(self.shape):
            array = np.broadcast_to(array, self.shape).copy()  # the formula had no use for the column
        if array.ndim == 0:
            return array.item()
        if self.series is None or array.shape != (len(self.series),):
            return array
        if _is_a(self.series, "pandas"):
            return sys.modules["pandas"].Series(array, index=self.series.index, name=self.series.name)
        return sys.modules["polars"].Series(self.series.name, array)


def columns(**arguments: tuple[NumberLike, Domain]) -> tuple[tuple[Array, ...], Back]:
    """Check every argument against its domain and learn what kind of answer to give back.

    Parameters
    ----------
    **arguments : (value, domain)
        The arguments under the names that the caller wrote; errors use them.

    Returns
    -------
    tuple of float64 arrays
        In the order given, each in its own shape; they broadcast against each other.
    Back
        Call it with the result. The first Series among the arguments lends its index and name; a
        result with more dimensions than that Series is given back as an array.

    Raises
    ------
    InputError
        For what is no number or outside its domain, for columns of unequal length, for pandas Series
        whose indexes differ (they are never aligned silently), and for whole dataframes.
    """
    first: tuple[str, Any] | None = None
    values: list[Array] = []
    for name, (value, domain) in arguments.items():
        if not isinstance(value, np.ndarray | float | int | list):
            first = _series(name, value, first)
        values.append(np.asarray(domain.check(name, value)))
    return tuple(values), Back(_common_shape(list(arguments), values), first and first[1])


def numbers(**arguments: tuple[Number, Domain]) -> tuple[float, ...]:
    """Check single numbers against their domains: for records, which describe one customer or case."""
    values: list[float] = []
    for name, (value, domain) in arguments.items():
        checked = domain.check(name, value)
        if isinstance(checked, np.ndarray):
            way_out = "Use the function that takes columns, or call this one for each row."
            raise InputError("wrong-shape", name, checked, "must be a single number here", way_out)
        values.append(checked)
    return tuple(values)


def _series(name: str, value: Any, first: tuple[str, Any] | None) -> tuple[str, Any] | None:
    """The Series that lends its index: `first`, or `value` if it is the first one."""
    library = type(value).__module__.partition(".")[0]
    if type(value).__name__.endswith("Frame") and library in ("pandas", "polars"):
        rule = "must be a number or one column"
        way_out = "Give one column of the table, for example table['margin']."
        raise InputError("wrong-shape", name, f"a {library} {type(value).__name__}", rule, way_out)
    if not (_is_a(value, "pandas") or _is_a(value, "polars")):
        return first
    if first is None:
        return name, value
    if _is_a(value, "pandas") and _is_a(first[1], "pandas") and not first[1].index.equals(value.index):
        rule = f"must have the same index as {first[0]} ({len(first[1]):,} rows)"
        way_out = "Take both columns from one table, or align them first with .reindex()."
        raise InputError("index-mismatch", name, f"an index of {len(value):,} rows", rule, way_out)
    return first


def _is_a(value: Any, library: str) -> bool:
    """Whether a value is that library's Series, without importing the library."""
    module = sys.modules.get(library)
    return module is not None and isinstance(value, module.Series)


def _common_shape(names: list[str], values: list[Array]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(v.shape for v in values))
    except ValueError:
        shapes = {n: v.shape for n, v in zip(names, values, strict=True) if v.ndim}
        name, shape = shapes.popitem()
        others = ", ".join(f"{n} {s}" for n, s in shapes.items())
        rule = f"must have the same length as the other columns ({others})"
        way_out = "Give every column one value per row, or a single number for all."
        raise InputError("length-mismatch", name, f"shape {shape}", rule, way_out) from None
