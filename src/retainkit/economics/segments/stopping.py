"""When to stop marketing to a customer: the best policy of a Markov chain that may be left at any time.

V = max(0, R + P·V/(1+d)), state by state: keep the relationship where what it brings from now on is worth
more than nothing. Pfeifer and Carraway (2000) (citation in `markov_value`); found by policy iteration
(Howard, R. A. 1960, Dynamic Programming and Markov Processes, MIT Press), which ends at the best policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import numbers
from retainkit.domains import GROWTH
from retainkit.economics.segments.markov_value import checked_chain, endless_value
from retainkit.rates import in_period
from retainkit.records import AbstractRecord
from retainkit.typing import Array, NumberLike, RateLike, Unit


@dataclass(frozen=True, eq=False)
class StoppingPlan(AbstractRecord):
    """In which states to go on, and what customers are worth when the others are left.

    Made by `best_stopping`.

    Attributes
    ----------
    go_on : (states,) bool array
        True where going on is worth more than 0.
    value : (states,) float64 array
        Money of now, for a customer now in each state, under this plan; 0 where it stops.
    value_without_stopping : (states,) float64 array
        The same where marketing never stops; the difference is what the plan is worth.
    """

    go_on: NDArray[np.bool_]
    value: Array
    value_without_stopping: Array = field(repr=False)

    def __str__(self) -> str:
        going = ", ".join(str(i + 1) for i in np.flatnonzero(self.go_on)) or "none"
        gain = float((self.value - self.value_without_stopping).max())
        return (
            f"Go on in states {going} of {self.value.size}; a customer in the first is worth "
            f"{self.value[0]:,.6g}. Stopping elsewhere is worth up to {gain:,.6g} per customer."
        )


def best_stopping(
    transitions: NumberLike, rewards: NumberLike, *, discount_rate: RateLike, period: Unit | None = None
) -> StoppingPlan:
    """The states in which to go on with a customer, and the value of doing so.

    Raises `InputError` as `markov_value`.

    Parameters
    ----------
    transitions : (states, states), shares
    rewards : (states,), money
    discount_rate : number > -1, or Rate, per period
    period : unit, optional
        As `markov_value`.

    Examples
    --------
    >>> from retainkit.economics.segments.markov_value import recency_chain
    >>> P, R = recency_chain([0.3, 0.2, 0.15, 0.05], contribution_per_purchase=40, promotion_cost=4)
    >>> plan = best_stopping(P, R, discount_rate=0.2)
    >>> plan.go_on.tolist(), round(float(plan.value[0]), 3)
    ([True, True, True, False, False], 53.149)
    """
    p, r = checked_chain(transitions, rewards)
    (rate,) = in_period(period, discount_rate=discount_rate)
    (d,) = numbers(discount_rate=(rate, GROWTH))
    step = p / (1.0 + d)
    always = endless_value(step, r, d)
    # from "stop everywhere", where every value is 0: from there values only rise
    go_on, value = np.zeros(r.size, np.bool_), np.zeros(r.size)
    while True:
        better = go_on | (r + step @ value > 0.0)  # values never fall, so no state is left again
        if np.array_equal(better, go_on):
            return StoppingPlan(go_on, value, always)
        go_on = better
        value = endless_value(np.where(go_on[:, None], step, 0.0), np.where(go_on, r, 0.0), d)
