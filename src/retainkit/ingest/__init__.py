"""What does a company's own table say of its customers?

A table, or a `TableSource` that says how it is to be read, comes in; weighted sufficient statistics come out,
which models are fitted to. In reading order:

- `transactions/`         one line per purchase → purchases and spend of every customer.
- `subscriptions/`        one line per subscription → how long every customer stayed.
- `examples`       the CDNOW transactions, and a subscription table made up on the spot.
"""

from retainkit.ingest.examples import load_cdnow, simulate_subscriptions
from retainkit.ingest.subscriptions import SubscriptionSummary, SubscriptionTreatment, summarize_subscriptions
from retainkit.ingest.transactions import (
    RFM,
    Activity,
    CustomerGroup,
    Holdout,
    LazyRFM,
    LazyTransactionSummary,
    OverTimeSummary,
    PeriodSummary,
    TransactionSummary,
    Treatment,
    summarize_over_time,
    summarize_periods,
    summarize_transactions,
)
from retainkit.tables import DuckDB, TableSource

__all__ = [
    "RFM",
    "Activity",
    "CustomerGroup",
    "DuckDB",
    "Holdout",
    "LazyRFM",
    "LazyTransactionSummary",
    "OverTimeSummary",
    "PeriodSummary",
    "SubscriptionSummary",
    "SubscriptionTreatment",
    "TableSource",
    "TransactionSummary",
    "Treatment",
    "load_cdnow",
    "simulate_subscriptions",
    "summarize_over_time",
    "summarize_periods",
    "summarize_subscriptions",
    "summarize_transactions",
]
