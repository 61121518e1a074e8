"""The inputs of a scenario: their domains, and how they become the few numbers that formulas take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TypeGuard

import numpy as np

from retainkit.domains import GROWTH, NOT_NEGATIVE, POSITIVE, PROBABILITY, RATE, REAL, Domain
from retainkit.draws import Draws
from retainkit.economics.cashflows.capital import convert_rate
from retainkit.errors import InputError, near
from retainkit.rates import Rate
from retainkit.timing import FlowTiming
from retainkit.typing import Array, NumberLike, Real


def _whole_or_endless(v: NumberLike) -> NumberLike:
    return (v >= 1.0) & (v == np.floor(v))  # inf is its own floor, and passes as "without end"


def _at_most_one(v: NumberLike) -> NumberLike:
    return (v > -inf) & (v <= 1.0)  # negative too: a product may cost more than it brings


_SHARE = replace(
    REAL,
    rule="must be a share of revenue, at most 1",
    contains=_at_most_one,
    way_out="Write 80% as 0.8.",
    high=1.0,
)
_MONTHS = replace(
    POSITIVE,
    rule="must be a whole number of months, 1 or more",
    contains=_whole_or_endless,
    way_out="Leave it out for a horizon without end.",
)

DOMAINS: dict[str, Domain] = {
    "acquisition_cost": NOT_NEGATIVE,
    "onboarding_cost": NOT_NEGATIVE,
    "monthly_margin": REAL,
    "monthly_revenue": NOT_NEGATIVE,
    "margin_share": _SHARE,
    "monthly_retention_cost": NOT_NEGATIVE,
    "monthly_churn": PROBABILITY,
    "annual_discount_rate": RATE,
    "horizon_months": _MONTHS,
}
"""Every number of a scenario, in the order of its fields."""

DEFAULTS: dict[str, float] = {
    "onboarding_cost": 0.0,
    "monthly_retention_cost": 0.0,
    "annual_discount_rate": 0.0,
    "horizon_months": inf,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the formulas take, per month; numbers, or columns that broadcast."""

    cost: Real
    """Acquisition and onboarding, at the start."""
    acquisition_cost: Real
    onboarding_cost: Real
    gross: Real
    """The margin as callers give it."""
    margin: Real
    """After the cost of keeping the customer."""
    keeping: Real
    churn: Real
    discount_rate: Real
    annual_discount_rate: Real
    months: Real
    """Payments counted; ``inf`` for all."""
    timing: FlowTiming


def terms(inputs: Mapping[str, Real], timing: FlowTiming) -> Terms:
    """Terms of checked inputs; the margin is given, or a share of the revenue."""
    if "monthly_margin" in inputs:
        margin = inputs["monthly_margin"]
    else:
        margin = inputs["monthly_revenue"] * inputs["margin_share"]
    acquisition, onboarding = inputs["acquisition_cost"], inputs["onboarding_cost"]
    return Terms(
        cost=acquisition + onboarding,
        acquisition_cost=acquisition,
        onboarding_cost=onboarding,
        gross=margin,
        # paid with every payment, so that it is one with the margin for every formula that follows
        margin=margin - inputs["monthly_retention_cost"],
        keeping=inputs["monthly_retention_cost"],
        churn=inputs["monthly_churn"],
        # companies quote it per year, payments are monthly: converted once, as an effective rate
        discount_rate=convert_rate(inputs["annual_discount_rate"], per="year", to="month", meant=True),
        annual_discount_rate=inputs["annual_discount_rate"],
        months=inputs["horizon_months"],
        timing=timing,
    )


def checked(name: str, value: NumberLike) -> Real:
    """A value of the input `name`, checked; None for a horizon without end."""
    if name not in DOMAINS:
        way_out = near(name, DOMAINS) + f"Inputs are: {', '.join(DOMAINS)}."
        raise InputError("unknown-name", name, value, "must be an input of a scenario", way_out)
    if isinstance(value, Rate) and name == "annual_discount_rate":
        return GROWTH.check(name, value.effective("year"))  # a Rate has its period, and its size is meant
    return inf if value is None and name == "horizon_months" else DOMAINS[name].check(name, value)


def axis(name: str, values: NumberLike) -> Array:
    """The values of one input along an axis: one dimension, at least one."""
    found = np.asarray(checked(name, values.values if isinstance(values, Draws) else values))
    if found.ndim == 1 and found.size:
        return found
    way_out = f"Write {name}=[{found if found.ndim == 0 else '…'}, …]."
    raise InputError("wrong-shape", name, values, "must be a list of values to try", way_out)


def vary(base: Mapping[str, Real], changes: Mapping[str, Real]) -> dict[str, Real]:
    """The base with some inputs changed; an input that the base does not have cannot be varied."""
    for name in changes:
        if name not in base:
            given = "monthly_revenue and margin_share" if "monthly_revenue" in base else "monthly_margin"
            rule = f"cannot be varied here: this scenario is given by {given}"
            way_out = f"Vary {given}, or make the scenario with {name}."
            raise InputError("not-supported", name, changes[name], rule, way_out)
    return {**base, **changes}


def is_dict(value: NumberLike) -> TypeGuard[Mapping[str, object]]:
    """Whether a value maps names to values."""
    return isinstance(value, Mapping)
