"""How many customers will be won in each of the coming periods: schedules for the value of a company.

Any column will do. Two curves are common where a market fills up: technological substitution, a logistic
curve (used by Gupta, S., Lehmann, D. R. and Stuart, J. A. 2004, "Valuing Customers", Journal of Marketing
Research 41(1), 7-18, doi:10.1509/jmkr.41.1.7.25084), and Bass, F. M. (1969), "A New Product Growth for Model
Consumer Durables", Management Science 15(5), 215-227, doi:10.1287/mnsc.15.5.215.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.columns import columns, numbers
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL, Domain
from retainkit.draws import Draws
from retainkit.economics.formulas.survival import whole
from retainkit.errors import InputError
from retainkit.typing import Array, Number, NumberLike


def substitution_schedule(
    potential: NumberLike, *, beta: NumberLike, gamma: NumberLike, horizon: int, start: Number = 0.0
) -> NumberLike:
    """New customers per period on a logistic curve: differences of potential/(1 + e^(−β−γt)).

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    potential : number, column or Draws, 0 or more
        Customers ever won.
    beta, gamma : number, column or Draws
        Where the curve is at t = 0, in logits of the potential, and how fast it rises per period.
    horizon : int
    start : number, periods
        The t of now, on the clock that beta and gamma were fitted on.

    Returns
    -------
    (periods,) or (rows, periods) array, or Draws (draws, periods)
        The first entry is the period that begins now.

    Examples
    --------
    >>> substitution_schedule(1000, beta=-2, gamma=0.5, horizon=4).round(1)
    array([ 63.2,  86.5, 108.6, 122.5])
    """
    from scipy.special import expit

    given = {"potential": (potential, NOT_NEGATIVE), "beta": (beta, REAL), "gamma": (gamma, POSITIVE)}
    t, (top, b, g), drawn = _clock_and_columns(horizon, (start, REAL), given)
    # the curve is cumulated: what is won in a period is a difference of it
    won: Array = top * expit(b + g * t)
    return drawn(np.diff(won, axis=-1))


def bass_schedule(
    potential: NumberLike, *, p: NumberLike, q: NumberLike, horizon: int, start: Number = 0.0
) -> NumberLike:
    """New customers per period on the Bass curve, potential·(1 − z)/(1 + (q/p)z) with z = e^(−(p+q)t).

    Parameters
    ----------
    p, q : number, column or Draws, above 0 and 0 or more
        Innovation and imitation, per period.
    start : number, periods, 0 or more
        Periods since the launch.
    potential, horizon
        As `substitution_schedule`, which says what comes back, too.

    Examples
    --------
    >>> bass_schedule(1000, p=0.03, q=0.4, horizon=4).round(1)
    array([36.1, 50.7, 68.3, 87.2])
    """
    given = {"potential": (potential, NOT_NEGATIVE), "p": (p, POSITIVE), "q": (q, NOT_NEGATIVE)}
    t, (top, own, other), drawn = _clock_and_columns(horizon, (start, NOT_NEGATIVE), given)
    z = np.exp(-(own + other) * t)
    # differences of the cumulated curve, not the rate at a point: customers of whole periods
    return drawn(np.diff(top * -np.expm1(-(own + other) * t) / (1.0 + other / own * z), axis=-1))


def _clock_and_columns(
    horizon: int, start: tuple[Number, Domain], given: dict[str, tuple[NumberLike, Domain]]
) -> tuple[Array, list[Array], Callable[[Array], NumberLike]]:
    """The ends of all periods, checked parameters with an axis for them, and what an answer becomes."""
    n = whole("horizon", horizon)
    # an axis for the periods behind that of the draws
    found, back = columns(**given)
    if back.drawn and len(back.shape) > 1:
        shown = ", ".join(f"{name} {np.shape(value)}" for name, (value, _) in given.items() if np.ndim(value))
        rule = "must be numbers, or (draws,) of them, where one is draws: a schedule is of one market"
        raise InputError("wrong-shape", next(iter(given)), shown, rule, "Make one schedule for each market.")
    (first,) = numbers(start=start)
    at = np.arange(n + 1, dtype=np.float64) + first
    return at, [one[..., None] for one in found], Draws.of if back.drawn else np.asarray
