"""Stretches of time, one customer, one plan and one price each, and the bill that they make up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from retainkit.ingest.subscriptions.read import NEVER
from retainkit.tables import Codes, Days, Mask, Table, to_date
from retainkit.typing import Array, ColumnLike


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches in the order of subscriptions and then of time."""

    code: Codes
    """The customer, by number."""
    unit: Codes
    """The subscription, by number, where the table tells them apart; else the customer."""
    start: Days
    end: Days
    """The first day without; `NEVER` while it runs."""
    amount: Array
    """Money per month."""
    paused: Mask
    plan: Codes
    reason: Codes
    """Why it ended, as place among the names; -1 where nothing is said."""
    row: Codes
    """The line of the caller's table."""

    def where(self, keep: Mask | NDArray[np.intp]) -> Stretches:
        """The stretches that `keep` marks, or at those places."""
        if keep.dtype == np.bool_ and keep.all():
            return self
        return Stretches(*(getattr(self, f.name)[keep] for f in fields(self)))

    def ordered(self, of: Codes) -> Stretches:
        """By subscription or customer, and time; lines of one start in the order of the table."""
        key = moment(of, self.start)
        if (key[1:] > key[:-1]).all():
            return self
        return self.where(np.lexsort((self.row, key)))

    def same(self, column: Codes) -> Mask:
        """Whether each stretch has the value of the one before; not the first."""
        return np.append(False, column[1:] == column[:-1])


@dataclass(frozen=True, slots=True)
class Bill:
    """What a billing table says, line by line, before policies."""

    customers: ColumnLike
    stretches: Stretches
    plans: tuple[str, ...]
    reasons: tuple[str, ...]
    segments: dict[str, tuple[tuple[str, ...], Codes]]
    """Names, and each customer's place among them."""
    acquired: Days | None
    """Each customer's first day, where the table says it."""
    table: Table
    until: int
    counts: Counter[str]


def moment(of: Codes, day: Days) -> Codes:
    """A number that ascends by customer (or subscription) and then by day, of which there are fewer."""
    return of * (1 << 26) + np.minimum(day, 1 << 24)


def span_of(start: int, end: int) -> str:
    """A stretch of time in words."""
    return f"{to_date(start)} to {'…' if end >= NEVER else to_date(end)}"


def joined(*parts: Stretches) -> Stretches:
    """Several lots of stretches as one, in their order."""
    return Stretches(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Stretches)))
