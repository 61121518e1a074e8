"""The parts of R², one per driver, and how far they vary among samples of respondents."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from retainkit._numerics.samples.correlations import of_moments, reweighted
from retainkit._numerics.samples.relative_weights import weights_of
from retainkit._numerics.samples.shapley_regression import (
    EXACT_UP_TO,
    exact_parts,
    parts_in_orders,
    sampled_parts,
)
from retainkit.errors import InputError, unknown_choice
from retainkit.records import read_only
from retainkit.typing import Array, Plain

DriverMethod: TypeAlias = Literal["shapley", "relative-weights"]
"""How R² is divided among the drivers."""

_REPLICATES_EXACT_UP_TO = 15  # drivers: 2¹⁵ regressions for each of some hundred replicates
_ORDERS_PER_REPLICATE = 64  # few, since their error is common to all replicates and cancels


def check_method(method: DriverMethod) -> None:
    """Refuse what is no method."""
    if method not in get_args(DriverMethod):
        raise unknown_choice("method", method, get_args(DriverMethod))


def _count(replicates: int) -> int:
    if replicates < 0 or replicates == 1:
        way_out = "Take 1,000, or 0 for no intervals."
        raise InputError("out-of-range", "replicates", replicates, "must be 0 or 2 or more", way_out)
    return replicates


def divide(
    R: Array, r: Array, method: DriverMethod, orders: int, rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """Parts of R², and their error from sampling orders, if they were sampled."""
    if method == "relative-weights":
        return weights_of(R, r), None
    # 2^p subsets are quick up to there; beyond, orders are drawn
    if r.size <= EXACT_UP_TO:
        return exact_parts(R[None], r[None])[0], None
    found = sampled_parts(R, r, orders, rng)
    return found.parts, found.standard_error


def intervals(
    z: Array,
    w: Array,
    parts: Array,
    method: DriverMethod,
    replicates: int,
    level: float,
    rng: np.random.Generator,
) -> Plain:
    """The fields of `KeyDrivers` that say how sure the parts are."""
    if _count(replicates) == 0:
        return {"level": level}
    R, r = reweighted(z, w, replicates, rng)
    if method == "relative-weights":
        drawn = weights_of(R, r)
    elif r.shape[1] <= _REPLICATES_EXACT_UP_TO:
        drawn = exact_parts(R, r)
    else:
        # the same few orders for the rows as they are: what those orders get wrong cancels in the difference
        own, with_outcome = of_moments((z * (w / w.sum())) @ z.T)
        found = parts_in_orders(
            np.concatenate([own[None], R]),
            np.concatenate([with_outcome[None], r]),
            _ORDERS_PER_REPLICATE,
            rng,
        )
        drawn = parts + (found[1:] - found[0])
    low, high = np.quantile(drawn, [0.5 - 0.5 * level, 0.5 + 0.5 * level], axis=0)
    # how often a driver comes first: overlapping intervals do not say it, as parts vary together
    first = np.bincount(np.argmax(drawn, axis=1), minlength=parts.size) / replicates
    return {
        "low": read_only(low),
        "high": read_only(high),
        "level": level,
        "probability_first": read_only(first),
        "replicates": replicates,
    }
