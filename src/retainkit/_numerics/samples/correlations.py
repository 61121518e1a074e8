"""Correlations of drivers with each other and with an outcome, checked or computed from rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retainkit.columns import labels_of
from retainkit.domains import REAL
from retainkit.errors import InputError, refuse_where
from retainkit.typing import Array, NumberLike

_OWN = 1e-9  # share of its variance that a driver must not share with the others
_ROUNDING = 1e-9  # published tables have three digits; more than this is no rounding of ours
_AT_ONCE = 1 << 22  # numbers in an array of weights: 32 MB


def check_correlations(
    correlation: NumberLike, with_outcome: NumberLike, names: Sequence[str] | None = None
) -> tuple[Array, Array]:
    """Both as arrays (..., p, p) and (..., p), if they can be the correlations of any data."""
    labels_of(correlation=correlation, with_outcome=with_outcome)
    R = np.asarray(REAL.check("correlation", correlation))
    r = np.asarray(REAL.check("with_outcome", with_outcome))
    if R.ndim < 2 or R.shape[-1] != R.shape[-2] or R.shape[:-1] != r.shape or R.shape[-1] == 0:
        rule = "must have one correlation for each row of the square table correlation"
        way_out = "Give correlation (p, p) of the drivers with each other and with_outcome (p,)."
        raise InputError("wrong-shape", "with_outcome", f"shapes {R.shape} and {r.shape}", rule, way_out)
    one = np.einsum("...ii->...i", R)
    wrong = (np.abs(R) > 1.0 + _ROUNDING) | (np.abs(R - np.swapaxes(R, -1, -2)) > _ROUNDING)
    wrong |= (np.abs(one - 1.0) > _ROUNDING)[..., None]
    rule = "must be symmetric, with 1 on the diagonal and nothing beyond -1 and 1"
    way_out = "From covariances divide by the standard deviations of both first."
    refuse_where(wrong, "inconsistent", "correlation", R, rule, way_out)
    labels = names or [f"driver {i}" for i in range(R.shape[-1])]
    check_own_variation(R.reshape(-1, *R.shape[-2:]), labels, "correlation")
    _check_together(R, r)
    return R, r


def _check_together(R: Array, r: Array) -> None:
    # R² above 1: no data can have these correlations, though each of them alone looks fine
    explained = (r * np.linalg.solve(R, r[..., None])[..., 0]).sum(axis=-1)
    if np.any(explained > 1.0 + _ROUNDING):
        raise _contradictory("with_outcome", f"{float(np.max(explained)):.1%} of the outcome explained")


def _contradictory(argument: str, found: str) -> InputError:
    rule = "must be correlations that any data can have together"
    way_out = "Take all of them from the same rows: rows left out pair by pair make them contradict."
    return InputError("inconsistent", argument, found, rule, way_out)


def check_own_variation(R: Array, names: Sequence[str], argument: str) -> None:
    """No driver may be a combination of others; of (draws, p, p)."""
    rest = np.moveaxis(R, 0, -1)
    for i, name in enumerate(names):
        # what is left of a driver once those before it are taken out: elimination, one driver after the other
        own = rest[0, 0]
        if np.any(own < -_OWN):
            raise _contradictory(argument, f"{float(own.min()):.3g} of the variance of {name!r} left")
        if np.any(own < _OWN):
            before = R[int(np.argmin(own)), : i + 1, : i + 1]
            share = np.asarray(np.linalg.lstsq(before[:i, :i], before[:i, i], rcond=None)[0])
            involved = [n for n, c in zip(names, share.tolist(), strict=False) if abs(c) > 1e-6]
            rule = f"must not hold a combination of others: here of {', '.join(map(repr, involved))}"
            way_out = "Leave it out, or take the mean of those that say the same as one driver."
            raise InputError("collinear", argument, name, rule, way_out)
        rest = rest[1:, 1:] - rest[0, 1:, None] * rest[0, None, 1:] / own


def standardized(columns: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Columns (q, n) with weighted mean 0 and variance 1, or all 0; their means and deviations (q,)."""
    share = weight / weight.sum()
    mean = columns @ share
    centred = columns - mean[:, None]
    deviation = np.sqrt(centred**2 @ share)
    # a column of one large value has a deviation by rounding alone
    deviation[deviation <= 1e-12 * np.abs(columns).max(axis=1)] = 0.0
    # a column that does not vary becomes 0, which correlates with nothing
    scale = np.where(deviation > 0.0, deviation, np.inf)
    return centred / scale[:, None], mean, deviation


def of_moments(moments: Array) -> tuple[Array, Array]:
    """Correlations (..., p, p) and (..., p) from covariances (..., p + 1, p + 1), the outcome last."""
    scale = np.sqrt(np.einsum("...ii->...i", moments))
    table = moments / scale[..., :, None] / scale[..., None, :]
    return table[..., :-1, :-1], table[..., :-1, -1]


def reweighted(z: Array, weight: Array, replicates: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Correlations (replicates, p, p) and (replicates, p) under random weights of the rows of z (p + 1, n).

    The weights are exponential, times the rows' own: the Bayesian bootstrap. Unlike drawing rows, it leaves
    no row out, so that what varies among the rows varies in every replicate. Rubin, D. B. (1981), Annals of
    Statistics 9(1), 130-134, doi:10.1214/aos/1176345338.
    """
    q, n = z.shape
    # products of each pair once: the weights of all replicates then take them in one matrix product
    i, j = np.triu_indices(q)
    total, first = np.zeros((replicates, 1)), np.zeros((replicates, q))
    second = np.zeros((replicates, i.size))
    size = max(1, _AT_ONCE // max(replicates, i.size))
    for start in range(0, n, size):
        rows = z[:, start : start + size]
        # Dirichlet weights (Rubin's bootstrap): no replicate leaves a respondent out, so none is singular
        w = rng.standard_exponential((replicates, rows.shape[1])) * weight[start : start + size]
        total += w.sum(axis=1, keepdims=True)
        first += w @ rows.T
        second += w @ (rows[i] * rows[j]).T
    first, second = first / total, second / total
    moments = np.empty((replicates, q, q))
    moments[:, i, j] = moments[:, j, i] = second - first[:, i] * first[:, j]
    return of_moments(moments)
