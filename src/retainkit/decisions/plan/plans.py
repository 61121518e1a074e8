"""A plan: the customers there are, and what could be done about them; frozen, from Python, JSON or YAML."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from retainkit.decisions.plan._consistency import (
    check_curve,
    check_known,
    check_names,
    check_one_churn,
    check_possible,
    check_whole,
)
from retainkit.decisions.plan._fields import (
    AbstractInput,
    Amount,
    Churn,
    Growth,
    Money,
    Months,
    Reach,
    Share,
)
from retainkit.decisions.plan.evaluate import evaluated
from retainkit.decisions.plan.initiatives import Initiative
from retainkit.decisions.plan.population import Base
from retainkit.decisions.plan.result import PlanResult
from retainkit.decisions.plan.service import AnyInitiative, ServiceInitiative
from retainkit.timing import Timing
from retainkit.typing import NumberLike

Reached: TypeAlias = Literal["same", "independent"]


class Segment(AbstractInput):
    """A part of the customers with its own margin and churn.

    Parameters
    ----------
    share_of_customers : share above 0; of all segments together 1
    monthly_margin : money per customer and month
    monthly_churn : share per month
    """

    share_of_customers: Annotated[Reach, Field(description="share of all customers")]
    monthly_margin: Annotated[Money, Field(description="money per customer and month")]
    monthly_churn: Annotated[Churn, Field(description="share lost per month")]


class AbstractPlan(AbstractInput, ABC):
    """The customers of a plan, and what every plan can answer."""

    customers: Annotated[Amount, Field(description="how many customers there are now")]
    monthly_margin: Annotated[Money | None, Field(description="money per customer and month")] = None
    monthly_churn: Annotated[Churn | None, Field(description="share lost per month")] = None
    survival: Annotated[tuple[Share, ...] | None, Field(description="share there at each month, from 1")] = (
        None
    )
    segments: Annotated[Mapping[str, Segment] | None, Field(description="parts by name")] = None
    annual_discount_rate: Annotated[Growth, Field(description="effective, per year")]
    horizon_months: Annotated[Months, Field(description="how many months count")]
    timing: Annotated[Timing, Field(description="when a month's margin falls")] = "begin"
    monthly_new_customers: Annotated[Amount, Field(description="won per month without the plan")] = 0.0
    acquisition_cost: Annotated[Amount, Field(description="money per new customer")] = 0.0
    churn_reasons: Annotated[Mapping[str, Share] | None, Field(description="share of churn by reason")] = None
    reached_customers: Annotated[Reached, Field(description="whom partial reaches have in common")] = "same"
    budget: Annotated[Amount | None, Field(description="money of now that may be spent")] = None
    name: Annotated[str, Field(description="what to call the plan")] = ""

    @model_validator(mode="after")
    def _whole_base(self) -> Self:
        check_one_churn(
            margin=self.monthly_margin is not None,
            churn=self.monthly_churn is not None,
            curve=self.survival is not None,
            segments=self.segments is not None,
        )
        if self.survival is not None:
            check_curve(self.survival, self.horizon_months, self.monthly_new_customers)
        if self.segments is not None:
            check_whole("segments", [s.share_of_customers for s in self.segments.values()])
        if self.churn_reasons is not None:
            check_whole("churn_reasons", self.churn_reasons.values())
        self._check_initiatives()
        return self

    def _check_initiatives(self) -> None:
        check_names([i.name for i in self._initiatives()])
        for place, i in enumerate(self._initiatives()):
            where = f"initiatives[{place}]"
            check_known(f"{where}.segment", i.segment, self.segments or {}, "segments")
            check_known(f"{where}.churn_reason", i.churn_reason, self.churn_reasons or {}, "churn_reasons")
            check_possible(
                i,
                where,
                curve=self.survival is not None,
                arrivals=self.monthly_new_customers,
                months=self.horizon_months,
            )

    @abstractmethod
    def _initiatives(self) -> tuple[AnyInitiative, ...]:
        """What could be done."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, NumberLike]) -> Self:
        """A plan from a mapping of field names to values."""
        return cls(**{str(name): value for name, value in fields.items()})

    @classmethod
    def from_json(cls, source: str | bytes | Path) -> Self:
        """A plan from JSON text, or from a file given as `pathlib.Path`."""
        from retainkit.valuation.scenarios.sources import parse_json  # with it come all models

        return cls(**parse_json(source))

    @classmethod
    def from_yaml(cls, source: str | bytes | Path) -> Self:
        """A plan from YAML text, or from a file given as `pathlib.Path`; needs pyyaml."""
        from retainkit.valuation.scenarios.sources import parse_yaml

        return cls(**parse_yaml(source))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked like any other plan."""
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    def evaluate(self, *, draws: int = 1000, seed: int = 0) -> PlanResult:
        """Every initiative alone and together, the best set for every budget, and what to learn first.

        Parameters
        ----------
        draws : int, 100 or more
            Of the effects that are not known exactly: evenly spread over each one's distribution and
            combined at random (a Latin hypercube).
        seed : int
            Of the combining.

        Raises
        ------
        InputError
            For a number of draws below 100, and where draws of an effect make no sense, such as more churn
            points than there is churn.
        """
        return evaluated(
            self.base(), self._initiatives(), name=self.name, budget=self.budget, draws=draws, seed=seed
        )

    def base(self) -> Base:
        """The customers, as numbers."""
        parts = self.segments
        curve = self.survival
        if parts is None:
            assert self.monthly_margin is not None
            shares, margins, churns = [1.0], [self.monthly_margin], [self.monthly_churn]
        else:
            shares = [s.share_of_customers for s in parts.values()]
            margins = [s.monthly_margin for s in parts.values()]
            churns = [s.monthly_churn for s in parts.values()]
        return Base(
            customers=self.customers,
            segments=("",) if parts is None else tuple(parts),
            shares=np.array(shares),
            margin=np.array(margins),
            churn=None if curve else np.array(churns, np.float64),
            survival=np.array(curve) if curve else None,
            months=self.horizon_months,
            annual_discount_rate=self.annual_discount_rate,
            timing=self.timing,
            arrivals=self.monthly_new_customers,
            acquisition_cost=self.acquisition_cost,
            reasons=dict(self.churn_reasons or {}),
            independent=self.reached_customers == "independent",
        )


class RetentionPlan(AbstractPlan):
    """What could be done to keep customers and earn more with them; which of it, in what order, and why.

    A month's customers N_t earn their margin and become N_t·exp(−h·Π HR) + new ones. Hazard ratios multiply,
    so that no customer is saved twice; those that act on different reasons of churn act on their shares of
    it. Everything is discounted to now.

    Parameters
    ----------
    customers : number, 0 or more
        Who are there now, just before the first margin (see `timing`).
    monthly_margin : money per customer and month
    monthly_churn : share in [0, 1) per month
    survival : list of shares falling from 1, optional
        In place of `monthly_churn`: the share of the customers of now who will be there after 0, 1, … months,
        at least to the horizon.
    segments : dict of Segment, optional
        In place of `monthly_margin` and `monthly_churn`; their shares add to 1.
    annual_discount_rate : share per year, > -1, effective
    horizon_months : whole number
        How many months count; nothing is said of what comes after.
    timing : {"begin", "mid", "end", "end-if-retained"}
        When in a month its margin falls, and who pays it; as `UnitEconomics`.
    monthly_new_customers, acquisition_cost : number per month; money for each
        Who join at the start of each month after the first, and what winning one costs.
    churn_reasons : dict of shares, optional
        The share of churn that each reason has; they add to 1. An initiative may act on one of them alone.
    reached_customers : {"same", "independent"}
        Whether initiatives of partial reach have the same customers in reach (those that a smaller reach
        has, the greater has too: the most overlap), or have them in common by chance.
    budget : money of now, optional
    initiatives : list of Initiative
    name : str, optional

    Raises
    ------
    InputError
        Naming the field, its value, the rule and a way out.

    Examples
    --------
    >>> plan = RetentionPlan(
    ...     customers=10_000, monthly_margin=30, monthly_churn=0.03, annual_discount_rate=0.1,
    ...     horizon_months=36,
    ...     initiatives=[
    ...         {"name": "Welcome call", "cost": 50_000, "hazard_ratio": {"low": 0.85, "high": 0.95}},
    ...         {"name": "Magazine", "monthly_cost": 60_000, "hazard_ratio": 0.97},
    ...     ],
    ... )
    >>> plan.evaluate().chosen
    ('Welcome call',)
    """

    initiatives: Annotated[tuple[Initiative, ...], Field(description="what could be done", min_length=1)]

    def _initiatives(self) -> tuple[AnyInitiative, ...]:
        return self.initiatives


class ServicePlan(AbstractPlan):
    """What could be done about service, which of it and in what order: a `RetentionPlan` of service changes.

    Response times, satisfaction, recovery of failures and staff become hazard ratios and costs; all else is
    as in `RetentionPlan`.

    Parameters
    ----------
    initiatives : list of ServiceInitiative
    customers, monthly_margin, monthly_churn, survival, segments, annual_discount_rate, horizon_months, \
timing, monthly_new_customers, acquisition_cost, churn_reasons, reached_customers, budget, name
        As `RetentionPlan`.

    Examples
    --------
    >>> plan = ServicePlan(
    ...     customers=10_000, monthly_margin=30, monthly_churn=0.03, annual_discount_rate=0.1,
    ...     horizon_months=36,
    ...     initiatives=[{
    ...         "name": "Chat", "staff": {"people": 2, "monthly_cost_per_person": 4000},
    ...         "response_time": {"before": 24, "after": 2, "elasticity": {"low": 0.02, "high": 0.1}},
    ...     }],
    ... )
    >>> plan.evaluate().worth_it
    True
    """

    initiatives: Annotated[tuple[ServiceInitiative, ...], Field(description="service changes", min_length=1)]

    def _initiatives(self) -> tuple[AnyInitiative, ...]:
        return self.initiatives
