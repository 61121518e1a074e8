"""Read the Online Retail table in one call, choose a model, and hold its predictions against what came.

    python benchmarks/online_retail.py FILE [FILE ...]

FILE is the public table (UCI "Online Retail", 541,909 lines of 2010-11, with returns and 135,080 lines
without a customer), as CSV, Parquet or workbook: its columns are found by their names. Of several files the
summaries must be identical. Printed are seconds and CPU seconds of reading, the peak of memory, what became
of the lines, and the error of the repeat purchase days of the held-out second half.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import timedelta
from typing import Any

import numpy as np

import retainkit as rk
from retainkit.reports.compose import MODELS

COLUMNS = {
    "customer_id": "CustomerID",
    "date": "InvoiceDate",
    "amount": "Quantity * UnitPrice",
    "unit": "week",
}


def read(path: str, **more: Any) -> Any:
    return rk.summarize_transactions(path, **COLUMNS, missing_ids="drop", **more)


def numbers(tx: Any) -> np.ndarray:
    p = tx.purchases
    return np.column_stack([p.frequency, p.recency, p.T, tx.monetary_value])


def main(paths: list[str]) -> None:
    first = None
    for path in paths:
        wall, cpu = time.perf_counter(), time.process_time()
        tx = read(path)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        same = "" if first is None else f"; as the first: {np.array_equal(first, numbers(tx))}"
        first = numbers(tx) if first is None else first
        print(f"{path}: {wall:.1f} s ({cpu:.1f} s CPU), peak so far {peak:.0f} MB{same}")
    tx = read(paths[0])
    print(tx.treatment)
    days = (tx.observation_end - tx.observation_start).days + 1
    policies: list[dict[str, Any]] = [{}, {"refunds": "cancel", "refund_window": 90}]
    for refunds in policies:
        half = read(paths[0], holdout_from=tx.observation_start + timedelta(days=(days + 1) // 2), **refunds)
        found = rk.compare(MODELS, half)
        print(f"\nheld out: {half.holdout}; {refunds or 'refunds netted'}\n{found}")
        before, ahead = half.calibration.purchases, half.holdout.duration
        model = found.best.model
        predicted, came = np.sum(model.expected_purchases(before, ahead)), np.sum(half.holdout.frequency)
        told = f"{predicted:,.0f} repeat purchase days predicted, {came:,.0f} came"
        print(f"{type(model).__name__}: {told}: {predicted / came - 1:+.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])
