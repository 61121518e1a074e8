"""What the parts of a plan have in common: frozen, checked field by field, with errors that advise."""

from __future__ import annotations

from abc import ABC
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
)

from retainkit.domains import (
    GROWTH,
    NOT_NEGATIVE,
    POSITIVE,
    PROBABILITY,
    RATE,
    REAL,
    SHARE_ABOVE_0,
    SHARE_BELOW_1,
    Domain,
)
from retainkit.rates import Rate, as_stated
from retainkit.typing import NumberLike


def _whole(v: NumberLike) -> NumberLike:
    return (v >= 0.0) & (v == np.floor(v)) & (v <= 1200.0)


def _whole_above_0(v: NumberLike) -> NumberLike:
    return _whole(v) & (v >= 1.0)


_MONTH = replace(
    NOT_NEGATIVE,
    rule="must be a whole number of months from now, 0 to 1200",
    contains=_whole,
    way_out="0 is now; 3 is in three months.",
)
_MONTHS = replace(
    POSITIVE,
    rule="must be a whole number of months, 1 to 1200",
    contains=_whole_above_0,
    way_out="Three years are 36.",
)


def _checks(domain: Domain) -> BeforeValidator:
    def check(value: NumberLike, info: ValidationInfo) -> NumberLike:
        return None if value is None else domain.check(str(info.field_name), value)

    return BeforeValidator(check)


def _yearly(value: NumberLike | Rate, info: ValidationInfo) -> NumberLike:
    """A rate per year: a `Rate` converts itself, and can say that more than 100% is meant."""
    name = str(info.field_name)
    if isinstance(value := Rate.stated(value), Rate):
        return GROWTH.check(name, value.effective("year"))
    return RATE.check(name, value)


Amount: TypeAlias = Annotated[float, _checks(NOT_NEGATIVE)]
Money: TypeAlias = Annotated[float, _checks(REAL)]
Positive: TypeAlias = Annotated[float, _checks(POSITIVE)]
Share: TypeAlias = Annotated[float, _checks(PROBABILITY)]
Churn: TypeAlias = Annotated[float, _checks(SHARE_BELOW_1)]
Reach: TypeAlias = Annotated[float, _checks(SHARE_ABOVE_0)]
Growth: TypeAlias = Annotated[float, BeforeValidator(_yearly), PlainSerializer(as_stated)]
Month: TypeAlias = Annotated[int, _checks(_MONTH)]
Months: TypeAlias = Annotated[int, _checks(_MONTHS)]


class AbstractInput(BaseModel, ABC):
    """A part of a plan: frozen, and unknown fields are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    if not TYPE_CHECKING:  # a type checker sees the signature that pydantic derives from the fields

        def __init__(self, **fields: Any) -> None:
            try:
                super().__init__(**fields)
            except ValidationError as error:
                # with it come all models: only who is wrong waits for them
                from retainkit.valuation.scenarios.sources import as_input_error

                raise as_input_error(error, type(self).model_fields) from None
