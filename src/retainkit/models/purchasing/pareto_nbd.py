"""Pareto/NBD: customers buy at their own steady rate and may leave for good at any moment, unseen.

Purchases are Poisson with gamma-distributed rates; lifetimes are exponential with gamma-distributed rates of
leaving, so that over customers they follow a Pareto distribution. Unlike BG/NBD a customer may leave without
ever having come back, so that one-time buyers have a P(alive) below 1.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33(1), 1-24,
doi:10.1287/mnsc.33.1.1. Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related
Expressions; open copy: http://brucehardie.com/notes/009/
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from retainkit._numerics.processes.arrivals import Process, StoppedAtRate
from retainkit._numerics.processes.mixed_counts import stopped_by_power_pmf
from retainkit._numerics.processes.pairs import power_decay_pairs
from retainkit._numerics.processes.power_decay import (
    discounted_time,
    log_odds_stopped,
    log_quiet,
    quiet_with_moments,
    undiscounted_time,
)
from retainkit.models.purchasing._by_levels import ByLevels
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.sampled import Pick
from retainkit.parameters import Limit, Twin, positive
from retainkit.protocols import DataOf
from retainkit.summaries import Purchases
from retainkit.typing import Array, Real

_AT_ONCE = 1e-12  # of MBG/NBD's b: so small that there is nobody between the two kinds of customers


def _odds(values: Mapping[str, float]) -> dict[str, float]:
    # elsewhere s may be so large that all would leave, among them those who came back
    odds = math.expm1(min(values["s"] * -math.log(values["beta"]), 1.0))
    return {"r": values["r"], "alpha": values["alpha"], "a": _AT_ONCE * odds}


def _far_out(values: Mapping[str, float]) -> dict[str, float]:
    beta = 1e-100
    s = math.log1p(values["a"] / _AT_ONCE) / -math.log(beta)
    return {"r": values["r"], "alpha": values["alpha"], "s": s, "beta": beta}


def at_once_or_never(idle: tuple[str, ...] = ()) -> Limit:
    """Some customers leave in no time, the others in no time that is ever observed: MBG/NBD with a, b at 0.

    It lies at beta → 0 with s·ln(1/beta) held, so far out that no float is near it.
    """
    twin = Twin(_odds, _far_out, {"b": _AT_ONCE})
    moving = {"falling": ("beta", "s"), "slow": ("s",), "idle": idle}
    return Limit("customers leave at once or never", **moving, model="MBGNBD", twin=twin)


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParetoNBD(AbstractPurchaseModel):
    """The Pareto / NBD model of repeat purchases.

    Parameters
    ----------
    r, alpha : float or array, > 0
        Shape and rate of the gamma distribution of purchase rates; the mean rate is r / alpha
        purchases per unit of time, so `alpha` counts in that unit.
    s, beta : float or array, > 0
        Shape and rate of the gamma distribution of rates of leaving: P(still a customer at t) is
        (beta / (beta + t))^s, so `beta` counts in the unit of time, too.
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    The expected time to come is infinite for s ≤ 1: then an infinite horizon without discount means
    infinitely many purchases, and the answer is ``inf``.

    Examples
    --------
    >>> import retainkit as rk
    >>> model = rk.ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week")
    >>> customers = rk.Purchases(frequency=[2, 0], recency=[30.43, 0], T=[38.86, 38.86], unit="week")
    >>> print(model.probability_alive(customers).round(3))
    [0.869 0.295]
    """

    contained_in: ClassVar[tuple[str, ...]] = ("GammaGompertzNBD",)
    processes: ClassVar[Mapping[str, tuple[str, int]]] = {
        "purchasing": ("alpha", -1),
        "attrition": ("beta", -1),
    }

    limits: ClassVar[tuple[Limit, ...]] = (
        Limit("nobody ever leaves", falling=("s",), idle=("beta",), model="NBD"),
        at_once_or_never(),
        Limit("one rate of leaving, s/beta, holds for all", rising=("beta", "s")),
        Limit("all customers buy at one rate", rising=("r", "alpha")),
    )

    r: Real = positive(start=0.5, typical=(0.2, 4.0), unit="shape", doc="shape of the purchase-rate gamma")
    alpha: Real = positive(
        start=0.3, typical=(0.1, 2.0), unit="gap", doc="rate of the purchase-rate gamma, in time units"
    )
    s: Real = positive(start=0.6, typical=(0.3, 2.0), doc="shape of the gamma of rates of leaving")
    beta: Real = positive(
        start=0.4, typical=(0.1, 1.0), unit="time", doc="rate of the gamma of rates of leaving, in time units"
    )

    # -- likelihood ---------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Purchases]) -> tuple[Array, Array]:
        data = self._rows(data)
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        by_x, by_t, made = data.levels("frequency"), data.levels("recency"), data.rises("frequency")
        log_gamma, digamma = made.gamma(r)
        x, idle = data.frequency, data.T - data.recency
        events, at_last, old = r + x, alpha + data.recency, beta + data.recency
        # nothing since the last purchase, as the customer left (1 − P(alive)) or did not
        quiet, left, alive, log_u, share_u, worn_u = quiet_with_moments(events, s, at_last, old, idle)
        bought = by_t.map(lambda t_x: np.log1p(t_x / alpha))
        there = by_t.map(lambda t_x: np.log1p(t_x / beta))
        value = by_x.expand(log_gamma + made.n * np.log(r / alpha)) - events * bought - s * there + quiet
        # integrated by parts, so that for s and beta nothing nearly equal is subtracted
        score = np.empty((4, *value.shape))
        score[0] = by_x.expand(digamma) - bought - left * log_u - alive * np.log1p(idle / at_last)
        share = left * share_u + alive * idle / (alpha + data.T)
        score[1] = (r * data.recency / alpha - x + events * share) / at_last
        score[2] = left * events / s * worn_u - there
        score[3] = (s * data.recency / beta - left * events * share_u) / old
        return value, score

    def _by_levels(self, rows: Purchases) -> ByLevels:
        r, alpha, s, beta = self.r, self.alpha, self.s, self.beta
        made, t_x = rows.rises("frequency"), rows.levels("recency").values
        counts = made.log_gamma(r) + made.n * np.log(r / alpha)
        at_last, old, idle = alpha + rows.recency, beta + rows.recency, rows.T - rows.recency
        quiet = log_quiet(r + rows.frequency, s, at_last, old, idle)
        worn = s * np.log1p(t_x / beta)
        return ByLevels(rows, r, counts, "recency", np.log1p(t_x / alpha), worn, quiet)

    # -- predictions --------------------------------------------------------------------------------

    def _log_odds_left(self, purchases: Purchases) -> Array:
        x, t_x, T = purchases.frequency, purchases.recency, purchases.T
        return log_odds_stopped(self.r + x, self.s, self.alpha + t_x, self.beta + t_x, T - t_x)

    def _survival_from(self, x: Array, T: Array, horizon: Array) -> Array:
        alive = np.exp(-self.s * np.log1p(horizon / (self.beta + T)))
        return alive + 0.0 * x  # whoever is alive has no memory of purchases

    def _discounted_from(self, x: Array, T: Array, horizon: Array, force: float) -> Array:
        # given alive at T the customer is new with r+x, alpha+T, beta+T; buying does not hasten leaving
        s, beta = self.s, self.beta + T
        span = horizon / beta
        time = discounted_time(s, span, force * beta) if force else undiscounted_time(s, span)
        return (self.r + x) / (self.alpha + T) * beta * time

    def _pairs_from(self, x: Array, T: Array, horizon: Array) -> Array:
        r, beta = self.r + x, self.beta + T
        rate = beta / (self.alpha + T)
        return 2.0 * r * (r + 1.0) * rate**2 * power_decay_pairs(self.s, horizon / beta)

    def _pmf_from(self, n: Array, x: Array, T: Array, horizon: Array) -> Array:
        return stopped_by_power_pmf(n, horizon, self.r + x, self.alpha + T, self.s, self.beta + T)

    def _pmf(self, n: Array, horizon: Array) -> Array:
        return stopped_by_power_pmf(n, horizon, self.r, self.alpha, self.s, self.beta)

    # -- simulator ----------------------------------------------------------------------------------

    def _latent(self, rng: np.random.Generator, pick: Pick, purchases: Purchases) -> Process:
        # of a customer who is alive both rates are gamma-distributed again, and independent
        T = pick(purchases.T)
        rate = rng.standard_gamma(pick(self.r) + pick(purchases.frequency)) / (pick(self.alpha) + T)
        return StoppedAtRate(rate, rng.standard_gamma(pick(self.s)) / (pick(self.beta) + T))

    def _sample(self, rng: np.random.Generator, T: Array) -> tuple[Array, Array]:
        rate = rng.gamma(self.r, 1.0 / np.asarray(self.alpha), T.shape)
        # e^700: later than any T, and still a float
        past = np.minimum(rng.standard_exponential(T.shape) / self.s, 700.0)
        active = np.minimum(self.beta * np.expm1(past), T)  # (beta / (beta + t))^s is uniform
        x = rng.poisson(rate * active)
        last = active * rng.beta(np.maximum(x, 1), 1.0)  # the latest of x uniform times
        return x.astype(np.float64), np.where(x > 0, last, 0.0)
