"""Two shares beside any model of renewals: customers who leave at once, and customers who never leave.

One-and-done customers came for a single period (a trial, a gift) and are gone at the first renewal whatever
they thought of it. Cured customers stay whatever happens. Neither is a matter of a model's shape, and each
alone can bend a fitted curve that has no room for it. The cure share is that of Boag (1949), "Maximum
Likelihood Estimates of the Proportion of Patients Cured by Cancer Therapy", Journal of the Royal Statistical
Society B 11(1), 15-44.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, final

import numpy as np

from retainkit._numerics.decaying_sums import geometric_sum
from retainkit.domains import PROBABILITY
from retainkit.errors import InputError
from retainkit.models.contractual._discrete import AbstractDiscreteModel
from retainkit.models.family import AbstractFamily, AbstractFamilyAround, AnyFamily, family_of
from retainkit.models.sampled import Own
from retainkit.parameters import Parameter
from retainkit.typing import Array, Plain, Real, Unit

B = TypeVar("B", bound=AbstractDiscreteModel)

ONE_AND_DONE = Parameter(
    "one_and_done", PROBABILITY, 0.1, (0.1, 0.3), None, "share that leaves at the first renewal come what may"
)
CURED = Parameter("cured", PROBABILITY, 0.1, (0.1, 0.3), None, "share of the others that never leaves")


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WithShares(AbstractDiscreteModel, Generic[B]):
    """A discrete model beside shares of customers who leave at once or never.

    S*(t) = (1 − one_and_done)·[cured + (1 − cured)·S(t)] for t ≥ 1, and S*(0) = 1.

    Parameters
    ----------
    base : model of the others, such as `ShiftedBetaGeometric`
    one_and_done : float or array in [0, 1], optional
        Share of new customers who leave at the first renewal come what may.
    cured : float or array in [0, 1], optional
        Share of the others who never leave.

    Notes
    -----
    With a cure share the undiscounted lifetime is infinite. A share that is None is no parameter of the
    model; one that is 0 is.

    Examples
    --------
    >>> from retainkit.models.contractual.geometric import Geometric
    >>> from retainkit.models.contractual.shares import WithShares
    >>> model = WithShares(Geometric(theta=0.2), one_and_done=0.25)
    >>> print(model.churn([1, 2, 3]).round(3))
    [0.4 0.2 0.2]
    """

    base: B
    one_and_done: Real | None = None
    cured: Real | None = None

    def __post_init__(self) -> None:
        AbstractDiscreteModel.__post_init__(self)
        for share in (ONE_AND_DONE, CURED):
            given = getattr(self, share.name)
            if given is not None:
                self._keep(share, given)
        self._count_as(self.base)

    # -- likelihood ---------------------------------------------------------------------------------

    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        inner, d_inner = self.base._log_survival_and_score(t)
        mixed = _log_mixture(self._cured, self._open, inner)
        # of those still there, the share that may leave at all: only theirs depends on the model within
        rows = [*(self._open * np.exp(inner - mixed) * d_inner)]
        # nobody is done at tenure 0; broadcast so that draws and times have one shape
        later = np.where(t > 0.0, 1.0, 0.0) + 0.0 * mixed
        if self.one_and_done is not None:
            rows.append(-later / (1.0 - self._done))
        if self.cured is not None:
            rows.append(-np.expm1(inner) * np.exp(-mixed))
        return later * np.log1p(-self._done) + mixed, np.stack(np.broadcast_arrays(*rows))

    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        inner, d_inner = self.base._log_mass_and_score(t)
        done, cured, first = self._done, self._cured, t == 1.0
        chosen, value = self._log_chosen(t, inner)
        chose = np.exp(chosen - value)  # of those who leave at t, the share that might have stayed
        rows = [*(chose * d_inner)]
        if self.one_and_done is not None:
            rest = -np.expm1(np.log1p(-cured) + inner)  # of the others, who do not leave at t
            rows.append(np.where(first, rest * np.exp(-np.where(first, value, 0.0)), -1.0 / (1.0 - done)))
        if self.cured is not None:
            rows.append(-chose / (1.0 - cured))
        return value, np.stack(np.broadcast_arrays(*rows))

    def _log_mass(self, t: Array) -> Array:
        return self._log_chosen(t, self.base._log_mass(t))[1]

    def _log_chosen(self, t: Array, inner: Array) -> tuple[Array, Array]:
        """ln P(leaves at t) of those who might have stayed, and of all."""
        with np.errstate(divide="ignore"):
            chosen = np.log1p(-self._done) + np.log1p(-self._cured) + inner
            # two ways to leave at the first renewal, one at any other
            return chosen, np.where(t == 1.0, np.logaddexp(np.log(self._done), chosen), chosen)

    @property
    def _done(self) -> Array:
        return np.asarray(0.0 if self.one_and_done is None else self.one_and_done)

    @property
    def _cured(self) -> Array:
        return np.asarray(0.0 if self.cured is None else self.cured)

    @property
    def _open(self) -> Array:
        return 1.0 - self._cured

    # -- predictions --------------------------------------------------------------------------------

    def _log_survival(self, t: Array) -> Array:
        inner = self.base._log_survival(t)
        return np.where(t > 0.0, np.log1p(-self._done), 0.0) + _log_mixture(self._cured, self._open, inner)

    def _log_share(self, start: Array, more: Array) -> Array:
        cured, rest = self._posterior(start)
        leaving = (start == 0.0) & (start + more > 0.0)
        inner = self.base._log_share(start, more)
        return np.where(leaving, np.log1p(-self._done), 0.0) + _log_mixture(cured, rest, inner)

    def _posterior(self, start: Array) -> tuple[Array, Array]:
        """Of those still there at `start` the share that never leaves, and the rest."""
        rest = self._open * np.exp(self.base._log_survival(start))
        # the longer they stay, the likelier they are of those who never leave
        return self._cured / (self._cured + rest), rest / (self._cured + rest)

    def _tail(self) -> Real:
        # a share that never leaves is a tail that never falls, whatever the model within does
        return np.where(self._cured > 0.0, 0.0, self.base._tail())

    # -- simulator ----------------------------------------------------------------------------------

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        return self._own_lifetimes(rng, entry)[0]

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own | None]:
        cured = rng.uniform(size=entry.shape) < self._posterior(entry)[0]
        lifetime, within = self.base._own_lifetimes(rng, entry)
        done = (rng.uniform(size=entry.shape) < self._done) & (entry == 0.0)
        lifetime = np.where(done, 1.0, np.where(cured, np.inf, lifetime))

        if within is None:
            return lifetime, None

        def expected(start: Array, force: Array, count: float) -> Array:
            own = np.where(cured, geometric_sum(force, count), within(start, force, count))
            return np.where(done, 0.0, own)

        return lifetime, expected

    # -- the record ---------------------------------------------------------------------------------

    @property
    def shares(self) -> dict[str, Real]:
        """The shares that are parameters, by name."""
        named = {"one_and_done": self.one_and_done, "cured": self.cured}
        return {name: share for name, share in named.items() if share is not None}

    @property
    def parameters(self) -> dict[str, Real]:
        return self.base.parameters | self.shares

    @property
    def family(self) -> ShareFamily[Any]:
        return ShareFamily(self.base.family, self.one_and_done is not None, self.cured is not None)

    @classmethod
    def of_record(cls, record: Plain, base: B) -> WithShares[B]:
        """The model that `model_dump` wrote, around the model within that was read already."""
        return cls(base, **record["shares"], unit=record.get("unit"))

    def model_dump(self) -> Plain:
        """The record as plain values: the model within, and the shares beside it."""
        shares = {name: np.asarray(value).tolist() for name, value in self.shares.items()}
        return {"model": "WithShares", "base": self.base.model_dump(), "shares": shares, "unit": self.unit}


def _log_mixture(cured: Array, rest: Array, inner: Array) -> Array:
    """ln(cured + rest·e^inner) for cured + rest = 1, with all digits near 0 and far below."""
    with np.errstate(divide="ignore"):
        far = np.logaddexp(np.log(cured), np.log(rest) + inner)
        # from the fall itself where it is less than half of all, far below from logarithms: no digit is lost
        near = (inner > -0.5) | (rest < 0.5)
        return np.where(near, np.log1p(rest * np.expm1(np.where(near, inner, 0.0))), far)


@dataclass(frozen=True, slots=True)
class ShareFamily(AbstractFamilyAround[WithShares[B], B]):
    """All models of one form beside the same shares; made by `with_shares`."""

    base: AbstractFamily[B]
    one_and_done: bool
    cured: bool

    @property
    def _around(self) -> str:
        return " with shares"

    @property
    def added(self) -> tuple[Parameter, ...]:
        chosen = ((ONE_AND_DONE, self.one_and_done), (CURED, self.cured))
        return tuple(share for share, wanted in chosen if wanted)

    @property
    def processes(self) -> Mapping[str, tuple[str, int]]:
        # covariates may act on the shares too: what makes someone a one-timer need not make them leave
        return {**self.base.processes, **{share.name: (share.name, 1) for share in self.added}}

    def of(self, values: Iterable[Real], unit: Unit | None = None) -> WithShares[B]:
        base, shares = self.parts(values, unit)
        named = dict(zip((share.name for share in self.added), shares, strict=True))
        return WithShares(base, **named, unit=unit)

    def values_of(self, model: WithShares[B]) -> list[Real]:
        return [*self.base.values_of(model.base), *model.shares.values()]


def with_shares(
    model: type[B] | AbstractFamily[B], *, one_and_done: bool = False, cured: bool = False
) -> ShareFamily[B]:
    """A model of renewals beside a share that leaves at once, a share that never leaves, or both, for `fit`.

    S*(t) = (1 − one_and_done)·[cured + (1 − cured)·S(t)] for t ≥ 1. A share that the data put at 0 is a
    refused fit with the verdict "boundary": then the model without it says the same. What is fitted is a
    `WithShares`.

    Parameters
    ----------
    model : a model class, such as `ShiftedBetaGeometric`
    one_and_done : bool
        Whether some new customers leave at the first renewal come what may.
    cured : bool
        Whether some of the others never leave. A model whose churn falls with tenure, such as
        `ShiftedBetaGeometric`, has nearly such customers already, and few data tell the two apart.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> from retainkit.models.contractual.geometric import Geometric
    >>> from retainkit.models.contractual.shares import WithShares, with_shares
    >>> truth = WithShares(Geometric(theta=0.1), one_and_done=0.3)
    >>> data = truth.sample(np.full(5000, 12.0), seed=1)
    >>> fitted = rk.fit(with_shares(Geometric, one_and_done=True), data)
    >>> abs(fitted.model.one_and_done - 0.3) < 3 * fitted.standard_errors["one_and_done"]
    True
    """
    if not (one_and_done or cured):
        way_out = "Give one_and_done=True or cured=True, or fit the model itself."
        raise InputError("missing-argument", "with_shares", False, "needs at least one share", way_out)
    family: AnyFamily = family_of(model)
    kind = getattr(family, "kind", None)
    if not (isinstance(kind, type) and issubclass(kind, AbstractDiscreteModel)):
        rule = "must be a contractual model that counts renewals, with nothing around it yet"
        way_out = (
            "For example with_shares(ShiftedBetaGeometric, cured=True); covariates go around the shares: "
            "with_covariates(with_shares(...), churn=['autopay'])."
        )
        raise InputError("not-a-model", "model", family.name, rule, way_out)
    return ShareFamily(family, one_and_done, cured)
