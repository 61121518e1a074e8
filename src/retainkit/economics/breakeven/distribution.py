"""Not the average customer, but each one: how many pay back, and what the others cost.

Margins that are paid back on average by the fourteenth payment hide that a customer either stays long
enough to repay the cost or leaves it as a loss. At 5% churn and 500 against 50 a period, ten payments are
needed, 63% of customers make them, and those who do not leave 267 behind on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from retainkit.each_draw import draw_by_draw
from retainkit.economics.breakeven.curve import CustomerCash, Instalments, customer_cash
from retainkit.economics.cashflows.payback import running, settled
from retainkit.economics.formulas.survival import Survival
from retainkit.records import Record, percent, read_only
from retainkit.timing import Timing
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit


@dataclass(frozen=True, eq=False)
class BreakEvenDistribution(Record):
    """What customers have repaid when they leave; made by `break_even_distribution`.

    Attributes
    ----------
    periods_begun : (n,) float64 array
        1, …, n: after how many periods begun a customer leaves.
    share : (n,) float64 array
        Share of customers who leave then: S(n−1) − S(n).
    net : (n,) float64 array
        Present value of what such a customer has paid, less all that was spent on it.
    still_there : float
        Share of customers who have not left at the end of the curve.
    still_there_net : float
        What each of them has brought by then.
    """

    _derived = ("probability", "undecided", "expected_loss", "expected_gain", "expected_net")

    periods_begun: Array = field(repr=False)
    share: Array = field(repr=False)
    net: Array = field(repr=False)
    still_there: float
    still_there_net: float
    timing: Timing
    discount_rate: float
    period: Unit | None

    @property
    def probability(self) -> float:
        """Share of customers who pay back: who leave with a net of 0 or more, or are there with one."""
        stay = self.still_there if self.still_there_net >= 0.0 else 0.0
        return float(self.share[self.net >= 0.0].sum()) + stay

    @property
    def undecided(self) -> float:
        """Share of customers who are still there at the end of the curve and have not paid back yet."""
        return 0.0 if self.still_there_net >= 0.0 else self.still_there

    @property
    def expected_loss(self) -> float:
        """Mean loss on those who leave without having paid back; 0 where there are none."""
        return -_mean(self.net, self.share * (self.net < 0.0))

    @property
    def expected_gain(self) -> float:
        """Mean surplus of those who pay back, counted up to the end of the curve; 0 where there are none."""
        net = np.append(self.net, self.still_there_net)
        return _mean(net, np.append(self.share, self.still_there) * (net >= 0.0))

    @property
    def expected_net(self) -> float:
        """Mean net over all customers up to the end of the curve: what the average customer brings."""
        return float((self.share * self.net).sum() + self.still_there * self.still_there_net)

    def __str__(self) -> str:
        text = (
            f"{percent(round(self.probability, 6))} of customers pay back; those who leave before lose "
            f"{self.expected_loss:,.2f} on average."
        )
        if self.undecided > 0.0:
            text += f" {percent(round(self.undecided, 6))} are still there, not having paid back yet."
        return text


@draw_by_draw(
    "acquisition_cost",
    "margin_per_period",
    "survival",
    "discount_rate",
    "onboarding_cost",
    "retention_cost_per_period",
)
def break_even_distribution(
    acquisition_cost: NumberLike,
    margin_per_period: NumberLike,
    survival: Survival,
    *,
    discount_rate: RateLike = 0.0,
    timing: Timing = "begin",
    onboarding_cost: Number = 0.0,
    retention_cost_per_period: Number = 0.0,
    instalments: Instalments = "owed",
    horizon: int | None = None,
    period: Unit | None = None,
) -> BreakEvenDistribution:
    """How many customers pay back what they cost, and the loss on those who leave before.

    A customer leaves after n = 1, 2, … periods begun with probability S(n−1) − S(n), having made n
    payments (n − 1 at the end if retained: the period of leaving is not paid).

    Raises `InputError` as `break_even_on_curve`.

    Parameters
    ----------
    acquisition_cost, margin_per_period, survival, discount_rate, timing, onboarding_cost, \
retention_cost_per_period, instalments, horizon, period
        As `break_even_on_curve`.

    Returns
    -------
    BreakEvenDistribution
        Its mean, `expected_net`, is the net of `break_even_on_curve` at the end of the curve.

    Examples
    --------
    >>> result = break_even_distribution(500, 50, lambda t: 0.95**t)
    >>> round(result.probability, 4), round(result.expected_loss, 2)
    (0.6302, 267.04)
    """
    cash = customer_cash(
        acquisition_cost,
        margin_per_period,
        survival,
        discount_rate=discount_rate,
        timing=timing,
        onboarding_cost=onboarding_cost,
        retention_cost_per_period=retention_cost_per_period,
        instalments=instalments,
        horizon=horizon,
        period=period,
    )
    paid, spent = _running(cash)
    # who leaves in a period does not make its payment where only those retained pay
    leaving = np.concatenate([[0.0], paid[:-1]]) if timing == "end-if-retained" else paid
    net = _net(leaving, spent)
    return BreakEvenDistribution(
        periods_begun=read_only(np.arange(1.0, net.size + 1.0)),
        # the fall of the curve in a period is the share of customers who leave in it
        share=read_only(cash.curve[:-1] - cash.curve[1:]),
        net=read_only(net),
        still_there=float(cash.curve[-1]),
        still_there_net=float(_net(paid, spent)[-1]),
        timing=timing,
        discount_rate=cash.d,
        period=period,
    )


def _running(cash: CustomerCash) -> tuple[Array, Array]:
    """What a customer has paid, and what it has cost, after 1, …, n periods begun."""
    # instalments that end with the customer are not owed by those who left before
    owed = np.cumsum(cash.instalments) if cash.while_retained else cash.instalments.sum()
    return running(cash.margins), cash.onboarding + owed + running(cash.keeping)


def _net(paid: Array, spent: Array) -> Array:
    """paid − spent, negative exactly where a customer has not paid back."""
    net, owing = settled(paid - spent, paid + spent, np.diff(paid, prepend=0.0))
    # a net of exactly 0 has paid back; a debt below rounding keeps its sign by the smallest float
    return np.where(owing, np.minimum(net, -math.ulp(0.0)), np.maximum(net, 0.0))


def _mean(values: Array, weights: Array) -> float:
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total > 0.0 else 0.0
