"""What the parts of a plan have in common: frozen, checked field by field, with errors that advise."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from retainkit.domains import (
    GROWTH,
    NOT_NEGATIVE,
    POSITIVE,
    PROBABILITY,
    REAL,
    SHARE_ABOVE_0,
    SHARE_BELOW_1,
    Domain,
)
from retainkit.errors import InputError, missing_argument, near
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


Amount: TypeAlias = Annotated[float, _checks(NOT_NEGATIVE)]
Money: TypeAlias = Annotated[float, _checks(REAL)]
Positive: TypeAlias = Annotated[float, _checks(POSITIVE)]
Share: TypeAlias = Annotated[float, _checks(PROBABILITY)]
Churn: TypeAlias = Annotated[float, _checks(SHARE_BELOW_1)]
Reach: TypeAlias = Annotated[float, _checks(SHARE_ABOVE_0)]
Growth: TypeAlias = Annotated[float, _checks(GROWTH)]
Month: TypeAlias = Annotated[int, _checks(_MONTH)]
Months: TypeAlias = Annotated[int, _checks(_MONTHS)]


class AbstractInput(BaseModel, ABC):
    """A part of a plan: frozen, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    if not TYPE_CHECKING:  # a type checker sees the signature that pydantic derives from the fields

        def __init__(self, **fields: Any) -> None:
            try:
                super().__init__(**fields)
            except ValidationError as error:
                raise _advice(error, type(self).model_fields) from None


def _advice(error: ValidationError, fields: Mapping[str, NumberLike]) -> InputError:
    """The most telling of pydantic's complaints in the library's words, with the way to the field."""
    found = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    first, place = found[0], path(found[0]["loc"])
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return _placed(cause, first["loc"])
    if first["type"] == "extra_forbidden":
        way_out = near(place, fields) + f"The fields are: {', '.join(fields)}."
        return InputError("unknown-name", place, first["input"], "is not a field", way_out)
    if first["type"] == "missing":
        way_out = (
            f"It is {fields[place].description}." if place in fields and fields[place].description else ""
        )
        return missing_argument(place, "must be given", way_out)
    return _of_wrong_type(first, place)


def _of_wrong_type(complaint: Mapping[str, NumberLike], place: str) -> InputError:
    rule = complaint["msg"][:1].lower() + complaint["msg"][1:]
    return InputError("wrong-type", place, complaint["input"], rule)


def _placed(cause: InputError, loc: tuple[int | str, ...]) -> InputError:
    """The error of a nested field under its whole name: ``initiatives[1].reach``."""
    outer = path(loc)
    if not outer or outer == cause.argument:
        return cause
    argument = outer if outer.endswith(cause.argument) else f"{outer}.{cause.argument}"
    return InputError(cause.code, argument, cause.value, cause.rule, cause.way_out)


def path(loc: Iterable[int | str]) -> str:
    """``initiatives[1].reach`` of ``("initiatives", 1, "reach")``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")
