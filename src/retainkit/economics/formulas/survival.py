"""Survival curves as economics sees them: S(0) = 1, S(1), …, the shares still there after whole periods.

An array is such a curve; so is anything callable, or with a method ``survival``, that gives S at an array
of times: a model of this library, a peer's, or a lambda.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from retainkit.domains import POSITIVE, PROBABILITY
from retainkit.errors import InputError, refuse_where
from retainkit.protocols import ModelOf, SurvivalProcess, model_of
from retainkit.timing import Timing
from retainkit.typing import Array, NumberLike

Survival: TypeAlias = "NumberLike | Callable[[Array], NumberLike] | ModelOf[SurvivalProcess]"
"""S(0), S(1), … as a column, or what gives S at an array of times: a function, a model or its fit."""

HORIZON = 1200
"""Periods looked at where a curve has no end of its own and none is said: a hundred years of months."""


def survival_function(survival: Survival) -> Callable[[Array], NumberLike] | None:
    """What gives S at an array of times: a function, or the method of a model, of a fit's too; else None."""
    meant = model_of(survival)
    function = meant if callable(meant) else getattr(meant, "survival", None)
    return function if callable(function) else None


def survival_curve(survival: Survival, horizon: int | None) -> Array:
    """S(0), …, S(n) as a checked float64 array: all of a column, or `horizon` periods of either kind."""
    horizon = None if horizon is None else whole("horizon", horizon)
    function = survival_function(survival)
    # one call with all times: a fitted model answers a column in the time of one number
    given = survival if function is None else function(np.arange(float(horizon or HORIZON) + 1.0))
    curve = np.asarray(PROBABILITY.check("survival", given))
    if curve.ndim != 1 or curve.size < 2:
        rule = "must be one column S(0), S(1), … of two or more shares, or give one at an array of times"
        way_out = "For a constant churn of 5%, write survival=lambda t: 0.95**t."
        raise InputError("not-a-curve", "survival", survival, rule, way_out)
    _check_shape(curve)
    if horizon is None or horizon + 1 == curve.size:
        return curve
    if horizon >= curve.size:
        rule = f"must reach as far as horizon={horizon}"
        way_out = "Give a longer curve, or a model's survival function."
        raise InputError("too-few", "survival", f"{curve.size - 1} periods", rule, way_out)
    return curve[: horizon + 1]


def whole(argument: str, value: NumberLike) -> int:
    """A positive whole number."""
    number = np.asarray(POSITIVE.check(argument, value))
    if number.ndim or number != np.rint(number):
        way_out = "Payments come whole."
        raise InputError("not-whole", argument, value, "must be a whole number of periods", way_out)
    return int(number)


def _check_shape(curve: Array) -> None:
    # exactly: a curve that starts at S(1) would shift every payment by a period, and look right
    if curve[0] != 1.0:
        rule = "must begin with S(0) = 1: everyone is there at the start"
        way_out = "Put 1.0 in front of S(1), S(2), …, or divide by the number of customers at the start."
        raise InputError("not-a-curve", "survival", float(curve[0]), rule, way_out)
    rising = np.diff(curve, prepend=1.0) > 8.0 * np.finfo(np.float64).eps  # more than rounding
    rule = "must never rise: who has left does not count again"
    way_out = "Give survival, not retention rates; np.minimum.accumulate smooths sampling noise."
    refuse_where(rising, "not-a-curve", "survival", curve, rule, way_out)


def paid_by(curve: Array, timing: Timing) -> Array:
    """The share of customers that makes the payment of period 0, 1, …: who began it, or stayed through it."""
    return curve[1:] if timing == "end-if-retained" else curve[:-1]
