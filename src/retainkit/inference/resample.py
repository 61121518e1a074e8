"""How estimates vary over samples: a thousand replicates of the data in one search, or some left out.

`bootstrap` weighs customers anew: by draws with replacement (Efron 1979, doi:10.1214/aos/1176344552), or by
weights from a Dirichlet distribution (Rubin 1981, doi:10.1214/aos/1176345338), which is as wide and loses no
customer. `jackknife` leaves out one customer, or one group, at a time (Tukey 1958; Quenouille 1956). Equal
customers are counted before: a draw of customers is a draw of how many of each kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar, cast, get_args

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit.columns import labels_of
from retainkit.domains import generator, whole_number
from retainkit.errors import FitError, InputError, check_choice, refuse_where
from retainkit.inference.fit import Case, fit
from retainkit.inference.replicated import Bootstrap, Jackknife, Kind
from retainkit.inference.replicates import Replicates, Whole, left_out, searched
from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.weights import Dirichlet, Multinomial, Without, pieces_of
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily, family_of
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.summaries import AbstractSummary
from retainkit.tables import Codes as Places
from retainkit.tables import as_column
from retainkit.typing import Array, ColumnLike

M = TypeVar("M", bound=AbstractModel[Any])

_MOST_ENTRIES = 3_500  # of a piece, whose scores at a hundred points are 12 MB
_STILL = 1e-4  # of log-likelihood that a step from the estimate would gain, if it is that of other data


def bootstrap(
    model: type[M] | AbstractFamily[M] | Fit[M],
    data: DataOf[AbstractSummary],
    replicates: int = 1000,
    *,
    seed: int | np.random.Generator,
    kind: Kind = "bayesian",
) -> Bootstrap[M]:
    """A model's parameters in many replicates of the data: their errors, without a normal approximation.

    All replicates are searched for together, from the estimate of the whole. One whose likelihood rises to a
    boundary is looked at as `fit` does: it has no estimate, is counted in `refused`, and keeps the parameters
    at which it was left, beyond the others.

    Raises `InputError` for data that are not those of the fit, weights that are no counts with
    ``kind="multinomial"``, and a seed that is none; `FitError` where the data themselves have no estimate.

    Parameters
    ----------
    model : a model class; one wrapped by `with_covariates`, `with_shares` or `hold`; or a Fit to these data
    data : the summary the model is for, or that of a table, as in `fit`
    replicates : whole number, 2 or more
    seed : int or Generator
    kind : {"bayesian", "multinomial"}
        How customers are weighed: by random weights of mean 1, none of them 0, or by how often each is drawn.

    A fit with a penalty has it in each replicate, in standard deviations of covariates in all data.

    Returns
    -------
    Bootstrap
        ``.model`` has parameters of shape (replicates, 1), and so answers with an axis of replicates;
        ``.standard_errors``, ``.bias``, ``.intervals()``, and ``.interval(figure)`` of any figure.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> found = rk.inference.bootstrap(rk.BGNBD, truth.sample(T=[52.0] * 2000, seed=1), 200, seed=1)
    >>> found.model.r.shape, int(found.refused.sum())
    ((200, 1), 0)
    """
    check_choice("kind", kind, get_args(Kind))
    count = whole_number("replicates", replicates, 2)
    rng = generator(seed)
    fitted, whole, _ = _whole(model, data)
    rows = whole.case.rows
    drawn = Dirichlet if kind == "bayesian" else Multinomial
    found = searched(whole, drawn.drawn(pieces_of(rows, count, _MOST_ENTRIES), count, rng))
    influence = whole.case.view.unconstrained(whole.influence())
    return Bootstrap(fitted, _model(fitted, whole, found), kind, found.refused, influence, rows.weight)


def jackknife(
    model: type[M] | AbstractFamily[M] | Fit[M],
    data: DataOf[AbstractSummary],
    groups: ColumnLike = None,
) -> Jackknife[M]:
    """A model's parameters with one customer, or one group of customers, left out at a time.

    With `groups` (shops, months of acquisition, regions) it tells how far estimates hang on each, and errors
    are right where customers of a group are alike. Nothing is drawn.

    Raises `InputError` for data that are not those of the fit, weights that are no counts, gaps in `groups`
    and fewer than 2 of them; `FitError` where the data themselves have no estimate.

    Parameters
    ----------
    model : a model class; one wrapped by `with_covariates`, `with_shares` or `hold`; or a Fit to these data
    data : the summary the model is for, or that of a table, as in `fit`
    groups : (n,) labels, optional
        The group of each entry of the data, in their order; each customer by itself by default.

    Returns
    -------
    Jackknife
        ``.model`` has parameters of shape (replicates, 1): one for each group in order of `.groups`, or for
        each kind of equal customers, one of them left out, which `.weight` counts.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> shops = rk.inference.jackknife(rk.BGNBD, truth.sample([52.0] * 2000, seed=1), np.arange(2000) % 20)
    >>> shops.model.r.shape, shops.groups[:3]
    ((20, 1), (0, 1, 2))
    """
    fitted, whole, given = _whole(model, data)
    if groups is None:
        rows = whole.case.rows
        rule, way_out = "must count whole customers to leave one out", "Give groups, or use bootstrap."
        refuse_where(rows.weight != np.rint(rows.weight), "not-whole", "weight", rows.weight, rule, way_out)
        if rows.customers < 2.0:
            raise InputError("too-few", "data", "1 customer", "must have 2 or more", "Use more customers.")
        found = left_out(whole)
        return Jackknife(fitted, _model(fitted, whole, found), None, rows.weight, found.refused)
    labels, place = _groups(groups, given)
    rows, entry = given.distinct()
    whole = replace(whole, case=replace(whole.case, rows=rows))
    pieces = pieces_of(rows, len(labels), _MOST_ENTRIES)
    found = searched(whole, Without.groups(pieces, entry, given.weight, place, len(labels)))
    each = np.ones(len(labels))
    return Jackknife(fitted, _model(fitted, whole, found), labels, each, found.refused)


def _whole(model: Any, data: Any) -> tuple[AnyFit, Whole, AbstractSummary]:
    """The fit to all data, where others start, and the data."""
    data = before_holdout(data)
    fitted = cast("AnyFit", model) if isinstance(model, Fit) else fit(family_of(model), data)
    family = fitted.family
    given = data_of(data, family.data_kind, "data", family.name)
    verdict = fitted.diagnostics
    if not verdict.converged:
        raise FitError(verdict.code, verdict.message, way_out=verdict.way_out, attempt=fitted)
    if fitted.penalty and not family.penalized():
        rule = "must be fitted to these data alone: this one was shrunk toward other segments"
        raise InputError("not-supported", "model", family.name, rule, "Fit it again with fit.")
    case = Case.of(family, given, fitted.penalty)
    view = case.view
    point = view.scaled(view.line([float(v) for v in family.values_of(fitted.model)]))
    whole = Whole(case, point)
    promised = float(whole.slope @ whole.steps(whole.slope[None])[0])
    apart = _apart(fitted.fingerprint, given)
    if apart or not abs(promised) < _STILL:
        shown = f"{given.customers:,.0f} other customers"
        rule = "must be those that the fit was fitted to"
        raise InputError("inconsistent", "data", shown, rule, "Pass the model's class in place of the fit.")
    return fitted, whole, given


def _apart(told: dict[str, float], given: AbstractSummary) -> bool:
    """Whether a fit remembers other data."""
    mine = given.fingerprint()
    slack = 1e-9 * given.customers
    return any(abs(told[name] - mine[name]) > slack for name in told.keys() & mine.keys())


def _groups(groups: ColumnLike, given: AbstractSummary) -> tuple[tuple[Any, ...], Codes]:
    labels_of(given.labels, groups=groups)
    read = as_column("groups", groups)
    if len(read) != len(given):
        rule = f"must have one label for each of the {len(given):,} entries of the data"
        shown = f"{len(read):,} labels"
        raise InputError("length-mismatch", "groups", shown, rule, "Give them in the order of the data.")
    read.refuse_missing()
    found = read.labels()
    place: Places = found.place
    if len(found.values) < 2:
        rule = "must have 2 groups or more: without one of them the others are left"
        raise InputError("too-few", "groups", f"{len(found.values)} group", rule, "Leave groups out.")
    return tuple(found.values), place.astype(np.intp)


def _model(fitted: Fit[M], whole: Whole, found: Replicates) -> M:
    """The model with parameters (replicates, 1)."""
    view = whole.case.view
    line = view.unconstrained(found.point)
    values: list[Array] = [
        np.asarray(p.domain.from_unconstrained(z))[:, None]
        for p, z in zip(view.family.parameters, line.T, strict=True)
    ]
    return fitted.family.of(values, unit=fitted.model.unit)
