"""What the caller asked for, checked once: columns, dates, policies; and what a line may break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from retainkit.errors import InputError, check_choice
from retainkit.tables import DateRule, Fault, Said, one_day
from retainkit.tables.lines import FarDates, MissingIds
from retainkit.typing import Unit

Tenure: TypeAlias = Literal["exact", "whole-periods", "renewals"]
"""How lengths of time are counted: by the day, or in periods of the calendar."""

Reactivation: TypeAlias = Literal["error", "new-spell", "same-customer"]
"""What several lines of one customer mean."""

ZeroLength: TypeAlias = Literal["error", "count-as-a-day"]
"""What to do with an end on the day of the start."""

Earlier: TypeAlias = Literal["error", "leave-out"]
"""What to do with spells that ended before anybody watched."""

Later: TypeAlias = Literal["error", "censor", "drop"]
"""What to do with starts and ends after the observation."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments; days as numbers."""

    columns: dict[str, str]
    """Argument → column, for the columns that are given."""
    since: int | None
    until: int
    unit: Unit
    tenure: Tenure
    reactivation: Reactivation
    zero_length: ZeroLength
    earlier: Earlier
    later: Later
    reasons: tuple[str, ...] | None
    dates: DateRule
    missing_ids: MissingIds
    far_dates: FarDates


def window_of(observation_start: object, observation_end: object) -> tuple[int | None, int]:
    """The first day of observation, if it is given, and the last."""
    until = one_day("observation_end", observation_end)
    since = None if observation_start is None else one_day("observation_start", observation_start)
    if since is not None and since > until:
        rule = f"must not lie after observation_end ({observation_end})"
        way_out = "It is the first day from which every end is in the table."
        raise InputError("dates-conflict", "observation_start", observation_start, rule, way_out)
    return since, until


def check_choices(**given: object) -> None:
    """Refuse a policy that is not among its names."""
    known = {
        "tenure": Tenure,
        "reactivation": Reactivation,
        "zero_length": ZeroLength,
        "earlier": Earlier,
        "later": Later,
    }
    for argument, value in given.items():
        check_choice(argument, value, get_args(known[argument]))


def reasons_of(reasons: object, *, column: bool) -> tuple[str, ...] | None:
    """The names of the reasons in the caller's order; None to take them from the table."""
    if reasons is None:
        return None
    if not column:
        rule = "needs the column that holds each customer's reason"
        way_out = "Name it: summarize_subscriptions(..., reason='reason')."
        raise InputError("missing-argument", "reasons", reasons, rule, way_out)
    names = cast("list[object]", reasons if isinstance(reasons, list | tuple) else [])
    texts = tuple(name for name in names if isinstance(name, str) and name)
    if not texts or len(set(texts)) != len(names):
        rule = "must be different names, as texts"
        way_out = "For example reasons=('voluntary', 'payment failed')."
        raise InputError("wrong-type", "reasons", cast("object", reasons), rule, way_out)
    return texts


_LATER = (
    "Use later='censor' to see the table as it stood on that day, later='drop' to leave out lines that start "
    "later, or set observation_end later."
)

END_BEFORE_START = Fault(
    "dates-conflict",
    "must not lie before the start",
    "Correct the dates, or leave out those lines by where=.",
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
