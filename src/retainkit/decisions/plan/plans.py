"""A plan: the customers there are, and what could be done about them; frozen, from Python, JSON or YAML."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias, cast

import numpy as np
from pydantic import Field, model_validator

from retainkit.decisions.plan._fields import AbstractInput, Amount, Churn, Growth, Money, Months, Reach, Share
from retainkit.decisions.plan.evaluate import evaluated
from retainkit.decisions.plan.initiatives import Initiative
from retainkit.decisions.plan.population import Base
from retainkit.decisions.plan.result import PlanResult
from retainkit.decisions.plan.service import AnyInitiative, ServiceInitiative
from retainkit.documents import SCHEMA, document, kind_of, up_to_date
from retainkit.errors import InputError, near
from retainkit.plurals import counted
from retainkit.rates import Rate
from retainkit.strict_json import written
from retainkit.timing import Timing
from retainkit.typing import NumberLike, Plain

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
    timing: Annotated[Timing, Field(description="when a month's margin falls")]
    monthly_new_customers: Annotated[Amount, Field(description="won per month without the plan")] = 0.0
    acquisition_cost: Annotated[Amount, Field(description="money per new customer")] = 0.0
    churn_reasons: Annotated[Mapping[str, Share] | None, Field(description="share of churn by reason")] = None
    reached_customers: Annotated[Reached, Field(description="whom partial reaches have in common")] = "same"
    budget: Annotated[Amount | None, Field(description="money of now that may be spent")] = None
    name: Annotated[str, Field(description="what to call the plan")] = ""

    @model_validator(mode="before")
    @classmethod
    def _without_schema(cls, values: Any) -> Any:
        """A document says what it is of; pydantic reads it like any other JSON."""
        told = cast("Plain", values) if isinstance(values, dict) else {}
        return up_to_date(kind_of(cls), 1, told) if SCHEMA in told else cast("Any", values)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        self._check_one_churn()
        self._check_curve()
        if self.segments is not None:
            _check_whole("segments", [s.share_of_customers for s in self.segments.values()])
        if self.churn_reasons is not None:
            _check_whole("churn_reasons", self.churn_reasons.values())
        names = [i.name for i in self._initiatives()]
        for place, i in enumerate(self._initiatives()):
            where = f"initiatives[{place}]"
            if i.name in names[:place]:
                rule, way_out = "must differ from the names of the others", "Results are told apart by name."
                raise InputError("duplicate", f"{where}.name", i.name, rule, way_out)
            _check_known(f"{where}.segment", i.segment, self.segments or {}, "segments")
            _check_known(f"{where}.churn_reason", i.churn_reason, self.churn_reasons or {}, "churn_reasons")
            self._check_possible(i, where)
        return self

    def _check_one_churn(self) -> None:
        """Margin and churn (or a curve) are given once, or segments in their place."""
        names = ("monthly_margin", "monthly_churn", "survival", "segments")
        given = [name for name in names if getattr(self, name) is not None]
        if given not in (["monthly_margin", "monthly_churn"], ["monthly_margin", "survival"], ["segments"]):
            rule = "must be given with monthly_margin, or survival with monthly_margin, or segments alone"
            way_out = "Margin has no default. A curve takes the place of churn, segments that of both."
            raise InputError("not-one-of", "monthly_churn", " and ".join(given) or None, rule, way_out)

    def _check_curve(self) -> None:
        """A survival curve is that of the customers of now, over the whole horizon."""
        curve, months = self.survival, self.horizon_months
        if curve is None:
            return
        falling = all(b <= a for a, b in pairwise(curve))
        if len(curve) <= months or curve[0] != 1.0 or not falling or curve[months] <= 0.0:
            shown = (
                f"{counted(len(curve), 'value')}, from {curve[0]:g} to {curve[-1]:g}" if curve else "no value"
            )
            rule = f"must fall from 1 and stay above 0, with {months + 1} values or more (horizon_months + 1)"
            way_out = "A model's survival at 0, 1, 2, … months from now, for those who are there now."
            raise InputError("not-a-curve", "survival", shown, rule, way_out)
        if self.monthly_new_customers:
            rule = "must be 0 with survival, which is that of the customers of now"
            way_out = "Give monthly_churn, or make a second plan for new customers."
            value = self.monthly_new_customers
            raise InputError("inconsistent", "monthly_new_customers", value, rule, way_out)

    def _check_possible(self, initiative: AnyInitiative, place: str) -> None:
        """An initiative acts on something that the plan has, before its end."""
        targets = {effect.target for effect in initiative.effects()}
        if "churn_points" in targets and self.survival is not None:
            rule = "must act by a hazard ratio where the plan has a survival curve: churn differs by month"
            raise InputError("inconsistent", place, "points of churn", rule, "Give hazard_ratio.")
        if "acquisition" in targets and self.monthly_new_customers == 0.0:
            rule = "must not be given where monthly_new_customers is 0: there is nothing to lift"
            way_out = "Say how many customers are won per month without the plan."
            raise InputError("inconsistent", f"{place}.acquisition_lift", "given", rule, way_out)
        if initiative.start_month >= self.horizon_months:
            rule = f"must lie before the horizon, {counted(self.horizon_months, 'month')}"
            way_out = "Look further ahead, or leave the initiative out."
            raise InputError("out-of-range", f"{place}.start_month", initiative.start_month, rule, way_out)

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

    def model_dump_json(self, **options: Any) -> str:
        """The plan with its schema as JSON, which `from_json` reads back."""
        return written(document(self, **options))

    @classmethod
    def from_yaml(cls, source: str | bytes | Path) -> Self:
        """A plan from YAML text, or from a file given as `pathlib.Path`; needs pyyaml."""
        from retainkit.valuation.scenarios.sources import parse_yaml

        return cls(**parse_yaml(source))

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, checked like any other plan."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        if self.annual_discount_rate > 1.0:  # was said to be meant
            given["annual_discount_rate"] = Rate(self.annual_discount_rate, per="year", meant=True)
        return type(self)(**{**given, **changes})

    def evaluate(self, *, draws: int = 1000, seed: int = 0) -> PlanResult:
        """Every initiative alone and together, the best set for every budget, and what to learn first.

        Raises `InputError` for a number of draws below 100, and where draws of an effect make no sense, such
        as more churn points than there is churn.

        Parameters
        ----------
        draws : int, 100 or more
            Of the effects that are not known exactly: evenly spread over each one's distribution and
            combined at random (a Latin hypercube).
        seed : int
            Of the combining.
        """
        return evaluated(
            self.base(), self._initiatives(), name=self.name, budget=self.budget, draws=draws, seed=seed
        )

    def base(self) -> Base:
        """The customers, as numbers."""
        parts, curve = self.segments, self.survival
        rows = [(1.0, self.monthly_margin, self.monthly_churn)]
        if parts is not None:
            rows = [(s.share_of_customers, s.monthly_margin, s.monthly_churn) for s in parts.values()]
        shares, margins, churns = np.array(rows, np.float64).T
        return Base(
            customers=self.customers,
            segments=("",) if parts is None else tuple(parts),
            shares=shares,
            margin=margins,
            churn=None if curve else churns,
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
    annual_discount_rate : share per year, > -1, effective, or a Rate
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
    ...     horizon_months=36, timing="begin",
    ...     initiatives=[
    ...         {"name": "Welcome call", "cost": 50_000, "hazard_ratio": {"low": 0.85, "high": 0.95},
    ...          "duration_months": 36},
    ...         {"name": "Magazine", "monthly_cost": 60_000, "hazard_ratio": 0.97, "duration_months": 36},
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
    ...     horizon_months=36, timing="begin",
    ...     initiatives=[{
    ...         "name": "Chat", "duration_months": 36,
    ...         "staff": {"people": 2, "monthly_cost_per_person": 4000},
    ...         "response_time": {"before": 24, "after": 2, "elasticity": {"low": 0.02, "high": 0.1}},
    ...     }],
    ... )
    >>> plan.evaluate().worth_it
    True
    """

    initiatives: Annotated[tuple[ServiceInitiative, ...], Field(description="service changes", min_length=1)]

    def _initiatives(self) -> tuple[AnyInitiative, ...]:
        return self.initiatives


def _check_whole(argument: str, shares: Collection[float]) -> None:
    """Shares add to 1."""
    # shares are typed by people: three times 0.3333 will not do, 0.1 ten times must
    if not math.isclose(math.fsum(shares), 1.0, abs_tol=1e-9):
        rule = "must have shares that add to 1"
        way_out = "Name the rest, for example 'other'."
        raise InputError("inconsistent", argument, math.fsum(shares), rule, way_out)


def _check_known(argument: str, name: str | None, known: Collection[str], plural: str) -> None:
    """What an initiative is for is there in the plan."""
    if name is not None and name not in known:
        way_out = near(name, known) + (f"They are: {', '.join(known)}." if known else "It has none.")
        raise InputError("unknown-choice", argument, name, f"must be one of the plan's {plural}", way_out)
