"""Pure functions: cash flows, rates and survival curves as numbers and arrays, and no model.

A room for each question; every name has its address here too, and loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retainkit.addresses import lazily

if TYPE_CHECKING:
    from retainkit.economics import metrics as metrics
    from retainkit.economics.breakeven import *
    from retainkit.economics.cashflows import *
    from retainkit.economics.lifetime import *
    from retainkit.economics.segments import *
    from retainkit.economics.spending import *
    from retainkit.rates import Rate as Rate

_HOMES = {
    ".breakeven": (
        "annuity_periods",
        "BreakEven",
        "BreakEvenDistribution",
        "CurveBreakEven",
        "break_even",
        "break_even_acquisition_cost",
        "break_even_churn",
        "break_even_distribution",
        "break_even_margin",
        "break_even_on_curve",
        "break_even_periods",
        "break_even_price",
    ),
    ".lifetime": (
        "Elasticities",
        "RetentionGain",
        "berger_nasr_case_1",
        "berger_nasr_case_2a",
        "berger_nasr_case_2b",
        "berger_nasr_case_3",
        "berger_nasr_case_4",
        "churn_from",
        "convert_churn",
        "customer_irr",
        "elasticities",
        "expected_lifetime_from",
        "half_life_from",
        "hazard_from",
        "lifetime_value",
        "lifetime_value_on_curve",
        "ltv_to_cac",
        "residual_lifetime_value",
        "retention_from",
        "retention_gain",
    ),
    ".cashflows": (
        "CashFlow",
        "annuity_payment",
        "annuity_value",
        "convert_rate",
        "irr",
        "irr_all",
        "nominal_rate",
        "npv",
        "payback_periods",
        "present_value",
        "real_rate",
        "wacc",
        "xirr",
        "xirr_all",
        "xnpv",
    ),
    ".segments": (
        "StoppingPlan",
        "best_stopping",
        "brand_switching_value",
        "customer_equity",
        "markov_value",
        "migration_purchases",
        "migration_value",
        "recency_chain",
    ),
    ".spending": (
        "CostLadder",
        "FiveTimes",
        "IncrementalSave",
        "RetentionSpend",
        "SpendResponse",
        "acquisition_cost_ladder",
        "cost_per_incremental_save",
        "five_times",
        "retention_cost_per_customer",
        "worthwhile_retention_spend",
    ),
    "retainkit.rates": ("Rate",),
    ".metrics": (),
}
__getattr__, __dir__, __all__ = lazily(__name__, _HOMES)  # pyright: ignore[reportUnsupportedDunderAll]
