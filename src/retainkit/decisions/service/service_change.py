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

from dataclasses import dataclass, field, replace

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import assumed, setting
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.service.hazard import AnnuityChange, HazardChange, refuse_endless, value_with
from retainkit.domains import GROWTH, POSITIVE, PROBABILITY
from retainkit.each_draw import draw_by_draw
from retainkit.economics.formulas.survival import (
    CurveOf,
    Survival,
    curve_of,
    is_curve,
    paid_by,
    survival_curve,
    survival_function,
)
from retainkit.economics.lifetime.curve_value import (
    AfterEnd,
    lifetime_value_on_curve,
)
from retainkit.rates import as_loss, as_read, in_period
from retainkit.timing import DELAY, FlowTiming, Timing, check_flow, check_timing
from retainkit.typing import Array, Number, NumberLike, NumberOf, RateLike, RateOf, Real, Same, Unit


def service_value_ratio(
    hazard_ratio: NumberOf[Same],
    *,
    churn: RateOf[Same],
    discount_rate: RateOf[Same],
    timing: FlowTiming,
    period: Unit | None = None,
) -> Same:
    """How many times as much a customer is worth once the hazard of leaving is `hazard_ratio` times as large.

    With ``timing="continuous"`` it is (μ+δ)/(μ·HR+δ), μ = −ln(1−churn), δ = ln(1+discount_rate); else the
    ratio of the lifetime values with churn 1−(1−churn)^HR and churn.

    Raises `InputError` for values outside their domain, and where a value has no end.

    Parameters
    ----------
    hazard_ratio : number or column, above 0
        0.8 for a fifth less; above 1 for service that gets worse.
    churn, discount_rate, timing, period
        As `service_change`; ``Rate(0.05, per="month", kind="continuous")`` is a hazard of .05.

    Returns
    -------
    float, ndarray or Series

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
    (discount_rate,) = in_period(period, discount_rate=discount_rate)
    curve = curve_of("churn", churn, discount_rate, period=period) if is_curve(churn) else None
    churn = churn if curve is None else curve.churn
    (churn,) = in_period(period, churn=as_loss(churn))
    (ratio, c, d), back = columns(
        hazard_ratio=(hazard_ratio, POSITIVE),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
    )
    curve = None if curve is None else curve.beside(c)
    before, after = (value_with(1.0, c if curve is None else curve, d, timing, x) for x in (1.0, ratio))
    refuse_endless(before, after)
    return back(np.asarray(after) / before)


@dataclass(frozen=True, eq=False, kw_only=True)
class ServiceChangeInputs(HazardChange):
    """What a change of service rests on."""

    hazard_ratio: Real = assumed(POSITIVE, "new hazard over old")

    def ratio(self) -> Real:
        return self.hazard_ratio


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveChangeInputs(AnnuityChange):
    """What a change of service rests on where churn follows a curve."""

    hazard_ratio: Real = assumed(POSITIVE, "new hazard over old")
    survival: Array = setting()
    timing: Timing = setting(check_timing)
    after_end: AfterEnd | None = setting()
    horizon: int | None = setting()
    _known: tuple[Real, Real] | None = field(init=False, default=None, repr=False, compare=False)

    def gain_at(self, **values: Real) -> Real:
        changed = replace(self, **values)
        if not values.keys() & {"hazard_ratio", "discount_rate"}:
            # money and heads leave the sums over the curve as they are, which take all of the time
            object.__setattr__(changed, "_known", self.annuities())
        return changed.gain()

    def annuities(self) -> tuple[Real, Real]:
        if self._known is None:
            known = self._annuity(1.0), self._annuity(self.hazard_ratio)
            object.__setattr__(self, "_known", known)
        return self._known or (np.nan, np.nan)

    def _annuity(self, ratio: Real) -> Real:
        """Σ S(k)^HR·v^(k + delay), and what follows the last point, as `lifetime_value_on_curve` has it."""
        curve, n = self.survival, self.survival.size - 1
        r, d = (np.asarray(x, np.float64)[..., None] for x in (ratio, self.discount_rate))  # (draws, 1)
        paid = paid_by(curve, self.timing)
        worth = np.sum(paid**r * (1.0 + d) ** -(np.arange(n) + DELAY[self.timing]), axis=-1)
        if self.horizon is not None or curve[-1] == 0.0 or self.after_end in (None, "stop"):
            return worth
        # the churn after the curve's end is a hazard like the others, and changes with them
        end = 1.0 - curve[-1] / curve[-2] if self.after_end == "same-churn" else self.after_end
        rest = value_with(1.0, end, self.discount_rate, self.timing, ratio)
        return worth + rest * curve[-1] ** np.asarray(ratio) * np.add(1.0, self.discount_rate) ** -float(n)


@dataclass(frozen=True, eq=False, kw_only=True)
class ServiceChange(Decision):
    """Whether a change of service pays; made by `service_change` and `service_change_on_curve`.

    Attributes
    ----------
    gain : float or Draws, money of now
        Of all customers together, less all costs.
    value_before, value_after : float or Draws, money of now per customer
        After: with the new hazard and less what the service costs per period.
    break_even_cost_per_period : float or Draws, money per customer and period
        The most that the service may cost, while the customer is there, besides what it costs once.
    """

    # two questions with one answer: constant churn, or a curve
    inputs: ServiceChangeInputs | CurveChangeInputs
    value_before: Real
    value_after: Real
    break_even_cost_per_period: Real

    def headline(self) -> str:
        return (
            f"{shown(self.gain)} in all; a customer is worth {shown(self.value_after)} instead of "
            f"{shown(self.value_before)}. The service may cost up to "
            f"{shown(self.break_even_cost_per_period)} per customer and period."
        )


def survival_with_hazard_ratio(survival: Survival, hazard_ratio: Number) -> NumberLike:
    """The survival curve of customers whose hazard is `hazard_ratio` times as large at every tenure: S(t)^HR.

    Raises `InputError` for a ratio of 0 or less, and shares outside [0, 1].

    Parameters
    ----------
    survival : column S(0) = 1, S(1), …, or callable, or object with a method ``survival``
        Measured shares, a lambda, or a model of this library. Of a posterior there is a curve for each draw,
        which goes wherever the posterior goes; `retainkit.models.scaled_hazard` gives a model again.
    hazard_ratio : number above 0

    Returns
    -------
    ndarray or callable
        A column for a column; else what gives S(t)^HR at an array of times.

    Examples
    --------
    >>> survival_with_hazard_ratio([1, 0.81, 0.64], 0.5)
    array([1. , 0.9, 0.8])
    >>> better = survival_with_hazard_ratio(lambda t: 0.95**t, 0.8)
    >>> round(float(better(10.0)), 4)
    0.6634
    """
    ratio = float(POSITIVE.check("hazard_ratio", hazard_ratio))
    if survival_function(survival) is not None:
        return _Powered(survival, ratio)
    return np.asarray(PROBABILITY.check("survival", survival)) ** ratio


@dataclass(frozen=True, slots=True)
class _Powered(CurveOf):
    """S(t)^HR of a function S."""

    ratio: float

    def __call__(self, t: NumberLike) -> Array:
        return self.shares(np.asarray(t, np.float64)) ** self.ratio


@one_a_row()
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

    Raises `InputError` for values outside their domain, and where a value has no end.

    Parameters
    ----------
    margin_per_period : number or Draws, money
        Before the cost of the change.
    hazard_ratio : number or Draws, above 0
        How many times as large the hazard becomes; draws from the posterior or sampling distribution of its
        estimate carry its uncertainty into the gain.
    churn : number or Draws in [0, 1], or Rate
        Before the change; or what gives a survival curve, as in `lifetime_value`.
    discount_rate : number or Draws > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        As `lifetime_value`.
    cost_per_period : number or Draws, money per customer and period
        k, paid when the margin is, while the customer is there.
    cost : number or Draws, money, once, for all customers together
    customers : number or Draws, 0 or more
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> rates = dict(churn=0.05, discount_rate=0.01, timing="end")
    >>> better = service_change(50, hazard_ratio=0.8, **rates, cost_per_period=3, cost=20_000, customers=1000)
    >>> print(better)
    Worth it: 82,844.93 in all; a customer is worth 936.18 instead of 833.33. The service may cost up to 7.16
    per customer and period.
      assumed            value    turns at  what it is
      margin_per_period     50     24.5251  before the cost of the change
      discount_rate       0.01   0.0513739  per period
      customers           1000     194.468  who get the service
      cost               20000      102845  once, in all
      cost_per_period        3     7.15916  per customer, while there
      churn               0.05  0.00489146  share lost per period before
      hazard_ratio         0.8    0.899255  new hazard over old
    """
    return _decided(ServiceChangeInputs.read(locals()))


@draw_by_draw(
    "survival",
    beside=("margin_per_period", "hazard_ratio", "discount_rate", "cost_per_period", "cost", "customers"),
)
@one_a_row()
def service_change_on_curve(
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    hazard_ratio: NumberLike,
    discount_rate: RateLike,
    timing: Timing,
    after_end: AfterEnd | None = None,
    horizon: int | None = None,
    cost_per_period: NumberLike = 0.0,
    cost: NumberLike = 0.0,
    customers: NumberLike = 1.0,
    period: Unit | None = None,
) -> ServiceChange:
    """`service_change` for customers on any survival curve: a measured one, or a fitted contractual model's.

    Raises `InputError` as `lifetime_value_on_curve`, and for values outside their domain.

    Parameters
    ----------
    survival : column S(0) = 1, S(1), …, or callable, or object with a method ``survival``
        Before the change; S(t)/S(now) for those at hand: ``lambda t: model.survival(now + t, given=now)``.
        Of a posterior 400 draws are asked, each a decision: ``.gain`` is `Draws`.
    timing, after_end, horizon
        As `lifetime_value_on_curve`. A churn after the end is the one before the change.
    margin_per_period, hazard_ratio, discount_rate, cost_per_period, cost, customers, period
        As `service_change`; numbers or draws.

    Examples
    --------
    >>> measured = dict(survival=[1, 0.8, 0.7, 0.65], after_end="same-churn")
    >>> better = service_change_on_curve(
    ...     50, **measured, hazard_ratio=0.9, discount_rate=0.01, timing="begin", cost_per_period=2
    ... )
    >>> round(better.value_before, 2), round(better.value_after, 2), better.worth_it
    (515.17, 549.5, True)
    """
    table, end = _tabulated(survival, discount_rate, timing, after_end, horizon, period)
    return _decided(CurveChangeInputs.read(locals(), survival=table, after_end=end))


def _tabulated(
    survival: Survival,
    discount_rate: RateLike,
    timing: Timing,
    after_end: AfterEnd | None,
    horizon: int | None,
    period: Unit | None,
) -> tuple[Array, AfterEnd | None]:
    """The curve as a column, which goes through JSON, and what comes after its end."""
    # asked of the curve as it is, so that what has no answer is refused in the caller's words
    (d,) = in_period(period, discount_rate=discount_rate)
    lifetime_value_on_curve(
        1.0,
        survival,
        discount_rate=as_read(d),
        timing=timing,
        after_end=after_end,
        horizon=horizon,
        period=period,
    )
    function = survival_function(survival)
    if function is None or horizon is not None:
        return survival_curve(survival, horizon, period), after_end
    # what follows counts only at inputs that are searched: there the last churn goes on
    return curve_of("survival", survival, d, period=period).shares, "same-churn"


def _decided(x: ServiceChangeInputs | CurveChangeInputs) -> ServiceChange:
    before, after = x.annuities()
    refuse_endless(before, after)
    value_before, value_after = x.values()
    with np.errstate(divide="ignore", invalid="ignore"):
        # nothing spent once is nothing for each customer, be there none
        once = np.where(np.equal(x.cost, 0.0), 0.0, np.divide(x.cost, x.customers))
    return ServiceChange(
        gain=x.gain(),
        inputs=x,
        value_before=value_before,
        value_after=value_after,
        break_even_cost_per_period=x.margin_per_period - (x.margin_per_period * before + once) / after,
    )
