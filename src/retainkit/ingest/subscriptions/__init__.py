"""How long did each customer stay, by a table with one line per subscription?

Lines → spells → tenures. In reading order:

- `summarize` `summarize_subscriptions`, the verb.
- `plan`      what the caller asked for, checked once: columns, dates, policies.
- `read`      a table of any kind → its lines as arrays.
- `reasons`   the column of reasons → places among the names given or found.
- `policies`  lines → spells, each checked against the window, put together by the policy.
- `conflicts` lines that do not fit together, and policies that the caller has to choose.
- `problems`  what a line may break: a sentence for each.
- `spells`    from when to when customers were subscribed, and from when on they were watched.
- `calendar`  tenure in periods of the calendar, from whole days.
- `tenure`    spells → durations, events and entries that keep the likelihood right.
- `records`   what the caller gets.
- `treatment` what became of every line, by count.
"""

from retainkit.ingest.subscriptions.records import SubscriptionSummary
from retainkit.ingest.subscriptions.summarize import summarize_subscriptions
from retainkit.ingest.subscriptions.treatment import SubscriptionTreatment

__all__ = ["SubscriptionSummary", "SubscriptionTreatment", "summarize_subscriptions"]
