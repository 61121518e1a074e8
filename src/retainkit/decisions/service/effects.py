"""What a change of service does to customers: the effects that decisions and plans share.

Each takes numbers or draws and checks nothing: whoever asks for the inputs has checked them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit.typing import Real


@dataclass(frozen=True, slots=True)
class ElasticEffect:
    """A percent more of a cause is `elasticity` percent more of the effect: (after/before)^elasticity.

    The cause is a response time, a turnover of staff, a stage of the service-profit chain.
    """

    before: Real
    after: Real
    elasticity: Real

    @property
    def log_change(self) -> Real:
        """ln(after/before), the change of the cause."""
        return np.log(np.divide(self.after, self.before))

    @property
    def factor(self) -> Real:
        """How many times as large the effect becomes; ``inf`` where no float holds it."""
        # numpy's power: Python's own raises OverflowError, and an absurd elasticity is only a very bad idea
        with np.errstate(over="ignore"):
            return np.power(np.divide(self.after, self.before), self.elasticity)


@dataclass(frozen=True, slots=True)
class RecoveryEffect:
    """A failure takes p − p₀ off the chance to stay; recovery brings a share back, and a paradox more."""

    stay_without_failure: Real
    stay_unrecovered: Real
    restored: Real
    # found in some studies and not in others: nothing unless the caller has evidence
    recovery_paradox: Real = 0.0

    @property
    def lost(self) -> Real:
        """p − p₀, what a failure takes."""
        return np.subtract(self.stay_without_failure, self.stay_unrecovered)

    @property
    def brought_back(self) -> Real:
        """By how much the chance to stay rises above p₀."""
        return self.restored * self.lost + self.recovery_paradox


@dataclass(frozen=True, slots=True)
class StaffEffect:
    """Places that have to be filled again: people·turnover leave in a period, at a cost each."""

    people: Real
    turnover: Real
    cost_per_leaver: Real

    @property
    def leavers(self) -> Real:
        """In a period."""
        # a place may be filled more than once: turnover may exceed 1
        return np.multiply(self.people, self.turnover)

    @property
    def cost(self) -> Real:
        """Of all leavers of a period."""
        return self.leavers * self.cost_per_leaver
