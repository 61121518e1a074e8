"""When a customer has paid back what it cost to win one, and what would change that.

In reading order:

- `break_even`   when a customer has paid back what it cost to win one.
- `targets`      break-even solved for any one of its numbers: churn, margin, price or acquisition cost.
- `curve`        break-even on any survival curve, with instalments, onboarding and the cost of keeping
                  customers.
- `distribution` not the average customer, but each one: how many pay back, and what the others cost.
"""

from retainkit.economics.breakeven.break_even import (
    BreakEven,
    annuity_periods,
    break_even,
    break_even_periods,
)
from retainkit.economics.breakeven.curve import CurveBreakEven, break_even_on_curve
from retainkit.economics.breakeven.distribution import BreakEvenDistribution, break_even_distribution
from retainkit.economics.breakeven.targets import (
    break_even_acquisition_cost,
    break_even_churn,
    break_even_margin,
    break_even_price,
)

__all__ = [
    "BreakEven",
    "BreakEvenDistribution",
    "CurveBreakEven",
    "annuity_periods",
    "break_even",
    "break_even_acquisition_cost",
    "break_even_churn",
    "break_even_distribution",
    "break_even_margin",
    "break_even_on_curve",
    "break_even_periods",
    "break_even_price",
]
