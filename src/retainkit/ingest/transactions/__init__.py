"""What does a table of transactions, a file or a query say of each customer?

`plan` → `lines` (memory) or `engine`, `sql` (DuckDB) → `collapse`, `fold` → `assemble`. In reading order:

- `summarize` `summarize_transactions`, the verb: one table of any kind → what it says.
- `plan`      what the caller asked for, checked once: columns, dates, policy.
- `lines`     tables in memory → lines as arrays: customers by number, days, amounts.
- `collapse`  lines → one entry per customer: the definitions, in whole numbers, written once.
- `engine`    a DuckDB relation → histories, without ever holding the table.
- `sql`       the one statement that DuckDB runs, by the same rules as in memory.
- `files`     CSV and Parquet files → histories, in as little memory as they need.
- `fold`      whole customers at a time → their histories, and many such parts → one.
- `assemble`  histories → the records that the caller gets.
- `records`   these records.
- `treatment` what became of every line of the table, by count.
- `over_time` `summarize_over_time`: purchases with a calendar of what went on at them.
"""

from retainkit.ingest.transactions.over_time import OverTimeSummary, summarize_over_time
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary
from retainkit.ingest.transactions.summarize import summarize_transactions
from retainkit.ingest.transactions.treatment import Treatment

__all__ = [
    "Activity",
    "Holdout",
    "OverTimeSummary",
    "TransactionSummary",
    "Treatment",
    "summarize_over_time",
    "summarize_transactions",
]
