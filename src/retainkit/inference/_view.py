"""A family as the optimiser sees it: unbounded, well-scaled coordinates, and a penalty on some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from retainkit.errors import InputError
from retainkit.models.family import AnyFamily
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array


@dataclass(frozen=True, slots=True)
class View:
    """A family as the optimiser sees it: unbounded, well-scaled coordinates and a penalty on some."""

    family: AnyFamily
    scaling: Array | None
    precision: Array | None
    """The penalty's second derivatives, one per coordinate."""

    @classmethod
    def of(cls, family: AnyFamily, rows: AbstractSummary, penalty: float) -> Self:
        shrunk = list(family.penalized())
        # a penalty that nothing feels would look like a regularised fit and be none
        if penalty and not shrunk:
            rule = "shrinks the coefficients of covariates, and this model has none"
            way_out = "Leave penalty out, or wrap the model by with_covariates."
            raise InputError("needless", "penalty", penalty, rule, way_out)
        precision = None
        if penalty:
            # parameters of the base model stay free: only what a covariate adds is pulled to 0
            precision = np.zeros(len(family.parameters))
            precision[shrunk] = penalty
        return cls(family, family.scaling(rows), precision)

    def unconstrained(self, points: Array) -> Array:
        """The unbounded coordinates of the parameters themselves (log, logit)."""
        return points if self.scaling is None else points @ self.scaling.T

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

    def penalty(self, points: Array) -> tuple[Array, Array]:
        """What is subtracted from the log-likelihood, and its gradient."""
        assert self.precision is not None
        return 0.5 * (points**2 @ self.precision), points * self.precision
