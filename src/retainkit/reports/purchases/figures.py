"""What a report holds: the assumptions, the records behind the figures, and the figures themselves."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.inference.result import AnyFit, Fit
from retainkit.ingest import TransactionSummary
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.reports.page.parts import Heat
from retainkit.reports.page.shown import ShownReport
from retainkit.reports.page.trying import Assumptions
from retainkit.reports.page.what_if import PurchaseCurves
from retainkit.reports.purchases.people import People
from retainkit.summaries import Spend
from retainkit.typing import Array
from retainkit.validation import Comparison, Tracking
from retainkit.valuation.customers import CustomerValue
from retainkit.valuation.lazy_customers import LazyCustomerValue
from retainkit.valuation.new_customer import NewCustomerValue, Payback

_SIZES = ((0.1, "negligible"), (0.3, "weak"), (0.5, "moderate"), (math.inf, "strong"))
"""Conventional sizes of a correlation: Cohen (1988), Statistical Power Analysis, 2nd ed., section 3.2."""


@dataclass(frozen=True, slots=True)
class SpendLink:
    """Correlation between the number of repeat purchases and their mean value, among repeat buyers.

    Attributes
    ----------
    customers : int
        Repeat buyers with a known spend.
    spearman, pearson : float
        Of ranks, which no single big spender can move, and of the amounts; NaN without variation.
    mean_of_purchases : float
        Value of an average repeat purchase: frequent buyers count with all they bought.
    mean_of_customers : float
        Mean over customers of their own average: each customer counts once. A link between frequency
        and spend shows as a gap between the two, in money.
    """

    customers: int
    spearman: float
    pearson: float
    mean_of_purchases: float
    mean_of_customers: float

    @property
    def size(self) -> str:
        """The size of Spearman's correlation in a word."""
        if math.isnan(self.spearman):
            return "unknown"
        return next(word for bound, word in _SIZES if abs(self.spearman) < bound)

    @property
    def gap(self) -> float:
        """How much more an average repeat purchase is worth than the average customer's, as a share."""
        return self.mean_of_purchases / self.mean_of_customers - 1.0

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {**asdict(self), "gap": self.gap, "size": self.size}


def measure_spend_link(spend: Spend) -> SpendLink | None:
    """The correlation among customers with a known spend; None with fewer than three of them."""
    known = spend.frequency > 0
    x, z, weight = spend.frequency[known], spend.monetary_value[known], spend.weight[known]
    if weight.sum() < 3:
        return None
    return SpendLink(
        customers=int(weight.sum()),
        spearman=_pearson(_ranks(x, weight), _ranks(z, weight), weight),
        pearson=_pearson(x, z, weight),
        mean_of_purchases=float((weight * x) @ z / (weight @ x)),
        mean_of_customers=float(weight @ z / weight.sum()),
    )


def _ranks(values: Array, weight: Array) -> Array:
    """Ranks with ties sharing their mean."""
    _, place = np.unique(values, return_inverse=True)
    count = np.bincount(place, weight)
    return (np.cumsum(count) - (count - 1) / 2.0)[place]


def _pearson(a: Array, b: Array, weight: Array) -> float:
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return math.nan
    a, b = (x - weight @ x / weight.sum() for x in (a, b))
    return float((weight * a) @ b / math.sqrt(float((weight * a) @ a) * float((weight * b) @ b)))


@dataclass(frozen=True, slots=True)
class Intervals:
    """90% intervals of the answers.

    Attributes
    ----------
    value : (low, high) money
        What the base will bring: parameters, how customers of one history differ, and chance.
    value_expected : (low, high) money
        What it is expected to bring: parameters alone, as with the others.
    new_customer : (low, high) money
    payback : (low, high)
        In the unit of the model; ``inf`` where the horizon ends before.
    active : (low, high)
        Customers who still are some.
    how : str
        What the draws of the parameters come from.
    """

    value: tuple[float, float]
    value_expected: tuple[float, float]
    new_customer: tuple[float, float]
    payback: tuple[float, float]
    active: tuple[float, float]
    how: str


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of one kind: a segment, or who came in one period.

    Attributes
    ----------
    repeat_buyers : int
    active : float
        How many probably still are customers.
    value : float, money
        Of all of them.
    """

    name: str
    customers: int
    repeat_buyers: int
    active: float
    value: float


def groups(
    names: Sequence[object], place: NDArray[np.int64], frequency: Array, value: CustomerValue
) -> tuple[Group, ...]:
    """The figures of each kind of customers, in the order of the names."""

    def summed(column: Array) -> list[float]:
        return np.bincount(place, value.weight * column, len(names)).tolist()

    given = np.ones(place.size), np.where(frequency > 0, 1.0, 0.0), value.probability_alive, value.value
    columns = [summed(column) for column in given]
    rows = zip(map(str, names), *columns, strict=True)
    return tuple(Group(name, int(n), int(back), alive, worth) for name, n, back, alive, worth in rows)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class AbstractReport(ShownReport):
    """The figures on a customer base, before anyone shows them; `CustomerBaseReport` explains the fields."""

    title: str
    transactions: TransactionSummary = field(compare=False)
    assumptions: Assumptions
    purchasing: AnyFit
    comparison: Comparison
    spend: Fit[GammaGamma] | None
    value: CustomerValue | LazyCustomerValue
    people: People = field(compare=False)
    value_error: float
    new_customer: NewCustomerValue
    new_customer_error: float
    payback: Payback | None
    calibration: AnyFit | None
    tracking: Tracking | None
    unchecked: str
    spend_link: SpendLink | None
    intervals: Intervals | None
    what_if: PurchaseCurves | None = field(compare=False)
    cohorts: tuple[Group, ...]
    triangle: Heat | None = field(compare=False)
    segments: tuple[Group, ...]
    segmented_by: str

    @property
    def customers(self) -> int:
        """Customers with at least one purchase."""
        return len(self.transactions)

    @property
    def repeat_buyers(self) -> int:
        """Customers who bought on a second day."""
        return int(self.people.value.weight[self.people.frequency > 0].sum())

    @property
    def active_one_time_buyers(self) -> float:
        """How many of the others are probably still customers."""
        return self.value.expected_active - self.active_repeat_buyers

    @property
    def active_repeat_buyers(self) -> float:
        """How many of those are probably still customers."""
        value, back = self.people.value, self.people.frequency > 0
        return float((value.weight * value.probability_alive)[back].sum())

    @property
    def expected_purchases(self) -> float:
        """Purchases that an average customer still makes within the horizon."""
        value = self.people.value
        return float(value.weight @ value.expected_purchases) / self.customers

    @property
    def expected_spend(self) -> float:
        """What an average customer still spends within the horizon; not discounted."""
        value = self.people.value
        return float((value.weight * value.expected_purchases) @ value.expected_spend) / self.customers

    @property
    def top_tenth_share(self) -> float:
        """Share of the base's value that the most valuable tenth of customers hold; NaN without value."""
        if self.value.total == 0.0:
            return math.nan
        return float(self.people.tenths[0]) / self.value.total

    @property
    @abstractmethod
    def caveats(self) -> tuple[str, ...]:
        """What the figures cannot say, in sentences."""
