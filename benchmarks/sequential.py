"""Does a test that is looked at after every customer keep its error, whatever the share treated?

    python benchmarks/sequential.py                # 2,000 tests a cell
    python benchmarks/sequential.py --tests 20000

Treated and control leave alike: every effect found is none. Customers come one at a time, each treated
with the cell's share, until ten times the size planned for the smaller arm has been seen, or 20,000 in all.
"""

from __future__ import annotations

import argparse
import math
from itertools import product

import numpy as np

from retainkit.decisions.experiments.sequential_arms import sequential_retention_test

SHARES = (0.02, 0.05, 0.1, 0.25, 0.5)
CHURN = (0.01, 0.05, 0.3, 0.5, 0.9)
PLANNED = (30, 100, 1000)
MOST = 20_000


def found_wrongly(
    rng: np.random.Generator, share: float, churn: float, planned: int, customers: int, tests: int
) -> float:
    """The share of tests that find an effect, looked at from the first customer of the smaller arm on."""
    wrong = 0
    for _ in range(tests):
        treated, left = rng.random(customers) < share, rng.random(customers) < churn
        n1, n0 = treated.cumsum(), (~treated).cumsum()
        both = (n1 > 0) & (n0 > 0)
        result = sequential_retention_test(
            (left & ~treated).cumsum()[both],
            control=n0[both],
            churned_treated=(left & treated).cumsum()[both],
            treated=n1[both],
            planned_per_arm=planned,
        )
        wrong += result.stopped_at is not None
    return wrong / tests


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--tests", type=int, default=2000)
    tests = asked.parse_args().tests
    error = math.sqrt(0.05 * 0.95 / tests)
    print(f"effects found where there is none, {tests:,} tests a cell (5% ± {error:.1%} is kept)")
    for share, churn, planned in product(SHARES, CHURN, PLANNED):
        rng = np.random.default_rng([round(1000 * share), round(1000 * churn), planned])
        rate = found_wrongly(rng, share, churn, planned, min(MOST, round(10 * planned / share)), tests)
        mark = "  above 5%" if rate > 0.05 + 2.33 * error else ""
        print(
            f"{share:>6.0%} treated, churn {churn:>4.0%}, planned {planned:>5,}: {rate:.1%}{mark}", flush=True
        )


if __name__ == "__main__":
    main()
