"""Contractual models of continuous time: customers may leave at any moment."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retainkit.models.contractual._base import AbstractContractualModel
from retainkit.models.contractual._questions import check_data
from retainkit.summaries import Renewals
from retainkit.typing import Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AbstractContinuousModel(AbstractContractualModel):
    """A model of the exact tenure at which customers leave.

    Tenures counted in whole periods are taken for what they are: somebody who left in period 3 left
    somewhere between 2 and 3.
    """

    @abstractmethod
    def _log_density_and_score(self, t: Array) -> tuple[Array, Array]:
        """ln f(t) for t > 0, and its gradient with the parameters on axis 0."""

    def log_likelihood_and_score(self, data: Renewals) -> tuple[Array, Array]:
        check_data(data, type(self).__name__)
        by_end, by_entry = data.levels("duration"), data.levels("entry")
        left = data.event > 0.0
        stayed, d_stayed = self._log_survival_and_score(by_end.values)
        if data.whole_periods:
            gone, d_gone = self._log_interval_and_score(by_end.values, stayed, d_stayed)
        else:
            # a level 0 is nobody's time of leaving; any other time stands in for it
            gone, d_gone = self._log_density_and_score(np.where(by_end.values > 0.0, by_end.values, 1.0))
        value = np.where(left, by_end.spread(gone), by_end.spread(stayed))
        score = np.where(left, by_end.spread(d_gone), by_end.spread(d_stayed))
        if np.any(by_entry.values):  # late entry: all is given that the customer was there by then
            known, d_known = self._log_survival_and_score(by_entry.values)
            value, score = value - by_entry.spread(known), score - by_entry.spread(d_known)
        return value, score

    def _log_interval_and_score(self, t: Array, after: Array, d_after: Array) -> tuple[Array, Array]:
        """ln [S(t − 1) − S(t)] and its gradient, from ln S(t) and its gradient."""
        start = np.maximum(t - 1.0, 0.0)
        before, d_before = self._log_survival_and_score(start)
        fall = np.where(t > 0.0, before - after, 1.0)
        lost = -np.expm1(-fall)  # of those there before
        return before + np.log(lost), (d_before - np.exp(-fall) * d_after) / lost

    def _hazard(self, t: Array) -> Array:
        return np.exp(self._log_density_and_score(t)[0] - self._log_survival(t))

    def _seen(self, duration: Array, left: NDArray[np.bool_], entry: Array) -> Renewals:
        return Renewals(duration=duration, event=left, entry=entry, unit=self.unit)
