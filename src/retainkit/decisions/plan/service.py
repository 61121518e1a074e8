"""What could be done about service: response time, quality, recovery and staff, as effects on churn."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator

from retainkit.decisions.plan._fields import AbstractInput, Amount, Money, Positive, Share
from retainkit.decisions.plan.initiatives import AbstractInitiative, Effect, Initiative
from retainkit.decisions.plan.uncertain import EffectLike
from retainkit.decisions.service.effects import ElasticEffect, RecoveryEffect, StaffEffect
from retainkit.errors import InputError


class ResponseTimeChange(AbstractInput):
    """A response time that changes; the hazard ratio is (after/before)^elasticity.

    Parameters
    ----------
    before, after : above 0, in the same unit
    elasticity : effect
        Percent of hazard per percent of response time: your own, there is no usual one.
    """

    before: Annotated[Positive, Field(description="the response time now")]
    after: Annotated[Positive, Field(description="the response time then, in the same unit")]
    elasticity: Annotated[EffectLike, Field(description="percent of hazard per percent of response time")]


class QualityChange(AbstractInput):
    """A satisfaction that changes by some points; the hazard ratio is that of a point to their power.

    Parameters
    ----------
    satisfaction_points : float
        By how much the score changes, on the scale on which it is measured.
    hazard_ratio_per_point : effect, above 0
        From your own customers; correlations of other companies are no effect.
    """

    satisfaction_points: Annotated[Money, Field(description="change of the score")]
    hazard_ratio_per_point: Annotated[EffectLike, Field(description="hazard ratio of one point more")]


class FailureRecovery(AbstractInput):
    """Making good for service failures; for failures prevented, `restored` is the share prevented.

    Churn falls by monthly_incidence · (stay_without_failure − stay_unrecovered) · restored.

    Parameters
    ----------
    monthly_incidence : share of customers per month
        Who have a failure.
    stay_without_failure, stay_unrecovered : share
        Chance to stay without a failure, and after one for which nothing is done.
    restored : effect, share
        Of the difference, that recovery brings back. Above 1 would be the recovery paradox.
    cost_per_recovery : money
    """

    monthly_incidence: Annotated[Share, Field(description="share of customers with a failure")]
    stay_without_failure: Annotated[Share, Field(description="chance to stay without a failure")]
    stay_unrecovered: Annotated[Share, Field(description="chance to stay after a failure")]
    restored: Annotated[EffectLike, Field(description="share of the difference brought back")]
    cost_per_recovery: Annotated[Amount, Field(description="money per failure")] = 0.0

    @model_validator(mode="after")
    def _a_loss(self) -> Self:
        if self.stay_unrecovered > self.stay_without_failure:
            rule = f"must not be above stay_without_failure, {self.stay_without_failure:g}"
            way_out = "The difference is what a failure loses."
            raise InputError("out-of-range", "stay_unrecovered", self.stay_unrecovered, rule, way_out)
        return self


class Staffing(AbstractInput):
    """The people that an initiative takes, and what it costs that they leave.

    Parameters
    ----------
    people : float
    monthly_cost_per_person : money
        Pay and everything that comes with it.
    annual_turnover : share or number of times a year
        How often a place has to be filled again; 0.4 for four in ten.
    cost_per_replacement : money
        Recruiting, training and what is lost meanwhile.
    """

    people: Annotated[Amount, Field(description="places, part-time ones in part")]
    monthly_cost_per_person: Annotated[Amount, Field(description="money per person and month")]
    annual_turnover: Annotated[Amount, Field(description="replacements per place and year")] = 0.0
    cost_per_replacement: Annotated[Amount, Field(description="money per replacement")] = 0.0

    @property
    def monthly_cost(self) -> float:
        """Of all people together, replacements included."""
        replacing = StaffEffect(self.people, self.annual_turnover / 12.0, self.cost_per_replacement).cost
        return self.people * self.monthly_cost_per_person + float(replacing)


class ServiceInitiative(AbstractInitiative):
    """A change of service: what it changes, whom it reaches, and what it costs.

    Parameters
    ----------
    response_time : ResponseTimeChange, optional
    quality : QualityChange, optional
    recovery : FailureRecovery, optional
    hazard_ratio : effect, above 0, optional
        For a service whose effect on churn was measured as it is.
    monthly_margin_change : effect, money per customer reached and month, optional
        Such as a premium paid for the service.
    staff : Staffing, optional
        Adds to `monthly_cost`.
    name, cost, monthly_cost, monthly_cost_per_customer, reach, segment, churn_reason, start_month, \
duration_months
        As `Initiative`.

    Examples
    --------
    >>> chat = ServiceInitiative(name="Chat", duration_months=36,
    ...     staff={"people": 2, "monthly_cost_per_person": 4000},
    ...     response_time={"before": 24, "after": 2, "elasticity": {"low": 0.02, "high": 0.1}})
    >>> chat.total_monthly_cost
    8000.0
    """

    response_time: Annotated[ResponseTimeChange | None, Field(description="a faster response")] = None
    quality: Annotated[QualityChange | None, Field(description="higher satisfaction")] = None
    recovery: Annotated[FailureRecovery | None, Field(description="failures made good for")] = None
    hazard_ratio: Annotated[EffectLike | None, Field(description="new hazard over old")] = None
    monthly_margin_change: Annotated[EffectLike | None, Field(description="money per customer and month")] = (
        None
    )
    staff: Annotated[Staffing | None, Field(description="the people it takes")] = None

    def effects(self) -> tuple[Effect, ...]:
        """What it does, as effects on the hazard of leaving and on the margin."""
        found: list[Effect] = []
        if self.response_time is not None:
            time = self.response_time
            said = "percent of hazard per percent of response time"
            scale = float(ElasticEffect(time.before, time.after, 1.0).log_change)
            found.append(Effect("response_time.elasticity", time.elasticity, "log_hazard", scale, said))
        if self.quality is not None:
            point, score = self.quality.hazard_ratio_per_point, self.quality.satisfaction_points
            said = "hazard ratio of a point of satisfaction"
            found.append(Effect("quality.hazard_ratio_per_point", point, "hazard_ratio", score, said))
        if self.recovery is not None:
            failure = self.recovery
            effect = RecoveryEffect(failure.stay_without_failure, failure.stay_unrecovered, 1.0)
            lost = float(failure.monthly_incidence * effect.lost)
            said = "share of what failures lose that is brought back"
            found.append(Effect("recovery.restored", failure.restored, "churn_points", lost, said))
        return (*found, *self._direct({"hazard_ratio": "hazard_ratio", "monthly_margin_change": "margin"}))

    @property
    def total_monthly_cost(self) -> float:
        """All that it costs in a month, however many customers there are."""
        return self.monthly_cost + (0.0 if self.staff is None else self.staff.monthly_cost)

    @property
    def total_monthly_cost_per_customer(self) -> float:
        """All that it costs in a month for each customer reached."""
        failure = self.recovery
        handled = 0.0 if failure is None else failure.monthly_incidence * failure.cost_per_recovery
        return self.monthly_cost_per_customer + handled


AnyInitiative: TypeAlias = Initiative | ServiceInitiative
