"""A million customers: ranked, listed under a budget, and a policy valued on them.

Run it with ``python benchmarks/targeting.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from retainkit.decisions.targeting.policy_value import policy_value
from retainkit.decisions.targeting.treatment_list import treatment_list
from retainkit.decisions.targeting.uplift_curves import uplift_curve
from retainkit.decisions.targeting.whom_to_treat import whom_to_treat

CUSTOMERS = 1_000_000


def timed(name: str, task: Callable[[], Any], most: float | None = None) -> Any:
    """One line: the best of five runs."""
    best, answer = np.inf, None
    for _ in range(5):
        start = time.perf_counter()
        answer = task()
        best = min(best, time.perf_counter() - start)
    print(f"{name:58} {best:7.3f} s")
    assert most is None or best <= most, f"{name}: {best:.3f} s is more than {most} s"
    return answer


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(1)
    risk = rng.beta(2, 6, CUSTOMERS)
    treated_risk = np.clip(risk - rng.normal(0.03, 0.05, CUSTOMERS), 0, 1)
    value, gain = rng.gamma(4, 50, CUSTOMERS), rng.normal(2, 8, CUSTOMERS)
    cost = rng.gamma(4, 2, CUSTOMERS)
    print(f"{CUSTOMERS:,} customers")
    chosen = timed(
        "ranked, and listed under a budget",
        lambda: treatment_list(gain, cost_per_customer=cost, budget=1e6),
        most=0.3,
    )
    missed = chosen.gain_bound - chosen.gain
    print(f"{'':4}{chosen}\n{'':4}so the list misses at most {missed:.2f} of {chosen.gain:,.0f}")
    timed(
        "from chances to leave to a list, with its assumptions",
        lambda: whom_to_treat(
            risk, churn_treated=treated_risk, value=value, cost_per_contact=1, incentive=10, budget=1e6
        ),
    )
    treated = rng.random(CUSTOMERS) < 0.5
    outcome = value * (rng.random(CUSTOMERS) > np.where(treated, treated_risk, risk)) - 8.0 * treated
    arms: dict[str, Any] = {"treated": treated, "outcome": outcome, "propensity": 0.5}
    timed("value of a rule, normalized", lambda: policy_value(gain > 0, **arms))
    timed("uplift curve in money", lambda: uplift_curve(risk - treated_risk, **arms))


if __name__ == "__main__":
    main()
