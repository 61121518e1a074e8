"""Contractual models that count renewals: customers leave at whole periods."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit._numerics.grouping import Levels
from retainkit._numerics.log_sums import log_fallen
from retainkit._numerics.powers import zero_times
from retainkit.columns import keeps_labels
from retainkit.errors import InputError, first_offender
from retainkit.models.contractual.base import AbstractContractualModel, Time
from retainkit.models.contractual.questions import positive_times, times, whole_periods
from retainkit.protocols import DataOf
from retainkit.summaries import Renewals
from retainkit.typing import Array, Real


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractDiscreteModel(AbstractContractualModel):
    """A model of the number of periods that customers stay: 1 for those who never renew."""

    @abstractmethod
    def _log_mass_and_score(self, t: Array) -> tuple[Array, Array]:
        """ln P(leaves at the end of period t) for whole t ≥ 1, and its gradient."""

    def _log_mass(self, t: Array) -> Array:
        return self._log_lost(t - 1.0, np.ones_like(t))

    def _log_lost(self, start: Array, more: Array) -> Array:
        """ln [S(start) − S(start + more)]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            # relative to those at the start: a difference of two tiny survivals would be 0
            return self._log_survival(start) + log_fallen(-self._log_share(start, more))

    def log_likelihood_and_score(self, data: DataOf[Renewals]) -> tuple[Array, Array]:
        data = self._rows(data)
        by_end, by_entry = self._tenures(data)
        left = data.event > 0.0
        stayed, d_stayed = self._log_survival_and_score(by_end.values)
        # a customer still in the first period has tenure 0: the mass is not used there, but must exist
        gone, d_gone = self._log_mass_and_score(np.maximum(by_end.values, 1.0))
        value = np.where(left, by_end.expand(gone), by_end.expand(stayed))
        score = np.where(left, by_end.expand(d_gone), by_end.expand(d_stayed))
        if data.lower is not None:
            value, score = self._within_bounds(data, data.lower, value, score)
        if np.any(by_entry.values):  # late entry: all is given that the customer was there by then
            known, d_known = self._log_survival_and_score(by_entry.values)
            value, score = value - by_entry.expand(known), score - by_entry.expand(d_known)
        return value, score

    def log_likelihood(self, data: DataOf[Renewals]) -> Array:
        data = self._rows(data)
        by_end, by_entry = self._tenures(data)
        gone, stayed = self._log_mass(np.maximum(by_end.values, 1.0)), self._log_survival(by_end.values)
        value = np.where(data.event > 0.0, by_end.expand(gone), by_end.expand(stayed))
        if data.lower is not None:
            several, begin, more = self._several(data, data.lower)
            value = np.where(several, self._log_lost(begin, more), value)
        if np.any(by_entry.values):
            value = value - by_entry.expand(self._log_survival(by_entry.values))
        return value

    def _tenures(self, data: Renewals) -> tuple[Levels, Levels]:
        """The tenures at the end and at entry, which must be whole."""
        by_end, by_entry = data.levels("duration"), data.levels("entry")
        whole_periods("duration", by_end.values, type(self).__name__)
        whole_periods("entry", by_entry.values, type(self).__name__)
        return by_end, by_entry

    def _several(self, data: Renewals, lower: Array) -> tuple[NDArray[np.bool_], Array, Array]:
        """Who left in one of several periods; begin and length of their stretches, any for others."""
        whole_periods("lower", lower, type(self).__name__)
        width = data.duration - lower
        several = (data.event > 0.0) & (width > 1.0)
        return several, np.where(several, lower, 0.0), np.where(several, width, 1.0)

    def _within_bounds(self, data: Renewals, lower: Array, value: Array, score: Array) -> tuple[Array, Array]:
        """The same, with ln [S(lower) − S(t)] of those who left in one of several periods."""
        several, begin, more = self._several(data, lower)
        _, d_before = self._log_survival_and_score(begin)
        _, d_stayed = self._log_survival_and_score(begin + more)
        gone, share = self._log_lost(begin, more), self._log_share(begin, more)
        with np.errstate(divide="ignore", invalid="ignore"):
            d_gone = (d_before - zero_times(np.exp(share), d_stayed)) / -np.expm1(share)
        return np.where(several, gone, value), np.where(several, d_gone, score)

    @keeps_labels
    def expected_lifetime(self, *, horizon: Time = math.inf, given: Time = 0.0) -> Real:
        """Expected number of payments, one at the start of each period that a customer begins: Σ S(k).

        The first payment counts, so that nobody has less than 1. Without a horizon it is often infinite:
        wherever some customers hardly ever leave, as in a shifted beta-geometric with alpha ≤ 1.

        Parameters
        ----------
        horizon : whole number of periods or Duration, optional
            Count the payments of this many periods, the running one included.
        given : tenure reached already
            The payments from that tenure on, the one due there included.
        """
        return self._worth(0.0, given, horizon, from_next=False)

    def _hazard(self, t: Array) -> Array:
        return -np.expm1(self._log_share(t - 1.0, np.ones_like(t)))

    def _positive(self, argument: str, t: Time, *, at_least: float = 1.0) -> Array:
        return positive_times(argument, self._times(argument, t), max(at_least, 1.0))

    def _times(self, argument: str, t: Time) -> Array:
        given = times(argument, t, self.unit)
        if argument == "t":  # survival is asked at any time, tenure and entry only at renewals
            return np.floor(given)  # between renewals nobody leaves
        if np.any(np.isinf(given)) and argument != "horizon":
            rule = "must be finite: nobody has been there for ever"
            way_out = "Leave it out for a new customer."
            raise InputError("not-finite", argument, first_offender(given, np.isinf(given)), rule, way_out)
        return whole_periods(argument, given, type(self).__name__)

    def _seen(self, duration: Array, left: NDArray[np.bool_], entry: Array) -> Renewals:
        return Renewals(duration=duration, event=left, entry=entry, whole_periods=True, unit=self.unit)


def whole_lifetimes(rng: np.random.Generator, force: Real, power: Real, entry: Array) -> Array:
    """Periods begun by customers with ln S(t) = −force·t^power each, of those still there at `entry`."""
    with np.errstate(divide="ignore", over="ignore"):
        used = entry**power + rng.exponential(size=entry.shape) / np.asarray(force)
        left = np.floor(used ** (1.0 / np.asarray(power))) + 1.0
    return np.maximum(left, entry + 1.0)  # rounding must not let anyone leave before coming
