"""Subscription metrics: movements of recurring revenue, retention, churn and cohort tables."""

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
