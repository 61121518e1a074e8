"""Counts in time of processes whose own rates are known: exact draws, discounted if asked, and means.

A Poisson process of which every k-th stage counts runs until it stops: after a counted event with a chance
of its own, or at a time of its own. Or opportunities come one by one until they end. A discount makes the
moments count. They are drawn one after the other; what comes after e^−force·time has fallen below a float's
rounding is counted, but its moments are not drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import exprel

from retainkit._numerics.grouping import Codes
from retainkit._numerics.processes.erlang_discount import staged_count
from retainkit._numerics.processes.power_decay import discounted_time
from retainkit.typing import Array

Drawn: TypeAlias = tuple[Array, Array, Array]
"""Events, the same each times its discount e^(−force·time), and each times the square of it: (rows,) all."""

_GONE = 37.0  # e^-37: a discount below which no sum of floats is changed
_CELLS = 1 << 14  # gaps drawn at once, so that they stay near the processor
_WIDEST = 1024
_MANY = 1e15  # above, a count has no digits left for the difference between a Poisson and a normal one
_LEAST = 1e-300  # a rate that rounds to 0 is kept above it: in infinite time even it makes events


class Process(Protocol):
    """Rows of processes with known rates."""

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        """Events in the time `span`, which may be infinite, and their discounted sum."""
        ...

    def mean(self, span: Array, force: float) -> Array:
        """The mean of the discounted sum."""
        ...


@dataclass(frozen=True, slots=True)
class StoppedByChance:
    """Events at `rate`, after each of which the process stops with `chance`."""

    rate: Array
    chance: Array

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        rate = np.maximum(self.rate, _LEAST)
        return arrivals(rng, rate, span, geometric(rng, self.chance), force)

    def mean(self, span: Array, force: float) -> Array:
        rate = np.maximum(self.rate, _LEAST)
        return rate * decaying_time(rate * self.chance + force, span)


@dataclass(frozen=True, slots=True)
class StagedStoppedByChance:
    """The same where every k-th stage at `rate` is an event; `missing` stages are left until the first."""

    rate: Array
    chance: Array
    missing: Array
    k: int

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        rate, most = np.maximum(self.rate, _LEAST), geometric(rng, self.chance)
        return arrivals(rng, rate, span, most, force, k=self.k, missing=self.missing)

    def mean(self, span: Array, force: float) -> Array:
        rate = np.maximum(self.rate, _LEAST)
        return staged_count(rate, self.chance, self.missing, self.k, span, force)


@dataclass(frozen=True, slots=True)
class StoppedAtRate:
    """Events at `rate` until the process stops, which it does at the constant rate `leaving`."""

    rate: Array
    leaving: Array

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        lasting = _over(rng.standard_exponential(self.leaving.shape), self.leaving)
        return arrivals(rng, np.maximum(self.rate, _LEAST), np.minimum(lasting, span), np.inf, force)

    def mean(self, span: Array, force: float) -> Array:
        return np.maximum(self.rate, _LEAST) * decaying_time(self.leaving + force, span)


@dataclass(frozen=True, slots=True)
class StoppedByGompertz:
    """Events at `rate` until the process stops: P(runs longer than t) = exp(−leaving·(e^(growth·t) − 1))."""

    rate: Array
    leaving: Array
    growth: Array

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        grown = _over(rng.standard_exponential(self.leaving.shape), self.leaving)
        lasting = np.log1p(grown) / self.growth
        return arrivals(rng, np.maximum(self.rate, _LEAST), np.minimum(lasting, span), np.inf, force)

    def mean(self, span: Array, force: float) -> Array:
        leaving, growth = np.maximum(self.leaving, _LEAST), self.growth
        with np.errstate(over="ignore"):
            grown = np.expm1(growth * span)
        # e^(growth·t) is the time of a process that stops at a constant rate, and pays as a power of it
        return np.maximum(self.rate, _LEAST) * discounted_time(1.0 + force / growth, grown, leaving) / growth


@dataclass(frozen=True, slots=True)
class TakenOrPassed:
    """At each opportunity an event with chance `taken`; before each it stops with chance `leaving`."""

    taken: Array
    leaving: Array

    def draw(self, rng: np.random.Generator, span: Array, force: float) -> Drawn:
        met = np.minimum(geometric(rng, self.leaving) - 1.0, span)
        if force == 0.0:
            made = binomial(rng, met, self.taken)
            return made, made, made

        def gaps(rows: Codes, width: int, *, first: bool) -> Array:
            del first
            return geometric(rng, np.broadcast_to(self.taken[rows, None], (rows.size, width)))

        def count(rows: Codes, since: Array) -> Array:
            return binomial(rng, met[rows] - since, self.taken[rows])

        return discounted_events(gaps, count, met, np.full(met.shape, np.inf), force)

    def mean(self, span: Array, force: float) -> Array:
        # who is surely gone is there with the chance e^-inf; who hardly ever goes stays longer than any float
        with np.errstate(divide="ignore", over="ignore"):
            fall = force - np.log1p(-self.leaving)
            endless = np.isinf(span)
            finite = np.where(endless, 1.0, span)
            # Σ e^(−fall·j) over j = 1, …, span, also where nothing falls
            there = np.where(endless, 1.0 / np.expm1(fall), finite * exprel(-finite * fall) / exprel(fall))
        return self.taken * there


def geometric(rng: np.random.Generator, chance: Array) -> Array:
    """The number of the first success where each trial is one with `chance`; inf for a chance of 0."""
    with np.errstate(divide="ignore"):
        return np.floor(_over(rng.standard_exponential(chance.shape), -np.log1p(-chance))) + 1.0


def decaying_time(fall: Array, span: Array) -> Array:
    """∫ e^(−fall·t) dt over t from 0 to `span`, which may be infinite."""
    endless = np.isinf(span)
    finite = np.where(endless, 1.0, span)
    # without any fall there is no end to it; of hardly any the time has no float, whether asked for or not
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(endless, 1.0 / fall, finite * exprel(-fall * finite))


def arrivals(
    rng: np.random.Generator,
    rate: Array,
    end: Array,
    most: Array | float,
    force: float,
    *,
    k: int = 1,
    missing: Array | float = 1.0,
) -> Drawn:
    """Every k-th stage of Poisson processes before `end`, at most so many: number and discounted sums."""
    if force == 0.0:
        stages = poisson(rng, rate * end)
        made = np.minimum(np.floor((stages + (k - missing)) / k), most)
        return made, made, made

    def gaps(rows: Codes, width: int, *, first: bool) -> Array:
        if k == 1:
            return rng.standard_exponential((rows.size, width)) / rate[rows, None]
        stages = np.full((rows.size, width), float(k))
        if first:
            stages[:, 0] = np.broadcast_to(missing, rate.shape)[rows]
        return rng.standard_gamma(stages) / rate[rows, None]

    def count(rows: Codes, since: Array) -> Array:
        return np.floor(poisson(rng, rate[rows] * (end[rows] - since)) / k)

    return discounted_events(gaps, count, end, np.broadcast_to(most, rate.shape), force)


class Gaps(Protocol):
    """(rows, width) -> (rows, width): the next times between events of some rows."""

    def __call__(self, rows: Codes, width: int, *, first: bool) -> Array: ...


def discounted_events(
    gaps: Gaps,
    count: Callable[[Codes, Array], Array],
    end: Array,
    most: Array,
    force: float,
) -> Drawn:
    """Events before `end`, at most so many: their number, Σ e^(−force·time) and Σ e^(−2·force·time).

    Parameters
    ----------
    gaps : Gaps
    count : (rows, since) -> (rows,)
        Events after an event at the time `since`, and before `end`.
    """
    near = np.minimum(end, _GONE / force)
    made, worth, squared, time = (np.zeros(end.shape) for _ in range(4))
    rows, first = np.flatnonzero((most > 0.0) & (near > 0.0)), True
    while rows.size:
        # the fewer rows go on, the more events of each at once
        width = max(1, min(_WIDEST, _CELLS // rows.size))
        times = time[rows, None] + np.cumsum(gaps(rows, width, first=first), axis=1)
        missing = most[rows] - made[rows]
        counted = (times <= near[rows, None]) & (np.arange(width) < missing[:, None])
        new = counted.sum(axis=1)
        made[rows] += new
        discount = np.exp(-force * times) * counted
        worth[rows] += discount.sum(axis=1)
        squared[rows] += np.vecdot(discount, discount)
        time[rows] = times[:, -1]
        ended = np.flatnonzero((new < width) & (new < missing))
        following = times[ended, new[ended]]
        # after what is discounted to nothing, yet before the end; what never comes is not before any
        late = np.isfinite(following) & (following <= end[rows[ended]])
        if late.any():
            more = rows[ended[late]]
            made[more] = np.minimum(made[more] + 1.0 + count(more, following[late]), most[more])
        rows, first = rows[(new == width) & (new < missing)], False
    return made, worth, squared


def poisson(rng: np.random.Generator, mean: Array) -> Array:
    """Poisson counts of any mean; infinite ones of an infinite mean."""
    drawn = rng.poisson(np.minimum(mean, _MANY)).astype(np.float64)
    many = mean > _MANY
    if many.any():
        large = mean[many]
        spread = np.sqrt(np.where(np.isinf(large), 0.0, large))
        drawn[many] = np.rint(large + spread * rng.standard_normal(large.shape))
    return drawn


def binomial(rng: np.random.Generator, trials: Array, chance: Array) -> Array:
    """Successes in any whole number of trials; infinitely many of infinitely many."""
    drawn = rng.binomial(np.minimum(trials, _MANY).astype(np.int64), chance).astype(np.float64)
    many = trials > _MANY
    if many.any():
        n, p = trials[many], chance[many]
        mean = np.multiply(n, p, out=np.zeros(n.shape), where=p > 0.0)
        spread = np.sqrt(np.where(np.isinf(mean), 0.0, mean) * (1.0 - p))
        drawn[many] = np.clip(np.rint(mean + spread * rng.standard_normal(n.shape)), 0.0, n)
    return drawn


def _over(above: Array, below: Array) -> Array:
    """above / below, infinite where there is nothing below."""
    with np.errstate(over="ignore"):
        return np.divide(above, below, out=np.full(above.shape, np.inf), where=below > 0.0)
