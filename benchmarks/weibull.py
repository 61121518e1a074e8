"""Fit a Weibull model to a million customers, against lifelines in the same run.

    python benchmarks/weibull.py            # a million: whole days, whole months, real-valued times
    python benchmarks/weibull.py --quick    # a hundred thousand

Both sides start from the same arrays of durations and events: our time includes the checks of the input,
the compression, the search and the covariance. lifelines fits its exact likelihood to whole months too,
which is another estimate; there the parameters are not compared. Without lifelines only our times are shown.
"""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.models.contractual.weibull import Weibull

WANTED = 15.0


def timed(task: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """The median of some runs, and the answer."""
    times: list[float] = []
    answer = None
    for _ in range(runs):
        start = time.perf_counter()
        answer = task()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), answer


def peer_of(duration: np.ndarray, event: np.ndarray) -> tuple[float, Any] | None:
    """lifelines' time and fit, if it is installed."""
    if importlib.util.find_spec("lifelines") is None:
        return None
    from lifelines import WeibullFitter  # pyright: ignore[reportMissingImports]

    return timed(lambda: WeibullFitter().fit(duration, event), 1)


def compare(name: str, duration: np.ndarray, event: np.ndarray, *, whole: bool = False) -> None:
    def ours() -> rk.Fit[Weibull]:
        return rk.fit(Weibull, rk.Renewals(duration=duration, event=event, whole_periods=whole))

    us, fitted = timed(ours, 5)
    theirs = peer_of(duration, event)
    if theirs is None:
        print(f"{name:<46}{us:>9.3f} s   lifelines is not installed")
        return
    them, peer = theirs
    line = f"{name:<46}{us:>9.3f} s{them:>10.2f} s{them / us:>8.1f} x   (wanted: {WANTED:g} x)"
    if not whole:
        gap = max(abs(fitted.model.scale / peer.lambda_ - 1), abs(fitted.model.shape / peer.rho_ - 1))
        line += f"   parameters differ by {gap:.0e}"
    print(line, flush=True)


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")  # lifelines' own
    n = 100_000 if "--quick" in sys.argv[1:] else 1_000_000
    rng = np.random.default_rng(0)
    data = Weibull(scale=20.0, shape=0.8).sample(rng.uniform(5.0, 50.0, n), seed=1)  # months
    left = data.event > 0
    print(f"{f'{n:,} customers':<46}{'retainkit':>11}{'lifelines':>12}{'ratio':>10}")
    compare("whole days, in months", np.ceil(data.duration * 30.4375) / 30.4375, data.event)
    months = np.where(left, np.ceil(data.duration), np.floor(data.duration))
    compare("whole months, as intervals", months, data.event, whole=True)
    compare("real-valued times", data.duration, data.event)


if __name__ == "__main__":
    main()
