"""What does a table of transactions that stays in its engine say of its customers?

`lines` → `pipeline` → `summary`: customers are counted where they are, and only what does not grow with them
comes here. In reading order:

- `lines`     the lines of a relation, a LazyFrame or a Spark frame, read and checked there.
- `orders`    lines of one order on its first day; amounts in one currency.
- `cancelled` orders that were refunded in full.
- `pipeline`  lines → days of customers → customers: the definitions of `collapse`, as expressions.
- `distinct`  customers → distinct histories with weights, and cells of spend.
- `states`    yesterday's customers, to whom today's lines are added.
- `adding`    parts of the customers → all of them.
- `summarize` all of it, in order.
- `summary`   what the caller gets.
- `groups`    customers by a column of another table of their engine.
- `rfm`       its scores and segments.
- `ranks`     what goes by money, where customers differ one by one: cut in the engine, never sorted.
"""

from retainkit.ingest.transactions.lazy.rfm import LazyRFM
from retainkit.ingest.transactions.lazy.summary import LazyTransactionSummary

__all__ = ["LazyRFM", "LazyTransactionSummary"]
