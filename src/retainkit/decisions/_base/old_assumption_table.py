"""The assumptions of a decision as the lines below its verdict."""

from __future__ import annotations

from retainkit.decisions._base.old_assumptions import Assumption


def assumption_table(assumptions: tuple[Assumption, ...]) -> str:
    """One line an assumption: name, value, where it turns, and what it is."""
    if not assumptions:
        return "  nothing is assumed that could turn it"
    rows = [("assumed", "value", "turns at", "what it is")]
    rows += [
        (a.name, f"{a.value:.6g}", "-" if a.turning_point is None else f"{a.turning_point:.6g}", a.meaning)
        for a in assumptions
    ]
    wide = [max(len(row[k]) for row in rows) for k in range(3)]
    return "\n".join(
        f"  {name:<{wide[0]}}  {value:>{wide[1]}}  {turn:>{wide[2]}}  {words}"
        for name, value, turn, words in rows
    )
