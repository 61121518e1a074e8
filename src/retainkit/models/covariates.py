"""Covariates for every parametric model, by one composition.

What is known of a customer moves one parameter of each process, on the scale where that parameter is
unbounded: alpha · e^(−γ·z) buys e^(γ·z) times as often. The rest is chain rule through the score of the
model within. Fader, P. S. and Hardie, B. G. S. (2007), "Incorporating time-invariant covariates into the
Pareto/NBD and BG/NBD models", http://brucehardie.com/notes/019/ (for Pareto/NBD, the same model).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar, cast, final

import numpy as np

from retainkit.columns import named_once
from retainkit.errors import InputError, near
from retainkit.models.base import AbstractModel
from retainkit.models.effects import (
    SAME,
    Effect,
    counted,
    signs_of,
    standardized_covariates,
    summed_products,
)
from retainkit.models.family import AbstractCoefficients, AbstractFamily, AnyFamily, family_of
from retainkit.parameters import Parameter, real
from retainkit.protocols import DataOf
from retainkit.summaries import AbstractSummary, Described
from retainkit.summaries.covariates import covariate_columns
from retainkit.typing import Array, Frame, Plain, Real, Unit

B = TypeVar("B", bound=AbstractModel[Any])

_LAST = 700.0  # e^709 is the largest float; on its way to a limit a search passes any of them
_FAR = 30.0  # standard deviations: with e^16 as the largest effect a base at 0 is still a number


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WithCovariates(AbstractModel[Described[Any]], Generic[B]):
    """A model whose parameters follow from what is known of each customer.

    Parameters
    ----------
    base : a model
        That of a customer whose covariates are all 0, or at the `origin` of their effects.
    effects : the covariates of each process, in order
    coefficients : one number (or array of draws) per effect
        Positive means more of that process: more purchasing, more attrition or churn, more spend.

    Examples
    --------
    >>> import retainkit as rk
    >>> base = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> model = WithCovariates(base, (Effect("card", ("purchasing",)),), (0.7,))
    >>> print(model.given({"card": [0, 1]}).expected_purchases_new(52).round(2))
    [2.51 3.77]
    """

    base: B
    effects: tuple[Effect, ...]
    coefficients: tuple[Real, ...]

    data_kind: ClassVar[type[Any]] = Described

    def __post_init__(self) -> None:
        AbstractModel.__post_init__(self)  # pyright: ignore[reportUnknownMemberType]
        within = self.base.family
        for process in dict.fromkeys(process for effect in self.effects for process in effect.processes):
            _check_process(process, within)
        # the coefficients have no unit of time: what the base counts in is what the whole counts in
        self._count_as(self.base)

    def given(self, covariates: Frame) -> B:
        """The plain model of each customer: parameters of shape (n,), or numbers for a single one.

        It answers all questions of the model within, with data of n entries or tenures of shape (n,).

        Parameters
        ----------
        covariates : mapping of names to numbers or (n,) columns, any dataframe, or `Described` data
        """
        names = dict.fromkeys(effect.covariate for effect in self.effects)
        described = isinstance(covariates, Described)
        # a table of customers has columns for people too, which are not read
        z = covariates.covariates if described else covariate_columns(covariates, only=names)
        missing = [name for name in names if name not in z]
        if missing:
            there = [str(name) for name in cast("Iterable[object]", z if described else covariates)]
            rule = f"must have a column {missing[0]!r}, which the model was given"
            way_out = near(missing[0], there) + "Give every covariate of the model."
            raise InputError("missing-column", "covariates", ", ".join(there), rule, way_out)
        return self._at([z[e.covariate] - e.origin if e.origin else z[e.covariate] for e in self.effects])

    def over_time(self, covariates: Frame) -> B:
        """As `given`, with parameters of shape (n, 1): times go on the last axis, answers are (n, times)."""
        each = self.given(covariates)
        # a leading axis of customers is a leading axis of draws to the base: no second code path
        columns = [np.atleast_1d(np.asarray(v))[..., None] for v in each.family.values_of(each)]
        return each.family.of(columns, unit=self.unit)

    def log_likelihood_and_score(self, data: DataOf[Described[Any]]) -> tuple[Array, Array]:
        data = self._rows(data)
        value, along, base = self._along(data)
        z = counted(data, self.effects).reshape(-1, *(1,) * (value.ndim - 1), value.shape[-1])
        # an effect shared by processes moves all their parameters by one coefficient: slopes add
        moved = np.einsum("eq,q...n->e...n", signs_of(self.base.family, self.effects), along) * z
        return value, np.concatenate([along / base, moved])

    def log_likelihood(self, data: DataOf[Described[Any]]) -> Array:
        data = self._rows(data)
        return self._at(counted(data, self.effects)).log_likelihood(data.data)

    def summed_score(self, data: DataOf[Described[Any]]) -> tuple[Array, Array, Array | None]:
        data = self._rows(data)
        value, along, base = self._along(data)
        z, weighted = counted(data, self.effects), along * data.weight
        signs = signs_of(self.base.family, self.effects)
        # hundreds of covariates: what each row gives is multiplied with all of them at once, and not kept
        gradient = np.concatenate(
            [(weighted / base).sum(axis=-1), np.einsum("eq,q...e->e...", signs, weighted @ z.T)]
        )
        if value.ndim > 1:
            return value @ data.weight, gradient, None
        rows = np.concatenate([along / base, (signs @ along) * z])
        return value @ data.weight, gradient, (rows * data.weight) @ rows.T

    def _along(self, data: Described[Any]) -> tuple[Array, Array, Array]:
        """The log-likelihood, its slopes on each customer's lines (q, …, n), those of the base's map."""
        each = self._at(counted(data, self.effects))
        value, inner = each.log_likelihood_and_score(data.data)
        family = self.base.family
        own, start = family.values_of(each), family.values_of(self.base)
        inner = family.score_rows(inner)
        # d theta_i / d line at the customer's own value; back from the line at that of the base
        slopes = [p.domain.slope(np.asarray(v)) for p, v in zip(family.parameters, own, strict=True)]
        along = np.stack([row * slope for row, slope in zip(inner, slopes, strict=True)])
        base = [p.domain.slope(np.atleast_1d(v)) for p, v in zip(family.parameters, start, strict=True)]
        back = np.stack(np.broadcast_arrays(*base))
        return value, along, back.reshape(len(back), *(1,) * (along.ndim - back.ndim), *back.shape[1:])

    def _at(self, columns: Sequence[Array] | Array) -> B:
        """The models of customers with these covariates, one of each effect, counted from its origin."""
        shift: Plain = {}
        signs = signs_of(self.base.family, self.effects)
        for q, name in enumerate(self.base.family.names()):
            acting = np.flatnonzero(signs[:, q]).tolist()
            if acting:
                # several covariates on one process add where the parameter is unbounded: hazards multiply
                moving = [signs[j, q] * np.asarray(self.coefficients[j]) for j in acting]
                every = len(acting) == len(self.effects)
                shift[name] = summed_products(moving, columns if every else [columns[j] for j in acting])
        family = self.base.family
        moved = [
            # on the line no coefficient can leave the domain, however large, nor that of floats
            p.domain.from_unconstrained(
                np.clip(p.domain.to_unconstrained(np.asarray(value)) + shift[p.name], -_LAST, _LAST)
            )
            if p.name in shift
            else value
            for p, value in zip(family.parameters, family.values_of(self.base), strict=True)
        ]
        return family.of(moved, unit=self.unit)

    # -- the record ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Real]:
        named = zip((effect.name for effect in self.effects), self.coefficients, strict=True)
        return self.base.parameters | dict(named)

    @property
    def family(self) -> CovariateFamily[Any]:
        return CovariateFamily(self.base.family, self.effects)

    @classmethod
    def of_record(cls, record: Plain, base: B) -> WithCovariates[B]:
        """The model that `model_dump` wrote, around the model within that was read already."""
        rows = record["coefficients"]
        effects = tuple(
            Effect(row["covariate"], tuple(row["processes"]), row.get("origin", 0.0)) for row in rows
        )
        values = tuple(_plain(row["coefficient"]) for row in rows)
        return cls(base, effects, values, unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within, and each coefficient with its processes."""
        coefficients = [
            {
                "covariate": e.covariate,
                "processes": list(e.processes),
                "coefficient": np.asarray(c).tolist(),
                **({"origin": e.origin} if e.origin else {}),
            }
            for e, c in zip(self.effects, self.coefficients, strict=True)
        ]
        return {
            "model": "WithCovariates",
            "base": self.base.model_dump(),
            "coefficients": coefficients,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class CovariateFamily(AbstractCoefficients[WithCovariates[B], B]):
    """All models of one form with the same covariates; made by `with_covariates`."""

    base: AbstractFamily[B]
    effects: tuple[Effect, ...]

    @property
    def _around(self) -> str:
        return " with covariates"

    @property
    def data_kind(self) -> type[AbstractSummary]:
        return Described

    @property
    def added(self) -> tuple[Parameter, ...]:
        return _coefficients(self.effects)

    @property
    def terms(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        return ((effect.covariate, effect.processes) for effect in self.effects)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> WithCovariates[B]:
        base, coefficients = self.parts(values, unit)
        return WithCovariates(base, self.effects, tuple(coefficients), unit=unit)

    def of_data(self, rows: Any) -> CovariateFamily[B]:
        """With origins at the customers for covariates that lie far from 0, such as years."""
        z, mean, deviation = standardized_covariates(rows, self.effects)
        del z
        step = 10.0 ** np.floor(np.log10(deviation))
        far = [
            # the base at 0 would be a number beyond floats, and nobody's: nearly all of it an extrapolation
            replace(e, origin=e.origin + float(np.rint(m / s) * s)) if abs(m) > _FAR * d else e
            for e, m, d, s in zip(self.effects, mean, deviation, step, strict=True)
        ]
        return CovariateFamily(self.base, tuple(far))

    def scaling(self, rows: Any, *, rotate: bool = True) -> Array:
        """Coefficients per deviation of what each covariate has of its own; the base at the means."""
        z, mean, deviation = standardized_covariates(rows, self.effects)
        names, inner = self.base.names(), len(self.base.parameters)
        matrix = np.eye(inner + len(self.effects))
        # a coefficient per standard deviation: income in cents and a flag are then equally far from 0
        to_coefficients = np.diag(1.0 / deviation)
        groups = {e.processes for e in self.effects} if rotate else ()
        for group in groups:
            mine = np.flatnonzero([e.processes == group for e in self.effects])
            values, directions = np.linalg.eigh(z[mine] @ z[mine].T)
            # C^(−1/2): covariates that are nearly alike are far apart in coordinates, each next to its own
            root = (directions / np.sqrt(np.maximum(values, SAME))) @ directions.T
            to_coefficients[np.ix_(mine, mine)] = root / deviation[mine, None]
        matrix[inner:, inner:] = to_coefficients
        for j, effect in enumerate(self.effects):
            for process in effect.processes:
                name, sign = self.base.stand_in(process)
                if name in names:  # it may be held
                    # the base at the mean customer, not at covariates of 0, which may be far from everybody
                    matrix[names.index(name), inner:] -= sign * mean[j] * to_coefficients[j]
        return matrix


def with_covariates(
    model: type[B] | AbstractFamily[B], *, same: Sequence[str] = (), **processes: Sequence[str]
) -> CovariateFamily[B]:
    """A model with covariates on each of its processes, to be given to `fit` with `Described` data.

    What is fitted is a `WithCovariates`, and its ``given(covariates)`` is the plain model of each customer.

    Parameters
    ----------
    model : a model class, such as `ParetoNBD` or `Weibull`, or one made by `with_shares`
    same : names of covariates
        Those that act alike on all processes that have them: one coefficient instead of several.
    **processes : names of covariates
        Which act on which process: ``purchasing=[…], attrition=[…]`` for purchase models,
        ``churn=[…]`` for contractual ones, ``spend=[…]`` for spend.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> described = {"card": np.repeat([0.0, 1.0], 4000)}
    >>> base, effect = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5), rk.models.Effect("card", ("purchasing",))
    >>> truth = rk.models.WithCovariates(base, (effect,), (0.7,)).given(described)
    >>> data = rk.Described(truth.sample(np.full(8000, 52.0), seed=1), described)
    >>> fitted = rk.fit(rk.with_covariates(rk.BGNBD, purchasing=["card"]), data)
    >>> name = "purchasing.card"
    >>> abs(fitted.model.parameters[name] - 0.7) < 3 * fitted.standard_errors[name]
    True
    """
    family = family_of(model)
    given = {process: named_once(process, columns, least=0) for process, columns in processes.items()}
    if not any(given.values()):
        rule = f"needs at least one covariate on one of {', '.join(family.processes) or 'no process'}"
        way_out = f"For example {next(iter(family.processes), 'churn')}=['autopay']."
        raise InputError("missing-argument", "with_covariates", family.name, rule, way_out)
    for process in given:
        _check_process(process, family)
    tied = named_once("same", same, least=0)
    shared = [(c, tuple(p for p, columns in given.items() if c in columns)) for c in tied]
    for covariate, where in shared:
        if len(where) < 2:
            rule = "must act on two processes or more to act alike on them"
            raise InputError("needless", "same", covariate, rule, "Name it in each of the processes too.")
    alone = [Effect(c, (p,)) for p, columns in given.items() for c in columns if c not in tied]
    return CovariateFamily(family, (*alone, *(Effect(c, where) for c, where in shared)))


def _counted(effect: Effect) -> str:
    return f"{effect.covariate} − {effect.origin:g}" if effect.origin else effect.covariate


def _plain(value: Any) -> Real:
    return np.asarray(value, np.float64) if isinstance(value, list) else float(value)


@lru_cache
def _coefficients(effects: tuple[Effect, ...]) -> tuple[Parameter, ...]:
    """Hundreds of declarations, which a search asks for at each of its steps."""
    return tuple(coefficient(e.name, _counted(e), " and ".join(e.processes)) for e in effects)


def coefficient(name: str, covariate: str, process: str) -> Parameter:
    """The coefficient of a covariate, as a parameter of that name."""
    doc = f"effect of {covariate} on {process}"
    # no effect to begin with: a fit without information stays where nothing is claimed
    return Parameter(name=name, **real(start=0.0, typical=(-0.5, 0.5), doc=doc).metadata)


def _check_process(process: str, family: AnyFamily) -> None:
    known = family.processes
    if process not in known:
        rule = f"must be a process of {family.name}: {', '.join(known) or 'it has none'}"
        raise InputError("unknown-name", process, process, rule, near(process, known).strip())
