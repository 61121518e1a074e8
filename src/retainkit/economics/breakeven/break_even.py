"""When a customer has paid back what it cost to win one.

With constant margin m per period, churn c and discount d per the same period, v = 1/(1+d), q = (1−c)·v
and acquisition cost C, the expected cash collected by n payments is m₁·(1 − qⁿ)/(1 − q), where the first
payment m₁ is worth now

========================  ===========  =============================================================
timing                    m₁           when, and by whom
========================  ===========  =============================================================
``"begin"``               m            now, then at the start of each period by those who are left
``"mid"``                 m·√v         half-way through the period, by everyone who started it
``"end"``                 m·v          at the end of the period, by everyone who started it
``"end-if-retained"``     m·(1−c)·v    at the end of the period, only by those who stayed through it
========================  ===========  =============================================================

Set equal to C and solved for n: n = ln(1 − C·(1−q)/m₁)/ln q. No churn and no discount give C/m.
**Never** is an answer: if C·(1−q) ≥ m₁, all the payments of an endless future together are not enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns, numbers, plain_first
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.economics.formulas import payback
from retainkit.rates import as_loss, in_period
from retainkit.records import Record, ordinal, percent
from retainkit.timing import Timing, check_timing
from retainkit.typing import Number, NumberLike, RateLike, Unit


@plain_first(payback.periods, acquisition_cost=NOT_NEGATIVE, margin_per_period=REAL, **payback.PLAIN_RULES)
def break_even_periods(
    acquisition_cost: NumberLike,
    margin_per_period: NumberLike,
    *,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> SameKind:
    """Periods until the expected margin of a customer has paid back the acquisition cost.

    The number is fractional: 13.51 periods mean that the 14th payment pays back. `break_even` gives
    both, and the critical churn.

    Answers in the kind of the arguments; ``inf`` for never. Numbers are taken as they are written (0.1 is one
    tenth), so that exactly the critical churn is never, and not a large number. Raises `InputError` for
    values outside their domain, an unknown timing, or a `Rate` without `period`.

    Parameters
    ----------
    acquisition_cost : number or column, money, 0 or more
        A cost of 0 is paid back after 0 periods.
    margin_per_period : number or column, money per period
        Margin, not revenue, of a customer who is there. 0 or less pays nothing back: ``inf``.
    churn : number or column in [0, 1], or Rate
        Share of customers lost in each period. At churn 1 there is one payment at most; the answer is
        0 where it is more than enough (the limit of the formula), 1 where it is just enough.
    discount_rate : number or column > -1, or Rate
        Per the same period.
    timing : {"begin", "mid", "end", "end-if-retained"}
        When a period's payment falls, and who makes it; see the table at the top of this module.
    period : {"day", "week", "month", "quarter", "year"}, optional
        What the margin counts in; needed when a `Rate` is to be converted to it.

    Examples
    --------
    >>> break_even_periods(500, 50)
    10.0
    >>> break_even_periods(500, 50, churn=[0, 0.05, 0.1]).round(4)
    array([10.    , 13.5134,     inf])
    """
    check_timing(timing)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    (cost, margin, c, d), back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        margin_per_period=(margin_per_period, REAL),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
    )
    return back(payback.periods_of(cost, margin, c, d, timing))


@dataclass(frozen=True, slots=True)
class BreakEven(Record):
    """When a customer has paid back the acquisition cost, with the assumptions behind it.

    Made by `break_even`.

    Attributes
    ----------
    periods : float
        Fractional periods until the cost is collected; ``inf`` for never.
    payments : int or None
        The whole number of payments needed; None for never.
    never : bool
        Whether no number of payments is enough.
    critical_churn : float
        The churn from which on the cost is never paid back: 0 where it is not even without churn,
        ``inf`` where the first payment alone is enough.
    """

    _derived = ("never",)
    _never = frozenset({"periods"})

    acquisition_cost: float
    margin_per_period: float
    churn: float
    discount_rate: float
    timing: Timing
    period: Unit | None
    periods: float
    payments: int | None
    critical_churn: float

    @property
    def never(self) -> bool:
        """Whether no number of payments is enough."""
        return self.payments is None

    def cumulative(self, payments: NumberLike) -> SameKind:
        """Expected discounted margin collected by the first `payments` payments, before the cost.

        Fractional numbers are allowed and lie on the curve whose crossing with the cost is `periods`.

        >>> break_even(500, 50, churn=0.05).cumulative([0, 1, 2]).tolist()
        [0.0, 50.0, 97.5]
        """
        (n,), back = columns(payments=(payments, NOT_NEGATIVE))
        return back(self._collected(n))

    def cumulative_net(self, payments: NumberLike) -> SameKind:
        """`cumulative` less the acquisition cost: the curve that crosses 0 at `periods`."""
        (n,), back = columns(payments=(payments, NOT_NEGATIVE))
        return back(self._collected(n) - self.acquisition_cost)

    def _collected(self, n: NumberLike) -> NumberLike:
        c, d = self.churn, self.discount_rate
        first = self.margin_per_period * payback.weight(self.timing, c, d) / (1.0 + d)
        if c == 1.0:
            return first * (n > 0.0)
        log_kept = payback.log_kept(c, d)
        # nothing is lost from payment to payment: the geometric sum is a count
        if log_kept == 0.0:
            return first * n
        # 1 − qⁿ over 1 − q, each from its logarithm: for q near 1 both differences would be rounding
        return first * np.expm1(n * log_kept) / math.expm1(log_kept)

    def __str__(self) -> str:
        unit = self.period or "period"
        if self.payments is None:
            verdict = "Never paid back"
        else:
            plural = "" if self.periods == 1 else "s"
            verdict = f"Paid back after {self.periods:,.4g} {unit}{plural}"
            verdict += f", by the {ordinal(self.payments)} payment" if self.payments else ""
        assumed = (
            f"cost {self.acquisition_cost:,.10g}, margin {self.margin_per_period:,.10g} per {unit}, "
            f"churn {percent(self.churn)} and discount {percent(self.discount_rate)} per {unit}, "
            f"paid {self.timing!r}"
        )
        return f"{verdict} ({assumed}). {self._limit()}"

    def _limit(self) -> str:
        if self.critical_churn == math.inf:
            return "The first payment alone is enough, so no churn is too high."
        if self.critical_churn == 0.0:
            return "Even without churn it is never paid back."
        return f"From a churn of {percent(self.critical_churn)} on it is never paid back."


def break_even(
    acquisition_cost: Number,
    margin_per_period: Number,
    *,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> BreakEven:
    """When a customer has paid back the acquisition cost: the full record for one set of numbers.

    The arguments are those of `break_even_periods`, one number each.

    Raises `InputError` as `break_even_periods`, and for columns: this is the record of one customer.

    Returns
    -------
    BreakEven
        ``.periods`` (fractional), ``.payments`` (whole), ``.never``, ``.critical_churn``, and the
        cumulative curve. The whole number is exact: where a payment meets the cost to the cent, it
        counts, and rounding does not ask for one more.

    Examples
    --------
    >>> print(break_even(500, 50, churn=0.05, period="month"))  # doctest: +NORMALIZE_WHITESPACE
    Paid back after 13.51 months, by the 14th payment (cost 500, margin 50 per month, churn 5% and
    discount 0% per month, paid 'begin'). From a churn of 10% on it is never paid back.
    >>> break_even(500, 50, churn=0.1).never
    True
    """
    check_timing(timing)
    churn, discount_rate = in_period(period, churn=as_loss(churn), discount_rate=discount_rate)
    cost, margin, c, d = numbers(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        margin_per_period=(margin_per_period, REAL),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
    )
    # one set of numbers only: a record of columns would be a table, which the functions give
    n = payback.periods(cost, margin, c, d, timing)
    return BreakEven(
        acquisition_cost=cost,
        margin_per_period=margin,
        churn=c,
        discount_rate=d,
        timing=timing,
        period=period,
        periods=n,
        payments=payback.payments(n, cost, margin, c, d, timing),
        critical_churn=payback.critical_churn(cost, margin, d, timing),
    )


def annuity_periods(
    value: NumberLike,
    payment: NumberLike,
    *,
    discount_rate: RateLike,
    timing: Timing = "begin",
    period: Unit | None = None,
) -> SameKind:
    """How many payments make an annuity worth `value`; ``inf`` where even a perpetuity is worth less.

    The break-even of a customer who never leaves (`break_even_periods` without churn), under the name
    that a lender uses. Right at a discount of 0, where numpy-financial 1.0.0 has the wrong sign.

    >>> annuity_periods(500, 50, discount_rate=0)
    10.0
    >>> round(annuity_periods(500, 50, discount_rate=0.01, timing="end"), 4)
    10.5886
    """
    columns(value=(value, NOT_NEGATIVE), payment=(payment, REAL))  # refused under the names of this call
    return break_even_periods(value, payment, discount_rate=discount_rate, timing=timing, period=period)
