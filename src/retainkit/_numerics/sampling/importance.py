"""Weighted points of a density that is known but for its height, from mixtures that learn its shape.

Points of all batches count together, each against the mean of all mixtures they could have come from
(deterministic-mixture weights: Owen & Zhou 2000, doi:10.1080/01621459.2000.10473909; adaptive multiple
importance sampling: Cornuet et al. 2012, doi:10.1111/j.1467-9469.2011.00756.x). The first batch is wide, so
that a second ridge is seen; the later ones follow what was seen, a share of them its tempered form, which
reaches further.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from retainkit._numerics.grouping import Codes
from retainkit._numerics.samples.pareto_tails import smooth
from retainkit._numerics.sampling.t_mixture import TMixture
from retainkit.typing import Array

LogDensity = Callable[[Array], Array]
"""ln of the density, up to a constant, at points (n, p): (n,); −inf where it is 0."""

DOUBTFUL = 0.7
"""Pareto's k from which on no practicable number of points gives a dependable mean."""

_GOOD = 0.5  # of k: below it weights have a variance
_PATIENCE = 3  # batches, after which a k below the doubtful one will do
_COMPONENTS = 4
_TEMPERED, _HEAT = 0.2, 3.0  # share of the points of later batches, and what their ln density is divided by
_AROUND, _HEAVIEST = 0.1, 3  # share of those around the heaviest points, and around how many
_FREEDOM = 8.0  # nearly normal where a posterior is, and still wider in its tails
_BATCHES = 6
_SPARE = 1.05  # points beyond those that the last batch's yield asks for


@dataclass(frozen=True, slots=True)
class WeightedPoints:
    """Points (n, p) with their normalised log weights (n,), ln density (n,), and how good they are."""

    points: Array
    log_weights: Array
    log_density: Array
    pareto_k: float
    log_height: float
    """ln of the integral of the density."""
    mixture: TMixture
    """What the last batch came from."""

    def enough(self, wanted: int, batches: int) -> bool:
        """Whether the points are worth so many independent ones, and their weights have a variance."""
        tail = _GOOD if batches < _PATIENCE else DOUBTFUL
        return self.effective >= wanted and self.pareto_k < tail

    @property
    def effective(self) -> float:
        """How many equally weighted independent points would be as good (Kish)."""
        return float(np.exp(-logsumexp(2.0 * self.log_weights)))

    def worth(self, count: int) -> float:
        """How many independent draws `count` equally weighted ones are: rounded weights err more."""
        rest = count * np.exp(self.log_weights) % 1.0
        return min(1.0 / (1.0 / self.effective + float((rest * (1.0 - rest)).sum()) / count**2), float(count))

    def equally_weighted(self, count: int, rng: np.random.Generator) -> Codes:
        """Places of `count` points by their weights (systematic resampling), in random order."""
        steps = (rng.random() + np.arange(count)) / count
        ends = np.cumsum(np.exp(self.log_weights))
        places = np.searchsorted(ends / ends[-1], steps, side="right")
        return rng.permutation(np.minimum(places, len(ends) - 1))


def importance_points(
    log_density: LogDensity, wide: TMixture, wanted: int, rng: np.random.Generator, first: int = 2_048
) -> WeightedPoints:
    """Points of a density worth `wanted` independent ones, if six batches yield so many."""
    mixtures, counts = [wide], [first]
    points = wide.points(first, rng)
    values = log_density(points)
    found = _weighted(points, values, mixtures, counts)
    while len(counts) < _BATCHES and not found.enough(wanted, len(counts)):
        mixture = _learned(found)
        # the share of a batch's points that count tells how many more are needed; unknown before the second
        share = found.effective / len(points) if len(counts) > 1 else 0.87
        missing = (wanted - found.effective) / max(share, 0.1)
        # heavy weights may be a ridge that is hardly seen yet, which needs many points whatever these yield
        least = first if found.pareto_k >= DOUBTFUL else first // 4
        many = int(np.clip(_SPARE * missing, least, 2 * wanted + first))
        mixtures, counts = [*mixtures, mixture], [*counts, many]
        more = mixture.points(many, rng)
        points, values = np.concatenate([points, more]), np.concatenate([values, log_density(more)])
        found = _weighted(points, values, mixtures, counts)
    return found


def _learned(found: WeightedPoints) -> TMixture:
    """The mixture nearest to weighted points; in parts nearest to them heated, and around the heaviest."""
    points, weights = found.points, np.exp(found.log_weights)
    # −inf less −inf: points of no weight have none when heated either
    heated = found.log_density / _HEAT + (found.log_weights - found.log_density)
    heated = np.nan_to_num(heated, nan=-np.inf)
    near = TMixture.fitted(points, weights, _COMPONENTS, _FREEDOM)
    far = TMixture.fitted(points, np.exp(heated - heated.max()), _COMPONENTS, _FREEDOM)
    thin = TMixture.around_heaviest(points, weights, _HEAVIEST, _FREEDOM)
    return near.beside(far, _TEMPERED).beside(thin, _AROUND)


def _weighted(points: Array, values: Array, mixtures: list[TMixture], counts: list[int]) -> WeightedPoints:
    shares = np.array(counts, np.float64)[:, None] / len(points)
    proposed = logsumexp([m.log_density(points) for m in mixtures], axis=0, b=shares)
    raw = values - proposed
    log_weights, k = smooth(raw)
    height = float(logsumexp(raw)) - math.log(len(points))
    return WeightedPoints(points, log_weights, values, float(k), height, mixtures[-1])
