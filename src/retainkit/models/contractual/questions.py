"""What callers may ask of a contractual model: times, tenures, rates and horizons, checked at the door."""

from __future__ import annotations

import numpy as np

from retainkit.domains import GROWTH, NOT_NEGATIVE
from retainkit.errors import InputError, refuse_where
from retainkit.rates import Rate, in_period
from retainkit.typing import Array, NumberLike, Real, Unit
from retainkit.units import Duration, in_units

# what covers any ordinary question of a discount; -1 < d < 0 makes later payments worth more
_WAY_OUT = "Write 10% a year as Rate(0.1, per='year')."


def times(argument: str, value: Duration | NumberLike, unit: Unit | None) -> Array:
    """Lengths of time in the model's unit, 0 or more; infinity is allowed."""
    asked = in_units(argument, value, unit)
    # lists may have rows of unlike length, of which no array can be made
    given = np.asarray(NOT_NEGATIVE.check(argument, asked) if isinstance(asked, list | tuple) else asked)
    if given.dtype == np.float64 and np.all(np.isinf(given) | (given >= 0.0)) and np.all(given >= 0.0):
        return given
    return np.asarray(NOT_NEGATIVE.check(argument, given))


def whole_periods(argument: str, value: Array, model: str) -> Array:
    """Times that must be whole numbers, since the model knows whole periods only."""
    bad = np.rint(value) != value
    rule = f"must be whole numbers: {model} counts renewals"
    way_out = (
        "Of a table, summarize_subscriptions(..., tenure='whole-periods') counts them; or use a model of "
        "continuous time such as Weibull."
    )
    refuse_where(bad & np.isfinite(value), "not-whole", argument, value, rule, way_out)
    return value


def per_period(discount_rate: Rate | NumberLike, unit: Unit | None) -> Array:
    """The force of discount per unit of the model's time.

    A `Rate` converts itself; a bare number counts per period of a model whose periods have no unit.
    """
    if isinstance(discount_rate, Rate):
        if unit is None:
            in_units("discount_rate", Duration(1.0, discount_rate.per), None)
            raise AssertionError("unreachable: in_units refuses a missing unit")
        force = np.asarray(discount_rate.continuous(unit))
    else:
        (discount_rate,) = in_period(unit, discount_rate=discount_rate)
        rate = np.asarray(GROWTH.check("discount_rate", discount_rate))
        if unit is not None and np.any(rate != 0.0):
            rule = f"needs its period, since the model counts time in {unit}s"
            raise InputError("unit-unknown", "discount_rate", discount_rate, rule, _WAY_OUT)
        force = np.log1p(rate)
    if np.any(force < 0.0):
        way_out = "Model growing margins in the margin, not by a negative discount."
        raise InputError("out-of-range", "discount_rate", discount_rate, "must be 0 or more", way_out)
    return force


def terms(horizon: Duration | NumberLike, unit: Unit | None) -> float:
    """A horizon as a number of payments: one whole number, or infinity."""
    count = times("horizon", horizon, unit)
    if count.ndim or not (count > 0.0) or (np.isfinite(count) and count != np.rint(count)):
        rule = "must be one whole number of periods, 1 or more, or infinite"
        way_out = "Payments come whole; ask for one horizon at a time."
        raise InputError("not-whole", "horizon", horizon, rule, way_out)
    return float(count)


def plain(values: Array) -> Real:
    """A float where there is one number."""
    return float(values) if values.ndim == 0 else values


def positive_times(argument: str, t: Array, at_least: float) -> Array:
    """Times of which each must have come some way: more than 0, or a whole period."""
    bad = (t <= 0.0) | (t < at_least)
    rule = f"must be {at_least:g} or more" if at_least else "must be more than 0"
    way_out = "The first period ends at 1." if at_least else "At 0 everyone has only just come."
    refuse_where(bad, "out-of-range", argument, t, rule, way_out)
    return t
