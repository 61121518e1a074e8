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

from retainkit._numerics.samples.knowing_first import normal_scores, value_of_knowing
from retainkit._numerics.samples.normal_regret import expected_regret, sd_of_mean_after
from retainkit.columns import SameKind, columns, same_rows
from retainkit.domains import ENDLESS, NOT_NEGATIVE, POSITIVE, REAL, one_number
from retainkit.draws import Draws
from retainkit.errors import InputError, wrong_shape
from retainkit.plurals import counted
from retainkit.typing import Array, NumberLike, NumberOf, Same


def evpi(mean: NumberOf[Same], *, sd: NumberOf[Same]) -> Same:
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


def evsi(mean: NumberOf[Same], *, sd: NumberOf[Same], standard_error: NumberOf[Same]) -> Same:
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

    E[max over options] − max over options of E. Draws of a gain come from a posterior, too: what a function
    answers for it, less what it costs.

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
    table = _options(gains)
    # knowing first, the best of each draw; deciding first, the best mean
    return float(table.max(axis=1).mean() - table.mean(axis=0).max())


def evppi_of_draws(gains: NumberLike, known: NumberLike) -> float:
    """Expected value of partial perfect information: what it is worth to know one thing of several first.

    E[max over options of E[gain | known]] − max over options of E[gain], where the inner mean is a regression
    of the draws of gains on those of what would be known. These may be parameters, such as
    ``posterior.model.a[:, 0]``; or what a sample would show, simulated once with each draw of the parameters:
    then it is the expected value of that sample (EVSI), exact but for the regression, whatever the data.

    Raises `InputError` for gains that are no such table, and for draws of unequal number.

    Parameters
    ----------
    gains : as in `evpi_of_draws`
    known : Draws or array (draws,) or (draws, k)
        First with first. With several, their pairs count, and three columns are soon as many as draws bear.

    Notes
    -----
    Regression on few draws finds some value in noise: with 4,000 draws about 1e-3 of the deviation of gains.
    Strong, Oakley & Brennan 2014, doi:10.1177/0272989X13505910; samples: Strong et al. 2015,
    doi:10.1177/0272989X15575286.

    Examples
    --------
    >>> import numpy as np
    >>> import retainkit as rk
    >>> rng = np.random.default_rng(1)
    >>> churn, margin = rng.normal(0.05, 0.01, 4000), rng.normal(30.0, 1.0, 4000)
    >>> gain = 20_000 - 400_000 * churn + 10 * (margin - 30.0)
    >>> rk.decisions.evppi_of_draws(gain, churn) > 10 * rk.decisions.evppi_of_draws(gain, margin)
    True
    """
    same_rows(gains=gains, known=known)
    table = _options(gains)
    given = np.asarray(REAL.check("known", np.asarray(known) if isinstance(known, Draws) else known))
    if given.ndim not in (1, 2) or given.size == 0:
        rule = "must have a row for every draw and a column for everything that would be known"
        raise wrong_shape(
            "known", given, rule, "Give a single column of draws, or np.column_stack of several."
        )
    columns = given.reshape(len(given), -1).T
    if columns.shape[1] != len(table):
        rule = f"must have as many draws as gains ({len(table):,}): they belong together, first with first"
        way_out = "Take both from one posterior, or draw both as often."
        raise InputError("length-mismatch", "known", counted(columns.shape[1], "draw"), rule, way_out)
    # what is the same in all draws tells nothing, and has no score
    scores = np.array([normal_scores(column) for column in columns if np.ptp(column) > 0.0])
    return value_of_knowing(table.T, scores, float(table.mean(axis=0).max()))


def evsi_of_draws(gains: NumberLike, *, customers: float, n: NumberLike) -> SameKind:
    """Expected value of sample information: what it is worth to observe `n` more customers before deciding.

    Where draws were learned from N customers, n more of their like tell the gain with a standard error of
    sd·√(N/n), and what is then believed of it is w = n/(N + n) of that estimate, the rest what was believed
    before: EVSI = E[max over options of mean + w·(gain + error − mean)] − max over options of mean. For
    normal gains it is `evsi`; with n = ∞ it is `evpi_of_draws`.

    Raises `InputError` for gains that are no such table, customers not above 0, and n below 0.

    Parameters
    ----------
    gains : as in `evpi_of_draws`
        Of a posterior: the gain at each draw, such as ``value_new_customer(posterior, ...).value - cost``.
    customers : float
        How many the draws were learned from: `Posterior.customers`.
    n : number or column, 0 or more
        Observed as those were, and as long.

    Returns
    -------
    float or (n,)
        Money.

    Notes
    -----
    Right where the n are enough for a nearly normal estimate, and the prior is weak; for fewer simulate what
    the sample would show and ask `evppi_of_draws`. Jalal, H. and Alarid-Escudero, F. (2018), "A Gaussian
    Approximation Approach for Value of Information Analysis", Medical Decision Making 38(2), 174-188,
    doi:10.1177/0272989X17715627.

    Examples
    --------
    >>> import retainkit as rk
    >>> churn = rk.churn_posterior(100, 2000, seed=1)
    >>> gain = 50 / churn - 1_050  # of winning a customer for 1,050 who brings 50 a month
    >>> worth = rk.decisions.evsi_of_draws(gain, customers=2000, n=[0, 500, 2000, float("inf")])
    >>> bool(worth[0] == 0.0 and abs(worth[3] - rk.decisions.evpi_of_draws(gain)) < 1e-9)
    True
    """
    table, before = _options(gains), one_number("customers", customers, POSITIVE)
    (more,), back = columns(n=(n, ENDLESS))
    # n/(N + n), without infinity over infinity
    weights = np.where(more > 0.0, 1.0 / (1.0 + before / np.where(more > 0.0, more, 1.0)), 0.0)
    found = [_worth_of_estimate(table, float(w)) for w in np.ravel(weights)]
    return back(np.reshape(found, np.shape(weights)))


def _worth_of_estimate(table: Array, w: float) -> float:
    """Of an estimate that counts for `w` of what is then believed."""
    mean = table.mean(axis=0)
    believed, spread = mean + w * (table - mean), np.sqrt(w * (1.0 - w))
    if table.shape[1] == 2:
        # of two options only the difference counts, and the mean over a normal error is known
        ahead = believed[:, 0] - believed[:, 1]
        sd = np.full(len(ahead), spread * float((table[:, 0] - table[:, 1]).std()))
        better = np.maximum(ahead, 0.0) + expected_regret(ahead, sd)
        return max(float(better.mean()) - max(float(mean[0] - mean[1]), 0.0), 0.0)
    values, directions = np.linalg.eigh(np.cov(table, rowvar=False))
    # one more draw for each: errors of several options go together as their gains do
    error = np.random.default_rng(1).standard_normal(table.shape)
    error -= error.mean(axis=0)
    believed += spread * error @ (directions * np.sqrt(np.maximum(values, 0.0))).T
    return max(float(believed.max(axis=1).mean() - mean.max()), 0.0)


def _options(gains: NumberLike) -> Array:
    """Draws (draws, options); a single column is an option against doing nothing."""
    table = np.asarray(REAL.check("gains", np.asarray(gains) if isinstance(gains, Draws) else gains))
    if table.ndim not in (1, 2) or table.size == 0:
        rule = "must have a row for every draw and a column for every option"
        way_out = "Give a single column of draws, or np.column_stack of several."
        raise wrong_shape("gains", table, rule, way_out)
    if table.ndim == 1:
        # one column is "do it": the other option, doing nothing, brings 0
        table = np.column_stack([table, np.zeros_like(table)])
    return table
