"""A posterior of each of many segments, which share what they have in common as far as the data say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import numpy as np

from retainkit._numerics.sampling.importance import DOUBTFUL
from retainkit.domains import POSITIVE, REAL, generator, generator_for, whole_number
from retainkit.draws import Draws
from retainkit.errors import InputError, unknown_choice
from retainkit.inference.each import segments_by_name, tops_of
from retainkit.inference.fit import Case, require_evidence
from retainkit.inference.posterior import AnyPosterior, Posterior, posterior
from retainkit.inference.priors import AbstractPrior, HalfNormal, JointNormal, Prior
from retainkit.inference.sampling import MIXED, SamplingDiagnostics
from retainkit.inference.several.hierarchy import (
    Approached,
    Hierarchy,
    NormalForm,
    approached,
    model_of_line,
    upward,
)
from retainkit.inference.several.segment_chains import chained
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily, AnyFamily, hold
from retainkit.plurals import counted
from retainkit.protocols import DataOf
from retainkit.records import TableRecord, read_only
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array, Plain

M = TypeVar("M", bound=AbstractModel[Any])

_APART = 0.5  # prior scale of tau: factors of e^±0.5 between segments are usual, of e^±1 rare
_FIRST_APART = 0.5  # tau where normal forms of the likelihoods are first taken
_FEW = 0.1  # of the draws asked for
_SHARED = "[segments]"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SegmentPosteriors(TableRecord, Generic[M]):
    """A posterior of each segment, and of what they have in common; made by `posterior_each`.

    The draws of all belong together, first with first: each is one state of all segments at once.

    Attributes
    ----------
    posteriors : dict of names to Posterior
        In the order given.
    typical : Posterior
        Of a segment in the middle: at the mean of all where parameters are unbounded (logarithms, logits).
    spreads : dict of names to Draws
        Of each parameter the standard deviation between segments, on that scale: 0.1 is a tenth.
    whole : Posterior
        Of all customers together, as if there were no segments.
    """

    _read_back = False
    _left = 1

    posteriors: dict[str, Posterior[M]]
    typical: Posterior[M]
    spreads: dict[str, Draws]
    whole: Posterior[M]

    def __getitem__(self, segment: object) -> Posterior[M]:
        """The posterior of a segment."""
        if str(segment) not in self.posteriors:
            raise unknown_choice("segment", str(segment), (*self.posteriors,))
        return self.posteriors[str(segment)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.posteriors)

    def __len__(self) -> int:
        return len(self.posteriors)

    def as_dict(self) -> Plain:
        """The table, and how the draws were made."""
        rows = self._row_columns()
        told = [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
        return {"segments": told, "diagnostics": self.typical.diagnostics.as_dict()}

    def _row_columns(self) -> Plain:
        """A row for each segment and one for that in the middle: medians and 90% intervals."""
        named = {**self.posteriors, "typical": self.typical}
        columns: Plain = {"segment": [*named], "customers": np.array([p.customers for p in named.values()])}
        rows = [p.summary() for p in named.values()]
        for k, name in enumerate(self.typical.family.names()):
            columns[name] = np.array([row.q50[k] for row in rows])
            columns |= {f"{name}_q05": np.array([row.q05[k] for row in rows])}
            columns |= {f"{name}_q95": np.array([row.q95[k] for row in rows])}
        return columns

    def _caption(self) -> str:
        many = counted(len(self.typical), "draw")
        return f"{self.typical.family.name} of {counted(len(self), 'segment')}, {many}"

    def _cells(self) -> list[list[str]]:
        rows = self._row_columns()
        names = self.typical.family.names()
        cells = [["segment", "customers", *names]]
        for i, segment in enumerate(rows["segment"]):
            ends = ([f"{rows[n + end][i]:.4g}" for end in ("", "_q05", "_q95")] for n in names)
            people = "" if segment == "typical" else f"{rows['customers'][i]:,.0f}"
            cells.append([segment, people, *(f"{mid} ({low} to {high})" for mid, low, high in ends)])
        ends = [(d.quantile(0.5), *d.interval()) for d in self.spreads.values()]
        apart = [f"{mid:.3g} ({low:.3g} to {high:.3g})" for mid, low, high in ends]
        return [*cells, ["sd between", "", *apart]]

    def __str__(self) -> str:
        return f"{super(SegmentPosteriors, self).__str__()}\n  {self.typical.diagnostics}"

    __repr__ = __str__


def posterior_each(
    model: type[M] | AbstractFamily[M],
    summaries: Mapping[Any, DataOf[AbstractSummary]] | Sequence[DataOf[AbstractSummary]],
    *,
    draws: int = 1000,
    seed: int | np.random.Generator,
    prior: Prior | None = None,
    spread_prior: AbstractPrior | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> SegmentPosteriors[M]:
    """The posterior of each of many segments, which borrow from each other as far as they are alike.

    Where parameters are unbounded (logarithms, logits) those of a segment are drawn from a normal
    distribution whose mean and standard deviations are not known either: they are inferred with the segments,
    from which each has as much as its own customers leave open. A segment of one customer, or of none who
    came back, is nearly any of the others. `fit_each` estimates the same by one value; here what is common
    is uncertain, too, which matters for few segments.

    Raises `InputError` for summaries of another kind or of unequal units, for a prior that is improper or of
    another domain, and draws below 1; `FitError` where all customers together hold no evidence and no `prior`
    is stated.

    Parameters
    ----------
    model : a model class, such as `BGNBD`; or one wrapped by `with_covariates` or `with_shares`
    summaries : mapping of names to summaries, or a sequence of them, whose names are 0, 1, 2 …
    draws : int
        Of each segment, equally weighted; draws of all belong together, first with first.
    seed : int or numpy Generator
    prior : as in `posterior`, here of the segment in the middle
    spread_prior : a prior of `retainkit.priors` for numbers above 0, optional
        Of the standard deviation of each parameter between segments; by default `HalfNormal(0.5)`: within a
        factor of 1.6 usually, of 2.7 rarely (of a coefficient, a quarter of its default prior).
    fixed : mapping of names to values, optional
        Parameters or settings to hold, as in `fit`.

    Notes
    -----
    Gelman, A. and Hill, J. (2007), "Data Analysis Using Regression and Multilevel/Hierarchical Models";
    Gelman, A. (2006), "Prior distributions for variance parameters in hierarchical models", Bayesian Analysis
    1(3), 515-534, doi:10.1214/06-BA117A. Sampled by importance sampling squared (Tran et al. 2013,
    arXiv:1309.3339), or by Markov chains where segments are too many for it; the diagnostics say which.

    Examples
    --------
    >>> import retainkit as rk
    >>> shops = {f"shop {i}": rk.Geometric(0.1 + 0.02 * i).sample([12.0] * 100, seed=i) for i in range(5)}
    >>> shops["new"] = rk.Geometric(0.1).sample([1.0], seed=9)
    >>> each = rk.inference.posterior_each(rk.Geometric, shops, seed=1)
    >>> one, many = (each[name].summary().row("theta") for name in ("new", "shop 0"))
    >>> bool(one["sd"] > many["sd"]), len(each)
    (True, 6)
    """
    many = whole_number("draws", draws, 1, way_out="For example draws=1000.")
    generator(seed)  # refused before any work is done
    family: AnyFamily = hold(model, **(fixed or {}))
    data = {name: rows.compress() for name, rows in segments_by_name(summaries, family).items()}
    first, *others = data.values()
    joined = first.joined(others)
    if prior is None:
        require_evidence(family, joined)
    rng = generator_for(seed, np.array([*joined.fingerprint().values()]))
    # where the middle probably lies: all customers as if of one segment
    whole = posterior(family, joined, draws=many, seed=rng, prior=prior)
    family = whole.family
    spreads = _spread_priors(spread_prior, whole)
    mean, root = whole.unconstrained()
    with np.errstate(all="ignore"):  # far out a likelihood underflows, and counts as 0
        hierarchy, start, scale = _prepared(family, [*data.values()], whole, spreads, rng, mean, root)
        points, line, verdict = _drawn(hierarchy, approached(hierarchy, start, scale, many), many)
    p = len(mean)
    prior_told = _priors_told(whole, spreads)
    units = getattr(joined, "unit", None)

    def made(z: Array, rows: AbstractSummary) -> AnyPosterior:
        drawn: Any = model_of_line(family, z, units)
        value = drawn.summed_log_likelihood(rows) if rows.customers > 0.0 else np.zeros(many)
        return Posterior(
            drawn, read_only(value), math.nan, prior_told, rows.customers, verdict, family, rows.fingerprint()
        )

    apart = np.exp(points[:, p:])
    return SegmentPosteriors(
        posteriors={name: made(z, rows) for (name, rows), z in zip(data.items(), line, strict=True)},
        typical=made(points[:, :p], joined),
        spreads={name: Draws.of(tau) for name, tau in zip(family.names(), apart.T, strict=True)},
        whole=whole,
    )


def _spread_priors(given: AbstractPrior | None, whole: AnyPosterior) -> list[AbstractPrior]:
    if given is not None:
        rule, way_out = (
            "must be one prior of rk.priors for numbers above 0",
            "For example rk.priors.HalfNormal(0.5).",
        )
        stated = cast("object", given)
        if not isinstance(stated, AbstractPrior):
            raise InputError("wrong-type", "spread_prior", stated, rule, way_out)
        if stated.domain is not POSITIVE:
            raise InputError("out-of-range", "spread_prior", stated, rule, way_out)
        return [given] * len(whole.family.names())
    known = whole.prior
    # a coefficient counts in the unit of its covariate, as its own prior does
    sizes = [
        0.25 * float(getattr(known[p.name], "sigma", 1.0))
        if p.domain is REAL and not isinstance(known, JointNormal)
        else _APART
        for p in whole.family.parameters
    ]
    return [HalfNormal(size) for size in sizes]


def _prepared(
    family: AnyFamily,
    rows: Sequence[AbstractSummary],
    whole: AnyPosterior,
    spreads: Sequence[AbstractPrior],
    rng: np.random.Generator,
    mean: Array,
    root: Array,
) -> tuple[Hierarchy, Array, Array]:
    """The density to sample, where it is about, and how far it reaches."""
    p = len(mean)
    form = _normal_form(family, rows, mean, np.full(p, _FIRST_APART))
    priors = whole.prior if isinstance(whole.prior, JointNormal) else [*whole.prior.values()]
    hierarchy = Hierarchy(family, rows, form, priors, spreads, rng)
    start = np.concatenate([mean, np.log(np.full(p, 0.5 * _FIRST_APART))])
    scale = np.zeros((2 * p, 2 * p))
    # the middle is as uncertain as all together, and as few segments make it; tau by a factor of e
    scale[:p, :p] = root @ root.T + np.eye(p) * _FIRST_APART**2 / len(rows)
    scale[p:, p:] = np.eye(p)
    return hierarchy, start, scale


def _normal_form(family: AnyFamily, rows: Sequence[AbstractSummary], mean: Array, apart: Array) -> NormalForm:
    """Of each segment's likelihood, at the top of its product with a normal distribution."""
    p = len(mean)
    precision, pulled, height = np.zeros((len(rows), p, p)), np.zeros((len(rows), p)), np.zeros(len(rows))
    held = [j for j, part in enumerate(rows) if part.customers > 0.0]
    cases = [Case.of(family, rows[j]) for j in held]
    prior = np.diag(apart**-2.0)
    pulls = [case.view.prior(mean, prior) for case in cases]
    tops = tops_of(cases, [case.view.scaled(mean) for case in cases], pulls)
    for j, case, top in zip(held, cases, tops, strict=True):
        point, bent = case.view.unconstrained(top.point), top.curvature
        if case.view.scaling is not None:
            back = np.linalg.inv(case.view.scaling)
            bent = back.T @ bent @ back
        if not (np.isfinite(point).all() and np.isfinite(bent).all()):
            continue  # it is drawn from what is common alone, and weighted by its likelihood
        bend = upward(bent - prior)
        slope = prior @ (point - mean)
        precision[j], pulled[j] = bend, bend @ point + slope
        own: Any = model_of_line(family, point[None], getattr(rows[j], "unit", None))
        value = float(np.ravel(own.summed_log_likelihood(rows[j]))[0])
        height[j] = value - slope @ point - 0.5 * point @ bend @ point
    return NormalForm(precision, pulled, height)


def _priors_told(whole: AnyPosterior, spreads: Sequence[AbstractPrior]) -> dict[str, Any]:
    names = whole.family.names()
    apart = {f"sd of {name} between segments": one for name, one in zip(names, spreads, strict=True)}
    if isinstance(whole.prior, JointNormal):
        return {"typical segment": whole.prior, **apart}
    return {f"typical {name}": one for name, one in whole.prior.items()} | apart


def _drawn(hierarchy: Hierarchy, known: Approached, many: int) -> tuple[Array, Array, SamplingDiagnostics]:
    """Draws of (mu, ln tau) and of the segments, and in sentences how they were made."""
    found, pareto_k = known.exact, math.inf
    if found is not None:
        effective, pareto_k = found.worth(many), found.pareto_k
        places = found.equally_weighted(many, hierarchy.rng)
        line, worth = hierarchy.picked(places)
        if pareto_k <= DOUBTFUL and effective >= _FEW * many:
            told = (
                f"Importance sampling squared: {effective:,.0f} effective draws of {many:,} of what segments "
                f"share, weights are {'regular' if pareto_k < 0.5 else 'usable'} (Pareto k {pareto_k:.2f}); "
                f"{hierarchy.each} of each segment at each of these, "
                f"worth {100 * float(worth.min()):.0f}% of them or more."
            )
            verdict = SamplingDiagnostics(
                "importance", effective, pareto_k, None, hierarchy.evaluations, (told,)
            )
            return found.points[places], line, verdict
    hierarchy.forget()
    run = chained(hierarchy, known.points, many)
    why = "too noisy for so many segments" if found is None else f"too uneven (Pareto k {pareto_k:.2f})"
    agreed = "agree" if run.r_hat < MIXED else "do not agree: state a tighter prior or spread_prior"
    told = (
        f"Importance weights were {why}, so Markov chains over all segments were run: they {agreed} "
        f"(R-hat {run.r_hat:.3f}), {run.effective:,.0f} effective draws of {many:,}."
    )
    verdict = SamplingDiagnostics("chain", run.effective, pareto_k, run.r_hat, hierarchy.evaluations, (told,))
    return run.points, run.line, verdict
