"""What a faster response is worth: response time → hazard of leaving → value of a customer.

How strongly customers leave because they wait is different in every trade, so nothing here has a default: the
caller gives an elasticity (the hazard ratio is (t₁/t₀)^ε: with ε = .1 a response in half the time takes 6.7%
off the hazard) or a curve of measured points. Both should come from an experiment or from data in which
those who waited longer are otherwise alike; customers with hard problems wait longer *and* leave more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns, labels_of
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.service.effects import ElasticEffect
from retainkit.decisions.service.hazard import HazardChange, refuse_endless
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL
from retainkit.errors import InputError, first_offender, not_one_of, refuse_where
from retainkit.records import Record, must_be
from retainkit.timing import FlowTiming
from retainkit.typing import NumberLike, NumberOf, RateLike, Real, Same, Unit


@dataclass(frozen=True, eq=False)
class ResponseTimeCurve(Record):
    """Measured points of how strongly customers leave, by how long they wait for a response.

    Between the points the logarithm of the hazard is a straight line; beyond them nothing is said.

    Raises `InputError` for fewer than two points, times that do not rise, and values outside their domain.

    Parameters
    ----------
    times : column, 0 or more, rising
        Response times, in any unit.
    relative_hazard : column, above 0, as long
        Hazard at these times, relative to any one level: only ratios count.

    Examples
    --------
    >>> curve = ResponseTimeCurve([0, 4, 24], [0.8, 1.0, 1.6])
    >>> round(curve.hazard_ratio(4, before=24), 6)
    0.625
    """

    times: NumberLike
    relative_hazard: NumberLike

    def __post_init__(self) -> None:
        labels_of(times=self.times, relative_hazard=self.relative_hazard)
        t = np.asarray(NOT_NEGATIVE.check("times", self.times))
        h = np.asarray(POSITIVE.check("relative_hazard", self.relative_hazard))
        # one point has no slope: nothing would be said of any other response time
        if t.ndim != 1 or t.size < 2 or t.shape != h.shape:
            shown = f"shapes {t.shape} and {h.shape}"
            rule = "must be two columns of the same two or more points"
            way_out = "Give one hazard for each response time."
            raise InputError("wrong-shape", "times, relative_hazard", shown, rule, way_out)
        if np.any(np.diff(t) <= 0.0):
            shown = first_offender(t, np.diff(t, prepend=-1.0) <= 0.0)
            way_out = "Sort the points by time and give each time once."
            raise InputError("not-ascending", "times", shown, "must rise from point to point", way_out)
        object.__setattr__(self, "times", t)
        object.__setattr__(self, "relative_hazard", h)

    def __str__(self) -> str:
        points = ", ".join(f"{t:g}: {h:g}" for t, h in zip(self.times, self.relative_hazard, strict=True))
        return f"Relative hazard of leaving by response time: {points}."

    def hazard_ratio(self, after: NumberLike, *, before: NumberLike) -> SameKind:
        """Hazard at the new response time over that at the old one.

        Raises
        ------
        InputError
            For times outside those measured: a curve is not continued beyond its points.
        """
        (t1, t0), back = columns(after=(after, NOT_NEGATIVE), before=(before, NOT_NEGATIVE))
        # beyond the points the curve would be an opinion
        for name, t in (("after", t1), ("before", t0)):
            outside = (t < self.times[0]) | (t > self.times[-1])
            rule = f"must lie between the measured {self.times[0]:g} and {self.times[-1]:g}"
            way_out = "Measure there, or give an elasticity."
            refuse_where(outside, "outside-the-curve", name, t, rule, way_out)
        # hazards compare by ratio: between two points the ratio, not the difference, changes evenly
        logs = np.log(np.asarray(self.relative_hazard))
        return back(np.exp(np.interp(t1, self.times, logs) - np.interp(t0, self.times, logs)))


def hazard_ratio_of_response_time(
    after: NumberOf[Same], *, before: NumberOf[Same], elasticity: NumberOf[Same]
) -> Same:
    """The hazard ratio of a response time that changes, by an elasticity: (after/before)^elasticity.

    Parameters
    ----------
    after, before : number or column, above 0, in the same unit
    elasticity : number or column
        Percent of hazard per percent of response time; above 0 if waiting drives customers away. It is
        the caller's: there is no such thing as the usual one.

    Examples
    --------
    >>> round(hazard_ratio_of_response_time(4, before=8, elasticity=0.1), 6)
    0.933033
    """
    (t1, t0, e), back = columns(
        after=(after, POSITIVE), before=(before, POSITIVE), elasticity=(elasticity, REAL)
    )
    return back(ElasticEffect(t0, t1, e).factor)


@dataclass(frozen=True, eq=False, kw_only=True)
class FasterResponseInputs(HazardChange):
    """What a faster response rests on, where an elasticity says how strongly customers react."""

    response_time: Real = assumed(POSITIVE, "now")
    response_time_after: Real = assumed(POSITIVE, "then")
    elasticity: Real = assumed(REAL, "percent of hazard per percent of response time")

    def ratio(self) -> Real:
        return ElasticEffect(self.response_time, self.response_time_after, self.elasticity).factor


@dataclass(frozen=True, eq=False, kw_only=True)
class FasterResponseOnCurveInputs(HazardChange):
    """What a faster response rests on, where measured points say how strongly customers react."""

    response_time: Real = assumed(POSITIVE, "now")
    response_time_after: Real = assumed(POSITIVE, "then")
    curve: ResponseTimeCurve = setting()

    def ratio(self) -> Real:
        return self.curve.hazard_ratio(self.response_time_after, before=self.response_time)


@dataclass(frozen=True, eq=False, kw_only=True)
class FasterResponse(Decision):
    """Whether a faster response pays; made by `faster_response`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Of all customers together, less all costs.
    hazard_ratio : float or Draws
    value_before, value_after : float or Draws, money of now per customer
        After: less what the faster response costs per period.
    worth_per_unit_of_time : float or Draws, money of now
        What each unit of time taken off the response adds over all customers, before any cost.
    """

    inputs: FasterResponseInputs | FasterResponseOnCurveInputs
    hazard_ratio: Real
    value_before: Real
    value_after: Real
    worth_per_unit_of_time: Real

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all; the hazard of leaving is multiplied by "
            f"{mean(self.hazard_ratio):.4g}, and a customer is worth {shown(self.value_after)} instead of "
            f"{shown(self.value_before)}. Each unit of time is worth {shown(self.worth_per_unit_of_time)} "
            "before costs."
        )


@one_a_row()
def faster_response(
    margin_per_period: NumberLike,
    *,
    response_time: NumberLike,
    response_time_after: NumberLike,
    elasticity: NumberLike = None,
    curve: ResponseTimeCurve | None = None,
    churn: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    customers: NumberLike = 1.0,
    cost_per_period: NumberLike = 0.0,
    cost: NumberLike = 0.0,
    period: Unit | None = None,
) -> FasterResponse:
    """What a faster response is worth, and whether it is worth what it costs.

    Gain = customers·(V(m − k, churn') − V(m, churn)) − cost, 1 − churn' = (1 − churn)^HR and HR from the
    elasticity, (t₁/t₀)^ε, or from the curve.

    Raises `InputError` for values outside their domain, times outside of the curve, elasticity and curve
    together or neither, and where a value has no end.

    Parameters
    ----------
    response_time, response_time_after : number or Draws, above 0
        Now and then, in the same unit, whatever it is.
    elasticity : number or Draws
        Percent of hazard per percent of response time. Exactly one of elasticity and curve.
    curve : ResponseTimeCurve
    margin_per_period, churn, discount_rate, timing, customers, cost_per_period, cost, period
        As `service_change`.

    Returns
    -------
    FasterResponse
        Its assumptions say from which elasticity on it pays.

    Examples
    --------
    >>> answer = faster_response(50, response_time=8, response_time_after=2, elasticity=0.1, churn=0.05,
    ...     discount_rate=0.01, timing="end", customers=1000, cost_per_period=2, cost=10_000)
    >>> round(answer.hazard_ratio, 4), round(answer.gain), answer.worth_it
    (0.8706, 51002, True)
    >>> {a.name: round(a.turning_point, 4) for a in answer.assumptions}["elasticity"]
    0.0471
    """
    must_be(ResponseTimeCurve | None, curve=curve)
    if (elasticity is None) == (curve is None):
        given = "none of them" if curve is None else "both"
        way_out = "Give elasticity=…, percent of hazard per percent of time, or a ResponseTimeCurve."
        raise not_one_of("elasticity / curve", given, way_out)
    # a curve has no one number that could be searched: its points are measured
    x = (FasterResponseInputs if curve is None else FasterResponseOnCurveInputs).read(locals())
    ratio = x.ratio()
    before, after = x.annuities()
    refuse_endless(before, after)
    value_before, value_after = x.values()
    saved = np.subtract(x.response_time, x.response_time_after)
    with np.errstate(divide="ignore", invalid="ignore"):
        # before what it costs: a unit of time is worth this whoever saves it
        each = x.customers * x.margin_per_period * np.subtract(after, before) / saved
    return FasterResponse(
        gain=x.gain(),
        inputs=x,
        hazard_ratio=ratio,
        value_before=value_before,
        value_after=value_after,
        # a response as fast as before saves nothing
        worth_per_unit_of_time=np.where(saved == 0.0, 0.0, each),
    )
