"""A base in two: as it was known on a day, and what became of those who were there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date
from typing import NamedTuple

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.tenure import begun, completed
from retainkit.metrics._spells import spells_of_levels
from retainkit.metrics.base import SubscriptionBase
from retainkit.summaries import Renewals
from retainkit.tables import to_date
from retainkit.tables.days import one_day
from retainkit.typing import Array


def as_of(base: SubscriptionBase, day: str | Date) -> SubscriptionBase:
    """The base as it was known at the end of a day: later changes, ends and customers are not in it.

    Raises `InputError` for a day outside of the observation.

    Parameters
    ----------
    base : SubscriptionBase
    day : date or text

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> table = {"id": np.array(["a", "b"]), "from": np.array(["2024-01-05", "2024-03-01"]),
    ...          "to": np.array(["2024-06-05", ""]), "eur": np.array([10.0, 20.0])}
    >>> base = rk.read_subscriptions(table, customer_id="id", start="from", end="to", amount="eur",
    ...                              observation_end="2024-12-31")
    >>> print(base.as_of("2024-02-29"))
    SubscriptionBase of 2 customers, from 2024-01-05 to 2024-02-29: 1 there now, paying 10.00 a month
      2 lines read: 1 stretch
    """
    last = one_day("day", day)
    if not base.since <= last <= base.until:
        rule = f"must lie in the observation, from {to_date(base.since)} to {base.observation_end}"
        raise InputError("dates-conflict", "day", day, rule, "Give a day of which the table tells.")
    s = base.stretches.where(base.stretches.start <= last)
    later = s.end > last
    s = replace(s, end=np.where(later, NEVER, s.end), reason=np.where(later, -1, s.reason))
    levels = base.levels.where(base.levels.month <= last)
    return replace(base, stretches=s, levels=levels, observation_end=to_date(last))


class Outcomes(NamedTuple):
    """What became of those who were there on a day, watched from the next period of their tenure on."""

    renewals: Renewals
    """Whole months: entry when watching began, duration and event; one entry a customer."""
    through: Array
    """The tenure up to which each would have been watched, had they stayed."""
    unseen: int
    """Customers of whom no whole month was watched, left out."""


def outcomes_after(base: SubscriptionBase, day: Date) -> Outcomes:
    """Of the customers there at the end of `day`, who left by the end of observation, by months of tenure."""
    last = one_day("day", day)
    spells = spells_of_levels(base.levels, base.watch, None, by_plan=False, joined=False)
    there = (spells.start <= last) & (spells.end > last)
    start, end = spells.start[there], spells.end[there]
    # a month under way on the day is not whole: who left in it before is not here
    entry = begun(start, np.full_like(start, last + 1), "month")
    through = completed(start, np.full_like(start, base.until), "month")
    left = end <= base.until
    leaving = begun(start, np.where(left, end, start), "month")
    watched = (through > entry) & ~(left & (leaving <= entry))
    left &= leaving <= through
    duration = np.where(left, leaving, through)[watched].astype(np.float64)
    entry = entry[watched].astype(np.float64)
    renewals = Renewals(duration=duration, event=left[watched], entry=entry, whole_periods=True, unit="month")
    return Outcomes(renewals, through[watched].astype(np.float64), int(np.count_nonzero(~watched)))
