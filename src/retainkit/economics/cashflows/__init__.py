"""What money of other times is worth now, and which rate makes it even.

In reading order:

- `capital`       what money costs: real and nominal rates, the weighted average cost of capital, rates of
                   other periods.
- `present_value` what later money is worth now: present values, streams, annuities.
- `payback`       payback of any stream of cash: when what came in has covered what went out.
- `irr`           the internal rate of return: the rate at which a stream of cash is worth nothing.
- `day_count`     which payments are meant, and how the days between their dates become years.
- `dated`         cash with dates: net present and future value, rates of return (XNPV, XNFV, XIRR), payback.
- `instalments`   plans and savings: the rate, interest and principal in each payment, future values.
- `cash_flow`     A stream of expected cash as a record: what is paid, when, and how probably.
"""

from retainkit.economics.cashflows.capital import convert_rate, nominal_rate, real_rate, wacc
from retainkit.economics.cashflows.cash_flow import CashFlow
from retainkit.economics.cashflows.dated import payback_date, xirr, xirr_all, xnfv, xnpv
from retainkit.economics.cashflows.instalments import (
    annuity_rate,
    future_value,
    interest_part,
    principal_part,
)
from retainkit.economics.cashflows.irr import irr, irr_all, mirr
from retainkit.economics.cashflows.payback import payback_periods
from retainkit.economics.cashflows.present_value import annuity_payment, annuity_value, npv, present_value

__all__ = [
    "CashFlow",
    "annuity_payment",
    "annuity_rate",
    "annuity_value",
    "convert_rate",
    "future_value",
    "interest_part",
    "irr",
    "irr_all",
    "mirr",
    "nominal_rate",
    "npv",
    "payback_date",
    "payback_periods",
    "present_value",
    "principal_part",
    "real_rate",
    "wacc",
    "xirr",
    "xirr_all",
    "xnfv",
    "xnpv",
]
