"""How draws of a posterior are made: wide distributions around its modes, weights, or chains."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from retainkit._numerics.maximize import climb, finish
from retainkit._numerics.sampling.chains import chains
from retainkit._numerics.sampling.importance import DOUBTFUL, LogDensity, WeightedPoints
from retainkit._numerics.sampling.t_mixture import TMixture
from retainkit.domains import REAL
from retainkit.errors import FitError
from retainkit.inference.fit import default_starts
from retainkit.inference.stated_priors import Separate, Together
from retainkit.inference.view import View, objective
from retainkit.records import Record
from retainkit.summaries import AbstractSummary
from retainkit.typing import Array

_INFLATIONS = {1.15: 0.6, 6.0: 0.25, 40.0: 0.15}  # of the curvature's covariance, with their shares of points
_FREEDOM = 5.0
_REACH = 12.0  # e-folds from the start: a mode of likelihood and prior lies nearer
_EDGE = (
    60.0  # of ln or log odds: parameters of 1e26 overflow in a likelihood, and a prior hardly reaches them
)
_WIDEST = 3.0  # e-folds, of a direction of which neither data nor prior say more
_FEW = 0.25  # of the draws asked for: with fewer effective ones a chain is better
MIXED = 1.05  # of R̂, above which chains do not agree


@dataclass(frozen=True, slots=True, eq=False)
class SamplingDiagnostics(Record):
    """How the draws were made, and whether they can be relied on.

    Attributes
    ----------
    method : {"importance", "chain"}
    effective_draws : float
        How many independent draws they are worth: by the sizes of the weights, or of chains for the parameter
        that they know least.
    pareto_k : float
        Shape of the tail of the importance weights: below 0.5 good, from 0.7 on a chain is used.
    r_hat : float or None
        Of the chain, 1 where all parts of it agree; None where no chain was needed.
    evaluations : int
        Points at which the likelihood was evaluated, the search for the mode included.
    messages : tuple of str
        The verdict in sentences.
    """

    method: str
    effective_draws: float
    pareto_k: float
    r_hat: float | None
    evaluations: int
    messages: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether the draws are what they say: weights with a variance, or chains that agree."""
        agree = self.r_hat is None or self.r_hat < MIXED
        return agree and (self.method == "chain" or self.pareto_k <= DOUBTFUL)

    def __str__(self) -> str:
        return " ".join(self.messages)


def density(
    view: View, rows: AbstractSummary, penalty: Separate | Together
) -> tuple[LogDensity, Callable[[], int]]:
    """ln of likelihood times prior at points of the optimiser's coordinates, and how often it was asked."""
    seen, edges = [0], np.array([math.inf if p.domain is REAL else _EDGE for p in view.family.parameters])

    def log_density(points: Array) -> Array:
        seen[0] += len(points)
        value = -penalty.cost(points)[0]
        line = view.unconstrained(points)
        # a coefficient has the size that its covariate's unit gives it, so that it has no edge
        inside = np.isfinite(value) & (np.abs(line) < edges).all(axis=1)
        if inside.any():
            likelihood = model_at(view, points[inside], rows).summed_log_likelihood(rows)
            value[inside] += np.nan_to_num(likelihood, nan=-np.inf)
        value[~inside] = -np.inf
        return value

    return log_density, lambda: seen[0]


def model_at(view: View, points: Array, rows: AbstractSummary) -> Any:
    """The model with parameters of shape (points, 1)."""
    line = view.unconstrained(points)
    declared = view.family.parameters
    values = [p.domain.from_unconstrained(z)[:, None] for p, z in zip(declared, line.T, strict=True)]
    return view.family.of(values, unit=getattr(rows, "unit", None))


def around_modes(
    view: View, rows: AbstractSummary, penalty: Separate | Together, start: Array | None
) -> tuple[TMixture, int]:
    """Wide distributions around each mode of likelihood times prior, and what it took to find them."""
    pulled = View(view.family, view.scaling, penalty)
    evaluate = objective(pulled, rows)
    # the default start and both ends of the typical ranges: a second mode lies far from the first
    starts = [view.scaled(line) for line in default_starts(view.family, rows).T]
    starts = starts if start is None else [start, *starts]
    climbs, used = climb(evaluate, np.array(starts), _REACH)
    ends = sorted((c for c in climbs if c.caught_by is None), key=lambda c: -c.place.value)
    tops = [finish(evaluate, end.place, 0) for end in ends if math.isfinite(end.place.value)]
    if not tops:
        message = f"{view.family.name} has no likelihood at any start: parameters overflow on these data."
        way_out = "Check the data for extreme values, and their unit."
        raise FitError("not-converged", message, way_out=way_out)
    used += sum(top.evaluations for top in tops)
    best = max(top.value for top in tops)
    kept: list[Array] = []
    scales: list[Array] = []
    for top in tops:
        scale = _scale(top.curvature)
        apart = [
            float((top.point - k) @ np.linalg.solve(s, top.point - k))
            for k, s in zip(kept, scales, strict=True)
        ]
        # one that is e^-12 as high, or within a deviation of another, is none of its own
        if top.value > best - 12.0 and all(off > 1.0 for off in apart):
            kept.append(top.point)
            scales.append(scale)
    return TMixture.wide(np.array(kept), np.array(scales), _INFLATIONS, _FREEDOM), used


def _scale(curvature: Array) -> Array:
    """The covariance that a curvature means, bounded where it is flat or bends upwards."""
    sound = np.nan_to_num(curvature, nan=0.0, posinf=1e300, neginf=0.0)
    values, directions = np.linalg.eigh(sound)
    return (directions / np.maximum(values, _WIDEST**-2)) @ directions.T


def volume(view: View) -> float:
    """ln of what the optimiser's coordinates stretch a volume by: the evidence is of the parameters' own."""
    return 0.0 if view.scaling is None else float(np.linalg.slogdet(view.scaling)[1])


def chosen(
    log_density: LogDensity, found: WeightedPoints, many: int, rng: np.random.Generator, told: list[str]
) -> tuple[Array, Array, SamplingDiagnostics]:
    """Equally weighted points with their density: of the weighted ones, or of chains."""
    places = found.equally_weighted(many, rng)
    if found.pareto_k <= DOUBTFUL and found.effective >= _FEW * many:
        effective = found.worth(many)
        word = "regular" if found.pareto_k < 0.5 else "usable"
        told.append(
            f"Importance sampling: {effective:,.0f} effective draws of {many:,}, "
            f"weights are {word} (Pareto k {found.pareto_k:.2f})."
        )
        verdict = SamplingDiagnostics("importance", effective, found.pareto_k, None, 0, tuple(told))
        return found.points[places], found.log_density[places], verdict
    run = chains(log_density, found.mixture, found.points[places], rng)
    flat = run.points.reshape(-1, run.points.shape[-1])
    # evenly along the chains, then in random order, so that the first of them are as good as any
    some = rng.permutation(np.linspace(0, len(flat) - 1, many).astype(int))
    agreed = "agree" if run.r_hat < MIXED else "do not agree: ask for a tighter prior or more customers"
    effective = min(run.effective, float(many))
    told.append(
        f"Importance weights were too uneven (Pareto k {found.pareto_k:.2f}), "
        f"so Markov chains were run: they {agreed} (R-hat {run.r_hat:.3f}), "
        f"{effective:,.0f} effective draws of {many:,}."
    )
    return (
        flat[some],
        run.log_density.ravel()[some],
        SamplingDiagnostics("chain", effective, found.pareto_k, run.r_hat, 0, tuple(told)),
    )
