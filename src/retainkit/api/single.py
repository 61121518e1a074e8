"""One customer, one business, one decision: break-even, lifetime value, unit economics, campaigns, plans."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from retainkit.api.records import Answer, Column, Models, Number, Request, finite
from retainkit.decisions import Campaign, RetentionPlan, whom_to_contact
from retainkit.economics import break_even, lifetime_value
from retainkit.errors import InputError
from retainkit.plurals import counted
from retainkit.strict_json import plain, strict
from retainkit.timing import FlowTiming, Timing
from retainkit.typing import Plain
from retainkit.valuation import UnitEconomics

Money = Annotated[Number, Field(ge=0.0)]
Share = Annotated[Number, Field(ge=0.0, le=1.0)]
RateOfChange = Annotated[Number, Field(gt=-1.0, le=1.0)]


class BreakEvenAnswer(Answer):
    """When a customer has paid back what winning the customer cost."""

    never: Annotated[bool, Field(description="whether no number of payments is enough")]
    payments: Annotated[int | None, Field(description="which payment pays back; null for never")]
    months: Annotated[float | None, Field(description="fractional number of payments; null for never")]
    paid_back_after_months: Annotated[float | None, Field(description="from the start to that payment")]
    critical_monthly_churn: Annotated[float | None, Field(description="from which on never; null: at none")]


class AskBreakEven(Request):
    """When a customer has paid back the acquisition cost."""

    verb: ClassVar[str] = "break-even"

    acquisition_cost: Annotated[Money, Field(description="money")]
    monthly_margin: Annotated[Number, Field(description="margin, not revenue, of a customer who is there")]
    monthly_churn: Annotated[Share, Field(description="share lost in each month")] = 0.0
    monthly_discount_rate: Annotated[RateOfChange, Field(description="per month")] = 0.0
    timing: Annotated[Timing, Field(description="when a month's payment falls, and who makes it")] = "begin"

    def answer(self, models: Models) -> BreakEvenAnswer:
        del models
        found = break_even(
            self.acquisition_cost,
            self.monthly_margin,
            churn=self.monthly_churn,
            discount_rate=self.monthly_discount_rate,
            timing=self.timing,
            period="month",
        )
        after: Any = found.paid_back_after
        return BreakEvenAnswer.of(
            never=found.never,
            payments=found.payments,
            months=finite(found.periods),
            paid_back_after_months=None if after is None else finite(after),
            critical_monthly_churn=finite(found.critical_churn),
        )


class LifetimeValueAnswer(Answer):
    """What the margins of a new customer are worth now."""

    lifetime_value: Annotated[float | None, Field(description="money, before the acquisition cost")]
    without_end: Annotated[bool, Field(description="whether the sum has no end")]


class AskLifetimeValue(Request):
    """What the margins of a new customer are worth now, before the cost of winning the customer."""

    verb: ClassVar[str] = "lifetime-value"

    monthly_margin: Annotated[Number, Field(description="margin, not revenue, of a customer who is there")]
    monthly_churn: Annotated[Share, Field(description="share lost in each month")]
    monthly_discount_rate: Annotated[RateOfChange, Field(description="per month; 0 for undiscounted")]
    timing: Annotated[FlowTiming, Field(description="when a month's margin falls, and who pays it")]
    horizon_months: Annotated[Money | None, Field(description="how many months count; null for all")] = None

    def answer(self, models: Models) -> LifetimeValueAnswer:
        del models
        value: Any = lifetime_value(
            self.monthly_margin,
            churn=self.monthly_churn,
            discount_rate=self.monthly_discount_rate,
            timing=self.timing,
            horizon=float("inf") if self.horizon_months is None else self.horizon_months,
        )
        return LifetimeValueAnswer.of(lifetime_value=finite(value), without_end=finite(value) is None)


class Figures(Answer):
    """Figures by name; null where one is not finite, with its reason under ``<name>_is``."""

    figures: Annotated[Plain, Field(description="every figure by its name")]


class AskUnitEconomics(Request):
    """All figures of one customer's economics at once."""

    verb: ClassVar[str] = "unit-economics"

    acquisition_cost: Annotated[Money, Field(description="money")]
    monthly_margin: Annotated[Number, Field(description="margin, not revenue, of a customer who is there")]
    monthly_churn: Annotated[Share, Field(description="share lost in each month")]
    annual_discount_rate: Annotated[RateOfChange, Field(description="effective, per year")] = 0.0
    horizon_months: Annotated[Money | None, Field(description="how many months count; null for all")] = None
    timing: Annotated[FlowTiming, Field(description="when a month's margin falls")] = "begin"

    def answer(self, models: Models) -> Figures:
        del models
        given = self.model_dump(exclude_none=True)
        return Figures.of(figures=UnitEconomics(**given).evaluate().model_dump())


class CampaignAnswer(Answer):
    """Whom to contact, in the order of the question."""

    contact: Annotated[
        list[bool], Field(description="whether a contact with the customer earns more than it costs")
    ]
    expected_profit: Annotated[Column, Field(description="of a contact with each customer, money")]
    gain: Annotated[float, Field(description="of all contacts, after the fixed cost, money")]
    expected_churners: Annotated[float, Field(description="among those contacted")]


class AskCampaign(Request):
    """Which customers are worth a contact with an offer to stay."""

    verb: ClassVar[str] = "campaign"

    churn_probability: Annotated[
        Column, Field(description="of each customer, calibrated: of those with .2, a fifth leave")
    ]
    value: Annotated[Column, Field(description="what each is still worth if saved, margin, money")]
    acceptance: Annotated[Share, Field(description="share of contacted churners who stay for the offer")]
    incentive: Annotated[Money, Field(description="cost of the offer to those who take it, money")]
    cost_per_contact: Annotated[Money, Field(description="money")]
    stayers_accepting: Annotated[Share, Field(description="share of the others who take it, too")] = 1.0
    provoked_churn: Annotated[
        Share, Field(description="share of the others who leave for being contacted")
    ] = 0.0
    cost: Annotated[Money, Field(description="of the campaign as a whole, money")] = 0.0

    def answer(self, models: Models) -> CampaignAnswer:
        del models
        if len(self.value) != len(self.churn_probability):
            rule = f"must have a number for each of {counted(len(self.churn_probability), 'customer')}"
            raise InputError("length-mismatch", "value", self.value, rule, "Give both columns in one order.")
        terms = self.model_dump(exclude={"churn_probability", "value"})
        found: Any = whom_to_contact(self.churn_probability, Campaign(value=self.value, **terms))
        return CampaignAnswer.of(
            contact=found.contact.tolist(),
            expected_profit=found.expected_profit,
            gain=float(found.gain),
            expected_churners=float(found.expected_churners),
        )


class AskPlan(Request):
    """Which initiatives of a retention plan are worth their money, alone and together."""

    verb: ClassVar[str] = "plan"

    plan: Annotated[dict[str, Any], Field(description="the fields of a RetentionPlan", max_length=30)]
    draws: Annotated[int, Field(ge=100, le=2000, description="of the effects that are not known exactly")] = (
        1000
    )
    seed: Annotated[int, Field(ge=0, le=1 << 31, description="of the draws")] = 0
    detail: Annotated[Literal["figures"], Field(description="what to answer")] = "figures"

    def answer(self, models: Models) -> Figures:
        del models
        found = RetentionPlan.from_dict(self.plan).evaluate(draws=self.draws, seed=self.seed)
        return Figures.of(figures=strict(plain(found.as_dict())))
