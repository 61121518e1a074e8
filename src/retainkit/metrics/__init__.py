"""How does recurring revenue move, and who stays, by a subscription table?

In reading order:

- `subscriptions` what every customer pays per month, read from the tables that businesses have.
- `movements`     how recurring revenue moved: new, expansion, reactivation, contraction, churn.
- `ratios`        retention, churn and growth as ratios, each with its denominator named.
- `cohorts`       what became of the customers who began in the same month, quarter or year.
- `efficiency`    how dearly growth is bought: magic number, burn multiple, rule of 40.
"""

from retainkit.metrics.cohorts import CohortTable, cohort_table
from retainkit.metrics.efficiency import burn_multiple, magic_number, rule_of_40
from retainkit.metrics.movements import MRRMovements, mrr_movements
from retainkit.metrics.ratios import (
    average_revenue_per_account,
    churn_rate,
    gross_revenue_retention,
    net_revenue_retention,
    quick_ratio,
)
from retainkit.metrics.subscriptions import Subscriptions

__all__ = [
    "CohortTable",
    "MRRMovements",
    "Subscriptions",
    "average_revenue_per_account",
    "burn_multiple",
    "churn_rate",
    "cohort_table",
    "gross_revenue_retention",
    "magic_number",
    "mrr_movements",
    "net_revenue_retention",
    "quick_ratio",
    "rule_of_40",
]
