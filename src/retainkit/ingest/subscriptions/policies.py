"""Lines → spells: each line checked against the window, a customer's lines put together by the policy."""

from __future__ import annotations

from collections import Counter

import numpy as np

from retainkit.ingest.subscriptions.conflicts import refuse_conflicts, several, unseen
from retainkit.ingest.subscriptions.plan import Plan
from retainkit.ingest.subscriptions.problems import (
    AFTER_WINDOW,
    END_BEFORE_START,
    NO_REASON,
    NO_SEGMENT,
    REASON_WITHOUT_END,
    ZERO_LENGTH,
    nothing_left,
)
from retainkit.ingest.subscriptions.read import NEVER, Lines
from retainkit.ingest.subscriptions.spells import Spells
from retainkit.tables import Codes


def spells_of(lines: Lines, reason: Codes | None, plan: Plan) -> Spells:
    """The spells of a table inside its window; `reason` holds the places among the plan's reasons."""
    _check(lines, reason, plan)
    counts = Counter(lines=lines.code.size)
    end = np.where(lines.end > plan.until, NEVER, lines.end)
    counts["later_ends"] = int((lines.ended & (end == NEVER) & (lines.start <= plan.until)).sum())
    begun = np.flatnonzero(lines.start <= plan.until)
    counts["not_begun"] = lines.code.size - begun.size
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
    refuse = plan.later == "error"
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
