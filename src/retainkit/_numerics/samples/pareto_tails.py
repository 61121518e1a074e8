"""Importance weights whose largest are smoothed, and a verdict on them: k, the shape of the upper tail.

The mean of a function under importance weights w hangs on the few largest of them. Those above a high
cutoff u follow a generalized Pareto distribution, P(w − u > y) = (1 + k·y/σ)^(−1/k), whose expected order
statistics are steadier than the weights drawn; and its k says whether means can be had at all: below 0.5
the weights have a variance, from about 0.7 on no practicable number of draws gives a dependable mean.

Sources: the smoothing is that of Vehtari, A., Simpson, D., Gelman, A., Yao, Y. & Gabry, J. (2024), "Pareto
Smoothed Importance Sampling", Journal of Machine Learning Research 25(72), 1-58, arXiv:1507.02646, the fit
that of Zhang, J. & Stephens, M. A. (2009), "A New and Efficient Estimation Method for the Generalized
Pareto Distribution", Technometrics 51(3), 316-325, doi:10.1198/tech.2009.08017 (their k is −k here).
"""

from __future__ import annotations

import math

import numpy as np

from retainkit.typing import Array

FEWEST = 5
"""Weights above the cutoff that a shape can be told from."""

_AT_ONCE = 1 << 19  # weights of the rows worked on at a time: 4 MB an array
_TINY = 1e-300
_PRIOR_WEIGHTS = 10.0  # the prior of k counts like so many weights, centred at a half
_PRIOR_CENTRE = 0.5


def smooth(log_weights: Array) -> tuple[Array, Array]:
    """Log weights whose largest follow the tail fitted to them, normalised to sum to 1, and its k.

    The tail is the largest min(n/5, 3√n) weights of each row. Where fewer than 5 of them are above the
    rest (n ≤ 20, or one weight dwarfs all others) nothing can be told of the tail: k is inf and the weights
    are normalised as they came. Where the tail is flat, as that of equal weights is, they are bounded and
    none is smoothed: k is −inf.

    Parameters
    ----------
    log_weights : (..., n)
        Up to a constant of each row; −inf is a weight of 0. A row of nothing else stays so, with k = inf.

    Returns
    -------
    log_weights : (..., n)
    k : (...)
    """
    n = log_weights.shape[-1]
    rows = log_weights.reshape(-1, n)
    smoothed, k = np.empty(rows.shape), np.empty(len(rows))
    step = max(1, _AT_ONCE // n)
    for start in range(0, len(rows), step):
        some = slice(start, start + step)
        smoothed[some], k[some] = _smooth(rows[some])
    return smoothed.reshape(log_weights.shape), k.reshape(log_weights.shape[:-1])


def fit_tail(excess: Array) -> tuple[Array, Array]:
    """Shape k and scale σ of a generalized Pareto distribution, for each row of excesses.

    The posterior mean of θ = −k/σ over a grid, under the prior of Zhang and Stephens, which follows the
    data; the mean of ln(1 − θ·y) is the best k given θ.

    Parameters
    ----------
    excess : (rows, m)
        From the smallest to the largest, which is above 0.
    """
    m = excess.shape[-1]
    largest = excess[:, -1]
    quarter = excess[:, max(math.floor(m / 4.0 + 0.5), 1) - 1]
    # ties at the cutoff leave nothing there: the mean has the same scale
    quarter = np.where(quarter > _TINY, quarter, excess.mean(axis=-1))
    points = 30 + math.floor(math.sqrt(m))
    grid = (1.0 - np.sqrt(points / (np.arange(points) + 0.5)))[:, None] / (3.0 * quarter)
    theta = 1.0 / largest + grid  # (points, rows)
    profile = np.stack([_profile(one, excess) for one in theta])
    # a row to each sum: down the columns the order of adding, and its rounding, goes by how many there are
    weight = np.exp(m * (profile - profile.max(axis=0))).T.copy()
    best = (weight * theta.T.copy()).sum(axis=-1) / weight.sum(axis=-1)
    k = _shape(best, excess)
    return k, 1.0 / _over_shape(best, k, excess)


def _smooth(log_weights: Array) -> tuple[Array, Array]:
    """Of rows (rows, n) that fit into memory together."""
    top = log_weights.max(axis=-1, keepdims=True)
    none = top == -np.inf
    log_w = log_weights - np.where(none, 0.0, top)
    k = np.full(len(log_w), np.inf)
    n = log_w.shape[-1]
    size = math.ceil(min(0.2 * n, 3.0 * math.sqrt(n)))
    if size >= FEWEST:
        place = np.argpartition(log_w, n - size - 1, axis=-1)[:, n - size - 1 :]
        place = np.take_along_axis(place, np.take_along_axis(log_w, place, -1).argsort(-1, kind="stable"), -1)
        weight = np.exp(np.take_along_axis(log_w, place, -1))  # the cutoff first, 1 last
        cutoff, place = weight[:, :1], place[:, 1:]
        excess = weight[:, 1:] - cutoff
        k[cutoff[:, 0] == 1.0] = -np.inf
        fits = (excess > _TINY).sum(axis=-1) >= FEWEST
        k[fits], tail = _expected_order(excess[fits])
        tail = np.log(np.minimum(cutoff[fits] + tail, 1.0))  # no weight above the largest drawn
        log_w[np.flatnonzero(fits)[:, None], place[fits]] = tail
    total = np.exp(log_w).sum(axis=-1, keepdims=True)
    return log_w - np.log(np.where(none, 1.0, total)), k


def _expected_order(excess: Array) -> tuple[Array, Array]:
    """k, drawn towards a half, and the quantiles of the tail where the excesses stand in their order."""
    m = excess.shape[-1]
    k, sigma = fit_tail(excess)
    k = (m * k + _PRIOR_WEIGHTS * _PRIOR_CENTRE) / (m + _PRIOR_WEIGHTS)
    below: Array = np.arange(0.5, m, dtype=np.float64) / m
    above = -np.log1p(-below)  # of the exponential distribution, k = 0
    column = k[:, None]
    with np.errstate(over="ignore"):
        bent = np.expm1(column * above) / np.where(column == 0.0, 1.0, column)
    return k, sigma[:, None] * np.where(column == 0.0, above, bent)


def _shape(theta: Array, excess: Array) -> Array:
    """The k that is best given θ: the mean of ln(1 − θ·y)."""
    return np.log1p(-theta[:, None] * excess).mean(axis=-1)


def _profile(theta: Array, excess: Array) -> Array:
    """The mean log density at θ and the k that is best given it."""
    k = _shape(theta, excess)
    return np.log(_over_shape(theta, k, excess)) - k - 1.0


def _over_shape(theta: Array, k: Array, excess: Array) -> Array:
    """1/σ = −θ/k: the inverse mean where both are 0, an exponential tail."""
    flat = k == 0.0
    return np.where(flat, 1.0 / excess.mean(axis=-1), -theta / np.where(flat, 1.0, k))
