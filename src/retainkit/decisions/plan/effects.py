"""Draws of the effects, and what they move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit.decisions.plan.initiatives import AbstractInitiative, Effect
from retainkit.decisions.plan.population import Base, Moved
from retainkit.domains import generator
from retainkit.errors import refuse_where
from retainkit.typing import Array, Real


@dataclass(frozen=True, slots=True)
class Draws:
    """Values of all effects of all initiatives, in the order of `listed`: one row per effect."""

    value: Array  # (effects, draws)
    score: Array  # (effects, draws): the standard normal quantile of each draw


def draw(initiatives: Sequence[AbstractInitiative], *, draws: int, seed: int) -> Draws:
    """A Latin hypercube: of each effect the middles of `draws` equal parts of its distribution, shuffled."""
    from scipy.special import ndtri

    effects = [effect for _, effect in listed(initiatives)]
    rng = generator(seed)
    # each part of a distribution once: means settle with far fewer draws than by chance
    middles = (np.arange(draws) + 0.5) / draws
    chance = np.array([rng.permutation(middles) for _ in effects])
    value = np.array([e.uncertain.quantile(u, e.distribution) for e, u in zip(effects, chance, strict=True)])
    # nothing is uncertain: one draw says it all
    if all(e.uncertain.certain for e in effects):
        chance, value = chance[:, :1], value[:, :1]
    return Draws(value, ndtri(chance))


def one_or_draws(draws: Array) -> Real:
    """A number where there is a single draw: every effect is known."""
    return draws if draws.size > 1 else draws.item()


def listed(initiatives: Sequence[AbstractInitiative]) -> list[tuple[int, Effect]]:
    """All effects of all initiatives, each with the place of the initiative it belongs to."""
    return [(place, effect) for place, i in enumerate(initiatives) for effect in i.effects()]


def moved(initiatives: Sequence[AbstractInitiative], base: Base, value: Array) -> Moved:
    """What the values of the effects, (effects, draws), do to hazard, margin and new customers."""
    shape = (len(initiatives), value.shape[1])
    log_ratio, money, lift = np.zeros((base.shares.size, *shape)), np.zeros(shape), np.zeros(shape)
    money -= np.array([[i.total_monthly_cost_per_customer] for i in initiatives])
    for (place, effect), drawn in zip(listed(initiatives), value, strict=True):
        if effect.target == "margin":
            money[place] += effect.scale * drawn
        elif effect.target == "acquisition":
            _refuse(drawn <= -1.0, drawn, initiatives[place], effect, "must stay above -1 (-100%)")
            lift[place] += effect.scale * drawn
        else:
            log_ratio[:, place] += _log_ratio(initiatives[place], base, effect, drawn)
    return Moved(log_ratio, money, lift)


def _log_ratio(initiative: AbstractInitiative, base: Base, effect: Effect, drawn: Array) -> Array:
    """Of the hazard that the initiative acts on; (segments, draws) or (draws,)."""
    if effect.target == "log_hazard":
        return effect.scale * drawn
    if effect.target == "hazard_ratio":
        _refuse(drawn <= 0.0, drawn, initiative, effect, "must stay above 0")
        return effect.scale * np.log(drawn)
    # points of all churn are more points of one reason: the ratio is that of the part acted on
    share = base.reasons[initiative.churn_reason] if initiative.churn_reason else 1.0
    less = effect.scale * drawn
    logs = np.zeros((base.shares.size, drawn.size))
    for s, name in enumerate(base.segments):
        if initiative.segment in (None, name):
            assert base.churn is not None  # a plan with a curve has no churn points
            churn = base.churn[s]
            hazard = -np.log1p(-churn)
            rule = "must leave some churn of what it acts on, in every draw"
            _refuse((less >= churn) | (less <= churn - 1.0), drawn, initiative, effect, rule)
            # points of churn as a ratio of hazards, which is what multiplies with other initiatives
            ratio = 1.0 - (1.0 + np.log1p(less - churn) / hazard) / share
            _refuse(ratio <= 0.0, drawn, initiative, effect, rule)
            logs[s] = np.log(ratio)
    return logs


def _refuse(
    bad: NDArray[np.bool_], drawn: Array, initiative: AbstractInitiative, effect: Effect, rule: str
) -> None:
    way_out = "Give a narrower range or another distribution, or a hazard ratio in place of points."
    refuse_where(bad, "out-of-range", f"{initiative.name}: {effect.field}", drawn, rule, way_out)
