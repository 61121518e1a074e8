"""Months to come, many times over: cells of plan and age that lose, expand, pause, return and fill up.

What a month does to everyone is drawn from the months that were, all of one month together, so that a bad
month is bad in all; which months count at all is drawn first for each path, so that their mean is uncertain,
too. Who of a cell leaves is drawn by the number of customers in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Codes
from retainkit.typing import Array
from retainkit.valuation.recurring.history import History, ratio

MOVED = ("end", "churn", "expansion", "contraction", "returns")

_RECENT = 36  # months that tell of those to come
_LEAST_MONTHS = 6
_SMALL = 0.1  # of the customers of now: months with fewer tell of another business


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What months did to customers: rates by plan, and how each month differed, (months,)."""

    hazard: Array
    """(draws, plans, ages) chance to leave in the month after that age."""
    shock: Array
    """What of it a month made, 1 on average; chance has been taken out."""
    expansion: Array
    contraction: Array
    pause: Array
    """(plans,) of the money of those who are there."""
    weight: Array
    """(months,) money in each: months of few customers tell little of those of many."""
    more: Array
    less: Array
    halt: Array
    """(months,) how much more or less of it a month had."""
    resume: float
    """Of the money of pauses a month brings back."""
    move: Array
    """(plans, plans) of money and customers that go from plan to plan."""
    back: Array
    """(lags,) of the money lost that long ago that comes back."""
    size: Array

    @classmethod
    def of(cls, history: History, hazard: Array) -> Behaviour:
        """From the history of a base, and chances to leave of ages beyond it, too."""
        h = history
        recent = _recent(h)
        paying = h.paying[~h.raised].sum(axis=0)

        def rate(money: Array) -> Array:
            return ratio(money[~h.raised].sum(axis=0), paying)

        def factor(money: Array, rates: Array) -> Array:
            return ratio(money[recent].sum(axis=1), (h.paying * rates)[recent].sum(axis=1), 1.0)

        rates = rate(h.expanded), rate(h.contracted), rate(h.paused)
        return cls(
            hazard, _shocks(h, hazard.mean(axis=0))[recent], *rates,
            weight=h.paying[recent].sum(axis=1) + 1e-9,
            **{
                name: factor(money, usual)
                for name, money, usual in zip(
                    ("more", "less", "halt"), (h.expanded, h.contracted, h.paused), rates, strict=True
                )
            },
            resume=min(float(ratio(h.resumed.sum(), h.pausing.sum())), 1.0),
            move=ratio(h.moved, h.paying.sum(axis=0)[:, None]),
            back=np.minimum(ratio(h.returned, h.lost), 1.0),
            size=h.size,
        )  # fmt: skip


def _recent(h: History) -> NDArray[np.intp]:
    """The months that are like those to come: the last ones, with customers enough, at prices as they were.

    A new price for all is a decision, which is planned and not expected.
    """
    people = h.at_risk.sum(axis=(1, 2))
    months = np.arange(h.months)
    like = (people >= _SMALL * h.customers_now.sum()) & (months >= h.months - _RECENT) & ~h.raised
    return np.flatnonzero(like if like.sum() >= _LEAST_MONTHS else months >= h.months - _LEAST_MONTHS)


def _shocks(h: History, hazard: Array) -> Array:
    """By what factor more left in each month than their ages tell, less what chance alone would do."""
    ages = h.at_risk.shape[2]
    usual = (h.at_risk * hazard[:, :ages]).sum(axis=(1, 2))
    chance = (h.at_risk * hazard[:, :ages] * (1.0 - hazard[:, :ages])).sum(axis=(1, 2))
    # the variance of months is what is left of that of the counts when binomial chance is taken out
    off = h.left.sum(axis=(1, 2)) - usual
    variance = max(float(ratio((off**2 - chance).sum(), (usual**2).sum())), 0.0)
    kept = np.sqrt(ratio(variance, variance + ratio(chance, usual**2, 1.0)))
    return np.maximum(1.0 + kept * ratio(off, usual), 0.0)


def months_known(weight: Array, draws: int, rng: np.random.Generator) -> Codes:
    """(draws, months) the months of the past that count in each path, as often as they weigh."""
    past = weight.size
    return rng.choice(past, size=(draws, past), p=weight / weight.sum())


@dataclass(frozen=True, slots=True)
class Unlike:
    """How each month to come differs from the usual, (draws, months): factors on what happens in it."""

    shock: Array
    more: Array
    less: Array
    halt: Array

    @classmethod
    def drawn(cls, b: Behaviour, known: Codes, months: int, rng: np.random.Generator) -> Unlike:
        """Each month takes after one of those that count."""
        draws, past = known.shape
        like = np.take_along_axis(known, rng.integers(past, size=(draws, months)), axis=1)
        return cls(b.shock[like], b.more[like], b.less[like], b.halt[like])

    @classmethod
    def usual(cls, b: Behaviour, known: Codes, months: int) -> Unlike:
        """Each is the mean of those that count."""
        means = (f[known].mean(axis=1, keepdims=True) for f in (b.shock, b.more, b.less, b.halt))
        return cls(*(np.broadcast_to(mean, (len(known), months)) for mean in means))


@dataclass(frozen=True, slots=True)
class Change:
    """Factors of a month on everyone: what is paid, and the chance to leave; by plan."""

    paid: Array
    churn: Array


def simulate(
    b: Behaviour,
    unlike: Unlike,
    changes: Sequence[Change],
    start: tuple[Array, Array, Array, Array],
    arriving: tuple[Array, Array] | None,
    rng: np.random.Generator | None,
) -> dict[str, Array]:
    """(draws, months) of money at each month's end, and of what moved it.

    `start` is (plans, ages) customers and money, the money of pauses (plans,), and that of who has left
    (plans, lags); `arriving` the money and customers (draws, months, plans) of those who begin. Without
    random numbers as many leave and come back as is expected.
    """
    draws, months = unlike.shock.shape
    ages = b.hazard.shape[2]
    customers, money = (_repeated(part, draws, ages) for part in start[:2])
    waiting, gone = (np.repeat(part[None], draws, axis=0) for part in start[2:])
    found = {
        name: np.zeros((draws, months)) for name in ("end", "churn", "expansion", "contraction", "returns")
    }
    for month in range(months):
        shock, more, less, stop = (
            f[:, month, None] for f in (unlike.shock, unlike.more, unlike.less, unlike.halt)
        )
        change = changes[month]
        hazard = np.minimum(b.hazard * (shock * change.churn)[:, :, None], 1.0)
        lost, usual = _leave(customers, money, hazard, b.size, rng)
        waiting *= 1.0 - usual  # who pauses is among the customers of the cells, only the money is aside
        up = b.expansion * more
        # bounded, so that a month like none before does not take more than there is
        down = np.minimum(b.contraction * less, 0.9)
        halt = np.minimum(b.pause * stop, 0.9 - down)
        there = money.sum(axis=2)
        resumed = b.resume * waiting
        waiting += halt * there - resumed
        gain = up + ratio(resumed, there)
        kept = 1.0 + gain - down - halt
        # a new price moves the total, too: what it adds is expansion, what it takes contraction
        repriced = (change.paid - 1.0) * kept * there
        money *= (kept * change.paid)[:, :, None]
        waiting *= change.paid
        _move(b.move, customers, money)
        people, comes = _returning(gone, b.back, customers, money, rng)
        gone[:, :, 0] = lost
        _age(customers)
        _age(money)
        money[:, :, 0], customers[:, :, 0] = comes, people
        if arriving is not None:
            money[:, :, 0] += arriving[0][:, month]
            customers[:, :, 0] += arriving[1][:, month]
        found["end"][:, month] = money.sum(axis=(1, 2))
        found["churn"][:, month] = lost.sum(axis=1)
        found["expansion"][:, month] = (gain * there + np.maximum(repriced, 0.0)).sum(axis=1)
        found["contraction"][:, month] = ((down + halt) * there - np.minimum(repriced, 0.0)).sum(axis=1)
        found["returns"][:, month] = comes.sum(axis=1)
    return found


def _repeated(cells: Array, draws: int, ages: int) -> Array:
    """(plans, k) as (draws, plans, ages)."""
    whole = np.zeros((draws, cells.shape[0], ages))
    whole[:, :, : cells.shape[1]] = cells
    return whole


def _leave(
    customers: Array, money: Array, hazard: Array, size: Array, rng: np.random.Generator | None
) -> tuple[Array, Array]:
    """Take away who leaves; their money by plan, and the share of customers."""
    if rng is None:
        lost, left = money * hazard, customers * hazard
        share_left = ratio(left.sum(axis=2), customers.sum(axis=2))
        money -= lost
        customers -= left
        return lost.sum(axis=2), share_left
    # fractions of a customer, which moves between plans leave, are rounded up or down by chance
    whole = np.floor(customers + rng.random(customers.shape))
    left = rng.binomial(whole.astype(np.int64), hazard).astype(np.float64)
    share, mean = ratio(left, whole), ratio(money, whole)
    # which of them, by what they pay: sampling without replacement
    spread = mean * np.sqrt(size[:, None] * left * (1.0 - share))
    lost = np.clip(money * share + spread * rng.standard_normal(money.shape), 0.0, money)
    # money in pauses leaves as the customers of its plan do
    before = np.maximum(whole.sum(axis=2), 1.0)
    customers[:] = np.maximum(whole - left, 0.0)
    money -= lost
    return lost.sum(axis=2), left.sum(axis=2) / before


def _returning(
    gone: Array, back: Array, customers: Array, money: Array, rng: np.random.Generator | None
) -> tuple[Array, Array]:
    """Customers and money that come back, by plan; who does not is away for a month longer."""
    again = gone * back
    crowd, total = customers.sum(axis=(1, 2)), money.sum(axis=(1, 2))
    mean = ratio(total, crowd, 1.0)[:, None]
    # as many as come by chance, each with what is paid on average
    expected = ratio(again.sum(axis=2), mean)
    people = expected if rng is None else np.asarray(rng.poisson(expected), np.float64)
    comes = np.minimum(people * mean, gone.sum(axis=2))
    gone[:, :, 1:] = (gone - again)[:, :, :-1]
    return people, comes


def _age(cells: Array) -> None:
    """All are a month older; the last cell keeps those who are older than any hazard is known for."""
    cells[:, :, -1] += cells[:, :, -2]
    cells[:, :, 1:-1] = cells[:, :, :-2].copy()
    cells[:, :, 0] = 0.0


def _move(move: Array, customers: Array, money: Array) -> None:
    """Customers and money from plan to plan, at their age."""
    if move.any():
        leaving = move.sum(axis=1)
        customers += np.einsum("gh,sgk->shk", move, customers) - leaving[:, None] * customers
        money += np.einsum("gh,sgk->shk", move, money) - leaving[:, None] * money


@dataclass(frozen=True)
class Paths:
    """All that leads to the revenue of months to come, of which paths are drawn: from all sources, or some.

    The customers at hand, and those to come, are simulated apart: (existing, coming) everywhere.
    """

    behaviour: Behaviour
    known: Codes
    """(draws, months) of the past that count in each path: what is not known of how months are on average."""
    changes: Sequence[Change]
    start: tuple[Array, Array, Array, Array]
    arriving: tuple[Array, Array]
    seed: int = 0
    """Of the paths from some sources alone."""

    def drawn(self, rng: np.random.Generator) -> tuple[dict[str, Array], dict[str, Array]]:
        """From all sources."""
        unlike = Unlike.drawn(self.behaviour, self.known, len(self.changes), rng)
        return self._simulated(self.behaviour, unlike, self.arriving, rng)

    @cached_property
    def of_parameters(self) -> tuple[Array, Array]:
        """What is expected at each draw of the parameters: nobody leaves by chance, no month is unlike."""
        usual = Unlike.usual(self.behaviour, self.known, len(self.changes))
        money, people = (np.broadcast_to(part.mean(axis=0), part.shape) for part in self.arriving)
        found = self._simulated(self.behaviour, usual, (money, people), None)
        return found[0]["end"], found[1]["end"]

    @cached_property
    def of_customers(self) -> tuple[Array, Array]:
        """What customers and months do at the mean of the parameters."""
        b, rng = self.behaviour, np.random.default_rng(self.seed)
        settled = replace(b, hazard=b.hazard.mean(axis=0, keepdims=True))
        shape = len(self.known), len(self.changes)
        like = rng.choice(b.weight.size, size=shape, p=b.weight / b.weight.sum())
        unlike = Unlike(b.shock[like], b.more[like], b.less[like], b.halt[like])
        found = self._simulated(settled, unlike, self.arriving, rng)
        return found[0]["end"], found[1]["end"]

    def _simulated(
        self, b: Behaviour, unlike: Unlike, arriving: tuple[Array, Array], rng: np.random.Generator | None
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        nobody = tuple(np.zeros_like(part) for part in self.start)
        existing = simulate(b, unlike, self.changes, self.start, None, rng)
        empty = nobody[0], nobody[1], nobody[2], nobody[3]
        return existing, simulate(b, unlike, self.changes, empty, arriving, rng)
