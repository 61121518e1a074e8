"""How far the values may be off because the parameters are estimates: standard errors in money."""

from __future__ import annotations

from typing import Any

import numpy as np

from retainkit.inference.result import AnyFit, Fit
from retainkit.inference.uncertainty import standard_error
from retainkit.ingest import TransactionSummary
from retainkit.models.purchasing.bg_nbd import BGNBD
from retainkit.models.spend.gamma_gamma import GammaGamma
from retainkit.reports.figures import Assumptions
from retainkit.typing import Array
from retainkit.valuation.new_customer import value_new_customer


def value_errors(
    tx: TransactionSummary, given: Assumptions, purchasing: Fit[BGNBD], spend: Fit[GammaGamma] | None
) -> tuple[float, float]:
    """Standard errors of the value of the whole base and of the value of a new customer."""
    counted: dict[BGNBD, Array] = {}  # a step in the spend model leaves the purchases as they are

    def base(model: BGNBD, *spending: GammaGamma) -> float:
        if model not in counted:
            rate, horizon = given.discount_rate, given.horizon
            counted[model] = model.discounted_expected_purchases(tx.purchases, rate, horizon)
        each: Any = spending[0].expected_spend(tx.spend) if spending else given.spend_per_purchase
        return given.margin_share * float(np.sum(counted[model] * each))

    def new(model: BGNBD, *spending: GammaGamma) -> float:
        each = spending[0] if spending else given.spend_per_purchase
        rate, horizon = given.discount_rate, given.horizon
        return value_new_customer(
            model, each, margin_share=given.margin_share, discount_rate=rate, horizon=horizon
        ).value

    fits: tuple[AnyFit, ...] = (purchasing,) if spend is None else (purchasing, spend)
    return float(standard_error(base, *fits)), float(standard_error(new, *fits))
