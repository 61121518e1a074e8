"""What it is worth to know more before deciding: perfect information, and that of a sample.

A choice between doing and not doing, whose net gain is thought to be normal with mean μ and standard
deviation σ, is made by the sign of μ. Knowing the gain first would add

    EVPI = σ·[φ(u) − u·Φ(−u)],   u = |μ|/σ,

and an estimate with standard error se adds the same with σ̃ = σ²/√(σ² + se²) in place of σ: the spread of
what will be believed after seeing it. Raiffa, H. and Schlaifer, R. (1961), Applied Statistical Decision
Theory, ch. 5.
"""

from __future__ import annotations

import numpy as np

from retainkit._numerics.samples.normal_regret import expected_regret, sd_of_mean_after
from retainkit.columns import SameKind, columns
from retainkit.domains import ENDLESS, NOT_NEGATIVE, REAL
from retainkit.draws import Draws
from retainkit.errors import wrong_shape
from retainkit.typing import NumberLike


def evpi(mean: NumberLike, *, sd: NumberLike) -> SameKind:
    """Expected value of perfect information: the most that it is worth paying to know the net gain.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    mean, sd : number or column, money
        What the net gain of doing it, over not doing it, is thought to be; `sd` 0 or more.

    Returns
    -------
    float, ndarray or Series
        Money, the kind of the arguments; also the expected loss of deciding now.

    Examples
    --------
    >>> round(evpi(-10_000, sd=30_000))
    7627
    """
    (mu, sigma), back = columns(mean=(mean, REAL), sd=(sd, NOT_NEGATIVE))
    return back(expected_regret(mu, sigma))


def evsi(mean: NumberLike, *, sd: NumberLike, standard_error: NumberLike) -> SameKind:
    """Expected value of sample information: the most that it is worth paying for an estimate of the gain.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    mean, sd : number or column, money
        As `evpi`.
    standard_error : number or column, 0 or more, money
        Of the estimate that could be had. 0 is perfect information, ``inf`` none.

    Returns
    -------
    float, ndarray or Series
        Money, the kind of the arguments.

    Examples
    --------
    >>> round(evsi(-10_000, sd=30_000, standard_error=30_000))
    4386
    """
    (mu, sigma, se), back = columns(
        mean=(mean, REAL), sd=(sd, NOT_NEGATIVE), standard_error=(standard_error, ENDLESS)
    )
    return back(expected_regret(mu, sd_of_mean_after(sigma, se)))


def evpi_of_draws(gains: NumberLike) -> float:
    """Expected value of perfect information about several options, from draws of what each brings.

    E[max over options] − max over options of E.

    Raises `InputError` for what is no such table.

    Parameters
    ----------
    gains : Draws or array (draws, options) or (draws,), money
        One column per option, each draw a row; a single column is an option against doing nothing.

    Examples
    --------
    >>> evpi_of_draws([[10, 0], [-4, 0], [6, 0], [-8, 0]])  # 4 if known which, 1 by doing the first
    3.0
    """
    table = np.asarray(REAL.check("gains", np.asarray(gains) if isinstance(gains, Draws) else gains))
    if table.ndim not in (1, 2) or table.size == 0:
        rule = "must have a row for every draw and a column for every option"
        way_out = "Give a single column of draws, or np.column_stack of several."
        raise wrong_shape("gains", table, rule, way_out)
    if table.ndim == 1:
        # one column is "do it": the other option, doing nothing, brings 0
        table = np.column_stack([table, np.zeros_like(table)])
    # knowing first, the best of each draw; deciding first, the best mean
    return float(table.max(axis=1).mean() - table.mean(axis=0).max())
