"""Which lines of a table count: those without a customer, after the observation, or in an impossible year.

Each is refused by its count and its first line, or left out or kept where the caller says so.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.errors import InputError, check_choice
from retainkit.tables.column import Column
from retainkit.tables.days import Days
from retainkit.tables.problems import Fault, Said, empty_table
from retainkit.tables.read import Table

MissingIds: TypeAlias = Literal["error", "drop"]
"""What to do with lines without a customer."""

FarDates: TypeAlias = Literal["error", "keep"]
"""What to do with dates that lie far from all others."""

LaterLines: TypeAlias = Literal["error", "drop"]
"""What to do with lines after the observation."""

_YEAR = 365.25
_LEAST, _ALWAYS = 3 * _YEAR, 40 * _YEAR  # below the one no gap is odd; no customer was away for the other
_RARE, _FEW = 0.01, 0.1  # a mistyped year stands in few lines; more are an era of their own
_HANDFUL = 9  # lines that are few in a table of any size
_NOW = int(np.datetime64("2020-01-01").astype(np.int64))  # of two eras alike the nearer one is meant
_OTHERS = 100  # how often the gap exceeds any other


def check_lines(missing_ids: object, far_dates: object, later: object = "error") -> None:
    """Refuse a policy that is not among its names."""
    check_choice("missing_ids", missing_ids, ("error", "drop"))
    check_choice("far_dates", far_dates, ("error", "keep"))
    check_choice("later", later, ("error", "drop"))


def with_customers(table: Table, policy: MissingIds, argument: str, line: str) -> tuple[Table, int]:
    """The table without its lines that have no customer, where they may go, and how many these are."""
    if policy == "error":
        return table, 0
    gone = table["customer_id"].without_id
    if gone.all():
        raise empty_table(argument, f"{line} with a customer")
    return (table.keep(~gone) if gone.any() else table), int(gone.sum())


def in_time(
    table: Table, key: str, days: Days, until: int | None, policy: LaterLines, late: Fault, far: FarDates
) -> tuple[Table, Days, int]:
    """The lines up to the day `until`, their days, and how many others there were.

    Refuses late lines where they may not go, then dates far from all others; of these, where the end is
    given, early ones only.
    """
    lost = 0
    if until is not None:
        after = days > until
        if policy == "error":
            table[key].refuse(after, late)
        elif after.all():
            raise only_later()
        elif after.any():
            table, days, lost = table.keep(~after), days[~after], int(after.sum())
    refuse_far(table[key], days, far, ended=until is not None)
    return table, days, lost


def only_later() -> InputError:
    """The error for a table whose every line lies after the observation."""
    rule = "must leave at least one line up to itself"
    way_out = "Check the date against those of the table."
    return InputError("empty", "observation_end", Said("only later lines"), rule, way_out)


def refuse_far(column: Column, days: Days, policy: FarDates, *, ended: bool) -> None:
    """Refuse dates that lie so far from all others that a mistyped year explains them best.

    With `ended` only early ones: late ones are within an end that the caller has given.
    """
    if policy == "keep" or int(days.max()) - int(days.min()) <= _LEAST:
        return
    lines = LineCounts()
    lines.add(days)
    span = lines.plausible(ended=ended)
    if span is not None:
        column.refuse((days < span[0]) | (days > span[1]), far_from(*span))


class LineCounts:
    """How many lines stand on each day, of lines that come in parts."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, NDArray[np.int64]]] = []

    def add(self, days: Days) -> None:
        """Count further lines."""
        first = int(days.min())
        self._parts.append((first, np.bincount(days - first)))

    def plausible(self, *, ended: bool) -> tuple[int, int] | None:
        """The first and the last day that are plausible, None where all are; with `ended` any last day is."""
        begin = min(first for first, _ in self._parts)
        end = max(first + count.size for first, count in self._parts) - 1
        if end - begin <= _LEAST:
            return None
        count = np.zeros(end - begin + 1, np.int64)
        for first, part in self._parts:
            count[first - begin : first - begin + part.size] += part
        found = np.flatnonzero(count)
        return plausible_span(found + begin, count[found], ended=ended)


def plausible_span(days: Days, lines: NDArray[np.int64], *, ended: bool) -> tuple[int, int] | None:
    """The first and the last day that are plausible, None where all are; with `ended` any last day is."""
    order = np.argsort(days)
    days, lines = days[order], lines[order]
    span = plausible(days, lines)
    if span is None or not ended:
        return span
    return None if span[0] == days[0] else (span[0], int(days[-1]))


def plausible(days: Days, lines: NDArray[np.int64]) -> tuple[int, int] | None:
    """The first and the last day of a calendar with lines on some days; None where all are plausible.

    The days fall into eras, each more than three years from the next. Eras with a tenth of the lines at most,
    or with nine, are too far from the one with most lines where no customer was ever away for so long (40
    years); with a hundredth, where the gap exceeds the length of the main era and a hundred times each gap
    within an era.
    """
    edge = np.flatnonzero(np.diff(days) > _LEAST) + 1
    if edge.size == 0:
        return None
    starts = np.append(0, edge)
    size = np.add.reduceat(lines, starts)
    first, last = days[starts], days[np.append(edge, days.size) - 1]
    main = int(np.lexsort((np.abs(first - _NOW), -size))[0])
    gaps = np.diff(days)
    share, most = 1.0 - size[main] / size.sum(), _ALWAYS
    if share > _FEW and size.sum() - size[main] > _HANDFUL:
        return None
    if share <= _RARE:
        most = min(
            most, max(_LEAST, float(last[main] - first[main]), _OTHERS * gaps[gaps <= _LEAST].max(initial=1))
        )
    far = first[1:] - last[:-1] > most
    left, right = np.flatnonzero(far[:main]), np.flatnonzero(far[main:])
    if left.size == right.size == 0:
        return None
    begin = first[left[-1] + 1] if left.size else first[0]
    return int(begin), int(last[main + right[0]] if right.size else last[-1])


def far_from(first: int, last: int) -> Fault:
    """What is wrong with a date that lies far from all others, which are from `first` to `last`."""
    others = f"{np.datetime64(first, 'D')} to {np.datetime64(last, 'D')}"
    rule = f"must not lie years away from all others, {others}, unless that is right"
    way_out = "Correct the year, leave those lines out, or use far_dates='keep'."
    return Fault("dates-conflict", rule, way_out)
