"""Lines → spells: from when to when customers were subscribed, and from when on they were watched.

Each line is checked against the window, and a customer's lines are put together by the policy; lines that
do not fit together, and policies that the caller has to choose, are told with their customer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.plan import (
    AFTER_WINDOW,
    END_BEFORE_START,
    NO_REASON,
    NO_SEGMENT,
    REASON_WITHOUT_END,
    ZERO_LENGTH,
    Plan,
    nothing_left,
)
from retainkit.ingest.subscriptions.read import NEVER, Lines
from retainkit.plurals import counted
from retainkit.tables import Codes, Days, Mask, Said, take, to_date, to_list


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
    seen: Days | None = None
    """The day up to which those who did not leave were watched; by default the last of observation."""

    @property
    def left(self) -> Mask:
        """Who was seen to leave."""
        return self.end < NEVER

    def where(self, keep: Mask) -> Spells:
        """The spells that `keep` marks."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "counts"}
        return replace(self, **{name: c if c is None else c[keep] for name, c in columns.items()})


def spells_of(lines: Lines, reason: Codes | None, plan: Plan) -> Spells:
    """The spells of a table inside its window; `reason` holds the places among the plan's reasons."""
    _check(lines, reason, plan)
    counts = Counter(lines=lines.code.size + lines.left_out.total()) + lines.left_out
    end = np.where(lines.end > plan.until, NEVER, lines.end)
    counts["later_ends"] = int((lines.ended & (end == NEVER) & (lines.start <= plan.until)).sum())
    begun = np.flatnonzero(lines.start <= plan.until)
    counts["not_begun"] += lines.code.size - begun.size
    if begun.size == 0:
        raise nothing_left()
    key = lines.code[begun] * (plan.until + 1 - int(lines.start.min())) + lines.start[begun]
    order = np.argsort(key, kind="stable")
    if (np.diff(key[order]) == 0).any():  # a spell of no length comes before one of the same start
        order = np.lexsort((end[begun], key))
    order = begun[order]
    left = end < NEVER
    found = Spells(
        lines.code[order],
        lines.start[order],
        end[order],
        lines.start[order],
        None if reason is None else np.where(left, reason, -1)[order],
        None if lines.segment is None else lines.segment.place[order],
        counts,
    )
    return _window(_together(found, lines, plan), plan, lines)


def _check(lines: Lines, reason: Codes | None, plan: Plan) -> None:
    """Refuse what one line alone shows to be wrong."""
    ended, seen = lines.ended, lines.end <= plan.until
    refuse = plan.later != "censor"
    checks = [
        ("start", AFTER_WINDOW, refuse & (lines.start > plan.until)),
        ("end", END_BEFORE_START, ended & (lines.end < lines.start)),
        ("end", AFTER_WINDOW, refuse & ended & ~seen),
        ("end", ZERO_LENGTH, (plan.zero_length == "error") & seen & (lines.end == lines.start)),
    ]
    if reason is not None:
        checks.append(("reason", REASON_WITHOUT_END, ~ended & (reason >= 0)))
        checks.append(("reason", NO_REASON, seen & (reason < 0)))
    if lines.segment is not None:
        checks.append(("segment", NO_SEGMENT, lines.segment.place < 0))
    for argument, fault, bad in checks:
        lines.table[argument].refuse(bad, fault)


def _together(found: Spells, lines: Lines, plan: Plan) -> Spells:
    """The lines of one customer as spells, by the policy; until then each line is a spell."""
    same = found.code[1:] == found.code[:-1]
    refuse_conflicts(found, same, lines)
    counts = found.counts
    zero = found.left & (found.end == found.start)
    counts["zero_length"] = int(zero.sum())
    end = found.end + zero
    touching = same & (found.start[1:] <= end[:-1])
    if plan.reactivation == "error" and same.any():
        raise several(found, same, touching, lines)
    joined = touching if plan.reactivation == "new-spell" else same
    gaps = joined & ~touching
    counts["touching_lines"], counts["gaps"] = int(touching.sum()), int(gaps.sum())
    counts["returns"] = int((same & ~joined).sum())
    counts["gap_days"] = int((found.start[1:] - end[:-1])[gaps].sum())
    if found.reason is not None:
        counts["superseded_reasons"] = int((joined & (found.reason[:-1] >= 0)).sum())
    first = np.append(0, np.flatnonzero(~joined) + 1)
    last = np.append(first[1:], end.size) - 1
    since = int(found.start.min()) if plan.since is None else plan.since
    seen = np.minimum.reduceat(np.where(end > since, found.start, NEVER), first)
    return Spells(
        found.code[first],
        found.start[first],
        end[last],
        np.maximum(seen, since),  # who was away on the first day is watched from the return on
        None if found.reason is None else found.reason[last],
        None if found.segment is None else found.segment[first],
        counts,
    )


def _window(found: Spells, plan: Plan, lines: Lines) -> Spells:
    """The spells that somebody could see: those not over when the observation begins."""
    over = found.watched >= NEVER
    found.counts["ended_before"] = int(over.sum())
    if not over.any():
        return found
    if plan.earlier == "error":
        raise unseen(found, over, lines, plan)
    if over.all():
        raise nothing_left()
    return found.where(~over)


def refuse_conflicts(found: Spells, same: Mask, lines: Lines) -> None:
    """Refuse lines of one customer that cannot all be true; `same` marks a customer's further lines."""
    equal = same & (found.start[1:] == found.start[:-1]) & (found.end[1:] == found.end[:-1])
    if equal.any():
        rule, way_out = "must not say the same of a customer twice", "Drop the duplicates first."
        raise _pair("duplicate", found, equal, lines, rule, way_out)
    overlapping = same & (found.start[1:] < found.end[:-1])
    if overlapping.any():
        way_out = (
            "read_subscriptions(..., overlap='add', 'merge' or 'replace').tenures() reads them; "
            "if an end is the last day with the subscription, add a day."
        )
        raise _pair("inconsistent", found, overlapping, lines, "must not overlap for a customer", way_out)
    if found.segment is None or lines.segment is None:
        return
    differ = same & (found.segment[1:] != found.segment[:-1])
    if differ.any():
        where, names = int(np.argmax(differ)), lines.segment.names
        first, second = (names[int(found.segment[k])] for k in (where, where + 1))
        shown = Said(f"{_name(lines, found, where)}: {first!r}, then {second!r}")
        rule = f"must not change within a customer ({_customers(found.code[1:][differ])} this)"
        way_out = "Use the segment at the start, or make each stay in a segment an id of its own."
        raise InputError("inconsistent", "segment", shown, rule, way_out)


def several(found: Spells, same: Mask, touching: Mask, lines: Lines) -> InputError:
    """The error for several lines of a customer where nobody said what they mean."""
    count, gaps = (int(np.unique(found.code[1:][bad]).size) for bad in (same, same & ~touching))
    return InputError(
        "ambiguous",
        "reactivation",
        _two(found, same, lines),
        f"must say what several lines of a customer mean ({count:,} {'has' if count == 1 else 'have'} "
        f"several, {gaps:,} of them with a gap)",
        "Use 'new-spell' if coming back after a gap begins a new tenure, 'same-customer' if a gap "
        "does not end it; both join lines that follow each other without a gap.",
    )


def unseen(found: Spells, over: Mask, lines: Lines, plan: Plan) -> InputError:
    """The error for spells that were over when the observation began."""
    assert plan.since is not None
    shown = Said(_one(found, int(np.argmax(over)), lines))
    rule = (
        f"must lie before every end, and is {to_date(plan.since)} "
        f"({_customers(found.code[over])} this): those who had left by then are not all in the table"
    )
    way_out = "Leave observation_start out if the table has all who ever left, or use earlier='leave-out'."
    return InputError("dates-conflict", "observation_start", shown, rule, way_out)


def _pair(code: str, found: Spells, bad: Mask, lines: Lines, rule: str, way_out: str) -> InputError:
    value, rule = _two(found, bad, lines), f"{rule} ({_customers(found.code[1:][bad])} this)"
    return InputError(code, "source", value, rule, way_out)


def _customers(codes: Any) -> str:
    count = int(np.unique(codes).size)
    return counted(count, "customer breaks", "customers break")


def _two(found: Spells, bad: Mask, lines: Lines) -> Said:
    where = int(np.argmax(bad))
    return Said(f"{_one(found, where, lines)}, then {_span(found, where + 1)}")


def _one(found: Spells, where: int, lines: Lines) -> str:
    return f"{_name(lines, found, where)}: {_span(found, where)}"


def _span(found: Spells, where: int) -> str:
    start, end = int(found.start[where]), int(found.end[where])
    return f"{to_date(start)} to {'…' if end >= NEVER else to_date(end)}"


def _name(lines: Lines, found: Spells, where: int) -> str:
    one = take(lines.customers, found.code[where : where + 1].astype(np.intp))
    return f"customer {to_list(one)[0]!r}"
