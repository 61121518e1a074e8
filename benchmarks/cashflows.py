"""A million net present values, internal rates of return and break-evens against numpy-financial and pyxirr.

Run it with ``python benchmarks/cashflows.py``. Peers that take one stream at a time are timed on part of
the streams, and the time is scaled up; the answers are compared on that part.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy_financial
import pyxirr

from retainkit import economics
from retainkit.economics import break_even_periods, irr, npv, xirr

STREAMS, PERIODS, PART = 1_000_000, 12, 2_000


def seconds(task: Callable[[], Any], repeat: int = 3) -> tuple[float, Any]:
    """The best of some runs, and the answer."""
    best, answer = np.inf, None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = task()
        best = min(best, time.perf_counter() - start)
    return float(best), answer


def compare(
    name: str, ours: Callable[[], Any], peer: Callable[[], Any], scale: float, tolerance: float
) -> None:
    """One line: our time, the peer's, and the ratio."""
    mine, answer = seconds(ours)
    theirs, expected = seconds(peer)
    expected = np.asarray(expected, dtype=float)
    worst = float(np.max(np.abs(answer[: expected.size] - expected) / np.maximum(1, np.abs(expected))))
    assert worst < tolerance, f"{name}: answers differ by {worst}"
    report(name, mine, theirs * scale, f"(differ {worst:.0e})")


def report(name: str, mine: float, theirs: float, note: str = "") -> None:
    """One line of the table."""
    print(f"{name:42} {mine:8.3f} s {theirs:10.2f} s   {theirs / mine:7.0f}x   {note}")


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(1)
    flows = np.column_stack([-rng.uniform(100, 600, STREAMS), rng.uniform(10, 100, (STREAMS, PERIODS - 1))])
    wild = rng.normal(0, 100, (STREAMS // 10, PERIODS))
    wild[:, 0] = -np.abs(wild[:, 0])
    days = np.sort(rng.integers(1, 2000, (STREAMS // 10, PERIODS)), axis=1)
    days[:, 0] = 0
    dates = np.datetime64("2020-01-01") + days.astype("timedelta64[D]")
    part = range(PART)
    print(f"{'':42} {'retainkit':>10} {'peer':>12} {'ratio':>9}")
    compare(
        f"npv, {STREAMS:,} x {PERIODS}, numpy-financial",
        lambda: npv(flows, 0.01),
        lambda: [numpy_financial.npv(0.01, flows[i]) for i in part],
        STREAMS / PART,
        1e-12,
    )
    compare(
        f"irr, {STREAMS:,} x {PERIODS}, numpy-financial",
        lambda: irr(flows),
        lambda: [numpy_financial.irr(flows[i]) for i in part],
        STREAMS / PART,
        1e-9,
    )
    compare(
        f"irr, {STREAMS:,} x {PERIODS}, pyxirr (Rust)",
        lambda: irr(flows),
        lambda: [pyxirr.irr(flows[i]) for i in part],
        STREAMS / PART,
        1e-6,
    )
    compare(
        f"xirr, {STREAMS // 10:,} x {PERIODS}, pyxirr (Rust)",
        lambda: xirr(flows[: STREAMS // 10], dates),
        lambda: [pyxirr.xirr(dates[i], flows[i]) for i in part],
        STREAMS / 10 / PART,
        1e-6,
    )
    mine, _ = seconds(lambda: irr(wild, root="lowest", undefined="nan"), repeat=1)
    theirs, _ = seconds(lambda: [numpy_financial.irr(wild[i]) for i in part], repeat=1)
    report(f"irr, {len(wild):,} of any signs, all roots", mine, theirs * len(wild) / PART)
    cost, margin, churn = (rng.uniform(*r, STREAMS) for r in ((100, 900), (10, 90), (0, 0.2)))
    mine, _ = seconds(lambda: break_even_periods(cost, margin, churn=churn, discount_rate=0.01))
    print(f"{'break_even_periods':42} {mine:8.3f} s")
    print("\nsingle numbers, microseconds per call")
    names = {name: getattr(economics, name) for name in economics.__all__}  # lazy until they are asked for
    for call in (
        "break_even_periods(500, 50)",
        "break_even_periods(500, 50, churn=0.05, discount_rate=0.01)",
        "break_even_margin(500, churn=0.05, horizon=12)",
        "churn_from(retention=0.95)",
        "hazard_from(churn=0.05)",
        "present_value(100, when=12, discount_rate=0.01)",
        "annuity_value(50, periods=12, discount_rate=0.01)",
        "real_rate(0.07, 0.02)",
    ):
        runs = timeit.repeat(call, globals=names, number=20_000, repeat=5)
        print(f"{call:62} {min(runs) / 20_000 * 1e6:6.2f}")


if __name__ == "__main__":
    main()
