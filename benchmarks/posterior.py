"""Draws from a posterior: CDNOW, shifted beta-geometric on 13 counts, a million customers in weeks.

    python benchmarks/posterior.py            # all
    python benchmarks/posterior.py --quick    # without the million

CPU time of the whole process, threads included, from the summary on: the checks of the prior, the search for
the mode, the points, the draws. The tasks are run three times in turn, and the best is shown; each run has a
seed of its own. Times are read against the aims for 4,000 draws. A comparison with NUTS is made in the same
run where PyMC-Marketing is installed; otherwise it says that there is none.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.ingest.examples import load_cdnow

DRAWS = 4_000
RUNS = 3
SURVIVORS = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]  # Fader et al. 2018, High End


def simulated() -> rk.Purchases:
    """A million customers of a CDNOW-like base, times in whole weeks."""
    truth = rk.BGNBD(r=0.25, alpha=4.4, a=0.8, b=2.5, unit="week")
    T = np.random.default_rng(0).integers(26, 78, 1_000_000).astype(float)
    base = truth.sample(T, seed=1)
    recency = np.minimum(np.ceil(base.recency), T)
    return rk.Purchases(frequency=base.frequency, recency=recency, T=T, unit="week")


def measured(tasks: dict[str, Callable[[int], Any]], wanted: dict[str, float]) -> dict[str, float]:
    """Runs the tasks in turn and prints a line for each: the best CPU time, and what the draws are worth."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    known: dict[str, Any] = {}
    for seed in range(RUNS):
        for name, task in tasks.items():
            start = time.process_time()
            known[name] = task(seed)
            times[name].append(time.process_time() - start)
    for name, taken in times.items():
        best, worth = min(taken), known[name].effective_draws
        goal = f"(wanted: {wanted[name]:g} s)" if name in wanted else ""
        print(
            f"{name:<44}{best:>8.3f} s{max(taken):>8.3f} s{worth:>9,.0f}{1e3 * best / worth:>10.3f} ms"
            f"{known[name].pareto_k:>8.2f}  {known[name].diagnostics.method:<12}{goal}",
            flush=True,
        )
    return {name: min(taken) / known[name].effective_draws for name, taken in times.items()}


def peer(purchases: rk.Purchases, ours: float) -> None:
    """PyMC-Marketing's BG/NBD by NUTS on the same rows, under its own default prior."""
    if importlib.util.find_spec("pymc_marketing") is None:
        print("PyMC-Marketing is not installed: the comparison with NUTS is skipped.")
        return
    import arviz as az  # pyright: ignore[reportMissingImports]
    import pandas as pd
    from pymc_marketing.clv import BetaGeoModel  # pyright: ignore[reportMissingImports]

    frame = pd.DataFrame({**purchases.columns, "customer_id": np.arange(len(purchases))})
    model: Any = BetaGeoModel(data=frame)
    start = time.process_time()
    model.fit(draws=1000, chains=4, cores=1, random_seed=1, progressbar=False)
    taken = time.process_time() - start
    worth = min(float(az.ess(model.idata)[name]) for name in ("r", "alpha", "a", "b"))
    ratio = taken / worth / ours
    print(f"NUTS: {taken:.1f} s CPU, {worth:,.0f} effective draws; {ratio:.0f} x ours a draw (wanted: 100 x)")


def main() -> None:
    tx = rk.summarize_transactions(
        load_cdnow("sample"), customer_id="customer_id", date="date", amount="dollar_value", unit="week",
        holdout_from="1997-10-01",
    )  # fmt: skip
    assert tx.calibration is not None
    known = tx.calibration
    renewals = rk.Renewals.from_survivors(SURVIVORS)
    tasks: dict[str, Callable[[int], Any]] = {
        "BG/NBD, CDNOW sample": lambda seed: rk.posterior(rk.BGNBD, known, draws=DRAWS, seed=seed),
        "Pareto/NBD, CDNOW sample": lambda seed: rk.posterior(rk.ParetoNBD, known, draws=DRAWS, seed=seed),
        "Gamma-Gamma, CDNOW sample": lambda seed: rk.posterior(rk.GammaGamma, known, draws=DRAWS, seed=seed),
        "shifted beta-geometric, 13 counts": lambda seed: rk.posterior(
            rk.ShiftedBetaGeometric, renewals, draws=DRAWS, seed=seed
        ),
    }
    wanted = {"BG/NBD, CDNOW sample": 0.25, "Pareto/NBD, CDNOW sample": 1.5}
    print(f"{f'{DRAWS:,} draws':<44}{'best':>10}{'worst':>10}{'worth':>9}{'a draw':>13}{'k':>8}")
    a_draw = measured(tasks, wanted)
    peer(known.purchases, a_draw["BG/NBD, CDNOW sample"])
    if "--quick" in sys.argv[1:]:
        return
    base = simulated()
    many = "BG/NBD, a million customers, whole weeks"
    measured({many: lambda seed: rk.posterior(rk.BGNBD, base, draws=DRAWS, seed=seed)}, {many: 10.0})
    print(f"    {len(base.compress()):,} distinct rows")


if __name__ == "__main__":
    main()
