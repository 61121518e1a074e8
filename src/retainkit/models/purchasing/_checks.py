"""What purchase models check before they compute (data, units, discounts, counts), and each customer once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from retainkit._numerics.grouping import distinct_rows
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.rates import Rate
from retainkit.summaries import Purchases
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
        way_out = "Write it as a Rate, for example Rate(0.10, per='year')."
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


def plain(values: Array) -> Real:
    """A float where there is one number."""
    return float(values) if values.ndim == 0 else values


def entries_of(model: str, parameters: Mapping[str, Real]) -> int | None:
    """The number of entries where parameters have one value for each, of shape (…, entries)."""
    lengths = {name: np.shape(v)[-1] for name, v in parameters.items() if np.ndim(v) and np.shape(v)[-1] > 1}
    if not lengths:
        return None
    first, entries = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != entries:
            rule = f"must have one value for each of {entries:,} entries, as {first} has"
            way_out = "Give draws a last axis of length 1: shape (draws, 1)."
            raise InputError("length-mismatch", f"{model} {name}", parameters[name], rule, way_out)
    return entries


def check_entries(model: str, own: int | None, entries: int) -> None:
    """Refuse parameters of one customer for another."""
    if own is not None and own != entries:
        rule = f"must have {own:,} entries, since the parameters of {model} have one value for each"
        way_out = (
            "Predict for the customers that the parameters belong to, in the same order; "
            "draws of one parameter for all have the shape (draws, 1)."
        )
        raise InputError("length-mismatch", "purchases", f"{entries:,} entries", rule, way_out)


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
