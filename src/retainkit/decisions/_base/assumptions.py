"""The assumptions of a decision, and the value of each at which the decision turns.

The turning point is sought on the quantity that the verdict is about: the gain, or its mean where inputs
are draws. An input given as draws is moved as a whole, so that its mean is the value in question and no draw
leaves the domain; at its own mean nothing is moved, and the search starts at the verdict itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retainkit._numerics.search import roots_between
from retainkit.decisions._base.inputs import Question, Stated
from retainkit.display import html_table
from retainkit.domains import GROWTH, NOT_NEGATIVE, Domain
from retainkit.errors import InputError
from retainkit.records import Record
from retainkit.typing import Array, Plain, Real

_STEPS = 160  # of the search on either side: a flip between two of them and back is not seen
_EVEN = 1e-9  # a flip above that is as near as one below, up to rounding, is the one told
_FARTHEST = 1e6  # times the assumed value: beyond it nobody would be mistaken


@dataclass(frozen=True, eq=False)
class Assumption(Record):
    """One input of a decision.

    Attributes
    ----------
    name : str
        As the caller wrote it.
    value : float
        What was assumed; the mean where draws were given.
    meaning : str
    turning_point : float or None
        The value, nearest to the assumed one, at which the gain is 0, all else as assumed; None where no
        value of this input turns the decision.
    """

    name: str
    value: float
    meaning: str
    turning_point: float | None

    def __str__(self) -> str:
        said = f"{self.name} = {self.value:.6g} ({self.meaning})"
        if self.turning_point is None:
            return f"{said}; no value of it turns the decision"
        return f"{said}; turns at {self.turning_point:.6g}"


def turning_points(question: Question) -> tuple[Assumption, ...]:
    """Every input with the value at which the gain, or its mean over draws, is 0.

    The search goes outwards from the assumed value over the input's domain and then closes in. Inputs that
    are fine one by one may contradict each other: there the search ends.
    """
    return tuple(
        Assumption(name, stated.centre, stated.meaning, _turning_point(question, name, stated))
        for name, stated in question.stated().items()
    )


def moved(stated: Stated, value: float) -> Real:
    """The input with its mean at `value`: the number; draws shifted, or drawn towards the domain's edge."""
    draws, domain = stated.value, stated.domain
    if np.ndim(draws) == 0:
        return value
    centre = stated.centre
    edge = domain.high if value > centre else domain.low
    if math.isinf(edge) or value == centre or centre == edge:
        return draws + (value - centre)
    return edge + (draws - edge) * ((value - edge) / (centre - edge))


def mean_gain_at(question: Question, name: str, value: float) -> float:
    """The gain, or its mean, with one input at another value; ``inf`` where there is no answer."""
    stated = question.stated()[name]
    if not stated.domain.contains(value):
        return math.inf
    try:
        with np.errstate(all="ignore"):
            gain: Array = np.asarray(question.gain_at(**{name: moved(stated, value)}), np.float64)
            return float(gain.mean())
    except (InputError, ArithmeticError):
        return math.inf


def _turning_point(question: Question, name: str, stated: Stated) -> float | None:
    def at(value: float) -> float:
        return mean_gain_at(question, name, value)

    here = stated.centre
    now = at(here)
    domain = NOT_NEGATIVE if stated.domain is GROWTH else stated.domain  # nobody assumes a negative discount
    gains = _at_once(question, name, at)
    paths = (_path(here, domain, up=up) for up in (True, False))
    above, below = (_outwards(at, here, now, path, gains(path)) for path in paths)
    if above is None or below is None:
        return below if above is None else above
    # as far up as down: up, whatever the last digits say
    return below if here - below < (1.0 - _EVEN) * (above - here) else above


def _path(here: float, domain: Domain, *, up: bool) -> list[float]:
    """Values further and further away from the assumed one, up to the edge of the domain."""
    edge = domain.high if up else domain.low
    if not math.isfinite(here) or edge == here:
        return []
    if math.isinf(edge):
        size = abs(here) if here else 1.0
        growth = size * np.geomspace(1e-3, _FARTHEST if here else 1e15, _STEPS)
        return (here + growth if up else here - growth).tolist()
    steps = (here + (edge - here) * np.arange(1, _STEPS) / _STEPS).tolist()
    return [*steps, edge] if domain.contains(edge) else [*steps, edge + (here - edge) * 1e-6]


def _at_once(
    question: Question, name: str, at: Callable[[float], float]
) -> Callable[[Sequence[float]], Sequence[float] | None]:
    """The gains on a whole path in one call, where every input is a number and the formula takes columns."""
    plain = all(np.ndim(s.value) == 0 for s in question.stated().values())

    def gains(path: Sequence[float]) -> Sequence[float] | None:
        if not plain or not path:
            return None
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(question.gain_at(**{name: np.asarray(path)}), np.float64)
        except (InputError, ArithmeticError, ValueError, TypeError, IndexError):
            return None  # something on the path has no answer, or the formula takes numbers alone
        if found.shape != (len(path),):
            return None
        middle = len(path) // 2
        alone = at(path[middle])
        agree = (
            math.isclose(found.item(middle), alone, rel_tol=1e-9, abs_tol=1e-300) or found[middle] == alone
        )
        return found.tolist() if agree else None

    return gains


def _outwards(
    at: Callable[[float], float],
    here: float,
    now: float,
    path: Sequence[float],
    gains: Sequence[float] | None,
) -> float | None:
    last = here
    for k, value in enumerate(path):
        there = at(value) if gains is None else gains[k]
        if not math.isfinite(there):
            return None
        # a gain of 0 is no gain: the verdict of "no" holds on it, and that of "yes" ends there
        if (there > 0.0) != (now > 0.0):
            return _close_in(at, last, value, at_end=there == 0.0)
        last = value
    return None


def _close_in(at: Callable[[float], float], low: float, high: float, *, at_end: bool) -> float:
    """Where the verdict turns: also where the gain is 0 on one whole side of it."""

    def each(values: Array) -> Array:
        found = np.array([at(v) for v in values.tolist()])
        return np.where(found == 0.0, -math.ulp(0.0), found)

    if at_end and at(high + _EVEN * (low - high)) > 0.0:
        return high
    return roots_between(each, np.array([low]), np.array([high])).item()


def assumption_cells(assumptions: Sequence[Assumption]) -> list[tuple[str, str, str, str]]:
    """The table of assumptions with its headings: name, value, where it turns, and what it is."""
    rows = [("assumed", "value", "turns at", "what it is")]
    return rows + [
        (a.name, f"{a.value:.6g}", "-" if a.turning_point is None else f"{a.turning_point:.6g}", a.meaning)
        for a in assumptions
    ]


def assumption_text(assumptions: Sequence[Assumption]) -> str:
    """The table as the lines below a verdict."""
    if not assumptions:
        return "  nothing is assumed that could turn it"
    rows = assumption_cells(assumptions)
    wide = [max(len(row[k]) for row in rows) for k in range(3)]
    return "\n".join(
        f"  {name:<{wide[0]}}  {value:>{wide[1]}}  {turn:>{wide[2]}}  {words}"
        for name, value, turn, words in rows
    )


def assumption_html(assumptions: Sequence[Assumption]) -> str:
    """The table for a notebook."""
    return html_table("What it rests on", assumption_cells(assumptions), left=1) if assumptions else ""


def stated_rows(question: Question) -> list[Plain]:
    """The assumptions without their turning points, which cost most of the time."""
    return [
        {"name": name, "value": stated.centre, "meaning": stated.meaning}
        for name, stated in question.stated().items()
    ]
