"""lifetimes, its drop-in here, and retainkit's own purchase models: how long a new customer stays."""

from __future__ import annotations

import numpy as np

from retainkit.errors import InputError
from retainkit.interop.lifetimes.convert import from_lifetimes
from retainkit.interop.survival._covariates import no_survival
from retainkit.interop.survival.formula_curve import FormulaCurve
from retainkit.models.base import AnyModel
from retainkit.models.contractual.questions import whole_periods
from retainkit.models.purchasing.base import AbstractPurchaseModel
from retainkit.models.purchasing.bg_bb import BGBB
from retainkit.summaries import Opportunities, Purchases
from retainkit.typing import Array, Foreign, Unit


def from_fitter(fitter: Foreign, *, unit: Unit | None = None) -> FormulaCurve:
    """The survival of a new customer by a fitted fitter of lifetimes."""
    return from_purchases(from_lifetimes(fitter, unit=unit))


def from_purchases(model: AnyModel) -> FormulaCurve:
    """P(alive) of a customer just acquired, by time since acquisition; for all, whatever they will buy.

    Customers of these models leave without telling. A curve in time knows nothing of how much they buy
    while they stay: for their value, `value_customers` and `value_new_customer` count purchases.
    """
    name = type(model).__name__
    if isinstance(model, AbstractPurchaseModel):
        alive = _by_time(model)
    elif isinstance(model, BGBB):
        alive = _by_opportunity(model)
    else:
        raise no_survival(name, "it is a model of spend", "Pass the model of purchases.")
    shapes = {np.shape(value) for value in model.parameters.values()}
    shape = np.broadcast_shapes(*shapes)
    if shape and shape[-1] != 1:
        rule = "must be one model, or draws of one with a last axis of length 1"
        way_out = "Ask probability_alive with Purchases of the customers that the parameters belong to."
        raise InputError("length-mismatch", "fitted", f"parameters of shape {shape}", rule, way_out)

    def hazard(t: Array) -> Array:
        with np.errstate(divide="ignore"):
            return -np.log(alive(t))

    return FormulaCurve(hazard, shape[0] if shape else None, f"{name}, new customers", model.unit)


def _by_time(model: AbstractPurchaseModel) -> Foreign:
    def alive(t: Array) -> Array:
        zero = np.zeros_like(t)
        new = Purchases(frequency=zero, recency=zero, T=zero, unit=model.unit)
        return model.probability_alive(new, horizon=t)

    return alive


def _by_opportunity(model: BGBB) -> Foreign:
    def alive(t: Array) -> Array:
        whole_periods("t", t, "BGBB")
        zero = np.zeros_like(t)
        new = Opportunities(frequency=zero, recency=zero, periods=zero, unit=model.unit)
        return model.probability_alive(new, horizon=t)

    return alive
