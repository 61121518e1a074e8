"""A test of what customers spent: the net gain from the margins of two arms, customer by customer.

Means come from the Bayesian bootstrap (Rubin, D. B. (1981), "The Bayesian Bootstrap", Annals of Statistics
9(1), 130-134, doi:10.1214/aos/1176345338), which takes skewed spending with many zeros as it is, or from
the normal model with unknown variance (Student's t around each mean). A log-normal model is not offered:
with its variance unknown, the mean has no finite expectation a posteriori.
"""

from __future__ import annotations

from typing import get_args

import numpy as np

from retainkit._numerics.samples.mean_draws import bootstrapped_means, student_means
from retainkit.columns import known
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.experiments.experiment import ExperimentResult, judged
from retainkit.decisions.experiments.tested import RevenuePosterior, RevenueTestInputs
from retainkit.domains import REAL, generator, whole_number
from retainkit.errors import unknown_choice, wrong_shape
from retainkit.typing import Array, Number, NumberLike


@one_a_row(besides=("control", "treated"))
def revenue_test(
    control: NumberLike,
    *,
    treated: NumberLike,
    cost_per_customer: NumberLike,
    posterior: RevenuePosterior = "bootstrap",
    customers: Number = 1.0,
    level: Number = 0.9,
    draws: int = 4000,
    seed: int | np.random.Generator = 0,
) -> ExperimentResult:
    """Did the test pay, where the outcome is money.

    Posterior of mean margin treated − mean margin untreated − cost_per_customer.

    Raises `InputError` for values that are no money, arms of fewer than two customers, and unknown
    posteriors.

    Parameters
    ----------
    control, treated : column, money
        Margin of each customer of the arm over the same time, zeros included. Margin, not revenue.
    cost_per_customer : number or Draws, money
        Of treating one customer.
    posterior : {"bootstrap", "normal"}
    customers, level
        As `retention_test`.
    draws : int
        How many; as many as `cost_per_customer` has, if it is drawn.
    seed : int or Generator

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> spent = rng.gamma(0.5, 40, (2, 2000)) * [[1.0], [1.3]]
    >>> result = revenue_test(spent[0], treated=spent[1], cost_per_customer=2)
    >>> result.worth_it, result.probability_of_gain > 0.95
    (True, True)
    """
    if posterior not in get_args(RevenuePosterior):
        raise unknown_choice("posterior", posterior, get_args(RevenuePosterior))
    none, some = _arm("control", control), _arm("treated", treated)
    x = RevenueTestInputs.read(
        {"control": none.mean(), "treated": some.mean(), "cost_per_customer": cost_per_customer},
        posterior=posterior,
    )
    # draws of the cost say how many; each meets a mean of its own
    count = (
        np.size(x.cost_per_customer)
        if np.ndim(x.cost_per_customer)
        else whole_number("draws", draws, 2, way_out="Some thousands are usual.")
    )
    rng = generator(seed)
    means = bootstrapped_means if posterior == "bootstrap" else student_means
    without, with_it = means(none, count, rng), means(some, count, rng)
    return judged(x.replace(control=without, treated=with_it), customers, level)


def _arm(argument: str, values: NumberLike) -> Array:
    (arm,) = known(**{argument: (values, REAL)})
    if arm.ndim != 1 or arm.size < 2:
        rule = "must be a column with the margin of each of two or more customers"
        raise wrong_shape(argument, arm, rule, "Give one entry per customer, 0 for those who bought nothing.")
    return arm
