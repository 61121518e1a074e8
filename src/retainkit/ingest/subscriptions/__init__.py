"""Tables with one line per subscription spell → durations that churn models read."""

from retainkit.ingest.subscriptions.records import SubscriptionSummary
from retainkit.ingest.subscriptions.summarize import summarize_subscriptions
from retainkit.ingest.subscriptions.treatment import SubscriptionTreatment

__all__ = ["SubscriptionSummary", "SubscriptionTreatment", "summarize_subscriptions"]
