"""A test of who left: the net gain from two shares, each with its beta posterior.

The shares p₀ and p₁ that leave untreated and treated are independent, Beta(prior + left, prior + stayed),
and the net gain per customer is (p₀ − p₁)·V − f − δ·(1 − p₁). With numbers for V and f everything is
integrated and nothing is drawn.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.samples.beta_difference import Beta, BetaDifference
from retainkit.columns import columns, numbers
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.decisions.experiments.experiment import ExperimentResult, asked, judged
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY
from retainkit.errors import InputError
from retainkit.typing import Array, Number, NumberLike


def retention_test(
    churned_control: Number,
    *,
    control: Number,
    churned_treated: Number,
    treated: Number,
    value: NumberLike,
    cost_per_customer: NumberLike,
    incentive: Number = 0.0,
    customers: Number = 1.0,
    prior: tuple[Number, Number] = (1.0, 1.0),
    level: Number = 0.9,
    seed: int | np.random.Generator = 0,
) -> ExperimentResult:
    """Did the test pay, where the outcome is who left.

    Posterior of (p₀ − p₁)·V − f − δ·(1 − p₁) with p ~ Beta(prior + left, prior + stayed) in each arm. With
    numbers it is integrated, without drawing; where `value` or `cost_per_customer` are draws, as many shares
    are drawn.

    Parameters
    ----------
    churned_control, control, churned_treated, treated : number
        How many left, of how many, in each arm.
    value : number above 0 or (draws,), money
        V, margin still to come from a customer who stays.
    cost_per_customer : number or (draws,), money
        f, of treating one customer, whether or not he or she stays.
    incentive : number, money
        δ, collected by everyone who is treated and stays.
    customers : number
        How many customers the decision is about; 1 gives figures per customer.
    prior : two numbers above 0
        As many customers who left and who stayed the prior counts for, in each arm; (1, 1) is flat.
    level : number in (0, 1)
        Of the interval.
    seed : int or Generator
        Used only with draws.

    Raises
    ------
    InputError
        For values outside their domain, and where more left than there were.

    Examples
    --------
    >>> print(retention_test(250, control=5000, churned_treated=200, treated=5000, value=833.33,
    ...     cost_per_customer=5))
    Roll out: net gain 3.33 per customer (90% between -2.35 and 9.03).
      P(better at all) 0.992, P(profit) 0.832
      expected loss per customer: 0.31 if rolled out, 3.64 if not; certainty is worth 0.31
      assumed                value   turns at  what it is
      churn_control      0.0501799   0.046184  share that left untreated
      churn_treated      0.0401839  0.0441799  share that left treated
      value                 833.33      500.2  margin still to come from a customer who stays
      cost_per_customer          5    8.32997  of treating a customer
      incentive                  0    3.46938  collected by everyone treated who stays
    """
    none, some = (
        _posterior("control", churned_control, control, prior),
        _posterior("treated", churned_treated, treated, prior),
    )
    (V, f), _ = columns(value=(value, POSITIVE), cost_per_customer=(cost_per_customer, NOT_NEGATIVE))
    (delta,) = numbers(incentive=(incentive, NOT_NEGATIVE))
    known = _assumed_of_churn(none.mean, some.mean, V, f, delta)
    # numbers: two beta variables and nothing else, whose difference is integrated exactly
    if V.ndim == f.ndim == 0:
        return _integrated(none, some, float(V), float(f), delta, asked(customers, level), known)
    rng = np.random.default_rng(seed)
    draws = np.broadcast(V, f).shape
    p0, p1 = rng.beta(none.a, none.b, draws), rng.beta(some.a, some.b, draws)
    # the incentive is paid to those treated who stay, so that better treatment also costs more of it
    return judged((p0 - p1) * V, f + delta * (1.0 - p1), customers, level, known)


def _posterior(arm: str, churned: Number, of: Number, prior: tuple[Number, Number]) -> Beta:
    left, there = numbers(**{f"churned_{arm}": (churned, NOT_NEGATIVE), arm: (of, NOT_NEGATIVE)})
    a, b = numbers(**{"prior[0]": (prior[0], POSITIVE), "prior[1]": (prior[1], POSITIVE)})
    if left > there:
        way_out = "Give the number who left first, then the number there were."
        raise InputError("inconsistent", f"churned_{arm}", churned, f"must be at most {arm} = {of}", way_out)
    return Beta(a + left, b + there - left)


def _assumed_of_churn(p0: float, p1: float, V: Array, f: Array, delta: float) -> tuple[Assumption, ...]:
    def gain(
        churn_control: float, churn_treated: float, value: float, cost_per_customer: float, incentive: float
    ) -> float:
        return (churn_control - churn_treated) * value - cost_per_customer - incentive * (1.0 - churn_treated)

    return assumptions(
        gain,
        {
            "churn_control": Given(p0, PROBABILITY, "share that left untreated"),
            "churn_treated": Given(p1, PROBABILITY, "share that left treated"),
            "value": Given(V, POSITIVE, "margin still to come from a customer who stays"),
            "cost_per_customer": Given(f, NOT_NEGATIVE, "of treating a customer"),
            "incentive": Given(delta, NOT_NEGATIVE, "collected by everyone treated who stays"),
        },
    )


def _integrated(
    none: Beta,
    some: Beta,
    V: float,
    f: float,
    delta: float,
    asked_for: tuple[float, float],
    known: tuple[Assumption, ...],
) -> ExperimentResult:
    customers, level = asked_for
    net = BetaDifference(none, some, V, V - delta, f + delta)
    # E max(net, 0) − E max(−net, 0) is the mean: one integral gives both losses
    if_not = net.mean_gain()
    return ExperimentResult(
        gain=net.mean,
        sd=net.sd,
        interval=(net.quantile(0.5 - level / 2.0), net.quantile(0.5 + level / 2.0)),
        # better at all, whatever it costs: the same two shares without money
        probability_lift=BetaDifference(none, some, 1.0, 1.0, 0.0).above(0.0),
        probability_of_gain=net.above(0.0),
        loss_if_rolled_out=if_not - net.mean,
        loss_if_not=if_not,
        customers=customers,
        level=level,
        assumptions=known,
    )
