"""Whether to test, and with how many customers, so that test and roll-out together earn most.

A test teaches which treatment is better, and costs: half of its customers get the worse one. With few
customers to roll out to, a short test or none is best; with many, a long one. No significance comes into it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from retainkit._numerics.samples.normal_regret import expected_regret, sd_of_mean_after
from retainkit.columns import numbers
from retainkit.decisions._base.decision import Decision
from retainkit.decisions._base.draws import mean as mean_of
from retainkit.decisions._base.inputs import Inputs, assumed, setting
from retainkit.domains import NOT_NEGATIVE, REAL
from retainkit.plurals import counted
from retainkit.typing import Array, Number, NumberLike, Real

_GRID = 400  # sizes compared at a time: five rounds reach any size


@dataclass(frozen=True, eq=False, kw_only=True)
class ExperimentPlanInputs(Inputs):
    """What the benefit of the best test rests on: it is planned anew at other values of an input."""

    mean: Real = assumed(REAL, "net gain per customer, as believed before")
    sd: Real = assumed(NOT_NEGATIVE, "how unsure that is")
    outcome_sd: Real = assumed(NOT_NEGATIVE, "spread of outcomes over customers")
    customers: Real = assumed(NOT_NEGATIVE, "reached by test and roll-out together")
    cost_per_customer: Real = assumed(NOT_NEGATIVE, "of observing one customer")
    cost: Real = assumed(NOT_NEGATIVE, "of holding the test")
    periods: int = setting(default=0)  # in which the customers come, tested by whole periods; 0 for any size

    def gain(self) -> NumberLike:
        """What the best test adds to deciding now; 0 where there is none."""
        return self.best()[1]

    def best(self) -> tuple[float, float]:
        """The size per arm that adds most, and what it adds: 0 and 0 where deciding now is better."""
        sizes = self._sizes()
        # a test of everybody leaves nobody to roll out to; a larger one cannot be held
        possible = sizes[2.0 * sizes <= self.customers]
        benefit = self.benefit(possible)
        if not benefit.size or not benefit.max() > 0.0:
            return 0.0, 0.0
        return float(possible[int(np.argmax(benefit))]), float(benefit.max())

    def _sizes(self) -> Array:
        """Whole periods, or whole numbers around the best size: a grid that closes in on it."""
        half = float(self.customers) / 2.0
        if self.periods:
            return half / self.periods * np.arange(1.0, self.periods + 1.0)
        low, high = 1.0, max(math.floor(half), 1.0)
        while high - low > _GRID:
            # by ratios: between 10 and 20 customers as much may happen as between 10,000 and 20,000
            grid = np.unique(np.rint(np.geomspace(low, high, _GRID)))
            best = int(np.argmax(self.benefit(grid)))
            low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)])
        return np.arange(low, high + 1.0)

    def benefit(self, n: NumberLike) -> Array:
        """What a test of n per arm adds to deciding now, in the formula of `sample_size_for_profit`."""
        n, mu, N = np.asarray(n, dtype=np.float64), np.asarray(self.mean), self.customers
        now = np.maximum(0.0, mu)
        # what deciding after the test brings on average: the better of the two means, as it will be believed
        chosen = now + expected_regret(mu, self.moved(n))
        costs = 2.0 * n * self.cost_per_customer + self.cost
        # N − 2n get the better one; of the 2n tested half get the treatment whatever it is worth
        return np.where(n > 0.0, (N - 2.0 * n) * chosen + n * mu - N * now - costs, 0.0)

    def moved(self, n: Array) -> Array:
        """How far the believed gain will have moved after n per arm: the error of a difference of means."""
        with np.errstate(divide="ignore"):
            return sd_of_mean_after(np.asarray(self.sd), self.outcome_sd * np.sqrt(2.0 / n))


@dataclass(frozen=True, eq=False, kw_only=True)
class ExperimentPlan(Decision):
    """Whether and how long to test; made by `sample_size_for_profit` and `when_to_stop`.

    Attributes
    ----------
    gain : float, money
        What the test adds to deciding now, after what it costs; 0 where there is none.
    per_arm : int
        Customers in each arm; 0 where deciding now earns more than any test.
    decide_now : float, money
        What deciding now brings: the gain of rolling out to everybody, or 0.
    roll_out_now : bool
        What that decision is.
    probability_roll_out : float
        Chance that the test will end in rolling out.
    most_worth_paying : float, money
        EVPI for all customers: no test is worth more.
    """

    inputs: ExperimentPlanInputs
    per_arm: int
    decide_now: float
    roll_out_now: bool
    probability_roll_out: float
    most_worth_paying: float

    def verdict(self) -> str:
        """How many to test."""
        return (
            f"Test {counted(self.per_arm, 'customer')} per arm" if self.worth_it else "No test earns its cost"
        )

    def headline(self) -> str:
        """What that is worth, and what would be done now."""
        now = "roll out" if self.roll_out_now else "do not roll out"
        if not self.worth_it:
            return (
                f"{now} now, for {self.decide_now:,.0f}; knowing for certain would be worth "
                f"{self.most_worth_paying:,.0f}."
            )
        return (
            f"worth {mean_of(self.gain):,.0f} more than deciding now ({now}, {self.decide_now:,.0f}).\n"
            f"  it will end in rolling out with probability {self.probability_roll_out:.2f}; certainty "
            f"would be worth {self.most_worth_paying:,.0f}"
        )

    def __str__(self) -> str:
        return super().__str__() if self.worth_it else f"{self.verdict()}: {self.headline()}"


def sample_size_for_profit(
    mean: Number,
    *,
    sd: Number,
    outcome_sd: Number,
    customers: Number,
    cost_per_customer: Number = 0.0,
    cost: Number = 0.0,
) -> ExperimentPlan:
    """How many customers to test so that test and roll-out together earn most.

    Of N customers, n get the treatment and n get none; then the rest get what looks better. What that adds to
    deciding now is

        (N − 2n)·E[max(0, M)] + n·μ − N·max(0, μ) − 2n·c − K,      M ~ N(μ, σ̃²), σ̃ = σ²/√(σ² + 2s²/n).

    Between two treatments of which nothing is known (μ = 0, no cost) this is the optimum of Feit, E. M. and
    Berman, R. (2019), "Test & Roll: Profit-Maximizing A/B Tests", Marketing Science 38(6), 1038-1058,
    doi:10.1287/mksc.2019.1194.

    Raises `InputError` for values outside their domain.

    Parameters
    ----------
    mean, sd : number, money per customer
        μ and σ: what the net gain of treating a customer is thought to be before the test, cost included;
        from earlier tests.
    outcome_sd : number, money
        s, standard deviation of what one customer brings: for churn, V·√(p(1 − p)).
    customers : number
        N, customers whom test and roll-out reach together.
    cost_per_customer : number, money
        c, of observing one customer in the test; the treatment's own cost is in the gain.
    cost : number, money
        K, of holding the test at all.

    Examples
    --------
    >>> print(sample_size_for_profit(0, sd=5, outcome_sd=180, customers=100_000))
    Test 6,337 customers per arm: worth 146,745 more than deciding now (do not roll out, 0).
      it will end in rolling out with probability 0.50; certainty would be worth 199,471
      assumed             value  turns at  what it is
      mean                    0   4.89929  net gain per customer, as believed before
      sd                      5         0  how unsure that is
      outcome_sd            180         -  spread of outcomes over customers
      customers          100000         2  reached by test and roll-out together
      cost_per_customer       0   1958.57  of observing one customer
      cost              0    146745  of holding the test
    """
    return planned(plan_inputs(**locals()))


def plan_inputs(periods: int = 0, **given: Number) -> ExperimentPlanInputs:
    """The inputs as single numbers: a plan is made for what is believed now, not for each draw of it."""
    known = {f.name: f.metadata["domain"] for f in fields(ExperimentPlanInputs) if "domain" in f.metadata}
    numbers(**{name: (value, known[name]) for name, value in given.items()})
    return ExperimentPlanInputs.read(given, periods=periods)


def planned(x: ExperimentPlanInputs) -> ExperimentPlan:
    """The best test, or none."""
    from scipy.special import ndtr

    mu, N = float(x.mean), float(x.customers)
    n, gain = x.best()
    moved = float(x.moved(np.asarray(n))) if n else 0.0
    return ExperimentPlan(
        gain=gain,
        inputs=x,
        per_arm=int(n),
        decide_now=N * max(0.0, mu),
        roll_out_now=mu > 0.0,
        probability_roll_out=float(ndtr(mu / moved)) if moved > 0.0 else float(mu > 0.0),
        most_worth_paying=N * float(expected_regret(np.asarray(mu), np.asarray(x.sd))),
    )
