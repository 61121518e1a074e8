"""The customer lifetime values of Berger and Nasr: sales and promotions of their own timing.

Berger, P. D. and Nasr, N. I. (1998), "Customer lifetime value: Marketing models and applications",
Journal of Interactive Marketing 12(1), 17-30,
doi:10.1002/(SICI)1520-6653(199824)12:1<17::AID-DIR3>3.0.CO;2-K.

====  ==================================================================  ==========================
case  situation                                                           here
====  ==================================================================  ==========================
1     one sale a year, one promotion half-way between two sales           `berger_nasr_case_1`
2a    several sales a year                                                `berger_nasr_case_2a`
2b    one sale in several years                                           `berger_nasr_case_2b`
3     a yearly profit that grows along an S-shaped curve                  `berger_nasr_case_3`
4     the same, flowing continuously                                      `berger_nasr_case_4`
5     customers who skip a sale may come back (migration)                 `migration_value`
====  ==================================================================  ==========================

In all of them the first sale is made now, and counts: it is the sale that makes the customer, so that n years
hold n + 1 sales and n promotions. A promotion is paid for everyone who bought last time.

In cases 3 and 4 the profit net of promotions is π(t) = v + h·t² up to the turning year g, and
v + h·g² + N·(1 − e^−(t−g)) after it: first ever faster, then towards a ceiling N above the turning point.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np

from retainkit.columns import Back, columns
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.economics.formulas.perpetuity import Terms, times
from retainkit.economics.formulas.survival import whole
from retainkit.errors import refuse_where
from retainkit.rates import as_kept, in_period
from retainkit.typing import Array, NumberLike, NumberOf, RateLike, RateOf, Same


def berger_nasr_case_1(
    contribution_per_year: NumberOf[Same],
    *,
    promotion_cost_per_year: NumberOf[Same],
    retention: RateOf[Same],
    discount_rate: RateOf[Same],
    years: NumberOf[Same] = inf,
) -> Same:
    """One sale a year, now and after 1, …, n years, and a promotion half-way between two sales.

    GC·Σ_{i=0..n} rⁱ/(1+d)ⁱ − M·Σ_{i=1..n} r^(i−1)/(1+d)^(i−½): the yearly contribution GC before
    promotion, and the promotion M for those who bought half a year before.

    Gives money of now; ``inf`` or ``-inf`` where the sum has no end. Raises `InputError` for values outside
    their domain and years that are not whole.

    Parameters
    ----------
    contribution_per_year, promotion_cost_per_year : number or column, money
    retention : number or column in [0, 1], or Rate
        Share of buyers who buy again after a year; the others are lost for good.
    discount_rate : number or column > -1, or Rate
        Per year.
    years : number or column, whole, 0 or more
        n; all by default.

    Examples
    --------
    >>> case = dict(promotion_cost_per_year=50, retention=0.75, discount_rate=0.2)
    >>> round(berger_nasr_case_1(260, **case, years=10), 2)
    568.78
    """
    retention, discount_rate = in_period("year", retention=as_kept(retention), discount_rate=discount_rate)
    (gc, m, r, d, n), back = columns(
        contribution_per_year=(contribution_per_year, REAL),
        promotion_cost_per_year=(promotion_cost_per_year, REAL),
        retention=(retention, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        years=(years, ENDLESS),
    )
    return back(_sales_and_promotions(gc, m, r, d, n))


def berger_nasr_case_2a(
    contribution_per_sale: NumberOf[Same],
    *,
    promotion_cost_per_sale: NumberOf[Same],
    retention_per_sale: NumberOf[Same],
    sales_per_year: NumberOf[Same],
    discount_rate: RateOf[Same],
    years: NumberOf[Same] = inf,
) -> Same:
    """Several sales a year: case 1 with p sales a year, each followed by a promotion half-way to the next.

    GC'·Σ_{i=0..pn} r'ⁱ/(1+d)^(i/p) − M'·Σ_{i=1..pn} r'^(i−1)/(1+d)^((i−½)/p). Contribution, promotion
    and retention are per sale; the discount rate stays per year. Else as `berger_nasr_case_1`.

    Raises `InputError` as `berger_nasr_case_1`.

    Parameters
    ----------
    contribution_per_sale, promotion_cost_per_sale : number or column, money
    retention_per_sale : number or column in [0, 1]
        Share of buyers who buy again at the next sale: 80% a half-year is 64% a year.
    sales_per_year : number or column, above 0
    discount_rate : number or column > -1, or Rate
        Per year.
    years : number or column
        A whole number of sales; all by default.

    Examples
    --------
    >>> case = dict(promotion_cost_per_sale=25, retention_per_sale=0.8, discount_rate=0.2)
    >>> round(berger_nasr_case_2a(125, **case, sales_per_year=2, years=4), 2)
    354.69
    """
    (discount_rate,) = in_period("year", discount_rate=discount_rate)
    (gc, m, r, p, d, n), back = columns(
        contribution_per_sale=(contribution_per_sale, REAL),
        promotion_cost_per_sale=(promotion_cost_per_sale, REAL),
        retention_per_sale=(retention_per_sale, PROBABILITY),
        sales_per_year=(sales_per_year, POSITIVE),
        discount_rate=(discount_rate, GROWTH),
        years=(years, ENDLESS),
    )
    # one cycle is 1/p of a year: its rate compounds to that of the year in p cycles
    return back(_sales_and_promotions(gc, m, r, np.asarray(np.expm1(np.log1p(d) / p)), n * p))


def berger_nasr_case_2b(
    contribution_per_sale: NumberOf[Same],
    *,
    promotion_cost_per_sale: NumberOf[Same],
    retention_per_sale: NumberOf[Same],
    years_per_sale: NumberOf[Same],
    discount_rate: RateOf[Same],
    years: NumberOf[Same] = inf,
) -> Same:
    """One sale in several years: case 1 with q years between two sales; else as `berger_nasr_case_2a`.

    GC'·Σ_{i=0..n/q} r'ⁱ/(1+d)^(iq) − M'·Σ_{i=1..n/q} r'^(i−1)/(1+d)^((i−½)q).

    >>> case = dict(promotion_cost_per_sale=95, retention_per_sale=0.3, discount_rate=0.2)
    >>> round(berger_nasr_case_2b(1000, **case, years_per_sale=3, years=12), 4)
    1122.5211
    """
    (discount_rate,) = in_period("year", discount_rate=discount_rate)
    (gc, m, r, q, d, n), back = columns(
        contribution_per_sale=(contribution_per_sale, REAL),
        promotion_cost_per_sale=(promotion_cost_per_sale, REAL),
        retention_per_sale=(retention_per_sale, PROBABILITY),
        years_per_sale=(years_per_sale, POSITIVE),
        discount_rate=(discount_rate, GROWTH),
        years=(years, ENDLESS),
    )
    return back(_sales_and_promotions(gc, m, r, np.asarray(np.expm1(np.log1p(d) * q)), n / q))


def _sales_and_promotions(gc: Array, m: Array, r: Array, d: Array, n: Array) -> Array:
    """n + 1 sales from now on, and n promotions half-way between them, all per one cycle."""
    cycles = _whole_cycles(n)
    customer = Terms(np.asarray(1.0 - r), r, d, np.zeros(()), cycles, True)
    # n years hold n + 1 sales: the one now, which makes the customer, and one after each year
    sales = replace(customer, n=cycles + 1.0).factor("begin")
    promotions = customer.factor("mid")
    if np.all(np.isfinite(sales)):
        return gc * sales - m * promotions
    # no end: Σ_{k<n} zᵏ·cycle + gc·zⁿ goes where its leading term does, and stays at gc where that is 0
    cycle, x = gc - m / np.sqrt(1.0 + d), customer.x()  # what a sale and the promotion after it leave
    leading = np.where(x < 0.0, gc - cycle * (1.0 + d) / np.where(x < 0.0, x, 1.0), cycle)
    endless = np.where(leading == 0.0, gc, np.copysign(inf, leading))
    with np.errstate(invalid="ignore"):  # inf − inf, in the rows not taken
        counted = times(gc, sales) - times(m, promotions)
    return np.where(np.isfinite(sales), counted, endless)


def _whole_cycles(n: Array) -> Array:
    """The number of sales after the first; 4 years at 12 sales a year are 48 within rounding."""
    with np.errstate(invalid="ignore"):
        whole = np.where(np.isinf(n), inf, np.rint(n))
        broken = np.isfinite(n) & (np.abs(n - whole) > 1e-9 * np.maximum(n, 1.0))
    rule = "must be the time of a whole number of sales (this many here)"
    refuse_where(broken, "not-whole", "years", n, rule, "Sales come whole: give years that a sale closes.")
    return whole


def berger_nasr_case_3(
    starting_profit: NumberOf[Same],
    *,
    acceleration: NumberOf[Same],
    turning_year: NumberOf[Same],
    later_gain: NumberOf[Same],
    retention: RateOf[Same],
    discount_rate: RateOf[Same],
    years: int,
) -> Same:
    """A yearly profit that grows, paid now and after 1, …, n years: Σ_{t=0..n} π(t)·rᵗ/(1+d)ᵗ.

    Gives money of now. For any other profit curve, use `lifetime_value_on_curve` with a margin per period.
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
    starting_profit: NumberOf[Same],
    *,
    acceleration: NumberOf[Same],
    turning_year: NumberOf[Same],
    later_gain: NumberOf[Same],
    retention: RateOf[Same],
    discount_rate: RateOf[Same],
    years: NumberOf[Same] = inf,
) -> Same:
    """A profit that flows continuously and grows: ∫₀ⁿ π(t)·(r/(1+d))ᵗ dt, in closed form.

    The arguments are those of `berger_nasr_case_3`, with profits per year; `years` need not be whole.

    Gives money of now. Raises `InputError` for values outside their domain, and for endless years unless
    retention < 1 + discount_rate.

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
