"""One model for each of many segments: searches that start where the whole has its maximum, and shrinkage.

A segment of a few hundred customers looks much like the whole, so that its search starts there and is short.
Where a segment alone does not determine the model, what segments have in common helps: their parameters count
as drawn from one normal distribution on the scale where they are unbounded, whose mean and covariance are
estimated from all of them (empirical Bayes: Laird & Ware 1982, Random-Effects Models for Longitudinal Data,
Biometrics 38, 963-974, doi:10.2307/2529876; Efron & Morris 1975, doi:10.1080/01621459.1975.10479864).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar, cast

import numpy as np

from retainkit._numerics.grouping import blocks
from retainkit._numerics.maximize import Maximum, maximize
from retainkit._numerics.maximize_each import maximize_each
from retainkit.errors import FitError, InputError, check_choice, unknown_choice
from retainkit.inference.fit import Case, fit, require_evidence
from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.view import Pull, objective, objectives
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily, AnyFamily, hold
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.records import TableRecord
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Plain

M = TypeVar("M", bound=AbstractModel[Any])

Shrink = Literal["refused", "all", "never"]

_SOUND = 0.95  # share of segments with a maximum of their own, from which estimates are nearly normal
_ROUNDS, _ENOUGH = 30, 0.02  # of learning from small segments, and what of a standard deviation is still
_LEARNED = 200  # small segments from which what is common is learned: more would tell no more
_STEPS, _STILL = 200, 1e-6  # of expectation-maximisation, relative to the variances
_LEAST_VARIANCE = 1e-6  # segments that differ by a thousandth: below it the prior says they are equal
_CELLS = 16_384  # entries of a table of segments: its thirty or so arrays stay near the processor
_RAREST = 3  # segments beyond the number of parameters, from which their covariance is known at all


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SegmentFits(TableRecord, Generic[M]):
    """A model of each segment, and what segments have in common.

    Attributes
    ----------
    fits : dict of names to Fit
        Of each segment that has one, in the order given: its own, or where it is in `shrunk` that at the
        highest point of likelihood times prior.
    refused : dict of names to str
        Why the other segments have none.
    shrunk : dict of names to str
        Why the segment alone has no fit; "" where it has, and was shrunk since all are.
    whole : Fit
        Of all customers together, which may itself be refused.
    centre, covariance : (p,), (p, p)
        Mean and covariance of the segments' parameters on the scale where they are unbounded (logarithms,
        logits), as estimated; NaN where nothing was shrunk.
    """

    fits: dict[str, Fit[M]]
    refused: dict[str, str]
    shrunk: dict[str, str]
    whole: Fit[M]
    centre: Array = field(repr=False)
    covariance: Array = field(repr=False)

    def __getitem__(self, segment: object) -> Fit[M]:
        """The fit of a segment."""
        name = str(segment)
        if name in self.refused:
            way_out = "Use more customers, or shrink='refused' with more segments that have a fit."
            raise InputError("inconsistent", "segment", name, f"has no fit: {self.refused[name]}", way_out)
        if name not in self.fits:
            raise unknown_choice("segment", name, (*self.fits,))
        return self.fits[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    def _row_columns(self) -> Plain:
        names = [p.name for p in self.whole.family.parameters]
        empty: Plain = dict.fromkeys(names, np.nan)
        rows: list[Plain] = []
        for segment in (*self.fits, *self.refused):
            fitted = self.fits.get(segment)
            values: Plain = fitted.model.parameters if fitted else empty
            errors: Plain = fitted.standard_errors if fitted else empty
            rows.append(
                {"segment": segment, "customers": fitted.customers if fitted else np.nan}
                | {name: values[name] for name in names}
                | {f"{name}_error": errors[name] for name in names}
                | {"verdict": _verdict(segment in self.shrunk, fitted is not None)}
            )
        return {key: np.array([row[key] for row in rows]) for key in rows[0]} if rows else {}

    def _caption(self) -> str:
        alone = len(self.fits) - len(self.shrunk)
        parts = [f"{alone:,} fitted alone", f"{len(self.shrunk):,} shrunk toward the whole"]
        told = ", ".join([*parts, f"{len(self.refused):,} refused"])
        return f"{self.whole.family.name} of {len(self.fits) + len(self.refused):,} segments: {told}."

    def _cells(self) -> list[list[str]]:
        rows = self._row_columns()
        shown = [name for name in rows if not name.endswith("_error")]
        cells = [[f"{v:,.5g}" if isinstance(v, float) else str(v) for v in rows[n].tolist()] for n in shown]
        return [shown, *map(list, zip(*cells, strict=True))] if rows else [[]]


def _verdict(shrunk: bool, fitted: bool) -> str:
    return "refused" if not fitted else "shrunk" if shrunk else "alone"


def fit_each(
    model: type[M] | AbstractFamily[M],
    summaries: Mapping[Any, DataOf[AbstractSummary]] | Sequence[DataOf[AbstractSummary]],
    *,
    fixed: Mapping[str, Any] | None = None,
    shrink: Shrink = "refused",
) -> SegmentFits[M]:
    """Fit a model to each of many segments: countries, channels, months of acquisition.

    Raises `InputError` for summaries of another kind or of unequal units; `FitError` where all customers
    together hold no evidence. A segment that has no fit is told in the result and stops none of the others.

    Parameters
    ----------
    model : a model class, such as `BGNBD`; or one wrapped by `with_covariates` or `with_shares`
    summaries : mapping of names to summaries, or a sequence of them, whose names are 0, 1, 2 …
    fixed : mapping of names to values, optional
        Parameters or settings to hold, as in `fit`.
    shrink : {"refused", "all", "never"}
        Which segments are shrunk toward the whole: those that alone do not determine the model, all, or
        none. How far follows from how sure a segment's data are and how much segments differ. Standard
        errors count both; that what they have in common is itself estimated, they do not.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import retainkit as rk
    >>> truth = {"UK": rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")}
    >>> truth |= {f"shop {i}": replace(truth["UK"], r=0.4 + 0.05 * i) for i in range(9)}
    >>> shops = {name: m.sample(T=[52.0] * 600, seed=i) for i, (name, m) in enumerate(truth.items())}
    >>> each = rk.fit_each(rk.BGNBD, shops)
    >>> print(f"{each['UK'].model.r:.1f}", len(each))
    0.5 10
    """
    check_choice("shrink", shrink, ("refused", "all", "never"))
    family: AnyFamily = hold(model, **(fixed or {}))
    data = segments_by_name(summaries, family)
    first, *others = data.values()
    whole = fit(family, first.joined(others), on_failure="return")
    # that of the whole: covariates have one origin, and parameters mean the same in all segments
    cases = {name: Case.of(whole.family, rows) for name, rows in data.items() if len(rows)}
    own, reasons = _each_alone(data, cases, whole)
    shrunk = {} if shrink == "never" else {name: why for name, why in reasons.items() if name in cases}
    if shrink == "all":
        shrunk |= dict.fromkeys(own, "")
    known = [_point(fitted) for fitted in own.values() if fitted.family == whole.family]
    size = len(whole.family.parameters)
    centre, covariance = np.full(size, np.nan), np.full((size, size), np.nan)
    found: dict[str, AnyFit] = dict(own)
    if shrunk and len(known) >= size + _RAREST:
        centre, covariance = _prior(cases, known)
        starts = np.broadcast_to(centre, (len(shrunk), size))
        best = _shrunk([cases[name] for name in shrunk], starts, centre, covariance)
        for (name, why), fitted in zip(shrunk.items(), best, strict=True):
            if fitted.diagnostics.converged:
                found[name] = _told(fitted, why)
    fits = {name: found[name] for name in data if name in found}
    return SegmentFits(
        fits=fits,
        refused={name: why for name, why in reasons.items() if name not in fits},
        shrunk={name: shrunk[name] for name in fits if fits[name].penalty},
        whole=whole,
        centre=centre,
        covariance=covariance,
    )


def _each_alone(
    data: Mapping[str, AbstractSummary], cases: Mapping[str, Case], whole: AnyFit
) -> tuple[dict[str, AnyFit], dict[str, str]]:
    """The fits of the segments that have one by themselves, and why others have none."""
    own: dict[str, AnyFit] = {}
    reasons: dict[str, str] = {}
    for name, rows in data.items():
        try:
            require_evidence(whole.family, rows)
        except FitError as error:
            reasons[name] = error.reason
    ready = [name for name in data if name not in reasons]
    start = whole.unconstrained()[0] if whole.diagnostics.converged else None
    for name, near in zip(ready, _alone([cases[name] for name in ready], start), strict=True):
        try:
            own[name] = near or fit(whole.family, data[name])
        except FitError as error:
            reasons[name] = error.reason
    return own, reasons


def _prior(cases: Mapping[str, Case], known: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Mean and covariance of the segments' parameters, from those that have a fit or from all."""
    centre, covariance = _common(known)
    if len(known) >= _SOUND * len(cases):
        return centre, covariance
    # many small segments: those that have a maximum are a choice of them, and hardly normal around it
    return _learned([*cases.values()][:: 1 + len(cases) // _LEARNED], centre, covariance)


def segments_by_name(summaries: Any, family: AnyFamily) -> dict[str, AbstractSummary]:
    """The data of each segment, by its name."""
    if not isinstance(summaries, Mapping | Sequence) or isinstance(summaries, str):
        rule = "must be a mapping of names to summaries, or a sequence of summaries"
        way_out = "For example fit_each(BGNBD, {'UK': uk, 'France': france})."
        raise InputError("wrong-type", "summaries", type(summaries).__name__, rule, way_out)
    given = cast("Mapping[Any, Any] | Sequence[Any]", summaries)
    pairs = list(given.items() if isinstance(given, Mapping) else enumerate(given))
    if not pairs:
        rule = "must have at least one segment"
        raise InputError("empty", "summaries", given, rule, "For example {'UK': uk, 'France': france}.")
    if len({str(name) for name, _ in pairs}) < len(pairs):
        shown = ", ".join(str(name) for name, _ in pairs)
        raise InputError(
            "duplicate", "summaries", shown, "must have names that differ as texts", "Rename one."
        )
    return {
        str(name): data_of(before_holdout(part), family.data_kind, f"summaries[{name!r}]", family.name)
        for name, part in pairs
    }


def _alone(cases: Sequence[Case], start: Array | None) -> Iterator[AnyFit | None]:
    """The fit of each, from the place of the whole; None where that leaves a doubt."""
    if start is None:  # the whole has no place
        yield from [None] * len(cases)
        return
    starts = [case.view.scaled(start) for case in cases]
    for case, top in zip(cases, tops_of(cases, starts, None), strict=True):
        near = case.settled(top)
        yield near if near is not None and near.diagnostics.converged else None


def _shrunk(cases: Sequence[Case], starts: Array, centre: Array, covariance: Array) -> list[AnyFit]:
    """The fit of each at the top of likelihood and prior, climbing from points on the unbounded scale."""
    precision = np.asarray(np.linalg.inv(covariance), np.float64)
    pulls = [case.view.prior(centre, precision) for case in cases]
    points = [case.view.scaled(start) for case, start in zip(cases, starts, strict=True)]
    tops = tops_of(cases, points, pulls)
    return [case.shrunk(top, pull) for case, top, pull in zip(cases, tops, pulls, strict=True)]


def tops_of(cases: Sequence[Case], starts: Sequence[Array], pulls: Sequence[Pull] | None) -> list[Maximum]:
    """Where climbs from starts in the optimiser's coordinates end: together where data make one table."""
    views = [case.view for case in cases]
    if pulls is not None:
        views = [replace(view, pull=pull) for view, pull in zip(views, pulls, strict=True)]
    found: list[Maximum] = []
    with np.errstate(all="ignore"):  # as in `fit`
        if any(view.scaling is not None or not view.family.takes_tables for view in views):
            for case, view, start in zip(cases, views, starts, strict=True):
                found.append(maximize(objective(view, case.rows), start))
            return found
        lengths = np.array([len(case.rows) for case in cases], np.float64)
        tops: dict[int, Maximum] = {}
        for block, _ in blocks(np.arange(len(cases)), lengths, _CELLS):
            some: list[int] = block.tolist()
            seen = objectives(views[some[0]], [cases[i].rows for i in some])
            tops |= zip(some, maximize_each(seen, np.array([starts[i] for i in some])), strict=True)
    return [tops[i] for i in range(len(cases))]


def _learned(cases: Sequence[Case], centre: Array, covariance: Array) -> tuple[Array, Array]:
    """What is common, by expectation-maximisation in which each is normal around its own top (Laplace)."""
    points = np.broadcast_to(centre, (len(cases), centre.size))
    for _ in range(_ROUNDS):
        known = [_point(best) for best in _shrunk(cases, points, centre, covariance)]
        points, spreads = (np.array(part) for part in zip(*known, strict=True))
        sound = np.isfinite(spreads).all(axis=(1, 2))
        means = points[sound]
        moved = np.abs(means.mean(axis=0) - centre) / np.sqrt(np.diag(covariance))
        centre = means.mean(axis=0)
        off = means - centre
        least = _LEAST_VARIANCE * np.eye(centre.size)
        covariance = spreads[sound].mean(axis=0) + off.T @ off / len(means) + least
        if moved.max() < _ENOUGH:
            break
    return centre, covariance


def _told(fitted: AnyFit, why: str) -> AnyFit:
    message = "The score of likelihood and prior is 0 here: shrunk toward the whole"
    told = f"{message}, since alone: {why}" if why else f"{message}."
    # a likelihood at the top of another function is below its maximum, and tests have to know
    return replace(fitted, diagnostics=replace(fitted.diagnostics, message=told), penalty=1.0)


def _point(fitted: AnyFit) -> tuple[Array, Array]:
    """An estimate on the unbounded scale, and its covariance there."""
    point, root = fitted.unconstrained()
    return point, root @ root.T


def _common(estimates: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Mean and covariance of normal random effects from normal estimates, by expectation-maximisation."""
    z, v = (np.array(part) for part in zip(*estimates, strict=True))
    # weights, so that one segment that knows little is not heard as one that knows much
    sure = np.asarray(np.linalg.inv(v), np.float64)
    centre = np.asarray(np.linalg.solve(sure.sum(axis=0), np.einsum("jpq,jq->p", sure, z)), np.float64)
    covariance = np.asarray(np.cov(z, rowvar=False).reshape(v.shape[1:]), np.float64)
    least = _LEAST_VARIANCE * np.eye(len(centre))
    for _ in range(_STEPS):
        gain = np.asarray(covariance @ np.linalg.inv(v + covariance), np.float64)
        means = centre + np.einsum("jpq,jq->jp", gain, z - centre)
        spreads = covariance - gain @ covariance
        centre = means.mean(axis=0)
        off = means - centre
        new = spreads.mean(axis=0) + off.T @ off / len(means) + least
        still = float(np.abs(new - covariance).max()) < _STILL * float(np.abs(np.diag(new)).max())
        covariance = 0.5 * (new + new.T)
        if still:
            break
    return centre, covariance
