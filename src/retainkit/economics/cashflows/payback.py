"""Payback of any stream of cash: when what came in has covered what went out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import SameKind, columns
from retainkit.domains import GROWTH
from retainkit.economics.formulas.streams import against, streams
from retainkit.errors import unknown_choice
from retainkit.rates import in_period
from retainkit.typing import Array, NumberLike, RateLike, Unit

Crossing: TypeAlias = Literal["first", "last"]
"""Which payback is meant where a stream goes into debt again: the first one, or the one for good."""

_EPS = float(np.finfo(np.float64).eps)


def payback_periods(
    cash_flows: NumberLike,
    *,
    discount_rate: RateLike = 0.0,
    crossing: Crossing = "first",
    period: Unit | None = None,
) -> SameKind:
    """Periods until the cumulative, discounted sum of a stream is no longer negative.

    Amount k falls at time k: ``[-500, 50, 50, ...]`` is paid back after 10.0. Within a period the amount is
    taken to come in evenly, so that the answer is fractional. (For a constant margin with churn see
    `break_even_periods`, for a survival curve `break_even_on_curve`: they count payments; for
    dated amounts `payback_date`.)

    Gives 0 where nothing is ever owed, ``inf`` where the stream ends unpaid. A sum counts as 0 where its
    terms cancel as far as their digits go: ten times 0.3 pay back 3. Raises `InputError` for empty, ragged or
    missing amounts, values outside their domain, or a `Rate` without `period`.

    Parameters
    ----------
    cash_flows : (periods,) or (streams, periods), money
        Paid negative, received positive; a list, array or Series is one stream, rows are many.
    discount_rate : number or one per stream, or Rate, per period, > -1
    crossing : {"first", "last"}
        ``"first"``: covered for the first time. ``"last"``: covered for good, where later costs
        open the gap again.
    period : unit, optional
        What the stream counts in; needed to convert a `Rate`.

    Examples
    --------
    >>> payback_periods([-500] + [50] * 20)
    10.0
    >>> payback_periods([[-100, 60, 60], [-100, 40, 40]])
    array([1.66666667,        inf])
    """
    (rate,) = in_period(period, discount_rate=discount_rate)
    (d,), rates = columns(discount_rate=(rate, GROWTH))
    amounts, back = streams("cash_flows", cash_flows)
    back = against(amounts, back, rates, discount_rate=d)
    # discounted first: payback in money of now, of which the undiscounted one is the case d = 0
    flows = amounts * (1.0 + d)[..., None] ** -np.arange(amounts.shape[-1], dtype=np.float64)
    return back(_crossing(flows, crossing))


def running(flows: Array) -> Array:
    """Cumulative sums along the last axis, compensated: right to the last digit (Neumaier 1974)."""
    if flows.ndim == 1:
        # one stream in plain floats: for a few dozen periods the arrays of the general way cost more
        return np.array(list(_running(flows.tolist())), dtype=np.float64)
    total, total_lost = np.zeros(flows.shape[:-1]), np.zeros(flows.shape[:-1])
    sums = np.empty(flows.shape)
    for k in range(flows.shape[-1]):
        flow = flows[..., k]
        new = total + flow
        total_lost = total_lost + np.where(
            np.abs(total) >= np.abs(flow), (total - new) + flow, (flow - new) + total
        )
        total = new
        sums[..., k] = total + total_lost
    return sums


def _running(flows: list[float]) -> Iterator[float]:
    """`running` for one stream, without arrays."""
    total = lost = 0.0
    for flow in flows:
        new = total + flow
        lost += (total - new) + flow if abs(total) >= abs(flow) else (flow - new) + total
        total = new
        yield total + lost


def settled(total: Array, size: Array, step: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Running sums, 0 where they are 0 as far as their digits go, and whether each is in debt.

    `size` is the sum of absolute amounts behind `total`, and `step` the last of them. A total within
    rounding of 0 is 0 if the last step was far larger: ten times 0.3 are 3. If it was not, the sum is
    running into its limit, which it need not ever reach: the debt then stays as it was before.
    """
    digit = _EPS * size
    even = np.abs(total) <= digit
    # a step of a thousand roundings cannot be one: there even means paid back, to the digit
    resolved = ~even | (np.abs(step) > 1000.0 * digit)
    last = np.maximum.accumulate(np.where(resolved, np.arange(total.shape[-1], dtype=np.intp), 0), axis=-1)
    # where the digits do not tell, a stream is as much in debt as it was when they last did
    owing = np.take_along_axis((total < 0.0) & ~even, last, axis=-1)
    return np.where(even & resolved, 0.0, total), owing


def last_in_debt(flows: Array, crossing: Crossing) -> tuple[Array, NDArray[np.intp], NDArray[np.bool]]:
    """Running sums, the place of the last amount before they are covered, and whether anything was owed.

    The place is that of the last amount where a stream ends unpaid.
    """
    if crossing not in ("first", "last"):
        raise unknown_choice("crossing", crossing, get_args(Crossing))
    total, owing = settled(running(flows), np.cumsum(np.abs(flows), axis=-1), flows)
    periods = total.shape[-1]
    if crossing == "last":
        last = periods - 1 - np.argmax(owing[..., ::-1], axis=-1)  # the last period that ends in debt
    else:
        # paid back is only what was in debt before: money that comes in first is no payback
        covered = np.logical_or.accumulate(owing, axis=-1) & ~owing
        last = np.argmax(covered, axis=-1) + np.where(covered.any(axis=-1), 0, periods) - 1
    return total, np.asarray(last, np.intp), np.asarray(owing.any(axis=-1))


def _crossing(flows: Array, crossing: Crossing) -> Array:
    total, last, owed = last_in_debt(flows, crossing)
    periods = total.shape[-1]
    after = np.minimum(last + 1, periods - 1)
    gap = np.take_along_axis(total, last[..., None], axis=-1)[..., 0]
    amount = np.take_along_axis(total, after[..., None], axis=-1)[..., 0] - gap
    with np.errstate(divide="ignore", invalid="ignore"):
        # a stream that ends in debt is never paid back; else straight between the two periods
        when = np.where(last == periods - 1, np.inf, last - gap / amount)
    return np.where(owed, when, 0.0)
