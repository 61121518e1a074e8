"""How far a held-out total may be off for a verdict, and the words of it: one home for all who say it."""

from __future__ import annotations

from typing import Literal, TypeAlias

CLOSE = 0.10  # of the held-out total: beyond, a plan built on it is wrong by more than most plans allow
USABLE = 0.25  # beyond, a total says nothing that a plain guess would not

Grade: TypeAlias = Literal["good", "care", "bad"]


def grade_of(relative_error: float, *, beats_guess: bool = True) -> Grade:
    """Whether figures can be used, by what was predicted over what came, minus 1."""
    off = abs(relative_error)
    if off > USABLE:
        return "bad"
    return "good" if off <= CLOSE and beats_guess else "care"


def head_of(grade: Grade, came: str, more: str, fewer: str, relative_error: float) -> str:
    """The verdict in one line: `came` where that was foretold, else which way it was missed."""
    if grade == "good":
        return f"It foretold {came}, within {CLOSE:.0%}"
    missed = more if relative_error < 0.0 else fewer
    return (
        f"{'Use with care' if grade == 'care' else 'Do not rely on totals'}: {missed} than the model foresaw"
    )
