"""Retention, churn and growth of recurring revenue as ratios of totals, each with its denominator named.

The totals are those of one window (a month, a quarter, a year): MRR at its start, and what moved until
its end. All functions take numbers, arrays or Series. A ratio whose denominator is 0 is ``inf`` where
its numerator is not, and NaN where both are 0: nothing was there to be kept, lost or compared.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import Back, columns, plain_first
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import check_choice, missing_argument, refuse_where
from retainkit.typing import Array, NumberLike, NumberOf, Same

ChurnDenominator: TypeAlias = Literal["start", "start-plus-new", "average"]
"""Whom a churn rate is a share of: those there at the start, also those won, or the mean of both ends."""


def share(part: float, whole: float) -> float | None:
    """Of plain numbers; what has no whole goes the general way."""
    return part / whole if whole > 0.0 else None


def _kept(start: float, lost: float, less: float, more: float = 0.0, again: float = 0.0) -> float | None:
    return (start - (lost + less) + (more + again)) / start if lost + less <= start > 0.0 else None


@plain_first(_kept, start=NOT_NEGATIVE, churn=NOT_NEGATIVE, contraction=NOT_NEGATIVE)
def gross_revenue_retention(
    start: NumberOf[Same], *, churn: NumberOf[Same], contraction: NumberOf[Same]
) -> Same:
    """Share of the starting customers' recurring revenue that is left without any expansion.

    (start − churn − contraction)/start, at most 100%. Only losses *of the customers who were there at the
    start* count; losses of customers won in between belong to no starting cohort. Raises `InputError` where
    more is lost than was there.

    Parameters
    ----------
    start : number or column, money, 0 or more
        MRR at the start of the window.
    churn, contraction : number or column, money, 0 or more
        MRR of those who left; MRR lost to those who stayed and pay less.

    Examples
    --------
    >>> gross_revenue_retention(100, churn=4, contraction=1)
    0.95
    """
    (s, gone, less), back = _totals(start=start, churn=churn, contraction=contraction)
    _within_start(s, gone + less)
    return back(over(s - (gone + less), s))


@plain_first(
    _kept,
    start=NOT_NEGATIVE,
    churn=NOT_NEGATIVE,
    contraction=NOT_NEGATIVE,
    expansion=NOT_NEGATIVE,
    reactivation=NOT_NEGATIVE,
)
def net_revenue_retention(
    start: NumberOf[Same],
    *,
    churn: NumberOf[Same],
    contraction: NumberOf[Same],
    expansion: NumberOf[Same],
    reactivation: NumberOf[Same] = 0.0,
) -> Same:
    """The starting customers' recurring revenue at the end of the window as a share of its start.

    (start − churn − contraction + expansion + reactivation)/start. Above 100% where expansion is more than
    what is lost. Customers who come back were not there at the start: their MRR counts only if you pass it as
    `reactivation`, as ChartMogul does and Baremetrics does not. Raises `InputError` where more is lost than
    was there.

    Parameters
    ----------
    start, churn, contraction : number or column, money, 0 or more
        As in `gross_revenue_retention`.
    expansion : number or column, money, 0 or more
        MRR gained from customers who were there at the start and pay more.
    reactivation : number or column, money, 0 or more
        MRR of former customers who came back; leave it out to leave them out.

    Examples
    --------
    >>> net_revenue_retention(100, churn=4, contraction=1, expansion=6)
    1.01
    """
    (s, gone, less, more, again), back = _totals(
        start=start, churn=churn, contraction=contraction, expansion=expansion, reactivation=reactivation
    )
    _within_start(s, gone + less)
    return back(over(s - (gone + less) + (more + again), s))


@plain_first(share, lost=NOT_NEGATIVE, start=NOT_NEGATIVE, denominator=("start",))
def churn_rate(
    lost: NumberOf[Same],
    *,
    start: NumberOf[Same],
    new: NumberOf[Same] | None = None,
    end: NumberOf[Same] | None = None,
    denominator: ChurnDenominator = "start",
) -> Same:
    """Share of customers, or of recurring revenue, that was lost in a window, of a stated whole.

    ``"start"``: lost/start. ``"start-plus-new"``: lost/(start + new), for losses that include customers won
    in the same window. ``"average"``: lost/((start + end)/2). The same losses give three rates; pass
    customers for logo churn, money for revenue churn, and never one over the other. Raises `InputError` for
    an unknown denominator, or one whose part is not given.

    Parameters
    ----------
    lost : number or column, 0 or more
        Customers who left, or the MRR lost (with or without contraction: say which in your report).
    start, new, end : number or column, 0 or more
        What was there at the start, what was won, what is there at the end; each denominator needs
        its own.
    denominator : {"start", "start-plus-new", "average"}

    Examples
    --------
    >>> churn_rate(5, start=100)
    0.05
    >>> churn_rate(5, start=100, new=25, denominator="start-plus-new")
    0.04
    """
    check_choice("denominator", denominator, get_args(ChurnDenominator))
    part = {"start-plus-new": ("new", new), "average": ("end", end)}.get(denominator)
    more = {} if part is None else {part[0]: _given(*part, denominator)}
    (gone, s, *other), back = _totals(lost=lost, start=start, **more)
    if denominator == "start":
        return back(over(gone, s))
    return back(over(gone, s + other[0] if denominator == "start-plus-new" else 0.5 * (s + other[0])))


def _quick(new: float, more: float, less: float, lost: float, again: float) -> float | None:
    return share(new + more + again, less + lost)


@plain_first(
    _quick,
    new=NOT_NEGATIVE,
    expansion=NOT_NEGATIVE,
    contraction=NOT_NEGATIVE,
    churn=NOT_NEGATIVE,
    reactivation=NOT_NEGATIVE,
)
def quick_ratio(
    *,
    new: NumberOf[Same],
    expansion: NumberOf[Same],
    contraction: NumberOf[Same],
    churn: NumberOf[Same],
    reactivation: NumberOf[Same] = 0.0,
) -> Same:
    """Recurring revenue won per unit lost: (new + expansion + reactivation)/(contraction + churn).

    4 means that four units came for each one that went. Leave `reactivation` out to leave it out. ``inf``
    where nothing was lost, NaN where nothing moved at all.

    Parameters
    ----------
    new, expansion, contraction, churn, reactivation : number or column, money, 0 or more

    Examples
    --------
    >>> quick_ratio(new=20_000, expansion=8_000, contraction=3_000, churn=5_000)
    3.5
    """
    (n, more, less, gone, again), back = _totals(
        new=new, expansion=expansion, contraction=contraction, churn=churn, reactivation=reactivation
    )
    return back(over(n + more + again, less + gone))


@plain_first(share, mrr=NOT_NEGATIVE, customers=NOT_NEGATIVE)
def average_revenue_per_account(mrr: NumberOf[Same], *, customers: NumberOf[Same]) -> Same:
    """Recurring revenue per paying customer at one instant (ARPA, ARPU): MRR/customers.

    Revenue, not margin: value and payback need the margin.

    Parameters
    ----------
    mrr : number or column, money per month, 0 or more
    customers : number or column, 0 or more
        Paying customers at the same instant.

    Examples
    --------
    >>> average_revenue_per_account(1_500, customers=5)
    300.0
    """
    (money, n), back = _totals(mrr=mrr, customers=customers)
    return back(over(money, n))


def _totals(**given: NumberLike) -> tuple[tuple[Array, ...], Back]:
    """`columns` of totals, none of which is below 0."""
    return columns(**{name: (value, NOT_NEGATIVE) for name, value in given.items()})


def over(numerator: NumberLike, denominator: NumberLike) -> Array:
    """One total over another, by the rule at the top where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.divide(numerator, denominator)


def _within_start(start: NumberLike, lost: NumberLike) -> None:
    over = np.asarray(lost > start)
    rule = "must not exceed start: retention follows the customers who were there at the start"
    way_out = "Leave out what was lost of customers won after the start."
    refuse_where(over, "inconsistent", "churn + contraction", lost, rule, way_out)


def _given(argument: str, value: NumberLike | None, denominator: str) -> NumberLike:
    if value is None:
        way_out = "Pass it, or use denominator='start'."
        raise missing_argument(argument, f"must be given under denominator={denominator!r}", way_out)
    return value
