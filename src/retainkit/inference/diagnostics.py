"""Why a fit is or is not an estimate: the reasons in sentences, kept in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from retainkit._numerics.maximize import CLOSE, Maximum
from retainkit.domains import PROBABILITY, REAL
from retainkit.inference.view import View, objective
from retainkit.models import MODELS
from retainkit.models.family import AnyFamily, PlainFamily, hold
from retainkit.parameters import Parameter
from retainkit.records import Record

if TYPE_CHECKING:
    from retainkit.inference.search import Edge, Search
    from retainkit.summaries import AbstractSummary
    from retainkit.typing import Array

SENTENCES: dict[str, tuple[str, str]] = {
    "converged": ("The score is 0 here and the information positive definite{agreement}.", ""),
    "boundary": (
        "The likelihood keeps rising as {which} {edge}: the data do not bound {it}.",
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

_SEPARATED = (
    "The likelihood keeps rising as {which}: the data do not bound {it}.",
    "Customers with such a covariate do it always or never, so that no number says how much it matters: say "
    "so in words and leave it out, or bound it by penalty=1.",
)
_FURTHER, _STEADY = 0.1, 1e-6  # of the way that a coefficient ran; of log-likelihood, lost there by rounding
_TOLD = 0.01  # of log-likelihood: what a covariate tells at least
_SHARED = 0.1  # of how far the farthest ran: others that run with it, and by no rounding
_FAR = 16.0  # e^16, nine million times the typical scale
_FLAT_INFORMATION = 1e-3  # a standard error of thirty e-folds
_ROUNDED = 4.0  # times the difference of second derivatives in either order, which is rounding alone


@dataclass(frozen=True, slots=True, eq=False)
class LimitingModel(Record):
    """The model with fewer parameters that a likelihood rises to: what the data say instead.

    Attributes
    ----------
    means : str
        What is true of its customers, as half a sentence.
    model : str
        Name of its class in `retainkit.models`; "" for a model with covariates or shares, which has none.
    fixed : dict of names to values
        What to hold for it, ``fit(model, data, fixed=limit.fixed)``; empty where the class says it all.
    towards : dict of names to values
        Parameters of the refused model and where they go: 0 or ``inf``.
    log_likelihood : float
        That of the best such model: the least upper bound of that of the refused one.

    Examples
    --------
    >>> import numpy as np, retainkit as rk
    >>> data = rk.NBD(r=0.9, alpha=10.0).sample(np.full(500, 40.0), seed=5)
    >>> limit = rk.fit(rk.BGNBD, data, on_failure="return").diagnostics.limit
    >>> limit.model, rk.fit(limit.family, data).diagnostics.converged
    ('NBD', True)
    """

    means: str
    model: str
    fixed: dict[str, float]
    towards: dict[str, float]
    log_likelihood: float

    @property
    def family(self) -> AnyFamily:
        """What `fit` and `compare` take for it."""
        return hold(MODELS[self.model], **self.fixed)

    def __str__(self) -> str:
        held = ", ".join(f"{name!r}: {value:g}" for name, value in self.fixed.items())
        how = f"fit {self.model or 'the same model'}" + (f" with fixed={{{held}}}" if held else "")
        means = self.means[0].upper() + self.means[1:]
        named = f": this is {self.model}, so {how}" if not held else f"; {how}"
        return f"{means}{named} (log-likelihood {self.log_likelihood:,.3f})."


@dataclass(frozen=True, slots=True, eq=False)
class Diagnostics(Record):
    """The verdict on a fit and the figures behind it.

    Attributes
    ----------
    code : str
        A key of `retainkit.errors.REASONS`, or ``"converged"``.
    message, way_out : str
    largest_score : float
        Largest absolute derivative of the log-likelihood with respect to ln(parameter), before the
        closing Newton step.
    smallest_information : float
        Smallest eigenvalue of the observed information on the same scale.
    evaluations : int
        Evaluations of likelihood and score.
    starts, agreed : int
        Places from which was climbed, and how many of the climbs came to this end.
    limit : LimitingModel, optional
        Where the likelihood rises to a model with fewer parameters, that model.
    """

    code: str
    message: str
    way_out: str
    largest_score: float
    smallest_information: float
    evaluations: int
    starts: int = 1
    agreed: int = 1
    limit: LimitingModel | None = None

    @property
    def converged(self) -> bool:
        return self.code == "converged"

    def __str__(self) -> str:
        return f"{self.message} {self.way_out}".rstrip()


def diagnose(
    search: Search, centre: Array, view: View, rows: AbstractSummary, evaluations: int
) -> Diagnostics:
    """Judge a maximum on the line scale (log, logit); nothing else may call a fit a fit."""
    found, edge, limit, family = search.found, search.edge, None, view.family
    # the weakest direction of the information is where the data say least: its parameter is named
    sound = bool(np.isfinite(found.curvature).all())
    values, directions = np.linalg.eigh(found.curvature if sound else np.full_like(found.curvature, 0.0))
    if edge is None:
        code, culprit, goes = _judge(found, values, directions, centre, family.parameters, sound=sound)
        which, it = _named(family.parameters[culprit]), family.parameters[culprit].name
        goes = f"goes to {goes}"
        if search.near is not None and code != "converged":
            limit = _limiting(search.near, family)
    else:
        code, limit = "boundary", _limiting(edge, family)
        which, goes, it = _movement(edge, family.parameters)
    reason, way_out = SENTENCES[code]
    telling = _separating(found, centre, view, rows) if sound and code != "converged" else {}
    if telling:
        # whatever else is at an edge, is so in a likelihood out of which these have taken customers
        code, limit, (reason, way_out) = "boundary", None, _SEPARATED
        which = " and ".join(f"{_named(family.parameters[i])} goes to {end}" for i, end in telling.items())
        it = " and ".join(family.parameters[i].name for i in telling)
    if limit is not None:
        way_out = f"{limit} Or use more customers, or a longer observation."
    several = f", and {search.agreed} of {search.starts} starts lead here" if search.starts > 1 else ""
    return Diagnostics(
        code=code,
        message=reason.format(which=which, edge=goes, it=it, agreement=several),
        way_out=way_out,
        largest_score=float(np.abs(found.gradient).max()),
        smallest_information=float(values[0]) if sound else float("nan"),
        evaluations=evaluations,
        starts=search.starts,
        agreed=search.agreed,
        limit=limit,
    )


def _separating(found: Maximum, centre: Array, view: View, rows: AbstractSummary) -> dict[int, str]:
    """The coefficients that run away, and where to: their covariates tell without exception who does it."""
    coefficients, scaling = list(view.family.penalized()), view.scaling
    if not coefficients or scaling is None:
        return {}
    # they, and the parameters on which they act: at other covariates those go where nobody notices
    acts = (scaling[:, coefficients] != 0.0).any(axis=1)
    values, directions = np.linalg.eigh(found.curvature[np.ix_(acts, acts)])
    flat = directions[:, values < max(_FLAT_INFORMATION, _ROUNDED * found.rounding)]
    gone, run, back = np.zeros((3, len(centre)))
    # where the ground is flat now, and how far they went that way; a parameter may be at an edge of its own
    gone[coefficients] = (found.point - centre)[coefficients]
    run[acts] = flat @ (flat.T @ gone[acts])
    back[coefficients] = run[coefficients]
    points = found.point + np.array([0.0 * run, _FURTHER * run, -back])
    here, on, without = np.nan_to_num(objective(view, rows)(points, bent=False)[0], nan=-np.inf)
    # on the way to a limit of the model itself they bend on, or mean nothing
    if on < here - _STEADY or without > here - _TOLD:
        return {}
    far = view.unconstrained(run)[coefficients] / np.linalg.norm(scaling[coefficients], axis=1)
    return {
        place: "infinity" if way > 0.0 else "minus infinity"
        for place, way in zip(coefficients, far, strict=True)
        if abs(way) > _SHARED * np.abs(far).max()
    }


def _named(parameter: Parameter) -> str:
    return f"{parameter.name} ({parameter.doc})"


def _movement(edge: Edge, parameters: Sequence[Parameter]) -> tuple[str, str, str]:
    """Which parameters go, where, and how they are called in the end."""
    moving = [p for p in parameters if p.name in edge.limit.moving]
    named = " and ".join(map(_named, moving))
    if len(moving) == 1:
        return named, f"goes to {'infinity' if edge.limit.rising else '0'}", moving[0].name
    if edge.limit.rising and edge.limit.falling:
        rising, falling = (" and ".join(names) for names in (edge.limit.rising, edge.limit.falling))
        return named, f"go to infinity ({rising}) and 0 ({falling}) together", "them"
    return named, f"go to {'infinity' if edge.limit.rising else '0'} together", "them"


def _limiting(edge: Edge, family: AnyFamily) -> LimitingModel:
    plain = isinstance(family, PlainFamily)
    # with parameters held the class of the limit would have them free again; a twin has them held, too
    simpler = edge.limit.model if plain and (edge.limit.twin or not family.fixed) else ""
    settings: dict[str, Any] = dict(family.fixed) if plain else {}
    return LimitingModel(
        means=edge.limit.means,
        model=simpler or (family.kind.__name__ if plain else ""),
        fixed={} if simpler and edge.limit.twin is None else settings | edge.held,
        towards=dict.fromkeys(edge.limit.rising, float("inf")) | dict.fromkeys(edge.limit.falling, 0.0),
        log_likelihood=edge.value,
    )


def _judge(
    found: Maximum,
    values: np.ndarray,
    directions: np.ndarray,
    start: np.ndarray,
    parameters: Sequence[Parameter],
    *,
    sound: bool,
) -> tuple[str, int, str]:
    travelled = found.point - start
    weakest = int(np.abs(directions[:, 0]).argmax())
    # judged first: nothing that follows means anything where the likelihood is no number
    if not sound or not np.isfinite(found.value):
        return "not-converged", weakest, ""
    farthest = int(np.abs(travelled).argmax())
    # what rounding alone may have made of the curvature is no information
    flat = max(_FLAT_INFORMATION, _ROUNDED * found.rounding)
    # a boundary before a saddle or flatness: on the way to infinity both of these are seen too
    if abs(travelled[farthest]) > _FAR or (values[0] < flat and abs(travelled[weakest]) > 5.0):
        culprit = farthest if abs(travelled[farthest]) > _FAR else weakest
        domain = parameters[culprit].domain
        top = "1" if domain is PROBABILITY else "infinity"
        bottom = "minus infinity" if domain is REAL else "0"
        return "boundary", culprit, top if travelled[culprit] > 0 else bottom
    # rounding bends a flat likelihood a little either way, so the two thresholds are one number
    if values[0] < -flat:
        return "saddle", weakest, ""
    if values[0] < flat:
        return "flat", weakest, ""
    # last: the decrement is in units of log-likelihood, and means nothing without a positive information
    if found.decrement > CLOSE:
        return "not-converged", int(np.abs(found.gradient).argmax()), ""
    return "converged", 0, ""
