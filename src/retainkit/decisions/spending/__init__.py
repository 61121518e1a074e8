"""How much to spend on winning and on keeping customers, and how to share out a budget.

In reading order:

- `response_curves`    how the share of customers won or kept grows with the spending on them: three curves
                        behind one face.
- `response_fit`       A response curve from observed or judged points: spending, and the share won or kept
                        with it.
- `mean_response`      a curve among the inputs of a decision: its parameters, and the mean over its draws.
- `blattberg_deighton` how much to spend on winning a prospect and how much on keeping a customer: the
                        customer equity test.
- `spending`           the best spending on winning and keeping customers: without a limit, or within one
                        period's budget.
- `off_optimum`        what it costs to spend more or less than would be best.
- `allocation`         one budget for several segments, channels or initiatives, shared so that it earns
                        most.
"""

from retainkit.decisions.spending.allocation import Allocation, Spendable, allocate_budget
from retainkit.decisions.spending.blattberg_deighton import BlattbergDeighton
from retainkit.decisions.spending.off_optimum import OffOptimum, cost_of_being_off
from retainkit.decisions.spending.response_curves import (
    AdbudgResponse,
    ExponentialResponse,
    HillResponse,
    ResponseCurve,
)
from retainkit.decisions.spending.response_fit import FittedResponse, fit_response
from retainkit.decisions.spending.spending import (
    BudgetPlan,
    SpendingPlan,
    best_spending,
    best_spending_within,
)

__all__ = [
    "AdbudgResponse",
    "Allocation",
    "BlattbergDeighton",
    "BudgetPlan",
    "ExponentialResponse",
    "FittedResponse",
    "HillResponse",
    "OffOptimum",
    "ResponseCurve",
    "Spendable",
    "SpendingPlan",
    "allocate_budget",
    "best_spending",
    "best_spending_within",
    "cost_of_being_off",
    "fit_response",
]
