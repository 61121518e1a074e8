"""Retention, churn and growth of recurring revenue as ratios of totals, each with its denominator named.

The totals are those of one window (a month, a quarter, a year): MRR at its start, and what moved until
its end. All functions take numbers, arrays or Series. A ratio whose denominator is 0 is ``inf`` where
its numerator is not, and NaN where both are 0: nothing was there to be kept, lost or compared.
"""

from __future__ import annotations

from sys import float_info
from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit.columns import PLAIN, Back, SameKind, columns
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import check_choice, missing_argument, refuse_where
from retainkit.typing import Array, NumberLike

_MAX = float_info.max  # so that an int too large for a float takes the path that says so

ChurnDenominator: TypeAlias = Literal["start", "start-plus-new", "average"]
"""Whom a churn rate is a share of: those there at the start, also those won, or the mean of both ends."""


def gross_revenue_retention(start: NumberLike, *, churn: NumberLike, contraction: NumberLike) -> SameKind:
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
    if plain(start, churn, contraction) and churn + contraction <= start > 0.0:
        return (start - (churn + contraction)) / start
    (s, gone, less), back = _totals(start=start, churn=churn, contraction=contraction)
    _within_start(s, gone + less)
    return back(over(s - (gone + less), s))


def net_revenue_retention(
    start: NumberLike,
    *,
    churn: NumberLike,
    contraction: NumberLike,
    expansion: NumberLike,
    reactivation: NumberLike = 0.0,
) -> SameKind:
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
    if plain(start, churn, contraction, expansion, reactivation) and churn + contraction <= start > 0.0:
        return (start - (churn + contraction) + (expansion + reactivation)) / start
    (s, gone, less, more, again), back = _totals(
        start=start, churn=churn, contraction=contraction, expansion=expansion, reactivation=reactivation
    )
    _within_start(s, gone + less)
    return back(over(s - (gone + less) + (more + again), s))


def churn_rate(
    lost: NumberLike,
    *,
    start: NumberLike,
    new: NumberLike | None = None,
    end: NumberLike | None = None,
    denominator: ChurnDenominator = "start",
) -> SameKind:
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
    if denominator == "start" and plain(lost, start) and start > 0.0:
        return lost / start
    check_choice("denominator", denominator, get_args(ChurnDenominator))
    part = {"start-plus-new": ("new", new), "average": ("end", end)}.get(denominator)
    more = {} if part is None else {part[0]: _given(*part, denominator)}
    (gone, s, *other), back = _totals(lost=lost, start=start, **more)
    if denominator == "start":
        return back(over(gone, s))
    return back(over(gone, s + other[0] if denominator == "start-plus-new" else 0.5 * (s + other[0])))


def quick_ratio(
    *,
    new: NumberLike,
    expansion: NumberLike,
    contraction: NumberLike,
    churn: NumberLike,
    reactivation: NumberLike = 0.0,
) -> SameKind:
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
    if plain(new, expansion, contraction, churn, reactivation) and contraction + churn > 0.0:
        return (new + expansion + reactivation) / (contraction + churn)
    (n, more, less, gone, again), back = _totals(
        new=new, expansion=expansion, contraction=contraction, churn=churn, reactivation=reactivation
    )
    return back(over(n + more + again, less + gone))


def average_revenue_per_account(mrr: NumberLike, *, customers: NumberLike) -> SameKind:
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
    if plain(mrr, customers) and customers > 0.0:
        return mrr / customers
    (money, n), back = _totals(mrr=mrr, customers=customers)
    return back(over(money, n))


def plain(*values: NumberLike, least: float = 0.0) -> bool:
    """Whether all are plain numbers in their domain: the short way, without numpy."""
    return all(type(v) in PLAIN and least <= v <= _MAX for v in values)


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
