"""Which initiatives to do together, in what order, within what budget, and what to learn first?

In reading order:

- `initiatives` what could be done about churn, margin and acquisition: costs, effects, reach.
- `service`     what could be done about service: response time, quality, recovery, staff.
- `uncertain`   an effect that is not known exactly: a number, a range, or mean and sd.
- `plans`       a plan: the customers there are, and what could be done about them.
- `evaluate`    a plan from its parts to its result.
- `question`    initiatives done together on the customers, as numbers: what a verdict turns on.
- `effects`     draws of the effects, and what they move.
- `population`  the customers month by month, for many sets of initiatives at once.
- `gains`       what a set gains over doing nothing, draw by draw, what it costs, and why it is no sum.
- `frontier`    the best set for every budget, and what each initiative can add at most.
- `learn_first` by how much knowing an effect beforehand improves the best choice.
- `result`      what a plan comes to.
"""

from retainkit.decisions.plan.frontier import FrontierPoint
from retainkit.decisions.plan.gains import Overlap
from retainkit.decisions.plan.initiatives import Initiative
from retainkit.decisions.plan.learn_first import Learning
from retainkit.decisions.plan.plans import RetentionPlan, Segment, ServicePlan
from retainkit.decisions.plan.result import InitiativeResult, PlanResult
from retainkit.decisions.plan.service import (
    FailureRecovery,
    QualityChange,
    ResponseTimeChange,
    ServiceInitiative,
    Staffing,
)
from retainkit.decisions.plan.uncertain import UncertainEffect

__all__ = [
    "FailureRecovery",
    "FrontierPoint",
    "Initiative",
    "InitiativeResult",
    "Learning",
    "Overlap",
    "PlanResult",
    "QualityChange",
    "ResponseTimeChange",
    "RetentionPlan",
    "Segment",
    "ServiceInitiative",
    "ServicePlan",
    "Staffing",
    "UncertainEffect",
]
