"""A model for each of 1,000 segments of 500 customers, and of 60: one call against a loop over `fit`.

    python benchmarks/segments.py

CPU time of everything from the columns on: counting equal customers, searches, covariances, shrinkage. The
loop is run on every tenth segment, since it takes so much longer.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import retainkit as rk


def segments(count: int, customers: int, spread: float) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    made: dict[str, Any] = {}
    for i in range(count):
        truth = np.exp(np.log([0.5, 5.0, 0.8, 2.5]) + spread * rng.normal(size=4))
        drawn = rk.BGNBD(*map(float, truth), unit="week").sample(
            rng.integers(10, 80, customers).astype(float), seed=i
        )
        recency = np.ceil(7 * drawn.recency) / 7  # purchases are known by the day
        T = np.maximum(drawn.T, recency)
        made[f"{i}"] = rk.Purchases(frequency=drawn.frequency, recency=recency, T=T, unit="week")
    return made


def main() -> None:
    for count, customers, spread in ((1_000, 500, 0.2), (1_000, 60, 0.3)):
        data = segments(count, customers, spread)
        start = time.process_time()
        each = rk.fit_each(rk.BGNBD, data)
        ours = time.process_time() - start
        some = segments(count // 10, customers, spread)  # made again: nothing is kept of the first run
        start = time.process_time()
        for rows in some.values():
            rk.fit(rk.BGNBD, rows, on_failure="return")
        loop = 10.0 * (time.process_time() - start)
        told = f"{len(each.fits) - len(each.shrunk):,} alone, {len(each.shrunk):,} shrunk"
        print(f"{count:,} segments of {customers}: {ours:.2f} s CPU ({told}); a loop over fit {loop:.2f} s")


if __name__ == "__main__":
    main()
