"""What the verdicts on tests rest on: one kind of inputs for each kind of outcome.

The unknown of each arm is held as draws from its posterior, so that the verdict and the values at which it
turns speak of the same quantity, the mean gain over the posterior. Only the test of who left needs no draws.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from retainkit._numerics.samples.beta_difference import Beta, BetaDifference
from retainkit.decisions._base.draws import interval, probability_positive
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, REAL
from retainkit.typing import NumberLike, Real

RevenuePosterior: TypeAlias = Literal["bootstrap", "normal"]
"""How the mean outcome of an arm is taken to vary."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TestedInputs(Inputs):
    """What the verdict on a test rests on; the unknown of each arm is held as draws from its posterior."""

    cost_per_customer: Real = assumed(NOT_NEGATIVE, "of treating a customer")

    @abstractmethod
    def lift(self) -> NumberLike:
        """What a treated customer brings more than one left alone, before the cost."""

    def gain(self) -> NumberLike:
        """The same, after the cost."""
        return self.lift() - self.cost_per_customer

    def probability_of_gain(self) -> float:
        """That the gain is above 0."""
        return probability_positive(self.gain())

    def interval(self, level: float) -> tuple[float, float]:
        """Holds the gain with probability `level`."""
        return interval(self.gain(), level)


@dataclass(frozen=True, eq=False, kw_only=True)
class MeansInputs(TestedInputs):
    """A test judged by what a customer of each arm brings."""

    control: Real = assumed(REAL, "a customer left alone brings")
    treated: Real = assumed(REAL, "a treated customer brings")
    cost_per_customer: Real = assumed(REAL, "of treating a customer")

    def lift(self) -> NumberLike:
        """What a treated customer brings more than one left alone."""
        return self.treated - self.control


@dataclass(frozen=True, eq=False, kw_only=True)
class RevenueTestInputs(MeansInputs):
    """What the verdict on a test of revenue rests on; both means are draws from their posteriors."""

    control: Real = assumed(REAL, "mean margin of a customer left alone")
    treated: Real = assumed(REAL, "mean margin of a treated customer")
    cost_per_customer: Real = assumed(NOT_NEGATIVE, "of treating a customer")
    posterior: RevenuePosterior = setting()


@dataclass(frozen=True, eq=False, kw_only=True)
class LifetimeTestInputs(TestedInputs):
    """What the verdict on a test of lifetimes rests on; both rates are draws from their posteriors."""

    churn_control: Real = assumed(POSITIVE, "rate of leaving per period, untreated")
    churn_treated: Real = assumed(POSITIVE, "rate of leaving per period, treated")
    margin_per_period: Real = assumed(REAL, "of a customer who is there")
    discount_rate: Real = assumed(POSITIVE, "per period", rate="growth")

    def lift(self) -> NumberLike:
        """m/(λ₁ + δ) − m/(λ₀ + δ): a margin that flows until the customer leaves, discounted."""
        # the value of a customer at a constant rate of leaving, paid all the time
        m, force = self.margin_per_period, np.log1p(self.discount_rate)
        return m / (self.churn_treated + force) - m / (self.churn_control + force)


@dataclass(frozen=True, eq=False, kw_only=True)
class RetentionTestInputs(TestedInputs):
    """What the verdict on a test of who left rests on.

    The gain is linear in both shares: with numbers their means give its mean, and nothing has to be drawn.
    """

    churn_control: Real = assumed(PROBABILITY, "share that left untreated")
    churn_treated: Real = assumed(PROBABILITY, "share that left treated")
    value: Real = assumed(POSITIVE, "margin still to come from a customer who stays")
    incentive: Real = assumed(NOT_NEGATIVE, "collected by everyone treated who stays")
    left: tuple[Beta, Beta] = setting()

    def lift(self) -> NumberLike:
        """What treatment saves, before its costs."""
        return (self.churn_control - self.churn_treated) * self.value

    def gain(self) -> NumberLike:
        """(p₀ − p₁)·V − f − δ·(1 − p₁)."""
        # the incentive is paid to those treated who stay, so that better treatment also costs more of it
        return self.lift() - (self.cost_per_customer + self.incentive * (1.0 - self.churn_treated))

    def net(self) -> BetaDifference:
        """The gain as A·p₀ − B·p₁ − C of the two beta variables, where the rest are numbers."""
        V, f, delta = (float(v) for v in (self.value, self.cost_per_customer, self.incentive))
        # V·p₀ − (V − δ)·p₁ − (f + δ), multiplied out
        return BetaDifference(*self.left, V, V - delta, f + delta)

    def probability_of_gain(self) -> float:
        """That the gain is above 0, integrated where nothing is drawn."""
        return super().probability_of_gain() if np.ndim(self.churn_control) else self.net().above(0.0)

    def interval(self, level: float) -> tuple[float, float]:
        """Holds the gain with probability `level`."""
        if np.ndim(self.churn_control):
            return super().interval(level)
        return self.net().quantile(0.5 - level / 2.0), self.net().quantile(0.5 + level / 2.0)
