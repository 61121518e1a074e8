"""Why a fit is or is not an estimate: the reasons in sentences, kept in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from retainkit._numerics.maximize import CLOSE, Maximum
from retainkit.domains import PROBABILITY
from retainkit.parameters import Parameter
from retainkit.records import Record

REASONS: dict[str, tuple[str, str]] = {
    "converged": (
        "The log-likelihood has a unique maximum here: score 0, information positive definite.",
        "",
    ),
    "boundary": (
        "The likelihood keeps rising as {which} goes to {edge}: the data do not bound {it}.",
        "A simpler model says the same (customers hardly differ in that respect, or one process is absent); "
        "or use more customers or a longer observation.",
    ),
    "flat": (
        "The data do not identify {which}: the likelihood is flat in that direction.",
        "Use more customers, a longer observation or a model with fewer parameters.",
    ),
    "saddle": (
        "The search ended where the likelihood still bends upwards along {which}.",
        "Give other starting values with start=... and report these data.",
    ),
    "not-converged": (
        "The search stopped before the score became 0 (along {which}).",
        "Give other starting values with start=..., and check the data for extreme customers.",
    ),
}

_FAR = 16.0  # e^16, nine million times the typical scale
_FLAT_INFORMATION = 1e-3  # a standard error of thirty e-folds


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics(Record):
    """The verdict on a fit and the figures behind it.

    Attributes
    ----------
    code : str
        A key of `REASONS`; ``"converged"`` is the only good one.
    message, way_out : str
    largest_score : float
        Largest absolute derivative of the log-likelihood with respect to ln(parameter), before the
        closing Newton step.
    smallest_information : float
        Smallest eigenvalue of the observed information on the same scale.
    evaluations : int
        Evaluations of likelihood and score.
    """

    code: str
    message: str
    way_out: str
    largest_score: float
    smallest_information: float
    evaluations: int

    @property
    def converged(self) -> bool:
        return self.code == "converged"

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}".rstrip()


def diagnose(
    found: Maximum, start: np.ndarray, parameters: tuple[Parameter, ...], hints: Mapping[str, str]
) -> Diagnostics:
    """Judge a maximum on the line scale (log, logit); nothing else may call a fit a fit."""
    # the weakest direction of the information is where the data say least: its parameter is named
    values, directions = np.linalg.eigh(found.curvature)
    code, culprit, edge = _judge(found, values, directions, start, parameters)
    name = parameters[culprit].name
    reason, way_out = REASONS[code]
    # a model knows better than the table what it means that a parameter of it runs away
    if code == "boundary" and name in hints:
        way_out = hints[name]
    which = f"{name} ({parameters[culprit].doc})"
    return Diagnostics(
        code=code,
        message=reason.format(which=which, edge=edge, it=name),
        way_out=way_out,
        largest_score=float(np.abs(found.gradient).max()),
        smallest_information=float(values[0]),
        evaluations=found.evaluations,
    )


def _judge(
    found: Maximum,
    values: np.ndarray,
    directions: np.ndarray,
    start: np.ndarray,
    parameters: tuple[Parameter, ...],
) -> tuple[str, int, str]:
    travelled = found.point - start
    weakest = int(np.abs(directions[:, 0]).argmax())
    # judged first: nothing that follows means anything where the likelihood is no number
    if not np.all(np.isfinite(values)) or not np.isfinite(found.value):
        return "not-converged", weakest, ""
    farthest = int(np.abs(travelled).argmax())
    # a boundary before a saddle or flatness: on the way to infinity both of these are seen too
    if abs(travelled[farthest]) > _FAR or (values[0] < _FLAT_INFORMATION and abs(travelled[weakest]) > 5.0):
        culprit = farthest if abs(travelled[farthest]) > _FAR else weakest
        top = "1" if parameters[culprit].domain is PROBABILITY else "infinity"
        return "boundary", culprit, top if travelled[culprit] > 0 else "0"
    # rounding bends a flat likelihood a little either way, so the two thresholds are one number
    if values[0] < -_FLAT_INFORMATION:
        return "saddle", weakest, ""
    if values[0] < _FLAT_INFORMATION:
        return "flat", weakest, ""
    # last: the decrement is in units of log-likelihood, and means nothing without a positive information
    if found.decrement > CLOSE:
        return "not-converged", int(np.abs(found.gradient).argmax()), ""
    return "converged", 0, ""
