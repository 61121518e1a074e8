"""How sure are we of the parameters: draws from their posterior, without a Markov chain where none is needed.

These models have two to six parameters and compressed rows, so that a thousand likelihoods are evaluated at
once. Points spread from wide distributions around the mode are weighted by likelihood and prior, and those
distributions learn the posterior's shape from them (`_numerics.sampling`). What the weights say of
themselves is judged by the shape k of their tail (Vehtari et al. 2024, arXiv:1507.02646); where they fail,
a Markov chain takes over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar, cast

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.sampling.importance import importance_points
from retainkit.domains import generator, generator_for, whole_number
from retainkit.draws import evenly_thinned
from retainkit.errors import InputError, near
from retainkit.inference.fit import distinct_rows, require_evidence
from retainkit.inference.priors import JointNormal, Prior, prior_of
from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.sampling import SamplingDiagnostics, around_modes, chosen, density, model_at, volume
from retainkit.inference.stated_priors import stated, subtracted
from retainkit.inference.view import View
from retainkit.models.average import AverageFamily
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily, AnyFamily, hold
from retainkit.models.reader import model_of_values
from retainkit.models.record import OF_MODEL, free_family
from retainkit.plurals import counted
from retainkit.protocols import DataOf, before_holdout, data_of
from retainkit.records import Record, TableRecord, read_only
from retainkit.strict_json import plain, strict
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

M = TypeVar("M", bound=AbstractModel[Any])

_QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PosteriorSummary(TableRecord):
    """What a posterior says of each parameter: mean, standard deviation, quantiles.

    Attributes
    ----------
    parameter, meaning : (p,) text
    mean, sd, q05, q25, q50, q75, q95 : (p,)
    """

    _left = 1

    parameter: tuple[str, ...]
    mean: Array
    sd: Array
    q05: Array
    q25: Array
    q50: Array
    q75: Array
    q95: Array
    meaning: tuple[str, ...]
    caption: str

    def row(self, name: str) -> dict[str, float]:
        """The figures of one parameter."""
        if name not in self.parameter:
            rule = f"must name a parameter ({', '.join(self.parameter)})"
            raise InputError("unknown-name", "name", name, rule, near(name, self.parameter))
        place = self.parameter.index(name)
        return {figure: float(getattr(self, figure)[place]) for figure in ("mean", "sd", *_QUANTILES)}

    def _row_columns(self) -> Mapping[str, Any]:
        figures = {figure: getattr(self, figure) for figure in ("mean", "sd", *_QUANTILES)}
        return {"parameter": [*self.parameter], **figures, "meaning": [*self.meaning]}

    def _caption(self) -> str:
        return self.caption

    def _cells(self) -> list[list[str]]:
        head = ["parameter", "mean", "sd", "5%", "25%", "50%", "75%", "95%", "meaning"]
        rows = [
            [name, *(f"{value:.5g}" for value in self.row(name).values()), meaning]
            for name, meaning in zip(self.parameter, self.meaning, strict=True)
        ]
        return [head, *rows]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Posterior(Record, Generic[M]):
    """Equally probable models: draws from what data and prior together say of the parameters.

    It goes wherever a model or a fit goes; answers then have a leading axis of draws. ``len(posterior)`` is
    their number.

    Attributes
    ----------
    model : the model with parameters of shape (draws, 1)
    log_likelihood : (draws,)
        Of the data at each draw, without the prior.
    log_evidence : float
        ln of the probability of the data under model and prior (their marginal likelihood).
    prior : the prior of each parameter by name, or of all together
    customers : float
        Number of customers behind it.
    diagnostics : SamplingDiagnostics
    family : the models among which the draws are; it names the free parameters
    """

    model: M
    log_likelihood: Array
    log_evidence: float
    prior: Mapping[str, Any] | JointNormal
    customers: float
    diagnostics: SamplingDiagnostics
    family: AbstractFamily[M] = field(compare=False)
    fingerprint: dict[str, float] = field(default_factory=dict[str, float], compare=False)

    def __retention_model__(self) -> M:
        """Where a function takes a model, a posterior stands for its own."""
        return self.model

    def __len__(self) -> int:
        return self.log_likelihood.size

    @property
    def effective_draws(self) -> float:
        """How many independent draws these are worth."""
        return self.diagnostics.effective_draws

    @property
    def pareto_k(self) -> float:
        """Shape of the tail of the importance weights: below 0.5 good, from 0.7 on a chain is used."""
        return self.diagnostics.pareto_k

    def draws(self, n: int, *, seed: int | np.random.Generator) -> M:
        """The model with `n` of the draws, none of them twice."""
        many = whole_number("n", n, 1, len(self), way_out="Ask posterior(..., draws=...) for more.")
        return self._some(np.sort(generator(seed).permutation(len(self))[:many]))

    def thinned(self, n: int) -> M:
        """The model with `n` of the draws, evenly from first to last; all where there are fewer."""
        return self._some(evenly_thinned(len(self), n))

    def of_draw(self, place: int) -> M:
        """The model of one draw, from 0, with a number for each parameter: for what is made of one model."""
        return self.model.of_draw(place)

    def _some(self, which: Codes) -> M:
        values = [np.asarray(v, np.float64)[which] for v in self.family.values_of(self.model)]
        return self.family.of(values, unit=self.model.unit)

    def _columns(self) -> dict[str, Array]:
        values = self.family.values_of(self.model)
        return {n: np.asarray(v)[:, 0] for n, v in zip(self.family.names(), values, strict=True)}

    def summary(self) -> PosteriorSummary:
        """Mean, standard deviation and quantiles of each parameter."""
        # of a model average each parameter has the draws of its own model
        table = [column[~np.isnan(column)] for column in self._columns().values()]
        people = counted(self.customers, "customer", spec=",.0f")
        quantiles = np.array([np.quantile(column, [*_QUANTILES.values()]) for column in table]).T
        return PosteriorSummary(
            parameter=self.family.names(),
            mean=np.array([column.mean() for column in table]),
            sd=np.array([column.std() for column in table]),
            **dict(zip(_QUANTILES, quantiles, strict=True)),
            meaning=tuple(p.doc for p in self.family.parameters),
            caption=f"{self.family.name} on {people}, {counted(len(self), 'draw')}",
        )

    def unconstrained(self) -> tuple[Array, Array]:
        """Mean where parameters are unbounded (log, logit), and S with S·Sᵀ their covariance there."""
        if isinstance(self.family, AverageFamily):
            rule = "must be of one model: those of an average have no common mean"
            raise InputError("not-supported", "posterior", self.family.name, rule, "Take that of one model.")
        declared = self.family.parameters
        columns = zip(declared, self._columns().values(), strict=True)
        line = np.array([p.domain.to_unconstrained(v) for p, v in columns])
        # eigenvectors and not Cholesky, which rounding can defeat in a nearly flat direction
        values, directions = np.linalg.eigh(np.atleast_2d(np.cov(line)))
        return line.mean(axis=1), directions * np.sqrt(np.maximum(values, 0.0))

    def as_dict(self) -> dict[str, Any]:
        """The model, its draws and the figures as plain values."""
        return {
            **self.model.model_dump(),
            "log_likelihood": self.log_likelihood.tolist(),
            "log_evidence": self.log_evidence,
            "customers": self.customers,
            "prior": _prior_told(self.prior),
            "diagnostics": self.diagnostics.as_dict(),
            "fingerprint": self.fingerprint,
        }

    def model_dump(self, **options: Any) -> dict[str, Any]:
        # the figures are all there is to it; priors stand in them with their kinds
        return strict(plain(self.as_dict(**options)), self._never)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Posterior[M]:
        """The posterior from its plain values; parameters that are single numbers were held."""
        known = {*OF_MODEL, "log_likelihood", "log_evidence", "customers", "prior", "diagnostics"}
        missing = [n for n in ("model", "log_likelihood", "prior", "diagnostics") if n not in values]
        strange = [name for name in values if name not in known | {"fingerprint"}]
        if missing or strange:
            rule = "must be the values of a posterior, all of them and no others"
            shown = f"no {missing[0]}" if missing else strange[0]
            way_out = "Write it with model_dump_json()."
            raise InputError("unknown-name", cls.__name__, shown, rule, way_out)
        model: Any = model_of_values({n: v for n, v in values.items() if n in OF_MODEL})
        family = model.among if isinstance(model.family, AverageFamily) else free_family(model)
        return cls(
            model=model,
            log_likelihood=read_only(np.array(values["log_likelihood"])),
            log_evidence=values["log_evidence"],
            prior=prior_of(values["prior"]),
            customers=values["customers"],
            diagnostics=SamplingDiagnostics.from_dict(values["diagnostics"]),
            family=family,
            fingerprint=dict(values.get("fingerprint", {})),
        )

    def _row_columns(self) -> Mapping[str, Any]:
        return {**self._columns(), "log_likelihood": self.log_likelihood}

    def __str__(self) -> str:
        return f"{self.summary()}\n  {self.diagnostics}\n  Prior: {_prior_in_words(self.prior)}."

    __repr__ = __str__


AnyPosterior: TypeAlias = Posterior[Any]
"""A posterior of whatever model."""


def posterior(
    model: type[M] | AbstractFamily[M] | Fit[M] | Posterior[M],
    data: DataOf[AbstractSummary],
    *,
    draws: int = 4000,
    seed: int | np.random.Generator,
    prior: Prior | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> Posterior[M]:
    """Draws from the posterior of a model's parameters: how sure the data leave us, for every number.

    It answers also where `fit` refuses since the likelihood rises to an edge: the prior is proper, so that
    the posterior is, too. The draws are made by importance sampling from mixtures that learn the
    posterior's shape; where its weights fail, by Markov chains; `Posterior.diagnostics` says which, and how
    far to rely on them.

    Raises `InputError` for a prior that is improper or of another domain, draws below 1, data of another
    kind or unit than a fit's or prior's; `FitError` for data that determine no model, such as customers of
    whom none came back, unless a `prior` is stated: then it decides, and the diagnostics say so.

    Parameters
    ----------
    model : a model class, such as `BGNBD`; one wrapped by `with_covariates` or `with_shares`; or a `Fit`
        A fit, or a posterior of other data, lends its form and what was held fixed; an estimate is only where
        the search begins.
    data : the summary the model is for, as in `fit`
        Where a period is held out, it is that of the time before it.
    draws : int
        Equally weighted draws. 1,000 suffice for an interval, 4,000 for its ends in two digits.
    seed : int or numpy Generator
        With one whole number the draws of other data are others, independent of these.
    prior : one of `retainkit.priors`, a mapping of names to them, or a `priors.JointNormal`
        By default normal on the log (or logit) scale with standard deviation 2 around the typical value
        that each parameter declares, times in the scale of these data and money relative to its mean; of a
        coefficient 1.5 per standard deviation of its covariate. `Posterior.prior` states them in figures.
    fixed : mapping of names to values, optional
        Parameters or settings to hold, as in `fit`.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> customers = truth.sample(T=[52.0] * 2000, seed=3)
    >>> known = rk.posterior(rk.BGNBD, customers, seed=2)
    >>> known.model.expected_purchases_new(52.0).shape
    (4000,)
    >>> low, high = rk.Draws(known.model.expected_purchases_new(52.0)).interval(0.9)
    >>> bool(low < truth.expected_purchases_new(52.0) < high)
    True
    """
    many = whole_number("draws", draws, 1, way_out="For example draws=4000.")
    generator(seed)  # refused before any work is done
    family = _family(model, fixed)
    rows = distinct_rows(data_of(before_holdout(data), family.data_kind, "data", family.name))
    told: list[str] = []
    missing = rows.missing_evidence()
    if prior is None or not rows.customers > 0.0:  # without a customer no scale of time is known either
        require_evidence(family, rows)
    elif missing is not None:
        told.append(f"The data alone determine no model, since {missing[0].rstrip('.')}: the prior decides.")
    family = family.of_data(rows)
    view = View.of(family, rows, 0.0)
    known = stated(prior, family, rows)
    penalty = subtracted(known, view.scaling)
    rng = generator_for(seed, np.array([*rows.fingerprint().values()]))
    log_density, count = density(view, rows, penalty)
    with np.errstate(all="ignore"):  # far out a likelihood underflows, and counts as 0
        wide, evaluations = around_modes(view, rows, penalty, _start_of(model, view))
        found = importance_points(log_density, wide, many, rng)
        points, height, verdict = chosen(log_density, found, many, rng, told)
        value = height + penalty.cost(points)[0]
        sampled = model_at(view, points, rows)
    return Posterior(
        model=sampled,
        log_likelihood=read_only(np.asarray(value)),
        log_evidence=found.log_height + volume(view),
        prior=known,
        customers=rows.customers,
        diagnostics=verdict.replace(evaluations=evaluations + count()),
        family=family,
        fingerprint=rows.fingerprint(),
    )


def _family(model: Any, fixed: Mapping[str, Any] | None) -> AnyFamily:
    known = isinstance(model, Posterior | Fit)
    family = cast("AnyFit", model).family if known else model
    if isinstance(family, AverageFamily):
        rule = "must be one model, not an average of several"
        raise InputError("not-a-model", "model", family.name, rule, "Average the posteriors of each.")
    return hold(family, **(fixed or {}))


def _start_of(model: Any, view: View) -> Array | None:
    """Where a fit has its maximum, if that is one of the same parameters."""
    fitted = cast("AnyFit", model)
    if not isinstance(model, Fit) or fitted.family.names() != view.family.names():
        return None
    return view.scaled(fitted.unconstrained()[0]) if fitted.diagnostics.converged else None


def _prior_told(prior: Mapping[str, Any] | JointNormal) -> dict[str, Any]:
    if isinstance(prior, JointNormal):
        return prior.as_dict()
    return {name: {"kind": type(one).__name__, **one.as_dict()} for name, one in prior.items()}


def _prior_in_words(prior: Mapping[str, Any] | JointNormal) -> str:
    return str(prior) if isinstance(prior, JointNormal) else "; ".join(f"{n} {p}" for n, p in prior.items())
