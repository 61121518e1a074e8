"""Cases 3 and 4 of Berger and Nasr: the profit from a customer grows along an S-shaped curve.

π(t) = v + h·t² up to the turning year g, and v + h·g² + N·(1 − e^−(t−g)) after it: first ever faster, then
towards a ceiling N above the turning point. π is net of promotions. Citation in `berger_nasr`.
"""

from __future__ import annotations

from math import inf

import numpy as np

from retainkit.columns import Back, SameKind, columns
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.economics.formulas.survival import whole
from retainkit.errors import refuse_where
from retainkit.rates import as_kept, in_period
from retainkit.typing import Array, NumberLike, RateLike


def berger_nasr_case_3(
    starting_profit: NumberLike,
    *,
    acceleration: NumberLike,
    turning_year: NumberLike,
    later_gain: NumberLike,
    retention: RateLike,
    discount_rate: RateLike,
    years: int,
) -> SameKind:
    """A yearly profit that grows, paid now and after 1, …, n years: Σ_{t=0..n} π(t)·rᵗ/(1+d)ᵗ.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    starting_profit : number or column, money
        v, the profit of the first sale, now.
    acceleration : number or column, money per year²
        h: the profit has grown by h·t² after t years, up to the turning year.
    turning_year : number or column, years, 0 or more
        g, from when on growth slows.
    later_gain : number or column, money
        N, what the profit still gains after the turning year, in the very long run.
    retention : number or column in [0, 1], or Rate
        Per year.
    discount_rate : number or column > -1, or Rate
        Per year.
    years : int
        n, so that n + 1 profits count.

    Returns
    -------
    float, ndarray or Series
        Money of now. For any other profit curve, use `lifetime_value_on_curve` with a margin per period.

    Examples
    --------
    >>> flat = dict(acceleration=0, turning_year=4, later_gain=0, retention=0.8, discount_rate=0.12)
    >>> round(berger_nasr_case_3(100, **flat, years=4), 3)  # five payments, the first of them now
    284.923
    """
    last = 0 if NOT_NEGATIVE.check("years", years) == 0.0 else whole("years", years)
    (v, h, g, gain, r, d, _), back = _terms(
        starting_profit, acceleration, turning_year, later_gain, retention, discount_rate, last
    )
    value, kept = np.zeros(()), r / (1.0 + d)
    for t in range(last, -1, -1):  # Horner: no array of years per customer
        # π(t) in one line: each part stops growing, or has not begun, on the other side of g
        profit = v + h * np.minimum(t, g) ** 2 - gain * np.expm1(-np.maximum(t - g, 0.0))
        value = profit + kept * value
    return back(value)


def berger_nasr_case_4(
    starting_profit: NumberLike,
    *,
    acceleration: NumberLike,
    turning_year: NumberLike,
    later_gain: NumberLike,
    retention: RateLike,
    discount_rate: RateLike,
    years: NumberLike = inf,
) -> SameKind:
    """A profit that flows continuously and grows: ∫₀ⁿ π(t)·(r/(1+d))ᵗ dt, in closed form.

    The arguments are those of `berger_nasr_case_3`, with profits per year; `years` need not be whole.

    Raises `InputError` for values outside their domain, and for endless years unless retention < 1 +
    discount_rate.

    Returns
    -------
    float, ndarray or Series
        Money of now.

    Examples
    --------
    >>> flat = dict(acceleration=0, turning_year=4, later_gain=0, retention=0.8, discount_rate=0.12)
    >>> round(berger_nasr_case_4(100, **flat), 4)  # the continuous lifetime value
    297.2013
    """
    (v, h, g, gain, r, d, n), back = _terms(
        starting_profit, acceleration, turning_year, later_gain, retention, discount_rate, years
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # r = 0: all are gone at once
        force = np.asarray(np.log1p(d) - np.log(r))
        _check_end(n, force, d)
        # a horizon before the turning year never sees the second part
        turn = np.minimum(g, n)
        rest = np.where(n > turn, n - turn, 0.0)
        early = v * _flow(force, turn) + h * turn**3 * _square_moment(force * turn)
        plateau = (v + h * turn**2 + gain) * _flow(force, rest) - gain * _flow(force + 1.0, rest)
        late = np.where(rest > 0.0, np.exp(-force * turn) * plateau, 0.0)
        # r = 0: the profit flows for no time at all
        return back(np.where(np.isposinf(force), 0.0, early + late))


def _terms(
    starting_profit: NumberLike,
    acceleration: NumberLike,
    turning_year: NumberLike,
    later_gain: NumberLike,
    retention: RateLike,
    discount_rate: RateLike,
    years: NumberLike,
) -> tuple[tuple[Array, ...], Back]:
    retention, discount_rate = in_period("year", retention=as_kept(retention), discount_rate=discount_rate)
    return columns(
        starting_profit=(starting_profit, REAL),
        acceleration=(acceleration, REAL),
        turning_year=(turning_year, NOT_NEGATIVE),
        later_gain=(later_gain, REAL),
        retention=(retention, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        years=(years, ENDLESS),
    )


def _check_end(n: Array, force: Array, d: Array) -> None:
    endless = np.isinf(n) & (force <= 0.0)
    rule = "must outrun what stays, 1 + discount_rate > retention, where years has no end"
    refuse_where(endless, "infinite-value", "discount_rate", d, rule, "Count a number of years=…")


def _flow(force: Array, length: Array) -> Array:
    """∫₀ᴸ e^(−force·t) dt."""
    power = np.where(length == 0.0, 0.0, force * length)
    return np.where(force == 0.0, length, -np.expm1(-power) / force)


def _square_moment(x: Array) -> Array:
    """∫₀¹ u²·e^(−xu) du; in closed form where it keeps its digits, else by quadrature."""
    # twenty-four nodes are exact to rounding for |x| < 8, where the closed form cancels like x³
    nodes, weights = np.polynomial.legendre.leggauss(24)
    u = 0.5 * (nodes + 1.0)
    small = np.where(np.abs(x) < 8.0, x, 0.0)
    near = (0.5 * weights * u**2 * np.exp(-small[..., None] * u)).sum(axis=-1)
    far = (2.0 - np.exp(-x) * (x * x + 2.0 * x + 2.0)) / x**3
    return np.where(np.abs(x) < 8.0, near, np.where(np.isposinf(x), 0.0, far))
