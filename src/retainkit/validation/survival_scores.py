"""How well survival was foretold: the order in which customers leave, and the chances of being there.

Concordance is that of Harrell, F. E. et al. (1982), "Evaluating the Yield of Medical Tests", JAMA 247(18),
2543-2546, doi:10.1001/jama.1982.03320430047030: of two customers the one with the higher risk should leave
first. Pairs are counted for all of them in O(n log n), bit by bit of the rank of the risk.

The Brier score with weights for those who were not watched to the end is that of Graf, E. et al. (1999),
"Assessment and Comparison of Prognostic Classification Schemes for Survival Data", Statistics in Medicine
18(17-18), 2529-2545, doi:10.1002/(sici)1097-0258(19990915/30)18:17/18<2529::aid-sim274>3.0.co;2-5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import POSITIVE, PROBABILITY, REAL, as_numbers
from retainkit.errors import InputError, wrong_shape
from retainkit.models import KaplanMeier
from retainkit.plurals import counted
from retainkit.protocols import DataOf, data_of
from retainkit.records import Record, TableRecord
from retainkit.summaries import Renewals
from retainkit.typing import Array, NumberLike


@dataclass(frozen=True, slots=True, eq=False)
class Concordance(Record):
    """How often the customer with the higher risk left first, of all pairs in which one is seen to.

    Made by `concordance`.

    Attributes
    ----------
    c_index : float
        Pairs in the right order over all pairs, those of equal risk counted half: 1 always right, 0.5 as good
        as chance. NaN where no pair can be compared.
    concordant, discordant, tied : float
        Pairs in the right order, in the wrong one, and of equal risk; weights count as customers.
    """

    _derived = ("pairs",)

    c_index: float
    concordant: float
    discordant: float
    tied: float

    @property
    def pairs(self) -> float:
        """All pairs in which one customer is seen to leave while the other is there."""
        return self.concordant + self.discordant + self.tied

    def __str__(self) -> str:
        if math.isnan(self.c_index):
            return "Concordance: no pair of customers in which one is seen to leave before the other"
        return f"Concordance {self.c_index:.3f} over {self.pairs:,.0f} pairs of customers (chance: 0.500)"

    __repr__ = __str__


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BrierScore(TableRecord):
    """Mean squared difference between the chance of being there and what happened, at each tenure.

    Made by `brier_score`; lower is better, and always saying one half scores 0.25.

    Attributes
    ----------
    time : (k,)
        Tenures, in the unit of the data.
    score : (k,)
        Of the prediction.
    of_everyone : (k,)
        Of the plain guess that every customer has the chance of them all (Kaplan-Meier of the same data).
    """

    _derived = ("integrated", "skill")

    time: Array
    score: Array
    of_everyone: Array

    @property
    def integrated(self) -> float:
        """The mean of `score` over time, by trapezoids; the score itself of a single tenure."""
        return _mean_over(self.time, self.score)

    @property
    def skill(self) -> float:
        """By how much the prediction is closer than one chance for everyone: 1 is perfect, 0 no better."""
        plain = _mean_over(self.time, self.of_everyone)
        return 1.0 - self.integrated / plain if plain else math.nan

    def _row_columns(self) -> dict[str, Any]:
        return {"time": self.time, "score": self.score, "of_everyone": self.of_everyone}

    def _caption(self) -> str:
        return (
            f"Brier score, integrated {self.integrated:.4f}: {self.skill:+.1%} against one curve for everyone"
        )

    def _cells(self) -> list[list[str]]:
        rows = zip(self.time, self.score, self.of_everyone, strict=True)
        return [
            ["tenure", "score", "of everyone"],
            *([f"{t:,.6g}", f"{s:.4f}", f"{e:.4f}"] for t, s, e in rows),
        ]


def concordance(data: DataOf[Renewals], risk: NumberLike) -> Concordance:
    """Measure whether customers left in the order of their risk: Harrell's C-index.

    A pair counts where one customer is seen to leave and the other was still there then; who leaves at the
    tenure at which another was last seen, left before them. Of who entered late a pair counts only where they
    had entered before the other left. A million customers take about a second.

    Raises `InputError` for ends known within bounds only, and where `risk` does not have one number for each
    row.

    Parameters
    ----------
    data : Renewals, or the summary of a table of subscriptions
    risk : (n,)
        Higher where a customer should leave earlier: a chance of leaving, or minus an expected lifetime.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.validation import concordance
    >>> members = rk.Renewals(duration=[1.5, 2.5, 4.0, 6.0], event=[1, 1, 0, 1])
    >>> print(concordance(members, risk=[0.9, 0.4, 0.5, 0.1]))
    Concordance 0.800 over 5 pairs of customers (chance: 0.500)
    """
    renewals = data_of(data, Renewals)
    time, event, weight = _ended(renewals)
    score = as_numbers("risk", risk)
    if score.shape != time.shape:
        rule = f"must have one number for each of the {time.size:,} rows"
        raise wrong_shape("risk", score, rule, "Pass a column in the order of the rows.")
    REAL.check("risk", score)
    levels, place = np.unique(score, return_inverse=True)
    later = _not_yet_there(renewals, place)
    order = np.argsort(time, kind="stable")
    if np.any(np.diff(time[order]) == 0.0):
        # of one moment first those who leave, lowest risk first: no pair of them is then in the right order
        order = np.lexsort((place, ~event, time))
    time, event, place, weight = time[order], event[order], place[order], weight[order]
    leaving = np.where(event, weight, 0.0)
    concordant = _falling_pairs(place, event, weight)
    moment, other = np.diff(time, prepend=-1.0) > 0.0, np.diff(place, prepend=-1) != 0
    apart = float(np.sum((np.cumsum(leaving) - leaving) * weight)) - _pairs_in_runs(moment, leaving)
    alike = 0.0
    if levels.size < place.size:
        alike = _ordered_within(place, leaving, weight) - _pairs_in_runs(moment | other, leaving)
    concordant, apart, alike = concordant - later[0], apart - later[1], alike - later[2]
    known = concordant + 0.5 * alike
    return Concordance(
        known / apart if apart > 0.0 else math.nan, concordant, apart - concordant - alike, alike
    )


def brier_score(data: DataOf[Renewals], survival: NumberLike, times: NumberLike) -> BrierScore:
    """Measure how close the foretold chances of being there are to what happened, tenure by tenure.

    Customers who were not watched up to a tenure say nothing at it, and those watched count for them: each by
    one over the Kaplan-Meier chance of being watched that long, of those who left up to when they did.

    Raises `InputError` as `concordance`, and for late entries; for chances outside 0 to 1 or of other shape,
    and for times that do not rise or at which nobody is watched any more.

    Parameters
    ----------
    data : Renewals, or the summary of a table of subscriptions
    survival : (n, k), or (k,) for all
        Foretold chance of each customer of being there after each of the times.
    times : (k,) > 0, rising
        In the unit of the data.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.validation import brier_score
    >>> members = rk.Renewals(duration=[1.5, 2.5, 4.0, 6.0], event=[1, 1, 0, 1])
    >>> print(brier_score(members, [[0.4, 0.1], [0.6, 0.2], [0.9, 0.8], [0.9, 0.9]], times=[2.0, 3.0]))
    Brier score, integrated 0.0550: +74.9% against one curve for everyone
    tenure   score  of everyone
         2  0.0850       0.1875
         3  0.0250       0.2500
    """
    time, event, weight = _watched(data_of(data, Renewals))
    when = np.atleast_1d(as_numbers("times", times))
    POSITIVE.check("times", when)
    if np.any(np.diff(when) <= 0.0):
        raise InputError("not-ascending", "times", when, "must rise", "For example [6, 12, 24].")
    if when[-1] > time.max(initial=0.0):
        rule = f"must not pass {time.max(initial=0.0):g}, up to which customers were watched"
        raise InputError("nobody-at-risk", "times", float(when[-1]), rule, "Leave later times out.")
    chance = as_numbers("survival", survival)
    if chance.shape not in ((when.size,), (time.size, when.size)):
        times_told, rows_told = counted(when.size, "column"), counted(time.size, "row")
        rule = f"must have {times_told}, one a time, and one row or {rows_told}, one a customer"
        raise wrong_shape("survival", chance, rule, "A model gives them: survival(times).")
    PROBABILITY.check("survival", chance)
    of_leaving, of_staying = (_watched_until(time, event, weight, t) for t in (time, when))
    everyone = KaplanMeier.estimate(Renewals(duration=time, event=event, weight=weight, whole_periods=False))
    guess = np.asarray(everyone.survival(when))

    def score(k: int, chance: Array) -> float:
        # last seen at a tenure is there at it
        gone = event & (time <= when[k])
        there = (time > when[k]) | (~event & (time == when[k]))
        lost = np.where(gone, chance**2 / np.where(gone, of_leaving, 1.0), 0.0)
        lost = np.where(there, (1.0 - chance) ** 2 / of_staying[k], lost)
        return float(np.sum(weight * lost) / np.sum(weight))

    own = np.broadcast_to(chance, (time.size, when.size))
    found = np.array([score(k, own[:, k]) for k in range(when.size)])
    plain = np.array([score(k, np.full(time.size, guess[k])) for k in range(when.size)])
    return BrierScore(when, found, plain)


def _watched(renewals: Renewals) -> tuple[Array, NDArray[np.bool_], Array]:
    """Tenure, whether it ended, and weight; who entered late, or ended within bounds, is refused."""
    if late := np.count_nonzero(renewals.entry > 0.0):
        rule = "must be watched from the start here: the order in which customers leave is that of tenures"
        way_out = "Count tenure from when watching began, or leave late entries out."
        raise InputError("not-supported", "data", f"{late:,} late entries", rule, way_out)
    return _ended(renewals)


def _ended(renewals: Renewals) -> tuple[Array, NDArray[np.bool_], Array]:
    """Tenure, whether it ended, and weight; who ended within bounds is refused."""
    if renewals.lower is not None and not np.array_equal(renewals.lower, renewals.duration):
        rule = "must say when customers left, not only in what stretch"
        raise InputError("not-supported", "data", "bounds in lower", rule, "Give the tenure at the end.")
    return renewals.duration, renewals.event > 0.0, renewals.weight


def _not_yet_there(renewals: Renewals, place: NDArray[np.intp]) -> tuple[float, float, float]:
    """Of pairs of one who leaves and one who enters then or later: in the right order, all, of equal risk."""
    if not np.any(renewals.entry > 0.0):
        return 0.0, 0.0, 0.0
    gone = renewals.event > 0.0
    n, leave = int(gone.sum()), np.flatnonzero(gone)
    # leaving and entering in order of tenure, of one moment who leaves first
    moment = np.concatenate([renewals.duration[leave], renewals.entry])
    order = np.argsort(moment, kind="stable")
    leaves = order < n
    rank = np.concatenate([place[leave], place])[order]
    weight = np.concatenate([renewals.weight[leave], renewals.weight])[order]
    left, entered = np.where(leaves, weight, 0.0), np.where(leaves, 0.0, weight)
    # of all that follow those who leave, too, have been counted: they are taken away
    among = _falling_pairs(rank[leaves], np.ones(n, np.bool_), weight[leaves])
    right = _falling_pairs(rank, leaves, weight) - among
    return right, float(np.cumsum(left) @ entered), _ordered_within(rank, left, entered)


def _pairs_in_runs(begins: NDArray[np.bool_], weight: Array) -> float:
    """Σ w_i · w_j over pairs of one run, each pair once."""
    if begins.all():
        return 0.0
    total = np.add.reduceat(weight, np.flatnonzero(begins))
    return float(np.sum(total**2) - np.sum(weight**2)) / 2.0


def _ordered_within(group: NDArray[np.intp], first: Array, second: Array) -> float:
    """Σ first_i · second_j over i before j of one group."""
    order = np.argsort(group, kind="stable")
    of, a, b = group[order], first[order], second[order]
    begins = np.flatnonzero(np.diff(of, prepend=-1))
    before = np.cumsum(a) - a
    return float(np.sum(before * b) - np.sum(before[begins] * np.add.reduceat(b, begins)))


def _falling_pairs(rank: NDArray[np.intp], first: NDArray[np.bool_], weight: Array) -> float:
    """Σ w_i · w_j over i before j with rank_i above rank_j and i among the `first`.

    Such ranks differ first in one bit, which i has set. For each bit, highest first, pairs are counted among
    those whose higher bits are equal; zeros before ones, otherwise in their order, they stand side by side.
    """
    total = 0.0
    w: Array | None = None if np.all(weight == 1.0) else weight
    key = (rank << 1 | first).astype(np.int64 if rank.size >> 30 else np.int32)
    for bit in range(int(key.max(initial=0)).bit_length() - 1, 0, -1):
        has = (key >> bit & 1).astype(np.bool_)
        above = (key & has).astype(np.int64) if w is None else np.where(key & has, w, 0.0)
        below = ~has
        before, begins = np.cumsum(above), np.flatnonzero(np.diff(key >> (bit + 1), prepend=-1))
        other = below if w is None else np.where(below, w, 0.0)
        at_begin = (before - above)[begins] @ np.add.reduceat(other, begins, dtype=before.dtype)
        total += float((before[below].sum() if w is None else before @ other) - at_begin)
        key = np.concatenate([key[below], key[has]])
        w = None if w is None else np.concatenate([w[below], w[has]])
    return total


def _watched_until(time: Array, event: NDArray[np.bool_], weight: Array, t: Array) -> Array:
    """Kaplan-Meier chance of being watched up to `t`, its own moment included; who left is not lost."""
    ends, place = np.unique(time, return_inverse=True)
    lost = np.bincount(place, weights=np.where(event, 0.0, weight))
    left = np.bincount(place, weights=np.where(event, weight, 0.0))
    # who leaves at a tenure is no more at risk of being lost at it
    at_risk = np.cumsum((lost + left)[::-1])[::-1] - left
    kept = 1.0 - np.divide(lost, at_risk, out=np.zeros_like(lost), where=at_risk > 0.0)
    return np.append(1.0, np.cumprod(kept))[np.searchsorted(ends, t)]


def _mean_over(time: Array, score: Array) -> float:
    if time.size == 1:
        return float(score[0])
    return float(np.trapezoid(score, time) / (time[-1] - time[0]))
