"""A thousand bootstrap replicates of fits to the CDNOW sample: one call against a loop over `fit`.

    python benchmarks/bootstrap.py

CPU time from the summary of the file on, the fit to the data included; the first call of a process, which
loads what it needs, is told beside the median of those after it. The loop is run on 50 replicates, and
scaled up.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.inference import bootstrap, jackknife
from retainkit.protocols import before_holdout

REPLICATES, RUNS, LOOPED = 1_000, 5, 50


def cdnow() -> Any:
    return rk.summarize_transactions(
        rk.load_cdnow("sample"),
        customer_id="customer_id",
        date="date",
        amount="dollar_value",
        unit="week",
        holdout_from="1997-10-01",
    )


def seconds(task: Any) -> tuple[float, Any]:
    start = time.process_time()
    answer = task()
    return time.process_time() - start, answer


def loop(model: Any, data: Any) -> float:
    """CPU of as many fits one by one, from customers drawn with replacement."""
    rows = before_holdout(data).purchases.compress()
    weights = np.random.default_rng(1).multinomial(int(rows.customers), rows.weight / rows.customers, LOOPED)
    took, _ = seconds(
        lambda: [rk.fit(model, rows.reweighted(w.astype(float)), on_failure="return") for w in weights]
    )
    return took * REPLICATES / LOOPED


def resampled(model: Any, kind: Any) -> tuple[float, Any]:
    data = cdnow()  # read again: nothing is kept of the run before
    return seconds(lambda: bootstrap(model, data, REPLICATES, seed=1, kind=kind))


def main() -> None:
    for model in (rk.BGNBD, rk.MBGNBD, rk.ParetoNBD):
        for kind in ("multinomial", "bayesian"):
            runs = [resampled(model, kind) for _ in range(RUNS + 1)]
            first, others = runs[0][0], np.median([took for took, _ in runs[1:]])
            lost = int(runs[0][1].refused.sum())
            print(
                f"{model.__name__}, {kind}: {others:.2f} s CPU ({first:.2f} s the first time; "
                f"{lost} without an estimate); a loop over fit {loop(model, cdnow()):.1f} s",
                flush=True,
            )
        start = time.process_time()
        jackknife(model, cdnow())
        took = time.process_time() - start
        print(f"{model.__name__}, each of 2,357 customers left out: {took:.2f} s CPU", flush=True)


if __name__ == "__main__":
    main()
