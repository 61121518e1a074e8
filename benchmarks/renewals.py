"""Fits of discrete contractual models, against SurPyval and scipy's L-BFGS-B on the same likelihood.

Run it with ``python benchmarks/renewals.py``; SurPyval is timed if it is installed. Processor time, the best
of some runs: what a busy machine adds is not counted.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.optimize import minimize

import retainkit as rk
from retainkit._numerics.newton import newton
from retainkit.domains import POSITIVE
from retainkit.models.contractual.beta_discrete_weibull import BetaDiscreteWeibull
from retainkit.models.contractual.shifted_beta_geometric import ShiftedBetaGeometric

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
START = np.log([1.0, 3.0])


def seconds(task: Callable[[], Any], number: int) -> float:
    """Processor time of one call."""
    return min(timeit.repeat(task, number=number, repeat=5, timer=time.process_time)) / number


def line(name: str, took: float, base: float | None = None) -> None:
    """One line of the table."""
    print(f"{name:58} {took * 1e6:12,.0f} µs" + (f" {took / base:9,.1f}x" if base else ""))


def by_scipy(counts: Any) -> Callable[[], Any]:
    """The same likelihood and gradient on counts, handed to L-BFGS-B."""
    k, n, t, left = counts.stayed, counts.there, counts.tenure, counts.left

    def negative(point: np.ndarray) -> tuple[float, np.ndarray]:
        alpha, beta = np.exp(point)
        staying = beta + t
        everyone = alpha + staying
        d_all = (n / everyone).sum()
        value = left * np.log(alpha) + k @ np.log(staying) - n @ np.log(everyone)
        return -value, -np.array([left - alpha * d_all, beta * ((k / staying).sum() - d_all)])

    return lambda: minimize(negative, START, jac=True, method="L-BFGS-B")


def by_surpyval(counts: list[int]) -> Callable[[], Any]:
    """BetaGeometric.fit of SurPyval on the same cohort: times, censoring flags, numbers."""
    import surpyval  # pyright: ignore[reportMissingImports]

    x = [*range(1, len(counts)), len(counts) - 1]
    c = [0] * (len(counts) - 1) + [1]
    n = [*(-np.diff(counts)).tolist(), counts[-1]]
    return lambda: surpyval.BetaGeometric.fit(x, c, n)


def cohorts(count: int, months: int) -> np.ndarray:
    """Survivors of `count` cohorts after 0, …, `months` renewals."""
    rng = np.random.default_rng(1)
    lifetime = rng.geometric(rng.beta(1.2, 9.0, (count, 200)))
    return (lifetime[:, :, None] > np.arange(months + 1)).sum(axis=1)


def main() -> None:
    """Print the table."""
    data = rk.Renewals.from_survivors(REGULAR[:8])
    counts = ShiftedBetaGeometric.summed(data)
    assert counts is not None
    ours = seconds(lambda: rk.fit(ShiftedBetaGeometric, data), 200)
    line("shifted beta-geometric on 8 counts: fit, errors, verdict", ours)
    search = seconds(lambda: newton(counts, [POSITIVE] * 2, START), 500)
    line("  of it the search", search)
    line("  the data from the counts", seconds(lambda: rk.Renewals.from_survivors(REGULAR[:8]), 500))
    line("scipy L-BFGS-B, its point alone (over our search)", seconds(by_scipy(counts), 100), search)
    if find_spec("surpyval"):
        line("SurPyval BetaGeometric (over our fit)", seconds(by_surpyval(REGULAR[:8]), 1), ours)
    longer = rk.Renewals.from_survivors(REGULAR)
    line("beta-discrete-Weibull on 13 counts", seconds(lambda: rk.fit(BetaDiscreteWeibull, longer), 20))
    table = cohorts(1000, 36)
    line("1,000 cohorts of 36 months: the data", seconds(lambda: rk.Renewals.from_cohort_table(table), 5))
    many = rk.Renewals.from_cohort_table(table)
    line("  shifted beta-geometric", seconds(lambda: rk.fit(ShiftedBetaGeometric, many), 5))
    line("  beta-discrete-Weibull", seconds(lambda: rk.fit(BetaDiscreteWeibull, many), 3))
    model, tenure = ShiftedBetaGeometric(0.7, 1.2), np.arange(1000.0)
    took = seconds(
        lambda: model.discounted_expected_residual_lifetime(tenure, 0.01, instant="before-renewal"), 5
    )
    line("residual lifetimes at 1,000 tenures", took)


if __name__ == "__main__":
    main()
