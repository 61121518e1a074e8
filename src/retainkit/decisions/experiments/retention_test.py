"""A test of who left: the net gain from two shares, each with its beta posterior.

The shares p₀ and p₁ that leave untreated and treated are independent, Beta(prior + left, prior + stayed),
and the net gain per customer is (p₀ − p₁)·V − f − δ·(1 − p₁). With numbers for V and f everything is
integrated and nothing is drawn.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.samples.beta_difference import Beta, BetaDifference
from retainkit.columns import numbers
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.experiments.experiment import ExperimentResult, asked, judged
from retainkit.decisions.experiments.tested import RetentionTestInputs
from retainkit.domains import NOT_NEGATIVE, POSITIVE, generator
from retainkit.errors import InputError
from retainkit.typing import Number, NumberLike


@one_a_row()
def retention_test(
    churned_control: Number,
    *,
    control: Number,
    churned_treated: Number,
    treated: Number,
    value: NumberLike,
    cost_per_customer: NumberLike,
    incentive: NumberLike = 0.0,
    customers: Number = 1.0,
    prior: tuple[Number, Number] = (1.0, 1.0),
    level: Number = 0.9,
    seed: int | np.random.Generator = 0,
) -> ExperimentResult:
    """Did the test pay, where the outcome is who left.

    Posterior of (p₀ − p₁)·V − f − δ·(1 − p₁) with p ~ Beta(prior + left, prior + stayed) in each arm. With
    numbers it is integrated, without drawing; where one of the amounts is drawn, as many shares are
    drawn.

    Raises `InputError` for values outside their domain, and where more left than there were.

    Parameters
    ----------
    churned_control, control, churned_treated, treated : number
        How many left, of how many, in each arm.
    value : number above 0 or Draws, money
        V, margin still to come from a customer who stays.
    cost_per_customer : number or Draws, money
        f, of treating one customer, whether or not he or she stays.
    incentive : number or Draws, money
        δ, collected by everyone who is treated and stays.
    customers : number
        How many customers the decision is about; 1 gives figures per customer.
    prior : two numbers above 0
        As many customers who left and who stayed the prior counts for, in each arm; (1, 1) is flat.
    level : number in (0, 1)
        Of the interval.
    seed : int or Generator
        Used only with draws.

    Examples
    --------
    >>> print(retention_test(250, control=5000, churned_treated=200, treated=5000, value=833.33,
    ...     cost_per_customer=5))
    Roll out: net gain 3.33 per customer (90% between -2.35 and 9.03).
      P(better at all) 0.992, P(gain) 0.832
      expected loss per customer: 0.31 if rolled out, 3.64 if not; certainty is worth 0.31
      assumed                value   turns at  what it is
      cost_per_customer          5    8.32997  of treating a customer
      churn_control      0.0501799   0.046184  share that left untreated
      churn_treated      0.0401839  0.0441799  share that left treated
      value                 833.33      500.2  margin still to come from a customer who stays
      incentive                  0    3.46938  collected by everyone treated who stays
    """
    none = _posterior("control", churned_control, control, prior)
    some = _posterior("treated", churned_treated, treated, prior)
    # the means of the posteriors; draws of them take their place below
    x = RetentionTestInputs.read(
        locals(), churn_control=none.mean, churn_treated=some.mean, left=(none, some)
    )
    draws = np.broadcast(x.value, x.cost_per_customer, x.incentive).shape
    # numbers: two beta variables and nothing else, whose difference is integrated exactly
    if not draws:
        return _integrated(x, customers, level)
    rng = generator(seed)
    p0, p1 = rng.beta(none.a, none.b, draws), rng.beta(some.a, some.b, draws)
    return judged(x.replace(churn_control=p0, churn_treated=p1), customers, level)


def _posterior(arm: str, churned: Number, of: Number, prior: tuple[Number, Number]) -> Beta:
    left, there = numbers(**{f"churned_{arm}": (churned, NOT_NEGATIVE), arm: (of, NOT_NEGATIVE)})
    a, b = numbers(**{"prior[0]": (prior[0], POSITIVE), "prior[1]": (prior[1], POSITIVE)})
    if left > there:
        way_out = "Give the number who left first, then the number there were."
        raise InputError("inconsistent", f"churned_{arm}", churned, f"must be at most {arm} = {of}", way_out)
    return Beta(a + left, b + there - left)


def _integrated(x: RetentionTestInputs, customers: Number, level: Number) -> ExperimentResult:
    """Without draws: of the beta variables the mean, the deviation and both tails are known."""
    number, share = asked(customers, level)
    net, lift = x.net(), BetaDifference(*x.left, 1.0, 1.0, 0.0)
    # E max(net, 0) − E max(−net, 0) is the mean: one integral gives both losses
    if_not = net.mean_gain()
    return ExperimentResult(
        inputs=x,
        gain=net.mean,
        sd=net.sd,
        # better at all, whatever it costs: the same two shares without money
        probability_lift=lift.above(0.0),
        loss_if_rolled_out=if_not - net.mean,
        loss_if_not=if_not,
        customers=number,
        level=share,
    )
