"""What a test says about money: the posterior of the net gain, and what a wrong decision would cost.

The question after a test is not whether the effect is other than 0, but whether rolling out earns more
than it costs. The net gain per customer has a distribution; rolling out is right if its mean is above 0,
the chance that it is above 0 is P(profit), and what is lost on average by a wrong decision is the mean of
the wrong side.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np

from retainkit.columns import columns, numbers
from retainkit.decisions._base.old_assumption_table import assumption_table
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.domains import LEVEL, NOT_NEGATIVE, REAL
from retainkit.errors import wrong_shape
from retainkit.records import AbstractRecord, read_only
from retainkit.typing import Array, Number, NumberLike, Plain


@dataclass(frozen=True, eq=False)
class ExperimentResult(AbstractRecord):
    """What is believed of the net gain after a test, per customer; made by `retention_test` and its like.

    Attributes
    ----------
    gain : float, money per customer
        Mean net gain of treating a customer over leaving him or her alone.
    sd : float, money per customer
    interval : (float, float), money per customer
        Holds the gain with probability `level`.
    probability_lift : float
        That treated customers do better at all, costs aside.
    probability_of_gain : float
        That they do better by more than the treatment costs.
    loss_if_rolled_out, loss_if_not : float, money per customer
        Expected loss by each decision, over the cases in which it is the wrong one.
    customers : float
        How many customers the decision is about.
    level : float
    assumptions : tuple of Assumption
        With the value of each at which the mean gain is 0.
    draws : (draws,) or None
        Net gain per customer in each draw, where it was computed from draws.
    """

    gain: float
    sd: float
    interval: tuple[float, float]
    probability_lift: float
    probability_of_gain: float
    loss_if_rolled_out: float
    loss_if_not: float
    customers: float
    level: float
    assumptions: tuple[Assumption, ...]
    draws: Array | None = field(repr=False, default=None)

    @property
    def worth_it(self) -> bool:
        """Whether to roll out: whether the mean gain is above 0."""
        return self.gain > 0.0

    @property
    def total_gain(self) -> float:
        """Mean net gain of rolling out to all customers the decision is about."""
        return self.gain * self.customers

    @property
    def value_of_certainty(self) -> float:
        """EVPI, for all those customers: the expected loss of the better decision."""
        return min(self.loss_if_rolled_out, self.loss_if_not) * self.customers

    def as_dict(self) -> Plain:
        """The figures, and the assumptions with where they turn."""
        return {
            "worth_it": self.worth_it,
            "gain": self.gain,
            "sd": self.sd,
            "interval": list(self.interval),
            "level": self.level,
            "probability_lift": self.probability_lift,
            "probability_of_gain": self.probability_of_gain,
            "loss_if_rolled_out": self.loss_if_rolled_out,
            "loss_if_not": self.loss_if_not,
            "customers": self.customers,
            "total_gain": self.total_gain,
            "value_of_certainty": self.value_of_certainty,
            "assumptions": [asdict(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        low, high = self.interval
        answer = "Roll out" if self.worth_it else "Do not roll out"
        people = (
            "" if self.customers == 1.0 else f", {self.total_gain:,.0f} for {self.customers:,.0f} customers"
        )
        return "\n".join(
            [
                f"{answer}: net gain {self.gain:,.2f} per customer ({self.level:.0%} between {low:,.2f} and "
                f"{high:,.2f}){people}.",
                f"  P(better at all) {self.probability_lift:.3f}, P(profit) {self.probability_of_gain:.3f}",
                f"  expected loss per customer: {self.loss_if_rolled_out:,.2f} if rolled out, "
                f"{self.loss_if_not:,.2f} if not; certainty is worth {self.value_of_certainty:,.2f}",
                assumption_table(self.assumptions),
            ]
        )


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

    Parameters
    ----------
    control, treated : (draws,) or (draws, 1), money per customer
        Mean money of a customer left alone and of one treated, before the cost of treating; draws of the
        two arms are independent unless both come from the same rows of one posterior.
    cost_per_customer : number or (draws,), money per treated customer
    customers : number
        How many customers the decision is about.
    level : number in (0, 1)
        Of the interval.

    Raises
    ------
    InputError
        For values outside their domain and draws of unequal number.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> control, treated = rng.normal(100, 2, 4000), rng.normal(106, 2, 4000)
    >>> result = experiment_from_draws(control, treated=treated, cost_per_customer=5)
    >>> 0.5 < result.probability_of_gain < 0.75 < result.probability_lift
    True
    """
    (base, with_it, spent), _ = columns(
        control=(_row(control), REAL),
        treated=(_row(treated), REAL),
        cost_per_customer=(_row(cost_per_customer), REAL),
    )
    means = {
        "control": Given(float(base.mean()), REAL, "a customer left alone brings"),
        "treated": Given(float(with_it.mean()), REAL, "a treated customer brings"),
        "cost_per_customer": Given(float(spent.mean()), REAL, "of treating one"),
    }
    return judged(with_it - base, spent, customers, level, assumptions(difference, means))


def difference(control: float, treated: float, cost_per_customer: float) -> float:
    """What a treated customer brings more than one left alone, after the cost."""
    return treated - control - cost_per_customer


def _row(values: NumberLike) -> NumberLike:
    """Draws of a model have the shape (draws, 1)."""
    array: NumberLike = np.asarray(values)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else values


def judged(
    lift: Array, cost: Array, customers: Number, level: Number, known: tuple[Assumption, ...]
) -> ExperimentResult:
    """The result from draws of the lift in money, before and after its cost."""
    number, share = asked(customers, level)
    net = lift - cost
    if net.ndim != 1 or net.size < 2:
        way_out = "Draw some thousands, for example fit.draws(4000, seed=1)."
        raise wrong_shape("draws", net, "must be a column of two or more draws", way_out)
    low, high = np.quantile(net, [0.5 - share / 2.0, 0.5 + share / 2.0])
    return ExperimentResult(
        gain=float(net.mean()),
        sd=float(net.std(ddof=1)),
        interval=(float(low), float(high)),
        probability_lift=float(np.mean(lift > 0.0)),
        probability_of_gain=float(np.mean(net > 0.0)),
        loss_if_rolled_out=float(np.maximum(-net, 0.0).mean()),
        loss_if_not=float(np.maximum(net, 0.0).mean()),
        customers=number,
        level=share,
        assumptions=known,
        draws=read_only(net),
    )


def asked(customers: Number, level: Number) -> tuple[float, float]:
    """How many customers a decision is about, and the level of its interval, checked."""
    number, share = numbers(customers=(customers, NOT_NEGATIVE), level=(level, LEVEL))
    return number, share
