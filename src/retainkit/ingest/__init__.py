"""What does a company's own table say of its customers?

A table comes in; weighted sufficient statistics come out, which models are fitted to. In reading order:

- `transactions/`         one line per purchase → purchases and spend of every customer.
- `subscriptions/`        one line per subscription → how long every customer stayed.
- `examples`       the CDNOW transactions, and a subscription table made up on the spot.
"""

from retainkit.ingest.examples import load_cdnow, simulate_subscriptions
from retainkit.ingest.subscriptions import SubscriptionSummary, SubscriptionTreatment, summarize_subscriptions
from retainkit.ingest.transactions import (
    Activity,
    Holdout,
    OverTimeSummary,
    TransactionSummary,
    Treatment,
    summarize_over_time,
    summarize_transactions,
)

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
