"""Initiatives combined: which to do, in what order, within what budget, and what to learn first."""

from retainkit.decisions.plan.frontier import FrontierPoint
from retainkit.decisions.plan.initiatives import Initiative
from retainkit.decisions.plan.learn_first import Learning
from retainkit.decisions.plan.overlap import Overlap
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
