"""Tables → summaries: one way in for every dataframe, file and query."""

from retainkit.ingest.example_subscriptions import simulate_subscriptions
from retainkit.ingest.examples import load_cdnow
from retainkit.ingest.over_time import OverTimeSummary, summarize_over_time
from retainkit.ingest.records import Activity, Holdout, TransactionSummary
from retainkit.ingest.subscriptions import (
    SubscriptionSummary,
    SubscriptionTreatment,
    summarize_subscriptions,
)
from retainkit.ingest.transactions import summarize_transactions
from retainkit.ingest.treatment import Treatment

__all__ = [
    "Activity",
    "Holdout",
    "OverTimeSummary",
    "SubscriptionSummary",
    "SubscriptionTreatment",
    "TransactionSummary",
    "Treatment",
    "load_cdnow",
    "simulate_subscriptions",
    "summarize_over_time",
    "summarize_subscriptions",
    "summarize_transactions",
]
