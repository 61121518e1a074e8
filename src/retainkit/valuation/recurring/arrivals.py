"""Revenue of customers not yet won: as stated, or the trend and season of the months before."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np

from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError, MissingDependencyError
from retainkit.plurals import counted
from retainkit.typing import Array, Foreign, NumberLike

_SEASONED = 24  # months from which a season is told from a trend
_LEAST = 8  # months without which there is no trend
_LEVELS = ("dtrend", "lldtrend")  # constant or wandering, each with growth
_MOST = 60  # months before which business was another


def stated(new: NumberLike, months: int, draws: int) -> Array:
    """(draws, months) of what the caller says: one number a month, or one for all."""
    given = np.asarray(NOT_NEGATIVE.check("new", new))
    if given.shape not in ((), (months,)):
        rule = f"must be one number, or one for each of the {months} months"
        raise InputError("length-mismatch", "new", given, rule, "Or new='trend'.")
    return np.broadcast_to(given, (draws, months))


def trending(won: Array, months: int, draws: int, rng: np.random.Generator) -> Array:
    """(draws, months) of simulated revenue of new customers: level, trend, season and noise of `won`.

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
        fits: list[Any] = [
            structural.UnobservedComponents(y, level=level, **_season(harmonics)).fit(disp=False, maxiter=200)
            for level in _LEVELS
            for harmonics in ((0, 1, 2) if y.size >= _SEASONED else (0,))
        ]
        # as many paths of each as BIC gives it weight: what a choice alone would claim to know is unsure
        bic = np.array([fitted.bic for fitted in fits], np.float64)
        bic = np.where(np.isfinite(bic), bic, np.inf)
        weight = np.exp(-0.5 * (bic - bic.min()))
        share = rng.multinomial(draws, weight / weight.sum())
        found = [
            np.asarray(fitted.simulate(months, anchor="end", repetitions=n, rng=rng)).reshape(months, n)
            for fitted, n in zip(fits, share.tolist(), strict=True)
            if n
        ]
    paths = np.exp(np.concatenate(found, axis=1).T)
    return rng.permutation(paths, axis=0)


def _season(harmonics: int) -> dict[str, Any]:
    if not harmonics:
        return {}
    return {"freq_seasonal": [{"period": 12, "harmonics": harmonics}], "stochastic_freq_seasonal": [False]}
