"""What money of other times is worth now, and which rate makes it even.

In reading order:

- `capital`       what money costs: real and nominal rates, the weighted average cost of capital, rates of
                   other periods.
- `present_value` what later money is worth now: present values, streams, annuities.
- `payback`       payback of any stream of cash: when what came in has covered what went out.
- `irr`           the internal rate of return: the rate at which a stream of cash is worth nothing.
- `dated`         cash with dates: net present value and internal rate of return per year (XNPV, XIRR).
- `cash_flow`     A stream of expected cash as a record: what is paid, when, and how probably.
"""

from retainkit.economics.cashflows.capital import convert_rate, nominal_rate, real_rate, wacc
from retainkit.economics.cashflows.cash_flow import CashFlow
from retainkit.economics.cashflows.dated import xirr, xirr_all, xnpv
from retainkit.economics.cashflows.irr import irr, irr_all
from retainkit.economics.cashflows.payback import payback_periods
from retainkit.economics.cashflows.present_value import annuity_payment, annuity_value, npv, present_value

__all__ = [
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
]
