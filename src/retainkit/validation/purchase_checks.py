"""What held-out purchases say of a model, from every side, and whether it may be believed.

Totals can be right by errors that cancel, and each customer's purchases are few. So each figure stands beside
a plain guess, and the whole distribution is looked at: how close it is, how many customers are in their
interval, whether of customers with a chance of 30% three in ten buy, what those bring who rank first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit.domains import NOT_NEGATIVE, one_number
from retainkit.plurals import counted
from retainkit.records import Record, TableRecord
from retainkit.typing import Array
from retainkit.validation.holdout import HoldoutError
from retainkit.validation.tracking import Tracking

_GAP = 0.1  # of a chance


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Capture(TableRecord):
    """How much of what was bought in the held-out period came from the customers who ranked first.

    Attributes
    ----------
    measure : {"money", "purchases"}
        What is counted: money where amounts are known.
    customers : int
    total : float
        Money or purchases of all of them in the period.
    share : (k,)
        Of the customers, those who rank first: 0.05, 0.1 … 1.
    by_model, by_past, perfect : (k,)
        Share of the total that they bring, ranked by what the model expects, by what they bought before, and
        by what they were to buy. Where the amounts before do not bear a model of spend, the model's ranks are
        those of its purchases.
    """

    measure: str
    customers: int
    total: float
    share: Array
    by_model: Array
    by_past: Array
    perfect: Array

    def profit(self, cost: float, *, margin_share: float = 1.0) -> dict[str, Array]:
        """Profit of spending on those who rank first, were their purchases due to it: by model, by past.

        Parameters
        ----------
        cost : ≥ 0
            Of one customer who is treated.
        margin_share : ≥ 0
            Margin over money; where purchases are counted, the margin of one.
        """
        each = one_number("cost", cost, NOT_NEGATIVE)
        margin = one_number("margin_share", margin_share, NOT_NEGATIVE)
        spent = each * np.ceil(self.share * self.customers)
        told = {"by_model": self.by_model, "by_past": self.by_past}
        return {name: margin * self.total * found - spent for name, found in told.items()}

    def of_first_tenth(self) -> tuple[float, float, float]:
        """The shares of the tenth that ranks first: by the model, by the past, in perfect order."""
        return float(self.by_model[1]), float(self.by_past[1]), float(self.perfect[1])

    def _row_columns(self) -> dict[str, Any]:
        names = ("share", "by_model", "by_past", "perfect")
        return {name: getattr(self, name) for name in names}

    def _caption(self) -> str:
        return f"Share of the {self.measure} of {self.customers:,} customers that those ranked first bring"

    def _cells(self) -> list[list[str]]:
        rows = zip(self.share, self.by_model, self.by_past, self.perfect, strict=True)
        return [["first", "by model", "by past", "perfect"], *([f"{v:.0%}" for v in row] for row in rows)]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Groups(TableRecord):
    """Customers in groups: how many, and what was foretold of one of them beside what happened.

    Attributes
    ----------
    of : str
        What the groups are and what the figures say.
    group : tuple of str
    customers : (k,)
    predicted, actual : (k,)
        Mean of a customer of the group.
    """

    of: str
    group: tuple[str, ...]
    customers: Array
    predicted: Array
    actual: Array

    def _row_columns(self) -> dict[str, Any]:
        columns = {name: getattr(self, name) for name in ("customers", "predicted", "actual")}
        return {"group": np.array(self.group), **columns}

    def _caption(self) -> str:
        return self.of

    def _cells(self) -> list[list[str]]:
        rows = zip(self.group, self.customers, self.predicted, self.actual, strict=True)
        told = ([name, f"{n:,.0f}", f"{p:.3f}", f"{a:.3f}"] for name, n, p, a in rows)
        return [["", "customers", "predicted", "actual"], *told]

    _left = 1


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseChecks(Record):
    """One purchase model's predictions of a held-out period, from every side; part of a `Comparison`.

    Attributes
    ----------
    model : str
    holdout : HoldoutError
        In all, a customer, and by purchases before ("conditional expectations").
    low, high : float
        90% interval of the total: parameters, customers, chance. NaN where there is none.
    past_rate, last_period : float
        The total by plain guesses: everyone goes on at their past rate; the base buys as often as in as long
        a time before (NaN where that was not observed).
    tracking : Tracking or None
        The base period by period; None for orders known by period.
    counts : Groups or None
        Share of the customers by repeat purchases before the split, fitted and actual.
    chance : Groups
        Tenths of the customers by their chance of buying at all: foretold, and who did.
    cohorts : Groups
        By month of acquisition.
    capture : Capture
    crps, past_rate_crps : float
        Continuous ranked probability score of a customer's purchases, lower is better; of the model, and of
        purchases at random at each customer's past rate.
    inside, inside_expected : float
        Share of customers whose purchases lay in their own 90% interval; and how much it should hold, more
        than 90% as purchases are whole.
    asked : int
        Customers whose whole distributions are behind the last four, evenly taken where there are more.
    """

    _derived = ("verdict",)

    model: str
    holdout: HoldoutError
    low: float
    high: float
    past_rate: float
    last_period: float
    tracking: Tracking | None
    counts: Groups | None
    chance: Groups
    cohorts: Groups
    capture: Capture
    crps: float
    past_rate_crps: float
    inside: float
    inside_expected: float
    asked: int

    @property
    def beats_past_rates(self) -> bool:
        """Whether a customer's purchases are foretold better than by their past rate."""
        return self.holdout.better_than_past_rates and self.crps < self.past_rate_crps

    @property
    def verdict(self) -> str:
        """What it is good for, and what to do, in sentences."""
        return " ".join([*self._use(), self._total(), *self._baselines(), *self._chances(), self._order()])

    def _use(self) -> list[str]:
        off, name = abs(self.holdout.relative_error), self.model
        if not self.beats_past_rates:
            return [f"Do not use {name} here: past rates foretell a customer's purchases better."]
        match self.holdout.grade:
            case "good":
                return [f"{name} may be used for customers and for totals."]
            case "care":
                told = f"Use {name} with care: totals were {off:.0%} off."
            case "bad":
                told = f"Take {name} for who comes before whom, not for totals: these were {off:.0%} off."
        return [told, *self._cause()]

    def _cause(self) -> list[str]:
        """What the error goes with, where something stands out."""
        n, gap = self.cohorts.customers, self.cohorts.actual - self.cohorts.predicted
        if n.size > 1:
            middle = _middle(n)
            early, late = (abs(float(gap[part] @ n[part])) for part in (slice(middle), slice(middle, None)))
            if max(early, late) > 3.0 * min(early, late):
                month = self.cohorts.group[middle]
                which = f"from {month} on" if late > early else f"before {month}"
                return [f"Most of that is of customers acquired {which}: fit them apart."]
        if self.tracking is not None and _drifts(self.tracking):
            return ["The error grows with time: fit again often, or try a model that leaves otherwise."]
        return ["All cohorts share it: look for a season or a campaign, and scale totals by what was made."]

    def _total(self) -> str:
        held = self.holdout
        interval = "" if math.isnan(self.low) else f" (90%: {self.low:,.0f} to {self.high:,.0f})"
        outside = not (math.isnan(self.low) or self.low <= held.actual <= self.high)
        error = f": {held.relative_error:+.1%}" if held.actual else ""
        predicted = counted(held.predicted, "purchase", spec=",.0f")
        return (
            f"{predicted} predicted{interval}, {held.actual:,.0f} made{error}"
            f"{', outside the interval' if outside else ''}."
        )

    def _baselines(self) -> list[str]:
        plain = {"everyone's past rate": self.past_rate, "as many as before": self.last_period}
        miss = abs(self.holdout.predicted - self.holdout.actual)
        better = [name for name, v in plain.items() if abs(v - self.holdout.actual) < miss]
        return [f"The plain guess came closer in all: {' and '.join(better)}."] if better else []

    def _chances(self) -> list[str]:
        gap = self.chance.predicted - self.chance.actual
        worst = int(np.argmax(np.abs(gap)))
        said: list[str] = []
        if abs(gap[worst]) > _GAP:
            foretold, was = self.chance.predicted[worst], self.chance.actual[worst]
            said = [f"Of customers with a chance of {foretold:.0%} to buy at all {was:.0%} did."]
        if self.inside < self.inside_expected - _GAP:
            said.append(f"Intervals of customers are too narrow: {self.inside:.0%} lay in theirs.")
        return said

    def _order(self) -> str:
        model, past, perfect = self.capture.of_first_tenth()
        return (
            f"The tenth that ranks first brought {model:.0%} of the {self.capture.measure} "
            f"(ranked by the past {past:.0%}, at best {perfect:.0%})."
        )

    def __str__(self) -> str:
        return "\n".join(["  " + line for line in (self.verdict, str(self.chance), str(self.capture))])

    __repr__ = __str__


def _middle(customers: Array) -> int:
    """The place of several groups before which half of the customers are, as nearly as groups allow."""
    total: Array = np.cumsum(customers)
    return int(np.argmin(np.abs(total[:-1] - total[-1] / 2.0))) + 1


def _drifts(found: Tracking) -> bool:
    """Whether the second half of the held-out time is missed by much more than the first."""
    gap: Array = (found.actual - found.predicted)[found.held_out]
    first, second = gap[: gap.size // 2].sum(), gap[gap.size // 2 :].sum()
    return abs(float(second)) > 3.0 * abs(float(first))
