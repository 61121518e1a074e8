"""The best spending on winning and keeping customers: without a limit, or within one period's budget.

With draws among the inputs the spending is the one that earns most on average over the draws, because only
one can be chosen; what knowing the truth first would add is shown beside it.

Blattberg, R. C. and Deighton, J. (1996), "Manage Marketing by the Customer Equity Test", Harvard Business
Review 74(4), 136-144. A budget for the same curves: Berger, P. D. and Bechwati, N. N. (2001), "The
allocation of promotion budget to maximize customer equity", Omega 29(1), 49-61.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from retainkit._numerics.search import highest
from retainkit.columns import numbers
from retainkit.decisions._base.draws import interval, mean, plain, probability_positive, shown
from retainkit.decisions._base.old_assumptions import Assumption, assumptions
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.domains import ENDLESS, NOT_NEGATIVE
from retainkit.economics.spending.five_times import FiveTimes
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import Array, Number, NumberLike, Plain, Real

_POINTS, _POINTS_WITH_DRAWS = 129, 33


@dataclass(frozen=True)
class SpendingPlan(AbstractRecord):
    """What to spend on a prospect and on a customer; made by `best_spending`.

    Attributes
    ----------
    acquisition_spend : float, money per prospect
    retention_spend : float, money per customer and period
    acquisition_rate, retention_rate : float or draws
        Reached with it.
    lifetime_value : float or draws, money
        Of a customer won, before the cost of winning.
    customer_equity : float or draws, money per prospect
    gain : float or draws, money per prospect
        Over the spending compared with: the present one, or none.
    value_of_knowing : float, money per prospect
        What the best spending for each draw would earn more on average; 0 without draws.
    compared_with : tuple of two floats
        Acquisition and retention spending that the gain is over.
    assumptions : tuple of Assumption
        Each input, and its value at which the gain over the spending compared with is 0.
    """

    model: BlattbergDeighton
    acquisition_spend: float
    retention_spend: float
    gain: Real
    value_of_knowing: float
    compared_with: tuple[float, float]
    assumptions: tuple[Assumption, ...]

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
    def worth_it(self) -> bool:
        """Whether it earns more than the spending compared with, on average."""
        return mean(self.gain) > 0.0

    @property
    def five_times(self) -> FiveTimes:
        """What it costs to win and to keep, on average and at the margin."""
        return self.model.five_times(self.acquisition_spend, self.retention_spend)

    def as_dict(self) -> Plain:
        """The figures by name; draws as lists."""
        named = ("acquisition_rate", "retention_rate", "lifetime_value", "customer_equity", "gain")
        return {
            "acquisition_spend": self.acquisition_spend,
            "retention_spend": self.retention_spend,
            **{name: plain(getattr(self, name)) for name in named},
            "gain_mean": mean(self.gain),
            "gain_interval_90": list(interval(self.gain)),
            "probability_of_gain": probability_positive(self.gain),
            "value_of_knowing": self.value_of_knowing,
            "compared_with": list(self.compared_with),
            "worth_it": self.worth_it,
            "assumptions": [str(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        over = "no spending" if self.compared_with == (0.0, 0.0) else "the present spending"
        described = (
            f"Spend {self.acquisition_spend:,.2f} per prospect and {self.retention_spend:,.2f} per customer "
            f"and period: customer equity {shown(self.customer_equity)} per prospect, "
            f"{shown(self.gain)} more than with {over}."
        )
        if not self.model.has_draws:
            return described
        return (
            f"{described} It gains with a probability of {probability_positive(self.gain):.1%}; to know the "
            f"curves would be worth {self.value_of_knowing:,.2f} per prospect."
        )


def best_spending(model: BlattbergDeighton, *, present: tuple[Number, Number] | None = None) -> SpendingPlan:
    """How much to spend on winning a prospect and on keeping a customer, if money is no limit.

    R* maximises LTV(R); A* is where the next unit of money on winning brings a unit of value. With draws
    among the inputs, the mean of customer equity is maximised over both.

    Parameters
    ----------
    model : BlattbergDeighton
    present : tuple of two numbers, optional
        Acquisition spending per prospect and retention spending per customer now. The gain is over them;
        over no spending at all by default.

    Returns
    -------
    SpendingPlan

    Raises
    ------
    InputError
        For present spending below 0.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> winning = ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4)
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> print(best_spending(BlattbergDeighton(50, 0.15, winning, keeping), present=(5, 10)))
    Spend 12.00 per prospect and 17.00 per customer and period: customer equity 18.84 per prospect, 6.57 more
    than with the present spending.
    """
    A0, R0 = numbers(
        acquisition_spend=(present[0] if present else 0.0, NOT_NEGATIVE),
        retention_spend=(present[1] if present else 0.0, NOT_NEGATIVE),
    )
    R = model.best_retention_spend()
    A = model.best_acquisition_spend(model.lifetime_value(R))
    each = model.customer_equity(A, R)
    if model.has_draws:
        a, r = _best_on_average(model, 1.0, 0.0, inf)
    else:
        a, r = float(A), float(R)
    equity = model.customer_equity(a, r)
    return SpendingPlan(
        model=model,
        acquisition_spend=a,
        retention_spend=r,
        gain=equity - model.customer_equity(A0, R0),
        value_of_knowing=mean(each) - mean(equity) if model.has_draws else 0.0,
        compared_with=(A0, R0),
        assumptions=_what_flips(model, (a, r), (A0, R0)),
    )


def _what_flips(
    model: BlattbergDeighton, plan: tuple[float, float], other: tuple[float, float]
) -> tuple[Assumption, ...]:
    """The break-even value of each input for one fixed spending against another."""

    def gain(**values: float) -> float:
        try:
            changed = model.with_inputs(values)
        except InputError:  # a floor above the ceiling, a value without limit: beyond what can be assumed
            return float("nan")
        return changed.customer_equity(*plan) - changed.customer_equity(*other)

    return assumptions(gain, model.inputs())


def _best_on_average(
    model: BlattbergDeighton, prospects: float, customers: float, budget: float
) -> tuple[float, float]:
    """The spending that maximises the mean value of prospects and customers within a period's budget."""
    R_each = model.best_retention_spend()
    most_R = float(np.max(R_each))
    most_A = float(np.max(model.best_acquisition_spend(model.lifetime_value(R_each))))
    if customers:
        most_R = min(most_R, budget / customers)

    def reach(R: Array, share: Array) -> Array:
        left = np.maximum(0.0, budget - customers * R) if customers else budget
        return share * np.minimum(most_A, left / prospects if prospects else 0.0)

    def worth(R: Array, share: Array) -> Array:
        spend, kept = np.broadcast_arrays(reach(R, share), R)
        value, equity = model.value_and_equity(spend[..., None], kept[..., None])
        total = np.asarray(prospects * equity + customers * (value - model.margin_per_period))
        return total.mean(axis=-1)

    peak = highest(worth, most_R, 1.0, _POINTS_WITH_DRAWS if model.has_draws else _POINTS)
    return float(reach(np.asarray(peak.x), np.asarray(peak.y))), peak.x


@dataclass(frozen=True)
class BudgetPlan(AbstractRecord):
    """How to share a period's budget between winning and keeping; made by `best_spending_within`.

    Attributes
    ----------
    acquisition_spend : float, money per prospect
    retention_spend : float, money per customer and period
    on_prospects, on_customers : float, money
        The two parts of the budget that are spent.
    value : float or draws, money
        Of all prospects and customers, after the spending.
    return_on_winning, return_on_keeping : float
        Value per unit of the next money spent on prospects, and on customers: equal where both get some and
        the budget binds, 1 where it does not.
    unused : float, money
        What of the budget would earn less than it costs.
    """

    model: BlattbergDeighton
    budget: float
    prospects: float
    customers: float
    acquisition_spend: float
    retention_spend: float

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
        worth, equity = (
            self.model.lifetime_value(self.retention_spend),
            self.model.customer_equity(self.acquisition_spend, self.retention_spend),
        )
        return self.prospects * equity + self.customers * (worth - self.model.margin_per_period)

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
        net = self.model.marginal_returns(self.acquisition_spend, self.retention_spend)[1] - 1.0
        left = 1.0 + self.model.discount_rate - self.model.retention.at(R)
        reached = self.prospects * self.model.acquisition.at(A) + self.customers
        return 1.0 + mean(reached * net / left) / self.customers

    def as_dict(self) -> Plain:
        """The figures by name; draws as lists."""
        names = ("budget", "prospects", "customers", "acquisition_spend", "retention_spend", "on_prospects")
        more = ("on_customers", "unused", "value", "return_on_winning", "return_on_keeping")
        return {name: plain(getattr(self, name)) for name in (*names, *more)}

    def __str__(self) -> str:
        unused = f", and keep {self.unused:,.2f}" if self.unused > 1e-6 * self.budget else ""
        return (
            f"Of {self.budget:,.2f} spend {self.on_prospects:,.2f} on prospects "
            f"({self.acquisition_spend:,.2f} each) and {self.on_customers:,.2f} on customers "
            f"({self.retention_spend:,.2f} each){unused}: value {shown(self.value)}. The next unit returns "
            f"{self.return_on_winning:.3g} in winning and {self.return_on_keeping:.3g} in keeping."
        )


def best_spending_within(
    model: BlattbergDeighton, *, budget: Number, prospects: Number, customers: Number
) -> BudgetPlan:
    """How to share this period's budget between winning prospects and keeping the customers of now.

    Maximises prospects·CE(A, R) + customers·(LTV(R) − m), where LTV − m is what a customer who has just paid
    is still worth, over prospects·A + customers·R ≤ budget. The retention spending found is kept up in later
    periods, for those who are then customers. Curves may be S-shaped; draws count by the mean.

    Parameters
    ----------
    model : BlattbergDeighton
    budget : number, money in this period, 0 or more
    prospects, customers : number, 0 or more
        How many there are to win, and to keep.

    Returns
    -------
    BudgetPlan

    Raises
    ------
    InputError
        For values below 0.

    Examples
    --------
    >>> from retainkit.decisions.spending.response_curves import ExponentialResponse
    >>> winning = ExponentialResponse.through(spend=5, rate=0.2, ceiling=0.4)
    >>> keeping = ExponentialResponse.through(spend=10, rate=0.6, ceiling=0.8)
    >>> model = BlattbergDeighton(50, 0.15, winning, keeping)
    >>> print(best_spending_within(model, budget=12_000, prospects=1000, customers=500))
    Of 12,000.00 spend 5,077.79 on prospects (5.08 each) and 6,922.21 on customers (13.84 each): value
    35,506.82. The next unit returns 2.56 in winning and 2.56 in keeping.
    """
    limit, n, kept = numbers(
        budget=(budget, ENDLESS), prospects=(prospects, NOT_NEGATIVE), customers=(customers, NOT_NEGATIVE)
    )
    A, R = _best_on_average(model, n, kept, limit)
    return BudgetPlan(model, limit, n, kept, A, R)
