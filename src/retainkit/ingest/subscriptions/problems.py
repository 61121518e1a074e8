"""What a line of a subscription table may break, beside what every table may: a sentence for each."""

from __future__ import annotations

from retainkit.errors import InputError
from retainkit.tables import Fault, Said

_LATER = "Use later='censor' to see the table as it stood on that day, or set observation_end later."

END_BEFORE_START = Fault(
    "dates-conflict", "must not lie before the start", "Correct the dates, or leave out those lines."
)
ZERO_LENGTH = Fault(
    "dates-conflict",
    "must lie after the start: it is the first day on which the customer is no longer subscribed",
    "If it is the last day with the subscription, add a day; for customers who left on the day on which "
    "they came use zero_length='count-as-a-day', or leave those lines out.",
)
AFTER_WINDOW = Fault("dates-conflict", "must not lie after observation_end", _LATER)
REASON_WITHOUT_END = Fault(
    "inconsistent",
    "must be missing for customers who are still there",
    "Correct those lines; the reason of a departure that is only announced does not count yet.",
)
NO_REASON = Fault(
    "missing-value",
    "must not be missing for customers who left",
    "Give them a reason, if only 'unknown', which then counts as one reason of its own.",
)
UNKNOWN_REASON = Fault(
    "unknown-choice", "must be one of the names in reasons", "Add it to reasons, or correct those lines."
)
NO_SEGMENT = Fault(
    "missing-value", "must not be missing", "Give those customers a segment, if only 'unknown'."
)


def nothing_left() -> InputError:
    """The error for a table whose every line lies outside of the observation."""
    rule = "must leave at least one subscription between observation_start and itself"
    way_out = "Check the dates of the observation against those of the table."
    return InputError("empty", "observation_end", Said("none"), rule, way_out)
