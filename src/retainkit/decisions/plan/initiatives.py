"""What could be done about churn, margin and acquisition: its costs, its effects and whom it reaches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from retainkit.decisions.plan._fields import AbstractInput, Amount, Month, Months, Reach
from retainkit.decisions.plan.uncertain import Distribution, EffectLike, UncertainEffect
from retainkit.domains import refuse_unmeant
from retainkit.errors import InputError, missing_argument

Target: TypeAlias = Literal["hazard_ratio", "log_hazard", "churn_points", "margin", "acquisition"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One number that is not known exactly, what it moves, and how far: `scale` times itself.

    A hazard ratio is raised to the power of `scale`.
    """

    field: str
    uncertain: UncertainEffect
    target: Target
    scale: float
    meaning: str

    @property
    def distribution(self) -> Distribution:
        """Its shape, unless the caller named another."""
        # a ratio cannot fall below 0, and halving is as far from 1 as doubling
        return "lognormal" if self.target == "hazard_ratio" else "normal"


class AbstractInitiative(AbstractInput, ABC):
    """What every initiative has: a name, costs, reach, start and duration."""

    name: Annotated[str, Field(description="what to call the initiative", min_length=1)]
    cost: Annotated[Amount, Field(description="money, when it starts")] = 0.0
    monthly_cost: Annotated[Amount, Field(description="money per month while it runs")] = 0.0
    monthly_cost_per_customer: Annotated[Amount, Field(description="money per customer reached")] = 0.0
    reach: Annotated[Reach, Field(description="share of the customers, of the segment if named")] = 1.0
    segment: Annotated[str | None, Field(description="whom it is for; everybody by default")] = None
    churn_reason: Annotated[str | None, Field(description="the only reason of churn that it acts on")] = None
    start_month: Annotated[Month, Field(description="months from now; 0 is now")] = 0
    duration_months: Annotated[Months, Field(description="how long it runs and works")]

    @abstractmethod
    def effects(self) -> tuple[Effect, ...]:
        """What it does, as effects on hazard, margin and new customers."""

    def _direct(self, targets: Mapping[str, Target]) -> tuple[Effect, ...]:
        """The effects that were given as what they move."""
        said = type(self).model_fields
        return tuple(
            Effect(name, given, target, 1.0, said[name].description or "")
            for name, target in targets.items()
            if (given := getattr(self, name)) is not None
        )

    @model_validator(mode="after")
    def _some_effect(self) -> Self:
        """It does something, and not twice the same to churn."""
        names = [n for n in type(self).model_fields if n not in AbstractInitiative.model_fields]
        if not {"hazard_ratio", "churn_points"} - {n for n in names if getattr(self, n) is not None}:
            rule = "must not be given together with hazard_ratio: they say the same thing"
            given = "both churn_points and hazard_ratio"
            raise InputError("not-one-of", "churn_points", given, rule, "Give one of them.")
        if not self.effects():
            rule = "must be given, or another effect: an initiative without effect only costs"
            raise missing_argument(names[0], rule, f"Effects are: {', '.join(names)}.")
        return self

    @property
    def total_monthly_cost(self) -> float:
        """All that it costs in a month, however many customers there are."""
        return self.monthly_cost

    @property
    def total_monthly_cost_per_customer(self) -> float:
        """All that it costs in a month for each customer reached."""
        return self.monthly_cost_per_customer


class Initiative(AbstractInitiative):
    """Something that could be done to keep customers, earn more with them or win more of them.

    Effects are numbers, or ranges as `UncertainEffect` takes: ``{"low": 0.85, "high": 0.97}``.

    Raises `InputError` for an initiative without effect, one with two effects on churn, and fields outside
    their domain.

    Parameters
    ----------
    name : str
    hazard_ratio : effect, above 0
        How many times as large the hazard of leaving is for a customer whom it reaches: 0.9 is a tenth less.
    churn_points : effect, share per month
        The same as points of monthly churn taken off: 0.005 brings 3% to 2.5%, if it is done alone.
    monthly_margin_change : effect, money per customer reached and month
        Before its own costs; below 0 for a discount.
    acquisition_lift : effect, share
        How many more new customers there are per month: 0.1 is a tenth more. Above 1 it has to be said to be
        meant: ``{"value": 1.5, "meant": True}``.
    cost : money, 0 or more
        At the start of the month in which it starts.
    monthly_cost : money, 0 or more
        At the start of each month while it runs.
    monthly_cost_per_customer : money, 0 or more
        For each customer reached who is there, when the margin falls.
    reach : share above 0, up to 1
        Of the customers, or of the segment's.
    segment, churn_reason : str, optional
        As named in the plan.
    start_month, duration_months : whole numbers
        When it starts, from now (0 by default), and for how long it costs and works: that an effect lasts as
        long as the plan looks ahead is a claim, made by giving so many months.

    Examples
    --------
    >>> call = Initiative(name="Welcome call", hazard_ratio={"low": 0.8, "high": 0.96}, cost=5000,
    ...     duration_months=24)
    >>> [e.field for e in call.effects()]
    ['hazard_ratio']
    """

    hazard_ratio: Annotated[EffectLike | None, Field(description="new hazard over old")] = None
    churn_points: Annotated[EffectLike | None, Field(description="points of monthly churn less")] = None
    monthly_margin_change: Annotated[EffectLike | None, Field(description="money per customer and month")] = (
        None
    )
    acquisition_lift: Annotated[EffectLike | None, Field(description="share of new customers more")] = None

    @model_validator(mode="after")
    def _lift_is_meant(self) -> Self:
        if (lift := self.acquisition_lift) is not None:
            refuse_unmeant("acquisition_lift", lift.centre("normal"), meant=lift.meant)
        return self

    def effects(self) -> tuple[Effect, ...]:
        """What it does."""
        return self._direct(
            {
                "hazard_ratio": "hazard_ratio",
                "churn_points": "churn_points",
                "monthly_margin_change": "margin",
                "acquisition_lift": "acquisition",
            }
        )
