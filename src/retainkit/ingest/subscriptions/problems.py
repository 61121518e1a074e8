"""What can be wrong with a line of a subscription table: one sentence and one way out for each."""

from __future__ import annotations

from retainkit.errors import InputError
from retainkit.ingest.days import DATE_RULE
from retainkit.ingest.problems import Problem, Said

_CONVERT = "Convert the column to dates first, stating its format."
_LATER = "Use later='censor' to see the table as it stood on that day, or set observed_until later."

PROBLEMS: dict[str, Problem] = {
    "missing-id": Problem(
        "missing-value",
        "customer_id",
        "must not be missing",
        "Leave out the lines without a customer, or give them one.",
    ),
    "missing-start": Problem(
        "missing-value", "start", "must not be missing", "Leave out the lines without a start, or date them."
    ),
    "unreadable-start": Problem(
        "unreadable-date", "start", f"{DATE_RULE}, and days of the calendar", _CONVERT
    ),
    "unreadable-end": Problem(
        "unreadable-date",
        "end",
        f"{DATE_RULE}, and days of the calendar, or missing while the customer is there",
        _CONVERT,
    ),
    "end-before-start": Problem(
        "dates-conflict",
        "end",
        "must not lie before the start",
        "Correct the dates, or leave out those lines.",
    ),
    "zero-length": Problem(
        "dates-conflict",
        "end",
        "must lie after the start: it is the first day on which the customer is no longer subscribed",
        "If it is the last day with the subscription, add a day; for customers who left on the day on which "
        "they came use zero_length='count-as-a-day', or leave those lines out.",
    ),
    "start-after-window": Problem("dates-conflict", "start", "must not lie after observed_until", _LATER),
    "end-after-window": Problem("dates-conflict", "end", "must not lie after observed_until", _LATER),
    "reason-without-end": Problem(
        "inconsistent",
        "reason",
        "must be missing for customers who are still there",
        "Correct those lines; the reason of a departure that is only announced does not count yet.",
    ),
    "missing-reason": Problem(
        "missing-value",
        "reason",
        "must not be missing for customers who left",
        "Give them a reason, if only 'unknown', which then counts as one reason of its own.",
    ),
    "unknown-reason": Problem(
        "unknown-choice",
        "reason",
        "must be one of the names in reasons",
        "Add it to reasons, or correct those lines.",
    ),
    "missing-segment": Problem(
        "missing-value",
        "segment",
        "must not be missing",
        "Give those customers a segment, if only 'unknown'.",
    ),
}


def empty_table() -> InputError:
    """The error for a table without lines."""
    way_out = "Check the filter or the path that made the table."
    return InputError("empty", "source", Said("no lines"), "must have at least one subscription", way_out)


def nothing_left() -> InputError:
    """The error for a table whose every line lies outside of the observation."""
    rule = "must leave at least one subscription between observed_from and itself"
    way_out = "Check the dates of the observation against those of the table."
    return InputError("empty", "observed_until", Said("none"), rule, way_out)


def not_a_table(found: object) -> InputError:
    """The error for a source that is no table."""
    rule = (
        "must be a dataframe (pandas, polars, pyarrow), a DuckDB relation, the path of CSV or Parquet "
        "files, or a dict of columns of one length"
    )
    way_out = "Pass the table itself, with one line per subscription."
    return InputError("not-a-table", "source", found, rule, way_out)
