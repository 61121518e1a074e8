"""A list of customers to treat under a budget: the best gain per unit of what is scarce comes first.

Choosing customers under a budget is a knapsack problem. Taking them by gain per cost, and skipping those
who no longer fit, is optimal up to the one customer at whom the budget ends: the best list of all gains at
most what those before gain, plus the budget left there at that customer's gain per cost (Dantzig, G. B.
(1957), "Discrete-Variable Extremum Problems", Operations Research 5(2), 266-288, doi:10.1287/opre.5.2.266).
With thousands of customers the difference is nothing; with a few it is stated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from retainkit.columns import Back, SameKind, columns
from retainkit.decisions._base.assumptions import assumption_text
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import shown
from retainkit.decisions._base.inputs import Inputs, Stated, assumed, setting
from retainkit.domains import ENDLESS, NOT_NEGATIVE, REAL
from retainkit.draws import Draws
from retainkit.errors import wrong_shape
from retainkit.records import read_only
from retainkit.typing import Array, Number, NumberLike, Real

_ROUNDING = 1e-12  # three times 0.1 is within a budget of 0.3

BUDGET = replace(ENDLESS, rule="must be 0 or more (inf: no limit)")


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatmentListInputs(Inputs):
    """What the gain of a list rests on: the gains as predicted, and that they count all costs."""

    further_cost: Real = assumed(REAL, "of treating a customer, beyond what the gains count")
    predicted: Real = setting()
    customers: int = setting()

    def stated(self) -> Mapping[str, Stated]:
        """Nothing where nobody is treated."""
        return super().stated() if self.customers else {}

    def gain(self) -> NumberLike:
        """Of the list as it is; another cost might make another list."""
        return self.predicted - self.further_cost * self.customers


@dataclass(frozen=True, eq=False, kw_only=True)
class TreatmentList(Decision):
    """Whom to treat; made by `treatment_list`.

    Attributes
    ----------
    treated : (n,) bool, ndarray or Series
        In the order of the customers given, with their labels.
    ranking : (m,) int
        The places of those worth treating, the best gain per cost first, whether or not they fit the budget.
    gain : float or Draws, money
        What treating the list adds, in expectation; in each draw, where gains came as draws.
    spent : float
        What of the budget it takes.
    budget : float
        ``inf`` where there was no limit.
    gain_bound : float, money
        No list within the budget gains more.
    gain_per_unit : float
        What one more unit of budget would add: the gain per cost of the best customer left out; 0 where
        everyone worth treating is treated.
    """

    _hidden = frozenset({"inputs", "treated", "ranking"})
    _derived = ("customers", "places")
    _shows_rows = True

    inputs: TreatmentListInputs
    treated: SameKind = field(repr=False)
    ranking: NDArray[np.intp] = field(repr=False)
    spent: float
    budget: float
    gain_bound: float
    gain_per_unit: float

    @property
    def customers(self) -> int:
        """How many are treated."""
        return int(np.count_nonzero(self.treated))

    @property
    def places(self) -> NDArray[np.intp]:
        """The places of the treated customers, the best gain per cost first."""
        return self.ranking[np.asarray(self.treated)[self.ranking]]

    def _row_columns(self) -> Mapping[str, NumberLike]:
        return self.table()

    def table(self) -> Mapping[str, NumberLike]:
        """Every customer with his or her label: whether treated, and which rank (0: not worth it)."""
        rank = np.zeros(len(self.treated), np.intp)
        rank[self.ranking] = np.arange(1, self.ranking.size + 1)
        # of the dataframe libraries, pandas alone knows customers by label
        labels = self.treated.index if hasattr(self.treated, "iloc") else np.arange(rank.size)
        return {"customer": np.asarray(labels), "treated": np.asarray(self.treated), "rank": rank}

    def verdict(self) -> str:
        """How many to treat."""
        return f"Treat {self.customers:,} of {len(self.treated):,} customers"

    def headline(self) -> str:
        """What that gains and takes, and what no list exceeds."""
        text = f"gain {shown(self.gain)} for {self.spent:,.2f}"
        if math.isinf(self.budget):
            return f"{text}."
        bound = f"  no list within the budget gains more than {self.gain_bound:,.2f}"
        return f"{text} of {self.budget:,.2f}.\n{bound}"

    def __str__(self) -> str:
        return f"{self.brief()}\n{assumption_text(self.turning_points())}"

    def brief(self) -> str:
        """The verdict without its assumptions."""
        return f"{self.verdict()} (worth it: {self.ranking.size:,}): {self.headline()}"


def treatment_list(
    gain: NumberLike, *, cost_per_customer: NumberLike, budget: Number = math.inf
) -> TreatmentList:
    """The customers to treat so that the gain is greatest within a budget.

    Only customers with a gain above 0 are treated, by falling gain/cost; who does not fit any more is
    skipped, and the list is never worse than the single best customer who fits. It gains at least half of
    what the best list does, and less than one customer's gain below it.

    Raises `InputError` for values outside their domain and columns of unequal length.

    Parameters
    ----------
    gain : column (n,) or Draws (draws, n), money
        Expected net gain of treating each customer, after the cost: `treatment_gain`, or the difference of
        predicted outcomes in money with and without treatment. Draws rank by their mean.
    cost_per_customer : number or column (n,), 0 or more
        What each takes of the budget: `treatment_outlay` for money, 1 for a limit on the number of
        customers, minutes for a call centre.
    budget : number, 0 or more
        In the unit of `cost_per_customer`.

    Examples
    --------
    >>> chosen = treatment_list([30, 20, 12, -4], cost_per_customer=[10, 5, 4, 1], budget=15)
    >>> print(chosen)
    Treat 2 of 4 customers (worth it: 3): gain 50.00 for 15.00 of 15.00.
      no list within the budget gains more than 50.00
      assumed       value  turns at  what it is
      further_cost      0        25  of treating a customer, beyond what the gains count
    >>> chosen.treated
    array([ True,  True, False, False])
    """
    if isinstance(gain, Draws) and gain.ndim == 1:
        rule = "must have a column for each customer where it is draws"
        raise wrong_shape("gain", gain, rule, "Give draws of shape (draws, customers).")
    (gains, costs, limit), back = columns(
        gain=(gain, REAL), cost_per_customer=(cost_per_customer, NOT_NEGATIVE), budget=(budget, BUDGET)
    )
    _check_shapes(gains, costs, limit, drawn=back.drawn)
    mean = gains.mean(axis=0) if gains.ndim == 2 else gains
    each = np.broadcast_to(costs, mean.shape)
    # by the mean over draws: one list is made, whichever draw turns out true
    ranking = _ranked(mean, each)
    ranked = mean[ranking], each[ranking]
    taken, bound = _fill(*ranked, float(limit))
    treated = np.zeros(mean.shape, dtype=np.bool_)
    treated[ranking[taken]] = True
    treated.setflags(write=False)
    ranking.setflags(write=False)
    gain_of_list = gains[..., treated].sum(axis=-1)
    total = gain_of_list.item() if gain_of_list.ndim == 0 else read_only(gain_of_list)
    return TreatmentList(
        inputs=TreatmentListInputs(further_cost=0.0, predicted=total, customers=int(taken.size)),
        treated=Back(treated.shape, back.labels)(treated),
        ranking=ranking,
        gain=total,
        spent=float(each[treated].sum()),
        budget=float(limit),
        gain_bound=bound,
        gain_per_unit=_rate_left_out(*ranked, taken),
    )


def _check_shapes(gains: Array, costs: Array, limit: Array, *, drawn: bool) -> None:
    for name, array, most, words in (
        ("gain", gains, (1 + drawn,), "must be a column with one gain per customer, or Draws (draws, n)"),
        ("cost_per_customer", costs, (0, 1), "must be one number, or a column with one cost per customer"),
        ("budget", limit, (0,), "must be a single number"),
    ):
        if array.ndim not in most:
            raise wrong_shape(name, array, words, "Give every customer one entry.")


def _ranked(gain: Array, cost: Array) -> NDArray[np.intp]:
    """Places with a positive gain, the best gain per cost first; equals keep their order."""
    worth = np.flatnonzero(gain > 0.0)
    with np.errstate(divide="ignore", over="ignore"):
        rate = gain[worth] / cost[worth]
    # stable: equal customers in the order in which they came, so that the list is the same each time
    return worth[np.argsort(-rate, kind="stable")]


def _fill(gain: Array, cost: Array, budget: float) -> tuple[NDArray[np.intp], float]:
    """Who is taken of the ranked customers, and what no list within the budget exceeds."""
    limit = budget * (1.0 + _ROUNDING)
    fits = np.flatnonzero(cost <= limit)  # nobody dearer than the whole budget is in any list
    gain, cost = gain[fits], cost[fits]
    spent = np.cumsum(cost)
    end = int(np.searchsorted(spent, limit, side="right"))
    whole = float(gain[:end].sum())
    if end == fits.size:
        return fits, whole
    left = limit - (float(spent[end - 1]) if end else 0.0)
    places = np.concatenate([np.arange(end), end + _who_still_fits(cost[end:], left)])
    best = int(np.argmax(gain))
    # one large customer beside many small ones: greedy or the largest alone is never below half the best
    if gain[best] > gain[places].sum():
        places = np.array([best])
    # Dantzig's bound: the budget that is left, at the rate of the first who does not fit
    return fits[places], whole + left * float(gain[end] / cost[end])


def _rate_left_out(gain: Array, cost: Array, taken: NDArray[np.intp]) -> float:
    """The gain per cost of the first of the ranked customers who is not taken."""
    if taken.size == gain.size:
        return 0.0
    out = np.ones(gain.size, dtype=np.bool_)
    out[taken] = False
    first = int(np.argmax(out))
    return float(gain[first] / cost[first])


def _who_still_fits(cost: Array, left: float) -> NDArray[np.intp]:
    """Whoever fits into what is left, one after the other."""
    small = np.flatnonzero(cost <= left)
    if small.size == 0:
        return small
    costs = cost[small]
    # once less is left than the cheapest costs, nobody further down fits
    cheapest, taken = float(costs.min()), list[int]()
    for place, each in zip(small.tolist(), costs.tolist(), strict=True):
        if each <= left:
            left -= each
            taken.append(place)
            if left < cheapest:
                break
    return np.array(taken, dtype=np.intp)
