"""Every internal rate of return is found and none invented: eight kinds of streams against a certified scan.

The scan is another road to the same answer: no derivative chain, no Newton. It cuts the line ln(1 + rate)
into intervals until Taylor's series with its remainder proves that a stream is worth something all over the
interval, or that its value only rises or only falls there; then the signs at the ends, in 60 digits where
floats cannot tell, say whether a rate lies inside. ``python tests/recovery/economics/test_rates_of_return.py
10000`` tries so many streams of either calendar.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from retainkit.economics import irr_all, xirr_all

LOW, HIGH = -52.0 * np.log(2.0), np.log(np.finfo(np.float64).max)
"""ln(1 + rate) of the rates that floats hold: above -100% by 2**-52 or more, and finite."""

ORDER = 10  # terms of Taylor's series
KINDS = ("investment", "costly end", "any signs", "heavy tails", "loan", "sparse", "close rates", "mine")
Array = NDArray[np.floating[Any]]


def amounts_of(kind: str, rng: np.random.Generator, terms: int) -> Array:
    """One stream with `terms` amounts."""
    gains = rng.uniform(10, 300, terms)
    if kind == "any signs":
        return rng.normal(0, 100, terms)
    if kind == "heavy tails":
        return np.exp(rng.normal(0, 4, terms)) * rng.choice([-1, 1], terms)
    if kind == "close rates":  # (1 - x/(1 + i)) for rates near to each other, spread over the terms
        stream = np.array([1.0])
        for rate in rng.uniform(-0.2, 0.5) + rng.uniform(0, 0.05, min(terms - 1, 4)):
            stream = np.convolve(stream, [1.0, -(1.0 + rate)])
        return 1000 * np.pad(stream, (0, terms - stream.size))
    if kind == "sparse":
        kept = rng.random(terms) < 0.3
        kept[[0, -1]] = True
        return kept * 10.0 ** rng.uniform(-3, 6, terms) * rng.choice([-1, 1], terms)
    gains[0] = -gains.sum() * rng.uniform(0.2, 1.5)
    if kind == "costly end":
        gains[-1] = -rng.uniform(1, 60)
    if kind == "mine":
        gains[-1], gains[terms // 2] = -gains.sum() * rng.uniform(0.5, 1.5), -rng.uniform(0, 500)
    return -gains if kind == "loan" else gains


def days_of(kind: str, rng: np.random.Generator, terms: int) -> NDArray[np.int64]:
    """Days of one stream, ascending; the last of a costly end soon after the one before it."""
    days = np.sort(rng.choice(np.arange(1, 3000), terms, replace=False))
    if kind == "costly end":
        days[-1] = days[-2] + rng.integers(1, 20)
    return days


def certified(a: Array, t: Array) -> list[tuple[float, float]] | None:
    """Intervals that hold one root of Σ aₖ·exp(−tₖu) each, and together all in the range; None: undecided."""
    a, t = (values[a != 0.0].astype(np.longdouble) for values in (a, t))  # more digits where there are
    digit = 4.0 * float(np.finfo(np.longdouble).eps)
    found: list[tuple[float, float]] = []
    cuts = np.array([LOW, -8.0, -2.0, -0.5, -0.1, 0.0, 0.1, 0.5, 2.0, 8.0, 40.0, HIGH])
    low, high = cuts[:-1], cuts[1:]
    for _ in range(50):
        middle, half = 0.5 * (low + high), 0.5 * (high - low)[:, None]
        logs = np.log(np.abs(a)) - t * middle[:, None]
        largest = np.argmax(logs, axis=1)
        w = np.sign(a) * np.exp(logs - logs.max(axis=1, keepdims=True))
        # against the largest term, which is a constant then: Taylor's series of each term around the middle
        x = (t[largest][:, None] - t) * half
        series = np.stack([(w * x**k).sum(axis=1) / math.factorial(k) for k in range(ORDER)])
        most = np.exp(np.minimum(logs - logs.max(axis=1, keepdims=True) + np.abs(x), 700.0))
        rest = (most * np.minimum(np.abs(x), 1e9) ** ORDER).sum(axis=1) / math.factorial(ORDER - 1)
        noise = digit * (most * (20.0 + np.abs(t * middle[:, None]))).sum(axis=1)
        orders = np.arange(ORDER, dtype=np.float64)[:, None]
        size = np.abs(series)
        nowhere = size[0] > size[1:].sum(axis=0) + rest + noise
        steady = ~nowhere & (size[1] > (orders * size)[2:].sum(axis=0) + rest + noise)
        for one, other in zip(low[steady], high[steady], strict=True):
            if exact_sign(a, t, one) * exact_sign(a, t, other) < 0:
                found.append((float(one), float(other)))
        left = ~nowhere & ~steady
        if not left.any():
            return sorted(found)
        if left.sum() > 500:
            return None
        low, middle, high = low[left], middle[left], high[left]
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    return None


def exact_sign(a: Array, t: Array, u: float) -> int:
    """The sign of the value at u, in 60 digits."""
    with mpmath.workdps(60):
        x = mpmath.mpf(float(u))
        shift = -t[0] * x if u > 0 else -t[-1] * x
        total = mpmath.fsum(
            mpmath.mpf(float(c)) * mpmath.exp(-k * x - shift) for c, k in zip(a, t, strict=True)
        )
        return int(mpmath.sign(total))


def verdict(a: Array, t: Array, rates: Array) -> str:
    """Whether the rates are those of the scan: right, touches, missed, invented, off, undecided."""
    known = certified(a, t)
    if known is None:
        return "undecided"
    if not np.all(np.isfinite(rates) & (rates > -1.0)):
        return "invented"
    forces = np.log1p(rates)
    if forces.size > len(known):
        # two rates that are none in 60 digits are given once where no float tells their value from 0
        w = a * np.exp(-t * forces[:, None])
        told = np.abs(w.sum(axis=1)) > 2**-50 * np.abs(w).sum(axis=1)
        return "invented" if told.any() else "touches"
    if forces.size < len(known):
        return "missed"
    for u, (low, high) in zip(forces, known, strict=True):
        # a rate carries a rounding of its own: it is right if the value changes its sign within a few of them
        w = a * np.exp(-t * u + min(t[0] * u, t[-1] * u))
        slope = abs(float(t @ w) - t[0] * float(w.sum()))
        digits = 2**-52 * (8.0 * (1.0 + abs(u)) + 1.0 / np.exp(u))
        digits += 2**-52 * float(np.abs(w) @ (16.0 + 2.0 * np.abs(t * u))) / slope
        near = max(u - digits, low), min(u + digits, high)
        if near[0] > near[1] or exact_sign(a, t, near[0]) * exact_sign(a, t, near[1]) > 0:
            return "off"
    return "right"


def tally(count: int, *, dated: bool, seed: int) -> Counter[tuple[str, str]]:
    """Verdicts of so many streams, by kind."""
    rng, result = np.random.default_rng(seed), Counter[tuple[str, str]]()
    for k in range(count):
        kind = KINDS[k % len(KINDS)]
        terms = int(rng.integers(3, 16))
        a = amounts_of(kind, rng, terms)
        if dated:
            days = days_of(kind, rng, terms)
            rates = xirr_all(a, np.datetime64("2015-01-01") + days)
            t = (days - days[0]) / 365.0
        else:
            rates, t = irr_all(a), np.arange(float(terms))
        result[kind, verdict(a, t, rates)] += 1
    return result


@pytest.mark.slow
@pytest.mark.parametrize("dated", [False, True], ids=["monthly", "dated"])
def test_rates_are_those_of_the_certified_scan(dated: bool) -> None:
    found = tally(160, dated=dated, seed=1)
    assert {v for _, v in found} <= {"right", "undecided"}
    assert sum(n for (_, v), n in found.items() if v == "undecided") <= 2


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for calendar in ("monthly", "dated"):
        counts = tally(number, dated=calendar == "dated", seed=2024)
        print(calendar, dict(Counter(v for (_, v), n in counts.items() for _ in range(n))))
        for (name, word), times in sorted(counts.items()):
            print(f"  {name:12} {word:10} {times:6,}")
