"""Divide R² among the drivers of satisfaction, against dominance-analysis in the same run.

    python benchmarks/key_drivers.py            # 5 to 20 drivers, 1,000 replicates, a million customers
    python benchmarks/key_drivers.py --quick

dominance-analysis fits every subset of the drivers by itself: 15 drivers are 32,767 regressions, four minutes
of work, so it is given at most 10 here. It pins a bokeh that does not load beside numpy 2; with a newer one
it does. Without it only our times are shown.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from retainkit.decisions.feedback.issue_effects import issue_effects
from retainkit.decisions.feedback.key_drivers import key_drivers

PEER_UP_TO = 10


def timed(task: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """The median of some runs, and the answer."""
    times: list[float] = []
    answer = None
    for _ in range(runs):
        start = time.perf_counter()
        answer = task()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), answer


def survey(rows: int, drivers: int) -> tuple[dict[str, np.ndarray], list[str]]:
    """Answers that hang together by a common mood."""
    rng = np.random.default_rng(0)
    mood = rng.normal(size=rows)
    table = {f"x{j}": mood + rng.normal(size=rows) for j in range(drivers)}
    names = list(table)
    return table | {"y": table["x0"] + 0.5 * table["x1"] + 3.0 * rng.normal(size=rows)}, names


def peer(table: dict[str, np.ndarray], names: list[str]) -> tuple[float, np.ndarray] | None:
    """The time and the parts of dominance-analysis, if it is installed and the drivers are few."""
    if importlib.util.find_spec("dominance_analysis") is None or len(names) > PEER_UP_TO:
        return None
    import pandas as pd
    from dominance_analysis import Dominance  # pyright: ignore[reportMissingImports]

    def theirs() -> Any:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = Dominance(data=pd.DataFrame(table), target="y", top_k=len(names), objective=1)
            found.incremental_rsquare()
        return found.dominance_stats()

    seconds, stats = timed(theirs, 1)
    return seconds, stats.loc[names, "Total Dominance"].to_numpy(float)


def compare(rows: int, drivers: int) -> None:
    """One line of the table."""
    table, names = survey(rows, drivers)
    us, found = timed(lambda: key_drivers(table, outcome="y", drivers=names, replicates=0))
    replicated, _ = timed(lambda: key_drivers(table, outcome="y", drivers=names), 1)
    weights, _ = timed(lambda: key_drivers(table, outcome="y", drivers=names, method="relative-weights"), 1)
    line = f"{drivers:>8}{us:>11.4f} s{replicated:>12.2f} s{weights:>14.2f} s"
    theirs = peer(table, names)
    if theirs is None:
        print(f"{line}{'-':>20}", flush=True)
        return
    gap = float(np.abs(theirs[1] - found.importance).max())
    print(f"{line}{theirs[0]:>18.2f} s{theirs[0] / us:>10,.0f} x   largest difference {gap:.0e}", flush=True)


def issues(customers: int, many: int) -> None:
    """Effects of issues for a whole customer base."""
    rng = np.random.default_rng(1)
    table = {f"issue{j}": rng.random(customers) < 0.1 for j in range(many)}
    names = list(table)
    table["left"] = rng.random(customers) < 0.05 + 0.05 * table["issue0"]
    for method in ("adjusted", "stratified"):
        seconds, _ = timed(lambda m=method: issue_effects(table, churned="left", issues=names, method=m), 1)
        print(f"{method} effects of {many} issues, {customers:,} customers: {seconds:.2f} s", flush=True)


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")  # the peer's own
    quick = "--quick" in sys.argv[1:]
    print("1,000 rows; exact average over all orders, with and without 1,000 replicates")
    print(f"{'drivers':>8}{'shapley':>13}{'with 1,000':>14}{'weights, 1,000':>16}{'dominance-analysis':>20}")
    for drivers in (5, 8, 10) if quick else (5, 8, 10, 15, 20):
        compare(1000, drivers)
    issues(100_000 if quick else 1_000_000, 20)


if __name__ == "__main__":
    main()
