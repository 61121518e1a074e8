"""Revenue of customers not yet won: as stated, or by trend and season of their number and what each pays."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np

from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, MissingDependencyError
from retainkit.plurals import counted
from retainkit.typing import Array, Foreign, NumberLike
from retainkit.valuation.recurring.history import History, ratio

_SEASONED = 24  # months from which a season is told from a trend
_LEAST = 8  # months without which there is no trend
_LEVELS = ("dtrend", "lldtrend")  # constant or wandering, each with growth
_YEAR = 12
_MOST = 60  # months before which business was another


def stated(new: NumberLike, months: int, draws: int) -> Array:
    """(draws, months) of what the caller says: one number a month, or one for all."""
    given = np.asarray(NOT_NEGATIVE.check("new", new))
    if given.shape not in ((), (months,)):
        rule = f"must be one number, or one for each of the {months} months"
        raise InputError("length-mismatch", "new", given, rule, "Or new='trend'.")
    return np.broadcast_to(given, (draws, months))


def expected(h: History, months: int, draws: int, rng: np.random.Generator) -> Array:
    """(draws, months) of simulated revenue of new customers: how many there will be, times what each pays.

    Their number tells the trend better than their revenue does, in which a few large customers are noise and
    a price rise of the past looks like growth. What each pays is that of the last year at the prices of now;
    the months that tell of it are drawn for each path, and each month to come takes after one of them.
    """
    number, paid = h.new_customers.sum(axis=1), h.new.sum(axis=1) * h.prices
    people = trending(number, months, draws, rng)
    year = np.flatnonzero(number)[-_YEAR:]
    known = year[rng.integers(year.size, size=(draws, year.size))]
    mean = ratio(paid[known].sum(axis=1), number[known].sum(axis=1))
    usual = paid[year].sum() / number[year].sum()
    like = year[rng.integers(year.size, size=(draws, months))]
    return people * mean[:, None] * paid[like] / (number[like] * usual)


def trending(won: Array, months: int, draws: int, rng: np.random.Generator) -> Array:
    """(draws, months) of simulated numbers of new customers: level, trend, season and noise of `won`.

    Structural time series of its logarithm: a level that may wander, a constant growth or none, up to two
    harmonics of the year where there are two years, each with the weight that BIC gives it (Harvey 1989,
    Forecasting, Structural Time Series Models and the Kalman Filter). statsmodels fits and simulates them.
    """
    won = won[-_MOST:]
    if won.size < _LEAST or (won > 0.0).sum() < _LEAST:
        shown = f"{counted(int((won > 0.0).sum()), 'month')} with new customers"
        rule = f"needs {_LEAST} such months for a trend"
        raise InputError("too-few", "new", shown, rule, "State it: new=2500.0, money a month, or new=[...].")
    try:
        structural: Foreign = import_module("statsmodels.tsa.statespace.structural")
    except ImportError as error:
        raise MissingDependencyError("statsmodels", "forecast", "new='trend'") from error
    # a month without anybody counts as half of the smallest
    y = np.log(np.maximum(won, 0.5 * won[won > 0.0].min()))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # its optimiser warns of boundaries, such as a level that does not wander
        warnings.simplefilter("ignore")
        kinds = [(level, k) for level in _LEVELS for k in ((0, 1, 2) if y.size >= _SEASONED else (0,))]
        fits: list[Any] = [
            structural.UnobservedComponents(y, level=level, **_season(harmonics)).fit(disp=False, maxiter=200)
            for level, harmonics in kinds
        ]
        # as many paths of each as BIC gives it weight: what a choice alone would claim to know is unsure
        bic = np.array([_bic(y, k, fitted.params) for (_, k), fitted in zip(kinds, fits, strict=True)])
        bic = np.where(np.isfinite(bic), bic, np.inf)
        weight = np.exp(-0.5 * (bic - bic.min()))
        share = rng.multinomial(draws, weight / weight.sum())
        found = [
            _simulated(fitted, months, n, rng) for fitted, n in zip(fits, share.tolist(), strict=True) if n
        ]
    paths = np.exp(np.concatenate(found, axis=1).T)
    return rng.permutation(paths, axis=0)


def _bic(y: Array, harmonics: int, variances: Array) -> float:
    """BIC of a level with growth and a season, at the variances of noise and, if it wanders, of its steps.

    Of the likelihood at the best level, growth and season. That of statsmodels is diffuse: it has them
    integrated out, which counts each twice and by its scale, so that seasons of up to 20% were not seen.
    """
    t = np.arange(y.size)
    turn = 2.0 * np.pi / 12.0 * np.outer(t, np.arange(1, harmonics + 1))
    x = np.column_stack([np.ones(y.size), t, np.cos(turn), np.sin(turn)])
    sizes: list[float] = [*variances.tolist(), 0.0]
    noise, step = sizes[:2]
    # generalised least squares: what wanders is a sum of steps, so that months share the earlier ones
    root = np.linalg.cholesky(noise * np.eye(y.size) + step * np.minimum(t[:, None], t))
    white_x = np.linalg.solve(root, x)
    white_y = np.linalg.solve(root, y)
    off = white_y - white_x @ np.linalg.lstsq(white_x, white_y, rcond=None)[0]
    known = variances.size + x.shape[1]
    return float(2.0 * np.log(np.diag(root)).sum() + off @ off + known * np.log(y.size))


def _simulated(fitted: Any, months: int, paths: int, rng: np.random.Generator) -> Array:
    """(months, paths) of one model, as far from its mean as months that tell its variances leave unsure."""
    found = np.asarray(fitted.simulate(months, anchor="end", repetitions=paths, rng=rng)).reshape(
        months, paths
    )
    mean = np.asarray(fitted.forecast(months))[:, None]
    # a chi-squared share of the variance: paths of Student's t
    free = fitted.nobs_effective - len(fitted.params)
    return mean + (found - mean) * np.sqrt(free / rng.chisquare(free, paths))


def _season(harmonics: int) -> dict[str, Any]:
    if not harmonics:
        return {}
    return {"freq_seasonal": [{"period": 12, "harmonics": harmonics}], "stochastic_freq_seasonal": [False]}
