"""How well does a model foretell a customer it has not seen: each left out in turn, without fitting again.

The posterior without customer i is that of all, each draw weighted by 1/p(yᵢ|θ): a draw that owes its place
to the customer counts less. Those importance weights are smoothed at their tail, whose shape k says where
they cannot be relied on. Equal customers are counted: one of them is left out, the others stay.

Sources: Vehtari, A., Gelman, A. & Gabry, J. (2017), "Practical Bayesian Model Evaluation Using Leave-One-Out
Cross-Validation and WAIC", Statistics and Computing 27(5), 1413-1432, doi:10.1007/s11222-016-9696-4; the
weights of several models are those of Yao, Y., Vehtari, A., Simpson, D. & Gelman, A. (2018), "Using Stacking
to Average Bayesian Predictive Distributions", Bayesian Analysis 13(3), 917-1007, doi:10.1214/17-BA1091.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from scipy.special import logsumexp

from retainkit._numerics.mixture_weights import mixture_weights
from retainkit._numerics.samples.pareto_tails import smooth
from retainkit.errors import InputError
from retainkit.inference.posterior import AnyPosterior, Posterior
from retainkit.models.average import AverageFamily
from retainkit.models.contractual.base import refuse_mixed_measures
from retainkit.models.family import AnyFamily
from retainkit.plurals import counted
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.records import Record, read_only
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

_DRAWS = 1_000  # what k and the means are told from; more would change elpd by hundredths
_CELLS = 1 << 19  # draws times entries at a time: 4 MB an array
_DEPENDABLE = 0.7  # of k; beyond it no practicable number of draws gives a dependable mean


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut(Record):
    """How probable a model found each customer, known from all the others alone; made by `loo`.

    Attributes
    ----------
    model : str
    elpd : float
        Expected log predictive density: the sum over customers of ln p(customer | all others). Higher is
        better, by differences between models of the same customers.
    standard_error : float
        Of `elpd`, as customers vary. That of a difference is smaller: see `ahead_of`.
    p_loo : float
        Effective number of parameters: how much less probable customers are where they are left out. Far
        above the number of parameters it says that the model does not describe some of them.
    customers : float
    unreliable : float
        How many customers have a `pareto_k` above 0.7: what is said of them is not to be relied on.
    pointwise : (n,)
        ln p of one customer of each entry of the data, in their order.
    pareto_k : (n,)
        Shape of the tail of the importance weights of each: below 0.5 good, above 0.7 not to be relied on.
    weight : (n,)
        How many customers each entry stands for.
    """

    _read_back = False
    _hidden = frozenset({"family", "moments", "fingerprint"})

    model: str
    elpd: float
    standard_error: float
    p_loo: float
    customers: float
    unreliable: float
    pointwise: Array
    pareto_k: Array
    weight: Array
    family: AnyFamily = field(compare=False)
    moments: bool = field(compare=False)
    fingerprint: dict[str, float] = field(compare=False)

    def ahead_of(self, other: LeaveOneOut) -> tuple[float, float]:
        """How far `elpd` is above that of another model of the same data, and the error of the difference.

        It is paired, customer by customer: what is hard to foretell for both cancels.

        Examples
        --------
        >>> import retainkit as rk
        >>> data = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> many = {"data": data, "seed": 1}
        >>> wide = rk.inference.loo(rk.posterior(rk.ShiftedBetaGeometric, **many), data)
        >>> ahead, error = wide.ahead_of(rk.inference.loo(rk.posterior(rk.Geometric, **many), data))
        >>> ahead > 2.0 * error
        True
        """
        _check_same_data("other", [self, other])
        apart = self.pointwise - other.pointwise
        return float((apart * self.weight).sum()), _error(apart, self.weight)

    def _row_columns(self) -> Mapping[str, Array]:
        return {"pointwise": self.pointwise, "pareto_k": self.pareto_k, "weight": self.weight}

    def __str__(self) -> str:
        people = counted(self.customers, "customer", spec=",.0f")
        said = "all customers can be relied on"
        if self.unreliable:
            bad = counted(self.unreliable, "customer", spec=",.0f")
            said = f"{bad} cannot be relied on (Pareto k above {_DEPENDABLE})"
        return (
            f"{self.model} on {people}, each left out in turn: elpd {self.elpd:,.1f} ± "
            f"{self.standard_error:,.1f}, effective parameters {self.p_loo:.1f}; {said}."
        )


def loo(posterior: AnyPosterior, data: DataOf[AbstractSummary]) -> LeaveOneOut:
    """How well a model foretells customers it has not seen, each left out of the posterior in turn.

    It compares models as AIC does, by expected log density of new customers (`LeaveOneOut.elpd`), with a
    standard error, and counts how uncertain the parameters are. At most 1,000 draws are used, which come in
    random order.

    Raises `InputError` for data other than those the posterior was made of, and for what is no posterior.

    Parameters
    ----------
    posterior : Posterior
    data : the summary that it was made of
        An entry with a weight of w stands for w customers, of whom one is left out.

    Notes
    -----
    Vehtari, Gelman & Gabry 2017, doi:10.1007/s11222-016-9696-4.

    Examples
    --------
    >>> import retainkit as rk
    >>> data = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> known = rk.posterior(rk.ShiftedBetaGeometric, data, seed=1)
    >>> left_out = rk.inference.loo(known, data)
    >>> left_out.unreliable, bool(left_out.elpd < known.log_likelihood.max())
    (0.0, True)
    """
    given = cast("object", posterior)
    if not isinstance(given, Posterior):
        rule = "must be a posterior, whose draws say how sure the parameters are"
        raise InputError(
            "wrong-type", "posterior", type(given).__name__, rule, "Make it with posterior(...)."
        )
    family = posterior.family
    if isinstance(family, AverageFamily):
        # left-out customers change the weights, too, which the draws of each model do not know
        rule = "must be of one model: the weights of an average are part of what foretells"
        raise InputError("not-supported", "posterior", family.name, rule, "Pass each of the posteriors.")
    entries = data_of(before_holdout(data), family.data_kind, "data", family.name)
    # told entry by entry: models with covariates and without merge different ones, and have to be paired
    rows, place = entries.distinct()
    _check_its_data(posterior, rows)
    draws = posterior.thinned(_DRAWS)
    many = min(len(posterior), _DRAWS)
    parts: list[tuple[Array, Array, Array]] = []
    for piece in rows.split(max(1, _CELLS // many)):
        value = draws.log_likelihood(piece).T  # (entries, draws)
        # without one customer of an entry, not without all: the others of it are evidence as before
        log_weight, shape = smooth(-value)
        left_out = logsumexp(log_weight + value, axis=1)
        parts.append((left_out, logsumexp(value, axis=1) - math.log(many), shape))
    left_out, known, shape = (np.concatenate(part) for part in zip(*parts, strict=True))
    own: Any = entries
    # each entry beside its place: unlike that of a fit, this fingerprint knows the order
    order: Array = np.arange(len(entries), dtype=np.float64)
    return LeaveOneOut(
        model=family.name,
        elpd=float(left_out @ rows.weight),
        standard_error=_error(left_out, rows.weight),
        p_loo=float((known - left_out) @ rows.weight),
        customers=rows.customers,
        unreliable=float(rows.weight @ (shape > _DEPENDABLE)),
        pointwise=read_only(left_out[place]),
        pareto_k=read_only(shape[place]),
        weight=entries.weight,
        family=family,
        moments=bool(getattr(getattr(own, "data", own), "has_moments", True)),
        fingerprint=entries.fingerprint({"order": order}),
    )


def stacking_weights(*results: LeaveOneOut) -> Array:
    """How much of each model makes the mixture that foretells left-out customers best; they sum to 1.

    Other than weights by marginal likelihood or AIC they need not end at one model: where two describe
    different customers, both have a share; of two that say the same, one may have nothing.

    Raises `InputError` for results of different customers, or of the same in another order, and for a
    density of moments beside probabilities of whole periods.

    Parameters
    ----------
    *results : what `loo` found of each model, with the same data

    Returns
    -------
    (models,)

    Notes
    -----
    The maximum over the simplex of Σᵢ ln Σₖ wₖ·pₖ(yᵢ | all others): Yao et al. 2018, doi:10.1214/17-BA1091.

    Examples
    --------
    >>> import retainkit as rk
    >>> data = rk.Renewals.from_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> kinds = [rk.ShiftedBetaGeometric, rk.Geometric]
    >>> left_out = [rk.inference.loo(rk.posterior(k, data, seed=1), data) for k in kinds]
    >>> rk.inference.stacking_weights(*left_out).round(2)
    array([1., 0.])
    """
    if not results:
        raise InputError("missing-argument", "results", results, "must have at least one", "Pass loo(...).")
    for one in cast("Sequence[object]", results):
        if not isinstance(one, LeaveOneOut):
            rule = "must be what loo found of each model"
            raise InputError("wrong-type", "results", type(one).__name__, rule, "Pass loo(...).")
    _check_same_data("results", results)
    return mixture_weights(np.array([one.pointwise for one in results]), results[0].weight)


def _error(pointwise: Array, weight: Array) -> float:
    """Of the sum over customers, as if they were drawn from many more."""
    customers = weight.sum()
    apart = pointwise - pointwise @ weight / customers
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.sqrt(customers * (apart**2 @ weight) / (customers - 1.0)))


def _check_its_data(posterior: AnyPosterior, rows: AbstractSummary) -> None:
    told = {"customers": posterior.customers, **posterior.fingerprint}
    if not _alike(told, {"customers": rows.customers, **rows.fingerprint()}):
        shown = f"other data, of {counted(rows.customers, 'customer', spec=',.0f')}"
        rule = "must be what the posterior was made of"
        way_out = "Pass the same summary to posterior(...) and to loo(...)."
        raise InputError("inconsistent", "data", shown, rule, way_out)


def _check_same_data(argument: str, results: Sequence[LeaveOneOut]) -> None:
    first = results[0]
    for other in results[1:]:
        # covariates may differ, customers and their order may not
        told, own = ({k: r.fingerprint[k] for k in ("", "order")} for r in (first, other))
        if len(first.weight) != len(other.weight) or not _alike(told, own, first.customers):
            shown = f"{other.model} of other customers, or of the same in another order"
            rule = f"must be of the same customers in the same order as {first.model}"
            raise InputError("inconsistent", argument, shown, rule, "Pass one summary to loo(...) of each.")
    if first.moments:
        refuse_mixed_measures(argument, (r.family for r in results))


def _alike(one: Mapping[str, float], other: Mapping[str, float], customers: float | None = None) -> bool:
    """Sums over the same customers in another order, or counted otherwise, differ by rounding alone."""
    slack = 1e-9 * (one["customers"] if customers is None else customers)
    return one.keys() == other.keys() and all(abs(one[k] - other[k]) <= slack for k in one)
