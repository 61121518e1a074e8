"""Covariates for every parametric model, by one composition.

What is known of a customer moves one parameter of each process, on the scale where that parameter is
unbounded: alpha · e^(−γ·z) buys e^(γ·z) times as often. The rest is chain rule through the score of the
model within. Fader, P. S. and Hardie, B. G. S. (2007), "Incorporating time-invariant covariates into the
Pareto/NBD and BG/NBD models", http://brucehardie.com/notes/019/ (for Pareto/NBD, the same model).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, final

import numpy as np

from retainkit.errors import InputError, near
from retainkit.models.base import AbstractModel
from retainkit.models.family import AbstractCoefficients, AbstractFamily, AnyFamily, PlainFamily
from retainkit.parameters import Parameter, real
from retainkit.protocols import DataOf
from retainkit.summaries import AbstractSummary, Described
from retainkit.summaries.covariates import covariate_columns
from retainkit.typing import Array, Frame, Plain, Real, Unit

B = TypeVar("B", bound=AbstractModel[Any])

_SAME = 1e-12  # of the variance: what a covariate must differ by from the others


@dataclass(frozen=True, slots=True)
class Effect:
    """One coefficient: a covariate, and the processes on which it acts alike."""

    covariate: str
    processes: tuple[str, ...]

    @property
    def name(self) -> str:
        """``attrition.Gender``; the covariate alone where it acts on several processes alike."""
        return f"{self.processes[0]}.{self.covariate}" if len(self.processes) == 1 else self.covariate


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WithCovariates(AbstractModel[Described[Any]], Generic[B]):
    """A model whose parameters follow from what is known of each customer.

    Parameters
    ----------
    base : a model
        That of a customer whose covariates are all 0.
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
        for effect in self.effects:
            for process in effect.processes:
                _check_process(process, self.base.family)
        # the coefficients have no unit of time: what the base counts in is what the whole counts in
        if self.unit is None and self.base.unit is not None:
            object.__setattr__(self, "unit", self.base.unit)

    def given(self, covariates: Frame) -> B:
        """The plain model of each customer: parameters of shape (n,), or numbers for a single one.

        It answers all questions of the model within, with data of n entries or tenures of shape (n,).

        Parameters
        ----------
        covariates : mapping of names to numbers or (n,) columns, any dataframe, or `Described` data
        """
        z = covariates.covariates if isinstance(covariates, Described) else covariate_columns(covariates)
        missing = [e.covariate for e in self.effects if e.covariate not in z]
        if missing:
            rule = f"must have a column {missing[0]!r}, which the model was given"
            way_out = near(missing[0], z) + "Give every covariate of the model."
            raise InputError("missing-column", "covariates", ", ".join(z), rule, way_out)
        return self._at({effect.covariate: z[effect.covariate] for effect in self.effects})

    def over_time(self, covariates: Frame) -> B:
        """As `given`, with parameters of shape (n, 1): times go on the last axis, answers are (n, times)."""
        each = self.given(covariates)
        # a leading axis of customers is a leading axis of draws to the base: no second code path
        columns = [np.atleast_1d(np.asarray(v))[..., None] for v in each.family.values_of(each)]
        return each.family.of(columns, unit=self.unit)

    def log_likelihood_and_score(self, data: DataOf[Described[Any]]) -> tuple[Array, Array]:
        data = self._rows(data)
        each = self._at(data.covariates)
        # every entry has parameters of its own, so that equal histories are no longer equal customers
        value, inner = each.log_likelihood_and_score(data.data.entrywise())
        family = self.base.family
        names = family.names()
        slopes = {
            name: (p.domain.slope(np.asarray(each.parameters[name])), p.domain.slope(np.asarray(start)))
            for name, p, start in zip(names, family.parameters, family.values_of(self.base), strict=True)
        }
        inner = family.score_rows(inner)
        # d theta_i / d line, the same line that the covariates move along
        along = {name: inner[i] * slopes[name][0] for i, name in enumerate(names)}
        score = np.empty((len(names) + len(self.effects), *value.shape))
        for i, name in enumerate(names):
            # back from the line to the base parameter, at its own value and not at that of the customer
            score[i] = along[name] / slopes[name][1]
        for j, effect in enumerate(self.effects):
            moved = (self._target(process) for process in effect.processes)
            score[len(names) + j] = (
                # an effect shared by processes moves all their parameters by one coefficient: slopes add
                sum(sign * along[name] for name, sign in moved) * data.covariates[effect.covariate]
            )
        return value, score

    def _target(self, process: str) -> tuple[str, int]:
        return self.base.family.processes[process]

    def _at(self, z: Mapping[str, Array]) -> B:
        shift: Plain = {}
        for effect, coefficient in zip(self.effects, self.coefficients, strict=True):
            for process in effect.processes:
                name, sign = self._target(process)
                # several covariates on one process add where the parameter is unbounded: hazards multiply
                shift[name] = shift.get(name, 0.0) + sign * coefficient * z[effect.covariate]
        family = self.base.family
        moved = [
            # on the line no coefficient can leave the domain, however large
            p.domain.from_unconstrained(p.domain.to_unconstrained(np.asarray(value)) + shift[p.name])
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
        effects = tuple(Effect(row["covariate"], tuple(row["processes"])) for row in rows)
        values = tuple(_plain(row["coefficient"]) for row in rows)
        return cls(base, effects, values, unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within, and each coefficient with its processes."""
        coefficients = [
            {"covariate": e.covariate, "processes": list(e.processes), "coefficient": np.asarray(c).tolist()}
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
        return tuple(coefficient(e.name, e.covariate, " and ".join(e.processes)) for e in self.effects)

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> WithCovariates[B]:
        base, coefficients = self.parts(values, unit)
        return WithCovariates(base, self.effects, tuple(coefficients), unit=unit)

    def scaling(self, rows: Any) -> Array:
        """Coefficients per standard deviation of their covariate, and the base at the covariates' means."""
        check_variation(rows, [effect.covariate for effect in self.effects])
        names, inner = self.base.names(), len(self.base.parameters)
        matrix = np.eye(inner + len(self.effects))
        share = rows.weight / rows.customers
        for j, effect in enumerate(self.effects):
            z = rows.covariates[effect.covariate]
            mean = float(share @ z)
            deviation = float(np.sqrt(share @ (z - mean) ** 2))
            # a coefficient per standard deviation: income in cents and a flag of 0 and 1 are then equally far
            # from 0
            matrix[inner + j, inner + j] = 1.0 / deviation
            for process in effect.processes:
                name, sign = self.base.processes[process]
                # the base at the mean customer, not at covariates of 0, which may be far from everybody
                matrix[names.index(name), inner + j] -= sign * mean / deviation
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
    family: AbstractFamily[B] = model if isinstance(model, AbstractFamily) else PlainFamily(model)
    given = {process: _names(process, columns) for process, columns in processes.items()}
    if not any(given.values()):
        rule = f"needs at least one covariate on one of {', '.join(family.processes) or 'no process'}"
        way_out = f"For example {next(iter(family.processes), 'churn')}=['autopay']."
        raise InputError("missing-argument", "with_covariates", family.name, rule, way_out)
    for process in given:
        _check_process(process, family)
    shared = [(c, tuple(p for p, columns in given.items() if c in columns)) for c in same]
    for covariate, where in shared:
        if len(where) < 2:
            rule = "must act on two processes or more to act alike on them"
            raise InputError("needless", "same", covariate, rule, "Name it in each of the processes too.")
    alone = [Effect(c, (p,)) for p, columns in given.items() for c in columns if c not in same]
    return CovariateFamily(family, (*alone, *(Effect(c, where) for c, where in shared)))


def check_variation(data: Described[Any], names: Sequence[str]) -> None:
    """Every covariate must vary, and none may be a combination of the others."""
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in data.covariates:
            rule = f"must have the covariate {name!r}"
            way_out = near(name, data.covariates) + "Give it in Described(..., covariates)."
            raise InputError("missing-column", "data", ", ".join(data.covariates), rule, way_out)
    share = data.weight / data.customers
    z = np.stack([data.covariates[name] for name in names])
    centred = z - (z @ share)[:, None]
    deviation = np.sqrt(centred**2 @ share)
    # a column of one large value has a deviation by rounding alone
    flat = deviation <= 1e-12 * np.abs(z).max(axis=1)
    if flat.any():
        raise _useless(names[int(np.argmax(flat))], "has the same value for every customer")
    # standardised, so that one threshold serves covariates of all sizes
    unit = centred / deviation[:, None] * np.sqrt(share)
    # one after the other, so that the error can name the column and those that it is made of
    for i in range(1, len(names)):
        before, residual = unit[:i], unit[i]
        solved = np.asarray(np.linalg.lstsq(before.T, residual, rcond=None)[0], np.float64)
        if float(np.sum((residual - before.T @ solved) ** 2)) < _SAME:
            involved = [n for n, c in zip(names, solved, strict=False) if abs(c) > 1e-6]
            raise _useless(names[i], f"is a combination of {', '.join(involved)}")


def _useless(name: str, reason: str) -> InputError:
    rule = f"must each tell something of their own, but {name!r} {reason}"
    way_out = "Leave it out; of a full set of categories one is the baseline and has no column."
    return InputError("collinear", "covariates", name, rule, way_out)


def _plain(value: Any) -> Real:
    return np.asarray(value, np.float64) if isinstance(value, list) else float(value)


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


def _names(process: str, columns: Sequence[str]) -> list[str]:
    names = [columns] if isinstance(columns, str) else list(columns)
    if len(set(names)) < len(names):
        way_out = "Remove the repetition."
        raise InputError("duplicate", process, names, "must name each covariate once", way_out)
    return names
