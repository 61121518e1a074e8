"""The assumptions of a decision, and the value of each at which the decision turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, Domain
from retainkit.typing import NumberLike, Real

_STEPS = 160
_EVEN = 1e-9
_FARTHEST = 1e6  # times the assumed value: beyond it nobody would be mistaken


@dataclass(frozen=True, slots=True)
class Assumption:
    """One input of a decision.

    Attributes
    ----------
    name : str
        As the caller wrote it.
    value : float
        What was assumed; the mean where draws were given.
    meaning : str
    turning_point : float or None
        The value, nearest to the assumed one, at which the net gain is 0, all else as assumed; None where no
        value of this input turns the decision.
    """

    name: str
    value: float
    meaning: str
    turning_point: float | None

    def __str__(self) -> str:
        if self.turning_point is None:
            return f"{self.name} = {self.value:.6g} ({self.meaning}); no value of it turns the decision"
        return f"{self.name} = {self.value:.6g} ({self.meaning}); turns at {self.turning_point:.6g}"


@dataclass(frozen=True, slots=True)
class Given:
    """An input as it was given: its value (a number or draws), its domain and its meaning."""

    value: Real
    domain: Domain
    meaning: str

    @property
    def centre(self) -> float:
        """The number itself, or the mean of the draws."""
        return float(np.mean(self.value))


def assumptions(gain: Callable[..., NumberLike], inputs: Mapping[str, Given]) -> tuple[Assumption, ...]:
    """Every input with the value at which `gain`, a function of all of them by name, is 0.

    Draws count by their means. The search goes outwards from the assumed value over the input's
    domain and then closes in by bisection.
    """
    centre = {name: given.centre for name, given in inputs.items()}
    return tuple(
        Assumption(name, centre[name], given.meaning, _turning_point(gain, centre, name, given.domain))
        for name, given in inputs.items()
    )


def _turning_point(
    gain: Callable[..., NumberLike], centre: Mapping[str, float], name: str, domain: Domain
) -> float | None:
    def at(value: float) -> float:
        with np.errstate(all="ignore"):
            return float(gain(**{**centre, name: value}))

    here = centre[name]
    now = at(here)
    if now == 0.0:
        return here
    above, below = (_outwards(at, here, now, _path(here, domain, up=up)) for up in (True, False))
    if above is None or below is None:
        return below if above is None else above
    # as far up as down: up, whatever the last digits say
    return below if here - below < (1.0 - _EVEN) * (above - here) else above


def _path(here: float, domain: Domain, *, up: bool) -> list[float]:
    """Values further and further away from the assumed one, within the domain."""
    if domain is PROBABILITY:
        edge = 1.0 if up else 0.0
        return [*(here + (edge - here) * k / _STEPS for k in range(1, _STEPS)), edge]
    size = abs(here) if here else 1.0
    growth = np.geomspace(1e-3, _FARTHEST if here else 1e15, _STEPS)
    if up:
        return (here + size * growth).tolist()
    if domain in (NOT_NEGATIVE, POSITIVE):
        shrunk = (here * (1.0 - np.arange(1, _STEPS) / _STEPS)).tolist()
        return [*shrunk, 0.0] if domain is NOT_NEGATIVE else [*shrunk, here * 1e-6]
    return (here - size * growth).tolist()


def _outwards(at: Callable[[float], float], here: float, now: float, path: list[float]) -> float | None:
    last = here
    for value in path:
        there = at(value)
        if not math.isfinite(there):
            return None
        if there == 0.0 or (there > 0.0) != (now > 0.0):
            return _close_in(at, last, value)
        last = value
    return None


def _close_in(at: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(at, low, high, xtol=1e-14 * max(abs(low), abs(high), 1e-300), rtol=1e-13))
