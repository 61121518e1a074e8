"""What every purchase model answers, in one place: names, units, checks and docstrings.

A model supplies formulas on plain arrays in its own unit of time; this class turns durations and
rates into that unit, evaluates once per distinct customer and refuses what makes no sense.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from scipy.special import expit

from retainkit._numerics.grouping import grid_levels, weighted
from retainkit._numerics.processes.arrivals import Process
from retainkit.columns import keeps_labels
from retainkit.domains import NOT_NEGATIVE, generator
from retainkit.errors import InputError
from retainkit.models.base import AbstractModel, check_entries, entries_of
from retainkit.models.purchasing._by_levels import ByLevels
from retainkit.models.purchasing._checks import (
    MANY,
    Horizon,
    each_once,
    force_of,
    length_of,
    one_each,
    plain,
    smooth_in_time,
    spread_of,
    unit_of,
    whole,
)
from retainkit.models.sampled import Pick, SampledFuture, sample_future
from retainkit.protocols import DataOf, data_of
from retainkit.rates import Rate
from retainkit.summaries import Purchases
from retainkit.typing import Array, NumberLike, Real, Unit

Seed: TypeAlias = "int | np.random.Generator"
Formula: TypeAlias = Callable[..., Array]
"""x, T and the settings of a question -> the answer for customers alive at T"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractPurchaseModel(AbstractModel[Purchases]):
    """A model of repeat purchases by customers who leave without telling."""

    data_kind: ClassVar[type[Purchases]] = Purchases
    whole_periods: ClassVar[bool] = False

    # -- what a model supplies: formulas on plain arrays, in its own unit ----------------------------

    @abstractmethod
    def _log_odds_left(self, purchases: Purchases) -> Array:
        """ln P(has left) / P(is alive) at the end of observation."""

    @abstractmethod
    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        """P(still alive `horizon` later), for customers alive at T."""

    @abstractmethod
    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        """Purchases in (T, T + horizon], each times e^(-force·time), for customers alive at T."""

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        """E[X(X − 1)] of the purchases X in (T, T + horizon], for customers alive at T."""
        del x, T, horizon
        raise self._unable("variance_of_purchases", "sample_given")

    @abstractmethod
    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        """P(n purchases in (T, T + horizon]), for customers alive at T."""

    @abstractmethod
    def _pmf(self, n: Array, horizon: Array) -> Array:
        """P(n purchases in `horizon`) for a new customer."""

    @abstractmethod
    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        """frequency and recency of simulated customers observed for T."""

    def _sample_gaps(self, rng: np.random.Generator, frequency: Array, recency: Array) -> Array | None:
        """`log_gaps` of simulated customers, where a model is about them."""
        del rng, frequency, recency
        return None

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        """The own rates of customers alive at T, drawn from what their histories leave open."""
        del rng, pick, purchases
        raise self._unable("sample_given", "expected_purchases")

    def _unable(self, question: str, instead: str) -> InputError:
        """For a model from elsewhere that has no formula for a question, since it can do without."""
        rule = f"must have a formula for {question}, which {type(self).__name__} does not supply"
        return InputError("not-supported", "model", type(self).__name__, rule, f"Ask for {instead}.")

    def _by_levels(self, rows: Purchases) -> ByLevels | None:
        """ln L in parts, without the score; None where that is no less work than with it."""
        del rows
        return None

    _past: ClassVar[tuple[str, ...]] = ("frequency", "T")
    """The columns that say what is to come of a customer alive at T."""

    def _from_now(self, formula: Formula, past: tuple[Array, ...], settings: tuple[Array, ...]) -> Array:
        """`formula` of customers alive at T; a model that remembers more than x and T has its own."""
        x, T = past
        return formula(x, T, *settings)

    # -- likelihood without the score ----------------------------------------------------------------

    def log_likelihood(self, data: DataOf[Purchases]) -> Array:
        parts = self._by_levels(self._rows(data))
        return self.log_likelihood_and_score(data)[0] if parts is None else parts.each()

    def _summed(self, rows: Purchases) -> Array:
        parts = self._by_levels(rows)
        return weighted(self.log_likelihood(rows), rows.weight) if parts is None else parts.summed()

    # -- what every model answers ------------------------------------------------------------------

    @keeps_labels
    def probability_alive(self, purchases: DataOf[Purchases], horizon: Horizon = 0.0) -> Array:
        """Probability that each customer is still a customer `horizon` after the end of observation.

        (n,) probabilities; (draws, n) if the parameters have a leading draws axis.

        Parameters
        ----------
        purchases : Purchases, n entries
        horizon : float (in the model's unit) or Duration, ≥ 0; a scalar or one per entry
            0 asks about the end of observation itself.
        """
        purchases, unit = self._asked_of(purchases)
        t = length_of(horizon, unit, zero=True)

        def answer(rows: Purchases) -> Array:
            alive = self._alive(rows)
            # at the end of observation itself there is nothing to survive, and the odds are all
            if np.all(np.asarray(t) == 0.0):
                return alive
            return alive * self._ahead(rows, self._survival_from, horizon=t)

        quick = self._alive_is_quick and np.all(np.asarray(t) == 0.0)  # sooner than equal ones are found
        return answer(purchases) if quick else self._each(purchases, answer, t)

    @keeps_labels
    def expected_purchases(self, purchases: DataOf[Purchases], horizon: Horizon) -> Array:
        """Expected number of purchases of each customer in the `horizon` after observation.

        (n,) counts, or (draws, n); ``inf`` where an infinite horizon means infinitely many.

        `purchases` and `horizon` as in `probability_alive`; the horizon is above 0.
        """
        purchases, unit = self._asked_of(purchases)
        return self._value_of(purchases, horizon, 0.0, unit)

    @keeps_labels
    def expected_purchases_new(self, horizon: Horizon, *, count_first: bool = False) -> Real:
        """Expected repeat purchases of a customer just acquired, in the `horizon` after acquisition.

        Parameters
        ----------
        horizon : float (in the model's unit) or Duration, ≥ 0
            May be an array of any shape (m,); the answer has its shape, with the draws axis in front if
            the parameters have one. With parameters for each entry: one number, or one per entry.
        count_first : bool
            Count the purchase that acquires the customer, too: 1 more.
        """
        t = np.asarray(length_of(horizon, self.unit, zero=True))
        return float(count_first) + self._new(t, 0.0)

    @keeps_labels
    def discounted_expected_purchases(
        self, purchases: DataOf[Purchases], discount_rate: Rate, horizon: Horizon = math.inf
    ) -> Array:
        """Expected purchases after observation, each discounted to the end of observation.

        Multiply by the margin per purchase for the residual value of a customer. `horizon` may be
        infinite as long as `discount_rate` is positive; purchases count when they happen
        (continuous time), not at the end of a period. The model or the `purchases` need a unit; `horizon` as
        in `expected_purchases`.
        """
        purchases, unit = self._asked_of(purchases)
        return self._value_of(purchases, horizon, force_of(discount_rate, unit), unit)

    def discounted_expected_purchases_new(
        self, discount_rate: Rate, horizon: Horizon = math.inf, *, count_first: bool = False
    ) -> Real:
        """Discounted expected repeat purchases of a customer just acquired.

        With `count_first` the purchase that acquires the customer counts, too: 1 more, undiscounted,
        since it happens at time 0.
        """
        t = np.asarray(length_of(horizon, self.unit))
        return float(count_first) + self._new(t, force_of(discount_rate, self.unit))

    @keeps_labels
    def variance_of_purchases(self, purchases: DataOf[Purchases], horizon: Horizon) -> Array:
        """Variance of the number of purchases of each customer in the `horizon` after observation.

        (n,), or (draws, n). It is that of customers and of chance together, at these parameters: customers
        are independent given them, so that variances of totals add up. ``inf`` where it has no end, which
        for an infinite horizon may be so although the mean has one.

        `purchases` and `horizon` as in `expected_purchases`.

        Examples
        --------
        >>> import retainkit as rk
        >>> model = rk.BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426, unit="week")
        >>> customers = rk.Purchases(frequency=[2, 0], recency=[30.43, 0], T=[38.86, 38.86], unit="week")
        >>> print(model.variance_of_purchases(customers, horizon=39).round(3))
        [2.529 0.307]
        """
        purchases, unit = self._asked_of(purchases)
        t = length_of(horizon, unit)

        def formula(x: Array, T: Array, length: Array) -> Array:
            return self._discounted_from(x, T, length, 0.0)

        def answer(rows: Purchases) -> Array:
            odds = self._odds(rows)
            mean, pairs = (self._ahead(rows, f, horizon=t) for f in (formula, self._pairs_from))
            endless = np.isinf(pairs)
            mean, pairs = (np.where(endless, 0.0, v) for v in (mean, pairs))
            # of those alive, and what it adds that some are not
            return np.where(endless, np.inf, spread_of(expit(-odds), expit(odds), mean, pairs))

        return self._each(purchases, answer, t)

    @keeps_labels
    def purchase_pmf(self, n: NumberLike, horizon: Horizon) -> Real:
        """Probability that a customer just acquired makes exactly `n` repeat purchases in `horizon`.

        `n` and `horizon` broadcast against each other.
        """
        counts = np.asarray(whole(n))
        found = self._pmf(counts, np.asarray(length_of(horizon, self.unit, zero=True)))
        return plain(np.minimum(found, 1.0))  # rounding may lift it above

    @keeps_labels
    def purchase_pmf_given(self, purchases: DataOf[Purchases], n: NumberLike, horizon: Horizon) -> Array:
        """Probability of exactly `n` purchases in the `horizon` after observation, customer by customer.

        A customer who has left makes none, so P(n) = P(alive)·P(n | alive) + (1 − P(alive))·[n = 0]. (k,)
        probabilities, or (draws, k).

        `n` is a whole number ≥ 0, one or one per entry; all else as `probability_alive`.
        """
        purchases, unit = self._asked_of(purchases)
        counts = whole(n)
        t = length_of(horizon, unit, zero=True)

        def formula(x: Array, T: Array, count: Array, length: Array) -> Array:
            return self._pmf_from(count, x, T, length)

        def answer(rows: Purchases) -> Array:
            ahead = self._ahead(rows, formula, n=counts, horizon=t)
            odds = self._odds(rows)
            # none is bought by those who are gone as well, and only none; a sum of shares may round above 1
            gone = np.where(np.asarray(counts) == 0.0, expit(odds), 0.0)
            return np.minimum(expit(-odds) * ahead + gone, 1.0)

        return self._each(purchases, answer, counts, t)

    @keeps_labels
    def probability_no_purchase(self, purchases: DataOf[Purchases], horizon: Horizon) -> Array:
        """Probability that each customer buys nothing in the `horizon` after observation.

        Whether because they have left, leave meanwhile or just wait: (n,), or (draws, n).
        """
        return self.purchase_pmf_given(purchases, 0.0, horizon)

    def probability_no_purchase_new(self, horizon: Horizon) -> Real:
        """Probability that a customer just acquired makes no repeat purchase in `horizon`."""
        return self.purchase_pmf(0.0, horizon)

    @keeps_labels
    def sample_given(
        self,
        purchases: DataOf[Purchases],
        horizon: Horizon,
        *,
        seed: Seed,
        discount_rate: Rate | None = None,
    ) -> SampledFuture:
        """What each customer does in the `horizon` after observation, drawn from all that it may be.

        First whether the customer is alive, his own rate of purchases and chance or rate of leaving, from
        their joint distribution given the history; then what such a customer does. Draws of the parameters,
        of shape (draws, 1), give one draw with each of them. The draws are exact, and independent from entry
        to entry: an entry of weight w is drawn as one customer (repeat it w times for w customers).

        Parameters
        ----------
        purchases, horizon : as in `expected_purchases`
            Counts are ``inf`` where an infinite horizon means infinitely many.
        seed : int or a numpy Generator
        discount_rate : Rate, optional
            Discounts each purchase to the end of observation; the model or the `purchases` need a unit.
        """
        purchases, unit = self._asked_of(purchases)
        force = 0.0 if discount_rate is None else force_of(discount_rate, unit)
        entries = (len(purchases),)
        span = np.broadcast_to(one_each("horizon", length_of(horizon, unit), entries[0]), entries)
        return sample_future(
            self,
            generator(seed),
            span,
            force,
            alive=lambda model: model._each(purchases, model._alive),
            latent=lambda model, rng, pick: model._latent(rng, pick, purchases),
        )

    def sample(self, T: NumberLike, *, seed: Seed) -> Purchases:
        """Simulate one customer for each entry of `T`, the time observed since acquisition.

        `T` is (n,) > 0, in the model's unit; `seed` an int or a numpy Generator.
        """
        observed = np.atleast_1d(NOT_NEGATIVE.check("T", T))
        rng = generator(seed)
        frequency, recency = self._sample(rng, observed)
        gaps = self._sample_gaps(rng, frequency, recency)
        return Purchases(frequency=frequency, recency=recency, T=observed, unit=self.unit, log_gaps=gaps)

    # -- evaluation once per distinct customer, or entry by entry ------------------------------------

    def _asked_of(self, given: DataOf[Purchases]) -> tuple[Purchases, Unit | None]:
        """The purchases that a question is about, and the unit of time that they and the model share."""
        purchases = data_of(given, Purchases, "purchases")
        check_entries(type(self).__name__, self._entries, len(purchases), "purchases")
        return purchases, unit_of(self.unit, purchases)

    @property
    def _entries(self) -> int | None:
        return entries_of(type(self).__name__, self.parameters)

    def _odds(self, purchases: Purchases) -> Array:
        return self._log_odds_left(purchases if self._entries is None else purchases.entrywise())

    @property
    def _alive_is_quick(self) -> bool:
        return False

    def _alive(self, purchases: Purchases) -> Array:
        return expit(-self._odds(purchases))

    def _value_of(self, purchases: Purchases, horizon: Horizon, force: float, unit: Unit | None) -> Array:
        t = length_of(horizon, unit)

        def formula(x: Array, T: Array, length: Array) -> Array:
            return self._discounted_from(x, T, length, force)

        def answer(rows: Purchases) -> Array:
            ahead = self._ahead(rows, formula, horizon=t)
            endless = np.isinf(ahead)  # even for a customer whose P(alive) is too small for a float
            # 0·∞ for a customer who is surely gone but whose purchases, if alive, have no end
            return np.where(endless, np.inf, self._alive(rows) * np.where(endless, 1.0, ahead))

        return self._each(purchases, answer, t)

    def _each(self, purchases: Purchases, answer: Callable[[Purchases], Array], *settings: Real) -> Array:
        """`answer` of every entry, computed once for equal ones where there are many."""
        # settings of each entry make equal histories different questions
        if self._entries is not None or any(np.ndim(s) for s in settings) or not purchases.has_repeats:
            return answer(purchases)
        rows, inverse = purchases.distinct()
        return np.take(answer(rows), inverse, axis=-1)

    def _new(self, t: Array, force: float) -> Real:
        """Expected purchases of customers just acquired, of whom some models let some leave at once."""
        zero = np.zeros(self._entries or 1)
        if self._entries is not None:
            t = one_each("horizon", t, zero.size) + zero
        flat = self._discounted_from(zero, zero, t.reshape(-1), force)
        # 1 in most models; where one may leave at the first purchase, the share that did not
        flat = self._alive(Purchases(frequency=zero, recency=zero, T=zero)) * flat
        return plain(flat.reshape((*flat.shape[:-1], *t.shape)))

    def _ahead(self, purchases: Purchases, formula: Formula, **settings: Real) -> Array:
        """`formula(x, T, *settings)` of each customer, if alive, evaluated once per distinct customer."""
        if len(purchases) == 0:  # nothing to sort, and no first row to take a shape from
            return purchases.frequency
        past, entrywise = [getattr(purchases, name) for name in self._past], self._entries is not None
        given = [one_each(name, value, len(purchases)) for name, value in settings.items()]
        asked = formula if entrywise else smooth_in_time(formula, self)

        def ahead(*columns: Array) -> Array:
            return self._from_now(asked, columns[: len(past)], columns[len(past) :])

        # without a grid hardly two are alike, and to find those that are would cost more than it saves
        if len(purchases) >= MANY and grid_levels(purchases.T) is None:
            return ahead(*past, *given)
        return each_once(ahead, [*past, *given], entrywise=entrywise)
