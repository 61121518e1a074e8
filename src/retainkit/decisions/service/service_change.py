"""What better service is worth when it makes customers leave less often: proportional hazards in money.

A change of service multiplies the hazard, the speed at which customers leave, by a hazard ratio HR: .8 is a
fifth less at every moment. Whatever the survival curve S(t) was, it becomes S(t)^HR (Cox, D. R. 1972,
"Regression models and life-tables", Journal of the Royal Statistical Society B 34(2), 187-220). With a
constant hazard μ and a force of discount δ, a margin that flows all the time is worth (μ+δ)/(μ·HR+δ) times as
much: the more customers leave and the less is discounted, the more is to be had.

The ratio is the caller's: from an experiment, a comparison of cohorts or a fitted covariate. For renewals in
whole periods it is the ratio of ln(1 − churn), not of churn itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.old_decision import (
    AbstractDecision,
    Input,
    given,
    number,
    turning_points,
    values_of,
)
from retainkit.decisions.service.hazard import PER_PERIOD, refuse_endless, value_with
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.rates import as_loss, in_period
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import NumberLike, Plain, RateLike, Real, Unit


def service_value_ratio(
    hazard_ratio: NumberLike,
    *,
    churn: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
) -> SameKind:
    """How many times as much a customer is worth once the hazard of leaving is `hazard_ratio` times as large.

    With ``timing="continuous"`` it is (μ+δ)/(μ·HR+δ), μ = −ln(1−churn), δ = ln(1+discount_rate); else the
    ratio of the lifetime values with churn 1−(1−churn)^HR and churn.

    Parameters
    ----------
    hazard_ratio : number or column, above 0
        0.8 for a fifth less; above 1 for service that gets worse.
    churn : number or column in [0, 1], or Rate
        Before the change. ``Rate(0.05, per="month", kind="continuous")`` is a hazard of .05.
    discount_rate : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        As `lifetime_value`.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series

    Raises
    ------
    InputError
        For values outside their domain, and where a value has no end.

    Examples
    --------
    >>> from retainkit.economics import Rate
    >>> hazard = Rate(0.05, per="month", kind="continuous")
    >>> force = Rate(0.01, per="month", kind="continuous")
    >>> rates = dict(churn=hazard, discount_rate=force, timing="continuous", period="month")
    >>> round(service_value_ratio(0.8, **rates), 6)
    1.2
    """
    check_flow(timing)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (ratio, c, d), back = columns(
        hazard_ratio=(hazard_ratio, POSITIVE),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
    )
    before, after = (value_with(1.0, c, d, timing, x) for x in (1.0, ratio))
    refuse_endless(before, after)
    return back(np.asarray(after) / before)


@dataclass(frozen=True, eq=False, kw_only=True)
class ServiceChange(AbstractDecision):
    """Whether a change of service pays; made by `service_change` and `service_change_on_curve`.

    Attributes
    ----------
    gain : float or (draws,), money of now
        Of all customers together, less all costs.
    value_before, value_after : float or (draws,), money of now per customer
        After: with the new hazard and less what the service costs per period.
    break_even_cost_per_period : float or (draws,), money per customer and period
        The most that the service may cost, while the customer is there, besides what it costs once.
    """

    value_before: Real
    value_after: Real
    break_even_cost_per_period: Real

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"{shown(self.gain)} in all; a customer is worth {shown(self.value_after)} instead of "
            f"{shown(self.value_before)}. The service may cost up to "
            f"{shown(self.break_even_cost_per_period)} per customer and period."
        )


def service_change(
    margin_per_period: NumberLike,
    *,
    hazard_ratio: NumberLike,
    churn: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    cost_per_period: NumberLike = 0.0,
    cost: NumberLike = 0.0,
    customers: NumberLike = 1.0,
    period: Unit | None = None,
) -> ServiceChange:
    """Whether better service that makes customers leave less often is worth what it costs.

    Gain = customers·(V(m − k, churn') − V(m, churn)) − cost with 1 − churn' = (1 − churn)^HR.

    Parameters
    ----------
    margin_per_period : number or draws, money
        Before the cost of the change.
    hazard_ratio : number or draws, above 0
        How many times as large the hazard becomes; draws from the posterior or sampling distribution of its
        estimate carry its uncertainty into the gain.
    churn : number or draws in [0, 1], or Rate
        Before the change.
    discount_rate : number or draws > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        As `lifetime_value`.
    cost_per_period : number or draws, money per customer and period
        k, paid when the margin is, while the customer is there.
    cost : number or draws, money, once, for all customers together
    customers : number or draws, 0 or more
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    ServiceChange

    Raises
    ------
    InputError
        For values outside their domain, and where a value has no end.

    Examples
    --------
    >>> rates = dict(churn=0.05, discount_rate=0.01, timing="end")
    >>> better = service_change(50, hazard_ratio=0.8, **rates, cost_per_period=3, cost=20_000, customers=1000)
    >>> print(better)
    Worth it: 82,844.93 in all; a customer is worth 936.18 instead of 833.33. The service may cost up to
    7.16 per customer and period.
    assumed            value    turns at  what it is
    margin_per_period     50     24.5251  before the cost of the change
    hazard_ratio         0.8    0.899255  new hazard over old
    churn               0.05  0.00489146  share lost per period before
    discount_rate       0.01   0.0513739  per period
    cost_per_period        3     7.15916  per customer, while there
    cost               20000      102845  once, in all
    customers           1000     194.468  who get the service
    """
    check_flow(timing)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    inputs = given(
        margin_per_period=(margin_per_period, REAL, "before the cost of the change"),
        hazard_ratio=(hazard_ratio, POSITIVE, "new hazard over old"),
        churn=(churn, PROBABILITY, "share lost per period before"),
        discount_rate=(discount_rate, GROWTH, PER_PERIOD),
        cost_per_period=(cost_per_period, NOT_NEGATIVE, "per customer, while there"),
        cost=(cost, NOT_NEGATIVE, "once, in all"),
        customers=(customers, NOT_NEGATIVE, "who get the service"),
    )

    def worth(x: Mapping[str, NumberLike]) -> tuple[NumberLike, NumberLike]:
        """One unit of margin, before and after."""
        c, d, ratio = x["churn"], x["discount_rate"], x["hazard_ratio"]
        return value_with(1.0, c, d, timing), value_with(1.0, c, d, timing, ratio)

    return decided(inputs, worth)


def decided(
    inputs: Mapping[str, Input], worth: Callable[[Plain], tuple[NumberLike, NumberLike]]
) -> ServiceChange:
    """The record, from what one unit of margin is worth before and after."""

    def gain(**x: NumberLike) -> NumberLike:
        before, after = worth(x)
        m, k = x["margin_per_period"], x["cost_per_period"]
        return x["customers"] * ((m - k) * after - m * before) - x["cost"]

    x = values_of(inputs)
    before, after = (np.asarray(w) for w in worth(x))
    refuse_endless(before, after)
    m = np.asarray(x["margin_per_period"])
    with np.errstate(divide="ignore", invalid="ignore"):
        once = np.where(np.asarray(x["cost"]) == 0.0, 0.0, x["cost"] / np.asarray(x["customers"]))
    return ServiceChange(
        gain=number(gain(**x)),
        assumptions=turning_points(gain, inputs),
        value_before=number(m * before),
        value_after=number((m - x["cost_per_period"]) * after),
        break_even_cost_per_period=number(m - (m * before + once) / after),
    )
