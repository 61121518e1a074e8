"""The table that a board reads: movements and ratios of recurring revenue, by anything and period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.metrics._levels import CUSTOMERS, MONEY, MOVED
from retainkit.metrics.ratios import over
from retainkit.records import TableRecord
from retainkit.tables.read import keyed
from retainkit.typing import Array, Unit

_RATIOS = (
    "gross_revenue_retention",
    "net_revenue_retention",
    "revenue_churn_rate",
    "customer_churn_rate",
    "quick_ratio",
    "average_revenue_per_account",
)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class SubscriptionMetrics(TableRecord):
    """Movements and ratios, one entry per period and group; made by `SubscriptionBase.metrics`.

    end = start + new + expansion + reactivation + moved_in − contraction − churn − moved_out, to the last
    unit of money. Customers who stay and change their group (an upgrade from one plan to another) count where
    they were at the start, their expansion too, so that every retention is that of the customers who were
    there; at the end their revenue moves: over all groups moved_in = moved_out.

    Attributes
    ----------
    by : tuple of str
        What the groups are told apart by.
    group : (n, by) texts
        The group of each entry.
    period : (n,) texts
        The period at whose end a window closes: ``2024-02``.
    start, new, expansion, reactivation, contraction, churn, involuntary_churn, end : (n,)
        As in `MRRMovements`: money per month.
    moved_in, moved_out : (n,)
        What comes from other groups at the end, and goes to them.
    start_customers, ..., end_customers, moved_in_customers, moved_out_customers : (n,) int
    gross_revenue_retention, net_revenue_retention : (n,)
        (start − churn − contraction)/start, and the same with expansion; of those there at the start.
    revenue_churn_rate, customer_churn_rate : (n,)
        churn/start, in money and in customers.
    quick_ratio : (n,)
        (new + expansion + reactivation)/(contraction + churn).
    average_revenue_per_account : (n,)
        end/end_customers.
    every : {"day", "week", "month", "quarter", "year"}
    rolling : int
        Periods in a window.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array(["a", "b"]), "from": np.array(["2024-01-05", "2024-02-01"]),
    ...          "to": np.array(["2024-03-15", ""]), "eur": np.array([10.0, 20.0])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", amount="eur",
    ...                              observation_end="2024-03-31")
    >>> print(base.metrics())
    Recurring revenue, month by month
     period  start    new  expansion  reactivation  contraction  churn    end  customers     GRR     NRR
    2024-01   0.00  10.00       0.00          0.00         0.00   0.00  10.00     0 to 1
    2024-02  10.00  20.00       0.00          0.00         0.00   0.00  30.00     1 to 2  100.0%  100.0%
    2024-03  30.00   0.00       0.00          0.00         0.00  10.00  20.00     2 to 1   66.7%   66.7%
    """

    by: tuple[str, ...]
    group: NDArray[np.str_]
    period: NDArray[np.str_]
    start: Array
    new: Array
    expansion: Array
    reactivation: Array
    contraction: Array
    churn: Array
    involuntary_churn: Array
    end: Array
    moved_in: Array
    moved_out: Array
    start_customers: NDArray[np.int64]
    new_customers: NDArray[np.int64]
    expanded_customers: NDArray[np.int64]
    reactivated_customers: NDArray[np.int64]
    contracted_customers: NDArray[np.int64]
    churned_customers: NDArray[np.int64]
    involuntary_churned_customers: NDArray[np.int64]
    end_customers: NDArray[np.int64]
    moved_in_customers: NDArray[np.int64]
    moved_out_customers: NDArray[np.int64]
    gross_revenue_retention: Array
    net_revenue_retention: Array
    revenue_churn_rate: Array
    customer_churn_rate: Array
    quick_ratio: Array
    average_revenue_per_account: Array
    every: Unit
    rolling: int
    _like: Any = field(default=None, compare=False)

    def __len__(self) -> int:
        return self.period.size

    def _row_columns(self) -> dict[str, NDArray[Any]]:
        period, groups = {"period": self.period}, {n: self.group[:, k] for k, n in enumerate(self.by)}
        names = (*MONEY, *self._crossing(), *CUSTOMERS, *_RATIOS)
        return period | keyed("by", groups, period | {name: getattr(self, name) for name in names})

    def _crossing(self) -> tuple[str, ...]:
        return MOVED if self.moved_in_customers.any() else ()

    def _beside(self) -> Any:
        return self._like

    def _caption(self) -> str:
        groups = f" by {' and '.join(self.by)}" if self.by else ""
        window = f", windows of {self.rolling}" if self.rolling > 1 else ""
        return f"Recurring revenue{groups}, {self.every} by {self.every}{window}"

    def _cells(self) -> list[list[str]]:
        names = ["start", "new", "expansion", "reactivation", "contraction", "churn", "end"]
        names[-1:-1] = [name for name in self._crossing() if "customers" not in name]
        rows = [["period", *self.by, *(n.replace("_", " ") for n in names), "customers", "GRR", "NRR"]]
        for k, period in enumerate(self.period.tolist()):
            people = f"{self.start_customers[k]:,} to {self.end_customers[k]:,}"
            kept = [self.gross_revenue_retention[k], self.net_revenue_retention[k]]
            shares = [f"{share:.1%}" if np.isfinite(share) else "" for share in kept]
            money = [f"{getattr(self, name)[k]:,.2f}" for name in names]
            rows.append([period, *self.group[k].tolist(), *money, people, *shares])
        return rows


def figures(found: dict[str, NDArray[np.int64]], scale: int) -> dict[str, NDArray[Any]]:
    """Money in units of the currency, and the ratios, made of whole numbers so that no rounding exceeds 1."""
    kept = found["start"] - found["churn"] - found["contraction"]
    gained = found["new"] + found["expansion"] + found["reactivation"]
    ratios = {
        "gross_revenue_retention": over(kept, found["start"]),
        "net_revenue_retention": over(kept + found["expansion"], found["start"]),
        "revenue_churn_rate": over(found["churn"], found["start"]),
        "customer_churn_rate": over(found["churned_customers"], found["start_customers"]),
        "quick_ratio": over(gained, found["contraction"] + found["churn"]),
        "average_revenue_per_account": over(found["end"], found["end_customers"]) / scale,
    }
    money = {name: found[name] / scale for name in (*MONEY, *MOVED[:2])}
    return found | money | ratios
