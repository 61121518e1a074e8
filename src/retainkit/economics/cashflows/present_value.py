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

from retainkit.columns import PLAIN, SameKind, columns, plain_first
from retainkit.domains import ENDLESS, GROWTH, NOT_NEGATIVE, PROBABILITY, RATE, RATE_FROM_0, REAL
from retainkit.economics.formulas.perpetuity import times
from retainkit.economics.formulas.streams import against, refuse_rate_first, streams
from retainkit.rates import as_read, in_period
from retainkit.timing import DELAY, TIMINGS, Timing, check_timing
from retainkit.typing import Array, NumberLike, NumberOf, RateLike, RateOf, Same, Unit


def _present(a: float, t: float, d: float, s: float, i: float, tax: float) -> float | None:
    return a * s * (1.0 + d) ** -t if i == tax == 0.0 else None


@plain_first(
    _present,
    amount=REAL,
    when=NOT_NEGATIVE,
    discount_rate=RATE_FROM_0,
    survival=PROBABILITY,
    inflation=RATE,
    tax_rate=PROBABILITY,
)
def present_value(
    amount: NumberOf[Same],
    *,
    when: NumberOf[Same],
    discount_rate: RateOf[Same],
    survival: NumberOf[Same] = 1.0,
    inflation: RateOf[Same] = 0.0,
    tax_rate: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """What an expected amount in `when` periods is worth now.

    amount · survival · (1 − tax_rate) · ((1 + inflation)/(1 + discount_rate))^when

    Gives money of now, entry by entry; `npv` sums a stream. Raises `InputError` for values outside their
    domain, unequal lengths, or a `Rate` without `period`.

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

    Examples
    --------
    >>> round(present_value(100, when=12, discount_rate=0.01), 4)
    88.7449
    """
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


def _one_stream(amounts: list[float], d: float, timing: Timing, i: float, tax: float) -> float | None:
    """The value of a list of plain numbers, by Horner's rule: for dozens of periods an array costs more."""
    if type(amounts) is not list or not PLAIN.issuperset(map(type, amounts)) or i or tax:
        return None
    value, growth = 0.0, 1.0 / (1.0 + d)
    try:
        for amount in reversed(amounts):
            value = value * growth + amount
    except OverflowError:  # a whole number that no float holds
        return None
    # what overflows or is empty goes the general way, which says what is wrong
    return value / (1.0 + d) ** DELAY[timing] if amounts and abs(value) < inf else None


@plain_first(
    _one_stream, cash_flows=(), discount_rate=RATE, timing=TIMINGS, inflation=RATE, tax_rate=PROBABILITY
)
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

    Gives one number for one stream at one rate, else one per stream (or rate). Raises `InputError` for empty
    or ragged streams, values outside their domain, a `Rate` without `period`, or a rate that comes first.

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

    Examples
    --------
    >>> npv([-500, 300, 300], 0.25)
    -68.0
    >>> npv([[-500, 300, 300], [-500, 400, 300]], 0.25)
    array([-68.,  12.])
    """
    refuse_rate_first("cash_flows", cash_flows, discount_rate, "npv(cash_flows, discount_rate)")
    delay = DELAY[check_timing(timing)]
    discount_rate, inflation = in_period(period, discount_rate=discount_rate, inflation=inflation)
    amounts, back = streams("cash_flows", cash_flows)
    (d, i, tax), rates = columns(
        discount_rate=(discount_rate, GROWTH), inflation=(inflation, GROWTH), tax_rate=(tax_rate, PROBABILITY)
    )
    growth = (1.0 + i) / (1.0 + d)
    # a rate for each stream, or one for all: which of the two is a matter of shapes
    back = against(amounts, back, rates, discount_rate=growth, tax_rate=tax)
    return back(_discounted_sum(amounts, growth, back.shape) * ((1.0 - tax) * growth**delay))


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


def _annuity(n: float, d: float, g: float, timing: Timing) -> float:
    """What one unit of an annuity's first payment makes the whole worth."""
    first = (1.0 + d) ** -DELAY[timing]
    left = (d - g) / (1.0 + d)  # 1 - z
    if left == 0.0:
        return first * n
    # from what is lost while that is little; from the two rates when they are far apart
    growth = n * (log1p(-left) if abs(left) < 0.5 else log1p(g) - log1p(d))
    return first * (-expm1(growth) / left if growth < 700.0 else inf)


def _worth(payment: float, n: float, d: float, g: float, timing: Timing) -> float:
    # nothing, repeated for ever, is nothing
    return payment * _annuity(n, d, g, timing) if payment else 0.0


def _payment(value: float, n: float, d: float, g: float, timing: Timing, balloon: float) -> float | None:
    return None if balloon else value / _annuity(n, d, g, timing)


@plain_first(_worth, payment=REAL, periods=ENDLESS, discount_rate=RATE, growth=RATE, timing=TIMINGS)
def annuity_value(
    payment: NumberOf[Same],
    *,
    periods: NumberOf[Same],
    discount_rate: RateOf[Same],
    growth: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> Same:
    """The present value of a payment that is repeated, and may grow, for a number of periods.

    payment · w · (1 − zⁿ)/(1 − z) with z = (1 + growth)/(1 + discount_rate), n periods and w = 1, √v or v
    for a first payment now, half-way or at the end of the first period; n·payment·w where z = 1.

    Gives money of now; ``inf`` for a perpetuity that grows as fast as it is discounted. Raises `InputError`
    for values outside their domain, or a `Rate` without `period`.

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

    Examples
    --------
    >>> round(annuity_value(650, periods=4, discount_rate=0.1, timing="end"), 2)
    2060.41
    """
    check_timing(timing)
    discount_rate, growth = in_period(period, discount_rate=discount_rate, growth=growth)
    (p, n, d, g), back = columns(
        payment=(payment, REAL),
        periods=(periods, ENDLESS),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
    )
    return back(times(p, _annuity_of(n, d, g, DELAY[timing])))


def _positive(v: NumberLike) -> NumberLike:
    return v > 0.0


_SOME = replace(ENDLESS, rule="must be more than 0", contains=_positive)


@plain_first(
    _payment, value=REAL, periods=_SOME, discount_rate=RATE, growth=RATE, timing=TIMINGS, balloon=REAL
)
def annuity_payment(
    value: NumberOf[Same],
    *,
    periods: NumberOf[Same],
    discount_rate: RateOf[Same],
    growth: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    balloon: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """The first payment of an annuity that is worth `value` now; else as `annuity_value`.

    The instalment of a loan has ``timing="end"``. Periods must be more than 0. A `balloon` is paid on top at
    the end of the last period: only the rest of the value is repaid in payments.

    >>> round(annuity_payment(500, periods=12, discount_rate=0.01, timing="end"), 4)
    44.4244
    """
    columns(periods=(periods, _SOME))
    discount_rate, growth = in_period(period, discount_rate=discount_rate, growth=growth)
    read = {"discount_rate": as_read(discount_rate), "growth": as_read(growth)}
    worth = annuity_value(1.0, periods=periods, **read, timing=timing)
    # checked again: an annuity that is worth nothing has no payment that makes it worth something
    (v, worth_of_one, b, n, d), back = columns(
        value=(value, REAL),
        periods=(worth, _SOME),
        balloon=(balloon, REAL),
        length=(periods, _SOME),
        discount_rate=(discount_rate, GROWTH),
    )
    return back((v - _later(b, n, d)) / worth_of_one)


def _later(balloon: Array, n: Array, d: Array) -> Array:
    """What money at the end of n periods is worth now; at the end of time it never comes."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(n) | (balloon == 0.0), 0.0, balloon * (1.0 + d) ** -n)


def _annuity_of(n: Array, d: Array, g: Array, delay: float) -> Array:
    left = (d - g) / (1.0 + d)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_z = np.where(np.abs(left) < 0.5, np.log1p(-left), np.log1p(g) - np.log1p(d))
        total = np.where(left == 0.0, n, -np.expm1(n * log_z) / left)
    return (1.0 + d) ** -delay * total
