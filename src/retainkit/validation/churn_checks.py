"""Held-out churn against a model: who of those there at the split left afterwards, and who was to.

Customers are watched from the split, in the month of tenure that each had reached. Plain guesses stand
beside: one churn for everyone at every tenure, and for the Brier score the curve that all together made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.metrics import SubscriptionBase
from retainkit.metrics.split import Outcomes, as_of, outcomes_after
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.summaries import Renewals
from retainkit.tables import one_day, to_date
from retainkit.typing import Array
from retainkit.validation.purchase_checks import Groups
from retainkit.validation.survival_scores import BrierScore, Concordance, brier_score, concordance
from retainkit.validation.verdicts import Grade, grade_of, head_of

_BANDS = np.array([0.0, 3.0, 6.0, 12.0, 24.0, 36.0])  # months of tenure, as customers are talked about


@dataclass(frozen=True, slots=True, eq=False)
class ChurnHoldout(Record):
    """How many customers of a base were to leave in a held-out period, and how many did.

    Attributes
    ----------
    customers : int
        There on the last day before it, of whom a whole month was watched.
    months : float
        The longest that one of them was watched.
    predicted, actual : float
        Customers leaving.
    squared_error : float
        Mean over customers of the squared difference between the chance of leaving and whether they did.
    one_churn_squared_error, one_churn : float
        The same, and the customers leaving, by the plain guess of one monthly churn for everyone: that of the
        time before.
    by_tenure : Groups
        Share leaving, by completed months of tenure at the split.
    """

    _derived = ("relative_error",)

    customers: int
    months: float
    predicted: float
    actual: float
    squared_error: float
    one_churn_squared_error: float
    one_churn: float
    by_tenure: Groups

    @property
    def relative_error(self) -> float:
        """Predicted over actual, minus 1; negative where fewer were expected to leave."""
        return self.predicted / self.actual - 1.0 if self.actual else math.inf

    @property
    def grade(self) -> Grade:
        """Whether figures can be used: ``"good"``, ``"care"`` or ``"bad"``."""
        return grade_of(self.relative_error)

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        more, fewer = "more customers left", "fewer customers left"
        return head_of(self.grade, "who left", more, fewer, self.relative_error)

    @property
    def error_per_customer(self) -> float:
        """What a comparison shows of one customer: the root of the mean squared error."""
        return math.sqrt(self.squared_error)

    def __str__(self) -> str:
        error = f" ({self.relative_error:+.1%})" if self.actual else ""
        return (
            f"{counted(self.customers, 'customer')} over at most {counted(self.months, 'month', spec='g')}: "
            f"{self.predicted:,.0f} predicted to leave, {self.actual:,.0f} left{error}; "
            f"one churn for all: {self.one_churn:,.0f}"
        )

    __repr__ = __str__


@dataclass(frozen=True, slots=True, eq=False)
class ChurnChecks(Record):
    """One churn model's predictions of a held-out period, from every side; part of a `Comparison`.

    Attributes
    ----------
    model : str
    holdout : ChurnHoldout
    concordance : Concordance
        Whether those with the higher risk left first.
    brier : BrierScore or None
        Of the chance of being there after each month; None where nobody was watched for one.
    unseen : int
        Customers of whom no whole month was watched.

    Examples
    --------
    >>> import retainkit as rk
    >>> table = rk.valuation.simulate_billing(months=36, seed=4)
    >>> base = rk.read_subscriptions(table, customer_id="customer_id", start="start", end="end",
    ...                              amount="amount", pauses="paused", observation_end="2024-12-31")
    >>> found = rk.validate(base, holdout="2024-01-01", origins=2)
    >>> checks, held, before = found.checks, found.checks.holdout, found.origins
    >>> checks.model, held.customers, held.actual, before.first_day.astype(str).tolist()
    ('ShiftedBetaGeometric', 1163, 193.0, ['2024-01-01', '2023-07-01'])
    """

    _derived = ("verdict",)

    model: str
    holdout: ChurnHoldout
    concordance: Concordance
    brier: BrierScore | None
    unseen: int

    @property
    def beats_one_churn(self) -> bool:
        """Whether customers' leaving is foretold better than by one churn for everyone."""
        return self.holdout.squared_error < self.holdout.one_churn_squared_error

    @property
    def verdict(self) -> str:
        """What it is good for, and what to do, in sentences."""
        held, name = self.holdout, self.model
        if not held.actual:
            return "Nobody left in the held-out period: hold out more of it."
        off = abs(held.relative_error)
        if held.grade == "good":
            said = [f"{name} may be used for how many will leave."]
        else:
            way = "by plan or segment, or with the price and the month as covariates (base.episodes)"
            use = f"Use {name} with care" if held.grade == "care" else f"Do not plan on {name} as it is"
            said = [f"{use}: it was {off:.0%} off; fit {way}."]
        error = f"{held.relative_error:+.1%}"
        said.append(f"{held.predicted:,.0f} were predicted to leave, {held.actual:,.0f} left: {error}.")
        if not self.beats_one_churn:
            said.append("One churn for everyone foretells each customer as well: tenure tells nothing here.")
        if abs(held.one_churn - held.actual) < abs(held.predicted - held.actual):
            said.append(f"It came closer in all, too: {held.one_churn:,.0f}.")
        if not math.isnan(self.concordance.c_index):
            said.append(f"{self.concordance}.")
        return " ".join(said)

    def __str__(self) -> str:
        return f"  {self.verdict}\n{self.holdout.by_tenure}"

    __repr__ = __str__


def hold_churn(model: Any, known: Renewals, later: Outcomes) -> ChurnHoldout:
    """What a model says of those there at the split, and what they did; `known` is what it was fitted to."""
    rows, through = later.renewals, later.through
    left = rows.event > 0.0
    gone = 1.0 - np.asarray(model.survival(through, given=rows.entry))
    kept = 1.0 - known.churned / float(np.sum(known.weight * (known.duration - known.entry)))
    alike = 1.0 - kept ** (through - rows.entry)
    return ChurnHoldout(
        customers=len(rows),
        months=float((through - rows.entry).max()),
        predicted=float(gone.sum()),
        actual=float(left.sum()),
        squared_error=float(np.mean((left - gone) ** 2)),
        one_churn_squared_error=float(np.mean((left - alike) ** 2)),
        one_churn=float(alike.sum()),
        by_tenure=_by_tenure(rows.entry, gone, left),
    )


def _by_tenure(tenure: Array, gone: Array, left: Any) -> Groups:
    bands, place = np.unique(np.searchsorted(_BANDS, tenure, side="right") - 1, return_inverse=True)
    ends = [*(f" to {end:.0f}" for end in _BANDS[1:]), " and more"]
    count = np.bincount(place).astype(np.float64)
    shares = (np.bincount(place, weights=v) / count for v in (gone, left))
    labels = tuple(f"{_BANDS[b]:.0f}{ends[b]}" for b in bands)
    return Groups("Share of the customers leaving, by months of tenure at the split", labels, count, *shares)


def check_churn(name: str, model: Any, held: ChurnHoldout, later: Outcomes) -> ChurnChecks:
    """All checks of one model."""
    rows = later.renewals
    watched = Renewals(
        duration=rows.duration - rows.entry, event=rows.event, whole_periods=True, unit="month"
    )
    months = np.arange(1.0, watched.duration.max() + 1.0)
    tenure = rows.entry[:, None]
    ahead = np.asarray(model.survival(tenure + months, given=tenure))
    order = concordance(watched, 1.0 - ahead[:, -1])
    return ChurnChecks(name, held, order, brier_score(watched, ahead, months), later.unseen)


def split_base(base: SubscriptionBase, holdout: str | Date) -> tuple[SubscriptionBase, Outcomes, Date]:
    """The base before a day, or before the month in its middle; what became of those there; the day."""
    if holdout == "half":
        middle = np.datetime64((base.since + base.until + 1) // 2, "D").astype("datetime64[M]")
        first = to_date(int(middle.astype("datetime64[D]").astype(np.int64)))
    else:
        first = to_date(one_day("holdout", holdout))
    if not base.since < (day := one_day("holdout", first)) <= base.until:
        rule = (
            f"must lie after {to_date(base.since)}, on which the table begins, and by {base.observation_end}"
        )
        raise InputError(
            "dates-conflict", "holdout", first, rule, "Give a day in between, or watch for longer."
        )
    before = as_of(base, to_date(day - 1))
    later = outcomes_after(base, to_date(day - 1))
    if not len(later.renewals):
        rule = "must leave customers of whom a whole month is watched after it"
        raise InputError("too-few", "holdout", first, rule, "Hold out a longer time.")
    return before, later, first
