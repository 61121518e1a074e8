"""What money costs: real and nominal rates, the weighted average cost of capital, rates of other periods.

*Nominal* has two meanings in finance. Here it is the opposite of *real*: a rate before inflation is taken
out. A rate that is quoted per year and compounds more often is ``Rate(..., kind="nominal")``.
"""

from __future__ import annotations

import numpy as np

from retainkit.columns import columns, plain_first
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, RATE
from retainkit.errors import InputError, first_offender
from retainkit.rates import in_period
from retainkit.typing import NumberLike, NumberOf, RateOf, Same, Unit
from retainkit.units import check_unit, units_in


def _real(nominal: NumberLike, inflation: NumberLike) -> NumberLike:
    # not (1+n)/(1+i) − 1: for small rates that difference would lose half its digits
    return (nominal - inflation) / (1.0 + inflation)


def _nominal(real: NumberLike, inflation: NumberLike) -> NumberLike:
    # multiplied out, again so as not to take 1 from a number next to 1
    return 0.0 + real + inflation + real * inflation


@plain_first(_real, nominal_rate=RATE, inflation=RATE)
def real_rate(nominal_rate: RateOf[Same], inflation: RateOf[Same], *, period: Unit | None = None) -> Same:
    """The rate that is left when inflation is taken out: (1 + nominal)/(1 + inflation) − 1.

    Raises `InputError` for −100% or less, or a `Rate` without `period`.

    Parameters
    ----------
    nominal_rate, inflation : number or column > -1, or Rate
        Effective, per the same period.
    period : unit, optional
        What the answer is per; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Effective, per the same period. The difference (7% − 2% = 5%) is a little too high.

    Examples
    --------
    >>> round(real_rate(0.07, 0.02), 6)
    0.04902
    """
    nominal_rate, inflation = in_period(period, nominal_rate=nominal_rate, inflation=inflation)
    (n, i), back = columns(nominal_rate=(nominal_rate, GROWTH), inflation=(inflation, GROWTH))
    return back(_real(n, i))


@plain_first(_nominal, real_rate=RATE, inflation=RATE)
def nominal_rate(real_rate: RateOf[Same], inflation: RateOf[Same], *, period: Unit | None = None) -> Same:
    """The rate to discount inflated money with: (1 + real)(1 + inflation) − 1; else as `real_rate`.

    >>> round(nominal_rate(0.05, 0.02), 6)
    0.071
    """
    real_rate, inflation = in_period(period, real_rate=real_rate, inflation=inflation)
    (r, i), back = columns(real_rate=(real_rate, GROWTH), inflation=(inflation, GROWTH))
    return back(_nominal(r, i))


def wacc(
    *,
    equity: NumberOf[Same],
    debt: NumberOf[Same],
    cost_of_equity: RateOf[Same],
    cost_of_debt: RateOf[Same],
    tax_rate: NumberOf[Same],
    period: Unit | None = None,
) -> Same:
    """The weighted average cost of capital: what owners and lenders together ask for their money.

    E/(E+D)·k_e + D/(E+D)·k_d·(1 − tax): interest is paid before tax, the owners' return after it.

    Raises `InputError` for values outside their domain, or a firm with neither equity nor debt.

    Parameters
    ----------
    equity, debt : number or column, money, 0 or more, at market value
    cost_of_equity, cost_of_debt : number or column, or Rate
        Effective, per the same period.
    tax_rate : number or column in [0, 1]
        Without default: 0 where interest is not deductible.
    period : unit, optional
        What the answer is per; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        A discount rate per the period of the costs; nearly always per year, so say so when you use it:
        ``Rate(wacc(...), per="year")``.

    Examples
    --------
    >>> round(wacc(equity=600, debt=400, cost_of_equity=0.12, cost_of_debt=0.06, tax_rate=0.25), 6)
    0.09
    """
    cost_of_equity, cost_of_debt = in_period(period, cost_of_equity=cost_of_equity, cost_of_debt=cost_of_debt)
    (e, d, k_e, k_d, tax), back = columns(
        equity=(equity, NOT_NEGATIVE),
        debt=(debt, NOT_NEGATIVE),
        cost_of_equity=(cost_of_equity, GROWTH),
        cost_of_debt=(cost_of_debt, GROWTH),
        tax_rate=(tax_rate, PROBABILITY),
    )
    capital = e + d
    if not np.all(capital > 0.0):
        shown = first_offender(np.asarray(capital), capital <= 0.0)
        way_out = "Give the market value of what owners and lenders have put in."
        raise InputError("out-of-range", "equity + debt", shown, "must be positive", way_out)
    # interest is paid before tax, dividends after it: only debt is cheaper by the tax
    return back((e * k_e + d * k_d * (1.0 - tax)) / capital)


def convert_rate(rate: NumberOf[Same], *, per: Unit, to: Unit, meant: bool = False) -> Same:
    """Effective rates per one period as effective rates per another, for whole columns.

    (1 + rate)^k − 1 with k periods of `per` in one of `to`. For a single rate, and for nominal and
    continuous ones, `Rate` does the same.

    Raises `InputError` for −100% or less, more than 1 that is not said to be meant, or an unknown unit.

    Parameters
    ----------
    rate : number or column > -1, per `per`
    per, to : {"day", "week", "month", "quarter", "year"}
    meant : bool
        That a rate above 1 is meant, more than 100%, as one of a short period is when told per year.

    Returns
    -------
    float, ndarray or Series
        Effective, per `to`.

    Examples
    --------
    >>> round(convert_rate(0.12, per="year", to="month"), 8)
    0.00948879
    """
    periods = units_in(check_unit("per", per), check_unit("to", to))
    if not meant:
        (rate,) = in_period(per, rate=rate)
    (value,), back = columns(rate=(rate, GROWTH))
    # the same bits where nothing is to convert
    return back(value if per == to else np.expm1(np.log1p(value) * periods))
