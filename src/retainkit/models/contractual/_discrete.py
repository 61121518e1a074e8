"""Contractual models that count renewals: customers leave at whole periods."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    def log_likelihood_and_score(self, data: DataOf[Renewals]) -> tuple[Array, Array]:
        data = self._rows(data)
        by_end, by_entry = data.levels("duration"), data.levels("entry")
        whole_periods("duration", by_end.values, type(self).__name__)
        whole_periods("entry", by_entry.values, type(self).__name__)
        left = data.event > 0.0
        stayed, d_stayed = self._log_survival_and_score(by_end.values)
        # a customer still in the first period has tenure 0: the mass is not used there, but must exist
        gone, d_gone = self._log_mass_and_score(np.maximum(by_end.values, 1.0))
        value = np.where(left, by_end.expand(gone), by_end.expand(stayed))
        score = np.where(left, by_end.expand(d_gone), by_end.expand(d_stayed))
        if np.any(by_entry.values):  # late entry: all is given that the customer was there by then
            known, d_known = self._log_survival_and_score(by_entry.values)
            value, score = value - by_entry.expand(known), score - by_entry.expand(d_known)
        return value, score

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
