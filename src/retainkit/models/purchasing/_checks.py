"""What purchase models check before they compute (data, units, discounts, counts), and each customer once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import distinct_rows
from retainkit._numerics.interpolate import by_level
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, refuse_where
from retainkit.models.base import AnyModel
from retainkit.parameters import parameters_of
from retainkit.rates import Rate, rate_line
from retainkit.summaries import Opportunities, Purchases
from retainkit.typing import Array, NumberLike, Real, Unit
from retainkit.units import Duration, in_units

Horizon: TypeAlias = "Duration | NumberLike"


def unit_of(own: Unit | None, purchases: Purchases) -> Unit | None:
    """The unit that a model and its customers share."""
    if own and purchases.unit and own != purchases.unit:
        rule = f"must count time in {own}s, as the model does"
        way_out = f"Summarise the data with unit={own!r}, or fit the model on these data."
        raise InputError("unit-mismatch", "purchases", purchases.unit, rule, way_out)
    return own or purchases.unit


def step_of(own: Unit | None, opportunities: Opportunities) -> Unit | None:
    """The time between opportunities that a model and its customers share."""
    if own and opportunities.unit and own != opportunities.unit:
        rule = f"must come once every {own}, as the model's do"
        way_out = "Fit the model on these data."
        raise InputError("unit-mismatch", "opportunities", opportunities.unit, rule, way_out)
    return own or opportunities.unit


def length_of(horizon: Horizon, unit: Unit | None, *, zero: bool = False) -> Real:
    """A horizon in the model's unit; it may be infinite, and 0 only where that is a question."""
    t = in_units("horizon", horizon, unit)
    if isinstance(t, float) and t == math.inf:
        return t
    checked = NOT_NEGATIVE.check("horizon", t)
    if not zero and np.any(np.asarray(checked) == 0.0):
        rule = "must be more than 0: nothing happens in no time"
        way_out = "Give a length of time, for example Duration(3, 'year')."
        raise InputError("out-of-range", "horizon", horizon, rule, way_out)
    return checked


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


def whole(n: NumberLike) -> Real:
    """Numbers of purchases."""
    counts = NOT_NEGATIVE.check("n", n)
    if not np.all(counts == np.rint(counts)):
        raise InputError("not-whole", "n", n, "must be whole numbers", "Round it yourself.")
    return counts


def force_of(discount_rate: Rate | NumberLike, unit: Unit | None) -> float:
    """The force of discount per model unit; a bare number has no period and is refused, save 0."""
    if not isinstance(discount_rate, Rate):
        if isinstance(discount_rate, int | float) and discount_rate == 0:
            return 0.0
        way_out = rate_line("discount_rate", discount_rate)
        raise InputError("unit-unknown", "discount_rate", discount_rate, "needs its period", way_out)
    if unit is None:
        in_units("discount_rate", Duration(1.0, discount_rate.per), None)
        raise AssertionError("unreachable: in_units refuses a missing unit")
    force = discount_rate.continuous(unit)
    if force < 0.0:
        way_out = "Model growing margins in the spend, not by a negative discount."
        raise InputError("out-of-range", "discount_rate", discount_rate, "must be 0 or more", way_out)
    return force


def one_each(argument: str, value: Real, entries: int) -> Array:
    """One number for all entries, or one for each of them."""
    array = np.asarray(value)
    if array.ndim and array.shape != (entries,):
        rule = f"must be one number, or one for each of the {entries:,} entries"
        way_out = "Ask for one horizon, or one number of purchases, at a time to compare several."
        raise InputError("length-mismatch", argument, value, rule, way_out)
    return array


def spread_of(alive: Array, gone: Array, mean: Array, pairs: Array) -> Array:
    """The variance of a count that is 0 of those gone, from the mean and E[X(X − 1)] of those alive."""
    return alive * (pairs - mean**2 + mean + gone * mean**2)


def plain(values: Array) -> Real:
    """A float where there is one number."""
    return float(values) if values.ndim == 0 else values


MANY = 1 << 14
"""Customers from which the answers of few serve to interpolate those of all."""


def smooth_in_time(formula: Callable[..., Array], model: AnyModel) -> Callable[..., Array]:
    """`formula(x, T, *settings)` of a model, of many T from few of them where settings are one for all."""
    times = (model.parameters[p.name] for p in parameters_of(type(model)) if p.unit in ("gap", "time"))
    near = min((float(np.min(time)) for time in times), default=1.0)

    def smooth(x: Array, T: Array, *settings: Array) -> Array:
        if x.size < MANY or any(np.ndim(s) for s in settings):
            return formula(x, T, *settings)
        return by_level(lambda x, T: formula(x, T, *settings), x, T, near)

    return smooth


def each_once(formula: Callable[..., Array], columns: Sequence[Array], *, entrywise: bool) -> Array:
    """`formula` of each row of columns (n,) and single numbers, evaluated once per distinct row.

    With `entrywise` parameters have one value for each row, so that equal rows are not alike.
    """
    varying = [column for column in columns if column.ndim]
    if entrywise or varying[0].size <= 1:
        return formula(*columns)
    rows = distinct_rows(varying, None, inverse=True)
    found = iter([part.column() for part in rows.levels])
    distinct = [next(found) if column.ndim else column for column in columns]
    return np.take(formula(*distinct), rows.inverse, axis=-1)  # type: ignore[arg-type]
