"""Chances to leave by age and plan: of each plan the model that describes it best, and how sure it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.errors import FitError
from retainkit.inference import Fit, fit
from retainkit.metrics import SubscriptionBase
from retainkit.models import BetaDiscreteWeibull, DiscreteWeibull, Geometric, ShiftedBetaGeometric
from retainkit.summaries import Renewals
from retainkit.typing import Array
from retainkit.valuation.recurring.history import History, ratio

_MODELS: tuple[Any, ...] = (Geometric, ShiftedBetaGeometric, DiscreteWeibull, BetaDiscreteWeibull)


def hazards(
    base: SubscriptionBase, history: History, ages: int, draws: int, rng: np.random.Generator
) -> tuple[Array, dict[str, str]]:
    """(draws, plans, ages) chances to leave after each age, and which model said so for each plan."""
    names = base.plan_sets or ("",)
    own = base.by("plan") if base.plan_sets else {"": base.renewals}
    whole: Fit[Any] | None = None
    chances: list[Array] = []
    told: dict[str, str] = {}
    # a customer with two plans at a time is of a kind of its own: plan_sets, not plans
    for name in names:
        best = _best(own.get(name))
        if best is None:  # a plan of few customers is like all
            whole = whole or _best(base.renewals)
            best = whole
            told[name] = "that of all plans: "
        if best is None:
            reason = "Of too few customers is known how they leave, and no model fits."
            raise FitError("no-evidence", reason, way_out="Use more months or more customers.")
        alive = best.draws(draws, seed=rng).survival(np.arange(ages + 1.0))
        chances.append(1.0 - ratio(alive[:, 1:], alive[:, :-1]))  # who has left by then stays away
        told[name] = f"{told.get(name, '')}{best.family.name} of {best.customers:,.0f} spells"
    for place in range(len(names), len(history.plans)):  # of ages that are not known, one chance for all
        left, there = history.left[:, place].sum(), history.at_risk[:, place].sum()
        # Jeffreys' prior, which is proper even if nobody of them has left yet
        chance = rng.beta(left + 0.5, there - left + 0.5, size=draws)
        chances.append(np.repeat(chance[:, None], ages, axis=1))
    return np.stack(chances, axis=1), told


def _best(renewals: Renewals | None) -> Fit[Any] | None:
    """The model with the least AIC among those that have a fit."""
    if renewals is None:
        return None
    found: list[Fit[Any]] = []
    for model in _MODELS:
        try:
            fitted = fit(model, renewals, on_failure="return")
        except FitError:
            continue
        if fitted.diagnostics.converged:
            found.append(fitted)
    return min(found, key=lambda fitted: fitted.aic, default=None)
