"""Maximum likelihood for any model: compressed rows, analytic score, deterministic start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypeVar, cast, overload

import numpy as np

from retainkit._numerics.maximize import Maximum
from retainkit._numerics.newton import newton
from retainkit.domains import NOT_NEGATIVE, one_number
from retainkit.errors import FitError, InputError, check_choice, near
from retainkit.inference.diagnostics import diagnose
from retainkit.inference.progress import Show, Watcher
from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.search import Search, Searcher
from retainkit.inference.view import Pull, View
from retainkit.models.base import AbstractModel, AnyModel
from retainkit.models.contractual.nonparametric.estimate import AbstractEstimate
from retainkit.models.family import AbstractFamily, AnyFamily, hold
from retainkit.plurals import counted
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.summaries import AbstractSummary, Renewals
from retainkit.typing import Array

M = TypeVar("M", bound=AbstractModel[Any])
E = TypeVar("E", bound=AbstractEstimate)

_MANY = 100_000  # below it sorting costs less than a look at whether it pays


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
    progress: Show = False,
) -> Fit[M]: ...
def fit(
    model: Any,
    data: Any,
    *,
    start: Mapping[str, float] | None = None,
    fixed: Mapping[str, Any] | None = None,
    penalty: float = 0.0,
    on_failure: Literal["raise", "return"] = "raise",
    progress: Show = False,
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
    data : the summary the model is for: `Purchases`, `Spend`, `Renewals` …; with covariates `Described`
        That of a table, such as a `TransactionSummary`, lends the part that the model is for. Where a period
        is held out, it is that of the time before it, as in `compare`; ``tx.purchases`` is the whole.
    start : mapping of parameter names to values, optional
        Where to start, too: the model's declared start, as these customers buy, is always tried, and others
        where it is cheap or where these leave a doubt. `Fit.diagnostics` says how many agreed.
    fixed : mapping of names to values, optional
        Parameters to hold at a value instead of estimating them, or settings such as an Erlang ``k``.
    penalty : float, ≥ 0
        Shrinks the coefficients of covariates: `penalty`/2 times the sum of their squares, each per
        standard deviation of its covariate, is subtracted from the log-likelihood (a normal prior with
        that precision). `Fit.log_likelihood` is without it.
    on_failure : {"raise", "return"}
        What to do when the data do not determine the model: raise `FitError` (the refused fit is its
        ``attempt``), or return the refused fit for inspection (``fit.diagnostics.converged`` is False).
        Where the likelihood rises for ever, `FitError.limit`, or ``fit.diagnostics.limit``, is the simpler
        model that it rises to, and the refused fit lies there.
    progress : bool or function of a `Progress`
        Tell on standard error how far the search is, or call a function with it after each evaluation. The
        function may raise, as Ctrl-C does, to end the search: nothing is changed by a fit.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> fitted = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> fitted.diagnostics.converged
    True
    """
    data = before_holdout(data)
    if isinstance(model, type) and issubclass(model, AbstractEstimate):
        return model.estimate(data)
    check_choice("on_failure", on_failure, ("raise", "return"))
    family: AnyFamily = hold(cast("type[AnyModel] | AnyFamily", model), **(fixed or {}))
    shrink = one_number("penalty", penalty, NOT_NEGATIVE)
    given = data_of(data, family.data_kind, "data", family.name)
    # counts are enough for some models: no row is looked at again, and second derivatives are cheap
    summed = family.summed(given)
    # with counts in hand the rows serve only the checks of evidence, so that they need no sorting
    rows = given if summed is not None else distinct_rows(given)
    require_evidence(family, rows)
    family = family.of_data(rows)
    view, watcher = View.of(family, rows, shrink), Watcher(progress)
    ranges, own = _starts(family, rows, start)
    centre = view.scaled(ranges[:, 0])
    searcher = Searcher(view, rows, centre, ranges[:, 1:], watcher)
    try:
        with np.errstate(all="ignore"):  # a step too far gives inf or nan, and the line search steps back
            found = None
            if summed is not None and own is None:
                found = searcher.settled(newton(summed, centre))
            if found is None:
                searcher = replace(searcher, rows=distinct_rows(given))
                found = searcher.search(None if own is None else view.scaled(own))
    finally:
        watcher.close()
    result = _result(view, rows, found, centre, watcher.evaluations)
    if not result.diagnostics.converged and on_failure == "raise":
        verdict = result.diagnostics
        raise FitError(verdict.code, verdict.message, way_out=verdict.way_out, attempt=result)
    return result


@dataclass(frozen=True, slots=True)
class Case:
    """One of many sets of data whose searches start where like data have their maximum."""

    rows: AbstractSummary
    view: View
    centre: Array
    ranges: Array

    @classmethod
    def of(cls, family: AnyFamily, data: AbstractSummary, penalty: float = 0.0) -> Self:
        """Data for a family as it stands, so that parameters mean the same for all; evidence is not asked."""
        rows = distinct_rows(data)
        ranges, _ = _starts(family, rows, None)
        view = View.of(family, rows, penalty)
        return cls(rows, view, view.scaled(ranges[:, 0]), ranges[:, 1:])

    def settled(self, top: Maximum) -> AnyFit | None:
        """The fit at the end of the only climb; None where that leaves a doubt."""
        found = Searcher(self.view, self.rows, self.centre, self.ranges).settled(top)
        return None if found is None else self._fit(found)

    def searched(self, near: Array) -> AnyFit:
        """The fit that `fit` would find, from a place nearby too."""
        require_evidence(self.view.family, self.rows)
        return self._fit(Searcher(self.view, self.rows, self.centre, self.ranges).search(near))

    def shrunk(self, top: Maximum, pull: Pull) -> AnyFit:
        """The fit at the top of likelihood and prior, about which there is no doubt."""
        return replace(self, view=replace(self.view, pull=pull))._fit(Search(top, 1, 1))

    def _fit(self, found: Search) -> AnyFit:
        return _result(self.view, self.rows, found, self.centre, found.found.evaluations)


def distinct_rows(data: AbstractSummary) -> AbstractSummary:
    """Equal customers counted, unless there are many and hardly any are equal: then sorting gains nothing."""
    return data if len(data) > _MANY and not data.has_repeats else data.compress()


def require_evidence(family: AnyFamily, rows: AbstractSummary) -> None:
    """A `FitError` where no search could find anything."""
    missing = rows.missing_evidence()
    parameters = len(family.parameters)
    if missing is not None:
        raise FitError("no-evidence", f"{family.name} is not identified: {missing[0]}", way_out=missing[1])
    # fewer customers than parameters: a likelihood without a maximum may still stop somewhere
    if rows.informative_customers < parameters:
        tells = counted(rows.informative_customers, "customer that tells", "customers that tell", spec=",.0f")
        told = f"{family.name} has {counted(parameters, 'parameter')} and the data only {tells} of them."
        raise FitError("too-few-customers", told, way_out="Use more customers.")


def default_starts(family: AnyFamily, rows: AbstractSummary) -> Array:
    """Default start, low and high of the typical range of each parameter, (p, 3), where it is unbounded."""
    return _starts(family, rows, None)[0]


def _starts(
    family: AnyFamily, rows: AbstractSummary, given: Mapping[str, float] | None
) -> tuple[Array, Array | None]:
    """Default start and typical range of each parameter, (p, 3), and the given start, all on the line."""
    # starts count in the data's own scale, so that a fit in days takes the path of one in weeks
    scales = rows.scales if any(p.unit for p in family.parameters) else {}
    factors = family.start_factors
    lines: list[list[float]] = []
    own: list[float] = []
    for p in family.parameters:
        size = p.scale(scales) * factors.get(p.name, 1.0)
        lines.append([float(p.domain.to_unconstrained(v * size)) for v in (p.start, *p.typical)])
        own.append(float((given or {}).get(p.name, p.start * size)))
    for name in given or {}:
        if name not in family.names():
            rule = f"must name parameters of {family.name} ({', '.join(family.names())})"
            raise InputError("unknown-name", "start", name, rule, near(name, family.names()))
    if not given:
        return np.array(lines), None
    family.of(own)  # the model's own checks speak of values outside a domain
    declared = family.parameters
    return np.array(lines), np.array(
        [float(p.domain.to_unconstrained(v)) for p, v in zip(declared, own, strict=True)]
    )


def _result(view: View, rows: AbstractSummary, search: Search, centre: Array, evaluations: int) -> AnyFit:
    found = search.found
    theta, slope = view.parameters_and_jacobian(found.point)
    verdict = diagnose(search, centre, view, rows, max(evaluations, found.evaluations))
    inverse = np.full((centre.size, centre.size), np.nan)
    # elsewhere the curvature need not be positive definite, and its inverse would be read as errors
    if verdict.converged:
        inverse[:] = np.linalg.inv(found.curvature)
    outer, value = found.outer, found.value
    if view.pull is not None:
        # what is reported is the likelihood of the data, without the prior that led to the point
        outer, value = outer - view.pull.bend(found.point), value + float(view.pull.cost(found.point)[0])
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
        penalty=view.strength,
        fingerprint=rows.fingerprint(),
    )
