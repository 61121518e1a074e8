"""What winning and keeping customers costs, on average and at the margin.

In reading order:

- `spend_table`    spend by purpose and period, and customers by period, from a mapping or any dataframe.
- `cac_ladder`     the cost of winning a customer, on every rung of the ladder from "media only" to
                    "everything".
- `five_times`     the "five times" diagnostic: winning a customer against keeping one, on average and at
                    the margin.
- `retention_cost` what it costs to keep customers, on average and for one more, and what may be spent on it.
"""

from retainkit.economics.spending.cac_ladder import CostLadder, acquisition_cost_ladder
from retainkit.economics.spending.five_times import FiveTimes, SpendResponse, five_times
from retainkit.economics.spending.retention_cost import (
    IncrementalSave,
    RetentionSpend,
    cost_per_incremental_save,
    retention_cost_per_customer,
    worthwhile_retention_spend,
)

__all__ = [
    "CostLadder",
    "FiveTimes",
    "IncrementalSave",
    "RetentionSpend",
    "SpendResponse",
    "acquisition_cost_ladder",
    "cost_per_incremental_save",
    "five_times",
    "retention_cost_per_customer",
    "worthwhile_retention_spend",
]
