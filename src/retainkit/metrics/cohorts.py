"""Cohort tables: what became of the customers who began in the same month, quarter or year.

Counts and money are kept, not percentages, so that averages over cohorts weigh every customer alike. A
month that has not come yet is empty (NaN), never 0: a cohort is followed as far as it was observed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, check_choice
from retainkit.metrics._levels import cohort_months, first_months, grouped, month_names, triangles
from retainkit.metrics.base import SubscriptionBase, monthly_of
from retainkit.metrics.ratios import over
from retainkit.metrics.subscriptions import Subscriptions
from retainkit.plurals import counted
from retainkit.records import TableRecord
from retainkit.typing import Array

Measure: TypeAlias = Literal["customers", "net_revenue", "gross_revenue"]
"""Customers still there; their MRR; their MRR without what they pay more than in their first month."""

_EVERY = (1, 3, 12)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class CohortTable(TableRecord):
    """Triangles of customers and recurring revenue by cohort and age; made by `cohort_table`.

    Rows are cohorts, columns are ages in months since each customer's own first month (age 0). With
    quarterly or yearly cohorts the last columns of a row follow only those of its customers who have
    been observed for so long; `observed` counts them.

    Attributes
    ----------
    cohort : (c,) datetime64[M]
        First month of each cohort.
    observed : (c, a) int
        Customers of the cohort who have been observed at this age; 0 beyond the right edge.
    customers, net_revenue, gross_revenue : (c, a)
        Those of them who are active, their MRR, and their MRR as far as it does not exceed that of
        their first month. NaN where nobody is observed.
    initial_revenue : (c, a)
        MRR of the observed customers in their first month.
    left_out : int
        Customers of the opening balance, whose first month is not known.
    """

    cohort: NDArray[np.datetime64]
    observed: NDArray[np.int64]
    customers: Array
    net_revenue: Array
    gross_revenue: Array
    initial_revenue: Array
    months_per_cohort: int
    reactivation: Literal["included", "excluded"]
    left_out: int
    _like: Any = field(default=None, compare=False)

    @property
    def age(self) -> NDArray[np.int64]:
        """Months since the first month, one per column."""
        return np.arange(self.observed.shape[1], dtype=np.int64)

    @property
    def size(self) -> NDArray[np.int64]:
        """Customers of each cohort."""
        return self.observed[:, 0]

    def retention(self, measure: Measure = "customers") -> Array:
        """(c, a) share of the first month's customers or MRR at every age; NaN beyond the right edge."""
        kept, base = self._of(measure)
        return over(kept, np.where(self.observed > 0, base, np.nan))

    def average_retention(self, measure: Measure = "customers") -> Array:
        """(a,) the cohorts pooled: sums over all who have been observed at this age, kept/began.

        Each age pools other cohorts (older ages only old ones), so the curve may rise; the chain of
        `pooled_churn` compares like with like from one age to the next.
        """
        kept, base = self._of(measure)
        return over(np.nansum(kept, axis=0), np.where(self.observed > 0, base, 0.0).sum(axis=0))

    def pooled_churn(self, measure: Measure = "customers") -> Array:
        """(a − 1,) share lost between each age and the next, pooled over cohorts observed at both.

        The life-table estimate of the churn of each month of life, for monthly cohorts. It is negative where
        a measure grows. Raises `InputError` for quarterly or yearly cohorts, whose columns at two ages follow
        different customers.
        """
        if self.months_per_cohort != 1:
            rule = "must be 1 to compare the same customers at two ages"
            way_out = "Call cohort_table(subscriptions) for monthly cohorts."
            raise InputError("not-supported", "months_per_cohort", self.months_per_cohort, rule, way_out)
        kept, _ = self._of(measure)
        both = self.observed[:, 1:] > 0
        return 1.0 - over(
            np.where(both, kept[:, 1:], 0.0).sum(axis=0), np.where(both, kept[:, :-1], 0.0).sum(axis=0)
        )

    def _of(self, measure: Measure) -> tuple[Array, Array]:
        check_choice("measure", measure, get_args(Measure))
        base = self.observed.astype(np.float64) if measure == "customers" else self.initial_revenue
        return getattr(self, measure), base

    def _caption(self) -> str:
        each = {1: "Monthly", 3: "Quarterly", 12: "Yearly"}[self.months_per_cohort]
        left_out = f" ({self.left_out:,} of the opening balance left out)" if self.left_out else ""
        text = "cohorts: share of customers by months since their first"
        return f"{each} {text}, reactivation {self.reactivation}{left_out}"

    def _row_columns(self) -> dict[str, NDArray[Any]]:
        """One row per cohort and age that was observed."""
        row, column = np.nonzero(self.observed)
        names = ("observed", "customers", "initial_revenue", "net_revenue", "gross_revenue")
        place = {"cohort": self.cohort[row].astype(np.str_), "age": column}
        return place | {name: getattr(self, name)[row, column] for name in names}

    def _beside(self) -> Any:
        return self._like

    def _cells(self) -> list[list[str]]:
        rows = [["cohort", "size", *map(str, self.age)]]
        shares = [*self.retention(), self.average_retention()]
        labels = [*self.cohort.astype(np.str_), "all"]
        sizes = [*self.size, self.size.sum()]
        for label, size, line in zip(labels, sizes, shares, strict=True):
            rows.append([label, f"{size:,}", *("" if np.isnan(share) else f"{share:.1%}" for share in line)])
        return rows


def cohort_table(
    subscriptions: Subscriptions | SubscriptionBase,
    *,
    months_per_cohort: Literal[1, 3, 12] = 1,
    reactivation: Literal["included", "excluded"] = "included",
) -> CohortTable:
    """Customers and recurring revenue by the month in which the customer began, and by age.

    Raises `InputError` if no customer's first month is known: all belong to the opening balance.

    Parameters
    ----------
    subscriptions : SubscriptionBase or Subscriptions
    months_per_cohort : 1, 3 or 12
        Cohorts of a month, a calendar quarter or a calendar year. Ages count from each customer's own
        first month in any case.
    reactivation : {"included", "excluded"}
        ``"included"``: everyone who is active at an age counts, also after a break. ``"excluded"``:
        after the first month without MRR a customer no longer counts, which makes the customers'
        triangle a survival table. A customer who comes back stays in the first cohort.

    Examples
    --------
    >>> import numpy as np
    >>> table = {"customer_id": np.array([1, 2, 1, 3, 3, 1]), "mrr": np.array([10.0, 30, 10, 20, 25, 10]),
    ...          "month": np.array(["2024-01", "2024-01", "2024-02", "2024-02", "2024-03", "2024-03"])}
    >>> cohorts = cohort_table(Subscriptions.from_months(table, opening="new"))
    >>> print(cohorts)
    Monthly cohorts: share of customers by months since their first, reactivation included
     cohort  size       0      1      2
    2024-01     2  100.0%  50.0%  50.0%
    2024-02     1  100.0%  100.0%
        all     3  100.0%  66.7%  50.0%
    >>> cohorts.average_retention("net_revenue").round(4)
    array([1.    , 0.5833, 0.25  ])
    """
    check_choice("months_per_cohort", months_per_cohort, _EVERY)
    check_choice("reactivation", reactivation, ("included", "excluded"))
    subscriptions = monthly_of(subscriptions)
    levels = subscriptions.levels
    first, last = (int(m.astype(np.int64)) for m in (subscriptions.first_month, subscriptions.last_month))
    begun = first_months(levels, len(subscriptions))
    left_out = 0
    if subscriptions.opening == "existing":
        left_out = int((begun <= first).sum())
        first += 1
    if not ((begun >= first) & (begun <= last)).any():
        shown = f"{counted(left_out, 'customer')} of the opening balance {subscriptions.first_month}"
        rule = "must hold customers who began after its first month"
        way_out = "Use opening='new' if the table goes back to the first customer."
        raise InputError("empty", "subscriptions", shown, rule, way_out)
    found = triangles(levels, begun, first, last, reactivation == "included")
    pooled: dict[str, NDArray[Any]] = {**grouped(found, first, months_per_cohort)}
    observed = pooled.pop("observed")
    cohort = cohort_months(first, last, months_per_cohort)
    there = observed[:, 0] > 0
    pooled |= {name: pooled[name] / subscriptions.scale for name in pooled if name != "customers"}
    figures = {name: np.where(observed > 0, figure, np.nan)[there] for name, figure in pooled.items()}
    return CohortTable(
        month_names(cohort)[there],
        observed[there],
        **figures,
        months_per_cohort=months_per_cohort,
        reactivation=reactivation,
        left_out=left_out,
        _like=subscriptions.customers,
    )
