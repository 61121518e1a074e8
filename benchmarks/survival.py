"""Survival curves of a million subscriptions, against lifelines in the same run.

    python benchmarks/survival.py

Both sides start from the same arrays of tenure, event and entry: our time includes the checks of the input.
Figures are medians of runs in turn, wall time. The answers are compared before anything is printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from lifelines import KaplanMeierFitter, NelsonAalenFitter
from lifelines.statistics import logrank_test
from lifelines.utils import concordance_index

from retainkit.models.contractual.nonparametric.aalen_johansen import AalenJohansen
from retainkit.models.contractual.nonparametric.kaplan_meier import KaplanMeier
from retainkit.models.contractual.nonparametric.log_rank import log_rank
from retainkit.models.contractual.nonparametric.nelson_aalen import NelsonAalen
from retainkit.summaries import Renewals
from retainkit.validation import concordance

CUSTOMERS, RUNS = 1_000_000, 5


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and the answer."""
    start = time.perf_counter()
    answer = task()
    return time.perf_counter() - start, answer


def compare(
    name: str, ours: Callable[[], Any], theirs: Callable[[], Any], apart: Callable[..., float]
) -> None:
    """One line: our time, the peer's, and the ratio of runs in turn."""
    pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    us, them = (np.array([pair[i][0] for pair in pairs]) for i in (0, 1))
    difference = apart(pairs[0][0][1], pairs[0][1][1])
    assert difference < 1e-9, f"{name}: answers differ by {difference}"
    print(
        f"{name:52} {np.median(us):8.4f} s {np.median(them):9.3f} s {np.median(them / us):6.1f}x   "
        f"(differ {difference:.0e})"
    )


def alone(name: str, ours: Callable[[], Any]) -> None:
    """One line without a peer."""
    print(f"{name:52} {np.median([timed(ours)[0] for _ in range(RUNS)]):8.4f} s")


def survival_apart(ours: KaplanMeier, theirs: Any) -> float:
    """The largest difference of survival at the times of ours."""
    expected = theirs.survival_function_.iloc[:, 0]
    return float(np.max(np.abs(ours.shares[1:] - expected.loc[ours.risk.time].to_numpy())))


def hazard_apart(ours: NelsonAalen, theirs: Any) -> float:
    """The same for cumulative hazards."""
    expected = theirs.cumulative_hazard_.iloc[:, 0].loc[ours.risk.time].to_numpy()
    return float(np.max(np.abs(np.asarray(ours.cumulative_hazard(ours.risk.time)) - expected)))


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(1)
    lifetime, seen = rng.exponential(900.0, CUSTOMERS), rng.uniform(1.0, 1500.0, CUSTOMERS)
    exact = np.minimum(lifetime, seen)
    event = (lifetime <= seen).astype(np.int64)
    reason = event * rng.integers(1, 3, CUSTOMERS)
    days = np.ceil(exact)
    entry = np.floor(days * np.where(rng.random(CUSTOMERS) < 0.5, 0.0, rng.random(CUSTOMERS)))
    half = np.arange(CUSTOMERS) % 2 == 0
    print(f"{'':52} {'retainkit':>10} {'lifelines':>11} {'ratio':>7}")
    compare(
        f"Kaplan–Meier, {CUSTOMERS:,} tenures in days",
        lambda: KaplanMeier.estimate(Renewals(duration=days, event=event)),
        lambda: KaplanMeierFitter().fit(days, event),
        survival_apart,
    )
    summaries = [Renewals(duration=days, event=event) for _ in range(RUNS)]
    compare(
        "the same, of a summary that is there already",
        lambda: KaplanMeier.estimate(summaries.pop()),
        lambda: KaplanMeierFitter().fit(days, event),
        survival_apart,
    )
    compare(
        "days with late entry",
        lambda: KaplanMeier.estimate(Renewals(duration=days, event=event, entry=entry)),
        lambda: KaplanMeierFitter().fit(days, event, entry=entry),
        survival_apart,
    )
    compare(
        f"Kaplan–Meier, {CUSTOMERS:,} exact times",
        lambda: KaplanMeier.estimate(Renewals(duration=exact, event=event)),
        lambda: KaplanMeierFitter().fit(exact, event),
        survival_apart,
    )
    compare(
        f"Nelson–Aalen, {CUSTOMERS:,} tenures in days",
        lambda: NelsonAalen.estimate(Renewals(duration=days, event=event)),
        lambda: NelsonAalenFitter(nelson_aalen_smoothing=False).fit(days, event),
        hazard_apart,
    )
    compare(
        f"log-rank, two groups of {CUSTOMERS // 2:,} in days",
        lambda: log_rank([Renewals(duration=days[g], event=event[g]) for g in (half, ~half)]),
        lambda: logrank_test(days[half], days[~half], event[half], event[~half]),
        lambda ours, theirs: abs(ours.statistic / theirs.test_statistic - 1.0),
    )
    risk = rng.normal(size=CUSTOMERS) - 0.05 * exact
    compare(
        f"concordance, {CUSTOMERS:,} exact times and risks",
        lambda: concordance(Renewals(duration=exact, event=event), risk),
        lambda: concordance_index(exact, -risk, event),
        lambda ours, theirs: abs(ours.c_index - theirs),
    )
    alone(
        f"Aalen–Johansen, {CUSTOMERS:,} in days, two reasons",
        lambda: AalenJohansen.estimate(Renewals(duration=days, event=reason, reasons=("choice", "card"))),
    )


if __name__ == "__main__":
    main()
