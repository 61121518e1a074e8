"""What does a table of transactions, a file or a query say of each customer?

`plan` (memory) or `engine` (DuckDB) → `collapse` → `summarize`. In reading order:

- `summarize` `summarize_transactions`, the verb: one table of any kind → what it says.
- `plan`      what the caller asked for, checked once; tables in memory → lines as arrays.
- `monthly`   what each customer paid in each calendar month.
- `orders`    lines of one order, and orders that were refunded in full.
- `currencies` amounts of several currencies in one.
- `collapse`  lines → one entry per customer: the definitions, in whole numbers, written once.
- `statement` how DuckDB reads each column by the same rules.
- `engine`    a DuckDB relation or files → histories, by the same rules, without ever holding the table.
- `treatment` what became of every line of the table, by count.
- `records`   what the caller gets.
- `rfm`       recency, frequency and money as marketing counts them.
- `groups`    customers of one kind apart.
- `lazy/`     the same of a table whose engine keeps the customers.
- `periods`   `summarize_periods`: one line per customer and month in place of one per order.
- `over_time` `summarize_over_time`: purchases with a calendar of what went on at them.
"""

from retainkit.ingest.transactions.groups import CustomerGroup
from retainkit.ingest.transactions.lazy import LazyRFM, LazyTransactionSummary
from retainkit.ingest.transactions.over_time import OverTimeSummary, summarize_over_time
from retainkit.ingest.transactions.periods import PeriodSummary, summarize_periods
from retainkit.ingest.transactions.records import Activity, Holdout, TransactionSummary, Treatment
from retainkit.ingest.transactions.rfm import RFM
from retainkit.ingest.transactions.summarize import summarize_transactions

__all__ = [
    "RFM",
    "Activity",
    "CustomerGroup",
    "Holdout",
    "LazyRFM",
    "LazyTransactionSummary",
    "OverTimeSummary",
    "PeriodSummary",
    "TransactionSummary",
    "Treatment",
    "summarize_over_time",
    "summarize_periods",
    "summarize_transactions",
]
