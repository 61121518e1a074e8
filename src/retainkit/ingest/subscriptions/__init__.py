"""How long did each customer stay, by a table with one line per subscription?

Lines → spells → tenures; and, for the base that `retainkit.metrics` makes, lines of any shape → stretches.
In reading order:

- `summarize` `summarize_subscriptions`, the verb.
- `plan`      what the caller asked for, checked once: columns, dates, policies; what a line may break.
- `read`      a table of any kind → its lines as arrays; reasons → places among the names given or found.
- `spells`    lines → spells, each checked against the window, put together by the policy.
- `tenure`    spells → durations, events and entries, in periods of the calendar.
- `shapes`    what is asked of a billing table, and which shape follows from it.
- `bill`      a table of any shape → `stretches`, by `prices` per month and what `events` say.
- `policies`  overlaps, free periods, pauses and gaps: stretches as they count.
- `records`   what the caller gets, and what became of every line, by count.
"""

from retainkit.ingest.subscriptions.records import SubscriptionSummary, SubscriptionTreatment
from retainkit.ingest.subscriptions.summarize import summarize_subscriptions

__all__ = ["SubscriptionSummary", "SubscriptionTreatment", "summarize_subscriptions"]
