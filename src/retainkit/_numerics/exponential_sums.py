"""All real roots of sums f(u) = Σₖ aₖ·exp(−tₖ·u), for many rows of amounts a at once.

A present value is such a sum in u = ln(1 + rate), with whole numbers tₖ for evenly spaced cash and any
numbers for dated cash. Descartes' rule holds for it (Laguerre 1883): it has at most as many roots as the
amounts, in order of time, change their sign, and exactly one if they change it once.

One change of sign: ln(Σ positive parts/Σ negative parts) is monotone in u and nearly a straight line, so
Newton's steps on it converge in three to five, from anywhere and without overflow.

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

_ROWS = 8192  # rows worked on together: their amounts stay in the processor's cache
_EPS = float(np.finfo(np.float64).eps)


def real_roots(amounts: Array, times: Array) -> Array:
    """The roots of every row, in ascending order and padded with NaN: (rows, most roots of any row).

    `amounts` is (rows, terms); `times`, ascending, is (terms,) or (rows, terms).
    """
    if len(amounts) == 1:
        root = _lone_root(amounts[0].tolist(), times.ravel().tolist())
        if root is not None:
            return np.array([[root]])
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
    u = 0.0
    try:
        for _ in range(20):
            (gain, early, wide), (loss, late, broad) = (_moments_of(side, u) for side in sides)
            h, slope, curvature = math.log(gain / loss), late - early, wide - broad
            variance = max(wide, broad)
            step = -h / slope / max(1.0 - 0.5 * h * curvature / slope**2, 0.5)
            u += step
            after = (0.25 * (variance / slope) ** 2 + variance**1.5 / abs(slope)) * abs(step) ** 3
            if min(after, 0.5 * abs(step)) <= _EPS * (abs(u) + 1.0 / abs(slope)):
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
    nowhere = np.full(a.shape[1], np.inf)
    roots = _root(chain[-1], t, -nowhere, nowhere, _end_sign(chain[-1]))[None, :]
    for f in reversed(chain[:-1]):
        roots = _between(f, t, roots)
    return roots


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


def _between(f: Array, t: Array, turning: Array) -> Array:
    """(n + 1, columns) roots of f, given the (n, columns) turning points between which it is monotone."""
    rows, columns = turning.shape
    nowhere = np.full((1, columns), np.inf)
    ends = np.concatenate([-nowhere, np.where(np.isnan(turning), np.inf, turning), nowhere])
    signs = np.broadcast_to(_end_sign(f[::-1]), ends.shape).copy()
    signs[0] = _end_sign(f)
    inner = np.nonzero(np.isfinite(ends))
    signs[inner] = _sign(f[:, inner[1]], _of_columns(t, inner[1]), ends[inner])
    found = np.full((rows + 1, columns), np.nan)
    touching = np.isfinite(ends[1:]) & (signs[1:] == 0.0)
    found[touching] = ends[1:][touching]
    crossing = np.nonzero(signs[:-1] * signs[1:] < 0.0)
    if crossing[0].size:
        part, when, sign = f[:, crossing[1]], _of_columns(t, crossing[1]), signs[:-1][crossing]
        low, high = _finite_ends(part, when, ends[:-1][crossing], ends[1:][crossing], sign)
        found[crossing] = _root(part, when, low, high, sign)
    return np.sort(found, axis=0)


def _sign(f: Array, t: Array, u: Array) -> Array:
    """The sign of f at finite u; 0 where the terms cancel as far as their digits go."""
    w = _terms(f, t, u)
    total = w.sum(axis=0)
    return np.where(np.abs(total) <= 4.0 * _EPS * np.abs(w).sum(axis=0), 0.0, np.sign(total))


def _terms(a: Array, t: Array, u: Array) -> Array:
    """aₖ·exp(−tₖ·u), all divided by the largest exponential where one might overflow."""
    w = _exponentials(t, u)
    w *= a
    return w


def _exponentials(t: Array, u: Array) -> Array:
    steepest = float(np.abs(u).max(initial=0.0)) * float(np.abs(t[-1]).max(initial=0.0))
    if t.shape[1] == 1 and steepest < 600.0 and np.array_equal(t[:, 0], np.arange(len(t))):
        w = np.ones((len(t), u.size))
        z = np.exp(-u)
        for k in range(1, len(t)):  # powers by multiplication: a third of the time
            np.multiply(w[k - 1], z, out=w[k])
        return w
    w = -t * u
    if steepest >= 600.0:
        w -= np.maximum(w[0], w[-1])
    return np.exp(w, out=w)


def _finite_ends(f: Array, t: Array, low: Array, high: Array, low_sign: Array) -> tuple[Array, Array]:
    """Replace an infinite end by a point beyond the root, found in doubling steps."""
    step = np.broadcast_to(1.0 / np.maximum(t[-1] - t[0], _EPS), low.shape).copy()
    low, high = low.copy(), high.copy()
    for _ in range(60):
        left, right = np.isneginf(low), np.isposinf(high)
        if not (left.any() or right.any()):
            break
        probe = np.where(left, np.where(right, 0.0, high), low) + np.where(left, -step, step)
        sign = _sign(f, t, probe)
        low = np.where(left & (sign == low_sign), probe, low)
        high = np.where(right & (sign == -low_sign), probe, high)
        step *= 2.0
    return low, high


def _root(a: Array, t: Array, low: Array, high: Array, low_sign: Array) -> Array:
    """The one root of every column between `low` (where f has `low_sign`) and `high`."""
    result = np.full(a.shape[1], np.nan)
    live = np.arange(a.shape[1], dtype=np.intp)
    found = np.zeros(a.shape[1], bool)
    u = _halfway(low, high)
    gains, losses = _side(a), _side(-a)
    for turn in range(200):
        h, slope, curvature, variance = _log_ratio(gains, losses, t, u)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # Halley's step: Newton's, with the curvature of h where it does not more than double it
            step = -h / slope / np.maximum(1.0 - 0.5 * h * curvature / slope**2, 0.5)
            after = (0.25 * (variance / slope) ** 2 + variance**1.5 / np.abs(slope)) * np.abs(step) ** 3
            digit = _EPS * (np.abs(u) + 1.0 / np.abs(slope))  # as far as u can be told
            near = (np.abs(step) <= 2.0 * digit) | (after <= digit)  # the next step, foreseen
        new_u = u + step
        left = h * low_sign > 0.0
        low, high = np.where(left, u, low), np.where(left, high, u)
        near |= (h == 0.0) | (high - low <= 4.0 * _EPS * np.abs(u))
        new = near & ~found
        result[live[new]] = np.clip(np.where(np.isfinite(new_u), new_u, u), low, high)[new]
        found |= near
        if found.all():
            break
        outside = ~((new_u > low) & (new_u < high)) | ((turn > 12) & (turn % 2 == 1))
        u = np.where(outside, _halfway(low, high), new_u) if outside.any() else new_u
        if 2 * int(found.sum()) > found.size:  # the last few alone
            keep = ~found
            live, found, a, t = live[keep], found[keep], a[:, keep], _of_columns(t, keep)
            gains, losses = _side(a), _side(-a)
            u, low, high, low_sign = u[keep], low[keep], high[keep], low_sign[keep]
    return result


def _halfway(low: Array, high: Array) -> Array:
    """The middle of an interval; for an unbounded one 0, or a point well beyond its finite end."""
    with np.errstate(invalid="ignore"):  # inf - inf, in the branches not taken
        beyond = np.where(np.isposinf(high), low + 2.0 * np.abs(low) + 1.0, high - 2.0 * np.abs(high) - 1.0)
        one_end = np.isposinf(high) != np.isneginf(low)
        return np.where(one_end, beyond, np.where(np.isposinf(high), 0.0, 0.5 * (low + high)))


def _side(a: Array) -> tuple[slice, Array]:
    """The positive amounts, and the rows among which they are."""
    rows = np.flatnonzero((a > 0.0).any(axis=1))
    there = slice(int(rows[0]), int(rows[-1]) + 1)
    return there, np.maximum(a[there], 0.0)


def _log_ratio(
    gains: tuple[slice, Array], losses: tuple[slice, Array], t: Array, u: Array
) -> tuple[Array, Array, Array, Array]:
    """h = ln(Σ gains/Σ losses), h′ and h″ in u, and the greater variance of the times on either side.

    The times weigh as much as the terms that fall on them: h′ is minus the difference of their means,
    h″ the difference of their variances, and h‴ is of the order of a variance to the power 3/2.
    """
    e = _exponentials(t, u)
    gain, gain_mean, gain_spread = _moments(gains[1] * e[gains[0]], t[gains[0]])
    loss, loss_mean, loss_spread = _moments(losses[1] * e[losses[0]], t[losses[0]])
    with np.errstate(divide="ignore", invalid="ignore"):
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
