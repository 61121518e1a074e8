"""What a model of single opportunities checks before it computes, and how it evaluates each customer once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from retainkit._numerics.grouping import distinct_rows
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, refuse_where
from retainkit.models.purchasing._checks import Horizon
from retainkit.summaries import Opportunities
from retainkit.typing import Array, Real, Unit
from retainkit.units import in_units


def unit_of(own: Unit | None, entries: int | None, opportunities: Opportunities) -> Unit | None:
    """The time between opportunities that a model and its customers share."""
    if own and opportunities.unit and own != opportunities.unit:
        rule = f"must come once every {own}, as the model's do"
        way_out = "Fit the model on these data."
        raise InputError("unit-mismatch", "opportunities", opportunities.unit, rule, way_out)
    if entries is not None and entries != len(opportunities):
        rule = f"must have {entries:,} entries: the parameters have one value for each"
        way_out = "Predict for the customers that the parameters belong to, in the same order."
        raise InputError("length-mismatch", "opportunities", f"{len(opportunities):,} entries", rule, way_out)
    return own or opportunities.unit


def number_of(
    horizon: Horizon, unit: Unit | None, *, endless: bool, zero: bool, argument: str = "horizon"
) -> Array:
    """A horizon as a whole number of opportunities; infinite, or 0, only where that is a question."""
    given = in_units(argument, horizon, unit)
    if isinstance(given, float) and given == math.inf:
        if endless:
            return np.asarray(given)
        way_out = "Only expectations take an infinite one, such as expected_purchases."
        raise InputError("not-finite", argument, horizon, "must be a finite number of opportunities", way_out)
    count = np.asarray(NOT_NEGATIVE.check(argument, given))
    bad = (np.rint(count) != count) | (count < float(not zero))
    rule = f"must be a whole number of opportunities, {0 if zero else 1} or more"
    way_out = "Opportunities come whole: between two of them nothing happens."
    refuse_where(bad, "not-whole", argument, count, rule, way_out)
    return count


def each_once(formula: Callable[..., Array], columns: Sequence[Array], *, entrywise: bool) -> Array:
    """`formula` of each row of columns (n,) and single numbers, evaluated once per distinct row.

    With `entrywise` parameters have one value for each row, so that equal rows are not alike.
    """
    varying = [column for column in columns if column.ndim]
    if entrywise or varying[0].size == 0:
        return formula(*columns)
    rows = distinct_rows(varying, None, inverse=True)
    found = iter([part.column() for part in rows.levels])
    distinct = [next(found) if column.ndim else column for column in columns]
    return np.take(formula(*distinct), rows.inverse, axis=-1)  # type: ignore[arg-type]


def plain(values: Array) -> Real:
    """A float where there is one number."""
    return float(values) if values.ndim == 0 else values
