"""The prior of each parameter: as it was stated, else a weak one; and as a search subtracts it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from retainkit.domains import POSITIVE, PROBABILITY, REAL
from retainkit.errors import InputError, near
from retainkit.inference.priors import (
    IMPROPER,
    PROPER,
    AbstractPrior,
    JointNormal,
    LogitNormal,
    LogNormal,
    Normal,
)
from retainkit.inference.view import Pull
from retainkit.models.family import AnyFamily
from retainkit.parameters import Parameter
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

_WEAK = 2.0
"""Standard deviation of a default prior: 90% of it within a factor of 27 of its centre, up or down."""
_WEAK_EFFECT = 1.5  # of a coefficient per standard deviation of its covariate: a factor of 12 either way


@dataclass(frozen=True, slots=True)
class Separate:
    """One prior for each parameter, as the search subtracts it; coordinates are the optimiser's."""

    priors: tuple[AbstractPrior, ...]
    scaling: Array | None

    def _line(self, points: Array) -> Array:
        return points if self.scaling is None else points @ self.scaling.T

    def log_density(self, points: Array) -> Array:
        """At points (k, p): (k,)."""
        line = self._line(points).T
        return np.sum([p.log_density(z) for p, z in zip(self.priors, line, strict=True)], axis=0)

    def cost(self, points: Array) -> tuple[Array, Array]:
        """Minus the log density at points (k, p), and its gradient."""
        line = self._line(points)
        slope = -np.stack([p.slope(z) for p, z in zip(self.priors, line.T, strict=True)], axis=1)
        return -self.log_density(points), slope if self.scaling is None else slope @ self.scaling

    def bend(self, points: Array) -> Array:
        """Second derivatives of the cost, (k, p, p)."""
        line = self._line(points)
        sizes = np.stack([p.bend(z) for p, z in zip(self.priors, line.T, strict=True)], axis=1)
        whole = sizes[:, :, None] * np.eye(len(self.priors))
        return whole if self.scaling is None else self.scaling.T @ whole @ self.scaling


@dataclass(frozen=True, slots=True)
class Together:
    """A joint prior, as the search subtracts it, with the height that a density has."""

    pull: Pull
    height: float

    def log_density(self, points: Array) -> Array:
        return self.height - self.pull.cost(points)[0]

    def cost(self, points: Array) -> tuple[Array, Array]:
        return self.pull.cost(points)

    def bend(self, points: Array) -> Array:
        return self.pull.bend(points)


def default_priors(family: AnyFamily, rows: AbstractSummary) -> dict[str, AbstractPrior]:
    """Weak and proper: within a factor of 27 of what is typical, times and money in the data's own scale."""
    scales = rows.scales if any(p.unit for p in family.parameters) else {}
    turned = family.scaling(rows, rotate=False)
    priors: dict[str, AbstractPrior] = {}
    for place, p in enumerate(family.parameters):
        size = p.scale(scales) * family.start_factors.get(p.name, 1.0)
        centre = float(p.domain.to_unconstrained(p.start * size))
        if p.domain is POSITIVE:
            priors[p.name] = LogNormal(centre, _WEAK)
        elif p.domain is PROBABILITY:
            priors[p.name] = LogitNormal(centre, _WEAK)
        else:
            per_deviation = 1.0 if turned is None else abs(float(turned[place, place]))
            priors[p.name] = Normal(centre, _WEAK_EFFECT * per_deviation)
    return priors


def stated(
    prior: object, family: AnyFamily, rows: AbstractSummary | None
) -> dict[str, AbstractPrior] | JointNormal:
    """The prior of each parameter, as it was given, else the default; or `InputError`."""
    names = family.names()
    if rows is None and not _states_all(prior, names):
        rule = f"must be stated of every parameter ({', '.join(names)}): without data none has a default"
        way_out = "Name them all, or give data, which a default takes its scale of time and money from."
        raise InputError("missing-argument", "prior", prior, rule, way_out)
    if prior is None:
        return default_priors(family, cast("AbstractSummary", rows))
    if isinstance(prior, JointNormal):
        _check_joint(prior, family, rows)
        return prior
    if isinstance(prior, AbstractPrior):
        return {p.name: _fitting(prior, p, "prior") for p in family.parameters}
    if not isinstance(prior, Mapping):
        rule = IMPROPER if isinstance(prior, str) else "must be a prior of rk.priors, or one for each name"
        raise InputError("not-a-model", "prior", prior, rule, PROPER)
    given = cast("Mapping[Any, Any]", prior)
    for name in given:
        if name not in names:
            rule = f"must name parameters of {family.name} ({', '.join(names)})"
            raise InputError("unknown-name", "prior", name, rule, near(name, names))
    known = {} if rows is None else default_priors(family, rows)
    return {
        p.name: _fitting(given[p.name], p, f"prior[{p.name!r}]") if p.name in given else known[p.name]
        for p in family.parameters
    }


def _states_all(prior: object, names: tuple[str, ...]) -> bool:
    """Whether no parameter is left to its default."""
    if isinstance(prior, Mapping):
        return {*names} <= {*cast("Mapping[Any, Any]", prior)}
    return prior is not None


def drawn(
    known: Mapping[str, AbstractPrior] | JointNormal, family: AnyFamily, count: int, rng: np.random.Generator
) -> list[Array]:
    """Draws of each parameter from its prior alone, (count, 1) each."""
    if not isinstance(known, JointNormal):
        return [known[name].sample(count, rng)[:, None] for name in family.names()]
    values, directions = np.linalg.eigh(known.covariance)
    line = rng.standard_normal((count, values.size)) @ (directions * np.sqrt(np.maximum(values, 0.0))).T
    points = (known.mean + line).T
    return [
        np.asarray(p.domain.from_unconstrained(z), np.float64)[:, None]
        for p, z in zip(family.parameters, points, strict=True)
    ]


def _fitting(prior: object, parameter: Parameter, argument: str) -> AbstractPrior:
    """A prior for a parameter with the domain that it is for."""
    if not isinstance(prior, AbstractPrior):
        rule = IMPROPER if prior is None or isinstance(prior, str) else "must be a prior of rk.priors"
        raise InputError("not-a-model", argument, prior, rule, PROPER)
    if prior.domain is not parameter.domain:
        fits = {POSITIVE.rule: "LogNormal", PROBABILITY.rule: "LogitNormal", REAL.rule: "Normal"}
        rule = f"{parameter.domain.rule} as the prior of {parameter.name} ({parameter.doc})"
        way_out = (
            f"Give a mapping with rk.priors.{fits[parameter.domain.rule]} for {parameter.name!r}; "
            "names left out have their default."
        )
        raise InputError("out-of-range", argument, prior, rule, way_out)
    return prior


def _check_joint(prior: JointNormal, family: AnyFamily, rows: AbstractSummary | None) -> None:
    if prior.names != family.names():
        rule = f"must be of the parameters of {family.name} ({', '.join(family.names())})"
        shown = ", ".join(prior.names)
        raise InputError("unknown-name", "prior", shown, rule, "Fit the same model to the other data.")
    unit = getattr(rows, "unit", None)
    if None not in (unit, prior.unit) and unit != prior.unit:
        rule = f"must count in the unit of the data, {unit!r}"
        raise InputError("unit-mismatch", "prior", prior.unit, rule, "Summarise both data by one unit.")


def subtracted(
    known: Mapping[str, AbstractPrior] | JointNormal, scaling: Array | None
) -> Separate | Together:
    """A prior as the search subtracts it, in the optimiser's coordinates."""
    if not isinstance(known, JointNormal):
        return Separate(tuple(known.values()), scaling)
    centre, covariance = known.mean, known.covariance
    # the height counts in the evidence, by which models are compared
    _, log_det = np.linalg.slogdet(2.0 * math.pi * covariance)
    precision = np.linalg.inv(covariance)
    if scaling is not None:
        centre = np.asarray(np.linalg.solve(scaling, centre), np.float64)
        precision = scaling.T @ precision @ scaling
    return Together(Pull(centre, np.asarray(precision, np.float64)), -0.5 * float(log_det))
