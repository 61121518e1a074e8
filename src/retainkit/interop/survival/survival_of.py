"""One door for every survival curve: whatever was fitted, wherever, answers the same questions after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from retainkit.columns import labels_of
from retainkit.domains import PROBABILITY
from retainkit.errors import InputError
from retainkit.interop.lifetimes.convert import from_lifetimes
from retainkit.interop.survival._covariates import needless, no_survival, roots
from retainkit.interop.survival.curve import AbstractSurvival, FormulaCurve
from retainkit.interop.survival.from_lifelines import from_lifelines
from retainkit.interop.survival.from_sksurv import from_sksurv, is_steps
from retainkit.interop.survival.from_surpyval import from_surpyval
from retainkit.interop.survival.step_curve import Between, StepCurve, step_curve
from retainkit.models.contractual.base import AbstractContractualModel
from retainkit.models.contractual.nonparametric.curve import AbstractCurve, AfterEnd
from retainkit.models.contractual.nonparametric.life_table import LifeTable
from retainkit.models.contractual.questions import whole_periods
from retainkit.protocols import PurchaseProcess, model_of
from retainkit.summaries import Opportunities, Purchases
from retainkit.typing import Array, Foreign, Frame, NumberLike, Unit
from retainkit.units import check_unit

_UNDERSTOOD = (
    "Understood are fitted objects of lifelines, scikit-survival, SurPyval and lifetimes, models and fits of "
    "retainkit, an array S(0) = 1, S(1), … (or shares with times=), and a function of an array of tenures."
)
_TABLE = (
    "Say which way it lies: survival_of(table.to_numpy().T, times=table.index) if its rows are tenures and "
    "its columns customers, as lifelines' are."
)


def survival_of(
    fitted: Foreign,
    *,
    covariates: Frame = None,
    times: NumberLike | None = None,
    after_end: AfterEnd | None = None,
    between: Between | None = None,
    unit: Unit | None = None,
) -> Foreign:
    """The survival curve of anything fitted anywhere, ready for break-even, lifetime and residual value.

    What it returns has ``survival(t, given=...)``, ``retention``, ``churn``, ``hazard`` and ``unit``. Raises
    `InputError` for what is not fitted or not understood, missing or needless covariates, and curves that
    rise. Gives a model of retainkit where the fitted object is one (Weibull, exponential, log-normal,
    log-logistic); a `FormulaCurve` where it has another formula, which goes on by itself; a `StepCurve` where
    it has an end. Nothing is refitted, and no other library is imported.

    Parameters
    ----------
    fitted : one of
        - a fitted lifelines fitter: univariate, Cox, additive, accelerated failure time;
        - a fitted scikit-survival estimator or pipeline, or the step functions it predicted;
        - a fitted SurPyval model;
        - a fitted lifetimes fitter, or a purchase model: P(alive) of a customer just acquired;
        - a contractual model or estimate of retainkit, or a `Fit`: passed through;
        - shares still there: S(0), S(1), … or those at `times`; (k,), or (customers, k);
        - a function that gives S at an array of tenures.
    covariates : dataframe or mapping of columns, one row per customer
        For regressions, which have a curve for each customer.
    times : (k,) ascending tenures of an array of shares
        By default 0, 1, 2, …; where they begin later, S(0) = 1 is put in front.
    after_end : {"stop", "same-churn", "flat"} or number in [0, 1], optional
        What happens past the last observed tenure of a curve that has an end; see `StepCurve.continued`.
        Without it questions past the end are refused: they are never answered with "nobody leaves".
    between : {"steps", "lines"}, optional
        Of an array: whether all who leave between two tenures do so at the later one (the default, right
        for renewals), or evenly in between.
    unit : {"day", "week", "month", "quarter", "year"}, optional
        What tenures count in, which no other library knows. Rates and durations need it.

    Examples
    --------
    >>> import retainkit as rk
    >>> from retainkit.interop.survival import survival_of
    >>> curve = survival_of([1, 0.9, 0.83, 0.8], unit="month", after_end="same-churn")
    >>> curve.survival([2, 5], given=1).round(4).tolist()
    [0.9222, 0.8258]
    >>> value = rk.economics.lifetime_value_on_curve(
    ...     20, curve, discount_rate=rk.Rate(0.1, per="year"), period="month", timing="begin")
    >>> round(value, 2)
    411.14
    """
    unit = None if unit is None else check_unit("unit", unit)
    fitted = model_of(fitted)
    if _is_shares(fitted):
        needless("covariates", covariates, "an array is of customers already")
        curve: Foreign = _from_shares(fitted, times, between or "steps", unit)
    else:
        needless("times", times, "only an array of shares has its tenures beside it")
        needless("between", between, "only an array of shares leaves open what happens between its tenures")
        curve = _read(fitted, covariates, unit)
    if after_end is None:
        return curve
    if isinstance(curve, AbstractCurve | StepCurve):
        return curve.continued(after_end)
    needless("after_end", after_end, "the curve has no end to go on from, or is a table to fit a model to")
    return curve


def _read(fitted: Foreign, covariates: Frame, unit: Unit | None) -> Foreign:
    come_from = roots(fitted)
    if is_steps(fitted) or "sksurv" in come_from or "sklearn" in come_from:
        return from_sksurv(fitted, covariates=covariates, unit=unit)
    for library, read in (("lifelines", from_lifelines), ("surpyval", from_surpyval)):
        if library in come_from:
            return read(fitted, covariates=covariates, unit=unit)
    own = _own(fitted, unit)
    if own is None:
        shown = f"{type(fitted).__module__}.{type(fitted).__qualname__}"
        way_out = _TABLE if hasattr(fitted, "columns") else _UNDERSTOOD
        raise InputError("not-a-model", "fitted", shown, "must be something with a survival curve", way_out)
    needless("covariates", covariates, "it has one curve for everybody, or knows its customers already")
    return own


def _own(fitted: Foreign, unit: Unit | None) -> Foreign:
    """retainkit's own, lifetimes' fitters, and functions; None for anything else."""
    if getattr(fitted.__class__, "data_kind", None) in NEW:
        return from_purchases(_with_unit(fitted, unit))
    if isinstance(fitted, AbstractContractualModel | AbstractCurve | AbstractSurvival | LifeTable):
        return _with_unit(fitted, unit)
    if any(
        base.__module__.startswith(("lifetimes.", "retainkit.interop.lifetimes"))
        for base in type(fitted).__mro__
    ):
        return from_fitter(fitted, unit=unit)
    if callable(fitted) and not isinstance(fitted, type):
        return FormulaCurve(_hazard_of(fitted), None, "a function", unit)
    return None


def _with_unit(own: Foreign, unit: Unit | None) -> Foreign:
    if unit is None or own.unit == unit:
        return own
    if own.unit is not None:
        rule = f"must be {own.unit!r}, in which the curve counts, or left out"
        way_out = "Durations convert themselves: ask for Duration(3, 'year')."
        raise InputError("unit-mismatch", "unit", unit, rule, way_out)
    if isinstance(own, AbstractCurve):
        return replace(own, risk=replace(own.risk, unit=unit))
    return replace(own, unit=unit)


def _hazard_of(function: Callable[[Array], NumberLike]) -> Callable[[Array], NumberLike]:
    def hazard(t: Array) -> Array:
        with np.errstate(divide="ignore"):
            return -np.log(np.asarray(PROBABILITY.check("survival", function(t))))

    return hazard


def _is_shares(fitted: Foreign) -> bool:
    """A column of numbers, or rows of them; not a list of step functions."""
    if is_steps(fitted):
        return False
    series = hasattr(fitted, "to_numpy") and not hasattr(fitted, "columns")
    return (isinstance(fitted, np.ndarray | Sequence) and not isinstance(fitted, str)) or series


def _from_shares(fitted: Foreign, times: NumberLike | None, between: Between, unit: Unit | None) -> StepCurve:
    labels_of(fitted=fitted, times=times)
    index = getattr(fitted, "index", None)
    if times is None and hasattr(index, "to_numpy") and list(index) != list(range(len(fitted))):  # type: ignore[arg-type]
        shown = f"a Series indexed {index[0]}, …"  # type: ignore[index]
        rule = "has an index other than 0, 1, 2, …, which may be its tenures"
        way_out = "Say so: times=series.index; or drop it with series.to_numpy()."
        raise InputError("ambiguous", "fitted", shown, rule, way_out)
    shares = np.asarray(PROBABILITY.check("survival", fitted))
    at = np.arange(float(shares.shape[-1] if shares.ndim else 1)) if times is None else times
    if times is None and not (shares.size and shares.ndim and np.all(shares[..., 0] == 1.0)):
        shown: object = float(shares.flat[0]) if shares.size else []
        rule = "must begin with S(0) = 1: everyone is there at the start"
        way_out = "Put 1 in front of S(1), S(2), …; or give their tenures with times=."
        raise InputError("not-a-curve", "survival", shown, rule, way_out)
    return step_curve(at, shares, source="an array", unit=unit, between=between)


NEW: dict[type[Any], tuple[str, ...]] = {
    Purchases: ("frequency", "recency", "T"),
    Opportunities: ("frequency", "recency", "periods"),
}
"""The columns that are 0 for a customer just acquired, by the kind of data of a model."""


def from_fitter(fitter: Foreign, *, unit: Unit | None = None) -> FormulaCurve:
    """The survival of a new customer by a fitted fitter of lifetimes."""
    return from_purchases(cast("PurchaseProcess[Any]", from_lifetimes(fitter, unit=unit)))


def from_purchases(model: PurchaseProcess[Any]) -> FormulaCurve:
    """P(alive) of a customer just acquired, by time since acquisition; for all, whatever they will buy.

    Customers of these models leave without telling. A curve in time knows nothing of how much they buy
    while they stay: for their value, `value_customers` and `value_new_customer` count purchases.
    """
    name, kind = type(model).__name__, model.data_kind
    if kind not in NEW:
        raise no_survival(name, f"it is a model of {kind.__name__}", "Pass the model of purchases.")
    shapes = {np.shape(value) for value in model.parameters.values()}
    shape = np.broadcast_shapes(*shapes)
    if shape and shape[-1] != 1:
        rule = "must be one model, or draws of one with a last axis of length 1"
        way_out = "Ask probability_alive with Purchases of the customers that the parameters belong to."
        raise InputError("length-mismatch", "fitted", f"parameters of shape {shape}", rule, way_out)

    def hazard(t: Array) -> Array:
        if model.whole_periods:
            whole_periods("t", t, name)
        new = kind(**dict.fromkeys(NEW[kind], np.zeros_like(t)), unit=model.unit)
        with np.errstate(divide="ignore"):
            return -np.log(model.probability_alive(new, horizon=t))

    return FormulaCurve(hazard, shape[0] if shape else None, f"{name}, new customers", model.unit)
