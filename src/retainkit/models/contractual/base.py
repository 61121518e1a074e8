"""What every contractual model answers, in one place: survival, retention, lifetimes, their values.

A model supplies ln S(t) with its gradient on plain arrays and the power of its tail; lifetimes,
discounting, elasticities and checks follow. `_discrete` and `_continuous` add the likelihoods.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.decaying_sums import decaying_moment, decaying_sum
from retainkit._numerics.grouping import weighted
from retainkit.columns import keeps_labels
from retainkit.domains import generator
from retainkit.errors import InputError, missing_argument
from retainkit.models.base import AbstractModel
from retainkit.models.contractual.questions import per_period, plain, positive_times, terms, times
from retainkit.models.family import AnyFamily
from retainkit.models.sampled import Own, SampledStay, sample_stay
from retainkit.rates import Rate
from retainkit.summaries import Renewals
from retainkit.timing import Instant, check_instant
from retainkit.typing import Array, NumberLike, Real
from retainkit.units import Duration

_CELLS = 1 << 16  # of customers times points of time (half a megabyte an array: stays in cache)

Seed: TypeAlias = "int | np.random.Generator"
Time: TypeAlias = "Duration | NumberLike"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractContractualModel(AbstractModel[Renewals]):
    """A model of how long customers stay where their leaving is seen.

    Questions take times of any shape (m,) and parameters with leading axes, (draws, 1) or (customers, 1),
    and answer with both: (draws, m).
    """

    data_kind: ClassVar[type[Renewals]] = Renewals

    continuous: ClassVar[bool] = False
    """Whether customers may leave at any moment: the likelihood of a known moment is then a density."""

    # -- what a model supplies: formulas on plain arrays, in its own unit ----------------------------

    @abstractmethod
    def _log_survival_and_score(self, t: Array) -> tuple[Array, Array]:
        """ln S(t) for t ≥ 0, 0 at t = 0 exactly, and its gradient with the parameters on axis 0."""

    @abstractmethod
    def _tail(self) -> Real:
        """The power e in S(t) ~ t^-e for long t: inf where it falls faster, 0 where some never leave."""

    @abstractmethod
    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        """Simulated tenures at leaving of customers who are there at `entry`."""

    @abstractmethod
    def _hazard(self, t: Array) -> Array:
        """The hazard at t, in the sense of the model's time."""

    @abstractmethod
    def _log_mass(self, t: Array) -> Array:
        """ln P(leaves in period t) for whole t ≥ 1."""

    def _log_survival(self, t: Array) -> Array:
        """ln S(t), smooth in t ≥ 0 also between whole periods."""
        return self._log_survival_and_score(t)[0]

    def _log_share(self, start: Array, more: Array) -> Array:
        """ln S(start + more)/S(start)."""
        return self._log_survival(start + more) - self._log_survival(start)

    def _times(self, argument: str, t: Time) -> Array:
        """Times as the model counts them."""
        return times(argument, t, self.unit)

    def _summed(self, rows: Renewals) -> Array:
        if rows.lower is not None or not rows.whole_periods:
            return weighted(self.log_likelihood(rows), rows.weight)
        # in whole periods customers of one tenure are one, however unlike their entries: the three parts of a
        # likelihood are told by three counts, where distinct histories are as many as their product
        (gone, left), (seen, there), (entry, late) = rows.tallies()
        with np.errstate(over="ignore"):  # a survival of e^-inf is one of 0
            total = weighted(self._log_mass(gone), left) + weighted(self._log_survival(seen), there)
            return total - weighted(self._log_survival(entry), late) if entry.size else total

    # -- what every model answers ------------------------------------------------------------------

    @keeps_labels
    def survival(self, t: Time, *, given: Time = 0.0) -> Real:
        """Share of customers still there at tenure `t`, of those who were there at tenure `given`.

        Parameters
        ----------
        t : tenure, in the model's unit or as a Duration; any shape
        given : tenure known to have been reached, broadcast against `t`
            S(t)/S(given), and 1 for tenures already passed.
        """
        now, known = self._times("t", t), self._times("given", given)
        if np.any(known):
            # of someone who is there at `given`, survival until before then is certain: 1, not a share above
            # it
            return plain(np.exp(self._log_share(known, np.maximum(now - known, 0.0))))
        return plain(np.exp(self._log_survival(now)) if now.ndim != 1 else self._curves(now))

    def _curves(self, t: Array) -> Array:
        """S(t) at times (m,), for parameters (n, 1) some customers at a time: that fits into the cache."""
        family = self.family
        values = [np.asarray(v) for v in family.values_of(self)]
        rows = max((v.shape[0] for v in values if v.ndim == 2), default=1)
        size = max(1, _CELLS // max(t.size, 1))
        # a block of customers at a time only where there is one axis of them, and it is long
        if rows <= size or any(v.ndim > 2 for v in values):
            return np.exp(self._log_survival(t))
        found = np.empty((rows, t.size))
        for start in range(0, rows, size):
            some = slice(start, start + size)
            part = [v[some] if v.ndim == 2 and v.shape[0] == rows else v for v in values]
            model: Self = family.of(part, unit=self.unit)
            np.exp(model._log_survival(t), out=found[some])
        return found

    @keeps_labels
    def hazard(self, t: Time) -> Real:
        """How strongly customers leave at tenure `t` > 0, of those still there.

        In discrete time the share that leaves at the t-th renewal; in continuous time the rate per unit
        of time, which may exceed 1.
        """
        return plain(self._hazard(self._positive("t", t)))

    @keeps_labels
    def retention(self, t: Time) -> Real:
        """Share kept in the t-th period, S(t)/S(t − 1), t ≥ 1; it rises with tenure if customers differ."""
        end = self._positive("t", t, at_least=1.0)
        return plain(np.exp(self._log_share(end - 1.0, np.ones_like(end))))

    @keeps_labels
    def churn(self, t: Time) -> Real:
        """Share lost in the t-th period, 1 − S(t)/S(t − 1), for t ≥ 1."""
        end = self._positive("t", t, at_least=1.0)
        # from the logarithm: a churn of one in a billion keeps its digits, 1 − retention would not
        return plain(-np.expm1(self._log_share(end - 1.0, np.ones_like(end))))

    @keeps_labels
    def discounted_expected_lifetime(
        self, discount_rate: Rate | NumberLike, *, horizon: Time = math.inf
    ) -> Real:
        """Expected payments of a new customer, each discounted to the first one: Σ S(k)/(1 + d)^k.

        Times the margin per period it is the value of a new customer, and so the most that winning one
        may cost; the first payment, made at once, is included.

        Parameters
        ----------
        discount_rate : Rate; or a number per period where the model has no unit
        horizon : whole number of payments or Duration, optional
        """
        return self._worth(discount_rate, 0.0, horizon, from_next=False)

    @keeps_labels
    def discounted_expected_residual_lifetime(
        self, tenure: Time, discount_rate: Rate | NumberLike, *, instant: Instant, horizon: Time = math.inf
    ) -> Real:
        """Expected payments still to come from a customer at hand, discounted to `instant`.

        Before the renewal: Σ_{j≥1} S(tenure + j)/S(tenure) · v^(j−1), v = 1/(1 + d): whether the customer
        renews now is still open. Just after a payment the same payments are one period further away: · v.

        Parameters
        ----------
        tenure : renewals made so far (whole periods completed), one number or one per customer
            0 is a customer in the first period.
        discount_rate, horizon : as `discounted_expected_lifetime`
        instant : {"before-renewal", "after-payment"}

        Notes
        -----
        Fader, P. S. and Hardie, B. G. S. (2010), "Customer-Base Valuation in a Contractual Setting: The
        Perils of Ignoring Heterogeneity", Marketing Science 29(1), 85-93, doi:10.1287/mksc.1080.0482.
        """
        check_instant(instant)
        worth = self._worth(discount_rate, tenure, horizon, from_next=True)
        if instant == "before-renewal":
            return worth
        # the renewal that comes next is a whole period away, just after a payment
        return plain(np.asarray(worth * np.exp(-per_period(discount_rate, self.unit))))

    @keeps_labels
    def retention_elasticity(
        self, discount_rate: Rate | NumberLike, *, tenure: Time = 0.0, horizon: Time = math.inf
    ) -> Real:
        """By how many percent the residual value rises if every renewal is 1% more likely, by tenure.

        Just before a renewal: Σ j·a_j / Σ a_j with a_j the discounted expected j-th payment: the mean
        number of renewals behind a payment. It grows with tenure: loyal customers have more ahead.
        """
        force, start = self._discounts(discount_rate, tenure)
        count, tail = terms(horizon, self.unit), self._tail()
        ahead = self._ahead(start, from_next=True)
        total = decaying_sum(ahead, force, tail, count)
        # a renewal 1% likelier each lifts the j-th payment by j%: the sum weighs payments by their number
        steps = decaying_moment(ahead, force, tail, count)
        with np.errstate(invalid="ignore"):  # infinite over infinite: the elasticity itself is unbounded
            ratio = (steps + total) / total
        # the moment may be infinite where the sum is not: a tail between t^−1 and t^−2
        return plain(np.where(np.isinf(steps), np.inf, ratio))

    @keeps_labels
    def sample(self, observed: NumberLike, *, entry: NumberLike = 0.0, seed: Seed) -> Renewals:
        """Simulate one customer for each entry of `observed`, the tenure when observation ends.

        `observed` is (n,) > 0, in the model's unit; `entry`, one number or (n,), the tenure at which each
        customer is first watched: drawn are those still there then. `seed` is an int or a numpy Generator.
        """
        end = np.atleast_1d(self._times("observed", observed))
        begin = np.broadcast_to(self._times("entry", entry), end.shape)
        lifetime = self._lifetimes(generator(seed), begin)
        return self._seen(np.minimum(lifetime, end), lifetime <= end, begin)

    @keeps_labels
    def sample_given(
        self,
        tenure: Time,
        *,
        seed: Seed,
        horizon: Time = math.inf,
        discount_rate: Rate | NumberLike = 0.0,
        instant: Instant | None = None,
        apart: bool = True,
    ) -> SampledStay:
        """How long each customer at hand stays, and what he still pays, drawn from all that it may be.

        From the distribution of lifetimes of those who are there at their tenure. Draws of the parameters, of
        shape (draws, 1), give one draw with each of them; draws are exact, and independent from customer to
        customer. What is counted are renewals, the next one first, as in
        `discounted_expected_residual_lifetime`.

        Parameters
        ----------
        tenure : renewals made so far, one number or (n,)
            In continuous time any tenure; payments are then due one, two, … periods after it.
        seed : int or a numpy Generator
        horizon, discount_rate : as `discounted_expected_lifetime`
        instant : {"before-renewal", "after-payment"}, needed with a discount
        apart : bool
            Whether customers and chance are told apart, by `expected`: where churn changes with tenure that
            takes longer than the draws.
        """
        force, start = self._discounts(discount_rate, np.atleast_1d(self._times("tenure", tenure)))
        if instant is not None:
            check_instant(instant)
        elif np.any(force > 0.0):
            way_out = 'Write instant="before-renewal" or instant="after-payment".'
            raise missing_argument("instant", "is needed to discount to it", way_out)
        return sample_stay(
            self,
            generator(seed),
            start,
            force,
            terms(horizon, self.unit),
            delay=1.0 if instant == "after-payment" else 0.0,
            lifetimes=lambda model, rng, entry: model._own_lifetimes(rng, entry),
            apart=apart,
        )

    # -- how it is done ----------------------------------------------------------------------------

    def _own_lifetimes(self, rng: np.random.Generator, entry: Array) -> tuple[Array, Own | None]:
        """Simulated tenures at leaving, and what each customer drawn may be expected to pay.

        Customers of one tenure are alike, unless a model says otherwise; None where it does not know.
        """
        return self._lifetimes(rng, entry), self._expected_of_all

    def _expected_of_all(self, start: Array, force: Array, count: float) -> Array:
        """What is expected of customers of these tenures, of equal ones found once."""
        values = [np.asarray(v) for v in self.family.values_of(self)]
        each = [v for v in values if v.ndim and v.shape[-1] > 1]  # customers have these of their own
        if not start.size or any(v.ndim > 1 for v in each):
            return self._discounted(start, force, count, from_next=True)
        rows, place = np.unique(
            np.stack(np.broadcast_arrays(start, force, *each)), axis=1, return_inverse=True
        )
        size = max(1, _CELLS // max((len(v) for v in values if v.ndim == 2), default=1))
        parts: list[Array] = []
        for i in range(0, rows.shape[1], size):
            tenure, discount, *own = rows[:, i : i + size]
            held = [own.pop(0) if any(v is one for one in each) else v for v in values]
            part: Self = self.family.of(held, unit=self.unit)
            parts.append(part._discounted(tenure, discount, count, from_next=True))
        return np.concatenate(parts, axis=-1)[..., place.reshape(-1)]

    @abstractmethod
    def _seen(self, duration: Array, left: NDArray[np.bool_], entry: Array) -> Renewals:
        """Simulated tenures as the model's kind of data."""

    def _positive(self, argument: str, t: Time, *, at_least: float = 0.0) -> Array:
        return positive_times(argument, self._times(argument, t), at_least)

    def _discounts(self, discount_rate: Rate | NumberLike, tenure: Time) -> tuple[Array, ...]:
        """The force of discount and the tenure, in one shape."""
        return np.broadcast_arrays(per_period(discount_rate, self.unit), self._times("tenure", tenure))

    def _worth(
        self, discount_rate: Rate | NumberLike, given: Time, horizon: Time, *, from_next: bool
    ) -> Real:
        force, start = self._discounts(discount_rate, given)
        count = terms(horizon, self.unit)
        return plain(self._discounted(start, force, count, from_next=from_next))

    def _discounted(self, start: Array, force: Array, count: float, *, from_next: bool) -> Array:
        """Σ S(start + j)/S(start) e^(−force·j) over `count` terms; from S(start + 1) if the next."""
        return decaying_sum(self._ahead(start, from_next=from_next), force, self._tail(), count)

    def _ahead(self, start: Array, *, from_next: bool) -> Callable[[Array], Array]:
        """ln S(start + j)/S(start) for j = 0, 1, … or for j = 1, 2, …, with j on the first axis."""
        first = float(from_next)
        axes = self._log_share(start, np.zeros_like(start)).ndim

        def log_share(j: Array) -> Array:
            return self._log_share(start, j.reshape((-1, *(1,) * axes)) + first)

        return log_share


def refuse_mixed_measures(argument: str, families: Iterable[AnyFamily], data: Any = None) -> None:
    """Refuse densities beside probabilities: their difference depends on the unit of time.

    `data` are those of the likelihoods, where they are at hand: without a known moment all are probabilities.
    """
    data = getattr(data, "data", data)  # of those that are described
    if isinstance(data, Renewals) and not data.has_moments:
        return
    named: dict[bool, str] = {}
    for family in families:
        inner: Any = family
        while hasattr(inner, "base"):
            inner = inner.base
        kind = getattr(inner, "kind", None)
        if isinstance(kind, type) and issubclass(kind, AbstractContractualModel):
            named[kind.continuous] = family.name
    if len(named) > 1:
        rule = (
            f"must measure alike: of a customer who left, {named[True]} tells the density at a moment and "
            f"{named[False]} the probability of a whole period"
        )
        way_out = "Renewals(..., whole_periods=True) makes both probabilities of whole periods."
        raise InputError("inconsistent", argument, ", ".join(named.values()), rule, way_out)
