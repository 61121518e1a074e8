"""Whether the parts of a plan go together."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise

from retainkit.decisions.plan.initiatives import AbstractInitiative
from retainkit.errors import InputError, near


def check_one_churn(*, margin: bool, churn: bool, curve: bool, segments: bool) -> None:
    """Margin and churn (or a curve) are given once, or segments in their place."""
    if not (margin or churn or curve) if segments else margin and churn != curve:
        return
    given = {"monthly_margin": margin, "monthly_churn": churn, "survival": curve, "segments": segments}
    shown = " and ".join(name for name, is_given in given.items() if is_given) or None
    rule = "must be given with monthly_margin, or survival with monthly_margin, or segments alone"
    way_out = "Margin has no default. A survival curve takes the place of churn, segments that of both."
    raise InputError("not-one-of", "monthly_churn", shown, rule, way_out)


def check_curve(curve: Sequence[float], months: int, arrivals: float) -> None:
    """A survival curve is that of the customers of now, over the whole horizon."""
    falling = all(b <= a for a, b in pairwise(curve))
    if len(curve) <= months or curve[0] != 1.0 or not falling or curve[months] <= 0.0:
        shown = f"{len(curve)} values, from {curve[0]:g} to {curve[-1]:g}" if curve else "no value"
        rule = f"must fall from 1 and stay above 0, with {months + 1} values or more (horizon_months + 1)"
        way_out = "A model's survival at 0, 1, 2, … months from now, for those who are there now."
        raise InputError("not-a-curve", "survival", shown, rule, way_out)
    if arrivals:
        rule = "must be 0 with survival, which is that of the customers of now"
        way_out = "Give monthly_churn, or make a second plan for new customers."
        raise InputError("inconsistent", "monthly_new_customers", arrivals, rule, way_out)


def check_whole(argument: str, shares: Collection[float]) -> None:
    """Shares add to 1."""
    # shares are typed by people: three times 0.3333 will not do, 0.1 ten times must
    if not math.isclose(math.fsum(shares), 1.0, abs_tol=1e-9):
        rule = "must have shares that add to 1"
        way_out = "Name the rest, for example 'other'."
        raise InputError("inconsistent", argument, math.fsum(shares), rule, way_out)


def check_known(argument: str, name: str | None, known: Collection[str], plural: str) -> None:
    """What an initiative is for is there in the plan."""
    if name is not None and name not in known:
        way_out = near(name, known) + (f"They are: {', '.join(known)}." if known else "It has none.")
        raise InputError("unknown-choice", argument, name, f"must be one of the plan's {plural}", way_out)


def check_possible(
    initiative: AbstractInitiative, place: str, *, curve: bool, arrivals: float, months: int
) -> None:
    """An initiative acts on something that the plan has, before its end."""
    targets = {effect.target for effect in initiative.effects()}
    if "churn_points" in targets and curve:
        rule = "must act by a hazard ratio where the plan has a survival curve: churn differs by month"
        raise InputError("inconsistent", place, "points of churn", rule, "Give hazard_ratio.")
    if "acquisition" in targets and arrivals == 0.0:
        rule = "must not be given where monthly_new_customers is 0: there is nothing to lift"
        way_out = "Say how many customers are won per month without the plan."
        raise InputError("inconsistent", f"{place}.acquisition_lift", "given", rule, way_out)
    if initiative.start_month >= months:
        rule = f"must lie before the horizon, {months} months"
        way_out = "Look further ahead, or leave the initiative out."
        raise InputError("out-of-range", f"{place}.start_month", initiative.start_month, rule, way_out)


def check_names(names: Sequence[str]) -> None:
    """Results are told apart by name."""
    for place, name in enumerate(names):
        if name in names[:place]:
            rule = "must differ from the names of the others"
            way_out = "Results are told apart by name."
            raise InputError("duplicate", f"initiatives[{place}].name", name, rule, way_out)
