"""BG/BB: opportunities to buy come one by one, and customers take them or pass until they are gone.

A yearly appeal for donations, a match day, a cruise season, a monthly box. While alive a customer buys
at each opportunity with probability p; before each opportunity the customer is gone for good with
probability θ. Both differ over customers: p ~ Beta(alpha, beta), θ ~ Beta(gamma, delta). It is the
counterpart of the Pareto/NBD where time comes in steps.

Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing
Science 29(6), 1086-1108, doi:10.1287/mksc.1100.0580; open copy: http://brucehardie.com/papers/020/.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import expit

from retainkit._numerics.gamma_functions import Rises, log_beta_ratio
from retainkit._numerics.log_sums import log_sum
from retainkit._numerics.processes.arrivals import TakenOrPassed
from retainkit._numerics.processes.opportunities import IdleSums, log_beta_binomial, opportunities_met
from retainkit._numerics.processes.pairs import opportunity_pairs
from retainkit.columns import keeps_labels
from retainkit.domains import generator
from retainkit.models.base import AbstractModel, check_entries, entries_of
from retainkit.models.purchasing._checks import (
    Horizon,
    each_once,
    force_of,
    number_of,
    one_each,
    plain,
    spread_of,
    step_of,
    whole,
)
from retainkit.models.sampled import Pick, SampledFuture, sample_future
from retainkit.parameters import Limit, positive
from retainkit.protocols import DataOf, data_of
from retainkit.rates import Rate
from retainkit.summaries import Opportunities
from retainkit.typing import Array, NumberLike, Real, Unit


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BGBB(AbstractModel[Opportunities]):
    """The beta-geometric / beta-binomial model of purchases at opportunities that come one by one.

    Parameters
    ----------
    alpha, beta : float or array, > 0
        Beta distribution over customers of the chance to buy at an opportunity; its mean is
        alpha / (alpha + beta).
    gamma, delta : float or array, > 0
        Beta distribution of the chance to be gone before the next opportunity; its mean is
        gamma / (gamma + delta).
    unit : {"day", "week", "month", "quarter", "year"}, optional
        The time from one opportunity to the next; needed for discounts only.

    Notes
    -----
    Customers are those with a first purchase, which is not counted. Each may have had its own number of
    opportunities since. All horizons count opportunities; a Duration is converted where `unit` is known.

    For gamma ≤ 1 some customers hardly ever leave: expected purchases without end are ``inf``, unless
    discounted.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.BGBB(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783, unit="year")
    >>> donors = rk.Opportunities(frequency=[0, 4], recency=[0, 5], periods=6)
    >>> print(model.expected_purchases(donors, horizon=10).round(2))
    [0.13 3.63]
    """

    alpha: Real = positive(start=1.0, typical=(0.5, 3.0), doc="purchase beta, weight on buying")
    beta: Real = positive(start=1.0, typical=(0.5, 4.0), doc="purchase beta, weight on passing")
    gamma: Real = positive(start=0.7, typical=(0.4, 2.0), doc="dropout beta, weight on leaving")
    delta: Real = positive(start=3.0, typical=(1.0, 6.0), doc="dropout beta, weight on staying")

    data_kind: ClassVar[type[Opportunities]] = Opportunities
    takes_tables: ClassVar[bool] = False
    whole_periods: ClassVar[bool] = True
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {
        "purchasing": ("alpha", 1),
        "attrition": ("gamma", 1),
    }

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("nobody ever leaves", falling=("gamma",), idle=("delta",)),
        Limit("one probability to leave, gamma/(gamma + delta), holds for all", rising=("delta", "gamma")),
        Limit("customers leave at their first chance or never", falling=("delta", "gamma")),
        Limit("one probability to buy, alpha/(alpha + beta), holds for all", rising=("beta", "alpha")),
        Limit("customers buy at every opportunity or at none", falling=("beta", "alpha")),
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Opportunities]) -> tuple[Array, Array]:
        data = self._rows(data)
        by_x, by_n = data.levels("frequency"), data.levels("periods")
        bought, met = data.rises("frequency"), data.rises("periods")
        gone, d_gone = self._idle(data.frequency, data.recency, data.periods).value_and_score()
        (log_bought, per_bought), (log_met, per_met) = bought.gamma(self.alpha), met.gamma(self._both)
        log_missed, per_missed = Rises.of(data.periods - data.frequency).gamma(self.beta)
        log_beta, per_chance, per_stay = met.beta(self.gamma, self.delta)
        value = self._value(data, log_bought, log_missed, log_beta - log_met, gone)

        left = expit(gone)  # 1 - P(alive)
        d_both = by_n.expand(per_met)
        score = np.empty((4, *value.shape))
        score[0] = by_x.expand(per_bought) - d_both
        score[1] = per_missed - d_both
        score[2] = -by_n.expand(per_chance)
        score[3] = by_n.expand(per_stay)
        return value, score + left * d_gone

    def log_likelihood(self, data: DataOf[Opportunities]) -> Array:
        data = self._rows(data)
        met, gone = data.rises("periods"), self._idle(data.frequency, data.recency, data.periods).value()
        log_bought = data.rises("frequency").log_gamma(self.alpha)
        log_missed = Rises.of(data.periods - data.frequency).log_gamma(self.beta)
        log_met = met.log_beta(self.gamma, self.delta) - met.log_gamma(self._both)
        return self._value(data, log_bought, log_missed, log_met, gone)

    def _value(self, data: Opportunities, bought: Array, missed: Array, met: Array, gone: Array) -> Array:
        """ln L from what purchases, misses, all opportunities and the end add."""
        by_x = data.levels("frequency")
        value = by_x.expand(bought + by_x.values * np.log(self.alpha / self._both)) + missed
        value = value + (data.periods - data.frequency) * np.log(self.beta / self._both)
        # the likelihood is a sum over when the customer went, here relative to "not yet"
        return value + data.levels("periods").expand(met) + log_sum(gone, 0.0)

    @property
    def _both(self) -> Array:
        return self.alpha + np.asarray(self.beta)

    def _idle(self, x: Array, last: Array, n: Array) -> IdleSums:
        return IdleSums(self.alpha, self.beta, self.gamma, self.delta, x, last, n)

    # -- predictions --------------------------------------------------------------------------------

    @keeps_labels
    def probability_alive(self, opportunities: DataOf[Opportunities], horizon: Horizon = 0) -> Array:
        """Probability that each customer is still a customer `horizon` opportunities after observation.

        (n,) probabilities; (draws, n) if the parameters have a leading draws axis.

        Parameters
        ----------
        opportunities : Opportunities, n entries
        horizon : whole number ≥ 0, or Duration; a scalar or one per entry
            0 asks about the last opportunity observed; 1 about the next one, which is what the paper's
            eq. (11) gives.
        """
        opportunities, unit = self._asked_of(opportunities)
        h = number_of(horizon, unit, endless=True, zero=True)
        odds = self._log_odds_left(opportunities)

        def kept(n: Array, h: Array) -> Array:
            return np.exp(log_beta_ratio(self.gamma, self.delta + n, h))  # eq. (11)

        return expit(-odds) * self._ahead(opportunities, kept, h)

    @keeps_labels
    def expected_purchases(self, opportunities: DataOf[Opportunities], horizon: Horizon) -> Array:
        """Expected number of purchases of each customer at the next `horizon` opportunities, eq. (13).

        (n,) counts, or (draws, n); ``inf`` for an infinite horizon and gamma ≤ 1.

        `horizon` is a whole number ≥ 1, inf, or a Duration; one, or one per entry.
        """
        opportunities, unit = self._asked_of(opportunities)
        return self._value_of(opportunities, horizon, 0.0, unit)

    @keeps_labels
    def variance_of_purchases(self, opportunities: DataOf[Opportunities], horizon: Horizon) -> Array:
        """Variance of the number of purchases of each customer at the next `horizon` opportunities.

        (n,), or (draws, n). It is that of customers and of chance together, at these parameters: customers
        are independent given them, so that variances of totals add up. ``inf`` for an infinite horizon and
        gamma ≤ 2.

        `opportunities`, `horizon` as in `expected_purchases`.
        """
        opportunities, unit = self._asked_of(opportunities)
        h = number_of(horizon, unit, endless=True, zero=False)

        def both(n: Array, h: Array) -> Array:
            delta = self.delta + n
            pairs = 2.0 * opportunity_pairs(self.gamma, delta, h)
            return np.stack([opportunities_met(self.gamma, delta, h, 0.0), pairs])

        met, pairs = self._ahead(opportunities, both, h)
        bought, asked = self.alpha + opportunities.frequency, self.alpha + self.beta + opportunities.periods
        endless = np.isinf(pairs)
        chance = bought / asked
        mean = np.where(endless, 0.0, met) * chance
        pairs = np.where(endless, 0.0, pairs) * chance * ((bought + 1.0) / (asked + 1.0))
        odds = self._log_odds_left(opportunities)
        return np.where(endless, np.inf, spread_of(expit(-odds), expit(odds), mean, pairs))

    @keeps_labels
    def expected_purchases_new(self, horizon: Horizon, *, count_first: bool = False) -> Real:
        """Expected purchases of a customer just acquired at the next `horizon` opportunities, eq. (8).

        `horizon` may be an array of any shape; the answer has its shape. With `count_first` the purchase
        that acquires the customer counts, too: 1 more.
        """
        return float(count_first) + self._value_of_new(horizon, 0.0, zero=True)

    @keeps_labels
    def discounted_expected_purchases(
        self, opportunities: DataOf[Opportunities], discount_rate: Rate, horizon: Horizon = math.inf
    ) -> Array:
        """Expected purchases after observation, the one j opportunities ahead times (1 + d)^−j, eq. (14).

        Times the margin per purchase it is the residual value of a customer, at the moment of the last
        opportunity observed. d is the `discount_rate` ≥ 0 per opportunity, so the model or the data need a
        `unit`; `horizon` as in `expected_purchases`.
        """
        opportunities, unit = self._asked_of(opportunities)
        return self._value_of(opportunities, horizon, force_of(discount_rate, unit), unit)

    def discounted_expected_purchases_new(
        self, discount_rate: Rate, horizon: Horizon = math.inf, *, count_first: bool = False
    ) -> Real:
        """Discounted expected purchases of a customer just acquired, at the moment of the first purchase.

        With `count_first` that purchase counts, too: 1 more, undiscounted.
        """
        return float(count_first) + self._value_of_new(
            horizon, force_of(discount_rate, self.unit), zero=False
        )

    @keeps_labels
    def purchase_pmf(self, n: NumberLike, horizon: Horizon) -> Real:
        """Probability that a customer just acquired buys exactly `n` times at the next opportunities.

        `horizon` is their number; `n` and `horizon` broadcast against each other.
        """
        ends = number_of(horizon, self.unit, endless=False, zero=True)
        shape, (counts, ends) = self._asked(np.asarray(whole(n)), ends)
        found = self._pmf_from(np.zeros(1), np.zeros(1), counts, ends)
        return plain(found.reshape((*found.shape[:-1], *shape)))

    @keeps_labels
    def purchase_pmf_given(
        self, opportunities: DataOf[Opportunities], n: NumberLike, horizon: Horizon
    ) -> Array:
        """Probability of exactly `n` purchases at the next `horizon` opportunities, customer by customer.

        A customer who has left makes none, so P(n) = P(alive)·P(n | alive) + (1 − P(alive))·[n = 0]. (k,)
        probabilities, or (draws, k).

        `n` is a whole number ≥ 0, one or one per entry; all else as `probability_alive`.
        """
        opportunities, unit = self._asked_of(opportunities)
        counts = one_each("n", whole(n), len(opportunities))
        ends = one_each("horizon", number_of(horizon, unit, endless=False, zero=True), len(opportunities))
        past = (opportunities.frequency, opportunities.periods)
        ahead = each_once(self._pmf_from, (*past, counts, ends), entrywise=self._entries is not None)
        odds = self._log_odds_left(opportunities)
        return np.minimum(expit(-odds) * ahead + np.where(counts == 0.0, expit(odds), 0.0), 1.0)

    @keeps_labels
    def probability_no_purchase(self, opportunities: DataOf[Opportunities], horizon: Horizon) -> Array:
        """Probability that each customer passes the next `horizon` opportunities, gone or not: (n,)."""
        return self.purchase_pmf_given(opportunities, 0, horizon)

    def probability_no_purchase_new(self, horizon: Horizon) -> Real:
        """Probability that a customer just acquired buys at none of the next `horizon` opportunities."""
        return self.purchase_pmf(0, horizon)

    # -- simulator ----------------------------------------------------------------------------------

    @keeps_labels
    def sample_given(
        self,
        opportunities: DataOf[Opportunities],
        horizon: Horizon,
        *,
        seed: int | np.random.Generator,
        discount_rate: Rate | None = None,
    ) -> SampledFuture:
        """What each customer does at the next `horizon` opportunities, drawn from all that it may be.

        First whether the customer is still one, his own chances to buy and to leave, from their joint
        distribution given the history; then what such a customer does. Draws of the parameters, of shape
        (draws, 1), give one draw with each of them. The draws are exact, and independent from entry to entry:
        an entry of weight w is drawn as one customer.

        `opportunities`, `horizon` as in `expected_purchases`; with a `discount_rate` as in
        `discounted_expected_purchases`. `seed` is an int or a numpy Generator.
        """
        opportunities, unit = self._asked_of(opportunities)
        force = 0.0 if discount_rate is None else force_of(discount_rate, unit)
        entries = (len(opportunities),)
        h = one_each("horizon", number_of(horizon, unit, endless=True, zero=False), entries[0])
        return sample_future(
            self,
            generator(seed),
            np.broadcast_to(h, entries),
            force,
            alive=lambda model: expit(-model._log_odds_left(opportunities)),
            latent=lambda model, rng, pick: model._latent(rng, pick, opportunities),
        )

    def _latent(self, rng: np.random.Generator, pick: Pick, opportunities: Opportunities) -> TakenOrPassed:
        # of a customer who is still there the two chances are independent
        x, n = pick(opportunities.frequency), pick(opportunities.periods)
        taken = rng.beta(pick(self.alpha) + x, pick(self.beta) + (n - x))
        return TakenOrPassed(taken, rng.beta(pick(self.gamma), pick(self.delta) + n))

    def sample(self, periods: NumberLike, *, seed: int | np.random.Generator) -> Opportunities:
        """Simulate one customer for each entry of `periods`, the opportunities since the first purchase.

        `periods` are (n,) whole numbers ≥ 0; `seed` is an int or a numpy Generator.
        """
        n = np.atleast_1d(number_of(periods, None, endless=False, zero=True, argument="periods"))
        rng = generator(seed)
        # a chance below 1e-300 stands for one that rounds to 0: nobody would ever go
        dropout = np.maximum(rng.beta(self.gamma, self.delta, n.shape), 1e-300)
        # gone before the k-th opportunity: k − 1 were met, and no more than there are
        met = np.minimum(rng.geometric(dropout) - 1.0, n)
        x = rng.binomial(met.astype(np.int64), rng.beta(self.alpha, self.beta, n.shape)).astype(np.float64)
        # in any order the x purchases are equally likely, so that passes fall into the x + 1 gaps between
        # them like balls into urns; those after the last purchase are one gap's
        idle = rng.binomial((met - x).astype(np.int64), rng.beta(1.0, np.maximum(x, 1.0)))
        recency = np.where(x > 0.0, met - idle, 0.0)
        return Opportunities(frequency=x, recency=recency, periods=n, unit=self.unit)

    # -- how it is done -----------------------------------------------------------------------------

    @property
    def _entries(self) -> int | None:
        return entries_of(type(self).__name__, self.parameters)

    def _asked_of(self, given: DataOf[Opportunities]) -> tuple[Opportunities, Unit | None]:
        """The opportunities that a question is about, and the time between two of them."""
        opportunities = data_of(given, Opportunities, "opportunities")
        check_entries(type(self).__name__, self._entries, len(opportunities), "opportunities")
        return opportunities, step_of(self.unit, opportunities)

    def _log_odds_left(self, opportunities: Opportunities) -> Array:
        """ln P(has left) / P(is alive) at the last opportunity observed."""
        past = (opportunities.frequency, opportunities.recency, opportunities.periods)
        return each_once(lambda *p: self._idle(*p).value(), past, entrywise=self._entries is not None)

    def _ahead(self, opportunities: Opportunities, formula: Callable[..., Array], horizon: Array) -> Array:
        """`formula(periods, horizon)` of each customer, if alive."""
        ends = one_each("horizon", horizon, len(opportunities))
        return each_once(formula, (opportunities.periods, ends), entrywise=self._entries is not None)

    def _value_of(
        self, opportunities: Opportunities, horizon: Horizon, force: float, unit: Unit | None
    ) -> Array:
        h = number_of(horizon, unit, endless=True, zero=False)

        def met(n: Array, h: Array) -> Array:
            return opportunities_met(self.gamma, self.delta + n, h, force)

        # given alive, the chances to buy and to go are independent, and beta-distributed again
        ahead = self._ahead(opportunities, met, h)
        chance = (self.alpha + opportunities.frequency) / (self.alpha + self.beta + opportunities.periods)
        endless = np.isinf(ahead)  # even for a customer whose P(alive) is too small for a float
        alive = expit(-self._log_odds_left(opportunities))
        return np.where(endless, np.inf, alive * chance * np.where(endless, 1.0, ahead))

    def _value_of_new(self, horizon: Horizon, force: float, *, zero: bool) -> Real:
        shape, (h,) = self._asked(number_of(horizon, self.unit, endless=True, zero=zero))
        found = self.alpha / (self.alpha + self.beta) * opportunities_met(self.gamma, self.delta, h, force)
        return plain(found.reshape((*found.shape[:-1], *shape)))

    def _asked(self, *questions: Array) -> tuple[tuple[int, ...], list[Array]]:
        """The shape of several questions together, and each of them on one axis."""
        together = np.broadcast_arrays(*questions)
        if self._entries is not None:
            each = [one_each("horizon", question, self._entries) for question in together]
            together = [np.broadcast_to(question, (self._entries,)) for question in each]
        return together[0].shape, [question.reshape(-1) for question in together]

    def _pmf_from(self, x: Array, n: Array, count: Array, horizon: Array) -> Array:
        """P(`count` purchases at the next `horizon` opportunities) for customers alive after x of n."""
        alpha, beta, delta = self.alpha + x, self.beta + n - x, self.delta + n
        rows = np.broadcast(x, count, horizon)
        end = np.broadcast_to(horizon, rows.shape)
        some = np.minimum(np.broadcast_to(count, rows.shape), end)
        sums = IdleSums(alpha, beta, self.gamma, delta, some, some, end, ways=True)
        gone = np.logaddexp(0.0, sums.value())
        made = log_beta_binomial(some, end, alpha, beta) + log_beta_ratio(self.gamma, delta, end)
        return np.where(count > end, 0.0, np.exp(made + gone))
