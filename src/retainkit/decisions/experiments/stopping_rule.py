"""When to stop a test: as soon as no further period earns its cost.

A running test has taught something; testing on teaches more, but half of the customers of each further period
get the worse treatment, and fewer are left for the better one. This rule is about money. Whoever needs a
significance that survives peeking uses `sequential_test`.
"""

from __future__ import annotations

from retainkit.columns import numbers
from retainkit.decisions.experiments.experiment_plan import ExperimentPlan, plan_inputs, planned
from retainkit.domains import NOT_NEGATIVE, POSITIVE, whole_number
from retainkit.typing import Number


def when_to_stop(
    mean: Number,
    *,
    sd: Number,
    outcome_sd: Number,
    customers_per_period: Number,
    horizon: int,
    cost_per_period: Number = 0.0,
    cost_per_customer: Number = 0.0,
) -> ExperimentPlan:
    """Whether to test on, and for how long, given what the test has shown so far.

    The customers of every period from now to the end of the horizon count, half of those of a test period in
    each arm. The test goes on if some number of further periods has a net benefit of sampling above 0; with
    μ and σ updated, ask again after each period.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    mean, sd : number, money per customer
        Posterior mean and standard deviation of the net gain so far: `ExperimentResult.gain` and
        `.sd`.
    outcome_sd : number, money
        Standard deviation of what one customer brings.
    customers_per_period : number above 0
        Who come to be treated or not, in each period.
    horizon : int, 1 or more
        Until the end of the horizon for which the decision holds.
    cost_per_period, cost_per_customer : number, money
        Of testing on.

    Returns
    -------
    ExperimentPlan
        `worth_it` says whether to test on, `per_arm` how many more customers in each arm.

    Examples
    --------
    >>> shown = dict(mean=3.33, sd=3.46, outcome_sd=180, customers_per_period=20_000)
    >>> when_to_stop(**shown, horizon=50).per_arm
    20000
    >>> print(when_to_stop(**shown, horizon=4))
    No test earns its cost: roll out now, for 266,400; knowing for certain would be worth 24,760.
    """
    arriving, per_period, c = numbers(
        customers_per_period=(customers_per_period, POSITIVE),
        cost_per_period=(cost_per_period, NOT_NEGATIVE),
        cost_per_customer=(cost_per_customer, NOT_NEGATIVE),
    )
    periods = whole_number("horizon", horizon, way_out="Count whole periods.")
    x = plan_inputs(
        periods,
        mean=mean,
        sd=sd,
        outcome_sd=outcome_sd,
        customers=arriving * periods,
        cost_per_customer=c + per_period / arriving,  # a period's cost, shared by its customers
        cost=0.0,
    )
    return planned(x)
