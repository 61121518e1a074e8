"""Score a churn model in money for 100,000 customers, against empulse in the same run.

    python benchmarks/campaigns.py

Both sides start from the same arrays of scores and outcomes; our time includes the checks of the input.
Figures are medians of runs in turn, wall time. empulse is not among this project's dependencies: where it is
not installed only our times are shown. For an uncertain acceptance it takes the mean of the values, so the
lines that count each customer's own have no peer.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from retainkit.decisions.campaigns.campaign import BetaAcceptance, Campaign
from retainkit.decisions.campaigns.incentive import best_incentive
from retainkit.decisions.campaigns.maximum_profit import expected_maximum_profit, maximum_profit
from retainkit.decisions.campaigns.profit_curve import profit_curve, whom_to_contact
from retainkit.decisions.spending.allocation import Spendable, allocate_budget
from retainkit.decisions.spending.response_curves import ExponentialResponse

CUSTOMERS, RUNS, WANTED = 100_000, 15, 20.0
PEER = importlib.util.find_spec("empulse") is not None


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = task()
    return time.perf_counter() - start, answer


def show(name: str, ours: Callable[[], Any], theirs: Callable[[], float] | None = None) -> None:
    """Our median time, and where there is a peer its time, the ratio and the difference of the answers."""
    ours()
    if theirs is None or not PEER:
        print(
            f"{name:<58}{1e3 * float(np.median([timed(ours)[0] for _ in range(RUNS)])):>10,.2f} ms",
            flush=True,
        )
        return
    theirs()
    pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    us, them = (np.array([pair[i][0] for pair in pairs]) for i in (0, 1))
    apart = abs(pairs[0][0][1].per_customer - pairs[0][1][1])
    goal = f"   (wanted: {WANTED:g} x)" if name.startswith("EMPC") else ""
    print(
        f"{name:<58}{1e3 * np.median(us):>10,.2f} ms{1e3 * np.median(them):>10,.2f} ms"
        f"{np.median(them / us):>8,.1f} x   differ by {apart:.0e}{goal}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    p = rng.beta(1.0, 6.0, CUSTOMERS)
    churned = (rng.random(CUSTOMERS) < p).astype(np.int64)
    values = rng.gamma(2.0, 100.0, CUSTOMERS)
    known, unsure = Campaign(200, 0.3, 10, 1), Campaign(200, BetaAcceptance(6, 14), 10, 1)
    each = Campaign(values, BetaAcceptance(6, 14), 10, 1)
    peer: dict[str, Callable[[], float]] = {}
    if PEER:
        from empulse.metrics import empc_score, mpc_score

        money = {"clv": 200, "incentive_cost": 10, "cost_per_contact": 1}
        peer["mpc"] = lambda: float(mpc_score(churned, p, accept_rate=0.3, **money))
        peer["empc"] = lambda: float(empc_score(churned, p, alpha=6, beta=14, **money))
        print(f"{f'{CUSTOMERS:,} customers':<58}{'retainkit':>13}{'empulse ' + version('empulse'):>16}")
    else:
        print(f"{f'{CUSTOMERS:,} customers; empulse is not installed':<58}{'retainkit':>13}")
    show("EMPC, one value for all", lambda: expected_maximum_profit(p, churned, unsure), peer.get("empc"))
    show("MPC, one value for all", lambda: maximum_profit(p, churned, known), peer.get("mpc"))
    show("EMPC of each customer's own value", lambda: expected_maximum_profit(p, churned, each))
    show("profit curve, each customer's own value", lambda: profit_curve(p, churned, each))
    show("whom to contact", lambda: whom_to_contact(p, each))
    response = ExponentialResponse(1, 0.05)
    show(
        "the best incentive for each",
        lambda: best_incentive(p, value=values, response=response, cost_per_contact=1),
    )
    segments = {
        str(i): Spendable(ExponentialResponse(rng.uniform(0.2, 0.9), rng.uniform(0.01, 0.1)), 100, 50)
        for i in range(1000)
    }
    show("one budget for 1,000 segments", lambda: allocate_budget(segments, budget=200_000))


if __name__ == "__main__":
    main()
