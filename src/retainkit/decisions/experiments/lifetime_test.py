"""A test of how long customers stay: the net gain from two rates of leaving, each with its gamma posterior.

At a constant rate of leaving λ, with churners and time at risk counted, λ ~ Gamma(prior + left, prior +
time at risk), and a customer is worth m/(λ + δ), δ = ln(1 + d). Where leaving changes with tenure, fit a
model to each arm and give draws of its customers' value to `experiment_from_draws`.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import numbers
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.experiments.experiment import ExperimentResult, judged
from retainkit.decisions.experiments.tested import LifetimeTestInputs
from retainkit.domains import NOT_NEGATIVE, POSITIVE, generator, whole_number
from retainkit.errors import InputError
from retainkit.typing import Number, NumberLike, RateLike, Unit


@one_a_row()
def lifetime_test(
    churned_control: Number,
    *,
    time_control: Number,
    churned_treated: Number,
    time_treated: Number,
    margin_per_period: NumberLike,
    discount_rate: RateLike,
    cost_per_customer: NumberLike,
    customers: Number = 1.0,
    prior: tuple[Number, Number] = (1.0, 0.0),
    level: Number = 0.9,
    draws: int = 20_000,
    seed: int | np.random.Generator = 0,
    period: Unit | None = None,
) -> ExperimentResult:
    """Did the test pay, where the outcome is how long customers stay.

    λ ~ Gamma(prior + left, prior + time at risk) in each arm; a customer is worth m/(λ + ln(1 + d)), a margin
    that flows until he or she leaves. The effect is taken to last as long as the customer does.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    churned_control, churned_treated : number
        How many left while watched.
    time_control, time_treated : number above 0, periods
        Time at risk: the sum over customers of the periods each was watched and there.
    margin_per_period : number or Draws, money per period
    discount_rate : number or Draws above 0, or Rate, per period
        Without it, the mean value would hang on rates of leaving near 0, of which no test knows anything.
    cost_per_customer : number or Draws, money
        Of treating one customer, once.
    customers, level
        As `retention_test`.
    prior : two numbers, 0 or more
        Customers who left and periods at risk that the prior counts for, in each arm.
    draws : int
        How many; as many as an input that is drawn has.
    seed : int or Generator
    period : unit, optional
        What margin and times count in; needed to convert a `Rate`.

    Examples
    --------
    >>> result = lifetime_test(250, time_control=5000, churned_treated=200, time_treated=5000,
    ...     margin_per_period=50, discount_rate=0.01, cost_per_customer=5)
    >>> result.worth_it, result.probability_of_gain > 0.98
    (True, True)
    """
    none = _rate_of_leaving("control", churned_control, time_control, prior)
    some = _rate_of_leaving("treated", churned_treated, time_treated, prior)
    x = LifetimeTestInputs.read(locals(), churn_control=none[0] / none[1], churn_treated=some[0] / some[1])
    given = (x.margin_per_period, x.discount_rate, x.cost_per_customer)
    # draws of an input say how many: one rate of leaving for each of them
    shape = np.broadcast(*given).shape or (whole_number("draws", draws, way_out="Take 20,000."),)
    rng = generator(seed)
    lam0, lam1 = (rng.gamma(a, 1.0 / b, shape) for a, b in (none, some))
    return judged(x.replace(churn_control=lam0, churn_treated=lam1), customers, level)


def _rate_of_leaving(
    arm: str, churned: Number, time: Number, prior: tuple[Number, Number]
) -> tuple[float, float]:
    left, at_risk = numbers(**{f"churned_{arm}": (churned, NOT_NEGATIVE), f"time_{arm}": (time, POSITIVE)})
    a, b = numbers(**{"prior[0]": (prior[0], NOT_NEGATIVE), "prior[1]": (prior[1], NOT_NEGATIVE)})
    # a prior of 0 and nobody who left: the posterior of the rate is no distribution
    if a + left == 0.0:
        rule = "must be above 0 with a prior of 0"
        way_out = "Give a prior such as (1, 0), or watch longer."
        raise InputError("nobody-at-risk", f"churned_{arm}", churned, rule, way_out)
    return a + left, b + at_risk
