"""Customers by columns: who is still there, what they will buy, and what they are worth."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from retainkit.api.records import Answer, Column, Models, Number, Request, model_named
from retainkit.domains import ENDLESS
from retainkit.errors import InputError
from retainkit.protocols import model_of
from retainkit.rates import Rate
from retainkit.summaries import Purchases, Spend
from retainkit.typing import Unit
from retainkit.units import Duration
from retainkit.valuation import value_customers

Positive = Annotated[Number, Field(gt=0.0)]


class _Histories(Request):
    """When each customer bought."""

    purchasing_model: Annotated[
        str, Field(description="name of a loaded purchase model, or its fit", max_length=100)
    ]
    unit: Annotated[Unit, Field(description="what recency, T and the horizon count in")]
    frequency: Annotated[Column, Field(description="repeat purchases of each customer")]
    recency: Annotated[Column, Field(description="time from the first purchase to the last")]
    T: Annotated[Column, Field(description="time from the first purchase to the end of observation")]
    horizon: Annotated[Positive, Field(description="how far ahead, in the unit of the times")]

    def purchases(self) -> Purchases:
        """The histories, checked."""
        return Purchases(frequency=self.frequency, recency=self.recency, T=self.T, unit=self.unit)

    def process(self, models: Models) -> Any:
        """The model of purchases, which has to take such histories."""
        found = model_of(model_named("purchasing_model", self.purchasing_model, models))
        if getattr(found, "data_kind", None) is not Purchases:
            rule = "must name a model of when customers buy"
            raise InputError("not-a-model", "purchasing_model", self.purchasing_model, rule, "Such as BGNBD.")
        return found


class PurchaseScores(Answer):
    """One row a customer, in the order of the question."""

    probability_alive: Annotated[Column, Field(description="that the customer is still one")]
    expected_purchases: Annotated[Column, Field(description="in the horizon")]


class ScorePurchases(_Histories):
    """Who is still a customer, and how often each will buy."""

    verb: ClassVar[str] = "score-purchases"

    def answer(self, models: Models) -> PurchaseScores:
        process = self.process(models)
        customers = self.purchases()
        # equal histories have equal answers: they are computed once
        rows, place = customers.distinct() if len(customers) > 1 else (customers, slice(None))
        alive = np.asarray(process.probability_alive(rows))
        ahead = np.asarray(process.expected_purchases(rows, self.horizon))
        return PurchaseScores.of(
            probability_alive=_one_each(alive)[place], expected_purchases=_one_each(ahead)[place]
        )


class CustomerValues(Answer):
    """One row a customer, in the order of the question, and the base as a whole."""

    probability_alive: Annotated[Column, Field(description="that the customer is still one")]
    expected_purchases: Annotated[Column, Field(description="in the horizon, not discounted")]
    expected_spend: Annotated[Column, Field(description="money per purchase")]
    value: Annotated[Column, Field(description="margin to come in the horizon, discounted, money")]
    total_value: Annotated[float, Field(description="of all customers, money")]


class ValueCustomers(_Histories):
    """What each customer is still worth: margin to come, discounted to the end of observation."""

    verb: ClassVar[str] = "value-customers"

    margin_share: Annotated[Number, Field(ge=0.0, le=1.0, description="share of spend left after its costs")]
    annual_discount_rate: Annotated[Number, Field(gt=-1.0, le=1.0, description="effective, per year")]
    spend_per_purchase: Annotated[Number | None, Field(description="money, the same for all")] = None
    spend_model: Annotated[str | None, Field(description="name of a loaded spend model", max_length=100)] = (
        None
    )
    monetary_value: Annotated[
        Column | None, Field(description="mean value of each customer's repeat purchases, with spend_model")
    ] = None

    @model_validator(mode="after")
    def _one_spend(self) -> Self:
        by_model = self.spend_model is not None
        if by_model == (self.spend_per_purchase is not None) or by_model != (self.monetary_value is not None):
            rule = "must be given alone, or spend_model with monetary_value in its place"
            way_out = "A constant amount, or a model and what each customer spent so far."
            raise InputError("not-one-of", "spend_per_purchase", self.spend_per_purchase, rule, way_out)
        return self

    def answer(self, models: Models) -> CustomerValues:
        process = self.process(models)
        customers = self.purchases()
        spend: Any = self.spend_per_purchase
        so_far = None
        if self.spend_model is not None:
            spend = model_of(model_named("spend_model", self.spend_model, models))
            so_far = Spend(frequency=self.frequency, monetary_value=self.monetary_value)
        found = value_customers(
            customers,
            process,
            spend,
            spend_so_far=so_far,
            margin_share=self.margin_share,
            discount_rate=Rate(self.annual_discount_rate, per="year"),
            horizon=Duration(self.horizon, self.unit),
        )
        return CustomerValues.of(
            probability_alive=found.probability_alive,
            expected_purchases=found.expected_purchases,
            expected_spend=found.expected_spend,
            value=found.value,
            total_value=found.total,
        )


def _one_each(figures: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """One number a customer: the mean over draws, where a model has them."""
    ENDLESS.check("answer", figures)
    return figures if figures.ndim == 1 else figures.mean(axis=0)
