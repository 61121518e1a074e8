"""A crisis: customers leave faster at first, and then ever less so, until all is as before.

The hazard is μ(t) = μ₀(1 + κe^(−λt)): at the start it is 1 + κ times as large, and the excess halves every
ln 2/λ. Of those who were there a share 1 − exp(−μ₀κ/λ) is lost for good, beside the usual loss. A margin m
that flows while the customer is there is worth m/(μ₀+δ)·₁F₁(1; 1 + (μ₀+δ)/λ; −μ₀κ/λ), δ the force of
discount: with u = e^(−λt) the integral ∫ e^(−δt)·S(t)dt is that of Kummer's function (DLMF 13.4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from retainkit.columns import columns
from retainkit.decisions.service.hazard import hazard_of, refuse_endless
from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL, SHARE_BELOW_1
from retainkit.economics.formulas.survival import CurveOf, Survival, refuse_curve, survival_function
from retainkit.errors import refuse_where
from retainkit.rates import as_loss, in_period
from retainkit.typing import Array, Number, NumberLike, NumberOf, RateOf, Same, Unit

ON_A_CURVE = "survival_through_crisis takes any curve, and lifetime_value what it gives, as churn=…."


def crisis_survivor_factor(
    *, churn: RateOf[Same], hazard_jump: NumberOf[Same], half_life: NumberOf[Same], period: Unit | None = None
) -> Same:
    """The share that a crisis leaves of the customers who would be there without it: exp(−μ₀κ/λ).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churn : number or column in [0, 1), or Rate
        Without the crisis; μ₀ = −ln(1 − churn). ``Rate(0.02, per="month", kind="continuous")`` is μ₀ = .02.
    hazard_jump : number or column, 0 or more
        κ: by how many times the usual hazard it is higher at the start; 4 makes it five times as high.
    half_life : number or column, periods, above 0
        In which the excess halves.
    period : unit, optional
        What a period is; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Long after the crisis.

    Examples
    --------
    >>> from retainkit.economics import Rate
    >>> usual = Rate(0.02, per="month", kind="continuous")
    >>> round(crisis_survivor_factor(churn=usual, hazard_jump=4, half_life=2, period="month"), 6)
    0.793873
    """
    refuse_curve("churn", churn, ON_A_CURVE)
    (rate,) = in_period(period, churn=as_loss(churn))
    (c, k, h), back = columns(
        churn=(rate, SHARE_BELOW_1), hazard_jump=(hazard_jump, NOT_NEGATIVE), half_life=(half_life, POSITIVE)
    )
    # ∫₀^∞ μ₀κe^(−λt)dt: the excess hazard as a whole, however it is spread over time
    return back(np.exp(-hazard_of(c) * k * h / log(2.0)))


def value_through_crisis(
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same],
    discount_rate: RateOf[Same],
    hazard_jump: NumberOf[Same],
    half_life: NumberOf[Same],
    since: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """What a customer is worth at the start of a crisis, or some time into it.

    ∫ m·e^(−δt)·exp(−μ₀t − μ₀κ(1−e^(−λt))/λ) dt: the margin flows all the time, ``timing="continuous"``.

    Raises `InputError` for values outside their domain, and without discount where nobody leaves.

    Parameters
    ----------
    margin_per_period : number or column, money
    churn, hazard_jump, half_life, period
        As `crisis_survivor_factor`.
    discount_rate : number or column > -1, or Rate, per period
        δ = ln(1 + discount_rate).
    since : number or column, periods, 0 or more
        How long the crisis has lasted when the value is asked for, such as when a new customer comes.

    Returns
    -------
    float, ndarray or Series
        Money of that moment.

    Examples
    --------
    >>> from retainkit.economics import Rate
    >>> usual, force = (Rate(x, per="month", kind="continuous") for x in (0.02, 0.01))
    >>> crisis = dict(churn=usual, discount_rate=force, hazard_jump=4, period="month")
    >>> round(value_through_crisis(50, **crisis, half_life=2), 3)
    1348.996
    >>> round(value_through_crisis(50, **crisis, half_life=1), 3)
    1492.318
    """
    refuse_curve("churn", churn, ON_A_CURVE)
    rates = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (m, c, d, k, h, t), back = columns(
        margin_per_period=(margin_per_period, REAL),
        churn=(rates[0], SHARE_BELOW_1),
        discount_rate=(rates[1], GROWTH),
        hazard_jump=(hazard_jump, NOT_NEGATIVE),
        half_life=(half_life, POSITIVE),
        since=(since, NOT_NEGATIVE),
    )
    hazard, force = hazard_of(c), np.log1p(d)
    # what a customer is worth without the crisis, of which the crisis leaves a share
    usual = usual_annuity(hazard, force)
    refuse_endless(usual)
    # so long after the start the jump has halved t/h times: the same crisis, seen later
    return back(m * usual * share_of_value(hazard, force, k * 2.0 ** (-t / h), h))


def usual_annuity(hazard: NumberLike, force: NumberLike) -> Array:
    """1/(μ+δ), ``inf`` where that has no end."""
    total = np.asarray(hazard + force)
    with np.errstate(divide="ignore"):
        return np.where(total > 0.0, 1.0 / total, np.inf)


def share_of_value(hazard: NumberLike, force: NumberLike, jump: NumberLike, half_life: NumberLike) -> Array:
    """The value at a crisis over the value without: ₁F₁(1; 1 + (μ+δ)/λ; −μκ/λ)."""
    from scipy import special

    decay = log(2.0) / np.asarray(half_life)
    b, a = 1.0 + (hazard + force) / decay, hazard * jump / decay
    # the value through the crisis over that without it: 1 where nothing jumps, less the longer it lasts
    return np.asarray(special.hyp1f1(1.0, b, -a))  # pyright: ignore[reportUnknownArgumentType]


def survival_through_crisis(survival: Survival, *, hazard_jump: Number, half_life: Number) -> NumberLike:
    """Any survival curve through a crisis that starts now: its hazard times 1 + κe^(−λt).

    Between whole periods the hazard of the curve is taken to be even, so that S(k)/S(k−1) becomes
    [S(k)/S(k−1)]^(1 + κ·(mean of e^(−λt) in the period)).

    Raises `InputError` for values outside their domain, and for times between whole periods.

    Parameters
    ----------
    survival : column S(0) = 1, S(1), …, or callable, or object with a method ``survival``
        Without the crisis, from its start on: for customers at hand S(t)/S(now). Of a posterior there is a
        curve for each draw, which goes wherever the posterior goes.
    hazard_jump : number, 0 or more
        κ.
    half_life : number, periods, above 0

    Returns
    -------
    ndarray or callable
        A column for a column; else what gives S at an array of whole numbers of periods, (draws, times) of a
        posterior, fit for `lifetime_value_on_curve`.

    Examples
    --------
    >>> survival_through_crisis([1, 0.95, 0.9, 0.86], hazard_jump=4, half_life=2).round(4)
    array([1.    , 0.7988, 0.665 , 0.5884])
    """
    jump = float(NOT_NEGATIVE.check("hazard_jump", hazard_jump))
    decay = log(2.0) / float(POSITIVE.check("half_life", half_life))
    if survival_function(survival) is not None:
        return _ThroughCrisis(survival, jump, decay)
    return _through(np.asarray(PROBABILITY.check("survival", survival)), jump, decay)


@dataclass(frozen=True, slots=True)
class _ThroughCrisis(CurveOf):
    """What gives S at whole periods."""

    jump: float
    decay: float

    def __call__(self, t: NumberLike) -> Array:
        when = np.asarray(NOT_NEGATIVE.check("t", t))
        rule = "must be whole numbers of periods"
        refuse_where(when != np.rint(when), "not-whole", "t", when, rule, "Take a shorter period.")
        whole = when.astype(np.intp)
        # all periods up to the latest asked for: survival is a product over them
        grid = np.arange(int(whole.max(initial=0)) + 1, dtype=np.float64)
        return _through(self.shares(grid), self.jump, self.decay)[..., whole]


def _through(curve: Array, jump: float, decay: float) -> Array:
    k = np.arange(curve.shape[-1] - 1, dtype=np.float64)
    # the mean of the decaying excess over a whole period, in which the curve itself has no finer steps
    excess = jump * np.exp(-decay * k) * -np.expm1(-decay) / decay
    with np.errstate(divide="ignore", invalid="ignore"):
        # period by period: each keeps its own hazard, raised by that period's excess
        left = np.where(curve[..., :-1] > 0.0, curve[..., 1:] / curve[..., :-1], 0.0)
    steps: Array = left ** (1.0 + excess)
    stays: Array = np.cumprod(steps, axis=-1, dtype=np.float64)
    return np.concatenate([np.ones_like(curve[..., :1]), stays], axis=-1)
