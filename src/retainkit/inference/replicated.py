"""What replicates say of estimates, and of any figure computed from them: errors, bias, intervals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import numpy as np

from retainkit.domains import LEVEL, one_number
from retainkit.draws import Draws
from retainkit.errors import check_choice, wrong_shape
from retainkit.inference.result import Fit
from retainkit.models.base import AbstractModel
from retainkit.plurals import counted
from retainkit.records import TableRecord
from retainkit.typing import Array, Number, Plain, Real, Values

M = TypeVar("M", bound=AbstractModel[Any])

Kind: TypeAlias = Literal["bayesian", "multinomial"]
IntervalKind: TypeAlias = Literal["bca", "percentile"]

_STEP = 1e-4  # of an e-fold: slopes of a figure to eight digits


class AbstractReplicated(TableRecord, Generic[M]):
    """A fit, and the same model in replicates of its data."""

    fit: Fit[M]
    model: M
    refused: Values

    _read_back = False  # the models are in its JSON, the customers are not
    _left = 1

    @property
    def values(self) -> dict[str, Array]:
        """The parameters in each replicate by name, (replicates,)."""
        family = self.fit.family
        found = zip(family.names(), family.values_of(self.model), strict=True)
        return {name: np.asarray(value)[:, 0] for name, value in found}

    @property
    def estimates(self) -> dict[str, float]:
        """The parameters of the fit to all data."""
        family = self.fit.family
        return {n: float(v) for n, v in zip(family.names(), family.values_of(self.fit.model), strict=True)}

    @property
    @abstractmethod
    def standard_errors(self) -> dict[str, float]:
        """One for each parameter, over the replicates that have an estimate."""

    @property
    @abstractmethod
    def bias(self) -> dict[str, float]:
        """How far estimates lie beside what they estimate, on average."""

    def draws(self, figure: Callable[[M], Real]) -> Draws:
        """A figure computed from the model in every replicate, as `Draws`.

        Parameters
        ----------
        figure : callable
            Takes a model and gives a number; of one with parameters (replicates, 1) so many of them.
        """
        return Draws(self._each(figure))

    def as_dict(self) -> Plain:
        """The parameters with their errors, and the models, as plain values."""
        return {
            "model": self.fit.model.model_dump(),
            "replicates": self.model.model_dump(),
            "refused": int(self.refused.sum()),
            **{name: np.asarray(column).tolist() for name, column in self._row_columns().items()},
        }

    def _row_columns(self) -> Mapping[str, Any]:
        return self._errors()

    def _errors(self) -> Mapping[str, Any]:
        names = self.fit.family.names()
        columns = {"estimate": self.estimates, "bias": self.bias, "standard_error": self.standard_errors}
        return {"parameter": list(names)} | {k: np.array([v[n] for n in names]) for k, v in columns.items()}

    def _cells(self) -> list[list[str]]:
        rows = self._row_columns()
        cells = [
            [v if isinstance(v, str) else f"{v:,.6g}" for v in np.asarray(c).tolist()] for c in rows.values()
        ]
        return [[name.replace("_", " ") for name in rows], *map(list, zip(*cells, strict=True))]

    def _told(self) -> str:
        lost = int(self.refused.sum())
        if not lost:
            return "each has an estimate"
        return f"{lost:,} of them without an estimate, at a boundary: errors and bias are of the others"

    def _each(self, figure: Callable[[M], Real]) -> Array:
        found = np.asarray(figure(self.model), np.float64)
        if found.size != self.refused.size:
            rule = f"must give one number for each of the {self.refused.size:,} replicates"
            way_out = "Sum over customers on the last axis, or ask for one of them: model.mean()[..., 0]."
            raise wrong_shape("figure", found, rule, way_out)
        return found.reshape(-1)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bootstrap(AbstractReplicated[M]):
    """A model in replicates of its data, whose customers were weighed anew; made by `bootstrap`.

    Attributes
    ----------
    fit : Fit
        Of the data themselves.
    model : the model with parameters of shape (replicates, 1)
        Every question to it is answered with an axis of replicates.
    kind : {"bayesian", "multinomial"}
    refused : (replicates,) of bool
        Replicates without an estimate: their likelihood rises to a boundary, or is flat. Their parameters are
        those at which the search ended, beyond the others, and count in quantiles and intervals.
    influence : (entries, p)
        How far one more customer of each kind moves the parameters where these are unbounded; `weight` has
        how many there are.
    """

    _hidden = frozenset({"influence", "weight"})

    fit: Fit[M]
    model: M
    kind: Kind
    refused: Values = field(repr=False)
    influence: Array = field(repr=False)
    weight: Array = field(repr=False)

    @property
    def covariance(self) -> Array:
        """Of the parameters (p, p), over the replicates that have an estimate."""
        known = np.array(list(self.values.values()))[:, ~self.refused]
        return np.atleast_2d(np.cov(known))

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard deviation of each parameter over the replicates that have an estimate."""
        return dict(zip(self.values, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def bias(self) -> dict[str, float]:
        """Mean over these replicates less the estimate: how far estimates lie beside the truth on average."""
        return {n: float(v[~self.refused].mean()) - self.estimates[n] for n, v in self.values.items()}

    def intervals(self, level: Number = 0.9, *, kind: IntervalKind = "bca") -> dict[str, tuple[float, float]]:
        """An interval for each parameter, as `interval` has it for any figure."""
        share = _level(level, kind)
        found: dict[str, tuple[float, float]] = {}
        for j, (name, values) in enumerate(self.values.items()):
            pull = self.influence[:, j]
            found[name] = self._interval(values, self.estimates[name], pull, share, kind)
        return found

    def interval(
        self, figure: Callable[[M], Real], level: Number = 0.9, *, kind: IntervalKind = "bca"
    ) -> tuple[float, float]:
        """An interval for any figure computed from the model.

        "percentile" has the quantiles of the replicates. "bca" shifts them for bias and for an error that
        grows with the figure, so that it holds more nearly what it says (Efron 1987,
        doi:10.1080/01621459.1987.10478410).

        Parameters
        ----------
        figure : callable
            Takes a model and gives a number; of one with parameters (replicates, 1) so many of them.
        level : number in (0, 1)
        kind : {"bca", "percentile"}

        Examples
        --------
        >>> import retainkit as rk
        >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
        >>> found = rk.inference.bootstrap(rk.BGNBD, truth.sample(T=[52.0] * 2000, seed=1), 200, seed=1)
        >>> low, high = found.interval(lambda model: model.expected_purchases_new(52.0))
        >>> print(f"{low:.1f} to {high:.1f}")
        2.2 to 2.5
        """
        share, values = _level(level, kind), self._each(figure)
        point, _ = self.fit.unconstrained()
        centre = float(np.asarray(figure(self.fit.model), np.float64))
        slopes = [
            float(np.asarray(figure(self.fit.from_unconstrained(point + step)), np.float64)) - centre
            for step in _STEP * np.eye(point.size)
        ]
        return self._interval(values, centre, self.influence @ np.array(slopes), share, kind)

    def _interval(
        self, values: Array, centre: float, pull: Array, level: float, kind: IntervalKind
    ) -> tuple[float, float]:
        from scipy.special import ndtr, ndtri

        tails = np.array([0.5 - 0.5 * level, 0.5 + 0.5 * level])
        if kind == "bca":
            # the share of replicates below the estimate, ties by half; of 0 or all nothing more is known
            below = (np.count_nonzero(values < centre) + np.count_nonzero(values <= centre)) / (
                2 * values.size
            )
            shift = float(ndtri(min(max(below, 0.5 / values.size), 1.0 - 0.5 / values.size)))
            spread = float(np.sqrt(self.weight @ pull**2))
            skewed = float(self.weight @ pull**3) / (6.0 * spread**3) if spread > 0.0 else 0.0
            reach = shift + ndtri(tails)
            tails = ndtr(shift + reach / (1.0 - skewed * reach))
        ends = Draws.of(values).quantile(tails)
        low, high = np.asarray(ends).tolist()
        return low, high

    def _row_columns(self) -> Mapping[str, Any]:
        ends = self.intervals()
        low, high = np.array([ends[n] for n in self.fit.family.names()]).T
        return {**self._errors(), "low": low, "high": high}

    def _caption(self) -> str:
        return (
            f"{self.fit.family.name} in {self.refused.size:,} {self.kind} replicates of "
            f"{counted(self.fit.customers, 'customer', spec=',.0f')}, {self._told()}; 90% intervals:"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Jackknife(AbstractReplicated[M]):
    """A model with one customer, or one group, left out at a time; made by `jackknife`.

    Attributes
    ----------
    fit : Fit
        Of all data.
    model : the model with parameters of shape (replicates, 1)
    groups : tuple of labels, or None
        The group that each replicate is without; None where it is without a single customer.
    weight : (replicates,)
        How many replicates it stands for: equal customers leave the same behind.
    refused : (replicates,) of bool
        Replicates without an estimate: their likelihood rises to a boundary, or is flat.
    """

    fit: Fit[M]
    model: M
    groups: tuple[Any, ...] | None
    weight: Array = field(repr=False)
    refused: Values = field(repr=False)

    @property
    def standard_errors(self) -> dict[str, float]:
        """√((n − 1)/n·Σ(θᵢ − θ̄)²) for each parameter, over the n replicates that have an estimate."""
        n, weight = self._counted()
        found: dict[str, float] = {}
        for name, values in self.values.items():
            off = values[~self.refused] - self._mean(values)
            found[name] = float(np.sqrt((n - 1.0) / n * (weight @ off**2)))
        return found

    @property
    def bias(self) -> dict[str, float]:
        """(n − 1)·(θ̄ − θ) for each parameter."""
        n, _ = self._counted()
        return {k: (n - 1.0) * (self._mean(v) - self.estimates[k]) for k, v in self.values.items()}

    def _counted(self) -> tuple[float, Array]:
        weight = self.weight[~self.refused]
        return float(weight.sum()), weight

    def _mean(self, values: Array) -> float:
        n, weight = self._counted()
        return float(weight @ values[~self.refused]) / n

    def _caption(self) -> str:
        n = self.weight.sum()
        left = (
            f"each of {n:,.0f} customers" if self.groups is None else f"each of {len(self.groups):,} groups"
        )
        return f"{self.fit.family.name} without {left}, {self._told()}:"


def _level(level: Number, kind: IntervalKind) -> float:
    check_choice("kind", kind, get_args(IntervalKind))
    return one_number("level", level, LEVEL)
