"""When Σ mₖ first reaches the acquisition cost, in closed form, for constant margin, churn and discount.

With c churn, d discount, v = 1/(1+d), q = (1−c)·v and the payment m·w·v of the first period (w = 1+d at
the begin, √(1+d) in the middle, 1 at the end, 1−c at the end if retained):

    collected(n) = m·w·v·(1 − qⁿ)/(1 − q)  ≥  C   ⇔   n = ln(1 − x)/ln q,   x = C·(c+d)/(m·w)

since 1 − q = (c+d)·v. Never, where x ≥ 1. Close to x = 1 the difference 1 − x has no correct digit left
in floating point (500·0.1/50 may fall on either side of 1, and then a logarithm says 338 periods instead
of never): there it is taken in exact fractions, of the numbers as they are written, 0.1 being one tenth.
"""

from __future__ import annotations

from math import ceil, expm1, inf, log, log1p, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import GROWTH, PROBABILITY
from retainkit.timing import TIMINGS, Timing
from retainkit.typing import Array, NumberLike

if TYPE_CHECKING:
    from fractions import Fraction

PLAIN_RULES = {"churn": PROBABILITY, "discount_rate": GROWTH, "timing": TIMINGS}
"""What the shared arguments must be for plain numbers to skip arrays."""

_CLOSE, _BEYOND = 0.999, 1.001  # between them 1 - x is taken exactly; elsewhere it keeps 12 digits
_COUNTABLE = 10_000  # whole payments up to which a count is settled in exact fractions


def weight(timing: Timing, c: NumberLike, d: NumberLike) -> NumberLike:
    """What the first payment is worth at the end of its period, per unit of margin: w."""
    if timing == "begin":
        return 1.0 + d
    if timing == "mid":
        return (1.0 + d) ** 0.5
    return 1.0 if timing == "end" else 1.0 - c


def periods(cost: float, margin: float, c: float, d: float, timing: Timing) -> float:
    """Fractional number of periods until `cost` is collected; ``inf`` for never."""
    if cost == 0.0:
        return 0.0
    grown = 1.0 + d
    earned = margin * (grown if timing == "begin" else weight(timing, c, d))
    if earned <= 0.0:
        return inf
    k, g = cost / earned, c + d
    x = k * g
    # 1 − x has lost its digits here: which side of 1 it is on decides between 338 periods and never
    if x >= _CLOSE:
        return _periods_close(cost, margin, c, d, timing) if x < _BEYOND else inf
    # without churn and discount the series is a straight line, and ln q = 0 divides
    if g == 0.0 or x == 0.0:
        return k * grown
    if c == 1.0:
        return 0.0  # the limit: the one payment of all is more than the cost
    return log1p(-x) / log_kept(c, d)


def _periods_close(cost: float, margin: float, c: float, d: float, timing: Timing) -> float:
    """`periods` at the critical churn and close to it on either side."""
    left = _left(cost, margin, c, d, timing)
    if c == 1.0:
        return 0.0 if left > 0.0 else 1.0 if left == 0.0 else inf  # 1: the one payment is just the cost
    return log(left) / log_kept(c, d) if left > 0.0 else inf


def periods_of(cost: Array, margin: Array, c: Array, d: Array, timing: Timing) -> Array:
    """`periods` for columns that broadcast against each other."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        earned = margin * weight(timing, c, d)
        k, g = cost / earned, c + d
        x = k * g
        n: Array = np.log1p(-x) / _log_kept_of(c, d)
        n = np.where((g == 0.0) | (x == 0.0), k * (1.0 + d), n)
        close = (x >= _CLOSE) & (x < _BEYOND) & (earned > 0.0)
        # before the close rows are settled: theirs is decided in fractions and overwrites this
        n = np.where((x >= 1.0) | (earned <= 0.0), inf, n)
    n = np.where(cost == 0.0, 0.0, n)
    if close.any():
        _settle(n, close, cost, margin, c, d, timing)
    return n


def _settle(
    n: Array, close: NDArray[np.bool_], cost: Array, margin: Array, c: Array, d: Array, timing: Timing
) -> None:
    """Rows close to the critical churn, one by one in exact fractions; equal rows once."""
    columns = (np.broadcast_to(a, n.shape)[close].tolist() for a in (cost, margin, c, d))
    # a table of scenarios repeats few combinations: fractions cost microseconds each, not for a million rows
    known: dict[tuple[float, float, float, float], float] = {}
    rows = list(zip(*columns, strict=True))
    for one_cost, one_margin, churn, discount in set(rows):
        n_one = _periods_close(one_cost, one_margin, churn, discount, timing)
        known[one_cost, one_margin, churn, discount] = n_one
    n[close] = [known[row] for row in rows]


def payments(n: float, cost: float, margin: float, c: float, d: float, timing: Timing) -> int | None:
    """The whole number of payments that first reaches `cost`, given its fractional number `n`."""
    if cost == 0.0 or n == inf:
        return 0 if cost == 0.0 else None
    # only next to a whole number can rounding change the count; everywhere else ceil is right as it is
    whole = max(1, round(n))
    if abs(n - whole) > 1e-6 * whole or whole > _COUNTABLE:
        return max(1, ceil(n))
    k2, g, kept = _exact(cost, margin, c, d, timing)
    collected = (1 - kept**whole) / g if g else whole / (1 + _written(d))
    # squared on both sides, since mid-period payments carry √(1+d), which is no fraction
    return whole if collected**2 >= k2 else whole + 1


def worth_of_one(c: float, d: float, timing: Timing, payments: float) -> float:
    """What a margin of 1 collects by `payments` payments (``inf``: ever): w·(1 − qⁿ)/(c + d)."""
    g, w = c + d, weight(timing, c, d)
    if g == 0.0:
        return w / (1.0 + d) * payments
    if c == 1.0:
        return w / g
    exponent = payments * log_kept(c, d)
    # a growing stream (discount below −churn): e^700 is the last that a float holds
    return w * (-expm1(exponent) if exponent < 700.0 else -inf) / g


def worth_of_one_of(c: Array, d: Array, timing: Timing, payments: Array) -> Array:
    """`worth_of_one` for columns that broadcast against each other."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        g = c + d
        w: Array = weight(timing, c, d)
        total = w * -np.expm1(payments * _log_kept_of(c, d)) / g
        return np.where(g == 0.0, w / (1.0 + d) * payments, total)  # pyright: ignore[reportUnknownVariableType]


def critical_churn(cost: float, margin: float, d: float, timing: Timing) -> float:
    """The churn from which on `cost` is never collected: 0 = always never, ``inf`` = no such churn."""
    if cost == 0.0:
        return inf
    if margin <= 0.0:
        return 0.0
    if timing == "end-if-retained":
        return max(0.0, (margin - cost * d) / (margin + cost))
    # x = 1 solved for c; where the first payment needs a stay, w = 1 − c holds c too, as above
    churn = margin * weight(timing, 0.0, d) / cost - d
    return inf if churn >= 1.0 else max(0.0, churn)


def log_kept(c: float, d: float) -> float:
    """ln q: what a period leaves of the next payment."""
    if d == 0.0:
        return log1p(-c)
    # both logarithms of one sign, or far apart: their sum keeps its digits
    if d > 0.0 or c + d >= 0.5 * (1.0 + d):
        return log1p(-c) - log1p(d)
    return log1p(-(c + d) / (1.0 + d))  # a negative discount may cancel the churn


def _log_kept_of(c: Array, d: Array) -> Array:
    apart = np.log1p(-c) - np.log1p(d)
    if np.all(d >= 0.0):
        return apart
    return np.where((d >= 0.0) | (c + d >= 0.5 * (1.0 + d)), apart, np.log1p(-(c + d) / (1.0 + d)))


def _written(number: float) -> Fraction:
    from decimal import Decimal
    from fractions import Fraction

    # repr is the shortest text that gives the float back: the number as the caller wrote it
    return Fraction(Decimal(repr(number)))


def _exact(
    cost: float, margin: float, c: float, d: float, timing: Timing
) -> tuple[Fraction, Fraction, Fraction]:
    """(cost/(margin·w))², c + d and q in exact fractions; squared, since √(1+d) is none."""
    churn, discount = _written(c), _written(d)
    w = {"begin": 1 + discount, "mid": 1, "end": 1, "end-if-retained": 1 - churn}[timing]
    k2 = (_written(cost) / (_written(margin) * w)) ** 2
    kept = (1 - churn) / (1 + discount)
    return (k2 / (1 + discount) if timing == "mid" else k2), churn + discount, kept


def _left(cost: float, margin: float, c: float, d: float, timing: Timing) -> float:
    """1 − x = (1 − x²)/(1 + x), with the difference taken in exact fractions."""
    from fractions import Fraction

    k2, g, _ = _exact(cost, margin, c, d, timing)
    x2 = k2 * g * g
    return float((1 - x2) / (1 + Fraction(sqrt(x2))))
