"""Chances to leave by age and plan: of each plan the models that may describe it, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from retainkit.errors import FitError, InputError
from retainkit.inference import Posterior, average, posterior
from retainkit.inference.spread import with_draws
from retainkit.metrics import SubscriptionBase
from retainkit.models import BetaDiscreteWeibull, DiscreteWeibull, Geometric, ShiftedBetaGeometric
from retainkit.models.average import ModelAverage
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily
from retainkit.protocols import model_of, parameter_shape
from retainkit.summaries import Renewals
from retainkit.typing import Array
from retainkit.valuation.inputs import check_survival
from retainkit.valuation.recurring.history import TOGETHER, Cells, History, ratio
from retainkit.valuation.subscribers import Fits, check_plans

_MODELS: tuple[Any, ...] = (Geometric, ShiftedBetaGeometric, DiscreteWeibull, BetaDiscreteWeibull)


def hazards(
    base: SubscriptionBase,
    cells: Cells,
    history: History,
    ages: int,
    draws: int,
    rng: np.random.Generator,
    given: Mapping[str, Any],
) -> tuple[Array, dict[str, str]]:
    """(draws, plans, ages) chances to leave after each age, and which models said so for each plan.

    `given` are estimates by plan, or families of which to find the posterior in this base; of plans that are
    not among them some models are averaged, each by how probable it is there.
    """
    own = _tenures(base, cells)
    whole: Posterior[Any] | None = None
    chances: list[Array] = []
    told: dict[str, str] = {}
    for name in cells.names:
        estimate = given.get(name)
        if estimate is None or isinstance(estimate, AbstractFamily):
            estimate = _found(cast("Any", estimate), own.get(name), draws, rng)
        if estimate is None:  # a plan of few customers is like all
            whole = whole or _found(None, base.renewals, draws, rng)
            estimate = whole
            told[name] = "that of all plans: "
        if estimate is None:
            reason = "Of too few customers is known how they leave, and no model fits."
            raise FitError("no-evidence", reason, way_out="Use more months or more customers.")
        alive = _drawn(estimate, draws, rng, np.arange(ages + 1.0))
        chances.append(1.0 - ratio(alive[:, 1:], alive[:, :-1]))  # who has left by then stays away
        told[name] = f"{told.get(name, '')}{_label(estimate)}"
        if name == TOGETHER:
            told[name] = f"that of {(cells.place == len(cells.names) - 1).sum():,} {name}: {told[name]}"
    for place in range(
        len(cells.names), len(history.plans)
    ):  # of ages that are not known, one chance for all
        left, there = history.left[:, place].sum(), history.at_risk[:, place].sum()
        # Jeffreys' prior, which is proper even if nobody of them has left yet
        chance = rng.beta(left + 0.5, there - left + 0.5, size=draws)
        chances.append(np.repeat(chance[:, None], ages, axis=1))
    of_plan = zip(base.plan_sets or ("",), cells.place.tolist(), strict=True)
    return np.stack(chances, axis=1), {plan: told[cells.names[k]] for plan, k in of_plan}


def _tenures(base: SubscriptionBase, cells: Cells) -> dict[str, Renewals]:
    """The spells of each cell; a customer with two plans at a time is of a kind of its own."""
    if not base.plan_sets:
        return {"": base.renewals}
    # a move between plans of one cell parts the spell: watched from then on, so that nothing counts twice
    found = base.tenures(segment="plan")
    place = dict(zip(base.plan_sets, cells.place.tolist(), strict=True))
    of_plan = np.array([place[plan] for plan in found.segments])
    return replace(found, segments=cells.names, segment=of_plan[found.segment]).by_segment


def by_plan(given: Fits | None, plans: tuple[str, ...]) -> dict[str, Any]:
    """The estimates that were given, by the name of a plan, or that of all by each name; checked."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        named: Mapping[str, Any] = given
        check_plans(named, plans)
        for plan in plans:
            if plan not in named:
                rule, way_out = "must have a model for every plan of the base", f"Add one for {plan!r}."
                raise InputError("unmatched", "fit", sorted(named), rule, way_out)
    else:
        named = dict.fromkeys(plans or ("",), given)
    for plan, estimate in named.items():
        argument = f"fit[{plan!r}]" if isinstance(given, Mapping) else "fit"
        model = check_survival(estimate, argument)
        if model.unit != "month":
            way_out = "Fit to the base itself, which counts months."
            raise InputError("unit-mismatch", argument, model.unit, "must count months here", way_out)
        shape = parameter_shape(model)
        if shape and not (len(shape) == 2 and shape[1] == 1):
            rule, way_out = "must be one model, or draws of it, (draws, 1)", "Give that of all customers."
            raise InputError("wrong-shape", argument, f"parameters of shape {shape}", rule, way_out)
    return dict(named)


def families(estimates: Mapping[str, Any]) -> dict[str, Any]:
    """Of estimates the families, of which to find the posterior in another base; curves have none."""
    kinds = {plan: getattr(one, "family", None) for plan, one in estimates.items()}
    return {plan: kind for plan, kind in kinds.items() if kind is not None}


def _drawn(estimate: Any, draws: int, rng: np.random.Generator, ages: Array) -> Array:
    """(draws, ages) still there, of what is known of a model; a curve is the same in all draws."""
    model: Any = model_of(estimate)
    if not isinstance(cast("object", model), AbstractModel):
        return np.broadcast_to(np.asarray(model.survival(ages)), (draws, ages.size))
    alive = np.asarray(cast("Any", with_draws(estimate, int(rng.integers(2**31)), draws)).survival(ages))
    return alive[np.arange(draws) % len(alive)]  # of few draws each several times


def _label(estimate: Any) -> str:
    spells = getattr(estimate, "customers", None)
    name = estimate.family.name if hasattr(estimate, "family") else type(model_of(estimate)).__name__
    model: Any = getattr(estimate, "model", None)
    if isinstance(model, ModelAverage):
        told = zip(model.among.labels, model.places, strict=True)
        draws = sum(place.size for place in model.places)
        shares = {label: place.size / draws for label, place in told}
        name = ", ".join(f"{label} {share:.0%}" for label, share in shares.items() if share >= 0.005)
    return name if spells is None else f"{name} of {spells:,.0f} spells"


def _found(
    family: AbstractFamily[Any] | None, renewals: Renewals | None, draws: int, rng: np.random.Generator
) -> Posterior[Any] | None:
    """The posterior of a family, or over the models; None where so few customers tell of none."""
    found: list[Posterior[Any]] = []
    for model in () if renewals is None else (family,) if family is not None else _MODELS:
        try:
            found.append(posterior(cast("Any", model), cast("Renewals", renewals), draws=draws, seed=rng))
        except FitError:
            continue
    # the best of them alone would be too sure: intervals held 86% of what came in place of 90%
    return average(found, share="evidence") if len(found) > 1 else found[0] if found else None
