"""SurPyval: distributions, non-parametric estimates and regressions; it is asked, never imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from retainkit.interop.survival._covariates import needless, no_survival, required
from retainkit.interop.survival.curve import FormulaCurve
from retainkit.interop.survival.step_curve import StepCurve, step_curve
from retainkit.models.contractual.base import AbstractContractualModel
from retainkit.models.contractual.exponential import Exponential
from retainkit.models.contractual.log_logistic import LogLogistic
from retainkit.models.contractual.log_normal import LogNormal
from retainkit.models.contractual.weibull import Weibull
from retainkit.typing import Array, Foreign, Frame, NumberLike, Unit

_Make: TypeAlias = Callable[[Any, "Unit | None"], AbstractContractualModel]
_MODELS: Mapping[str, _Make] = MappingProxyType({
    "Weibull": lambda p, u: Weibull(scale=float(p[0]), shape=float(p[1]), unit=u),
    "Exponential": lambda p, u: Exponential(scale=1.0 / float(p[0]), unit=u),
    "LogNormal": lambda p, u: LogNormal(scale=float(np.exp(p[0])), sigma=float(p[1]), unit=u),
    "LogLogistic": lambda p, u: LogLogistic(scale=float(p[0]), shape=float(p[1]), unit=u),
})  # fmt: skip
_SAME = 1e-9


def from_surpyval(
    model: Foreign, *, covariates: Frame = None, unit: Unit | None = None
) -> AbstractContractualModel | StepCurve | FormulaCurve:
    """The survival of a fitted SurPyval model.

    Parameters
    ----------
    model : fitted model with ``sf``
        Weibull, Exponential, LogNormal and LogLogistic without offset, limited failures or zeros become
        the model of that name; other parametric ones are asked for their own formula; non-parametric and
        semi-parametric ones end at the last tenure in their data.
    covariates : (customers, columns) array, for regressions
        In the order of the columns that it was fitted with.
    unit : {"day", "week", "month", "quarter", "year"}, optional
    """
    name = type(model).__name__
    if not callable(getattr(model, "sf", None)):
        raise no_survival(name, "it has no sf", "Pass a fitted model, such as surpyval.Weibull.fit(x, c).")
    if hasattr(model, "phi"):
        return _regression(model, np.atleast_2d(required(covariates, name)), unit)
    needless("covariates", covariates, f"{name} has one curve for everybody")
    if hasattr(model, "R"):
        at = _tenures(model)
        label = f"SurPyval {getattr(model, 'model', name)}"
        return step_curve(at, np.asarray(model.sf(at)), source=label, unit=unit)
    kind = str(getattr(getattr(model, "dist", None), "name", name))
    plain = kind in _MODELS and np.ndim(model.params) == 1  # those of mixtures are tables
    ours = _MODELS[kind](model.params, unit) if plain else None
    if ours is not None and _agrees(ours, model):
        return ours
    return FormulaCurve(lambda t: np.asarray(model.Hf(t)), None, f"SurPyval {kind}", unit)


def _agrees(ours: AbstractContractualModel, model: Foreign) -> bool:
    """Whether it is that distribution and nothing else: not shifted, nobody immune, none lost at once."""
    at = np.asarray(ours.parameters["scale"]) * np.array([0.01, 0.3, 1.0, 3.0])
    return bool(np.allclose(ours.survival(at), np.asarray(model.sf(at)), rtol=_SAME, atol=0.0))


def _tenures(model: Foreign) -> Array:
    x: Array = np.unique(np.asarray(model.x, np.float64))
    return x[np.isfinite(x) & (x >= 0.0)]


def _regression(model: Foreign, z: Array, unit: Unit | None) -> StepCurve | FormulaCurve:
    label = f"SurPyval {getattr(model, 'kind', type(model).__name__)}"

    def each(answer: Callable[[Array, Array], NumberLike]) -> Callable[[Array], Array]:
        def of(t: Array) -> Array:
            flat = np.asarray(answer(np.tile(t, len(z)), np.repeat(z, t.size, axis=0)))
            return flat.reshape(len(z), t.size)

        return of

    if hasattr(model, "dist_params"):
        return FormulaCurve(each(model.Hf), len(z), label, unit)
    at = _tenures(model)
    return step_curve(at, each(model.sf)(at), source=label, unit=unit)
