"""All real roots of sums f(u) = Σₖ aₖ·exp(−tₖ·u) with `LOW` ≤ u ≤ `HIGH`, for many rows of amounts a at once.

A present value is such a sum in u = ln(1 + rate), with whole numbers tₖ for evenly spaced cash and any
numbers for dated cash; a float can tell the rate exp(u) − 1 from −100% and from ∞ between the two bounds.
Descartes' rule holds for it (Laguerre 1883): it has at most as many roots as the amounts, in order of time,
change their sign, and exactly one if they change it once.

One change of sign: h = ln(Σ positive parts/Σ negative parts) is monotone in u and nearly a straight line, so
that Halley's steps on it converge in three to five. A step is the last one only where that is proven: with
V the greater variance of the times on either side and D their span, |h″| ≤ V and |h‴| ≤ D·V, and over a
step s V grows by no more than exp(D·|s|), since the third moment of a time is at most D·V. A local V alone
would not do: where another term takes over just ahead, h has a kink that V at u knows nothing of.

More changes: with s between the two times where the sign changes, d/du [f·exp(s·u)] = exp(s·u)·Σ
aₖ(s − tₖ)·exp(−tₖ·u) changes its sign once less. Its roots, found first, cut the line into pieces on which
f·exp(s·u) is monotone, and the signs of f at their ends say which of them hold a root. So none is missed
and none invented, except that roots closer together than rounding resolves are given as one.
"""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import NDArray

from retainkit.typing import Array

LOW, HIGH = -52.0 * math.log(2.0), math.log(np.finfo(np.float64).max)
"""ln(1 + rate) of the least and the greatest rate that a float can tell from −100% and from ∞."""

_ROWS = 8192  # rows worked on together: their amounts stay in the processor's cache
_EPS = float(np.finfo(np.float64).eps)


def real_roots(amounts: Array, times: Array) -> Array:
    """The roots of every row, in ascending order and padded with NaN: (rows, most roots of any row).

    `amounts` is (rows, terms); `times`, ascending, is (terms,) or (rows, terms). A row of zeros has no root.
    """
    if len(amounts) == 1:
        root = _lone_root(amounts[0].tolist(), times.ravel().tolist())
        if root is not None:
            return np.array([[root if LOW <= root <= HIGH else math.nan]])
    found: list[Array] = [np.zeros((0, 1))]
    for start in range(0, len(amounts), _ROWS):
        rows = slice(start, start + _ROWS)
        a = np.ascontiguousarray(amounts[rows].T)  # (terms, rows)
        t = times[:, None] if times.ndim == 1 else np.ascontiguousarray(times[rows].T)
        found.append(_roots_of_any(a, t).T)
    most = max(part.shape[1] for part in found)
    padded = (np.pad(p, ((0, 0), (0, most - p.shape[1])), constant_values=np.nan) for p in found)
    return np.concatenate(list(padded))


def _lone_root(amounts: list[float], times: list[float]) -> float | None:
    """The root of one row that changes its sign once, by the steps of `_root` without arrays.

    None where the row is of another kind, or the steps leave the range of floats.
    """
    signs = [a > 0.0 for a in amounts if a]
    if not signs or signs[0] == signs[-1] or sum(map(operator.ne, signs, signs[1:])) != 1:
        return None
    sides = [[(t, abs(a)) for a, t in zip(amounts, times, strict=True) if a * s > 0.0] for s in (1.0, -1.0)]
    u, span = 0.0, times[-1] - times[0]
    try:
        for _ in range(20):
            (gain, early, wide), (loss, late, broad) = (_moments_of(side, u) for side in sides)
            h, slope, curvature = math.log(gain / loss), late - early, wide - broad
            step = -h / slope / max(1.0 - 0.5 * h * curvature / slope**2, 0.5)
            u += step
            bend, size = max(wide, broad) / abs(slope), abs(step)
            digit = _EPS * (abs(u) + 1.0 / abs(slope))
            if max(bend, span) * size <= 0.125 and bend * (bend + span) * size**3 <= digit:
                return u
    except (OverflowError, ZeroDivisionError, ValueError):
        pass
    return None


def _moments_of(side: list[tuple[float, float]], u: float) -> tuple[float, float, float]:
    """Σ w, and the mean and the variance of t with weights w = a·exp(−t·u), for one row."""
    total = first = second = 0.0
    for t, a in side:
        w = a * math.exp(-t * u)
        total += w
        first += t * w
        second += t * t * w
    mean = first / total
    return total, mean, max(second / total - mean * mean, 0.0)


def _roots_of_any(a: Array, t: Array) -> Array:
    """(most changes of sign of any column, columns) roots."""
    changes = _sign_changes(a)
    found = np.full((max(1, int(changes.max(initial=0))), a.shape[1]), np.nan)
    for count in range(1, len(found) + 1):
        these = np.flatnonzero(changes == count)
        if these.size:
            part = a if these.size == a.shape[1] else a[:, these]
            found[:count, these] = _roots(part, _of_columns(t, these), count)
    return found


def _of_columns(t: Array, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Array:
    """Times are one column for all, or one for each."""
    return t if t.shape[1] == 1 else t[:, chosen]


def _sign_changes(a: Array) -> NDArray[np.intp]:
    """How often each column changes its sign; zeros are passed over."""
    changes = np.zeros(a.shape[1], np.intp)
    last = np.zeros(a.shape[1])
    for row in a:
        changes += row * last < 0.0
        np.copyto(last, np.sign(row), where=row != 0.0)
    return changes


def _roots(a: Array, t: Array, count: int) -> Array:
    """(count, columns) roots of columns that all change their sign `count` times."""
    chain, span = [a], t[-1] - t[0]
    for s in _places_of_change(a, t)[: count - 1] if count > 1 else ():
        chain.append(chain[-1] * ((s - t) / span))  # scaled: products of many stay in range
    if count == 1:
        low, high = (np.full(a.shape[1], end) for end in (LOW - 1.0, HIGH + 1.0))
        roots = _root(a, t, low, high, _end_sign(a))[None, :]
    else:
        roots, (low, high) = np.empty((0, a.shape[1])), _ends(a, t)
        for f in reversed(chain):
            # of the derivatives floats are enough: what they cannot tell moves f by less than a rounding
            roots = _between(f, t, low, roots, high, exact=f is a)
    return np.sort(np.where((roots >= LOW) & (roots <= HIGH), roots, np.nan), axis=0)


def _ends(a: Array, t: Array) -> tuple[Array, Array]:
    """Two points between which all roots in the range lie: beyond them the first or the last term rules.

    As Cauchy's bound: each of m other terms is less than an m-th of it. At finite ends few sums overflow.
    """
    t, there = np.broadcast_to(t, a.shape), a != 0.0
    first, last = np.argmax(there, axis=0)[None, :], len(a) - 1 - np.argmax(there[::-1], axis=0)[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(np.abs(a))
        bounds = (
            (size - np.take_along_axis(size, k, axis=0) + math.log(len(a)))
            / (t - np.take_along_axis(t, k, axis=0))
            for k in (last, first)
        )
        # a term by itself (0/0) and terms of 0 are no bound
        low, high = (np.where(np.isfinite(bound), bound, 0.0) for bound in bounds)
    # a little further: the bound itself is rounded
    return np.maximum(low.min(axis=0) - 1e-6, LOW), np.minimum(high.max(axis=0) + 1e-6, HIGH)


def _places_of_change(a: Array, t: Array) -> Array:
    """The middle of the two times around every change of sign: (changes, rows)."""
    t = np.broadcast_to(t, a.shape)
    column = np.arange(a.shape[1], dtype=np.intp)
    last, last_time, seen = np.zeros(a.shape[1]), t[0].copy(), np.zeros(a.shape[1], np.intp)
    places = np.zeros((len(a), a.shape[1]))
    for amount, time in zip(a, t, strict=True):
        turns = amount * last < 0.0
        places[seen[turns], column[turns]] = 0.5 * (last_time + time)[turns]
        seen += turns
        here = amount != 0.0
        np.copyto(last, np.sign(amount), where=here)
        np.copyto(last_time, time, where=here)
    return places


def _end_sign(a: Array) -> Array:
    """The sign of f far to the left, where the last term rules."""
    last = np.zeros(a.shape[1])
    for row in a:
        np.copyto(last, np.sign(row), where=row != 0.0)
    return last


def _between(f: Array, t: Array, low: Array, turning: Array, high: Array, *, exact: bool) -> Array:
    """(n + 1, columns) roots of f, given the (n, columns) turning points between which it is monotone."""
    ends = np.concatenate([low[None, :], turning, high[None, :]])
    there = ~np.isnan(ends)
    ends = np.where(there, ends, high)
    signs = np.empty(ends.shape)
    signs[-1] = _sign(f, t, high)
    for sign, end, known in zip(signs[:-1], ends, there, strict=False):
        sign[:] = signs[-1]
        these = np.flatnonzero(known)
        if these.size == known.size:
            sign[:] = _sign(f, t, end)
        elif these.size:
            sign[these] = _sign(f[:, these], _of_columns(t, these), end[these])
    found = np.full((len(turning) + 1, low.size), np.nan)
    touching = there & (signs == 0.0)
    touching[[0, -1]] = False
    if exact:
        for k, c in zip(*np.nonzero(touching), strict=True):
            times = t[:, 0 if t.shape[1] == 1 else c]
            signs[k, c] = _exact_sign(f[:, c].tolist(), times.tolist(), float(ends[k, c]))
    crosses = signs[:-1] * signs[1:] < 0.0
    # where no digit tells two roots from none, one stands for both
    touching = touching[1:-1] & ~(crosses[:-1] | crosses[1:])
    found[:-1][touching] = ends[1:-1][touching]
    crossing = np.nonzero(crosses)
    if crossing[0].size:
        part, when = f[:, crossing[1]], _of_columns(t, crossing[1])
        found[crossing] = _root(part, when, ends[:-1][crossing], ends[1:][crossing], signs[:-1][crossing])
    return np.sort(found, axis=0)


def _sign(f: Array, t: Array, u: Array) -> Array:
    """The sign of f at u; 0 where the terms cancel as far as their digits go."""
    w = _terms(f, t, u)
    total = w.sum(axis=0)
    # an exponent tₖ·u carries a rounding of its own size
    digits = _EPS * (4.0 + 0.5 * np.abs(u) * (t[-1] - t[0]))
    return np.where(np.abs(total) <= digits * np.abs(w).sum(axis=0), 0.0, np.sign(total))


def _exact_sign(a: list[float], t: list[float], u: float) -> float:
    """The sign of f at u in 50 digits, where floats cannot tell."""
    from decimal import Decimal, localcontext

    with localcontext() as context:
        context.prec, x = 50, -Decimal(u)
        total = sum(Decimal(amount) * (Decimal(time) * x).exp() for amount, time in zip(a, t, strict=True))
    return float((total > 0) - (total < 0))


def _terms(a: Array, t: Array, u: Array) -> Array:
    """aₖ·exp(−tₖ·u), all divided by the largest of them where one might overflow."""
    if _steepest(t, u) < 600.0:
        w = _exponentials(t, u)
        w *= a
        return w
    with np.errstate(divide="ignore"):
        w = np.log(np.abs(a)) - t * u
    w -= w.max(axis=0)
    return np.sign(a) * np.exp(w, out=w)


def _steepest(t: Array, u: Array) -> float:
    return float(np.abs(u).max(initial=0.0)) * float(np.abs(t[-1]).max(initial=0.0))


def _exponentials(t: Array, u: Array) -> Array:
    """exp(−tₖ·u), for exponents that do not overflow."""
    if t.shape[1] == 1 and np.array_equal(t[:, 0], np.arange(len(t))):
        w = np.ones((len(t), u.size))
        z = np.exp(-u)
        for k in range(1, len(t)):  # powers by multiplication: a third of the time
            np.multiply(w[k - 1], z, out=w[k])
        return w
    w = -t * u
    return np.exp(w, out=w)


def _root(a: Array, t: Array, low: Array, high: Array, low_sign: Array) -> Array:
    """The one root of every column between `low` (where f has `low_sign`) and `high`."""
    result = np.full(a.shape[1], np.nan)
    live = np.arange(a.shape[1], dtype=np.intp)
    found = np.zeros(a.shape[1], bool)
    u = _start(low, high)
    gains, losses, span = _side(a), _side(-a), t[-1] - t[0]
    for turn in range(200):
        h, slope, curvature, variance = _log_ratio(a, gains, losses, t, u)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # Halley's step: Newton's, with the curvature of h where it does not more than double it
            step = -h / slope / np.maximum(1.0 - 0.5 * h * curvature / slope**2, 0.5)
            digit = _EPS * (np.abs(u) + 1.0 / np.abs(slope))  # as far as u can be told
            bend, size = variance / np.abs(slope), np.abs(step)
            proven = (np.maximum(bend, span) * size <= 0.125) & (bend * (bend + span) * size**3 <= digit)
        new_u = u + step
        left = h * low_sign > 0.0
        low, high = np.where(left, u, low), np.where(left, high, u)
        inside = (new_u >= low) & (new_u <= high)
        near = ((proven | (size <= 2.0 * digit)) & inside) | (h == 0.0)
        # two neighbouring floats, or the last turn: nothing better is between them
        near |= (high - low <= 4.0 * _EPS * np.abs(u)) | (turn == 199)
        new = near & ~found
        result[live[new]] = np.where(inside, new_u, 0.5 * (low + high))[new]
        found |= near
        if found.all():
            break
        outside = ~((new_u > low) & (new_u < high)) | ((turn > 12) & (turn % 2 == 1))
        u = np.where(outside, 0.5 * (low + high), new_u) if outside.any() else new_u
        if 2 * int(found.sum()) > found.size:  # the last few alone
            keep = ~found
            live, found, a, t = live[keep], found[keep], a[:, keep], _of_columns(t, keep)
            gains, losses, span = _side(a), _side(-a), t[-1] - t[0]
            u, low, high, low_sign = u[keep], low[keep], high[keep], low_sign[keep]
    return result


def _start(low: Array, high: Array) -> Array:
    """Where a search begins: 0, or as near to it as a fair distance from either end allows."""
    away = np.minimum(0.5 * (high - low), 1.0)
    return np.clip(0.0, low + away, high - away)


def _side(a: Array) -> tuple[slice, Array]:
    """The positive amounts, and the rows among which they are."""
    rows = np.flatnonzero((a > 0.0).any(axis=1))
    there = slice(int(rows[0]), int(rows[-1]) + 1)
    return there, np.maximum(a[there], 0.0)


def _log_ratio(
    a: Array, gains: tuple[slice, Array], losses: tuple[slice, Array], t: Array, u: Array
) -> tuple[Array, Array, Array, Array]:
    """h = ln(Σ gains/Σ losses), h′ and h″ in u, and the greater variance of the times on either side.

    The times weigh as much as the terms that fall on them: h′ is minus the difference of their means,
    h″ the difference of their variances.
    """
    if _steepest(t, u) < 600.0:
        e = _exponentials(t, u)
        gain, loss = gains[1] * e[gains[0]], losses[1] * e[losses[0]]
    else:
        w = _terms(a, t, u)
        gain, loss = np.maximum(w[gains[0]], 0.0), np.maximum(-w[losses[0]], 0.0)
    gain, gain_mean, gain_spread = _moments(gain, t[gains[0]])
    loss, loss_mean, loss_spread = _moments(loss, t[losses[0]])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        h = np.log(gain / loss)
    return h, loss_mean - gain_mean, gain_spread - loss_spread, np.maximum(gain_spread, loss_spread)


def _moments(w: Array, t: Array) -> tuple[Array, Array, Array]:
    """Σ w of every column, and the mean and the variance of t with these weights."""
    if t.shape[1] > 1:
        total, first, second = w.sum(axis=0), (t * w).sum(axis=0), (t * t * w).sum(axis=0)
    else:
        total, first, second = np.stack([np.ones(len(t)), t[:, 0], t[:, 0] ** 2]) @ w
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = first / total
        return total, mean, np.maximum(second / total - mean**2, 0.0)
