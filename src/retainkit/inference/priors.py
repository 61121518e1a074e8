"""What is known of parameters before the data speak: proper distributions, each stated in figures.

A likelihood need not fall towards the edges of its parameters: of Pareto/NBD on the CDNOW sample it tends
to a constant, 5.4 below its maximum, as all customers come to have one rate of leaving. With a flat prior
the posterior has no finite integral there, however well behaved a chain may look; so every prior here is
proper.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias, cast

import numpy as np
from scipy.special import betaln, gammaln

from retainkit.domains import POSITIVE, PROBABILITY, REAL, SHARE_ABOVE_0, Domain, one_number
from retainkit.errors import InputError, check_choice
from retainkit.models.family import AnyFamily
from retainkit.records import Record, read_only
from retainkit.typing import Array, Unit


class Estimated(Protocol):
    """A `Fit`, or a `Posterior`: what knows how sure its parameters are."""

    @property
    def family(self) -> AnyFamily:
        """The models among which it is."""
        ...

    @property
    def model(self) -> Any:
        """The estimate, or the draws."""
        ...

    def unconstrained(self) -> tuple[Array, Array]:
        """Mean where parameters are unbounded, and S with S·Sᵀ their covariance there."""
        ...


IMPROPER = (
    "must be proper: the likelihood tends to a constant where parameters run to an edge, "
    "so that a flat prior has no posterior"
)
_WEAK = "Leave prior out for a weak proper one, or give for example "
PROPER = f"{_WEAK}rk.priors.LogNormal(0.0, 3.0)."


class AbstractPrior(Record):
    """A proper distribution of one parameter, known by its density where the parameter is unbounded."""

    __slots__ = ()
    domain: ClassVar[Domain]
    """What the parameter may be."""

    @abstractmethod
    def log_density(self, line: Array) -> Array:
        """ln of the density of the unbounded coordinate (log, logit or itself)."""

    @abstractmethod
    def slope(self, line: Array) -> Array:
        """Its first derivative."""

    @abstractmethod
    def bend(self, line: Array) -> Array:
        """Minus its second derivative, which is positive: every prior here has one peak."""

    @abstractmethod
    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """The parameter itself, `count` times."""

    @property
    @abstractmethod
    def centre(self) -> float:
        """The peak on the unbounded coordinate."""

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value:.4g}" for name, value in self.as_dict().items())
        return f"{type(self).__name__}({told})"

    def _positive(self, **given: Any) -> None:
        kind = type(self).__name__
        for name, value in given.items():
            if value == math.inf or value == 0.0:
                sound = repr((*{**self.as_dict(), name: 1.0}.values(),)).replace(",)", ")")
                way_out = f"{_WEAK}rk.priors.{kind}{sound}."
                raise InputError("out-of-range", f"{kind} {name}", value, IMPROPER, way_out)
            object.__setattr__(self, name, one_number(f"{kind} {name}", value, POSITIVE))


class _NormalOnLine(AbstractPrior):
    """Normal where the parameter is unbounded."""

    __slots__ = ()
    mu: float
    sigma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mu", one_number(f"{type(self).__name__} mu", self.mu, REAL))
        self._positive(sigma=self.sigma)

    def log_density(self, line: Array) -> Array:
        height = math.log(self.sigma) + 0.5 * math.log(2.0 * math.pi)
        return -0.5 * ((line - self.mu) / self.sigma) ** 2 - height

    def slope(self, line: Array) -> Array:
        return (self.mu - line) / self.sigma**2

    def bend(self, line: Array) -> Array:
        return np.full_like(line, self.sigma**-2)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        line = self.mu + self.sigma * rng.standard_normal(count)
        return cast("Array", self.domain.from_unconstrained(line))

    @property
    def centre(self) -> float:
        return self.mu


@dataclass(frozen=True, slots=True, eq=False)
class LogNormal(_NormalOnLine):
    """ln(parameter) is normal: for parameters above 0.

    Parameters
    ----------
    mu : float
        ln of the median, in the unit of the parameter.
    sigma : float, > 0
        Standard deviation of ln(parameter): 3.0 says within a factor of 140 either way, with 90%.

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> data = truth.sample(T=[52.0] * 1000, seed=1)
    >>> known = rk.posterior(rk.BGNBD, data, prior=rk.priors.LogNormal(0.0, 3.0), seed=1)
    >>> len(known)
    4000
    """

    domain: ClassVar[Domain] = POSITIVE
    mu: float
    sigma: float


@dataclass(frozen=True, slots=True, eq=False)
class LogitNormal(_NormalOnLine):
    """The log odds of the parameter are normal: for shares and probabilities.

    Parameters
    ----------
    mu : float
        Log odds of the median.
    sigma : float, > 0

    Examples
    --------
    >>> import retainkit as rk
    >>> churn = rk.priors.LogitNormal(-3.0, 1.0)
    >>> round(float(churn.domain.from_unconstrained(churn.centre)), 3)
    0.047
    """

    domain: ClassVar[Domain] = PROBABILITY
    mu: float
    sigma: float


@dataclass(frozen=True, slots=True, eq=False)
class Normal(_NormalOnLine):
    """The parameter is normal: for coefficients of covariates.

    Parameters
    ----------
    mu : float
    sigma : float, > 0

    Examples
    --------
    >>> import retainkit as rk
    >>> rk.priors.Normal(0.0, 0.5).centre
    0.0
    """

    domain: ClassVar[Domain] = REAL
    mu: float
    sigma: float


@dataclass(frozen=True, slots=True, eq=False)
class Gamma(AbstractPrior):
    """The parameter is gamma-distributed with mean ``shape / rate``: for parameters above 0.

    Parameters
    ----------
    shape : float, > 0
    rate : float, > 0
        Per unit of the parameter.

    Examples
    --------
    >>> import retainkit as rk
    >>> round(rk.priors.Gamma(shape=4.0, rate=2.0).centre, 3)
    0.693
    """

    domain: ClassVar[Domain] = POSITIVE
    shape: float
    rate: float

    def __post_init__(self) -> None:
        self._positive(shape=self.shape, rate=self.rate)

    def log_density(self, line: Array) -> Array:
        height = self.shape * math.log(self.rate) - float(gammaln(self.shape))
        # of ln(parameter): the change of variables adds one to the exponent
        return height + self.shape * line - self.rate * np.exp(line)

    def slope(self, line: Array) -> Array:
        return self.shape - self.rate * np.exp(line)

    def bend(self, line: Array) -> Array:
        return self.rate * np.exp(line)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        return rng.gamma(self.shape, 1.0 / self.rate, count)

    @property
    def centre(self) -> float:
        return math.log(self.shape / self.rate)


@dataclass(frozen=True, slots=True, eq=False)
class HalfNormal(AbstractPrior):
    """The parameter is the size of a normal number with mean 0: for how much segments differ.

    Parameters
    ----------
    sigma : float, > 0, which 68% lie below; 5% are above twice as much

    Examples
    --------
    >>> import retainkit as rk
    >>> round(float(np.exp(rk.priors.HalfNormal(0.5).centre)), 3)
    0.5
    """

    domain: ClassVar[Domain] = POSITIVE
    sigma: float

    def __post_init__(self) -> None:
        self._positive(sigma=self.sigma)

    def log_density(self, line: Array) -> Array:
        scaled = line - math.log(self.sigma)  # of ln(parameter): the change of variables adds it
        return 0.5 * math.log(2.0 / math.pi) + scaled - 0.5 * np.exp(2.0 * scaled)

    def slope(self, line: Array) -> Array:
        return 1.0 - np.exp(2.0 * (line - math.log(self.sigma)))

    def bend(self, line: Array) -> Array:
        return 2.0 * np.exp(2.0 * (line - math.log(self.sigma)))

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        return self.sigma * np.abs(rng.standard_normal(count))

    @property
    def centre(self) -> float:
        return math.log(self.sigma)


@dataclass(frozen=True, slots=True, eq=False)
class Beta(AbstractPrior):
    """The parameter is beta-distributed with mean ``a / (a + b)``: for shares and probabilities.

    Parameters
    ----------
    a, b : float, > 0
        They count like so many customers who left and who stayed.

    Examples
    --------
    >>> import retainkit as rk
    >>> rk.priors.Beta(2.0, 38.0).domain.rule
    'must be a share between 0 and 1'
    """

    domain: ClassVar[Domain] = PROBABILITY
    a: float
    b: float

    def __post_init__(self) -> None:
        self._positive(a=self.a, b=self.b)

    def log_density(self, line: Array) -> Array:
        left = -self.a * np.logaddexp(0.0, -line) - self.b * np.logaddexp(0.0, line)
        return left - float(betaln(self.a, self.b))

    def slope(self, line: Array) -> Array:
        return self.a - (self.a + self.b) * cast("Array", PROBABILITY.from_unconstrained(line))

    def bend(self, line: Array) -> Array:
        share = cast("Array", PROBABILITY.from_unconstrained(line))
        return (self.a + self.b) * share * (1.0 - share)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        return rng.beta(self.a, self.b, count)

    @property
    def centre(self) -> float:
        return math.log(self.a / self.b)


@dataclass(frozen=True, slots=True, eq=False)
class JointNormal(Record):
    """Several parameters together, normal where they are unbounded: what `prior_from` learned.

    Attributes
    ----------
    names : the parameters, in order
    mean : (p,)
        On the unbounded scale (log, logit or itself).
    covariance : (p, p)
    unit : what their times count in
    """

    names: tuple[str, ...]
    mean: Array
    covariance: Array
    unit: Unit | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "mean", read_only(np.array(self.mean, np.float64)))
        object.__setattr__(self, "covariance", read_only(np.array(self.covariance, np.float64)))
        sound = np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()
        if not (sound and float(np.linalg.eigvalsh(self.covariance)[0]) > 0.0):
            rule = "must be finite and positive definite: elsewhere the prior would be flat in some direction"
            raise InputError("out-of-range", "JointNormal covariance", self.covariance, rule, PROPER)

    def __str__(self) -> str:
        sd = np.sqrt(np.diag(self.covariance))
        told = [f"{n} {m:.4g} ± {e:.3g}" for n, m, e in zip(self.names, self.mean, sd, strict=True)]
        return f"JointNormal of {', '.join(told)}, where they are unbounded"


Prior: TypeAlias = "AbstractPrior | JointNormal | Mapping[str, AbstractPrior]"
"""One for all parameters, one for each by name, or one of all together."""


def prior_from(fit: Estimated, *, discount: float = 1.0) -> JointNormal:
    """What other data told of the parameters, as the prior for new ones.

    Last year's cohort for this year's, the whole business for one of its shops. A `discount` below 1 says how
    much of those data counts: their information is multiplied by it (a power prior, Ibrahim & Chen 2000,
    doi:10.1214/ss/1009212673), so that its standard deviations grow by 1/√discount.
    Raises `InputError` for a fit without standard errors, and a discount that is not above 0 and at most 1.

    Parameters
    ----------
    fit : Fit or Posterior, whose parameters count in the unit of its data; data of another unit are refused
    discount : float in (0, 1]

    Examples
    --------
    >>> import retainkit as rk
    >>> truth = rk.BGNBD(r=0.5, alpha=5.0, a=0.8, b=2.5, unit="week")
    >>> last_year = rk.fit(rk.BGNBD, truth.sample(T=[52.0] * 4000, seed=1))
    >>> prior = rk.priors.prior_from(last_year, discount=0.5)
    >>> this_year = rk.posterior(rk.BGNBD, truth.sample(T=[52.0] * 100, seed=2), prior=prior, seed=3)
    >>> this_year.summary().row("r")["sd"] < 0.05
    True
    """
    share = one_number("discount", discount, SHARE_ABOVE_0)
    if not hasattr(fit, "unconstrained"):
        rule = "must be a Fit or a Posterior: a model alone does not say how sure its parameters are"
        way_out = "For example prior_from(rk.fit(rk.BGNBD, tx))."
        raise InputError("not-a-model", "fit", repr(fit), rule, way_out)
    mean, root = fit.unconstrained()
    return JointNormal(fit.family.names(), mean, root @ root.T / share, getattr(fit.model, "unit", None))


def prior_of(values: Mapping[str, Any]) -> dict[str, Any] | JointNormal:
    """Priors by name from their plain values, each with its kind; that of all together."""
    if "covariance" in values:
        return JointNormal.from_dict(values)
    kinds: dict[str, Any] = {kind.__name__: kind for kind in (LogNormal, LogitNormal, Normal, Gamma, Beta)}
    found: dict[str, Any] = {}
    for name, one in values.items():
        if "covariance" in one:
            found[name] = JointNormal.from_dict(one)
            continue
        check_choice(f"kind of the prior of {name}", one.get("kind"), tuple(kinds))
        found[name] = kinds[one["kind"]](**{k: v for k, v in one.items() if k != "kind"})
    return found
