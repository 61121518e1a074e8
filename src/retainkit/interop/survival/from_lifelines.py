"""lifelines: univariate fitters, Cox and additive regressions, accelerated failure times.

lifelines is never imported here: who has a fitter has it loaded, and the fitter answers for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from retainkit.errors import InputError
from retainkit.interop.survival._covariates import named_frame, needless, no_survival, not_fitted, required
from retainkit.interop.survival.curve import FormulaCurve
from retainkit.interop.survival.step_curve import StepCurve, step_curve
from retainkit.models.contractual.base import AbstractContractualModel
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.typing import Array, Foreign, Frame, NumberLike, Unit

Wrapped: TypeAlias = "AbstractContractualModel | StepCurve | FormulaCurve"
_Make: TypeAlias = Callable[[Any, "Unit | None"], AbstractContractualModel]

_MODELS: Mapping[str, _Make] = MappingProxyType({
    "WeibullFitter": lambda f, u: Weibull(scale=float(f.lambda_), shape=float(f.rho_), unit=u),
    "ExponentialFitter": lambda f, u: Exponential(scale=float(f.lambda_), unit=u),
    "LogNormalFitter": lambda f, u: LogNormal(
        scale=float(np.exp(f.mu_)), sigma=float(f.sigma_), unit=u
    ),
    "LogLogisticFitter": lambda f, u: LogLogistic(scale=float(f.alpha_), shape=float(f.beta_), unit=u),
})  # fmt: skip

_E = float(np.e)
_NORMAL_TAIL = 0.15865525393145705  # P(Z > 1) of a standard normal
_AFT: Mapping[str, tuple[type[Any], float, float, bool]] = MappingProxyType({
    # share still there at the tenure `scale`; share at scale·e^(1/shape), or at scale·e^sigma
    "WeibullAFTFitter": (Weibull, 1.0 / _E, float(np.exp(-_E)), True),
    "LogLogisticAFTFitter": (LogLogistic, 0.5, 1.0 / (1.0 + _E), True),
    "LogNormalAFTFitter": (LogNormal, 0.5, _NORMAL_TAIL, False),
})  # fmt: skip


def from_lifelines(fitter: Foreign, *, covariates: Frame = None, unit: Unit | None = None) -> Wrapped:
    """The survival of a fitted lifelines fitter.

    Gives Weibull, Exponential, LogNormal or LogLogistic, with parameters (customers, 1) for regressions;
    StepCurve; or FormulaCurve.

    Parameters
    ----------
    fitter : any fitted lifelines fitter with a survival function
        Weibull, exponential, log-normal and log-logistic ones, accelerated failure times included, become
        the model of that name; other parametric ones are asked for their own formula at any tenure. Of
        Kaplan–Meier, Breslow–Fleming–Harrington, Nelson–Aalen, Cox and Aalen's additive model the curve
        ends where observation ended.
    covariates : dataframe or mapping of columns, one row per customer; for regressions
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What its durations counted in; lifelines does not know.
    """
    name = type(fitter).__name__
    if name in _AFT:
        return _aft(fitter, named_frame(required(covariates, name)), unit)
    if hasattr(fitter, "predict_survival_function"):
        frame = named_frame(required(covariates, name))
        if not hasattr(fitter, "params_") and not hasattr(fitter, "cumulative_hazards_"):
            raise not_fitted(name)
        return _regression(fitter, frame, unit)
    needless("covariates", covariates, f"{name} has one curve for everybody")
    if not hasattr(fitter, "timeline"):
        if not hasattr(fitter, "params_"):
            raise not_fitted(name)
        raise no_survival(name, "it predicts hazards only", "Fit one that has a survival function.")
    if name in _MODELS:
        return _MODELS[name](fitter, unit)
    if hasattr(fitter, "_fitted_parameter_names"):
        return FormulaCurve(
            lambda t: np.asarray(fitter.cumulative_hazard_at_times(t)), None, f"lifelines {name}", unit
        )
    return _steps(fitter, unit)


def _steps(fitter: Foreign, unit: Unit | None) -> StepCurve:
    """Kaplan–Meier and its kin, up to the last observation: the fitter's own curve goes on flat."""
    name = type(fitter).__name__
    table = getattr(fitter, "survival_function_", None)
    if table is None and hasattr(fitter, "cumulative_hazard_"):
        table = np.exp(-fitter.cumulative_hazard_)
    if table is None or table.shape[1] != 1 or not hasattr(fitter, "durations"):
        raise no_survival(
            name,
            "competing risks and interval-censored estimates have several",
            "Choose one and pass its shares: survival_of(shares, times=...).",
        )
    _refuse_skips(fitter, table.index.to_numpy(np.float64))
    entry = getattr(fitter, "entry", None)
    return step_curve(
        table.index.to_numpy(np.float64),
        table.iloc[:, 0].to_numpy(np.float64),
        source=f"lifelines {name}",
        unit=unit,
        end=min(float(np.max(fitter.durations)), float(table.index[-1])),
        start=0.0 if entry is None else float(np.min(entry)),
    )


def _refuse_skips(fitter: Foreign, shown: Array) -> None:
    """Refuse a timeline that leaves out tenures at which somebody left: between them it is too high."""
    table = fitter.event_table
    left = table.index[table["observed"] > 0].to_numpy(np.float64)
    skipped = left[(left <= shown[-1]) & ~np.isin(left, shown)]
    if skipped.size:
        rule = "must show every tenure at which customers left: its timeline leaves some out"
        way_out = "Fit it without timeline=; or pass what it shows, survival_of(shares, times=...)."
        raise InputError("not-supported", "fitted", float(skipped[0]), rule, way_out)


def _aft(fitter: Foreign, frame: Frame, unit: Unit | None) -> AbstractContractualModel:
    """Two percentiles of each customer say both parameters."""
    model, at_scale, next_share, by_shape = _AFT[type(fitter).__name__]
    if not hasattr(fitter, "params_"):
        raise not_fitted(type(fitter).__name__)
    scale = np.asarray(fitter.predict_percentile(frame, p=at_scale), np.float64)
    log_ratio = np.log(np.asarray(fitter.predict_percentile(frame, p=next_share), np.float64) / scale)
    return model(scale[:, None], (1.0 / log_ratio if by_shape else log_ratio)[:, None], unit=unit)


def _regression(fitter: Foreign, frame: Frame, unit: Unit | None) -> StepCurve | FormulaCurve:
    name, count = type(fitter).__name__, len(frame)
    if hasattr(fitter, "_fitted_parameter_names"):  # parametric, whatever its baseline
        return FormulaCurve(_hazards_of(fitter, frame), count, f"lifelines {name}", unit)
    table = fitter.predict_survival_function(frame).reindex(columns=range(count))
    shares = table.to_numpy(np.float64).T
    time = table.index.to_numpy(np.float64)
    end = float(np.max(fitter.durations))
    stratified = getattr(fitter, "strata", None)
    return step_curve(
        time,
        shares,
        source=f"lifelines {name}",
        unit=unit,
        end=_last_falls(time, shares) if stratified else end,
    )


def _hazards_of(fitter: Foreign, frame: Frame) -> Callable[[Array], NumberLike]:
    def hazards(t: Array) -> Foreign:
        table = fitter.predict_cumulative_hazard(frame, times=t)
        return table.reindex(columns=range(len(frame))).to_numpy(np.float64).T

    return hazards


def _last_falls(time: Array, shares: Array) -> Array:
    """The last tenure at which somebody of each customer's stratum left; shape (customers, 1).

    Some strata are observed for longer than others, and past its own end a stratum's curve is flat.
    """
    falls = np.diff(shares, axis=1, prepend=1.0) < 0.0
    last = shares.shape[1] - 1 - np.argmax(falls[:, ::-1], axis=1)
    return np.where(falls.any(axis=1), time[last], time[0])[:, None]
