"""By how many percent the value of a customer changes when something else changes by one percent.

With z = r(1+g)/(1+d) the value is m·w·v^delay·Σ_{k<n} zᵏ, so that two numbers say everything: the mean number
of periods by which a payment comes after the first one, weighted by what it is worth,

    D = Σ k·zᵏ/Σ zᵏ = z/(1−z) − n·zⁿ/(1−zⁿ),      the duration = delay + D

of bond mathematics (Macaulay 1938). The elasticity to retention is D, and 1 + D where the first payment,
too, is made by those who stayed; to the discount rate it is −d/(1+d)·duration; to the margin it is 1.
Net of an acquisition cost C every one of them is V/(V−C) times as large, and that to C is −C/(V−C).

Gupta, S., Lehmann, D. R. and Stuart, J. A. (2004), doi:10.1509/jmkr.41.1.7.25084, compare them: retention
before margin before acquisition cost, in their five firms. An elasticity says nothing of what a change costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import Back, SameKind
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.economics.formulas.perpetuity import Terms, refuse_infinite, terms
from retainkit.errors import refuse_where, unknown_choice
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.timing import DELAY, FlowTiming, check_flow
from retainkit.typing import Array, NumberLike, RateLike, Unit

Undefined: TypeAlias = Literal["raise", "nan"]
"""What happens where the value has no end, and so no elasticity."""


@dataclass(frozen=True, eq=False)
class Elasticities(Record):
    """Percent by which a customer's value changes per percent of each cause; made by `elasticities`.

    Attributes
    ----------
    retention, margin, discount_rate, acquisition_cost : float, ndarray or Series
        −0.2 to the discount rate: a rate one percent higher (10.1% for 10%) takes 0.2% off the value.
    duration : float, ndarray or Series
        Mean time of the payments, weighted by present value, in periods.
    """

    retention: SameKind
    margin: SameKind
    discount_rate: SameKind
    acquisition_cost: SameKind
    duration: SameKind

    def __str__(self) -> str:
        parts = (f"{k.replace('_', ' ')} {v:+.4g}" for k, v in self.as_dict().items() if isinstance(v, float))
        shown = [part for part in parts if not part.startswith("duration")]
        if not shown:
            return f"Elasticities of {counted(np.size(self.retention), 'customer value')}."
        return f"One percent more of each changes the value by these percents: {', '.join(shown)}."


def elasticities(
    margin_per_period: NumberLike,
    *,
    churn: RateLike = None,
    retention: RateLike = None,
    discount_rate: RateLike,
    timing: FlowTiming,
    growth: RateLike = 0.0,
    horizon: NumberLike = inf,
    acquisition_cost: NumberLike = 0.0,
    undefined: Undefined = "raise",
    period: Unit | None = None,
) -> Elasticities:
    """The elasticities of a customer's value to retention, margin, discount rate and acquisition cost.

    The value is `lifetime_value` of the same arguments, less the acquisition cost; for the residual value
    of a customer who is there already, take ``timing="end-if-retained"``.

    Raises `InputError` as `lifetime_value`, and for values without end unless ``undefined="nan"``.

    Parameters
    ----------
    margin_per_period : number or column, money per period
        It matters only beside an acquisition cost.
    churn, retention : number or column in [0, 1], or Rate
        Exactly one of the two.
    discount_rate, growth : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
    horizon : number or column, above 0
        How many payments (or, if continuous, how much time) count; all by default.
    acquisition_cost : number or column, money, 0 or more
        With 0 the elasticities are those of the value itself. Where the value is just as large, they are
        infinite: any change is infinitely many percent of nothing. Where it is smaller, they are percents
        of a loss, and have the other sign.
    undefined : {"raise", "nan"}
        What to answer where the value has no end, and so no elasticity.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> e = elasticities(100, retention=0.8, discount_rate=0.12, timing="begin")
    >>> round(e.retention, 4), e.margin, round(e.discount_rate, 4)
    (2.5, 1.0, -0.2679)
    """
    check_flow(timing)
    if undefined not in ("raise", "nan"):
        raise unknown_choice("undefined", undefined, get_args(Undefined))
    customer, (margin, cost), back = terms(
        churn,
        retention,
        discount_rate,
        growth,
        horizon,
        period,
        margin_per_period=(margin_per_period, REAL),
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
    )
    _check_counted(customer.n)
    mean_wait = _mean_wait(customer, timing)
    if undefined == "raise":
        refuse_infinite(mean_wait, way_out="Count up to a horizon=…, or take undefined='nan'.")
    # a value without end has no percentages, whatever the cost is
    mean_wait = np.where(np.isinf(mean_wait), np.nan, mean_wait)
    value = margin * customer.factor(timing)
    with np.errstate(divide="ignore", invalid="ignore"):
        # net of a cost the same change is a larger share of what is left
        gross = np.where(cost == 0.0, 1.0, value / (value - cost))
        of_cost = np.where(cost == 0.0, 0.0, -cost / (value - cost))
    duration = mean_wait + (0.0 if timing == "continuous" else DELAY[timing])
    # the first payment, too, takes a stay: one factor r more in front of all of them
    to_retention = mean_wait + (1.0 if timing == "end-if-retained" else 0.0)
    return _record(back, mean_wait, to_retention, duration, customer.d, gross, of_cost)


def _record(
    back: Back, mean_wait: Array, to_retention: Array, duration: Array, d: Array, gross: Array, of_cost: Array
) -> Elasticities:
    known = np.where(np.isnan(mean_wait), np.nan, 1.0)
    with np.errstate(invalid="ignore"):  # nothing of an infinite percentage
        return Elasticities(
            retention=back(np.where(to_retention == 0.0, 0.0, to_retention * gross) + 0.0),  # no -0.0
            margin=back(known * gross + 0.0),
            # at d = 0 a percent of the rate is nothing, even of an infinite duration
            discount_rate=back(np.where(d * duration == 0.0, 0.0, -d / (1.0 + d) * duration * gross) + 0.0),
            acquisition_cost=back(known * of_cost + 0.0),
            duration=back(duration),
        )


def _check_counted(n: Array) -> None:
    rule = "must be above 0: no payment at all has no percentages"
    refuse_where(n == 0.0, "out-of-range", "horizon", n, rule, "Count one payment or more.")


def _mean_wait(customer: Terms, timing: FlowTiming) -> Array:
    """D: how long after the first a payment comes, in the mean weighted by what it is worth."""
    x, n = customer.x(), customer.n
    y = np.asarray(-customer.log_left(x))
    continuous = timing == "continuous"
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        endless = 1.0 / y if continuous else 1.0 / np.expm1(y)
        total = n * y
        far = endless - n / np.expm1(total)
        half = 0.5 * n * (1.0 - _langevin(0.5 * total))
        close = half if continuous else half - 0.5 * (1.0 - _langevin(0.5 * y))
        # for little decay the two terms of the closed form grow without bound and cancel
        finite = np.where((np.abs(total) <= 1.0) & (np.abs(y) <= 1.0), close, far)
    return np.where(np.isinf(n), np.where(x > 0.0, endless, inf), finite)


def _langevin(u: Array) -> Array:
    """L(u) = coth u − 1/u = u/(3 + u²/(5 + u²/(7 + …))), for |u| ≤ ½ to the last digit."""
    u = np.where(np.abs(u) <= 0.5, u, 0.0)
    # nine levels: for |u| ≤ ½ the next one changes no digit of a float
    below = np.full_like(u, 19.0)
    for odd in range(17, 2, -2):
        below = odd + u * u / below
    return u / below
