"""Contractual models of continuous time: customers may leave at any moment."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.gauss_legendre import in_blocks
from retainkit._numerics.grouping import levels
from retainkit._numerics.powers import zero_times
from retainkit._numerics.trapezoid_means import mean_excess
from retainkit.columns import keeps_labels
from retainkit.domains import NOT_NEGATIVE, PROBABILITY
from retainkit.models.contractual.base import AbstractContractualModel, Time
from retainkit.models.contractual.questions import plain, positive_times, times
from retainkit.protocols import DataOf
from retainkit.summaries import Renewals
from retainkit.typing import Array, NumberLike, Real

_EARLY = 1e-290  # below it a difference of survivals is no number with digits
_NEAR = 1e-6  # of a tenure: where a density and a difference of survivals have gradients with as many digits

Mask: TypeAlias = NDArray[np.bool_]
Scored: TypeAlias = Callable[..., tuple[Array, Array]]
"""A part of a log-likelihood and its gradient, parameters on axis 0."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What likelihoods of continuous time are made of, with their gradients or with gradients of no rows."""

    survival: Scored
    early: Scored
    ending: Scored


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractContinuousModel(AbstractContractualModel):
    """A model of the exact tenure at which customers leave.

    Tenures counted in whole periods are taken for what they are: somebody who left in period 3 left
    somewhere between 2 and 3. So are those known between two bounds only.
    """

    continuous: ClassVar[bool] = True

    # -- what a model supplies, besides ln S(t) and its tail -----------------------------------------

    @abstractmethod
    def _log_hazard(self, t: Array) -> Array:
        """ln h(t) for t > 0."""

    @abstractmethod
    def _log_hazard_and_score(self, t: Array) -> tuple[Array, Array]:
        """ln h(t) for t > 0, the rate at which those still there leave, and its gradient."""

    @abstractmethod
    def _log_early_and_score(self, t: Array) -> tuple[Array, Array]:
        """ln (1 − S(t)) and its gradient for times so early that S(t) is 1 in floats; −inf at t = 0."""

    @abstractmethod
    def _log_share(self, start: Array, more: Array) -> Array:
        """ln S(start + more)/S(start), to all digits however far out `start` is."""

    @abstractmethod
    def _log_wait(self, start: Array, fall: Array) -> Array:
        """The inverse: ln of the time after `start` in which ln S falls by `fall` > 0."""

    # -- likelihood --------------------------------------------------------------------------------

    def log_likelihood_and_score(self, data: DataOf[Renewals]) -> tuple[Array, Array]:
        return self._likelihood(data, self._with_scores())

    def log_likelihood(self, data: DataOf[Renewals]) -> Array:
        return self._likelihood(data, self._without_scores())[0]

    def _log_mass(self, t: Array) -> Array:
        return _log_interval(self._log_share, self._without_scores(), t - 1.0, t, np.ones_like(t, np.bool_))[
            0
        ]

    def _likelihood(self, data: DataOf[Renewals], parts: Parts) -> tuple[Array, Array]:
        data = self._rows(data)
        left = data.event > 0.0
        with np.errstate(over="ignore"):  # a survival of e^-inf is one of 0
            # tenures in whole months are intervals; read as moments they would bias every shape
            lower = data.duration - 1.0 if data.whole_periods else data.lower
            value, score = self._from_start(parts, lower, data.duration, left)
            if np.any(data.entry):  # late entry: all is given that the customer was there by then
                known, d_known = parts.survival(data.entry)
                value, score = value - known, score - d_known
        return value, score

    def _from_start(self, parts: Parts, lower: Array | None, t: Array, left: Mask) -> tuple[Array, Array]:
        """How customers ended, and 0 for those of whom nothing was seen: at a tenure of 0 all are there."""
        begun = t > 0.0
        some = t if np.all(begun) else np.where(begun, t, 1.0)  # any time will do, its value is not used
        if lower is None:
            value, score = parts.ending(some, left)
        else:
            value, score = _log_interval(self._log_share, parts, lower, some, left)
        if some is t:
            return value, score
        return np.where(begun, value, 0.0), np.where(begun, score, 0.0)

    def _with_scores(self) -> Parts:
        scored = (self._log_survival_and_score, self._log_early_and_score, self._log_ending_and_score)
        return Parts(*scored)

    def _without_scores(self) -> Parts:
        """The same functions whose gradients have no rows, so that none is computed."""

        # tenures so early are rare: a function of its own for each model would hardly ever be called
        def early(t: Array) -> Array:
            return self._log_early_and_score(t)[0]

        return Parts(*(_alone(f) for f in (self._log_survival, early, self._log_ending)))

    def _log_ending(self, t: Array, left: Mask) -> Array:
        """ln f(t) of those who left at t > 0 and ln S(t) of the others."""
        return self._log_survival(t) + np.where(left, self._log_hazard(t), 0.0)

    def _log_ending_and_score(self, t: Array, left: Mask) -> tuple[Array, Array]:
        """The same, and its gradient."""
        stayed, d_stayed = self._log_survival_and_score(t)
        leaving, d_leaving = self._log_hazard_and_score(t)
        return stayed + np.where(left, leaving, 0.0), d_stayed + np.where(left, d_leaving, 0.0)

    # -- questions that only continuous time has an answer to ----------------------------------------

    @keeps_labels
    def density(self, t: Time) -> Real:
        """Share of customers that leaves per unit of time at tenure `t` > 0, of all that began."""
        time = self._positive("t", t)
        with np.errstate(over="ignore"):
            return plain(np.exp(self._log_hazard(time) + self._log_survival(time)))

    @keeps_labels
    def cumulative_hazard(self, t: Time) -> Real:
        """The hazard added up until tenure `t`: −ln S(t), which stays a number where S(t) is 0 in floats."""
        return plain(-self._log_survival(self._times("t", t)))

    @keeps_labels
    def quantile(self, share: NumberLike, *, given: Time = 0.0) -> Real:
        """The tenure by which a `share` of the customers has left: half of them at ``quantile(0.5)``.

        Since the start, in the model's unit; ``inf`` for a share of 1.

        Parameters
        ----------
        share : between 0 and 1; any shape
        given : tenure known to have been reached, broadcast against `share`
            The share is then of those who were there at that tenure.
        """
        p = np.asarray(PROBABILITY.check("share", share))
        start = self._times("given", given)
        with np.errstate(divide="ignore"):  # nobody leaves at once, and the last one never does
            return plain(start + np.exp(self._log_wait(start, -np.log1p(-p))))

    def median(self, *, given: Time = 0.0) -> Real:
        """The tenure by which half of the customers have left: how long a typical one stays."""
        return self.quantile(0.5, given=given)

    @keeps_labels
    def expected_lifetime(self, *, horizon: Time = math.inf, given: Time = 0.0) -> Real:
        """Expected time still to be stayed within the horizon: ∫ S(given + u)/S(given) du.

        From the start and without a horizon it is the mean lifetime; with `given` the mean residual lifetime;
        with a horizon the restricted mean, which needs no assumption beyond that time. In the model's unit;
        ``inf`` where the tail of S(t) is t^-1 or heavier and there is no horizon.

        Parameters
        ----------
        horizon : time in the model's unit or Duration, optional
            Only time up to so much later counts.
        given : tenure reached already, broadcast against `horizon`
        """
        start, span = self._times("given", given), self._times("horizon", horizon)
        values = list(self.parameters.values())

        def mean(start: Array) -> Array:
            return in_blocks(self._mean_within, 1, start, span, self._tail(), *values)[0]

        # only without draws: then equal tenures are equal questions
        if start.ndim == 1 and span.ndim == 0 and all(np.ndim(v) == 0 for v in values):
            return levels(start).map(mean)  # a million customers have some thousand tenures
        return plain(mean(start))

    # -- how it is done ----------------------------------------------------------------------------

    def _mean_within(self, start: Array, span: Array, tail: Array, *parameters: Array) -> Array:
        """∫ S(start + u)/S(start) du over u from 0 to `span`, entry by entry."""
        each = self.family.of(parameters)
        with np.errstate(over="ignore", invalid="ignore"):
            fall = -each._log_share(start, span)
            waited = mean_excess(lambda w: each._log_wait(start, w), fall, 1.0 - 1.0 / tail)
            stayed = np.where(np.isinf(span), 0.0, span * np.exp(-fall))
        # a survival that falls like 1/t or slower has no mean
        endless = np.isinf(span) & (tail <= 1.0)
        return np.where(endless, np.inf, waited + stayed)

    def _hazard(self, t: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.exp(self._log_hazard(t))

    def _times(self, argument: str, t: Time) -> Array:
        given = times(argument, t, self.unit)
        if argument in {"given", "tenure", "entry"}:
            NOT_NEGATIVE.check(argument, given, "Nobody has been there for ever.")
        return given

    def _positive(self, argument: str, t: Time, *, at_least: float = 0.0) -> Array:
        given = self._times(argument, t)
        NOT_NEGATIVE.check(argument, given, "Ask about a time that comes.")
        return positive_times(argument, given, at_least)

    def _lifetimes(self, rng: np.random.Generator, entry: Array) -> Array:
        wait = np.exp(self._log_wait(entry, rng.exponential(size=entry.shape)))
        # who was there has left later than that, however short the wait
        return np.maximum(entry + wait, np.nextafter(entry, np.inf))

    def _seen(self, duration: Array, left: NDArray[np.bool_], entry: Array) -> Renewals:
        return Renewals(duration=duration, event=left, entry=entry, whole_periods=False, unit=self.unit)


def _alone(function: Callable[..., Array]) -> Scored:
    def told(*given: Any) -> tuple[Array, Array]:
        value = function(*given)
        return value, np.empty((0, *value.shape))

    return told


def _log_interval(
    log_share: Callable[[Array, Array], Array], parts: Parts, lower: Array, t: Array, left: Mask
) -> tuple[Array, Array]:
    """ln [S(lower) − S(t)] of those who left in (lower, t], ln f(t) at lower = t; ln S(t) of others."""
    begin = np.where(left, lower, 0.0)
    width = t - begin
    moment, near = width == 0.0, width < _NEAR * t
    if np.any(moment):  # any stretch will do, its value is not used
        begin, width = np.where(moment, 0.0, begin), np.where(moment, t, width)
    stayed, d_stayed = parts.survival(t)
    before, d_before = parts.survival(begin)
    share = log_share(begin, width)
    kept, lost = np.exp(share), -np.expm1(share)  # of those there at the lower bound
    early = lost < _EARLY
    lost = np.where(early, 1.0, lost)
    # relative to those at the lower bound: a difference of two tiny survivals would be 0
    gone = before + np.where(kept < 0.5, np.log1p(-np.minimum(kept, 0.5)), np.log(lost))
    d_gone = (d_before - zero_times(kept, d_stayed)) / lost
    if np.any(early & left):
        first, d_first = _log_early_interval(parts, begin, t)
        gone, d_gone = np.where(early, first, gone), np.where(early, d_first, d_gone)
    if np.any(near):
        # so short a stretch has the gradient of the density in its middle: a difference has no digits
        dense, d_dense = parts.ending(np.where(near, t - 0.5 * width * ~moment, t), near)
        gone, d_gone = np.where(moment, dense, gone), np.where(near, d_dense, d_gone)
    return np.where(left, gone, stayed), np.where(left, d_gone, d_stayed)


def _log_early_interval(parts: Parts, begin: Array, t: Array) -> tuple[Array, Array]:
    """ln [F(t) − F(begin)] and its gradient, by F = 1 − S where S is 1 in floats."""
    after, d_after = parts.early(t)
    before, d_before = parts.early(begin)
    share = np.exp(before - after)
    return after + np.log1p(-share), (d_after - zero_times(share, d_before)) / (1.0 - share)
