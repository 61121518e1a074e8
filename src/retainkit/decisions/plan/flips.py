"""The value of each input at which a plan, or an initiative of it, turns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions._base.old_assumptions import Assumption, Given
from retainkit.decisions._base.old_decision import Input, turning_points
from retainkit.decisions.plan.effects import centres, moved
from retainkit.decisions.plan.population import Base, Moved, Population, populate
from retainkit.decisions.plan.question import Question
from retainkit.domains import POSITIVE, REAL


def base_assumptions(question: Question, members: NDArray[np.bool_]) -> tuple[Assumption, ...]:
    """Of the customers, for a set of initiatives with their effects at the means."""
    doing = [i for i, is_in in zip(question.initiatives, members, strict=True) if is_in]
    # effects at their means: one draw, so that a plan of thirty inputs is searched in a second
    at = centres(doing)

    def gain(**inputs: float) -> float:
        base = question.base(**inputs)
        effects = moved(doing, base, at.effects, at.owner, at.value)
        return _gain(populate(base, doing), effects)

    return turning_points(gain, question.inputs)


def effect_assumptions(question: Question) -> list[tuple[Assumption, ...]]:
    """Of each initiative's effects, for the initiative alone with its other effects at their means."""
    base = question.base()
    return [_of_one(question, base, place) for place in range(len(question.initiatives))]


def _of_one(question: Question, base: Base, place: int) -> tuple[Assumption, ...]:
    doing = [question.initiatives[place]]
    population, at = populate(base, doing), centres(doing)
    inputs = {
        effect.field: Input(Given(float(value[0]), domain, effect.meaning), domain)
        for effect, value in zip(at.effects, at.value, strict=True)
        for domain in [POSITIVE if effect.target == "hazard_ratio" else REAL]
    }

    def gain(**values: float) -> float:
        drawn = np.array([[values[effect.field]] for effect in at.effects])
        effects = moved(doing, base, at.effects, at.owner, drawn)
        return _gain(population, effects)

    return turning_points(gain, inputs)


def _gain(population: Population, effects: Moved) -> float:
    """Of everything over nothing, for a single draw."""
    nothing = np.zeros(effects.money.shape[0], np.bool_)
    # both in one call: the population is the same, and so are its months
    without, with_all = population.worth(np.array([nothing, ~nothing]), effects)[:, 0]
    return float(with_all - without)
