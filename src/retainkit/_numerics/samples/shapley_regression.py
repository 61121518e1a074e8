"""How much of R² is due to each driver: the average over all orders in which the drivers may come in (LMG).

Correlated drivers share what they explain, and how much one of them adds depends on which others are there
already. Averaged over all orders, the parts add up to R², none is negative, and no order is preferred:

    LMG_j = Σ_{S without j} |S|!(p−1−|S|)!/p! · (R²(S and j) − R²(S)),

the Shapley value of R², also called general dominance.

- Lindeman, R. H., Merenda, P. F. and Gold, R. Z. (1980), Introduction to Bivariate and Multivariate Analysis,
  Scott Foresman, p. 119 ff.
- Grömping, U. (2006), "Relative Importance for Linear Regression in R: The Package relaimpo", Journal of
  Statistical Software 17(1), doi:10.18637/jss.v017.i01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retainkit._numerics.samples.correlations import check_correlations
from retainkit._numerics.samples.subset_r_squared import (
    gains_in_order,
    mean_gains,
    orders_and_their_reverse,
    r_squared_by_subset,
)
from retainkit.columns import keeps_labels
from retainkit.domains import generator, whole_number
from retainkit.errors import InputError, wrong_shape
from retainkit.plurals import counted
from retainkit.records import Record, read_only
from retainkit.typing import Array, NumberLike

EXACT_UP_TO = 20
"""Drivers up to which all subsets are computed: a million, in a tenth of a second."""

_AT_ONCE = 1 << 17
_SAMPLED_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class SampledParts(Record):
    """Parts of R² averaged over some of the orders; made by `sampled_shapley_r_squared`.

    Attributes
    ----------
    parts, standard_error : (p,)
        The error is that of averaging over some orders only.
    """

    parts: Array
    standard_error: Array

    def __str__(self) -> str:
        pairs = zip(self.parts.tolist(), self.standard_error.tolist(), strict=True)
        return "Parts of R²: " + ", ".join(f"{part:.4f} ± {error:.4f}" for part, error in pairs)


@keeps_labels
def shapley_r_squared(correlation: NumberLike, with_outcome: NumberLike) -> Array:
    """The part of R² due to each driver, averaged over all orders of the drivers (LMG).

    Parameters
    ----------
    correlation : (p, p), or draws (draws, p, p)
        Of the drivers with each other; up to 20 drivers, for more take `sampled_shapley_r_squared`.
    with_outcome : (p,), or draws (draws, p)
        Of the drivers with the outcome.

    Returns
    -------
    (p,) or (draws, p)
        Not negative, but for rounding; their sum is R².

    Raises
    ------
    InputError
        For tables that no data can have, a driver that is a combination of others, and too many drivers.

    Examples
    --------
    >>> parts = shapley_r_squared([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]], [0.6, 0.5, 0.4])
    >>> parts.round(5)
    array([0.23747, 0.12469, 0.07961])
    """
    R, r = check_correlations(correlation, with_outcome)
    if r.shape[-1] > EXACT_UP_TO:
        rule = f"must be of at most {EXACT_UP_TO} drivers"
        way_out = "Take sampled_shapley_r_squared, or relative_weights."
        raise InputError("out-of-range", "correlation", counted(r.shape[-1], "driver"), rule, way_out)
    parts = exact_parts(R.reshape(-1, *R.shape[-2:]), r.reshape(-1, r.shape[-1]))
    return parts.reshape(r.shape)


def exact_parts(R: Array, r: Array) -> Array:
    """The same for (n, p, p) and (n, p), unchecked, so many at once as the processor's cache holds."""
    # so many tables that their 2^p subsets stay in the cache together
    size = max(1, _AT_ONCE >> r.shape[1])
    found = [
        mean_gains(
            r_squared_by_subset(np.moveaxis(R[i : i + size], 0, -1).copy(), r[i : i + size].T.copy())
        ).T
        for i in range(0, len(r), size)
    ]
    return np.concatenate(found)


def sampled_shapley_r_squared(
    correlation: NumberLike,
    with_outcome: NumberLike,
    *,
    orders: int = 2000,
    seed: int | np.random.Generator = 0,
) -> SampledParts:
    """The part of R² due to each driver, averaged over random orders: for more drivers than all orders allow.

    Each random order is taken together with its reverse; the standard error is that of the pairs' mean. The
    parts add up to R² whatever the orders.

    Parameters
    ----------
    correlation : (p, p)
    with_outcome : (p,)
    orders : int, 4 or more
        How many, reverses included.
    seed : int or Generator

    Returns
    -------
    SampledParts
        parts (p,) and standard_error (p,).

    Raises
    ------
    InputError
        For tables that no data can have, a driver that is a combination of others, and too few orders.

    Examples
    --------
    >>> import numpy as np
    >>> alike = np.full((30, 30), 0.4) + 0.6 * np.eye(30)
    >>> found = sampled_shapley_r_squared(alike, np.full(30, 0.5))
    >>> round(float(found.parts.sum()), 6), round(30 * 0.5**2 / (1 + 29 * 0.4), 6)
    (0.595238, 0.595238)
    >>> bool(np.all(np.abs(found.parts - found.parts.mean()) < 4 * found.standard_error))
    True
    """
    R, r = check_correlations(correlation, with_outcome)
    if r.ndim > 1:
        raise wrong_shape("with_outcome", r, "must be one column here", "Call it for each draw.")
    return sampled_parts(R, r, orders, generator(seed))


def sampled_parts(R: Array, r: Array, orders: int, rng: np.random.Generator) -> SampledParts:
    """The same, unchecked but for the number of orders."""
    orders = whole_number("orders", orders, 4, way_out="Two and their reverses; take 2,000.")
    # what comes late in an order comes early in its reverse: the pairs vary far less than single orders
    chosen = orders_and_their_reverse(r.size, orders // 2, rng)
    size = 2 * max(1, _SAMPLED_AT_ONCE // (2 * r.size**2))
    gains = [gains_in_order(R, r, chosen[i : i + size]) for i in range(0, len(chosen), size)]
    # an order and its reverse are one observation: their errors are not independent
    pairs = np.concatenate(gains, axis=1).reshape(r.size, -1, 2).mean(axis=2)  # (p, pairs)
    error = pairs.std(axis=1, ddof=1) / np.sqrt(pairs.shape[1])
    return SampledParts(read_only(pairs.mean(axis=1)), read_only(error))


def parts_in_orders(R: Array, r: Array, orders: int, rng: np.random.Generator) -> Array:
    """Averages over the same random orders for each of (n, p, p) and (n, p)."""
    chosen = orders_and_their_reverse(r.shape[1], max(1, orders // 2), rng)
    size = max(1, _SAMPLED_AT_ONCE // (r.shape[1] ** 2 * len(chosen)))
    found = [
        gains_in_order(np.moveaxis(R[i : i + size], 0, -1).copy(), r[i : i + size].T.copy(), chosen).mean(
            axis=1
        )
        for i in range(0, len(r), size)
    ]
    return np.concatenate([part.T for part in found])
