"""What does a table of transactions, a file or a query say of each customer?

`plan` (memory) or `engine` (DuckDB) → `collapse` → `summarize`. In reading order:

- `summarize` `summarize_transactions`, the verb: one table of any kind → what it says.
- `plan`      what the caller asked for, checked once; tables in memory → lines as arrays.
- `collapse`  lines → one entry per customer: the definitions, in whole numbers, written once.
- `engine`    a DuckDB relation or files → histories, by the same rules, without ever holding the table.
- `records`   what the caller gets, and what became of every line of the table, by count.
- `over_time` `summarize_over_time`: purchases with a calendar of what went on at them.
"""

from retainkit.ingest.transactions.over_time import OverTimeSummary, summarize_over_time
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary, Treatment
from retainkit.ingest.transactions.summarize import summarize_transactions

__all__ = [
    "Activity",
    "Holdout",
    "OverTimeSummary",
    "TransactionSummary",
    "Treatment",
    "summarize_over_time",
    "summarize_transactions",
]
