"""lifetimes, its drop-in here, and retainkit's own purchase models: how long a new customer stays."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from retainkit.errors import InputError
from retainkit.interop.lifetimes.convert import from_lifetimes
from retainkit.interop.survival._covariates import no_survival
from retainkit.interop.survival.formula_curve import FormulaCurve
from retainkit.models.contractual.questions import whole_periods
from retainkit.protocols import PurchaseProcess
from retainkit.summaries import Opportunities, Purchases
from retainkit.typing import Array, Foreign, Unit

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
