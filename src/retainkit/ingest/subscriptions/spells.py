"""Spells as arrays: from when to when customers were subscribed, and from when on they were watched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.transactions.collapse import Codes
from retainkit.tables import Days, Mask


@dataclass(frozen=True, slots=True)
class Spells:
    """One entry per spell, in the order of customers and then of time."""

    code: Codes
    start: Days
    end: Days
    """The first day without the subscription; `NEVER` for those who are still there."""
    watched: Days
    """The day from which on a departure would have been seen: the start, or later."""
    reason: Codes | None
    """Place among the names of reasons; -1 for those who are still there."""
    segment: Codes | None
    counts: Counter[str]

    @property
    def left(self) -> Mask:
        """Who was seen to leave."""
        return self.end < NEVER

    def where(self, keep: Mask) -> Spells:
        """The spells that `keep` marks."""
        reason, segment = (c if c is None else c[keep] for c in (self.reason, self.segment))
        return Spells(
            self.code[keep],
            self.start[keep],
            self.end[keep],
            self.watched[keep],
            reason,
            segment,
            self.counts,
        )
