"""What does a table of transactions, a file or a query say of each customer?

One pipeline: `plan` → `lines` (memory) or `engine`, `sql` (DuckDB) → `collapse` → `assemble`.
In reading order:

- `transactions`          `summarize_transactions`, the verb: one table of any kind → what it says.
- `plan`                  what the caller asked for, checked once: columns, dates, policy.
- `lines`                 tables in memory → lines as arrays: customers by number, days, amounts.
- `collapse`              lines → one entry per customer: the definitions, in whole numbers, written once.
- `engine`                a DuckDB relation → histories, without ever holding the table.
- `sql`                   the one statement that DuckDB runs, by the same rules as in memory.
- `files`                 CSV and Parquet files → histories, in as little memory as they need.
- `fold`                  whole customers at a time → their histories, and many such parts → one.
- `assemble`              histories → the records that the caller gets.
- `records`               these records.
- `treatment`             what became of every line of the table, by count.
- `over_time`             `summarize_over_time`: purchases with a calendar of what went on at them.
- `examples`              the CDNOW transactions.
- `example_subscriptions` a subscription table made up on the spot.

`subscriptions/` does the same for tables with one line per subscription.
"""

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
