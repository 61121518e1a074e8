"""The criterion that lifetimes minimises, and its minimum: with a penalty, with parameters held, or plain.

lifetimes works on the logarithms z of the parameters θ and on times divided by the longest T, and minimises

    −Σ w·ln L(θ) / Σ w + c·Σ θ²      (Pareto/NBD: everything but the penalty times the number of rows).

Without a penalty this is maximum likelihood, and `retainkit.fit` does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retainkit._numerics.maximize import Evaluate, maximize
from retainkit.errors import FitError
from retainkit.inference.fit import fit
from retainkit.interop.lifetimes.utils import ConvergenceError
from retainkit.models.base import AnyModel
from retainkit.parameters import parameters_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, NumberLike

_GAIN = 1e-6  # a promised rise of the log-likelihood that is too small to search on for


@dataclass(frozen=True, slots=True)
class Found:
    """A minimum: log parameters, value and matrix of second derivatives of the criterion, and a sentence."""

    log_parameters: Array
    value: float
    hessian: Array
    message: str


def criterion(
    model: type[AnyModel], log_parameters: NumberLike, data: AbstractSummary, penalty: float
) -> float:
    """Minus the mean log-likelihood per customer, and the penalty on the squared parameters."""
    theta = np.exp(np.asarray(log_parameters, np.float64))
    value = model.of(theta.tolist()).log_likelihood(data)
    return float(-np.sum(data.weight * value) / data.customers + penalty * np.sum(theta**2))


def minimum(
    model: type[AnyModel],
    data: AbstractSummary,
    penalty: float,
    start: Array | None,
    held: Mapping[str, float] | None = None,
) -> Found:
    """The least value of `criterion`; `held` parameters keep a value, and the others are searched.

    Raises `ConvergenceError` with the reason in a sentence.
    """
    names = model.names()
    given = None if start is None else dict(zip(names, np.exp(start).tolist(), strict=True))
    try:
        if penalty == 0.0 and not held:
            return _plain(model, data, given)
        return _searched(model, data, penalty, given, held or {})
    except FitError as error:
        raise ConvergenceError(str(error)) from error


def _plain(model: type[AnyModel], data: AbstractSummary, start: Mapping[str, float] | None) -> Found:
    with np.errstate(all="ignore"):
        found = fit(model, data, start=start)
    theta = np.array([float(v) for v in found.model.parameters.values()])
    spread = found.covariance / np.outer(theta, theta)  # of the logarithms
    return Found(
        log_parameters=np.log(theta),
        value=-found.log_likelihood / found.customers,
        hessian=np.asarray(np.linalg.inv(spread) / found.customers, np.float64),
        message=found.diagnostics.message,
    )


def _searched(
    model: type[AnyModel],
    data: AbstractSummary,
    penalty: float,
    start: Mapping[str, float] | None,
    held: Mapping[str, float],
) -> Found:
    rows = data.compress()
    missing = rows.missing_evidence()
    if missing is not None:
        raise FitError("no-evidence", f"{model.__name__} is not identified: {missing[0]}", way_out=missing[1])
    declared = parameters_of(model)
    values = {p.name: p.start * p.scale(rows.scales) for p in declared}
    point = np.log(np.array([{**values, **(start or {}), **held}[p.name] for p in declared]))
    free = np.array([p.name not in held for p in declared])
    everywhere = _evaluator(model, rows, penalty * rows.customers)

    def along(points: Array, /, bent: bool = True) -> tuple[Array, Array, Array]:
        del bent  # outer products are cheap here
        whole = np.repeat(point[None, :], len(points), axis=0)
        whole[:, free] = points
        value, gradient, outer = everywhere(whole)
        return value, gradient[:, free], outer[:, free][:, :, free]

    with np.errstate(all="ignore"):
        found = maximize(along, point[free])
        point[free] = found.point
        flat = not np.all(np.linalg.eigvalsh(found.curvature) > 0.0)
        if flat or not abs(found.decrement) < _GAIN:
            raise ConvergenceError(
                f"The search for the penalised optimum of {model.__name__} did not end at one. "
                "Try a larger penalizer_coef, or check the data for customers who are all alike."
            )
        hessian = _hessian(everywhere, point) / rows.customers
    return Found(point, -found.value / rows.customers, hessian, "The penalised optimum was found.")


def _evaluator(model: type[AnyModel], rows: AbstractSummary, strength: float) -> Evaluate:
    """Log-likelihood less strength·Σθ², its gradient in ln θ and a positive stand-in for its curvature."""

    def one(point: Array) -> tuple[float, Array, Array]:
        theta = np.exp(point)
        value, score = model.of(theta.tolist()).log_likelihood_and_score(rows)
        weighted = score * rows.weight
        outer = np.einsum("in,jn->ij", weighted, score) * np.outer(theta, theta)
        return (
            float(np.einsum("n,n->", value, rows.weight)) - strength * float(np.sum(theta**2)),
            weighted.sum(axis=1) * theta - 2.0 * strength * theta**2,
            outer + np.diag(4.0 * strength * theta**2),
        )

    def evaluate(points: Array, /, bent: bool = True) -> tuple[Array, Array, Array]:
        del bent
        values, gradients, outers = zip(*(one(point) for point in points), strict=True)
        return np.array(values), np.array(gradients), np.array(outers)

    return evaluate


def _hessian(evaluate: Evaluate, point: Array, step: float = 1e-5) -> Array:
    """Of minus the function, from central differences of its gradient."""
    moved = step * np.eye(point.size)
    _, ahead, _ = evaluate(point + moved)
    _, behind, _ = evaluate(point - moved)
    curvature = (behind - ahead) / (2.0 * step)
    return 0.5 * (curvature + curvature.T)
