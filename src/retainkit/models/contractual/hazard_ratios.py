"""Any model of tenure with its hazard times a ratio, S(t)^rho: what a price rise or another plan makes of it.

Covariates that change cut a tenure into episodes, each an entry of `Renewals` from the tenure at which it
begins to that at which it ends, and with a rho of its own: who stays through it has (S(t1)/S(t0))^rho in the
likelihood, so that episodes are exact whether leaving is seen to the day or the period. Of a constant hazard
this is Poisson regression, of a constant churn binomial regression with the complementary log-log link:
Prentice, R. L. and Gloeckler, L. A. (1978), "Regression Analysis of Grouped Survival Data with Application to
Breast Cancer Data", Biometrics 34(1), 57-67, doi:10.2307/2529588; Cox, D. R. (1972), "Regression Models and
Life-Tables", Journal of the Royal Statistical Society B 34(2), 187-220.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeAlias, TypeVar, cast, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import exprel

from retainkit._numerics.powers import zero_times
from retainkit.columns import named_once
from retainkit.domains import POSITIVE
from retainkit.draws import Draws
from retainkit.errors import InputError
from retainkit.models.average import ModelAverage
from retainkit.models.contractual._continuous import AbstractContinuousModel
from retainkit.models.contractual._discrete import AbstractDiscreteModel
from retainkit.models.contractual.base import AbstractContractualModel
from retainkit.models.covariates import CovariateFamily
from retainkit.models.effects import Effect
from retainkit.models.family import AbstractFamily, AbstractFamilyAround, family_of
from retainkit.models.sampled import Own
from retainkit.parameters import Parameter
from retainkit.protocols import ModelOf, model_of
from retainkit.typing import Array, Plain, Real, Unit

B = TypeVar("B", bound=AbstractContractualModel)

HAZARD_RATIO = Parameter(
    "hazard_ratio", POSITIVE, 1.0, (0.5, 2.0), None, "how many times the hazard of the model within"
)
_LONG = 52  # 2^52 periods: who has not left by then never does


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractScaledHazard(AbstractContractualModel, Generic[B]):
    """A model within with its cumulative hazard times a ratio: what both kinds of time share."""

    base: B
    hazard_ratio: Real = 1.0

    def __post_init__(self) -> None:
        AbstractContractualModel.__post_init__(self)
        self._keep(HAZARD_RATIO, self.hazard_ratio)
        self._count_as(self.base)

    @property
    def _ratio(self) -> Array:
        return np.asarray(self.hazard_ratio)

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        value, score = self.base._log_survival_and_score(t)
        # ln S is the cumulative hazard: times rho, and its slope in rho is itself
        return self._ratio * value, _stacked(self._ratio * score, value)

    def _log_survival(self, t: Array) -> Array:
        return self._ratio * self.base._log_survival(t)

    def _log_share(self, start: Array, more: Array) -> Array:
        return self._ratio * self.base._log_share(start, more)

    def _tail(self) -> Real:
        return self._ratio * self.base._tail()

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own | None]:
        lifetime, known = AbstractContractualModel._own_lifetimes(self, rng, entry)
        # where customers differ the ratio is that of their curve, which tells of none of them
        alike = type(self.base)._own_lifetimes is AbstractContractualModel._own_lifetimes
        return lifetime, known if alike else None

    # -- the record ---------------------------------------------------------------------------------

    @property
    def parameters(self) -> dict[str, Real]:
        return self.base.parameters | {"hazard_ratio": self.hazard_ratio}

    @property
    def family(self) -> HazardFamily[Any]:
        return HazardFamily(self.base.family)

    @classmethod
    def of_record(cls, record: Plain, base: B) -> Self:
        """The model that `model_dump` wrote, around the model within that was read already."""
        kind: type[Any] = type(base)
        if issubclass(kind, AbstractScaledHazard) or not issubclass(cls, scaled_kind(kind)):
            raise TypeError(f"a base of its own kind of time, not {kind.__name__}")
        return cls(base, record["hazard_ratio"], unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within, and the ratio."""
        ratio = self._ratio.tolist()
        named = {"model": type(self).__name__, "base": self.base.model_dump()}
        return {**named, "hazard_ratio": ratio, "unit": self.unit}


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScaledDiscreteModel(AbstractScaledHazard[AbstractDiscreteModel], AbstractDiscreteModel):
    """A model that counts renewals with its hazard times a ratio: S*(t) = S(t)^hazard_ratio.

    Of those who come to a renewal, 1 − (1 − churn)^hazard_ratio leave. `scaled_hazard` makes it.

    Parameters
    ----------
    base : such as `ShiftedBetaGeometric`
    hazard_ratio : float or array, > 0
        One for all, or one for each entry or customer.
    """

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        ratio = self._ratio
        before, d_before = self.base._log_survival_and_score(t - 1.0)
        _, d_after = self.base._log_survival_and_score(t)
        _, d_mass = self.base._log_mass_and_score(t)
        share = self.base._log_share(t - 1.0, np.ones_like(t))
        fall = ratio * share
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            lost = -np.expm1(fall)
            # d ln(1 − (1 − h)^rho) by ln h, whose factor is near 1 where the churn h is small
            rare = np.exp(fall - share) * -np.expm1(share) * (d_mass - d_before)
            # and by ln(1 − h), where hardly anyone stays
            often = zero_times(np.exp(fall) + 0.0 * d_after, d_before - d_after)
            score = ratio * (d_before + np.where(share > -1.0, rare, often) / lost)
            return ratio * before + np.log(lost), _stacked(score, before + 1.0 / (ratio * exprel(-fall)))

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        fall = rng.exponential(size=entry.shape) / self._ratio
        # no closed form: the inverse of S^rho is that of S at another level, found in whole periods
        return entry + _first_beyond(fall, lambda more: -self.base._log_share(entry, more))


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScaledContinuousModel(AbstractScaledHazard[AbstractContinuousModel], AbstractContinuousModel):
    """A model of continuous time with its hazard times a ratio: S*(t) = S(t)^hazard_ratio.

    `scaled_hazard` makes it.

    Parameters
    ----------
    base : such as `Weibull`
    hazard_ratio : float or array, > 0
        One for all, or one for each entry or customer.
    """

    def _log_hazard(self, t: Array) -> Array:
        return self.base._log_hazard(t) + np.log(self._ratio)

    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        value, score = self.base._log_hazard_and_score(t)
        return value + np.log(self._ratio), _stacked(score, 1.0 / self._ratio + 0.0 * value)

    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        # 1 − S^rho is rho (1 − S) where S is 1 in floats
        value, score = self.base._log_early_and_score(t)
        return value + np.log(self._ratio), _stacked(score, 1.0 / self._ratio + np.zeros_like(value))

    def _log_wait(self, start: Array, fall: Array) -> Array:
        return self.base._log_wait(start, fall / self._ratio)


ScaledModel: TypeAlias = ScaledDiscreteModel | ScaledContinuousModel
"""A model with its hazard times a ratio, in either kind of time."""


def scaled_kind(kind: type[Any]) -> type[Any]:
    """The kind of model around one of that kind."""
    return ScaledContinuousModel if kind.continuous else ScaledDiscreteModel


def scaled_hazard(
    base: ModelOf[AbstractContractualModel], hazard_ratio: Real, *, unit: Unit | None = None
) -> ScaledModel:
    """A contractual model with its hazard times a ratio, S(t)^hazard_ratio, which answers what the base does.

    Parameters
    ----------
    base : contractual model, such as `ShiftedBetaGeometric` or `Weibull`, or its fit
    hazard_ratio : number, (n,) or (draws, 1), > 0
        1.2 for customers who leave 1.2 times as fast at every tenure.
    unit : unit of time, optional
        Of a base that has none.

    Examples
    --------
    >>> import retainkit as rk
    >>> base = rk.ShiftedBetaGeometric(alpha=1.0, beta=9.0, unit="month")
    >>> dearer = rk.models.scaled_hazard(base, [1.0, 1.3])
    >>> print(dearer.churn(1.0).round(4), dearer.expected_lifetime(horizon=12).round(2))
    [0.1   0.128] [7.92 7.08]
    """
    within = cast("Any", model_of(base))
    kind = cast("type[Any]", type(within))
    if isinstance(within, ModelAverage):  # around each of its models, with the ratio of each of its draws
        every = hazard_ratio.values[:, None] if isinstance(hazard_ratio, Draws) else np.asarray(hazard_ratio)
        many = every.ndim == 2
        parts = [(one, every[place] if many else hazard_ratio) for one, place in within.parts]
        return within.joined([scaled_hazard(one, ratio, unit=unit) for one, ratio in parts])
    if not issubclass(kind, AbstractContractualModel) or issubclass(kind, AbstractScaledHazard):
        rule = "must be a contractual model whose hazard is not scaled yet"
        way_out = "For example scaled_hazard(Weibull(scale=20.0, shape=0.8), 1.2)."
        raise InputError("not-a-model", "base", kind.__name__, rule, way_out)
    ratio = np.asarray(hazard_ratio, np.float64) if isinstance(hazard_ratio, list) else hazard_ratio
    return scaled_kind(kind)(within, ratio, unit=unit)


@dataclass(frozen=True, slots=True)
class HazardFamily(AbstractFamilyAround[ScaledModel, B]):
    """All models of one form with their hazard times a ratio, which is free or 1."""

    base: AbstractFamily[B]
    free: bool = True

    @property
    def _around(self) -> str:
        return " × hazard ratio"

    @property
    def added(self) -> tuple[Parameter, ...]:
        return (HAZARD_RATIO,) if self.free else ()

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        # not those of the base: a parameter that changes would begin another curve, not go on with this one
        return {"hazard": ("hazard_ratio", 1)}

    def stand_in(self, process: str) -> tuple[str, int]:
        # with a ratio that is held at 1 the model within moves by its own way to more churn
        return super().stand_in(process) if self.free else self.base.stand_in("churn")

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> ScaledModel:
        base, ratio = self.parts(values, unit)
        return scaled_kind(type(base))(base, *ratio, unit=unit)

    def values_of(self, model: ScaledModel) -> list[Real]:
        return [*self.base.values_of(model.base), *([model.hazard_ratio] if self.free else [])]

    def score_rows(self, score: Array) -> Array:
        within = self.base.score_rows(score[:-1])
        return np.concatenate([within, score[-1:]]) if self.free else within


def with_hazard_ratios(model: type[B] | AbstractFamily[B], covariates: Sequence[str]) -> CovariateFamily[Any]:
    """A contractual model whose hazard is e^(γ·z) times as high, with covariates that may change, for `fit`.

    Its data are `Described` `Renewals` with one entry for each episode in which covariates hold:
    `SubscriptionBase.episodes` cuts tenures into such. What is fitted is a `WithCovariates`; its
    ``given(covariates)`` is the plain model of customers who have these covariates from now on.

    Raises `InputError` for a model that is not contractual, and for names given twice.

    Parameters
    ----------
    model : a contractual model class, such as `ShiftedBetaGeometric`, or one held, or one with shares
    covariates : names of covariates
        Their coefficients are called ``hazard.name``; 0.3 means e^0.3 = 1.35 times the hazard.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> family = rk.with_hazard_ratios(rk.Geometric, ["price_rise"])
    >>> truth = family.of([0.05, 0.4]).given({"price_rise": np.repeat([0.0, 1.0], 4000)})
    >>> begin, end = np.repeat([0.0, 6.0], 4000), np.repeat([6.0, 12.0], 4000)
    >>> episodes = truth.sample(end, entry=begin, seed=1)
    >>> fitted = rk.fit(family, rk.Described(episodes, {"price_rise": np.repeat([0, 1], 4000)}))
    >>> name = "hazard.price_rise"
    >>> abs(fitted.model.parameters[name] - 0.4) < 3 * fitted.standard_errors[name]
    True
    """
    family = family_of(model)
    inner: Any = family
    while hasattr(inner, "base") and "churn" in inner.processes:
        inner = inner.base
    kind = getattr(inner, "kind", None)
    if not (isinstance(kind, type) and issubclass(kind, AbstractContractualModel)):
        rule = "must be a contractual model, with nothing around it but shares or held parameters"
        way_out = "For example with_hazard_ratios(ShiftedBetaGeometric, ['price_rise'])."
        raise InputError("not-a-model", "model", family.name, rule, way_out)
    names = named_once("covariates", covariates)
    return CovariateFamily(HazardFamily(family, free=False), tuple(Effect(n, ("hazard",)) for n in names))


def _stacked(score: Array, last: Array) -> Array:
    """The gradient with one row more: that of the ratio."""
    shape = np.broadcast_shapes(score.shape[1:], last.shape)
    return np.concatenate([np.broadcast_to(score, (len(score), *shape)), np.broadcast_to(last, shape)[None]])


def _first_beyond(fall: Array, fallen: Callable[[Array], Array]) -> Array:
    """The first whole number of periods in which ln S has fallen by `fall`, inf where it never does."""
    never = 2.0 ** (_LONG + 1)
    power = _bisected(-1.0, _LONG + 1.0, lambda k: fallen(2.0**k) >= fall, fall)
    high = 2.0**power  # within a factor of 2 first: few have stayed for thousands of periods
    found = _bisected(np.floor(0.5 * high), high, lambda k: fallen(k) >= fall, fall)
    return np.where(high >= never, np.inf, found)


def _bisected(low: Real, high: Real, beyond: Callable[[Array], NDArray[np.bool_]], like: Array) -> Array:
    """The first whole number in (low, high] that is beyond."""
    below, above = low + 0.0 * like, high + 0.0 * like
    while np.any(apart := above - below > 1.0):
        middle = np.where(apart, np.floor(0.5 * (below + above)), above)
        hit = beyond(middle)
        below, above = np.where(hit, below, middle), np.where(hit, middle, above)
    return above
