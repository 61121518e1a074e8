"""What later money is worth now: present values, streams, annuities.

Conventions, the same in every function. Money received is positive, money paid is negative. Period k
(k = 0, 1, …) begins k periods from now, and `timing` says when its payment falls: k at ``"begin"``,
k + ½ in the ``"mid"``, k + 1 at the ``"end"`` (``"end-if-retained"`` is the same instant: who is still
there is the business of `survival`, or of `CashFlow`). With ``timing="begin"``, the default, the first
amount is not discounted, as in numpy-financial; a spreadsheet's NPV function has ``timing="end"``.

`inflation` turns amounts in today's money into the money of their day, (1 + inflation)^when, and
`tax_rate` is taken off every amount, so that a loss is relieved at the same rate. Both are 0 unless said.
The discount rate has to match: nominal and after tax where the amounts are.
"""

from __future__ import annotations

from dataclasses import replace
from math import expm1, inf, log1p

import numpy as np

from retainkit.columns import PLAIN, SameKind, columns
from retainkit.domains import ENDLESS, GROWTH, PROBABILITY, REAL
from retainkit.economics.formulas.streams import against, streams
from retainkit.rates import in_period
from retainkit.timing import DELAY, Timing, check_timing
from retainkit.typing import Array, NumberLike, RateLike, Unit


def present_value(
    amount: NumberLike,
    *,
    when: NumberLike,
    discount_rate: RateLike,
    survival: NumberLike = 1.0,
    inflation: RateLike = 0.0,
    tax_rate: NumberLike = 0.0,
    period: Unit | None = None,
) -> SameKind:
    """What an expected amount in `when` periods is worth now.

    amount · survival · (1 − tax_rate) · ((1 + inflation)/(1 + discount_rate))^when

    Parameters
    ----------
    amount : number or column, money
        Received positive, paid negative.
    when : number or column, periods from now
        Fractions are allowed, and negative numbers for the past.
    discount_rate, inflation : number or column > -1, or Rate, per period
    survival : number or column in [0, 1]
        Probability that the amount is paid at all.
    tax_rate : number or column in [0, 1]
    period : unit, optional
        What `when` counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Money of now, entry by entry; `npv` sums a stream.

    Raises
    ------
    InputError
        For values outside their domain, unequal lengths, or a `Rate` without `period`.

    Examples
    --------
    >>> round(present_value(100, when=12, discount_rate=0.01), 4)
    88.7449
    """
    kinds: set[object] = {
        type(amount),
        type(when),
        type(discount_rate),
        type(survival),
        type(inflation),
        type(tax_rate),
    }
    if (
        kinds <= PLAIN
        and inflation == tax_rate == 0.0
        and period is None
        and abs(amount) < inf
        and 0.0 <= when < inf
        and 0.0 <= discount_rate < inf
        and 0.0 <= survival <= 1.0
    ):
        # plain numbers, nothing to convert: no arrays are made
        return amount * survival * (1.0 + discount_rate) ** -when
    discount_rate, inflation = in_period(period, discount_rate=discount_rate, inflation=inflation)
    (a, t, d, s, i, tax), back = columns(
        amount=(amount, REAL),
        when=(when, REAL),
        discount_rate=(discount_rate, GROWTH),
        survival=(survival, PROBABILITY),
        inflation=(inflation, GROWTH),
        tax_rate=(tax_rate, PROBABILITY),
    )
    with np.errstate(over="ignore"):
        # inflation and discount in one exponent: each of the two powers alone may overflow
        return back(a * s * (1.0 - tax) * np.exp(t * (np.log1p(i) - np.log1p(d))))


def npv(
    cash_flows: NumberLike,
    discount_rate: RateLike,
    *,
    timing: Timing = "begin",
    inflation: RateLike = 0.0,
    tax_rate: NumberLike = 0.0,
    period: Unit | None = None,
) -> SameKind:
    """The net present value of a stream with one amount per period; many streams at once.

    Σₖ cash_flowsₖ · (1 − tax_rate) · ((1 + inflation)/(1 + discount_rate))^(k + delay of `timing`)

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        A list, array or Series is one stream; rows of an array or a DataFrame are many.
    discount_rate, inflation : number or one per stream, or Rate, per period, > -1
        Several rates for one stream give the value at each of them.
    timing : {"begin", "mid", "end", "end-if-retained"}
        ``"begin"``: the first amount is paid now. ``"end"``: as a spreadsheet's NPV.
    tax_rate : number or one per stream, in [0, 1]
    period : unit, optional
        What the stream counts in; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        One number for one stream at one rate, else one per stream (or rate).

    Raises
    ------
    InputError
        For empty or ragged streams, values outside their domain, or a `Rate` without `period`.

    Examples
    --------
    >>> npv([-500, 300, 300], 0.25)
    -68.0
    >>> npv([[-500, 300, 300], [-500, 400, 300]], 0.25)
    array([-68.,  12.])
    """
    delay = DELAY[check_timing(timing)]
    if (
        type(cash_flows) is list
        and type(discount_rate) in PLAIN
        and -1.0 < discount_rate < inf
        and period is None
        and type(inflation) is type(tax_rate) is float
        and inflation == tax_rate == 0.0
        and PLAIN.issuperset(map(type, cash_flows))  # pyright: ignore[reportUnknownArgumentType]
    ):
        # Horner in plain floats: for the dozens of periods of a usual stream an array costs more
        value = _discounted(cash_flows, 1.0 / (1.0 + discount_rate))  # pyright: ignore[reportUnknownArgumentType]
        # what overflows or is empty goes the general way, which says what is wrong
        if abs(value) < inf and cash_flows:
            return value / (1.0 + discount_rate) ** delay
    discount_rate, inflation = in_period(period, discount_rate=discount_rate, inflation=inflation)
    amounts, back = streams("cash_flows", cash_flows)
    (d, i, tax), rates = columns(
        discount_rate=(discount_rate, GROWTH), inflation=(inflation, GROWTH), tax_rate=(tax_rate, PROBABILITY)
    )
    growth = (1.0 + i) / (1.0 + d)
    # a rate for each stream, or one for all: which of the two is a matter of shapes
    back = against(amounts, back, rates, discount_rate=growth, tax_rate=tax)
    return back(_discounted_sum(amounts, growth, back.shape) * ((1.0 - tax) * growth**delay))


def _discounted(amounts: list[float], growth: float) -> float:
    """Σₖ amountsₖ·growthᵏ, by Horner's rule."""
    value = 0.0
    for amount in reversed(amounts):
        value = value * growth + amount
    return value


def _discounted_sum(amounts: Array, growth: Array, shape: tuple[int, ...]) -> Array:
    """Σₖ amountsₖ·growthᵏ over the last axis."""
    periods = amounts.shape[-1]
    if growth.ndim == 0 and periods * np.log(growth) < 700.0:  # powers without overflow
        return np.matmul(amounts, growth ** np.arange(periods, dtype=np.float64))
    value = np.zeros(shape)
    with np.errstate(over="ignore"):
        for k in reversed(range(periods)):  # Horner: no array of powers per stream
            value *= growth
            value += amounts[..., k]
    return value


def annuity_value(
    payment: NumberLike,
    *,
    periods: NumberLike,
    discount_rate: RateLike,
    growth: RateLike = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> SameKind:
    """The present value of a payment that is repeated, and may grow, for a number of periods.

    payment · w · (1 − zⁿ)/(1 − z) with z = (1 + growth)/(1 + discount_rate), n periods and w = 1, √v or v
    for a first payment now, half-way or at the end of the first period; n·payment·w where z = 1.

    Parameters
    ----------
    payment : number or column, money
        The first payment; it is as large as said, whenever it falls, and the later ones grow.
    periods : number or column, 0 or more; ``inf`` for a perpetuity
    discount_rate, growth : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained"}
        An ordinary annuity has ``"end"``, an annuity due ``"begin"``.
    period : unit, optional
        What `periods` counts; needed to convert a `Rate`.

    Returns
    -------
    float, ndarray or Series
        Money of now; ``inf`` for a perpetuity that grows as fast as it is discounted.

    Raises
    ------
    InputError
        For values outside their domain, or a `Rate` without `period`.

    Examples
    --------
    >>> round(annuity_value(650, periods=4, discount_rate=0.1, timing="end"), 2)
    2060.41
    """
    kinds: set[object] = {type(payment), type(periods), type(discount_rate), type(growth)}
    if kinds <= PLAIN and _usual(payment, periods, discount_rate, growth, timing, period):
        return payment * _annuity(periods, discount_rate, growth, DELAY[timing])
    check_timing(timing)
    discount_rate, growth = in_period(period, discount_rate=discount_rate, growth=growth)
    (p, n, d, g), back = columns(
        payment=(payment, REAL),
        periods=(periods, ENDLESS),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
    )
    return back(p * _annuity_of(n, d, g, DELAY[timing]))


def annuity_payment(
    value: NumberLike,
    *,
    periods: NumberLike,
    discount_rate: RateLike,
    growth: RateLike = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> SameKind:
    """The first payment of an annuity that is worth `value` now; else as `annuity_value`.

    The instalment of a loan has ``timing="end"``. Periods must be more than 0.

    >>> round(annuity_payment(500, periods=12, discount_rate=0.01, timing="end"), 4)
    44.4244
    """
    kinds: set[object] = {type(value), type(periods), type(discount_rate), type(growth)}
    if kinds <= PLAIN and periods > 0.0 and _usual(value, periods, discount_rate, growth, timing, period):
        return value / _annuity(periods, discount_rate, growth, DELAY[timing])
    columns(periods=(periods, _SOME))
    worth = annuity_value(
        1.0, periods=periods, discount_rate=discount_rate, growth=growth, timing=timing, period=period
    )
    # checked again: an annuity that is worth nothing has no payment that makes it worth something
    (v, worth_of_one), back = columns(value=(value, REAL), periods=(worth, _SOME))
    return back(v / worth_of_one)


def _positive(v: NumberLike) -> NumberLike:
    return v > 0.0


_SOME = replace(ENDLESS, rule="must be more than 0", contains=_positive)


def _usual(amount: float, n: float, d: float, g: float, timing: str, period: Unit | None) -> bool:
    """Whether plain numbers may take the short way: all in their domains, nothing to convert."""
    usual = n >= 0.0 and -1.0 < d < inf and -1.0 < g < inf and abs(amount) < inf
    return usual and period is None and timing in DELAY


def _annuity(n: float, d: float, g: float, delay: float) -> float:
    """What one unit of an annuity's first payment makes the whole worth."""
    first = (1.0 + d) ** -delay
    left = (d - g) / (1.0 + d)  # 1 - z
    if left == 0.0:
        return first * n
    # from what is lost while that is little; from the two rates when they are far apart
    growth = n * (log1p(-left) if abs(left) < 0.5 else log1p(g) - log1p(d))
    return first * (-expm1(growth) / left if growth < 700.0 else inf)


def _annuity_of(n: Array, d: Array, g: Array, delay: float) -> Array:
    left = (d - g) / (1.0 + d)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_z = np.where(np.abs(left) < 0.5, np.log1p(-left), np.log1p(g) - np.log1p(d))
        total = np.where(left == 0.0, n, -np.expm1(n * log_z) / left)
    return (1.0 + d) ** -delay * total
