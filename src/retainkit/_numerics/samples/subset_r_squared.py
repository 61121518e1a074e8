"""R² of an outcome's regressions on every subset of its drivers, and what each driver adds on average.

All 2^p regressions are done by one elimination. Once it is decided for the first k drivers whether they are
in the subset, only the covariances of the other p − k given those that are in matter; so there are 2^k tables
of size (p − k)² at step k, and the work is about 6·2^p instead of 2^p·p³/3.

The last axes are independent problems (resamples, draws); the drivers are on the first. No driver may be a
combination of others.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retainkit.typing import Array

Orders: TypeAlias = NDArray[np.intp]


def r_squared_by_subset(correlation: Array, with_outcome: Array) -> Array:
    """R² of all subsets: entry s belongs to the drivers j whose bit 2^j is set in s.

    Gives (2^p, ...).

    Parameters
    ----------
    correlation : (p, p, ...)
        Of the drivers with each other.
    with_outcome : (p, ...)
        Of the drivers with the outcome.
    """
    a, b = correlation[:, :, None], with_outcome[:, None]  # (rest, rest, subsets, ...), (rest, subsets, ...)
    explained = np.zeros((1, *with_outcome.shape[1:]))
    for _ in range(with_outcome.shape[0]):
        gain, a_given, b_given = _eliminate_first(a, b)
        explained = np.concatenate([explained, explained + gain])
        a = np.concatenate([a[1:, 1:], a_given], axis=2)
        b = np.concatenate([b[1:], b_given], axis=1)
    return explained


def _eliminate_first(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """What the first driver explains of the outcome, and all covariances of the others given it."""
    slope = a[0, 1:] / a[0, 0]
    return b[0] ** 2 / a[0, 0], a[1:, 1:] - slope[:, None] * a[0, 1:], b[1:] - slope * b[0]


def mean_gains(r_squared: Array) -> Array:
    """What each driver adds to R², averaged over all orders in which the drivers may come in.

    Σ over the subsets S without j of |S|!(p−1−|S|)!/p! · (R²(S and j) − R²(S)): the Shapley value of R².
    Gives (p, ...).

    Parameters
    ----------
    r_squared : (2^p, ...)
        As `r_squared_by_subset` gives it.
    """
    drivers = r_squared.shape[0].bit_length() - 1
    size = np.zeros(1, np.intp)
    for _ in range(drivers):
        size = np.concatenate([size, size + 1])
    as_last, as_first = _weights(drivers)
    trailing = (-1,) + (1,) * (r_squared.ndim - 1)
    everywhere = (as_first[size].reshape(trailing) * r_squared).sum(axis=0)
    return _sums_with_each((as_first + as_last)[size].reshape(trailing) * r_squared) - everywhere


def _weights(drivers: int) -> tuple[Array, Array]:
    """By size of the subset: its weight where the driver came in last, and where it comes in next."""
    next_one = np.zeros(drivers + 1)
    next_one[:drivers] = 1.0 / drivers
    for s in range(1, drivers):
        next_one[s] = next_one[s - 1] * s / (drivers - s)  # s!(p−1−s)!/p!
    return np.concatenate([[0.0], next_one[:-1]]), next_one


def _sums_with_each(values: Array) -> Array:
    """For each driver the sum over the subsets that hold it, by folding the other drivers away."""
    found: list[Array] = []
    while values.shape[0] > 1:
        without, with_last = np.split(values, 2)
        found.append(with_last.sum(axis=0))
        values = without + with_last
    return np.stack(found[::-1])


def gains_in_order(correlation: Array, with_outcome: Array, orders: Orders) -> Array:
    """What each driver adds to R² in each of some orders of coming in.

    Gives (p, n, ...), by driver, not by place.

    Parameters
    ----------
    correlation : (p, p, ...)
    with_outcome : (p, ...)
    orders : (n, p)
        Permutations of the drivers.
    """
    place = orders.T  # (p, n)
    a, b = correlation[place[:, None], place], with_outcome[place]
    gains = np.empty_like(b)
    at: Orders = np.arange(len(orders))
    for step in range(place.shape[0]):
        gains[place[step], at], a, b = _eliminate_first(a, b)
    return gains


def orders_and_their_reverse(drivers: int, pairs: int, rng: np.random.Generator) -> Orders:
    """Random orders, each followed by its reverse: what comes late in one comes early in the other."""
    some = rng.permuted(np.tile(np.arange(drivers), (pairs, 1)), axis=1)
    return np.stack([some, some[:, ::-1]], axis=1).reshape(-1, drivers)
