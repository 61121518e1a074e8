"""When a customer has paid back what it cost to win one.

With margin m per period that grows by g, churn c and discount d per the same period, v = 1/(1+d),
q = (1−c)(1+g)·v and acquisition cost C, the expected cash collected by n payments is m₁·(1 − qⁿ)/(1 − q),
where the first payment m₁ is worth now

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
from typing import Any, cast

import numpy as np

from retainkit.columns import SameKind, columns, numbers, plain_first
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.draws import Draws
from retainkit.economics.formulas import payback
from retainkit.economics.formulas.survival import refuse_curve
from retainkit.errors import wrong_shape
from retainkit.plurals import counted
from retainkit.rates import as_loss, in_period
from retainkit.records import Record, ordinal, percent, percent_up, shown_value
from retainkit.timing import DELAY, Timing, check_timing, check_unconditional
from retainkit.typing import Array, Number, NumberLike, NumberOf, RateLike, RateOf, Real, Same, Unit


@plain_first(payback.periods, acquisition_cost=NOT_NEGATIVE, margin_per_period=REAL, **payback.PLAIN_RULES)
def break_even_periods(
    acquisition_cost: NumberOf[Same],
    margin_per_period: NumberOf[Same],
    *,
    churn: RateOf[Same] = 0.0,
    discount_rate: RateOf[Same] = 0.0,
    timing: Timing = "begin",
    growth: RateOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
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
    growth : number or column > -1, or Rate
        Of the margin, from each payment to the next; the first one is `margin_per_period` as it is.
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
    refuse_curve("churn", churn, "break_even_on_curve takes it, as survival=….")
    churn, discount_rate, growth = in_period(
        period, churn=as_loss(churn), discount_rate=discount_rate, growth=growth
    )
    (cost, margin, c, d, g), back = columns(
        acquisition_cost=(acquisition_cost, NOT_NEGATIVE),
        margin_per_period=(margin_per_period, REAL),
        churn=(churn, PROBABILITY),
        discount_rate=(discount_rate, GROWTH),
        growth=(growth, GROWTH),
    )
    return back(payback.periods_of(cost, margin, c, d, timing, g))


@dataclass(frozen=True, slots=True)
class BreakEven(Record):
    """When a customer has paid back the acquisition cost, with the assumptions behind it.

    Made by `break_even`. Where an argument was draws, the figures that follow from it are draws too, and
    those that were whole numbers are ``inf`` where a draw never pays back.

    Attributes
    ----------
    periods : float
        Fractional number of payments until the cost is collected; ``inf`` for never.
    payments : int or None
        The whole number of payments needed; None for never.
    paid_back_after : float or None
        Periods from the start to the payment that pays the cost back: the 10th one at the begin of its period
        falls 9 periods after the start. None for never.
    never : bool
        Whether no number of payments is enough, in any of the draws.
    probability_of_never : float
        The share of draws in which none is; 0 or 1 of numbers.
    critical_churn : float
        The churn from which on the cost is never paid back, rounded outward: 0 where it is not even without
        churn, ``inf`` where the first payment alone is enough.
    """

    _derived = ("never", "paid_back_after", "probability_of_never")
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
    growth: float = 0.0

    @property
    def paid_back_after(self) -> float | None:
        """Periods from the start to the payment that pays the cost back."""
        drawn = np.asarray(self.payments)
        if self.payments is not None and drawn.ndim:
            return cast("Any", Draws.of(np.where(drawn > 0.0, drawn - 1.0 + DELAY[self.timing], 0.0)))
        return falls_after(self.payments, self.timing)

    @property
    def never(self) -> bool:
        """Whether no number of payments is enough, in any of the draws."""
        return self.probability_of_never == 1.0

    @property
    def probability_of_never(self) -> float:
        """The share of draws in which no number of payments is enough; 0 or 1 of numbers."""
        periods: Array = np.asarray(self.periods, np.float64)
        return float((periods == np.inf).mean())

    def cumulative(self, payments: NumberLike) -> SameKind:
        """Expected discounted margin collected by the first `payments` payments, before the cost.

        Fractional numbers are allowed and lie on the curve whose crossing with the cost is `periods`.

        >>> break_even(500, 50, churn=0.05).cumulative([0, 1, 2]).tolist()
        [0.0, 50.0, 97.5]
        """
        (n,), back = columns(payments=(payments, NOT_NEGATIVE))
        found = self._collected(n)
        return found if isinstance(found, Draws) else back(found)

    def cumulative_net(self, payments: NumberLike) -> SameKind:
        """`cumulative` less the acquisition cost: the curve that crosses 0 at `periods`."""
        (n,), back = columns(payments=(payments, NOT_NEGATIVE))
        found = self._collected(n) - self.acquisition_cost
        return found if isinstance(found, Draws) else back(found)

    def _collected(self, n: NumberLike) -> NumberLike:
        if isinstance(self.periods, Draws):
            return self._collected_in_each(n)
        c, d = self.churn, self.discount_rate
        first = self.margin_per_period * payback.weight(self.timing, c, d) / (1.0 + d)
        if c == 1.0:
            return first * (n > 0.0)
        log_kept = payback.log_kept(c, d, self.growth)
        # nothing is lost from payment to payment: the geometric sum is a count
        if log_kept == 0.0:
            return first * n
        # 1 − qⁿ over 1 − q, each from its logarithm: for q near 1 both differences would be rounding
        return first * np.expm1(n * log_kept) / math.expm1(log_kept)

    def _collected_in_each(self, n: Array) -> NumberLike:
        terms = (self.margin_per_period, self.churn, self.discount_rate, self.growth)
        # every draw meets every number of payments
        m, c, d, g = (np.asarray(v)[:, None] if np.ndim(v) and n.ndim else np.asarray(v) for v in terms)
        with np.errstate(invalid="ignore"):  # at churn 1 no payments are 0·∞
            worth = payback.worth_of_one_of(c, d, self.timing, g, n)
        paid: Array = np.where(n > 0.0, worth, 0.0)
        return Draws.of(m * paid)

    def __str__(self) -> str:
        if isinstance(self.periods, Draws):
            return self._text_of_draws(self.periods)
        unit = self.period or "period"
        verdict = "Never paid back" if self.payments is None else "Paid back from the start"
        if self.payments:
            verdict = f"Paid back {paid_by_text(self.payments, self.timing, unit)}"
        rises = f" growing by {percent(self.growth)}," if self.growth else ""
        number = f"{counted(self.periods, 'payment', spec=',.4g')}; " if self.payments else ""
        assumed = (
            f"{number}cost {self.acquisition_cost:,.10g}, margin {self.margin_per_period:,.10g} per {unit},"
            f"{rises} churn {percent(self.churn)} and discount {percent(self.discount_rate)} per {unit}, "
            f"paid {self.timing!r}"
        )
        return f"{verdict} ({assumed}). {self._limit()}"

    def _text_of_draws(self, periods: Draws) -> str:
        unit, middle = self.period or "period", periods.quantile(0.5)
        low, high = map(shown_value, periods.interval())
        verdict = (
            f"Paid back after {counted(shown_value(middle), 'payment')}"
            if middle < math.inf
            else "Never paid back"
        )
        never = f"never in {self.probability_of_never:.1%} of {len(periods):,} draws"
        assumed = (
            f"cost {_known(self.acquisition_cost)}, margin {_known(self.margin_per_period)} per {unit}, "
            f"churn {_known(self.churn)}, discount {_known(self.discount_rate)} and growth "
            f"{_known(self.growth)} per {unit}, paid {self.timing!r}"
        )
        critical = self.critical_churn
        limit = f" The critical churn is {critical}." if isinstance(critical, Draws) else f" {self._limit()}"
        return f"{verdict} in the middle (90% between {low} and {high}; {never}; {assumed}).{limit}"

    def _limit(self) -> str:
        if self.critical_churn == math.inf:
            return "The first payment alone is enough, so no churn is too high."
        if self.critical_churn == 0.0:
            return "Even without churn it is never paid back."
        return f"From a churn of {percent_up(self.critical_churn)} on it is never paid back."


def _known(value: Real) -> str:
    """A number, or the mean of draws and how far they reach."""
    if not isinstance(value, Draws):
        return shown_value(value)
    low, high = map(shown_value, value.interval())
    return f"{shown_value(value.mean())} ({low} to {high})"


def falls_after(payments: int | None, timing: Timing) -> float | None:
    """Periods from the start until that many payments are made; None for never."""
    return None if payments is None else payments - 1 + DELAY[timing] if payments else 0.0


def paid_by_text(payments: int, timing: Timing, unit: str = "period") -> str:
    """``by the 10th payment, 9 months after the start``."""
    after = falls_after(payments, timing)
    when = f"{counted(after, unit, spec=',g')} after the start" if after else "at the start"
    return f"by the {ordinal(payments)} payment, {when}"


def break_even(
    acquisition_cost: Number | Draws,
    margin_per_period: Number | Draws,
    *,
    churn: RateLike = 0.0,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    growth: RateLike = 0.0,
    period: Unit | None = None,
) -> BreakEven:
    """When a customer has paid back the acquisition cost: the full record for one set of numbers.

    The arguments are those of `break_even_periods`, one number each, or draws of it.

    Raises `InputError` as `break_even_periods`, and for columns: this is the record of one customer.

    Returns
    -------
    BreakEven
        ``.periods`` (fractional), ``.payments`` (whole), ``.paid_back_after`` (when the last of them falls),
        ``.never``, ``.critical_churn``, and the cumulative curve. The whole number is exact: where a payment
        meets the cost to the cent, it counts, and rounding does not ask for one more.

    Examples
    --------
    >>> print(break_even(500, 50, churn=0.05, period="month"))  # doctest: +NORMALIZE_WHITESPACE
    Paid back by the 14th payment, 13 months after the start (13.51 payments; cost 500, margin 50 per
    month, churn 5% and discount 0% per month, paid 'begin'). From a churn of 10% on it is never paid back.
    >>> break_even(500, 50, churn=0.1).never
    True
    """
    check_timing(timing)
    refuse_curve("churn", churn, "break_even_on_curve takes it, as survival=….")
    churn, discount_rate, growth = in_period(
        period, churn=as_loss(churn), discount_rate=discount_rate, growth=growth
    )
    given: Any = {
        "acquisition_cost": (acquisition_cost, NOT_NEGATIVE),
        "margin_per_period": (margin_per_period, REAL),
        "churn": (churn, PROBABILITY),
        "discount_rate": (discount_rate, GROWTH),
        "growth": (growth, GROWTH),
    }
    if any(isinstance(value, Draws) for value, _ in given.values()):
        return _of_draws(given, timing, period)
    cost, margin, c, d, g = numbers(**given)
    # one set of numbers only: a record of columns would be a table, which the functions give
    n = payback.periods(cost, margin, c, d, timing, g)
    return BreakEven(
        acquisition_cost=cost,
        margin_per_period=margin,
        churn=c,
        discount_rate=d,
        timing=timing,
        period=period,
        periods=n,
        payments=payback.payments(n, cost, margin, c, d, timing, g),
        critical_churn=payback.critical_churn(cost, margin, d, g, timing),
        growth=g,
    )


def _of_draws(given: Any, timing: Timing, period: Unit | None) -> BreakEven:
    """The record with draws in the place of what follows from draws."""
    values, _ = columns(**given)
    for (name, (value, _)), array in zip(given.items(), values, strict=True):
        if array.ndim > isinstance(value, Draws) or np.ndim(value) > 1:
            way_out = "break_even_periods takes columns, or call this for each row."
            raise wrong_shape(name, array, "must be a single number here, or draws of one", way_out)
    cost, margin, c, d, g = values
    n = payback.periods_of(cost, margin, c, d, timing, g)
    each = np.broadcast_shapes(cost.shape, margin.shape, d.shape, g.shape)
    k, m, rate = (np.broadcast_to(one, each) for one in (cost, margin, d))
    critical = payback.critical_churn_of(k, m, rate, timing, g)
    known = dict(zip(given, (one.item() if one.ndim == 0 else Draws.of(one) for one in values), strict=True))
    return BreakEven(
        **cast("Any", known),
        timing=timing,
        period=period,
        periods=cast("Any", Draws.of(n)),
        payments=cast("Any", Draws.of(payback.payments_of(n, cost, margin, c, d, timing, g))),
        critical_churn=cast("Any", critical.item() if critical.ndim == 0 else Draws.of(critical)),
    )


def annuity_periods(
    value: NumberOf[Same],
    payment: NumberOf[Same],
    *,
    discount_rate: RateOf[Same],
    timing: Timing = "begin",
    balloon: NumberOf[Same] = 0.0,
    period: Unit | None = None,
) -> Same:
    """How many payments make an annuity worth `value`; ``inf`` where even a perpetuity is worth less.

    The break-even of a customer who never leaves (`break_even_periods` without churn), under the name
    that a lender uses. Right at a discount of 0, where numpy-financial 1.0.0 has the wrong sign. A
    `balloon` is paid on top at the end of the last period; negative where savings are to reach it.

    >>> annuity_periods(500, 50, discount_rate=0)
    10.0
    >>> round(annuity_periods(500, 50, discount_rate=0.01, timing="end"), 4)
    10.5886
    """
    columns(value=(value, NOT_NEGATIVE), payment=(payment, REAL))  # refused under the names of this call
    if isinstance(balloon, int | float) and balloon == 0.0:
        return break_even_periods(value, payment, discount_rate=discount_rate, timing=timing, period=period)
    (discount_rate,) = in_period(period, discount_rate=discount_rate)
    (v, p, d, b), back = columns(
        value=(value, NOT_NEGATIVE),
        payment=(payment, REAL),
        discount_rate=(discount_rate, GROWTH),
        balloon=(balloon, REAL),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        earned = p * (1.0 + d) ** (1.0 - DELAY[check_unconditional(timing)]) - b * d
        n = np.where(d == 0.0, (v - b) / earned, -np.log1p(-d * (v - b) / earned) / np.log1p(d))
        # what is owed moves away from the balloon, or stops short of it
        return back(np.where(v == b, 0.0, np.where(n > 0.0, n, np.inf)))
