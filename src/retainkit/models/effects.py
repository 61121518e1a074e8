"""The columns of covariates as matrices: what they add up to, how they act, whether each tells something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

from retainkit.columns import named_once
from retainkit.errors import InputError, near
from retainkit.models.family import AnyFamily
from retainkit.summaries import Described
from retainkit.typing import Array

SAME = 1e-12  # of the variance: what a covariate must differ by from the others
_MANY = 12  # covariates from which one product of matrices is faster than each times its column


@dataclass(frozen=True, slots=True)
class Effect:
    """One coefficient: a covariate, the processes on which it acts alike, and where it has no effect."""

    covariate: str
    processes: tuple[str, ...]
    origin: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "processes", named_once("processes", self.processes))

    @property
    def name(self) -> str:
        """``attrition.Gender``; the covariate alone where it acts on several processes alike."""
        return f"{self.processes[0]}.{self.covariate}" if len(self.processes) == 1 else self.covariate


def standardized_covariates(data: Described[Any], effects: Sequence[Effect]) -> tuple[Array, Array, Array]:
    """Columns (effects, n) with mean 0 whose squares sum to 1, means from the origins, standard deviations.

    Every covariate must vary, and none may be a combination of the others.
    """
    names = list(dict.fromkeys(e.covariate for e in effects))
    for name in names:
        if name not in data.covariates:
            rule = f"must have the covariate {name!r}"
            way_out = near(name, data.covariates) + "Give it in Described(..., covariates)."
            raise InputError("missing-column", "data", ", ".join(data.covariates), rule, way_out)
    share = data.weight / data.customers
    z = np.stack([data.covariates[name] for name in names])
    mean = z @ share
    centred = z - mean[:, None]
    deviation = np.sqrt(centred**2 @ share)
    # a column of one large value has a deviation by rounding alone
    flat = deviation <= 1e-12 * np.abs(z).max(axis=1)
    if flat.any():
        raise _useless(names[int(np.argmax(flat))], "has the same value for every customer")
    # standardised, so that one threshold serves covariates of all sizes
    unit = centred / deviation[:, None] * np.sqrt(share)
    # R of one factorisation holds on its diagonal what each column adds to those before it
    triangle = np.asarray(cast("Array", np.linalg.qr(unit.T, mode="r")))
    own = np.zeros(len(names))
    own[: len(triangle)] = np.diag(triangle)
    if own.min(initial=1.0, where=own**2 < SAME) < 1.0:
        i = int(np.argmax(own**2 < SAME))
        made: list[float] = np.linalg.solve(triangle[:i, :i], triangle[:i, i]).tolist()
        involved = [n for n, c in zip(names, made, strict=False) if abs(c) > 1e-6]
        raise _useless(names[i], f"is a combination of {', '.join(involved)}")
    at = [names.index(e.covariate) for e in effects]
    return unit[at], mean[at] - [e.origin for e in effects], deviation[at]


def counted(data: Described[Any], effects: Sequence[Effect]) -> Array:
    """The covariate of each effect, counted from its origin: (effects, n)."""
    return data.covariate_rows(tuple((e.covariate, e.origin) for e in effects))


def signs_of(family: AnyFamily, effects: Sequence[Effect]) -> Array:
    """By how much each effect moves each parameter of the base on its line: (effects, q)."""
    return _signs(family.names(), tuple(family.processes.items()), tuple(effects))


@lru_cache
def _signs(
    names: tuple[str, ...], processes: tuple[tuple[str, tuple[str, int]], ...], effects: tuple[Effect, ...]
) -> Array:
    """The same for all models of a family, of which a search makes hundreds."""
    moves, signs = dict(processes), np.zeros((len(effects), len(names)))
    for j, effect in enumerate(effects):
        for name, sign in (moves[process] for process in effect.processes):
            signs[j, names.index(name)] += sign
    signs.setflags(write=False)
    return signs


def summed_products(coefficients: Sequence[Array], columns: Sequence[Array] | Array) -> Array:
    """Σ coefficient · covariate; as one product of matrices where the coefficients are draws of many."""
    if all(c.ndim == 2 and c.shape[1] == 1 for c in coefficients) and all(z.ndim == 1 for z in columns):
        return np.concatenate(np.broadcast_arrays(*coefficients), axis=1) @ np.asarray(columns)
    if len(coefficients) > _MANY and all(c.ndim == 0 for c in coefficients):
        return np.stack(coefficients) @ np.asarray(columns)
    return np.sum(
        np.stack(np.broadcast_arrays(*(c * z for c, z in zip(coefficients, columns, strict=True)))), axis=0
    )


def _useless(name: str, reason: str) -> InputError:
    rule = f"must each tell something of their own, but {name!r} {reason}"
    way_out = "Leave it out; of a full set of categories one is the baseline and has no column."
    return InputError("collinear", "covariates", name, rule, way_out)
