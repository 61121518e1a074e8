"""When Σ mₖ first reaches the acquisition cost, in closed form: constant churn and discount, steady growth.

With c churn, d discount, g growth, v = 1/(1+d), q = (1−c)(1+g)·v and the payment m·w·v of the first period
(w = 1+d at the begin, √(1+d) in the middle, 1 at the end, 1−c at the end if retained):

    collected(n) = m·w·v·(1 − qⁿ)/(1 − q)  ≥  C   ⇔   n = ln(1 − x)/ln q,   x = C·y/(m·w)

with y = c(1+g) + d − g, since 1 − q = y·v. Never, where x ≥ 1. Close to x = 1 the difference 1 − x has no
correct digit left in floating point (500·0.1/50 may fall on either side of 1, and then a logarithm says 338
periods instead of never): there it is taken in exact fractions, of the numbers as they are written, 0.1 being
one tenth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import ceil, expm1, inf, log, log1p, sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retainkit.domains import PROBABILITY, RATE
from retainkit.timing import TIMINGS, Timing
from retainkit.typing import Array, NumberLike

if TYPE_CHECKING:
    from fractions import Fraction

PLAIN_RULES = {"churn": PROBABILITY, "discount_rate": RATE, "timing": TIMINGS, "growth": RATE}
"""What the shared arguments must be for plain numbers to skip arrays."""

_CLOSE, _BEYOND = 0.999, 1.001  # between them 1 - x is taken exactly; elsewhere it keeps 12 digits
_ROUNDED = 8 * 2.0**-52  # of the terms of a critical churn: nine roundings of half a digit, and their own sum
_SHORT = 9  # digits of a number that someone writes; by chance one is that close once in a million
_COUNTABLE = 10_000  # whole payments up to which a count is settled in exact fractions


def weight(timing: Timing, c: NumberLike, d: NumberLike) -> NumberLike:
    """What the first payment is worth at the end of its period, per unit of margin: w."""
    if timing == "begin":
        return 1.0 + d
    if timing == "mid":
        return (1.0 + d) ** 0.5
    return 1.0 if timing == "end" else 1.0 - c


def lost(c: NumberLike, d: NumberLike, g: NumberLike) -> NumberLike:
    """y: what of 1 + d the next payment does not bring."""
    return c * (1.0 + g) + (d - g)


def periods(cost: float, margin: float, c: float, d: float, timing: Timing, g: float = 0.0) -> float:
    """Fractional number of periods until `cost` is collected; ``inf`` for never."""
    if cost == 0.0:
        return 0.0
    grown = 1.0 + d
    earned = margin * (grown if timing == "begin" else weight(timing, c, d))
    if earned <= 0.0:
        return inf
    k, y = cost / earned, lost(c, d, g)
    x = k * y
    # 1 − x has lost its digits here: which side of 1 it is on decides between 338 periods and never
    if x >= _CLOSE:
        return _periods_close(cost, margin, c, d, g, timing) if x < _BEYOND else inf
    # without churn and discount the series is a straight line, and ln q = 0 divides
    if y == 0.0 or x == 0.0:
        return k * grown
    if c == 1.0:
        return 0.0  # the limit: the one payment of all is more than the cost
    return log1p(-x) / log_kept(c, d, g)


def _periods_close(cost: float, margin: float, c: float, d: float, g: float, timing: Timing) -> float:
    """`periods` at the critical churn and close to it on either side."""
    left = _left(cost, margin, c, d, timing, g)
    if c == 1.0:
        return 0.0 if left > 0.0 else 1.0 if left == 0.0 else inf  # 1: the one payment is just the cost
    return log(left) / log_kept(c, d, g) if left > 0.0 else inf


def periods_of(cost: Array, margin: Array, c: Array, d: Array, timing: Timing, g: Array) -> Array:
    """`periods` for columns that broadcast against each other."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        earned = margin * weight(timing, c, d)
        k, y = cost / earned, lost(c, d, g)
        x = k * y
        n: Array = np.log1p(-x) / _log_kept_of(c, d, g)
        n = np.where((y == 0.0) | (x == 0.0), k * (1.0 + d), n)
        close = (x >= _CLOSE) & (x < _BEYOND) & (earned > 0.0)
        # before the close rows are settled: theirs is decided in fractions and overwrites this
        n = np.where((x >= 1.0) | (earned <= 0.0), inf, n)
    n = np.where(cost == 0.0, 0.0, n)
    if close.any():
        # close to the critical churn, one by one in exact fractions
        _settle(n, close, partial(_periods_close, timing=timing), cost, margin, c, d, g)
    return n


def _settle(
    answer: Array, close: NDArray[np.bool_], one: Callable[..., float | None], *columns: Array
) -> None:
    """Rows that are answered one by one, exactly; equal rows once."""
    # a table of scenarios repeats few combinations: fractions cost microseconds each, not for a million rows
    rows = list(zip(*(np.broadcast_to(a, answer.shape)[close].tolist() for a in columns), strict=True))
    known = {row: one(*row) for row in set(rows)}
    answer[close] = [known[row] for row in rows]


def payments(
    n: float, cost: float, margin: float, c: float, d: float, timing: Timing, g: float = 0.0
) -> int | None:
    """The whole number of payments that first reaches `cost`, given its fractional number `n`."""
    if cost == 0.0 or n == inf:
        return 0 if cost == 0.0 else None
    # only next to a whole number can rounding change the count; everywhere else ceil is right as it is
    whole = max(1, round(n))
    if abs(n - whole) > 1e-6 * whole or whole > _COUNTABLE:
        return max(1, ceil(n))
    k2, y, kept = _exact(cost, margin, c, d, timing, g)
    collected = (1 - kept**whole) / y if y else whole / (1 + _written(d))
    # squared on both sides, since mid-period payments carry √(1+d), which is no fraction
    return whole if collected**2 >= k2 else whole + 1


def payments_of(n: Array, cost: Array, margin: Array, c: Array, d: Array, timing: Timing, g: Array) -> Array:
    """`payments` for columns that broadcast to the shape of `n`; ``inf`` for never."""
    whole = np.maximum(np.rint(n), 1.0)
    with np.errstate(invalid="ignore"):
        close = (np.abs(n - whole) <= 1e-6 * whole) & (whole <= _COUNTABLE) & (cost > 0.0)
    counted = np.where(cost == 0.0, 0.0, np.maximum(np.ceil(n), 1.0))
    if close.any():

        def one(n: float, cost: float, margin: float, c: float, d: float, g: float) -> int | None:
            return payments(n, cost, margin, c, d, timing, g)

        _settle(counted, close, one, n, cost, margin, c, d, g)
    return counted


def worth_of_one(c: float, d: float, timing: Timing, g: float, payments: float) -> float:
    """What a margin of 1 collects by `payments` payments (``inf``: ever): w·(1 − qⁿ)/y."""
    y, w = lost(c, d, g), weight(timing, c, d)
    if y == 0.0:
        return w / (1.0 + d) * payments
    if c == 1.0:
        return w / y
    exponent = payments * log_kept(c, d, g)
    # a growing stream: e^700 is the last that a float holds
    return w * (-expm1(exponent) if exponent < 700.0 else -inf) / y


def worth_of_one_of(c: Array, d: Array, timing: Timing, g: Array, payments: Array) -> Array:
    """`worth_of_one` for columns that broadcast against each other."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y: Array = lost(c, d, g)
        w: Array = weight(timing, c, d)
        total = w * -np.expm1(payments * _log_kept_of(c, d, g)) / y
        return np.where(y == 0.0, w / (1.0 + d) * payments, total)  # pyright: ignore[reportUnknownVariableType]


def critical_churn(cost: float, margin: float, d: float, g: float, timing: Timing) -> float:
    """The churn from which on `cost` is never collected: 0 = always never, ``inf`` = no such churn."""
    if cost == 0.0:
        return inf
    if margin <= 0.0:
        return 0.0
    churn, bound = _critical(cost, margin, d, timing, g)
    short = 0.0 if abs(churn) <= bound else float(f"{churn:.{_SHORT}g}")
    if abs(churn - short) > bound:
        # no short number is near: outward by what rounding may have taken, so that from there on is never
        return inf if churn > 1.0 else max(0.0, churn + bound)
    # the number that was meant, if it is one: 0.1 of 50 and 500, and not 0.1 and a rounding
    if short < 0.0 or (short <= 1.0 and _never(cost, margin, short, d, timing, g)):
        return max(0.0, short)
    return inf if short >= 1.0 else churn + bound


def _never(cost: float, margin: float, c: float, d: float, timing: Timing, g: float) -> bool:
    """Whether x ≥ 1 and more than one payment is needed, exactly, of the numbers as they are written."""
    from decimal import Context, Decimal, localcontext

    with localcontext(Context(prec=2000)):  # more digits than sums and products of floats have: no rounding
        k, m, churn, discount, growth = (Decimal(repr(number)) for number in (cost, margin, c, d, g))
        owed = k * (churn * (1 + growth) + discount - growth)
        if timing == "mid":
            owed, earned = owed * abs(owed), m * m * (1 + discount)
        else:
            earned = m * {"begin": 1 + discount, "end": 1, "end-if-retained": 1 - churn}[timing]
        # at churn 1 the one payment of all that just meets the cost does pay it back
        return owed >= earned if c < 1.0 else owed > earned


def critical_churn_of(cost: Array, margin: Array, d: Array, timing: Timing, g: Array) -> Array:
    """`critical_churn` for columns of one shape."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        churn, bound = _critical(cost, margin, d, timing, g)
        digits = 10.0 ** (_SHORT - 1.0 - np.floor(np.log10(np.abs(churn))))
        apart = np.abs(np.rint(churn * digits) / digits - churn)
        answer = np.where(churn > 1.0, inf, np.maximum(churn + bound, 0.0))
    answer = np.where(cost == 0.0, inf, np.where(margin <= 0.0, 0.0, answer))
    close = (cost > 0.0) & (margin > 0.0) & ~((apart > bound) & (digits < 1e22) & (np.abs(churn) > bound))
    if close.any():
        _settle(answer, close, partial(critical_churn, timing=timing), cost, margin, d, g)
    return answer


def _critical(
    cost: NumberLike, margin: NumberLike, d: NumberLike, timing: Timing, g: NumberLike
) -> tuple[NumberLike, NumberLike]:
    """x = 1 solved for the churn, and how far rounding may have moved it."""
    if timing == "end-if-retained":
        # where the first payment needs a stay, w = 1 − c holds the churn too
        whole = margin + cost * (1.0 + g)
        return (margin - cost * (d - g)) / whole, _ROUNDED * ((margin + cost * (abs(d) + abs(g))) / whole)
    first = margin * weight(timing, 0.0, d) / cost
    return (first - (d - g)) / (1.0 + g), _ROUNDED * ((first + abs(d) + abs(g)) / (1.0 + g))


def log_kept(c: float, d: float, g: float = 0.0) -> float:
    """ln q: what a period leaves of the next payment."""
    if d == g:
        return log1p(-c)
    # logarithms of one sign, or far apart: their sum keeps its digits
    if g == 0.0 and (d > 0.0 or c + d >= 0.5 * (1.0 + d)):
        return log1p(-c) - log1p(d)
    y = lost(c, d, g)  # growth, or a negative discount, may cancel the churn
    return log1p(-y / (1.0 + d)) if y < 0.5 * (1.0 + d) else log1p(-c) + log1p(g) - log1p(d)


def _log_kept_of(c: Array, d: Array, g: Array) -> Array:
    apart = np.log1p(-c) - np.log1p(d)
    if np.all(d >= 0.0) and not np.any(g):
        return apart
    y = lost(c, d, g)
    alone = (g == 0.0) & ((d >= 0.0) | (y >= 0.5 * (1.0 + d)))
    return np.where(alone | (y >= 0.5 * (1.0 + d)), apart + np.log1p(g), np.log1p(-y / (1.0 + d)))


def _written(number: float) -> Fraction:
    from decimal import Decimal
    from fractions import Fraction

    # repr is the shortest text that gives the float back: the number as the caller wrote it
    return Fraction(Decimal(repr(number)))


def _exact(
    cost: float, margin: float, c: float, d: float, timing: Timing, g: float
) -> tuple[Fraction, Fraction, Fraction]:
    """(cost/(margin·w))², y and q in exact fractions; squared, since √(1+d) is none."""
    churn, discount, growth = _written(c), _written(d), _written(g)
    w = {"begin": 1 + discount, "mid": 1, "end": 1, "end-if-retained": 1 - churn}[timing]
    k2 = (_written(cost) / (_written(margin) * w)) ** 2
    stays = (1 - churn) * (1 + growth)
    return (k2 / (1 + discount) if timing == "mid" else k2), 1 + discount - stays, stays / (1 + discount)


def _left(cost: float, margin: float, c: float, d: float, timing: Timing, g: float) -> float:
    """1 − x = (1 − x²)/(1 + x), with the difference taken in exact fractions."""
    from fractions import Fraction

    k2, y, _ = _exact(cost, margin, c, d, timing, g)
    x2 = k2 * y * y
    return float((1 - x2) / (1 + Fraction(sqrt(x2))))
