"""Churn, retention, hazard, half-life and expected lifetime: five ways to say one constant speed of loss.

With churn c per period: retention r = 1 − c, hazard μ = −ln r, half-life ln 2/μ, and an expected lifetime
that depends on what is counted (`Counted`): 1/c periods are started, (1−c)/c are completed, and a customer
who may leave at any moment stays 1/μ. At 5% churn these are 20, 19 and 19.496 periods.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import PLAIN, SameKind, columns, plain_first
from retainkit.domains import ENDLESS, ENDLESS_FROM_1, PROBABILITY, SHARE_BELOW_1, Domain
from retainkit.errors import InputError, not_one_of, unknown_choice
from retainkit.typing import Array, Foreign, NumberLike, NumberOf, Same, Unit
from retainkit.units import UNITS, check_unit, units_in

Counted: TypeAlias = Literal["started", "completed", "continuous"]
"""What an expected lifetime counts: periods begun (1/c: the payments of a customer who pays at the begin),
periods completed ((1−c)/c: payments at the end, if retained), or time itself (1/μ)."""

_LN2 = math.log(2.0)


_DOMAINS: dict[str, Domain] = {
    "churn": PROBABILITY,
    "retention": PROBABILITY,
    "hazard": ENDLESS,  # inf: everyone leaves at once
    "half_life": ENDLESS,
    "expected_lifetime": ENDLESS,
}


_STARTED = replace(ENDLESS_FROM_1, rule="must be 1 or more: every customer starts at least one period")


class _OneNumber:
    """The functions that the formulas need, for a float."""

    exp, expm1 = math.exp, math.expm1

    @staticmethod
    def over(a: float, b: float) -> float:
        return a / b if b else math.inf

    @staticmethod
    def force(c: float, r: float) -> float:
        # ln r from c while c is small, from r while r is: each has the digits there
        if r >= 0.5:
            return abs(math.log1p(-c))  # ln 1 would be -0.0
        return -math.log(r) if r else math.inf

    @staticmethod
    def completed(c: float, r: float) -> float:
        # r/c or 1/c − 1: the one that subtracts nothing from its like
        if c >= 0.5:
            return r / c
        return 1.0 / c - 1.0 if c else math.inf


class _Column:
    """The same for an array."""

    exp, expm1, over = np.exp, np.expm1, np.divide

    @staticmethod
    def force(c: Array, r: Array) -> Array:
        # both branches are computed and the right one taken: a column has no if
        return np.abs(np.where(r >= 0.5, np.log1p(-c), np.log(r)))

    @staticmethod
    def completed(c: Array, r: Array) -> Array:
        return np.where(c >= 0.5, r / c, 1.0 / c - 1.0)


def _other_share(share: float) -> float:
    return 1.0 - share


def _force(churn: float) -> float:
    return _OneNumber.force(churn, 1.0 - churn)


def _half_life(churn: float) -> float:
    return _OneNumber.over(_LN2, _OneNumber.force(churn, 1.0 - churn))


def _started(churn: float) -> float:
    return _OneNumber.over(1.0, churn)


def _converted(churn: float, per: Unit, to: Unit) -> float:
    # through the force of loss: the share kept compounds, the share lost does not
    return float(churn) if per == to else -math.expm1(math.log1p(-churn) * units_in(per, to))


@plain_first(_other_share, retention=PROBABILITY, counted=("started",))
def churn_from(
    *,
    retention: NumberOf[Same] | None = None,
    hazard: NumberOf[Same] | None = None,
    half_life: NumberOf[Same] | None = None,
    expected_lifetime: NumberOf[Same] | None = None,
    counted: Counted = "started",
) -> Same:
    """The share of customers lost per period, from any one of its other names.

    Answers in the kind of the argument. Raises `InputError` unless exactly one is given, and for values
    outside their domain.

    Parameters
    ----------
    retention : number or column in [0, 1]
        Share kept per period.
    hazard : number or column, per period, 0 or more
        Force of loss −ln(retention); ``inf`` where everyone leaves at once.
    half_life : number or column, periods
        Time until half are gone; ``inf`` where nobody leaves.
    expected_lifetime : number or column, periods
        Mean lifetime, 1 or more where periods started are counted.
    counted : {"started", "completed", "continuous"}
        What `expected_lifetime` counts; see `Counted`.

    Examples
    --------
    >>> churn_from(expected_lifetime=20)
    0.05
    >>> round(churn_from(half_life=13.51), 6)
    0.050012
    """
    return _convert(
        "churn",
        counted,
        retention=retention,
        hazard=hazard,
        half_life=half_life,
        expected_lifetime=expected_lifetime,
    )


@plain_first(_other_share, churn=PROBABILITY, counted=("started",))
def retention_from(
    *,
    churn: NumberOf[Same] | None = None,
    hazard: NumberOf[Same] | None = None,
    half_life: NumberOf[Same] | None = None,
    expected_lifetime: NumberOf[Same] | None = None,
    counted: Counted = "started",
) -> Same:
    """The share of customers kept per period; arguments and errors as `churn_from`.

    >>> retention_from(churn=0.05)
    0.95
    """
    return _convert(
        "retention",
        counted,
        churn=churn,
        hazard=hazard,
        half_life=half_life,
        expected_lifetime=expected_lifetime,
    )


@plain_first(_force, churn=PROBABILITY, counted=("started",))
def hazard_from(
    *,
    churn: NumberOf[Same] | None = None,
    retention: NumberOf[Same] | None = None,
    half_life: NumberOf[Same] | None = None,
    expected_lifetime: NumberOf[Same] | None = None,
    counted: Counted = "started",
) -> Same:
    """The force of loss −ln(retention) per period; arguments and errors as `churn_from`.

    >>> round(hazard_from(churn=0.05), 6)
    0.051293
    """
    return _convert(
        "hazard",
        counted,
        churn=churn,
        retention=retention,
        half_life=half_life,
        expected_lifetime=expected_lifetime,
    )


@plain_first(_half_life, churn=PROBABILITY, counted=("started",))
def half_life_from(
    *,
    churn: NumberOf[Same] | None = None,
    retention: NumberOf[Same] | None = None,
    hazard: NumberOf[Same] | None = None,
    expected_lifetime: NumberOf[Same] | None = None,
    counted: Counted = "started",
) -> Same:
    """Periods until half of the customers are gone, ``inf`` without loss; else as `churn_from`.

    >>> round(half_life_from(churn=0.05), 4)
    13.5134
    """
    return _convert(
        "half_life",
        counted,
        churn=churn,
        retention=retention,
        hazard=hazard,
        expected_lifetime=expected_lifetime,
    )


@plain_first(_started, churn=PROBABILITY, counted=("started",))
def expected_lifetime_from(
    *,
    churn: NumberOf[Same] | None = None,
    retention: NumberOf[Same] | None = None,
    hazard: NumberOf[Same] | None = None,
    half_life: NumberOf[Same] | None = None,
    counted: Counted = "started",
) -> Same:
    """The mean number of periods that a customer stays, ``inf`` without loss; else as `churn_from`.

    >>> expected_lifetime_from(churn=[0.05, 0.1]), expected_lifetime_from(churn=0.05, counted="completed")
    (array([20., 10.]), 19.0)
    """
    return _convert(
        "expected_lifetime", counted, churn=churn, retention=retention, hazard=hazard, half_life=half_life
    )


@plain_first(_converted, churn=SHARE_BELOW_1, per=UNITS, to=UNITS)
def convert_churn(churn: NumberOf[Same], *, per: Unit, to: Unit) -> Same:
    """Churn per one period as churn per another: 5% a month are 45.96% a year, not 60%.

    1 − (1 − c)^k with k periods of `per` in one of `to`. For a single rate, `Rate` does the same.

    Gives churn per `to`. Raises `InputError` for a share outside [0, 1] or an unknown unit.

    Parameters
    ----------
    churn : number or column in [0, 1], per `per`
    per, to : {"day", "week", "month", "quarter", "year"}

    Examples
    --------
    >>> round(convert_churn(0.05, per="month", to="year"), 6)
    0.45964
    """
    (c,), back = columns(churn=(churn, PROBABILITY))
    periods = units_in(check_unit("per", per), check_unit("to", to))
    with np.errstate(divide="ignore"):  # everyone gone is a force without end
        return back(c if per == to else abs(np.expm1(np.log1p(-c) * periods)))  # abs: −expm1(0) is −0.0


def _convert(wanted: str, counted: Counted, **given: NumberLike) -> SameKind:
    name, value = "", None
    for name_, value_ in given.items():
        if value_ is not None:
            if name:
                raise _not_one(list(given), f"both {name} and {name_}")
            name, value = name_, value_
    if not name:
        raise _not_one(list(given), "none of them")
    if counted not in ("started", "completed", "continuous"):
        raise unknown_choice("counted", counted, get_args(Counted))
    # a lifetime of ½ is possible if completed periods or time count, not if started ones do
    lifetime = name == "expected_lifetime"
    domain = _STARTED if lifetime and counted == "started" else _DOMAINS[name]
    if type(value) in PLAIN and domain.contains(value):
        return _of_shares(_OneNumber, wanted, counted, *_shares(_OneNumber, name, counted, value))
    (v,), back = columns(**{name: (value, domain)})
    with np.errstate(divide="ignore"):  # n/0 and ln 0 are endless here, as in `_OneNumber`
        return back(_of_shares(_Column, wanted, counted, *_shares(_Column, name, counted, v)))


def _not_one(choices: list[str], given: str) -> InputError:
    way_out = "Say what you know by its name, for example churn_from(retention=0.95)."
    return not_one_of(" / ".join(choices), given, way_out)


def _shares(xp: Foreign, name: str, counted: Counted, v: NumberLike) -> tuple[NumberLike, NumberLike]:
    """Shares lost and kept: both, since the smaller one carries the digits."""
    if name == "churn":
        return v, 1.0 - v
    if name == "retention":
        return 1.0 - v, v
    if name == "expected_lifetime" and counted != "continuous":
        # who completes n periods started n + 1: the last one is not completed
        started = v if counted == "started" else v + 1.0
        return 1.0 / started, 1.0 - 1.0 / started
    # half of the customers after h: e^(−μh) = ½
    force = v if name == "hazard" else xp.over(_LN2 if name == "half_life" else 1.0, v)
    return abs(xp.expm1(-force)), xp.exp(-force)


def _of_shares(xp: Foreign, wanted: str, counted: Counted, c: NumberLike, r: NumberLike) -> NumberLike:
    if wanted == "churn":
        return c
    if wanted == "retention":
        return r
    if wanted == "expected_lifetime" and counted != "continuous":
        return xp.over(1.0, c) if counted == "started" else xp.completed(c, r)
    force = xp.force(c, r)
    if wanted == "hazard":
        return force
    return xp.over(_LN2 if wanted == "half_life" else 1.0, force)
