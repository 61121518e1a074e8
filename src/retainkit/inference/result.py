"""The result of a fit: a model, how sure we are of it, and whether it is a fit at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from retainkit.domains import generator
from retainkit.errors import refuse_others
from retainkit.inference.diagnostics import Diagnostics
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractFamily, hold
from retainkit.models.reader import model_of_values
from retainkit.models.record import OF_MODEL
from retainkit.plurals import counted
from retainkit.records import Impossible, Record, read_only
from retainkit.typing import Array, Real

M = TypeVar("M", bound=AbstractModel[Any])


_QUESTIONS = {  # of a model, the first that it answers: what "predict" means for it
    "expected_purchases": "expected_purchases(tx, horizon=52)",
    "expected_spend": "expected_spend(tx)",
    "survival": "survival([1, 2, 3])",
    "given": "given(covariates), the model of each customer, which answers all questions",
}
_TOLD = ("log_likelihood", "aic", "bic", "customers", "penalty", "fingerprint")
_SYNONYMS = {  # what other libraries have, and where it is here
    name: place
    for place, names in {
        "model.parameters": ("params", "parameters", "params_", "coef"),
        "rows(), a line for each parameter; print(fitted) shows them": ("summary", "print_summary"),
        "standard_errors, or draws(1000, seed=1)": ("confidence_intervals", "conf_int"),
        "standard_errors": ("se", "bse"),
        "covariance": ("variance_matrix_",),
        "log_likelihood": ("log_likelihood_", "loglik", "llf"),
        "aic": ("AIC", "AIC_"),
        "bic": ("BIC", "BIC_"),
        "diagnostics.converged": ("converged", "success"),
        "model.probability_alive(tx)": ("conditional_probability_alive",),
        "model.expected_purchases(tx, horizon=52)": ("conditional_expected_number_of_purchases_up_to_time",),
        "model.expected_spend(tx)": ("conditional_expected_average_profit",),
        "model.survival([1, 2, 3])": ("survival_function_", "survival_function"),
    }.items()
    for name in names
}


def _way_to(name: str, model: object) -> str:
    """How a fit is asked for what it has not by that name."""
    if name == "predict":
        answered = [call for question, call in _QUESTIONS.items() if hasattr(type(model), question)]
        return f"Ask its model: fitted.model.{answered[0]}." if answered else ""
    if name in _SYNONYMS:
        return f"It is fitted.{_SYNONYMS[name]}."
    if hasattr(type(model), name):
        return f"It is a question to its model: fitted.model.{name}(...)."
    return ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit(Record, Generic[M]):
    """A model fitted by maximum likelihood.

    Attributes
    ----------
    model : the fitted model
    covariance : (p, p)
        Of the parameters themselves (delta method from the scale of the optimiser), from the observed
        information.
    robust_covariance : (p, p)
        The sandwich estimate: right even where the model is only an approximation.
    log_likelihood : float
    customers : float
        Number of customers behind the fit.
    diagnostics : Diagnostics
    family : the models among which this one was chosen; it names the free parameters
    penalty : float
        What `fit` was given, or 1 where `fit_each` shrank the segment; the log-likelihood is then no maximum.
    fingerprint : dict of numbers
        By which fits to the same data know each other, that of the customers under "" and one for each
        covariate; empty where unknown.
    """

    model: M
    covariance: Array
    robust_covariance: Array
    log_likelihood: float
    customers: float
    diagnostics: Diagnostics
    family: AbstractFamily[M] = field(compare=False)
    penalty: float = 0.0
    fingerprint: dict[str, float] = field(default_factory=dict[str, float], compare=False)

    def __retention_model__(self) -> M:
        """Where a function takes a model, a fit stands for its own."""
        return self.model

    def _way_to(self, name: str) -> str:
        """What other libraries call it, answered with the verb here."""
        return _way_to(name, self.model)

    @property
    def standard_errors(self) -> dict[str, float]:
        """One standard error per parameter, in the parameter's own unit."""
        return self._errors(self.covariance)

    @property
    def robust_standard_errors(self) -> dict[str, float]:
        """Standard errors from the sandwich estimate."""
        return self._errors(self.robust_covariance)

    def _errors(self, covariance: Array) -> dict[str, float]:
        return dict(zip(self.family.names(), np.sqrt(np.diag(covariance)).tolist(), strict=True))

    @property
    def aic(self) -> float:
        """Akaike's information criterion; less is better."""
        return 2.0 * len(self.family.parameters) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of customers; less is better."""
        # customers, not rows: compressing data must not change what is concluded from them
        return len(self.family.parameters) * math.log(self.customers) - 2.0 * self.log_likelihood

    def draws(self, n: int, *, seed: int | np.random.Generator) -> M:
        """The same model with parameters of shape (n, 1), drawn from their uncertainty.

        Drawn from the normal approximation on the scale where parameters are unbounded, so every draw
        is valid. All predictions of the model then carry a leading axis of n draws. Two fits drawn with one
        seed move together: give each its own.
        """
        centre, root = self.unconstrained()
        rng = generator(seed)
        # normal where parameters are unbounded: draws then lie in their domains, and skewed as estimates are
        return self.from_unconstrained(centre + rng.standard_normal((n, centre.size)) @ root.T)

    def unconstrained(self) -> tuple[Array, Array]:
        """Parameters where they are unbounded (log, logit), and S with S·Sᵀ their covariance there."""
        declared = self.family.parameters
        theta = np.array([float(v) for v in self.family.values_of(self.model)])
        slope = np.array([float(p.domain.slope(t)) for p, t in zip(declared, theta, strict=True)])
        point = np.array([float(p.domain.to_unconstrained(t)) for p, t in zip(declared, theta, strict=True)])
        # eigenvectors and not Cholesky, which rounding can defeat in a nearly flat direction
        values, directions = np.linalg.eigh(self.covariance / np.outer(slope, slope))
        # rounding in a flat direction may leave −1e-17
        return point, directions * np.sqrt(np.maximum(values, 0.0))

    def from_unconstrained(self, points: Array) -> M:
        """The model at points of the unbounded scale: (p,) gives one, (n, p) parameters of shape (n, 1)."""
        declared = self.family.parameters
        columns = [points[..., i] if points.ndim == 1 else points[:, [i]] for i in range(len(declared))]
        values = (p.domain.from_unconstrained(z) for p, z in zip(declared, columns, strict=True))
        return self.family.of(values, unit=self.model.unit)

    def as_dict(self) -> dict[str, Any]:
        """The model and its figures as plain values."""
        return {
            **self.model.model_dump(),
            "standard_errors": self.standard_errors,
            "covariance": self.covariance.tolist(),
            "robust_covariance": self.robust_covariance.tolist(),
            **{name: getattr(self, name) for name in _TOLD},
            "diagnosis": self.diagnostics.message,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Fit[M]:
        """The fit from its plain values; parameters without a standard error were held."""
        known = (*OF_MODEL, "standard_errors", "covariance", "robust_covariance", "diagnostics", *_TOLD)
        refuse_others(cls.__name__, values, (*known, "diagnosis", "comparison"))  # that led to it, for people
        model: Any = model_of_values({name: values[name] for name in OF_MODEL if name in values})
        whole = model.family
        given = dict(zip(whole.names(), whole.values_of(model), strict=True))
        held = {name: value for name, value in given.items() if name not in values["standard_errors"]}
        return cls(
            model=model,
            covariance=read_only(np.array(values["covariance"])),
            robust_covariance=read_only(np.array(values["robust_covariance"])),
            log_likelihood=values["log_likelihood"],
            customers=values["customers"],
            diagnostics=Diagnostics.from_dict(values["diagnostics"]),
            family=hold(whole, **held),
            penalty=values.get("penalty", 0.0),
            fingerprint=dict(values.get("fingerprint", {})),
        )._as_it_could_be()

    def _impossible(self) -> Iterator[Impossible]:
        many = len(self.family.names())
        for name in ("covariance", "robust_covariance"):
            matrix = getattr(self, name)
            if matrix.shape != (many, many) or np.any(np.diag(matrix) < 0.0):
                yield name, matrix, "must have a row for each parameter, and no variance below 0"

    def rows(self) -> list[tuple[str, float, float, str]]:
        """One row a parameter: name, estimate, standard error, meaning."""
        errors = self.standard_errors
        values = self.family.values_of(self.model)
        return [
            (p.name, float(v), errors[p.name], p.doc)
            for p, v in zip(self.family.parameters, values, strict=True)
        ]

    def __str__(self) -> str:
        lines = [
            f"{self.family.name} on {counted(self.customers, 'customer', spec=',.0f')}, "
            f"log-likelihood {self.log_likelihood:,.3f}, AIC {self.aic:,.1f}, BIC {self.bic:,.1f}"
        ]
        width = max(6, *map(len, self.family.names()))
        lines += [
            f"  {name:<{width}} {value:>12.6g}  ± {error:<10.3g} {doc}"
            for name, value, error, doc in self.rows()
        ]
        return "\n".join([*lines, f"  {self.diagnostics.message}"])

    __repr__ = __str__

    def _row_columns(self) -> Mapping[str, Any]:
        names = ("parameter", "estimate", "standard error", "meaning")
        return dict(zip(names, zip(*self.rows(), strict=True), strict=True))


AnyFit: TypeAlias = Fit[Any]
"""A fit of whatever model."""


_STEP = 1e-3  # of a standard deviation: small against it, large against rounding


def standard_error(figure: Callable[..., Real], *fits: AnyFit) -> Real:
    """Standard error of any figure computed from fitted models, by the delta method.

    The figure is computed once at the estimates and once a step along each direction in which the parameters
    are uncertain. Fits count as independent of each other. The error is in the unit of the figure; it covers
    the uncertainty of the parameters, not of what the single customer will do, nor of the model itself.

    Parameters
    ----------
    figure : callable
        Takes the models of `fits` in order and gives a number, or an array of them.
    *fits : Fit

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> fitted = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> error = rk.inference.standard_error(lambda model: model.expected_purchases_new(52.0), fitted)
    >>> print(f"{fitted.model.expected_purchases_new(52.0):.2f} ± {error:.2f}")
    2.52 ± 0.06
    """
    models = [fitted.model for fitted in fits]
    centre = np.asarray(figure(*models), np.float64)
    variance = np.zeros_like(centre)
    for i, fitted in enumerate(fits):
        point, root = fitted.unconstrained()
        # along the columns of S, S·Sᵀ the covariance: the squares of these slopes add up without cross terms
        for direction in root.T:
            moved = [*models[:i], fitted.from_unconstrained(point + _STEP * direction), *models[i + 1 :]]
            variance += ((np.asarray(figure(*moved), np.float64) - centre) / _STEP) ** 2
    error = np.sqrt(variance)
    return float(error) if error.ndim == 0 else error
