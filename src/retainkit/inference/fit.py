"""Maximum likelihood for any model: compressed rows, analytic score, deterministic start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import numpy as np

from retainkit._numerics.maximize import Evaluate, Maximum, maximize
from retainkit.errors import FitError, InputError, near
from retainkit.inference.diagnostics import diagnose
from retainkit.inference.result import Fit
from retainkit.models._base import AbstractModel
from retainkit.parameters import Parameter, parameters_of
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

M = TypeVar("M", bound=AbstractModel[Any])

_PIECE = 16_384  # rows at a time: their thirty or so arrays stay near the processor


def fit(
    model: type[M],
    data: AbstractSummary,
    *,
    start: Mapping[str, float] | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> Fit[M]:
    """Fit a model to a summary by maximum likelihood.

    Equal customers are counted first, so the time depends on the number of distinct customers. The
    answer is deterministic.

    Parameters
    ----------
    model : a model class, such as `BGNBD` or `GammaGamma`
    data : the summary the model is for, such as `Purchases` or `Spend`
    start : mapping of parameter names to values, optional
        Where to start instead of at the model's declared start.
    on_failure : {"raise", "return"}
        What to do when the data do not determine the model: raise `FitError` (the refused fit is its
        ``attempt``), or return the refused fit for inspection (``fit.diagnostics.converged`` is False).

    Raises
    ------
    InputError
        For data of another kind, or a start that names no parameter.
    FitError
        With the reason in a sentence: no repeat purchases, too few customers, a parameter at a boundary,
        a flat likelihood, no convergence.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> fitted = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> fitted.diagnostics.converged
    True
    """
    _require_model(model)
    declared = parameters_of(model)
    _require_kind(model, data)
    rows = data.compress()
    _require_evidence(model, rows, len(declared))
    line_start = _start(model, declared, rows, start)
    with np.errstate(all="ignore"):  # a step too far gives inf or nan, and the line search steps back
        found = maximize(_objective(model, declared, rows), line_start)
    result = _result(model, declared, rows, found, line_start)
    if not result.diagnostics.converged and on_failure == "raise":
        verdict = result.diagnostics
        raise FitError(verdict.code, verdict.message, way_out=verdict.way_out, attempt=result)
    return result


def _require_model(model: object) -> None:
    if not (isinstance(model, type) and issubclass(model, AbstractModel)):
        raise InputError(
            "not-a-model",
            argument="model",
            value=repr(model),  # pyright: ignore[reportUnknownArgumentType]
            rule="must be the class of a model, not its name nor one with parameters",
            way_out="For example fit(BGNBD, tx.purchases).",
        )


def _require_kind(model: type[AbstractModel[Any]], data: AbstractSummary) -> None:
    if not isinstance(data, model.data_kind):
        raise InputError(
            "wrong-data",
            argument="data",
            value=type(data).__name__,
            rule=f"must be {model.data_kind.__name__} for {model.__name__}",
            way_out=f"Pass the summary's {model.data_kind.__name__.lower()}, for example tx."
            f"{model.data_kind.__name__.lower()}.",
        )


def _require_evidence(model: type[AbstractModel[Any]], rows: AbstractSummary, parameters: int) -> None:
    missing = rows.missing_evidence()
    if missing is not None:
        raise FitError("no-evidence", f"{model.__name__} is not identified: {missing[0]}", way_out=missing[1])
    if rows.informative_customers < parameters:
        raise FitError(
            "too-few-customers",
            f"{model.__name__} has {parameters} parameters and the data only "
            f"{rows.informative_customers:,.0f} customers that tell of them.",
            way_out="Use more customers.",
        )


def _start(
    model: type[AbstractModel[Any]],
    declared: tuple[Parameter, ...],
    rows: AbstractSummary,
    given: Mapping[str, float] | None,
) -> Array:
    values = {p.name: p.start * (rows.scales[p.unit] if p.unit else 1.0) for p in declared}
    for name, value in (given or {}).items():
        if name not in values:
            raise InputError(
                "unknown-parameter",
                argument="start",
                value=name,
                rule=f"must name parameters of {model.__name__} ({', '.join(values)})",
                way_out=near(name, values),
            )
        values[name] = float(value)
    model.of(values.values())  # the model's own checks speak of values outside a domain
    return np.array([float(p.domain.to_line(values[p.name])) for p in declared])


def _objective(
    model: type[AbstractModel[Any]], declared: tuple[Parameter, ...], rows: AbstractSummary
) -> Evaluate:
    pieces = rows.split(_PIECE)

    def one(point: Array) -> tuple[float, Array, Array]:
        theta = [float(p.domain.from_line(z)) for p, z in zip(declared, point, strict=True)]
        slope = np.array([p.domain.slope(t) for p, t in zip(declared, theta, strict=True)])
        candidate = model.of(theta)
        sums = [_sums(candidate, piece) for piece in pieces]
        value, gradient, outer = (sum(part) for part in zip(*sums, strict=True))
        return value, gradient * slope, outer * np.outer(slope, slope)

    def many(points: Array) -> tuple[Array, Array, Array]:
        theta = [p.domain.from_line(z)[:, None] for p, z in zip(declared, points.T, strict=True)]
        slope = np.stack([p.domain.slope(t)[:, 0] for p, t in zip(declared, theta, strict=True)], axis=1)
        value, score = model.of(theta).log_likelihood_and_score(rows)  # (k, n), (p, k, n)
        unused = np.zeros((len(declared), len(declared)))
        return (
            np.einsum("kn,n->k", value, rows.weight),
            np.einsum("pkn,n->kp", score, rows.weight) * slope,
            unused,
        )

    def evaluate(points: Array) -> tuple[Array, Array, Array]:
        if len(points) == 1:
            value, gradient, outer = one(points[0])
            return np.array([value]), gradient[None, :], outer
        if len(pieces) == 1:
            return many(points)
        values, gradients, outers = zip(*(one(point) for point in points), strict=True)
        return np.array(values), np.array(gradients), outers[0]

    return evaluate


def _sums(candidate: AbstractModel[Any], piece: AbstractSummary) -> tuple[float, Array, Array]:
    """Weighted sums of log-likelihood, score and outer products; einsum, as BLAS threads only cost here."""
    value, score = candidate.log_likelihood_and_score(piece)
    weighted = score * piece.weight
    total = float(np.einsum("n,n->", value, piece.weight))
    return total, weighted.sum(axis=1), np.einsum("in,jn->ij", weighted, score)


def _result(
    model: type[M], declared: tuple[Parameter, ...], rows: AbstractSummary, found: Maximum, start: Array
) -> Fit[M]:
    theta = [float(p.domain.from_line(z)) for p, z in zip(declared, found.point, strict=True)]
    slope = np.array([float(p.domain.slope(t)) for p, t in zip(declared, theta, strict=True)])
    verdict = diagnose(found, start, declared)
    scale = np.outer(slope, slope)
    inverse = np.full(scale.shape, np.nan)
    if verdict.converged:
        inverse[:] = np.linalg.inv(found.curvature)
    return Fit(
        model=model.of(theta, unit=getattr(rows, "unit", None)),
        covariance=inverse * scale,
        robust_covariance=inverse @ found.outer @ inverse * scale,
        log_likelihood=found.value,
        customers=rows.customers,
        diagnostics=verdict,
    )
