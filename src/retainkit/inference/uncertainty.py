"""How sure we are of a figure that was computed from fitted models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.inference.result import AnyFit
from retainkit.typing import Real

_STEP = 1e-3  # of a standard deviation: small against it, large against rounding


def standard_error(figure: Callable[..., Real], *fits: AnyFit) -> Real:
    """Standard error of any figure computed from fitted models, by the delta method.

    The figure is computed once at the estimates and once a step along each direction in which the parameters
    are uncertain. Fits count as independent of each other. The error is in the unit of the figure; it covers
    the uncertainty of the parameters, not of what the single customer will do, nor of the model itself.

    Parameters
    ----------
    figure : callable
        Takes the models of `fits` in order and gives a number, or an array of them.
    *fits : Fit

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> fitted = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> error = rk.inference.standard_error(lambda model: model.expected_purchases_new(52.0), fitted)
    >>> print(f"{fitted.model.expected_purchases_new(52.0):.2f} ± {error:.2f}")
    2.52 ± 0.06
    """
    models = [fitted.model for fitted in fits]
    centre = np.asarray(figure(*models), np.float64)
    variance = np.zeros_like(centre)
    for i, fitted in enumerate(fits):
        point, root = fitted.unconstrained()
        # along the columns of S, S·Sᵀ the covariance: the squares of these slopes add up without cross terms
        for direction in root.T:
            moved = [*models[:i], fitted.from_unconstrained(point + _STEP * direction), *models[i + 1 :]]
            variance += ((np.asarray(figure(*moved), np.float64) - centre) / _STEP) ** 2
    error = np.sqrt(variance)
    return float(error) if error.ndim == 0 else error
