"""Sums of the same terms, weighed otherwise: their maxima against closed forms, and those that have none."""

from __future__ import annotations

import numpy as np
import pytest

from retainkit._numerics.grouping import Codes
from retainkit._numerics.maximize_reweighted import Surrogate, Tops
from retainkit.typing import Array

RNG = np.random.default_rng(1)


def tops_of(score: Array, point: Array, steps: Array, weights: Array, terms: Array) -> Tops:
    """The climb for terms whose gradient is a·(terms − e^x): sums have their maximum at ln of a mean."""

    def own(points: Array, which: Codes) -> Array:
        return np.einsum("kn,knp->kp", weights[which], score * (terms - np.exp(points)[:, None]))

    surrogate = Surrogate.of(point, steps)
    common = np.stack([weights @ (score * (terms - np.exp(x))) for x in surrogate.points], axis=1)
    return surrogate.tops(common).settled(own)


@pytest.mark.parametrize("p", [1, 2, 3, 5, 9])
def test_maxima_are_at_logarithms_of_weighted_means(p: int) -> None:
    """Poisson counts with rate e^x in each coordinate: the maximum is known for any weights."""
    terms = RNG.poisson(4.0, (200, p)).astype(float)
    weights = RNG.standard_gamma(1.0, (300, 200))
    point = np.log(terms.mean(axis=0))
    steps = np.einsum("kn,np->kp", weights, terms - np.exp(point)) / (200.0 * np.exp(point))
    tops = tops_of(np.ones(p), point, steps, weights, terms)
    exact = weights @ terms / weights.sum(axis=1, keepdims=True)
    assert not tops.lost.any()
    assert tops.point == pytest.approx(np.log(exact), abs=1e-7)
    curvature = np.einsum("kpq->kpq", tops.curvature)
    total = weights.sum(axis=1)
    near = 1e-3 if p < 6 else 2e-2  # of more variables the polynomials are of third degree
    assert np.einsum("kpp->kp", curvature) == pytest.approx(exact * total[:, None], rel=near)
    off = curvature - np.einsum("kp,pq->kpq", np.einsum("kpp->kp", curvature), np.eye(p))
    assert np.abs(off).max() < near * 4.0 * total.min()


def test_a_sum_without_a_maximum_is_lost_and_harms_no_other() -> None:
    terms = RNG.poisson(0.3, (60, 1)).astype(float)
    weights = RNG.standard_gamma(1.0, (100, 60))
    weights[7] = np.where(terms[:, 0] > 0.0, 0.0, weights[7])  # no count at all: x falls for ever
    point = np.log(terms.mean(axis=0))
    steps = np.einsum("kn,np->kp", weights, terms - np.exp(point)) / (60.0 * np.exp(point))
    with np.errstate(all="ignore"):
        tops = tops_of(np.ones(1), point, steps, weights, terms)
    assert tops.lost[7]
    found = ~tops.lost
    assert found.sum() >= 95
    exact = np.log(weights[found] @ terms / weights[found].sum(axis=1, keepdims=True))
    assert tops.point[found] == pytest.approx(exact, abs=1e-7)


def test_sums_that_hardly_differ_are_found_without_a_look() -> None:
    """Without one of many terms a maximum moves little: the polynomials alone have it."""
    terms = RNG.poisson(3.0, (500, 2)).astype(float)
    weights = 1.0 - np.eye(500)
    point = np.log(terms.mean(axis=0))
    steps = -(terms - np.exp(point)) / (500.0 * np.exp(point))
    surrogate = Surrogate.of(point, steps)
    common = np.stack([weights @ (terms - np.exp(x)) for x in surrogate.points], axis=1)
    found = surrogate.tops(common).ended()
    exact = np.log((terms.sum(axis=0) - terms) / 499.0)
    assert found.point == pytest.approx(exact, abs=1e-11)
