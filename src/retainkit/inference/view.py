"""A family as the optimiser sees it: coordinates, likelihood, score and penalty."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.maximize import Evaluate
from retainkit._numerics.maximize_each import EvaluateEach
from retainkit.errors import InputError
from retainkit.models.base import AnyModel
from retainkit.models.family import AnyFamily, PlainFamily
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Real

_WIDE = 12  # parameters from which whole rows are summed faster one point at a time, by BLAS
_PIECE = 16_384  # rows at a time: their thirty or so arrays stay near the processor
_TOGETHER = 3_500  # rows times points in one call: with more the system takes memory back and gives it anew

Watch = Callable[[Array], None]
"""Called with the log-likelihood of the places that were evaluated; what it raises ends the search."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A normal prior in the optimiser's coordinates: towards a centre (p,), with a precision (p, p)."""

    centre: Array
    precision: Array

    def cost(self, points: Array) -> tuple[Array, Array]:
        """What is subtracted from the log-likelihood at points (k, p), and its gradient."""
        slope = (points - self.centre) @ self.precision
        return 0.5 * ((points - self.centre) * slope).sum(axis=-1), slope

    def bend(self, points: Array) -> Array:
        """Second derivatives of the cost, which broadcast against (k, p, p)."""
        del points
        return self.precision


class Subtracted(Protocol):
    """What is subtracted from a log-likelihood: a prior, or a penalty, in the optimiser's coordinates."""

    def cost(self, points: Array) -> tuple[Array, Array]:
        """At points (k, p), and its gradient."""
        ...

    def bend(self, points: Array) -> Array:
        """Its second derivatives, which broadcast against (k, p, p)."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """A family as the optimiser sees it: unbounded, well-scaled coordinates and a pull on some."""

    family: AnyFamily
    scaling: Array | None
    pull: Subtracted | None
    strength: float = 0.0
    """The penalty on coefficients, which is a pull to 0."""

    @classmethod
    def of(cls, family: AnyFamily, rows: AbstractSummary, penalty: float) -> Self:
        shrunk = list(family.penalized())
        # a penalty that nothing feels would look like a regularised fit and be none
        if penalty and not shrunk:
            rule = "shrinks the coefficients of covariates, and this model has none"
            way_out = "Leave penalty out, or wrap the model by with_covariates."
            raise InputError("needless", "penalty", penalty, rule, way_out)
        pull = None
        if penalty:
            # parameters of the base model stay free: only what a covariate adds is pulled to 0
            precision = np.zeros(len(family.parameters))
            precision[shrunk] = penalty
            pull = Pull(np.zeros_like(precision), np.diag(precision))
        # a penalty is on each coefficient by itself, so that it forbids coordinates that mix them
        return cls(family, family.scaling(rows, rotate=not penalty), pull, penalty)

    def prior(self, centre: Array, precision: Array) -> Pull:
        """A normal prior that is given in the unbounded coordinates of the parameters."""
        if self.scaling is not None:
            precision = self.scaling.T @ precision @ self.scaling
        return Pull(self.scaled(centre), precision)

    def unconstrained(self, points: Array) -> Array:
        """The unbounded coordinates of the parameters themselves (log, logit)."""
        return points if self.scaling is None else points @ self.scaling.T

    def line(self, values: Iterable[float]) -> Array:
        """Values of the parameters in their unbounded coordinates."""
        declared = self.family.parameters
        return np.array([float(p.domain.to_unconstrained(v)) for p, v in zip(declared, values, strict=True)])

    def scaled(self, points: Array) -> Array:
        """The optimiser's coordinates."""
        if self.scaling is None:
            return points
        # solved, not multiplied by an inverse: covariates of very unlike sizes make it ill-conditioned
        return np.asarray(np.linalg.solve(self.scaling, points.T).T, np.float64)

    def parameters_and_jacobian(self, point: Array) -> tuple[list[float], Array]:
        """Parameters at a point, and d parameter / d unbounded coordinate."""
        declared = self.family.parameters
        theta = [
            float(p.domain.from_unconstrained(z))
            for p, z in zip(declared, self.unconstrained(point), strict=True)
        ]
        return theta, np.array([float(p.domain.slope(t)) for p, t in zip(declared, theta, strict=True)])

    def scaled_gradient(self, gradient: Array) -> Array:
        """A gradient in unbounded coordinates (…, p) as one in the optimiser's."""
        return gradient if self.scaling is None else gradient @ self.scaling

    def parameter_covariance(self, covariance: Array, slope: Array) -> Array:
        """A covariance in the optimiser's coordinates as one of the parameters themselves."""
        if self.scaling is None:
            return covariance * np.outer(slope, slope)
        # d parameter / d coordinate: first the scaling, then log or logit
        matrix = slope[:, None] * self.scaling
        return matrix @ covariance @ matrix.T


def _maker(family: AnyFamily) -> Callable[[Sequence[Real]], AnyModel]:
    """What makes models of values that need no check: an optimiser's coordinates give no others."""
    if not isinstance(family, PlainFamily):
        return family.of
    kind, names = family.kind, family.names()
    usual = family.of([float(p.domain.from_unconstrained(np.zeros(()))) for p in family.parameters])
    rest = [(f.name, getattr(usual, f.name)) for f in fields(kind) if f.name not in names]

    def make(values: Sequence[Real]) -> AnyModel:
        # thousands are made in a fit: checks and copies of their columns would cost as much as a gradient
        model = object.__new__(kind)
        for name, value in (*rest, *zip(names, values, strict=True)):
            object.__setattr__(model, name, value)
        return model

    return make


def objective(view: View, rows: AbstractSummary, watch: Watch | None = None) -> Evaluate:
    """Log-likelihood, score and outer products of scores at points of the optimiser's coordinates."""
    pieces = rows.split(_PIECE)
    family, make = view.family, _maker(view.family)

    def one(point: Array) -> tuple[Array, Array, Array]:
        theta, slope = view.parameters_and_jacobian(point)
        candidate = make(theta)
        value, gradient, outer = _sums(family, candidate, pieces[0])
        for piece in pieces[1:]:
            more = _sums(family, candidate, piece)
            value, gradient, outer = value + more[0], gradient + more[1], outer + more[2]
        # outer products of scores stand for the Hessian in the first steps: BHHH, no second derivatives
        scaled = view.scaled_gradient(view.scaled_gradient(outer * slope * slope[:, None]).T)
        return np.array([value]), view.scaled_gradient(gradient * slope)[None], scaled[None]

    def many(points: Array, bent: bool) -> tuple[Array, Array, Array]:
        line = view.unconstrained(points)
        theta = [
            p.domain.from_unconstrained(z)[:, None] for p, z in zip(family.parameters, line.T, strict=True)
        ]
        slope = np.array([p.domain.slope(t)[:, 0] for p, t in zip(family.parameters, theta, strict=True)]).T
        if not bent:
            value, gradient, _ = make(theta).summed_score(rows)  # (k,), (p, k)
            gradient = view.scaled_gradient(family.score_rows(gradient).T * slope)
            return value, gradient, np.empty((len(points), 0, 0))
        value, score = make(theta).log_likelihood_and_score(rows)  # (k, n), (p, k, n)
        score = view.scaled_gradient((family.score_rows(score) * slope.T[:, :, None]).transpose(1, 2, 0))
        weighted = score.transpose(0, 2, 1) * rows.weight
        return (value * rows.weight).sum(axis=1), weighted.sum(axis=2), weighted @ score

    def evaluate(points: Array, /, bent: bool = True) -> tuple[Array, Array, Array]:
        # points together where rows are few: one call of parameters with a leading axis
        most = 1 if bent and points.shape[1] > _WIDE else max(1, _TOGETHER // len(rows))
        size = math.ceil(len(points) / math.ceil(len(points) / most))
        groups = [points[i : i + size] for i in range(0, len(points), size)]
        # of many parameters the outer products cost most: where none are wanted, a point alone goes there too
        slim = not bent and points.shape[1] > _WIDE
        found = [many(group, bent) if slim or len(group) > 1 else one(group[0]) for group in groups]
        values, gradients, outers = found[0]
        if len(found) > 1:
            values, gradients = (np.concatenate(part) for part in list(zip(*found, strict=True))[:2])
            outers = np.concatenate([f[2] for f in found]) if bent else np.empty((len(points), 0, 0))
        if view.pull is not None:
            cost, slope = view.pull.cost(points)
            values, gradients = values - cost, gradients - slope
            outers = outers + view.pull.bend(points) if outers.size else outers
        if watch is not None:
            watch(values)
        return values, gradients, outers

    return evaluate


def objectives(view: View, parts: Sequence[AbstractSummary]) -> EvaluateEach:
    """The same of many sets of data, each at a point of its own; views that differ in scaling do not mix."""
    family, table = view.family, parts[0].stacked(parts[1:])

    def evaluate(points: Array, which: Codes, /, *, bent: bool) -> tuple[Array, Array, Array]:
        rows = table if which.size == len(parts) else table.rows(which)
        theta = [
            p.domain.from_unconstrained(z)[:, None] for p, z in zip(family.parameters, points.T, strict=True)
        ]
        slope = np.stack([p.domain.slope(t) for p, t in zip(family.parameters, theta, strict=True)])
        value, score = family.of(theta).log_likelihood_and_score(rows)
        score = (family.score_rows(score) * slope).transpose(1, 0, 2)
        weighted = score * rows.weight[:, None, :]
        values, gradients = (value * rows.weight).sum(axis=1), weighted.sum(axis=2)
        outers = weighted @ score.transpose(0, 2, 1) if bent else np.empty((len(points), 0, 0))
        if view.pull is not None:
            cost, towards = view.pull.cost(points)
            values, gradients = values - cost, gradients - towards
            outers = outers + view.pull.bend(points) if bent else outers
        return values, gradients, outers

    return evaluate


def _sums(family: AnyFamily, candidate: AnyModel, piece: AbstractSummary) -> tuple[float, Array, Array]:
    """Sums of log-likelihood, score and outer products, of the free parameters."""
    value, gradient, outer = candidate.summed_score(piece)
    assert outer is not None
    return float(value), family.score_rows(gradient), family.score_rows(family.score_rows(outer).T)
