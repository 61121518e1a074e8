"""What every yes-or-no record can do: the gain, how sure it is, and the assumptions that would turn it."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from retainkit.columns import columns
from retainkit.decisions._base.draws import interval, mean, plain, probability_positive
from retainkit.decisions._base.old_assumption_table import assumption_table
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.domains import GROWTH, NOT_NEGATIVE, PROBABILITY, SHARE_ABOVE_0, Domain
from retainkit.errors import InputError
from retainkit.records import AbstractRecord
from retainkit.typing import Array, NumberLike, Plain, Real

_SEARCHED = {GROWTH: NOT_NEGATIVE, SHARE_ABOVE_0: PROBABILITY}
"""Where a break-even value is looked for, if not in the whole domain."""


@dataclass(frozen=True, eq=False, kw_only=True)
class AbstractDecision(AbstractRecord):
    """A decision: what it gains, and what it was assumed to rest on.

    Attributes
    ----------
    gain : float or (draws,), money
        What the decision brings, less what it costs; draws where an input was given as draws.
    assumptions : tuple of Assumption
        Every input, with the value at which the decision turns.
    """

    gain: Real
    assumptions: tuple[Assumption, ...]

    @property
    def worth_it(self) -> bool:
        """Whether the gain, or the mean of its draws, is above 0."""
        return mean(self.gain) > 0.0

    @property
    def probability_of_gain(self) -> float:
        """The share of draws with a gain above 0; 0 or 1 where every input is a number."""
        return probability_positive(self.gain)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """The middle part of the draws of the gain; a number is its own interval."""
        return interval(self.gain, PROBABILITY.check("level", level))

    def as_dict(self) -> Plain:
        """The figures, draws as lists, with the verdict and the assumptions."""
        figures = {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name != "assumptions"}
        verdict = {"worth_it": self.worth_it, "probability_of_gain": self.probability_of_gain}
        stated = [
            {"name": a.name, "value": a.value, "meaning": a.meaning, "turning_point": a.turning_point}
            for a in self.assumptions
        ]
        return {**figures, **verdict, "assumptions": stated}

    @abstractmethod
    def headline(self) -> str:
        """The verdict in a sentence or two."""

    def __str__(self) -> str:
        verdict = "Worth it" if self.worth_it else "Not worth it"
        if np.ndim(self.gain):
            verdict += f" (probability of a gain {self.probability_of_gain:.0%})"
        return f"{verdict}: {self.headline()}\n{assumption_table(self.assumptions)}"


class Input(NamedTuple):
    """A checked input of a decision, and the domain that it was checked against."""

    given: Given
    domain: Domain


def given(**inputs: tuple[NumberLike, Domain, str]) -> dict[str, Input]:
    """The inputs of a decision by name, (value, domain, meaning): numbers, or draws of one length.

    Raises
    ------
    InputError
        For values outside their domain, draws of unequal number, and tables.
    """
    values, _ = columns(**{name: (value, domain) for name, (value, domain, _) in inputs.items()})
    found: dict[str, Input] = {}
    for value, (name, (_, domain, meaning)) in zip(values, inputs.items(), strict=True):
        if value.ndim > 1:
            way_out = "Decide one case at a time; for a table of cases take the formulas."
            raise InputError("wrong-shape", name, value, "must be a number, or one column of draws", way_out)
        found[name] = Input(Given(number(value), _SEARCHED.get(domain, domain), meaning), domain)
    return found


def values_of(inputs: Mapping[str, Input]) -> Plain:
    """The numbers and draws themselves, by name."""
    return {name: i.given.value for name, i in inputs.items()}


def turning_points(gain: Callable[..., NumberLike], inputs: Mapping[str, Input]) -> tuple[Assumption, ...]:
    """`assumptions` within the domains, and as far as `gain` has an answer.

    Inputs that are fine one by one may contradict each other: there the search ends.
    """

    def answer(**x: float) -> NumberLike:
        if not all(i.domain.contains(x[name]) for name, i in inputs.items()):
            return math.inf
        try:
            return gain(**x)
        except InputError:
            return math.inf

    return assumptions(answer, {name: i.given for name, i in inputs.items()})


def number(value: NumberLike) -> Real:
    """A float for a single number, else the array."""
    array: Array = np.asarray(value, np.float64)
    return array.item() if array.ndim == 0 else array
