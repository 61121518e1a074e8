"""Whether to test, and with how many customers, so that test and roll-out together earn most.

A test teaches which treatment is better, and costs: half of its customers get the worse one. With few
customers to roll out to, a short test or none is best; with many, a long one. No significance comes into it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from retainkit.columns import numbers
from retainkit.decisions._base.old_assumption_table import assumption_table
from retainkit.decisions._base.old_assumptions import Assumption, Given, assumptions
from retainkit.decisions.experiments.information import expected_regret, spread_after
from retainkit.domains import NOT_NEGATIVE, POSITIVE, REAL
from retainkit.records import AbstractRecord
from retainkit.typing import Array, Number, NumberLike, Plain

_GRID = 400  # sizes tried at a time: the benefit has one top, but a flat start that fools a derivative


@dataclass(frozen=True)
class ExperimentPlan(AbstractRecord):
    """Whether and how long to test; made by `sample_size_for_profit` and `when_to_stop`.

    Attributes
    ----------
    per_arm : int
        Customers in each arm; 0 where deciding now earns more than any test.
    net_benefit : float, money
        What the test adds to deciding now, after what it costs.
    decide_now : float, money
        What deciding now brings: the gain of rolling out to everybody, or 0.
    roll_out_now : bool
        What that decision is.
    probability_roll_out : float
        Chance that the test will end in rolling out.
    most_worth_paying : float, money
        EVPI for all customers: no test is worth more.
    assumptions : tuple of Assumption
        With the value of each at which this test adds nothing.
    """

    per_arm: int
    net_benefit: float
    decide_now: float
    roll_out_now: bool
    probability_roll_out: float
    most_worth_paying: float
    assumptions: tuple[Assumption, ...]

    @property
    def worth_it(self) -> bool:
        """Whether to test at all, or to test on."""
        return self.per_arm > 0

    def as_dict(self) -> Plain:
        """The figures, and the assumptions with where they turn."""
        return {
            **asdict(self),
            "worth_it": self.worth_it,
            "assumptions": [asdict(a) for a in self.assumptions],
        }

    def __str__(self) -> str:
        now = "roll out" if self.roll_out_now else "do not roll out"
        if not self.worth_it:
            return (
                f"No test earns its cost: {now} now, for {self.decide_now:,.0f}; knowing for certain "
                f"would be worth {self.most_worth_paying:,.0f}."
            )
        return "\n".join(
            [
                f"Test {self.per_arm:,} customers per arm: worth {self.net_benefit:,.0f} more than deciding "
                f"now ({now}, {self.decide_now:,.0f}).",
                f"  it will end in rolling out with probability {self.probability_roll_out:.2f}; certainty "
                f"would be worth {self.most_worth_paying:,.0f}",
                assumption_table(self.assumptions),
            ]
        )


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

    Raises
    ------
    InputError
        For values outside their domain.

    Examples
    --------
    >>> print(sample_size_for_profit(0, sd=5, outcome_sd=180, customers=100_000))
    Test 6,337 customers per arm: worth 146,745 more than deciding now (do not roll out, 0).
      it will end in rolling out with probability 0.50; certainty would be worth 199,471
      assumed             value  turns at  what it is
      mean                    0   4.41294  net gain per customer, as believed before
      sd                      5         0  how unsure that is
      outcome_sd            180         -  spread of outcomes over customers
      customers          100000     12674  reached by test and roll-out together
      cost_per_customer       0   11.5784  of observing one customer
      cost              0    146745  of holding the test
    """
    mu, sigma, s, N, c, K = numbers(
        mean=(mean, REAL),
        sd=(sd, NOT_NEGATIVE),
        outcome_sd=(outcome_sd, NOT_NEGATIVE),
        customers=(customers, NOT_NEGATIVE),
        cost_per_customer=(cost_per_customer, NOT_NEGATIVE),
        cost=(cost, NOT_NEGATIVE),
    )
    sizes = _best_sizes(mu, sigma, s, N, c, K)
    return planned(sizes, mu, sigma, s, N, c, K)


def net_benefit(
    n: NumberLike,
    mu: NumberLike,
    sigma: NumberLike,
    s: NumberLike,
    N: NumberLike,
    c: NumberLike,
    K: NumberLike,
) -> Array:
    """What a test of n per arm adds to deciding now."""
    n, mu, sigma = np.asarray(n, dtype=np.float64), np.asarray(mu), np.asarray(sigma)
    with np.errstate(divide="ignore"):
        moved = spread_after(sigma, s * np.sqrt(2.0 / n))
    # what deciding after the test brings on average: the better of the two means, as it will be believed
    chosen = np.maximum(0.0, mu) + expected_regret(mu, moved)
    # N − 2n get the better one; of the 2n tested half get the treatment whatever it is worth
    return np.where(n > 0.0, (N - 2.0 * n) * chosen + n * mu - N * np.maximum(0.0, mu) - 2.0 * n * c - K, 0.0)


def _best_sizes(mu: float, sigma: float, s: float, N: float, c: float, K: float) -> Array:
    """Whole numbers around the best size: a grid that closes in, since the benefit may have a flat start."""
    low, high = 1.0, max(np.floor(N / 2.0), 1.0)
    while high - low > _GRID:
        # by ratios: between 10 and 20 customers as much may happen as between 10,000 and 20,000
        grid = np.unique(np.rint(np.geomspace(low, high, _GRID)))
        best = int(np.argmax(net_benefit(grid, mu, sigma, s, N, c, K)))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)])
    return np.arange(low, high + 1.0)


def planned(sizes: Array, mu: float, sigma: float, s: float, N: float, c: float, K: float) -> ExperimentPlan:
    """The best of some sizes, or no test."""
    from scipy.special import ndtr

    # a test of everybody leaves nobody to roll out to; a larger one cannot be held
    possible = sizes[2.0 * sizes <= N]
    benefit = net_benefit(possible, mu, sigma, s, N, c, K)
    test = bool(benefit.size and benefit.max() > 0.0)
    n = float(possible[int(np.argmax(benefit))]) if test else 0.0
    moved = float(spread_after(np.asarray(sigma), np.asarray(s * np.sqrt(2.0 / n)))) if test else 0.0
    return ExperimentPlan(
        per_arm=int(n),
        net_benefit=float(benefit.max()) if test else 0.0,
        decide_now=N * max(0.0, mu),
        roll_out_now=mu > 0.0,
        probability_roll_out=float(ndtr(mu / moved)) if moved > 0.0 else float(mu > 0.0),
        most_worth_paying=N * float(expected_regret(np.asarray(mu), np.asarray(sigma))),
        assumptions=_assumed(n, mu, sigma, s, N, c, K) if test else (),
    )


def _assumed(
    n: float, mu: float, sigma: float, s: float, N: float, c: float, K: float
) -> tuple[Assumption, ...]:
    def gain(
        mean: float,
        sd: float,
        outcome_sd: float,
        customers: float,
        cost_per_customer: float,
        cost: float,
    ) -> float:
        return float(net_benefit(n, mean, sd, outcome_sd, customers, cost_per_customer, cost))

    return assumptions(
        gain,
        {
            "mean": Given(mu, REAL, "net gain per customer, as believed before"),
            "sd": Given(sigma, NOT_NEGATIVE, "how unsure that is"),
            "outcome_sd": Given(s, NOT_NEGATIVE, "spread of outcomes over customers"),
            "customers": Given(N, POSITIVE, "reached by test and roll-out together"),
            "cost_per_customer": Given(c, NOT_NEGATIVE, "of observing one customer"),
            "cost": Given(K, NOT_NEGATIVE, "of holding the test"),
        },
    )
