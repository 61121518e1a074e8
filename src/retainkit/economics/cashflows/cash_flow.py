"""A stream of expected cash as a record: what is paid, when, and how probably."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import known
from retainkit.domains import GROWTH, PROBABILITY, REAL
from retainkit.economics.cashflows.present_value import present_value
from retainkit.economics.formulas.survival import Survival, paid_by, survival_curve
from retainkit.errors import InputError, wrong_shape
from retainkit.plurals import counted
from retainkit.rates import as_read, in_period
from retainkit.records import Record
from retainkit.timing import DELAY, Timing, check_timing
from retainkit.typing import Array, NumberLike, RateLike, Unit
from retainkit.units import check_unit


@dataclass(frozen=True, eq=False, repr=False)
class CashFlow(Record):
    """Amounts, when they fall, and the probability that they do; what break-even and value share.

    Raises `InputError` for missing or infinite entries, shares outside [0, 1], unequal lengths.

    Parameters
    ----------
    amount : number or (payments,), money
        Received positive, paid negative.
    when : number or (payments,), periods from now
    survival : number or (payments,) in [0, 1]
        Probability that the customer is there to pay.
    period : unit, optional
        What `when` counts in; needed where a `Rate` is to be converted.

    Examples
    --------
    >>> margins = CashFlow.from_curve(50, [1, 0.95, 0.9025])
    >>> (margins + CashFlow(-500, 0)).expected.tolist()
    [50.0, 47.5, -500.0]
    >>> round(margins.npv(0.01), 4)
    97.0297
    """

    amount: Array
    when: Array
    survival: Array
    period: Unit | None = None

    def __init__(
        self, amount: NumberLike, when: NumberLike, survival: NumberLike = 1.0, *, period: Unit | None = None
    ) -> None:
        given = np.broadcast_arrays(
            *known(amount=(amount, REAL), when=(when, REAL), survival=(survival, PROBABILITY))
        )
        if given[0].ndim > 1:
            way_out = "Make one CashFlow per stream, or use npv for many streams at once."
            raise wrong_shape("amount", given[0], "must be one stream of payments", way_out)
        for name, column in zip(("amount", "when", "survival"), given, strict=True):
            # a copy: a frozen record must not change with the array that it was made from
            kept = np.atleast_1d(column).copy()
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)
        object.__setattr__(self, "period", None if period is None else check_unit("period", period))

    @classmethod
    def from_curve(
        cls,
        margin_per_period: NumberLike,
        survival: Survival,
        *,
        timing: Timing = "begin",
        horizon: int | None = None,
        inflation: RateLike = 0.0,
        tax_rate: NumberLike = 0.0,
        period: Unit | None = None,
    ) -> CashFlow:
        """The margins of a customer on a survival curve.

        Parameters
        ----------
        margin_per_period : number or (periods,), money
            One for all periods, or one for each.
        survival : column S(0), S(1), …, or callable
            A column of n + 1 shares is n periods; something callable is asked for `horizon` (1,200).
        timing : {"begin", "mid", "end", "end-if-retained"}
        inflation : number > -1, or Rate, per period
            Margins in today's money become (1 + inflation)^when as large.
        tax_rate : number in [0, 1]
            Taken off every amount.
        """
        curve = survival_curve(survival, horizon, period)
        when = np.arange(curve.size - 1.0) + DELAY[check_timing(timing)]
        (i,) = in_period(period, inflation=inflation)
        # one flow is made, not one for each draw
        known(
            margin_per_period=(margin_per_period, REAL),
            inflation=(i, GROWTH),
            tax_rate=(tax_rate, PROBABILITY),
        )
        amount = present_value(
            margin_per_period,
            when=-when,  # inflation is a discount backwards
            discount_rate=as_read(i),
            tax_rate=tax_rate,
        )
        return cls(np.asarray(amount), when, paid_by(curve, timing), period=period)

    def __add__(self, other: CashFlow) -> CashFlow:
        if self.period != other.period:
            rule = f"must be the same on both sides of a sum (here {self.period!r})"
            way_out = "Count both streams in the same period."
            raise InputError("unmatched", "period", other.period, rule, way_out)
        mine, theirs = (self.amount, self.when, self.survival), (other.amount, other.when, other.survival)
        return CashFlow(*(np.concatenate(p) for p in zip(mine, theirs, strict=True)), period=self.period)

    def __len__(self) -> int:
        return self.amount.size

    @property
    def expected(self) -> Array:
        """amount · survival, payment by payment."""
        return self.amount * self.survival

    def present_values(self, discount_rate: RateLike) -> Array:
        """Expected amounts in money of now, payment by payment."""
        return present_value(
            self.amount,
            when=self.when,
            discount_rate=discount_rate,
            survival=self.survival,
            period=self.period,
        )

    def npv(self, discount_rate: RateLike) -> float:
        """The expected net present value: the sum of `present_values`."""
        return float(self.present_values(discount_rate).sum())

    def cumulative(self, discount_rate: RateLike) -> tuple[Array, Array]:
        """Times in ascending order, and the sum of `present_values` up to each of them."""
        # stable: payments of one instant stay in the order in which they were given
        order = np.argsort(self.when, kind="stable")
        return self.when[order], np.cumsum(self.present_values(discount_rate)[order])

    def __str__(self) -> str:
        unit = f"{self.period or 'period'}s"
        return (
            f"{counted(len(self), 'payment')} from {self.when.min(initial=np.inf):g} to "
            f"{self.when.max(initial=-np.inf):g} {unit}, {self.expected.sum():,.6g} expected undiscounted"
        )

    __repr__ = __str__
