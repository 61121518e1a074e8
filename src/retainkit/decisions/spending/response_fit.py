"""A response curve from observed or judged points: spending, and the share won or kept with it.

With numbers of customers behind the shares the fit maximises their binomial likelihood; with standard
errors, or with neither, it is least squares. The uncertainty of the curve comes with it as a covariance on a
scale where the parameters have no bounds, and as draws that every decision of this package takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from retainkit.columns import keeps_labels
from retainkit.decisions._base.draws import drawn
from retainkit.decisions.spending.response_curves import AdbudgResponse, ExponentialResponse, HillResponse
from retainkit.domains import NOT_NEGATIVE, POSITIVE, PROBABILITY, as_numbers, generator, one_number
from retainkit.errors import FitError, InputError, first_offender
from retainkit.plurals import counted
from retainkit.records import Record
from retainkit.typing import Array, NumberLike, Plain

Curve = TypeVar("Curve", ExponentialResponse, HillResponse, AdbudgResponse)

_FAR = 15.0  # on the log or logit scale: the data do not bound the parameter
_FIRST_TRIES = (0.03, 0.2, 1.0, 5.0)  # of a typical spending
_TINY = 1e-200  # of a complex step: no difference is formed, so that nothing can cancel


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedResponse(Record, Generic[Curve]):
    """A response curve and how sure it is; made by `fit_response`.

    Attributes
    ----------
    curve : ResponseCurve
        At the estimate.
    names : tuple of str
        The parameters that were estimated.
    standard_errors : dict of float, or None
        By name; None where as many parameters as points leave nothing to judge by.
    residuals : ndarray
        Observed less fitted shares, in the order of the points.
    """

    _derived = ("standard_errors",)
    _hidden = frozenset({"line", "covariance"})

    curve: Curve
    names: tuple[str, ...]
    residuals: Array
    line: Array
    covariance: Array | None

    def _at(self, z: NumberLike) -> Plain:
        """The parameters at unbounded coordinates; those that are known are as in the curve."""
        ends = (None if name in self.names else getattr(self.curve, name) for name in ("ceiling", "floor"))
        return _coordinates(type(self.curve), *ends)[0](z)

    @property
    def standard_errors(self) -> dict[str, float] | None:
        """Of every estimated parameter, by the delta method."""
        if self.covariance is None:
            return None
        slopes = _complex_slopes(lambda z: np.array([self._at(z)[name] for name in self.names]), self.line)
        return dict(
            zip(self.names, np.sqrt(np.diag(slopes @ self.covariance @ slopes.T)).tolist(), strict=True)
        )

    def draws(self, n: int = 4000, *, seed: int) -> Curve:
        """The curve with every estimated parameter as `n` `Draws`, normal on the unbounded scale.

        Raises
        ------
        InputError
            If the points say nothing of the uncertainty.
        """
        if self.covariance is None:
            shown = f"{counted(self.residuals.size, 'point')} for {len(self.names)} parameters"
            way_out = "Give customers= or standard_error= with the points, or more points than parameters."
            raise InputError("too-few", "draws", shown, "need points that say how sure they are", way_out)
        rng = generator(seed)
        # normal where parameters have no bounds: every draw is a curve, with its floor below its ceiling
        root = np.linalg.cholesky(self.covariance)
        z = self.line[:, None] + root @ rng.standard_normal((self.line.size, n))  # (p, draws)
        return type(self.curve)(**{k: drawn(np.real(v)) for k, v in self._at(z).items()})

    def _row_columns(self) -> dict[str, list[str] | list[float]]:
        values, errors = _real(self._at(self.line)), self.standard_errors or {}
        return {
            "parameter": list(values),
            "estimate": [float(v) for v in values.values()],
            "standard_error": [errors.get(name, np.nan) for name in values],
        }

    def __str__(self) -> str:
        errors = self.standard_errors or {}
        described = ", ".join(
            f"{name} {v:.4g}" + (f" ± {errors[name]:.2g}" if name in errors else "")
            for name, v in _real(self._at(self.line)).items()
        )
        return f"{type(self.curve).__name__}: {described}."


@keeps_labels
def fit_response(
    spend: NumberLike,
    rate: NumberLike,
    *,
    curve: type[Curve] = ExponentialResponse,
    ceiling: float | None = None,
    floor: float | None = 0.0,
    customers: NumberLike = None,
    standard_error: NumberLike = None,
) -> FittedResponse[Curve]:
    """The response curve through, or nearest to, points of spending and the share won or kept with it.

    Parameters
    ----------
    spend : number or column, money per prospect or customer, 0 or more
    rate : number or column in [0, 1]
        The share won or kept.
    curve : ExponentialResponse, HillResponse or AdbudgResponse
    ceiling, floor : float or None
        Known ends of the curve; None to estimate one from the points.
    customers : number or column, above 0, optional
        How many were treated at each point: the shares are then binomial.
    standard_error : number or column, above 0, optional
        How sure each share is, for judgements; not together with `customers`.

    Raises
    ------
    InputError
        For values outside their domain, and fewer different spendings than parameters to estimate.
    FitError
        If the points do not bound a parameter, such as a ceiling that no point comes near.

    Examples
    --------
    >>> fitted = fit_response([2, 5, 10], [0.10, 0.21, 0.29], customers=[500, 500, 500], ceiling=0.4)
    >>> print(fitted)
    ExponentialResponse: k 0.1411 ± 0.012, ceiling 0.4, floor 0.
    >>> fitted.draws(1000, seed=1).rate(5).std() < 0.02
    True
    """
    x, y = (np.atleast_1d(a) for a in (as_numbers("spend", spend), as_numbers("rate", rate)))
    x, y = np.broadcast_arrays(NOT_NEGATIVE.check("spend", x), PROBABILITY.check("rate", y))
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    at, names = _coordinates(curve, ceiling, floor)
    _check_points(x, y, names, ceiling, floor)
    trials, error = _weights(y, customers, standard_error)

    def rates(z: NumberLike) -> NumberLike:
        given = at(z)
        shape = {name: given[name] for name in curve.shape_names}
        return given["floor"] + (given["ceiling"] - given["floor"]) * curve.share(x, **shape)

    line = _nearest(rates, y, trials, error, _starts(curve, x, y, ceiling, floor))
    # a parameter that ran off is no estimate, though the curve through the points may look fine
    if np.any(np.abs(line - _origin(curve, x, line.size)) > _FAR):
        raise _unbounded()
    fitted = np.real(rates(line))
    covariance = _covariance(_complex_slopes(rates, line), fitted, y - fitted, trials, error)
    return FittedResponse(
        curve=curve(**_real(at(line))), names=names, residuals=y - fitted, line=line, covariance=covariance
    )


def _coordinates(
    curve: type[Any], ceiling: float | None, floor: float | None
) -> tuple[Callable[[Any], Plain], tuple[str, ...]]:
    """How unbounded coordinates become parameters, and the names of those that are estimated."""
    # a known end is no parameter: it takes no point and has no error
    ends = tuple(name for name, known in (("ceiling", ceiling), ("floor", floor)) if known is None)
    for name, known in (("ceiling", ceiling), ("floor", floor)):
        if known is not None:
            one_number(name, known, PROBABILITY)
    count = len(curve.shape_names)

    def at(z: NumberLike) -> Plain:
        shape = {name: np.exp(z[i]) for i, name in enumerate(curve.shape_names)}
        share = [1.0 / (1.0 + np.exp(-z[i])) for i in range(count, count + len(ends))]
        if ceiling is None and floor is None:
            bottom = share[1]
            # the ceiling as a share of what is left above the floor: it cannot fall below
            return {**shape, "ceiling": bottom + (1.0 - bottom) * share[0], "floor": bottom}
        top = ceiling if floor is None else floor + (1.0 - floor) * share[0] if ceiling is None else ceiling
        return {**shape, "ceiling": top, "floor": top * share[0] if floor is None else floor}

    return at, (*curve.shape_names, *ends)


def _check_points(
    x: Array, y: Array, names: tuple[str, ...], ceiling: float | None, floor: float | None
) -> None:
    distinct = np.unique(x[x > 0.0] if floor is not None else x).size
    if distinct < len(names):
        shown = f"{counted(distinct, 'different spending')} for {len(names)} parameters ({', '.join(names)})"
        rule = "must have as many different values as there are parameters to estimate"
        way_out = "Give the ceiling or the floor, more points, or a curve with fewer parameters."
        raise InputError("too-few", "spend", shown, rule, way_out)
    if ceiling is not None and floor is not None and ceiling <= floor:
        way_out = "The ceiling is the rate that no spending exceeds."
        raise InputError("inconsistent", "ceiling", ceiling, f"must be above the floor of {floor}", way_out)
    top = 1.0 if ceiling is None else ceiling
    # as many points as parameters are met exactly: what the curve never reaches has no such parameters
    through = len(names) == distinct == x.size
    beyond = y >= top if through else y > top
    if np.any(beyond):
        rule = f"must be {'below' if through else 'at most'} the ceiling of {top}"
        way_out = "The ceiling is approached and not reached: raise it, or ceiling=None to estimate it."
        raise InputError("out-of-range", "rate", first_offender(y, beyond), rule, way_out)
    if floor is not None and np.any(y < floor):
        way_out = "The floor is the rate without spending: lower it, or floor=None to estimate it."
        rule = f"must be at least the floor of {floor}"
        raise InputError("out-of-range", "rate", first_offender(y, y < floor), rule, way_out)


def _weights(
    y: Array, customers: NumberLike, standard_error: NumberLike
) -> tuple[Array | None, Array | None]:
    if customers is not None and standard_error is not None:
        rule = "must not be given together"
        way_out = "Numbers of customers say how sure their shares are; judgements need standard errors."
        raise InputError("not-one-of", "customers / standard_error", "both", rule, way_out)
    if customers is not None:
        return np.broadcast_to(np.asarray(POSITIVE.check("customers", customers)), y.shape), None
    if standard_error is not None:
        return None, np.broadcast_to(np.asarray(POSITIVE.check("standard_error", standard_error)), y.shape)
    return None, None


def _origin(curve: type[Any], x: Array, size: int) -> Array:
    """The typical spending in the coordinates, so that nothing depends on the currency."""
    typical = float(np.median(x[x > 0.0]))
    origin = np.zeros(size)
    if curve is not AdbudgResponse:
        origin[0] = -np.log(typical) if curve is ExponentialResponse else np.log(typical)
    return origin


def _starts(curve: type[Any], x: Array, y: Array, ceiling: float | None, floor: float | None) -> list[Array]:
    typical = float(np.median(x[x > 0.0]))
    high = 0.5 * (1.0 + float(y.max()))
    low = 0.5 * float(y.min()) + 1e-3
    ends: list[float] = []
    if ceiling is None:
        bottom = low if floor is None else floor
        ends.append(_logit((high - bottom) / (1.0 - bottom)))
    if floor is None:
        ends.append(_logit(low / (1.0 if ceiling is None else ceiling)))
    starts: list[Array] = []
    for share in _FIRST_TRIES:
        half = share * typical
        shapes = {
            ExponentialResponse: [-np.log(half)],
            HillResponse: [np.log(half), 0.4],
            AdbudgResponse: [0.4, np.exp(0.4) * np.log(half)],
        }[curve]
        starts.append(np.array([*shapes, *ends]))
    return starts


def _entropy(share: Array, ratio: Array) -> Array:
    from scipy.special import xlogy

    return np.asarray(xlogy(share, ratio), np.float64)


def _logit(share: float) -> float:
    """Of a first guess, kept away from the ends."""
    # a start at 0 or 1 would be infinitely far away
    inside = min(max(share, 0.01), 0.99)
    return math.log(inside / (1.0 - inside))


def _real(values: Plain) -> dict[str, float]:
    return {name: complex(value).real for name, value in values.items()}


def _nearest(
    rates: Callable[[NumberLike], NumberLike],
    y: Array,
    trials: Array | None,
    error: Array | None,
    starts: list[Array],
) -> Array:
    """Where the sum of squared, or of deviance, residuals is least."""
    from scipy.optimize import least_squares

    def residuals(z: Array) -> Array:
        p = np.real(rates(z))
        if trials is None:
            return (y - p) / (1.0 if error is None else error)
        p = np.clip(p, 1e-15, 1.0 - 1e-15)  # inside the search alone: the deviance stays finite
        deviance = 2.0 * trials * (_entropy(y, y / p) + _entropy(1.0 - y, (1.0 - y) / (1.0 - p)))
        # their squares add up to the deviance: the binomial likelihood as least squares
        return np.sign(y - p) * np.sqrt(np.maximum(deviance, 0.0))

    with np.errstate(over="ignore"):
        tries = [
            least_squares(residuals, z, jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-14) for z in starts
        ]
    # an S-shaped curve has several local optima: four starts, and the best end
    return min(tries, key=lambda found: found.cost).x


def _covariance(
    slopes: Array, fitted: Array, residuals: Array, trials: Array | None, error: Array | None
) -> Array | None:
    """The inverse of the expected information, in the unbounded coordinates."""
    points, parameters = slopes.shape
    if trials is not None:
        weight = trials / (fitted * (1.0 - fitted))
    elif error is not None:
        weight = error**-2.0
    elif points > parameters and np.any(residuals):
        # no errors given: the scatter around the curve says how large they are
        weight = np.full(points, (points - parameters) / float(residuals @ residuals))
    else:
        return None
    root = slopes * np.sqrt(weight)[:, None]
    size = np.linalg.norm(root, axis=0)
    # scaled first, so that the condition tells of the data and not of units
    if not np.all(size > 0.0) or np.linalg.cond(root / size) > 1e7:
        raise _unbounded()
    information = (root / size).T @ (root / size)
    return np.asarray(np.linalg.inv(information) / np.outer(size, size), np.float64)


def _unbounded() -> FitError:
    return FitError(
        "boundary",
        "The points do not bound every parameter of the curve.",
        way_out="Give the ceiling or the floor, a curve with fewer parameters, or points further apart.",
    )


def _complex_slopes(f: Callable[[NumberLike], NumberLike], z: Array) -> Array:
    """Derivatives of f, (outputs, coordinates), exact by a complex step."""
    steps = z[:, None] + 1j * _TINY * np.eye(z.size)
    return np.stack([np.imag(f(steps[:, i])) / _TINY for i in range(z.size)], axis=-1)
