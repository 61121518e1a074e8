"""Differences of a rate between those who met something and those who did not, others things being equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from retainkit._numerics.grouping import Codes, distinct_rows
from retainkit.errors import InputError
from retainkit.typing import Array

_ALONE = 1e-9


class Differences(NamedTuple):
    """By issue (k,): the differences, their covariances, the share of the affected who could be compared."""

    effect: Array
    covariance: Array
    compared: Array


def by_regression(churned: Array, met: Array, controls: Array) -> Differences:
    """Least squares of 0 and 1 on all issues at once: each difference with the others held fixed.

    The errors allow for unequal variances, as those of 0 and 1 are (HC2): with one issue alone they are those
    of a difference of two means.

    Parameters
    ----------
    churned : (n,)
    met : (k, n)
    controls : (c, n)
    """
    k, n = met.shape
    x = np.concatenate([met, controls, np.ones((1, n))])
    x = x - np.concatenate([x[:-1].mean(axis=1), [0.0]])[:, None]
    bread = np.linalg.inv(x @ x.T)
    slope = bread @ (x @ churned)
    residual = churned - slope @ x
    spare = 1.0 - np.einsum("in,ij,jn->n", x, bread, x, optimize=True)
    if spare.min() < _ALONE:
        rule = "must have no customer who alone decides the effect of an issue or a control"
        way_out = "Leave out issues and controls that a single customer has, or join them with others."
        raise InputError("too-few", "table", f"row {int(np.argmin(spare))}", rule, way_out)
    scores = x * (residual / np.sqrt(spare))
    covariance = bread @ (scores @ scores.T) @ bread
    return Differences(slope[:k], covariance[:k, :k], np.ones(k))


def by_strata(churned: Array, met: Array, controls: Array) -> Differences:
    """Differences within groups of customers who are alike in all else, averaged: Mantel and Haenszel.

    Each group counts n₁n₀/n, so that one without both affected and unaffected customers says nothing. The
    variance is right for few large groups and for many small ones: Sato, T. (1989), "On the Variance
    Estimator for the Mantel-Haenszel Risk Difference", Biometrics 45(4), 1323-1324.
    """
    cells = distinct_rows([churned, *met, *controls], None, inverse=False)
    left, *columns = (level.column() for level in cells.levels)
    found = [
        _one(left, column, _groups([*columns[:j], *columns[j + 1 :]], left.size), cells.weight)
        for j, column in enumerate(columns[: len(met)])
    ]
    effect, variance, compared = (np.array(column) for column in zip(*found, strict=True))
    return Differences(effect, np.diag(variance), compared)


def by_difference(churned: Array, met: Array) -> Differences:
    """The plain difference of the two rates, one issue at a time."""
    nothing = np.empty((0, churned.size))
    found = [by_regression(churned, column[None], nothing) for column in met]
    effect = np.array([one.effect[0] for one in found])
    return Differences(effect, np.diag([one.covariance[0, 0] for one in found]), np.ones(len(met)))


def _groups(columns: Sequence[Array], size: int) -> Codes:
    """The number of each row's combination of values."""
    if not columns:
        return np.zeros(size, np.intp)
    inverse = distinct_rows(columns, None, inverse=True).inverse
    assert inverse is not None
    return inverse


def _one(left: Array, met: Array, group: Codes, count: Array) -> tuple[float, float, float]:
    """The difference, its variance and the share compared, from cells of `count` customers each."""
    size = int(group.max()) + 1
    n1, n0 = (np.bincount(group, w * count, size) for w in (met, 1.0 - met))
    x1, x0 = (np.bincount(group, w * count * left, size) for w in (met, 1.0 - met))
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    if weight == 0.0:
        return np.nan, np.nan, 0.0
    effect = float(((x1 * n0 - x0 * n1) / n).sum()) / weight
    p = float(((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2.0) / n**2).sum())
    q = float(((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2.0 * n)).sum())
    return effect, (effect * p + q) / weight**2, float(n1[n0 > 0.0].sum() / n1.sum())
