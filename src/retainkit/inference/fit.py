"""Maximum likelihood for any model: compressed rows, analytic score, deterministic start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar, cast, overload

import numpy as np

from retainkit._numerics.maximize import Evaluate, Maximum, maximize
from retainkit._numerics.newton import newton
from retainkit.domains import NOT_NEGATIVE, one_number
from retainkit.errors import FitError, InputError, near
from retainkit.inference.diagnostics import diagnose
from retainkit.inference.result import AnyFit, Fit
from retainkit.models.base import AbstractModel, AnyModel
from retainkit.models.contractual.nonparametric.estimate import AbstractEstimate
from retainkit.models.family import AbstractFamily, AnyFamily, PlainFamily, hold
from retainkit.protocols import DataOf, data_of
from retainkit.summaries import AbstractSummary, Renewals
from retainkit.typing import Array

M = TypeVar("M", bound=AbstractModel[Any])
E = TypeVar("E", bound=AbstractEstimate)

_MANY = 100_000  # below it sorting costs less than a look at whether it pays
_PIECE = 16_384  # rows at a time: their thirty or so arrays stay near the processor


@overload
def fit(model: type[E], data: DataOf[Renewals]) -> E: ...
@overload
def fit(
    model: type[M] | AbstractFamily[M],
    data: DataOf[AbstractSummary],
    *,
    start: Mapping[str, float] | None = None,
    fixed: Mapping[str, Any] | None = None,
    penalty: float = 0.0,
    on_failure: Literal["raise", "return"] = "raise",
) -> Fit[M]: ...
def fit(
    model: Any,
    data: Any,
    *,
    start: Mapping[str, float] | None = None,
    fixed: Mapping[str, Any] | None = None,
    penalty: float = 0.0,
    on_failure: Literal["raise", "return"] = "raise",
) -> Any:
    """Fit a model to a summary by maximum likelihood.

    Equal customers are counted first, so the time depends on the number of distinct customers. The
    answer is deterministic.

    Raises `InputError` for data of another kind, or a start that names no parameter; `FitError` with the
    reason in a sentence: no repeat purchases, too few customers, a parameter at a boundary, a flat
    likelihood, no convergence.

    Parameters
    ----------
    model : a model class, such as `BGNBD`; or one wrapped by `with_covariates` or `with_shares`
        An estimator without parameters, such as `KaplanMeier`, gives the estimate itself.
    data : the summary the model is for, such as `Purchases`, `Spend` or `Renewals`
        That of a table, such as a `TransactionSummary`, lends the part that the model is for, of the whole
        observation; ``tx.calibration`` that of the time before a holdout.
    start : mapping of parameter names to values, optional
        Where to start instead of at the model's declared start.
    fixed : mapping of names to values, optional
        Parameters to hold at a value instead of estimating them, or settings such as an Erlang ``k``.
    penalty : float, ≥ 0
        Shrinks the coefficients of covariates: `penalty`/2 times the sum of their squares, each per
        standard deviation of its covariate, is subtracted from the log-likelihood (a normal prior with
        that precision). `Fit.log_likelihood` is without it.
    on_failure : {"raise", "return"}
        What to do when the data do not determine the model: raise `FitError` (the refused fit is its
        ``attempt``), or return the refused fit for inspection (``fit.diagnostics.converged`` is False).

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> fitted = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> fitted.diagnostics.converged
    True
    """
    if isinstance(model, type) and issubclass(model, AbstractEstimate):
        return model.estimate(data)
    family: AnyFamily = hold(_family(model), fixed or {})
    shrink = one_number("penalty", penalty, NOT_NEGATIVE)
    given = data_of(data, family.data_kind, "data", family.name)
    # counts are enough for some models: no row is looked at again, and second derivatives are cheap
    summed = family.summed(given)
    # with counts in hand the rows serve only the checks of evidence, so that they need no sorting
    rows = given if summed is not None else _rows(given)
    _require_evidence(family, rows)
    view = View.of(family, rows, shrink)
    first_point = view.scaled(_start(family, rows, start))
    with np.errstate(all="ignore"):  # a step too far gives inf or nan, and the line search steps back
        if summed is None:
            found = maximize(_objective(view, rows), first_point)
        else:
            found = newton(summed, [p.domain for p in family.parameters], first_point)
    result = _result(view, rows, found, first_point)
    if not result.diagnostics.converged and on_failure == "raise":
        verdict = result.diagnostics
        raise FitError(verdict.code, verdict.message, way_out=verdict.way_out, attempt=result)
    return result


def _rows(data: AbstractSummary) -> AbstractSummary:
    """Equal customers counted, unless there are many and hardly any are equal: then sorting gains nothing."""
    return data if len(data) > _MANY and not data.has_repeats else data.compress()


def _family(model: Any) -> AnyFamily:
    if isinstance(model, AbstractFamily):
        return cast("AnyFamily", model)
    if isinstance(model, type) and issubclass(model, AbstractModel):
        return PlainFamily(cast("type[AnyModel]", model))
    shown = repr(model)  # pyright: ignore[reportUnknownArgumentType]
    rule = "must be the class of a model, not its name nor one with parameters"
    raise InputError("not-a-model", "model", shown, rule, "For example fit(BGNBD, tx.purchases).")


def _require_evidence(family: AnyFamily, rows: AbstractSummary) -> None:
    missing = rows.missing_evidence()
    parameters = len(family.parameters)
    if missing is not None:
        raise FitError("no-evidence", f"{family.name} is not identified: {missing[0]}", way_out=missing[1])
    # fewer customers than parameters: a likelihood without a maximum may still stop somewhere
    if rows.informative_customers < parameters:
        raise FitError(
            "too-few-customers",
            f"{family.name} has {parameters} parameters and the data only "
            f"{rows.informative_customers:,.0f} customers that tell of them.",
            way_out="Use more customers.",
        )


def _start(family: AnyFamily, rows: AbstractSummary, given: Mapping[str, float] | None) -> Array:
    # starts count in the data's own scale, so that a fit in days takes the path of one in weeks
    scales = rows.scales if any(p.unit for p in family.parameters) else {}
    values = {p.name: p.start * p.scale(scales) for p in family.parameters}
    for name, value in (given or {}).items():
        if name not in values:
            rule = f"must name parameters of {family.name} ({', '.join(values)})"
            raise InputError("unknown-name", "start", name, rule, near(name, values))
        values[name] = float(value)
    if given:
        family.of(values.values())  # the model's own checks speak of values outside a domain
    return np.array([float(p.domain.to_unconstrained(values[p.name])) for p in family.parameters])


def _objective(view: View, rows: AbstractSummary) -> Evaluate:
    pieces = rows.split(_PIECE)
    family = view.family

    def one(point: Array) -> tuple[float, Array, Array]:
        theta, slope = view.parameters_and_jacobian(point)
        candidate = family.of(theta)
        sums = [_sums(family, candidate, piece) for piece in pieces]
        value, gradient, outer = (sum(part) for part in zip(*sums, strict=True))
        # outer products of scores stand for the Hessian in the first steps: BHHH, no second derivatives
        scaled = view.scaled_gradient(view.scaled_gradient(outer * np.outer(slope, slope)).T)
        return value, view.scaled_gradient(gradient * slope), scaled

    def many(points: Array) -> tuple[Array, Array]:
        line = view.unconstrained(points)
        theta = [
            p.domain.from_unconstrained(z)[:, None] for p, z in zip(family.parameters, line.T, strict=True)
        ]
        slope = np.stack(
            [p.domain.slope(t)[:, 0] for p, t in zip(family.parameters, theta, strict=True)], axis=1
        )
        value, score = family.of(theta).log_likelihood_and_score(rows)  # (k, n), (p, k, n)
        gradient = np.einsum("pkn,n->kp", family.score_rows(score), rows.weight) * slope
        return np.einsum("kn,n->k", value, rows.weight), view.scaled_gradient(gradient)

    def evaluate(points: Array) -> tuple[Array, Array, Array]:
        outer = np.zeros((points.shape[1], points.shape[1]))
        # the finite differences of a score: all points in one call, parameters with a leading axis
        if len(points) > 1 and len(pieces) == 1:
            values, gradients = many(points)
        else:
            found = [one(point) for point in points]
            values, gradients = np.array([f[0] for f in found]), np.array([f[1] for f in found])
            outer = found[0][2]  # that of the first point, the one the search is at
        if view.precision is not None:
            cost, slope = view.penalty(points)
            values, gradients, outer = values - cost, gradients - slope, outer + np.diag(view.precision)
        return values, gradients, outer

    return evaluate


def _sums(family: AnyFamily, candidate: AnyModel, piece: AbstractSummary) -> tuple[float, Array, Array]:
    """Weighted sums of log-likelihood, score and outer products; einsum, as BLAS threads only cost here."""
    value, score = candidate.log_likelihood_and_score(piece)
    score = family.score_rows(score)
    weighted = score * piece.weight
    total = float(np.einsum("n,n->", value, piece.weight))
    return total, weighted.sum(axis=1), np.einsum("in,jn->ij", weighted, score)


def _result(view: View, rows: AbstractSummary, found: Maximum, start: Array) -> AnyFit:
    theta, slope = view.parameters_and_jacobian(found.point)
    verdict = diagnose(found, start, view.family.parameters, view.family.boundary_hints)
    inverse = np.full((start.size, start.size), np.nan)
    # elsewhere the curvature need not be positive definite, and its inverse would be read as errors
    if verdict.converged:
        inverse[:] = np.linalg.inv(found.curvature)
    outer, value = found.outer, found.value
    if view.precision is not None:
        # what is reported is the likelihood of the data, without the penalty that led to the point
        outer, value = outer - np.diag(view.precision), value + float(view.penalty(found.point)[0])
    # the sandwich of Huber and White: right also where the model is not
    robust = inverse @ outer @ inverse
    return Fit(
        model=view.family.of(theta, unit=getattr(rows, "unit", None)),
        covariance=view.parameter_covariance(inverse, slope),
        robust_covariance=view.parameter_covariance(robust, slope),
        log_likelihood=value,
        customers=rows.customers,
        diagnostics=verdict,
        family=view.family,
    )


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
