"""What it costs to spend more or less than would be best.

Around the best spending customer equity is flat: being off by a tenth hardly costs anything, being off by a
half does. Spending too little and spending too much do not cost the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.spending import SpendingPlan, best_spending
from retainkit.domains import NOT_NEGATIVE
from retainkit.plurals import counted
from retainkit.records import Record, must_be
from retainkit.typing import NumberLike


@dataclass(frozen=True, eq=False, kw_only=True)
class OffOptimum(Record):
    """What a spending loses against the best one; made by `cost_of_being_off`.

    Attributes
    ----------
    acquisition_spend, retention_spend : float or ndarray, money
    loss : float or ndarray, money per prospect
        Customer equity of the best spending less that of this one; with draws the mean over them.
    share_lost : float or ndarray
        Of the best customer equity.
    return_on_winning, return_on_keeping : float or ndarray
        Value per unit of the next money: above 1 the spending is too low, below 1 too high.
    best : SpendingPlan
    """

    _hidden = frozenset({"model"})

    acquisition_spend: NumberLike
    retention_spend: NumberLike
    loss: NumberLike
    share_lost: NumberLike
    return_on_winning: NumberLike
    return_on_keeping: NumberLike
    model: BlattbergDeighton

    @property
    def best(self) -> SpendingPlan:
        """The best spending itself."""
        return best_spending(self.model)

    def __str__(self) -> str:
        if np.ndim(self.loss):
            worst = float(np.max(np.asarray(self.loss), initial=0.0))
            tried = counted(np.size(self.loss), "spending loses", "spendings lose")
            return f"{tried} up to {worst:,.2f} per prospect against the best."
        return (
            f"Spending {self.acquisition_spend:,.2f} per prospect and {self.retention_spend:,.2f} per "
            f"customer loses {self.loss:,.2f} per prospect, {self.share_lost:.1%} of "
            f"{shown(self.best.customer_equity)}. The next unit returns {self.return_on_winning:.3g} in "
            f"winning and {self.return_on_keeping:.3g} in keeping."
        )


def cost_of_being_off(
    model: BlattbergDeighton, *, acquisition_spend: NumberLike, retention_spend: NumberLike
) -> OffOptimum:
    """What a spending on winning and keeping loses against the best one, per prospect.

    CE(A*, R*) − CE(A, R), and the return of the next unit of money on either side, a'(A)·LTV(R) and
    r'(R)·LTV(R), which says in what direction to move.

    Raises `InputError` for spending below 0.

    Parameters
    ----------
    model : BlattbergDeighton
    acquisition_spend : number or column, money per prospect, 0 or more
    retention_spend : number or column, money per customer and period, 0 or more

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> winning = ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4)
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> print(cost_of_being_off(BlattbergDeighton(50, 0.15, winning, keeping), acquisition_spend=5,
    ...                         retention_spend=10))
    Spending 5.00 per prospect and 10.00 per customer loses 6.57 per prospect, 34.9% of 18.84. The next unit
    returns 2.39 in winning and 2.39 in keeping.
    """
    must_be(BlattbergDeighton, model=model)
    (A, R), back = columns(
        acquisition_spend=(acquisition_spend, NOT_NEGATIVE), retention_spend=(retention_spend, NOT_NEGATIVE)
    )
    most = mean(best_spending(model).customer_equity)
    # an axis for the draws behind that of the spendings
    equity = _averaged(model.value_and_equity(A[..., None], R[..., None])[1])
    value = model.value_and_equity(A[..., None], R[..., None])[0]
    winning = _averaged(model.acquisition.slope(A[..., None]) * value)
    keeping = _averaged(model.retention.slope(R[..., None]) * value)
    # where even the best earns nothing there is no share of it
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.asarray((most - equity) / most)
    return OffOptimum(
        acquisition_spend=back(A),
        retention_spend=back(R),
        loss=back(most - equity),
        share_lost=back(lost),
        return_on_winning=back(winning),
        return_on_keeping=back(keeping),
        model=model,
    )


def _averaged(figure: NumberLike) -> NumberLike:
    """The mean over draws, which stand on the last axis."""
    return np.asarray(figure).mean(axis=-1)
