"""Churn from counts of customers who left, with its uncertainty: a beta posterior as draws.

Of n customers at risk k left in a period. Given the churn p, k is binomial; under the prior Beta(a, b) the
posterior is Beta(a + k, b + n − k).

The prior is Jeffreys's, Beta(½, ½), unless another is given. It counts as one customer, half of whom left,
where the flat Beta(1, 1) counts as two, one of whom left: with churn of a few percent, and few who left, that
is much of the answer (3 of 200: posterior means 1.74% and 1.98%, the share itself is 1.5%). Its intervals
hold the truth about as often as they say: Brown, L. D., Cai, T. T. & DasGupta, A. (2001), "Interval
Estimation for a Binomial Proportion", Statistical Science 16(2), 101-133, doi:10.1214/ss/1009213286.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy.special import betaincinv

from retainkit.columns import columns, numbers
from retainkit.domains import NOT_NEGATIVE, POSITIVE, generator_for, whole_number
from retainkit.draws import Draws
from retainkit.errors import InputError, refuse_where
from retainkit.typing import Array, Number, NumberLike


def churn_posterior(
    churned: NumberLike,
    customers: NumberLike,
    *,
    prior: tuple[Number, Number] = (0.5, 0.5),
    draws: int = 4000,
    seed: int | np.random.Generator,
) -> Draws:
    """What the churn of a period may be, where so many of so many customers left in it.

    Draws of Beta(a + churned, b + customers − churned), which stand wherever a churn is asked for. They are
    stratified, one from each of as many equally likely parts of the distribution, in random order: quantiles
    are exact to 1/`draws` of probability, and means as good as those of many times as many plain draws.

    Columns of counts give draws of each segment, independent of each other. So are answers about other counts
    with the same whole-number seed; the same counts with the same seed are the same draws.

    Raises `InputError` where more left than there were, for counts that are negative or broken, for a
    segment of nobody, a prior that is not proper, 0 draws, and a seed that is none.

    Parameters
    ----------
    churned : whole number or column, 0 or more
        How many left within the period.
    customers : whole number or column, 1 or more
        How many there were at its start, and so could have left.
    prior : two numbers above 0
        (a, b): as many customers who left and who stayed the prior counts for. (1, 1) is flat; (2, 38) is as
        if 2 of 40 others had left.
    draws : whole number
    seed : int or Generator

    Returns
    -------
    Draws
        (draws,), or (draws, segments) for columns; a share per period.

    Examples
    --------
    >>> import retainkit as rk
    >>> churn = churn_posterior(100, 2000, seed=1)
    >>> print(churn)
    0.0502253 (90% between 0.0424601 and 0.0584974; 4,000 draws)
    >>> print(rk.break_even_periods(500, 50, churn=churn))
    13.5747 (90% between 12.7384 and 14.5893; 4,000 draws)
    """
    n = whole_number("draws", draws)
    (a, b) = _prior(prior)
    (k, there), _ = columns(churned=(churned, NOT_NEGATIVE), customers=(customers, NOT_NEGATIVE))
    _refuse_impossible(k, there)
    k, there = np.broadcast_arrays(k, there)
    rng = generator_for(seed, k, there)
    below = _stratified(n, k.size, rng).reshape(n, *k.shape)
    return Draws.of(betaincinv(a + k, b + (there - k), below))


def _prior(prior: Any) -> tuple[float, float]:
    several = isinstance(prior, list | tuple | np.ndarray)
    pair: list[Any] = list(cast("list[Any]", prior)) if several else []
    if len(pair) != 2:
        rule = "must be two numbers, as many customers who left and who stayed as it counts for"
        raise InputError(
            "wrong-shape", "prior", cast("object", prior), rule, "For example prior=(0.5, 0.5) or (1, 1)."
        )
    a, b = numbers(**{"prior[0]": (pair[0], POSITIVE), "prior[1]": (pair[1], POSITIVE)})
    return a, b


def _refuse_impossible(churned: Array, customers: Array) -> None:
    for name, counts in {"churned": churned, "customers": customers}.items():
        rule, way_out = "must be whole: it counts customers", "Give counts, no shares and no rates."
        refuse_where(counts != np.rint(counts), "not-whole", name, counts, rule, way_out)
    rule = "must be 1 or more: the churn of nobody is not known from counts"
    refuse_where(customers == 0.0, "empty", "customers", customers, rule, "Leave such segments out.")
    most = f" = {customers:,.0f}" if customers.ndim == 0 else ""
    rule, way_out = f"must be at most customers{most}", "Give how many left, then how many there were."
    refuse_where(churned > customers, "inconsistent", "churned", churned, rule, way_out)


def _stratified(draws: int, segments: int, rng: np.random.Generator) -> Array:
    """Uniform numbers (draws, segments): in each column one of every stretch of 1/draws, in random order."""
    stretch = rng.permuted(np.broadcast_to(np.arange(draws)[:, None], (draws, segments)), axis=0)
    return (stretch + rng.random((draws, segments))) / draws
