"""Fit BG/NBD and score a base, against lifetimes in the same run.

    python benchmarks/fits.py            # CDNOW sample, a million simulated customers in weeks and in days
    python benchmarks/fits.py --quick    # the sample alone

Both sides start from the same arrays of frequency, recency and T: our time includes the checks of the
input, the compression, the search and the covariance. Figures are medians of several runs in turn; the
million-customer fits of lifetimes run once. Wall time, and both use one core for most of it.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.ingest.examples import load_cdnow


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = task()
    return time.perf_counter() - start, result


def in_turn(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int) -> tuple[float, float, float]:
    """Median times and the median of the paired ratios."""
    pairs = [(timed(ours)[0], timed(theirs)[0]) for _ in range(runs)]
    us, them = np.array(pairs).T
    return float(np.median(us)), float(np.median(them)), float(np.median(them / us))


def show(name: str, us: float, them: float, ratio: float, wanted: float | None = None) -> None:
    goal = "" if wanted is None else f"   (wanted: {wanted:g} x)"
    print(f"{name:<58}{1e3 * us:>12,.2f} ms{1e3 * them:>14,.1f} ms{ratio:>9,.1f} x{goal}", flush=True)


def simulated(days_per_unit: int) -> dict[str, np.ndarray]:
    """A million customers of a CDNOW-like base, times in whole units of `days_per_unit` days."""
    truth = rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5)
    rng = np.random.default_rng(0)
    T = rng.integers(26 * 7, 78 * 7, 1_000_000) // days_per_unit * days_per_unit / 7
    base = truth.sample(T, seed=1)
    recency = np.ceil(base.recency * 7 / days_per_unit) * days_per_unit / 7
    return {"frequency": base.frequency, "recency": np.minimum(recency, T), "T": T}


def fit_both(name: str, columns: dict[str, np.ndarray], runs: int, wanted: float) -> None:
    import pandas as pd
    from lifetimes import BetaGeoFitter

    frame = pd.DataFrame(columns)

    def ours() -> rk.Fit[rk.BGNBD]:
        return rk.fit(rk.BGNBD, rk.Purchases(**columns))

    def theirs() -> Any:
        return BetaGeoFitter().fit(frame["frequency"], frame["recency"], frame["T"])

    found, peer = ours(), None
    if runs > 1:
        peer = theirs()
        show(name, *in_turn(ours, theirs, runs), wanted)
    else:
        us = float(np.median([timed(ours)[0] for _ in range(3)]))
        them, peer = timed(theirs)
        show(name, us, them, them / us, wanted)
    gap = max(abs(found.model.parameters[k] / peer.params_[k] - 1) for k in ("r", "alpha", "a", "b"))
    rows = len(rk.Purchases(**columns).compress())
    print(f"    parameters differ from lifetimes' by at most {gap:.1e}; {rows:,} rows")


def score_both(columns: dict[str, np.ndarray]) -> None:
    import pandas as pd
    from lifetimes import BetaGeoFitter

    model = rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week")
    peer = BetaGeoFitter()
    peer.params_ = pd.Series(model.parameters)
    x, t_x, T = columns["frequency"], columns["recency"], columns["T"]

    def theirs() -> Any:
        return peer.conditional_expected_number_of_purchases_up_to_time(52.0, x, t_x, T)

    ours_time, found = timed(lambda: model.expected_purchases(rk.Purchases(**columns, unit="week"), 52.0))
    theirs_time, other = timed(theirs)
    show("expected purchases of a million customers, weeks", ours_time, theirs_time, theirs_time / ours_time)
    worst = float(np.nanmax(np.abs(found / np.asarray(other) - 1)))
    print(f"    largest relative difference where lifetimes gives a number: {worst:.1e}")


def main() -> None:
    warnings.simplefilter("ignore")  # lifetimes' own, under today's numpy and pandas
    print(f"{'':<58}{'retainkit':>15}{'lifetimes':>17}{'ratio':>11}")
    tx = rk.summarize_transactions(
        load_cdnow("sample"), customer_id="customer_id", date="date", unit="week", holdout_from="1997-10-01"
    )
    assert tx.calibration is not None
    fit_both("BG/NBD, CDNOW sample, 2,357 customers", tx.calibration.purchases.columns, 21, 25.0)
    if "--quick" in sys.argv[1:]:
        return
    weekly = simulated(7)
    fit_both("BG/NBD, a million customers, whole weeks", weekly, 1, 60.0)
    fit_both("BG/NBD, a million customers, whole days", simulated(1), 1, 25.0)
    score_both(weekly)


if __name__ == "__main__":
    main()
