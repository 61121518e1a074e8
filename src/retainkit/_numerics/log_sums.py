"""ln(e^u + e^v) for arrays, for which numpy's own logaddexp takes four times as long; chances near 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from retainkit.typing import Array, Real

_FEW = 300  # below, several calls cost more than one slow one
_SURE = 1e-3  # below, −ln of a chance that is told by what it holds has lost three digits of sixteen


def log_sum(u: Array, v: Real) -> Array:
    """ln(e^u + e^v), to all digits; one of the two may be −inf."""
    if u.size < _FEW:
        return np.logaddexp(u, v)
    e = np.subtract(u, v)
    np.abs(e, out=e)
    np.exp(np.negative(e, out=e), out=e)
    value = np.log1p(e, out=e)
    value += np.maximum(u, v)
    return value


def log_sum_and_shares(u: Array, v: Array) -> tuple[Array, Array, Array]:
    """ln(e^u + e^v), and the share that each of the two has in it."""
    d = u - v
    e = np.exp(-np.abs(d))
    share, whole = e / (1.0 + e), 1.0 / (1.0 + e)
    first = d > 0.0
    value = np.maximum(u, v) + np.log1p(e)
    return value, np.where(first, whole, share), np.where(first, share, whole)


def log_fallen(fall: Array) -> Array:
    """ln(1 − e^−fall), of a fall of any size."""
    with np.errstate(divide="ignore"):  # none
        return np.where(fall < np.log(2.0), np.log(-np.expm1(-fall)), np.log1p(-np.exp(-fall)))


def near_one(log_chance: Array, log_rest: Callable[..., Array], *arguments: Array) -> Array:
    """A flat array of ln of chances, in place: those of nearly 1 by what they lack, so that they keep digits.

    `log_rest` of the arguments' rows is ln(1 − chance).
    """
    rows = np.flatnonzero(log_chance > -_SURE)
    if rows.size:
        log_chance[rows] = np.log1p(-np.exp(log_rest(*(a[rows] for a in arguments))))
    return log_chance
