"""The best spending on winning and keeping customers: without a limit, or within one period's budget.

With draws among the inputs the spending is the one that earns most on average over the draws, because only
one can be chosen; what knowing the truth first would add is shown beside it.

Blattberg, R. C. and Deighton, J. (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
Review 74(4), 136-144. A budget for the same curves: Berger, P. D. and Bechwati, N. N. (2001), "The
allocation of promotion budget to maximize customer equity", Omega 29(1), 49-61.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit._numerics.search import highest, highest_on_line
from retainkit.columns import numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import bare, mean, number, shown
from retainkit.decisions._base.inputs import Question, Stated
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.domains import ENDLESS, NOT_NEGATIVE
from retainkit.economics.spending.five_times import FiveTimes
from retainkit.records import Record, must_be
from retainkit.typing import Array, Number, NumberLike, Real

_POINTS = 33  # of a grid on each side: with draws every point costs as much as there are draws


@dataclass(frozen=True, eq=False, kw_only=True)
class SpendingInputs(Question, Record):
    """One fixed spending against another, for so many prospects and customers."""

    model: BlattbergDeighton
    spending: tuple[float, float]
    compared_with: tuple[float, float]
    prospects: float
    customers: float

    def stated(self) -> Mapping[str, Stated]:
        return self.model.inputs()

    def gain_at(self, **values: Real) -> Real:
        # the spending is fixed: the question is whether this plan pays if an input is other than assumed
        return self.gain(self.model.with_inputs(values))

    def gain(self, model: BlattbergDeighton) -> Real:
        """What the one is worth more than the other."""
        return self.worth(model, self.spending) - self.worth(model, self.compared_with)

    def worth(self, model: BlattbergDeighton, spending: tuple[float, float]) -> Real:
        """Of prospects, and of customers who have just paid."""
        won, each = model.value_and_equity(*map(np.asarray, spending))
        equity = number(self.prospects * each)
        # without customers at hand the value is that of prospects alone, to the last digit
        if not self.customers:
            return equity
        # a customer at hand has paid this period's margin already
        return equity + self.customers * (number(won) - bare(model.margin_per_period))

    def __str__(self) -> str:
        return f"{self.spending} against {self.compared_with}: {self.model}"


@dataclass(frozen=True, eq=False, kw_only=True)
class SpendingPlan(Decision):
    """What to spend on a prospect and on a customer; made by `best_spending`.

    Attributes
    ----------
    acquisition_spend : float, money per prospect
    retention_spend : float, money per customer and period
    acquisition_rate, retention_rate : float or Draws
        Reached with it.
    lifetime_value : float or Draws, money
        Of a customer won, before the cost of winning.
    customer_equity : float or Draws, money per prospect
    gain : float or Draws, money per prospect
        Over the spending compared with: the present one, or none.
    value_of_knowing : float, money per prospect
        What the best spending for each draw would earn more on average; 0 without draws.
    compared_with : tuple of two floats
        Acquisition and retention spending that the gain is over.
    """

    _derived = ("acquisition_rate", "retention_rate", "lifetime_value", "customer_equity")

    inputs: SpendingInputs
    acquisition_spend: float
    retention_spend: float
    value_of_knowing: float
    compared_with: tuple[float, float]

    @property
    def model(self) -> BlattbergDeighton:
        """The economics of a prospect that it rests on."""
        return self.inputs.model

    @property
    def acquisition_rate(self) -> NumberLike:
        """Share of prospects won."""
        return self.model.acquisition.rate(self.acquisition_spend)

    @property
    def retention_rate(self) -> NumberLike:
        """Share of customers kept in a period."""
        return self.model.retention.rate(self.retention_spend)

    @property
    def lifetime_value(self) -> NumberLike:
        """Of a customer won, before the cost of winning."""
        return self.model.lifetime_value(self.retention_spend)

    @property
    def customer_equity(self) -> NumberLike:
        """Value per prospect, after the cost of winning."""
        return self.model.customer_equity(self.acquisition_spend, self.retention_spend)

    @property
    def five_times(self) -> FiveTimes:
        """What it costs to win and to keep, on average and at the margin."""
        return self.model.five_times(self.acquisition_spend, self.retention_spend)

    def headline(self) -> str:
        over = "no spending" if self.compared_with == (0.0, 0.0) else "the present spending"
        described = (
            f"spend {self.acquisition_spend:,.2f} per prospect and {self.retention_spend:,.2f} per customer "
            f"and period: customer equity {shown(self.customer_equity)} per prospect, "
            f"{shown(self.gain)} more than with {over}."
        )
        if not self.model.has_draws:
            return described
        return f"{described} To know the curves would be worth {self.value_of_knowing:,.2f} per prospect."


@one_a_row()
def best_spending(model: BlattbergDeighton, *, present: tuple[Number, Number] | None = None) -> SpendingPlan:
    """How much to spend on winning a prospect and on keeping a customer, if money is no limit.

    R* maximises LTV(R); A* is where the next unit of money on winning brings a unit of value. With draws
    among the inputs, the mean of customer equity is maximised over both.

    Raises `InputError` for present spending below 0.

    Parameters
    ----------
    model : BlattbergDeighton
    present : tuple of two numbers, optional
        Acquisition spending per prospect and retention spending per customer now. The gain is over them;
        over no spending at all by default.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> winning = ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4)
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> print(best_spending(BlattbergDeighton(50, 0.15, winning, keeping), present=(5, 10)))
    Worth it: spend 12.00 per prospect and 17.00 per customer and period: customer equity 18.84 per prospect,
    6.57 more than with the present spending.
      assumed                 value   turns at  what it is
      margin_per_period          50    35.6401  margin of a customer in a period
      discount_rate            0.15    2.75541  per period
      acquisition.ceiling       0.4    0.20633  rate that no spending exceeds
      acquisition.k        0.138629  0.0318466  shape of the response
      acquisition.floor           0   0.261091  rate without spending
      retention.ceiling         0.8    0.53212  rate that no spending exceeds
      retention.k          0.138629  0.0435416  shape of the response
      retention.floor             0          -  rate without spending
    """
    must_be(BlattbergDeighton, model=model)
    A0, R0 = numbers(
        acquisition_spend=(present[0] if present else 0.0, NOT_NEGATIVE),
        retention_spend=(present[1] if present else 0.0, NOT_NEGATIVE),
    )
    # R* does not depend on A: a customer won is kept for what a customer is worth
    R = model.best_retention_spend()
    A = model.best_acquisition_spend(model.value_and_equity(np.zeros(()), np.asarray(R))[0])
    each = model.value_and_equity(np.asarray(A), np.asarray(R))[1]
    # knowing the truth, each draw would have its own best; one spending has to serve them all
    if model.has_draws:
        a, r = _best_on_average(model, 1.0, 0.0, inf)
    else:
        a, r = float(A), float(R)
    x = SpendingInputs(model=model, spending=(a, r), compared_with=(A0, R0), prospects=1.0, customers=0.0)
    knowing = mean(each) - mean(model.customer_equity(a, r)) if model.has_draws else 0.0
    return SpendingPlan(
        gain=x.gain(model),
        inputs=x,
        acquisition_spend=a,
        retention_spend=r,
        value_of_knowing=knowing,
        compared_with=(A0, R0),
    )


def _best_on_average(
    model: BlattbergDeighton, prospects: float, customers: float, budget: float
) -> tuple[float, float]:
    """The spending that maximises the mean value of prospects and customers within a period's budget."""
    R_each = model.best_retention_spend()
    # no draw wants more than that, and so neither does their mean
    most_R = float(np.max(R_each))
    value_each = model.value_and_equity(np.zeros(()), np.asarray(R_each))[0]
    most_A = float(np.max(model.best_acquisition_spend(value_each)))
    if customers:
        most_R = min(most_R, budget / customers)

    def affordable(R: Real) -> Real:
        # what is not spent on keeping; with nobody at hand the budget is for prospects alone
        left = np.maximum(0.0, budget - customers * R) if customers else budget
        return left / prospects if prospects else 0.0

    def worth(A: Real, R: Real) -> Array:
        spend, kept = np.broadcast_arrays(A, R)
        value, equity = model.value_and_equity(spend[..., None], kept[..., None])
        total = np.asarray(prospects * equity + customers * (value - bare(model.margin_per_period)))
        return total.mean(axis=-1)

    if model.has_draws:  # one spending for all draws: the best on winning has no closed form
        peak = highest(
            lambda R, part: worth(part * np.minimum(most_A, affordable(R)), R), most_R, 1.0, _POINTS
        )
        return float(peak.y * np.minimum(most_A, affordable(peak.x))), peak.x

    def winning(R: float) -> float:
        """The best spending on winning that is affordable: S-shaped responses may be worth none of less."""
        wanted = model.best_acquisition_spend(model.lifetime_value(R))
        most = float(np.minimum(wanted, affordable(R)))
        # below the inflection a little money may bring less than none
        return most if worth(most, R) > worth(0.0, R) else 0.0

    # the best on winning is known for each R, so that one line is searched and not a plane
    R = float(highest_on_line(lambda R: worth(winning(float(R)), R), most_R))
    return winning(R), R


@dataclass(frozen=True, eq=False, kw_only=True)
class BudgetPlan(Decision):
    """How to share a period's budget between winning and keeping; made by `best_spending_within`.

    Attributes
    ----------
    acquisition_spend : float, money per prospect
    retention_spend : float, money per customer and period
    on_prospects, on_customers : float, money
        The two parts of the budget that are spent.
    value : float or Draws, money
        Of all prospects and customers, after the spending.
    return_on_winning, return_on_keeping : float
        Value per unit of the next money spent on prospects, and on customers: equal where both get some and
        the budget binds, 1 where it does not.
    unused : float, money
        What of the budget would earn less than it costs.
    """

    _derived = ("on_prospects", "on_customers", "unused", "value", "return_on_winning", "return_on_keeping")

    inputs: SpendingInputs
    budget: float
    prospects: float
    customers: float
    acquisition_spend: float
    retention_spend: float

    @property
    def model(self) -> BlattbergDeighton:
        """The economics of a prospect that it rests on."""
        return self.inputs.model

    @property
    def on_prospects(self) -> float:
        """Spent on winning."""
        return self.prospects * self.acquisition_spend

    @property
    def on_customers(self) -> float:
        """Spent on keeping."""
        return self.customers * self.retention_spend

    @property
    def unused(self) -> float:
        """Not spent, because it would earn less than it costs."""
        return max(0.0, self.budget - self.on_prospects - self.on_customers)

    @property
    def value(self) -> NumberLike:
        """Of all prospects and customers, after the spending."""
        return self.inputs.worth(self.model, self.inputs.spending)

    @property
    def return_on_winning(self) -> float:
        """Value per unit of the next money on prospects."""
        return mean(self.model.marginal_returns(self.acquisition_spend, self.retention_spend)[0])

    @property
    def return_on_keeping(self) -> float:
        """Value per unit of the next money on customers; what it does for those still to be won counts."""
        if not self.customers:
            return inf
        A, R = np.asarray(self.acquisition_spend), np.asarray(self.retention_spend)
        # r'·LTV − 1 is the sign of dLTV/dR times what a customer lasts
        net = self.model.marginal_returns(self.acquisition_spend, self.retention_spend)[1] - 1.0
        left = 1.0 + bare(self.model.discount_rate) - self.model.retention.at(R)
        reached = self.prospects * self.model.acquisition.at(A) + self.customers
        return 1.0 + mean(reached * net / left) / self.customers

    def headline(self) -> str:
        # a rest of rounding is not told as money kept
        unused = f", and keep {self.unused:,.2f}" if self.unused > 1e-6 * self.budget else ""
        return (
            f"of {self.budget:,.2f} spend {self.on_prospects:,.2f} on prospects "
            f"({self.acquisition_spend:,.2f} each) and {self.on_customers:,.2f} on customers "
            f"({self.retention_spend:,.2f} each){unused}: value {shown(self.value)}. The next unit returns "
            f"{self.return_on_winning:.3g} in winning and {self.return_on_keeping:.3g} in keeping."
        )


@one_a_row()
def best_spending_within(
    model: BlattbergDeighton, *, budget: Number, prospects: Number, customers: Number
) -> BudgetPlan:
    """How to share this period's budget between winning prospects and keeping the customers of now.

    Maximises prospects·CE(A, R) + customers·(LTV(R) − m), where LTV − m is what a customer who has just paid
    is still worth, over prospects·A + customers·R ≤ budget. The retention spending found is kept up in later
    periods, for those who are then customers. Curves may be S-shaped; draws count by the mean.

    Raises `InputError` for values below 0.

    Parameters
    ----------
    model : BlattbergDeighton
    budget : number, money in this period, 0 or more
    prospects, customers : number, 0 or more
        How many there are to win, and to keep.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> winning = ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4)
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> model = BlattbergDeighton(50, 0.15, winning, keeping)
    >>> print(best_spending_within(model, budget=12_000, prospects=1000, customers=500))
    Worth it: of 12,000.00 spend 5,077.79 on prospects (5.08 each) and 6,922.21 on customers (13.84 each):
    value 35,506.82. The next unit returns 2.56 in winning and 2.56 in keeping.
      assumed                 value   turns at  what it is
      margin_per_period          50    21.0778  margin of a customer in a period
      discount_rate            0.15          -  per period
      acquisition.ceiling       0.4          -  rate that no spending exceeds
      acquisition.k        0.138629          -  shape of the response
      acquisition.floor           0          -  rate without spending
      retention.ceiling         0.8   0.153397  rate that no spending exceeds
      retention.k          0.138629  0.0129051  shape of the response
      retention.floor             0          -  rate without spending
    """
    must_be(BlattbergDeighton, model=model)
    limit, n, kept = numbers(
        budget=(budget, ENDLESS), prospects=(prospects, NOT_NEGATIVE), customers=(customers, NOT_NEGATIVE)
    )
    A, R = _best_on_average(model, n, kept, limit)
    x = SpendingInputs(model=model, spending=(A, R), compared_with=(0.0, 0.0), prospects=n, customers=kept)
    return BudgetPlan(
        gain=x.gain(model),
        inputs=x,
        budget=limit,
        prospects=n,
        customers=kept,
        acquisition_spend=A,
        retention_spend=R,
    )
