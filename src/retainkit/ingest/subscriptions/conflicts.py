"""Lines that do not fit together, and policies that the caller has to choose: each with its customer."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.errors import InputError
from retainkit.ingest.subscriptions.plan import Plan
from retainkit.ingest.subscriptions.read import NEVER, Lines
from retainkit.ingest.subscriptions.spells import Spells
from retainkit.tables import Mask, Said, take, to_date, to_list


def refuse_conflicts(found: Spells, same: Mask, lines: Lines) -> None:
    """Refuse lines of one customer that cannot all be true; `same` marks a customer's further lines."""
    equal = same & (found.start[1:] == found.start[:-1]) & (found.end[1:] == found.end[:-1])
    if equal.any():
        rule, way_out = "must not say the same of a customer twice", "Drop the duplicates first."
        raise _pair("duplicate", found, equal, lines, rule, way_out)
    overlapping = same & (found.start[1:] < found.end[:-1])
    if overlapping.any():
        way_out = (
            "If a customer may have several subscriptions at a time, make each an id of its own or merge "
            "them first; if an end is the last day with the subscription, add a day."
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
        f"must say what several lines of a customer mean ({count:,} {_have(count)} several, {gaps:,} of "
        "them with a gap)",
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
    return f"{count:,} customer{' breaks' if count == 1 else 's break'}"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


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
