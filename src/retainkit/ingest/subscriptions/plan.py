"""What the caller asked for, checked once: columns, dates, policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from retainkit.errors import InputError, unknown_choice
from retainkit.tables import DateRule, one_day
from retainkit.typing import Unit
from retainkit.units import check_unit

Tenure: TypeAlias = Literal["exact", "whole-periods", "renewals"]
"""How lengths of time are counted: by the day, or in periods of the calendar."""

Reactivation: TypeAlias = Literal["error", "new-spell", "same-customer"]
"""What several lines of one customer mean."""

ZeroLength: TypeAlias = Literal["error", "count-as-a-day"]
"""What to do with an end on the day of the start."""

Earlier: TypeAlias = Literal["error", "leave-out"]
"""What to do with spells that ended before anybody watched."""

Later: TypeAlias = Literal["error", "censor"]
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
        if value not in get_args(known[argument]):
            raise unknown_choice(argument, value, get_args(known[argument]))


def unit_of(unit: object) -> Unit:
    """The unit of all durations."""
    return check_unit("unit", unit)


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
