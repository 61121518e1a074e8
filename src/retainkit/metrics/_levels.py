"""What each customer pays, told by its changes: (month, customer, MRR from that month's end on).

MRR is kept in whole fractions of the currency unit (billionths, fewer digits for huge totals), because
integers add up exactly: movements balance to the last unit, a customer who has left is at exactly 0, and
no order of rows or dataframe library gives another answer. Months count from January 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, refuse_where
from retainkit.typing import Array

ONE_DAY = np.timedelta64(1, "D")
"""A step of time with its unit: numpy no longer takes a bare number for one."""

Months: TypeAlias = NDArray[np.int64]
"""Months since January 1970."""


def month_of(days: NDArray[np.datetime64]) -> Months:
    """The month that each day lies in."""
    return days.astype("datetime64[M]").astype(np.int64)


def month_names(months: Months) -> NDArray[np.datetime64]:
    """Months as datetime64[M], which print as 2024-01."""
    return months.astype("datetime64[M]")


def month_name(month: int | np.int64) -> np.datetime64:
    """One month as datetime64[M]."""
    return np.datetime64(int(month), "M")


Whole: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

_MOST_DIGITS, _FEWEST_DIGITS = 9, 2


@dataclass(frozen=True, slots=True)
class Levels:
    """Changes of MRR in the order of months; at most one for a customer and month."""

    month: Months
    code: Whole
    level: Whole
    involuntary: Mask | None
    """Whether a change to 0 was no choice of the customer."""

    def between(self, after: int, until: int) -> slice:
        """The changes in the months after `after` up to and with `until`."""
        first, last = np.searchsorted(self.month, [after, until], side="right")
        return slice(int(first), int(last))


def fixed_point(argument: str, amounts: Array) -> tuple[Whole, int]:
    """Amounts as whole numbers of a fraction of the currency unit, and how many make one unit."""
    total = float(amounts.sum())
    digits = _MOST_DIGITS if total < 1.0 else min(_MOST_DIGITS, floor(log10(2.0**62 / total)))
    if digits < _FEWEST_DIGITS:
        rule = "must add up to less than 4e16 over all rows"
        way_out = "Count in thousands or millions of the currency unit."
        raise InputError("out-of-range", argument, total, rule, way_out)
    whole = np.rint(amounts * 10.0**digits).astype(np.int64)
    rule = f"must be 0 or at least 1e-{digits} of the currency unit"
    refuse_where(
        (whole == 0) & (amounts > 0.0),
        "out-of-range",
        argument,
        amounts,
        rule,
        "Write 0 for customers who pay nothing.",
    )
    return whole, 10**digits


def from_rows(month: Months, code: Whole, amount: Whole, involuntary: Mask | None, last: int) -> Levels:
    """Changes from one row per customer and month, all with a positive amount, in any order."""
    base, span = int(month.min()), int(month.max() - month.min()) + 2
    key = code * span + (month - base)  # the gap of one keeps customers from touching
    order = np.argsort(key, kind="stable")
    key, amount = key[order], amount[order]
    follows = np.zeros(key.size, np.bool_)
    follows[1:] = key[1:] == key[:-1] + 1
    changed = ~follows
    changed[1:] |= amount[1:] != amount[:-1]
    final = np.ones(key.size, np.bool_)
    final[:-1] = ~follows[1:]
    final &= key % span + base < last  # who is there in the last month has not left
    flag = None if involuntary is None else involuntary[order][final]
    return _in_order(key[changed], amount[changed], key[final] + 1, flag, base, span)


def from_spans(
    begins: Months, ends: Months, code: Whole, amount: Whole, involuntary: Mask | None, last: int
) -> Levels:
    """Changes from subscriptions that are there at the ends of the months ``begins <= month < ends``."""
    base, span = int(begins.min()), int(last - begins.min()) + 2
    over = ends <= last
    key = np.concatenate([code * span + (begins - base), code[over] * span + (ends[over] - base)])
    order = np.argsort(key, kind="stable")
    key, first = np.unique(key[order], return_index=True)
    change = np.add.reduceat(np.concatenate([amount, -amount[over]])[order], first)
    level = np.cumsum(change)
    customer = key // span
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    before = level[starts] - change[starts]  # the running sum over all earlier customers
    level -= np.repeat(before, np.diff(starts, append=customer.size))
    flag = None
    if involuntary is not None:
        said = np.concatenate([np.zeros(code.size, np.bool_), involuntary[over]])[order]
        flag = np.logical_or.reduceat(said, first)
    moved, gone = change != 0, level == 0
    up = moved & ~gone
    out = moved & gone
    return _in_order(key[up], level[up], key[out], None if flag is None else flag[out], base, span)


def _in_order(key: Whole, level: Whole, gone: Whole, flag: Mask | None, base: int, span: int) -> Levels:
    """Levels above 0 and departures, by customer and month, sorted by month."""
    keys = np.concatenate([key, gone])
    months = keys % span + base
    order = np.argsort(months.astype(np.int16 if abs(base) + span < 32_000 else np.int64), kind="stable")
    said = None if flag is None else np.concatenate([np.zeros(key.size, np.bool_), flag])[order]
    levels = np.concatenate([level, np.zeros(gone.size, np.int64)])
    return Levels(months[order], (keys // span)[order], levels[order], said)
