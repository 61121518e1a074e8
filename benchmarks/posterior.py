"""Draws from a posterior: CDNOW, shifted beta-geometric on 13 counts, a million customers in weeks.

    python benchmarks/posterior.py            # all
    python benchmarks/posterior.py --quick    # without the million

CPU time of the whole process, threads included, from the summary on: the checks of the prior, the search for
the mode, the points, the draws. The tasks are run three times in turn, and the best is shown; each run has a
seed of its own. Times are read against the aims for 4,000 draws. A comparison with NUTS is made in the same
run where PyMC-Marketing and nutpie are installed; otherwise it says that they are not.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import time
import warnings
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
    """Runs the tasks in turn, prints a line for each, and tells the median seconds of an effective draw."""
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
    return {name: float(np.median(taken)) / known[name].effective_draws for name, taken in times.items()}


def cpu(task: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the process, threads included, and what was found."""
    start = time.process_time()
    found = task()
    return time.process_time() - start, found


def peer(purchases: rk.Purchases, ours: float) -> None:
    """PyMC-Marketing's BG/NBD by NUTS on the same customers, under its own default prior.

    By PyMC's sampler and by nutpie's. What compiles the model is told apart and is not in the ratio: PyMC's
    own is warmed up by a short run, nutpie's is a step by itself. Tuning is in it, as our search is in ours.
    """
    missing = [name for name in ("pymc_marketing", "nutpie") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"Not installed: {', '.join(missing)}. The comparison with NUTS is skipped.")
        return
    warnings.simplefilter("ignore")  # theirs
    import arviz as az  # pyright: ignore[reportMissingImports]
    import nutpie  # pyright: ignore[reportMissingImports]
    import pandas as pd
    from pymc_marketing.clv import BetaGeoModel  # pyright: ignore[reportMissingImports]

    frame = pd.DataFrame({"customer_id": np.arange(len(purchases)), **purchases.columns})
    chains: Any = {"draws": 1000, "tune": 1000, "chains": 4}
    model: Any = BetaGeoModel(data=frame)

    def by_pymc(**asked: Any) -> Any:
        quiet: Any = {"cores": 1, "progressbar": False, "random_seed": 1}
        return model.fit(**{**chains, **quiet, **asked})

    compiled, _ = cpu(lambda: by_pymc(draws=10, tune=10))
    taken, trace = cpu(by_pymc)
    told = {"PyMC's NUTS": (compiled, taken, trace)}
    compiled, ready = cpu(lambda: nutpie.compile_pymc_model(model.model))
    taken, trace = cpu(lambda: nutpie.sample(ready, **chains, cores=1, seed=1, progress_bar=False))
    told["nutpie's NUTS"] = (compiled, taken, trace)
    for name, (compiled, taken, trace) in told.items():
        worth = min(float(az.ess(trace)[parameter]) for parameter in ("r", "alpha", "a", "b"))
        print(
            f"{name}: {taken:.1f} s CPU ({compiled:.1f} s more to compile), {worth:,.0f} effective draws, "
            f"{1e3 * taken / worth:.2f} ms a draw: {taken / worth / ours:.0f} times ours (wanted: 100)",
            flush=True,
        )


def memory(base: rk.Purchases) -> None:
    """What the total value of a million customers with all three sources takes beyond the customers."""
    known = rk.posterior(rk.BGNBD, base, draws=1000, seed=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    horizon, rate = rk.Duration(52, "week"), rk.Rate(0.1, per="year")

    def valued() -> tuple[float, float]:
        given: Any = {"margin_share": 0.3, "discount_rate": rate, "horizon": horizon}
        return rk.value_customers(base, known, 35.0, **given).interval()

    taken, (low, high) = cpu(valued)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"value of a million customers with its interval, {low:,.0f} to {high:,.0f}: {taken:.1f} s, peak "
        f"{before / 1024:.0f} MB before it, {more / 1024:.0f} MB more with it"
    )


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
    memory(base)


if __name__ == "__main__":
    main()
