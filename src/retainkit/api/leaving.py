"""How long customers stay, and how many of those who are there will be left."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, cast

import numpy as np
from pydantic import Field

from retainkit.api.records import Answer, Column, Models, Request, model_named
from retainkit.domains import NOT_NEGATIVE
from retainkit.errors import InputError
from retainkit.protocols import model_of
from retainkit.typing import Unit


class _Leaving(Request):
    """Which model says how customers leave."""

    churn_model: Annotated[
        str, Field(description="name of a loaded model of churn, or its fit", max_length=100)
    ]
    unit: Annotated[Unit | None, Field(description="what tenures count in, if the model knows it")]

    def process(self, models: Models) -> Any:
        """The model, which has to count in the unit that is asked in."""
        found = model_of(model_named("churn_model", self.churn_model, models))
        if not hasattr(cast("object", type(found)), "survival"):
            rule, way_out = "must name a model of how customers leave", "Such as ShiftedBetaGeometric."
            raise InputError("not-a-model", "churn_model", self.churn_model, rule, way_out)
        if found.unit != self.unit:
            rule = f"must be that of the model, {found.unit!r}"
            raise InputError("unit-mismatch", "unit", self.unit, rule, "Ask in the unit of the model.")
        return found


class SurvivalShares(Answer):
    """One row a tenure."""

    survival: Annotated[Column, Field(description="share still there at each tenure")]


class Survival(_Leaving):
    """What share of customers is still there at each tenure, of those who were there at `given`."""

    verb: ClassVar[str] = "survival"

    tenure: Annotated[Column, Field(description="in the unit")]
    given: Annotated[float, Field(ge=0.0, description="a tenure known to have been reached")] = 0.0

    def answer(self, models: Models) -> SurvivalShares:
        found = np.asarray(
            self.process(models).survival(NOT_NEGATIVE.check("tenure", self.tenure), given=self.given)
        )
        return SurvivalShares.of(survival=found if found.ndim < 2 else found.mean(axis=0))


class Forecast(Answer):
    """Customers expected to be left, from now on."""

    periods_from_now: Annotated[Column, Field(description="0 is now")]
    expected_customers: Annotated[Column, Field(description="at the end of each period")]


class ForecastCustomers(_Leaving):
    """How many of the customers of now will be there after each of the periods to come."""

    verb: ClassVar[str] = "forecast-customers"

    tenure: Annotated[Column, Field(description="whole periods that each group of customers has completed")]
    customers: Annotated[Column, Field(description="how many customers have that tenure")]
    periods: Annotated[int, Field(ge=1, le=600, description="how many periods ahead")]

    def answer(self, models: Models) -> Forecast:
        process = self.process(models)
        tenure, many = (np.asarray(NOT_NEGATIVE.check(n, getattr(self, n))) for n in ("tenure", "customers"))
        if tenure.shape != many.shape:
            rule = "must have one number for each tenure"
            raise InputError("length-mismatch", "customers", many, rule, "Give both of each group.")
        if tenure.size > 10_000:
            rule, way_out = "must have 10,000 groups at most", "Count equal tenures together."
            raise InputError("out-of-range", "tenure", tenure, rule, way_out)
        steps = np.arange(self.periods + 1.0)
        expected = np.empty(steps.size)
        for place, step in enumerate(steps):
            share = np.asarray(process.survival(tenure + step, given=tenure))
            expected[place] = float((share if share.ndim < 2 else share.mean(axis=0)) @ many)
        return Forecast.of(periods_from_now=steps, expected_customers=expected)
