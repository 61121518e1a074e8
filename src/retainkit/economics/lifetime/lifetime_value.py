"""What the margins of a customer are worth now, with constant margin, churn and discount.

====================  =============================================  =======================  ==========
timing                when, and by whom, a margin is paid            endless value            the example
====================  =============================================  =======================  ==========
``"begin"``           now and at the start of each period, by those  m(1+d)/(1+d−r(1+g))      350
                      who are left; the bound on what winning the
                      customer may cost
``"mid"``             half-way, by everyone who started the period   m√(1+d)/(1+d−r(1+g))     330.72
``"end"``             at the end, by everyone who started it         m/(1+d−r(1+g))           312.5
``"end-if-retained"`` at the end, by those who stayed through it     m·r/(1+d−r(1+g))         250
``"continuous"``      evenly, while the customer is there            m/(ln(1+d) − ln(r(1+g))) 297.20
====================  =============================================  =======================  ==========

The example has m = 100, r = .8, d = .12 and g = 0. The first payment is m in every row, and later ones grow.
Fader, P. S. and Hardie, B. G. S. (2012), "Reconciling and Clarifying CLV Formulas", note 024,
http://brucehardie.com/notes/024/, sets the discrete cases beside each other.
"""

from __future__ import annotations

from math import inf

import numpy as np

from retainkit.columns import PLAIN, plain_first
from retainkit.domains import ENDLESS, RATE_FROM_0, REAL
from retainkit.economics.formulas.perpetuity import (
    Infinite,
    check_infinite,
    factor,
    refuse_infinite,
    terms_on,
    times,
)
from retainkit.timing import FLOWS, FlowTiming, check_flow
from retainkit.typing import NumberOf, RateLike, RateOf, Same, Unit


def of_one_customer(
    margin: float, churn: RateLike, retention: RateLike, d: float, timing: FlowTiming, g: float, n: float
) -> float | None:
    """`lifetime_value` of plain numbers; None unless churn or retention is one, and the other None."""
    by_retention = churn is None
    share = retention if by_retention else churn
    if type(share) not in PLAIN or not 0.0 <= share <= 1.0 or (retention is None) is by_retention:
        return None
    if not margin:
        return 0.0
    if by_retention:
        return margin * factor(timing, 1.0 - share, share, d, g, n, True)
    return margin * factor(timing, share, 1.0 - share, d, g, n, False)


@plain_first(
    of_one_customer,
    margin_per_period=REAL,
    churn=(),
    retention=(),
    discount_rate=RATE_FROM_0,
    timing=FLOWS,
    growth=RATE_FROM_0,
    horizon=ENDLESS,
    if_infinite=("inf",),
)
def lifetime_value(
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same] | None = None,
    retention: RateOf[Same] | None = None,
    discount_rate: RateOf[Same],
    timing: FlowTiming,
    growth: RateOf[Same] = 0.0,
    horizon: NumberOf[Same] = inf,
    if_infinite: Infinite = "inf",
    period: Unit | None = None,
) -> Same:
    """What the expected margins of a new customer are worth now, before the cost of winning the customer.

    Σₖ m·(1+g)^k·(share that pays)·v^(when), in closed form; the table at the top of this module says
    what is counted when. The first payment is counted, in full, in every case but
    ``"end-if-retained"``, where only those pay who stayed. For a customer who is there already, see
    `residual_lifetime_value`; for churn that changes with tenure, `lifetime_value_on_curve`.

    Gives money of now, the kind of the arguments; ``inf`` (``-inf`` for losses) where the sum has no end.
    Raises `InputError` for values outside their domain, churn and retention together or neither, an unknown
    timing, a `Rate` without `period`, and with ``if_infinite="raise"`` where the sum has no end.

    Parameters
    ----------
    margin_per_period : number or column, money per period
        Margin, not revenue, of a customer who is there, without default. With growth: of the first period.
    churn, retention : number or column in [0, 1], or Rate
        Share of customers lost, or kept, per period; exactly one of the two. In place of a churn also what
        gives a survival curve: a function, a fitted model, its fit, or one with draws (one value each); a
        measured column goes to `lifetime_value_on_curve`.
    discount_rate : number or column > -1, or Rate
        Per the same period; 0 for undiscounted.
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        When a period's margin falls, and who pays it.
    growth : number or column > -1, or Rate
        Of the margin of a customer who stays, per period.
    horizon : number or column, 0 or more
        How many payments (or, if continuous, how much time) to count; all by default. Fractions lie on
        the curve through the whole numbers.
    if_infinite : {"inf", "raise"}
        What to answer where the sum has no end, which is where retention·(1+growth) ≥ 1+discount_rate.
    period : {"day", "week", "month", "quarter", "year"}, optional
        What the margin counts in; needed when a `Rate` is to be converted to it.

    Examples
    --------
    >>> lifetime_value(50, churn=0.1, discount_rate=0, timing="begin")
    500.0
    >>> lifetime_value(50, churn=[0.05, 0.1], discount_rate=0.01, timing="end").round(2)
    array([833.33, 454.55])
    """
    check_flow(timing)
    check_infinite(if_infinite)
    customer, (margin,), back = terms_on(
        churn, retention, discount_rate, growth, horizon, period, margin_per_period=(margin_per_period, REAL)
    )
    # all timings share the denominator 1 + d − r(1+g), so that one factor serves them all
    value = np.asarray(times(margin, customer.factor(timing)))
    if if_infinite == "raise":
        refuse_infinite(value)
    return back(value)
