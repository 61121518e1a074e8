"""Survival curves as economics sees them: S(0) = 1, S(1), …, the shares still there after whole periods.

An array is such a curve; so is anything callable, or with a method ``survival``, that gives S at an array
of times: a model of this library, a peer's, or a lambda. Where a function asks for a constant churn the
latter stands in its place, as a `Curve`: `perpetuity.terms` takes it for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias, cast

import numpy as np

from retainkit.domains import ENDLESS, GROWTH, POSITIVE, PROBABILITY
from retainkit.draws import Draws
from retainkit.errors import InputError, refuse_where
from retainkit.plurals import counted
from retainkit.protocols import ModelOf, SurvivalProcess, model_of, parameter_shape, refuse_many
from retainkit.records import Record
from retainkit.timing import Timing
from retainkit.typing import Array, NumberLike, Real, Unit
from retainkit.units import units_in

Survival: TypeAlias = "NumberLike | Callable[[Array], NumberLike] | ModelOf[SurvivalProcess]"
"""S(0), S(1), … as a column, or what gives S at an array of times: a function, a model or its fit."""

HORIZON = 1200
"""Periods looked at where a curve has no end of its own and none is said: a hundred years of months."""

_MOST = 2**22  # periods looked at of a curve without end, over all draws, before a horizon is asked for
_ROUNDING = 2.0**-53
_NOBODY = 1e-290  # below it products get stuck at the smallest float and never reach 0


@dataclass(frozen=True, eq=False)
class Curve(Record):
    """A survival curve in the place of a constant churn: as far as it counts, then the last churn goes on.

    Attributes
    ----------
    shares : (periods + 1,) or (draws, periods + 1)
        S(0) = 1, S(1), …
    drawn : bool
        Whether the rows are draws, and not customers.
    """

    shares: Array
    drawn: bool = False

    def __str__(self) -> str:
        last = float(np.mean(self.shares[..., -1]))
        periods = counted(self.shares.shape[-1] - 1, "period")
        return f"{periods} of a survival curve, {last:.3g} of all still there after"

    @property
    def last_churn(self) -> Array:
        """Of the last period; one, or one for each draw."""
        before, last = self.shares[..., -2], self.shares[..., -1]
        return np.asarray(1.0 - np.divide(last, before, out=np.zeros_like(last), where=before > 0.0))

    @property
    def churn(self) -> NumberLike:
        """The last churn as an argument: one, a column or draws."""
        return Draws.of(self.last_churn) if self.drawn else self.last_churn

    def beside(self, columns: Array) -> Curve:
        """For arrays: with an axis for columns behind that of the draws, where `columns` have it."""
        return Curve(self.shares[:, None] if columns.ndim > self.last_churn.ndim else self.shares)

    def with_hazard(self, ratio: NumberLike) -> Curve:
        """S(t)^HR: that of customers whose hazard is so many times as large."""
        return Curve(self.shares ** np.asarray(ratio, np.float64)[..., None])

    def elastic(self) -> Array:
        """Percent of S(k) per percent of churn in every period: −Σ_{j<k} cⱼ/(1−cⱼ)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = 1.0 - self.shares[..., :-1] / self.shares[..., 1:]
        gone = np.cumsum(np.where(self.shares[..., 1:] > 0.0, steps, 0.0), axis=-1)
        return np.concatenate([np.zeros_like(gone[..., :1]), gone], axis=-1)


def curve_of(
    argument: str,
    given: Survival | Curve,
    discount_rate: NumberLike,
    growth: NumberLike = 0.0,
    horizon: NumberLike = math.inf,
    period: Unit | None = None,
) -> Curve:
    """The curve that stands for a churn: of a function, a model with its draws, or its fit.

    Without a horizon as many periods as change a discounted sum, also where the hazard falls to a quarter.
    Raises `InputError` for a curve that does not begin with 1 or rises, and one whose sum has no end.
    """
    if isinstance(given, Curve):
        return given
    function = survival_function(given)
    if function is None:
        raise _no_curve(argument, given)
    step = _step(given, period)
    each = parameter_shape(given)
    # a fit's draws have an axis of their own, (draws, 1); parameters of each customer or segment have not
    drawn = each[1:] == (1,)
    times = (-1,) if drawn else (-1,) + (1,) * len(each)
    draws = each[:1] if drawn else each
    count = int(np.prod(draws, dtype=int))

    def shares(n: int) -> Array:
        curve = np.asarray(PROBABILITY.check(argument, function(step * np.arange(n + 1.0).reshape(times))))
        curve = np.moveaxis(curve, 0, -1) if len(times) > 1 else curve
        if curve.shape != (*draws, n + 1) or curve.ndim > 2:
            rule = f"must give one share at each of {n + 1:,} times"
            way_out = "Ask once for each customer, with .customer(row) where curves come in rows."
            raise InputError("wrong-shape", argument, f"shape {curve.shape}", rule, way_out)
        _check_shape(curve, argument)
        return np.where(curve < _NOBODY, 0.0, curve)

    end = float(np.max(ENDLESS.uncertain("horizon", horizon), initial=1.0))
    if end * count <= _MOST:
        return Curve(shares(math.ceil(end)), drawn)
    d, g = (
        np.asarray(GROWTH.uncertain(n, v)) for n, v in (("discount_rate", discount_rate), ("growth", growth))
    )
    rate = float(np.min((1.0 + d) / (1.0 + g) - 1.0, initial=1.0))  # at most 1, which makes the bound safer
    # doubled: at most twice the periods that were needed, and no guess of the curve's length
    n = 1024
    while n * count <= _MOST:
        if _no_longer_counts(curve := shares(n), rate):
            return Curve(curve, drawn)
        n *= 2
    rule = "must outrun the growth where all payments of a curve without end are counted"
    if rate > 0.0:
        rule = f"leaves payments after {counted(n // 2, 'period')} that still count"
    way_out = "Say how many payments to count, for example horizon=120, or discount more."
    raise InputError("infinite-value", "discount_rate", float(d.min()), rule, way_out)


def _step(given: Survival, period: Unit | None) -> float:
    """A period in the unit of the model: a month is 4.35 of its weeks."""
    unit = getattr(model_of(given), "unit", None)
    return units_in(unit, period) if period and unit else 1.0


def _no_longer_counts(curve: Array, rate: float) -> bool:
    """Whether all that follows is lost in rounding, also where the hazard is a quarter of this curve's."""
    rest = float(np.max(curve[..., -1], initial=0.0)) ** 0.25
    if rest == 0.0 or rate <= 0.0:
        return rest == 0.0
    v = (1.0 + rate) ** -np.arange(float(curve.shape[-1]))
    # who is left pays for ever at most: below half a rounding of the sum that changes no digit
    total = float(np.min((curve * v)[..., 1:].sum(axis=-1)))
    return rest * float(v[-1]) * (1.0 + rate) / rate <= _ROUNDING * total


def survival_function(survival: Survival) -> Callable[[Array], NumberLike] | None:
    """What gives S at an array of times: a function, or the method of a model, of a fit's too; else None."""
    meant = model_of(survival)
    function = meant if callable(meant) else getattr(meant, "survival", None)
    return function if callable(function) else None


@dataclass(frozen=True, slots=True)
class CurveOf:
    """A function of time that is made of a survival curve, and of draws of a model as of each of them.

    So it goes wherever those draws go.
    """

    survival: Any

    @property
    def parameters(self) -> dict[str, Real]:
        """Those of the model, whose shape says whether they are draws; none of a curve from elsewhere."""
        found: object = getattr(model_of(self.survival), "parameters", None)
        return cast("dict[str, Real]", found) if isinstance(found, dict) else {}

    def of_draw(self, place: int) -> Self:
        """The curve made of one draw."""
        return replace(self, survival=self.survival.of_draw(place))

    def thinned(self, n: int) -> Self:
        """The curves made of `n` of a posterior's draws."""
        return replace(self, survival=self.survival.thinned(n))

    def shares(self, t: Array) -> Array:
        """S of the curve within, checked; (draws, times) of draws."""
        function = survival_function(self.survival)
        assert function is not None
        return np.asarray(PROBABILITY.check("survival", function(t)))


def is_curve(given: object) -> bool:
    """Whether what is given for a churn is a survival curve, and no number."""
    return isinstance(given, Curve) or survival_function(given) is not None


def refuse_curve(argument: str, given: object, way_out: str) -> None:
    """A sentence where a formula holds for a churn that never changes, and a curve or a model is given."""
    if is_curve(given):
        rule = (
            "must be one number here, not a survival curve: the formula holds for a churn that never changes"
        )
        raise InputError("not-a-number", argument, given, rule, way_out)


def survival_curve(survival: Survival, horizon: int | None, period: Unit | None = None) -> Array:
    """S(0), …, S(n) as a checked float64 array: all of a column, or `horizon` periods of either kind."""
    horizon = None if horizon is None else whole("horizon", horizon)
    refuse_many("survival", survival)  # customers and times would be matched entry by entry
    function = survival_function(survival)
    # one call with all times: a fitted model answers a column in the time of one number
    times = _step(survival, period) * np.arange(float(horizon or HORIZON) + 1.0)
    given = survival if function is None else function(times)
    curve = np.asarray(PROBABILITY.check("survival", given))
    if curve.ndim != 1 or curve.size < 2:
        raise _no_curve("survival", survival)
    _check_shape(curve)
    if horizon is None or horizon + 1 == curve.size:
        return curve
    if horizon >= curve.size:
        rule = f"must reach as far as horizon={horizon}"
        way_out = "Give a longer curve, or a model's survival function."
        raise InputError("too-few", "survival", counted(curve.size - 1, "period"), rule, way_out)
    return curve[: horizon + 1]


def _no_curve(argument: str, given: object) -> InputError:
    rule = "must be one column S(0), S(1), … of two or more shares, or give one at an array of times"
    way_out = "For a constant churn of 5%, write survival=lambda t: 0.95**t."
    return InputError("not-a-curve", argument, given, rule, way_out)


def whole(argument: str, value: NumberLike) -> int:
    """A positive whole number."""
    number = np.asarray(POSITIVE.check(argument, value))
    if number.ndim or number != np.rint(number):
        way_out = "Payments come whole."
        raise InputError("not-whole", argument, value, "must be a whole number of periods", way_out)
    return int(number)


def _check_shape(curve: Array, argument: str = "survival") -> None:
    # exactly: a curve that starts at S(1) would shift every payment by a period, and look right
    if np.any(curve[..., 0] != 1.0):
        rule = "must begin with S(0) = 1: everyone is there at the start"
        way_out = "Put 1.0 in front of S(1), S(2), …, or divide by the number of customers at the start."
        raise InputError("not-a-curve", argument, float(curve[..., 0].min()), rule, way_out)
    rising = np.diff(curve, prepend=curve[..., :1]) > 8.0 * np.finfo(np.float64).eps  # more than rounding
    rule = "must never rise: who has left does not count again"
    way_out = "Give survival, not retention rates; np.minimum.accumulate smooths sampling noise."
    refuse_where(rising, "not-a-curve", argument, curve, rule, way_out)


def paid_by(curve: Array, timing: Timing) -> Array:
    """The share of customers that makes the payment of period 0, 1, …: who began it, or stayed through it."""
    return curve[..., 1:] if timing == "end-if-retained" else curve[..., :-1]
