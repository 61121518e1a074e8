"""What a test says about money: the posterior of the net gain, and what a wrong decision would cost.

The question after a test is not whether the effect is other than 0, but whether rolling out earns more
than it costs. The net gain per customer has a distribution; rolling out is right if its mean is above 0,
the chance that it is above 0 is P(gain), and what is lost on average by a wrong decision is the mean of
the wrong side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from retainkit.columns import numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import check_sources
from retainkit.decisions._base.rows import one_a_row
from retainkit.decisions.experiments.tested import (
    LifetimeTestInputs,
    MeansInputs,
    RetentionTestInputs,
    RevenueTestInputs,
)
from retainkit.domains import LEVEL, NOT_NEGATIVE
from retainkit.draws import Draws
from retainkit.errors import wrong_shape
from retainkit.plurals import counted
from retainkit.typing import Array, Number, NumberLike

TestInputs: TypeAlias = RevenueTestInputs | MeansInputs | LifetimeTestInputs | RetentionTestInputs
"""Of any test; a record is read back as the first of them whose fields it has."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ExperimentResult(Decision):
    """What is believed of the net gain after a test, per customer; made by `retention_test` and its like.

    Attributes
    ----------
    gain : float, money per customer
        Mean net gain of treating a customer over leaving him or her alone.
    sd : float, money per customer
    probability_lift : float
        That treated customers do better at all, costs aside.
    loss_if_rolled_out, loss_if_not : float, money per customer
        Expected loss by each decision, over the cases in which it is the wrong one.
    customers : float
        How many customers the decision is about.
    level : float
        Of the interval that is printed.
    """

    _derived = ("total_gain", "value_of_certainty")

    inputs: TestInputs
    gain: float
    sd: float
    probability_lift: float
    loss_if_rolled_out: float
    loss_if_not: float
    customers: float
    level: float

    @property
    def probability_of_gain(self) -> float:
        """That treated customers do better by more than the treatment costs."""
        return self.inputs.probability_of_gain()

    @property
    def total_gain(self) -> float:
        """Mean net gain of rolling out to all customers the decision is about."""
        return self.gain * self.customers

    @property
    def value_of_certainty(self) -> float:
        """EVPI, for all those customers: the expected loss of the better decision."""
        return min(self.loss_if_rolled_out, self.loss_if_not) * self.customers

    @property
    def draws(self) -> Draws | None:
        """Net gain per customer in each draw; None where it was integrated without drawing."""
        gain: Array = np.asarray(self.inputs.gain())
        return Draws.of(gain) if gain.ndim else None

    def interval(
        self, level: Number | None = None, *, include: Sequence[str] = ("parameters",)
    ) -> tuple[float, float]:
        """Holds the gain per customer with this probability, by default that of the test."""
        check_sources(include)
        return self.inputs.interval(self.level if level is None else LEVEL.check("level", level))

    def verdict(self) -> str:
        """Whether to roll out."""
        return "Roll out" if self.worth_it else "Do not roll out"

    def headline(self) -> str:
        """The gain, how sure it is, and what a wrong decision would cost."""
        low, high = self.interval()
        people = (
            ""
            if self.customers == 1.0
            else f", {self.total_gain:,.0f} for {counted(self.customers, 'customer', spec=',.0f')}"
        )
        return (
            f"net gain {self.gain:,.2f} per customer ({self.level:.0%} between {low:,.2f} and {high:,.2f})"
            f"{people}.\n"
            f"  P(better at all) {self.probability_lift:.3f}, P(gain) {self.probability_of_gain:.3f}\n"
            f"  expected loss per customer: {self.loss_if_rolled_out:,.2f} if rolled out, "
            f"{self.loss_if_not:,.2f} if not; certainty is worth {self.value_of_certainty:,.2f}"
        )


@one_a_row(besides=("control", "treated"))
def experiment_from_draws(
    control: NumberLike,
    *,
    treated: NumberLike,
    cost_per_customer: NumberLike,
    customers: Number = 1.0,
    level: Number = 0.9,
) -> ExperimentResult:
    """A test judged by draws of what a customer brings in each arm, wherever they come from.

    From fitted models, for example: the value of a customer under ``fit(model, control).draws(4000, seed=1)``
    and under ``fit(model, treated).draws(4000, seed=2)``. With one seed for both, the draws of the two arms
    would move together, and the gain would look far more certain than it is.

    Raises `InputError` for values outside their domain and draws of unequal number.

    Parameters
    ----------
    control, treated : Draws, or an array (draws,) or (draws, 1), money per customer
        Mean money of a customer left alone and of one treated, before the cost of treating; draws of the
        two arms are independent unless both come from the same rows of one posterior.
    cost_per_customer : number or Draws, money per treated customer
    customers, level
        As `retention_test`.

    Examples
    --------
    >>> import numpy as np
    >>> import retainkit as rk
    >>> rng = np.random.default_rng(1)
    >>> control, treated = (rk.Draws(rng.normal(mean, 2, 4000)) for mean in (100, 106))
    >>> result = experiment_from_draws(control, treated=treated, cost_per_customer=5)
    >>> 0.5 < result.probability_of_gain < 0.75 < result.probability_lift
    True
    """
    # a model gives its draws as a column (draws, 1), one customer wide
    drawn = {"control": control, "treated": treated, "cost_per_customer": cost_per_customer}
    return judged(MeansInputs.read({name: _drawn(_row(v)) for name, v in drawn.items()}), customers, level)


def _row(values: NumberLike) -> NumberLike:
    """Draws of a model have the shape (draws, 1)."""
    array: NumberLike = np.asarray(values)
    return Draws(array[:, 0]) if array.ndim == 2 and array.shape[1] == 1 else values


def _drawn(values: NumberLike) -> NumberLike:
    """What is draws by its name needs no `Draws` around it."""
    return values if np.ndim(values) != 1 or isinstance(values, Draws) else Draws(values)


def judged(x: TestInputs, customers: Number, level: Number) -> ExperimentResult:
    """The result from inputs that hold draws."""
    number, share = asked(customers, level)
    net, lift = np.asarray(x.gain()), np.asarray(x.lift())
    # one draw has no spread, a table of draws is no single question
    if net.ndim != 1 or net.size < 2:
        way_out = "Draw some thousands, for example fit.draws(4000, seed=1)."
        raise wrong_shape("draws", net, "must be a column of two or more draws", way_out)
    return ExperimentResult(
        inputs=x,
        gain=float(net.mean()),
        sd=float(net.std(ddof=1)),
        probability_lift=float(np.mean(lift > 0.0)),
        loss_if_rolled_out=float(np.maximum(-net, 0.0).mean()),
        loss_if_not=float(np.maximum(net, 0.0).mean()),
        customers=number,
        level=share,
    )


def asked(customers: Number, level: Number) -> tuple[float, float]:
    """How many customers a decision is about, and the level of its interval, checked."""
    number, share = numbers(customers=(customers, NOT_NEGATIVE), level=(level, LEVEL))
    return number, share
