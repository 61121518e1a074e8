"""Pure functions: cash flows, rates and survival curves as numbers and arrays, and no model."""

from retainkit.economics.attrition import (
    churn_from,
    convert_churn,
    expected_lifetime_from,
    half_life_from,
    hazard_from,
    retention_from,
)
from retainkit.economics.breakeven import BreakEven, break_even, break_even_periods
from retainkit.economics.breakeven_curve import CurveBreakEven, break_even_on_curve
from retainkit.economics.breakeven_distribution import BreakEvenDistribution, break_even_distribution
from retainkit.economics.breakeven_targets import (
    break_even_acquisition_cost,
    break_even_churn,
    break_even_margin,
    break_even_price,
)
from retainkit.economics.capital import convert_rate, nominal_rate, real_rate, wacc
from retainkit.economics.cash_flow import CashFlow
from retainkit.economics.cashflows import (
    annuity_payment,
    annuity_periods,
    annuity_value,
    npv,
    present_value,
)
from retainkit.economics.dated import xirr, xirr_all, xnpv
from retainkit.economics.irr import irr, irr_all
from retainkit.economics.payback import payback_periods
from retainkit.economics.rates import Rate

__all__ = [
    "BreakEven",
    "BreakEvenDistribution",
    "CashFlow",
    "CurveBreakEven",
    "Rate",
    "annuity_payment",
    "annuity_periods",
    "annuity_value",
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
    "expected_lifetime_from",
    "half_life_from",
    "hazard_from",
    "irr",
    "irr_all",
    "nominal_rate",
    "npv",
    "payback_periods",
    "present_value",
    "real_rate",
    "retention_from",
    "wacc",
    "xirr",
    "xirr_all",
    "xnpv",
]
