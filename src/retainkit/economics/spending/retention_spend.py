"""What may be spent at the most on better retention: once now, or a little in every period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import SameKind, columns
from retainkit.domains import GROWTH, PROBABILITY, REAL
from retainkit.economics.formulas.perpetuity import refuse_infinite, times
from retainkit.rates import as_loss, in_period
from retainkit.records import AbstractRecord
from retainkit.timing import FlowTiming, check_flow
from retainkit.typing import Array, NumberLike, RateLike, Unit


@dataclass(frozen=True, eq=False)
class RetentionSpend(AbstractRecord):
    """The most that lower churn is worth spending, per customer; made by `worthwhile_retention_spend`.

    Attributes
    ----------
    once : float, ndarray or Series, money of now
        One payment now for each customer of now: what the lower churn adds to the customer's value.
    per_period : float, ndarray or Series, money per period
        A payment with every margin: what the lower churn may cost for as long as the customer stays.
    """

    once: SameKind
    per_period: SameKind

    def __str__(self) -> str:
        if not isinstance(self.once, float):
            return f"Worthwhile retention spending for {np.size(self.once):,} cases."
        return (
            f"Worth at most {self.once:,.2f} once, or {self.per_period:,.2f} in every period, per customer."
        )


def worthwhile_retention_spend(
    margin_per_period: NumberLike,
    *,
    churn_before: RateLike,
    churn_after: RateLike,
    discount_rate: RateLike,
    timing: FlowTiming,
    period: Unit | None = None,
) -> RetentionSpend:
    """What it is worth spending, per customer, to bring churn from one number to another.

    Once: V(after) − V(before). Per period: the s for which a margin m − s at the lower churn is worth as
    much as m at the higher one, m·(1 − V(before)/V(after)); at the end of a period m·(c − c')/(c + d).

    Raises `InputError` for values outside their domain, and where the value before has no end.

    Parameters
    ----------
    margin_per_period : number or column, money per period
        Margin of a customer who is there, before that spending.
    churn_before, churn_after : number or column in [0, 1], or Rate, per period
    discount_rate : number or column > -1, or Rate, per period
    timing : {"begin", "mid", "end", "end-if-retained", "continuous"}
        When margins fall, and by whom they are paid; the spending per period falls with them.
    period : unit, optional
        What the margin counts in; needed to convert a `Rate`.

    Returns
    -------
    RetentionSpend
        Negative where churn rises: what that costs. ``once`` is ``inf`` where the value after has no end.

    Examples
    --------
    >>> better = dict(churn_before=0.05, churn_after=0.04, discount_rate=0.01)
    >>> print(worthwhile_retention_spend(50, **better, timing="end"))
    Worth at most 166.67 once, or 8.33 in every period, per customer.
    """
    check_flow(timing)
    before, after, rate = in_period(
        period,
        churn_before=as_loss(churn_before),
        churn_after=as_loss(churn_after),
        discount_rate=discount_rate,
    )
    (m, c, c_after, d), back = columns(
        margin_per_period=(margin_per_period, REAL),
        churn_before=(before, PROBABILITY),
        churn_after=(after, PROBABILITY),
        discount_rate=(rate, GROWTH),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        share, worth = (
            _continuous(c, c_after, d) if timing == "continuous" else _shares(c, c_after, d, timing)
        )
    return RetentionSpend(once=back(times(m, worth)), per_period=back(m * share))


def _shares(c: Array, c_after: Array, d: Array, timing: FlowTiming) -> tuple[Array, Array]:
    """The part of a margin that may be spent per period, and how many margins may be spent once."""
    spared, leaving, left = c - c_after, np.asarray(c + d), np.asarray(c_after + d)
    _check_value_before(leaving)
    by_who_stays = (1.0 + d) / (1.0 - c_after) if timing == "end-if-retained" else 1.0
    weight = {"mid": np.sqrt(1.0 + d), "end": 1.0}.get(timing, 1.0 + d)
    # no churn spared is worth nothing, also where nothing leaves and 0/0 would come out
    share = np.where(spared == 0.0, 0.0, spared / leaving * by_who_stays)
    # V(after) − V(before) with the common denominators multiplied out: no difference of two values
    worth = np.where(left > 0.0, weight * spared / (leaving * left), np.inf)
    # the value after has no end: up to the whole margin may be spent, period by period
    return np.where(left > 0.0, share, 1.0), worth


def _continuous(c: Array, c_after: Array, d: Array) -> tuple[Array, Array]:
    """The same for margins that flow: forces of loss in place of shares."""
    force, force_after = (np.asarray(np.log1p(d) - np.log1p(-x)) for x in (c, c_after))
    _check_value_before(force)
    share = np.where(c == c_after, 0.0, 1.0 - force_after / force)
    worth = np.where(np.isposinf(force_after), -1.0 / force, share / force_after)
    ends = force_after > 0.0
    return np.where(ends, share, 1.0), np.where(ends, np.where(c == c_after, 0.0, worth), np.inf)


def _check_value_before(outrun: Array) -> None:
    """A value without end before anything is spent cannot gain."""
    refuse_infinite(
        np.where(outrun > 0.0, 0.0, np.inf), way_out="Discount more: a value without end cannot gain."
    )
