"""What an issue costs in customers, and what its fix brings.

An issue that a share i of N customers meets, and that makes them leave with a probability higher by Δ, takes
away N·i·Δ customers worth V each. A fix that removes a share ρ of it at a cost is worth

    gain = N·i·Δ·ρ·V − cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from retainkit.columns import columns
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean, shown
from retainkit.decisions._base.inputs import Inputs, assumed
from retainkit.domains import DIFFERENCE_OF_SHARES, NOT_NEGATIVE, PROBABILITY, REAL
from retainkit.typing import NumberLike, NumberOf, Real, Same


def value_at_stake(
    customers: NumberOf[Same],
    *,
    incidence: NumberOf[Same],
    churn_effect: NumberOf[Same],
    value: NumberOf[Same],
) -> Same:
    """What an issue takes away by making customers leave: N·incidence·Δchurn·V.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    customers : number or column, 0 or more
        N, all customers, in the time that the other figures are about.
    incidence : number or column in [0, 1]
        Share of them who meet the issue.
    churn_effect : number or column in [-1, 1]
        Δ, by how much it raises their probability of leaving: 0.04 for 4 points. There is no default: it
        comes from data (`issue_effects`), from an experiment, or from a judgement that can be named.
    value : number or column, money
        V, margin still to come from a customer who stays.

    Returns
    -------
    float, ndarray or Series
        Money, the kind of the arguments.

    Examples
    --------
    >>> round(value_at_stake(20_000, incidence=0.08, churn_effect=0.05, value=600), 2)
    48000.0
    """
    (N, i, delta, V), back = columns(
        customers=(customers, NOT_NEGATIVE),
        incidence=(incidence, PROBABILITY),
        churn_effect=(churn_effect, DIFFERENCE_OF_SHARES),
        value=(value, REAL),
    )
    return back(N * i * delta * V)


@dataclass(frozen=True, eq=False, kw_only=True)
class IssueInputs(Inputs):
    """What the fix of an issue rests on."""

    customers: Real = assumed(NOT_NEGATIVE, "whom the fix reaches")
    incidence: Real = assumed(PROBABILITY, "share of them who meet the issue")
    churn_effect: Real = assumed(DIFFERENCE_OF_SHARES, "by how much it raises the probability of leaving")
    value: Real = assumed(REAL, "margin still to come from a customer who stays")
    resolved: Real = assumed(PROBABILITY, "share of the issue that the fix removes")
    cost: Real = assumed(NOT_NEGATIVE, "of the fix")

    def at_stake(self) -> NumberLike:
        """Lost through customers who leave because of it."""
        # a product: half as many customers or half the effect turn it alike
        return self.customers * self.incidence * self.churn_effect * self.value

    def gain(self) -> NumberLike:
        """What the fix saves of that, less what it costs."""
        return self.at_stake() * self.resolved - self.cost


@dataclass(frozen=True, eq=False, kw_only=True)
class IssueAtStake(Decision):
    """What fixing one issue brings; made by `issues_at_stake`.

    Attributes
    ----------
    issue : str
    at_stake : float or Draws, money
        Lost through customers who leave because of it.
    """

    _derived = ("cost", "gain_per_cost")

    inputs: IssueInputs
    issue: str
    at_stake: Real

    @property
    def cost(self) -> Real:
        """Of fixing it, money."""
        return self.inputs.cost

    @property
    def gain_per_cost(self) -> float:
        """Mean net gain for each unit of money spent; ``inf`` for a gain that costs nothing."""
        gain, cost = mean(self.gain), mean(self.cost)
        if cost > 0.0:
            return gain / cost
        # a free fix is infinitely good per money, or infinitely bad
        return math.copysign(math.inf, gain) if gain else 0.0

    def headline(self) -> str:
        """The verdict in a sentence or two."""
        return (
            f"fixing {self.issue!r} gains {shown(self.gain)}; at stake are {mean(self.at_stake):,.2f}, "
            f"the fix costs {mean(self.cost):,.2f}."
        )
