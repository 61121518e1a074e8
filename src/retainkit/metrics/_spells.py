"""Changes by customer and day → spells: from when to when each was there, and from when on watched."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, get_args

import numpy as np

from retainkit.errors import InputError, check_choice
from retainkit.ingest.subscriptions.plan import Plan, Reactivation, Tenure
from retainkit.ingest.subscriptions.policies import departure_reasons
from retainkit.ingest.subscriptions.read import NEVER
from retainkit.ingest.subscriptions.spells import Spells
from retainkit.ingest.subscriptions.stretches import Stretches
from retainkit.metrics._levels import Levels, Mask, Whole
from retainkit.plurals import counted
from retainkit.tables import DAY
from retainkit.typing import Unit
from retainkit.units import check_unit


class Watch(NamedTuple):
    """What is known of customers from before, and up to when all are watched."""

    since: int | None
    """The first day from which on every end is known; None if all ends are."""
    until: int
    acquired: Whole | None
    starts_known: bool


def plan_of(watch: Watch, id_name: str, unit: Unit, tenure: Tenure, reactivation: Reactivation) -> Plan:
    """On which clock tenures are to be told, checked."""
    check_choice("reactivation", reactivation, get_args(Reactivation))
    check_choice("tenure", tenure, get_args(Tenure))
    rest = ("count-as-a-day", "leave-out", "censor", None, DAY, "error", "keep")
    columns = {"customer_id": id_name}
    return Plan(columns, watch.since, watch.until, check_unit("unit", unit), tenure, reactivation, *rest)


def refuse_returns(spells: Spells, reactivation: Reactivation) -> None:
    """Refuse customers who came back where nobody said what that means."""
    if reactivation == "error" and spells.counts["returns"]:
        rule = f"must say what a return means ({counted(spells.counts['returns'], 'customer')} came back)"
        way_out = "Use 'new-spell', which begins a new tenure, or 'same-customer'."
        raise InputError("ambiguous", "reactivation", reactivation, rule, way_out)


def present(v: Levels) -> Levels:
    """The last change of every customer who is there at the end."""
    last = np.append(v.code[1:] != v.code[:-1], True)
    return v.where(last & v.there)


def _begun(start: Whole, code: Whole, watch: Watch) -> tuple[Whole, Mask]:
    """The starts of spells, those before the observation by what else is known; and which these are."""
    if watch.since is None:
        return start, np.zeros(start.size, np.bool_)
    early = start < watch.since
    return (start if watch.acquired is None else np.where(early, watch.acquired[code], start)), early


def spells_of_levels(
    v: Levels, watch: Watch, told: Stretches | None, *, by_plan: bool, joined: bool
) -> Spells:
    """Every spell that could be watched, or its part in each plan; `told` are the lines with reasons."""
    was, again = v.before(v.there), np.append(False, v.code[1:] == v.code[:-1])
    begins = v.there & ~was & ~(again & joined)
    group = np.zeros(v.code.size, np.int64) if v.group is None else v.group
    opens = begins | (by_plan & v.there & again & (group != v.before(group)))
    first = np.flatnonzero(opens)
    spell = np.flatnonzero(begins)[np.cumsum(begins)[first] - 1]
    follows = np.append(first[1:], v.code.size)
    # who goes on in another plan is seen in this one until then
    moved = np.append(opens & ~begins, False)[follows]
    left = ~v.there[follows - 1] & ~moved
    end = np.where(left, v.month[follows - 1], NEVER)
    seen = np.where(moved, np.append(v.month, 0)[follows], watch.until)
    start, early = _begun(v.month[spell], v.code[first], watch)
    watched = v.month[first] if watch.since is None else np.maximum(v.month[first], watch.since)
    kept = (~early | watch.starts_known) & (end > watched) & (seen >= watched)
    if not kept.any():
        rule = "must leave a customer whose first day is known, and who was watched"
        way_out = "Use opening='new' if the table goes back to the first customer, or name acquired=."
        raise InputError("empty", "opening", "existing", rule, way_out)
    gap = again & v.there & ~was & joined
    counts = Counter(returns=int((begins & again).sum()), gaps=int(gap.sum()))
    counts["gap_days"] = int((v.month - v.before(v.month))[gap].sum())
    counts["lines"] = int(kept.sum()) + counts["gaps"]
    reason = None if told is None else np.where(left, departure_reasons(told, v.code[first], end), -1)
    return Spells(v.code[first], start, end, watched, reason, group[first], counts, seen).where(kept)


def present_starts(v: Levels, code: Whole, watch: Watch) -> Whole:
    """The first day of the present spell of customers who are there, by number ascending."""
    begins = np.flatnonzero(v.there & ~v.before(v.there))
    last = np.searchsorted(v.code[begins], code, side="right") - 1
    start, early = _begun(v.month[begins[last]], code, watch)
    if early.any() and not watch.starts_known:
        many = int(early.sum())
        rule = f"must be known of all who are there: {many:,} were there before the first month"
        way_out = "Name the column of their first day: acquired=; or read with opening='new'."
        raise InputError("missing-value", "acquired", None, rule, way_out)
    return start
