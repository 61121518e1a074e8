"""Forecasts of recurring revenue on simulated businesses, held against what came 6 and 12 months later.

    python benchmarks/recurring_forecast.py [businesses] [first seed]     # 200 from seed 0: some minutes

Each business is drawn anew: three plans, growth or decline, a season, price rises, pauses, returns, months
that are unlike. 36 months are read, 12 more are known to the simulator alone. Told are the share of revenues
within the 90% intervals, and how often the mean absolute error of twelve months is below that of two
baselines: growth that continues, and flat churn.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.valuation import PlannedChange, SubscriptionTruth, forecast_revenue, simulate_billing

COLUMNS: Any = {
    "customer_id": "customer_id", "start": "start", "end": "end", "amount": "amount", "plan": "plan",
}  # fmt: skip
KNOWN, AHEAD = 36, 12


def sized(truth: SubscriptionTruth, customers: int) -> SubscriptionTruth:
    """The same business with about so many customers at the end of the months that are read."""
    ages = np.arange(float(KNOWN))
    stay = np.zeros(KNOWN)
    for share, mean in zip(truth.plan_shares, truth.churn, strict=True):
        plan = rk.ShiftedBetaGeometric(alpha=mean * truth.spread, beta=(1.0 - mean) * truth.spread)
        stay += share / sum(truth.plan_shares) * plan.survival(ages)
    won = (1.0 + truth.growth) ** (KNOWN - 1.0 - ages)
    return replace(truth, new_per_month=customers / float(won @ stay))


def one(seed: int, customers: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Within or not (layers, 2), relative errors (layers, 2), mean absolute errors (3,), seconds."""
    rng = np.random.default_rng([20261129, seed])
    truth = SubscriptionTruth.typical(rng)
    truth = truth if customers is None else sized(truth, customers)
    table = simulate_billing(truth, months=KNOWN + AHEAD, seed=rng)
    # a rise to come is known to who decides it
    changes = [
        PlannedChange(np.datetime64("2022-01", "M") + np.timedelta64(month, "M"), rise, 1.5, 1)
        for month, rise in truth.price_rises.items()
        if month >= KNOWN
    ]
    columns = dict(COLUMNS, pauses="paused") if np.any(table["paused"] != "") else COLUMNS
    later = rk.read_subscriptions(table, observation_end="2025-12-31", **columns)
    then = table["start"] <= np.datetime64("2024-12-31")
    known = {name: column[then] for name, column in table.items()}
    known["end"] = np.where(
        known["end"] > np.datetime64("2024-12-31"), np.datetime64("NaT", "D"), known["end"]
    )
    columns = dict(COLUMNS, pauses="paused") if np.any(known["paused"] != "") else COLUMNS
    base = rk.read_subscriptions(known, observation_end="2024-12-31", **columns)
    start = time.process_time()
    ahead = forecast_revenue(base, months=AHEAD, new="trend", changes=changes, holdout=False, seed=seed)
    took = time.process_time() - start
    off = ahead.against(later)
    at = [5, 11]
    inside, errors = np.empty((3, 2), np.bool_), np.empty((3, 2))
    for k, layer in enumerate(("existing", "new", "total")):
        told = getattr(ahead, layer)
        came = told.mean + getattr(off, layer)
        low, high = told.interval(0.9)[at].T
        inside[k] = (low <= came[at]) & (came[at] <= high)
        errors[k] = told.mean[at] / came[at] - 1.0
    came = ahead.total.mean + off.total
    found = base.metrics()
    ends = np.append(found.start, found.end[-1])
    growth = ends[-1] * (ends[-1] / ends[-1 - AHEAD]) ** (np.arange(1, AHEAD + 1) / AHEAD)
    won, kept = found.new[-12:].mean(), (found.end - found.new)[-12:].sum() / found.start[-12:].sum()
    flat = [ends[-1]]
    for _ in range(AHEAD):
        flat.append(flat[-1] * kept + won)
    told = np.array([np.abs(v - came).mean() for v in (ahead.total.mean, growth, np.array(flat[1:]))])
    return inside, errors, told, took


def main() -> None:
    count, first = (int(v) for v in (*sys.argv[1:], *("200", "0")[len(sys.argv) - 1 :]))
    found = [one(seed) for seed in range(first, first + count)]
    inside, errors, told, took = (np.array(part) for part in zip(*found, strict=True))
    print(f"{count} businesses, {np.median(took):.2f} s CPU a forecast of 1,000 paths")
    for k, layer in enumerate(("existing", "new", "total")):
        shares, off = inside[:, k].mean(axis=0), np.median(np.abs(errors[:, k]), axis=0)
        bias = np.mean(errors[:, k], axis=0)
        print(
            f"  {layer:<9} within 90%: {shares[0]:.1%} after 6 months, {shares[1]:.1%} after 12; "
            f"median error {off[0]:.1%}, {off[1]:.1%}; mean {bias[0]:+.1%}, {bias[1]:+.1%}"
        )
    best = (told[:, :1] < told[:, 1:]).mean(axis=0)
    both = (told[:, 0] < told[:, 1:].min(axis=1)).mean()
    print(
        f"  closer than continued growth {best[0]:.1%}, than flat churn {best[1]:.1%}, than both {both:.1%}"
    )


if __name__ == "__main__":
    main()
