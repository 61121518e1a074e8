"""scikit-survival: estimators that predict survival functions, and these functions themselves."""

from __future__ import annotations

import numpy as np

from retainkit.interop.survival._covariates import needless, no_survival, required
from retainkit.interop.survival.step_curve import StepCurve, step_curve
from retainkit.typing import Array, Foreign, Frame, Unit


def from_sksurv(estimator: Foreign, *, covariates: Frame = None, unit: Unit | None = None) -> StepCurve:
    """The survival that a fitted scikit-survival estimator predicts for customers.

    It has one curve per customer; a single one for a single step function.

    Parameters
    ----------
    estimator : a fitted estimator with ``predict_survival_function``, or a pipeline that ends in one
        CoxPHSurvivalAnalysis, CoxnetSurvivalAnalysis (``fit_baseline_model=True``), survival trees,
        forests and boosted models; also the step functions that they have predicted.
    covariates : what its ``predict_survival_function`` takes, one row per customer
    unit : {"day", "week", "month", "quarter", "year"}, optional

    Notes
    -----
    Before the first tenure in its data a step function of scikit-survival gives the share of that tenure,
    so that S(0) < 1. Here nobody has left before it.
    """
    functions = _functions(estimator)
    if functions is not None:
        needless("covariates", covariates, "step functions are of customers already")
        return _from_steps(functions, "scikit-survival", unit, single=hasattr(estimator, "x"))
    name = type(estimator).__name__
    predict = getattr(estimator, "predict_survival_function", None)
    if predict is None:
        raise no_survival(
            name,
            "it has no predict_survival_function as it was fitted",
            "CoxPHSurvivalAnalysis and RandomSurvivalForest have one; CoxnetSurvivalAnalysis with "
            "fit_baseline_model=True.",
        )
    return _from_steps(predict(required(covariates, name)), f"scikit-survival {name}", unit, single=False)


def is_steps(fitted: Foreign) -> bool:
    """Whether these are step functions, one or many."""
    return _functions(fitted) is not None


def _functions(fitted: Foreign) -> list[Foreign] | None:
    if all(hasattr(fitted, part) for part in ("x", "y", "a", "b")):
        return [fitted]
    objects = getattr(fitted, "dtype", None) == np.object_ and fitted.ndim == 1
    if not (objects or type(fitted) in (list, tuple)):
        return None
    several: list[Foreign] = [*fitted]
    return several if several and all(hasattr(f, "x") and hasattr(f, "y") for f in several) else None


def _from_steps(functions: Foreign, source: str, unit: Unit | None, *, single: bool) -> StepCurve:
    steps: list[Foreign] = [*functions]
    time: Array = np.unique(np.concatenate([np.asarray(f.x, np.float64) for f in steps]))
    time = time[np.isfinite(time) & (time >= 0.0)]
    shares = np.stack([_shares(f, time) for f in steps])
    ends = np.array([float(f.x[-1]) for f in steps])
    end = float(ends[0]) if np.all(ends == ends[0]) else ends[:, None]
    return step_curve(time, shares[0] if single else shares, source=source, unit=unit, end=end)


def _shares(function: Foreign, time: Array) -> Array:
    x, y = np.asarray(function.x, np.float64), np.asarray(function.y, np.float64)
    place = np.searchsorted(x, time, side="right") - 1
    return np.where(place < 0, 1.0, function.a * y[np.maximum(place, 0)] + function.b)
