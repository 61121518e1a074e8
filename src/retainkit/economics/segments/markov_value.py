"""The value of a customer who moves between states, a Markov chain with money in them, and when to stop.

V = max(0, R + P·V/(1+d)), state by state, says when to stop marketing: keep the relationship where what it
brings from now on is worth more than nothing. Found by policy iteration (Howard, R. A. 1960, Dynamic
Programming and Markov Processes, MIT Press), which ends at the best policy.

Pfeifer, P. E. and Carraway, R. L. (2000), "Modeling customer relationships as Markov chains", Journal of
Interactive Marketing 14(2), 43-55, doi:10.1002/(SICI)1520-6653(200021)14:2<43::AID-DIR4>3.0.CO;2-H.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import keeps_labels, labels_of, numbers
from retainkit.domains import ENDLESS, GROWTH, PROBABILITY, REAL
from retainkit.each_draw import draw_by_draw
from retainkit.economics.formulas.survival import whole
from retainkit.errors import InputError, refuse_where, wrong_shape
from retainkit.rates import in_period
from retainkit.records import Record
from retainkit.typing import Array, Number, NumberLike, RateLike, Unit

_ROW_ROUNDING = 1e-9  # how far printed probabilities may miss 1
_SURELY_LESS = 1.0 - 1e-12  # a spectral radius that rounding cannot have brought below 1


@draw_by_draw("discount_rate")
@keeps_labels
def markov_value(
    transitions: NumberLike,
    rewards: NumberLike,
    *,
    discount_rate: RateLike,
    horizon: Number = inf,
    period: Unit | None = None,
) -> Array:
    """The expected value of a customer in every state: V = Σ_{t=0..T} (P/(1+d))ᵗ·R = (I − P/(1+d))⁻¹·R.

    The reward of the state that the customer is in now counts in full; each move takes one period.

    Raises `InputError` for rows that are no probabilities, and where the endless sum has no limit: its sign
    may differ from state to state, so that it is never answered with ``inf``.

    Parameters
    ----------
    transitions : (states, states), shares
        P: row i says where a customer in state i is one period later. A row that sums to less than 1
        loses the rest for good.
    rewards : (states,), money
        R, received on being in a state: margin less what is spent there.
    discount_rate : number > -1, or Rate, per period
    horizon : int, 0 or more
        T moves, so T + 1 rewards, as in the paper; all by default.
    period : unit, optional
        What a move takes; needed to convert a `Rate`.

    Returns
    -------
    (states,) float64 array
        Money of now, for a customer now in each state.

    See Also
    --------
    recency_chain : the chain of a customer who is remembered by the last purchase.
    best_stopping : the value when marketing stops where it does not pay.

    Examples
    --------
    >>> P, R = recency_chain([0.3, 0.2, 0.15, 0.05], contribution_per_purchase=40, promotion_cost=4)
    >>> markov_value(P, R, discount_rate=0.2).round(4)
    array([52.3196,  5.5538,  1.2508, -1.82  ,  0.    ])
    """
    p, r = checked_chain(transitions, rewards)
    (rate,) = in_period(period, discount_rate=discount_rate)
    d, n = numbers(discount_rate=(rate, GROWTH), horizon=(horizon, ENDLESS))
    step = p / (1.0 + d)
    if n == inf:
        return endless_value(step, r, d)
    value = r.copy()
    # backwards from the last period: n products with a column, no power of the table
    for _ in range(whole("horizon", n) if n else 0):
        value = r + step @ value
    return value


def recency_chain(
    purchase_probabilities: NumberLike, *, contribution_per_purchase: Number, promotion_cost: Number
) -> tuple[Array, Array]:
    """The transitions and rewards of a customer whose chance to buy depends on the last purchase.

    States: bought now (recency 1), bought 1, …, J − 1 periods ago, and lost. In every state but the last
    the marketing cost is spent, now, for the chance p_j of a purchase one period later.

    Raises `InputError` for anything but shares in one column.

    Parameters
    ----------
    purchase_probabilities : (J,) in [0, 1]
        p₁, p₂, …, p_J by recency; after J periods without a purchase the customer is lost.
    contribution_per_purchase : number, money
        NC, before marketing.
    promotion_cost : number, money per period
        M.

    Returns
    -------
    transitions : (J + 1, J + 1) float64 array
    rewards : (J + 1,) float64 array
        NC − M, −M, …, −M, 0.

    Examples
    --------
    >>> P, R = recency_chain([0.3, 0.2], contribution_per_purchase=40, promotion_cost=4)
    >>> P.tolist(), R.tolist()
    ([[0.3, 0.7, 0.0], [0.2, 0.0, 0.8], [0.0, 0.0, 1.0]], [36.0, -4.0, 0.0])
    """
    p = np.asarray(PROBABILITY.check("purchase_probabilities", purchase_probabilities))
    if p.ndim != 1 or p.size == 0:
        rule = "must be one column: the probability of a purchase at recency 1, 2, …"
        way_out = "Write for example [0.3, 0.2, 0.15]."
        raise InputError("wrong-shape", "purchase_probabilities", purchase_probabilities, rule, way_out)
    contribution, cost = numbers(
        contribution_per_purchase=(contribution_per_purchase, REAL), promotion_cost=(promotion_cost, REAL)
    )
    chain = np.diag(np.append(1.0 - p, 0.0)[:-1], k=1)
    # a purchase brings the customer back to recency 1, whatever it was
    chain[:-1, 0] += p
    # lost for good; it earns nothing, so that staying there for ever is worth nothing
    chain[-1, -1] = 1.0
    rewards = np.full(p.size + 1, -cost)
    rewards[0] += contribution
    rewards[-1] = 0.0
    return chain, rewards


def checked_chain(transitions: NumberLike, rewards: NumberLike) -> tuple[Array, Array]:
    """P (states, states) and R (states,), or an error that says what is wrong with them."""
    labels_of(transitions=transitions, rewards=rewards)
    p = np.asarray(PROBABILITY.check("transitions", transitions))
    if p.ndim != 2 or p.shape[0] != p.shape[1] or p.size == 0:
        raise _shape_error("transitions", p, "must be a square table, one row and one column per state")
    total = p.sum(axis=1)
    rule = "must have rows that sum to 1, or to less where customers are lost"
    way_out = "Row i says where customers in state i go: transpose the table if its columns sum to 1."
    refuse_where(total > 1.0 + _ROW_ROUNDING, "out-of-range", "transitions", total, rule, way_out)
    r = np.asarray(REAL.check("rewards", rewards))
    if r.shape != (p.shape[0],):
        raise _shape_error("rewards", r, f"must be one amount per state ({p.shape[0]})")
    return p, r


def endless_value(step: Array, r: Array, d: float) -> Array:
    """(I − P/(1+d))⁻¹·R, over the states from which any reward can be reached."""
    # states from which no money is reached are worth 0 and would make the system singular
    counts = _reach(step, r)
    inner, value = step[np.ix_(counts, counts)], np.zeros(r.size)
    # undiscounted, the sum ends only if customers leave the states that pay: spectral radius below 1
    if d <= 0.0 and inner.size and np.abs(np.linalg.eigvals(inner)).max() > _SURELY_LESS:
        rule = "must be above 0 where customers stay for ever in states with rewards"
        way_out = "Count up to a horizon=…, or discount."
        raise InputError("infinite-value", "discount_rate", d, rule, way_out)
    if inner.size:
        # (I − P/(1+d))⁻¹R without the inverse
        value[counts] = np.linalg.solve(np.eye(len(inner)) - inner, r[counts])
    return value


def _reach(step: Array, r: Array) -> NumberLike:
    """Which states lead to a reward, sooner or later."""
    counts = r != 0.0
    while True:
        more = counts | ((step > 0.0) @ counts)
        if np.array_equal(more, counts):
            return counts
        counts = more


def _shape_error(argument: str, value: Array, rule: str) -> InputError:
    way_out = "Give transitions as (states, states) and rewards as (states,)."
    return wrong_shape(argument, value, rule, way_out)


@dataclass(frozen=True, eq=False)
class StoppingPlan(Record):
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


@draw_by_draw("discount_rate")
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
