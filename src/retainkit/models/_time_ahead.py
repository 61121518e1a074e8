"""The time ahead of customers whose pace changes: its stretches, and what they do in it, drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from retainkit._numerics.grouping import Codes
from retainkit._numerics.processes.on_clock import OnClock
from retainkit.models.sampled import Pick, sample_future
from retainkit.summaries import Purchases
from retainkit.summaries.over_time import PurchasesOverTime
from retainkit.typing import Array

_GAUSS_LEGENDRE = np.polynomial.legendre.leggauss(3)  # ten digits over a period of a month


def nodes_ahead(data: PurchasesOverTime, force: float, length: float) -> list[tuple[float, float]]:
    """Weights and times of e^(−δh)·f(h) + δ∫e^(−δt)·f(t)dt over the time ahead, h its length."""
    edges = _stretches(float((data.birth + data.purchases.T).max()), length, data.periods.edges)
    found = [(math.exp(-force * length), length)]
    for start, stop in pairwise(edges):
        half = 0.5 * (stop - start)
        # within a stretch of constant pace the integrand is smooth; across its ends it has a kink
        times = (start + half * (node + 1.0) for node in _GAUSS_LEGENDRE[0])
        weights = (force * half * weight for weight in _GAUSS_LEGENDRE[1])
        found += [(w * math.exp(-force * t), t) for w, t in zip(weights, times, strict=True)]
    return found


def _stretches(now: float, length: float, edges: Array) -> list[float]:
    """The times ahead at which the pace may change, from now to the end."""
    inside = edges - now
    return [0.0, *inside[(inside > 0.0) & (inside < length)].tolist(), length]


def sampled_ahead(
    base: Any,
    data: PurchasesOverTime,
    operational: Purchases,
    clock: Any,
    span: Array,
    nodes: Sequence[tuple[float, Array]],
    force: float,
    rng: np.random.Generator,
) -> Array:
    """The columns of a `SampledFuture`, (4, n), of a model that runs on a clock.

    Parameters
    ----------
    base, operational, span : the model, what was observed and the time ahead, (n,), in operational time
    nodes : weights, and of each customer the operational time ahead, (n,)
    """
    now, group = data.birth + data.purchases.T, np.asarray(data.group)
    start = clock.at(now, group.astype(np.intp))

    def latent(model: Any, rng: np.random.Generator, pick: Pick) -> OnClock:
        begin, since, member = pick(start), pick(now), pick(group.astype(np.float64)).astype(np.intp)

        def calendar(row: Codes, own: Array) -> Array:
            return clock.time_at(begin[row] + own, member[row]) - since[row]

        # the customer's own rates are drawn in operational time, where the model holds as it is
        inner = model._latent(rng, pick, operational)
        return OnClock(inner, calendar, [(weight, pick(own)) for weight, own in nodes])

    drawn = sample_future(
        base, rng, span, force, alive=lambda model: model.probability_alive(operational), latent=latent
    )
    return np.stack([drawn.purchases, drawn.discounted, drawn.expected, drawn.squared])
