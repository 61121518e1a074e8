"""A large billing table → the board's table by plan and month: CPU and peak memory.

Five million subscriptions of two million customers in five plans over ten years, as numpy columns.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

import retainkit as rk


def table(lines: int) -> dict[str, np.ndarray]:
    """Lines of customers that follow each other, some after a gap, with changing plans and prices."""
    rng = np.random.default_rng(1)
    customer = np.sort(rng.integers(0, lines * 2 // 5, lines))
    first = np.flatnonzero(np.diff(customer, prepend=-1))
    begin = np.repeat(rng.integers(0, 1500, first.size), np.diff(first, append=lines))
    length, gap = (
        rng.integers(20, 500, lines),
        np.where(rng.random(lines) < 0.7, 0, rng.integers(1, 200, lines)),
    )
    total = np.cumsum(length + gap)
    start = begin + total - length - np.repeat((total - length)[first], np.diff(first, append=lines))
    end = np.where(rng.random(lines) < 0.05, np.timedelta64("NaT", "D"), (start + length).astype("m8[D]"))
    end[:-1][customer[1:] == customer[:-1]] = (start + length)[:-1][customer[1:] == customer[:-1]]
    keep = start < 3650
    columns = {
        "customer": customer,
        "start": np.datetime64("2014-01-01") + start.astype("m8[D]"),
        "end": np.datetime64("2014-01-01") + end,
        "mrr": rng.integers(5, 200, lines) / 1.0,
        "plan": np.array(["free", "basic", "plus", "pro", "team"])[rng.integers(0, 5, lines)],
    }
    return {name: column[keep] for name, column in columns.items()}


def main(lines: int) -> None:
    """Read, and count by plan and month."""
    made = table(lines)
    rows = made["customer"].size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    marks = [time.process_time()]
    base = rk.read_subscriptions(
        made,
        customer_id="customer",
        start="start",
        end="end",
        amount="mrr",
        plan="plan",
        observation_end="2023-12-31",
    )
    marks.append(time.process_time())
    found = base.metrics(by="plan", every="month")
    marks.append(time.process_time())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{rows:,} subscriptions of {len(base):,} customers: {len(found):,} rows by plan and month")
    print(f"read {marks[1] - marks[0]:.2f} s, metrics {marks[2] - marks[1]:.2f} s CPU")
    print(f"peak {peak / 1e6:.2f} GB, of which the table and its making {before / 1e6:.2f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_002_000)
