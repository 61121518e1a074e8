"""Pure functions: cash flows, rates and survival curves as numbers and arrays, and no model."""

from retainkit.economics.lifetime.acquisition import customer_irr, ltv_to_cac
from retainkit.economics.lifetime.attrition import (
    churn_from,
    convert_churn,
    expected_lifetime_from,
    half_life_from,
    hazard_from,
    retention_from,
)
from retainkit.economics.lifetime.berger_nasr import berger_nasr_case_1, berger_nasr_case_2a, berger_nasr_case_2b
from retainkit.economics.lifetime.berger_nasr_growth import berger_nasr_case_3, berger_nasr_case_4
from retainkit.economics.breakeven.break_even import BreakEven, break_even, break_even_periods
from retainkit.economics.breakeven.curve import CurveBreakEven, break_even_on_curve
from retainkit.economics.breakeven.distribution import BreakEvenDistribution, break_even_distribution
from retainkit.economics.breakeven.targets import (
    break_even_acquisition_cost,
    break_even_churn,
    break_even_margin,
    break_even_price,
)
from retainkit.economics.spending.cac_ladder import CostLadder, acquisition_cost_ladder
from retainkit.economics.cashflows.capital import convert_rate, nominal_rate, real_rate, wacc
from retainkit.economics.cashflows.cash_flow import CashFlow
from retainkit.economics.cashflows.present_value import (
    annuity_payment,
    annuity_periods,
    annuity_value,
    npv,
    present_value,
)
from retainkit.economics.lifetime.curve_value import lifetime_value_on_curve
from retainkit.economics.segments.customer_equity import brand_switching_value, customer_equity
from retainkit.economics.cashflows.dated import xirr, xirr_all, xnpv
from retainkit.economics.lifetime.elasticity import Elasticities, elasticities
from retainkit.economics.spending.five_times import FiveTimes, SpendResponse, five_times
from retainkit.economics.cashflows.irr import irr, irr_all
from retainkit.economics.lifetime.lifetime_value import lifetime_value
from retainkit.economics.segments.markov_value import markov_value, recency_chain
from retainkit.economics.segments.migration_value import migration_purchases, migration_value
from retainkit.economics.cashflows.payback import payback_periods
from retainkit.rates import Rate
from retainkit.economics.lifetime.residual_value import residual_lifetime_value
from retainkit.economics.spending.retention_cost import (
    IncrementalSave,
    cost_per_incremental_save,
    retention_cost_per_customer,
)
from retainkit.economics.lifetime.retention_gain import RetentionGain, retention_gain
from retainkit.economics.spending.retention_spend import RetentionSpend, worthwhile_retention_spend
from retainkit.economics.segments.stopping import StoppingPlan, best_stopping

__all__ = [
    "BreakEven",
    "BreakEvenDistribution",
    "CashFlow",
    "CostLadder",
    "CurveBreakEven",
    "Elasticities",
    "FiveTimes",
    "IncrementalSave",
    "Rate",
    "RetentionGain",
    "RetentionSpend",
    "SpendResponse",
    "StoppingPlan",
    "acquisition_cost_ladder",
    "annuity_payment",
    "annuity_periods",
    "annuity_value",
    "berger_nasr_case_1",
    "berger_nasr_case_2a",
    "berger_nasr_case_2b",
    "berger_nasr_case_3",
    "berger_nasr_case_4",
    "best_stopping",
    "brand_switching_value",
    "break_even",
    "break_even_acquisition_cost",
    "break_even_churn",
    "break_even_distribution",
    "break_even_margin",
    "break_even_on_curve",
    "break_even_periods",
    "break_even_price",
    "churn_from",
    "convert_churn",
    "convert_rate",
    "cost_per_incremental_save",
    "customer_equity",
    "customer_irr",
    "elasticities",
    "expected_lifetime_from",
    "five_times",
    "half_life_from",
    "hazard_from",
    "irr",
    "irr_all",
    "lifetime_value",
    "lifetime_value_on_curve",
    "ltv_to_cac",
    "markov_value",
    "migration_purchases",
    "migration_value",
    "nominal_rate",
    "npv",
    "payback_periods",
    "present_value",
    "real_rate",
    "recency_chain",
    "residual_lifetime_value",
    "retention_cost_per_customer",
    "retention_from",
    "retention_gain",
    "wacc",
    "worthwhile_retention_spend",
    "xirr",
    "xirr_all",
    "xnpv",
]
