"""What a customer who is there already is still worth: the value of the payments to come.

Three instants give three numbers, and the difference is a whole margin (m = 100, r = .8, d = .12):

===================  =============================================  ========================  =====
instant              what has happened, and what comes next         endless value             value
===================  =============================================  ========================  =====
a new customer       about to pay for the first time, for certain   m(1+d)/(1+d−r(1+g))       350
``"before-renewal"`` the period ends; renews now with probability r m·r(1+d)/(1+d−r(1+g))     280
``"after-payment"``  has just paid; the next renewal is one period  m·r/(1+d−r(1+g))          250
                     away
===================  =============================================  ========================  =====

The first is `lifetime_value` with ``timing="begin"``. Without growth it is "after-payment" plus m.
Gupta, S., Lehmann, D. R. and Stuart, J. A. (2004), "Valuing Customers", Journal of Marketing Research
41(1), 7-18, doi:10.1509/jmkr.41.1.7.25084, value customers just after a payment.
"""

from __future__ import annotations

from math import inf
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import plain_first
from retainkit.domains import ENDLESS, RATE_FROM_0, REAL
from retainkit.economics.formulas.perpetuity import Infinite, check_infinite, refuse_infinite, terms_on, times
from retainkit.economics.lifetime.lifetime_value import of_one_customer
from retainkit.errors import unknown_choice
from retainkit.timing import INSTANTS, Instant, check_instant
from retainkit.typing import NumberOf, RateLike, RateOf, Same, Unit

MarginOf: TypeAlias = Literal["next-payment", "last-payment"]
"""Which payment is as large as `margin_per_period` says; it matters only with growth."""


def _residual(
    margin: float, churn: RateLike, retention: RateLike, d: float, instant: Instant, g: float, n: float
) -> float | None:
    # the payments that a new customer makes after the first period
    now = of_one_customer(margin, churn, retention, d, "end-if-retained", g, n)
    return now if now is None or instant == "after-payment" else now * (1.0 + d)


@plain_first(
    _residual,
    margin_per_period=REAL,
    churn=(),
    retention=(),
    discount_rate=RATE_FROM_0,
    instant=INSTANTS,
    growth=RATE_FROM_0,
    horizon=ENDLESS,
    margin_of=("next-payment",),
    if_infinite=("inf",),
)
def residual_lifetime_value(
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same] | None = None,
    retention: RateOf[Same] | None = None,
    discount_rate: RateOf[Same],
    instant: Instant,
    growth: RateOf[Same] = 0.0,
    margin_of: MarginOf = "next-payment",
    horizon: NumberOf[Same] = inf,
    if_infinite: Infinite = "inf",
    period: Unit | None = None,
) -> Same:
    """What the margins still to come from an existing customer are worth now.

    Just after a payment: Σ_{k≥1} m·(1+g)^(k−1)·(r·v)^k = m·r/(1+d−r(1+g)); the payment just made does not
    count. Just before the renewal the same payments are one period nearer: ·(1+d).

    Gives money of now, the kind of the arguments. Raises `InputError` as `lifetime_value`.

    Parameters
    ----------
    margin_per_period : number or column, money per period
        Margin, not revenue, of a customer who renews.
    churn, retention : number or column in [0, 1], or Rate
        Share of customers lost, or kept, at a renewal; exactly one of the two.
    discount_rate : number or column > -1, or Rate
        Per the same period.
    instant : {"after-payment", "before-renewal"}
        When the customer is valued.
    growth : number or column > -1, or Rate
        Of the margin from one payment to the next.
    margin_of : {"next-payment", "last-payment"}
        Whether `margin_per_period` is what the next renewal pays, or what was paid last and will have
        grown by then.
    horizon : number or column, 0 or more
        How many renewals to count; all by default.
    if_infinite : {"inf", "raise"}
        What to answer where retention·(1+growth) ≥ 1+discount_rate.
    period : unit, optional
        What the margin counts in; needed when a `Rate` is to be converted to it.

    Examples
    --------
    >>> round(residual_lifetime_value(100, retention=0.8, discount_rate=0.12, instant="after-payment"), 6)
    250.0
    >>> round(residual_lifetime_value(100, retention=0.8, discount_rate=0.12, instant="before-renewal"), 6)
    280.0
    """
    check_instant(instant)
    if margin_of not in ("next-payment", "last-payment"):
        raise unknown_choice("margin_of", margin_of, get_args(MarginOf))
    check_infinite(if_infinite)
    customer, (margin,), back = terms_on(
        churn, retention, discount_rate, growth, horizon, period, margin_per_period=(margin_per_period, REAL)
    )
    worth = customer.factor("end-if-retained")
    # a period nearer: the same payments, discounted once less
    if instant == "before-renewal":
        worth = worth * (1.0 + customer.d)
    # what the next payment is, when growth has been at work once
    if margin_of == "last-payment":
        worth = worth * (1.0 + customer.g)
    value = np.asarray(times(margin, worth))
    if if_infinite == "raise":
        refuse_infinite(value)
    return back(value)
