"""What a company owes its members: the roll-forward of points, and what they are expected to cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.columns import known, numbers
from retainkit.display import text_table
from retainkit.domains import NOT_NEGATIVE, PROBABILITY
from retainkit.draws import Draws
from retainkit.each_draw import draw_by_draw
from retainkit.errors import InputError, first_offender, wrong_shape
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, Real

_ROUNDING = 1e-12  # what sums of fractional points may miss 0 by


@dataclass(frozen=True, eq=False)
class PointsLiability(Record):
    """Points and what they are expected to cost, period by period; made by `points_liability`.

    Attributes
    ----------
    opening : float, points before the first period
    earned, redeemed, expired : (periods,) points in each period
    outstanding : (periods,) points at the end of each period
        Opening + earned − redeemed − expired.
    opening_liability : float or Draws, money
    liability : (periods,), or Draws (draws, periods), money at the end of each period
        Outstanding points that are expected to be redeemed, at cost.
    expense : (periods,), or Draws (draws, periods), money of each period
        Cost of the points redeemed, and the change of the liability.
    breakage_so_far : float or None
        Expired points as a share of those redeemed or expired; too low while most points are young. None
        where no point has met its end.
    """

    opening: float
    earned: Array
    redeemed: Array
    expired: Array
    outstanding: Array
    opening_liability: Real
    liability: Array
    expense: Array
    breakage_so_far: float | None

    def __str__(self) -> str:
        heads = ("earned", "redeemed", "expired", "outstanding", "liability", "expense")
        cells = [np.asarray(getattr(self, name)) for name in heads]
        means = [c if c.ndim == 1 else c.mean(axis=0) for c in cells]
        rows = [("period", *heads)]
        rows += [
            (str(i), *(f"{v:,.0f}" for v in row[:4]), *(f"{v:,.2f}" for v in row[4:]))
            for i, row in enumerate(zip(*means, strict=True), 1)
        ]
        return text_table(
            f"Points, from {self.opening:,.0f} worth {np.mean(self.opening_liability):,.2f}", rows
        )


@draw_by_draw("opening", "cost_per_point")
def points_liability(
    opening: Number,
    *,
    earned: NumberLike,
    redeemed: NumberLike,
    expired: NumberLike,
    cost_per_point: Number,
    redemption_probability: NumberLike,
) -> PointsLiability:
    """The roll-forward of points and the liability expected of them: opening + earned − redeemed − expired.

    The liability is outstanding points times the probability that they are redeemed times the cost of one.
    It is what they are expected to cost, undiscounted; what has to stand in the books is decided by
    accounting standards.

    Raises `InputError` for values outside their domain, columns of unequal length, and where more points are
    redeemed or expired than there are.

    Parameters
    ----------
    opening : number, points, 0 or more
    earned, redeemed, expired : (periods,), points in each period, 0 or more
        Points forfeited by customers who left count as expired.
    cost_per_point : number, money, 0 or more
        Of a redeemed point.
    redemption_probability : number or Draws in [0, 1]
        Of the points outstanding, the share that will be redeemed: see `points_redemption`.

    Examples
    --------
    >>> print(
    ...     points_liability(
    ...         1000,
    ...         earned=[500, 600],
    ...         redeemed=[300, 450],
    ...         expired=[50, 80],
    ...         cost_per_point=0.01,
    ...         redemption_probability=0.8,
    ...     )
    ... )
    Points, from 1,000 worth 8.00
    period  earned  redeemed  expired  outstanding  liability  expense
         1     500       300       50        1,150       9.20     4.20
         2     600       450       80        1,220       9.76     5.06
    """
    start, cost = numbers(opening=(opening, NOT_NEGATIVE), cost_per_point=(cost_per_point, NOT_NEGATIVE))
    gained, used, lost = _flows(earned=earned, redeemed=redeemed, expired=expired)
    probability = np.asarray(PROBABILITY.uncertain("redemption_probability", redemption_probability))
    drawn = isinstance(redemption_probability, Draws)
    if probability.ndim > drawn:
        rule, way_out = "must be a number, or draws of one", "Roll one programme forward at a time."
        raise wrong_shape("redemption_probability", probability, rule, way_out)
    balance = _balance(start, gained, used + lost)
    # only what will be redeemed is owed; what breaks is revenue of the past, counted by its estimate
    worth: NumberLike = balance * cost * (probability[:, None] if drawn else probability)
    settled = float(used.sum() + lost.sum())
    answer: Any = Draws.of if drawn else np.asarray
    return PointsLiability(
        opening=start,
        earned=gained,
        redeemed=used,
        expired=lost,
        outstanding=balance[1:],
        opening_liability=answer(worth[:, 0]) if drawn else float(worth[0]),
        liability=answer(worth[..., 1:]),
        # what was paid out and what the promise grew by: the two together are the period's cost
        expense=answer(used * cost + np.diff(worth)),
        breakage_so_far=float(lost.sum()) / settled if settled else None,
    )


def _flows(**columns_: NumberLike) -> tuple[Array, ...]:
    """The three columns, each (periods,)."""
    values = known(**{name: (value, NOT_NEGATIVE) for name, value in columns_.items()})
    for name, value in zip(columns_, values, strict=True):
        if value.ndim > 1:
            rule = "must be one column: the points of each period"
            raise InputError("wrong-shape", name, value, rule, "Roll one programme forward at a time.")
    return tuple(np.atleast_1d(v) for v in np.broadcast_arrays(*values))


def _balance(opening: float, earned: Array, taken: Array) -> Array:
    """Points before the first period and after each of them, (periods + 1,)."""
    balance = np.concatenate([[opening], opening + np.cumsum(earned - taken)])
    # more taken out than was ever in: a mistake in the books, not a liability of 0
    short = balance < -_ROUNDING * (opening + earned.sum())
    if short.any():
        shown = first_offender(balance[1:], short[1:])
        rule = "must not take more points than there are; the balance would be below 0"
        way_out = "Check the opening balance, and that all columns count the same programme."
        raise InputError("inconsistent", "redeemed + expired", shown, rule, way_out)
    return np.maximum(balance, 0.0)
